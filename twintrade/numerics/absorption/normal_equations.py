"""The normal equations of several fixed effects: the largest is eliminated exactly, the rest solved iteratively."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import scipy

from twintrade.errors import EstimationError
from twintrade.numerics.absorption.levels import Levels, compute_pivoted_cholesky, drop_nested, sort_rows_by_level
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, ObjectArray, sum_by_group

if TYPE_CHECKING:
    from scipy.sparse import csc_array, csr_array

# Preconditioned conjugate gradients for a consistent semi-definite system with several right-hand sides.

LinearMap = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class Solution:
    """Solution (L, k), and which right-hand sides converged (k,)."""

    coefficients: FloatArray
    converged: BoolArray

    def require(self, max_steps: int) -> FloatArray:
        """Return the solution; refuse one that did not converge."""
        if not self.converged.all():
            raise EstimationError(
                f"Absorbing the fixed effects did not converge in {max_steps} steps: some levels are linked to the "
                "rest by very few rows or very small weights. Keep the largest connected component, or coarsen an "
                "effect."
            )
        return self.coefficients


def solve_conjugate_gradients(
    apply: LinearMap,
    precondition: LinearMap,
    right: FloatArray,
    squared_goal: FloatArray,
    start: FloatArray | None = None,
    max_steps: int = 1_000,
) -> Solution:
    """Solve ``apply(x) = right``, (L, k) in the matrix's range, until r'Mr ≤ squared_goal (k,) for every column."""
    solution = np.zeros_like(right) if start is None else start.copy()
    residual = right.copy() if start is None else right - apply(solution)
    z = precondition(residual)
    norm = np.einsum("ij,ij->j", residual, z)
    active = np.flatnonzero(norm > squared_goal)
    residual, direction, norm = residual[:, active], z[:, active], norm[active]
    for _ in range(max_steps):
        if not active.size:
            break
        image = apply(direction)
        curvature = np.einsum("ij,ij->j", direction, image)
        length = np.where(curvature > 0, norm / np.where(curvature > 0, curvature, 1.0), 0.0)
        solution[:, active] += length * direction
        residual -= length * image
        z = precondition(residual)
        previous, norm = norm, np.einsum("ij,ij->j", residual, z)
        going = (norm > squared_goal[active]) & (curvature > 0)
        if not going.all():
            active, residual, z, direction = active[going], residual[:, going], z[:, going], direction[:, going]
            previous, norm = previous[going], norm[going]
        direction = z + (norm / previous) * direction
    converged = np.ones(right.shape[1], dtype=np.bool_)
    converged[active] = False
    return Solution(solution, converged)


DIRECT_LIMIT = 2_000
MOST_MEETINGS = 1_000_000  # pairs of dummies up to which their cells are kept: 8 megabytes
RESCUE_LIMIT = 6_000
RESCUE_STEPS = 400
MAX_STEPS = 20_000


@dataclass(frozen=True)
class Incidence:
    """What the weights do not change: which effect is eliminated and where the cross-tabulations have entries."""

    levels: Levels
    largest: int  # the eliminated effect
    # The effects solved for; effects nested in another one are left out, their coefficients are zero
    others: tuple[int, ...]
    offsets: IntArray  # (len(others) + 1,) where each of them starts in the stacked coefficient vector
    order: IntArray  # order, pointer: Rows sorted by the eliminated effect
    is_sorted: bool
    pointer: IntArray
    # (n, len(others)) stacked positions of the others in the sorted rows, in the narrowest index type
    columns: ObjectArray
    # For each of the others but the last, its rows sorted by level and their pointer
    groups: dict[int, tuple[IntArray, IntArray]]
    narrow: list[ObjectArray]  # narrow, ends: Codes, the eliminated effect first, and 0 .. n in that index type.
    ends: ObjectArray

    @property
    def n_stacked(self) -> int:
        """Number of coefficients left after elimination."""
        return int(self.offsets[-1])

    @cached_property
    def meetings(self) -> tuple[IntArray, IntArray, IntArray] | None:
        """Pairs of sorted rows in a level of the eliminated effect, and where their dummies meet; None for many."""
        sizes, n_others = np.diff(self.pointer), len(self.others)
        if float((sizes.astype(np.float64) ** 2).sum()) * n_others**2 > MOST_MEETINGS:
            return None
        of_row = np.repeat(sizes, sizes)
        left = np.repeat(np.arange(of_row.size), of_row)
        begins = np.repeat(self.pointer[:-1], sizes) - np.cumsum(of_row) + of_row
        right = np.arange(left.size) + np.repeat(begins, of_row)
        columns = self.columns.astype(np.int64)
        cells = columns[left][:, :, None] * self.n_stacked + columns[right][:, None, :]
        return left, right, cells.ravel()


def build_incidence(levels: Levels) -> Incidence:
    """Work out the pattern of the normal equations once for all weights."""
    kept = drop_nested(levels)
    largest = max(kept, key=lambda k: levels.sizes[k])
    others = tuple(k for k in kept if k != largest)
    offsets = np.concatenate([[0], np.cumsum([levels.sizes[k] for k in others])]).astype(np.int64)
    order, pointer = sort_rows_by_level(levels.codes[largest], levels.sizes[largest])
    is_sorted = bool(np.array_equal(order, np.arange(order.size)))
    index = np.int32 if levels.n_rows * max(len(others), 1) < 2**31 - 1 else np.int64
    stacked = [levels.codes[k] + start for k, start in zip(others, offsets[:-1], strict=True)]
    columns = np.column_stack(stacked).astype(index) if others else np.empty((levels.n_rows, 0), dtype=index)
    return Incidence(
        levels=levels,
        largest=largest,
        others=others,
        offsets=offsets,
        order=order,
        is_sorted=is_sorted,
        pointer=pointer,
        columns=columns if is_sorted else columns[order],
        groups={k: sort_rows_by_level(levels.codes[k], levels.sizes[k]) for k in others[:-1]},
        narrow=[levels.codes[k].astype(index) for k in (largest, *others)],
        ends=np.arange(levels.n_rows + 1, dtype=index),
    )


@dataclass(slots=True)
class NormalEquations:
    """D'WD for one set of weights, ready to be solved for any right-hand side in its range.

    Notes
    -----
    With D1 the dummies of the largest effect and D2 the others, the Schur complement S = D2'W(I - P1)D2 is applied
    through the cross-tabulation C = D1'WD2 and the pairwise tables inside D2'WD2; entries are never expanded to rows.
    A small S is factored instead (pivoted Cholesky, which finds its rank) and the factor serves as preconditioner, so
    that both ways end in the same residual check.
    """

    incidence: Incidence
    weights: FloatArray | None
    row_maps: list[csc_array] = field(init=False)
    totals: list[FloatArray] = field(init=False)
    inverse: FloatArray = field(init=False)
    cross: csr_array | FloatArray = field(init=False)
    crossed: csc_array | FloatArray = field(init=False)
    pairs: list[tuple[slice, slice, csr_array | FloatArray, csc_array | FloatArray]] = field(init=False)
    precondition: LinearMap = field(init=False)
    is_factored: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        """Tabulate the weights."""
        pattern, known = self.incidence, self.incidence.levels
        n = known.n_rows
        effects, weights = (pattern.largest, *pattern.others), np.ones(n) if self.weights is None else self.weights
        self.row_maps = [
            scipy.sparse.csc_array((weights, code, pattern.ends), shape=(known.sizes[k], n))
            for k, code in zip(effects, pattern.narrow, strict=True)
        ]
        self.totals = [np.bincount(known.codes[k], weights, known.sizes[k]).astype(np.float64) for k in effects]
        self.inverse = invert_positive(self.totals[0])
        self.cross = _cross_table(pattern, weights)
        # Transposes are made once: to make one takes as long as to multiply by it.
        self.crossed = self.cross.T
        self.pairs = [(a, b, table, table.T) for a, b, table in _pair_tables(pattern, weights)]
        self.precondition = self._diagonal(weights)
        if pattern.others and self._factoring_pays():
            self._factor()

    def _diagonal(self, weights: FloatArray) -> LinearMap:
        known, pattern = self.incidence.levels, self.incidence
        lost = np.take(self.inverse, known.codes[pattern.largest])
        lost *= weights
        parts = [
            np.where(diagonal > 1e-13 * total, invert_positive(diagonal), 0.0)
            for total, rows in zip(self.totals[1:], self.row_maps[1:], strict=True)
            for diagonal in [total - rows @ lost]
        ]
        scale = np.concatenate(parts)[:, None] if parts else np.empty((0, 1))
        return lambda right: scale * right

    def _factoring_pays(self) -> bool:
        pattern = self.incidence
        if pattern.n_stacked > DIRECT_LIMIT:
            return False
        if isinstance(self.cross, np.ndarray):
            return True
        entries = np.diff(self.cross.indptr).astype(np.float64)
        return bool(8e-9 * (entries @ entries) + 2e-10 * pattern.n_stacked**3 < 3e-7 * self.cross.nnz + 0.01)

    def _factor(self) -> None:
        diagonal = np.concatenate(self.totals[1:])
        schur = np.diag(diagonal)
        for first, second, table, _ in self.pairs:
            dense = table if isinstance(table, np.ndarray) else table.toarray()
            schur[first, second] += dense
            schur[second, first] += dense.T
        schur -= self._cross_products()
        factor, pivots, rank = compute_pivoted_cholesky(schur, diagonal)
        chosen = pivots[:rank]
        root = np.sqrt(invert_positive(diagonal[chosen]))[:, None]

        def solve(right: FloatArray) -> FloatArray:
            out = np.zeros_like(right)
            half = scipy.linalg.solve_triangular(factor, root * right[chosen], trans=1, check_finite=False)
            out[chosen] = root * scipy.linalg.solve_triangular(factor, half, check_finite=False)
            return out

        self.precondition = solve
        self.is_factored = True

    def _cross_products(self) -> FloatArray:
        """C' diag(totals of the eliminated effect)^- C, (L, L)."""
        pattern = self.incidence
        if isinstance(self.cross, np.ndarray):
            return self.cross.T @ (self.inverse[:, None] * self.cross)
        if pattern.meetings is None:
            return np.asarray((self.cross.T @ (scipy.sparse.diags_array(self.inverse) @ self.cross)).toarray())
        (left, right, cells), n = pattern.meetings, pattern.n_stacked
        w = np.ones(pattern.order.size) if self.weights is None else self.weights[pattern.order]
        products = (w * np.repeat(self.inverse, np.diff(pattern.pointer)))[left] * w[right]
        return sum_by_group(np.repeat(products, len(pattern.others) ** 2), cells, n * n).reshape(n, n)

    def apply(self, stacked: FloatArray) -> FloatArray:
        """Multiply (L, k) stacked coefficients by the Schur complement."""
        out = np.concatenate(self.totals[1:])[:, None] * stacked
        out -= self.crossed @ (self.inverse[:, None] * (self.cross @ stacked))
        for first, second, table, turned in self.pairs:
            out[first] += table @ stacked[second]
            out[second] += turned @ stacked[first]
        return out

    def solve(self, first: FloatArray, rest: FloatArray, squared_goal: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Solve D'WD (a1, a2) = (first, rest): (L1, k) for the eliminated effect, (L, k) stacked for the others."""
        means = self.inverse[:, None] * first
        stacked = self.solve_rest(rest - self.crossed @ means, squared_goal) if self.incidence.others else rest
        return means - self.inverse[:, None] * (self.cross @ stacked), stacked

    def solve_rest(self, right: FloatArray, squared_goal: FloatArray) -> FloatArray:
        """Solve the Schur complement for (L, k) right-hand sides from which the eliminated effect is already out."""
        rescue = not self.is_factored and right.shape[0] <= RESCUE_LIMIT
        steps = RESCUE_STEPS if rescue else MAX_STEPS
        solution = solve_conjugate_gradients(self.apply, self.precondition, right, squared_goal, None, steps)
        if rescue and not solution.converged.all():
            self._factor()
            more = right, squared_goal, solution.coefficients, MAX_STEPS
            solution = solve_conjugate_gradients(self.apply, self.precondition, *more)
        return solution.require(MAX_STEPS)


def invert_positive(values: FloatArray) -> FloatArray:
    """Return one over each value, zero where it is none above zero."""
    return np.where(values > 0, 1.0 / np.where(values > 0, values, 1.0), 0.0)


def _cross_table(pattern: Incidence, weights: FloatArray) -> csr_array | FloatArray:
    """C = D1'WD2 (L1, L): dense where most cells would be hit repeatedly, else one entry per row and effect."""
    n_first, n_rest, n_others = pattern.levels.sizes[pattern.largest], pattern.n_stacked, len(pattern.others)
    if n_first * n_rest <= weights.size * n_others // 2:
        first = pattern.levels.codes[pattern.largest]
        table = np.zeros((n_first, n_rest))
        for k, start in zip(pattern.others, pattern.offsets[:-1], strict=True):
            size = pattern.levels.sizes[k]
            table[:, start : start + size] = _dense_table(first, pattern.levels.codes[k], weights, (n_first, size))
        return table
    pointer = (pattern.pointer * n_others).astype(pattern.columns.dtype)
    data = np.repeat(weights if pattern.is_sorted else weights[pattern.order], n_others)
    return scipy.sparse.csr_array((data, pattern.columns.ravel(), pointer), shape=(n_first, n_rest))


def _pair_tables(pattern: Incidence, weights: FloatArray) -> list[tuple[slice, slice, csr_array | FloatArray]]:
    known, tables = pattern.levels, []
    spans = [slice(int(a), int(b)) for a, b in zip(pattern.offsets[:-1], pattern.offsets[1:], strict=True)]
    for i, a in enumerate(pattern.others):
        for j in range(i + 1, len(pattern.others)):
            b = pattern.others[j]
            shape = (known.sizes[a], known.sizes[b])
            table: csr_array | FloatArray
            if shape[0] * shape[1] <= weights.size // 2:
                table = _dense_table(known.codes[a], known.codes[b], weights, shape)
            else:
                order, pointer = pattern.groups[a]
                columns = known.codes[b][order].astype(pattern.columns.dtype)
                table = scipy.sparse.csr_array((weights[order], columns, pointer.astype(columns.dtype)), shape=shape)
            tables.append((spans[i], spans[j], table))
    return tables


def _dense_table(first: IntArray, second: IntArray, weights: FloatArray, shape: tuple[int, int]) -> FloatArray:
    return np.bincount(first * shape[1] + second, weights, shape[0] * shape[1]).astype(np.float64).reshape(shape)
