"""Members of a table that are the sum of some of the others: a region beside its cities, Belgium-Luxembourg."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from twintrade.numerics.arrays import FloatArray, IntArray

MOST_MEMBERS = 400
MOST_FIGURES = 4_000_000
"""Members of a dimension, and figures of its cells, that are looked at: of more cells those with most trade."""

LEAST_CELLS = 8
"""Cells in which a member has to equal the sum of two or more parts."""

DEPENDENT = 1e-4
"""Smallest eigenvalue of the members' correlations, not centered, from which none is a sum of the others."""

NOTHING_NEW = 1e-10
"""Share of a member's squares below which it adds nothing to the space of those before it."""


def find_subtotals(
    summed: pd.DataFrame, totals: Sequence[int], tolerance: float, nearly_all: float
) -> Iterator[tuple[int, list[int]]]:
    """Yield each member that equals the sum of two or more smaller ones in nearly every cell, with these.

    ``summed``: member, cell and value, a row a member and cell; ``totals``: members that are known to be the sum of
    all others; ``tolerance``: relative distance from the sum that rounding may make; ``nearly_all``: share of the
    cells with two parts or more in which it has to be the sum.

    Notes
    -----
    Members are taken in the order of their totals and regressed on the smaller ones that are no sums themselves. The
    coefficients name the parts; what counts is the sum of these, cell by cell. A Cholesky factor that grows with the
    members gives them.
    """
    import scipy  # pages are drawn without it

    kept = summed[~summed["member"].isin(totals)]
    figures, members = _spread(kept)
    norms = np.sqrt((figures**2).sum(axis=0))
    if members.size < 3 or not (norms > 0).all():
        return
    gram = (figures / norms).T @ (figures / norms)
    if float(np.linalg.eigvalsh(gram)[0]) > DEPENDENT:
        return
    space: list[int] = []
    root = np.zeros_like(gram)
    for k in np.argsort(figures.sum(axis=0), kind="stable"):
        known = share = np.empty(0)
        if space:
            factor = root[: len(space), : len(space)]
            known = scipy.linalg.solve_triangular(factor, gram[space, k], lower=True)
            share = scipy.linalg.solve_triangular(factor, known, lower=True, trans="T")
        left = float(gram[k, k] - known @ known)
        of_k = [i for i, c in zip(space, share * norms[k] / norms[space], strict=True) if c > 0.5]
        if len(of_k) > 1 and _is_sum(figures[:, k], figures[:, of_k], tolerance, nearly_all):
            yield int(members[k]), sorted(int(members[i]) for i in of_k)
            continue
        if left > NOTHING_NEW:
            root[len(space), : len(space)], root[len(space), len(space)] = known, np.sqrt(left)
            space.append(int(k))


def _spread(summed: pd.DataFrame) -> tuple[FloatArray, IntArray]:
    """Return figures by cell and member, of the cells with most trade where there are many."""
    cells, cell = np.unique(summed["cell"].to_numpy(), return_inverse=True)
    members, member = np.unique(summed["member"].to_numpy(), return_inverse=True)
    value = summed["value"].to_numpy(dtype=np.float64)
    if not 3 <= members.size <= MOST_MEMBERS:
        return np.empty((0, members.size)), members.astype(np.int64)
    most = max(1, MOST_FIGURES // members.size)
    if cells.size > most:
        largest = np.argsort(-np.bincount(cell, weights=value), kind="stable")[:most]
        place = np.full(cells.size, -1)
        place[largest] = np.arange(largest.size)
        is_kept = place[cell] >= 0
        cell, member, value = place[cell][is_kept], member[is_kept], value[is_kept]
    figures = np.zeros((min(cells.size, most), members.size))
    figures[cell, member] = value
    has_trade = (figures != 0).any(axis=0)
    return figures[:, has_trade], members[has_trade].astype(np.int64)


def _is_sum(figure: FloatArray, of_parts: FloatArray, tolerance: float, nearly_all: float) -> bool:
    total = of_parts.sum(axis=1)
    is_told = (of_parts > 0).sum(axis=1) > 1
    is_sum = is_told & (np.abs(figure - total) <= tolerance * total)
    return int(is_told.sum()) >= LEAST_CELLS and int(is_sum.sum()) >= nearly_all * int(is_told.sum())
