"""The largest gamma'c over gamma >= 0 with gamma'X = 0, gamma'sigma = 1: by listing the vertices, or by HiGHS."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Literal

import numpy as np
import scipy

from twintrade.errors import InferenceError
from twintrade.numerics.arrays import FloatArray

# How far trends may depart from parallel: polyhedra on the path of violations, as matrices.

Kind = Literal["smoothness", "relative_magnitudes", "relative_smoothness"]
Bias = Literal["positive", "negative"]
Monotone = Literal["increasing", "decreasing"]


@dataclass(frozen=True, slots=True, eq=False)
class Polyhedron:
    """Violations delta with ``matrix @ delta <= bound``; delta leaves out the reference, where it is zero."""

    matrix: FloatArray  # (n_rows, n_pre + n_post)
    bound: FloatArray  # (n_rows,)


def build_polyhedra(
    kind: Kind, size: float, n_pre: int, n_post: int, bias: Bias | None = None, monotone: Monotone | None = None
) -> list[Polyhedron]:
    """Return the polyhedra whose union is the restriction of Rambachan and Roth (2023) around the reference."""
    blocks: Sequence[FloatArray] = [np.empty((0, n_pre + n_post))]
    if bias is not None:
        after = np.hstack([np.zeros((n_post, n_pre)), np.eye(n_post)])
        blocks = [*blocks, -after if bias == "positive" else after]
    if monotone is not None:
        steps = drop_reference(build_difference_matrix(n_pre + n_post + 1, 1), n_pre)
        blocks = [*blocks, -steps if monotone == "increasing" else steps]
    extra = np.vstack(blocks)
    if kind == "smoothness":
        second = drop_reference(build_difference_matrix(n_pre + n_post + 1, 2), n_pre)
        matrix = np.vstack([second, -second, extra])
        bound = np.concatenate([np.full(2 * second.shape[0], size), np.zeros(extra.shape[0])])
        return [Polyhedron(matrix, bound)]
    order = 1 if kind == "relative_magnitudes" else 2
    rows = build_difference_matrix(n_pre + n_post + 1, order)
    n_before = n_pre - order + 1
    factor = np.where(np.arange(rows.shape[0]) < n_before, 1.0, size)[:, None]
    out = []
    for s in range(n_before):
        for sign in (1.0, -1.0):
            largest = factor * sign * rows[s]
            matrix = drop_reference(np.vstack([rows - largest, -rows - largest]), n_pre)
            matrix = np.vstack([matrix[np.abs(matrix).max(axis=1) > 0], extra])
            out.append(Polyhedron(matrix, np.zeros(matrix.shape[0])))
    return out


def build_difference_matrix(n: int, order: int) -> FloatArray:
    """Return the matrix of first or second differences of a path of n points."""
    return np.diff(np.eye(n), n=order, axis=0)


def drop_reference(rows: FloatArray, n_pre: int) -> FloatArray:
    """Return rows on the whole path without the column of the reference."""
    return np.delete(rows, n_pre, axis=1)


VERTEX_LIMIT = 40_000  # bases tried at most before each maximum is solved as a linear program instead
BATCH = 100  # linear programs solved before the vertices they met are tried on the rest
PRIMAL = 4  # HiGHS's number for the primal simplex: after a change of costs the old basis stays feasible


class DualPolytope:
    """Multipliers of a studentized moment-inequality test with nuisance parameters (n_moments, n_nuisance)."""

    def __init__(self, nuisance: FloatArray, scale: FloatArray) -> None:
        self._equations = np.column_stack([scale, nuisance])
        self._one = np.zeros(self._equations.shape[1])
        self._one[0] = 1.0
        n_rows, n_basic = self._equations.shape
        self._vertices = self._listed() if comb(n_rows, min(n_basic, n_rows)) <= VERTEX_LIMIT else None
        self._program = None if self._vertices is not None else _Program(self._equations, self._one)
        self._met = np.empty((0, n_rows)) if self._vertices is None else self._vertices

    def maximizers(self, costs: FloatArray) -> FloatArray:
        """Return all vertices, (n_vertices, n_moments), or of too many those that maximize columns of costs."""
        if self._vertices is not None:
            return self._vertices
        largest = np.full(costs.shape[1], -np.inf)
        batches: list[FloatArray] = []
        waiting = np.arange(costs.shape[1])
        while waiting.size:
            batch, waiting = waiting[:BATCH], waiting[BATCH:]
            vertices = np.array([self.argmax(cost) for cost in costs[:, batch].T])
            values = np.einsum("ij,ji->i", vertices, costs[:, batch])
            is_new = values > largest[batch] + 1e-9 * np.abs(values)
            if not is_new.any():
                break
            batches.append(vertices[is_new][np.unique(vertices[is_new].round(9), axis=0, return_index=True)[1]])
            largest = np.maximum(largest, (batches[-1] @ costs).max(axis=0))
            waiting = waiting[np.argsort(-largest[waiting], kind="stable")]
        self._met = np.vstack(batches)
        return self._met

    def passes(self, cost: FloatArray, bound: float) -> bool:
        """Tell whether vertices met so far show the maximum above a bound; False where only ``argmax`` can tell."""
        return bool((self._met @ cost).max(initial=-np.inf) > bound)

    def argmax(self, cost: FloatArray) -> FloatArray:
        """Return a maximizing multiplier, shape (n_moments,)."""
        if self._vertices is not None:
            return np.asarray(self._vertices[int(np.argmax(self._vertices @ cost))], dtype=np.float64)
        assert self._program is not None
        return self._program.argmax(cost)

    def tangent_interval(self, gamma: FloatArray, fixed: FloatArray, slope: FloatArray) -> tuple[float, float]:
        """Return the x on which ``gamma`` stays optimal along ``fixed + slope * x``, where the maximum is x."""
        values, slopes = self._met @ fixed, 1.0 - self._met @ slope
        # a vertex too near to parallel is left to the steps, which only begin further out without it
        tiny = (1e-6 if self._vertices is None else 1e-10) * (1.0 + np.abs(slopes).max(initial=0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            crossings = values / slopes
        low = float(crossings[slopes > tiny].max(initial=-np.inf))
        high = float(crossings[slopes < -tiny].min(initial=np.inf))
        if self._vertices is not None:
            return low, high
        return self._end(fixed, slope, -1.0, low), self._end(fixed, slope, 1.0, high)

    def _end(self, fixed: FloatArray, slope: FloatArray, side: float, outside: float) -> float:
        """Newton's steps on a convex piecewise linear function from outside: exact after a few vertices."""
        far = 1e6 * (1.0 + float(np.abs(fixed).max()))
        x = float(np.clip(outside, -far, far))
        for _ in range(200):
            gamma = self.argmax(fixed + slope * x)
            value, rate = float(gamma @ fixed), 1.0 - float(gamma @ slope)
            if value - rate * x <= 1e-9 * (1.0 + abs(x)):
                return side * np.inf if abs(x) >= 1e6 else x
            if side * rate >= -1e-12:
                return side * np.inf
            x = value / rate
        raise InferenceError("the end of the truncation interval was not found in 200 steps")

    def _listed(self) -> FloatArray:
        n_rows, n_basic = self._equations.shape
        bases = np.array(list(combinations(range(n_rows), n_basic)), dtype=np.int64)
        systems = np.swapaxes(self._equations[bases], 1, 2)
        scale = np.abs(systems).max(axis=(1, 2))
        determinant = np.abs(np.linalg.det(systems / scale[:, None, None]))
        regular = determinant > 1e-12
        solved = np.linalg.solve(
            systems[regular], np.broadcast_to(self._one, (int(regular.sum()), n_basic))[..., None]
        )
        values = solved[..., 0]
        feasible = values.min(axis=1) >= -1e-9 * np.abs(values).max(axis=1)
        if not feasible.any():
            raise InferenceError("the restriction does not bound the effect")
        vertices = np.zeros((int(feasible.sum()), n_rows))
        np.put_along_axis(vertices, bases[regular][feasible], np.maximum(values[feasible], 0.0), axis=1)
        keep = np.unique(
            np.round(vertices / np.abs(vertices).max(axis=1, keepdims=True), 9), axis=0, return_index=True
        )[1]
        return vertices[np.sort(keep)]


class _Program:
    """One linear program whose costs change: HiGHS goes on from the last basis, which saves most of the time."""

    def __init__(self, equations: FloatArray, one: FloatArray) -> None:
        import highspy  # only where vertices are not listed

        n_rows, n_basic = equations.shape
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = n_rows, n_basic
        program.col_cost_ = np.zeros(n_rows)
        program.col_lower_, program.col_upper_ = np.zeros(n_rows), np.full(n_rows, highspy.kHighsInf)
        program.row_lower_ = program.row_upper_ = one
        columns = scipy.sparse.csc_array(equations.T)
        program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        program.a_matrix_.start_, program.a_matrix_.index_ = columns.indptr, columns.indices
        program.a_matrix_.value_ = columns.data
        self._columns = np.arange(n_rows, dtype=np.int32)
        # highspy.Highs prints a banner when it is made; the class under it does not.
        self._solver, self._optimal = highspy.Highs.__mro__[1](), highspy.HighsModelStatus.kOptimal
        for option, value in (("output_flag", False), ("threads", 1), ("presolve", "off"), ("solver", "simplex")):
            self._solver.setOptionValue(option, value)
        self._solver.setOptionValue("simplex_strategy", PRIMAL)
        self._solver.passModel(program)

    def argmax(self, cost: FloatArray) -> FloatArray:
        self._solver.changeColsCost(self._columns.size, self._columns, -cost)
        self._solver.run()
        if self._solver.getModelStatus() != self._optimal:
            # a basis met with other costs can stall the simplex; without it the program starts anew
            self._solver.clearSolver()
            self._solver.run()
        status = self._solver.getModelStatus()
        if status != self._optimal:
            raise InferenceError(
                f"the restriction does not bound the effect ({self._solver.modelStatusToString(status)})"
            )
        return np.asarray(self._solver.getSolution().col_value, dtype=np.float64)
