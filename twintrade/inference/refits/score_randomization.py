"""Randomization of nonlinear estimates without refits: one-step estimates from the model that omits the treatment."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twintrade.effects import EventStudy
from twintrade.errors import EstimationError, InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.estimators.repeating import OVERALL, PATH, Null, Pattern, ScoreTest
from twintrade.inference.clustered import Facts
from twintrade.inference.clustering.variances import is_reference
from twintrade.inference.refits.inversion import compute_two_sided_share, invert_on_grid
from twintrade.inference.refits.noise import Noise, Residuals, TreatedDraws, build_noise, find_treated
from twintrade.inference.refits.permutation import find_shifted_rows
from twintrade.inference.refits.randomization_bands import Compared
from twintrade.numerics.arrays import FloatArray, IntArray

SPREADS = 3.5
GRID = 9
MOST_GRIDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Results by effect name, "overall" and "path" among them.

    Attributes
    ----------
    names : tuple of str
    p, low, high : FloatArray, shape (n_names,)
    drawn : FloatArray, shape (n_draws, n_names)
        One-step estimates under no effect, at the real assignment's noise where that is accounted for; NaN where a
        draw does not have one.
    observed : FloatArray, shape (n_names,)
    n_lost : int
        Draws that observe other rows, and count as failed.
    noise : Facts or None
        How noise depends on size, where statistics account for it.
    """

    names: tuple[str, ...]
    p: FloatArray
    low: FloatArray
    high: FloatArray
    drawn: FloatArray
    observed: FloatArray
    n_lost: int
    noise: Facts | None

    def place(self, name: str) -> int:
        """Return where an effect stands."""
        return self.names.index(name)


def compare_one_step_estimates(
    fit: Fit,
    test: ScoreTest,
    onsets: Sequence[FloatArray],
    has_intervals: bool,
    level: float,
    is_studentized: bool = False,
) -> Scored:
    """Compare the one-step estimates of real and re-assigned onsets.

    Parameters
    ----------
    is_studentized : bool
        Compare them over the standard error that noise by size gives them.

    Raises
    ------
    InferenceError
        No draw observes the same rows as the design.
    """
    real = test.pattern(fit.design)
    assert real is not None
    with_patterns = [(onset, test.pattern(fit.design.reassigned(onset))) for onset in onsets]
    patterns = [pattern for _, pattern in with_patterns if pattern is not None]
    if not patterns:
        raise InferenceError("every re-assigned design loses rows; re-assign across fewer units or use refits")
    names = _reported(fit, real)
    used = [onset for onset, pattern in with_patterns if pattern is not None]
    scales = _prepare_scales(fit, names, used) if is_studentized else None
    statistics = _Statistics(fit, test, (*patterns, real), names, scales)
    null = test.under(np.ones(fit.design.observations.n_rows))
    values = statistics.of(null)
    drawn, observed = values[:-1], values[-1]
    p = np.array([compute_two_sided_share(float(observed[k]), _present(drawn[:, k])) for k in range(len(names))])
    low, high = np.full(len(names), np.nan), np.full(len(names), np.nan)
    if has_intervals:
        _invert(fit, statistics, drawn, level, low, high)
    noise = None if scales is None else scales.facts(null)
    return Scored(names, p, low, high, drawn, observed, len(onsets) - len(patterns), noise)


@dataclass(frozen=True, slots=True, eq=False)
class _Statistics:
    """Statistics of every draw and, last, of the real treatment."""

    fit: Fit
    test: ScoreTest
    patterns: tuple[Pattern, ...]
    names: tuple[str, ...]
    scales: "_Scales | None"

    def at(self, factor: FloatArray) -> FloatArray:
        """Return them under a null, shape (n_draws + 1, n_names)."""
        return self.of(self.test.under(factor))

    def of(self, null: Null) -> FloatArray:
        """Return them under a fitted null: at the real one's scale, where there are scales."""
        by_draw = null.estimate_all(self.patterns)
        effects = np.array([[by_view.get(name, np.nan) for name in self.names] for by_view in by_draw])
        return effects if self.scales is None else effects * self.scales.relative(null)


@dataclass(frozen=True, slots=True, eq=False)
class _Scales:
    """What noise by size makes of each statistic in each draw."""

    noise: Noise
    dealt: TreatedDraws
    places: IntArray

    def relative(self, null: Null) -> FloatArray:
        """Return the real assignment's scale over each draw's, shape (n_draws + 1, n_names)."""
        variances = self.noise.variances(Residuals(null.residuals, null.means, True))
        shares = self.noise.weigh(null.means)
        scale = shares.scale(variances, self.dealt, slice(None), is_ratio=True)[:, self.places]
        return np.asarray(scale[-1] / scale)

    def facts(self, null: Null) -> Facts:
        """Return how noise depends on size."""
        return self.noise.facts(Residuals(null.residuals, null.means, True))


def _prepare_scales(fit: Fit, names: tuple[str, ...], onsets: Sequence[FloatArray]) -> _Scales:
    shown = [fit.view("event")] if "event" in fit.views else []
    estimates = [*shown, fit.view("overall")]
    noise = build_noise(fit, estimates)
    known = [name for one in shown for name in one.names]
    places = [known.index(name) if name in known else len(known) for name in names]
    dealt = find_treated(fit.design.observations, noise.cohorts, [*onsets, fit.design.onset])
    return _Scales(noise, dealt, np.array(places))


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
    step = grid[1] - grid[0]
    values: dict[float, FloatArray] = {}
    for _ in range(MOST_GRIDS):
        for effect in grid:
            rejections = None if effect in values else _tried(statistics, np.exp(fixed + effect * shift))
            if rejections is not None:
                values[effect] = rejections
        tried = np.array(sorted(values))
        if tried.size < 3:
            return
        stacked = np.stack([values[effect] for effect in tried])
        for k in places:
            low[k], high[k] = invert_on_grid(tried, stacked[:, -1, k], stacked[:, :-1, k], level)
        # Where an end lies outside, the grid grows; else the ends of the averages sharpen the interpolation.
        further = step * np.arange(1, GRID)
        grid = [] if np.isfinite(low[places]).all() else list(tried[0] - further)
        grid += [] if np.isfinite(high[places]).all() else list(tried[-1] + further)
        if not grid:
            grid = [float(end) for k in places for end in (low[k], high[k]) if np.isfinite(end)][-4:]
        if all(effect in values for effect in grid):
            return


def _tried(statistics: _Statistics, factor: FloatArray) -> FloatArray | None:
    try:
        return statistics.at(factor)
    except EstimationError:
        return None


def select_view(fit: Fit, view: View, scored: Scored) -> Compared:
    """Pick a view's effects out of the scores, in the order of the estimate."""
    estimate = fit.view(view)
    places = np.full(estimate.n_effects, -1)
    for k, name in enumerate(estimate.names):
        if view in scored.names:
            places[k] = scored.place(view)
        elif name in scored.names:
            places[k] = scored.place(name)
    taken = np.where(places >= 0, places, 0)
    missing = places < 0
    p, low, high, observed = (
        np.where(missing, np.nan, values[taken]) for values in (scored.p, scored.low, scored.high, scored.observed)
    )
    drawn = np.where(missing, 0.0 if is_reference(estimate).any() else np.nan, scored.drawn[:, taken])
    return Compared(estimate, p, low, high, observed, drawn)


def _present(values: FloatArray) -> FloatArray:
    return values[~np.isnan(values)]
