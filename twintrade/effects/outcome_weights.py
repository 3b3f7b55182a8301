"""With which weight each row's outcome enters each effect, and columns of rows that are made when asked for."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from twintrade.numerics.arrays import FloatArray, IntArray


class LaterColumns(Protocol):
    """Regressors net of the absorbed effects that are made when asked for: many readers need one combination of them.

    Held by estimates, which reach other processes, so that whatever it holds has to be picklable.
    """

    def dense(self) -> FloatArray:
        """Return the columns, shape (n_rows, n_slopes); kept where making them takes long."""

    def along(self, directions: FloatArray) -> FloatArray:
        """Return ``dense() @ directions`` without making the columns, shape (n_rows, n_directions)."""


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeWeights:
    """Weights v with ``effects = v'y``; for a Poisson method with working residuals (y - mu) / mu, linearized, for y.

    Estimated weights of an average are taken for fixed, which changes nothing where the averaged effects are alike.
    """

    rows: IntArray  # (n_rows,): positions in the design's observations
    columns: FloatArray | LaterColumns  # (n_rows, n_columns)
    selector: FloatArray  # (n_columns, n_effects)
    scale: FloatArray | None = None  # (n_rows,): multiplies the rows of `columns @ selector`; None for one

    def matrix(self) -> FloatArray:
        """Return the weights, shape (n_rows, n_effects)."""
        c = self.columns
        values = c @ self.selector if isinstance(c, np.ndarray) else c.along(self.selector)
        return np.asarray(values if self.scale is None else values * self.scale[:, None], dtype=np.float64)

    def choose(self, effects: slice) -> "OutcomeWeights":
        """Return the weights of some effects."""
        return replace(self, selector=self.selector[:, effects])

    def combined(self, weights: FloatArray) -> "OutcomeWeights":
        """Return the weights of ``effects @ weights``."""
        return replace(self, selector=self.selector @ weights)
