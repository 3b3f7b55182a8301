"""Absorbs lists of fixed effects by weighted least squares: in closed form, on a cube, or by conjugate gradients."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.absorption.cube import Cube, Grid, complete_grid, find_cube, find_grid, project_grid
from twintrade.numerics.absorption.cube_projection import CubeEquations, project_cells, project_cells_once
from twintrade.numerics.absorption.levels import Levels, recode_levels
from twintrade.numerics.absorption.normal_equations import Incidence, NormalEquations, build_incidence
from twintrade.numerics.absorption.projection import Projection, project_blocks, project_once, solve_levels
from twintrade.numerics.arrays import FloatArray, IntArray

# A level and a straight line for every unit, and effects of periods, taken out of columns exactly.

ROWS_AT_ONCE = 1 << 16
NEGLIGIBLE = 1e-11  # share of the largest eigenvalue below which a combination of periods is one of lines


def remove_trends(
    columns: FloatArray, unit: IntArray, period: IntArray, weights: FloatArray
) -> tuple[FloatArray, int]:
    """Return (n_rows, k) columns less unit levels, unit lines and period effects; how many lines are identified."""
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
    values, vectors = np.linalg.eigh(gram)
    is_kept = values > NEGLIGIBLE * max(values[-1], 0.0)
    kept = vectors[:, is_kept]
    for _ in range(2):
        # The second round takes back what squaring the condition number cost the first.
        effects = kept @ ((kept.T @ cross) / values[is_kept, None])
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


CUBES_FROM = 50_000
"""Rows from which a cube is looked for; below, factored equations are as fast and converge whatever the weights."""


@dataclass(slots=True)
class _Workspace:
    """Patterns and factors that are built when first needed and shared between weights."""

    incidence: Incidence | None = None
    cube: Cube | None = None


@dataclass(frozen=True, slots=True)
class Absorber:
    """A set of fixed effects with weights, ready to be partialled out of columns."""

    levels: Levels  # the effects, recoded
    weights: FloatArray | None  # (n,) non-negative; None means one
    grid: Grid | None  # set if the closed form applies
    _shared: _Workspace = field(repr=False, compare=False)
    _weighted: list[NormalEquations] = field(default_factory=list, repr=False, compare=False)
    _cubed: list[CubeEquations] = field(default_factory=list, repr=False, compare=False)
    n_cells: int | None = None

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle without tables and factors, which are built again when needed."""
        shared = _Workspace(cube=self._shared.cube)
        return Absorber, (self.levels, self.weights, self.grid, shared, [], [], self.n_cells)

    @property
    def row_weights(self) -> FloatArray:
        """Weight of each row, one where there are none, shape (n_rows,)."""
        return np.ones(self.n_rows) if self.weights is None else self.weights

    @property
    def n_rows(self) -> int:
        """Number of rows; of cells, empty ones included, after `on_cells`."""
        return self.levels.n_rows if self.n_cells is None else self.n_cells

    @property
    def cube(self) -> Cube | None:
        """The cube of a large three-way panel."""
        return self._shared.cube

    def on_cells(self) -> "Absorber":
        """Return the same effects for columns given by cell of the cube; empty cells need a weight of zero."""
        if self.cube is None:
            raise EstimationError("These effects are not those of a large three-way panel.")
        inside = _Workspace(cube=replace(self.cube, position=None))
        return Absorber(self.levels, None, None, inside, n_cells=self.cube.n_cells)

    @property
    def cube_equations(self) -> CubeEquations | None:
        """The normal equations of the cube, built on first use; None where there is no cube."""
        cube = self.cube
        if cube is not None and not self._cubed:
            weights = self.weights
            if weights is None or cube.position is not None:
                weights = cube.spread_each([1.0 if weights is None else weights])
            self._cubed.append(CubeEquations(cube, weights.reshape(cube.shape)))
        return self._cubed[0] if self._cubed else None

    @property
    def equations(self) -> NormalEquations:
        """The normal equations D'WD of the effects, built on first use."""
        if not self._weighted:
            if self._shared.incidence is None:
                self._shared.incidence = build_incidence(self.levels)
            self._weighted.append(NormalEquations(self._shared.incidence, self.weights))
        return self._weighted[0]

    def residualize(self, columns: FloatArray, tolerance: float = 1e-12) -> FloatArray:
        """Return the weighted least-squares residuals of each column on all effects, (n, k)."""
        return self.project(columns, tolerance).residuals

    def reweighted(self, weights: FloatArray | None) -> "Absorber":
        """Return the same effects with new weights; everything that does not depend on weights is shared."""
        weights = _checked_weights(weights, self.n_rows)
        grid = self.grid if weights is None else None
        return Absorber(self.levels, weights, grid, self._shared, n_cells=self.n_cells)

    def effect_coefficients(self, column: FloatArray, tolerance: float = 1e-12) -> list[FloatArray]:
        """Return one solution of the effects' coefficients for a column, by the caller's codes, NaN without a row."""
        return self.by_code([one[:, 0] for one in self.project(column[:, None], tolerance).coefficients])

    def by_code(self, coefficients: Sequence[FloatArray]) -> list[FloatArray]:
        """Spread coefficients per level (size,) over the caller's codes, NaN where a code has no row."""
        out = []
        for label, values in zip(self.levels.labels, coefficients, strict=True):
            spread = np.full(int(label.max()) + 1 if label.size else 0, np.nan)
            spread[label] = values
            out.append(spread)
        return out

    def solve(self, sums: Sequence[FloatArray]) -> list[FloatArray]:
        """Solve the normal equations D'WD a = d for right-hand sides per level, (size, k) per effect; return such."""
        return solve_levels(self.equations, sums)

    def project(
        self, columns: FloatArray, tolerance: float = 1e-12, start: FloatArray | None = None, is_spare: bool = False
    ) -> Projection:
        """Return residuals and coefficients, begun at earlier stacked ones; spare columns may be overwritten."""
        k = columns.shape[1]
        if k == 0:
            return Projection(columns.copy(), [np.empty((size, 0)) for size in self.levels.sizes], None)
        if self.grid is not None:
            residuals, coefficients = project_grid(self.grid, columns)
            return Projection(residuals, coefficients, None)
        cubed = self.cube_equations
        if cubed is not None:
            return _projected_cells(cubed, cubed.cube.spread(columns, is_spare), tolerance, start)
        return project_blocks(self.equations, columns, tolerance, start)

    def project_each(self, columns: Sequence[FloatArray]) -> Projection:
        """Project columns (n,) that are not in one array, without putting them in one where there is a cube."""
        cubed = None if self.grid is not None else self.cube_equations
        if cubed is not None:
            return _projected_cells(cubed, cubed.cube.spread_each(columns))
        return self.project(np.asfortranarray(np.column_stack(columns)), is_spare=True)

    def project_once(self, column: FloatArray, forcing: float) -> Projection:
        """Project one column (n, 1), overwritten, until level sums shrink to a fraction, without a check."""
        cubed = self.cube_equations
        if cubed is None:
            return project_once(self.equations, column, forcing)
        cells = cubed.cube.spread(column, is_spare=True)
        first, stacked = project_cells_once(cubed, cells, forcing)
        return Projection(cubed.cube.gathered(cells), cubed.level_coefficients(first, stacked), stacked)


def build_absorber(
    codes: Sequence[IntArray], weights: FloatArray | None = None, is_cube_sought: bool = True
) -> Absorber:
    """Build an absorber from integer codes (n,) per effect: dyad, city × period, partner × period ..."""
    known = recode_levels(codes)
    checked = _checked_weights(weights, known.n_rows)
    shared = _Workspace(cube=find_cube(known) if is_cube_sought and known.n_rows >= CUBES_FROM else None)
    if checked is not None:
        return Absorber(known, checked, None, shared)
    return Absorber(known, None, find_grid(known) if shared.cube is None else complete_grid(shared.cube), shared)


def _projected_cells(
    equations: CubeEquations, cells: FloatArray, tolerance: float = 1e-12, start: FloatArray | None = None
) -> Projection:
    """Project (k, n_cells) columns laid out by cell, which are used up."""
    first, stacked = project_cells(equations, cells, tolerance, start)
    return Projection(equations.cube.gathered(cells), equations.level_coefficients(first, stacked), stacked)


def _checked_weights(weights: FloatArray | None, n: int) -> FloatArray | None:
    if weights is None:
        return None
    weights = np.ascontiguousarray(weights, dtype=np.float64)
    if weights.shape != (n,):
        raise EstimationError(f"The weights have shape {weights.shape}, expected ({n},): one per row.")
    if n == 0:
        return weights
    least, largest = float(weights.min()), float(weights.max())
    if not 0 <= least <= largest < np.inf:
        raise EstimationError("Weights must be finite and not negative; drop or repair the rows concerned.")
    if largest == 0:
        raise EstimationError("All weights are zero: no row is left to estimate from.")
    if least == largest == 1.0:
        return None
    return weights
