"""A straight line through the effects before the agreement: its test, and the bias it would make if it went on."""

from dataclasses import dataclass

import numpy as np
import scipy

from twintrade.effects import CohortEffects, EventStudy
from twintrade.estimators.base import Fit
from twintrade.inference.clustering import compute_t_quantile
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray

LEVEL = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class PreEffects:
    """Effects before the agreement as they are tested."""

    effects: FloatArray  # (k,)
    covariance: FloatArray  # (k, k): that the joint test uses
    # Of the slope, under the inference of the page: with several dimensions of clusters not that of one of them
    slope_variance: float
    # (k,): what a trend of one a period adds to each effect: the distance from the reference, or from the mean of the
    # times where effects are centred; one step where each is measured against the period before
    regressor: FloatArray
    # df, fewest: Of the t distribution of one effect; treated clusters where they are fewest, infinite where there
    # are none
    df: float
    fewest: float
    floor: float = 0.0  # smallest p-value that the inference can give, where it compares with draws

    @property
    def slope(self) -> float:
        """Least-squares slope a period."""
        return float(self._slopes(self.effects[None, :])[0])

    @property
    def slope_p(self) -> float:
        """Two-sided p-value of no slope, NaN where it has no error."""
        return float(self._slope_p(self.effects[None, :])[0])

    @property
    def joint_p(self) -> float:
        """P-value of all effects being zero, Hotelling's."""
        return float(self._joint_p(self.effects[None, :])[0])

    def bound_slope(self) -> float:
        """Return the larger end of the slope's 95 % interval in size, NaN where it has no error."""
        if not self.slope_variance > 0:
            return float("nan")
        critical = compute_t_quantile(1 - LEVEL / 2, self.df)
        return abs(self.slope) + critical * float(np.sqrt(self.slope_variance))

    def compute_power(self, slope: float, normal: FloatArray) -> float:
        """Return how often the page's verdict, Holm over the joint and the directional test, objects to a trend.

        ``slope``: a period; ``normal`` (n_draws, k): standard normal draws, the same for every slope.
        """
        return float(self._objects(self._draw(slope, normal)).mean())

    def average_passed(self, slope: float, normal: FloatArray) -> FloatArray:
        """Return the expected effects under a trend where neither test objects, shape (k,)."""
        drawn = self._draw(slope, normal)
        passed = ~self._objects(drawn)
        return np.asarray(drawn[passed].mean(axis=0)) if passed.any() else np.full(self.effects.size, np.nan)

    def _draw(self, slope: float, normal: FloatArray) -> FloatArray:
        values, vectors = np.linalg.eigh(self.covariance)
        root = vectors * np.sqrt(np.clip(values, 0.0, None))
        return np.asarray(slope * self.regressor + normal @ root.T)

    def _objects(self, effects: FloatArray) -> BoolArray:
        p = np.column_stack([self._joint_p(effects), self._slope_p(effects)])
        return np.asarray(np.nanmin(p, axis=1) * (~np.isnan(p)).sum(axis=1) < LEVEL)

    def find_slope(self, power: float, normal: FloatArray) -> float:
        """Return the slope that is found with a given power, by bisection; infinite where none is."""
        high = np.sqrt(self.slope_variance) if self.slope_variance > 0 else np.sqrt(np.diag(self.covariance).max())
        low, steps = 0.0, 0
        while self.compute_power(high, normal) < power:
            low, high, steps = high, 2 * high, steps + 1
            if steps > 60:
                return float("inf")
        for _ in range(30):
            middle = (low + high) / 2
            low, high = (middle, high) if self.compute_power(middle, normal) < power else (low, middle)
        return float(high)

    def _slopes(self, effects: FloatArray) -> FloatArray:
        x = self.regressor
        return np.asarray(effects @ x / (x @ x))

    def _slope_p(self, effects: FloatArray) -> FloatArray:
        if not self.slope_variance > 0:
            return np.full(effects.shape[0], np.nan)
        t = np.abs(self._slopes(effects)) / np.sqrt(self.slope_variance)
        tail = scipy.special.ndtr(-t) if np.isinf(self.df) else scipy.special.stdtr(self.df, -t)
        return np.asarray(np.maximum(2 * tail, self.floor))

    def _joint_p(self, effects: FloatArray) -> FloatArray:
        k = self.effects.size
        quadratic = np.einsum("ij,ij->i", effects @ np.linalg.inv(self.covariance), effects)
        if np.isinf(self.fewest):
            if np.isinf(self.df):
                return np.asarray(scipy.special.chdtrc(k, quadratic))
            return np.asarray(scipy.special.fdtrc(k, self.df, quadratic / k))
        scaled = quadratic / k * (self.fewest - k) / (self.fewest - 1)
        return np.asarray(scipy.special.fdtrc(k, self.fewest - k, scaled))


def compute_trend_regressor(study: EventStudy, pre: IntArray) -> FloatArray | None:
    """Return what a trend of one a period adds to each pre-period effect, None where the effects cannot show one."""
    times = study.event_times[pre].astype(np.float64)
    if study.base == "varying":
        return np.full(times.size, np.diff(study.event_times).min() if study.event_times.size > 1 else 1.0)
    if study.reference is not None and study.base == "universal":
        return np.asarray(times - study.reference)
    return times - times.mean() if times.size > 1 else None


def compute_lever(fit: Fit) -> float:
    """Return the periods over which a trend would bias the overall effect, NaN where nothing stands before and after.

    From a unit's base to the mean time of its treated rows, units weighing by these rows. The base is the reference,
    or the middle of the unit's rows before where the effect is against all of them. Rows are those behind the overall
    effect, whatever the window shows.
    """
    estimate, overall, o = fit.estimate, fit.view("overall"), fit.design.observations
    times, chosen = o.event_time, o.is_ever_treated[o.unit]
    assert isinstance(estimate, EventStudy | CohortEffects)
    if estimate.base == "universal" and overall.n_cells[0] < o.is_treated.sum():
        chosen &= (times >= estimate.event_times.min()) & (times <= estimate.event_times.max())
    after, before = chosen & (times >= 0), chosen & (times < -estimate.anticipation)
    later, weight = (np.bincount(o.unit, o.row_weights * after * x, o.n_units) for x in (times, np.ones(times.size)))
    if not (after.any() and before.any()):
        return np.nan
    if overall.against in ("reference", "last before"):
        reference = times[before].max() if estimate.reference is None else estimate.reference
        return float(later.sum() / weight.sum() - reference)
    early, rows = (np.bincount(o.unit, o.row_weights * before * x, o.n_units) for x in (times, np.ones(times.size)))
    known = (weight > 0) & (rows > 0)
    lever = later[known].sum() - (weight[known] * early[known] / rows[known]).sum()
    return float(lever / weight[known].sum()) if known.any() else np.nan
