"""What is mistyped from Python, and what must come of it: a sentence, or what was meant; never Python's own error.

``t`` holds what a few lines made, as in calls.py. ``SENTENCES``: the call, and a word that the sentence must have.
``MEANT``: calls in another order, or other software's words, that do what was meant; each returns whether it did.
"""

import numpy as np
import pandas as pd

import twintrade as tt


def compare(t, *args, **options):
    given = args or (t["agreements"], "exports_usd")
    return tt.compare(t["panel"], *given, **options)


def panel(t, frame=None, **options):
    return tt.panel(t["trade"] if frame is None else frame, **({"city": "city", "partner": "partner"} | options))


def with_x(t):
    return tt.fit("twfe", compare(t, covariates="x"), shape="static")


def watch(t, portfolio=None, **options):
    return tt.watch(t["panel"], "exports_usd", portfolio or {"Alder-AUS": "2012"}, **options)


def level(t, outcome):
    return compare(t | {"panel": panel(t, t["trade"].assign(exports_usd=outcome(t["trade"]["exports_usd"])))})


SENTENCES = {
    # options misspelt
    "an estimator's option": (lambda t: tt.fit("ppml", t["design"], windw=5), "windw"),
    "an estimator's option, nearly": (lambda t: tt.fit("ppml", t["design"], shpe="static"), "did you mean shape"),
    "a design's option": (lambda t: compare(t, windw=(-3, 3)), "did you mean window"),
    "outcome": (lambda t: tt.compare(t["panel"], t["agreements"], outcom="exports_usd"), "needs an outcome"),
    "covariates": (lambda t: compare(t, covariate="x"), "did you mean covariates"),
    "fixed effects": (lambda t: compare(t, fixed_effect="gravity"), "did you mean fixed_effects"),
    "a panel's argument": (lambda t: panel(t, perod="year"), "did you mean period"),
    "an inference's option": (lambda t: tt.infer(t["ppml"], "clustered", bye="city"), "did you mean by"),
    "the level": (lambda t: tt.infer(t["ppml"], levl=0.9), "did you mean level"),
    "a check's option": (lambda t: tt.check(t["ppml"], "power", draw=9), "did you mean draws"),
    "an option of etable": (lambda t: tt.etable(t["ppml"], undr="se"), "undr"),
    "an argument of run": (lambda t: tt.run("x", forse=True), "did you mean force"),
    "an option of watch": (lambda t: watch(t, horizont=3), "did you mean horizon"),
    "a portfolio without dates": (lambda t: watch(t, ["Alder-AUS"]), "valid dictionary"),
    "a date of watch": (lambda t: watch(t, {"Alder-AUS": "soon"}), "“soon” is not a date"),
    "an effect in words": (lambda t: tt.translate("a rise", [("A", "B")], None), "effect is one number"),
    # arguments that are no number, no choice, no axes
    "text for a number of periods": (lambda t: t["design"].backdated("a"), "periods is a whole number, not 'a'"),
    "half a period": (lambda t: t["design"].backdated(1.5), "periods is a whole number, not 1.5"),
    "text for a number of processes": (lambda t: tt.run("x", jobs="two"), "jobs is a whole number, not 'two'"),
    "no process": (lambda t: tt.run("x", jobs=0), "jobs = 0 leaves no process to work; give a number from 1 on"),
    "fewer than none": (lambda t: tt.run(t["design"], jobs=-2), "leaves no process to work"),
    "more periods than the panel has": (
        lambda t: t["design"].backdated(99),
        "backdated(99) moves every onset out of the panel",
    ),
    "text for a choice": (lambda t: tt.run("x", force="yes"), "force is True or False, not 'yes'"),
    "a number for axes": (lambda t: tt.eventplot(t["ppml"], 3), "ax is a pair of axes, as plt.subplots()"),
    "a number for a fit's axes": (lambda t: t["ppml"].plot(ax=3), "ax is a pair of axes, as plt.subplots()"),
    "a number for a name": (lambda t: tt.run(t["design"], name=3), "3 is no name for an analysis"),
    "a number for a folder": (lambda t: tt.run(t["design"], folder=3), "path of a file or folder"),
    "no period": (lambda t: panel(t, period=None), "name the column of the period"),
    "nothing for fits": (lambda t: tt.etable(None), "a fit is needed here"),
    "by place where nothing is": (lambda t: t["design"].plot(3), "plot takes no arguments"),
    # options of another verb
    "confint's option to tidy": (lambda t: t["ppml"].tidy(joint=True), "confint"),
    "a design's option to fit": (lambda t: tt.fit("ppml", t["design"], transform="log"), "tt.compare"),
    "an inference's option to fit": (lambda t: tt.fit("ppml", t["design"], level=0.9), "tt.infer"),
    "a fit's option to infer": (lambda t: tt.infer(t["ppml"], family="poisson"), "tt.fit"),
    "a title to tidy": (lambda t: t["ppml"].tidy(title="x"), "tt.etable"),
    "a color to infer": (lambda t: t["ppml"].plot(color="red"), "color"),
    # arguments left out
    "no design": (lambda t: tt.fit("ppml"), "needs design"),
    "no method": (lambda t: tt.fit(design=t["design"]), "needs estimator"),
    "no fit": (lambda t: tt.infer(), "needs fit"),
    "no check": (lambda t: tt.check(t["ppml"]), "needs diagnostic"),
    "no table": (lambda t: tt.panel(), "needs frame"),
    "no panel": (lambda t: tt.compare(), "needs panel"),
    "no fits": (lambda t: tt.etable(), "needs fits"),
    "no file": (lambda t: tt.run(), "needs path"),
    "no outcome": (lambda t: tt.compare(t["panel"], t["agreements"]), "needs an outcome"),
    "an empty list of fits": (lambda t: tt.etable([]), "there is no fit"),
    "too many by place": (lambda t: tt.panel(t["trade"], "city", "partner"), "by name"),
    # arguments of another type
    "a panel for a design": (lambda t: tt.fit("ppml", t["panel"]), "not a Panel"),
    "a frame for a design": (lambda t: tt.fit("ppml", t["trade"]), "not a DataFrame"),
    "nothing for a design": (lambda t: tt.fit("ppml", None), "not None"),
    "a frame for a panel": (lambda t: tt.compare(t["trade"], t["agreements"], "exports_usd"), "not a DataFrame"),
    "a number for a method": (lambda t: tt.fit(3, t["design"]), "by its name"),
    "a number for a check": (lambda t: tt.check(t["ppml"], 3), "by its name"),
    "a design for a fit": (lambda t: tt.infer(t["design"]), "not a Design"),
    "nothing for a fit": (lambda t: tt.check(None, "adoption"), "not None"),
    "a design in a table": (lambda t: tt.etable([t["design"]]), "not a Design"),
    "one number as window": (lambda t: compare(t, window=5), "(-5, 5)"),
    "a window of words": (lambda t: compare(t, window=("a", "b")), "(-5, 5)"),
    "a window turned round": (lambda t: compare(t, window=(5, -5)), "ends before"),
    "a broken reference": (lambda t: compare(t, reference=-1.5), "whole number"),
    "a reference as text": (lambda t: compare(t, reference="-1"), "whole number"),
    "anticipation as text": (lambda t: compare(t, anticipation="one"), "whole number"),
    "negative anticipation": (lambda t: compare(t, anticipation=-2), "not -2"),
    "a number as outcome": (lambda t: compare(t, t["agreements"], 3), "not 3"),
    "a list as outcome": (lambda t: compare(t, t["agreements"], ["exports_usd"]), "for_outcomes"),
    "a rule by its name": (lambda t: compare(t, rule="first"), "tt.TreatmentRule"),
    "a comparison by number": (lambda t: compare(t, comparison=3), "not 3"),
    "agreements as a list": (lambda t: compare(t, [1, 2], "exports_usd"), "is a table"),
    "agreements as a file": (lambda t: compare(t, "agreements.csv", "exports_usd"), "pandas.read_csv"),
    "a file for a panel": (lambda t: tt.panel("trade.csv"), "pandas.read_csv"),
    "a seed as text": (lambda t: tt.infer(t["ppml"], "randomization", seed="abc"), "seed"),
    "a level of 95": (lambda t: t["ppml"].tidy("clustered", level=95), "0.95"),
    "a negative level": (lambda t: t["ppml"].tidy("clustered", level=-1), "0.95"),
    "a level as text": (lambda t: t["ppml"].tidy("clustered", level="95%"), "level"),
    "no draws": (lambda t: tt.infer(t["twfe"], "wild", view="overall", draws=0), "at least 1"),
    "a number for a file": (lambda t: tt.run(3), "not 3"),
    # words that nothing is called
    "a method": (lambda t: tt.fit("twfee", t["design"]), "'twfe'"),
    "a shape": (lambda t: tt.fit("ppml", t["design"], shape="statc"), "did you mean static"),
    "a family": (lambda t: tt.fit("imputation", t["design"], family="poison"), "did you mean poisson"),
    "an inference": (lambda t: tt.infer(t["ppml"], "clusterd"), "'clustered'"),
    "a bootstrap of no kind": (lambda t: t["ppml"].tidy("bootstrap"), "known"),
    "a diagnostic": (lambda t: tt.check(t["ppml"], "adpotion"), "'adoption'"),
    "a cluster": (lambda t: t["ppml"].tidy("clustered", by="state"), "'state'"),
    "a cluster of a design": (lambda t: compare(t, cluster="state"), "'state'"),
    "a view": (lambda t: t["ppml"].tidy("clustered", view="events"), "'events'"),
    "a transform": (lambda t: compare(t, transform="ln"), "did you mean log"),
    "a comparison": (lambda t: compare(t, comparison="never"), "never_treated"),
    "an effect": (lambda t: compare(t, fixed_effects="gravty"), "gravty"),
    "an effect of columns": (lambda t: compare(t, fixed_effects=["city^yeer"]), "city^yeer"),
    "a column of weights": (lambda t: compare(t, weights="ww"), "'ww'"),
    "a covariate": (lambda t: compare(t, covariates="gdp"), "'gdp'"),
    "a treatment": (lambda t: tt.compare(t["panel"], outcome="exports_usd", treated="D"), "'D'"),
    "a frequency": (lambda t: panel(t, frequency="yearly"), "did you mean year"),
    "a column of cities": (lambda t: tt.panel(t["trade"], city="cty", partner="partner"), "'cty'"),
    "what stands under": (lambda t: tt.etable(t["ppml"], under="sd"), "under is se"),
    "a format": (lambda t: tt.etable(t["ppml"], to="pdf"), "'pdf'"),
    "a coefficient": (lambda t: t["ppml"].lincom(["event_time::99"]), "event_time::99"),
    "coefficients to test": (lambda t: t["ppml"].wald(["event_time::99"]), "event_time::99"),
    "a column to split by": (lambda t: t["design"].split("region"), "'region'"),
    "two of one": (lambda t: t["ppml"].tidy("clustered", by="city", cluster="city"), "give one"),
    "two inferences": (lambda t: t["ppml"].tidy("clustered", vcov="iid"), "give one"),
    # options and words of a fit's methods
    "a kind of prediction": (lambda t: t["ppml"].predict(type="link"), "no argument type"),
    "no table to predict": (lambda t: t["imputed"].predict(3), "a table"),
    "new rows without years": (lambda t: t["imputed"].predict(t["trade"].drop(columns="year")), "'period'"),
    "new rows without a covariate": (lambda t: with_x(t).predict(t["trade"].drop(columns="x")), "'x'"),
    "a kind of plot": (lambda t: t["ppml"].plot(kind="bar", inference="clustered"), "event or coef"),
    "too much by place": (lambda t: t["ppml"].coef("event"), "by name"),
    "no weights": (lambda t: t["ppml"].lincom(), "needs weights"),
    "an option of plot to confint": (lambda t: t["ppml"].confint("clustered", kind="event"), "fit.plot"),
    "terms by number": (lambda t: t["twfe"].wald(3), "not 3"),
    "a formula of terms": (lambda t: t["twfe"].lincom("a - b"), "'a - b'"),
    "a seed of a method": (lambda t: t["twfe"].infer("wild", view="overall", seed="a"), "whole number"),
    "draws in words": (lambda t: t["twfe"].infer("wild", view="overall", draws="many"), "draws"),
    "a view of a fit": (lambda t: t["ppml"].view("overal"), "'overal'"),
    "errors to fit": (lambda t: tt.fit("twfe", t["logs"], vcov="hetero"), "tt.infer"),
    "clusters to fit": (lambda t: tt.fit("twfe", t["logs"], cluster="city"), "tt.compare"),
    "a formula for a method": (lambda t: tt.fit("y ~ d | f", t["design"]), "no estimator"),
    "stars in words": (lambda t: tt.etable(t["ppml"], stars="yes"), "True or False"),
    "labels in a list": (lambda t: tt.etable(t["ppml"], inference="clustered", labels=["a"]), "by old ones"),
    "a pattern that is none": (lambda t: tt.etable(t["ppml"], inference="clustered", keep="("), "regular"),
    "events of a static fit": (lambda t: tt.eventplot(t["static"], inference="clustered"), "event"),
    "a view to draw": (lambda t: tt.coefplot(t["ppml"], view="x", inference="clustered"), "'x'"),
    "a path that is a number": (lambda t: t["ppml"].save(3), "path"),
    "a fit's file that is none": (lambda t: tt.load(t["folder"]), "no file"),
    "no path": (lambda t: tt.load(), "needs path"),
    "a method of no name": (lambda t: tt.fit("", t["design"]), "no estimator"),
    "clusters that are none": (lambda t: t["ppml"].tidy("clustered", by=None), "not None"),
    "clusters by number": (lambda t: t["ppml"].tidy("clustered", by=3), "not 3"),
    "a sum of nothing": (lambda t: t["twfe"].lincom({}), "no coefficient"),
    "a weight in words": (lambda t: t["twfe"].lincom({"event_time::1": "a"}), "numbers"),
    "a test of nothing": (lambda t: t["twfe"].wald([]), "no coefficient"),
    "a reference distribution": (lambda t: t["twfe"].wald(reference="chi2"), "hotelling"),
    "a field of the theme": (lambda t: t["ppml"].plot(inference="clustered", theme={"sise": 3}), "'sise'"),
    "a theme in a list": (lambda t: t["ppml"].plot(inference="clustered", theme=[1]), "mapping"),
    "labels of a plot in a list": (lambda t: t["ppml"].plot(inference="clustered", labels=["a"]), "mapping"),
    "a scale": (lambda t: t["ppml"].plot(inference="clustered", scale="log"), "percent or own"),
    "a folder by number": (lambda t: tt.read(3), "not 3"),
    "a flow": (lambda t: t["design"].to_toml(flow="sales"), "exports or imports"),
    # panels and designs
    "a column in a list": (lambda t: tt.panel(t["trade"], city=["city"], partner="partner"), "['city']"),
    "a dose in a list": (lambda t: tt.compare(t["panel"], outcome="exports_usd", dose=["x"]), "['x']"),
    "effects by number": (lambda t: compare(t, fixed_effects=3), "not 3"),
    "covariates by number": (lambda t: compare(t, covariates=3), "not 3"),
    "weights by number": (lambda t: compare(t, weights=3), "column 3"),
    "no comparison": (lambda t: compare(t, comparison=None), "not None"),
    "a period by number": (lambda t: panel(t, period=2004), "column 2004"),
    "an outcome of several": (lambda t: t["design"].for_outcomes(["imports"]), "'imports'"),
    "a unit": (lambda t: t["design"].without(["nobody"]), "'nobody'"),
    "a window of one number": (lambda t: t["design"].within(5), "(-5, 5)"),
    "a lag of a half": (lambda t: t["panel"].lagged("x", 1.5), "whole number"),
    "a lag of nothing": (lambda t: t["panel"].lagged("zz", 1), "'zz'"),
    "a product of nothing": (lambda t: t["panel"].interacted("x", "zz"), "'zz'"),
    "an axis of a design": (lambda t: t["design"].plot(axis=1), "no argument axis"),
    "an analysis of another name": (lambda t: t["design"].to_toml(nme="a"), "did you mean name"),
    "results that are none": (lambda t: tt.read("nothere"), "nothere"),
    "an analysis that is none": (lambda t: tt.run("nothere.toml"), "nothere.toml"),
    # what cannot be done
    "fixed effects of cells": (lambda t: tt.fit("sunab", t["logs"]).fixef(), "imputation"),
    "new rows of cells": (lambda t: tt.fit("sunab", t["logs"]).predict(t["trade"]), "imputation"),
    "new rows without a key": (lambda t: t["imputed"].predict(t["trade"].drop(columns="city")), "'city'"),
    "joint intervals of draws": (lambda t: t["static"].confint("randomization", joint=True, draws=9), "scaled"),
    "negative money": (lambda t: tt.fit("ppml", level(t, np.negative)), "negative"),
    "no money": (lambda t: tt.fit("ppml", level(t, lambda y: y * np.nan)), "without an outcome"),
    "rows twice": (lambda t: panel(t, pd.concat([t["trade"], t["trade"]])), "share unit and period"),
    "a date that is none": (lambda t: compare(t, t["agreements"].assign(date="soon"), "exports_usd"), "'soon'"),
    "no column of dates": (lambda t: compare(t, t["agreements"].drop(columns="date"), "exports_usd"), "'date'"),
}

MEANT = {
    "fit(design, name)": lambda t: tt.fit(t["design"], "ppml").estimator.name == "ppml",
    "check(name, fit)": lambda t: tt.check("adoption", t["ppml"]).verdict == "informs",
    "infer(name, fit)": lambda t: tt.infer("clustered", t["ppml"]).inference == "clustered",
    "compare(agreements, panel)": lambda t: tt.compare(t["agreements"], t["panel"], "exports_usd").outcome,
    'by="city"': lambda t: same(t, "clustered", by="city"),
    'cluster="city"': lambda t: same(t, cluster="city"),
    'vcov={"CRV1": "city"}': lambda t: same(t, vcov={"CRV1": "city"}),
    '{"CRV1": "city"}': lambda t: same(t, {"CRV1": "city"}),
    '"hetero"': lambda t: t["twfe"].se("hetero").equals(t["twfe"].se("clustered", by=("row",))),
    'vcov="HC1"': lambda t: t["twfe"].se(vcov="HC1").equals(t["twfe"].se("clustered", by=("row",))),
    '"wild_bootstrap"': lambda t: tt.infer(t["twfe"], "wild_bootstrap", view="overall", draws=9).inference == "wild",
    'by="year", the table\'s name': lambda t: t["twfe"].se("clustered", by="year").gt(0).all(),
    "plot(kind) by place": lambda t: t["ppml"].plot("event", inference="clustered"),
    "one outcome for several": lambda t: list(t["design"].for_outcomes("exports_usd")) == ["exports_usd"],
    "money under a linear method": lambda t: 'family="poisson"' in repr(tt.fit("jwdid", t["design"])),
    "money under two-way effects": lambda t: 'transform="log"' in repr(tt.fit("twfe", t["design"])),
}


def same(t, *how, **options):
    return t["twfe"].se(*how, **options).equals(t["twfe"].se("clustered", by=("city",)))
