"""What a regression's error would be with another group's residuals in the treated group's place."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from twintrade.effects import Influence, Regression
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.numerics.arrays import FloatArray, IntArray

Group = Literal["unit", "city", "partner"]


@dataclass(frozen=True, slots=True, eq=False)
class GroupErrors:
    """Linear combinations of group residuals with the treated groups' regressors.

    Attributes
    ----------
    values : FloatArray, shape (n_treated, n_controls, n_effects)
        Error that each control group's residuals would cause in each treated group's place.
    treated_sizes : FloatArray, shape (n_treated,)
    control_sizes : FloatArray, shape (n_controls,)
    """

    values: FloatArray
    treated_sizes: FloatArray
    control_sizes: FloatArray


def group_errors(fit: Fit, view: View, group: Group, size: str | None) -> GroupErrors:
    """Form the errors from the regression behind an estimate.

    A treated group's rows enter the estimate with the weights of the regression, summed by period. Each control
    group's mean residual by period takes their place.

    Parameters
    ----------
    group : {"unit", "city", "partner"}
        The level at which treatment is assigned.
    size : str or None
        Column whose mean is a group's size; None counts a group's rows.

    Raises
    ------
    InferenceError
        No regression behind the estimate, no group without treated rows, or unbalanced periods.
    """
    estimate = fit.view(view)
    uncertainty = estimate.uncertainty
    if not isinstance(uncertainty, Influence) or uncertainty.regression is None:
        raise InferenceError(f"{fit.estimator.name} carries no regression; use it with a regression such as twfe")
    regression, o = uncertainty.regression, fit.design.observations
    groups = o.unit_clusters(group)[o.unit[regression.rows]]
    ever = np.zeros(int(groups.max()) + 1, dtype=bool)
    ever[groups[o.is_ever_treated[o.unit[regression.rows]]]] = True
    present = np.unique(groups)
    treated, controls = present[ever[present]], present[~ever[present]]
    if controls.size < 2 or treated.size == 0:
        raise InferenceError(f"there are {treated.size} treated and {controls.size} untreated groups by {group}")
    sums, means = _by_group_period(regression, groups, o.period[regression.rows])
    complete = controls[np.isfinite(means[controls]).all(axis=1)]
    if complete.size < 2:
        raise InferenceError("fewer than two untreated groups are observed in every period")
    sizes = _sizes(fit, regression, groups, size)
    return GroupErrors(
        values=np.einsum("gtk,ct->gck", sums[treated], means[complete]),
        treated_sizes=sizes[treated],
        control_sizes=sizes[complete],
    )


def _by_group_period(regression: Regression, groups: IntArray, periods: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return multipliers summed by group and period, shape (G, T, k), and mean residuals, shape (G, T)."""
    labels, column = np.unique(periods, return_inverse=True)
    n_groups = int(groups.max()) + 1
    multipliers = regression.weights[:, None] * regression.along(regression.bread @ regression.selector)
    sums = np.zeros((n_groups, labels.size, multipliers.shape[1]))
    np.add.at(sums, (groups, column), multipliers)
    total, count = np.zeros((n_groups, labels.size)), np.zeros((n_groups, labels.size))
    np.add.at(total, (groups, column), regression.residuals)
    np.add.at(count, (groups, column), 1.0)
    return sums, np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _sizes(fit: Fit, regression: Regression, groups: IntArray, size: str | None) -> FloatArray:
    count = np.bincount(groups).astype(np.float64)
    if size is None:
        return count
    o = fit.design.observations
    values = fit.design.panel.values(size)[o.rows[regression.rows]]
    mean = np.bincount(groups, weights=values) / np.maximum(count, 1)
    if not (mean[count > 0] > 0).all():
        raise InferenceError(f"group sizes from {size!r} must be positive")
    return np.asarray(mean)


def drawn_errors(values: FloatArray, draws: int, rng: np.random.Generator) -> FloatArray:
    """Return errors of the estimate, shape (n_draws, n_effects): one control group for each treated group.

    With one treated group every control group is used once; with several, distinct ones are drawn.
    """
    n_treated, n_controls, _ = values.shape
    if n_treated == 1:
        return np.asarray(values[0])
    if n_controls < n_treated:
        raise InferenceError(f"{n_treated} treated groups need as many untreated ones; there are {n_controls}")
    out = np.empty((draws, values.shape[2]))
    for d in range(draws):
        taken = rng.choice(n_controls, size=n_treated, replace=False)
        out[d] = values[np.arange(n_treated), taken].sum(axis=0)
    return out
