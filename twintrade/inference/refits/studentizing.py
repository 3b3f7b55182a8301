"""Effects over the standard error that noise by size gives them, under any effect that a null takes away."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from twintrade.estimators.base import Fit, View
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
from twintrade.inference.refits.permutation import find_shifted_rows
from twintrade.numerics.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class RowShares:
    """Sums of squared weights of all rows in the headline of each draw, comparison rows included.

    Attributes
    ----------
    squares : FloatArray, shape (n_draws, n_units)
    cohort : IntArray, shape (n_draws, n_units)
        Each unit's cohort; the last for units without an agreement.
    """

    squares: FloatArray
    cohort: IntArray

    def scale(self, variances: FloatArray) -> FloatArray:
        """Return the headline's standard errors from units' variances, by cohort too, shape (n_draws,)."""
        by_unit = variances[np.arange(variances.shape[0]), self.cohort]
        return np.asarray(np.sqrt((by_unit * self.squares).sum(axis=1)))


@dataclass(frozen=True, slots=True, eq=False)
class Studentizer:
    """Scales of the effects of several estimates in all draws and, last, under the real assignment.

    Attributes
    ----------
    noise : Noise
    dealt : TreatedDraws
    begins : dict of View to int
        Where the effects of each view start.
    is_ratio : bool
        Whether effects are relative to the mean.
    residuals_at : callable
        From an effect after onset and one before to what these leave unexplained.
    shifted : FloatArray, shape (n_rows, 2)
        Rows after onset and before it that have the effects.
    shares : Shares or None
        Where they are the same under every effect.
    by_row : RowShares or None
        For the headline, where the noise of comparison rows counts.
    fitted : dict of (float, float) to Residuals
        What is known of them.
    """

    noise: Noise
    dealt: TreatedDraws
    begins: dict[View, int]
    is_ratio: bool
    residuals_at: Callable[[float, float], Residuals]
    shifted: FloatArray
    shares: Shares | None
    by_row: RowShares | None = None
    fitted: dict[tuple[float, float], Residuals] = field(default_factory=dict)
    _known: dict[tuple[float, float], tuple[FloatArray, Shares]] = field(default_factory=dict)

    def scale(self, view: View, k: int, after: float = 0.0, before: float = 0.0) -> FloatArray:
        """Return the scales of one effect under a null, shape (n_draws + 1,)."""
        at = (after, before)
        if at not in self._known:
            residuals = self.find_residuals(after, before)
            self._known.clear()
            self._known[at] = self.noise.variances(residuals), self.shares or self.noise.weigh(residuals.means)
        variances, shares = self._known[at]
        if self.by_row is not None and view == "overall":
            return self.by_row.scale(variances)
        one = slice(self.begins[view] + k, self.begins[view] + k + 1)
        return shares.scale(variances, self.dealt, one, is_ratio=self.is_ratio)[:, 0]

    def scales(self, view: View, after: FloatArray) -> FloatArray:
        """Return the scales of all effects of a view, each with an effect after onset, (n_draws + 1, n_effects)."""
        return np.column_stack([self.scale(view, k, float(one)) for k, one in enumerate(after)])

    def find_residuals(self, after: float, before: float) -> Residuals:
        """Return what a null leaves unexplained, fitted once."""
        at = (after, before)
        if at not in self.fitted:
            self.fitted[at] = self.residuals_at(after, before)
        return self.fitted[at]

    def facts(self) -> Facts:
        """Return whether noise depends on size."""
        return self.noise.facts(self.find_residuals(0.0, 0.0))


def build_studentizer(
    fit: Fit, views: Sequence[View], onsets: Sequence[FloatArray], *, by_row: bool = False
) -> Studentizer:
    """Return the scales of a fit's views under some assignments, the real one last.

    With ``by_row`` the noise of comparison rows counts too, where a linear headline's weights are known.
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
        return Studentizer(
            noise,
            dealt,
            begins,
            is_ratio,
            lambda after, before: compute_poisson_residuals(o, np.exp(shifted @ (after, before))),
            shifted,
            None,
        )
    columns = compute_linear_residuals(o, np.column_stack([o.y, shifted]))
    ones = np.ones(o.n_rows)
    return Studentizer(
        noise,
        dealt,
        begins,
        True,
        lambda after, before: Residuals(columns @ (1.0, -after, -before), ones, False),
        shifted,
        noise.weigh(ones),
        weigh_units(fit, dealt, [*onsets, fit.design.onset]) if by_row else None,
    )


def weigh_units(fit: Fit, dealt: TreatedDraws, onsets: Sequence[FloatArray]) -> RowShares | None:
    """Return what the rows of each unit weigh in the headline under each assignment; None where it is not known."""
    o = fit.design.observations
    squares = np.zeros((len(onsets), o.n_units))
    cohort = np.full(squares.shape, -1)
    np.put_along_axis(cohort, dealt.units, dealt.cohorts, axis=1)
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
    return RowShares(squares, cohort)
