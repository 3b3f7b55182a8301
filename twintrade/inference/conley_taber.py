"""Inference with few treated groups: other groups' residuals stand for the treated groups' errors."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import scipy

from twintrade.effects import Bands, Estimate, Message
from twintrade.effects.estimate import fill_absent
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.inference.base import Inference
from twintrade.inference.refits import few_treated
from twintrade.inference.refits.few_treated import Group, GroupErrors, GroupResiduals
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.text import Text

Null = Literal["imposed", "free"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConleyTaber(Inference):
    """Conley and Taber (2011), for the coefficients of a regression.

    Valid when errors are alike in distribution across groups and independent between them, however few are treated.

    Attributes
    ----------
    group : {"unit", "city", "partner"}
        Level at which treatment is assigned.
    null : {"imposed", "free"}
        "imposed": residuals of all groups from the regression that holds the effect at the value tested change
        places, so that the noise of the untreated groups' mean is counted as well; on a balanced two-way panel the
        size is exact. "free": untreated groups' residuals of the unrestricted regression stand for the treated
        groups' errors; this takes the untreated groups for infinitely many and rejects too often with several
        treated groups among few.
    draws : int
        With several treated groups; with one every other group is used once.
    """

    group: Group = "unit"
    null: Null = "imposed"
    draws: int = 4999
    level: float = 0.95
    name: ClassVar[str] = "conley_taber"
    citation: ClassVar[str] = "conley2011"

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return intervals by inversion."""
        residuals = few_treated.group_residuals(fit, view, self.group, None)
        n, m = residuals.n_treated, residuals.n_controls
        group = Text("inference.dimension", name=self.group)
        if self.null == "imposed":
            note = Text("inference.exchanged-groups", n=n, group=group, all=n + m)
            orders = few_treated.draw_reassignments(residuals, self.draws, rng, every=True)
            return build_reassigned_bands(self.name, fit.view(view), residuals, orders, self.level, note)
        note = Text("inference.other-groups", n=n, group=group, others=m)
        drawn = few_treated.draw_errors(residuals.errors().values, self.draws, rng)
        return build_residual_bands(self.name, fit.view(view), drawn, self.level, note, n, m)


def build_reassigned_bands(
    name: str,
    estimate: Estimate,
    residuals: GroupResiduals,
    orders: IntArray,
    level: float,
    note: Text,
    variances: FloatArray | None = None,
) -> Bands:
    """Return p-values of no effect, and the effects that are not rejected as the null, by drawn orders."""
    fixed_part, slope = few_treated.compute_reassigned_effects(residuals, orders, variances)
    p, low, high = (fill_absent(estimate.n_effects) for _ in range(3))
    is_fixed = np.asarray(~residuals.multipliers.any(axis=(0, 1)))
    for k in np.flatnonzero(~is_fixed):
        effect = float(estimate.effects[k])
        at_zero = fixed_part[:, k] + effect * slope[:, k]
        p[k] = few_treated.compute_two_sided_share(effect, at_zero)
        low[k], high[k] = few_treated.invert_randomization(effect, 1.0, at_zero, slope[:, k], level)
    n_draws = orders.shape[0]
    messages: tuple[Message, ...] = ()
    if np.isinf(low[~is_fixed]).any() or np.isinf(high[~is_fixed]).any():
        messages = (_no_interval(n_draws, level),)
    ends = [np.where(is_fixed, estimate.effects, np.where(np.isinf(end), np.nan, end)) for end in (low, high)]
    counts = (residuals.n_treated, residuals.n_controls)
    return _bands(name, estimate, fixed_part, is_fixed, (p, *ends), level, note, counts, messages)


def build_residual_bands(
    name: str, estimate: Estimate, drawn: FloatArray, level: float, note: Text, n_treated: int, n_controls: int
) -> Bands:
    """Return p-values and intervals from errors (n_draws, n_effects), the estimate's own being one more draw."""
    n_draws = drawn.shape[0]
    is_fixed = np.asarray((np.abs(drawn) < 1e-14 * np.maximum(1.0, np.abs(estimate.effects))).all(axis=0))
    slack = 1e-10 * np.abs(estimate.effects)
    p = (1 + (np.abs(drawn) >= np.abs(estimate.effects) - slack).sum(axis=0)) / (n_draws + 1)
    rank = int(np.floor((1 - level) / 2 * (n_draws + 1)))
    low, high = fill_absent(estimate.n_effects), fill_absent(estimate.n_effects)
    messages: tuple[Message, ...] = ()
    if rank >= 1:
        ordered = np.sort(drawn, axis=0)
        low, high = estimate.effects - ordered[-rank], estimate.effects - ordered[rank - 1]
    else:
        messages = (_no_interval(n_draws, level),)
    ends = [np.where(is_fixed, estimate.effects, end) for end in (low, high)]
    columns = (np.where(is_fixed, np.nan, p), *ends)
    return _bands(name, estimate, drawn, is_fixed, columns, level, note, (n_treated, n_controls), messages)


def _no_interval(n_draws: int, level: float) -> Message:
    return Message("warning", "no-interval", Text("inference.no-interval-groups", n=n_draws, level=level))


def _bands(
    name: str,
    estimate: Estimate,
    drawn: FloatArray,
    is_fixed: BoolArray,
    columns: tuple[FloatArray, ...],
    level: float,
    note: Text,
    counts: tuple[int, int],
    messages: tuple[Message, ...],
) -> Bands:
    n_draws = drawn.shape[0]
    p, low, high = columns
    return Bands.build(
        estimate,
        name,
        level,
        se=np.where(is_fixed, np.nan, drawn.std(axis=0)),
        low=low,
        high=high,
        p=p,
        note=note,
        facts={
            "draws": n_draws,
            "floor": 1 / (n_draws + 1),
            "treated_groups": counts[0],
            "untreated_groups": counts[1],
        },
        messages=messages,
    )


# Inference with few treated groups of another size than the rest: residuals rescaled by a fitted variance.

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
        residuals = few_treated.group_residuals(fit, view, self.group, self.size)
        n, m, size = residuals.n_treated, residuals.n_controls, self.size or "rows"
        group = Text("inference.dimension", name=self.group)
        if self.null == "imposed":
            note = Text("inference.exchanged-scaled-groups", n=n, group=group, all=n + m, size=size)
            alike = np.unique(residuals.sizes).size == 1
            orders = few_treated.draw_reassignments(residuals, self.draws, rng, every=alike)
            variances = None if alike else estimate_position_variances(residuals)
            return build_reassigned_bands(self.name, fit.view(view), residuals, orders, self.level, note, variances)
        drawn = few_treated.draw_errors(rescale_errors(residuals.errors()), self.draws, rng)
        note = Text("inference.other-scaled-groups", n=n, group=group, others=m, size=size)
        return build_residual_bands(self.name, fit.view(view), drawn, self.level, note, n, m)


def estimate_position_variances(residuals: GroupResiduals) -> FloatArray:
    """Return A and B of A + B / size, (n_groups, n_effects, 2); places with equal weights up to scale share a fit."""
    n_groups, _, n_effects = residuals.multipliers.shape
    controls = ~residuals.is_treated
    terms = np.column_stack([np.ones(int(controls.sum())), 1.0 / residuals.sizes[controls]])
    out = np.ones((n_groups, n_effects, 2))
    for k in range(n_effects):
        weights = residuals.multipliers[:, :, k]
        top = weights[np.arange(n_groups), np.abs(weights).argmax(axis=1)]
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
    """Fit squares on terms, non-negative, by the inverse fitted variance: else a few small groups would decide."""
    coefficients = scipy.optimize.nnls(terms, squares)[0]
    for _ in range(REWEIGHTINGS):
        fitted = terms @ coefficients
        if not (fitted > 0).all():
            raise InferenceError("the variance fitted to the untreated groups is not positive; drop tiny groups")
        coefficients = scipy.optimize.nnls(terms / fitted[:, None], squares / fitted)[0]
    return np.asarray(coefficients)
