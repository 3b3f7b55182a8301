"""Checks take up bands that were reported for the same estimate, by their own column or by another."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.effects import Bands
from twintrade.estimators.base import Fit, View, fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.twfe import TWFE
from twintrade.inference.auto import Reported
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting(Inference):
    asked: list[str] = field(default_factory=list)
    name: ClassVar[str] = ""

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        self.asked.append(view)
        return Clustered(by=("unit",)).infer(fit, view, rng)


@pytest.fixture(scope="module")
def design() -> Design:
    rng = np.random.default_rng(3)
    unit, period = (a.ravel() for a in np.mgrid[:20, :10])
    frame = pd.DataFrame({"unit": [f"u{u:02d}" for u in unit], "period": period, "y": rng.normal(size=200)})
    panel = Panel.from_frame(frame, unit="unit")
    onset = np.where(np.arange(20) < 8, 4 + np.arange(20) % 3, np.inf)
    return Design(panel=panel, treatment=Treatment(panel.units, onset), outcome="y", window=(-3, 3))


def test_bands_of_another_column_are_taken_up_for_the_same_estimate_only(design) -> None:
    method, rng = Counting(), np.random.default_rng(1)
    imputed, regressed = fit(Imputation(), design), fit(TWFE(), design)
    reported = {view: Clustered(by=("unit",)).infer(imputed, view, rng) for view in ("event", "overall")}
    shared = Reported(method=method, bands={}, elsewhere=tuple(reported.values()))
    again = fit(Imputation(), design)
    assert shared.infer(again, "event", rng) is reported["event"]
    assert shared.infer(again, "overall", rng) is reported["overall"]
    assert method.asked == []
    assert shared.infer(regressed, "overall", rng) is not reported["overall"]
    assert shared.infer(again, "cohort", rng).estimate.kind == "cohort"
    assert method.asked == ["overall", "cohort"]
