"""Errors under serial dependence, common across units or within each, from the regression behind an estimate."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from twintrade.effects import Bands, Estimate, Regression
from twintrade.effects.estimate import fill_absent
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.inference.base import Inference
from twintrade.inference.clustering.conventions import (
    TWINTRADE,
    Correction,
    collect_levels,
    compute_correction,
    count_all,
    describe_correction,
    get_convention,
    has_variance,
)
from twintrade.inference.dependence import Dependence, UnscaledCovariance
from twintrade.inference.refits.leave_out import get_regression
from twintrade.numerics.arrays import BoolArray, FloatArray, compact, sum_by_group
from twintrade.numerics.series import RestrictedSeries, choose_lags, compute_long_run_covariance, sum_bartlett
from twintrade.text import Text

# The test of one series against its own past: how far draws of its serial correlation alone would move it.

STEPS = np.sinh(np.linspace(-6, 6, 31))
"""Constant effects that are tried, in errors from the average effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoregressive(Inference):
    """Bootstrap of the t statistic of one series under first-order autoregressive errors fitted under the null.

    Every effect is held against series that have none: a constant effect is taken out from the onset on, the
    autoregression is fitted to what trend and seasons leave, and t statistics over Bartlett errors are compared.

    Attributes
    ----------
    lags : int or None
        Of the Bartlett errors; None takes floor(4 (T/100)^(2/9)).
    draws : int
    level : float
    """

    lags: int | None = None
    draws: int = 499
    level: float = 0.95
    name: ClassVar[str] = "autoregressive"
    citation: ClassVar[str] = "buhlmann1997"

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return p-values, and the interval of constant effects that are not rejected."""
        estimate, seed = fit.view(view), int(rng.integers(2**31))
        source, o = get_regression(estimate), fit.design.observations
        if source is None or estimate.sample.effects or np.unique(o.unit[source.rows]).size != 1:
            raise InferenceError(Text("inference.autoregressive-needs", method=fit.estimator.title))
        y, after = o.y[source.rows], o.event_time[source.rows] >= 0
        lags = choose_lags(y.size) if self.lags is None else self.lags
        errors = np.sqrt(np.diag(sum_bartlett(source.row_influence(), lags)))
        kept = source.design[:, ~source.selector.any(axis=1)]
        series = RestrictedSeries.of(source.design, kept, lags, np.random.default_rng(seed))
        loadings = source.along(source.bread @ source.selector)
        usable = has_variance(estimate, errors)
        p, low, high = (fill_absent(estimate.n_effects) for _ in range(3))
        if usable.any():
            p[usable], low[usable], high[usable] = self._test(
                series, y, after, loadings[:, usable], errors[usable], seed
            )
        return Bands.build(
            estimate,
            self.name,
            self.level,
            low=low,
            high=high,
            p=p,
            note=Text("inference.autoregressive", draws=self.draws, lags=lags, n=y.size),
            facts={"draws": self.draws, "floor": 1 / (self.draws + 1)},
        )

    def _test(
        self,
        series: RestrictedSeries,
        y: FloatArray,
        after: BoolArray,
        loadings: FloatArray,
        errors: FloatArray,
        seed: int,
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return p-values of no effect, and both ends; zero is a value tried, so that they agree about it."""
        effects = y @ loadings
        outside = effects.min() - errors.max(), 0.0, effects.max() + errors.max()
        tried = np.union1d(outside, effects.mean() + np.median(errors) * STEPS)
        drawn = [
            series.draw_t(y - value * after, loadings, np.random.default_rng(seed), self.draws) for value in tried
        ]
        zero = drawn[int(np.searchsorted(tried, 0.0))]
        p = (1 + (zero[1:] >= zero[0]).sum(axis=0)) / (self.draws + 1)
        n_beyond = int((1 - self.level) * (self.draws + 1) + 1e-9)
        if not n_beyond:
            return p, np.full(p.size, -np.inf), np.full(p.size, np.inf)
        critical = np.array([np.sort(t[1:], axis=0)[-n_beyond] for t in drawn])
        return p, *find_ends(effects, tried, np.array([t[0] for t in drawn]), critical)


def find_ends(
    effects: FloatArray, tried: FloatArray, observed: FloatArray, critical: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the first rejected values below and above each effect, critical values taken as a line between.

    ``observed``, ``critical`` (n_values, n_effects): t where each of ``tried`` (n_values,) is taken out, and the
    largest not rejected; beyond the values tried it is that of the last.
    """
    ends = np.empty((2, effects.size))
    for k, effect in enumerate(effects):
        slack = critical[:, k] - observed[:, k]
        for side, sign in enumerate((-1, 1)):
            at = np.flatnonzero(sign * (tried - effect) > 0)[::sign]
            x = np.concatenate([[effect], tried[at]])
            left = np.concatenate([[np.interp(effect, tried, critical[:, k])], slack[at]])
            out = int(np.argmax(left < 0))
            if out:
                ends[side, k] = x[out - 1] + (x[out] - x[out - 1]) * left[out - 1] / (left[out - 1] - left[out])
            else:
                ends[side, k] = effect + (x[-1] - effect) * critical[at[-1], k] / observed[at[-1], k]
    return ends[0], ends[1]


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
