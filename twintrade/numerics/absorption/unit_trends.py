"""A level and a straight line for every unit, and effects of periods, taken out of columns exactly."""

import numpy as np

from twintrade.numerics.arrays import FloatArray, IntArray

ROWS_AT_ONCE = 1 << 16
NEGLIGIBLE = 1e-11
"""Share of the largest eigenvalue below which a combination of periods is one of lines."""


def remove_trends(
    columns: FloatArray, unit: IntArray, period: IntArray, weights: FloatArray
) -> tuple[FloatArray, int]:
    """Return the columns less what unit effects, unit-specific lines and period effects explain.

    Each unit's level and line are removed in closed form, from the columns and from the dummies of the periods; what
    the dummies still explain is one small system. Dummies are held for a block of units at a time.

    ``columns`` (n_rows, k); ``unit``, ``period`` (n_rows,): rows sorted by unit; ``weights``: (n_rows,), positive.
    Returns ``residuals`` (n_rows, k); ``n_lines`` : units whose line is identified: those observed in two periods or
    more.
    """
    labels, code = np.unique(period, return_inverse=True)
    t = period.astype(np.float64) - labels.mean()
    out = np.empty(columns.shape)
    gram, cross = np.zeros((labels.size, labels.size)), np.zeros((labels.size, columns.shape[1]))
    n_lines = 0
    blocks = _blocks(unit, ROWS_AT_ONCE)
    for rows in blocks:
        lines = _UnitLines(unit[rows], t[rows], weights[rows])
        out[rows] = lines.removed(columns[rows])
        dummies = lines.removed(np.eye(labels.size)[code[rows]])
        weighted = dummies * weights[rows, None]
        gram += weighted.T @ dummies
        cross += weighted.T @ out[rows]
        n_lines += lines.n_lines
    for _ in range(2):
        # The second round takes back what squaring the condition number cost the first.
        effects = _solved(gram, cross)
        cross = np.zeros_like(cross)
        for rows in blocks:
            dummies = _UnitLines(unit[rows], t[rows], weights[rows]).removed(np.eye(labels.size)[code[rows]])
            out[rows] -= dummies @ effects
            cross += (dummies * weights[rows, None]).T @ out[rows]
    return out, n_lines


class _UnitLines:
    """Weighted levels and lines of the units of a block."""

    def __init__(self, unit: IntArray, t: FloatArray, w: FloatArray) -> None:
        self._starts = np.flatnonzero(np.diff(unit, prepend=-1))
        self._code = np.cumsum(np.diff(unit, prepend=-1) != 0) - 1
        self._w = w
        self._total = self._sums(w[:, None])
        self._t = t - (self._sums((w * t)[:, None]) / self._total)[self._code, 0]
        spread = self._sums((w * self._t**2)[:, None])
        has_line = spread[:, 0] > 0
        self._inverse = np.zeros_like(spread)
        self._inverse[has_line] = 1.0 / spread[has_line]
        self.n_lines = int(has_line.sum())

    def _sums(self, values: FloatArray) -> FloatArray:
        return np.asarray(np.add.reduceat(values, self._starts, axis=0), dtype=np.float64)

    def removed(self, columns: FloatArray) -> FloatArray:
        """Return the columns less each unit's level and line."""
        left: FloatArray = columns - (self._sums(columns * self._w[:, None]) / self._total)[self._code]
        slope = self._sums(left * (self._w * self._t)[:, None]) * self._inverse
        left -= slope[self._code] * self._t[:, None]
        return left


def _blocks(unit: IntArray, rows_at_once: int) -> list[slice]:
    """Cut the rows into runs of whole units, each about as long as asked for, or one unit where that is longer."""
    ends = np.append(np.flatnonzero(np.diff(unit)) + 1, unit.size)
    steps = np.arange(rows_at_once, unit.size + rows_at_once, rows_at_once)
    cuts = np.unique(ends[np.minimum(np.searchsorted(ends, steps), ends.size - 1)])
    return [slice(int(a), int(b)) for a, b in zip(np.append(0, cuts[:-1]), cuts, strict=True)]


def _solved(gram: FloatArray, cross: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh(gram)
    kept = values > NEGLIGIBLE * max(values[-1], 0.0)
    return np.asarray(vectors[:, kept] @ ((vectors[:, kept].T @ cross) / values[kept, None]), dtype=np.float64)
