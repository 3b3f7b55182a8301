"""Unit and period effects plus a low-rank part, fitted to the observed cells of a matrix."""

from dataclasses import dataclass

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.arrays import BoolArray, FloatArray

TOLERANCE = 1e-12  # relative change of the fitted matrix in one plain step at which the iteration stops
MOST_STEPS = 30_000
ENOUGH = 1e-9
"""Relative change accepted after the last step: factors fitted to noise alone approach their optimum slowly."""

_NONE: FloatArray = np.zeros(0)


@dataclass(frozen=True, slots=True, eq=False)
class FactorFit:
    """A fitted matrix."""

    effects: FloatArray  # (n_units, n_periods): unit and period effects and the low-rank part, in every cell
    slopes: FloatArray  # (n_covariates,)
    singular_values: FloatArray  # of the low-rank part, descending, zeros left out


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    y: FloatArray
    observed: BoolArray
    x: FloatArray
    solver: FloatArray
    rank: int
    penalty: float

    def slopes(self, effects: FloatArray) -> FloatArray:
        return np.asarray(self.solver @ (self.y - effects)[self.observed]) if self.solver.size else _NONE

    def adjust(self, slopes: FloatArray) -> FloatArray:
        """Return the outcomes less what the covariates explain."""
        return self.y - self.x @ slopes if slopes.size else self.y

    def step(self, effects: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Fill unobserved cells with the last fit, fit the complete matrix in closed form."""
        slopes = self.slopes(effects)
        filled = np.where(self.observed, self.adjust(slopes), effects)
        n_units, n_periods = filled.shape
        of_units = np.add.reduce(filled, axis=1, keepdims=True) / n_periods
        of_periods, total = np.add.reduce(filled, axis=0) / n_units, np.add.reduce(filled, axis=None)
        additive = of_units + of_periods - total / filled.size
        if not self.rank:
            return additive, slopes, _NONE
        rest = filled - additive
        is_tall = rest.shape[0] >= rest.shape[1]
        values, vectors = np.linalg.eigh(rest.T @ rest if is_tall else rest @ rest.T)
        top = slice(max(values.size - self.rank, 0), None)
        singular, vectors = np.sqrt(np.maximum(values[top], 0.0)), vectors[:, top]
        kept = np.maximum(singular - self.penalty, 0.0)
        share = np.divide(kept, singular, out=np.zeros_like(kept), where=singular > 0)
        low_rank = (rest @ (vectors * share)) @ vectors.T if is_tall else (vectors * share) @ (vectors.T @ rest)
        return additive + low_rank, slopes, kept[kept > 0][::-1]

    def better(self, beyond: FloatArray, plain: FloatArray, singular: FloatArray) -> FloatArray:
        """Return one step from the extrapolated matrix, or the plain steps where these fit better."""
        far, _, far_singular = self.step(beyond)
        return far if self.loss(far, far_singular) <= self.loss(plain, singular) else plain

    def loss(self, effects: FloatArray, singular: FloatArray) -> float:
        gap = (self.adjust(self.slopes(effects)) - effects)[self.observed]
        return 0.5 * float(gap @ gap) + self.penalty * float(singular.sum())


def fit_factor_model(
    y: FloatArray,
    observed: BoolArray,
    x: FloatArray,
    rank: int,
    penalty: float = 0.0,
    start: FactorFit | None = None,
    tolerance: float = TOLERANCE,
    most_steps: int | None = None,
) -> FactorFit:
    """Fit by expectation and maximization, accelerated by squared extrapolation (Varadhan and Roland 2008).

    With a rank there are local optima, and the start is the fit without factors, as in R's ``fect``; with a penalty,
    by which singular values are shrunk, the problem is convex. Every unit and period has an observed cell; ``x``
    (n_units, n_periods, n_covariates); ``most_steps``: return what is reached by then, converged or not.
    """
    y, x = np.where(observed, y, 0.0), np.where(observed[:, :, None], x, 0.0)
    problem = _Problem(y, observed, x, np.asarray(np.linalg.pinv(x[observed]), dtype=np.float64), rank, penalty)
    effects = start.effects if start is not None else np.where(observed, y, y[observed].mean())
    n_steps = 0
    while n_steps < MOST_STEPS:
        one, _, _ = problem.step(effects)
        two, slopes, singular = problem.step(one)
        change = one - effects
        bend = two - one - change
        size, curve = float(np.linalg.norm(change)), float(np.linalg.norm(bend))
        n_steps += 2
        is_done = size <= tolerance * max(float(np.linalg.norm(effects)), 1e-300) or curve == 0.0
        if is_done or (most_steps is not None and n_steps >= most_steps):
            return FactorFit(two, slopes, singular)
        length = max(size / curve, 1.0)
        effects = problem.better(effects + 2 * length * change + length**2 * bend, two, singular)
        n_steps += 1
    if size <= ENOUGH * float(np.linalg.norm(effects)):
        return FactorFit(two, slopes, singular)
    raise EstimationError(
        f"the factors do not converge within {MOST_STEPS} steps (last relative change "
        f"{size / float(np.linalg.norm(effects)):.1e}); ask for fewer factors or a larger penalty"
    )
