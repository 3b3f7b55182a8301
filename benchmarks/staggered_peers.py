"""How the other packages are called for the same event study: effect and standard error by event time."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measured import Estimates

Call = Callable[[pd.DataFrame], Estimates]
EVENT = ("event", "relative_time", "event_time", "period", "rel_time", "relative_period", "horizon", "index")
EFFECT = ("estimate", "effect", "att", "coef")
ERROR = ("std. error", "std_error", "se")


def read(result: Any) -> Estimates:
    """Read an event study out of whatever a package returns it in."""
    held = getattr(result, "event_study_effects", None)
    if isinstance(held, dict) and held:
        return {str(int(e)): (float(v.get("effect", v.get("att"))), float(v["se"])) for e, v in held.items()}
    if hasattr(result, "to_dataframe"):
        return read_frame(result.to_dataframe())
    info = getattr(result, "model_info", {}) or {}
    for key in ("event_study", "event_study_estimates", "event_study_table"):
        if isinstance(info.get(key), pd.DataFrame):
            return read_frame(info[key])
    detail = getattr(result, "detail", None)
    return read_frame(detail if isinstance(detail, pd.DataFrame) else pd.DataFrame(result))


def read_frame(table: pd.DataFrame) -> Estimates:
    table = table.reset_index() if not any(str(c).lower() in EVENT for c in table.columns) else table
    columns = {str(c).lower(): c for c in table.columns}
    event, effect, error = (next(columns[c] for c in names if c in columns) for names in (EVENT, EFFECT, ERROR))
    rows = zip(table[event], table[effect], table[error], strict=True)
    return {str(int(float(e))): (float(b), float(s)) for e, b, s in rows}


def with_missing(data: pd.DataFrame) -> pd.DataFrame:
    """Never treated as a missing onset."""
    return data.assign(g=data.g.where(data.g > 0))


def formula_event(fit: Any) -> Estimates:
    import re

    out = {}
    for name, effect in fit.coef().items():
        found = re.search(r"rel.*?(-?\d+)(?:\.0)?\]?$", str(name))
        if found:
            out[found[1]] = (float(effect), float(fit.se()[name]))
    return out


def diffdiff(estimator: str, covariates: list[str] | None = None, **options: Any) -> Call:
    def call(data: pd.DataFrame) -> Estimates:
        import diff_diff

        method = getattr(diff_diff, estimator)(**options)
        given = {"covariates": covariates} if covariates else {}
        if estimator == "WooldridgeDiD":
            result = method.fit(data, outcome="y", unit="unit", time="t", cohort="g")
        else:
            result = method.fit(data, "y", "unit", "t", "g", **given)
        if not getattr(result, "event_study_effects", None) and hasattr(result, "aggregate"):
            other = result.aggregate("event" if estimator == "WooldridgeDiD" else "event_study")
            result = other if other is not None else result
        return read(result)

    return call


def statspai_cs(covariates: list[str] | None = None, draws: int = 0) -> Call:
    def call(data: pd.DataFrame) -> Estimates:
        import statspai

        options = {"bstrap": draws > 0, "cband": draws > 0, "random_state": 1}
        cells = statspai.callaway_santanna(
            data, y="y", g="g", t="t", i="unit", x=covariates, estimator="dr", base_period="varying", **options
        )
        return read(statspai.aggte(cells, type="dynamic", n_boot=999, **options))

    return call


def csdid_cs(covariates: str | None = None, draws: bool = False) -> Call:
    def call(data: pd.DataFrame) -> Estimates:
        from csdid.att_gt import ATTgt

        cells = ATTgt(
            yname="y", tname="t", idname="unit", gname="g", data=data, control_group=["nevertreated"],
            xformla=covariates, biters=999, cband=draws,
        )  # fmt: skip
        cells.fit(est_method="dr", bstrap=draws)
        cells.aggte(typec="dynamic", bstrap=draws, biters=999, cband=draws)
        found = cells.atte
        rows = zip(found["egt"], found["att_egt"], np.ravel(found["se_egt"]), strict=True)
        return {str(int(e)): (float(b), float(s)) for e, b, s in rows}

    return call


def differences_cs(formula: str = "y", draws: int = 0) -> Call:
    def call(data: pd.DataFrame) -> Estimates:
        from differences import ATTgt

        cells = ATTgt(data=with_missing(data).set_index(["unit", "t"]), cohort_column="g")
        cells.fit(formula, est_method="dr", control_group="never_treated", progress_bar=False)
        options = {"boot_iterations": draws, "random_state": 1} if draws else {}
        table = cells.aggregate("event", **options)
        values = table.to_numpy()
        return {str(int(e)): (float(v[0]), float(v[1])) for e, v in zip(table.index, values, strict=True)}

    return call


def pyfixest_events(estimator: str) -> Call:
    def call(data: pd.DataFrame) -> Estimates:
        import pyfixest

        if estimator == "twfe":
            return formula_event(pyfixest.feols("y ~ i(rel, ref=-1) | unit + t", data, vcov={"CRV1": "unit"}))
        if estimator == "did2s":
            return formula_event(
                pyfixest.did2s(
                    data, yname="y", first_stage="~ 0 | unit + t", second_stage="~ i(rel, ref=-1)", treatment="d",
                    cluster="unit",
                )
            )  # fmt: skip
        fit = pyfixest.event_study(
            data, yname="y", idname="unit", tname="t", gname="g", estimator="saturated", cluster="unit"
        )
        table = fit.aggregate()
        rows = zip(table.index, table["Estimate"], table["Std. Error"], strict=True)
        return {str(int(float(e))): (float(b), float(s)) for e, b, s in rows}

    return call


def statspai_call(function: str) -> Call:
    def call(data: pd.DataFrame) -> Estimates:
        import statspai

        horizon = list(range(17))
        imputing = {"y": "y", "group": "unit", "time": "t", "first_treat": "g", "cluster": "unit"}
        if function == "sun_abraham":
            return read(statspai.sun_abraham(data, y="y", g="g", t="t", i="unit", cluster="unit"))
        if function == "did_imputation":
            return read(statspai.did_imputation(with_missing(data), horizon=horizon, **imputing))
        if function == "gardner_did":
            fit = statspai.gardner_did(with_missing(data), event_study=True, horizon=horizon, **imputing)
            found = fit.model_info["event_study"]
            return {str(int(k[3:])): (float(found["coef"][k]), float(found["se"][k])) for k in found["horizon"]}
        if function == "etwfe":
            return read(statspai.etwfe_emfx(statspai.etwfe(with_missing(data), **imputing), type="event"))
        if function == "did_multiplegt_dyn":
            return read(
                statspai.did_multiplegt_dyn(
                    data, "y", group="unit", time="t", treatment="d", placebo=2, dynamic=4, se_method="analytic"
                )
            )
        return read(
            statspai.event_study(
                with_missing(data), y="y", treat_time="g", time="t", unit="unit", window=(-17, 16), ref_period=-1,
                cluster="unit",
            )
        )  # fmt: skip

    return call


PEERS: dict[str, dict[str, Call]] = {
    "Callaway-Sant'Anna": {
        "diff-diff": diffdiff("CallawaySantAnna", control_group="never_treated", estimation_method="dr"),
        "statspai": statspai_cs(),
        "csdid": csdid_cs(),
        "differences": differences_cs(),
    },
    "  with a covariate": {
        "diff-diff": diffdiff("CallawaySantAnna", ["x"], control_group="never_treated", estimation_method="dr"),
        "statspai": statspai_cs(["x"]),
        "csdid": csdid_cs("y ~ x"),
        "differences": differences_cs("y ~ x"),
    },
    "  999 draws": {
        "diff-diff": diffdiff("CallawaySantAnna", control_group="never_treated", n_bootstrap=999, seed=1),
        "statspai": statspai_cs(draws=999),
        "csdid": csdid_cs(draws=True),
        "differences": differences_cs(draws=999),
    },
    "Sun-Abraham": {
        "diff-diff": diffdiff("SunAbraham", cluster="unit"),
        "statspai": statspai_call("sun_abraham"),
        "pyfixest": pyfixest_events("saturated"),
    },
    "two-stage": {
        "diff-diff": diffdiff("TwoStageDiD", cluster="unit"),
        "statspai": statspai_call("gardner_did"),
        "pyfixest": pyfixest_events("did2s"),
    },
    "imputation": {
        "diff-diff": diffdiff("ImputationDiD", cluster="unit"),
        "statspai": statspai_call("did_imputation"),
    },
    "ETWFE": {"diff-diff": diffdiff("WooldridgeDiD", cluster="unit"), "statspai": statspai_call("etwfe")},
    "TWFE": {"statspai": statspai_call("event_study"), "pyfixest": pyfixest_events("twfe")},
    "dCDH, 5 + 2": {"statspai": statspai_call("did_multiplegt_dyn")},
}
