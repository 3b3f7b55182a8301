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
from twintrade.text import Text, Value

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
    is_scaled: ClassVar[bool] = False  # whether residuals are rescaled by size

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return intervals by inversion."""
        estimate, residuals = fit.view(view), few_treated.group_residuals(fit, view, self.group, self._size)
        if self.null == "imposed":
            is_uneven = self.is_scaled and np.unique(residuals.sizes).size > 1
            variances = estimate_position_variances(residuals) if is_uneven else None
            orders = few_treated.draw_reassignments(residuals, self.draws, rng, every=variances is None)
            tested = compare_reassigned(estimate, residuals, orders, self.level, variances)
        else:
            errors = residuals.errors()
            drawn = few_treated.draw_errors(
                rescale_errors(errors) if self.is_scaled else errors.values, self.draws, rng
            )
            tested = compare_with_errors(estimate, drawn, self.level)
        n_draws = tested.drawn.shape[0]
        no_interval = Text("inference.no-interval-groups", n=n_draws, level=self.level)
        return Bands.build(
            estimate,
            self.name,
            self.level,
            se=np.where(tested.is_fixed, np.nan, tested.drawn.std(axis=0)),
            low=np.where(tested.is_fixed, estimate.effects, tested.low),
            high=np.where(tested.is_fixed, estimate.effects, tested.high),
            p=np.where(tested.is_fixed, np.nan, tested.p),
            note=self._describe(residuals),
            facts={
                "draws": n_draws,
                "floor": 1 / (n_draws + 1),
                "treated_groups": residuals.n_treated,
                "untreated_groups": residuals.n_controls,
            },
            messages=() if tested.has_ends else (Message("warning", "no-interval", no_interval),),
        )

    @property
    def _size(self) -> str | None:
        return getattr(self, "size", None)

    def _describe(self, residuals: GroupResiduals) -> Text:
        groups = "scaled-groups" if self.is_scaled else "groups"
        named: dict[str, Value] = {"n": residuals.n_treated, "group": Text("inference.dimension", name=self.group)}
        named |= {"size": self._size or "rows"} if self.is_scaled else {}
        if self.null == "imposed":
            return Text(f"inference.exchanged-{groups}", all=residuals.n_treated + residuals.n_controls, **named)
        return Text(f"inference.other-{groups}", others=residuals.n_controls, **named)


@dataclass(frozen=True, slots=True, eq=False)
class TestedEffects:
    """P-values of no effect and ends of intervals, each of shape (n_effects,), and what they were read from."""

    drawn: FloatArray  # (n_draws, n_effects)
    is_fixed: BoolArray  # effects that no draw moves
    p: FloatArray
    low: FloatArray
    high: FloatArray
    has_ends: bool  # whether there are draws enough for an interval


def compare_reassigned(
    estimate: Estimate, residuals: GroupResiduals, orders: IntArray, level: float, variances: FloatArray | None
) -> TestedEffects:
    """Return p-values of no effect, and the effects that are not rejected as the null, by drawn orders."""
    fixed_part, slope = few_treated.compute_reassigned_effects(residuals, orders, variances)
    p, low, high = (fill_absent(estimate.n_effects) for _ in range(3))
    is_fixed = np.asarray(~residuals.multipliers.any(axis=(0, 1)))
    for k in np.flatnonzero(~is_fixed):
        effect = float(estimate.effects[k])
        at_zero = fixed_part[:, k] + effect * slope[:, k]
        p[k] = few_treated.compute_two_sided_share(effect, at_zero)
        low[k], high[k] = few_treated.invert_randomization(effect, 1.0, at_zero, slope[:, k], level)
    has_ends = not (np.isinf(low).any() or np.isinf(high).any())
    low, high = (np.where(np.isinf(end), np.nan, end) for end in (low, high))
    return TestedEffects(fixed_part, is_fixed, p, low, high, has_ends)


def compare_with_errors(estimate: Estimate, drawn: FloatArray, level: float) -> TestedEffects:
    """Return the same from errors (n_draws, n_effects), the estimate's own being one more draw."""
    n_draws, size = drawn.shape[0], np.abs(estimate.effects)
    is_fixed = np.asarray((np.abs(drawn) < 1e-14 * np.maximum(1.0, size)).all(axis=0))
    p = (1 + (np.abs(drawn) >= size - 1e-10 * size).sum(axis=0)) / (n_draws + 1)
    rank = int(np.floor((1 - level) / 2 * (n_draws + 1)))
    low, high = fill_absent(estimate.n_effects), fill_absent(estimate.n_effects)
    if rank >= 1:
        ordered = np.sort(drawn, axis=0)
        low, high = estimate.effects - ordered[-rank], estimate.effects - ordered[rank - 1]
    return TestedEffects(drawn, is_fixed, p, low, high, rank >= 1)


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
    is_scaled: ClassVar[bool] = True
    name: ClassVar[str] = "ferman_pinto"
    citation: ClassVar[str] = "ferman2019"


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
        errors = (residuals.residuals[controls] @ shape for shape in different)
        fits = [fit_variance_function(terms, e**2) if e.any() else np.array([1.0, 0.0]) for e in errors]
        out[:, k] = np.array(fits)[place.ravel()]
    return out


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
