"""Paths that estimate many treatments at once give what estimating each anew gives."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

from twintrade.design import Design, Panel, Treatment
from twintrade.effects import Estimate
from twintrade.estimators.base import Estimator, fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.repeating import repeated_imputation
from twintrade.estimators.repeating.repeated import prepare_repeated
from twintrade.estimators.twfe import TWFE
from twintrade.inference.refits.reassignment import build_assignments
from twintrade.numerics.absorption import annihilators

# The same normal equations, solved another way.
SAME = 1e-9


def made(effects: str = "two_way", n_treated: int = 14, share: float = 1.0, **options) -> Design:
    rng = np.random.default_rng(5)
    index = pd.MultiIndex.from_product([range(8), range(9), range(12)], names=["city", "partner", "period"])
    frame = index.to_frame(index=False)
    n = len(frame)
    frame = frame.assign(y=rng.normal(size=n), x=rng.normal(size=n), w=rng.uniform(0.5, 2, n))
    onset = np.full(72, np.inf)
    tied = rng.choice(72, n_treated, replace=False)
    onset[tied] = rng.integers(4, 10, n_treated)
    frame = frame[rng.random(n) < share]
    frame["city"], frame["partner"] = "c" + frame["city"].astype(str), "p" + frame["partner"].astype(str)
    panel = Panel.from_frame(frame, city="city", partner="partner")
    return Design(
        panel=panel,
        treatment=Treatment(panel.units, onset),
        outcome="y",
        fixed_effects=effects,
        **{"window": (-4, 4)} | options,
    )


DESIGNS = {
    "complete": {},
    "gravity": {"effects": "gravity"},
    "ragged": {"share": 0.8},
    "many": {"n_treated": 50},
    "everybody": {"n_treated": 72},
    "anticipation": {"anticipation": 1, "reference": -2},
    "covariate": {"covariates": ("x",)},
    "weights": {"weights": "w"},
}


def move(changed: Design, other: np.ndarray) -> Design:
    columns = {**changed.panel.columns, "y": np.full(changed.panel.n_rows, np.nan)}
    columns["y"][changed.observations.rows] = other
    return replace(changed, panel=replace(changed.panel, columns=columns))


@cache
def refit_each(method: Estimator, name: str) -> list[tuple[np.ndarray, Estimate, Estimate]]:
    """Each of seven assignments of onsets, and what is estimated under it, of the outcome and of another."""
    design, rng = made(**DESIGNS[name]), np.random.default_rng(2)
    other, dealt = draw_other(design), build_assignments(design, "units")
    each = [(onset, design.reassigned(onset)) for onset in (design.onset, *(dealt.draw(rng) for _ in range(6)))]
    return [(onset, *(fit(method, one).estimate for one in (own, move(own, other)))) for onset, own in each]


def draw_other(design: Design) -> np.ndarray:
    return np.random.default_rng(1).normal(size=design.observations.n_rows)


@loop_over("size", ["small", "as if larger", "as if large"])
@loop_over("method", [TWFE(), TWFE(shape="static"), Imputation()], ids=["event", "static", "imputation"])
@loop_over("name", DESIGNS)
def test_many_treatments_at_once_equal_refits(method: Estimator, name: str, size: str, monkeypatch) -> None:
    refits = refit_each(method, name)
    if size != "small":
        monkeypatch.setattr(annihilators, "DENSE_LIMIT", 0)
    if size == "as if large":
        monkeypatch.setattr(annihilators, "MOST_KEPT", 0)
        monkeypatch.setattr(repeated_imputation, "MOST_AFFECTED", 0)
    design = made(**DESIGNS[name])
    again = method.repeater(design, np.column_stack([design.observations.y, draw_other(design)]))
    assert again is not None
    for onset, expected, of_other in refits:
        found = again(design.reassigned(onset))
        assert found is not None
        assert found.names == expected.names
        assert found.effects == pytest.approx(expected.effects, abs=SAME)
        assert found.uncertainty.others[0] == pytest.approx(of_other.effects, abs=SAME)
        if not isinstance(method, Imputation):
            assert (found.n_cells == expected.n_cells).all()


def test_the_averages_weigh_alike() -> None:
    for name in ("complete", "ragged"):
        design = made(**DESIGNS[name])
        fitted = fit(Imputation(), design)
        again = fitted.estimator.repeater(design, design.observations.y[:, None])
        found = replace(fitted, estimate=again(design))
        for view in ("overall", "event", "cohort"):
            assert found.view(view).effects == pytest.approx(fitted.view(view).effects, abs=SAME)


def test_a_treatment_that_changes_the_rows_is_left_to_a_refit() -> None:
    design = made()
    shared = prepare_repeated(design, design.observations.y[:, None])
    early = design.onset.copy()
    early[0] = 0
    assert shared.affected(design.reassigned(early)) is None
    assert shared.affected(design) is not None


def test_a_unit_left_out_as_always_treated_must_stay_so() -> None:
    design = made()
    onset = design.onset.copy()
    onset[0] = 0
    shared = prepare_repeated(design.reassigned(onset), design.reassigned(onset).observations.y[:, None])
    back = onset.copy()
    back[0] = np.inf
    assert shared.affected(design.reassigned(onset)) is not None
    assert shared.affected(design.reassigned(back)) is None
