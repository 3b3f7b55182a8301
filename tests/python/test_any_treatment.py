"""Treatments by column, of any size, that may end; effects and clusters by the user's own column names."""

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

import twintrade as tt


@pytest.fixture(scope="module")
def flows():
    """Flows both ways among eight places, with a policy that some pairs have, some lose, and a covariate."""
    rng = np.random.default_rng(7)
    places = list("ABCDEFGH")
    rows = [(a, b, y) for a in places for b in places if a != b for y in range(2000, 2010)]
    frame = pd.DataFrame(rows, columns=["exporter", "importer", "year"])
    pair = frame["exporter"] + frame["importer"]
    start = pair.map(dict(zip(pair.unique(), rng.integers(2002, 2014, pair.nunique()), strict=True)))
    frame["fta"] = (frame["year"] >= start).astype(int)
    frame["ending"] = ((frame["year"] >= start) & (frame["year"] < start + 3)).astype(int)
    frame["depth"] = frame["fta"] * rng.integers(1, 4, len(frame))
    frame["tariff"] = rng.normal(size=len(frame)).round(3)
    frame["sector"] = rng.choice(["x", "z"], len(frame))
    mean = np.exp(0.4 * frame["fta"] - 0.2 * frame["tariff"] + rng.normal(size=len(frame)) / 4)
    return frame.assign(trade=rng.poisson(20 * mean), pair=pair)


def read(frame):
    return tt.panel(frame, city="exporter", partner="importer", period="year")


def regress_by_hand(frame, columns, effects):
    dummies = [pd.get_dummies(key, drop_first=True).to_numpy(float) for key in effects]
    X = np.column_stack([frame[columns].to_numpy(float), np.ones(len(frame)), *dummies])
    return np.linalg.lstsq(X, np.log(frame["trade"].to_numpy(float)), rcond=None)[0][: len(columns)]


GRAVITY = [("exporter", "year"), ("importer", "year"), "pair"]


@pytest.mark.parametrize("column", ["fta", "ending", "depth"])
def test_a_column_by_row_is_a_treatment(flows, column):
    how = {"dose": column} if column == "depth" else {"treated": column}
    design = tt.compare(
        read(flows.drop(columns="pair")), outcome="trade", transform="log", covariates="tariff",
        fixed_effects=GRAVITY, always_treated="keep", **how,
    )  # fmt: skip
    assert design.treatment.is_absorbing == (column == "fta")
    fit = tt.fit("twfe", design, shape="dose")
    year = flows["year"].astype(str)
    by_hand = regress_by_hand(
        flows, [column, "tariff"], [flows["exporter"] + year, flows["importer"] + year, flows["pair"]]
    )
    assert fit.coef().index.tolist() == [column, "tariff"]
    np.testing.assert_allclose(fit.coef(), by_hand, rtol=1e-8)
    if column == "fta":
        np.testing.assert_allclose(tt.fit("twfe", design, shape="static").coef(), by_hand, rtol=1e-8)
    else:
        with pytest.raises(tt.TwintradeError):
            tt.infer(fit, "randomization")


def test_a_treatment_that_ends_is_refused_where_it_must_not(flows):
    design = tt.compare(read(flows), outcome="trade", treated="ending")
    with pytest.raises(tt.TwintradeError, match="a treatment that never ends"):
        tt.fit("ppml", design)
    assert tt.fit("chaisemartin_dhaultfoeuille", design).view("overall").effects.size == 1


def test_effects_may_be_sets_of_columns_names_or_undirected_pairs(flows):
    panel = read(flows.drop(columns="pair"))
    names = {
        "gravity": "gravity",
        "columns": GRAVITY,
        "joined": ["exporter^year", "importer^year", "dyad"],
        "both ends": [("exporter", "year"), ("importer", "year"), ("exporter", "importer")],
    }
    designs = {k: tt.compare(panel, outcome="trade", treated="fta", fixed_effects=v) for k, v in names.items()}
    wanted = set(designs["gravity"].effect_names)
    assert all(set(d.effect_names) == wanted for d in designs.values())
    sectors = tt.compare(panel, outcome="trade", treated="fta", fixed_effects=[("sector", "year"), "undirected_pair"])
    assert sectors.effect_names == ("sector^period", "undirected_pair")
    codes = dict(zip(sectors.effect_names, sectors.observations.effect_codes(), strict=True))
    assert codes["undirected_pair"].max() + 1 == 28
    assert codes["sector^period"].max() + 1 == 20
    assert "sector × period" in str(tt.fit("ppml", sectors, shape="static").summary("clustered"))
    with pytest.raises(tt.TwintradeError, match="no fixed effect is called 'sectr"):
        tt.compare(panel, outcome="trade", treated="fta", fixed_effects=["sectr^year"])


@loop_over(
    ("given", "meant"),
    [
        ({"cluster": "dyad"}, ("unit",)),
        ({"clusters": ["exporter", "importer"]}, ("city", "partner")),
        ({"cluster": "undirected_pair"}, ("undirected_pair",)),
        ({"cluster": ("unit", "year")}, ("unit", "period")),
        ({}, ("city", "partner")),
    ],
)
def test_clusters_are_named_as_the_table_names_them(flows, given, meant):
    design = tt.compare(read(flows.drop(columns="pair")), outcome="trade", treated="fta", **given)
    assert design.clusters == meant
    assert np.isfinite(tt.fit("twfe", design, shape="static").se("clustered")).all()


def test_lags_are_those_of_the_same_pair(flows):
    panel = read(flows.drop(index=[3])).lagged("tariff", 1, -2)
    frame = panel.to_frame()
    keyed = frame.set_index(["unit", "period"])["tariff"]
    for name, lag in (("tariff_lag1", 1), ("tariff_lead2", -2)):
        wanted = [keyed.get((u, p - lag), np.nan) for u, p in zip(frame["unit"], frame["period"], strict=True)]
        np.testing.assert_array_equal(frame[name], wanted)


WRONG = {
    "two treatments": ({"treated": "fta", "dose": "depth"}, "treated and dose are given; give one of"),
    "two names of clusters": ({"treated": "fta", "cluster": "unit", "clusters": "unit"}, "are the same, give one"),
    "no 0/1": ({"treated": "depth"}, r"treated = 'depth': \d+ rows are neither 0 nor 1 \(first: "),
    "no such column": ({"treated": "ftta"}, "no column 'ftta'"),
    "a covariate letter by letter": ({"treated": "fta", "covariates": "tarif"}, "no column 'tarif'"),
}


@loop_over("fault", WRONG)
def test_what_contradicts_itself_is_refused(flows, fault):
    options, message = WRONG[fault]
    with pytest.raises(tt.TwintradeError, match=message):
        tt.fit("twfe", tt.compare(read(flows), outcome="trade", **options))


def test_without_a_treatment_there_are_coefficients_alone(flows):
    design = tt.compare(read(flows), outcome="trade", covariates=["tariff", "depth"], fixed_effects="gravity")
    fit = tt.fit("ppml", design, shape="covariates")
    assert fit.views == ("coefficient",)
    assert fit.tidy()["term"].tolist() == ["tariff", "depth"]
    assert np.isfinite(fit.se()).all()
    with pytest.raises(tt.TwintradeError, match="set inference to"):
        tt.infer(fit, "randomization")
    with pytest.raises(tt.TwintradeError, match="no pair is treated"):
        tt.fit("ppml", design)
