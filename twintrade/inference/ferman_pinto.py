"""Inference with few treated groups of another size than the rest: residuals rescaled by a fitted variance."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy

from twintrade.effects import Bands
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.inference.conley_taber import ConleyTaber, build_reassigned_bands, build_residual_bands
from twintrade.inference.refits.few_treated import (
    GroupErrors,
    GroupResiduals,
    draw_errors,
    draw_reassignments,
    group_residuals,
)
from twintrade.numerics.arrays import FloatArray
from twintrade.text import Text

REWEIGHTINGS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class FermanPinto(ConleyTaber):
    """Ferman and Pinto (2019): as Conley and Taber, corrected for heteroskedasticity that comes with size.

    The variance of a group's error is A + B / size, fitted to the untreated groups with A and B not negative; each
    residual is rescaled to the variance of the group in whose place it stands.

    Attributes
    ----------
    size : str or None
        Column whose mean is a group's size; None counts a group's rows, which says nothing on a balanced panel of
        units.
    null : {"imposed", "free"}
        "imposed", as in the paper: residuals of all groups under the null, for every group's place. (The paper draws
        them with replacement; here they change places, so that with equal sizes the test is exact.) "free": errors
        of the treated groups alone, from untreated ones.
    """

    size: str | None = None
    name: ClassVar[str] = "ferman_pinto"
    citation: ClassVar[str] = "ferman2019"

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return intervals by inversion."""
        residuals = group_residuals(fit, view, self.group, self.size)
        n, m, size = residuals.n_treated, residuals.n_controls, self.size or "rows"
        group = Text("inference.dimension", name=self.group)
        if self.null == "imposed":
            note = Text("inference.exchanged-scaled-groups", n=n, group=group, all=n + m, size=size)
            alike = np.unique(residuals.sizes).size == 1
            orders = draw_reassignments(residuals, self.draws, rng, every=alike)
            variances = None if alike else estimate_position_variances(residuals)
            return build_reassigned_bands(self.name, fit.view(view), residuals, orders, self.level, note, variances)
        drawn = draw_errors(rescale_errors(residuals.errors()), self.draws, rng)
        note = Text("inference.other-scaled-groups", n=n, group=group, others=m, size=size)
        return build_residual_bands(self.name, fit.view(view), drawn, self.level, note, n, m)


def estimate_position_variances(residuals: GroupResiduals) -> FloatArray:
    """Return A and B of the variance A + B / size in each group's place, shape (n_groups, n_effects, 2).

    Every place looks at other periods with other weights; places with the same ones, up to a factor, share a fit.
    """
    n_groups, _, n_effects = residuals.multipliers.shape
    controls = ~residuals.is_treated
    terms = np.column_stack([np.ones(int(controls.sum())), 1.0 / residuals.sizes[controls]])
    out = np.ones((n_groups, n_effects, 2))
    for k in range(n_effects):
        weights = residuals.multipliers[:, :, k]
        at = np.abs(weights).argmax(axis=1)
        top = weights[np.arange(n_groups), at]
        shapes = np.round(weights / np.where(top != 0, top, 1.0)[:, None], 9)
        different, place = np.unique(shapes, axis=0, return_inverse=True)
        fits = [_fitted(terms, residuals.residuals[controls] @ shape) for shape in different]
        out[:, k] = np.array(fits)[place.ravel()]
    return out


def _fitted(terms: FloatArray, errors: FloatArray) -> FloatArray:
    return fit_variance_function(terms, errors**2) if errors.any() else np.array([1.0, 0.0])


def rescale_errors(errors: GroupErrors) -> FloatArray:
    """Return the errors with each control group's share of variance replaced by the treated group's."""
    n_treated, _, n_effects = errors.values.shape
    out = errors.values.copy()
    if np.unique(np.concatenate([errors.control_sizes, errors.treated_sizes])).size == 1:
        return out
    terms = np.column_stack([np.ones_like(errors.control_sizes), 1.0 / errors.control_sizes])
    for g in range(n_treated):
        treated_terms = np.array([1.0, 1.0 / errors.treated_sizes[g]])
        for k in range(n_effects):
            if not errors.values[g, :, k].any():
                continue
            coefficients = fit_variance_function(terms, errors.values[g, :, k] ** 2)
            out[g, :, k] *= np.sqrt(treated_terms @ coefficients / (terms @ coefficients))
    return out


def fit_variance_function(terms: FloatArray, squares: FloatArray) -> FloatArray:
    """Fit squared errors by non-negative least squares, reweighted by the inverse of the fitted variance.

    A squared error varies in proportion to its mean: unweighted, a few small groups would decide. (The paper fits
    unweighted.)

    ``terms`` (n_groups, 2); ``squares`` (n_groups,).
    """
    coefficients = scipy.optimize.nnls(terms, squares)[0]
    for _ in range(REWEIGHTINGS):
        fitted = terms @ coefficients
        if not (fitted > 0).all():
            raise InferenceError("the variance fitted to the untreated groups is not positive; drop tiny groups")
        coefficients = scipy.optimize.nnls(terms / fitted[:, None], squares / fitted)[0]
    return np.asarray(coefficients)
