"""Preconditioned conjugate gradients for a consistent semi-definite system with several right-hand sides."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.arrays import BoolArray, FloatArray

LinearMap = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class Solution:
    """Solution (L, k), and which right-hand sides converged (k,)."""

    coefficients: FloatArray
    converged: BoolArray

    def require(self, max_steps: int) -> FloatArray:
        """Return the solution; refuse one that did not converge."""
        if not self.converged.all():
            raise EstimationError(
                f"Absorbing the fixed effects did not converge in {max_steps} steps: some levels are linked to the "
                "rest by very few rows or very small weights. Keep the largest connected component, or coarsen an "
                "effect."
            )
        return self.coefficients


def solve_conjugate_gradients(
    apply: LinearMap,
    precondition: LinearMap,
    right: FloatArray,
    squared_goal: FloatArray,
    start: FloatArray | None = None,
    max_steps: int = 1_000,
) -> Solution:
    """Solve ``apply(x) = right`` until r'Mr ≤ squared_goal for every column.

    ``apply``, ``precondition``: the matrix and the preconditioner M, both symmetric and semi-definite, on (L, j)
    arrays for any j; ``right``: (L, k) right-hand sides in the range of the matrix; ``squared_goal``: (k,) squared
    preconditioned residual norm at which a column is finished; ``start``: (L, k) first guess.
    """
    solution = np.zeros_like(right) if start is None else start.copy()
    residual = right.copy() if start is None else right - apply(solution)
    z = precondition(residual)
    norm = np.einsum("ij,ij->j", residual, z)
    active = np.flatnonzero(norm > squared_goal)
    residual, direction, norm = residual[:, active], z[:, active], norm[active]
    for _ in range(max_steps):
        if not active.size:
            break
        image = apply(direction)
        curvature = np.einsum("ij,ij->j", direction, image)
        length = np.where(curvature > 0, norm / np.where(curvature > 0, curvature, 1.0), 0.0)
        solution[:, active] += length * direction
        residual -= length * image
        z = precondition(residual)
        previous, norm = norm, np.einsum("ij,ij->j", residual, z)
        going = (norm > squared_goal[active]) & (curvature > 0)
        if not going.all():
            active, residual, z, direction = active[going], residual[:, going], z[:, going], direction[:, going]
            previous, norm = previous[going], norm[going]
        direction = z + (norm / previous) * direction
    converged = np.ones(right.shape[1], dtype=np.bool_)
    converged[active] = False
    return Solution(solution, converged)
