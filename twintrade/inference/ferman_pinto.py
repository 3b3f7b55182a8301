"""Inference with few treated groups of another size than the rest: residuals rescaled by a fitted variance."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from scipy.optimize import nnls

from twintrade.effects import Bands
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.inference.base import Inference
from twintrade.inference.conley_taber import residual_bands
from twintrade.inference.few_treated import Group, GroupErrors, drawn_errors, group_errors
from twintrade.numerics.arrays import FloatArray

REWEIGHTINGS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class FermanPinto(Inference):
    """Ferman and Pinto (2019): as Conley and Taber, corrected for heteroskedasticity that comes with size.

    The variance of a group's error is A + B / size, fitted to the untreated groups with A and B not negative; each
    residual is rescaled to the treated group's variance.

    Attributes
    ----------
    group : {"unit", "city", "partner"}
        Level at which treatment is assigned.
    size : str or None
        Column whose mean is a group's size; None counts a group's rows, which says nothing on a balanced panel of
        units.
    draws : int
    level : float
    """

    group: Group = "unit"
    size: str | None = None
    draws: int = 4999
    level: float = 0.95
    name: ClassVar[str] = "ferman_pinto"
    citation: ClassVar[str] = "ferman2019"
    works_on: ClassVar[Literal["influence", "draws", "refit", "any"]] = "influence"

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return intervals by inversion.

        Raises
        ------
        InferenceError
            No regression behind the estimate, or too few untreated groups.
        """
        errors = group_errors(fit, view, self.group, self.size)
        drawn = drawn_errors(rescaled(errors), self.draws, rng)
        n_treated, n_controls = errors.treated_sizes.size, errors.control_sizes.size
        note = (
            f"Ferman-Pinto: {n_treated} treated {self.group} groups, errors from {n_controls} untreated ones, "
            f"rescaled by size ({self.size or 'rows'})"
        )
        return residual_bands(self.name, fit.view(view), drawn, self.level, note, n_treated, n_controls)


def rescaled(errors: GroupErrors) -> FloatArray:
    """Return the errors with each control group's share of variance replaced by the treated group's."""
    n_treated, _, n_effects = errors.values.shape
    out = errors.values.copy()
    if np.unique(np.concatenate([errors.control_sizes, errors.treated_sizes])).size == 1:
        return out
    terms = np.column_stack([np.ones_like(errors.control_sizes), 1.0 / errors.control_sizes])
    for g in range(n_treated):
        own = np.array([1.0, 1.0 / errors.treated_sizes[g]])
        for k in range(n_effects):
            if not errors.values[g, :, k].any():
                continue
            coefficients = variance_function(terms, errors.values[g, :, k] ** 2)
            out[g, :, k] *= np.sqrt(own @ coefficients / (terms @ coefficients))
    return out


def variance_function(terms: FloatArray, squares: FloatArray) -> FloatArray:
    """Fit squared errors by non-negative least squares, reweighted by the inverse of the fitted variance.

    A squared error varies in proportion to its mean: unweighted, a few small groups would decide. (The paper fits
    unweighted.)

    Parameters
    ----------
    terms : FloatArray, shape (n_groups, 2)
    squares : FloatArray, shape (n_groups,)

    Raises
    ------
    InferenceError
        The fitted variance is zero for some group.
    """
    coefficients = nnls(terms, squares)[0]
    for _ in range(REWEIGHTINGS):
        fitted = terms @ coefficients
        if not (fitted > 0).all():
            raise InferenceError("the variance fitted to the untreated groups is not positive; drop tiny groups")
        coefficients = nnls(terms / fitted[:, None], squares / fitted)[0]
    return np.asarray(coefficients)
