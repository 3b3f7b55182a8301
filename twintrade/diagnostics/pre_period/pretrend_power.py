"""How large a trend the pre-period test would have missed, and what passing it does to the estimates (Roth 2022)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import compute_event_bands, format_effect
from twintrade.effects import EventStudy, Finding
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.inference.clustering import compute_t_quantile
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.testing import Box, integrate_normal_box

TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class PreTest:
    """The usual test: some pre-period effect is individually significant.

    Attributes
    ----------
    covariance : FloatArray, shape (n_effects, n_effects)
        Of all effects, the reference left out.
    pre : IntArray, shape (n_pre,)
        Positions of the pre-period effects.
    level : float
    """

    covariance: FloatArray
    pre: IntArray
    level: float = 0.95

    def passed(self, trend: FloatArray) -> Box:
        """Return the probability of passing, and the mean of the pre-period effects given that, under a trend."""
        block = self.covariance[np.ix_(self.pre, self.pre)]
        bound = compute_t_quantile((1 + self.level) / 2, np.inf) * np.sqrt(np.diag(block))
        return integrate_normal_box(trend[self.pre], block, -bound, bound)

    def power(self, trend: FloatArray) -> float:
        """Return the probability that the test objects to a trend."""
        return 1 - self.passed(trend).probability

    def after_passing(self, trend: FloatArray) -> FloatArray:
        """Return the expected effects given that the test was passed, shape (n_effects,)."""
        block = self.covariance[np.ix_(self.pre, self.pre)]
        moved = np.linalg.solve(block, self.passed(trend).mean - trend[self.pre])
        return np.asarray(trend + self.covariance[:, self.pre] @ moved)

    def slope_for(self, power: float, distance: FloatArray) -> float:
        """Return the slope that the test finds with the given power, by bisection.

        Parameters
        ----------
        power : float
        distance : FloatArray, shape (n_effects,)
            Periods from the reference; the trend is slope times distance.
        """
        low, high = 0.0, float(np.sqrt(np.diag(self.covariance)[self.pre]).max())
        while self.power(high * distance) < power:
            low, high = high, 2 * high
        while high - low > TOLERANCE * high:
            middle = (low + high) / 2
            low, high = (middle, high) if self.power(middle * distance) < power else (low, middle)
        return high


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrendPower(Diagnostic):
    """What a passed pre-period test is worth.

    Attributes
    ----------
    powers : tuple of float
    level : float
    """

    powers: tuple[float, ...] = (0.5, 0.8)
    level: float = 0.95
    name: ClassVar[str] = "pretrend_power"
    citation: ClassVar[str] = "roth2022"
    payload_kinds: ClassVar = {"pretrend_power": "path"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the slopes found with given power; payload ``pretrend_power`` draws them beside the effects."""
        try:
            bands, covariance = compute_event_bands(fit, inference, rng)
        except TwintradeError as error:
            return self.unavailable(str(error))
        estimate = bands.estimate
        assert isinstance(estimate, EventStudy)
        pre = estimate.pre_effects()
        used = np.flatnonzero(np.diag(covariance) > 0)
        pre = np.intersect1d(pre, used)
        if pre.size == 0:
            return self.unavailable("the window holds no pre-period effect with a variance")
        reference = -1 if estimate.reference is None else estimate.reference
        distance = (estimate.event_times[used] - reference).astype(np.float64)
        test = PreTest(covariance[np.ix_(used, used)], np.searchsorted(used, pre), self.level)
        try:
            slopes = {power: test.slope_for(power, distance) for power in self.powers}
        except np.linalg.LinAlgError:
            return self.unavailable("the covariance of the pre-period effects is singular")
        times = estimate.event_times[used]
        return self._finding(fit, estimate.effects[used], times, distance, test, slopes)

    def _finding(
        self,
        fit: Fit,
        effects: FloatArray,
        times: IntArray,
        distance: FloatArray,
        test: PreTest,
        slopes: dict[float, float],
    ) -> Finding:
        scale = fit.estimate.scale
        last = int(times.max())
        rows = [(int(e), "estimate", float(b)) for e, b in zip(times, effects, strict=True)]
        table = []
        for power, slope in slopes.items():
            trend, passed = slope * distance, test.after_passing(slope * distance)
            label = f"trend found with {100 * power:.0f} % power"
            rows += [(int(e), label, float(d)) for e, d in zip(times, trend, strict=True)]
            rows += [
                (int(e), f"{label}, expected after passing", float(d)) for e, d in zip(times, passed, strict=True)
            ]
            after = times >= 0
            table.append((power, slope, float(trend[after].mean()), float(passed[after].mean())))
        reference = fit.estimate.reference if isinstance(fit.estimate, EventStudy) else None
        if reference is not None and reference not in times:
            rows += [(reference, series, 0.0) for series in dict.fromkeys(row[1] for row in rows)]
        frame = pd.DataFrame(rows, columns=["event_time", "series", "value"])
        frame["unit"] = scale
        power, slope = next(iter(slopes.items()))
        bound = compute_equivalence_bound(effects[test.pre], np.diag(test.covariance)[test.pre], self.level)
        grown = format_effect(slope * float(distance.max()), scale)
        return Finding(
            diagnostic=self.name,
            verdict="informs",
            text=(
                f"A linear trend of {format_effect(slope, scale)} a period would be found with {100 * power:.0f} "
                "% power "
                f"only; by event time {last:+d} it would amount to {grown}. At {100 * self.level:.0f} % the "
                f"pre-period effects are within {format_effect(bound, scale)} of zero (equivalence)."
            ),
            value=slope,
            unit=f"{scale} a period",
            table=pd.DataFrame(table, columns=["power", "slope", "mean_bias_after_onset", "mean_bias_given_pass"]),
            payloads={"pretrend_power": frame},
        )


def compute_equivalence_bound(effects: FloatArray, variances: FloatArray, level: float) -> float:
    """Return the smallest bound within which two one-sided tests put every effect (intersection-union test)."""
    width = compute_t_quantile(level, np.inf) * np.sqrt(variances)
    return float((np.abs(effects) + width).max())
