"""The part of a projection on fixed effects and covariates that belongs to some rows, ready to be looked up."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import scipy

from twintrade.numerics.arrays import FloatArray, IntArray, sum_by_group


@dataclass(frozen=True, slots=True, eq=False)
class ColumnSums:
    """Weighted columns summed with the loadings of their rows."""

    squares: FloatArray  # (k, k): X'WX
    first: FloatArray  # (k, n_first): by level of the largest effect
    inside: FloatArray  # (k, n_blocks, largest_rank)
    across: FloatArray  # (k, n_kept)


@dataclass(frozen=True, slots=True, eq=False)
class Loadings:
    """Rows of a root of H = Z (Z'WZ)^- Z': the entry of two rows is the product of theirs."""

    weights: FloatArray  # (n_rows,)
    first: IntArray  # (n_rows,): level of the largest effect
    share: FloatArray  # (n_rows,): one over that level's weights
    block: IntArray  # (n_rows,)
    # (n_rows, largest_rank): what effects inside the row's block add to it; rows of two blocks have nothing in common
    # there
    inside: FloatArray
    across: FloatArray  # (n_rows, n_kept): what the other effects and covariates add

    def get_hat(self, left: IntArray, right: IntArray) -> FloatArray:
        """Return entries of H for places among the rows, (n_left, n_right), or one matrix for each of a stack."""
        entries = self.across[left] @ np.swapaxes(self.across[right], -1, -2)
        if self.inside.shape[1]:
            products = self.inside[left] @ np.swapaxes(self.inside[right], -1, -2)
            entries += np.where(self.block[left][..., None] == self.block[right][..., None, :], products, 0.0)
        is_same = self.first[left][..., None] == self.first[right][..., None, :]
        entries += np.where(is_same, self.share[right][..., None, :], 0.0)
        return np.asarray(entries)

    def get_block(self, left: IntArray, right: IntArray) -> FloatArray:
        """Return entries of Q = W - WHW for places among the rows, as `get_hat` does those of H."""
        if left is right and left.ndim == 1 and (np.diff(left) > 0).all() and (np.diff(self.block[left]) >= 0).all():
            return self._get_own_block(left)
        weights = self.weights[right][..., None, :]
        entries = -self.get_hat(left, right) * weights * self.weights[left][..., None]
        entries += np.where(left[..., None] == right[..., None, :], weights, 0.0)
        return np.asarray(entries)

    def _get_own_block(self, places: IntArray) -> FloatArray:
        """Return the entries of ascending places, block by block, among themselves."""
        # A product with its own transpose takes half the operations.
        across, inside, first, share = (one[places] for one in (self.across, self.inside, self.first, self.share))
        entries, ends = across @ across.T, np.flatnonzero(np.diff(self.block[places], append=-1)) + 1
        for start, end in zip([0, *ends], ends, strict=False):
            run = slice(start, end)
            entries[run, run] += inside[run] @ inside[run].T
            entries[run, run] += np.where(first[run, None] == first[run], share[run], 0.0)
        weights = self.weights[places]
        entries *= -weights
        entries *= weights[:, None]
        entries[np.arange(places.size), np.arange(places.size)] += weights
        return np.asarray(entries)

    def take(self, rows: IntArray) -> Loadings:
        """Return those of some rows."""
        return Loadings(*(getattr(self, field.name)[rows] for field in fields(self)))

    def sum_columns(self, rows: IntArray, columns: scipy.sparse.csr_array) -> ColumnSums:
        """Sum weighted columns that are zero outside the given rows.

        ``rows`` (n,); ``columns`` (n, k).
        """
        sparse = scipy.sparse.coo_array(columns)
        at, column = sparse.coords
        weighted, row = sparse.data * self.weights[rows[at]], rows[at]
        by_column = scipy.sparse.csr_array((weighted, (column, at)), shape=columns.shape[::-1])
        keys, home = np.unique(column * np.int64(self.block.max() + 1) + self.block[row], return_inverse=True)
        by_block = scipy.sparse.csr_array((weighted, (home, np.arange(home.size))), shape=(keys.size, home.size))
        k, n_blocks, rank = columns.shape[1], int(self.block.max()) + 1, self.inside.shape[1]
        inside = np.zeros((k * n_blocks, rank))
        inside[keys] = by_block @ self.inside[row]
        n_first = int(self.first.max()) + 1
        first = sum_by_group(weighted, column * n_first + self.first[row], k * n_first).reshape(k, n_first)
        squares = by_column @ columns
        return ColumnSums(
            squares.toarray(), first, inside.reshape(k, n_blocks, rank), np.asarray(by_column @ self.across[rows])
        )

    def compute_gram(self, sums: ColumnSums) -> FloatArray:
        """Return X'QX of columns X from their sums, (k, k)."""
        by_level = np.zeros(sums.first.shape[1])
        by_level[self.first] = self.share
        inside = sums.inside.reshape(len(sums.inside), -1)
        return np.asarray(
            sums.squares - (sums.first * by_level) @ sums.first.T - inside @ inside.T - sums.across @ sums.across.T
        )

    def cross(self, sums: ColumnSums, others: IntArray) -> FloatArray:
        """Return X'Q at rows where the columns X are zero from their sums, shape (k, n_others)."""
        hat = sums.across @ self.across[others].T + sums.first[:, self.first[others]] * self.share[others]
        hat += np.einsum("kij,ij->ki", sums.inside[:, self.block[others]], self.inside[others])
        return np.asarray(-hat * self.weights[others])

    def compute_leverage(self) -> FloatArray:
        """Return the diagonal of WH, shape (n_rows,)."""
        added = np.einsum("ij,ij->i", self.inside, self.inside) + np.einsum("ij,ij->i", self.across, self.across)
        return np.asarray(self.weights * (self.share + added))
