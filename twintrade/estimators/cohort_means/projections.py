"""One local projection on rows: least squares, or comparison rows fitted and treated rows predicted."""

from dataclasses import dataclass

import numpy as np

from twintrade.estimators.cohort_means.projection_rows import ProjectionRows
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.linear import Collinear, compute_projection_weights, fit_least_squares
from twintrade.text import Text, Words


@dataclass(frozen=True, slots=True, eq=False)
class Projected:
    """One effect."""

    effect: float
    # By unit, of shape (n_units,); or coefficients (n_groups, n_periods) and constants (n_groups,) by group
    influence: tuple[FloatArray, ...]
    n_treated: int
    treated_weight: float  # sum of the sampling weights of the treated rows: their number, where rows carry none
    cohorts: IntArray  # (n_treated_cohorts,): cohorts of the treated units
    collinear: tuple[Collinear, ...] = ()  # covariates that the period effects or others determine, and how


def estimate_projection(
    rows: ProjectionRows, cohort: IntArray, weighting: str, names: tuple[Words, ...]
) -> Projected | None:
    """Return the effect of one set of rows; None where it is not identified."""
    weights = rows.row_weights
    by_row = _variance_weighted if weighting == "variance" else _equally_weighted
    projection = by_row(rows, weights, names)
    if projection is None:
        return None
    effect, influence, collinear = projection
    by_unit = np.asarray(np.bincount(rows.unit, influence, cohort.size), dtype=np.float64)
    treated = rows.unit[rows.is_treated]
    weight = float(weights[rows.is_treated].sum())
    return Projected(effect, (by_unit,), treated.size, weight, np.unique(cohort[treated]), collinear)


def _variance_weighted(
    rows: ProjectionRows, weights: FloatArray, names: tuple[Words, ...]
) -> tuple[float, FloatArray, tuple[Collinear, ...]] | None:
    if not rows.covariates.shape[1]:
        return (*_closed_form(rows, weights), ())
    effects = build_absorber([rows.period], rows.weights)
    fit = fit_least_squares(
        rows.change,
        np.column_stack([rows.is_treated.astype(np.float64), rows.covariates]),
        effects,
        names=(Text("estimators.the-agreement"), *names),
    )
    if not fit.kept.size or fit.kept[0] != 0:
        return None
    scores = (fit.x_tilde * (weights * fit.residuals)[:, None]) @ fit.bread[:, 0]
    return float(fit.coefficients[0]), np.asarray(scores), fit.collinear


def _closed_form(rows: ProjectionRows, weights: FloatArray) -> tuple[float, FloatArray]:
    """Without covariates period effects are period means: one pass instead of a regression."""
    total = np.bincount(rows.period, weights)
    treated = rows.is_treated.astype(np.float64)
    x = treated - (np.bincount(rows.period, weights * treated) / total)[rows.period]
    y = rows.change - (np.bincount(rows.period, weights * rows.change) / total)[rows.period]
    spread = weights * x
    bread = 1.0 / float(spread @ x)
    effect = bread * float(spread @ y)
    return effect, spread * (y - effect * x) * bread


def _equally_weighted(
    rows: ProjectionRows, weights: FloatArray, names: tuple[Words, ...]
) -> tuple[float, FloatArray, tuple[Collinear, ...]]:
    treated, others = np.flatnonzero(rows.is_treated), np.flatnonzero(~rows.is_treated)
    share = weights[treated] / weights[treated].sum()
    influence = np.zeros(rows.unit.size)
    collinear: tuple[Collinear, ...] = ()
    if not rows.covariates.shape[1]:
        total = np.bincount(rows.period[others], weights[others])
        mean = np.bincount(rows.period[others], weights[others] * rows.change[others]) / total
        gap = rows.change[treated] - mean[rows.period[treated]]
        moved = np.bincount(rows.period[treated], share, mean.size) / total
        residual = rows.change[others] - mean[rows.period[others]]
        influence[others] = -weights[others] * moved[rows.period[others]] * residual
    else:
        other_weights = None if rows.weights is None else weights[others]
        effects = build_absorber([rows.period[others]], other_weights)
        x = rows.covariates
        fit = fit_least_squares(rows.change[others], x[others], effects, names=names)
        collinear = fit.collinear
        slopes = np.zeros(x.shape[1])
        slopes[fit.kept] = fit.coefficients
        level = effects.effect_coefficients(rows.change[others] - x[others] @ slopes)[0]
        gap = rows.change[treated] - x[treated] @ slopes - level[rows.period[treated]]
        omega = compute_projection_weights(
            [rows.period[others]],
            [rows.period[treated]],
            share[:, None],
            x[others],
            x[treated],
            weights=other_weights,
        )
        influence[others] = -omega[:, 0] * fit.residuals
    effect = float(share @ gap)
    influence[treated] = share * (gap - effect)
    return effect, influence, collinear
