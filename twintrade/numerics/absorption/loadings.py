"""The part of a projection on fixed effects and covariates that belongs to some rows, ready to be looked up."""

from dataclasses import dataclass

import numpy as np

from twintrade.numerics.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Loadings:
    """Rows of a root of H = Z (Z'WZ)^- Z': the entry of two rows is the product of theirs.

    Attributes
    ----------
    weights : FloatArray, shape (n_rows,)
    first : IntArray, shape (n_rows,)
        Level of the largest effect.
    share : FloatArray, shape (n_rows,)
        One over that level's weights.
    block : IntArray, shape (n_rows,)
    inside : FloatArray, shape (n_rows, largest_rank)
        What effects inside the row's block add to it; rows of two blocks have nothing in common there.
    across : FloatArray, shape (n_rows, n_kept)
        What the other effects and covariates add.
    """

    weights: FloatArray
    first: IntArray
    share: FloatArray
    block: IntArray
    inside: FloatArray
    across: FloatArray

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
        weights = self.weights[right][..., None, :]
        entries = -self.get_hat(left, right) * weights * self.weights[left][..., None]
        entries += np.where(left[..., None] == right[..., None, :], weights, 0.0)
        return np.asarray(entries)

    def compute_leverage(self) -> FloatArray:
        """Return the diagonal of WH, shape (n_rows,)."""
        added = np.einsum("ij,ij->i", self.inside, self.inside) + np.einsum("ij,ij->i", self.across, self.across)
        return np.asarray(self.weights * (self.share + added))
