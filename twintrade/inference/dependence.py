"""Errors under dependence that no clusters describe: over places, between dyads and over time."""

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from twintrade.effects import Bands, Estimate, Regression
from twintrade.effects.estimate import fill_absent
from twintrade.errors import DesignError, InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.inference.base import Inference
from twintrade.inference.clustered import PLUG_IN_DRAWS, Facts, build_bands, describe_reference
from twintrade.inference.clustering import conventions
from twintrade.inference.clustering.clusters import find_unit_positions, get_influence
from twintrade.inference.clustering.constant_effect import compute_sup_t, repair_covariance
from twintrade.inference.clustering.conventions import get_convention
from twintrade.inference.refits.leave_out import get_regression
from twintrade.numerics.arrays import FloatArray, compact, sum_by_group
from twintrade.numerics.series import (
    RestrictedSeries,
    choose_lags,
    compute_long_run_covariance,
    sum_bartlett,
    weigh_bartlett,
)
from twintrade.text import Text

EARTH_RADIUS = 6371.0088


@dataclass(frozen=True, slots=True, eq=False)
class UnscaledCovariance:
    """A covariance before its small-sample factor, with factor, degrees of freedom, clusters it rests on and note."""

    covariance: FloatArray
    factor: float
    df: float
    n_clusters: int
    note: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependence(Inference):
    """What the methods of this file share: a covariance becomes bands.

    Attributes
    ----------
    draws : int
        Of the joint normal for the sup-t critical value.
    """

    level: float = 0.95
    draws: int = PLUG_IN_DRAWS
    remedy: ClassVar[str] = "clusters"

    @abstractmethod
    def covariance(self, fit: Fit, estimate: Estimate) -> UnscaledCovariance:
        """Return the covariance of an estimate."""

    def require_regression(self, fit: Fit, estimate: Estimate) -> Regression:
        """Return the regression behind an estimate, or say that there is none."""
        source = get_regression(estimate)
        if source is None:
            raise InferenceError(
                f"{self.name} needs the regression behind the estimate, and {fit.estimator.name} has none; "
                "cluster by unit or city"
            )
        return source

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return t intervals and plug-in sup-t bands."""
        estimate = fit.view(view)
        dependent = self.covariance(fit, estimate)
        covariance, negative = repair_covariance(dependent.covariance * dependent.factor)
        usable = conventions.has_variance(estimate, np.sqrt(np.clip(np.diag(covariance), 0.0, None)))
        critical = compute_sup_t(covariance, usable, self.level, dependent.df, rng, self.draws)
        distribution, is_repaired = describe_reference(dependent.df), bool(negative.any())
        note = Text("inference.dependent", errors=dependent.note, distribution=distribution, is_repaired=is_repaired)
        facts: Facts = {"critical_value": critical, "draws": self.draws, "fewest_clusters": dependent.n_clusters}
        bands = build_bands(estimate, self.name, self.level, covariance, usable, dependent.df, critical, note, facts)
        messages = conventions.list_variance_messages(
            estimate, negative, usable, self.name.replace("_", "-"), self.remedy
        )
        return replace(bands, messages=messages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dyadic(Dependence):
    """Dyads that share a member are dependent, whichever end it stands at (Aronow, Samii and Assenova 2015).

    Where cities and partners are disjoint this is two-way clustering by city and partner.
    """

    name: ClassVar[str] = "dyadic"
    citation: ClassVar[str] = "aronow2015"
    remedy: ClassVar[str] = "city-or-partner"

    def covariance(self, fit: Fit, estimate: Estimate) -> UnscaledCovariance:
        """Return sums over members, less the pairs that were counted twice."""
        panel, o = fit.design.panel, fit.design.observations
        if not panel.is_dyadic:
            raise InferenceError("dyadic errors need city-partner dyads")
        influence = get_influence(estimate, self.name)
        rows = o.unit_rows[find_unit_positions(o, influence)]
        city, partner = panel.cities[panel.unit_city[rows]], panel.partners[panel.unit_partner[rows]]
        codes, members = pd.factorize(np.concatenate([city, partner]).astype(str))
        first, second = codes[: rows.size].astype(np.int64), codes[rows.size :].astype(np.int64)
        values = influence.matrix()
        same = first == second
        sums = sum_by_group(np.vstack([values, values[~same]]), np.concatenate([first, second[~same]]))
        pair = compact(np.minimum(first, second) * members.size + np.maximum(first, second))
        twice = sum_by_group(np.where(same[:, None], 0.0, values), pair)
        used = estimate.sample.rows
        clusters = [compact(o.codes(name)[used]) for name in ("city", "partner")]
        correction = conventions.correct(
            get_convention(conventions.TWINTRADE), used.size, estimate.sample.n_slopes, (), clusters
        )
        smallest = min(int(codes.max()) + 1 for codes in clusters)
        note = Text("inference.dyadic", n=members.size, factor=correction.sentence)
        return UnscaledCovariance(sums.T @ sums - twice.T @ twice, correction.factor, correction.df, smallest, note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conley(Dependence):
    """Dependence between units that fades with distance, and any dependence within a unit over time.

    Attributes
    ----------
    latitude, longitude : str
        Columns of the panel, in degrees.
    cutoff : float
        Distance in kilometres beyond which units are independent.
    kernel : {"uniform", "bartlett"}
    """

    latitude: str = "latitude"
    longitude: str = "longitude"
    cutoff: float = 500.0
    kernel: Literal["uniform", "bartlett"] = "uniform"
    name: ClassVar[str] = "conley"
    citation: ClassVar[str] = "conley1999"
    remedy: ClassVar[str] = "cutoff"

    def covariance(self, fit: Fit, estimate: Estimate) -> UnscaledCovariance:
        """Return the covariance over pairs of units by their distance."""
        if not self.cutoff > 0:
            raise InferenceError(f"the cutoff of conley is a distance above 0 km, not {self.cutoff:g}")
        o = fit.design.observations
        influence = get_influence(estimate, self.name)
        where = find_unit_positions(o, influence)
        try:
            place = np.column_stack([fit.design.panel.values(c)[o.rows] for c in (self.latitude, self.longitude)])
        except DesignError as error:
            raise InferenceError(f"conley needs the columns of latitude and longitude: {error}") from None
        first = np.searchsorted(o.unit, where)
        points = np.radians(place[first])
        if not np.isfinite(points).all():
            raise InferenceError("some units have no latitude or longitude; fill them in or leave the units out")
        if (np.abs(points[:, 0]) > np.pi / 2).any():
            raise InferenceError(f"the column {self.latitude} has values beyond 90 degrees: are the two exchanged?")
        if points.shape[0] < 2:
            raise InferenceError("there is one unit only and no variance without a second")
        values = influence.matrix()
        total = np.zeros((values.shape[1], values.shape[1]))
        step = max(1, 4_000_000 // points.shape[0])
        for start in range(0, points.shape[0], step):
            part = slice(start, start + step)
            distance = compute_great_circle(points[part], points)
            inside = 1.0 if self.kernel == "uniform" else weigh_bartlett(distance, self.cutoff)
            total += values[part].T @ (np.where(distance <= self.cutoff, inside, 0.0) @ values)
        n = points.shape[0]
        note = Text("inference.conley", kernel=self.kernel, cutoff=self.cutoff, n=n)
        return UnscaledCovariance(total, n / (n - 1), n - 1.0, n, note)


def compute_great_circle(left: FloatArray, right: FloatArray) -> FloatArray:
    """Return distances in kilometres between points given as latitude and longitude in radians."""
    between = left[:, None, :] - right[None, :, :]
    half = np.sin(between[..., 0] / 2) ** 2
    half += np.cos(left[:, None, 0]) * np.cos(right[None, :, 0]) * np.sin(between[..., 1] / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS * np.arcsin(np.sqrt(np.clip(half, 0, 1))))


# Errors under independent rows of one variance: what older papers print, for comparison with them.


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualVariances(Dependence):
    """Rows independent, with one variance; for Poisson regression a variance proportional to the mean.

    The proportion is estimated (Pearson's chi-squared over the rows), so that errors are the same in any unit of
    money. A variance equal to the mean is right for counts alone.
    Trade of one pair is dependent over time, so these errors are too small as a rule: no method of ``auto``.

    Attributes
    ----------
    correction : str
        "twintrade": N/(N−K) and t with N−K degrees of freedom. "fixest": for Poisson a variance equal to the mean,
        (N−1)/(N−K) and the normal, else the same. "none": no factor, and the normal. K counts slopes and all effects.
    """

    correction: str = conventions.TWINTRADE
    name: ClassVar[str] = "iid"
    citation: ClassVar[str] = "wooldridge2010"
    remedy: ClassVar[str] = "unit-or-city"

    def covariance(self, fit: Fit, estimate: Estimate) -> UnscaledCovariance:
        """Return the inverse information of the regression, times the variance of its residuals."""
        source = self.require_regression(fit, estimate)
        rule, sample, o = get_convention(self.correction), estimate.sample, fit.design.observations
        effects = [compact(o.codes(name)[sample.rows]) for name in sample.effects]
        rows = compact(sample.rows)
        is_known = fit.estimator.is_poisson and self.correction == "fixest"
        correction = conventions.correct(rule, sample.n_rows, sample.n_slopes, effects, [rows], not is_known)
        spread = float(source.weights @ source.residuals**2) / sample.n_rows
        if is_known:
            # fixest takes the variance for known, and then one degree of freedom off the rows.
            spread = 1.0 - 1.0 / sample.n_rows
        covariance = source.selector.T @ source.bread @ source.selector * spread
        note = Text(
            "inference.independent",
            variance="mean" if is_known else "proportional" if fit.estimator.is_poisson else "one",
            dispersion=spread * correction.factor,
            correction=conventions.describe_correction(rule, correction),
        )
        return UnscaledCovariance(covariance, correction.factor, correction.df, sample.n_rows, note)


# The test of one series against its own past: how far draws of its serial correlation alone would move it.

STEPS = np.sinh(np.linspace(-6, 6, 31))  # constant effects that are tried, in errors from the average effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoregressive(Inference):
    """Bootstrap of the t statistic of one series under first-order autoregressive errors fitted under the null.

    Every effect is held against series that have none: a constant effect is taken out from the onset on, the
    autoregression is fitted to what trend and seasons leave, and t statistics over Bartlett errors are compared.

    Attributes
    ----------
    lags : int or None
        Of the Bartlett errors; None takes floor(4 (T/100)^(2/9)).
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
        usable = conventions.has_variance(estimate, errors)
        p, low, high = (fill_absent(estimate.n_effects) for _ in range(3))
        if usable.any():
            loadings, errors = loadings[:, usable], errors[usable]
            effects = y @ loadings
            # Zero is a value tried, so that p-values and ends agree about it.
            outside = effects.min() - errors.max(), 0.0, effects.max() + errors.max()
            tried = np.union1d(outside, effects.mean() + np.median(errors) * STEPS)
            drawn = [
                series.draw_t(y - value * after, loadings, np.random.default_rng(seed), self.draws) for value in tried
            ]
            zero = drawn[int(np.searchsorted(tried, 0.0))]
            p[usable] = (1 + (zero[1:] >= zero[0]).sum(axis=0)) / (self.draws + 1)
            low[usable], high[usable] = -np.inf, np.inf
            n_beyond = int((1 - self.level) * (self.draws + 1) + 1e-9)
            if n_beyond:
                critical = np.array([np.sort(t[1:], axis=0)[-n_beyond] for t in drawn])
                low[usable], high[usable] = find_ends(effects, tried, np.array([t[0] for t in drawn]), critical)
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
    correction: str = conventions.TWINTRADE

    @abstractmethod
    def sum_products(self, fit: Fit, source: Regression, lags: int) -> FloatArray:
        """Return the long-run sum of outer products."""

    def covariance(self, fit: Fit, estimate: Estimate) -> UnscaledCovariance:
        """Return the covariance."""
        source = self.require_regression(fit, estimate)
        n = int(np.unique(fit.design.observations.period[source.rows]).size)
        if n < 3:
            raise InferenceError(f"{n} periods are too few for errors that follow time")
        if self.lags is not None and self.lags < 0:
            raise InferenceError(f"lags is a number of periods from 0 on, not {self.lags}")
        rule, sample = get_convention(self.correction), estimate.sample
        effects = [compact(fit.design.observations.codes(name)[sample.rows]) for name in sample.effects]
        given = rule, sample.n_rows, sample.n_slopes, effects
        # Periods are clusters in which no effect nests: their scores are correlated.
        correction = conventions.correct(*given, (), not fit.estimator.is_poisson, [n])
        lags = self.lags
        if lags is None:
            lags = int(n**0.25) if self.correction == "fixest" else choose_lags(n)
        note = Text(
            "inference.serial",
            kind=self.name,
            is_prewhitened=bool(getattr(self, "is_prewhitened", False)),
            lags=lags,
            n=n,
            correction=conventions.describe_correction(rule, correction),
        )
        return UnscaledCovariance(self.sum_products(fit, source, lags), correction.factor, correction.df, n, note)


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
