"""Regressions on dummies in a cube of few cells, through the rows that have no dummy of their own.

A row with a dummy of its own says nothing of the effects: it leaves, and its coefficient follows. Where many rows
leave, a step on the equations of the effects, with the dyads eliminated, is cheaper than one on those of the dummies.
"""

from dataclasses import dataclass, field

import numpy as np

from twintrade.numerics.absorption.cube import Cube
from twintrade.numerics.absorption.cube_projection import CubeEquations
from twintrade.numerics.arrays import FloatArray, IntArray, sum_by_group

MOST_CELLS = 1 << 19
"""Cells up to which weights are laid out for each set: three times 4 megabytes."""
MOST_STEPS = 300
FLAT = 1e-12
"""Share of a direction's weight below which the effects explain all of it."""


@dataclass(frozen=True, slots=True, eq=False)
class WeighedCube:
    """A cube with the weights of all rows."""

    equations: CubeEquations
    cells: IntArray  # (n_rows,): flat cell of each row
    weights: FloatArray  # (n_rows,)

    @property
    def n_cells(self) -> int:
        """Number of cells, empty ones included."""
        return self.equations.cube.n_cells

    def solve(
        self, rows: IntArray, columns: IntArray, right: FloatArray, precision: float, settled: float
    ) -> tuple[FloatArray, bool]:
        """Solve C'QC x = right for dummies C, many of which are alone in their column.

        ``rows``, ``columns`` (n_entries,): where dummies are one: rows of positive weight, each once, and the column;
        ``right`` (n_columns,); ``precision``, ``settled``: share of the equations' norm down to which it goes on, and
        from which on it counts as solved. Returns (n_columns,); whether the equations were solved.
        """
        is_alone = (np.bincount(columns, minlength=right.size) == 1)[columns]
        left = self.equations.weights.copy()
        left.reshape(-1)[self.cells[rows[is_alone]]] = 0.0
        of_several, joint = np.unique(columns[~is_alone], return_inverse=True)
        entries = self._place(rows[~is_alone]), self.weights[rows[~is_alone]], joint, of_several.size
        rest = _CubeRest(CubeEquations(self.equations.cube, left, None), *entries)
        gone, freed = self._place(rows[is_alone]), right[columns[is_alone]]
        of_dyad, of_levels = -gone.sum_by_dyad(freed), -gone.sum_by_level(freed)
        means = rest.equations.inverse * of_dyad
        of_joint = right[of_several] - rest.sum_joint(means, np.zeros_like(of_levels))
        goal = np.append((of_levels - rest.spread_dyads(means)).ravel(), of_joint)
        solution, norm, all_of_it = rest.solve(goal, precision)
        lost = self._weigh_lost(rest, of_dyad, goal)
        levels, x = rest.split(solution)
        means -= rest.find_means(levels, x)
        out = np.empty(right.size)
        out[of_several] = x
        out[columns[is_alone]] = (
            freed / self.weights[rows[is_alone]] - gone.look_up(levels) - means.ravel()[gone.dyad]
        )
        return out, bool(norm + lost <= settled**2 * (all_of_it + lost))

    def _weigh_lost(self, rest: "_CubeRest", of_dyad: FloatArray, goal: FloatArray) -> float:
        """Return the norm of what is asked of dyads and levels all of whose rows left."""
        no_dyad, no_level = rest.equations.inverse == 0, rest.equations.scale == 0
        totals = np.where(self.equations.totals > 0, self.equations.totals, 1.0)
        of_levels = goal[: totals.size].reshape(totals.shape)
        lost = (of_dyad**2 * self.equations.inverse)[no_dyad].sum() + (of_levels**2 / totals)[no_level].sum()
        return float(lost)

    def _place(self, rows: IntArray) -> "_CubePlaces":
        n_cities, n_partners, n_periods = self.equations.cube.shape
        dyad, period = np.divmod(self.cells[rows], n_periods)
        city, partner = np.divmod(dyad, n_partners)
        sides = city * n_periods + period, (n_cities + partner) * n_periods + period
        return _CubePlaces((n_cities, n_partners), n_periods, dyad, *sides)


def weigh_cube(cube: Cube, weights: FloatArray) -> WeighedCube:
    """Lay weights, shape (n_rows,), out in the cube."""
    cells = np.arange(weights.size) if cube.position is None else cube.position
    laid_out = cube.spread(weights[:, None])[0].reshape(cube.shape)
    return WeighedCube(CubeEquations(cube, laid_out, None), cells, weights)


@dataclass(frozen=True, slots=True, eq=False)
class _CubePlaces:
    """Where some rows stand among the dyads, and among city-periods and partner-periods."""

    sizes: tuple[int, int]
    n_periods: int
    dyad: IntArray
    city: IntArray
    partner: IntArray

    def sum_by_dyad(self, values: FloatArray) -> FloatArray:
        return sum_by_group(values, self.dyad, self.sizes[0] * self.sizes[1]).reshape(self.sizes)

    def sum_by_level(self, values: FloatArray) -> FloatArray:
        size = sum(self.sizes) * self.n_periods
        of_both = sum_by_group(values, self.city, size) + sum_by_group(values, self.partner, size)
        return of_both.reshape(-1, self.n_periods)

    def look_up(self, levels: FloatArray) -> FloatArray:
        of_all = levels.ravel()
        return np.asarray(of_all[self.city] + of_all[self.partner])


@dataclass(eq=False)
class _CubeRest:
    """The equations of the effects, and of dummies of several rows, in the rows that are left.

    The weights are kept in three orders: every sum is a product with a matrix, and nothing is written by cell.
    """

    equations: CubeEquations
    places: _CubePlaces
    weights: FloatArray
    joint: IntArray
    n_joint: int
    by_partner: FloatArray = field(init=False)
    by_period: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        """Lay the weights out."""
        self.by_partner = np.ascontiguousarray(self.equations.weights.transpose(1, 0, 2))
        self.by_period = np.ascontiguousarray(self.equations.weights.transpose(2, 0, 1))

    def solve(self, right: FloatArray, precision: float) -> tuple[FloatArray, float, float]:
        """Return a solution by conjugate gradients, the norm of what it leaves, and that of all."""
        scale = np.append(self.equations.scale.ravel(), 1 / self._sum(self.weights))
        diagonal = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
        x, residual = np.zeros_like(right), right * (scale > 0)
        direction = scale * residual
        norm = all_of_it = float(residual @ direction)
        for _ in range(MOST_STEPS):
            if norm <= precision**2 * all_of_it:
                break
            image = self.multiply(direction)
            curvature = direction @ image
            if curvature <= FLAT * (direction**2 @ diagonal):
                break
            x += norm / curvature * direction
            residual -= norm / curvature * image
            z = scale * residual
            before, norm = norm, float(residual @ z)
            direction = z + norm / before * direction
        return x, norm, all_of_it

    def split(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the values of levels, (cities + partners, periods), and of dummies of several rows."""
        totals = self.equations.totals
        return values[: totals.size].reshape(totals.shape), values[totals.size :]

    def multiply(self, values: FloatArray) -> FloatArray:
        """Multiply levels and dummies by their equations."""
        levels, x = self.split(values)
        means = self.find_means(levels, x)
        out = self.equations.totals * levels + self._exchange(levels) - self.spread_dyads(means)
        if not x.size:
            return out.ravel()
        of_rows = self.weights * x[self.joint]
        out += self.places.sum_by_level(of_rows)
        return np.append(out.ravel(), self._sum(of_rows) + self.sum_joint(-means, levels))

    def sum_joint(self, of_dyads: FloatArray, levels: FloatArray) -> FloatArray:
        """Return the weighted sums of dyads' and levels' values by dummy."""
        return self._sum(self.weights * (of_dyads.ravel()[self.places.dyad] + self.places.look_up(levels)))

    def find_means(self, levels: FloatArray, x: FloatArray) -> FloatArray:
        """Return what levels and dummies are in the mean of each dyad, (cities, partners)."""
        n_cities = self.equations.cube.shape[0]
        sums = np.matmul(self.equations.weights, levels[:n_cities, :, None])[:, :, 0]
        sums += np.matmul(self.by_partner, levels[n_cities:, :, None])[:, :, 0].T
        if x.size:
            sums += self.places.sum_by_dyad(self.weights * x[self.joint])
        return np.asarray(self.equations.inverse * sums)

    def spread_dyads(self, means: FloatArray) -> FloatArray:
        """Return the weighted sums of dyads' values by level."""
        by_city = np.matmul(means[:, None, :], self.equations.weights)[:, 0]
        by_partner = np.matmul(np.ascontiguousarray(means.T)[:, None, :], self.by_partner)[:, 0]
        return np.concatenate([by_city, by_partner])

    def _exchange(self, levels: FloatArray) -> FloatArray:
        """Return the weighted sums of the other side's values by level."""
        n_cities = self.equations.cube.shape[0]
        cities, partners = (np.ascontiguousarray(side.T) for side in (levels[:n_cities], levels[n_cities:]))
        to_cities = np.matmul(self.by_period, partners[:, :, None])[:, :, 0].T
        return np.concatenate([to_cities, np.matmul(cities[:, None, :], self.by_period)[:, 0].T])

    def _sum(self, of_rows: FloatArray) -> FloatArray:
        return sum_by_group(of_rows, self.joint, self.n_joint)
