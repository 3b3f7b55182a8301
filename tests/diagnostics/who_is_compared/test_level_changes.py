"""Each change of level against pairs at the level it leaves: by dense regressions, and as imputation where one is."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.who_is_compared.policy_effects import LevelChanges, build_change, find_spells, list_changes
from twintrade.errors import InferenceError
from twintrade.estimators.base import fit
from twintrade.estimators.chaisemartin_dhaultfoeuille import ChaisemartinDHaultfoeuille
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.inference.crv2 import Scaled
from twintrade.inference.randomization import Randomization

YEARS = 16
STEPS = {0: 0.0, 1: 0.2, 2: 0.5}
"""What trade gains by level, in log points."""
CLUSTERED = Clustered(by=("unit",), draws=99)
EXACT = 1e-9


def draw_levels(rng, n):
    """Levels (n, YEARS): nothing, a memorandum, a sister city, which may end; some pairs go to it at once."""
    levels = np.zeros((n, YEARS))
    for unit in range(n):
        way = rng.choice(["never", "memorandum", "both", "at once", "ends"], p=[0.3, 0.25, 0.2, 0.1, 0.15])
        first, second = np.sort(rng.choice(np.arange(4, YEARS - 2), 2, replace=False))
        if way in ("memorandum", "both", "ends"):
            levels[unit, first:] = 1
        if way == "both":
            levels[unit, second:] = 2
        if way == "at once":
            levels[unit, first:] = 2
        if way == "ends":
            levels[unit, second:] = 0
    return levels


def made(seed=1, noise=0.2, n=60, steps=STEPS, transform="log", scale=1.0):
    rng = np.random.default_rng(seed)
    levels = draw_levels(rng, n)
    eta = rng.normal(size=(n, 1)) + rng.normal(size=YEARS) + noise * rng.normal(size=(n, YEARS))
    eta += np.vectorize(steps.get)(levels)
    frame = pd.DataFrame({"unit": np.arange(n).repeat(YEARS), "period": np.tile(np.arange(YEARS) + 2000, n)})
    frame["unit"] = "u" + (100 + frame["unit"]).astype(str)
    panel = Panel.from_frame(frame.assign(flow=np.exp(3 + eta).ravel()), unit="unit")
    treatment = Treatment.from_dose(panel, scale * levels.ravel())
    given = {"outcome": "flow", "transform": transform, "clusters": ("unit",), "window": (-3, 5)}
    return Design(panel=panel, treatment=treatment, fixed_effects="two_way", **given)


@loop_over("method", [TWFE(shape="dose"), PPML(shape="dose"), ChaisemartinDHaultfoeuille()])
def test_doses_are_not_dealt_to_other_units_and_the_error_says_what_to_do(method):
    transform = "level" if method.is_poisson else "log"
    fitted, rng = fit(method, made(n=30, transform=transform)), np.random.default_rng(0)
    with pytest.raises(InferenceError, match=r"cannot deal doses; call tt\.infer"):
        Randomization(draws=9).plan_refits(fitted, ["overall"])
    with pytest.raises(InferenceError, match="cannot deal doses"):
        Randomization(draws=9).infer(fitted, "overall", rng)


def check(design, method=None, inference=CLUSTERED):
    method = method or TWFE(shape="dose")
    return LevelChanges().check(fit(method, design), inference, np.random.default_rng(0))


def impute_densely(design, old, new):
    """Return the mean of y less what dummies fitted on those who stay predict, over rows of those who go."""
    o = design.observations
    y, level = o.y.reshape(-1, YEARS), o.dose.reshape(-1, YEARS)
    stay, go = np.zeros(y.shape, bool), np.zeros(y.shape, bool)
    for unit in range(len(y)):
        at = np.flatnonzero(level[unit] == old)
        if at.size:
            moved = np.flatnonzero(level[unit, at[0] :] != old)
            end = at[0] + moved[0] if moved.size else YEARS
            stay[unit, at[0] : end] = True
            if end < YEARS and level[unit, end] == new:
                back = np.flatnonzero(level[unit, end:] != new)
                go[unit, end : end + back[0] if back.size else YEARS] = True
    unit, year = np.indices(y.shape)
    X = np.hstack([(unit.ravel()[:, None] == np.arange(len(y))), (year.ravel()[:, None] == np.arange(YEARS))]) * 1.0
    b = np.linalg.lstsq(X[stay.ravel()], y[stay], rcond=None)[0]
    # Years in which nobody stays say nothing of those who go.
    go &= stay.any(axis=0)
    return (y.ravel() - X @ b)[go.ravel()].mean(), int(go.any(axis=1).sum())


def test_one_level_is_todays_imputation():
    design = made(steps={0: 0.0, 1: 0.3, 2: 0.3})
    onset = find_spells(design.observations)
    once = np.flatnonzero((onset.level > 0) & (onset.unit == np.append(-1, onset.unit[:-1])))
    first = np.full(design.panel.n_units, np.inf)
    np.minimum.at(first, onset.unit[once], onset.start[once])
    dose = (design.panel.period >= first[design.panel.unit]) * 1.0
    by_dose = replace(design, treatment=Treatment.from_dose(design.panel, dose))
    for inference in (CLUSTERED, Randomization(draws=19)):
        found = LevelChanges().check(fit(Imputation(), by_dose), inference, np.random.default_rng(0))
        headline = fit(Imputation(), replace(design, treatment=Treatment(design.panel.units, first)))
        bands = inference.infer(headline, "overall", np.random.default_rng(0))
        row = found.table.iloc[0]
        expected = [headline.view("overall").effects[0], bands.low[0], bands.high[0], bands.p[0]]
        np.testing.assert_allclose(
            row[["effect", "low", "high", "p"]].astype(float), expected, rtol=1e-12, atol=1e-12
        )
        assert row["label"] == "none to agreement"


@pytest.mark.parametrize("seed", range(3))
def test_changes_agree_with_dense_regressions(seed):
    design = made(seed)
    table = check(design).table.set_index("label")
    changes = list_changes(find_spells(design.observations))
    assert changes == [(0, 1), (0, 2), (1, 0), (1, 2)]
    for (old, new), label in zip(changes, ("none to 1", "none to 2", "1 to none", "1 to 2"), strict=True):
        effect, n_pairs = impute_densely(design, old, new)
        assert table.loc[label, "effect"] == pytest.approx(effect, abs=EXACT)
        assert table.loc[label, "n_treated_units"] == n_pairs


def test_effects_without_noise_are_those_of_the_levels():
    effects = check(made(noise=0.0)).table["effect"].to_numpy()[:-1]
    np.testing.assert_allclose(effects, [0.2, 0.5, -0.2, 0.3], atol=EXACT)


def test_a_poisson_headline_gets_percent_of_totals():
    finding = check(made(noise=0.0, transform="level"), PPML(shape="dose"))
    assert finding.table["effect"].to_numpy()[:-1] == pytest.approx(100 * np.expm1([0.2, 0.5, -0.2, 0.3]), abs=1e-5)


def test_names_numbers_and_order_of_levels_move_nothing():
    design = made()
    table, doubled = check(design).table, check(made(scale=2.0)).table
    np.testing.assert_allclose(doubled["effect"].iloc[:-1], table["effect"].iloc[:-1], atol=1e-12)
    named = replace(design, treatment=replace(design.treatment, levels=("memorandum", "sister city")))
    finding = check(named)
    assert finding.table["label"].tolist()[1:4] == [
        "none to sister city",
        "memorandum to none",
        "memorandum to sister city",
    ]
    assert "memorandum to sister city" in finding.sentence
    np.testing.assert_array_equal(finding.table["effect"], table["effect"])


def test_who_goes_elsewhere_moves_nothing_afterwards():
    """Rows after another change, and those in which it may be anticipated, are in no comparison."""
    design = made()
    o, spells = design.observations, find_spells(design.observations)
    upgrade = build_change(design, spells, 1, 2).observations
    assert set(o.dose[upgrade.rows]) == {1, 2}
    early = build_change(replace(design, anticipation=1, reference=-2), spells, 1, 2).observations
    ends = spells.left[(spells.level == 1) & (spells.to == 0)]
    units = spells.unit[(spells.level == 1) & (spells.to == 0)]
    for unit, end in zip(units, ends, strict=True):
        of_unit = early.unit_rows[early.unit] == o.unit_rows[unit]
        assert early.period[of_unit].max(initial=0) < end - 1


def test_the_normalized_effect_per_level_stands_beside():
    design = made()
    row = check(design).table.iloc[-1]
    beside = fit(ChaisemartinDHaultfoeuille(normalized=True), design)
    bands = CLUSTERED.infer(beside, "overall", np.random.default_rng(0))
    assert row["effect"] == pytest.approx(bands.estimate.effects[0], abs=1e-12)
    assert row["low"] == pytest.approx(bands.low[0], abs=1e-9)


def test_paths_are_the_effects_by_event_time():
    noisy = check(made()).payloads["level_changes_path"]
    assert (noisy["low"] <= noisy["high"]).all()
    design = made(noise=0.0)
    path = check(design).payloads["level_changes_path"]
    after = path[(path["label"] == "1 to 2") & (path["event_time"] >= 0)]
    np.testing.assert_allclose(after["effect"], 0.3, atol=EXACT)


def test_one_lasting_level_has_no_changes_to_tell_apart():
    design = made()
    lasting = replace(design, treatment=Treatment(design.panel.units, design.onset))
    assert check(lasting, TWFE(shape="static")).reason
    assert not LevelChanges().concerns(lasting)


@pytest.mark.slow
@pytest.mark.parametrize(("method", "n_panels"), [(Scaled(draws=99), 200), (Randomization(draws=99), 100)])
def test_size_and_coverage(method, n_panels):
    """Scaled errors reject 2 % where nothing changes and cover 97 to 98 %; randomization rejects 0 to 4 %."""
    n, rejected, covered = n_panels, np.zeros(3), np.zeros(3)
    for seed in range(n):
        rng = np.random.default_rng(seed)
        for steps in ({0: 0.0, 1: 0.0, 2: 0.0}, STEPS):
            if steps is STEPS and isinstance(method, Randomization):
                continue
            design = made(1000 + seed, steps=steps, noise=0.4)
            spells = find_spells(design.observations)
            for k, (old, new) in enumerate([(0, 1), (1, 2), (1, 0)]):
                change = fit(Imputation(), build_change(design, spells, old, new))
                bands = method.infer(change, "overall", rng)
                rejected[k] += steps is not STEPS and bands.p[0] < 0.05
                covered[k] += steps is STEPS and bands.low[0] <= steps[new] - steps[old] <= bands.high[0]
    at_most = 0.05 + 3 * np.sqrt(0.05 * 0.95 / n)
    assert (rejected / n <= at_most).all()
    assert isinstance(method, Randomization) or (covered / n >= 1 - at_most).all()


def test_a_change_that_cannot_be_estimated_is_said_and_amounts_have_a_unit():
    years, names = np.arange(2000, 2010), [f"u{k}" for k in range(12)]
    frame = pd.DataFrame({"unit": np.repeat(names, 10), "period": np.tile(years, 12)})
    frame["flow"] = np.random.default_rng(3).normal(100, 1, 120)
    panel = Panel.from_frame(frame, unit="unit", units_of_measure={"flow": "US dollars"})
    dose = np.zeros((12, 10))
    dose[0, 4:], dose[0, 7:], dose[1:4, 5:] = 1, 2, 2  # one memorandum, and no other to compare its upgrade with
    design = Design(panel=panel, treatment=Treatment.from_dose(panel, dose.ravel()), outcome="flow")
    design = replace(design, fixed_effects="two_way", clusters=("unit",), window=(-3, 5))
    finding = check(design)
    assert "Not estimated, 1 to 2: no treated row can be imputed" in finding.sentence
    assert "By change of level, in US dollars, compared" in finding.sentence
