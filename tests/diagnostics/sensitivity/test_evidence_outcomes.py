"""Several outcomes on page 1: each is graded, with p-values and intervals by Holm over all of them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks.size_of_outcomes import judge, load_pair
from benchmarks.size_of_verdicts import FIRST, Flows, place, plant
from twintrade.design import Design, NotYetTreated, Panel, Treatment
from twintrade.diagnostics.sensitivity import evidence
from twintrade.diagnostics.sensitivity.evidence import EvidenceOfChange
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.inference.evidence import weigh_case
from twintrade.inference.refits import build_case
from twintrade.numerics.holm import adjust_holm, count_tests
from twintrade.numerics.poisson import FlowTable

DRAWS = 99
SHAPE = 12, 14
"""Cities and partners."""


def read_part(y):
    table = FlowTable(y / y.mean(), np.ones(y.shape, dtype=bool))
    return Flows(table, table.by_pair[:, :FIRST].sum(axis=1) > 0)


def make_fit(planted, seed=3, n=11):
    """Exports and imports of a part of one panel, agreements dealt at random, each with what is planted."""
    whole, second = load_pair("skewed")
    flows, other = (
        read_part(values.reshape(whole.table.shape)[: SHAPE[0], : SHAPE[1]])
        for values in (whole.table.by_pair, second)
    )
    rng = np.random.default_rng(seed)
    starts = np.sort(rng.integers(FIRST, flows.table.shape[2] - 2, n))
    pairs, starts = place(flows, "random", starts, rng)
    values = [plant(one, pairs, starts, what) for one, what in zip((flows, other), planted, strict=True)]
    city, partner, year = np.indices(flows.table.shape).reshape(3, -1)
    keys = {"city": [f"c{i:02d}" for i in city], "partner": [f"p{i:02d}" for i in partner], "year": year}
    frame = pd.DataFrame(keys | {"exports": values[0].ravel(), "imports": values[1].ravel()})
    panel = Panel.from_frame(frame, period="year", city="city", partner="partner")
    names = [f"c{p // flows.table.shape[1]:02d}-p{p % flows.table.shape[1]:02d}" for p in pairs]
    onset = pd.Series(starts.astype(float), index=names).reindex(panel.units).fillna(np.inf).to_numpy()
    design = Design(
        panel=panel, treatment=Treatment(units=panel.units, onset=onset), outcome="exports",
        fixed_effects="gravity", comparison=NotYetTreated(), transform="level",
    )  # fmt: skip
    return fit(Imputation(family="poisson", measure="percent"), design)


def check(fitted, **options):
    finding = EvidenceOfChange(draws=DRAWS, **options).check(fitted, None, np.random.default_rng(4))
    return finding.payloads["evidence"]


@pytest.mark.parametrize("planted", [("+300 %", "none"), ("none", "+300 %")])
def test_the_outcome_that_moved_is_found_and_the_other_is_not(planted, monkeypatch) -> None:
    monkeypatch.setattr("twintrade.inference.evidence.MOST_DRAWS", DRAWS)
    table = check(make_fit(planted, seed=6), others=("imports",)).set_index("outcome")  # no trend before in either
    assert table.index.tolist() == ["exports", "imports"]
    moved, still = ("exports", "imports") if planted[0] != "none" else ("imports", "exports")
    assert (table.loc[moved, "grade"] in ("some", "strong"), table.loc[moved, "side"]) == (True, "rise")
    assert (table.loc[still, "grade"], table.loc[still, "side"]) == ("cannot", "neither")
    for name, row in table.iterrows():
        assert (row["p"] <= 0.05) == (row["low"] > 0 or row["high"] < 0), name
    assert table.loc[moved, "tests"] == 2
    assert table.loc[still, "tests"] >= 1


def test_printed_p_and_intervals_follow_from_the_same_deals(monkeypatch) -> None:
    """By Holm both p of .0245 and .04 are just below .05; more deals then find the first at .0255."""
    case = replace(build_case(make_fit(("none", "none"))), tests=1.0)
    found = weigh_case(case, np.random.default_rng(1), draws=DRAWS, most_draws=DRAWS)
    intervals = {}

    def weigh(fit, rng, *, draws, tests, most_draws=None, seeks_interval=True, **_):
        n = 1999 if tests == 1 and draws == DRAWS else 3999 if most_draws is None else draws
        first = {1999: 0.0245, 3999: 0.0255}[n]
        p = first if fit.design.outcome == "exports" else 0.04
        if seeks_interval:
            intervals[fit.design.outcome] = p <= 0.05 / tests
        return replace(found, p={"naive": np.full(4, p)}, draws=n)

    monkeypatch.setattr(evidence, "weigh_evidence", weigh)
    table = check(make_fit(("none", "none")), others=("imports",)).set_index("outcome")
    assert {name: p <= 0.05 for name, p in table["p"].items()} == intervals


def test_the_headline_named_again_is_no_second_outcome() -> None:
    table = check(make_fit(("none", "none")), others=("exports",))
    assert table["tests"].tolist() == [1.0]


@pytest.mark.parametrize("p", [[0.01, 0.04], [0.03, 0.031], [0.02, 0.3], [0.001, 0.02, 0.021], [0.2, 0.1, 0.9]])
def test_every_p_is_multiplied_by_what_holm_multiplies_it_by(p) -> None:
    p = np.array(p)
    tests, adjusted = count_tests(p), adjust_holm(p)
    np.testing.assert_array_equal(tests * p <= 0.05, adjusted <= 0.05)
    np.testing.assert_allclose((tests * p)[adjusted <= 0.05], adjusted[adjusted <= 0.05])
    assert (tests[adjusted > 0.05] >= (adjusted > 0.05).sum()).all()
    assert (tests >= 1).all()


def test_an_outcome_that_is_not_there_is_named() -> None:
    finding = EvidenceOfChange(draws=DRAWS, others=("weight",)).check(
        make_fit(("none", "none")), None, np.random.default_rng(4)
    )
    assert "weight" in finding.sentence


@pytest.mark.slow
def test_a_family_of_two_outcomes_rarely_gives_a_false_answer() -> None:
    """A part of docs/lab/size_of_outcomes.md."""
    found = [judge("skewed", dealing, 11, "none", k, 99) for dealing in ("random", "growth") for k in range(40)]
    table = pd.DataFrame([one for one in found if one is not None])
    by_holm = 2 * table[["p_first", "p_second"]].min(axis=1) <= 0.05
    assert by_holm.mean() <= 0.07 + 3 * np.sqrt(0.05 * 0.95 / len(table))
    graded = table[["holm_first", "holm_second"]].isin(["some", "strong"]).any(axis=1)
    assert graded.mean() <= 0.03 + 3 * np.sqrt(0.03 * 0.97 / len(table))
