"""Estimates of many assignments in one step from the model without treatment."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from twintrade.effects import CohortEffects, Estimate, EventStudy
from twintrade.errors import InferenceError
from twintrade.estimators.base import View
from twintrade.estimators.repeating import Block, Null, OneStep, sum_squared_weights, take_out_undetermined
from twintrade.inference.clustering.variances import is_reference
from twintrade.inference.refits.permutation import Permutations, Permuted
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.text import Text, Words


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
