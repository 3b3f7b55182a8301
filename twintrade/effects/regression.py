"""The regression behind an influence, row by row."""

from dataclasses import dataclass

import numpy as np

from twintrade.effects.outcome_weights import LaterColumns, OutcomeWeights
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.text import Words


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """The regression behind an influence, row by row, for whatever needs scores finer than a unit.

    The influence of one row on the coefficients is ``weights * residuals * design @ bread``.
    """

    rows: IntArray  # (n_rows,): positions in the design's observations
    # (n_rows, n_slopes): regressors net of the absorbed effects, at hand or made when asked for
    columns: FloatArray | LaterColumns
    residuals: FloatArray  # (n_rows,): working residuals: for Poisson `(y - mu) / mu` with `weights = mu`
    weights: FloatArray  # (n_rows,): estimation weights
    bread: FloatArray  # (n_slopes, n_slopes): inverse of `design' W design`
    selector: FloatArray  # (n_slopes, n_effects): `effects = slopes @ selector`
    slopes: FloatArray | None = None  # (n_slopes,): the coefficients, where the method keeps them
    names: tuple[Words, ...] = ()  # what each coefficient belongs to, where the method keeps it

    @property
    def design(self) -> FloatArray:
        """Regressors net of the absorbed effects, shape (n_rows, n_slopes)."""
        return self.columns if isinstance(self.columns, np.ndarray) else self.columns.dense()

    def along(self, directions: FloatArray) -> FloatArray:
        """Return ``design @ directions``, shape (n_rows, n_directions)."""
        if isinstance(self.columns, np.ndarray):
            return np.asarray(self.columns @ directions, dtype=np.float64)
        return self.columns.along(directions)

    def row_influence(self) -> FloatArray:
        """Return the influence of each row on each effect, shape (n_rows, n_effects)."""
        out = self.along(self.bread @ self.selector)
        out *= (self.weights * self.residuals)[:, None]
        return out

    def outcome_weights(self) -> OutcomeWeights:
        """Return the weight of each row's outcome (for Poisson, of its working residual) in each effect."""
        return OutcomeWeights(self.rows, self.columns, self.bread @ self.selector, self.weights)
