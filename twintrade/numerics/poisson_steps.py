"""Inexact Newton steps for the Poisson model: iteratively reweighted least squares on what is still to be explained.

After the first regression the linear predictor lies in the span of regressors and effects, so that a step only has to
project the working residuals (y - mu) / mu, one column, and only as precisely as the step before was long (Eisenstat
and Walker 1996). The residualized regressors are renewed when the weights have moved, and tightly at the end.
"""

from dataclasses import dataclass, replace

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.absorb import Absorber
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.least_squares import combination, regress
from twintrade.numerics.projection import Projection, project_once

LOOSE = 1e-3
TIGHT = 1e-10
NEAR = 1e-8
SETTLED = 1e-13
DRIFT = 0.1
PRECISE = 1e-4
HALVINGS = 12
TOLERATED_RISE = 1e-3


@dataclass(frozen=True, slots=True)
class Problem:
    """What the iterations see: kept rows and columns, the outcome divided by its mean."""

    y: FloatArray
    X: FloatArray
    weights: FloatArray | None
    offset: FloatArray
    effects: Absorber
    saturated: float

    def total(self, values: FloatArray) -> float:
        """Weighted sum over rows."""
        return float(values.sum() if self.weights is None else np.einsum("i,i->", values, self.weights))

    def weighted(self, mu: FloatArray) -> FloatArray:
        """Weights of the regression at fitted means mu."""
        return mu if self.weights is None else mu * self.weights


@dataclass(frozen=True, slots=True)
class Position:
    """A point of the iterations: predictor and means (n,), slopes (k,), effects (size,) each, and the deviance."""

    eta: FloatArray
    mu: FloatArray
    coefficients: FloatArray
    effects: list[FloatArray]
    deviance: float


@dataclass(frozen=True, slots=True)
class Regressors:
    """Residualized regressors, the predictor whose weights they were made with, and how precisely."""

    projection: Projection
    eta: FloatArray
    tolerance: float
    bread: FloatArray


def iterate(problem: Problem, tolerance: float, max_iterations: int) -> tuple[Position, Regressors, int]:
    """Step until a full step is negligible and the regressors were residualized tightly.

    Raises
    ------
    EstimationError
        If that does not happen within ``max_iterations``.
    """
    position, regressors = _first(problem)
    moved = change = 1.0
    for iteration in range(2, max_iterations + 1):
        weight = problem.weighted(position.mu)
        effects = problem.effects.reweighted(weight)
        is_near = moved < NEAR or change < tolerance
        if _is_stale(regressors, position.eta, weight, is_near):
            regressors = _residualized(problem, effects, position.eta, TIGHT if is_near else LOOSE, regressors)
        forcing = min(0.1, max(np.sqrt(moved), PRECISE))
        full, bread = _step(problem, effects, position, regressors, weight, forcing)
        regressors = replace(regressors, bread=bread)
        following = _shortened(problem, position, full)
        moved = _distance(weight, following.eta, position.eta)
        change = abs(position.deviance - following.deviance) / max(min(position.deviance, following.deviance), 1e-3)
        position = following
        if following is full and is_near and moved <= SETTLED:
            return position, regressors, iteration
    raise EstimationError(
        f"Poisson did not converge in {max_iterations} iterations (last relative change of the deviance "
        f"{change:.1e}). A fitted mean runs to zero or infinity: look for nearly separated regressors or extreme "
        "values."
    )


def _first(problem: Problem) -> tuple[Position, Regressors]:
    """Regress the working outcome at means halfway between the outcome and its average."""
    mu = 0.5 * (problem.y + np.average(problem.y, weights=problem.weights))
    eta = np.log(mu)
    weight = problem.weighted(mu)
    working = eta - problem.offset + (problem.y - mu) / mu
    effects = problem.effects.reweighted(weight)
    found = effects.project(np.column_stack([working, problem.X]), LOOSE)
    x_tilde = np.asfortranarray(found.residuals[:, 1:])
    b, bread = regress(found.residuals[:, 0], x_tilde, weight)
    parts = [values[:, 1:] for values in found.coefficients]
    stacked = None if found.stacked is None else np.ascontiguousarray(found.stacked[:, 1:])
    regressors = Regressors(Projection(x_tilde, parts, stacked), eta, LOOSE, bread)
    levels = [values[:, 0] - part @ b for values, part in zip(found.coefficients, parts, strict=True)]
    predictor = working - found.residuals[:, 0] + combination(x_tilde, b) + problem.offset
    return _at(problem, np.clip(predictor, -600.0, 600.0), b, levels), regressors


def _at(problem: Problem, eta: FloatArray, b: FloatArray, effects: list[FloatArray]) -> Position:
    with np.errstate(over="ignore"):
        mu = np.exp(eta)
    return Position(eta, mu, b, effects, deviance_of(problem, eta, mu))


def _is_stale(regressors: Regressors, eta: FloatArray, weight: FloatArray, is_near: bool) -> bool:
    if regressors.projection.residuals.shape[1] == 0:
        return False
    if is_near:
        return regressors.tolerance > TIGHT
    return _distance(weight, eta, regressors.eta) > DRIFT


def _residualized(
    problem: Problem, effects: Absorber, eta: FloatArray, tolerance: float, before: Regressors
) -> Regressors:
    found = effects.project(problem.X, tolerance, before.projection.stacked)
    found = replace(found, residuals=np.asfortranarray(found.residuals))
    return Regressors(found, eta, tolerance, before.bread)


def _step(
    problem: Problem,
    effects: Absorber,
    at: Position,
    regressors: Regressors,
    weight: FloatArray,
    forcing: float,
) -> tuple[Position, FloatArray]:
    working = (problem.y / at.mu)[:, None]
    working -= 1.0
    found = project_once(effects.equations, working, forcing)
    x_tilde = regressors.projection.residuals
    b, bread = regress(found.residuals[:, 0], x_tilde, weight)
    levels = [
        old + new[:, 0] - part @ b
        for old, new, part in zip(at.effects, found.coefficients, regressors.projection.coefficients, strict=True)
    ]
    eta = combination(x_tilde, b)
    eta += at.eta
    eta += working[:, 0]
    eta -= found.residuals[:, 0]
    return _at(problem, eta, at.coefficients + b, levels), bread


def _shortened(problem: Problem, before: Position, full: Position) -> Position:
    """Shorten a step that raises the deviance by more than a little.

    A step overshoots where a fitted mean was far too small and comes back on its own; shortening everybody's step for
    one tiny cell would stall the rest.
    """
    allowed = before.deviance * (1 + TOLERATED_RISE) + 1e-9 * problem.y.size
    there = full
    for _ in range(HALVINGS):
        if np.isfinite(there.deviance) and there.deviance <= allowed:
            break
        there = _at(
            problem,
            0.5 * (there.eta + before.eta),
            0.5 * (there.coefficients + before.coefficients),
            [0.5 * (new + old) for new, old in zip(there.effects, before.effects, strict=True)],
        )
    return there


def _distance(weight: FloatArray, first: FloatArray, second: FloatArray) -> float:
    """Weighted mean square of the difference of two predictors."""
    apart = first - second
    return float(np.einsum("i,i,i->", weight, apart, apart) / weight.sum())


def deviance_of(problem: Problem, eta: FloatArray, mu: FloatArray) -> float:
    """Poisson deviance of a linear predictor, weighted."""
    if problem.weights is None:
        explained = np.einsum("i,i->", problem.y, eta)
    else:
        explained = np.einsum("i,i,i->", problem.y, eta, problem.weights)
    return 2.0 * (problem.total(mu) - float(explained) + problem.saturated)
