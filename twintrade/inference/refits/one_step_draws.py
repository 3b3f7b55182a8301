"""Estimates of many assignments in one step from the model without treatment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twintrade.effects import Estimate
from twintrade.errors import InferenceError
from twintrade.estimators.base import View
from twintrade.estimators.repeating import Block, Null, OneStep
from twintrade.inference.clustering.variances import is_reference
from twintrade.inference.refits.permutation import Permutations, Permuted
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.text import Text, Words


def permute_one_step(dealt: "OneStepDraws", views: Mapping[View, Estimate], n_draws: int) -> Permutations:
    """Estimate every assignment in one step from the model without treatment; some of them may be lost."""
    estimated = dealt.estimate(dealt.model.under_none, views)
    packed = {}
    for view, estimate in views.items():
        none = np.full((dealt.kept.size + 1, estimate.n_effects), np.nan)
        drawn, observed = estimated[view][:-1], estimated[view][-1]
        packed[view] = Permuted(estimate, observed, drawn, none[:-1], none, none)
    n_lost = n_draws - dealt.kept.size
    failures: dict[Words, int] = {Text("inference.other-rows"): n_lost} if n_lost else {}
    return Permutations(packed, failures, n_draws, dealt.kept)


@dataclass(frozen=True, slots=True, eq=False)
class OneStepDraws:
    """Treatments of many draws and, last, of the real assignment.

    Attributes
    ----------
    model : OneStep
    blocks : tuple of tuple of Block
    kept : IntArray
        Draws that observe rows of the model only.
    """

    model: OneStep
    blocks: tuple[tuple[Block, ...], ...]
    kept: IntArray

    def estimate(self, null: Null, views: Mapping[View, Estimate]) -> dict[View, FloatArray]:
        """Return effects under a null, by view, each of shape (n_draws + 1, n_effects)."""
        out = null.estimate(self.blocks, views)
        for view, estimate in views.items():
            out[view][:, is_reference(estimate)] = 0.0
        return out


def estimate_one_step(model: OneStep, estimate: Estimate, onsets: Sequence[FloatArray]) -> FloatArray:
    """Return the overall effect of each assignment in one step, shape (n_draws,), NaN where there is none."""
    out, dealt = np.full(len(onsets), np.nan), build_draws(model, onsets)
    out[dealt.kept] = dealt.estimate(model.under_none, {"overall": estimate})["overall"][:-1, 0]
    return out


def build_draws(model: OneStep, onsets: Sequence[FloatArray]) -> OneStepDraws:
    """Return the treatments of some assignments; those that observe other rows are left out.

    Raises
    ------
    InferenceError
        All of them do.
    """
    by_draw = [model.build_blocks(model.design.reassigned(onset)) for onset in onsets]
    kept = np.array([k for k, blocks in enumerate(by_draw) if blocks is not None], dtype=np.int64)
    real = model.build_blocks(model.design)
    assert real is not None
    if not kept.size:
        raise InferenceError("every re-assigned design loses rows; re-assign across fewer units or use refits")
    return OneStepDraws(model, (*(blocks for blocks in by_draw if blocks is not None), real), kept)
