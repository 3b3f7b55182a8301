"""Leverage by cluster, balance before the tie, and all methods on one axis."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.sensitivity.clusters import ClusterLeverage, compute_row_leverage
from twintrade.diagnostics.who_is_compared.balance import Balance
from twintrade.diagnostics.who_is_compared.estimators import Estimators
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.inference.refits import count_effective_clusters
from twintrade.inference.refits.leave_out import build_effects_projection

# Dense algebra against dense algebra.
ROUNDING = 1e-9


def made(shift: float = 0.0) -> Design:
    rng = np.random.default_rng(4)
    names = ["city", "partner", "period"]
    frame = pd.MultiIndex.from_product([range(5), range(6), range(2000, 2008)], names=names).to_frame(index=False)
    onset = np.full(30, np.inf)
    onset[[0, 1, 7, 14]] = [2003, 2004, 2004, 2005]
    frame["size"] = rng.normal(size=30).repeat(8) + shift * np.isfinite(onset).repeat(8)
    frame["flow"] = np.exp(2 + frame["size"] + 0.1 * rng.normal(size=240))
    frame["city"], frame["partner"] = "c" + frame["city"].astype(str), "p" + frame["partner"].astype(str)
    panel = Panel.from_frame(frame, city="city", partner="partner")
    treatment = Treatment(panel.units, onset)
    return Design(
        panel=panel,
        treatment=treatment,
        outcome="flow",
        transform="log",
        clusters=("city", "partner"),
        window=(-2, 2),
    )


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def test_leverage_is_the_diagonal_of_the_hat_matrix() -> None:
    fitted = fit(TWFE(), made())
    source = fitted.estimate.uncertainty.regression
    q = build_effects_projection(fitted, fitted.estimate, source)
    o = fitted.design.observations
    dummies = [np.eye(c.max() + 1)[c] for c in o.effect_codes()]
    z = np.hstack([*dummies, source.design])
    hat = np.einsum("ij,ij->i", z, np.linalg.pinv(z).T)
    assert compute_row_leverage(source, q) == pytest.approx(hat, abs=ROUNDING)


def test_shares_add_up_and_the_heaviest_cluster_is_named(rng) -> None:
    found = ClusterLeverage().check(fit(TWFE(shape="static"), made()), Clustered(), rng)
    sums = found.table.groupby("dimension")["partial_leverage"].sum()
    assert sums.to_numpy() == pytest.approx(1)
    assert set(found.table[found.table["dimension"] == "city"]["cluster"]) == {f"c{i}" for i in range(5)}
    assert found.value < 5
    assert count_effective_clusters(np.full(8, 1 / 8)) == pytest.approx(8)
    assert "no regression" in ClusterLeverage().check(fit(Imputation(), made()), Clustered(), rng).sentence


def test_balance_sees_a_difference_in_size(rng) -> None:
    fitted = fit(TWFE(), made(shift=2.0))
    table = Balance(variables=("size",)).check(fitted, Clustered(), rng).table.set_index("variable")
    assert table.loc["size", "standardized"] > 1
    assert abs(table.loc["change of log flow over 2 periods", "difference"]) < 0.3
    o = fitted.design.observations
    frame = pd.DataFrame({"unit": o.unit, "period": o.period, "y": o.y})
    wide = frame.pivot_table(index="unit", columns="period", values="y")
    tied = np.flatnonzero(o.is_ever_treated)
    own = [wide.loc[u, o.unit_onset[u] - 1] for u in tied]
    assert table.loc["log flow", "treated"] == pytest.approx(np.mean(own))


@pytest.mark.parametrize("transform", ["log", "level"])
def test_balance_is_shown_in_levels_and_in_logs(rng, transform) -> None:
    """One large comparison pair turns the sign in levels."""
    design = made(shift=2.0).with_outcome("flow", transform)
    largest = design.panel.unit == int(np.flatnonzero(~np.isfinite(design.onset))[0])
    flow = np.where(largest, 1e4, 1.0) * design.panel.columns["flow"]
    design = replace(design, panel=replace(design.panel, columns={**design.panel.columns, "flow": flow}))
    estimator = TWFE(shape="static") if transform == "log" else PPML(shape="static")
    table = Balance().check(fit(estimator, design), Clustered(), rng).table.set_index("variable")
    assert table.loc["flow", "standardized"] < 0
    assert table.loc["log flow", "standardized"] > 0
    o, panel = design.observations, design.panel
    logs = pd.Series(np.log(flow)).groupby([panel.unit, panel.period]).first()
    treated = [(int(o.unit_rows[u]), int(o.unit_onset[u]) - 1) for u in np.flatnonzero(o.is_ever_treated)]
    assert table.loc["log flow", "treated"] == pytest.approx(np.mean([logs[key] for key in treated]))


def test_all_methods_stand_on_one_axis(rng) -> None:
    fitted = fit(Imputation(), replace(made(), clusters=("unit",)))
    found = Estimators(names=("imputation", "twfe", "sun_abraham", "ppml")).check(fitted, Clustered(), rng)
    table = found.table.set_index("estimator")
    assert table.loc["Imputation", "effect"] == pytest.approx(fitted.view("overall").effects[0])
    assert table["effect"].notna().sum() >= 3
    assert table.loc["PPML", "reason"] != ""
    assert {"event_time", "series", "value"} <= set(found.payloads["estimators"].columns)
