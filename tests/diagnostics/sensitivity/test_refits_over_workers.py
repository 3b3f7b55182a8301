"""Checks that refit give the same numbers however many workers there are, and go on where a killed run stopped."""

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.sensitivity.leave_one_out import LeaveOneOut
from twintrade.diagnostics.sensitivity.specification_curve import SpecificationCurve
from twintrade.estimators.base import fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.twfe import TWFE
from twintrade.fanout import Workers, use_workers
from twintrade.inference.clustered import Clustered
from twintrade.inference.crv2 import Jackknife
from twintrade.inference.randomization import Randomization


@pytest.fixture(autouse=True)
def _everything_to_workers(monkeypatch) -> None:
    monkeypatch.setattr("twintrade.fanout.jobs.ALONE_SECONDS", 0.0)


@pytest.fixture(scope="module")
def design() -> Design:
    rng = np.random.default_rng(6)
    index = pd.MultiIndex.from_product([range(6), range(5), range(8)], names=["city", "partner", "period"])
    frame = index.to_frame(index=False).assign(y=rng.normal(size=240), x=rng.normal(size=240))
    frame["city"], frame["partner"] = "c" + frame["city"].astype(str), "p" + frame["partner"].astype(str)
    panel = Panel.from_frame(frame, city="city", partner="partner")
    onset = np.full(30, np.inf)
    onset[rng.choice(30, 8, replace=False)] = rng.integers(3, 6, 8)
    return Design(
        panel=panel, treatment=Treatment(panel.units, onset), outcome="y", window=(-2, 2), clusters=("unit",)
    )


class Held(dict):
    """A ledger in memory that counts what is put into it."""

    n_put = 0

    def put(self, key, values, reason) -> None:
        self.n_put += 1
        self[key] = (values, reason)


def curve(design: Design) -> pd.DataFrame:
    check = SpecificationCurve(estimators=("twfe", "imputation"), covariates=("x",), draws=0, has_dates=False)
    found = check.check(fit(TWFE(shape="static"), design), Clustered(), np.random.default_rng(3))
    return found.payloads["specification_curve"]


def left_out(design: Design) -> pd.DataFrame:
    fitted = fit(CallawaySantAnna(), design)
    return LeaveOneOut(by=("partner",)).check(fitted, Clustered(), np.random.default_rng(3)).table


def redealt(design: Design) -> pd.DataFrame:
    fitted = fit(CallawaySantAnna(), design)
    return Randomization(draws=12, intervals=False).infer(fitted, "event", np.random.default_rng(3)).to_frame()


def jackknifed(design: Design) -> pd.DataFrame:
    fitted = fit(CallawaySantAnna(), design)
    return Jackknife(by=("city",)).infer(fitted, "event", np.random.default_rng(3)).to_frame()


LOOPS = [curve, left_out, redealt, jackknifed]


@pytest.mark.parametrize("loop", LOOPS)
def test_two_workers_give_the_numbers_of_one(design, loop) -> None:
    alone = loop(design)
    with use_workers(Workers(n=2), "test"):
        together = loop(design)
    assert len(alone) > 3
    pd.testing.assert_frame_equal(together, alone, check_exact=True)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_second_run_takes_finished_refits_from_the_ledger(design, loop) -> None:
    ledger = Held()
    with use_workers(Workers(ledger=ledger), "test"):
        first = loop(design)
    done = ledger.n_put
    assert done > 3
    gone = list(ledger)[: done // 2]
    for key in gone:
        del ledger[key]
    with use_workers(Workers(ledger=ledger), "test"):
        second = loop(design)
    assert ledger.n_put == done + len(gone)
    pd.testing.assert_frame_equal(second, first, check_exact=True)
