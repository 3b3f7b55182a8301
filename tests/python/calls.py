"""What users of pyfixest, diff-diff and marginaleffects call in a week, and the same here: theirs, ours.

From the indexes of public functions of pyfixest 0.60, diff-diff 3.13 and marginaleffects 0.6, one call each, without
those of other subjects (instruments, quantiles, regression discontinuity, survey weights). ``t`` holds what a few
lines made: ``panel``, ``design`` (levels), ``logs``, fits ``ppml``, ``static``, ``twfe``, ``imputed``, the frames
``trade`` and ``agreements``, and a ``folder``. A call answers where it returns something true.
"""

import numpy as np

import twintrade as tt

SE = "std.error"


def fit(t, name, **options):
    return tt.fit(name, t["logs"], **options)


PYFIXEST = {
    'feols("ly ~ d | f1 + f2", df)': lambda t: fit(t, "feols").nobs,
    'fepois("y ~ d | f1 + f2", df)': lambda t: tt.fit("fepois", t["design"]).nobs,
    'feglm(family="poisson")': lambda t: tt.fit("ppml", t["design"], shape="static").nobs,
    'event_study(estimator="did2s")': lambda t: "event" in fit(t, "did2s").views,
    'event_study(estimator="saturated")': lambda t: "cell" in fit(t, "sunab").views,
    "did2s(df, ...)": lambda t: fit(t, "did2s").nobs,
    "lpdid(df, ...)": lambda t: two_way(t, "lpdid").view("event").n_effects,
    "SaturatedEventStudy.aggregate()": lambda t: fit(t, "sunab").tidy("clustered", view="path").shape[0] == 1,
    "SaturatedEventStudy.test_treatment_heterogeneity()": lambda t: (
        tt.check(t["twfe"], "estimators", "clustered").verdict
    ),
    "bonferroni([f1, f2], param)": lambda t: tt.check(t["imputed"], "outcomes", others=["exports_usd"]).verdict,
    "panelview(df, ...)": lambda t: tt.check(t["ppml"], "adoption").table.shape[0],
    "get_data()": lambda t: len(tt.example()) == 2,
    "etable([f1, f2])": lambda t: "PPML" in repr(tt.etable([t["ppml"], t["twfe"]], inference="clustered")),
    'etable(type="tex")': lambda t: "tabular" in tt.etable(t["ppml"], to="tex", inference="clustered"),
    'etable(type="md")': lambda t: "|" in tt.etable(t["ppml"], to="md", inference="clustered"),
    "etable(signif_code=...)": lambda t: "*" in tt.etable(t["twfe"], to="md", inference="iid", stars=True),
    "coefplot([f1, f2])": lambda t: tt.coefplot([t["ppml"], t["static"]], inference="clustered"),
    "iplot([f1, f2])": lambda t: tt.eventplot([t["ppml"], t["twfe"]], inference="clustered"),
    "summary([f1, f2])": lambda t: str(t["ppml"].summary("clustered")),
    "ssc(adj=False)": lambda t: t["ppml"].se("clustered", correction="fixest").size,
    "fit.tidy()": lambda t: list(t["ppml"].tidy("clustered"))[:3] == ["term", "estimate", "std.error"],
    "fit.coef()": lambda t: t["ppml"].coef().size == 10,
    "fit.se()": lambda t: t["ppml"].se("clustered").size == 10,
    "fit.tstat()": lambda t: t["ppml"].tidy("clustered")["statistic"].size,
    "fit.pvalue()": lambda t: t["ppml"].tidy("clustered")["p.value"].between(0, 1).all(),
    "fit.confint(alpha=.1)": lambda t: t["ppml"].confint("clustered", level=0.9).shape == (10, 2),
    "fit.confint(joint=True)": lambda t: (
        t["ppml"].confint("clustered", joint=True)["conf.low"] < t["ppml"].confint("clustered")["conf.low"]
    ).all(),
    'fit.vcov("iid")': lambda t: t["twfe"].vcov("iid").shape == (10, 10),
    'fit.vcov("hetero")': lambda t: (t["twfe"].se("hetero") > 0).all(),
    'fit.vcov({"CRV1": "f1"})': lambda t: (
        t["twfe"].se({"CRV1": "city"}).equals(t["twfe"].se("clustered", by=("city",)))
    ),
    'fit.vcov({"CRV3": "f1"})': lambda t: (t["twfe"].se({"CRV3": "city"}, view="overall") > 0).all(),
    'fit.vcov({"CRV1": "f1 + f2"})': lambda t: (t["twfe"].se(vcov={"CRV1": "city + partner"}) > 0).all(),
    'fit.vcov("NW")': lambda t: (t["twfe"].se("NW", view="overall") > 0).all(),
    'fit.vcov("DK")': lambda t: (t["twfe"].se("DK", view="overall") > 0).all(),
    "fit.wald_test(R=...)": lambda t: t["twfe"].wald(["event_time::-3", "event_time::-2"])["p.value"] <= 1,
    "fit.wildboottest(param, reps)": lambda t: (
        tt.infer(t["twfe"], "wildboottest", view="overall", draws=99).p[0] <= 1
    ),
    "fit.ritest(resampvar, reps)": lambda t: tt.infer(t["static"], "ritest", draws=19).p[0] <= 1,
    "fit.predict()": lambda t: len(t["ppml"].predict()) == t["ppml"].nobs,
    "fit.predict(newdata)": lambda t: np.isfinite(t["imputed"].predict(t["trade"].head(9))).all(),
    "fit.resid()": lambda t: len(t["ppml"].resid()) == t["ppml"].nobs,
    "fit.fixef()": lambda t: {"unit", "city_period", "partner_period"} == set(t["imputed"].fixef()),
    "fit._N": lambda t: t["ppml"].nobs,
    "fit._loglik, _aic, _bic": lambda t: {"log.lik", "aic", "bic"} <= set(t["twfe"].glance("clustered")),
    "fit._r2_within": lambda t: "within.r.squared" in t["twfe"].glance("clustered"),
    "fit.decompose(param)": lambda t: tt.check(t["twfe"], "estimators", names=["imputation"]).table.shape[0],
    "feols(..., split=)": lambda t: len(tt.fit("twfe", pooled(t).split("half"), shape="static")) == 2,
    'feols("y1 + y2 ~ d")': lambda t: (
        list(tt.fit("ppml", t["design"].for_outcomes(["exports_usd"]))) == ["exports_usd"]
    ),
    "feols(..., weights=)": lambda t: tt.fit("twfe", compare(t, weights="w")).nobs,
    "feols(... ~ d + x:z)": lambda t: "x:w" in t["panel"].interacted("x", "w").columns,
    'feols("y ~ l(x, 1)")': lambda t: "x_lag1" in t["panel"].lagged("x", 1).columns,
    "feols on a polars frame": lambda t: tt.panel(t["polars"], city="city", partner="partner", period="year").n_rows,
    "rwolf([f1, f2], param)": lambda t: tt.check(t["imputed"], "outcomes", others=["x"]).verdict,
    "dtable(df, vars)": lambda t: t["panel"].to_frame().describe().shape[0] == 8,
    "feols(...).fixef()": lambda t: set(t["twfe"].fixef()) == {"unit", "city_period", "partner_period"},
    "feols(...).predict(newdata)": lambda t: np.isfinite(t["twfe"].predict(t["trade"].head(9))).all(),
    "fepois(...).predict(newdata)": lambda t: (t["static"].predict(t["polars"].slice(0, 9)) > 0).all(),
    "fit.iplot()": lambda t: t["ppml"].plot("event", inference="clustered"),
    "fit.coefplot()": lambda t: t["ppml"].plot("coef", inference="clustered"),
    "FixestMulti.tidy()": lambda t: [f.tidy("clustered").shape[0] for f in halves(t).values()] == [1, 1],
    "etable(FixestMulti)": lambda t: "| (2) |" in tt.etable(halves(t), to="md", inference="clustered"),
    "pickle.dump(fit)": lambda t: t["ppml"].save(t["folder"] / "fit.zip") is None,
    "pickle.load(file)": lambda t: saved(t).tidy("clustered").equals(t["ppml"].tidy("clustered")),
    "fit.confint(alpha=0.1), pyfixest's word": lambda t: (
        t["ppml"].confint("clustered", alpha=0.1).equals(t["ppml"].confint("clustered", level=0.9))
    ),
    "fit to Arrow": lambda t: hasattr(t["ppml"], "__arrow_c_stream__"),
}


def halves(t):
    return tt.fit("twfe", pooled(t).split("half"), shape="static")


def saved(t):
    t["ppml"].save(t["folder"] / "again.zip")
    return tt.load(t["folder"] / "again.zip")


def compare(t, **options):
    return tt.compare(t["panel"], t["agreements"], "exports_usd", fixed_effects="gravity", **options)


DIFF_DIFF = {
    "TWFE().fit(df, ...)": lambda t: fit(t, "twfe", shape="static").tidy("clustered").shape[0] == 1,
    "MultiPeriodDiD().fit()": lambda t: fit(t, "twfe").view("event").n_effects,
    "CallawaySantAnna().fit()": lambda t: two_way(t, "csdid").views,
    "SunAbraham().fit()": lambda t: fit(t, "sunab").views,
    "ImputationDiD().fit()": lambda t: fit(t, "did_imputation").views,
    "TwoStageDiD().fit()": lambda t: fit(t, "two_stage").views,
    "StackedDiD().fit()": lambda t: two_way(t, "stacked").views,
    "WooldridgeDiD(method='poisson')": lambda t: tt.fit("jwdid", t["design"], family="poisson").views,
    "ChaisemartinDHaultfoeuille()": lambda t: two_way(t, "did_multiplegt_dyn").views,
    "LPDiD().fit()": lambda t: two_way(t, "lpdid").views,
    "EfficientDiD().fit()": lambda t: two_way(t, "staggered_efficient").views,
    "SyntheticDiD().fit()": lambda t: two_way(t, "sdid").views,
    "TROP().fit()": lambda t: two_way(t, "matrix_completion").views,
    "SyntheticControl().fit()": lambda t: tt.fit("synth", one_pair(t)).views,
    "bacon_decompose(df)": lambda t: tt.check(two_way(t, "twfe", shape="static"), "bacon").table.shape[0],
    "twowayfeweights(df)": lambda t: tt.check(two_way(t, "twfe", shape="static"), "twfe_weights").table.shape[0],
    "plot_event_study(results)": lambda t: t["ppml"].plot(inference="clustered"),
    "plot_group_effects(results)": lambda t: tt.infer(fit(t, "sunab"), "clustered", view="cohort").plot(),
    "check_parallel_trends(df)": lambda t: tt.check(t["twfe"], "pretrends", "clustered").verdict,
    "placebo_timing_test(df)": lambda t: tt.check(fit(t, "imputation"), "placebo_dates", "clustered").verdict,
    "permutation_test(df)": lambda t: tt.infer(t["static"], "permutation", draws=19).p[0] <= 1,
    "leave_one_out_test(df)": lambda t: tt.check(t["static"], "leave_one_out", "clustered").table.shape[0],
    "wild_bootstrap_se(...)": lambda t: tt.infer(t["twfe"], "wild", view="overall", by="city", draws=99).p[0] <= 1,
    "compute_honest_did(results, M)": lambda t: tt.check(t["twfe"], "honest", "clustered").table.shape[0],
    "compute_pretrends_power(results)": lambda t: tt.check(t["twfe"], "pretrend_power", "clustered").table.shape[0],
    "compute_mde(...)": lambda t: tt.check(t["twfe"], "power", "clustered", draws=99).table.shape[0],
    "trim by cohort: results.group_effects": lambda t: fit(t, "sunab").tidy("clustered", view="cohort").shape[0] > 1,
    "results.to_dataframe('event_study')": lambda t: fit(t, "imputation").tidy("clustered", view="event").shape[0],
    "balance_panel(df)": lambda t: t["design"].summary()["rows"].sum() == t["panel"].n_rows,
    "validate_did_data(df)": lambda t: "comparison" in set(t["design"].summary()["group"]),
    "generate_staggered_data()": lambda t: len(tt.example()[0]) > 1000,
    "plot_staircase(df), panelview": lambda t: t["design"].plot(),
    "plot_group_time_heatmap(results)": lambda t: tt.infer(fit(t, "sunab"), "clustered", view="cell").plot(),
    "simulate_power(...)": lambda t: tt.check(t["static"], "power", "clustered", draws=99).table.shape[0],
    "equivalence_test_trends(df)": lambda t: tt.check(t["twfe"], "pretrends", "clustered").verdict,
    "plot_synth_weights(results)": lambda t: tt.check(tt.fit("synth", one_pair(t)), "donor_weights").table.shape[0],
    "ContinuousDiD().fit()": lambda t: tt.fit("ppml", dosed(t), shape="dose").tidy("clustered").shape[0] == 1,
    "placebo_group_test(df)": lambda t: tt.infer(t["static"], "randomization", draws=19).p[0] <= 1,
    "aggregate_to_cohorts(df)": lambda t: t["design"].summary()["group"].str.startswith("treated from").any(),
}


def two_way(t, name, **options):
    return tt.fit(name, pooled(t), **options)


def pooled(t):
    """The design of two-way effects, for samples with few treated pairs."""
    return tt.compare(t["panel"], t["agreements"], "exports_usd", transform="log")


def dosed(t):
    return tt.compare(t["panel"], outcome="exports_usd", dose="w", always_treated="keep")


def one_pair(t):
    return tt.compare(t["panel"], {"Alder-GBR": 2010}, "exports_usd", transform="log")


MARGINALEFFECTS = {
    "predictions(fit)": lambda t: len(t["ppml"].predict()),
    "predictions(fit, newdata)": lambda t: len(t["imputed"].predict(t["trade"].head(3))) == 3,
    'avg_comparisons(fit, "d")': lambda t: t["imputed"].tidy("clustered", view="overall").shape[0] == 1,
    'comparisons(fit, "d")': lambda t: set(t["imputed"].counterfactual()) >= {"observed", "expected", "difference"},
    'avg_comparisons(by="cohort")': lambda t: fit(t, "imputation").tidy("clustered", view="cohort").shape[0] > 1,
    'hypotheses(fit, "b1 = b2")': lambda t: (
        t["ppml"].lincom({"event_time::1": 1, "event_time::2": -1})[SE].item() > 0
    ),
    "hypotheses(fit, joint=True)": lambda t: t["ppml"].wald(["event_time::-3", "event_time::-2"])["df1"] == 2,
    'slopes(fit, "x")': lambda t: "x" in tt.fit("twfe", compare(t, covariates="x")).coef().index,
    "avg_predictions(fit, by='unit')": lambda t: t["ppml"].predict().groupby("unit").mean().size == 79,
    "comparisons(fit, vcov='HC1')": lambda t: t["twfe"].tidy(vcov="HC1").shape[0] == 10,
    "predictions(fit, conf_level=0.9)": lambda t: t["twfe"].tidy("clustered", conf_level=0.9).shape[0] == 10,
    "plot_comparisons(fit)": lambda t: tt.coefplot(t["static"], inference="clustered"),
}

CALLS = {f"{name}: {call}": ours for name, table in (
    ("pyfixest", PYFIXEST), ("diff-diff", DIFF_DIFF), ("marginaleffects", MARGINALEFFECTS),
) for call, ours in table.items()}  # fmt: skip
