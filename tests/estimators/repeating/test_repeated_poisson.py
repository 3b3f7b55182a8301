"""Poisson imputation and cells under many treatments, from the fit of all rows, against refits and brute force."""

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.errors import EstimationError
from twintrade.estimators.base import Estimator, Fit, fit
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.inference.refits import replace_outcome
from twintrade.inference.refits.reassignment import build_assignments, find_units_with_trade
from twintrade.numerics.poisson import all_rows
from twintrade.study.execute import plan_analysis
from twintrade.study.observing.observe import observe
from twintrade.study.plan.designs import Designs

# What refits and the fast path differ by where both have settled.
AGREEMENT = 1e-8
ROOT = Path(__file__).parents[3]
N_PERIODS = 9
SMALL, LARGER = (5, 6), (8, 7)
PERCENT = Imputation(family="poisson", measure="percent")
ADJUSTED = {"covariates": ("x",), "weights": "w"}
CASES = [
    (PERCENT, SMALL, "two_way", {}),
    (PERCENT, SMALL, "gravity", {}),
    (PERCENT, LARGER, "gravity", {}),
    (PERCENT, LARGER, "two_way", ADJUSTED),
    (PERCENT, LARGER, "gravity", {"anticipation": 1, "reference": -2}),
    (Imputation(family="poisson"), LARGER, "gravity", ADJUSTED),
    (Imputation(family="poisson", measure="difference"), LARGER, "gravity", ADJUSTED),
    (ETWFE(family="poisson", measure="percent"), LARGER, "gravity", {"weights": "w"}),
    (ETWFE(family="poisson", measure="difference"), LARGER, "gravity", {}),
    (ETWFE(family="poisson"), LARGER, "gravity", {"anticipation": 1, "reference": -2}),
]


def made(seed: int, shape: tuple[int, int], fixed_effects: str, **options) -> Design:
    """Return a panel with zeros, gaps, a dyad that never trades and dyads that trade only late."""
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product(
        [[f"c{i}" for i in range(shape[0])], [f"p{i}" for i in range(shape[1])], range(N_PERIODS)],
        names=["city", "partner", "period"],
    )
    frame, n = index.to_frame(index=False), len(index)
    n_units = shape[0] * shape[1]
    unit = np.repeat(np.arange(n_units), N_PERIODS)
    size = np.exp(rng.normal(0, 1.5, n_units))[unit]
    frame["x"], frame["w"] = rng.normal(size=n), rng.uniform(0.5, 2, n)
    frame["y"] = rng.poisson(2 * size * np.exp(0.1 * frame["x"])) * rng.gamma(4, 0.25, n)
    late = np.isin(unit, [3, 8, 14]) & (frame["period"] < 4)
    frame.loc[late | (unit == 20), "y"] = 0.0
    frame = frame[rng.random(n) > 0.1]
    panel = Panel.from_frame(frame, city="city", partner="partner")
    return Design(
        panel=panel,
        treatment=Treatment(panel.units, onsets(rng, n_units)),
        outcome="y",
        fixed_effects=fixed_effects,
        window=(-3, 3),
        **options,
    )


def onsets(rng, n_units: int) -> np.ndarray:
    onset = np.full(n_units, np.inf)
    onset[rng.choice(onset.size, 7, replace=False)] = rng.integers(3, 8, 7)
    return onset


def compare(estimator: Estimator, design: Design, found: object) -> list[str]:
    """Compare one draw with its refit; say which way it went, and why the refit left rows out."""
    try:
        slow = fit(estimator, design)
    except EstimationError:
        # A refit says why: the fast path leaves it to that.
        assert found is None
        return ["impossible"]
    if found is None:
        return ["refitted"]
    (quick,) = found
    real = slow.estimate
    assert quick.names == real.names
    # The same rows were imputed.
    assert np.array_equal(quick.n_units, real.n_units)
    assert np.array_equal(quick.n_cells, real.n_cells)
    assert quick.cell_weights == pytest.approx(real.cell_weights, rel=1e-7)
    assert quick.scale == real.scale
    for view in ("overall", "event", "cohort", "calendar"):
        one, other = Fit(estimator, design, quick).view(view), slow.view(view)
        assert one.names == other.names
        bound = {"rel": AGREEMENT, "abs": AGREEMENT} if view == "overall" else {"rel": 1e-6, "abs": 1e-6}
        assert one.effects == pytest.approx(other.effects, **bound)
    return ["fast", *(one.reason for one in real.sample.dropped)]


@pytest.mark.parametrize("limit", [all_rows.HAT_LIMIT, 0], ids=["written out", "factored anew"])
@pytest.mark.parametrize(("estimator", "shape", "fixed_effects", "options"), CASES)
def test_fast_estimates_equal_refits(monkeypatch, estimator, shape, fixed_effects, options, limit) -> None:
    monkeypatch.setattr(all_rows, "HAT_LIMIT", limit)
    ways = Counter()
    for seed in range(3):
        design = made(seed, shape, fixed_effects, **options)
        again = estimator.repeater(design, design.observations.y[:, None])
        if again is None:
            ways["no fast path"] += 1
            continue
        rng = np.random.default_rng(seed)
        for _ in range(8):
            changed = design.reassigned(onsets(rng, shape[0] * shape[1]))
            if changed.observations.n_rows == design.observations.n_rows:
                ways.update(compare(estimator, changed, again(changed)))
    assert ways["fast"] >= 6
    # Units without trade before, or without untreated rows, are part of what is compared.
    assert ways["all-zero-level"]
    assert ways["unidentified-unit"] or isinstance(estimator, ETWFE)
    if shape == LARGER:
        # Cells of units without any untreated trade are not identified: these draws are refitted.
        assert ways["fast"] >= (3 if isinstance(estimator, ETWFE) else 10) * ways["refitted"]


def test_fast_total_equals_dense_newton_steps() -> None:
    design = made(0, LARGER, "gravity")
    again, rng = PERCENT.repeater(design, design.observations.y[:, None]), np.random.default_rng(5)
    for _ in range(5):
        changed = design.reassigned(onsets(rng, 56))
        o = changed.observations
        dummies = np.hstack([(code[:, None] == np.unique(code)).astype(float) for code in o.effect_codes()])
        # Levels without trade among untreated rows have no mean to be proportional to.
        idle = dummies.T @ (o.y * ~o.is_affected) == 0
        kept = ~dummies[:, idle].any(axis=1)
        inside, after = kept & ~o.is_affected, kept & o.is_affected
        D, y = dummies[inside], o.y[inside]
        b = np.linalg.lstsq(D, np.log(y + 0.5), rcond=None)[0]
        for _ in range(60):
            root = np.exp(D @ b / 2)
            b += np.linalg.lstsq(D * root[:, None], y / root - root, rcond=1e-12)[0]
        imputed = np.exp(dummies[after] @ b).sum()
        quick = Fit(PERCENT, changed, again(changed)[0]).view("overall").effects[0]
        assert quick == pytest.approx(100 * (o.y[after].sum() / imputed - 1), rel=AGREEMENT)


@pytest.mark.parametrize("estimator", [PERCENT, ETWFE(family="poisson", measure="percent")])
def test_changed_outcomes_of_treated_rows_are_estimated_as_refits_do(estimator) -> None:
    design, rng = made(0, LARGER, "gravity"), np.random.default_rng(6)
    o = design.observations
    outcomes = np.column_stack([o.y, np.where(o.is_treated, o.y / 1.3, o.y)])
    again = estimator.repeater(design, outcomes, ("overall",))
    drawn = [design.reassigned(onsets(rng, 56)) for _ in range(6)]
    pairs = [(one, again(one)) for one in drawn if one.observations.n_rows == o.n_rows]
    assert sum(pair is not None for _, pair in pairs) >= 3
    for changed, pair in pairs:
        for estimate, y in zip(pair or (), outcomes.T, strict=False):
            refitted = fit(estimator, replace_outcome(changed, y)).view("overall").effects
            quick = Fit(estimator, changed, estimate).view("overall").effects
            assert quick == pytest.approx(refitted, rel=AGREEMENT)


@pytest.mark.slow
def test_bundled_states_equal_refits() -> None:
    text = (ROOT / "analyses" / "us-states.toml").read_text()
    plan, _ = plan_analysis(ROOT, "us-states", text)
    column = next(one for one in plan.columns if one.job == "imputation/total")
    design = Designs(observe("us-states", plan.spec, ROOT), plan.spec.case).of(column)
    real = fit(column.estimator, design)
    again = column.estimator.repeater(design, design.observations.y[:, None])
    dealt, rng = build_assignments(design, "units", find_units_with_trade(real)), np.random.default_rng(1)
    drawn = [design.reassigned(dealt.draw(rng)) for _ in range(50)]
    assert all(compare(column.estimator, one, again(one))[0] == "fast" for one in drawn)
