"""Hidden agreements: planted ones attenuate as the formula says, and worst cases are those of refits."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from twintrade.design import Treatment
from twintrade.design.case import build_case_design, build_donor_sets
from twintrade.diagnostics.sensitivity.leave_one_out import HiddenAgreements, convert_coverage
from twintrade.errors import InferenceError
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.imputing import comparison_units
from twintrade.estimators.synthetic_control import SyntheticControl
from twintrade.inference.clustered import Clustered
from twintrade.simulate import simulate

BY_UNIT = Clustered(by=("unit",))
TOTALS = Imputation(family="poisson", measure="percent")


def draw(seed, effect=0.5, noise=0.3, family="linear", hidden=0.0, size=(6, 5)):
    """Return a design in which a share of the comparison pairs begins an agreement that no register knows."""
    rng = np.random.default_rng(seed)
    made = simulate(
        rng,
        n_cities=size[0],
        n_partners=size[1],
        n_periods=8,
        cohorts={2004: 0.4},
        effect=effect,
        noise=noise,
        family=family,
        mean=200.0,
        unit_spread=0.3,
    )
    treated = np.flatnonzero(np.isfinite(made.treatment.onset))
    untreated = made.panel.n_units - treated.size
    n = round(hidden * untreated / (1 - hidden)) if hidden else 0
    onset = made.treatment.onset.copy()
    onset[rng.choice(treated, n, replace=False)] = np.inf
    return made.design(treatment=Treatment(made.panel.units, onset), fixed_effects="gravity")


def check(design, estimator=None, **options):
    fitted = fit(estimator or Imputation(), design)
    return fitted, HiddenAgreements(**options).check(fitted, BY_UNIT, np.random.default_rng(1))


def test_a_hidden_share_attenuates_as_the_formula_says():
    effects = [
        fit(Imputation(), draw(seed, hidden=0.2, size=(9, 8)), ("overall",)).view("overall").effects[0]
        for seed in range(30)
    ]
    error = np.std(effects) / np.sqrt(len(effects))
    assert np.mean(effects) / 0.8 == pytest.approx(0.5, abs=3.5 * error / 0.8)
    assert abs(np.mean(effects) - 0.5) > 5 * error


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.05, 0.1, 0.2])
def test_a_hidden_share_attenuates_totals_too(share):
    effects = [
        fit(TOTALS, draw(seed, 0.1, 0.1, "poisson", share, (8, 7)), ("overall",)).view("overall").effects[0]
        for seed in range(40)
    ]
    error = np.std(effects) / np.sqrt(len(effects))
    truth = 100 * np.expm1(0.1)
    assert np.mean(effects) / (1 - share) == pytest.approx(truth, abs=3.5 * error / (1 - share) + 0.2 * share * 10)


def test_the_share_follows_from_what_the_register_holds():
    fitted, finding = check(draw(1), coverage=0.8, coverage_within=0.9, sensitivity=(0.6, 0.05))
    o = fitted.design.observations
    n = int(o.is_ever_treated.sum())
    shares = [n * (1 / c - 1) / (o.n_units - n) for c in (0.9, 0.6)]
    effect = fitted.view("overall").effects[0]
    rows = finding.table[finding.table["left_out"] == ""]
    np.testing.assert_allclose(rows["effect"], [effect / (1 - share) for share in shares])
    np.testing.assert_allclose(rows["share"], shares)
    assert list(rows["coverage"]) == [0.8, 0.6]  # at .05 there would be more of them than comparison pairs
    assert "If this one holds 80% of all agreements" in finding.sentence
    anyone = 100 * rows["share_ever"].iloc[0]
    assert f"{anyone:.1f}% of the comparison pairs have one that nobody recorded" in finding.sentence
    most = check(draw(1), coverage=0.05, sensitivity=())[1]
    assert "more agreements would be hidden" in most.sentence


def test_all_known_agreements_are_counted_and_those_within_the_data_apart():
    """One pair was treated before the data, one has an agreement without a date: 7 of 30 pairs have one, 5 count."""
    design = draw(1)
    treated = np.flatnonzero(np.isfinite(design.onset))
    onset = design.onset.copy()
    onset[treated[0]] = design.panel.first_period
    unit = str(design.panel.units[treated[1]])
    onset[treated[1]] = np.inf
    changed = replace(design, treatment=Treatment(design.panel.units, onset, excluded={unit: "undated"}))
    hidden = convert_coverage(fit(Imputation(), changed), 0.5, 0.75)
    n_comparison = design.panel.n_units - treated.size
    assert hidden.of_all == pytest.approx(treated.size / n_comparison)
    assert hidden.share == pytest.approx((treated.size - 2) / 3 / n_comparison)


def test_agreements_are_counted_among_the_pairs_of_the_sample_whatever_compares_them():
    design = draw(1)
    treated, never = (np.flatnonzero(side) for side in (np.isfinite(design.onset), np.isinf(design.onset)))
    outside = Treatment(design.panel.units, design.onset, excluded={"no unit of the panel": "undated"})
    full = convert_coverage(fit(Imputation(), replace(design, treatment=outside)), 0.5, 0.5)
    assert full.of_all == pytest.approx(treated.size / never.size)
    gone = [str(design.panel.units[k]) for k in (*treated[2:], *never[5:])]
    part = convert_coverage(fit(Imputation(), design.without(gone)), 0.5, 0.5)
    assert part.of_all == part.share == pytest.approx(2 / 5)
    onset = design.onset.copy()
    onset[treated[0]] = design.panel.first_period
    compared = replace(design, treatment=Treatment(design.panel.units, onset), always_treated="compare")
    hidden = convert_coverage(fit(Imputation(), compared), 0.5, 0.5)
    assert hidden.of_all == pytest.approx(treated.size / (never.size + 1))
    assert hidden.share == pytest.approx((treated.size - 1) / (never.size + 1))


def test_pairs_that_never_trade_are_not_counted():
    """A treated, an older and a comparison pair of zeros, which a Poisson regression leaves out."""
    design = draw(1, family="poisson")
    treated, never = (np.flatnonzero(side) for side in (np.isfinite(design.onset), np.isinf(design.onset)))
    onset = design.onset.copy()
    onset[treated[:2]] = design.panel.first_period
    design = replace(design, treatment=Treatment(design.panel.units, onset))
    silent = [treated[0], treated[2], never[0]]
    y = np.where(np.isin(design.panel.unit, silent), 0.0, design.panel.values(design.outcome))
    zeros = replace(design, panel=replace(design.panel, columns={**design.panel.columns, design.outcome: y}))
    gone = design.without([str(design.panel.units[k]) for k in silent])
    assert convert_coverage(fit(TOTALS, zeros), 0.8, 0.9) == convert_coverage(fit(TOTALS, gone), 0.8, 0.9)


def test_a_case_takes_the_share_of_all_pairs_as_its_donors_are_some_of_them():
    design = draw(1, family="poisson")
    unit = str(design.panel.units[np.flatnonzero(np.isfinite(design.onset))[0]])
    case = build_case_design(design, unit, build_donor_sets(design, unit)[0])
    assert case.observations.n_units < design.observations.n_units
    everybody = convert_coverage(fit(Imputation(), design), 0.8, 0.9)
    assert convert_coverage(fit(SyntheticControl(), case), 0.8, 0.9) == everybody


def test_agreements_from_before_the_data_leave_the_estimate_alone():
    """Comparison pairs that had an agreement all along differ by a level, which the fixed effects take out."""
    design = draw(1)
    hidden = np.flatnonzero(np.isinf(design.onset))[:4]
    y = design.panel.values(design.outcome) + 0.5 * np.isin(design.panel.unit, hidden)
    panel = replace(design.panel, columns={**design.panel.columns, design.outcome: y})
    before, after = (fit(Imputation(), d).view("overall").effects[0] for d in (design, replace(design, panel=panel)))
    assert after == pytest.approx(before, abs=1e-10)


def test_effects_under_shares_are_the_headline_over_what_is_left():
    fitted, finding = check(draw(1), shares=(0.25, 0.5))
    effect = fitted.view("overall").effects[0]
    np.testing.assert_allclose(finding.table["effect"][:2], [effect / 0.75, effect / 0.5])
    bands = BY_UNIT.infer(fitted, "overall", np.random.default_rng(1))
    np.testing.assert_allclose(finding.table["low"][:2], [bands.low[0] / 0.75, bands.low[0] / 0.5])
    assert "If 25% or 50% of the comparison pairs" in finding.sentence


def test_the_worst_one_and_two_are_those_of_all_refits():
    fitted, finding = check(draw(2))
    o = fitted.design.observations
    untreated = [str(u) for u in o.unit_ids[~o.is_ever_treated]]
    rows = finding.table.set_index("label")
    for n, name in ((1, "one"), (2, "2")):
        effects, sets = [], []
        for some in combinations(untreated, n):
            again = fitted.refit(fitted.design.without(some), "overall")
            if again.estimate.sample.statistics["n_unidentified"] == 0:
                effects.append(again.view("overall").effects[0])
                sets.append(some)
        for end, pick in (("lowest", np.argmin), ("highest", np.argmax)):
            row = rows.loc[f"without {name}, {end}"]
            assert row["effect"] == pytest.approx(effects[pick(effects)], abs=1e-10)
            assert set(row["left_out"].split(", ")) == set(sets[pick(effects)])


def test_two_comparison_pairs_that_carry_the_estimate_are_objected_to():
    design = draw(2, effect=0.0, noise=0.05, size=(4, 3))
    two = np.flatnonzero(np.isinf(design.onset))[:2]
    y = design.panel.values(design.outcome)
    fell = np.isin(design.panel.unit, two) & (design.panel.period >= 2004)
    panel = replace(design.panel, columns={**design.panel.columns, design.outcome: y - 6.0 * fell})
    _, finding = check(replace(design, panel=panel))
    assert finding.verdict == "objects"
    assert finding.bound > finding.tolerance


def test_a_strong_effect_stands_and_says_how_many_pairs_would_be_needed():
    _, finding = check(draw(4, effect=2.0, noise=0.1))
    assert finding.verdict == "does not object"
    assert "carries the estimate to zero" in finding.sentence


def test_no_breakdown_is_given_for_an_effect_that_may_be_zero():
    _, finding = check(draw(5, effect=0.0, noise=1.0))
    assert "to zero" not in finding.sentence


def test_a_fragile_effect_breaks_down_without_few_pairs():
    fitted, finding = check(draw(6, effect=0.25, noise=0.3))
    assert BY_UNIT.infer(fitted, "overall", np.random.default_rng(1)).low[0] > 0
    assert "Leaving out" in finding.sentence


def test_sets_of_totals_are_refitted():
    fitted, finding = check(draw(7, effect=0.1, family="poisson"), TOTALS)
    for row in finding.table[finding.table["left_out"] != ""].itertuples():
        again = fitted.refit(fitted.design.without(row.left_out.split(", ")), "overall")
        assert row.effect == pytest.approx(again.view("overall").effects[0], rel=1e-9)
    assert "Newton" in finding.sentence


def test_twos_among_some_of_many_units_are_called_so(monkeypatch):
    monkeypatch.setattr(comparison_units, "MOST_UNITS", 8)
    _, finding = check(draw(2))
    assert "among the 8 pairs that move it most" in finding.sentence
    assert "Newton" not in finding.sentence


@pytest.mark.parametrize("options", [{"sensitivity": (0.0,)}, {"shares": (1.0,)}, {"most": 2}, {"coverage": 1.5}])
def test_options_out_of_range_are_refused(options):
    with pytest.raises(InferenceError):
        HiddenAgreements(**options)
