"""What agreements did to totals of pairs under many deals of them, over the noise that pairs of their size have."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.poisson import FlowTable, LeftOutFit, MarginFactors, fit_left_out
from twintrade.numerics.testing import fit_by_size

MOST_SQUARE = 25.0  # where squared relative residuals are cut
ADDED_NOISE = 0.1  # share of the noise of a pair's size that is added to that of its own past
FEWEST_BEFORE = 3
FLOOR = 0.003  # share of an expected total below which an actual one counts as this
TINY = 1e-12
EXACT, ROUNDS_EXACT = 1e-11, 20_000
DEALT, ROUNDS_DEALT = 3e-4, 300
"""How closely the real agreements' means are fitted, and those of deals: to 1e-9 and, on average, 1e-4 in logs."""


@dataclass(frozen=True, slots=True, eq=False)
class Timing:
    """Which periods of each agreement are left out of the fit, and which are compared with it; (n,) each."""

    # out: position of the first period left out; first, end: of the first compared, and of the first after these
    out: IntArray
    first: IntArray
    end: IntArray

    def moved_before(self, periods: int) -> "Timing":
        """Return the comparison of so many periods before what is left out with what came earlier.

        Agreements with nothing earlier are left out as they were, and nothing of them is compared.
        """
        has_earlier = self.out > periods
        first = np.where(has_earlier, self.out - periods, self.out)
        return Timing(first, first, self.out)

    @property
    def is_compared(self) -> BoolArray:
        """Whether any period of an agreement is compared, (n,)."""
        return np.asarray(self.end > self.first)


@dataclass(frozen=True, slots=True, eq=False)
class PairNoise:
    """How noisy a pair's flow is around what the table's margins say, relative to these."""

    by_size: FloatArray  # (n_pairs,): mean square that pairs of its size have
    so_far: FloatArray  # (n_pairs, n_periods): mean square of the pair up to a period

    @classmethod
    def of(cls, table: FlowTable, size: FloatArray) -> "PairNoise":
        """Return the noise of a table; ``size`` (n_pairs,): normal scores."""
        y, mean, seen = table.by_pair, table.means.of_all(), table.is_observed.reshape(table.by_pair.shape)
        with np.errstate(divide="ignore", invalid="ignore"):
            square = np.minimum(((y - mean) / mean) ** 2, MOST_SQUARE)
        seen = seen & np.isfinite(square)
        square = np.where(seen, square, 0.0)
        so_far = np.cumsum(square, axis=1) / np.maximum(np.cumsum(seen, axis=1), 1)
        is_known = np.asarray(seen.any(axis=1))
        return cls(np.exp(fit_by_size(size, np.log(so_far[:, -1] + 1e-4), is_known)), so_far)

    def of_agreements(self, pairs: IntArray, timing: Timing) -> FloatArray:
        """Return the variance of each agreement's log ratio of its total, (n_draws, n)."""
        n_before, n_after = np.maximum(timing.out, 1), np.maximum(timing.end - timing.first, 1)
        by_size = self.by_size.take(pairs)
        past = self.so_far.take(pairs * self.so_far.shape[1] + n_before - 1) + ADDED_NOISE * by_size
        variance = np.where(n_before >= FEWEST_BEFORE, np.sqrt(past * by_size), by_size)
        return np.asarray(variance * (1 / n_after + 1 / n_before))


@dataclass(frozen=True, eq=False)
class PairTotals:
    """What pairs with agreements traded, and what they would have, in each draw."""

    # actual, expected, counts: (n_draws, n), the last of what the row average counts
    actual: FloatArray
    expected: FloatArray
    counts: FloatArray
    row_average: FloatArray  # (n_draws,): mean log ratio of rows with trade, or of pairs' totals
    errors: FloatArray  # (n_draws, 3): of total, row average, and total without the largest pair
    # slope, slope_error: (n_draws,): common trend of the pairs before what is left out, in logs a period
    slope: FloatArray
    slope_error: FloatArray
    reach: FloatArray  # (n_draws,): periods over which that trend, going on, would have moved the total

    @classmethod
    def join(cls, parts: "Sequence[PairTotals]") -> "PairTotals":
        """Return the draws of all parts."""
        names = [one.name for one in fields(cls)]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    @cached_property
    def total(self) -> FloatArray:
        """Log of the actual over the expected total, (n_draws,)."""
        return _log_ratio(self.actual.sum(axis=1), self.expected.sum(axis=1))

    @cached_property
    def without_largest(self) -> FloatArray:
        """The total without the pair that would have traded most, (n_draws,)."""
        return np.asarray(self.without_one[np.arange(len(self.expected)), self.expected.argmax(axis=1)])

    @property
    def without_one(self) -> FloatArray:
        """The total without each pair, (n_draws, n)."""
        sums = (values.sum(axis=1, keepdims=True) - values for values in (self.actual, self.expected))
        return _log_ratio(*sums)

    @cached_property
    def _range_without_one(self) -> tuple[FloatArray, FloatArray]:
        without_one = self.without_one
        return without_one.min(axis=1), without_one.max(axis=1)

    def nearest_zero(self, center: float, moved: float = 0.0) -> FloatArray:
        """Return the total without one pair that is nearest zero, less a center, zero where one changes sign."""
        sign, (low, high) = np.sign(self.total + moved - center), self._range_without_one
        nearest = np.where(sign > 0, low, high) + moved - center
        return np.asarray(sign * np.maximum(nearest * sign, 0.0))


def measure_totals(
    table: FlowTable,
    noise: PairNoise,
    pairs: IntArray,
    timing: Timing,
    *,
    by_row: bool,
    is_exact: bool = False,
    near: MarginFactors | None = None,
) -> tuple[PairTotals, MarginFactors]:
    """Return what is compared in each draw, and where the fits ended.

    ``pairs`` (n_draws, n): who has the agreements; ``by_row``: whether the row average is one of rows, else of pairs'
    totals; ``near``: factors of a fit to a similar table, to begin with.
    """
    tolerance, rounds = (EXACT, ROUNDS_EXACT) if is_exact else (DEALT, ROUNDS_DEALT)
    parts = []
    for first in range(0, max(len(pairs), 1), table.draws_at_once):
        some = slice(first, first + table.draws_at_once)
        begun = None if near is None else near.take(some)
        fitted = fit_left_out(table, pairs[some], timing.out, tolerance, rounds, begun)
        parts.append(_compare(table, noise.of_agreements(pairs[some], timing), pairs[some], timing, by_row, fitted))
    *columns, ends = zip(*parts, strict=True)
    return PairTotals(*map(np.concatenate, columns)), MarginFactors.join(ends)


def _compare(
    table: FlowTable, variance: FloatArray, pairs: IntArray, timing: Timing, by_row: bool, fitted: LeftOutFit
) -> tuple[FloatArray | MarginFactors, ...]:
    """Return the fields of totals for some draws; ``variance`` (n_draws, n): of the log ratio of each total."""
    mean, period = fitted.means, np.arange(table.shape[2])
    seen = table.is_observed.reshape(table.by_pair.shape).take(pairs, axis=0)
    y = table.by_pair.take(pairs, axis=0)
    is_compared = seen & (period >= timing.first[:, None]) & (period < timing.end[:, None])
    actual, expected = (np.einsum("ijt,ijt->ij", values, is_compared) for values in (y, mean))
    if by_row:
        is_positive = is_compared & (y > 0) & (mean > 0)
        logs = np.log(np.divide(y, mean, out=np.ones_like(mean), where=is_positive)).sum(axis=2)
        counts = is_positive.sum(axis=2).astype(np.float64)
    else:
        counts = (expected > 0).astype(np.float64)
        logs = np.where(expected > 0, _log_ratio(actual, expected), 0.0)
    # A pair's own trend before what is left out: its score, and its information.
    is_before = seen & (period < timing.out[:, None])
    powers = (period - period.mean())[:, None] ** np.arange(3)
    moments, scores = (mean * is_before) @ powers, ((y - mean) * is_before) @ powers[:, :2]
    middle = moments[:, :, 1] / np.maximum(moments[:, :, 0], TINY)
    trend = scores[:, :, 1] - middle * scores[:, :, 0]
    curve = np.maximum(moments[:, :, 2] - middle * moments[:, :, 1], 0.0)
    n_before = np.maximum(timing.out, 2).astype(np.float64)
    by_period = variance / (1 / np.maximum(timing.out, 1) + 1 / np.maximum(timing.end - timing.first, 1))
    trend_variance = by_period * 12 / (n_before * (n_before**2 - 1))
    # Distance from the middle of the periods before to that of those compared.
    apart = expected @ ((timing.first + timing.end - timing.out) / 2.0)
    return (
        actual,
        expected,
        counts,
        logs.sum(axis=1) / np.maximum(counts.sum(axis=1), 1),
        compute_errors(expected, counts, variance),
        trend.sum(axis=1) / np.maximum(curve.sum(axis=1), TINY),
        _weighted_error(curve, trend_variance),
        apart / np.maximum(expected.sum(axis=1), TINY),
        fitted.ends,
    )


def is_average_of_rows(y: FloatArray, is_compared: BoolArray) -> bool:
    """Whether the rows of the real agreements are zero rarely enough for an average of their log ratios."""
    return bool((y[is_compared] == 0).mean() <= 0.05) if is_compared.any() else True


def _log_ratio(actual: FloatArray, expected: FloatArray) -> FloatArray:
    return np.asarray(np.log(np.maximum(actual, FLOOR * expected + TINY) / np.maximum(expected, TINY)))


def compute_errors(expected: FloatArray, counts: FloatArray, variance: FloatArray) -> FloatArray:
    """Return ``errors`` of totals under a variance of the pairs, (n_draws, n)."""
    rest = expected.copy()
    np.put_along_axis(rest, expected.argmax(axis=1)[:, None], 0.0, axis=1)
    return np.column_stack([_weighted_error(w, variance) for w in (expected, counts, rest)])


def _weighted_error(weights: FloatArray, variance: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt((weights**2 * variance).sum(axis=1)) / np.maximum(weights.sum(axis=1), TINY) + 1e-9)
