"""How many treated units a percent change of a total really rests on."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic
from twintrade.effects import Finding
from twintrade.estimators.base import Fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.imputing import TreatedTotals, impute_treated_totals
from twintrade.inference.base import Inference
from twintrade.text import Text

COLUMNS = ("unit", "observed", "imputed", "share", "percent", "percent_without")
LEFT_OUT = 2


@dataclass(frozen=True, slots=True)
class Concentration(Diagnostic):
    """The largest units' shares of the imputed total, their effective number, and the change without each of two."""

    name: ClassVar[str] = "concentration"
    citation: ClassVar[str] = ""

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a treated unit, the largest imputed total first; imputed values are not fitted anew."""
        if not isinstance(fit.estimator, Imputation) or fit.estimate.scale != "percent":
            return self.unavailable(Text("checks.concentration-none"))
        totals = impute_treated_totals(fit.design)
        table = _tabled(totals)
        return Finding(
            diagnostic=self.name,
            verdict="informs",
            text=_say_shares(totals, fit.design.panel.unit_kind),
            value=totals.n_effective,
            unit="units",
            table=table,
            payloads={"concentration": table},
        )


def _tabled(totals: TreatedTotals) -> pd.DataFrame:
    n = len(totals.units)
    without = [totals.percent(k) if n > 1 else np.nan for k in range(n)]
    effects = 100 * (totals.observed / totals.imputed - 1)
    values = (totals.units, totals.observed, totals.imputed, totals.shares, effects, without)
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))


def _say_shares(totals: TreatedTotals, units: str) -> Text:
    n = len(totals.units)
    if n == 1:
        return Text("checks.concentration-one", change=totals.percent(), name=totals.units[0])
    first, second = totals.units[:LEFT_OUT]
    return Text(
        "checks.concentration",
        n=n,
        units=units,
        change=totals.percent(),
        effective=totals.n_effective,
        first=first,
        first_share=totals.shares[0],
        without_first=totals.percent(0),
        second=second,
        second_share=totals.shares[1],
        without_second=totals.percent(1),
    )
