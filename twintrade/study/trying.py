"""Tries the design of an analysis: which columns can be estimated, and why the others cannot."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from twintrade.design import Design
from twintrade.errors import DesignError, EstimationError, TwintradeError
from twintrade.estimators.base import fit
from twintrade.study.plan.designs import Designs, find_refusal, group_reasons
from twintrade.study.plan.forecast import compute_forecast
from twintrade.study.plan.jobs import LadderColumn, Plan
from twintrade.text import Listed, Text, Words

MOST_SECONDS = 30.0
"""Seconds of all estimates up to which a check makes them to see whether they can be made."""

_ESTIMATES = "estimate/"


@dataclass(frozen=True, slots=True)
class Trial:
    """What is known of a column before a run."""

    column: LadderColumn
    reason: Words = ""  # why it cannot be estimated, "" where nothing is known against it
    # What ended its estimate: it ends a run too, where the column is the headline
    error: EstimationError | DesignError | None = None


def try_columns(plan: Plan, designs: Designs, design: Design) -> tuple[list[Trial], bool]:
    """Return what is known of each column, and whether its effects alone were tried, where that is quick.

    ``design``: the analysis' own.
    """
    seconds = sum(cost for job, cost in compute_forecast(plan, design).jobs if job.startswith(_ESTIMATES))
    is_tried = seconds <= MOST_SECONDS
    return [_try_column(column, designs, is_tried=is_tried) for column in plan.columns], is_tried


def describe_trials(trials: Sequence[Trial], *, is_tried: bool) -> Iterator[Text]:
    """Say of each column whether it can be estimated; else what it asks for."""
    for trial in trials:
        if not trial.reason:
            yield Text("study.estimates" if is_tried else "study.qualifies", label=trial.column.label)
    for labels, reason in group_reasons((trial.column.label, trial.reason) for trial in trials if trial.reason):
        yield Text("study.will-be-skipped", label=labels, why=reason)
    if not trials:
        yield Text("study.pictures-only")
    elif all(trial.reason for trial in trials):
        yield Text("study.nothing-estimates")
    elif not is_tried:
        yield Text("study.not-tried")


def find_failure(plan: Plan, trials: Sequence[Trial]) -> TwintradeError | None:
    """Return the error in which a run would end for want of estimates, as it would say it."""
    if plan.spec.case is not None:
        return None
    failed = next((trial.error for trial in trials if trial.column.is_headline and trial.error), None)
    return failed or find_refusal([(trial.column.label, trial.reason) for trial in trials])


def _try_column(column: LadderColumn, designs: Designs, *, is_tried: bool) -> Trial:
    try:
        design = designs.of(column)
    except DesignError as error:
        return Trial(column, error.text)
    try:
        if lacking := column.estimator.unmet(design):
            return Trial(column, Listed(tuple(lacking), "semicolon"))
        if is_tried:
            fit(column.estimator, design)
    except (DesignError, EstimationError) as error:
        return Trial(column, error.text, error)
    return Trial(column)


def count_without_reference(design: Design) -> tuple[int, int]:
    """Return how many treated units have no figure at the reference period, and how many there are."""
    panel, onset = design.panel, design.onset
    is_inside = (onset > panel.first_period) & (onset <= panel.last_period)
    is_known = np.isfinite(panel.values(design.outcome))
    at_reference = is_known & (panel.period == (onset + design.reference)[panel.unit])
    has_reference = np.bincount(panel.unit[at_reference], minlength=panel.n_units) > 0
    return int((is_inside & ~has_reference).sum()), int(is_inside.sum())
