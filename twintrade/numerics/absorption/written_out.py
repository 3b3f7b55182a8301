"""The projection off fixed effects written out for small panels, where looking entries up is cheapest."""

from dataclasses import dataclass

import numpy as np

from twintrade.numerics.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class WrittenOut:
    """Q = W - W Z (Z'WZ)^- Z'W for effects and covariates Z."""

    weights: FloatArray  # (n_rows,)
    entries: FloatArray  # (n_rows, n_rows)

    def applied(self, columns: FloatArray) -> FloatArray:
        """Return Q times columns, shape (n_rows, k)."""
        return np.asarray(self.entries @ columns)

    def block(self, left: IntArray, right: IntArray) -> FloatArray:
        """Return the block of Q for some rows, shape (n_left, n_right), or one for each of a stack."""
        # Flat places are looked up some times faster than pairs of them.
        return np.asarray(self.entries.take((left * self.entries.shape[0])[..., None] + right[..., None, :]))

    def gram(self, rows: IntArray, columns: FloatArray) -> FloatArray:
        """Return D'QD for columns that are zero outside the given rows, shape (k, k)."""
        return np.asarray(columns.T @ (self.block(rows, rows) @ columns))

    def cross(self, rows: IntArray, columns: FloatArray, others: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return the same, and D'Q at other rows, shape (k, n_others); D is zero but in the given rows."""
        return self.gram(rows, columns), np.asarray(columns.T @ self.block(rows, others))


def write_out_complete(unit_weights: FloatArray, n_periods: int) -> WrittenOut:
    """Write out what takes unit and period effects out of a complete panel, units first, in closed form.

    ``unit_weights`` (n_units,).
    """
    across = np.diag(unit_weights) - np.outer(unit_weights, unit_weights) / unit_weights.sum()
    within = np.eye(n_periods) - 1 / n_periods
    return WrittenOut(np.repeat(unit_weights, n_periods), np.kron(across, within))
