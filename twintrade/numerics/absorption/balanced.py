"""Closed-form projections for complete panels: unit × period, and city × partner × period."""

from dataclasses import dataclass

import numpy as np

from twintrade.numerics.absorption.levels import Levels, sort_rows_by_level
from twintrade.numerics.arrays import FloatArray, IntArray, compact


@dataclass(frozen=True, slots=True)
class Grid:
    """A complete grid of cells, one row each."""

    shape: tuple[int, ...]  # (units, periods), or (cities, partners, periods)
    axes: tuple[tuple[int, ...], ...]  # for each effect, in the caller's order, the axes that it does *not* span
    position: IntArray | None  # (n,) flat cell of each row; None if the rows already are in the grid's order
    level_of: tuple[IntArray, ...]  # for each effect its level in each of the cells it spans, in grid order


def find_grid(levels: Levels) -> Grid | None:
    """Recognize a complete two-way panel or a complete cube with its three pairwise effects; None otherwise."""
    if len(levels.codes) == 2:
        return _two_way(levels)
    if len(levels.codes) == 3:
        return _three_way(levels)
    return None


def _two_way(levels: Levels) -> Grid | None:
    shape, n = levels.sizes, levels.n_rows
    if n == 0 or shape[0] * shape[1] != n:
        return None
    position = levels.codes[0] * shape[1] + levels.codes[1]
    if np.bincount(position, minlength=n).max() > 1:
        return None
    return Grid(shape, ((1,), (0,)), _unless_sorted(position), (np.arange(shape[0]), np.arange(shape[1])))


def _three_way(levels: Levels) -> Grid | None:
    """Find cube axes from the codes alone.

    The largest effect is called the dyad; levels of the second that meet in one dyad share a city, levels of the
    third a partner, and levels of the third that meet a common level of the second share a period.
    """
    n, sizes = levels.n_rows, levels.sizes
    dyad = int(np.argmax(sizes))
    origin, destination = (k for k in range(3) if k != dyad)
    counts = _cube_shape(n, sizes[dyad], sizes[origin], sizes[destination])
    if counts is None:
        return None
    codes = levels.codes
    city = compact(_least(codes[dyad], sizes[dyad], codes[origin]))[codes[dyad]]
    partner = compact(_least(codes[dyad], sizes[dyad], codes[destination]))[codes[dyad]]
    period = compact(_least(codes[destination], sizes[destination], codes[origin]))[codes[destination]]
    cell = (city, partner, period)
    if tuple(int(c.max()) + 1 for c in cell) != counts:
        return None
    position = (city * counts[1] + partner) * counts[2] + period
    if np.bincount(position, minlength=n).max() > 1:
        return None
    spans = {dyad: (0, 1), origin: (0, 2), destination: (1, 2)}
    level_of = [_level_of(codes[k], cell, counts, spans[k]) for k in range(3)]
    if any(level is None for level in level_of):
        return None
    axes = tuple(tuple(sorted({0, 1, 2} - set(spans[k]))) for k in range(3))
    return Grid(counts, axes, _unless_sorted(position), tuple(level for level in level_of if level is not None))


def _cube_shape(n: int, n_dyads: int, n_origin: int, n_destination: int) -> tuple[int, int, int] | None:
    if n == 0 or n_dyads * n_origin % n or n_dyads * n_destination % n or n_origin * n_destination % n:
        return None
    shape = (n_dyads * n_origin // n, n_dyads * n_destination // n, n_origin * n_destination // n)
    return shape if shape[0] * shape[1] * shape[2] == n else None


def _least(group: IntArray, size: int, values: IntArray) -> IntArray:
    order, pointer = sort_rows_by_level(group, size)
    return np.asarray(np.minimum.reduceat(values[order], pointer[:-1]), dtype=np.int64)


def _level_of(
    code: IntArray, cell: tuple[IntArray, ...], counts: tuple[int, ...], span: tuple[int, int]
) -> IntArray | None:
    """Level of each pair of grid indices, or None if the effect is not exactly that pair."""
    pair = cell[span[0]] * counts[span[1]] + cell[span[1]]
    table = np.empty(counts[span[0]] * counts[span[1]], dtype=np.int64)
    table[pair] = code
    return table if np.array_equal(table[pair], code) and np.unique(table).size == table.size else None


def _unless_sorted(position: IntArray) -> IntArray | None:
    return None if bool(np.all(position[1:] > position[:-1])) else position


def project_grid(grid: Grid, columns: FloatArray) -> tuple[FloatArray, list[FloatArray]]:
    """Residuals (n, k) and consistent coefficients per effect, each (size, k), by subtracting means once.

    On a complete grid the means over the axes that the effects leave out commute, so that subtracting each
    effect's means of what is left, one effect after another, is already the projection.
    """
    n, k = columns.shape
    flat = np.empty((n, k))
    if grid.position is None:
        flat[:] = columns
    else:
        flat[grid.position] = columns
    cube = flat.reshape(*grid.shape, k)
    coefficients = []
    for axes, level_of in zip(grid.axes, grid.level_of, strict=True):
        means = cube.mean(axis=axes, keepdims=True)
        cube -= means
        by_level = np.empty((level_of.size, k))
        by_level[level_of] = means.reshape(-1, k)
        coefficients.append(by_level)
    return flat if grid.position is None else flat[grid.position], coefficients
