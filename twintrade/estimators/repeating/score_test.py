"""One-step estimates of a Poisson model from its fit without the treatment: for tests that need no refit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import scipy.sparse as sp

from twintrade.design import Design, Observations
from twintrade.effects.labels import label_event_times
from twintrade.errors import EstimationError
from twintrade.estimators.regression.event_terms import Model, build_terms
from twintrade.numerics.absorption import Annihilator, build_annihilator, solve_normal_equations
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.poisson import fit_poisson

CELLS_AT_ONCE = 500_000
OVERALL: Final = "overall"
PATH: Final = "path"


@dataclass(frozen=True, slots=True, eq=False)
class AssignmentBlock:
    """The columns of one regression of an assignment.

    Attributes
    ----------
    codes : IntArray, shape (n_rows,)
        Column of each row's dummy, -1 for none. The first columns are effects, then those of anticipation.
    n_columns : int
    names : tuple of str
        Of the effects that are shown, or "overall"; empty where they only enter the path.
    path : FloatArray or None, shape (n_effects,)
        Number of treated rows of each effect, 0 for effects before onset, where the regression gives the path.
    """

    codes: IntArray
    n_columns: int
    names: tuple[str, ...]
    path: FloatArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """Treatment columns of one assignment, on the rows where they are not all zero.

    Attributes
    ----------
    rows : IntArray, shape (n_rows,)
    blocks : tuple of AssignmentBlock
        One a regression.
    """

    rows: IntArray
    blocks: tuple[AssignmentBlock, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all effects, averages included."""
        shown = tuple(name for block in self.blocks for name in block.names)
        return (*shown, PATH) if any(block.path is not None for block in self.blocks) else shown


@dataclass(frozen=True, slots=True, eq=False)
class ScoreTest:
    """The model without treatment, refitted once for each null and then asked about any number of treatments.

    Attributes
    ----------
    design : Design
    models : tuple of str
        The regressions reported, the one shown first, the static one last.
    q : Annihilator
        Of effects and covariates; each null has weights of its own.
    """

    design: Design
    models: tuple[Model, ...]
    q: Annihilator

    def pattern(self, design: Design) -> Pattern | None:
        """Return the treatment columns of a re-assigned design; None where it observes other rows."""
        o = design.observations
        if not np.array_equal(o.rows, self.design.observations.rows):
            return None
        blocks = [self._block(o, model, is_shown=model == self.models[0]) for model in self.models]
        rows = np.flatnonzero(np.any([block.codes >= 0 for block in blocks], axis=0))
        # Draws are kept for all nulls, in narrow integers.
        narrow = np.int32 if o.n_rows < np.iinfo(np.int32).max else np.int64
        short = tuple(replace(block, codes=block.codes[rows].astype(np.int16)) for block in blocks)
        return Pattern(rows.astype(narrow), short)

    def _block(self, o: Observations, model: Model, *, is_shown: bool) -> AssignmentBlock:
        terms = build_terms(o, model)
        n_columns = terms.columns.shape[1] - o.covariates.shape[1]
        columns = terms.columns[:, :n_columns]
        codes = replace(terms, columns=columns).find_dummies()
        if terms.event_times is None:
            return AssignmentBlock(codes, n_columns, (OVERALL,))
        times = terms.event_times
        names = label_event_times(times) if is_shown else ()
        path = None if model.kind == "binned" else np.where(times >= 0, columns[:, : times.size].sum(axis=0), 0.0)
        return AssignmentBlock(codes, n_columns, names, path)

    def under(self, factor: FloatArray) -> "Null":
        """Return the model under the null that treatment multiplied outcomes by ``factor``, shape (n_rows,)."""
        o = self.design.observations
        fit = fit_poisson(o.y / factor, o.covariates, o.effect_codes(), o.weights)
        means, residuals, weights = np.zeros(o.n_rows), np.zeros(o.n_rows), np.zeros(o.n_rows)
        means[fit.rows] = fit.mu
        residuals[fit.rows] = fit.mu * fit.residuals
        weights[fit.rows] = fit.mu * o.row_weights[fit.rows]
        return Null(means, residuals, o.row_weights * residuals, self.q.reweighted(weights, may_write_out=False))


@dataclass(frozen=True, slots=True, eq=False)
class Null:
    """The model without treatment, fitted.

    Attributes
    ----------
    means, residuals : FloatArray, shape (n_rows,)
        Fitted means and outcomes less these, of the outcome that the null leaves; zero for rows not in the fit.
    score : FloatArray, shape (n_rows,)
    q : Annihilator
    """

    means: FloatArray
    residuals: FloatArray
    score: FloatArray
    q: Annihilator

    def estimate(self, pattern: Pattern) -> dict[str, float]:
        """Return one-step estimates of a treatment."""
        return self.estimate_all([pattern])[0]

    def estimate_all(self, patterns: Sequence[Pattern]) -> list[dict[str, float]]:
        """Return one-step estimates of several treatments.

        The score of the treatment at the fit, times the inverse of its information: (D'QD)^-1 D'(y - mu) with the
        fitted means as weights.
        """
        by_view: list[dict[str, float]] = [{} for _ in patterns]
        for k in range(len(patterns[0].blocks)):
            size = max(pattern.blocks[k].n_columns for pattern in patterns)
            step = max(1, CELLS_AT_ONCE // (size * self.q.n_coefficients))
            for start in range(0, len(patterns), step):
                some = patterns[start : start + step]
                for place, values in enumerate(self._estimate_block(some, k, size), start):
                    by_view[place] |= values
        return by_view

    def _estimate_block(self, patterns: Sequence[Pattern], k: int, size: int) -> list[dict[str, float]]:
        """Return the estimates of one regression of several treatments."""
        blocks = [pattern.blocks[k] for pattern in patterns]
        inside = [block.codes >= 0 for block in blocks]
        rows = np.concatenate([pattern.rows[used] for pattern, used in zip(patterns, inside, strict=True)])
        columns = np.concatenate(
            [block.codes[used] + size * j for j, (block, used) in enumerate(zip(blocks, inside, strict=True))],
            dtype=np.int64,
        )
        shape = (self.score.size, size * len(blocks))
        dummies = sp.csr_array((np.ones(rows.size), (rows, columns)), shape=shape)
        norms, right = (
            np.bincount(columns, values[rows], shape[1]).astype(np.float64).reshape(-1, size)
            for values in (self.q.weights, self.score)
        )
        grams = self.q.gram_sets(dummies, size)
        return [
            _one_step(block, gram[:n, :n], one[:n, None], norm[:n])
            for block, gram, one, norm in zip(blocks, grams, right, norms, strict=True)
            for n in [block.n_columns]
        ]


def prepare_score_test(design: Design, models: tuple[Model, ...]) -> ScoreTest:
    """Lay the effects out for all nulls."""
    o = design.observations
    return ScoreTest(design, models, build_annihilator(o.effect_codes(), o.covariates, o.row_weights))


def _one_step(block: AssignmentBlock, gram: FloatArray, right: FloatArray, norms: FloatArray) -> dict[str, float]:
    try:
        kept, solution = solve_normal_equations(gram, right, norms)
    except EstimationError:
        return {}
    slopes = dict(zip(kept.tolist(), solution[:, 0].tolist(), strict=True))
    out = {name: slopes[k] for k, name in enumerate(block.names) if k in slopes}
    if block.path is not None:
        counts = np.array([block.path[k] if k < block.path.size else 0.0 for k in slopes])
        if counts.any():
            out[PATH] = float(counts @ solution[:, 0] / counts.sum())
    return out
