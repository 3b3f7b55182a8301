"""Inexact Newton steps for the Poisson model: iteratively reweighted least squares on what is still to be explained.

After the first regression the linear predictor lies in the span of regressors and effects, so that a step only has to
project the working residuals (y - mu) / mu, one column, and only as precisely as the step before was long (Eisenstat
and Walker 1996). The residualized regressors are renewed when the weights have moved, and tightly at the solution.
"""

from dataclasses import dataclass, replace

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.absorption.absorb import Absorber
from twintrade.numerics.absorption.projection import Projection
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.linear.regression import combine_columns, regress

LOOSE = 1e-3
CLOSE = 1e-6
TIGHT = 1e-11
NEAR = 1e-8
SETTLED = 1e-13
DRIFT = 0.1
PRECISE = 1e-4
HALVINGS = 12
TOLERATED_RISE = 1e-3
SWEEPS = 5  # times that means are brought to the sums of every effect in turn, before the first step
FLOOR = 1e-9
ROWS_AT_ONCE = 1 << 15
LARGEST_PREDICTOR = 700.0


@dataclass(frozen=True, slots=True)
class Problem:
    """What the iterations see: the outcome over its mean, and rows, or cells of a cube, empty ones without weight."""

    y: FloatArray
    X: np.ndarray
    weights: FloatArray | None
    offset: FloatArray
    effects: Absorber
    saturated: float


@dataclass(frozen=True, slots=True)
class Position:
    """A point of the iterations: predictor and means (n,), slopes (k,), effects (size,) each, and the deviance."""

    eta: FloatArray
    mu: FloatArray
    coefficients: FloatArray
    effects: list[FloatArray]
    deviance: float


@dataclass(slots=True)
class StepBuffers:
    """Arrays of one value per row, used again by every step: taking new ones costs more than filling them."""

    eta: FloatArray
    mu: FloatArray
    working: FloatArray
    weight: FloatArray | None

    def weighted(self, problem: Problem, mu: FloatArray) -> FloatArray:
        """Weights of the regression at fitted means mu, valid until the next call."""
        return mu if problem.weights is None else np.multiply(mu, problem.weights, out=self.weight)


@dataclass(frozen=True, slots=True)
class Regressors:
    """Residualized regressors, the predictor whose weights they were made with, and how precisely."""

    projection: Projection
    eta: FloatArray
    tolerance: float
    bread: FloatArray


def iterate(problem: Problem, tolerance: float, max_iterations: int) -> tuple[Position, Regressors, int]:
    """Step until a full step is negligible and the regressors were residualized tightly."""
    n = problem.y.size
    room = StepBuffers(np.empty(n), np.empty(n), np.empty(n), None if problem.weights is None else np.empty(n))
    position, regressors = _first(problem, room)
    moved = change = 1.0
    for iteration in range(2, max_iterations + 1):
        weight = room.weighted(problem, position.mu)
        effects = problem.effects.reweighted(weight)
        is_near = moved < NEAR or change < tolerance
        if _is_stale(regressors, position.eta, weight, is_near):
            regressors = _residualized(problem, effects, position.eta, CLOSE if is_near else LOOSE, regressors)
        forcing = min(0.1, max(np.sqrt(moved), PRECISE))
        full, bread = _step(problem, effects, position, regressors, weight, forcing, room)
        regressors = replace(regressors, bread=bread)
        following = _shortened(problem, position, full)
        moved = _distance(weight, following.eta, position.eta)
        change = abs(position.deviance - following.deviance) / max(min(position.deviance, following.deviance), 1e-3)
        room.eta, room.mu, position = position.eta, position.mu, following
        if following is full and is_near and moved <= SETTLED:
            return position, _settled(problem, position, regressors, room), iteration
    raise EstimationError(
        f"Poisson did not converge in {max_iterations} iterations (last relative change of the deviance "
        f"{change:.1e}). A fitted mean runs to zero or infinity: look for nearly separated regressors or extreme "
        "values."
    )


def _settled(problem: Problem, at: Position, before: Regressors, room: StepBuffers) -> Regressors:
    """Residualize the regressors tightly under the weights of the solution."""
    if problem.X.shape[1] == 0:
        return before
    weight = room.weighted(problem, at.mu)
    regressors = _residualized(problem, problem.effects.reweighted(weight), at.eta, TIGHT, before)
    return replace(regressors, bread=regress(at.eta, regressors.projection.residuals, weight)[1])


def _first(problem: Problem, room: StepBuffers) -> tuple[Position, Regressors]:
    """Regress the working outcome at a first guess of the means."""
    y, mu = problem.y, _guess_means(problem)
    eta = np.log(mu)
    weight = room.weighted(problem, mu)
    columns = np.empty((y.size, problem.X.shape[1] + 1), order="F")
    working, columns[:, 1:] = columns[:, 0], problem.X
    np.divide(y, mu, out=working)
    working -= 1.0
    working += eta
    working -= problem.offset
    predictor = working + problem.offset
    effects = problem.effects.reweighted(weight)
    projection = effects.project(columns, LOOSE, is_spare=True)
    x_tilde = projection.residuals[:, 1:]
    b, bread = regress(projection.residuals[:, 0], x_tilde, weight)
    parts = [values[:, 1:] for values in projection.coefficients]
    stacked = None if projection.stacked is None else np.ascontiguousarray(projection.stacked[:, 1:])
    levels = [values[:, 0] - part @ b for values, part in zip(projection.coefficients, parts, strict=True)]
    _add_fitted(predictor, projection.residuals[:, 0], x_tilde, b)
    np.clip(predictor, -600.0, 600.0, out=predictor)
    regressors = Regressors(Projection(x_tilde, parts, stacked), eta, LOOSE, bread)
    return _at(problem, predictor, mu, b, levels), regressors


def _guess_means(problem: Problem) -> FloatArray:
    """Return means that have the sums of each effect in turn."""
    y, weights, effects = problem.y, problem.weights, problem.effects
    mu = np.exp(problem.offset)
    if effects.cube is not None:
        shape, which = effects.cube.shape, ("ij", "ik", "jk")
        cells, inside = mu.reshape(shape), np.broadcast_to(1.0, shape) if weights is None else weights.reshape(shape)
        by_level = [np.einsum(f"ijk,ijk->{kept}", y.reshape(shape), inside) for kept in which]
        for _ in range(SWEEPS):
            for axis, kept, of_level in zip((2, 1, 0), which, by_level, strict=True):
                fitted = np.einsum(f"ijk,ijk->{kept}", cells, inside)
                ratio = np.divide(of_level, fitted, out=np.ones_like(fitted), where=fitted > 0)
                cells *= np.expand_dims(ratio, axis)
        return np.maximum(mu, FLOOR, out=mu)
    one, levels = 1.0 if weights is None else weights, effects.levels
    sums = [np.bincount(code, one * y, size) for code, size in zip(levels.codes, levels.sizes, strict=True)]
    for _ in range(SWEEPS):
        for code, of_level in zip(levels.codes, sums, strict=True):
            mu *= (of_level / np.bincount(code, one * mu, of_level.size))[code]
    return np.maximum(mu, FLOOR, out=mu)


def _add_fitted(predictor: FloatArray, residuals: FloatArray, x_tilde: FloatArray, b: FloatArray) -> None:
    """Add x_tilde b and subtract the residuals in place, block by block."""
    for low in range(0, predictor.size, ROWS_AT_ONCE):
        rows = slice(low, low + ROWS_AT_ONCE)
        predictor[rows] -= residuals[rows]
        predictor[rows] += combine_columns(x_tilde[rows], b)


def _at(problem: Problem, eta: FloatArray, mu: FloatArray, b: FloatArray, effects: list[FloatArray]) -> Position:
    """Take up a position; mu is filled."""
    np.clip(eta, -LARGEST_PREDICTOR, LARGEST_PREDICTOR, out=mu)
    np.exp(mu, out=mu)
    return Position(eta, mu, b, effects, compute_deviance(problem, eta, mu))


def _is_stale(regressors: Regressors, eta: FloatArray, weight: FloatArray, is_near: bool) -> bool:
    if regressors.projection.residuals.shape[1] == 0:
        return False
    if is_near:
        return regressors.tolerance > CLOSE
    return _distance(weight, eta, regressors.eta) > DRIFT


def _residualized(
    problem: Problem, effects: Absorber, eta: FloatArray, tolerance: float, before: Regressors
) -> Regressors:
    start, kept = before.projection.stacked, before.eta
    kept[:] = eta
    columns = before.projection.residuals
    columns[:] = problem.X
    return Regressors(effects.project(columns, tolerance, start, is_spare=True), kept, tolerance, before.bread)


def _step(
    problem: Problem,
    effects: Absorber,
    at: Position,
    regressors: Regressors,
    weight: FloatArray,
    forcing: float,
    room: StepBuffers,
) -> tuple[Position, FloatArray]:
    working = np.divide(problem.y, at.mu, out=room.working)
    working -= 1.0
    eta = np.add(at.eta, working, out=room.eta)
    projection = effects.project_once(working[:, None], forcing)
    x_tilde = regressors.projection.residuals
    b, bread = regress(projection.residuals[:, 0], x_tilde, weight)
    levels = [
        old + new[:, 0] - part @ b
        for old, new, part in zip(
            at.effects, projection.coefficients, regressors.projection.coefficients, strict=True
        )
    ]
    _add_fitted(eta, projection.residuals[:, 0], x_tilde, b)
    return _at(problem, eta, room.mu, at.coefficients + b, levels), bread


def _shortened(problem: Problem, before: Position, full: Position) -> Position:
    """Shorten a step that raises the deviance by more than a little, in place: small rises come back alone."""
    allowed = before.deviance * (1 + TOLERATED_RISE) + 1e-9 * problem.y.size
    there = full
    for _ in range(HALVINGS):
        if np.isfinite(there.deviance) and there.deviance <= allowed:
            break
        there.eta[:] += before.eta
        there.eta[:] *= 0.5
        there = _at(
            problem,
            there.eta,
            there.mu,
            0.5 * (there.coefficients + before.coefficients),
            [0.5 * (new + old) for new, old in zip(there.effects, before.effects, strict=True)],
        )
    return there


def _distance(weight: FloatArray, first: FloatArray, second: FloatArray) -> float:
    """Weighted mean square of the difference of two predictors."""
    total = 0.0
    for low in range(0, weight.size, ROWS_AT_ONCE):
        rows = slice(low, low + ROWS_AT_ONCE)
        apart = first[rows] - second[rows]
        total += float(np.einsum("i,i,i->", weight[rows], apart, apart))
    return total / float(weight.sum())


def sum_weighted(values: FloatArray, weights: FloatArray | None) -> float:
    """Weighted sum over rows."""
    return float(values.sum() if weights is None else np.einsum("i,i->", values, weights))


def compute_deviance(problem: Problem, eta: FloatArray, mu: FloatArray) -> float:
    """Poisson deviance of a linear predictor, weighted."""
    if problem.weights is None:
        explained = np.einsum("i,i->", problem.y, eta)
    else:
        explained = np.einsum("i,i,i->", problem.y, eta, problem.weights)
    return 2.0 * (sum_weighted(mu, problem.weights) - float(explained) + problem.saturated)
