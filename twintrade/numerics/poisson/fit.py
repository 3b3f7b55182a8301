"""Poisson pseudo maximum likelihood with high-dimensional fixed effects (Correia, Guimarães and Zylkin 2020)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy

from twintrade.errors import EstimationError
from twintrade.numerics.absorption.absorb import Absorber, build_absorber
from twintrade.numerics.absorption.cube import move_to_front
from twintrade.numerics.absorption.levels import Levels, count_rows_in_level, find_singletons_among
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.linear.regression import (
    Collinear,
    check_outcome,
    compute_column_norms,
    find_independent_columns,
)
from twintrade.numerics.poisson.separation import Separated, drop_all_zero_levels, find_separated
from twintrade.numerics.poisson.steps import (
    ROWS_AT_ONCE,
    Position,
    Problem,
    Regressors,
    compute_deviance,
    iterate,
    sum_weighted,
)
from twintrade.text import Words

# Where the kept rows of a Poisson regression stand while it is fitted: by themselves, or as cells of a cube.


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The kept rows and their places."""

    rows: IntArray  # (n_kept,): positions of the kept rows among the caller's
    n: int  # number of places
    places: IntArray | None  # (n_kept,): place of each kept row; None if the kept rows, in order, are the places
    is_ordered: bool  # whether the places increase
    effects: Absorber  # the effects on the places
    labels: Absorber  # the effects as the caller coded them
    absent: tuple[BoolArray, ...]  # for each effect the levels without any kept row

    def spread(self, values: FloatArray, out: FloatArray | None = None) -> FloatArray:
        """Copy one value per caller's row to the places, zero where no row stands."""
        out = np.empty(self.n) if out is None else out
        is_all = self.rows.size == values.size
        if self.places is None:
            if is_all:
                out[:] = values
            else:
                np.take(values, self.rows, out=out, mode="clip")
            return out
        out[:] = 0.0
        out[self.places] = values if is_all else values[self.rows]
        return out

    def weights(self, weights: FloatArray | None) -> FloatArray | None:
        """Weights by place; None if all are one."""
        if weights is not None:
            return self.spread(np.asarray(weights, dtype=np.float64))
        if self.places is None or self.rows.size == self.n:
            return None
        out = np.zeros(self.n)
        out[self.places] = 1.0
        return out

    def gathered(self, values: FloatArray) -> FloatArray:
        """Return values by place (n,) or (n, k) for the kept rows, which may be a view of them; they are used up."""
        if self.places is None:
            return values
        if self.is_ordered:
            return move_to_front(values, self.places)
        if values.ndim == 1:
            return np.take(values, self.places, mode="clip")
        out = np.empty((self.places.size, values.shape[1]), order="F")
        for j in range(values.shape[1]):
            np.take(values[:, j], self.places, out=out[:, j], mode="clip")
        return out

    def by_code(self, coefficients: Sequence[FloatArray]) -> tuple[FloatArray, ...]:
        """Coefficients per effect by the caller's code, NaN where no row is left."""
        out = []
        for values, absent in zip(coefficients, self.absent, strict=True):
            values = values.copy()
            values[absent] = np.nan
            out.append(values)
        return tuple(self.labels.by_code(out))


def lay_out(effects: Absorber, kept: BoolArray) -> Layout:
    """Choose the places for the kept rows: the cells of the cube where the effects have one."""
    rows = np.flatnonzero(kept)
    is_all, cube = rows.size == kept.size, effects.cube
    if cube is None:
        inside = effects if is_all else build_absorber([code[rows] for code in effects.levels.codes])
        absent = tuple(np.zeros(size, dtype=np.bool_) for size in inside.levels.sizes)
        labels = effects if is_all else _relabeled(inside, effects)
        return Layout(rows, rows.size, None, True, inside, labels, absent)
    places = rows if cube.position is None else cube.position if is_all else cube.position[rows]
    positions = None if is_all and cube.position is None else places
    known = effects.levels
    absent = tuple(
        count_rows_in_level(code, size, kept) == 0 for code, size in zip(known.codes, known.sizes, strict=True)
    )
    return Layout(rows, cube.n_cells, positions, cube.is_ordered, effects.on_cells(), effects, absent)


def _relabeled(inside: Absorber, outside: Absorber) -> Absorber:
    """The effects of the kept rows under the caller's own codes."""
    pairs = zip(outside.levels.labels, inside.levels.labels, strict=True)
    return replace(inside, levels=replace(inside.levels, labels=tuple(labels[inner] for labels, inner in pairs)))


TOLERANCE = 1e-10  # relative change of the deviance at which the tightly solved steps begin
MOST_WHOLE = 2_000_000  # numbers up to which regressors are laid out as they are given


@dataclass(frozen=True, slots=True)
class PoissonFit:
    """A fitted Poisson model; arrays over rows refer to the ``rows`` that were kept, in order."""

    coefficients: FloatArray  # (k,) for the kept columns
    kept: IntArray  # (k,) positions of the kept columns
    collinear: tuple[Collinear, ...]
    # mu, eta: (n,) fitted means and linear predictors, offset included
    mu: FloatArray
    eta: FloatArray
    x_tilde: FloatArray  # (n, k) regressors less what the effects explain under the weights `weights * mu`
    residuals: FloatArray  # (n,) working residuals (y - mu) / mu
    bread: FloatArray  # (k, k) inverse of x_tilde' diag(weights * mu) x_tilde
    # deviance, null_deviance, loglik, pseudo_r2: The null model has one mean; pseudo_r2 is 1 - loglik / null loglik
    # (McFadden)
    deviance: float
    null_deviance: float
    loglik: float
    pseudo_r2: float
    iterations: int
    rows: IntArray  # (n,) positions of the rows used
    separated: tuple[Separated, ...]  # positions of the rows dropped, by reason
    # Positions of rows that are alone in a level of an effect once separated rows are gone: fitted perfectly, without
    # influence on the coefficients
    singletons: IntArray
    # One consistent solution of each effect's coefficients, indexed by code, NaN where no row is left
    effect_coefficients: tuple[FloatArray, ...]
    levels: Levels  # the effects recoded, by row that was kept or by every row
    taken: tuple[FloatArray, ...]  # (size, k) what each level took out of the regressors


def fit_poisson(
    y: FloatArray,
    X: FloatArray,
    codes: Sequence[IntArray],
    weights: FloatArray | None = None,
    offset: FloatArray | None = None,
    max_iterations: int = 200,
    names: Sequence[Words] | None = None,
    rows: IntArray | None = None,
) -> PoissonFit:
    """Fit y ~ exp(X b + effects + offset), on the rows that a fit to the same zeros has kept where such are given."""
    _check(y, X, weights, offset)
    effects = build_absorber([np.asarray(code) for code in codes])
    if rows is None:
        kept, separated = _keep_rows(y, effects.levels.codes, weights)
        separated_rows, full_rank = find_separated(y, X, effects, kept)
        if separated_rows.any():
            separated.append(Separated(np.flatnonzero(separated_rows), "prediction"))
            kept &= ~separated_rows
    else:
        kept, separated, full_rank = np.zeros(y.size, dtype=np.bool_), [], not X.shape[1]
        kept[rows] = True
    alone = np.flatnonzero(find_singletons_among(effects.levels, kept))
    if not kept.any():
        raise EstimationError("No row is left: every row is a singleton or separated. Use coarser fixed effects.")
    columns, collinear = _independent(X, effects, kept, weights, names, full_rank)
    layout = lay_out(effects, kept)
    scale = _mean(y, kept, weights)
    problem = _problem(layout, y, X[:, columns] if columns.size < X.shape[1] else X, weights, offset, scale)
    position, regressors, iterations = iterate(problem, TOLERANCE, max_iterations)
    solution = (position, regressors, scale, iterations)
    return _finished(problem, layout, solution, columns, collinear, tuple(separated), alone)


def _mean(y: FloatArray, kept: BoolArray, weights: FloatArray | None) -> float:
    if weights is None:
        return float(y.mean() if bool(kept.all()) else np.average(y, weights=kept))
    return float(np.average(y, weights=kept * weights))


def _problem(
    layout: Layout, y: FloatArray, X: FloatArray, weights: FloatArray | None, offset: FloatArray | None, scale: float
) -> Problem:
    """Lay the data out, the outcome divided by its mean."""
    scaled = layout.spread(y)
    scaled /= scale
    cell_weights = layout.weights(weights)
    saturated = -sum_weighted(scaled, cell_weights)
    for low in range(0, layout.n, ROWS_AT_ONCE):
        rows = slice(low, low + ROWS_AT_ONCE)
        terms = np.asarray(scipy.special.xlogy(scaled[rows], scaled[rows]), dtype=np.float64)
        saturated += sum_weighted(terms, None if cell_weights is None else cell_weights[rows])
    # Dummies in a byte each: beside what is left of them they are copied into, and of no other use.
    is_small = X.size > MOST_WHOLE and all(((column == 0) | (column == 1)).all() for column in X.T)
    inside = np.empty((layout.n, X.shape[1]), np.int8 if is_small else np.float64, order="F")
    for j, column in enumerate(X.T):
        inside[:, j] = layout.spread(column)
    start = np.zeros(1) if offset is None else layout.spread(np.asarray(offset, dtype=np.float64))
    return Problem(scaled, inside, cell_weights, np.broadcast_to(start, layout.n), layout.effects, saturated)


def _check(y: FloatArray, X: FloatArray, weights: FloatArray | None, offset: FloatArray | None) -> None:
    check_outcome(y, X, y.size)
    if bool((y < 0).any()):
        bad = np.flatnonzero(y < 0)
        raise EstimationError(
            f"The outcome is negative in {bad.size} rows (first: row {bad[0]}, {y[bad[0]]:g}). "
            "Poisson needs values of zero or more."
        )
    if not bool((y > 0).any()):
        raise EstimationError("The outcome is zero in every row: there is nothing to estimate.")
    for name, values in (("weights", weights), ("offset", offset)):
        if values is not None and (values.shape != y.shape or not bool(np.isfinite(values).all())):
            raise EstimationError(f"The {name} must be finite, one per row.")
    if weights is not None and bool((weights < 0).any()):
        raise EstimationError("Weights must not be negative.")


def _keep_rows(
    y: FloatArray, codes: Sequence[IntArray], weights: FloatArray | None
) -> tuple[BoolArray, list[Separated]]:
    kept = np.ones(y.size, dtype=np.bool_) if weights is None else np.asarray(weights > 0, dtype=np.bool_)
    first = [] if bool(kept.all()) else [Separated(np.flatnonzero(~kept), "weight of zero")]
    if not bool((y[kept] > 0).any()):
        raise EstimationError(
            "The outcome is zero in every row with a positive weight: there is nothing to estimate."
        )
    kept, zero_levels = drop_all_zero_levels(y, codes, kept)
    return kept, first + zero_levels


def _independent(
    X: FloatArray,
    effects: Absorber,
    kept: BoolArray,
    weights: FloatArray | None,
    names: Sequence[Words] | None,
    full_rank: bool,
) -> tuple[IntArray, tuple[Collinear, ...]]:
    if full_rank:
        return np.arange(X.shape[1]), ()
    row_weights = kept.astype(np.float64)
    if weights is not None:
        row_weights *= weights
    weighted = effects.reweighted(row_weights)
    return find_independent_columns(weighted.residualize(X), compute_column_norms(X, row_weights), row_weights, names)


def _finished(
    problem: Problem,
    layout: Layout,
    solution: tuple[Position, Regressors, float, int],
    columns: IntArray,
    collinear: tuple[Collinear, ...],
    separated: tuple[Separated, ...],
    alone: IntArray,
) -> PoissonFit:
    position, regressors, scale, iterations = solution
    null_deviance = _null_deviance(problem, layout.rows.size) * scale
    saturated = _saturated_loglik(problem, scale)
    loglik = saturated - 0.5 * position.deviance * scale
    effects = [position.effects[0] + np.log(scale), *position.effects[1:]]
    y = layout.gathered(problem.y)
    mu, eta = layout.gathered(position.mu), layout.gathered(position.eta)
    residuals = np.divide(y, mu, out=y)
    residuals -= 1.0
    mu *= scale
    eta += np.log(scale)
    return PoissonFit(
        coefficients=position.coefficients,
        kept=columns,
        collinear=collinear,
        mu=mu,
        eta=eta,
        x_tilde=layout.gathered(regressors.projection.residuals),
        residuals=residuals,
        bread=regressors.bread / scale,
        deviance=position.deviance * scale,
        null_deviance=null_deviance,
        loglik=loglik,
        pseudo_r2=1.0 - loglik / (saturated - 0.5 * null_deviance),
        iterations=iterations,
        rows=layout.rows,
        separated=separated,
        singletons=alone,
        effect_coefficients=layout.by_code(effects),
        levels=layout.effects.levels,
        taken=tuple(regressors.projection.coefficients),
    )


def _saturated_loglik(problem: Problem, scale: float) -> float:
    """Weighted log likelihood of the outcomes themselves."""
    out = scale * (problem.saturated + float(np.log(scale)) * sum_weighted(problem.y, problem.weights))
    for low in range(0, problem.y.size, ROWS_AT_ONCE):
        rows = slice(low, low + ROWS_AT_ONCE)
        y = problem.y[rows] * scale
        weights = None if problem.weights is None else problem.weights[rows]
        out -= sum_weighted(scipy.special.gammaln(y + 1.0), weights)
    return out


def _null_deviance(problem: Problem, n_rows: int) -> float:
    """Deviance of one mean, times the offset's exponential."""
    if problem.offset.strides[0] == 0:
        whole = float(n_rows) if problem.weights is None else float(problem.weights.sum())
        sums = sum_weighted(problem.y, problem.weights)
        return 2.0 * (sums - sums * float(np.log(sums / whole)) + problem.saturated)
    base = np.exp(problem.offset)
    null_eta = problem.offset + np.log(sum_weighted(problem.y, problem.weights) / sum_weighted(base, problem.weights))
    return compute_deviance(problem, null_eta, np.exp(null_eta))
