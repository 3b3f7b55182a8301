"""Other estimands that read a two-way column: first differences, random effects, and the tests between them."""

import numpy as np
import pandas as pd
import scipy

from twintrade.study.proof.columns import StoredColumn
from twintrade.study.proof.regressions import keep_quiet, prepare_rows, require_options
from twintrade.study.proof.replies import Reply, build_clusters
from twintrade.text import Text


def list_neighbors(column: StoredColumn) -> list[Reply]:
    """Return what linearmodels says of a two-way column by other estimators; nothing of any other column."""
    if not column.is_two_way:
        return []
    require_options(column, shape=("event", "static"), bins=(False,), second_reference=(None,), unit_trends=(False,))
    frame = prepare_rows(column)
    codes, factor = build_clusters(column)
    clusters = pd.DataFrame(codes, index=frame.index)
    periods = pd.get_dummies(column.factor("period"), drop_first=True, dtype=float).set_axis(frame.index)
    with keep_quiet():
        return [
            _fit_differences(frame, periods),
            *_fit_random_effects(frame, periods, clusters, factor),
        ]


def _fit_differences(frame: pd.DataFrame, periods: pd.DataFrame) -> Reply:
    from linearmodels.panel import FirstDifferenceOLS

    x = pd.concat([frame[["treated"]], periods], axis=1)
    fit = FirstDifferenceOLS(frame["y"], x).fit(cov_type="clustered", cluster_entity=True)
    note = Text("proof.first-differences")
    return Reply("linearmodels FirstDifferenceOLS", float(fit.params["treated"]), _get(fit, "treated"), "other", note)


def _fit_random_effects(
    frame: pd.DataFrame, periods: pd.DataFrame, clusters: pd.DataFrame, factor: float
) -> list[Reply]:
    from linearmodels.panel import PanelOLS, RandomEffects

    name = "linearmodels RandomEffects"
    x = pd.concat([frame[["treated"]].assign(one=1.0), periods], axis=1)
    plain, within = RandomEffects(frame["y"], x).fit(), _fit_within(PanelOLS, frame)
    robust = RandomEffects(frame["y"], x).fit(cov_type="clustered", clusters=clusters, group_debias=False)
    share = frame["treated"].groupby(frame["unit"].to_numpy()).transform("mean").to_numpy()
    mundlak = RandomEffects(frame["y"], x.assign(share=share)).fit(
        cov_type="clustered", clusters=clusters, group_debias=False
    )
    apart = float(within.params["treated"] - plain.params["treated"])
    spread = float(within.std_errors["treated"] ** 2 - plain.std_errors["treated"] ** 2)
    hausman = float(scipy.special.chdtrc(1, apart**2 / spread)) if spread > 0 else float("nan")
    slope = float(mundlak.params["share"])
    p = float(scipy.special.chdtrc(1, (slope / (factor * _get(mundlak, "share"))) ** 2))
    of_random = Text("proof.random-effects", is_defined="yes" if np.isfinite(hausman) else "no", p=hausman)
    return [
        Reply(name, float(robust.params["treated"]), factor * _get(robust, "treated"), "other", of_random),
        Reply(
            f"{name} (Mundlak)", float(mundlak.params["treated"]), factor * _get(mundlak, "treated"), "other",
            Text("proof.mundlak", slope=slope, p=p),
        ),
    ]  # fmt: skip


def _fit_within(model: type, frame: pd.DataFrame):  # type: ignore[no-untyped-def]
    return model(frame["y"], frame[["treated"]], entity_effects=True, time_effects=True).fit()


def _get(fit, name: str) -> float:  # type: ignore[no-untyped-def]
    return float(fit.std_errors[name])
