"""Iteratively reweighted least squares for the Poisson model, each step warm-started by the one before."""

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from twintrade.errors import EstimationError
from twintrade.numerics.absorb import Absorber
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.least_squares import regress
from twintrade.numerics.projection import Projection

LOOSE = 1e-4
TIGHT = 1e-11
SETTLED = 1e-13
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


@dataclass(frozen=True, slots=True)
class State:
    """Where an iteration arrived, and the last weighted regression."""

    eta: FloatArray
    mu: FloatArray
    deviance: float
    coefficients: FloatArray
    bread: FloatArray
    x_tilde: FloatArray
    projection: Projection


def iterate(problem: Problem, tolerance: float, max_iterations: int) -> tuple[State, int]:
    """Newton steps whose inner precision follows the change of the deviance; the last ones are solved tightly."""
    mu = 0.5 * (problem.y + np.average(problem.y, weights=problem.weights))
    eta = np.log(mu)
    deviance, inner = deviance_of(problem, eta, mu), LOOSE
    stacked: FloatArray | None = None
    for iteration in range(1, max_iterations + 1):
        full = _step(problem, eta, mu, inner, stacked)
        state = full if iteration == 1 else _halved(problem, full, eta, deviance)
        weight = mu if problem.weights is None else mu * problem.weights
        moved = float(weight @ np.square(state.eta - eta)) / float(weight.sum())
        change = abs(deviance - state.deviance) / max(min(deviance, state.deviance), 1e-3)
        if state is full and inner <= TIGHT and moved <= SETTLED:
            return state, iteration
        if state is not full:
            inner = max(TIGHT, 1e-3 * inner)
        elif change < max(tolerance, 1e-15) or moved < 1e-9:
            inner = TIGHT
        else:
            inner = max(TIGHT, min(inner, 0.1 * change))
        eta, mu, deviance, stacked = state.eta, state.mu, state.deviance, state.projection.stacked
    raise EstimationError(
        f"Poisson did not converge in {max_iterations} iterations (last relative change of the deviance "
        f"{change:.1e}). A fitted mean runs to zero or infinity: look for nearly separated regressors or extreme "
        "values."
    )


def _step(problem: Problem, eta: FloatArray, mu: FloatArray, inner: float, stacked: FloatArray | None) -> State:
    weight = mu if problem.weights is None else mu * problem.weights
    working = eta - problem.offset + (problem.y - mu) / mu
    projection = problem.effects.reweighted(weight).project(np.column_stack([working, problem.X]), inner, stacked)
    x_tilde = projection.residuals[:, 1:]
    coefficients, bread = regress(projection.residuals[:, 0], x_tilde, weight)
    after = working - (projection.residuals[:, 0] - x_tilde @ coefficients) + problem.offset
    new_eta = np.clip(after, -600.0, 600.0)
    new_mu = np.exp(new_eta)
    return State(new_eta, new_mu, deviance_of(problem, new_eta, new_mu), coefficients, bread, x_tilde, projection)


def _halved(problem: Problem, state: State, eta: FloatArray, deviance: float) -> State:
    """Shorten a step that raises the deviance by more than a little.

    A step overshoots where a fitted mean was far too small and comes back on its own; shortening everybody's step for
    one tiny cell would stall the rest.
    """
    allowed = deviance * (1 + TOLERATED_RISE) + 1e-9 * problem.y.size
    for _ in range(HALVINGS):
        if np.isfinite(state.deviance) and state.deviance <= allowed:
            return state
        new_eta = 0.5 * (state.eta + eta)
        new_mu = np.exp(new_eta)
        state = State(
            new_eta,
            new_mu,
            deviance_of(problem, new_eta, new_mu),
            state.coefficients,
            state.bread,
            state.x_tilde,
            state.projection,
        )
    return state


def deviance_of(problem: Problem, eta: FloatArray, mu: FloatArray) -> float:
    """Poisson deviance of a linear predictor, weighted."""
    terms = xlogy(problem.y, problem.y) - problem.y * eta - (problem.y - mu)
    return 2.0 * float(terms.sum() if problem.weights is None else problem.weights @ terms)
