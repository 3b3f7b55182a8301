"""Every registered inference and diagnostic on every kind of fit: numbers or a reason, never a crash."""

from contextlib import suppress
from functools import cache
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over
from chosen_designs import make_quick

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.base import DIAGNOSTICS
from twintrade.effects import Bands, Finding, Verdict
from twintrade.errors import TwintradeError
from twintrade.estimators import matrix_completion
from twintrade.estimators.base import Fit, fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.matrix_completion import find_largest_rank
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.auto import Reported
from twintrade.inference.base import INFERENCES, Inference
from twintrade.inference.clustered import Clustered
from twintrade.inference.randomization import Randomization

ESTIMATORS = {
    "event": TWFE(),
    "static": TWFE(shape="static"),
    "imputation": Imputation(),
    "ppml": PPML(),
    "group-time": CallawaySantAnna(),
}
REFITS = ("heterogeneity", "window")
"""Checks that estimate dozens of designs, each under all assignments: one fit is tried, others on the slow side."""

LONG = ("case_verdict", "conditional_trends", "estimators", "leave_one_out", "specification_curve")
"""Checks that estimate every case, by every estimator or without every unit: an event study is tried under
randomization, and one of two other fits under clustered errors, by turns; all others on the slow side."""

AGAIN = [("event", "event"), ("event", "overall"), ("ppml", "overall"), ("group-time", "overall")]
"""Fits and views of which bands are made twice; of others on the slow side."""

WAYS = {"clustered": Clustered(draws=99), "randomization": Randomization(draws=19)}


@pytest.fixture(autouse=True)
def few_sizes(monkeypatch):
    """Of a factor model, which checks estimate under every assignment, two sizes are tried in place of five."""
    monkeypatch.setattr(matrix_completion, "find_largest_rank", lambda cells, _: find_largest_rank(cells, 1))


def made(transform: str, n_treated: int = 8) -> Design:
    rng = np.random.default_rng(1)
    names = ["city", "partner", "period"]
    frame = pd.MultiIndex.from_product([range(5), range(6), range(2000, 2010)], names=names).to_frame(index=False)
    frame["city"], frame["partner"] = "c" + frame["city"].astype(str), "p" + frame["partner"].astype(str)
    frame["flow"] = np.exp(3 + rng.normal(size=30).repeat(10) + 0.2 * rng.normal(size=300))
    panel = Panel.from_frame(frame, city="city", partner="partner")
    onset = np.full(30, np.inf)
    onset[rng.choice(30, n_treated, replace=False)] = rng.integers(2004, 2007, n_treated)
    return Design(
        panel=panel,
        treatment=Treatment(panel.units, onset),
        outcome="flow",
        transform=transform,
        window=(-3, 3),
        clusters=("city", "partner"),
    )


def list_settings(name: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the fits and inferences a check is tried on, and all others, for the slow side.

    A check meets every fit and every inference, and every fit meets every inference: not all three at once.
    """
    turn, tried = list(DIAGNOSTICS).index(name), []
    if name in LONG:
        tried = [("event", "randomization"), (("ppml", "group-time")[turn % 2], "clustered")]
        return tried, [(key, way) for key in ESTIMATORS for way in WAYS if (key, way) not in tried]
    for i, key in enumerate(ESTIMATORS):
        way = list(WAYS)[(i + turn) % len(WAYS)]
        if name in REFITS and key != "event":
            way = "clustered"
        tried.append((key, way))
    if name in REFITS:
        tried.append(("event", "clustered" if ("event", "randomization") in tried else "randomization"))
    return tried, [(key, way) for key in ESTIMATORS for way in WAYS if (key, way) not in tried]


@cache
def fit_once(key: str) -> Fit:
    """Checks only read a fit: one of each kind serves them all, in whatever order they come."""
    return fit(ESTIMATORS[key], made("level" if key == "ppml" else "log"))


@cache
def copy_once(key: str) -> pd.DataFrame:
    """Return what the panel of a fit was before any check read it."""
    return made("level" if key == "ppml" else "log").panel.to_frame()


@cache
def infer_once(key: str, way: str) -> Inference:
    """Under randomization bands are made before the checks, as in a run; of one fit every check makes its own."""
    if way == "clustered" or key == "static":
        return WAYS[way]
    fitted, rng = fit_once(key), np.random.default_rng(1)
    return Reported(method=WAYS[way], bands=WAYS[way].infer_views(fitted, fitted.views, rng))


@loop_over("key", ESTIMATORS)
def test_known_shocks_of_many_units_are_printed_with_the_sensitivity_of_the_estimate(key) -> None:
    found = DIAGNOSTICS["known_shocks"]().check(fit_once(key), Clustered(), np.random.default_rng(0))
    assert found.is_available
    assert found.topic == "sensitivity"


@pytest.mark.parametrize("name", list(INFERENCES))
@loop_over("key", ESTIMATORS)
def test_every_inference_gives_bands_or_a_reason(key, name) -> None:
    method, fitted = make_quick(INFERENCES[name]), fit_once(key)
    for view in ("event", "overall"):
        if view not in fitted.views:
            continue
        try:
            bands = method.infer(fitted, view, np.random.default_rng(1))
        except TwintradeError:
            continue
        assert isinstance(bands, Bands)
        assert bands.note
        frame = bands.to_frame()
        finite = frame.dropna(subset=["low", "high"])
        assert (finite["low"] <= finite["high"]).all()
        known = frame["p"].dropna()
        assert ((known >= 0) & (known <= 1)).all()
        if (key, view) in AGAIN:
            pd.testing.assert_frame_equal(frame, method.infer(fitted, view, np.random.default_rng(1)).to_frame())


@pytest.mark.slow
@pytest.mark.parametrize("name", list(INFERENCES))
def test_every_inference_gives_the_same_bands_again(name) -> None:
    for fitted in map(fit_once, ESTIMATORS):
        for view in {"event", "overall"} & set(fitted.views):
            with suppress(TwintradeError):
                one, two = (
                    make_quick(INFERENCES[name]).infer(fitted, view, np.random.default_rng(1)) for _ in range(2)
                )
                pd.testing.assert_frame_equal(one.to_frame(), two.to_frame())


@pytest.mark.parametrize("name", list(DIAGNOSTICS))
def test_every_diagnostic_gives_a_finding(name) -> None:
    loop_over(("key", "way"), list_settings(name)[0])(check_finding)(name=name)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(DIAGNOSTICS))
def test_every_diagnostic_gives_a_finding_on_every_fit_under_every_inference(name) -> None:
    loop_over(("key", "way"), list_settings(name)[1])(check_finding)(name=name)


def check_finding(key, way, name) -> None:
    fitted, inference = fit_once(key), infer_once(key, way)
    found = make_quick(DIAGNOSTICS[name]).check(fitted, inference, np.random.default_rng(1))
    assert isinstance(found, Finding)
    assert found.verdict in get_args(Verdict)
    assert found.sentence.endswith(".")
    pd.testing.assert_frame_equal(copy_once(key), fitted.design.panel.to_frame())


def test_one_treated_unit_never_gets_clustered_errors_in_silence() -> None:
    alone = fit(TWFE(shape="static"), made("log", n_treated=1))
    bands = Clustered().infer(alone, "overall", np.random.default_rng(1))
    assert "few-treated-clusters" in {m.code for m in bands.messages}
