"""Several cases: estimated one by one and together."""

import numpy as np
import pytest
from single_cases import dyad_design, rectangle_frame

from twintrade.design.case import build_case_design, build_untreated_rectangle
from twintrade.diagnostics.single_case.case_verdict import CaseVerdict
from twintrade.diagnostics.single_case.date_sets import PooledCases, describe_interval
from twintrade.errors import DesignError
from twintrade.estimators.base import fit
from twintrade.estimators.synthetic_control import DoubleRatio, PartiallyPooledSyntheticControl
from twintrade.numerics.holm import adjust_holm
from twintrade.numerics.testing import fit_random_effects

ONSETS = {"c0-p0": 2006, "c1-p1": 2008, "c2-p2": 2006}


def treated_frame(effect, noise=0.1):
    frame = rectangle_frame(n_cities=6, n_partners=8, n_periods=14, noise=noise)
    for unit, onset in ONSETS.items():
        city, partner = unit.split("-")
        hit = (frame["city"] == city) & (frame["partner"] == partner) & (frame["year"] >= onset)
        frame.loc[hit, "exports"] *= np.exp(effect)
    return frame


def pooled(effect, **options):
    design = dyad_design(treated_frame(effect), ONSETS, transform="log")
    fitted = fit(PartiallyPooledSyntheticControl(), design)
    return PooledCases(**options).check(fitted, None, None)


def test_each_case_is_the_case_alone_without_the_other_treated_units():
    finding = pooled(1.0)
    design = dyad_design(treated_frame(1.0), ONSETS)
    rows = finding.payloads["cases"].set_index("unit")
    for unit in ONSETS:
        alone = fit(DoubleRatio(), build_case_design(design, unit, build_untreated_rectangle(design, unit))).view(
            "overall"
        )
        assert rows.loc[unit, "effect"] == pytest.approx(alone.effects[0])


def test_a_common_effect_is_in_the_interval_and_leaving_a_case_out_is_shown():
    finding = pooled(1.0)
    mean = finding.table.set_index("unit").loc["random-effects mean"]
    assert mean["low"] < 1.0 < mean["high"]
    assert mean["p"] < 0.05
    assert sum(str(u).startswith("mean without") for u in finding.table["unit"]) == 3
    assert "share donors, so they are not independent" in finding.sentence


@pytest.mark.parametrize("effects", [(0.1, 0.11, 0.12), (0.1, 0.9, -0.8)])
def test_truncation_of_the_interval_is_said(effects):
    """Cases closer together than their placebos allow would else have too short an interval."""
    mean = fit_random_effects(np.array(effects), np.full(3, 0.04))
    said = str(describe_interval(mean))
    assert mean.factor == pytest.approx(np.var(effects, ddof=1) / (0.04 + mean.heterogeneity**2))
    assert ("raised to 1" in said) == (mean.factor < 1)
    assert f"{mean.factor:.2g}" in said


def test_the_mean_names_its_method():
    finding = pooled(1.0)
    rows = finding.payloads["cases_forest"].set_index("label")
    row = rows.loc["random-effects mean"]
    assert row["method"] == "random-effects mean of 3 double ratios"
    assert "Hartung-Knapp" in row["interval_method"]
    assert (rows["scale"] == "log points").all()
    assert rows["method"].notna().sum() == 1
    assert finding.sentence.startswith("The random-effects mean of 3 double ratios")
    assert "Hartung-Knapp" in finding.sentence


def test_choosing_the_best_costs():
    bound = pooled(1.0).payloads["best_of"]
    assert bound["p_bound"].is_monotonic_increasing
    known = pooled(1.0, out_of=20).payloads["best_of"]
    assert known["out_of"].tolist() == [20]
    finding = pooled(1.0, best=2)
    first = finding.payloads["best_of"].iloc[0]
    second = np.sort(finding.payloads["cases"]["p"])[1]
    assert (first["n_cases"], first["out_of"], first["largest_p"]) == (2, 3, second)
    assert first["p_bound"] == pytest.approx(3 * second**2 * (1 - second) + second**3)
    assert "The best 2 of these 3 by themselves" in finding.sentence


def test_partially_pooled_finds_a_common_effect():
    found = fit(PartiallyPooledSyntheticControl(), dyad_design(treated_frame(1.0), ONSETS, transform="log"))
    assert found.view("overall").effects[0] == pytest.approx(1.0, abs=0.3)
    assert 0 <= found.estimate.sample.statistics["pooling"] <= 1
    np.testing.assert_array_equal(np.unique(found.estimate.cohorts), [2006, 2008])


def test_a_case_with_too_few_periods_is_named():
    onsets = ONSETS | {"c3-p3": 2002}
    with pytest.raises(DesignError, match="c3-p3 has 2"):
        fit(PartiallyPooledSyntheticControl(), dyad_design(treated_frame(1.0), onsets, transform="log"))


@pytest.mark.parametrize(("effects", "names"), [((1.5, 0.0, 0.0), ["c0-p0"]), ((0.0, 0.0, 0.0), [])])
def test_each_of_several_pairs_is_judged_alone_by_holm(effects, names):
    frame = rectangle_frame(n_cities=6, n_partners=12, n_periods=14, noise=0.1)
    for (unit, onset), effect in zip(ONSETS.items(), effects, strict=True):
        city, partner = unit.split("-")
        hit = (frame["city"] == city) & (frame["partner"] == partner) & (frame["year"] >= onset)
        frame.loc[hit, "exports"] *= np.exp(effect)
    several = fit(PartiallyPooledSyntheticControl(), dyad_design(frame, ONSETS, transform="log"))
    finding = CaseVerdict().check(several, None, None)
    rows = finding.payloads["case_verdicts"].set_index("unit")
    assert rows.index[rows["verdict"] == "some"].tolist() == names
    level = dyad_design(frame, ONSETS)
    alone = []
    for unit in ONSETS:
        case = fit(DoubleRatio(), build_case_design(level, unit, build_untreated_rectangle(level, unit)))
        alone.append(CaseVerdict().check(case, None, None).table["p"].item())
    np.testing.assert_allclose(rows["p"], adjust_holm(np.array(alone)), atol=1e-12)
    assert ((rows["p"] <= 0.05) == ((rows["low"] > 0) | (rows["high"] < 0))).all()
    assert ("none of 3 pairs" in finding.sentence) == (not names)
