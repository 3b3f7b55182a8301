"""The agreement beside other policies: every average equals least squares on rows before any policy, written out."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import twintrade as tt
from twintrade.data.registry import Policy
from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.who_is_compared.policies import PoliciesCheck, build_cell, describe_bundle, gather_policies
from twintrade.errors import DesignError, TwintradeWarning
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.inference.clustered import Clustered
from twintrade.inference.randomization import Randomization

CITIES, PARTNERS, YEARS, FIRST = 6, 7, 12, 2000
N = CITIES * PARTNERS
NEVER = np.full(N, np.inf)
PERCENT = Imputation(family="poisson", measure="percent")


def draw_onsets(rng, n):
    onset = NEVER.copy()
    onset[rng.permutation(N)[:n]] = rng.integers(FIRST + 3, FIRST + 9, n)
    return onset


def make_design(*policies, agreement=None, seed=1, effects="gravity", **options):
    rng = np.random.default_rng(seed)
    names = [[f"{end}{k}" for k in range(n)] for end, n in (("c", CITIES), ("p", PARTNERS))]
    index = pd.MultiIndex.from_product([*names, range(FIRST, FIRST + YEARS)], names=["city", "partner", "period"])
    pairs, noise = rng.normal(4, 1, (N, 1)), rng.normal(0, 0.2, (N, YEARS))
    frame = index.to_frame(index=False).assign(flow=np.exp(pairs + noise).ravel())
    panel = replace(Panel.from_frame(frame, city="city", partner="partner"), policies=policies)
    agreement = draw_onsets(np.random.default_rng(seed + 100), 9) if agreement is None else agreement
    treatment = Treatment(units=panel.units, onset=agreement)
    return Design(panel=panel, treatment=treatment, outcome="flow", fixed_effects=effects, **options)


def make_policy(name="office", seed=7, n=12, end=NEVER, onset=None):
    onset = draw_onsets(np.random.default_rng(seed), n) if onset is None else onset
    return Policy(name, ("city", "partner"), onset, end)


def check(design, estimator=PERCENT, inference=None, seed=0):
    inference = inference or Clustered(by=("city",), draws=1)
    return PoliciesCheck().check(fit(estimator, design), inference, np.random.default_rng(seed))


def dummies(design, columns=()):
    o = design.observations
    parts = [np.eye(int(code.max()) + 1)[code] for code in o.effect_codes()]
    return np.column_stack([*parts, *columns])


def predict(design, is_free, is_poisson, columns=()):
    """Return what rows that are free predict for all, by dense dummies: least squares, or Poisson by its steps."""
    x, y = dummies(design, columns), design.observations.y
    if not is_poisson:
        return x @ np.linalg.lstsq(x[is_free], y[is_free], rcond=None)[0]
    mu = y[is_free] + 1.0
    for _ in range(60):
        root, target = np.sqrt(mu)[:, None], np.log(mu) + (y[is_free] - mu) / mu
        beta = np.linalg.lstsq(root * x[is_free], root[:, 0] * target, rcond=None)[0]
        mu = np.exp(x[is_free] @ beta)
    return np.exp(x @ beta)


def average(y, predicted, rows, is_poisson):
    if is_poisson:
        return 100 * (y[rows].sum() / predicted[rows].sum() - 1)
    return (y[rows] - predicted[rows]).mean()


LINEAR = Imputation()
FAMILIES = pytest.mark.parametrize("estimator", [LINEAR, PERCENT], ids=["linear", "Poisson"])


@FAMILIES
def test_averages_by_set_and_order_are_those_of_one_imputation_from_rows_before_any_policy(estimator):
    office, flight = make_policy(), make_policy("flight", seed=9, n=6)
    design = make_design(office, flight, effects="two_way")
    table = check(design, estimator).table.set_index("label")["effect"]
    o, is_poisson = design.observations, estimator.is_poisson
    starts = {"agreement": design.onset[o.unit], "office": office.onset[o.unit], "flight": flight.onset[o.unit]}
    on = {name: o.period >= start for name, start in starts.items()}
    predicted = predict(design, ~np.any(list(on.values()), axis=0), is_poisson)

    def only(*names):
        return np.all([on[name] == (name in names) for name in on], axis=0)

    both = only("agreement", "office")
    wanted = {
        "the agreement alone": only("agreement"),
        "office alone": only("office"),
        "flight alone": only("flight"),
        "the agreement and office in force": both,
        "the agreement, then office": both & (starts["agreement"] < starts["office"]),
        "office, then the agreement": both & (starts["agreement"] > starts["office"]),
        "the agreement and office from the same period": both & (starts["agreement"] == starts["office"]),
    }
    for label, rows in wanted.items():
        if rows.any() and label in table:
            assert table[label] == pytest.approx(average(o.y, predicted, rows, is_poisson), rel=1e-6), label
    assert {"the agreement alone", "office alone", "flight alone"} <= set(table.index)
    assert any("then" in label for label in table.index)


@FAMILIES
def test_an_increment_takes_the_others_effect_from_pairs_that_have_it_alone(estimator):
    office = make_policy(n=16)
    design = make_design(office, effects="two_way", agreement=draw_onsets(np.random.default_rng(3), 14))
    found = check(design, estimator).table.set_index("label")
    o, is_poisson = design.observations, estimator.is_poisson
    agreement, start = design.onset[o.unit], office.onset[o.unit]
    since = np.where(np.isfinite(start), o.period - start, -1)
    alone = (o.period >= start) & (o.period < agreement)
    n_alone = {e: np.unique(o.unit[alone & (since == e)]).size for e in np.unique(since[alone])}
    known = np.array([e for e, n in n_alone.items() if n >= 3])
    assert 0 < known.size < np.unique(since[alone]).size
    free = (o.period < agreement) & (o.period < start)
    fitted = free | (alone & np.isin(since, known))
    rows = (o.period >= agreement) & (start < agreement) & np.isin(since, known)
    predicted = predict(design, fitted, is_poisson, [since == e for e in known])
    row = found.loc["the agreement where office is in force already"]
    assert row["effect"] == pytest.approx(average(o.y, predicted, rows, is_poisson), rel=1e-6)
    assert (row["n_pairs"], row["n_rows"]) == (np.unique(o.unit[rows]).size, rows.sum())


@pytest.mark.parametrize("estimator", [LINEAR, Imputation(family="poisson"), PERCENT])
@pytest.mark.parametrize("anticipation", [0, 1])
def test_with_one_policy_all_is_the_imputation_of_today(estimator, anticipation):
    options = {"anticipation": anticipation, "reference": -1 - anticipation, "clusters": ("city", "partner")}
    design = make_design(**options)
    alone = build_cell(gather_policies(design)[0], [0])
    headline, again = fit(estimator, design), fit(estimator, alone)
    assert again.estimate.effects == pytest.approx(headline.estimate.effects, rel=1e-12, abs=1e-12)
    one, other = (
        Clustered(by=("city",), draws=1).infer(f, "overall", np.random.default_rng(1)) for f in (headline, again)
    )
    assert other.se[0] == pytest.approx(one.se[0], rel=1e-12)
    draws = Randomization(draws=49)
    p = [draws.infer(f, "overall", np.random.default_rng(1)).p[0] for f in (headline, again)]
    assert p[0] == p[1]
    # An office without an agreement is imputed as an agreement would be.
    office = make_design(make_policy(onset=design.onset), agreement=NEVER, **options)
    of_office = fit(estimator, build_cell(gather_policies(office)[0], [1]))
    assert of_office.estimate.effects == pytest.approx(headline.estimate.effects, rel=1e-12, abs=1e-12)


def test_the_order_of_policies_never_matters():
    policies = make_policy(), make_policy("flight", seed=9, n=8), make_policy("consulate", seed=11, n=5)
    one, other = (check(make_design(*p), inference=Randomization(draws=5)) for p in (policies, policies[::-1]))
    pd.testing.assert_frame_equal(one.table, other.table)
    assert str(one.text) == str(other.text)


def test_policies_that_are_hardly_ever_apart_are_refused_by_name():
    agreement = NEVER.copy()
    agreement[:11] = FIRST + 5 + np.arange(11) % 3
    onset = agreement.copy()
    onset[:2] -= 1
    design = make_design(make_policy(onset=onset), agreement=agreement)
    said = "office and the agreement began together in 9 of 11 pairs: their effects cannot be told apart"
    beside = gather_policies(design)[0]
    assert [str(describe_bundle(beside, k)) for k in (0, 1)] == [said, said]
    finding = check(design)
    assert said in str(finding.text)
    known = finding.table.dropna(subset=["effect"])
    assert known["label"].tolist()[0] == "the agreement and office in force"
    assert finding.table["effect"].isna()[:2].all()


def test_an_increment_is_refused_without_three_pairs_that_have_the_other_alone():
    agreement, onset = NEVER.copy(), NEVER.copy()
    agreement[:6], onset[4:6], onset[6:8] = FIRST + 6, FIRST + 4, FIRST + 4
    finding = check(make_design(make_policy(onset=onset), agreement=agreement))
    row = finding.table.set_index("label").loc["the agreement where office is in force already"]
    assert np.isnan(row["effect"])
    assert "fewer than 3 pairs that have it alone" in row["reason"]


@pytest.mark.parametrize(
    ("onset", "effects"),
    [(np.where(np.arange(N) % PARTNERS == 2, FIRST + 5.0, np.inf), "partner × year"),
     (np.repeat(np.where(np.arange(CITIES) < 2, FIRST + 4.0, np.inf), PARTNERS), "city × year")],
)  # fmt: skip
def test_a_policy_of_whole_partners_or_cities_needs_no_control(onset, effects):
    finding = check(make_design(make_policy(onset=onset)))
    assert f"Needs no control: office, which is the same for all that share {effects} effects" in str(finding.text)
    assert finding.table.empty
    # Without these effects it is a policy as others.
    assert "Needs no control" not in str(check(make_design(make_policy(onset=onset), effects="two_way")).text)


def test_rows_after_the_end_of_a_policy_are_in_no_average():
    office = make_policy(end=np.full(N, FIRST + 9.0))
    beside = gather_policies(make_design(office))[0]
    period = beside.design.panel.period
    is_over = (period >= FIRST + 9) & np.isfinite(office.onset)[beside.design.panel.unit]
    assert is_over.any()
    for members in beside.list_sets():
        assert not (beside.find_rows(members) & is_over).any()
        treated = build_cell(beside, members).observations
        assert not is_over[treated.rows].any()


def test_shares_say_what_each_average_rests_on_and_what_is_lost():
    onset = make_policy().onset
    onset[: 2 * PARTNERS] = FIRST
    finding = check(make_design(make_policy(onset=onset)))
    sets = finding.table[finding.table["group"].isin(("alone", "set"))]
    assert sets["n_lost"].sum() > 0
    n_all = sets["n_rows"].sum() + sets["n_lost"].sum()
    assert sets["share"].tolist() == pytest.approx((sets["n_rows"] / n_all).tolist())
    assert "of the rows under a policy have no row before any policy" in str(finding.text)


def test_a_table_of_dates_is_a_policy_from_python():
    trade, agreements = tt.example()
    offices = pd.DataFrame({"city": ["Alder", "Birch"], "partner": ["BRA", "AUS"], "date": ["2008-03", 2010]})
    flights = pd.DataFrame({"partner": ["BRA"], "date": ["2009"], "ended": ["2012"]})
    keys = {"city": "city", "partner": "partner", "period": "year"}
    panel = tt.panel(trade, **keys, policies={"office": offices, "flight": flights})
    assert [policy.name for policy in panel.policies] == ["flight", "office"]
    flight, office = panel.policies
    assert dict(zip(panel.units, office.onset, strict=True))["Alder-BRA"] == 2008
    assert dict(zip(panel.units, flight.end, strict=True))["Birch-BRA"] == 2013
    finding = tt.check(tt.fit("imputation", tt.compare(panel, agreements, "exports_usd")), "policies", "clustered")
    assert {"the agreement alone", "office alone"} <= set(finding.table["label"])
    assert set(finding.payloads["policy_effects"]["scale"]) == {"level"}
    with pytest.raises(DesignError, match="city, partner or both"):
        tt.panel(trade, **keys, policies={"office": offices[["date"]]})
    with pytest.warns(TwintradeWarning, match="concern no unit"):
        tt.panel(trade, **keys, policies={"office": offices.assign(city="Zug")})


def test_mistakes_in_tables_of_policies_are_named_from_python():
    trade, _ = tt.example()
    flights = pd.DataFrame({"partner": ["BRA"], "date": ["2012"]})
    mistakes = {
        "flight ends before it begins for BRA": {"flight": flights.assign(ended="2010")},
        "flight has no date for BRA": {"flight": flights.assign(date=None)},
        "flight has two rows for BRA": {"flight": pd.concat([flights, flights])},
        "row 0 of the table of flight: the date 'soon'": {"flight": flights.assign(date="soon")},
        "policies is a mapping": [flights],
        "a policy has no name": {"": flights},
        "the table of 1 needs city": {1: flights[["date"]], "flight": flights},
    }
    for sentence, policies in mistakes.items():
        with pytest.raises(DesignError, match=sentence):
            tt.panel(trade, city="city", partner="partner", period="year", policies=policies)


def test_partners_of_a_policy_count_by_name_or_code_from_python():
    trade, _ = tt.example()
    flights = pd.DataFrame({"partner": ["Brazil"], "date": ["2012"]})
    with pytest.warns(TwintradeWarning, match=r"one partner of flight.*flight\[\"partner\"\].replace"):
        panel = tt.panel(trade, city="city", partner="partner", period="year", policies={"flight": flights})
    assert dict(zip(panel.units, panel.policies[0].onset, strict=True))["Alder-BRA"] == 2012


def test_a_policy_that_begins_after_the_data_is_said_to():
    trade, _ = tt.example()
    later = {"flight": pd.DataFrame({"partner": ["BRA", "AUS"], "date": ["2031", "2032"]})}
    with pytest.warns(TwintradeWarning, match="flight begins in no unit by 2018"):
        tt.panel(trade, city="city", partner="partner", period="year", policies=later)


def test_averages_of_fewer_than_three_pairs_have_an_interval_only_from_deals() -> None:
    agreement = NEVER.copy()
    agreement[[0, 9, 18, 27]] = FIRST + 6
    offices = NEVER.copy()
    offices[[9, 30, 33, 36]] = FIRST + 4
    design = make_design(make_policy(onset=offices), agreement=agreement)
    by_clusters = check(design)
    dealt = check(design, inference=Randomization(draws=39, across="units"))
    for finding, has_few in ((by_clusters, False), (dealt, True)):
        table = finding.table
        few = table["effect"].notna() & (table["n_pairs"] < 3)
        assert few.any()
        assert table.loc[few & (table["group"] == "set"), "p"].notna().any() == has_few
        assert table.loc[table["effect"].notna() & ~few & (table["group"] == "alone"), "p"].notna().all()
    assert "fewer than 3 pairs have no interval" in str(by_clusters.sentence)
    assert "fewer than 3 pairs have no interval" not in str(dealt.sentence)


def test_more_where_an_office_is_than_alone_is_said_in_percentage_points() -> None:
    agreement, offices = NEVER.copy(), NEVER.copy()
    agreement[[0, 9, 18, 27, 2, 11, 20]] = FIRST + 6
    offices[[2, 11, 20, 30, 33, 36, 39]] = FIRST + 3
    finding = check(make_design(replace(make_policy(onset=offices), is_office=True), agreement=agreement))
    more = finding.table.set_index("group").loc["office", "effect"]
    assert f"{more:+.1f} percentage points".replace("-", "−") in str(finding.sentence)


@pytest.mark.parametrize(
    ("inference", "n_cities", "why"),
    [
        (Clustered(by=("city",), draws=1), 2, "its influence has no variation"),
        (Randomization(draws=39), 6, "admissible assignments: no p-value could be below"),
    ],
    ids=["clustered", "dealt"],
)
def test_an_effect_of_a_policy_of_few_cities_without_an_interval_says_why(inference, n_cities, why) -> None:
    """An office in one city: of two by clustered errors, of six by deals among the few that have it."""
    onset, pairs = np.full((CITIES, PARTNERS), np.inf), n_cities * PARTNERS
    onset[1] = FIRST + 6
    whole = make_design(make_policy(onset=onset.ravel()), effects="two_way")
    design = whole.restricted(whole.panel.unit < pairs)
    finding = check(design, LINEAR, inference)
    table = finding.table[finding.table["effect"].notna()]
    bare = ~np.isfinite(table[["low", "high"]]).all(axis=1)
    said = table.loc[bare & (table["reason"] != "")]
    assert said["reason"].str.contains(why).any()
    assert all(f"No closed interval, {label}: " in finding.sentence for label in said["label"])
    assert (bare & (table["reason"] == "") & (table["n_pairs"] >= 3)).sum() == 0
    assert (table.loc[~bare, "reason"] == "").all()
    assert not any(why in str(message.text) for message in finding.messages)
