"""How far trends may depart from parallel: polyhedra on the path of violations, as matrices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from twintrade.numerics.arrays import FloatArray

Kind = Literal["smoothness", "relative_magnitudes", "relative_smoothness"]
Bias = Literal["positive", "negative"]
Monotone = Literal["increasing", "decreasing"]


@dataclass(frozen=True, slots=True, eq=False)
class Polyhedron:
    """Violations delta with ``matrix @ delta <= bound``; delta leaves out the reference, where it is zero."""

    matrix: FloatArray  # (n_rows, n_pre + n_post)
    bound: FloatArray  # (n_rows,)


def build_polyhedra(
    kind: Kind,
    size: float,
    n_pre: int,
    n_post: int,
    bias: Bias | None = None,
    monotone: Monotone | None = None,
) -> list[Polyhedron]:
    """Return the polyhedra whose union is the restriction of Rambachan and Roth (2023).

    ``kind``: the slope changes by at most ``size`` a period; period-to-period changes after onset are at most
    ``size`` times the largest before; the same for changes of slope; ``n_pre``, ``n_post``: event times before the
    reference and after it; ``bias``: sign of the violation after onset; ``monotone``: of the whole path.
    """
    extra = _signs(n_pre, n_post, bias, monotone)
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


def _signs(n_pre: int, n_post: int, bias: Bias | None, monotone: Monotone | None) -> FloatArray:
    blocks: Sequence[FloatArray] = [np.empty((0, n_pre + n_post))]
    if bias is not None:
        after = np.hstack([np.zeros((n_post, n_pre)), np.eye(n_post)])
        blocks = [*blocks, -after if bias == "positive" else after]
    if monotone is not None:
        steps = drop_reference(build_difference_matrix(n_pre + n_post + 1, 1), n_pre)
        blocks = [*blocks, -steps if monotone == "increasing" else steps]
    return np.vstack(blocks)
