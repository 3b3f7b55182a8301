"""Tries the design of an analysis: which columns can be estimated, and why the others cannot."""

from collections.abc import Iterator

import numpy as np

from twintrade.design import Design
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import fit
from twintrade.study.plan.designs import Designs
from twintrade.study.plan.forecast import compute_forecast
from twintrade.study.plan.jobs import LadderColumn, Plan
from twintrade.text import Listed, Text, Words

_MOST_SECONDS = 30.0
_ESTIMATES = "estimate/"


def try_columns(plan: Plan, designs: Designs, design: Design) -> Iterator[Text]:
    """Say of each column whether it can be estimated, where its effects alone are quickly had; else what it asks for.

    Parameters
    ----------
    plan : Plan
    designs : Designs
    design : Design
        The analysis' own.
    """
    seconds = sum(cost for job, cost in compute_forecast(plan, design).jobs if job.startswith(_ESTIMATES))
    is_tried = seconds <= _MOST_SECONDS
    n_failed = 0
    for column in plan.columns:
        if reason := _find_reason(column, designs, is_tried=is_tried):
            n_failed += 1
            yield Text("study.will-be-skipped", label=column.label, why=reason)
        else:
            yield Text("study.estimates" if is_tried else "study.qualifies", label=column.label)
    if not plan.columns:
        yield Text("study.pictures-only")
    elif n_failed == len(plan.columns):
        yield Text("study.nothing-estimates")
    if not is_tried:
        yield Text("study.not-tried")


def _find_reason(column: LadderColumn, designs: Designs, *, is_tried: bool) -> Words:
    """Return why a column cannot be estimated, "" where nothing is known against it."""
    try:
        design = designs.of(column)
        lacking = column.estimator.unmet(design)
        if not lacking and is_tried:
            fit(column.estimator, design)
    except (DesignError, EstimationError) as error:
        return error.text
    return Listed(tuple(lacking), "semicolon") if lacking else ""


def count_without_reference(design: Design) -> tuple[int, int]:
    """Return how many treated units have no figure at the reference period, and how many there are."""
    panel, onset = design.panel, design.onset
    is_inside = (onset > panel.first_period) & (onset <= panel.last_period)
    is_known = np.isfinite(panel.values(design.outcome))
    at_reference = is_known & (panel.period == (onset + design.reference)[panel.unit])
    has_reference = np.bincount(panel.unit[at_reference], minlength=panel.n_units) > 0
    return int((is_inside & ~has_reference).sum()), int(is_inside.sum())
