"""Runs a plan: data, designs, estimates, inference, diagnostics, in the order of a paper."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

from twintrade.design import Design
from twintrade.effects import Bands, Finding, Message
from twintrade.errors import DesignError, EstimationError, InferenceError, TwintradeError
from twintrade.estimators.base import Fit, View, fit
from twintrade.fanout import Progress, get_scope, use_workers
from twintrade.inference.base import Inference
from twintrade.inference.reported import Reported
from twintrade.study.observing.observe import Observed
from twintrade.study.observing.treated_pairs import list_treated_warnings
from twintrade.study.plan.designs import Designs, find_refusal
from twintrade.study.plan.forecast import compute_forecast
from twintrade.study.plan.jobs import Check, LadderColumn, Plan
from twintrade.study.run.kept_bands import take_up_bands
from twintrade.study.run.results import Concluded, Estimated, Ladder
from twintrade.study.run.seeds import build_generator
from twintrade.text import Listed, Text, Words

REPORTED_VIEWS: tuple[View, ...] = ("event", "overall", "path", "cohort")
LISTED_VIEWS: tuple[View, ...] = (*REPORTED_VIEWS, "cell")

Expect = Callable[[Sequence[tuple[str, float]]], None]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What a run found."""

    plan: Plan
    observed: Observed
    design: Design  # the analysis' own design, before any column changes it; the case's where there is one
    ladder: Ladder
    messages: tuple[Message, ...]


def run(
    plan: Plan,
    observed: Observed,
    progress: Progress = lambda _: None,
    expect: Expect = lambda _: None,
    designs: Designs | None = None,
) -> Run:
    """Estimate every column, and check it.

    ``progress``: told the name of each job as it begins; ``expect``: told every job and the seconds that it is
    expected to take, before the first begins; ``designs``: on what was observed, where some were made already.
    """
    progress("panel")
    designs = designs or Designs(observed, plan.spec.case)
    design = designs.base(plan.spec.design)
    plan = replace(plan, checks=tuple(c for c in plan.checks if not c.if_any or c.diagnostic.concerns(design)))
    expect(compute_forecast(plan, design).jobs)
    messages = [*observed.messages, *design.treatment.messages, *list_treated_warnings(observed.jumps, design)]
    estimated = [_estimated(plan, designs, column, messages, progress) for column in plan.columns]
    refusal = find_refusal([(one.column.label, one.skip_reason) for one in estimated])
    if refusal and plan.spec.case is None:
        raise refusal
    estimated = [_share_bands(plan, one, estimated) for one in estimated]
    concluded = _concluded(plan, design, estimated, messages, progress)
    for one in estimated:
        messages += [m for bands in one.bands for m in bands.messages]
        if one.fit is not None:
            # Nobody asks the design again, and what it worked out is larger than the data.
            one.fit.design.workings.clear()
    return Run(plan, observed, design, Ladder(tuple(estimated), tuple(concluded)), tuple(dict.fromkeys(messages)))


def _estimated(
    plan: Plan, designs: Designs, column: LadderColumn, messages: list[Message], progress: Progress
) -> Estimated:
    progress(f"estimate/{column.job}")
    try:
        design = designs.of(column)
    except DesignError as error:
        return _skipped(column, None, error.text, messages)
    try:
        lacking = column.estimator.unmet(design)
        if lacking:
            return _skipped(column, design, Listed(tuple(lacking), "semicolon"), messages)
        with use_workers(get_scope().workers, f"estimate/{column.job}"):
            fitted = fit(column.estimator, design)
    except (DesignError, EstimationError) as error:
        if column.is_headline and plan.spec.case is None:
            raise
        return _skipped(column, design, error.text, messages)
    views = tuple(fitted.view(v) for v in LISTED_VIEWS if v in fitted.views)
    reported, beside = _bands(plan, column, fitted, messages, progress)
    asked = Reported(method=plan.inference_of(column), bands=reported)
    return Estimated(column, design, fitted, views, (*reported.values(), *beside), asked)


def _skipped(column: LadderColumn, design: Design | None, reason: Words, messages: list[Message]) -> Estimated:
    messages.append(
        Message("warning", "not-estimated", Text("specification.not-estimated", label=column.label, reason=reason))
    )
    return Estimated(column, design, skip_reason=reason)


def _bands(
    plan: Plan, column: LadderColumn, fit: Fit, messages: list[Message], progress: Progress
) -> tuple[dict[View, Bands], list[Bands]]:
    """Return the reported bands by view, and those of other inferences beside them."""
    shown = (*REPORTED_VIEWS, "calendar") if column.is_headline else REPORTED_VIEWS
    views: list[View] = [v for v in shown if v in fit.views]
    by_view: dict[View, Bands] = {}
    others: list[Bands] = []
    reported = plan.inference_of(column)
    for inference, wanted in [(reported, views), *((other, ["overall"]) for other in plan.beside)]:
        job = f"inference/{inference.name}/{column.job}"
        progress(job)
        rng = build_generator(plan.spec.inference.seed, job)
        try:
            with use_workers(get_scope().workers, job):
                infer = partial(inference.infer_views, fit, cast("list[View]", wanted), rng)
                drawn = take_up_bands(job, fit, infer)
        except InferenceError as error:
            if column.is_headline and inference is reported and plan.spec.case is None:
                raise
            text = Text("specification.says-nothing", label=column.label, inference=inference.name, reason=error.text)
            messages.append(Message("warning", "no-inference", text))
            continue
        if inference is reported:
            by_view = {view: drawn[view] for view in views}
        else:
            others += drawn.values()
    return by_view, others


def _share_bands(plan: Plan, one: Estimated, estimated: Sequence[Estimated]) -> Estimated:
    """Let the checks of a column take up what other columns report by the same inference."""
    if not isinstance(one.inference, Reported):
        return one
    others = [
        other.inference
        for other in estimated
        if other is not one and _find_method(plan, other) == _find_method(plan, one)
    ]
    elsewhere = tuple(b for other in others if isinstance(other, Reported) for b in other.bands.values())
    return replace(one, inference=replace(one.inference, elsewhere=elsewhere))


def _find_method(plan: Plan, one: Estimated) -> Inference:
    return plan.inference_of(one.column).beside_headline()


def _concluded(
    plan: Plan, design: Design, estimated: Sequence[Estimated], messages: list[Message], progress: Progress
) -> list[Concluded]:
    by_job = {e.column.job: e for e in estimated}
    conclusions = []
    for check in plan.checks:
        looked_at = _looked_at(check, estimated, by_job)
        conclusions += [Concluded(_checked(plan, check, one, progress), one) for one in looked_at]
        if not looked_at:
            conclusions.append(Concluded(_of_data(check, design)))
    for concluded in conclusions:
        messages.extend(concluded.finding.messages)
    return conclusions


def _checked(plan: Plan, check: Check, one: Estimated, progress: Progress) -> Finding:
    job = f"diagnostic/{check.diagnostic.name}/{one.column.job}"
    progress(job)
    assert one.fit is not None
    assert one.inference is not None
    try:
        with use_workers(get_scope().workers, job):
            return check.diagnostic.check(one.fit, one.inference, build_generator(plan.spec.inference.seed, job))
    except TwintradeError as error:
        return check.diagnostic.unavailable(error.text)


def _of_data(check: Check, design: Design) -> Finding:
    """What a check says where nothing was estimated: something only if it looks at the data alone."""
    of_design = getattr(check.diagnostic, "of", None)
    if of_design is None:
        return check.diagnostic.unavailable(Text("specification.nothing-estimated"))
    try:
        return cast("Finding", of_design(design))
    except TwintradeError as error:
        return check.diagnostic.unavailable(error.text)


def _looked_at(check: Check, estimated: Sequence[Estimated], by_job: dict[str, Estimated]) -> list[Estimated]:
    """The estimated columns a check looks at; where the headline was skipped, the next one stands in for it."""
    chosen = [by_job[column.job] for column in check.columns]
    present = [e for e in chosen if not e.is_skipped]
    if not present and any(e.column.is_headline for e in chosen):
        return [e for e in estimated if not e.is_skipped][:1]
    return present
