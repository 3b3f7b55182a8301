"""Thirty things that a pyfixest user types, each tried here."""

import numpy as np
import pytest
from case_tables import loop_over
from matplotlib import pyplot
from peer_models import build_table

import twintrade as tt

BY_TIME = [("city", "year"), ("partner", "year")]


@pytest.fixture(scope="module")
def typed():
    """A panel, two designs and a fit, as they stand after a few lines."""
    panel = tt.panel(build_table().drop(columns="pair"), city="city", partner="partner", period="year")
    options = {"transform": "log", "cluster": "dyad", "always_treated": "keep"}
    design = tt.compare(panel, outcome="y", treated="treated", covariates="x", **options)
    onsets = tt.compare(panel, design.treatment, "y", window=(-3, 2), **options)
    return {"panel": panel, "design": design, "onsets": onsets, "fit": tt.fit("feols", design)}


def compare(t, **options):
    return tt.compare(t["panel"], outcome="y", **({"treated": "treated", "always_treated": "keep"} | options))


THINGS = {
    'feols("ly ~ d + x | pair + year")': lambda t: t["fit"].coef().index.tolist() == ["treated", "x"],
    'fepois("y ~ d | pair + year")': lambda t: tt.fit("fepois", compare(t)).nobs == 408,
    'feols("y ~ x | c^year")': lambda t: (
        tt.fit("feols", compare(t, treated=None, covariates="x", fixed_effects=["city^year"])).views
        == ("coefficient",)
    ),
    "| c^year + p^year + pair": lambda t: tt.fit("fepois", compare(t, fixed_effects=[*BY_TIME, "pair"])).nobs > 0,
    "i(event, ref=-1)": lambda t: tt.fit("twfe", t["onsets"]).tidy("clustered")["term"].iloc[0] == "event_time::-3",
    "sunab(g, year)": lambda t: "cohort" in tt.fit("sunab", t["onsets"]).views,
    "did2s": lambda t: tt.fit("did2s", t["onsets"]).nobs > 0,
    'event_study(estimator="did2s")': lambda t: "event" in tt.fit("did2s", t["onsets"]).views,
    "lpdid": lambda t: tt.fit("lpdid", t["onsets"]).view("event").n_effects > 3,
    'vcov={"CRV1": "pair"}': lambda t: (t["fit"].se("clustered", by=("unit",)) > 0).all(),
    'vcov={"CRV1": "c + p"}': lambda t: (t["fit"].se("clustered", by=("city", "partner")) > 0).all(),
    'vcov="hetero"': lambda t: (t["fit"].se("clustered", by=("row",)) > 0).all(),
    'vcov={"CRV3": "pair"}': lambda t: tt.infer(t["fit"], "jackknife", by=("unit",)).se[0] > 0,
    "ssc()": lambda t: t["fit"].se("clustered", correction="fixest").iloc[0] > 0,
    'weights="w"': lambda t: tt.fit("feols", compare(t, weights="w")).nobs == 408,
    "split or fsplit": lambda t: tt.fit("feols", t["design"].restricted(t["panel"].values("z") > 0)).nobs < 408,
    "fit.tidy()": lambda t: list(t["fit"].tidy("clustered"))[:3] == ["term", "estimate", "std.error"],
    "fit.summary()": lambda t: "408 rows" in str(t["fit"].summary("clustered")),
    "fit.coef()": lambda t: np.isfinite(t["fit"].coef()).all(),
    "fit.se()": lambda t: np.isfinite(t["fit"].se("clustered")).all(),
    "fit.pvalue()": lambda t: t["fit"].tidy("clustered")["p.value"].between(0, 1).all(),
    "fit.confint()": lambda t: (t["fit"].confint("clustered", level=0.9).diff(axis=1)["conf.high"] > 0).all(),
    "fit._vcov": lambda t: t["fit"].vcov().shape == (2, 2),
    "fit.predict()": lambda t: len(t["fit"].predict()) == 408,
    "fit.resid()": lambda t: abs(t["fit"].resid().sum()) < 1e-8,
    "fit._N": lambda t: t["fit"].nobs == 408,
    "fit.wildboottest()": lambda t: 0 <= tt.infer(t["fit"], "wild", view="overall", by="unit", draws=99).p[0] <= 1,
    "pf.etable([a, b])": lambda t: "x" in tt.etable([t["fit"]], to="md", inference="clustered"),
    "pf.coefplot([a, b])": lambda t: tt.coefplot([t["fit"]], inference="clustered") is not None,
    "pf.iplot([a, b])": lambda t: tt.eventplot({"a": tt.fit("twfe", t["onsets"])}, inference="clustered") is not None,
}


def test_they_are_thirty():
    assert len(THINGS) == 30


@loop_over("thing", THINGS)
def test_what_a_pyfixest_user_types_has_its_like(thing, typed):
    assert THINGS[thing](typed)
    pyplot.close("all")


def test_the_page_names_methods_that_are_there(root):
    page = (root / "docs" / "coming_from.md").read_text(encoding="utf-8")
    for word in ("bacon", "twfe_weights", "honest"):
        assert f'"{word}"' in page
        assert word in tt.DIAGNOSTICS
    for word in ("jackknife", "wild", "randomization"):
        assert f'"{word}"' in page
        assert word in tt.INFERENCES
