"""Effects over the standard error that noise by size gives them, under any effect that a null takes away."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from twintrade.design import Observations
from twintrade.effects import CohortEffects, Estimate, EventStudy
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.estimators.repeating import Block, Null, OneStep, sum_squared_weights, take_out_undetermined
from twintrade.inference.clustered import Facts
from twintrade.inference.clustering import find_row_weights
from twintrade.inference.clustering.conventions import is_reference
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
from twintrade.inference.refits.permutation import Permutations, Permuted, find_shifted_rows
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.text import Text, Words

# Estimates of many assignments in one step from the model without treatment.


def permute_one_step(
    dealt: "OneStepDraws", views: Mapping[View, Estimate], n_draws: int, after: float, has_intervals: bool
) -> tuple[Permutations, Null | None]:
    """Estimate every assignment in one step from the model without treatment; some of them may be lost.

    Effects before the onset are estimated where the average effect after it is taken out of the real treated rows:
    one step from a fit that holds a large effect leaves some of it in them.

    ``after``: the estimated effect after onset in log points; NaN where there is none that could be taken out;
    ``has_intervals``: whether all views are wanted with that effect taken out, not only those with effects by time or
    group. Returns the model with that effect taken out; None where no view is wanted so.
    """
    wanted = {view: one for view, one in views.items() if has_intervals or view not in ("overall", "path")}
    near = None
    if wanted and np.isfinite(after):
        near = dealt.model.under(np.exp(after * dealt.model.design.observations.is_treated))
    estimated = dealt.estimate(dealt.model.under_none, views, has_leads=near is None)
    taken_out = {} if near is None else dealt.estimate(near, wanted)
    packed = {}
    for view, estimate in views.items():
        none = np.full((dealt.kept.size + 1, estimate.n_effects), np.nan)
        values, taken = estimated[view], np.zeros(estimate.n_effects)
        if view in taken_out:
            early = find_early(estimate)
            values[:, early], taken[early] = taken_out[view][:, early], after
        at_estimate = (after, taken_out[view]) if view in taken_out else None
        packed[view] = Permuted(estimate, values[-1], values[:-1], none[:-1], none, none, taken, at_estimate)
    n_lost = n_draws - dealt.kept.size
    failures: dict[Words, int] = {Text("inference.other-rows"): n_lost} if n_lost else {}
    return Permutations(packed, failures, n_draws, dealt.kept), near


def find_early(estimate: Estimate) -> BoolArray:
    """Return which effects lie before the onset less anticipation, shape (n_effects,)."""
    if not isinstance(estimate, EventStudy | CohortEffects):
        return np.zeros(estimate.n_effects, dtype=bool)
    return np.asarray(estimate.event_times < -estimate.anticipation)


@dataclass(frozen=True, slots=True, eq=False)
class OneStepDraws:
    """Treatments of many draws and, last, of the real assignment."""

    model: OneStep
    blocks: tuple[tuple[Block, ...], ...]
    kept: IntArray  # draws that observe rows of the model only

    def estimate(
        self, null: Null, views: Mapping[View, Estimate], draws: IntArray | None = None, *, has_leads: bool = True
    ) -> dict[View, FloatArray]:
        """Return effects under a null, by view, each of shape (n_draws + 1, n_effects), or of some draws."""
        blocks = self.blocks if draws is None else [self.blocks[k] for k in draws]
        out = null.estimate(blocks, views, has_leads=has_leads)
        for view, estimate in views.items():
            out[view][:, is_reference(estimate)] = 0.0
        return out

    def take_out_undetermined(self) -> "OneStepDraws":
        """Return the draws without the rows that an estimate leaves out since nothing determines their mean.

        They are looked for in draws whose rows cannot be weighed: equations with such rows have no solution.
        """
        null, codes = self.model.under_none, self.model.design.observations.effect_codes()
        blocks = list(self.blocks)
        for k in np.flatnonzero(np.isnan(sum_squared_weights(null, self.blocks)).any(axis=1)):
            pairs = zip(blocks[k], self.model.regressions, strict=True)
            blocks[k] = tuple(
                one if how.is_pruned else take_out_undetermined(null.q, null.nested, one, codes) for one, how in pairs
            )
        return replace(self, blocks=tuple(blocks))


def estimate_one_step(model: OneStep, estimate: Estimate, onsets: Sequence[FloatArray]) -> FloatArray:
    """Return the overall effect of each assignment in one step, shape (n_draws,), NaN where there is none."""
    out, dealt = np.full(len(onsets), np.nan), build_draws(keep_shown(model, ["overall"]), onsets)
    out[dealt.kept] = dealt.estimate(dealt.model.under_none, {"overall": estimate})["overall"][:-1, 0]
    return out


def keep_shown(model: OneStep, views: Collection[View]) -> OneStep:
    """Return the model with the regressions alone that show some of the views: the others need no blocks."""
    return replace(model, regressions=tuple(r for r in model.regressions if not set(r.views).isdisjoint(views)))


def build_draws(model: OneStep, onsets: Sequence[FloatArray]) -> OneStepDraws:
    """Return the treatments of some assignments; those that observe other rows are left out."""
    by_draw = [model.build_blocks(model.design.reassigned(onset)) for onset in onsets]
    kept = np.array([k for k, blocks in enumerate(by_draw) if blocks is not None], dtype=np.int64)
    real = model.build_blocks(model.design)
    assert real is not None
    if not kept.size:
        raise InferenceError("every re-assigned design loses rows; re-assign across fewer units or use refits")
    return OneStepDraws(model, (*(blocks for blocks in by_draw if blocks is not None), real), kept)


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
class NullResiduals:
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
    known_at: Callable[[float, float], NullResiduals]
    # The draws in one step, where rows' weights follow from the model under each null
    one_step: OneStepDraws | None = None
    shares: Shares | None = None  # where they are the same under every effect
    fitted: dict[tuple[float, float], NullResiduals] = field(default_factory=dict)  # what is known so far
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

    def find_known(self, after: float, before: float) -> NullResiduals:
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

        def fit_null(after: float, before: float) -> NullResiduals:
            factor = np.exp(shifted @ (after, before))
            if weighing is None:
                return NullResiduals(compute_poisson_residuals(o, factor), None)
            return _read_null(weighing.model.under(factor), weighing, o, dealt)

        return Studentizer(noise, dealt, begins, is_ratio, fit_null, weighing)
    columns = compute_linear_residuals(o, np.column_stack([o.y, shifted]))
    ones = np.ones(o.n_rows)
    weights = weigh_units(fit, dealt, [*onsets, fit.design.onset]) if by_row else None

    def take_out(after: float, before: float) -> NullResiduals:
        return NullResiduals(Residuals(columns @ (1.0, -after, -before), ones, False), weights)

    return Studentizer(noise, dealt, begins, True, take_out, shares=noise.weigh(ones))


def _read_null(null: Null, one_step: OneStepDraws | None, o: Observations, dealt: TreatedDraws) -> NullResiduals:
    """Return what a fitted null leaves, and what rows weigh where draws in one step are given."""
    by_row = (
        None if one_step is None else RowShares(sum_squared_weights(null, one_step.blocks), list_cohorts(o, dealt))
    )
    return NullResiduals(Residuals(null.residuals, null.means, True), by_row)


def list_cohorts(o: Observations, dealt: TreatedDraws) -> IntArray:
    """Return each unit's cohort in each draw, -1 without an agreement, shape (n_draws, n_units)."""
    cohort = np.full((dealt.units.shape[0], o.n_units), -1)
    np.put_along_axis(cohort, dealt.units, dealt.cohorts, axis=1)
    return cohort


def weigh_units(fit: Fit, dealt: TreatedDraws, onsets: Sequence[FloatArray]) -> RowShares | None:
    """Return what the rows of each unit weigh in the headline under each assignment; None where it is not known."""
    o = fit.design.observations
    squares = np.full((len(onsets), o.n_units), np.nan)
    null = fit.estimator.linear_null(fit.design, o.y[:, None], ["overall"])
    designs = [fit.design.reassigned(onset) for onset in onsets]
    if null is not None:
        draws = [null.build_blocks(design, is_summed=False) for design in designs]
        known = [k for k, blocks in enumerate(draws) if blocks is not None]
        if known:
            squares[known] = null.sum_squared_weights([blocks for blocks in draws if blocks is not None])
    for draw in np.flatnonzero(~np.isfinite(squares).all(axis=1)):
        again = fit.refit(designs[draw], "overall")
        weights = find_row_weights(again, again.view("overall"))
        if weights is None or again.design.observations.n_rows != o.n_rows:
            return None
        squares[draw] = np.bincount(o.unit[weights.rows], weights.values[:, 0] ** 2, o.n_units)
    return RowShares(squares, list_cohorts(o, dealt))
