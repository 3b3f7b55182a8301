"""Randomization of nonlinear estimates without refits: one-step estimates from the model that omits the treatment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from twintrade.effects import EventStudy
from twintrade.errors import EstimationError, InferenceError
from twintrade.estimators.base import Fit
from twintrade.estimators.repeating import OVERALL, PATH, Pattern, ScoreTest
from twintrade.inference.refits.inversion import compute_two_sided_share, invert_on_grid
from twintrade.inference.refits.permutation import find_shifted_rows
from twintrade.numerics.arrays import FloatArray

SPREADS = 3.5
GRID = 9


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Results by effect name, "overall" and "path" among them.

    Attributes
    ----------
    names : tuple of str
    p, low, high : FloatArray, shape (n_names,)
    drawn : FloatArray, shape (n_draws, n_names)
        One-step estimates under no effect; NaN where a draw does not have one.
    observed : FloatArray, shape (n_names,)
    n_lost : int
        Draws that observe other rows, and count as failed.
    """

    names: tuple[str, ...]
    p: FloatArray
    low: FloatArray
    high: FloatArray
    drawn: FloatArray
    observed: FloatArray
    n_lost: int

    def place(self, name: str) -> int:
        """Return where an effect stands."""
        return self.names.index(name)


def compare_one_step_estimates(
    fit: Fit, test: ScoreTest, onsets: Sequence[FloatArray], has_intervals: bool, level: float
) -> Scored:
    """Compare the one-step estimates of real and re-assigned onsets.

    Raises
    ------
    InferenceError
        No draw observes the same rows as the design.
    """
    real = test.pattern(fit.design)
    assert real is not None
    patterns = [p for p in (test.pattern(fit.design.reassigned(onset)) for onset in onsets) if p is not None]
    if not patterns:
        raise InferenceError("every re-assigned design loses rows; re-assign across fewer units or use refits")
    names = _reported(fit, real)
    statistics = _Statistics(fit, test, (*patterns, real), names)
    null = statistics.at(np.ones(fit.design.observations.n_rows))
    drawn, observed = null[:-1], null[-1]
    p = np.array([compute_two_sided_share(float(observed[k]), _present(drawn[:, k])) for k in range(len(names))])
    low, high = np.full(len(names), np.nan), np.full(len(names), np.nan)
    if has_intervals:
        _invert(fit, statistics, drawn, level, low, high)
    return Scored(names, p, low, high, drawn, observed, len(onsets) - len(patterns))


@dataclass(frozen=True, slots=True, eq=False)
class _Statistics:
    """Statistics of every draw and, last, of the real treatment."""

    fit: Fit
    test: ScoreTest
    patterns: tuple[Pattern, ...]
    names: tuple[str, ...]

    def at(self, factor: FloatArray) -> FloatArray:
        """Return them under a null, shape (n_draws + 1, n_names)."""
        effects = self.test.under(factor)
        return np.stack([self._row(effects, pattern) for pattern in self.patterns])

    def _row(self, effects: Callable[[Pattern], dict[str, float]], pattern: Pattern) -> FloatArray:
        by_view = effects(pattern)
        return np.array([by_view.get(name, np.nan) for name in self.names])


def _reported(fit: Fit, real: Pattern) -> tuple[str, ...]:
    """Names of the effects shown, then of the averages: those whose ends are refined stand last."""
    shown = fit.view("event").names if "event" in fit.views else ()
    averages = [name for name in (PATH, OVERALL) if name in real.names]
    return (*(name for name in real.names if name in shown), *averages)


def _invert(
    fit: Fit, statistics: _Statistics, drawn: FloatArray, level: float, low: FloatArray, high: FloatArray
) -> None:
    """Fill in the constant effects that are not rejected, for effects after onset and before it."""
    rows = find_shifted_rows(fit)
    names = statistics.names
    estimate = fit.estimate
    known = dict(zip(estimate.names, estimate.effects, strict=True))
    known |= {name: float(fit.view(name).effects[0]) for name in (OVERALL, PATH) if name in names}
    early = set()
    if isinstance(estimate, EventStudy):
        early = {estimate.names[k] for k in estimate.pre_effects()}
    for shift, fixed, places in (
        (rows[:, 0], np.zeros(rows.shape[0]), [k for k, name in enumerate(names) if name not in early]),
        (rows[:, 1], rows[:, 0] * known[OVERALL], [k for k, name in enumerate(names) if name in early]),
    ):
        if places:
            _one_side(
                statistics, np.array([known[names[k]] for k in places]), drawn, places, shift, fixed, level, low, high
            )


def _one_side(
    statistics: _Statistics,
    centres: FloatArray,
    drawn: FloatArray,
    places: list[int],
    shift: FloatArray,
    fixed: FloatArray,
    level: float,
    low: FloatArray,
    high: FloatArray,
) -> None:
    spread = SPREADS * np.nanstd(drawn[:, places], axis=0)
    grid = list(np.linspace(float((centres - spread).min()), float((centres + spread).max()), GRID))
    values: dict[float, FloatArray] = {}
    for refinement in range(2):
        for effect in grid:
            if effect not in values:
                rejections = _tried(statistics, np.exp(fixed + effect * shift))
                if rejections is not None:
                    values[effect] = rejections
        tried = np.array(sorted(values))
        if tried.size < 3:
            return
        stacked = np.stack([values[effect] for effect in tried])
        for k in places:
            low[k], high[k] = invert_on_grid(tried, stacked[:, -1, k], stacked[:, :-1, k], level)
        ends = [float(end) for k in places for end in (low[k], high[k]) if np.isfinite(end)]
        # The ends of the averages sharpen the interpolation where it is used.
        grid = ends[-4:] if refinement == 0 else []


def _tried(statistics: _Statistics, factor: FloatArray) -> FloatArray | None:
    try:
        return statistics.at(factor)
    except EstimationError:
        return None


def _present(values: FloatArray) -> FloatArray:
    return values[~np.isnan(values)]
