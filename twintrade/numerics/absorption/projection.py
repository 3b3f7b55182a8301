"""Projection of columns on fixed effects, repeated until the level sums computed from the rows are zero."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.absorption.normal_equations import Incidence, NormalEquations
from twintrade.numerics.arrays import FloatArray, IntArray, sum_by_group

ACCEPTED = 1e-10
REFINEMENTS = 4
TIGHT = 1e-13
INCONSISTENT = 1e-7
ROUNDED = 1e-10
ROWS_AT_ONCE = 1 << 15
COLUMNS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Projection:
    """What a projection leaves and what it found."""

    residuals: FloatArray  # (n, k)
    coefficients: list[FloatArray]  # (size, k) per effect
    # (L, k) where the next solve with similar weights may start; None where the closed form was used
    stacked: FloatArray | None


def project_rows(
    equations: NormalEquations, columns: FloatArray, tolerance: float, start: FloatArray | None
) -> Projection:
    """Project (n, k) columns on the effects."""
    pattern = equations.incidence
    stacked = np.zeros((pattern.n_stacked, columns.shape[1])) if start is None else start
    residuals = np.array(columns, dtype=np.float64, order="C")
    if start is not None:
        _subtract(pattern, residuals, start)
    first = _demean(equations, residuals)
    size = _size(equations, residuals)
    if is_rounded(size, np.einsum("ij,ij,i->j", first, first, equations.totals[0])):
        first += _demean(equations, residuals)
        size = _size(equations, residuals)
    for attempt in range(REFINEMENTS):
        rest = _sums(equations, residuals)
        norm = np.einsum("ij,ij->j", rest, equations.precondition(rest))
        if not bool((norm > tolerance**2 * size).any()):
            break
        if attempt == REFINEMENTS - 1:
            require_precision(norm, max(tolerance, ACCEPTED) ** 2 * size)
            break
        step = equations.solve_rest(rest, 0.25 * tolerance**2 * size)
        stacked = stacked + step
        _subtract(pattern, residuals, step)
        first += _demean(equations, residuals)
    return Projection(residuals, _by_effect(pattern, first, stacked), stacked)


def project_blocks(
    equations: NormalEquations, columns: FloatArray, tolerance: float, start: FloatArray | None
) -> Projection:
    """Project (n, k) columns a few at a time, so that what a step needs stays in the cache."""
    k = columns.shape[1]
    if k <= COLUMNS_AT_ONCE:
        return project_rows(equations, columns, tolerance, start)
    blocks = [slice(i, i + COLUMNS_AT_ONCE) for i in range(0, k, COLUMNS_AT_ONCE)]
    parts = [
        project_rows(equations, columns[:, b], tolerance, None if start is None else start[:, b]) for b in blocks
    ]
    return Projection(
        residuals=np.hstack([part.residuals for part in parts]),
        coefficients=[np.hstack(by_block) for by_block in zip(*(part.coefficients for part in parts), strict=True)],
        stacked=np.hstack([part.stacked for part in parts if part.stacked is not None]),
    )


def project_once(equations: NormalEquations, columns: FloatArray, forcing: float) -> Projection:
    """Project (n, k) columns so that the level sums shrink to the fraction ``forcing``; one pass without a check."""
    pattern = equations.incidence
    residuals = np.array(columns, dtype=np.float64, order="C")
    first = _demean(equations, residuals)
    rest = _sums(equations, residuals)
    goal = forcing**2 * np.einsum("ij,ij->j", rest, equations.precondition(rest))
    stacked = equations.solve_rest(rest, goal) if pattern.others else rest
    _subtract(pattern, residuals, stacked)
    first += _demean(equations, residuals)
    return Projection(residuals, _by_effect(pattern, first, stacked), stacked)


def solve_levels(equations: NormalEquations, sums: Sequence[FloatArray]) -> list[FloatArray]:
    """Solve D'WD a = sums, both (size, k) per effect, and check that all equations hold."""
    pattern = equations.incidence
    first = np.zeros_like(sums[pattern.largest])
    stacked = np.zeros((pattern.n_stacked, first.shape[1]))
    left = [np.array(part, dtype=np.float64) for part in sums]
    scale = np.maximum(np.max([np.abs(part).max(axis=0) for part in sums], axis=0), 1e-300)
    least = np.full(first.shape[1], np.inf)
    for _ in range(REFINEMENTS):
        rest = _stack(pattern, left)
        goal = np.einsum("ij,ij->j", rest, equations.precondition(rest)) * TIGHT**2
        goal += np.einsum("ij,ij,i->j", left[pattern.largest], left[pattern.largest], equations.inverse) * TIGHT**2
        step_first, step = equations.solve(left[pattern.largest], rest, goal)
        # Rounding in what is left may lie outside what the rows determine: a step that adds to it is none.
        known = equations.incidence.levels
        rows = expand(known.codes, _by_effect(equations.incidence, first + step_first, stacked + step))
        if equations.weights is not None:
            rows *= equations.weights[:, None]
        after = [
            part - sum_by_group(rows, code, size)
            for part, code, size in zip(sums, known.codes, known.sizes, strict=True)
        ]
        error = np.max([np.abs(part).max(axis=0) for part in after], axis=0)
        better = error < least
        first, stacked = np.where(better, first + step_first, first), np.where(better, stacked + step, stacked)
        left = [np.where(better, new, old) for new, old in zip(after, left, strict=True)]
        least = np.minimum(error, least)
        if bool((least <= 1e-12 * scale).all()) or not better.any():
            break
    if bool((least > INCONSISTENT * scale).any()):
        raise EstimationError(
            "The rows do not determine the requested combination of effects: some of its cells lie outside what they "
            "identify. Leave those cells out (see numerics.prediction.identified)."
        )
    return _by_effect(pattern, first, stacked)


def expand(codes: Sequence[IntArray], coefficients: Sequence[FloatArray]) -> FloatArray:
    """Add up (size, k) coefficients over the effects for every row, (n, k)."""
    out = np.take(coefficients[0], codes[0], axis=0)
    for code, values in zip(codes[1:], coefficients[1:], strict=True):
        out += np.take(values, code, axis=0)
    return out


def is_rounded(left: FloatArray, explained: FloatArray) -> bool:
    """Say whether means took so much of a column's square that they have to be taken out again."""
    return bool((left <= ROUNDED * explained).any())


def _size(equations: NormalEquations, residuals: FloatArray) -> FloatArray:
    weighted = residuals if equations.weights is None else equations.weights[:, None] * residuals
    return np.asarray(np.einsum("ij,ij->j", weighted, residuals), dtype=np.float64)


def require_precision(norm: FloatArray, limit: FloatArray) -> None:
    """Refuse level sums that are not as near to zero as they should be."""
    if bool((norm > limit).any()):
        raise EstimationError("The fixed effects cannot be absorbed to the required precision; check the weights.")


def _sums(equations: NormalEquations, residuals: FloatArray) -> FloatArray:
    sums = [np.asarray(rows @ residuals, dtype=np.float64) for rows in equations.row_maps[1:]]
    return np.concatenate(sums) if sums else np.empty((0, residuals.shape[1]))


def _demean(equations: NormalEquations, columns: FloatArray) -> FloatArray:
    """Subtract the eliminated effect's means in place and return them."""
    means: FloatArray = equations.inverse[:, None] * (equations.row_maps[0] @ columns)
    remove_levels(columns, means, equations.incidence.levels.codes[equations.incidence.largest])
    return means


def _subtract(pattern: Incidence, columns: FloatArray, stacked: FloatArray) -> None:
    for k, low, high in zip(pattern.others, pattern.offsets[:-1], pattern.offsets[1:], strict=True):
        remove_levels(columns, stacked[low:high], pattern.levels.codes[k])


def remove_levels(columns: FloatArray, values: FloatArray, code: IntArray) -> None:
    """Subtract each row's level in place, block by block so that the gathered values stay in the cache."""
    gathered = np.empty((min(ROWS_AT_ONCE, code.size), columns.shape[1]))
    for low in range(0, code.size, ROWS_AT_ONCE):
        block = columns[low : low + ROWS_AT_ONCE]
        part = gathered[: block.shape[0]]
        np.take(values, code[low : low + ROWS_AT_ONCE], axis=0, out=part, mode="clip")
        block -= part


def _stack(pattern: Incidence, parts: Sequence[FloatArray]) -> FloatArray:
    return np.concatenate([parts[e] for e in pattern.others]) if pattern.others else np.empty((0, parts[0].shape[1]))


def _by_effect(pattern: Incidence, first: FloatArray, stacked: FloatArray) -> list[FloatArray]:
    out = [np.zeros((size, stacked.shape[1])) for size in pattern.levels.sizes]
    out[pattern.largest] = first
    for k, low, high in zip(pattern.others, pattern.offsets[:-1], pattern.offsets[1:], strict=True):
        out[k] = stacked[low:high]
    return out
