"""Columns net of fixed effects, kept as what levels take out of them where rows times columns are many numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from twintrade.numerics.absorption.projection import remove_levels
from twintrade.numerics.arrays import FloatArray, IntArray

MOST_DENSE, FEWEST_COLUMNS = 2_000_000, 8
"""Numbers up to which net columns are kept as they are, 16 megabytes, and columns from which on they are not."""


@dataclass(frozen=True, slots=True, eq=False)
class NetColumns:
    """Columns less what each level of each effect takes out of them, made when asked for and not kept."""

    columns: scipy.sparse.csr_array  # (n_rows, k): before
    codes: tuple[np.ndarray, ...]  # (n_rows,)
    taken: tuple[FloatArray, ...]  # (n_levels, k)

    def dense(self) -> FloatArray:
        """Return the columns, shape (n_rows, k)."""
        return self._subtract(self.columns.toarray(), self.taken)

    def along(self, directions: FloatArray) -> FloatArray:
        """Return ``dense() @ directions``: combinations are made before levels are taken out of them."""
        return self._subtract(self.columns @ directions, [levels @ directions for levels in self.taken])

    def _subtract(self, out: FloatArray, taken: Sequence[FloatArray]) -> FloatArray:
        for code, levels in zip(self.codes, taken, strict=True):
            remove_levels(out, levels, code)
        return out


def pack_columns(
    net: FloatArray,
    columns: FloatArray,
    codes: Sequence[IntArray],
    taken: Sequence[FloatArray],
    kept: IntArray,
    rows: IntArray | None = None,
) -> FloatArray | NetColumns:
    """Return net columns as they are, or as what they were and what levels took, if that is much less to keep.

    ``net`` (n_rows, k); ``columns`` (n, n_columns): before the effects were taken out; ``codes`` (n_rows,): levels of
    each row, 0 to n_levels - 1; ``taken`` (n_levels, k): coefficients of the effects; ``kept`` (k,): which of the
    columns are among the net ones; ``rows`` (n_rows,): likewise the rows; all by default.
    """
    n, k = net.shape
    if n * k <= MOST_DENSE or k < FEWEST_COLUMNS:
        return net
    before = scipy.sparse.csr_array(columns)[:, kept]
    if rows is not None and rows.size < before.shape[0]:
        before, codes = before[rows], [code if code.size == n else code[rows] for code in codes]
    small = tuple(code.astype(np.int32) for code in codes)
    return NetColumns(scipy.sparse.csr_array(before), small, tuple(np.ascontiguousarray(levels) for levels in taken))
