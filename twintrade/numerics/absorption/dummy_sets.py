"""Regressions on many sets of dummies under one set of fixed effects, all solved at once by conjugate gradients."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy

from twintrade.errors import EstimationError
from twintrade.numerics.absorption.annihilators import Annihilator
from twintrade.numerics.absorption.set_levels import CompleteLevels, CompleteRows, Nested, SetLevels, lay_out_by_set
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, compact, sum_by_group

# Normal equations of which some columns may depend on those before them.

DEPENDENT = 1e-10
CLEAR = 1e-6


def solve_normal_equations(gram: FloatArray, right: FloatArray, norms: FloatArray) -> tuple[IntArray, FloatArray]:
    """Solve normal equations without the columns that earlier ones explain; return those kept and (k, m)."""
    clear = solve_clear_equations(gram, right, norms)
    if clear is not None:
        return np.arange(gram.shape[0]), clear
    kept: list[int] = []
    for j in range(gram.shape[0]):
        left = gram[j, j]
        if kept:
            inner = gram[np.ix_(kept, kept)]
            left = left - gram[j, kept] @ np.linalg.solve(inner, gram[kept, j])
        if left > DEPENDENT * norms[j]:
            kept.append(j)
    if not kept:
        raise EstimationError("the treatment is not identified: the fixed effects absorb it")
    index = np.array(kept, dtype=np.int64)
    return index, np.asarray(np.linalg.solve(gram[np.ix_(index, index)], right[index]), dtype=np.float64)


def solve_clear_equations(gram: FloatArray, right: FloatArray, norms: FloatArray) -> FloatArray | None:
    """Solve where every pivot of the scaled Gram matrix is far from zero, so that no column needs a closer look."""
    if gram.shape[0] == 0 or not (norms > 0).all():
        return None
    scale = 1 / np.sqrt(norms)
    factor, info = scipy.linalg.lapack.dpotrf(gram * scale[:, None] * scale)
    if info != 0 or float(factor.diagonal().min()) ** 2 <= CLEAR:
        return None
    return np.asarray(
        scipy.linalg.lapack.dpotrs(factor, right * scale[:, None])[0] * scale[:, None], dtype=np.float64
    )


PRECISION = 1e-5
MOST_STEPS = 300
FLAT = 1e-12  # share of a direction's weight below which the effects explain all of it
EXACT = 1e-12  # the same where solutions are those of a refit
SIDES_AT_ONCE = 8
SETTLED = 1e-3
TINY = np.finfo(float).tiny
GOLDEN = (np.sqrt(5) - 1) / 2
APART, NULL, TOUCHED = 1e-4, 1e-9, 1e-12
"""How far from the probe a column counts as apart, and from which eigenvalue and share on as undetermined."""


@dataclass(frozen=True, eq=False)
class DummySets:
    """Dummies of several sets; a row has at most one dummy in a set, and a column of a set belongs to it alone."""

    q: Annihilator | CompleteRows
    # rows, sets, columns: (n_entries,): where dummies are one: rows of positive weight, the set, and the column,
    # numbered through all sets
    rows: IntArray
    sets: IntArray
    columns: IntArray
    home: IntArray  # (n_columns,): set of each column, ascending
    nested: Nested | None = None  # of an annihilator, made once for all
    weights: FloatArray | None = None  # (n_entries,): of complete rows, where an entry stands for several
    precision: float | None = None

    @cached_property
    def levels(self) -> SetLevels | CompleteLevels:
        """The levels that the entries touch."""
        return find_levels(self.q, self.nested, self.rows, self.sets, self.n_sets, self.weights)

    @cached_property
    def precondition(self) -> "_Preconditioner":
        """What conjugate gradients are preconditioned with."""
        return _Preconditioner(self)

    @property
    def goal(self) -> float:
        """Share of the equations' norm down to which conjugate gradients go on."""
        return PRECISION if self.precision is None else self.precision

    @cached_property
    def is_single(self) -> BoolArray:
        """Entries that are alone in their column, shape (n_entries,)."""
        return np.asarray((np.bincount(self.columns, minlength=self.home.size) == 1)[self.columns])

    def solve(self, right: FloatArray) -> tuple[FloatArray, BoolArray]:
        """Solve C'QC x = right for the dummies C of each set; say for each column whether its set was solved."""
        x, is_solved = np.zeros(right.size), np.ones(right.size, dtype=bool)
        live, state = np.arange(right.size), _State(self, np.zeros(right.size), right.copy())
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

    def solve_many(self, right: FloatArray) -> tuple[FloatArray, BoolArray]:
        """Solve for several right sides, (n_columns, k), and say which columns are solved for all of them."""
        out, is_solved = np.empty(right.shape), np.ones(self.home.size, dtype=bool)
        many = self.repeat(min(right.shape[1], SIDES_AT_ONCE))
        for low in range(0, right.shape[1], SIDES_AT_ONCE):
            some = right[:, low : low + SIDES_AT_ONCE]
            alike = many if some.shape[1] == SIDES_AT_ONCE else self.repeat(some.shape[1])
            x, is_each = alike.solve(some.T.ravel())
            out[:, low : low + SIDES_AT_ONCE] = x.reshape(-1, self.home.size).T
            is_solved &= is_each.reshape(-1, self.home.size).all(axis=0)
        return out, is_solved

    def restricted(self, kept: BoolArray) -> "DummySets":
        """Return some of the sets: those of the columns kept."""
        entries = kept[self.columns]
        place = np.cumsum(kept) - 1
        sets = np.unique(self.home[kept], return_inverse=True)[1]
        columns = place[self.columns[entries]]
        weights = None if self.weights is None else self.weights[entries]
        return replace(self, rows=self.rows[entries], sets=sets[columns], columns=columns, home=sets, weights=weights)

    def repeat(self, n: int) -> "DummySets":
        """Return the same sets so many times, for so many right sides."""
        again = np.arange(n)[:, None]
        return replace(
            self,
            rows=np.tile(self.rows, n),
            sets=(again * self.n_sets + self.sets).ravel(),
            columns=(again * self.home.size + self.columns).ravel(),
            home=(again * self.n_sets + self.home).ravel(),
            weights=None if self.weights is None else np.tile(self.weights, n),
        )

    @property
    def n_sets(self) -> int:
        """Number of sets."""
        return int(self.home[-1]) + 1 if self.home.size else 0

    def solve_pruned(self, right: FloatArray) -> tuple[FloatArray, BoolArray]:
        """Solve the same set by set, without columns that earlier ones determine: these are zero and not solved."""
        sizes = np.bincount(self.home)
        norms = sum_by_group(self.levels.weights, self.columns, right.size)
        x, is_solved = np.zeros(right.size), np.zeros(right.size, dtype=bool)
        grams = self.levels.cross_products(self.columns, self.home)
        for gram, start, n in zip(grams, np.cumsum(sizes) - sizes, sizes, strict=True):
            place_of_set = slice(start, start + n)
            try:
                kept, solution = solve_normal_equations(gram[:n, :n], right[place_of_set, None], norms[place_of_set])
            except EstimationError:
                continue
            x[start + kept], is_solved[start + kept] = solution[:, 0], True
        return x, is_solved

    def find_undetermined(self) -> BoolArray:
        """Return the columns (n_columns,) that rows without a dummy leave open: by a probe, then by null spaces."""
        roots = np.sqrt(np.maximum(sum_by_group(self.levels.weights, self.columns, self.home.size), TINY))
        probe = (0.5 + (np.arange(self.home.size) * GOLDEN) % 1) / roots
        apart = np.abs(self.solve(self.multiply(probe))[0] - probe) > APART * probe
        some = np.flatnonzero(apart)
        out = np.zeros(self.home.size, dtype=bool)
        if not some.size:
            return out
        entries = np.flatnonzero(apart[self.columns])
        columns = np.searchsorted(some, self.columns[entries])
        sets = np.unique(self.home[some], return_inverse=True)[1]
        block = replace(self, rows=self.rows[entries], sets=sets[columns], columns=columns, home=sets)
        sizes = np.bincount(sets)
        grams = block.levels.cross_products(columns, sets)
        for gram, start, n in zip(grams, np.cumsum(sizes) - sizes, sizes, strict=True):
            of_set = some[start : start + n]
            values, vectors = np.linalg.eigh(gram[:n, :n] / np.outer(roots[of_set], roots[of_set]))
            out[of_set] = (vectors[:, values <= NULL] ** 2).sum(axis=1) > TOUCHED
        return out

    def multiply(self, values: FloatArray) -> FloatArray:
        """Return C'QC times columns' values, shape (n_columns,)."""
        weights, spread = self.levels.weights, values[self.columns]
        return sum_by_group(weights * (spread - self.levels.project(weights * spread)), self.columns, values.size)

    def fit(self, values: FloatArray) -> FloatArray:
        """Return what the effects alone explain of columns' values, by entry: Z (Z'WZ)^- Z'WCx."""
        return self.levels.project(self.levels.weights * values[self.columns])

    def explain(self, values: FloatArray) -> FloatArray:
        """Return the effects' coefficients that explain it, those of A, E and D, shape (n_coefficients, n_sets)."""
        assert isinstance(self.levels, SetLevels)
        return np.vstack(self.levels.solve(self.levels.weights * values[self.columns]))

    def weigh_rows(self, values: FloatArray) -> FloatArray:
        """Return QCx in every row of the data, set by set, shape (n_rows, n_sets)."""
        weighted = self.levels.weights * values[self.columns]
        out = -self.q.weights[:, None] * self.levels.project_to_all(weighted)
        out[self.rows, self.sets] += weighted
        return np.asarray(out)


def find_levels(
    q: Annihilator | CompleteRows,
    nested: Nested | None,
    rows: IntArray,
    sets: IntArray,
    n_sets: int,
    weights: FloatArray | None = None,
) -> SetLevels | CompleteLevels:
    """Return the levels of the entries of several sets, by the way that their effects offer."""
    if isinstance(q, CompleteRows):
        return CompleteLevels(q, rows, sets, n_sets, q.weights[rows] if weights is None else weights)
    assert nested is not None
    e = q.elimination
    pair = e.layout.first[rows] * np.int64(n_sets) + sets
    inside, across = (lay_out_by_set(part, rows, sets, n_sets) for part in (e.layout.nested, e.across))
    return SetLevels(q, nested, rows, sets, n_sets, q.weights[rows], pair, inside, across)


class _State:
    """Where conjugate gradients stand, each set with a length and a goal of its place_of_set."""

    def __init__(self, dummies: DummySets, x: FloatArray, residual: FloatArray) -> None:
        self.dummies, self.x, self.residual = dummies, x, residual
        self.direction = dummies.precondition.apply(residual)
        self.norm = self._total(residual * self.direction)
        self.goal = dummies.goal**2 * self.norm
        self.is_stuck = np.zeros(self.norm.size, dtype=bool)
        self.diagonal = sum_by_group(dummies.levels.weights, dummies.columns, x.size)

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
        return np.asarray(self.norm <= self.goal * (SETTLED / self.dummies.goal) ** 2)[self.dummies.home]

    def advance(self) -> None:
        """Take one step."""
        d = self.dummies
        image = d.multiply(self.direction)
        curvature, square = self._total(self.direction * image), self._total(self.direction**2 * self.diagonal)
        moves = self.goes_on() & (curvature > FLAT * square)
        self.is_stuck |= self.goes_on() & ~moves
        length = np.divide(self.norm, curvature, out=np.zeros(d.n_sets), where=moves)[d.home]
        self.x += length * self.direction
        self.residual -= length * image
        z = d.precondition.apply(self.residual)
        before, self.norm = self.norm, np.where(moves, self._total(self.residual * z), self.norm)
        ratio = np.divide(self.norm, before, out=np.zeros(d.n_sets), where=moves & (before > 0))
        self.direction = z + ratio[d.home] * self.direction

    def _total(self, values: FloatArray) -> FloatArray:
        return sum_by_group(values, self.dummies.home, self.dummies.n_sets)


class _Preconditioner:
    """The inverse where effects are taken out one at a time and added up: exact for one effect and single rows."""

    def __init__(self, dummies: DummySets) -> None:
        q, weights, columns, n = dummies.q, dummies.levels.weights, dummies.columns, dummies.n_sets
        self.inverse = 1 / np.maximum(sum_by_group(weights, columns, dummies.home.size), TINY)
        single = np.flatnonzero(dummies.is_single)
        self.column, self.effects = columns[single], []
        for code, by_level in q.list_levels():
            level = code[dummies.rows[single]]
            pair = compact(level * np.int64(n) + dummies.sets[single])
            total, n_pairs = by_level[level], int(pair.max(initial=-1)) + 1
            rest = total - sum_by_group(weights[single], pair, n_pairs)[pair]
            share = np.divide(1.0, rest, out=np.zeros_like(rest), where=rest > CLEAR * total)
            self.effects.append((pair, share, n_pairs))

    def apply(self, residual: FloatArray) -> FloatArray:
        """Return the inverse times columns' values."""
        out, single = self.inverse * residual, residual[self.column]
        for pair, share, n_pairs in self.effects:
            out[self.column] += share * sum_by_group(single, pair, n_pairs)[pair]
        return np.asarray(out)
