"""What other policies in a regression put into the agreement's coefficient, and which of them need no control."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from twintrade.data.registry import Policy
from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.who_is_compared.policies import PoliciesCheck
from twintrade.diagnostics.who_is_compared.policy_effects import ContaminationCheck, find_policies, find_starts
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.inference.randomization import Randomization
from twintrade.numerics.contamination import decompose_coefficient

N_CITIES, N_PARTNERS, N_PERIODS = 8, 10, 12
CLUSTERED = Clustered(draws=99)


def made(growth=0.1, transform="log", fixed_effects="gravity", overlap=0.5, noise=0.1, seed=1, **options):
    """Pairs with agreements and offices from dates of their own; office effects grow, agreements' are constant."""
    rng = np.random.default_rng(seed)
    n = N_CITIES * N_PARTNERS
    city, partner = np.divmod(np.arange(n), N_PARTNERS)
    onset = np.where(rng.random(n) < 0.4, rng.integers(4, 9, n), np.inf)
    office = np.where(rng.random(n) < np.where(np.isfinite(onset), overlap, 0.3), rng.integers(3, 9, n), np.inf)
    fta = np.where(rng.random(N_PARTNERS) < 0.5, 6, np.inf)[partner]
    period = np.tile(np.arange(N_PERIODS), n)
    pair = np.arange(n).repeat(N_PERIODS)
    since = period - office[pair]
    eta = rng.normal(size=n)[pair] + noise * rng.normal(size=pair.size)
    eta += 0.3 * (period >= onset[pair]) + growth * np.maximum(since + 1, 0)
    frame = pd.DataFrame(
        {"city": "c" + pd.Series(city[pair]).astype(str), "partner": "p" + pd.Series(partner[pair]).astype(str)}
    )
    frame = frame.assign(period=2000 + period, flow=np.exp(3 + eta), office=(since >= 0) * 1.0)
    frame = frame.assign(fta=(period >= fta[pair]) * 1.0, moved=rng.normal(size=pair.size))
    panel = Panel.from_frame(frame, city="city", partner="partner")
    treatment = Treatment(
        panel.units,
        pd.Series(2000 + onset, "c" + pd.Series(city).astype(str) + "-p" + pd.Series(partner).astype(str))
        .reindex(panel.units)
        .to_numpy(),
    )
    given = {"covariates": ("office", "fta", "moved")} | options
    return Design(
        panel=panel, treatment=treatment, outcome="flow", transform=transform, fixed_effects=fixed_effects, **given
    )


def check(design, method=None):
    return ContaminationCheck().check(
        fit(method or TWFE(shape="static"), design), CLUSTERED, np.random.default_rng(0)
    )


def read(finding):
    return dict(zip(finding.table["quantity"], finding.table["value"], strict=True))


def test_policies_are_covariates_of_zeros_and_ones():
    assert find_policies(made()).names == ("office", "fta")
    assert find_policies(made()).controls.shape[1] == 1
    assert not ContaminationCheck().concerns(made(covariates=("moved",)))
    assert check(made(covariates=())).reason


def test_starts_are_those_of_the_spell_that_a_row_is_in():
    o = made().observations
    policies = np.zeros((o.n_rows, 1))
    policies[[0, 1, 5, 6, 12, 13], 0] = 1.0
    starts = find_starts(o, policies)[[0, 1, 5, 6, 12, 13], 0]
    assert starts.tolist() == [2000, 2000, 2005, 2005, 2000, 2000]


@pytest.mark.parametrize("method", [TWFE(shape="static"), PPML(shape="static")], ids=lambda m: m.name)
def test_parts_sum_to_the_regressions_coefficient(method):
    design = made(transform="level" if method.is_poisson else "log")
    rows = read(check(design, method))
    coefficient, own, _, bias, weights = rows.values()
    assert coefficient == pytest.approx(fit(method, design).view("overall").effects[0], abs=1e-8)
    assert own + bias == pytest.approx(coefficient, abs=1e-8)
    assert weights > 0.05


def test_the_sentence_and_the_table_stand_beside_those_of_other_policies():
    """In a short appendix too, where the checks of sensitivity have no tables."""
    assert ContaminationCheck.topic == PoliciesCheck.topic == "forest"


def test_growing_effects_of_an_office_contaminate_and_constant_ones_do_not():
    """Without noise the agreement's own effects are .3 whatever the office's are."""
    growing, constant = (list(read(check(made(growth, noise=0.0))).values()) for growth in (0.1, 0.0))
    np.testing.assert_allclose(constant[:4], [0.3, 0.3, 0.3, 0.0], atol=1e-9)
    np.testing.assert_allclose(growing[1:3], [0.3, 0.3], atol=1e-9)
    assert abs(growing[3]) > 0.005


def test_a_policy_of_a_whole_partner_needs_no_control():
    finding = check(made())
    assert "The fixed effects absorb fta" in finding.sentence
    assert "needs no control" in finding.sentence
    only = check(made(covariates=("fta",)))
    assert only.verdict == "informs"
    assert only.value == 0
    two_way = check(made(fixed_effects="two_way"))
    assert "absorb" not in two_way.sentence
    assert "of it effects of fta, log points" in read(two_way)


@pytest.mark.parametrize("lone", [False, True])
def test_policies_that_are_never_apart_are_refused_by_name(lone):
    """Also where one pair has the office alone, at times of which it says nothing for others."""
    design = made(covariates=("office",))
    o, frame = design.observations, design.panel.to_frame()
    frame["office"] = o.is_treated * 1.0
    untreated = np.flatnonzero(~o.is_ever_treated)[0]
    frame.loc[lone & (o.unit == untreated) & (o.period == o.periods[-1]), "office"] = 1.0
    panel = Panel.from_frame(frame, city="city", partner="partner")
    given = {"outcome": "flow", "transform": "log", "covariates": ("office",)}
    finding = check(Design(panel=panel, treatment=design.treatment, **given))
    assert "the agreement and of office cannot be told apart" in finding.sentence


def test_the_part_of_other_policies_has_an_interval_where_errors_are_clustered():
    """The error is that of the weights of rows on the regression's own residuals, summed by pair."""
    design = made(covariates=("office",))
    by_unit = Clustered(by=("unit",), draws=1)
    fitted = fit(TWFE(shape="static"), design)
    finding = ContaminationCheck().check(fitted, by_unit, np.random.default_rng(0))
    o = design.observations
    policies = np.column_stack([o.is_treated, o.covariates]).astype(float)
    starts = find_starts(o, policies)
    parts = decompose_coefficient(o.y, policies, starts * 100 + o.period[:, None] - starts, o.effect_codes())
    error = np.sqrt((np.bincount(o.unit, parts.influence) ** 2).sum())
    assert finding.bound == pytest.approx(abs(finding.value) + 2 * error, rel=0.05)
    assert finding.verdict in ("objects", "does not object")
    assert "95 % interval from" in finding.sentence
    dealt = ContaminationCheck().check(fitted, Randomization(draws=19), np.random.default_rng(0))
    assert "cannot be said with this inference" in dealt.sentence
    assert check(design, Imputation()).verdict == "informs"


def test_declared_policies_enter_as_covariates_do():
    """A policy with dates by unit says the same as its column; both are one policy."""
    design = made()
    o, panel = design.observations, design.panel
    in_force = o.covariates[:, 0].reshape(panel.n_units, N_PERIODS)
    onset = np.where(in_force.any(axis=1), o.periods[0] + in_force.argmax(axis=1), np.inf)
    policy = Policy("office", ("city", "partner"), onset, np.full(panel.n_units, np.inf))
    declared = replace(design, panel=replace(panel, policies=(policy,)), covariates=("moved",))
    assert find_policies(declared).names == ("office",)
    expected = made(covariates=("office", "moved"))
    assert list(read(check(declared)).values())[:5] == pytest.approx(
        list(read(check(expected)).values())[:5], abs=1e-9
    )
    assert find_policies(replace(declared, covariates=("office",))).names == ("office",)


@pytest.mark.parametrize("method", [TWFE(shape="static"), PPML(shape="static")], ids=lambda m: m.name)
def test_units_of_money_and_the_order_of_rows_move_nothing(method):
    design = made(transform="level" if method.is_poisson else "log", covariates=("office",))
    frame = design.panel.to_frame().sample(frac=1, random_state=1)
    columns = {"city": "city", "partner": "partner"}
    other = Panel.from_frame(frame.assign(flow=1e6 * frame["flow"]), **columns)
    base, again = read(check(design, method)), read(check(replace(design, panel=other), method))
    np.testing.assert_allclose(list(again.values()), list(base.values()), atol=1e-8)


def test_the_order_of_covariates_moves_nothing():
    base = read(check(made(fixed_effects="two_way")))
    turned = read(check(made(fixed_effects="two_way", covariates=("moved", "fta", "office"))))
    assert base.keys() == turned.keys()
    np.testing.assert_allclose([turned[k] for k in base], list(base.values()), atol=1e-9)


def test_the_table_is_that_of_the_formulas_on_the_designs_rows():
    design = made(covariates=("office", "moved"))
    o = design.observations
    policies = np.column_stack([o.is_treated, o.covariates[:, 0]]).astype(float)
    starts = find_starts(o, policies)
    cells = starts * 100 + o.period[:, None] - starts
    parts = decompose_coefficient(o.y, policies, cells, o.effect_codes(), o.covariates[:, 1:])
    rows = list(read(check(design)).values())
    np.testing.assert_allclose(
        [rows[0], rows[1], rows[3]], [parts.coefficient, parts.own_part, parts.bias[0]], atol=1e-12
    )


@pytest.mark.slow
@pytest.mark.parametrize("fixed_effects", ["two_way", "gravity"])
def test_size_power_and_coverage_of_the_part_of_other_policies(fixed_effects):
    """Of 150 panels, errors by pair, 3 to 4 % object to constant effects and about 40 % to growth of .05 a year."""
    by_unit, rejected, covered = Clustered(by=("unit",), draws=1), {0.0: 0, 0.05: 0}, {0.0: 0, 0.05: 0}
    for growth in rejected:
        for seed in range(150):
            given = {"fixed_effects": fixed_effects, "seed": seed, "covariates": ("office",)}
            findings = [
                ContaminationCheck().check(
                    fit(TWFE(shape="static"), made(growth, noise=noise, **given)), by_unit, np.random.default_rng(0)
                )
                for noise in (0.2, 0.0)
            ]
            rejected[growth] += findings[0].verdict == "objects"
            covered[growth] += abs(findings[0].value - findings[1].value) <= findings[0].bound - abs(
                findings[0].value
            )
    at_most = 0.05 + 3 * np.sqrt(0.05 * 0.95 / 150)
    assert rejected[0.0] / 150 <= at_most
    assert rejected[0.05] / 150 >= 0.25
    assert min(covered.values()) / 150 >= 1 - at_most
