"""One-step estimates of a Poisson model from its fit without the treatment: for tests that need no refit."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twintrade.design import Design
from twintrade.errors import EstimationError
from twintrade.estimators.event_terms import Shape, terms
from twintrade.numerics.annihilator import annihilator, solved
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.poisson import poisson


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """Treatment columns of one assignment, on the rows where they are not all zero.

    Attributes
    ----------
    rows : IntArray, shape (n_rows,)
    columns : FloatArray, shape (n_rows, n_columns)
    names : tuple of str
        Of the columns that are effects, the first ones.
    is_after : FloatArray, shape (n_names,)
        Number of treated rows of each effect, 0 for effects before onset.
    """

    rows: IntArray
    columns: FloatArray
    names: tuple[str, ...]
    is_after: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class ScoreTest:
    """The model without treatment, refitted once for each null and then asked about any number of treatments.

    Attributes
    ----------
    design : Design
    shape : {"event", "static"}
    """

    design: Design
    shape: Shape

    def pattern(self, design: Design) -> Pattern | None:
        """Return the treatment columns of a re-assigned design; None where it observes other rows."""
        o = design.observations
        if not np.array_equal(o.rows, self.design.observations.rows):
            return None
        model = terms(o, self.shape)
        columns = model.columns[:, : model.columns.shape[1] - o.covariates.shape[1]]
        rows = np.flatnonzero(columns.any(axis=1))
        counts = columns[:, : model.n_reported].sum(axis=0)
        if model.event_times is None:
            return Pattern(rows, columns[rows], ("after onset",), counts)
        names = tuple(f"{e:+d}" for e in model.event_times)
        return Pattern(rows, columns[rows], names, np.where(model.event_times >= 0, counts, 0.0))

    def under(self, factor: FloatArray) -> Callable[[Pattern], dict[str, float]] | None:
        """Return one-step estimates under the null that treatment multiplied outcomes by ``factor``.

        The score of the treatment at the fit of effects and covariates to outcome / factor, times the inverse of its
        information: (D'QD)^-1 D'(y - mu) with the fitted means as weights. None where the panel is too large.

        Parameters
        ----------
        factor : FloatArray, shape (n_rows,)
        """
        o = self.design.observations
        codes = o.effect_codes()
        y = o.y / factor
        fit = poisson(y, o.covariates, codes, o.weights)
        weights, score = np.zeros(o.n_rows), np.zeros(o.n_rows)
        weights[fit.rows] = fit.mu if o.weights is None else fit.mu * o.weights[fit.rows]
        score[fit.rows] = weights[fit.rows] * fit.residuals
        q = annihilator(codes, o.covariates, weights)
        if q is None:
            return None

        def effects(pattern: Pattern) -> dict[str, float]:
            inside = pattern.columns
            norms = (q.weights[pattern.rows][:, None] * inside**2).sum(axis=0)
            right = (inside.T @ score[pattern.rows])[:, None]
            try:
                kept, found = solved(q.gram(pattern.rows, inside), right, norms)
            except EstimationError:
                return {}
            n = len(pattern.names)
            return {pattern.names[k]: float(b) for k, b in zip(kept, found[:, 0], strict=True) if k < n}

        return effects
