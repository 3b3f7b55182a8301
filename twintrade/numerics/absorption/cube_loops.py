"""Passes over the cells of a cube as loops that numba compiles, each the twin of a pass in `cube_projection`."""

from functools import cache
from importlib import import_module
from types import SimpleNamespace

import numpy as np

from twintrade.extras import note_library
from twintrade.numerics.arrays import FloatArray

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


def remove_levels(
    cells: FloatArray, weights: FloatArray, inverse: FloatArray, step: FloatArray, means: FloatArray
) -> None:
    """Subtract a step (k, levels, periods), which may be empty, and then dyad means from (k, cities, ...) cells."""
    n_cities, n_partners, n_periods = weights.shape
    has_step = step.shape[1] > 0
    city, left = np.zeros(n_periods), np.empty(n_periods)
    for m in range(cells.shape[0]):
        for c in range(n_cities):
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
                for t in range(n_periods):
                    cells[m, c, p, t] = left[t] - mean


def remove_and_sum(
    cells: FloatArray,
    weights: FloatArray,
    inverse: FloatArray,
    step: FloatArray,
    means: FloatArray,
    rest: FloatArray,
    size: FloatArray,
) -> None:
    """The same; add up by level what is left (k, levels, periods), weighted, and its weighted squares (k,)."""
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


LOOPS = SimpleNamespace(
    sum_weights=sum_weights,
    apply_couplings=apply_couplings,
    remove_levels=remove_levels,
    remove_and_sum=remove_and_sum,
)


def find_loops() -> SimpleNamespace | None:
    """Return the compiled loops, noted as used; none where they cannot be had."""
    loops = build_loops()
    if loops is not None:
        note_library("numba")
    return loops


@cache
def build_loops() -> SimpleNamespace | None:
    """Return the loops compiled, or as they were compiled before.

    None without numba, with one that does not go with the numpy installed, or where nothing compiled can be kept.
    """
    try:
        compiled = import_module("numba").njit(cache=True, fastmath=REORDERED, error_model="numpy")
        return SimpleNamespace(**{name: compiled(loop) for name, loop in vars(LOOPS).items()})
    except (ImportError, RuntimeError):
        return None
