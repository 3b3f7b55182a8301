"""Conformal inference for one treated unit: exact under stationary errors, given enough periods before onset."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from twintrade.design.case import Case
from twintrade.effects import Bands, EventStudy, Message
from twintrade.effects.bands import fill_absent
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.estimators.cases import SingleCase
from twintrade.inference.base import Inference
from twintrade.numerics.arrays import BoolArray, FloatArray
from twintrade.numerics.series import compute_moving_block_p, invert_p_values
from twintrade.text import Text

ENOUGH_BEFORE = 15
"""Fewer periods before the onset are reported with a warning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformal(Inference):
    """Chernozhukov, Wüthrich and Zhu (2021), moving blocks.

    The method is refitted on all periods with the hypothesized effect taken out; residuals of the treated stretch are
    compared with those of every other stretch. By event time: the effect of one period alone, the others after the
    onset left out. Overall: a constant effect, whose p-value at zero tests that there is none in any period.

    Attributes
    ----------
    order : float
        Norm of the statistic.
    level : float
    """

    order: float = 1.0
    level: float = 0.95
    name: ClassVar[str] = "conformal"
    citation: ClassVar[str] = "chernozhukov2021"

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return p-values and intervals by inversion."""
        estimator, case = self._case(fit)
        estimate = fit.view(view)
        p, low, high = (fill_absent(estimate.n_effects) for _ in range(3))
        if isinstance(estimate, EventStudy):
            for k in np.flatnonzero(estimate.event_times >= 0):
                tested = case.event_times == estimate.event_times[k]
                p[k], low[k], high[k] = self._tested(estimator, case, tested, float(estimate.effects[k]))
        else:
            p[0], low[0], high[0] = self._tested(estimator, case, case.is_after, float(estimate.effects[0]))
        n_before = int(case.is_before.sum())
        n_tested = 1 if isinstance(estimate, EventStudy) else int(case.is_after.sum())
        floor = 1.0 / (n_before + n_tested)
        return Bands(
            estimate=estimate,
            inference=self.name,
            level=self.level,
            se=fill_absent(estimate.n_effects),
            low=low,
            high=high,
            p=p,
            df=fill_absent(estimate.n_effects),
            simultaneous_low=fill_absent(estimate.n_effects),
            simultaneous_high=fill_absent(estimate.n_effects),
            note=Text("inference.conformal", n=n_before, floor=floor),
            facts={"n_before": n_before, "floor": floor},
            messages=self._messages(n_before, floor),
        )

    def _case(self, fit: Fit) -> tuple[SingleCase, Case]:
        estimator = fit.estimator
        if not isinstance(estimator, SingleCase) or not estimator.fits_whole_path:
            raise InferenceError(
                f"conformal inference refits on all periods as if none were treated, which {estimator.name} cannot; "
                "take placebo"
            )
        case = estimator.case(fit.design)
        return estimator, case.during(case.is_before | case.is_after)

    def _tested(
        self, estimator: SingleCase, case: Case, tested: BoolArray, effect: float
    ) -> tuple[float, float, float]:
        """Return the p-value of no effect in the tested periods, and the interval of constant effects."""
        part = case.during(case.is_before | tested)
        after = part.is_after
        untreated = part.dated(int(part.periods[-1]) + 1)

        def p_of(value: float) -> float:
            residuals = compute_null_residuals(estimator, untreated, after, value)
            return compute_moving_block_p(residuals, int(after.sum()), self.order)

        p = p_of(0.0)
        if 1.0 / part.periods.size > 1 - self.level:
            return p, np.nan, np.nan
        spread = float(np.std(compute_null_residuals(estimator, untreated, after, effect)))
        low, high = invert_p_values(p_of, effect, spread, 1 - self.level)
        return p, low if np.isfinite(low) else np.nan, high if np.isfinite(high) else np.nan

    def _messages(self, n_before: int, floor: float) -> tuple[Message, ...]:
        messages = []
        if n_before < ENOUGH_BEFORE:
            text = Text("inference.short-pre-period", n=n_before, needed=ENOUGH_BEFORE)
            messages.append(Message("warning", "short-pre-period", text))
        if floor > 1 - self.level:
            text = Text("inference.no-interval-conformal", floor=floor, level=self.level)
            messages.append(Message("warning", "no-interval", text))
        return tuple(messages)


def compute_null_residuals(estimator: SingleCase, untreated: Case, after: BoolArray, effect: float) -> FloatArray:
    """Return the misfit in every period when a constant effect is taken out of the tested ones."""
    gaps = estimator.gaps(estimator.removed(untreated, after, effect))
    if not np.isfinite(gaps).all():
        raise InferenceError("conformal inference needs a gap in every period; there are zeros or missing values")
    return gaps
