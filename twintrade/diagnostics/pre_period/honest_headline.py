"""Bounds of an imputed headline in words."""

from collections.abc import Sequence

import numpy as np

from twintrade.diagnostics.pre_period.common_base import CommonBase
from twintrade.diagnostics.variants import format_effect
from twintrade.effects import Message
from twintrade.numerics.honest import Kind, RobustInterval
from twintrade.text import Listed, Text

FARTHEST = 1000.0
"""End of an interval in percent beyond which it is not written out."""


def describe_bounded(
    base: CommonBase, kind: Kind, sizes: Sequence[float], intervals: Sequence[RobustInterval], breakdown: float
) -> list[Text]:
    """Say the intervals of the headline, what breaks it down, and what a straight line before would have shown."""
    scale = "percent" if base.is_percent else base.study.scale
    symbol = "M" if kind == "smoothness" else "M\u0304"
    shown = [
        Text(
            "checks.honest-range",
            symbol=symbol,
            size=size,
            low=_show_end(base.show(one.low), scale),
            high=_show_end(base.show(one.high), scale),
        )
        for size, one in zip(sizes, intervals, strict=True)
    ]
    reached = "without" if breakdown == 0 else "never" if np.isinf(breakdown) else "at"
    step = np.sign(base.headline) * base.largest_step * breakdown if reached == "at" else 0.0
    has_step = reached == "at" and kind == "relative_magnitudes"
    slope = base.test_slope()
    return [
        Text(
            "checks.honest-headline",
            kind=kind.replace("_", "-"),
            target="first" if base.is_first else "average",
            headline=format_effect(base.show(base.headline), scale),
            given=Listed(tuple(shown), "semicolon"),
            reached=reached,
            symbol=symbol,
            breakdown=breakdown,
            stepped="yes" if has_step else "no",
            exact=format_effect(base.compute_exact(step), scale),
            step=format_effect(abs(base.show(step)), scale),
        ),
        Text(
            "checks.honest-slope",
            slope=format_effect(base.show(slope.slope), scale),
            p=slope.p,
            enough=format_effect(base.show(slope.enough), scale),
            power=slope.power,
        ),
    ]


def _show_end(value: float, scale: str) -> Text:
    """Return an end of an interval; how far a percentage lies beyond what anybody means says nothing."""
    is_beyond = scale == "percent" and value > FARTHEST
    return Text("checks.honest-beyond", end=FARTHEST) if is_beyond else format_effect(value, scale)


def describe_draws(base: CommonBase) -> tuple[Message, ...]:
    """Say that errors are those of re-assigned agreements, where they are."""
    if not base.from_draws:
        return ()
    return (Message("info", "honest-draws", Text("checks.honest-base-draws")),)
