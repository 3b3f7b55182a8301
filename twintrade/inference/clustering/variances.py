"""Which effects have a usable variance, and what is said of those that have none."""

import numpy as np

from twintrade.effects import CohortEffects, Estimate, EventStudy, Message
from twintrade.numerics.arrays import BoolArray, FloatArray
from twintrade.text import Listed, Text


def is_reference(estimate: Estimate) -> BoolArray:
    """Whether each effect is the exact zero of a reference period."""
    if isinstance(estimate, EventStudy | CohortEffects) and estimate.reference is not None:
        return np.asarray((estimate.event_times == estimate.reference) & (estimate.effects == 0))
    return np.zeros(estimate.n_effects, dtype=bool)


def has_variance(estimate: Estimate, se: FloatArray) -> BoolArray:
    """Whether each effect has a usable standard error; a zero beside the reference is no error but a failure."""
    floor = 1e-12 * max(float(np.abs(estimate.effects).max(initial=0.0)), float(se.max(initial=0.0)))
    return np.asarray((se > floor) & ~is_reference(estimate))


def list_variance_messages(
    estimate: Estimate, negative: BoolArray, usable: BoolArray, what: str, remedy: str = "none"
) -> tuple[Message, ...]:
    """Return what was repaired, and why an effect has no standard error.

    ``negative`` (n_effects,): variances that were negative before the repair; ``usable`` (n_effects,); ``what``:
    which covariance: "multi-way"; ``remedy``: what to do where a negative variance leaves nothing, as
    ``inference.no-variance-left`` says it: "clusters".
    """
    messages = []
    if negative.any():
        text = Text("inference.negative-variance", covariance=what, effects=list_effects(estimate, negative))
        messages.append(Message("warning", "negative-variance", text))
    lost = ~usable & ~is_reference(estimate)
    if (lost & negative).any():
        text = Text("inference.no-variance-left", effects=list_effects(estimate, lost & negative), remedy=remedy)
        messages.append(Message("warning", "no-variance", text))
    if (lost & ~negative).any():
        text = Text("inference.no-variation", effects=list_effects(estimate, lost & ~negative))
        messages.append(Message("warning", "no-variance", text))
    return tuple(messages)


def list_effects(estimate: Estimate, which: BoolArray) -> Listed:
    """Return the names of some effects as a sentence lists them."""
    return Listed(tuple(name for name, chosen in zip(estimate.names, which, strict=True) if chosen), "comma")
