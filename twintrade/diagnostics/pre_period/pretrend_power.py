"""How large a trend the test of the effects before the agreement would have missed (Roth 2022)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.pre_period.pretrends import PreTested, find_clean_leads, run_pretests
from twintrade.diagnostics.variants import compute_event_bands, format_effect, simplify_inference
from twintrade.effects import EventStudy, Finding
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.inference.clustering import compute_t_quantile
from twintrade.numerics.arrays import FloatArray
from twintrade.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrendPower(Diagnostic):
    """What a passed test of the effects before the agreement is worth: the power of the very test of ``pretrends``.

    Attributes
    ----------
    powers : tuple of float
    draws : int
        Normal draws from which power is counted.
    level : float
        Of the equivalence bound.
    """

    powers: tuple[float, ...] = (0.5, 0.8)
    draws: int = 4_000
    level: float = 0.95
    name: ClassVar[str] = "pretrend_power"
    citation: ClassVar[str] = "roth2022"
    payload_kinds: ClassVar = {"pretrend_power": "path"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the slopes found with given power; payload ``pretrend_power`` draws them beside the effects."""
        shown = find_clean_leads(fit)
        if "event" not in shown.views:
            return self.unavailable(Text("checks.no-event-times", method=fit.estimator.title))
        try:
            tested = run_pretests(shown, simplify_inference(shown, inference), rng, "hotelling")
            bands, covariance = compute_event_bands(shown, inference, rng)
        except TwintradeError as error:
            return self.unavailable(error.text)
        if tested.pre is None:
            return self.unavailable(Text("checks.pretrend-power-none"))
        study = bands.estimate
        assert isinstance(study, EventStudy)
        normal = rng.standard_normal((self.draws, tested.pre.effects.size))
        slopes = {power: tested.pre.find_slope(power, normal) for power in self.powers}
        return self._describe(shown, study, covariance, tested, slopes, normal)

    def _describe(
        self,
        shown: Fit,
        study: EventStudy,
        covariance: FloatArray,
        tested: PreTested,
        slopes: dict[float, float],
        normal: FloatArray,
    ) -> Finding:
        pre, scale = tested.pre, shown.estimate.scale
        assert pre is not None
        reference = -1 if study.reference is None else study.reference
        used = np.flatnonzero(np.diag(covariance) > 0)
        times, effects = study.event_times[used], study.effects[used]
        distance = (times - reference).astype(np.float64)
        rows = [(int(e), "estimate", float(b)) for e, b in zip(times, effects, strict=True)]
        table = []
        for power, slope in slopes.items():
            bias = slope * tested.lever
            passed = float(pre.average_passed(slope, normal) @ pre.regressor / (pre.regressor @ pre.regressor))
            table.append((power, slope, bias, passed))
            label = str(Text("checks.pretrend-power-label", power=power))
            rows += [(int(e), label, float(d)) for e, d in zip(times, slope * distance, strict=True)]
        if study.reference is not None and study.reference not in times:
            rows += [(study.reference, series, 0.0) for series in dict.fromkeys(row[1] for row in rows)]
        frame = pd.DataFrame(rows, columns=["event_time", "series", "value"]).assign(unit=scale)
        power, slope = next(iter(slopes.items()))
        variances = np.diag(pre.covariance)
        bound = compute_equivalence_bound(pre.effects, variances, self.level)
        text = Text(
            "checks.pretrend-power",
            slope=format_effect(slope, scale),
            power=power,
            bias=format_effect(slope * tested.lever, scale),
            level=self.level,
            bound=format_effect(bound, scale),
        )
        return self.conclude(
            text,
            pd.DataFrame(table, columns=["power", "slope", "bias_of_headline", "slope_seen_after_passing"]),
            payloads={"pretrend_power": frame},
            value=slope,
            unit=f"{scale} a period",
        )


def compute_equivalence_bound(effects: FloatArray, variances: FloatArray, level: float) -> float:
    """Return the smallest bound within which two one-sided tests put every effect (intersection-union test)."""
    width = compute_t_quantile(level, np.inf) * np.sqrt(variances)
    return float((np.abs(effects) + width).max())
