"""Effects over the standard error that noise by size gives them, under any effect that a null takes away."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from twintrade.design import Observations
from twintrade.estimators.base import Fit, View
from twintrade.estimators.repeating import Null, sum_squared_weights
from twintrade.inference.clustered import Facts
from twintrade.inference.clustering import find_row_weights
from twintrade.inference.refits.noise import (
    Noise,
    Residuals,
    Shares,
    TreatedDraws,
    build_noise,
    compute_linear_residuals,
    compute_poisson_residuals,
    find_treated,
)
from twintrade.inference.refits.one_step_draws import OneStepDraws
from twintrade.inference.refits.permutation import find_shifted_rows
from twintrade.numerics.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class RowShares:
    """Sums of squared weights of all rows in the headline of each draw, comparison rows included."""

    squares: FloatArray  # (n_draws, n_units)
    cohort: IntArray  # (n_draws, n_units): each unit's cohort; the last for units without an agreement

    def scale(self, variances: FloatArray) -> FloatArray:
        """Return the headline's standard errors from units' variances, by cohort too, shape (n_draws,)."""
        by_unit = variances[np.arange(variances.shape[0]), self.cohort]
        return np.asarray(np.sqrt((by_unit * self.squares).sum(axis=1)))


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What a null leaves unexplained, and what all rows weigh in the headline where that is wanted."""

    residuals: Residuals
    by_row: RowShares | None


@dataclass(frozen=True, slots=True, eq=False)
class Studentizer:
    """Scales of the effects of several estimates in all draws and, last, under the real assignment."""

    noise: Noise
    dealt: TreatedDraws
    begins: dict[View, int]  # where the effects of each view start
    is_ratio: bool  # whether effects are relative to the mean
    # From an effect after onset and one before to what is known under that null
    known_at: Callable[[float, float], Known]
    # The draws in one step, where rows' weights follow from the model under each null
    one_step: OneStepDraws | None = None
    shares: Shares | None = None  # where they are the same under every effect
    fitted: dict[tuple[float, float], Known] = field(default_factory=dict)  # what is known so far
    _known: dict[tuple[float, float], tuple[FloatArray, Shares]] = field(default_factory=dict)

    def scale(self, view: View, k: int, after: float = 0.0, before: float = 0.0) -> FloatArray:
        """Return the scales of one effect under a null, shape (n_draws + 1,)."""
        at = (after, before)
        known = self.find_known(after, before)
        if at not in self._known:
            self._known.clear()
            residuals = known.residuals
            self._known[at] = self.noise.variances(residuals), self.shares or self.noise.weigh(residuals.means)
        variances, shares = self._known[at]
        if known.by_row is not None and view == "overall":
            return known.by_row.scale(variances)
        one = slice(self.begins[view] + k, self.begins[view] + k + 1)
        return shares.scale(variances, self.dealt, one, is_ratio=self.is_ratio)[:, 0]

    def scales(self, view: View, after: FloatArray) -> FloatArray:
        """Return the scales of all effects of a view, each with an effect after onset, (n_draws + 1, n_effects)."""
        return np.column_stack([self.scale(view, k, float(one)) for k, one in enumerate(after)])

    def find_known(self, after: float, before: float) -> Known:
        """Return what is known under a null, found once."""
        at = (after, before)
        if at not in self.fitted:
            self.fitted[at] = self.known_at(after, before)
        return self.fitted[at]

    def learn(self, null: Null, after: float = 0.0) -> None:
        """Take over a model that was fitted with an effect after onset taken out."""
        self.fitted[after, 0.0] = _read_null(null, self.one_step, self.noise.o, self.dealt)

    def facts(self) -> Facts:
        """Return whether noise depends on size."""
        return self.noise.facts(self.find_known(0.0, 0.0).residuals)


def build_studentizer(
    fit: Fit,
    views: Sequence[View],
    onsets: Sequence[FloatArray],
    *,
    by_row: bool = False,
    one_step: OneStepDraws | None = None,
) -> Studentizer:
    """Return the scales of a fit's views under some assignments, the real one last.

    With ``by_row`` the noise of comparison rows counts too, where weights are known: in linear headlines, and in
    those of Poisson methods whose draws are estimated in one step.
    """
    o = fit.design.observations
    estimates = [fit.view(view) for view in views]
    noise = build_noise(fit, estimates)
    starts = np.cumsum([0, *(one.n_effects for one in estimates)])
    begins = {view: int(at) for view, at in zip(views, starts[:-1], strict=True)}
    dealt = find_treated(o, noise.cohorts, [*onsets, fit.design.onset])
    shifted = find_shifted_rows(fit)
    if fit.estimator.is_poisson:
        is_ratio = fit.estimate.scale in ("log points", "percent")
        weighing = one_step if by_row and "overall" in views else None

        def fit_null(after: float, before: float) -> Known:
            factor = np.exp(shifted @ (after, before))
            if weighing is None:
                return Known(compute_poisson_residuals(o, factor), None)
            return _read_null(weighing.model.under(factor), weighing, o, dealt)

        return Studentizer(noise, dealt, begins, is_ratio, fit_null, weighing)
    columns = compute_linear_residuals(o, np.column_stack([o.y, shifted]))
    ones = np.ones(o.n_rows)
    weights = weigh_units(fit, dealt, [*onsets, fit.design.onset]) if by_row else None

    def take_out(after: float, before: float) -> Known:
        return Known(Residuals(columns @ (1.0, -after, -before), ones, False), weights)

    return Studentizer(noise, dealt, begins, True, take_out, shares=noise.weigh(ones))


def _read_null(null: Null, one_step: OneStepDraws | None, o: Observations, dealt: TreatedDraws) -> Known:
    """Return what a fitted null leaves, and what rows weigh where draws in one step are given."""
    by_row = (
        None if one_step is None else RowShares(sum_squared_weights(null, one_step.blocks), list_cohorts(o, dealt))
    )
    return Known(Residuals(null.residuals, null.means, True), by_row)


def list_cohorts(o: Observations, dealt: TreatedDraws) -> IntArray:
    """Return each unit's cohort in each draw, -1 without an agreement, shape (n_draws, n_units)."""
    cohort = np.full((dealt.units.shape[0], o.n_units), -1)
    np.put_along_axis(cohort, dealt.units, dealt.cohorts, axis=1)
    return cohort


def weigh_units(fit: Fit, dealt: TreatedDraws, onsets: Sequence[FloatArray]) -> RowShares | None:
    """Return what the rows of each unit weigh in the headline under each assignment; None where it is not known."""
    o = fit.design.observations
    squares = np.zeros((len(onsets), o.n_units))
    weigher = fit.estimator.row_weigher(fit.design)
    for draw, onset in enumerate(onsets):
        design = fit.design.reassigned(onset)
        quick = None if weigher is None else weigher(design)
        if quick is not None:
            squares[draw] = np.bincount(o.unit, quick**2, o.n_units)
            continue
        again = fit.refit(design, "overall")
        weights = find_row_weights(again, again.view("overall"))
        if weights is None or again.design.observations.n_rows != o.n_rows:
            return None
        squares[draw] = np.bincount(o.unit[weights.rows], weights.values[:, 0] ** 2, o.n_units)
    return RowShares(squares, list_cohorts(o, dealt))
