"""Runs a plan: data, designs, estimates, inference, diagnostics, in the order of a paper."""

import hashlib
import io
import json
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, cast

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.effects import Bands, Estimate, Finding, Message
from twintrade.errors import DesignError, EstimationError, InferenceError, TwintradeError
from twintrade.estimators.base import Fit, View
from twintrade.fanout import Progress, get_scope, use_workers
from twintrade.inference.auto import InferencePlan, Reported
from twintrade.inference.base import Inference
from twintrade.inference.randomization import Randomization
from twintrade.inference.refits import KnownDraws, find_draws, keep_draws
from twintrade.render.reading import CASE_VERDICT, GRADED, list_records
from twintrade.study.observing.further_columns import list_treated_warnings
from twintrade.study.observing.observe import Observed
from twintrade.study.plan.designs import Designs, find_refusal
from twintrade.study.plan.forecast import REPORTED_VIEWS, compute_forecast, list_reported_views, plan_column
from twintrade.study.plan.jobs import Check, LadderColumn, Plan
from twintrade.study.run.packing import PARTS, PackedParts, pack_parts
from twintrade.text import Listed, Text, Words

# Seeds from the analysis' seed and a job's name, so that no job moves another's numbers.


def compute_entropy(seed: int, job: str) -> list[int]:
    """Return what seeds a job: the analysis' seed and a hash of the name; an inference has one for all columns."""
    stream = "/".join(job.split("/")[:2]) if job.startswith("inference/") else job
    return [seed, int.from_bytes(hashlib.sha256(stream.encode("utf-8")).digest()[:8], "big")]


def build_generator(seed: int, job: str) -> np.random.Generator:
    """Return the random generator of one job, named as "inference/ppml/level-gravity/event"."""
    return np.random.default_rng(np.random.SeedSequence(compute_entropy(seed, job)))


# What a run has in hand before it becomes tables: one record a column, and the findings.


@dataclass(frozen=True, slots=True, eq=False)
class Estimated:
    """One column of the ladder, estimated or skipped."""

    column: LadderColumn
    design: Design | None  # none where the design itself could not be made
    fit: Fit | None = None
    views: tuple[Estimate, ...] = ()  # by event time, by cohort, overall, by cell: what effects.csv lists
    bands: tuple[Bands, ...] = ()  # the reported inference first
    # What checks ask: it repeats the reported bands and infers about other estimates
    inference: Inference | None = None
    skip_reason: Words = ""  # why there is no fit; empty where there is one

    @property
    def is_skipped(self) -> bool:
        """Whether the method did not qualify for its design."""
        return self.fit is None

    @property
    def overall(self) -> Bands | None:
        """The overall effect with its reported interval."""
        return next((one for one in self.bands if one.estimate.kind == "overall"), None)


@dataclass(frozen=True, slots=True, eq=False)
class ColumnFinding:
    """A finding and the column it is about."""

    finding: Finding
    estimated: Estimated | None = None  # none where the finding is about the data alone

    @property
    def keys(self) -> tuple[str, str]:
        """Estimator and specification, empty where the finding is about the data alone."""
        if self.estimated is None:
            return "", ""
        return self.estimated.column.estimator.name, self.estimated.column.key


@dataclass(frozen=True, slots=True, eq=False)
class Ladder:
    """All columns and findings of a run."""

    estimated: tuple[Estimated, ...]
    concluded: tuple[ColumnFinding, ...] = field(default=())

    @property
    def headline(self) -> Estimated | None:
        """The column whose overall effect is the headline: the one marked, else the first that was estimated."""
        estimated = [e for e in self.estimated if not e.is_skipped]
        return next((e for e in estimated if e.column.is_headline), estimated[0] if estimated else None)

    @property
    def graded(self) -> Finding | None:
        """The check that grades the headline; None where none was made."""
        checks = [c.finding for c in self.concluded if c.estimated is self.headline and c.finding.is_available]
        return next((f for f in checks if f.diagnostic in (GRADED, CASE_VERDICT) and "grade" in f.table), None)


# Finished inferences in the ledger of a run, so that one that was cut short does not make them again.

LONG_SECONDS = 1.0  # what takes no longer is made again


def take_up_bands(job: str, fit: Fit, infer: Callable[[], dict[View, Bands]]) -> dict[View, Bands]:
    """Return the bands that an earlier run kept for a job, else those that are made now, and keep them."""
    if (ledger := get_scope().workers.ledger) is None:
        return infer()
    kept = ledger.get(f"bands/{job}")
    if kept is not None and kept[0] is not None:
        return _unpack_bands(kept[0]["archive"].tobytes(), fit)
    started = time.monotonic()
    bands = infer()
    is_of_fit = all(  # and not of an estimate that the inference corrected
        np.array_equal(band.estimate.effects, fit.view(view).effects, equal_nan=True) for view, band in bands.items()
    )
    if is_of_fit and time.monotonic() - started > LONG_SECONDS:
        bare = {view: replace(band, **_NO_ESTIMATE) for view, band in bands.items()}
        known = find_draws(fit)
        draws = known and [known.options, known.seed, known.kept, replace(known.overall, **_NO_ESTIMATE)]
        ledger.put(f"bands/{job}", {"archive": np.frombuffer(pack_parts([bare, draws], {}), dtype=np.uint8)}, "")
    return bands


_NO_ESTIMATE: dict[str, Any] = {"estimate": None}  # which the fit has that bands are taken up for


def _unpack_bands(packed: bytes, fit: Fit) -> dict[View, Bands]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        bare, draws = PackedParts(archive).unpack(json.loads(archive.read(PARTS))["parts"])
    if draws:
        options, seed, kept, overall = draws
        method = Randomization(**options)
        dealing = method.deal(fit, method.draws, np.random.default_rng(seed))
        keep_draws(fit, KnownDraws(options, seed, dealing, kept, replace(overall, estimate=fit.view("overall"))))
    return {view: replace(band, estimate=fit.view(view)) for view, band in bare.items()}


# The headline of a result set and its verdicts, as the manifest and the terminal tell them.


def collect_headline_facts(ladder: Ladder) -> dict[str, Any]:
    """Return label, effect, interval, p-value and counts of verdicts; only the counts where nothing was estimated."""
    verdicts = [str(c.finding.verdict) for c in ladder.concluded if c.finding.is_available]
    counted = ("does not object", "objects", "cannot tell")
    facts: dict[str, Any] = {verdict.replace(" ", "_"): verdicts.count(verdict) for verdict in counted}
    facts["objecting"] = sorted({c.finding.diagnostic for c in ladder.concluded if c.finding.verdict == "objects"})
    headline = ladder.headline
    if headline is None:
        return facts
    facts["label"] = str(headline.column.label)
    if (view := next((one for one in headline.views if one.kind == "overall"), None)) is not None:
        facts |= {"effect": float(view.effects[0]), "scale": view.scale}
    if ladder.graded is None:
        return facts | (_interval(headline.overall) if headline.overall else {})
    row = ladder.graded.table.iloc[0]
    keys = ("low", "high", "low_error", "high_error", "p", "level")
    known = {key: float(row[key]) for key in keys if np.isfinite(row.get(key, np.nan))}
    inference = str(row["inference"])
    label = str(Text("checks.evidence-label", grade=row["grade"], direction=row["side"], inference=inference))
    of_page = {"label": label, "effect": float(row["percent"]), "scale": "percent", "inference": inference}
    return facts | of_page | known | {"grade": row["grade"], "side": row["side"]}


def _interval(bands: Bands) -> dict[str, Any]:
    values = {name: getattr(bands, name) for name in ("low", "high", "p", "low_error", "high_error")}
    known = {name: float(value[0]) for name, value in values.items() if value is not None and np.isfinite(value[0])}
    return {"inference": bands.inference, "level": bands.level} | known


# What other columns and checks make of the grade: another date or donor set must not say otherwise.

SETTLED = {"grade", "percent", "total", "ordinary", "p"}  # of a verdict, what its sentence names
READINGS = ("treatment", "comparison", "sample", "without", "always_treated", "anticipation")
"""Keys of the design that make a column another reading of who was treated when, and against whom."""


def settle_grade(ladder: Ladder) -> Ladder:
    """Return the ladder with its grade lowered by other columns and checks (docs/inference.md, "The verdict").

    Where the grading check is made of several columns, dates of equal standing, the largest p counts.
    """
    graded, headline = ladder.graded, ladder.headline
    if graded is None or headline is None:
        return ladder
    checks = [c.finding for c in ladder.concluded if c.finding.diagnostic == graded.diagnostic]
    rows = list_records(graded.table)
    for other in checks:
        if other is not graded and "grade" in other.table:
            rows = [_take_larger(*both) for both in zip(rows, list_records(other.table), strict=False)]
    rows[0] = _hold_against_columns(rows[0], headline, ladder.estimated)
    objects = any(c.finding.verdict == "objects" for c in ladder.concluded if c.estimated in (None, headline))
    if graded.diagnostic == CASE_VERDICT and objects:
        rows[0] = _lower(rows[0], "objects")
    table = pd.DataFrame(rows)
    if table.equals(graded.table):
        return ladder
    payloads = {**graded.payloads, GRADED: table}
    settled = replace(graded, text=_restate(graded.text, rows[0]), table=table, payloads=payloads)
    rest = (c for c in ladder.concluded if c.finding is not graded)
    return replace(ladder, concluded=(ColumnFinding(settled, headline), *rest))


def _restate(words: Words, row: Mapping[str, Any]) -> Words:
    """Return what a grading check says, by the verdict that other columns and checks leave."""
    if isinstance(words, Listed | str):
        return words if isinstance(words, str) else replace(words, items=tuple(_restate(w, row) for w in words.items))
    values = dict(words.values)
    if words.key == "checks.case-stands-out" and row["grade"] == "cannot":
        return Text("checks.case-usual", **values, reasons=Text(f"checks.case-{row['reasons'].split()[0]}"))
    return Text(words.key, **values | {name: row[name] for name in SETTLED & values.keys()})


def _take_larger(one: dict[str, Any], two: dict[str, Any]) -> dict[str, Any]:
    """Return the verdict by two dates of equal standing: the larger p, and no more than both say."""
    ends = {"low": min(one["low"], two["low"]), "high": max(one["high"], two["high"])}
    larger = (two if two["p"] > one["p"] else one) | ends
    if one["side"] != two["side"]:
        return _lower(larger, "dates")
    return _lower(larger, "dates", "some") if "some" in (one["grade"], two["grade"]) else larger


def _hold_against_columns(row: dict[str, Any], headline: Estimated, columns: Sequence[Estimated]) -> dict[str, Any]:
    for one in columns:
        overall, ours, theirs = one.overall, one.column, headline.column
        is_same = all(getattr(ours.design, key) == getattr(theirs.design, key) for key in READINGS)
        if overall is None or (is_same and ours.exclude_flagged == theirs.exclude_flagged):
            continue
        if overall.estimate.effects[0] * row["percent"] <= 0 and row["grade"] != "nothing":
            row = _lower(row, "columns")
        elif not overall.p[0] <= 0.05:
            row = _lower(row, "columns", "some")
    return row


def _lower(row: dict[str, Any], why: str, grade: str = "cannot") -> dict[str, Any]:
    """Return a verdict with a lower grade and the reason first; unchanged where it has no higher grade to lose."""
    if row["grade"] == "cannot" or (grade == "some" and row["grade"] != "strong"):
        return row
    side = "neither" if grade == "cannot" else row["side"]
    return row | {"grade": grade, "side": side, "reasons": f"{why} {row['reasons']}".strip()}


LISTED_VIEWS: tuple[View, ...] = (*REPORTED_VIEWS, "cell")

Expect = Callable[[Sequence[tuple[str, float]]], None]
Learn = Callable[[LadderColumn, Fit], None]


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
    """Estimate and check every column.

    ``expect`` hears of all jobs and their seconds before the first begins and whenever more is known.
    """
    progress("panel")
    designs = designs or Designs(observed, plan.spec.case)
    design = designs.base(plan.spec.design)
    plan = replace(plan, checks=tuple(c for c in plan.checks if not c.if_any or c.diagnostic.concerns(design)))
    known: dict[str, InferencePlan] = {}

    def learn(column: LadderColumn, fit: Fit) -> None:
        with suppress(TwintradeError):
            known[column.job] = plan_column(plan, column, fit)
            expect(compute_forecast(plan, design, known).jobs)

    expect(compute_forecast(plan, design).jobs)
    treated = list_treated_warnings(observed.jumps, design, plan.spec.translate)
    messages = [*observed.messages, *design.treatment.messages, *treated]
    estimated = [_estimated(plan, designs, column, messages, progress, learn) for column in plan.columns]
    if refusal := find_refusal([(one.column.label, one.skip_reason) for one in estimated]):
        raise refusal
    estimated = [_share_bands(plan, one, estimated) for one in estimated]
    concluded = _concluded(plan, design, estimated, messages, progress)
    for one in estimated:
        messages += [m for bands in one.bands for m in bands.messages]
        if one.fit is not None:
            # Nobody asks the design again, and what it worked out is larger than the data.
            one.fit.design.workings.clear()
    ladder = settle_grade(Ladder(tuple(estimated), tuple(concluded)))
    return Run(plan, observed, design, ladder, tuple(dict.fromkeys(messages)))


def _estimated(
    plan: Plan, designs: Designs, column: LadderColumn, messages: list[Message], progress: Progress, learn: Learn
) -> Estimated:
    progress(f"estimate/{column.job}")
    try:
        design = designs.of(column)
    except DesignError as error:
        return _skipped(column, None, error.text, messages)
    try:
        if lacking := column.estimator.unmet(design):
            return _skipped(column, design, Listed(tuple(lacking), "semicolon"), messages)
        with use_workers(get_scope().workers, f"estimate/{column.job}"):
            fitted = designs.fit(column)
    except (DesignError, EstimationError) as error:
        if column.is_headline and plan.spec.case is None:
            raise
        return _skipped(column, design, error.text, messages)
    learn(column, fitted)
    views = tuple(fitted.view(v) for v in LISTED_VIEWS if v in fitted.views)
    reported, beside = _bands(plan, column, fitted, messages, progress)
    asked = Reported(method=plan.inference_of(column), bands=reported)
    return Estimated(column, design, fitted, views, (*reported.values(), *beside), asked)


def _skipped(column: LadderColumn, design: Design | None, reason: Words, messages: list[Message]) -> Estimated:
    text = Text("specification.not-estimated", label=column.label, reason=reason)
    messages.append(Message("warning", "not-estimated", text))
    return Estimated(column, design, skip_reason=reason)


def _bands(
    plan: Plan, column: LadderColumn, fit: Fit, messages: list[Message], progress: Progress
) -> tuple[dict[View, Bands], list[Bands]]:
    """Return the reported bands by view, and those of other inferences beside them."""
    views = list_reported_views(column, fit)
    by_view: dict[View, Bands] = {}
    others: list[Bands] = []
    reported = plan.inference_of(column)
    for inference, wanted in [(reported, views), *((other, ["overall"]) for other in plan.beside)]:
        job = f"inference/{inference.name}/{column.job}"
        progress(job)
        rng = build_generator(plan.spec.inference.seed, job)
        try:
            with use_workers(get_scope().workers, job):
                drawn = take_up_bands(job, fit, partial(inference.infer_views, fit, cast("list[View]", wanted), rng))
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
    methods = [plan.inference_of(other.column).beside_headline() for other in estimated]
    mine = plan.inference_of(one.column).beside_headline()
    others = [o.inference for o, m in zip(estimated, methods, strict=True) if o is not one and m == mine]
    elsewhere = tuple(b for other in others if isinstance(other, Reported) for b in other.bands.values())
    return replace(one, inference=replace(one.inference, elsewhere=elsewhere))


def _concluded(
    plan: Plan, design: Design, estimated: Sequence[Estimated], messages: list[Message], progress: Progress
) -> list[ColumnFinding]:
    by_check: dict[int, list[ColumnFinding]] = {}
    ladder = Ladder(tuple(estimated))
    # Those that read the grade come last.
    for place, check in sorted(enumerate(plan.checks), key=lambda one: hasattr(one[1].diagnostic, "read_verdict")):
        # Where the headline was skipped, the next column stands in for it.
        chosen = [one for column in check.columns for one in estimated if one.column.job == column.job]
        is_for_headline = any(one.column.is_headline for one in chosen)
        present = [one for one in chosen if not one.is_skipped]
        present = present or [one for one in estimated if is_for_headline and not one.is_skipped][:1]
        findings = [ColumnFinding(_checked(plan, check, one, progress, ladder), one) for one in present]
        by_check[place] = findings or [ColumnFinding(_of_data(check, design))]
        ladder = replace(ladder, concluded=(*ladder.concluded, *by_check[place]))
    conclusions = [one for place in sorted(by_check) for one in by_check[place]]
    messages += [message for concluded in conclusions for message in concluded.finding.messages]
    return conclusions


def _checked(plan: Plan, check: Check, one: Estimated, progress: Progress, ladder: Ladder) -> Finding:
    job = f"diagnostic/{check.diagnostic.name}/{one.column.job}"
    progress(job)
    read_verdict = getattr(check.diagnostic, "read_verdict", None)
    if read_verdict is not None and one is ladder.headline and ladder.graded is not None:
        return cast("Finding", read_verdict(ladder.graded))
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
