"""Statistics of ratios under assignments, of the outcome that a proportional effect leaves when it is taken out."""

from dataclasses import dataclass, field, replace

import numpy as np

from twintrade.effects import Estimate, EventStudy
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit, View
from twintrade.estimators.repeating import Null
from twintrade.inference.refits.one_step_draws import OneStepDraws
from twintrade.inference.refits.permutation import permute, replace_outcome
from twintrade.inference.refits.studentizing import Studentizer
from twintrade.numerics.arrays import FloatArray, IntArray


def is_ratio(fit: Fit) -> bool:
    """Whether effects are ratios of flows: a constant effect then multiplies them."""
    return is_proportional(fit) and fit.design.transform == "level"


def is_proportional(fit: Fit) -> bool:
    """Whether a constant effect multiplies flows, or adds to their logs."""
    return fit.estimate.scale in ("log points", "percent")


def take_logs(estimate: Estimate, effects: FloatArray) -> FloatArray:
    """Return changes in percent as logs of ratios, in which noise that multiplies is even; others as they are."""
    if estimate.scale != "percent":
        return effects
    with np.errstate(divide="ignore"):
        return np.log1p(np.maximum(effects, -100.0) / 100)


def compute_average_after(estimate: Estimate) -> float:
    """Return the average of the effects after onset of an event study, else zero."""
    if isinstance(estimate, EventStudy) and (estimate.event_times >= 0).any():
        return float(estimate.average().effects[0])
    return 0.0


@dataclass(frozen=True, slots=True, eq=False)
class RatioStatistics:
    """What is compared for one average, under every effect that may be taken out."""

    fit: Fit
    onsets: tuple[FloatArray, ...]  # the draws', and last the real one
    view: View  # of one effect
    studentizer: Studentizer | None
    dealt: OneStepDraws | None = None  # where draws are estimated in one step, not refitted
    nulls: dict[float, Null] = field(default_factory=dict)  # the model of the effect that was taken out last

    def at(self, effect: float, draws: IntArray) -> FloatArray:
        """Return effects of some draws where one in log points is taken out, not yet over their noise, (n_draws,).

        NaN where a draw gives no effect.
        """
        factor = np.exp(effect * self.fit.design.observations.is_treated)
        try:
            effects = self._refit(factor, draws) if self.dealt is None else self._step(effect, factor, draws)
        except TwintradeError:
            return np.full(draws.size, np.nan)
        return self.measure(effects)

    def measure(self, effects: FloatArray) -> FloatArray:
        """Return effects as they are compared: logs of ratios over noise, changes in percent as they are without."""
        return effects if self.studentizer is None else take_logs(self.fit.view(self.view), effects)

    def _step(self, effect: float, factor: FloatArray, draws: IntArray) -> FloatArray:
        assert self.dealt is not None
        if effect not in self.nulls:
            self.nulls.clear()
            null = self.nulls[effect] = self.dealt.model.under(factor)
            if self.studentizer is not None:
                self.studentizer.learn(null, effect)
        return self.dealt.estimate(self.nulls[effect], {self.view: self.fit.view(self.view)}, draws)[self.view][:, 0]

    def _refit(self, factor: FloatArray, draws: IntArray) -> FloatArray:
        y, is_log = self.fit.design.observations.y, self.fit.design.transform == "log"
        without = y - np.log(factor) if is_log else y / factor
        again = replace(self.fit, design=replace_outcome(self.fit.design, without))
        permuted = permute(again, [self.view], [self.onsets[k] for k in draws], False, False)
        out = np.full(draws.size, np.nan)
        out[permuted.kept] = permuted.views[self.view].effects[:, 0]
        return out

    def scales(self, effect: float) -> FloatArray:
        """Return what noise makes of the effects then, shape (n_onsets,); one where it is not asked for."""
        if self.studentizer is not None:
            try:
                return self.studentizer.scale(self.view, 0, effect, 0.0)
            except TwintradeError:
                # No estimate exists there either, so that nothing speaks against the effect.
                pass
        return np.ones(len(self.onsets))

    def is_in_percent(self) -> bool:
        """Whether the effect is a change in percent, not its log."""
        return self.studentizer is None and self.fit.view(self.view).scale == "percent"
