"""Weighted projection on dyad, city-period and partner-period effects of a cube, one pass over the cells at a time.

The dyad effects are eliminated exactly and the two others solved by conjugate gradients, as in `normal_equations`,
but sums over an axis of the cube need no row numbers: every pass reads the weights once, block of cities by block,
while the block is in the cache. With numba (extra ``fast``) the passes are compiled loops, equal up to rounding.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from types import SimpleNamespace

import numpy as np

from twintrade.extras import note_library
from twintrade.numerics.absorption.cube import Cube
from twintrade.numerics.absorption.normal_equations import invert_positive, solve_conjugate_gradients
from twintrade.numerics.absorption.projection import ACCEPTED, is_rounded, require_precision
from twintrade.numerics.arrays import FloatArray

# Passes over the cells of a cube as loops that numba compiles, each the twin of a pass in `cube_projection`.

REORDERED = {"reassoc", "contract", "nsz"}


def sum_weights(weights: FloatArray, inverse: FloatArray, totals: FloatArray, lost: FloatArray) -> None:
    """Fill in one over each dyad's weight; add up by level the weights and the squares over their dyad's weight."""
    n_cities, n_partners, n_periods = weights.shape
    for c in range(n_cities):
        for p in range(n_partners):
            whole = 0.0
            for t in range(n_periods):
                whole += weights[c, p, t]
            share = 1.0 / whole if whole > 0.0 else 0.0
            inverse[c, p] = share
            for t in range(n_periods):
                weight = weights[c, p, t]
                square = weight * weight * share
                totals[c, t] += weight
                totals[n_cities + p, t] += weight
                lost[c, t] += square
                lost[n_cities + p, t] += square


def apply_couplings(weights: FloatArray, inverse: FloatArray, given: FloatArray, out: FloatArray) -> None:
    """Add to ``out`` what the Schur complement of the dyads does beyond its totals, both (k, levels, periods)."""
    n_cities, n_partners, n_periods = weights.shape
    city, sums = np.empty(n_periods), np.empty(n_periods)
    for m in range(given.shape[0]):
        for c in range(n_cities):
            for t in range(n_periods):
                city[t] = given[m, c, t]
                sums[t] = 0.0
            for p in range(n_partners):
                mean = 0.0
                for t in range(n_periods):
                    mean += weights[c, p, t] * (city[t] + given[m, n_cities + p, t])
                mean *= inverse[c, p]
                for t in range(n_periods):
                    weight = weights[c, p, t]
                    sums[t] += weight * (given[m, n_cities + p, t] - mean)
                    out[m, n_cities + p, t] += weight * (city[t] - mean)
            for t in range(n_periods):
                out[m, c, t] += sums[t]


def remove_and_sum(
    cells: FloatArray,
    weights: FloatArray,
    inverse: FloatArray,
    step: FloatArray,
    means: FloatArray,
    rest: FloatArray,
    size: FloatArray,
) -> None:
    """Subtract a step (k, levels, periods), which may be empty, and dyad means from (k, cities, ...) cells.

    Adds up by level what is left (k, levels, periods), weighted, and its weighted squares (k,).
    """
    n_cities, n_partners, n_periods = weights.shape
    has_step = step.shape[1] > 0
    city, sums, left = np.zeros(n_periods), np.empty(n_periods), np.empty(n_periods)
    for m in range(cells.shape[0]):
        for c in range(n_cities):
            sums[:] = 0.0
            for t in range(n_periods if has_step else 0):
                city[t] = step[m, c, t]
            for p in range(n_partners):
                for t in range(n_periods):
                    left[t] = cells[m, c, p, t] - city[t]
                for t in range(n_periods if has_step else 0):
                    left[t] -= step[m, n_cities + p, t]
                mean = 0.0
                for t in range(n_periods):
                    mean += weights[c, p, t] * left[t]
                mean *= inverse[c, p]
                means[m, c, p] = mean
                squares = 0.0
                for t in range(n_periods):
                    value = left[t] - mean
                    weighted = weights[c, p, t] * value
                    cells[m, c, p, t] = value
                    sums[t] += weighted
                    rest[m, n_cities + p, t] += weighted
                    squares += weighted * value
                size[m] += squares
            for t in range(n_periods):
                rest[m, c, t] += sums[t]


LOOPS = SimpleNamespace(sum_weights=sum_weights, apply_couplings=apply_couplings, remove_and_sum=remove_and_sum)


def find_loops() -> SimpleNamespace | None:
    """Return the compiled loops, noted as used; none where they cannot be had."""
    loops = build_loops()
    if loops is not None:
        note_library("numba")
    return loops


@cache
def build_loops() -> SimpleNamespace | None:
    """Return the loops compiled, now or before; none without a numba that fits numpy, or a place to keep them."""
    try:
        compiled = import_module("numba").njit(cache=True, fastmath=REORDERED, error_model="numpy")
        return SimpleNamespace(**{name: compiled(loop) for name, loop in vars(LOOPS).items()})
    except (ImportError, RuntimeError):
        return None


REFINEMENTS = 4
CELLS_AT_ONCE = 1 << 16
MAX_STEPS = 20_000
NOTHING_LEFT = 1e-13


@dataclass(slots=True)
class CubeEquations:
    """The normal equations of a cube for one set of weights."""

    cube: Cube
    weights: FloatArray  # (cities, partners, periods): zero in empty cells
    loops: SimpleNamespace | None = field(default_factory=find_loops)  # compiled passes, where there are such
    inverse: FloatArray = field(init=False)  # (cities, partners): one over each dyad's weight, zero where it has none
    # totals, scale: (cities + partners, periods): weight of each city-period and partner-period, and the
    # preconditioner
    totals: FloatArray = field(init=False)
    scale: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        """Sum the weights along each axis."""
        n_cities, n_partners, n_periods = self.cube.shape
        self.inverse = np.empty((n_cities, n_partners))
        self.totals = np.zeros((n_cities + n_partners, n_periods))
        lost = np.zeros_like(self.totals)
        if self.loops is None:
            self._sum_weights(lost)
        else:
            self.loops.sum_weights(self.weights, self.inverse, self.totals, lost)
        diagonal = self.totals - lost
        self.scale = np.where(diagonal > NOTHING_LEFT * self.totals, invert_positive(diagonal), 0.0)

    def _sum_weights(self, lost: FloatArray) -> None:
        n_cities, n_partners, n_periods = self.cube.shape
        squares = np.empty((self.cities_at_once, n_partners, n_periods))
        for span in self.spans():
            weights = self.weights[span]
            inverse = self.inverse[span]
            inverse[:] = invert_positive(_over_periods(weights))
            self.totals[span] = _over_partners(weights)
            self.totals[n_cities:] += weights.sum(axis=0)
            square = np.multiply(weights, weights, out=squares[: weights.shape[0]])
            square *= inverse[:, :, None]
            lost[span] = _over_partners(square)
            lost[n_cities:] += square.sum(axis=0)

    @property
    def cities_at_once(self) -> int:
        """How many cities are worked on while their cells are in the cache."""
        return max(1, CELLS_AT_ONCE // (self.cube.shape[1] * self.cube.shape[2]))

    def spans(self) -> Iterator[slice]:
        """Blocks of cities."""
        for low in range(0, self.cube.shape[0], self.cities_at_once):
            yield slice(low, min(low + self.cities_at_once, self.cube.shape[0]))

    def precondition(self, stacked: FloatArray) -> FloatArray:
        """Multiply (L, k) by the inverse diagonal."""
        return self.scale.reshape(-1, 1) * stacked

    def apply(self, stacked: FloatArray) -> FloatArray:
        """Multiply (L, k) stacked coefficients, city-periods first, by the Schur complement of the dyads."""
        n_cities, n_partners, n_periods = self.cube.shape
        given = np.ascontiguousarray(stacked.T).reshape(-1, n_cities + n_partners, n_periods)
        out = self.totals * given
        if self.loops is None:
            self._apply_couplings(given, out)
        else:
            self.loops.apply_couplings(self.weights, self.inverse, given, out)
        return out.reshape(given.shape[0], -1).T

    def _apply_couplings(self, given: FloatArray, out: FloatArray) -> None:
        n_cities, n_partners, n_periods = self.cube.shape
        at_once = self.cities_at_once
        room = np.empty((at_once, n_partners, n_periods))
        # city less dyad mean in each cell is the product of (1, -mean) and (city, 1): faster than broadcasting
        left, right = np.ones((at_once, n_partners, 2)), np.ones((at_once, 2, n_periods))
        for span in self.spans():
            weights, inverse = self.weights[span], self.inverse[span]
            some = slice(0, weights.shape[0])
            for of_column, into in zip(given, out, strict=True):
                city = of_column[span]
                cell = np.multiply(weights, of_column[n_cities:], out=room[some])
                into[span] += _over_partners(cell)
                means = np.matmul(weights, city[:, :, None])[:, :, 0]
                means += _over_periods(cell)
                means *= inverse
                into[span] -= np.matmul(means[:, None, :], weights)[:, 0]
                np.negative(means, out=left[some, :, 1])
                right[some, 0] = city
                np.matmul(left[some], right[some], out=cell)
                cell *= weights
                into[n_cities:] += cell[0] if cell.shape[0] == 1 else cell.sum(axis=0)

    def sweep(self, cells: FloatArray, step: FloatArray | None) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Subtract a step (L, k) and dyad means from (k, n_cells); return means, sums by level and squares left."""
        n_cities, n_partners, n_periods = self.cube.shape
        k, n_levels = cells.shape[0], n_cities + n_partners
        means = np.empty((k, n_cities, n_partners))
        rest, size = np.zeros((k, n_levels, n_periods)), np.zeros(k)
        given = np.empty((k, 0, n_periods))
        if step is not None:
            given = np.ascontiguousarray(step.T).reshape(k, n_levels, n_periods)
        cubes = cells.reshape(k, *self.cube.shape)
        if self.loops is None:
            self._sweep(cubes, given, means, rest, size)
        else:
            self.loops.remove_and_sum(cubes, self.weights, self.inverse, given, means, rest, size)
        return means.reshape(k, -1), rest.reshape(k, -1).T, size

    def _sweep(
        self, cells: FloatArray, step: FloatArray, means: FloatArray, rest: FloatArray, size: FloatArray
    ) -> None:
        n_cities, n_partners, n_periods = self.cube.shape
        room = np.empty((self.cities_at_once, n_partners, n_periods))
        for m, cube in enumerate(cells):
            given = step[m] if step.shape[1] else None
            for span in self.spans():
                block, weights = cube[span], self.weights[span]
                if given is not None:
                    block -= given[span][:, None, :]
                    block -= given[n_cities:]
                weighted = np.multiply(block, weights, out=room[: block.shape[0]])
                mean = np.multiply(_over_periods(weighted), self.inverse[span], out=means[m, span])
                block -= mean[:, :, None]
                np.multiply(block, weights, out=weighted)
                rest[m, span] = _over_partners(weighted)
                rest[m, n_cities:] += weighted[0] if weighted.shape[0] == 1 else weighted.sum(axis=0)
                size[m] += np.einsum("i,i->", weighted.ravel(), block.reshape(-1))

    def solve(self, rest: FloatArray, squared_goal: FloatArray) -> FloatArray:
        """Solve the Schur complement for (L, k) right-hand sides."""
        solution = solve_conjugate_gradients(self.apply, self.precondition, rest, squared_goal, None, MAX_STEPS)
        return solution.require(MAX_STEPS)

    def level_coefficients(self, means: FloatArray, stacked: FloatArray) -> list[FloatArray]:
        """Coefficients per effect in the caller's order, (size, k) each."""
        n_city_periods = self.cube.shape[0] * self.cube.shape[2]
        tables = (means.T, stacked[:n_city_periods], stacked[n_city_periods:])
        out = [np.empty(0)] * 3
        for place, table, cell in zip(self.cube.places, tables, self.cube.cells, strict=True):
            out[place] = table[cell]
        return out


def project_cells(
    equations: CubeEquations, cells: FloatArray, tolerance: float, start: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Leave residuals of (k, n_cells) columns in place; return dyad means (k, dyads) and effects (L, k)."""
    first, rest, size = equations.sweep(cells, start)
    if is_rounded(size, np.einsum("ij,ij,j->i", first, first, invert_positive(equations.inverse.ravel()))):
        more, rest, size = equations.sweep(cells, None)
        first += more
    stacked = np.zeros_like(rest) if start is None else start
    for attempt in range(REFINEMENTS):
        norm = np.einsum("ij,ij->j", rest, equations.precondition(rest))
        if not bool((norm > tolerance**2 * size).any()):
            break
        if attempt == REFINEMENTS - 1:
            require_precision(norm, max(tolerance, ACCEPTED) ** 2 * size)
            break
        step = equations.solve(rest, 0.25 * tolerance**2 * size)
        stacked = stacked + step
        more, rest, _ = equations.sweep(cells, step)
        first += more
    return first, stacked


def project_cells_once(equations: CubeEquations, cells: FloatArray, forcing: float) -> tuple[FloatArray, FloatArray]:
    """The same so that the level sums shrink to the fraction ``forcing``; one pass without a check."""
    first, rest, _ = equations.sweep(cells, None)
    goal = forcing**2 * np.einsum("ij,ij->j", rest, equations.precondition(rest))
    stacked = equations.solve(rest, goal)
    first += equations.sweep(cells, stacked)[0]
    return first, stacked


def _over_periods(cells: FloatArray) -> FloatArray:
    """Sum (c, partners, periods) over periods by a product with ones, which goes through the fast path of BLAS."""
    return np.asarray(np.matmul(cells, np.ones(cells.shape[2])), dtype=np.float64)


def _over_partners(cells: FloatArray) -> FloatArray:
    """Sum (c, partners, periods) over partners, likewise."""
    return np.asarray(np.matmul(np.ones(cells.shape[1]), cells), dtype=np.float64)
