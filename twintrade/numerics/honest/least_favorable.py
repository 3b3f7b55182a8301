"""The least favorable critical value of a moment-inequality test, by directions on a lattice and the exact length."""

import numpy as np
import scipy

from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.honest.dual_vertices import DualPolytope
from twintrade.numerics.testing.normal_boxes import lay_lattice

DIRECTIONS = 4_096
"""With two dimensions, as with most averages of effects, the critical value is exact to 0.002."""

SEARCH_DRAWS = 4_000
"""Draws among which vertices are looked for where they are too many to be listed."""

NO_DIMENSION = 1e-9


def compute_least_favorable(
    polytope: DualPolytope, root: FloatArray, share: float, rng: np.random.Generator
) -> float:
    """Return the point that the largest multiplier of the moments exceeds with probability ``share``.

    Moments are ``root @ z`` with z standard normal. Their largest multiplier is that of a few vertices, and so
    depends on z in a few dimensions only; there z is a direction times a length, the maximum is proportional to the
    length, and the probability that the length suffices is known. What is left is an average over directions.

    ``root`` (n_moments, k); ``rng``: draws among which vertices are looked for, and the lattice's shift.
    """
    looked_at = root @ rng.standard_normal((root.shape[1], SEARCH_DRAWS))
    moved = polytope.maximizers(looked_at) @ root
    if not moved.any():
        return 0.0
    loadings = moved @ _span(moved)
    n_dimensions = loadings.shape[1]
    points = lay_lattice(DIRECTIONS, n_dimensions, rng.random(n_dimensions))
    normals = scipy.special.ndtri(np.clip(points, 1e-12, 1 - 1e-12))
    rates = (loadings @ normals.T).max(axis=0) / np.sqrt((normals**2).sum(axis=1))
    positive = rates[rates > 0]

    def exceeded(value: float) -> float:
        return float(scipy.special.chdtrc(n_dimensions, (value / positive) ** 2).sum()) / DIRECTIONS - share

    if exceeded(0.0) <= 0:
        return 0.0
    return float(
        scipy.optimize.brentq(
            exceeded, 0.0, positive.max() * np.sqrt(scipy.special.chdtri(n_dimensions, share)), xtol=1e-9
        )
    )


def _span(rows: FloatArray) -> FloatArray:
    """Orthonormal columns that span the rows, the same whichever rows span the space."""
    _, lengths, axes = np.linalg.svd(rows, full_matrices=False)
    axes = axes[lengths > NO_DIMENSION * lengths[0]]
    return np.asarray(scipy.linalg.qr(axes.T @ axes, pivoting=True)[0][:, : axes.shape[0]], dtype=np.float64)
