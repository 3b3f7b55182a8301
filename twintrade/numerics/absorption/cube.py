"""A city × partner × period panel, complete or not, recognized from the codes of its three pairwise effects alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twintrade.numerics.absorption.levels import Levels, is_nested, label_components, label_levels
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, compact

# Closed-form projections for complete panels: unit × period, and city × partner × period.


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
        shape, n = levels.sizes, levels.n_rows
        if n == 0 or shape[0] * shape[1] != n:
            return None
        position = levels.codes[0] * shape[1] + levels.codes[1]
        if np.bincount(position, minlength=n).max() > 1:
            return None
        is_sorted = bool(np.all(position[1:] > position[:-1]))
        levels_of_cells = (np.arange(shape[0]), np.arange(shape[1]))
        return Grid(shape, ((1,), (0,)), None if is_sorted else position, levels_of_cells)
    cube = find_cube(levels)
    return None if cube is None else complete_grid(cube)


def project_grid(grid: Grid, columns: FloatArray) -> tuple[FloatArray, list[FloatArray]]:
    """Residuals (n, k) and coefficients per effect, (size, k), by subtracting means once, as these commute."""
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


FULLEST_HOLES = 2.5
SAMPLED_ABOVE = 200_000
SAMPLED_SHARE = 16
ROWS_AT_ONCE = 1 << 15


@dataclass(frozen=True, slots=True, eq=False)
class Cube:
    """Where each row and each level stands in a cube of cells, some of them possibly empty."""

    shape: tuple[int, int, int]  # cities, partners, periods
    places: tuple[int, ...]  # which of the caller's effects are dyad, city × period, partner × period, and any others
    position: IntArray | None  # (n,) flat cell of each row; None if the rows are the cells in order
    is_ordered: bool  # whether the positions increase
    # For dyad, city × period and partner × period the flat cell of each level in its own table, (size,)
    cells: tuple[IntArray, IntArray, IntArray]
    # For each effect beside these, which are of groups of dyads by period, the group of each dyad, (n_dyads,)
    groupings: Sequence[IntArray] = ()

    @property
    def n_cells(self) -> int:
        """Number of cells, empty ones included."""
        return self.shape[0] * self.shape[1] * self.shape[2]

    def spread(self, columns: FloatArray, is_spare: bool = False) -> FloatArray:
        """Lay (n, k) columns out by cell, (k, n_cells), empty cells zero; a copy, unless the columns are spare."""
        if self.position is None:
            return np.array(columns.T, dtype=np.float64, order="C", copy=None if is_spare else True)
        return self.spread_each(list(columns.T))

    def spread_each(self, columns: Sequence[FloatArray | float]) -> FloatArray:
        """Lay out columns (n,) that are not in one array, or values that all rows share, in the same way."""
        out = np.zeros((len(columns), self.n_cells))
        for cube, column in zip(out, columns, strict=True):
            cube[slice(None) if self.position is None else self.position] = column
        return out

    def gathered(self, cells: FloatArray) -> FloatArray:
        """Return the rows of (k, n_cells) values, (n, k), which may be a view of them; the cells are used up."""
        if self.position is None:
            return cells.T
        n = self.position.size
        if self.is_ordered:
            return move_to_front(cells.T, self.position)
        out = np.empty((cells.shape[0], n))
        for column, values in zip(out, cells, strict=True):
            np.take(values, self.position, out=column, mode="clip")
        return out.T


def move_to_front(values: FloatArray, places: IntArray) -> FloatArray:
    """Move (n,) or (n, k) values at increasing places to the front and return a view of those."""
    for low in range(0, places.size, ROWS_AT_ONCE):
        rows = places[low : low + ROWS_AT_ONCE]
        values[low : low + rows.size] = values[rows]
    return values[: places.size]


def find_cube(levels: Levels, most_cells: float = FULLEST_HOLES, dyad: int = -1) -> Cube | None:
    """Recognize a cube by its effect of dyads or the largest, with so many cells a row, on a sample if large."""
    if len(levels.codes) != 3 or levels.n_rows == 0:
        return None
    dyad = int(np.argmax(levels.sizes)) if dyad < 0 else dyad
    origin, destination = (k for k in range(3) if k != dyad)
    codes, sizes = (
        [levels.codes[k] for k in (dyad, origin, destination)],
        [levels.sizes[k] for k in (dyad, origin, destination)],
    )
    some = _sampled(codes[0])
    guess = _axes([code if some is None else code[some] for code in codes], sizes)
    if guess is None and some is not None:
        guess = _axes(codes, sizes)
    if guess is None:
        return None
    (city, period), (partner, same_period), shape = guess
    n_cells = shape[0] * shape[1] * shape[2]
    if n_cells > most_cells * levels.n_rows:
        return None
    first = _some_row(codes[0], sizes[0])
    cells = (
        city[codes[1][first]] * shape[1] + partner[codes[2][first]],
        city * shape[2] + period,
        partner * shape[2] + same_period,
    )
    if any(int(np.bincount(cell).max()) > 1 for cell in cells):
        return None
    position = _positions(codes, cells, shape)
    if position is None:
        return None
    is_ordered = bool((position[1:] > position[:-1]).all())
    if not is_ordered and int(np.bincount(position, minlength=n_cells).max()) > 1:
        return None
    places = None if is_ordered and position.size == n_cells else position
    return Cube(shape, (dyad, origin, destination), places, is_ordered, cells)


def find_grouping(cube: Cube, code: IntArray) -> IntArray:
    """Return the group of each dyad, (n_dyads,), if the levels of an effect are groups by period; else nothing."""
    dyad, period = np.divmod(np.arange(cube.n_cells) if cube.position is None else cube.position, cube.shape[2])
    groups = np.zeros(cube.shape[0] * cube.shape[1], dtype=np.int64)
    groups[dyad] = compact(label_components(code, dyad))
    level = groups[dyad] * cube.shape[2] + period
    return groups if is_nested(level, code) and is_nested(code, level) else groups[:0]


def complete_grid(cube: Cube) -> Grid | None:
    """Return the same as a grid if every cell is a row."""
    if cube.position is not None and cube.position.size < cube.n_cells:
        return None
    axes, level_of = [(0,)] * 3, [np.empty(0, dtype=np.int64)] * 3
    for place, free, cell in zip(cube.places, (2, 1, 0), cube.cells, strict=True):
        axes[place], level_of[place] = (free,), np.argsort(cell)
    return Grid(cube.shape, tuple(axes), cube.position, tuple(level_of))


def _sampled(dyad: IntArray) -> BoolArray | None:
    """Rows of about one dyad in sixteen, chosen by a hash so that no axis is favored."""
    if dyad.size < SAMPLED_ABOVE:
        return None
    size = int(dyad.max()) + 1
    hashed = (np.arange(size, dtype=np.uint64) * np.uint64(2654435761)) >> np.uint64(16)
    return np.asarray((hashed % np.uint64(SAMPLED_SHARE) == 0)[dyad], dtype=np.bool_)


Axes = tuple[tuple[IntArray, IntArray], tuple[IntArray, IntArray], tuple[int, int, int]]


def _axes(codes: list[IntArray], sizes: list[int]) -> Axes | None:
    """City and period of each city-period, partner and period of each partner-period; None if a level has no row."""
    dyad, origin, destination = codes
    if any(np.bincount(code, minlength=size).min() == 0 for code, size in zip(codes[1:], sizes[1:], strict=True)):
        return None
    city = label_levels(origin, sizes[1], dyad, sizes[0])[0]
    partner = label_levels(destination, sizes[2], dyad, sizes[0])[0]
    period, same_period = label_levels(origin, sizes[1], destination, sizes[2])
    numbered = [compact(label) for label in (city, partner)]
    periods, back = np.unique(np.concatenate([period, same_period]), return_inverse=True)
    back = back.astype(np.int64)
    shape = (int(numbered[0].max()) + 1, int(numbered[1].max()) + 1, periods.size)
    return (numbered[0], back[: sizes[1]]), (numbered[1], back[sizes[1] :]), shape


def _some_row(code: IntArray, size: int) -> IntArray:
    """A row of each level, (size,)."""
    out = np.empty(size, dtype=np.int64)
    for low in range(0, code.size, ROWS_AT_ONCE):
        part = code[low : low + ROWS_AT_ONCE]
        out[part] = np.arange(low, low + part.size)
    return out


def _positions(codes: list[IntArray], cells: tuple[IntArray, ...], shape: tuple[int, int, int]) -> IntArray | None:
    """Cell of each row; None if some row's city-period or partner-period levels are not those of its cell."""
    n_partners, n_periods = shape[1:]
    dyad_city, dyad_partner = np.divmod(cells[0], n_partners)
    dyad_city *= n_periods
    dyad_partner *= n_periods
    start, period = cells[0] * n_periods, cells[1] % n_periods
    out = np.empty(codes[0].size, dtype=np.int64)
    for low in range(0, out.size, ROWS_AT_ONCE):
        dyad, origin, destination = (code[low : low + ROWS_AT_ONCE] for code in codes)
        at = period[origin]
        if not np.array_equal(cells[1][origin], dyad_city[dyad] + at):
            return None
        if not np.array_equal(cells[2][destination], dyad_partner[dyad] + at):
            return None
        np.add(start[dyad], at, out=out[low : low + at.size])
    return out
