"""Designs that no inference or check can work on: a reason in words, never a crash, never a default number."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over
from chosen_designs import make_quick

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.base import DIAGNOSTICS
from twintrade.effects import Verdict
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit, fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.auto import Auto, Reported
from twintrade.inference.base import INFERENCES, Inference
from twintrade.inference.clustered import Clustered

REFITS = ("estimators", "specification_curve", "heterogeneity", "leave_one_out", "honest", "pretrend_power")
"""Checks that take seconds each: tried on the slow side, in fewer settings."""

VARIED = (
    *("anticipation", "conditional_trends", "dates", "influence", "known_shocks", "placebo_dates", "pooled_cases"),
    *("power", "window", "case_verdict", "evidence"),
)
"""Checks that estimate changed designs or every case: tried on some fits, on all on the slow side."""

TRIED = ("clusters that do not nest units", "no noise, Poisson", "one treated unit")
"""Fits that they are tried on: without a regression, by Poisson, and under randomization."""


def made(n_cities: int = 5, n_partners: int = 6, n_treated: int = 8, noise: float = 0.2, **options) -> Design:
    rng = np.random.default_rng(1)
    names = ["city", "partner", "period"]
    shape = (n_cities, n_partners, 10)
    frame = pd.MultiIndex.from_product([range(n) for n in shape], names=names).to_frame(index=False)
    frame["period"] += 2000
    n_units = n_cities * n_partners
    frame["city"], frame["partner"] = "c" + frame["city"].astype(str), "p" + frame["partner"].astype(str)
    onset = np.full(n_units, np.inf)
    onset[rng.choice(n_units, n_treated, replace=False)] = rng.integers(2004, 2007, n_treated)
    eta = 3 + rng.normal(size=n_units).repeat(10) + noise * rng.normal(size=10 * n_units)
    frame["flow"] = np.exp(eta + 0.5 * (frame["period"].to_numpy() >= onset.repeat(10)))
    panel = Panel.from_frame(frame, city="city", partner="partner")
    treatment = Treatment(panel.units, onset)
    given = {"transform": "log", "window": (-3, 3), "clusters": ("city", "partner")} | options
    return Design(panel=panel, treatment=treatment, outcome="flow", **given)


BAD: dict[str, Callable[[], Fit]] = {
    "one cluster": lambda: fit(TWFE(), made(n_cities=1, n_partners=30, clusters=("city",))),
    "one cluster, no regression": lambda: fit(
        CallawaySantAnna(), made(n_cities=1, n_partners=30, clusters=("city",))
    ),
    "one cluster, imputation": lambda: fit(Imputation(), made(n_cities=1, n_partners=30, clusters=("city",))),
    "clusters that do not nest units": lambda: fit(CallawaySantAnna(), made(clusters=("period",))),
    "no noise": lambda: fit(TWFE(), made(noise=0.0)),
    "no noise, Poisson": lambda: fit(PPML(), made(noise=0.0, transform="level")),
    "more effects than clusters": lambda: fit(TWFE(), made(window=(-6, 5), clusters=("city",))),
    "one treated unit": lambda: fit(TWFE(), made(n_treated=1)),
    "no untreated unit": lambda: fit(TWFE(), made(n_treated=30)),
    "two cities": lambda: fit(TWFE(), replace(made(n_cities=2, n_partners=4, n_treated=2))),
}


@cache
def fit_once(key: str) -> Fit:
    """Checks only read a fit: one of each kind serves them all, in whatever order they come."""
    return BAD[key]()


WAYS = (Auto(draws=19, permutations=19), Clustered(draws=99))


@cache
def report_once(key: str, position: int) -> Reported:
    """Bands of a fit are made before its checks, as in a run: by ``auto``, or clustered."""
    return _report(fit_once(key), WAYS[position])


def _report(one: Fit, method: Inference) -> Reported:
    bands = {}
    for view in one.views:
        with suppress(TwintradeError):
            bands[view] = method.infer(one, view, np.random.default_rng(1))
    return Reported(method=method, bands=bands)


@pytest.mark.parametrize("name", list(INFERENCES))
@loop_over("key", BAD)
def test_every_inference_refuses_in_words_or_gives_honest_numbers(key, name) -> None:
    fitted = fit_once(key)
    for view in fitted.views:
        try:
            bands = make_quick(INFERENCES[name]).infer(fitted, view, np.random.default_rng(1))
        except TwintradeError:
            continue
        p, low, high = bands.p, bands.low, bands.high
        assert (((p >= 0) & (p <= 1)) | np.isnan(p)).all()
        both = np.isfinite(low) & np.isfinite(high)
        assert (low[both] <= high[both]).all()
        # An error of zero would be a default: nothing is known without error but the reference.
        reference = bands.estimate.effects == 0
        assert not ((bands.se == 0) & ~reference).any()


def list_settings(name: str) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Return the fits a check is tried on, each with one inference by turns, and all others, for the slow side."""
    turn = list(DIAGNOSTICS).index(name)
    keys = [key for key in BAD if name not in REFITS and (name not in VARIED or key in TRIED)]
    tried = [(key, (i + turn) % 2) for i, key in enumerate(keys)]
    return tried, [(key, position) for key in BAD for position in (0, 1) if (key, position) not in tried]


@pytest.mark.parametrize("name", [name for name in DIAGNOSTICS if name not in REFITS])
def test_every_check_says_why_not_or_gives_honest_numbers(name) -> None:
    loop_over(("key", "position"), list_settings(name)[0])(check_honesty)(name=name)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(DIAGNOSTICS))
def test_every_check_is_honest_on_every_fit_under_every_inference(name) -> None:
    loop_over(("key", "position"), list_settings(name)[1])(check_honesty)(name=name)


def check_honesty(key: str, position: int, name: str) -> None:
    inference = report_once(key, position)
    found = make_quick(DIAGNOSTICS[name]).check(fit_once(key), inference, np.random.default_rng(1))
    assert found.verdict in get_args(Verdict)
    assert found.sentence.endswith(".")
    words = found.sentence.lower().replace("(", " ").replace(",", " ").split()
    assert not {"nan", "inf", "-inf", "nan.", "inf."} & set(words), found.sentence
    if not found.is_available:
        assert found.verdict == "cannot tell"
        assert np.isnan(found.value)
        assert found.table.empty
        assert not found.payloads
