"""Statistics of ratios under assignments, of the outcome that a proportional effect leaves when it is taken out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twintrade.effects import Estimate, EventStudy
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit, View
from twintrade.inference.clustering.variances import is_reference
from twintrade.inference.refits.permutation import find_shifted_rows, permute, replace_outcome
from twintrade.inference.refits.studentizing import Studentizer
from twintrade.numerics.arrays import FloatArray, IntArray


def is_ratio(fit: Fit) -> bool:
    """Whether effects are ratios of flows: a constant effect then multiplies them."""
    return fit.estimate.scale in ("log points", "percent") and fit.design.transform == "level"


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


def find_early(estimate: Estimate, k: int) -> bool:
    """Whether an effect lies before onset less anticipation."""
    return isinstance(estimate, EventStudy) and bool(estimate.event_times[k] < -estimate.anticipation)


@dataclass(frozen=True, slots=True, eq=False)
class RatioStatistics:
    """What is compared, for several effects and under every effect that may be taken out.

    Attributes
    ----------
    fit : Fit
    onsets : tuple of FloatArray
        The draws', and last the real one.
    columns : tuple of (View, int)
        The effects, of one side of the onset.
    studentizer : Studentizer or None
    after : float or None
        In log points: what treated rows are divided by where the effects lie before onset; None for effects after.
    rows : FloatArray, shape (n_rows, 2)
        The real treated rows, and those before.
    """

    fit: Fit
    onsets: tuple[FloatArray, ...]
    columns: tuple[tuple[View, int], ...]
    studentizer: Studentizer | None
    after: float | None
    rows: FloatArray

    def at(self, effect: float, draws: IntArray | None = None) -> FloatArray:
        """Return effects where one in log points is taken out, not yet over their noise, shape (n_draws, n_columns).

        Draws are positions among the onsets, all by default. NaN where a draw gives no effect.
        """
        draws = np.arange(len(self.onsets)) if draws is None else draws
        out = np.full((draws.size, len(self.columns)), np.nan)
        y = self.fit.design.observations.y / np.exp(self.rows @ self._null(effect))
        again = replace(self.fit, design=replace_outcome(self.fit.design, y))
        views = tuple(dict.fromkeys(view for view, _ in self.columns))
        try:
            permuted = permute(again, views, [self.onsets[k] for k in draws], False, False)
        except TwintradeError:
            return out
        for j, (view, k) in enumerate(self.columns):
            drawn = permuted.views[view]
            values = drawn.effects[:, k]
            out[permuted.kept, j] = values if self.studentizer is None else take_logs(drawn.estimate, values)
        return out

    def scales(self, effect: float) -> FloatArray:
        """Return what noise makes of the effects then, shape (n_onsets, n_columns); one where it is not asked for."""
        if self.studentizer is None:
            return np.ones((len(self.onsets), len(self.columns)))
        null = self._null(effect)
        return np.column_stack([self.studentizer.scale(view, k, *null) for view, k in self.columns])

    def between(self, low: float, high: float) -> "RatioStatistics":
        """Return the same with noise interpolated between two effects."""
        if self.studentizer is None or not self.fit.estimator.is_poisson:
            return self
        return replace(self, studentizer=self.studentizer.along(self._null, low, high))

    def is_in_percent(self, j: int) -> bool:
        """Whether a column's effects are changes in percent, not their logs."""
        return self.studentizer is None and self.fit.view(self.columns[j][0]).scale == "percent"

    def _null(self, effect: float) -> tuple[float, float]:
        return (effect, 0.0) if self.after is None else (self.after, effect)


def list_ratio_statistics(
    fit: Fit, views: Sequence[View], onsets: Sequence[FloatArray], studentizer: Studentizer | None
) -> list[RatioStatistics]:
    """Return the effects after onset of all views, and those before it, tested with the former taken out."""
    rows = find_shifted_rows(fit)
    groups: dict[float | None, list[tuple[View, int]]] = {}
    for view in views:
        estimate = fit.view(view)
        after = float(take_logs(estimate, np.array([compute_average_after(estimate)]))[0])
        for k in np.flatnonzero(~is_reference(estimate) & np.isfinite(take_logs(estimate, estimate.effects))):
            key = after if find_early(estimate, int(k)) else None
            groups.setdefault(key, []).append((view, int(k)))
    dealt = (*onsets, fit.design.onset)
    return [
        RatioStatistics(fit, dealt, tuple(columns), studentizer, after, rows) for after, columns in groups.items()
    ]
