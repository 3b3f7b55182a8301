"""Regressions on dummies in a cube of few cells, through the rows that have no dummy of their own.

A row with a dummy of its own says nothing of the effects: it leaves, and its coefficient follows. Where many rows
leave, a step on the equations of the effects, with the dyads eliminated, is cheaper than one on those of the dummies.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy

from twintrade.numerics.absorption.annihilators import Annihilator
from twintrade.numerics.absorption.cube import Cube
from twintrade.numerics.absorption.cube_projection import CubeEquations
from twintrade.numerics.absorption.elimination import Elimination, list_places
from twintrade.numerics.arrays import FloatArray, IntArray, sum_by_group

MOST_CELLS = 1 << 19  # cells up to which weights are laid out for each set: three times 4 megabytes
MOST_STEPS = 300
FLAT = 1e-12  # share of a direction's weight below which the effects explain all of it


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

    def _weigh_lost(self, rest: _CubeRest, of_dyad: FloatArray, goal: FloatArray) -> float:
        """Return the norm of what is asked of dyads and levels all of whose rows left."""
        no_dyad, no_level = rest.equations.inverse == 0, rest.equations.scale == 0
        totals = np.where(self.equations.totals > 0, self.equations.totals, 1.0)
        of_levels = goal[: totals.size].reshape(totals.shape)
        lost = (of_dyad**2 * self.equations.inverse)[no_dyad].sum() + (of_levels**2 / totals)[no_level].sum()
        return float(lost)

    def _place(self, rows: IntArray) -> _CubePlaces:
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
        return np.concatenate([by_city, np.matmul(np.ascontiguousarray(means.T)[:, None, :], self.by_partner)[:, 0]])

    def _exchange(self, levels: FloatArray) -> FloatArray:
        """Return the weighted sums of the other side's values by level."""
        n_cities = self.equations.cube.shape[0]
        cities, partners = (np.ascontiguousarray(side.T) for side in (levels[:n_cities], levels[n_cities:]))
        to_cities = np.matmul(self.by_period, partners[:, :, None])[:, :, 0].T
        return np.concatenate([to_cities, np.matmul(cities[:, None, :], self.by_period)[:, 0].T])

    def _sum(self, of_rows: FloatArray) -> FloatArray:
        return sum_by_group(of_rows, self.joint, self.n_joint)


# What rows of many sets have in common within each set: their sums by level, and the projection made of these.

MOST_WRITTEN_OUT = 20_000_000  # numbers up to which JK is written out: 160 megabytes
MOST_ACROSS = 1_000  # levels up to which their inverse is written out


@dataclass(frozen=True, slots=True, eq=False)
class Nested:
    """J and JK: with K = (E - AP)'WD what E, without A, has in common with D, and J = RR' for blocks of E."""

    elimination: Elimination
    blocks: FloatArray | None  # (n_blocks, size, size): J where all blocks are of one size
    # (n_nested, n_across): JK where it is small: its products with all sets are then products of matrices
    written_out: FloatArray | None
    root: FloatArray  # (n_across, n_kept)
    inverse: FloatArray | None  # (n_across, n_across): the root times its transpose where that is small
    cube: WeighedCube | None  # of few cells

    def solve(self, across: FloatArray) -> FloatArray:
        """Return (D'MD)^- times columns, shape (n_across, k)."""
        return np.asarray(self.root @ (self.root.T @ across) if self.inverse is None else self.inverse @ across)

    def invert(self, levels: FloatArray) -> FloatArray:
        """Return J times columns, shape (n_nested, k)."""
        if self.blocks is None:
            return np.asarray(self.elimination.root @ (self.elimination.turned_root @ levels))
        stacked = levels.reshape(self.blocks.shape[0], -1, levels.shape[1])
        return np.asarray((self.blocks @ stacked).reshape(levels.shape))

    def explain(self, across: FloatArray) -> FloatArray:
        """Return JK times columns, shape (n_nested, k)."""
        if self.written_out is not None:
            return np.asarray(self.written_out @ across)
        e = self.elimination
        return self.invert(e.cross @ across - e.means.T @ (e.sums @ across))

    def transpose(self, levels: FloatArray) -> FloatArray:
        """Return K'J times columns, shape (n_across, k)."""
        if self.written_out is not None:
            return np.asarray(self.written_out.T @ levels)
        e = self.elimination
        inverse = self.invert(levels)
        return np.asarray(e.cross.T @ inverse - e.sums.T @ (e.means @ inverse))


def build_nested(q: Annihilator) -> Nested:
    """Multiply roots, and write JK out unless it is large."""
    e = q.elimination
    sizes, ranks = np.diff(e.layout.starts), np.diff(e.ends)
    blocks = written_out = None
    if sizes.size and (sizes == sizes[0]).all() and (ranks == ranks[0]).all():
        roots = e.root.data.reshape(sizes.size, sizes[0], ranks[0])
        blocks = roots @ np.swapaxes(roots, 1, 2)
    n_nested, n_across = e.cross.shape
    if n_nested * n_across <= MOST_WRITTEN_OUT:
        written_out = np.zeros((n_nested, n_across))
        for run in e.list_blocks():
            levels, columns = list_places(e.layout.starts, run), list_places(e.ends, run)
            written_out[levels] = e.root[levels][:, columns] @ e.explain(run)
    inverse = q.root @ q.root.T if n_across <= MOST_ACROSS else None
    cube = e.layout.cube
    weighed = None if cube is None or cube.n_cells > MOST_CELLS else weigh_cube(cube, q.weights)
    return Nested(e, blocks, written_out, q.root, inverse, weighed)


@dataclass(frozen=True, slots=True, eq=False)
class ByLevel:
    """A matrix of entries by level whose columns are by set, each entry in its own set's."""

    places: IntArray  # (n_nonzero,): level times the number of sets, plus the set
    # (n_nonzero,): entry and value; None where each entry is a one in one level
    factors: tuple[IntArray, FloatArray] | None

    def sum(self, values: FloatArray, n_levels: int, n_sets: int) -> FloatArray:
        """Return sums of entries by level and set, shape (n_levels, n_sets)."""
        if self.factors is not None:
            values = values[self.factors[0]] * self.factors[1]
        return sum_by_group(values, self.places, n_levels * n_sets).reshape(n_levels, n_sets)

    def spread(self, levels: FloatArray, n_entries: int) -> FloatArray:
        """Return what levels by set are in each entry, shape (n_entries,)."""
        values = levels.ravel()[self.places]
        return values if self.factors is None else sum_by_group(values * self.factors[1], self.factors[0], n_entries)


@dataclass(frozen=True, slots=True, eq=False)
class SetLevels:
    """Entries, each a row of a set, and their levels; A, E, D and P as in `elimination`, all levels of all sets."""

    q: Annihilator
    nested: Nested
    rows: IntArray  # rows, sets: (n_entries,)
    sets: IntArray
    n_sets: int
    weights: FloatArray  # (n_entries,)
    pair: IntArray  # (n_entries,): level of the largest effect times the number of sets, plus the set
    inside: ByLevel  # inside, across: E and D
    across: ByLevel

    @property
    def total(self) -> FloatArray:
        """Weights of the largest effect's levels by set, shape (n_first * n_sets,)."""
        return np.repeat(self.q.elimination.total, self.n_sets)

    def project(self, weighted: FloatArray) -> FloatArray:
        """Return Z (Z'WZ)^- Z' times weighted entries, set by set, shape (n_entries,)."""
        by_first, by_level, by_rest = self.solve(weighted)
        inside, across = self.inside.spread(by_level, weighted.size), self.across.spread(by_rest, weighted.size)
        return np.asarray(by_first.ravel()[self.pair] + across + inside)

    def project_to_all(self, weighted: FloatArray) -> FloatArray:
        """Return the same in every row of the data, shape (n_rows, n_sets)."""
        e = self.q.elimination
        by_first, by_level, by_rest = self.solve(weighted)
        return np.asarray(by_first[e.layout.first] + e.layout.nested @ by_level + e.across @ by_rest)

    def solve(self, weighted: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the levels' coefficients by set: of the largest effect, of those inside blocks and of the rest."""
        e = self.q.elimination
        n_nested, n_across = e.cross.shape
        share = e.share[:, None]
        first = sum_by_group(weighted, self.pair, e.share.size * self.n_sets).reshape(-1, self.n_sets)
        levels = self.inside.sum(weighted, n_nested, self.n_sets)
        levels -= e.turned_means @ first
        rest = self.across.sum(weighted, n_across, self.n_sets)
        rest -= e.turned_sums @ (share * first)
        rest -= self.nested.transpose(levels)
        by_rest = self.nested.solve(rest)
        by_level = self.nested.invert(levels)
        by_level -= self.nested.explain(by_rest)
        first -= e.sums @ by_rest
        first *= share
        first -= e.means @ by_level
        return first, by_level, by_rest

    def cross_products(self, columns: IntArray, home: IntArray) -> FloatArray:
        """Return C'QC of each set's dummies C, shape (n_sets, size, size) with size that of the largest set.

        ``columns`` (n_entries,); ``home`` (n_columns,): set of each column, ascending.
        """
        e = self.q.elimination
        sizes = np.bincount(home, minlength=self.n_sets)
        size = int(sizes.max(initial=0))
        wide = home * size + np.arange(home.size) - (np.cumsum(sizes) - sizes)[home]
        column, n = wide[columns], size * self.n_sets
        by_column = scipy.sparse.csr_array((self.weights, (column, self.rows)), shape=(n, e.layout.first.size))
        first = e.layout.first[self.rows]
        by_first = scipy.sparse.csr_array((self.weights, (column, first)), shape=(n, e.share.size))
        grams = np.zeros((self.n_sets, size, size))
        grams[:, np.arange(size), np.arange(size)] = np.bincount(column, self.weights, n).reshape(-1, size)
        pairs, pair = np.unique(self.pair, return_inverse=True)
        by_pair = scipy.sparse.csr_array((self.weights, (column, pair)), shape=(n, pairs.size))
        products = scipy.sparse.coo_array(
            by_pair @ scipy.sparse.diags_array(e.share[pairs // self.n_sets]) @ by_pair.T
        )
        left, right = products.coords
        grams[left // size, left % size, right % size] -= products.data
        shared = by_first @ scipy.sparse.diags_array(e.share)
        levels = (by_column @ e.layout.nested - by_first @ e.means).toarray().T
        rest = (by_column @ e.across - shared @ e.sums).toarray().T - self.nested.transpose(levels)
        for one, other in ((levels, self.nested.invert(levels)), (kept := self.q.root.T @ rest, kept)):
            before, after = (np.ascontiguousarray(part.T).reshape(self.n_sets, size, -1) for part in (one, other))
            grams -= before @ np.swapaxes(after, 1, 2)
        return grams


def find_set_levels(q: Annihilator, nested: Nested, rows: IntArray, sets: IntArray, n_sets: int) -> SetLevels:
    """Find the levels of the entries of several sets.

    ``rows``, ``sets`` (n_entries,).
    """
    e = q.elimination
    pair = e.layout.first[rows] * np.int64(n_sets) + sets
    inside, across = (_lay_out_by_set(part, rows, sets, n_sets) for part in (e.layout.nested, e.across))
    return SetLevels(q, nested, rows, sets, n_sets, q.weights[rows], pair, inside, across)


def _lay_out_by_set(matrix: scipy.sparse.csr_array, rows: IntArray, sets: IntArray, n_sets: int) -> ByLevel:
    """Return rows of a matrix whose columns are by set: each row has its own set's."""
    if matrix.nnz == matrix.shape[0] and (np.diff(matrix.indptr) == 1).all() and (matrix.data == 1).all():
        return ByLevel(matrix.indices[rows].astype(np.int64) * n_sets + sets, None)
    some = scipy.sparse.csr_array(matrix[rows])
    entries = np.repeat(np.arange(rows.size), np.diff(some.indptr))
    return ByLevel(some.indices.astype(np.int64) * n_sets + sets[entries], (entries, some.data))
