"""How many treated units a percent change of a total really rests on."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic
from twintrade.effects import Finding
from twintrade.errors import EstimationError
from twintrade.estimators.base import Fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.imputing import TreatedTotals, impute_treated_totals
from twintrade.inference.base import Inference

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
            return self.unavailable("the estimate is no percent change of an imputed total")
        totals = impute_treated_totals(fit.design)
        table = _tabled(totals)
        return Finding(
            diagnostic=self.name,
            verdict="none",
            sentence=_sentence(totals, _average_of_rows(fit, fit.estimator), _noun(fit)),
            value=totals.n_effective,
            unit="effective units",
            table=table,
            payloads={"concentration": table},
        )


def _noun(fit: Fit) -> str:
    return "pairs" if fit.design.panel.is_dyadic else "cities"


def _tabled(totals: TreatedTotals) -> pd.DataFrame:
    n = len(totals.units)
    without = [totals.percent(k) if n > 1 else np.nan for k in range(n)]
    own = 100 * (totals.observed / totals.imputed - 1)
    values = (totals.units, totals.observed, totals.imputed, totals.shares, own, without)
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))


def _average_of_rows(fit: Fit, estimator: Imputation) -> float:
    """Return the row average of log ratios as a percentage, NaN where some cell of rows is zero throughout."""
    try:
        rows = replace(estimator, measure="log_ratio").estimate(fit.design).average()
    except EstimationError:
        return float("nan")
    return float(100 * np.expm1(rows.effects[0]))


def _sentence(totals: TreatedTotals, average: float, noun: str) -> str:
    whole, n = totals.percent(), len(totals.units)
    if n == 1:
        return f"The change of the total, {whole:+.1f} %, is that of {totals.units[0]} alone."
    first, second = totals.units[:LEFT_OUT]
    sentence = (
        f"The total of {n} treated {noun} changed by {whole:+.1f} %. It rests on {totals.n_effective:.1f} effective "
        f"{noun}: {first} makes up {100 * totals.shares[0]:.0f} % and {second} {100 * totals.shares[1]:.0f} % of the "
        f"total without the agreement. Without {first} the change is {totals.percent(0):+.1f} %, without {second} "
        f"{totals.percent(1):+.1f} %."
    )
    if np.isfinite(average):
        sentence += f" The row average of log ratios, another target, is {average:+.1f} %."
    return sentence
