"""Errors under serial dependence, common across units or within each, from the regression behind an estimate."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from twintrade.effects import Estimate, Regression
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit
from twintrade.inference.clustering.conventions import (
    TWINTRADE,
    Correction,
    collect_levels,
    compute_correction,
    count_all,
    describe_correction,
    get_convention,
)
from twintrade.inference.dependence import Dependence, UnscaledCovariance
from twintrade.inference.refits.leave_out import get_regression
from twintrade.numerics.arrays import FloatArray, compact, sum_by_group
from twintrade.numerics.series import choose_lags, compute_long_run_covariance, sum_bartlett
from twintrade.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Serial(Dependence):
    """What errors that follow time share: Bartlett weights, and a convention by the name of the software.

    Attributes
    ----------
    lags : int or None
        None takes floor(4 (T/100)^(2/9)), and under "fixest" the fourth root of T, the number of periods.
    correction : str
        "twintrade": factor T/(T−1) and t with T−1 degrees of freedom; for a single series, whose rows are its
        periods, N/(N−K) and N−K (as Stata's newey and statsmodels do). "fixest": T/(T−1) · (N−1)/(N−K).
        "linearmodels": N/(N−K). "none": no factor, and the normal. K counts slopes and every effect.
    """

    lags: int | None = None
    correction: str = TWINTRADE

    @abstractmethod
    def sum_products(self, fit: Fit, source: Regression, lags: int) -> FloatArray:
        """Return the long-run sum of outer products."""

    @property
    def prewhitens(self) -> bool:
        """Whether an autoregression of the scores is fitted first."""
        return False

    def covariance(self, fit: Fit, estimate: Estimate) -> UnscaledCovariance:
        """Return the covariance."""
        source = get_regression(estimate)
        if source is None:
            raise InferenceError(
                f"{self.name} needs the regression behind the estimate, and {fit.estimator.name} has none; "
                "cluster by unit or city"
            )
        n = int(np.unique(fit.design.observations.period[source.rows]).size)
        if n < 3:
            raise InferenceError(f"{n} periods are too few for errors that follow time")
        if self.lags is not None and self.lags < 0:
            raise InferenceError(f"lags is a number of periods from 0 on, not {self.lags}")
        correction = self._correction(fit, estimate, n)
        lags = self.lags
        if lags is None:
            lags = int(n**0.25) if self.correction == "fixest" else choose_lags(n)
        note = Text(
            "inference.serial",
            kind=self.name,
            is_prewhitened="yes" if self.prewhitens else "no",
            lags=lags,
            n=n,
            correction=describe_correction(get_convention(self.correction), correction),
        )
        return UnscaledCovariance(self.sum_products(fit, source, lags), correction.factor, correction.df, n, note)

    def _correction(self, fit: Fit, estimate: Estimate, n_periods: int) -> Correction:
        """Take periods for clusters in which no effect nests: their scores are correlated."""
        rule, sample = get_convention(self.correction), estimate.sample
        effects = [compact(fit.design.observations.codes(name)[sample.rows]) for name in sample.effects]
        n_all = count_all(sample.n_slopes, effects)
        return compute_correction(
            rule,
            sample.n_rows,
            sample.n_slopes,
            collect_levels(rule, effects, ()),
            [n_periods],
            n_all,
            not fit.estimator.is_poisson,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hac(Serial):
    """Newey and West (1987) for one series; for several, scores are summed by period first, as Driscoll and Kraay do.

    Attributes
    ----------
    is_prewhitened : bool
        Fit a first-order autoregression to the scores, correct its residuals, recolor (Andrews and Monahan 1992).
    """

    is_prewhitened: bool = False
    name: ClassVar[str] = "hac"
    citation: ClassVar[str] = "newey1987"

    @property
    def prewhitens(self) -> bool:
        """Whether an autoregression of the scores is fitted first."""
        return self.is_prewhitened

    def sum_products(self, fit: Fit, source: Regression, lags: int) -> FloatArray:
        """Return the long-run sum over periods."""
        scores = sum_by_group(source.row_influence(), compact(fit.design.observations.period[source.rows]))
        return compute_long_run_covariance(scores, lags, is_prewhitened=self.is_prewhitened)


@dataclass(frozen=True, slots=True, kw_only=True)
class DriscollKraay(Hac):
    """Any dependence across units, fading over time: the same covariance as ``hac``, by its name for panels."""

    name: ClassVar[str] = "driscoll_kraay"
    citation: ClassVar[str] = "driscoll1998"


@dataclass(frozen=True, slots=True, kw_only=True)
class NeweyWest(Serial):
    """Serial dependence within units only, fading over time; missing periods of a unit count as zero scores."""

    name: ClassVar[str] = "newey_west"
    citation: ClassVar[str] = "newey1987"

    def sum_products(self, fit: Fit, source: Regression, lags: int) -> FloatArray:
        """Return the long-run sum within units."""
        o, rows = fit.design.observations, source.row_influence()
        unit, period = compact(o.unit[source.rows]), o.period[source.rows] - int(o.period.min())
        cells = np.zeros((int(unit.max()) + 1, int(period.max()) + 1, rows.shape[1]))
        cells[unit, period] = rows
        return sum_bartlett(cells, lags)
