"""From the pair to the city: published figures of a solved world, what must hold in any, and what is refused."""

import os
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over
from reference_results import NAMED
from scipy.optimize import root

import twintrade as tt
from twintrade.errors import DesignError, EstimationError, TwintradeError
from twintrade.numerics.armington import solve_world

ENLARGEMENT = "eu_enlargement_2000_2014.dta"
EFFECT = 0.224249  # Baier, Yotov and Zylkin (2019), section 6
PRINTED = {  # trade with a partner, welfare, real wage, nominal wage, price: the example of GEGravity
    ("DEU", "SVK"): (3269.19970, 1.0007249, 1.0007204, 1.0002367, 0.9995167),
    ("FIN", "CZE"): (264.63294, 1.0004615, 1.0004125, 1.0008138, 1.0004012),
    ("LTU", "POL"): (207.88813, 1.0065244, 1.0064727, 0.9993151, 0.9928884),
    ("NOR", "MEX"): (96.31901, 1.0002589, 1.0002422, 1.0001253, 0.9998831),
    ("JPN", "HUN"): (862.04180, 0.9999971, 0.9999982, 0.9999063, 0.9999082),
}
PAIRS = (("p0", "p3"), ("p1", "p4"))


def draw_flows(n=8, seed=1, home=60.0):
    rng = np.random.default_rng(seed)
    flows = rng.lognormal(0, 1.5, (n, n))
    flows[np.diag_indices(n)] *= home
    return flows


def build_world(flows, *, with_home=True, **options):
    names = [f"p{k}" for k in range(len(flows))]
    ends = product(range(len(flows)), repeat=2)
    rows = [(names[i], names[j], flows[i, j]) for i, j in ends if with_home or i != j]
    frame = pd.DataFrame(rows, columns=["origin", "destination", "trade"])
    return tt.World.from_frame(frame, value="trade", **options)


def tie(n, effect, pairs=((0, 3), (1, 4))):
    costs = np.ones((n, n))
    for pair in pairs:
        costs[pair] = np.exp(effect)
    return costs


@pytest.fixture
def enlarged():
    """The matrix of 2000 with names, and the pairs that both were in the union by 2014 and not before."""
    folders = (Path(os.environ.get("TWINTRADE_DATA") or NAMED), NAMED)
    path = next((folder / ENLARGEMENT for folder in folders if (folder / ENLARGEMENT).is_file()), None)
    if path is None:
        pytest.skip(f"{ENLARGEMENT} is not bundled: it is in GEGravity; set TWINTRADE_DATA to a folder that holds it")
    table = pd.read_stata(path)
    wide = {
        (year, name): table[table["year"] == year].pivot_table(index="exporter", columns="importer", values=name)
        for year, name in product((2000, 2014), ("trade", "eu_enlargement"))
    }
    new = (wide[2014, "eu_enlargement"] - wide[2000, "eu_enlargement"]).to_numpy() == 1
    np.fill_diagonal(new, False)
    return wide[2000, "trade"], new


def test_the_printed_figures_of_the_enlargement(enlarged) -> None:
    flows, new = enlarged
    change = solve_world(flows.to_numpy(), np.where(new, np.exp(EFFECT), 1.0), 4.0)
    place = {name: k for k, name in enumerate(flows.index)}
    for (seller, buyer), printed in PRINTED.items():
        i, j = place[seller], place[buyer]
        found = (
            change.flows[i, j], change.real_income[i], change.wage[i] / change.price[i], change.wage[i],
            change.price[i],
        )  # fmt: skip
        assert found == pytest.approx(printed, rel=1e-6)


def test_what_the_enlargement_did_to_its_entrants(enlarged) -> None:
    """Partial +25.1 %: the same pairs +22.3, all exports of entrants +15.8, their other exports −.25."""
    flows, new = enlarged
    frame = flows.stack().rename("trade").reset_index()
    world = tt.World.from_frame(frame, origin="exporter", destination="importer", value="trade")
    names = flows.index.to_numpy()
    pairs = [(names[i], names[j]) for i, j in zip(*np.nonzero(new), strict=True)]
    translated = tt.translate(EFFECT, pairs, world, elasticity=(4.0,), supply=(0.0,))
    full = translated.table[translated.table["model"] == "full"].set_index("outcome")["estimate"]
    assert round(100 * np.expm1(EFFECT), 1) == 25.1
    assert round(full["pairs"], 1) == 22.3
    entrants = new.sum(axis=1) > 13
    change = solve_world(flows.to_numpy(), np.where(new, np.exp(EFFECT), 1.0), 4.0)
    abroad = entrants[:, None] & ~np.eye(len(names), dtype=bool)
    assert entrants.sum() == 13
    assert 100 * (change.flows[abroad].sum() / flows.to_numpy()[abroad].sum() - 1) == pytest.approx(15.8, abs=0.05)
    other = abroad & ~new
    assert 100 * (change.flows[other].sum() / flows.to_numpy()[other].sum() - 1) == pytest.approx(-0.25, abs=0.005)


@loop_over(
    ("supply", "closure", "deficits"), [(0.0, "full", "fixed"), (2.0, "full", "fixed"), (5.0, "full", "proportional")]
)
def test_prices_solve_the_equations_of_the_world(supply, closure, deficits) -> None:
    """Brute force: a general solver on the equilibrium conditions, with the price of one place as the unit."""
    n, theta = 5, 4.0
    flows, costs = draw_flows(n), tie(n, 0.4)
    output, spent = flows.sum(1), flows.sum(0)
    shares = flows / spent * costs

    def spend(wage):
        levels = shares.T @ wage**-theta
        produced = output * wage ** (1 + supply) / (levels ** (-1 / theta)) ** supply
        scale = output.sum() / produced.sum()
        wage, produced = wage * scale, produced * scale
        levels = shares.T @ wage**-theta
        expenditure = spent * produced / output if deficits == "proportional" else produced + spent - output
        return wage, produced, wage**-theta * (shares @ (expenditure / levels)), levels

    def miss(logs):
        _, produced, sold, _ = spend(np.exp(np.append(0.0, logs)))
        gaps = np.log(sold / produced)  # deficits in proportion leave all places one factor apart
        return gaps[1:] - gaps[0]

    solved = root(miss, np.zeros(n - 1), tol=1e-13)
    wage, _, _, levels = spend(np.exp(np.append(0.0, solved.x)))
    found = solve_world(flows, costs, theta, supply, closure, deficits)
    np.testing.assert_allclose(found.wage, wage, rtol=1e-8)
    np.testing.assert_allclose(found.price, levels ** (-1 / theta), rtol=1e-8)


def test_the_conditional_world_holds_output_and_expenditure() -> None:
    flows = draw_flows()
    changed = [solve_world(flows, tie(8, 0.3), theta, closure="conditional").flows for theta in (1.0, 8.0)]
    for axis in (0, 1):
        np.testing.assert_allclose(changed[0].sum(axis), flows.sum(axis), rtol=1e-9)
    np.testing.assert_allclose(changed[0], changed[1], rtol=1e-9)


def test_no_effect_changes_nothing_and_world_output_is_held() -> None:
    flows = draw_flows()
    same = solve_world(flows, np.ones_like(flows), 4.0)
    np.testing.assert_allclose(same.flows, flows, rtol=1e-12)
    for supply in (0.0, 3.0):
        changed = solve_world(flows, tie(8, 0.5), 4.0, supply)
        assert changed.flows.sum() == pytest.approx(flows.sum(), rel=1e-10)


def test_a_small_pair_gets_the_partial_effect_and_moves_no_third_place() -> None:
    flows = draw_flows()
    flows[0, 3] = 1e-7
    changed = solve_world(flows, tie(8, 0.3, ((0, 3),)), 4.0)
    assert np.log(changed.flows[0, 3] / flows[0, 3]) == pytest.approx(0.3, abs=1e-6)
    rest = np.ones_like(flows, dtype=bool)
    rest[0, 3] = False
    np.testing.assert_allclose(changed.flows[rest], flows[rest], rtol=1e-6)


@loop_over("with_home", [False, True])
def test_ppml_finds_the_planted_effect_in_the_world_it_made(with_home) -> None:
    """City-period and partner-period effects take out all that general equilibrium adds; two-way effects do not."""
    translated = tt.translate(0.2, PAIRS, build_world(draw_flows()))
    assert translated.estimate_again(with_home=with_home) == pytest.approx(0.2, abs=1e-9)
    assert abs(translated.estimate_again(fixed_effects="two_way", with_home=with_home) - 0.2) > 0.002


def test_the_world_estimated_again_has_the_deficits_it_was_translated_in() -> None:
    world, found = build_world(draw_flows()), {}
    for deficits in ("fixed", "proportional"):
        translated = tt.translate(0.2, PAIRS, world, deficits=deficits)
        assert translated.estimate_again() == pytest.approx(0.2, abs=1e-9)
        found[deficits] = translated.estimate_again(fixed_effects="two_way")
    assert abs(found["fixed"] - found["proportional"]) > 1e-5


def nest(flows, costs, inner, outer, countries):
    """Flows where buyers choose a country first and one of its cities then, factory prices and expenditure held."""
    new = np.empty_like(flows)
    for j in range(len(flows)):
        kept = flows[:, j] * costs[:, j]
        for country in np.unique(countries):
            mine = countries == country
            levels = kept[mine].sum() / flows[mine, j].sum()
            new[mine, j] = kept[mine] / levels * levels ** (outer / inner)
        new[:, j] *= flows[:, j].sum() / new[:, j].sum()
    return new


@loop_over(("outer", "bias"), [(4.0, 0.0), (2.0, -0.0079), (1.0, -0.0119)])
def test_where_cities_replace_each_other_more_the_partial_effect_is_biased(outer, bias) -> None:
    """Nested CES: diversion within a country is not proportional, and gravity effects miss by the logs given."""
    flows = draw_flows(12, 3)
    countries = np.repeat([0, 1, 2], 4)
    costs = tie(12, 0.3, ((0, 5), (1, 9)))
    after = nest(flows, costs, 4.0, outer, countries)
    rows = [
        (f"c{i}", f"d{j}", t, values[i, j])
        for t, values in enumerate((flows, after))
        for i, j in product(range(12), repeat=2)
    ]
    frame = pd.DataFrame(rows, columns=["city", "partner", "period", "trade"])
    panel = tt.Panel.from_frame(frame, city="city", partner="partner")
    onset = np.where(np.isin(panel.units, ["c0-d5", "c1-d9"]), 1.0, np.inf)
    design = tt.Design(
        panel=panel, treatment=tt.Treatment(panel.units, onset), outcome="trade", transform="level",
        fixed_effects="gravity", window=(-1, 0),
    )  # fmt: skip
    found = tt.fit("ppml", design).view("overall").effects[0]
    assert found - 0.3 == pytest.approx(bias, abs=1e-4)
    assert (abs(found - 0.3) < 1e-6) == (outer == 4.0)


def test_ends_are_pushed_through_and_every_outcome_is_monotone() -> None:
    translated = tt.translate((0.2, -0.1, 0.4), PAIRS, build_world(draw_flows(12, 2)))
    assert translated.table["is_monotone"].all()
    low, high = (tt.translate(end, PAIRS, translated.world).table["estimate"] for end in (-0.1, 0.4))
    np.testing.assert_allclose(translated.table["low"], np.minimum(low, high), rtol=1e-9)
    np.testing.assert_allclose(translated.table["high"], np.maximum(low, high), rtol=1e-9)


def test_what_is_pushed_through_covers_the_truth_exactly_as_often_as_the_interval_of_the_effect() -> None:
    """An end on the wrong side of the effect is on the wrong side of every outcome: told by the nearest ones."""
    rng, world = np.random.default_rng(6), build_world(draw_flows())
    truth = tt.translate(0.2, PAIRS, world, elasticity=(4.0,), supply=(0.0,)).table["estimate"].to_numpy()
    estimates = rng.normal(0.2, 0.1, 400)
    covers = np.abs(estimates - 0.2) <= 1.96 * 0.1
    assert 0.92 < covers.mean() < 0.98
    by_gap = np.argsort(np.abs(np.abs(estimates - 0.2) - 0.196))
    nearest = np.concatenate([by_gap[covers[by_gap]][:8], by_gap[~covers[by_gap]][:8]])
    for estimate, is_held in zip(estimates[nearest], covers[nearest], strict=True):
        ends = (estimate, estimate - 0.196, estimate + 0.196)
        table = tt.translate(ends, PAIRS, world, elasticity=(4.0,), supply=(0.0,)).table
        assert ((table["low"] <= truth) & (truth <= table["high"])).tolist() == [is_held] * len(truth)


def test_what_a_city_gains_with_the_pair_and_loses_elsewhere_adds_up() -> None:
    translated = tt.translate(0.2, PAIRS, build_world(draw_flows(12, 2)), elasticity=(4.0,), supply=(0.0,))
    money = translated.table.pivot(index="model", columns="outcome", values="money")
    np.testing.assert_allclose(money["pairs"] + money["other_exports"], money["exports"], rtol=1e-9)
    low, high = translated.diverted()
    shares = -100 * money["other_exports"] / money["pairs"]
    assert (low, high) == pytest.approx((shares.min(), shares.max()))
    said = translated.summary()
    assert said.startswith("2 pairs in 2 models")
    assert len(said.splitlines()) == 7


def test_home_trade_follows_from_output_or_from_a_range_of_shares() -> None:
    flows = draw_flows()
    known = tt.translate(0.2, PAIRS, build_world(flows))
    output = {f"p{k}": value for k, value in enumerate(flows.sum(axis=1))}
    again = tt.translate(0.2, PAIRS, build_world(flows, with_home=False, output=output))
    np.testing.assert_allclose(again.table["estimate"], known.table["estimate"], rtol=1e-9)
    bounded = tt.translate(0.2, PAIRS, build_world(flows, with_home=False), home_share=(0.3, 0.6, 0.9))
    assert sorted(bounded.table["home_share"].unique()) == [0.3, 0.6, 0.9]
    exports = bounded.table[bounded.table["outcome"] == "exports"].groupby("home_share")["estimate"].max()
    assert exports.is_monotonic_increasing  # what is sold at home now can be sold abroad


def test_an_estimate_and_its_design_are_taken_as_they_are() -> None:
    frame, agreements = tt.example()
    panel = tt.panel(frame, city="city", partner="partner", period="year")
    design = tt.compare(panel, agreements, "exports_usd", transform="level")
    bands = tt.infer(tt.fit("ppml", design), "clustered", view="overall")
    last = frame[frame["year"] == frame["year"].max()]
    world = tt.World.from_frame(last, origin="city", destination="partner", value="exports_usd")
    with pytest.raises(DesignError, match="sells or buys nothing: add its trade in the other direction"):
        tt.translate(bands, design, world, home_share=(0.5,))
    mirrored = last.rename(columns={"city": "partner", "partner": "city"})[["city", "partner", "exports_usd"]]
    both = pd.concat(
        [last[["city", "partner", "exports_usd"]], mirrored.assign(exports_usd=mirrored["exports_usd"] / 2)]
    )
    world = tt.World.from_frame(both, origin="city", destination="partner", value="exports_usd")
    translated = tt.translate(bands, design, world, home_share=(0.5,))
    assert translated.effect[0] == bands.estimate.effects[0]
    assert len(translated.treated) == design.observations.is_ever_treated.sum()


@loop_over(
    ("change", "said"),
    [
        ({"world": {"with_home": False}}, "what 8 places sell at home is unknown"),
        ({"world": {"with_home": False}, "home_share": (1.2,)}, "home_share lies between 0 and 1"),
        ({"treated": [("p0", "Atlantis")]}, "'Atlantis' is at an end of a treated pair"),
        ({"treated": []}, "treated names no pair"),
        ({"treated": ["p0-p3"]}, "treated names no pair"),
        ({"treated": 3}, "treated names no pair"),
        ({"treated": [("p00", "p3")]}, "did you mean p0"),
        ({"treated": [("p0", "p0")]}, "pairs of two places that trade with each other"),
        ({"effect": (0.2, 0.3, 0.4)}, "estimate, low and high around it"),
        ({"elasticity": (0.0,)}, "elasticity needs numbers above zero"),
        ({"deficits": "none"}, "deficits is one of fixed, proportional"),
        ({"world": {"with_home": False, "output": {"p0": 1.0}}}, "p0 exports more than its output of 1"),
        (
            {"world": {"with_home": False, "output": {"P0": 1e6}}},
            "output names 'P0', which is no place of the matrix",
        ),
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(change, said) -> None:
    asked = {"effect": 0.2, "treated": PAIRS, "world": {}} | change

    def ask():
        return tt.translate(**(asked | {"world": build_world(draw_flows(), **asked["world"])}))

    with pytest.raises(DesignError, match=said):
        ask()


def test_a_table_is_no_world_and_a_pair_named_twice_is_one() -> None:
    with pytest.raises(DesignError, match=r"world is a tt.World.*from_frame"):
        tt.translate(0.2, PAIRS, pd.DataFrame({"trade": [1.0]}))
    world = build_world(draw_flows())
    assert tt.translate(0.2, [*PAIRS, *PAIRS], world).treated == tt.translate(0.2, PAIRS, world).treated
    with pytest.raises(EstimationError, match="effect 35 log points"):
        tt.translate(35, PAIRS, world)


@loop_over(("scale", "low"), [("percent", -100.0), ("percent", -120.0), ("log points", -np.inf)])
def test_an_interval_without_an_end_is_no_interval_that_ends_at_the_estimate(scale, low) -> None:
    frame, agreements = tt.example()
    panel = tt.panel(frame, city="city", partner="partner", period="year")
    design = tt.compare(panel, agreements, "exports_usd", transform="level")
    bands = tt.infer(tt.fit("ppml", design), "clustered", view="overall")
    bands = replace(bands, low=np.array([low]), estimate=replace(bands.estimate, scale=scale))
    with pytest.raises(DesignError, match="the interval of effect is open"):
        tt.translate(bands, PAIRS, build_world(draw_flows()))


def test_a_city_may_have_no_other_partner_and_no_effect_diverts_nothing() -> None:
    flows = draw_flows(3)
    translated = tt.translate(0.2, [("p0", "p1"), ("p0", "p2")], build_world(flows))
    assert translated.diverted() == (0.0, 0.0)
    assert "other_exports" not in translated.ranges().index
    for effect in (0.0, -0.2):
        fallen = tt.translate(effect, [("p0", "p1")], build_world(flows))
        assert np.isnan(fallen.diverted()).all()
        assert "is lost with" not in fallen.summary()


@loop_over("cell", ["1,200", np.inf])
def test_a_flow_that_is_no_number_is_not_read_as_none(cell) -> None:
    rows = [("A", "A", 9.0), ("A", "B", cell), ("B", "A", 1.0), ("B", "B", 9.0)]
    frame = pd.DataFrame(rows, columns=["origin", "destination", "trade"]).astype({"trade": object})
    with pytest.raises(DesignError, match="trade is no number from A to B"):
        tt.World.from_frame(frame, value="trade")


@loop_over(
    ("call", "said"),
    [
        ({"home_share": 0.5}, "tt.translate"),
        ({"home_share": "high"}, "it is an option of tt.translate"),
        ({"output": 5}, "output gives each place a number"),
        ({"output": {"A": "much"}}, "output gives each place a number"),
    ],
)
def test_a_world_says_which_argument_it_does_not_take(call, said):
    frame = pd.DataFrame([("A", "B", 1.0), ("B", "A", 2.0)], columns=["origin", "destination", "trade"])
    with pytest.raises(TwintradeError, match=said):
        tt.World.from_frame(frame, value="trade", **call)


@loop_over(
    ("call", "said"),
    [
        ({"home_share": "high"}, "home_share is a number or several"),
        ({"home_share": ["high"]}, "home_share is a number or several"),
        ({"home_share": True}, "home_share is a number or several"),
        ({"home_share": [None]}, "home_share is a number or several"),
        ({"elasticity": "x"}, "elasticity is a number or several"),
        ({"supply": {"a": 1}}, "supply is a number or several"),
        ({"home_shares": 0.5}, "home_share"),
    ],
)
def test_a_translation_needs_numbers(call, said):
    world = build_world(draw_flows(), with_home=False)
    with pytest.raises(TwintradeError, match=said):
        tt.translate(0.2, PAIRS, world, **call)


def test_one_number_is_as_good_as_a_list_of_it():
    world = build_world(draw_flows(), with_home=False)
    one = tt.translate(0.2, PAIRS, world, home_share=0.5, elasticity=4, supply=0.0)
    several = tt.translate(0.2, PAIRS, world, home_share=(0.5,), elasticity=(4.0,), supply=[0.0])
    pd.testing.assert_frame_equal(one.table, several.table)
