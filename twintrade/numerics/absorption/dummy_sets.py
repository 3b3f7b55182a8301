"""Regressions on many sets of dummies under one set of fixed effects, all solved at once by conjugate gradients."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from twintrade.errors import EstimationError
from twintrade.numerics.absorption.annihilators import Annihilator
from twintrade.numerics.absorption.identified_columns import solve_normal_equations
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, sum_by_group

MOST_STEPS = 300
FLAT = 1e-12
"""Share of a direction's weight below which the effects explain all of it."""
PRECISION = 1e-5
SETTLED = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class DummySets:
    """Dummies of several sets; a row has at most one dummy in a set, and a column of a set belongs to it alone.

    Attributes
    ----------
    q : Annihilator
    rows, sets, columns : IntArray, shape (n_entries,)
        Where dummies are one: rows of positive weight, the set, and the column, numbered through all sets.
    home : IntArray, shape (n_columns,)
        Set of each column.
    """

    q: Annihilator
    rows: IntArray
    sets: IntArray
    columns: IntArray
    home: IntArray

    def solve(self, right: FloatArray) -> tuple[FloatArray, BoolArray]:
        """Solve C'QC x = right for the dummies C of each set.

        Parameters
        ----------
        right : FloatArray, shape (n_columns,)

        Returns
        -------
        FloatArray, shape (n_columns,)
        BoolArray, shape (n_columns,)
            Whether the equations of the column's set were solved.
        """
        x, is_solved = np.zeros(right.size), np.ones(right.size, dtype=bool)
        live, state = np.arange(right.size), _State.begin(self, right)
        for _ in range(MOST_STEPS):
            if not live.size:
                return x, is_solved
            if state.is_thin():
                x[live], is_solved[live] = state.x, state.is_solved()
                going = state.goes_on()[state.dummies.home]
                live, state = live[going], state.restricted(going)
            else:
                state.advance()
        x[live], is_solved[live] = state.x, state.is_solved()
        return x, is_solved

    def restricted(self, kept: BoolArray) -> "DummySets":
        """Return some of the sets: those of the columns kept."""
        entries = kept[self.columns]
        place = np.cumsum(kept) - 1
        sets = np.unique(self.home[kept], return_inverse=True)[1]
        columns = place[self.columns[entries]]
        return DummySets(self.q, self.rows[entries], sets[columns], columns, sets)

    @property
    def n_sets(self) -> int:
        """Number of sets."""
        return int(self.home[-1]) + 1 if self.home.size else 0

    def solve_pruned(self, right: FloatArray) -> tuple[FloatArray, BoolArray]:
        """Solve the same set by set, without columns that earlier ones determine: these are zero and not solved."""
        sizes = np.bincount(self.home)
        first, size = np.cumsum(sizes) - sizes, int(sizes.max(initial=0))
        place = np.arange(self.home.size) - first[self.home]
        shape = self.q.weights.size, size * sizes.size
        wide = sp.csr_array((np.ones(self.rows.size), (self.rows, (self.home * size + place)[self.columns])), shape)
        norms = sum_by_group(self.q.weights[self.rows], self.columns, right.size)
        x, is_solved = np.zeros(right.size), np.zeros(right.size, dtype=bool)
        for gram, start, n in zip(self.q.gram_sets(wide, size), first, sizes, strict=True):
            place_of_set = slice(start, start + n)
            try:
                kept, solution = solve_normal_equations(gram[:n, :n], right[place_of_set, None], norms[place_of_set])
            except EstimationError:
                continue
            x[start + kept], is_solved[start + kept] = solution[:, 0], True
        return x, is_solved

    def fit(self, values: FloatArray) -> FloatArray:
        """Return what the effects alone explain of columns' values, by entry: Z (Z'WZ)^- Z'WCx."""
        return _Projection(self).fit(self.q.weights[self.rows] * values[self.columns])


class _State:
    """Where conjugate gradients stand, each set with a length and a goal of its place_of_set."""

    def __init__(self, dummies: DummySets, x: FloatArray, residual: FloatArray) -> None:
        self.dummies, self.x, self.residual = dummies, x, residual
        self.weights = dummies.q.weights[dummies.rows]
        self.project, self.precondition = _Projection(dummies), _Preconditioner(dummies)
        self.direction = self.precondition.apply(residual)
        self.norm = self._total(residual * self.direction)
        self.goal = PRECISION**2 * self.norm
        self.is_stuck = np.zeros(self.norm.size, dtype=bool)
        self.diagonal = sum_by_group(self.weights, dummies.columns, x.size)

    @classmethod
    def begin(cls, dummies: DummySets, right: FloatArray) -> "_State":
        """Begin at zero."""
        return cls(dummies, np.zeros(right.size), right.copy())

    def restricted(self, kept: BoolArray) -> "_State":
        """Return the same without some sets."""
        sets = np.unique(self.dummies.home[kept])
        out = _State(self.dummies.restricted(kept), self.x[kept], self.residual[kept])
        out.direction, out.norm, out.goal = self.direction[kept], self.norm[sets], self.goal[sets]
        out.is_stuck = self.is_stuck[sets]
        return out

    def goes_on(self) -> BoolArray:
        """Which sets are neither finished nor stuck, shape (n_sets,)."""
        return np.asarray((self.norm > self.goal) & ~self.is_stuck)

    def is_thin(self) -> bool:
        """Whether fewer than half of the sets still move."""
        return bool(2 * self.goes_on().sum() < max(self.norm.size, 1))

    def is_solved(self) -> BoolArray:
        """Whether a column's set is as good as solved, shape (n_columns,)."""
        return np.asarray(self.norm <= self.goal * (SETTLED / PRECISION) ** 2)[self.dummies.home]

    def advance(self) -> None:
        """Take one step."""
        d = self.dummies
        spread = self.direction[d.columns]
        net = self.weights * (spread - self.project.fit(self.weights * spread))
        image = sum_by_group(net, d.columns, self.x.size)
        curvature, square = self._total(self.direction * image), self._total(self.direction**2 * self.diagonal)
        moves = self.goes_on() & (curvature > FLAT * square)
        self.is_stuck |= self.goes_on() & ~moves
        length = np.divide(self.norm, curvature, out=np.zeros(d.n_sets), where=moves)[d.home]
        self.x += length * self.direction
        self.residual -= length * image
        z = self.precondition.apply(self.residual)
        before, self.norm = self.norm, np.where(moves, self._total(self.residual * z), self.norm)
        ratio = np.divide(self.norm, before, out=np.zeros(d.n_sets), where=moves & (before > 0))
        self.direction = z + ratio[d.home] * self.direction

    def _total(self, values: FloatArray) -> FloatArray:
        return sum_by_group(values, self.dummies.home, self.dummies.n_sets)


class _Projection:
    """Sums of entries by level and set, and what the effects make of them in the same entries."""

    def __init__(self, dummies: DummySets) -> None:
        self.q, self.n_sets = dummies.q, dummies.n_sets
        e, rows, sets = dummies.q.elimination, dummies.rows, dummies.sets
        self.first = e.layout.first[rows] * self.n_sets + sets
        self.nested = _look_up(e.layout.nested, rows, sets, self.n_sets)
        self.across = _look_up(e.across, rows, sets, self.n_sets)

    def fit(self, weighted: FloatArray) -> FloatArray:
        """Return the projection of weighted entries on the effects, shape (n_entries,)."""
        e = self.q.elimination
        first = sum_by_group(weighted, self.first, e.share.size * self.n_sets).reshape(-1, self.n_sets)
        nested = self.nested.sum(weighted, e.layout.nested.shape[1])
        inside = np.asarray(e.root.T @ (nested - e.means.T @ first))
        rest = e.compute_rest(first, inside, self.across.sum(weighted, e.across.shape[1]))
        first, nested, across = self.q.solve_levels(first, inside, rest)
        return np.asarray(first.ravel()[self.first] + self.across.spread(across) + self.nested.spread(nested))


@dataclass(frozen=True, slots=True, eq=False)
class _LookUp:
    """Nonzero values of a sparse matrix in the entries' rows, one after the other in each row.

    Attributes
    ----------
    places : IntArray, shape (width, n_entries)
        Level and set.
    values : FloatArray or None, shape (width, n_entries)
        None where all are one.
    n_sets : int
    """

    places: IntArray
    values: FloatArray | None
    n_sets: int

    def sum(self, weighted: FloatArray, n_levels: int) -> FloatArray:
        """Sum entries by level and set, shape (n_levels, n_sets)."""
        out = np.zeros(n_levels * self.n_sets)
        for k, places in enumerate(self.places):
            out += sum_by_group(weighted if self.values is None else weighted * self.values[k], places, out.size)
        return out.reshape(n_levels, self.n_sets)

    def spread(self, levels: FloatArray) -> FloatArray:
        """Return the sum of levels' values by entry."""
        flat, out = levels.ravel(), np.zeros(self.places.shape[1])
        for k, places in enumerate(self.places):
            out += flat[places] if self.values is None else flat[places] * self.values[k]
        return out


def _look_up(matrix: sp.csr_array, rows: IntArray, sets: IntArray, n_sets: int) -> _LookUp:
    some = sp.csr_array(matrix[rows])
    counts = np.diff(some.indptr)
    width = int(counts.max(initial=0))
    places, values = np.zeros((width, rows.size), dtype=np.int64), np.zeros((width, rows.size))
    entry = np.repeat(np.arange(rows.size), counts)
    rank = np.arange(entry.size) - np.repeat(some.indptr[:-1], counts)
    places[rank, entry] = some.indices.astype(np.int64) * n_sets
    values[rank, entry] = some.data
    return _LookUp(places + sets, None if (values == 1.0).all() else values, n_sets)


class _Preconditioner:
    """The inverse where the largest effect alone is taken out, exact for columns of a single row."""

    def __init__(self, dummies: DummySets) -> None:
        e, columns = dummies.q.elimination, dummies.columns
        n = dummies.home.size
        weights = dummies.q.weights[dummies.rows]
        self.inverse = 1 / np.maximum(sum_by_group(weights, columns, n), np.finfo(float).tiny)
        is_single = np.bincount(columns, minlength=n) == 1
        n_sets = int(dummies.home[-1]) + 1 if n else 0
        at = e.layout.first[dummies.rows] * np.int64(n_sets) + dummies.sets
        entries = is_single[columns]
        levels, group = np.unique(at[entries], return_inverse=True)
        self.single, self.group, self.n_groups = columns[entries], group, levels.size
        rest = e.total[levels // max(n_sets, 1)] - sum_by_group(weights[entries], group, levels.size)
        clear = rest > 1e-6 * e.total[levels // max(n_sets, 1)]
        self.share = np.divide(1.0, rest, out=np.zeros_like(rest), where=clear)

    def apply(self, residual: FloatArray) -> FloatArray:
        """Return the inverse times columns' values."""
        out = self.inverse * residual
        sums = sum_by_group(residual[self.single], self.group, self.n_groups)
        out[self.single] += (sums * self.share)[self.group]
        return out
