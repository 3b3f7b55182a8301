"""The data report of an analysis: what was read, who is treated, and which columns can be estimated."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from twintrade.data.fixes import REGISTER, format_data_report
from twintrade.data.sources import InvalidDataError
from twintrade.design import Design, Panel
from twintrade.design.panel import label_ends
from twintrade.effects import Message
from twintrade.effects.messages import Level
from twintrade.errors import DataError, DesignError, EstimationError, TwintradeError
from twintrade.inference.auto import InferencePlan
from twintrade.study.claims.money import try_world
from twintrade.study.observing.further_columns import list_treated_warnings
from twintrade.study.observing.observe import Observed, list_absent_inputs, observe
from twintrade.study.page.assemble import list_unit_roles
from twintrade.study.plan.designs import Designs, find_refusal, group_reasons, list_most_damaging, weigh_guesses
from twintrade.study.plan.forecast import compute_forecast, plan_column
from twintrade.study.plan.jobs import LadderColumn, Plan, plan_analysis
from twintrade.study.progress import report_when_slow
from twintrade.study.registry_study import list_sentences, run_registry
from twintrade.study.spec.page_spec import is_registry, parse_registry
from twintrade.study.spec.spec_faults import locate_faults
from twintrade.study.spec.spec_text import find_open_guesses, list_values, parse_tables
from twintrade.study.store.freshness import describe_absent, list_absent_by_design
from twintrade.study.store.locating import FOLDER
from twintrade.text import Listed, Text, Words, describe_span, find_fact

# Tries the design of an analysis: which columns can be estimated, and why the others cannot.

MOST_SECONDS = 30.0  # seconds of all estimates up to which a check makes them to see whether they can be made
_MANY_ROWS = 60_000  # rows of a panel beyond which a check makes the estimate of the headline alone
_ESTIMATES = "estimate/"


@dataclass(frozen=True, slots=True)
class Trial:
    """What is known of a column before a run."""

    column: LadderColumn
    reason: Words = ""  # why it cannot be estimated, "" where nothing is known against it
    # What ended its estimate: it ends a run too, where the column is the headline
    error: TwintradeError | None = None
    inference: InferencePlan | None = None  # what its inference will do, where it was tried
    is_tried: bool = False


def try_columns(
    plan: Plan, designs: Designs, design: Design, most_seconds: float = MOST_SECONDS
) -> tuple[list[Trial], bool]:
    """Return what is known of each column, and whether effects alone were tried: of a large panel the headline's."""
    seconds = sum(cost for job, cost in compute_forecast(plan, design).jobs if job.startswith(_ESTIMATES))
    is_tried = seconds < most_seconds
    trials = []
    for column in plan.columns:
        with report_when_slow(plan.name, Text("study.stage-try", label=column.label)):
            is_quick = column.is_headline or design.panel.n_rows <= _MANY_ROWS
            trials.append(_try_column(plan, column, designs, is_tried=is_tried and is_quick))
    return trials, is_tried


def describe_trials(trials: Sequence[Trial]) -> Iterator[Text]:
    """Say of each column whether it can be estimated; else what it asks for."""
    for trial in trials:
        if trial.inference:
            known = trial.inference
            method, span = find_fact("labels.inference-", known.inference.name), describe_span(known.seconds)
            yield Text("study.plans", label=trial.column.label, method=method, n=known.refits, span=span)
        elif not trial.reason:
            yield Text("study.estimates" if trial.is_tried else "study.qualifies", label=trial.column.label)
    for labels, reason in group_reasons((trial.column.label, trial.reason) for trial in trials if trial.reason):
        yield Text("study.will-be-skipped", label=labels, why=reason)
    if not trials:
        yield Text("study.pictures-only")
    elif all(trial.reason for trial in trials):
        yield Text("study.nothing-estimates")
    elif not all(trial.is_tried for trial in trials if not trial.reason):
        yield Text("study.not-tried")


def _try_column(plan: Plan, column: LadderColumn, designs: Designs, *, is_tried: bool) -> Trial:
    try:
        design = designs.of(column)
    except DesignError as error:
        return Trial(column, error.text)
    try:
        if lacking := column.estimator.unmet(design):
            return Trial(column, Listed(tuple(lacking), "semicolon"))
        fitted = designs.fit(column) if is_tried else None
    except (DesignError, EstimationError) as error:
        return Trial(column, error.text, error)
    if fitted is None:
        return Trial(column)
    tried = Trial(column, is_tried=True)
    try:
        return replace(tried, inference=plan_column(plan, column, fitted))
    except TwintradeError as error:
        ends = column.is_headline and plan.spec.case is None  # as in a run
        return replace(tried, reason=error.text, error=error) if ends else tried


_MOST_UNITS = 40
_MOST_LOST = 8
_LOST = ("unmatched", "undated", "too coarse")


def check_analysis(root: Path, name: str, text: str, *, with_estimates: bool = True) -> str:
    """Return the data report of an analysis; its guesses are weighed, and columns tried, ``with_estimates``."""
    if is_registry(parse_tables(text, f"{FOLDER}/{name}.toml")):
        return check_registry(root, name, text)
    plan, raw = plan_analysis(root, name, text)
    absent = list_absent_inputs(plan.spec, root)
    if absent and plan.spec.data.skip_when_absent:
        why = describe_absent(raw, list_absent_by_design(root, raw)) if plan.spec.data.fetch else absent[0]
        return str(Text("study.skipped-absent", name=name, why=why))
    try:
        with locate_faults(text, f"{FOLDER}/{name}.toml"), report_when_slow(name, Text("study.stage-read")):
            observed = observe(name, plan.spec, root)
    except InvalidDataError as error:
        noted = (*error.messages, *list_open_guesses(name, text))
        report = format_data_report((), noted, error.n_errors, _declared(name, text))
        raise DataError(f"the data are not as the analysis file declares them\n{report}") from None
    try:
        with locate_faults(text, f"{FOLDER}/{name}.toml"):
            designs = Designs(observed, plan.spec.case)
            design = designs.base(plan.spec.design)
            worlds = try_world(observed, plan.spec, design)
    except DesignError as error:
        noted = (*observed.messages, *list_open_guesses(name, text))
        report = format_data_report(observed.inputs, noted, None, _declared(name, text))
        raise DesignError(f"{error}\n\n{report}") from None
    lines = [f"{name}: {plan.spec.title}", *_panel(design), *_treatment(design), *_policies(design.panel)]
    lines += _registry(observed)
    lines += [f"  {Text('study.world-head')}", *(f"    {world}" for world in worlds)] if worlds else []
    trials, is_tried = try_columns(plan, designs, design, MOST_SECONDS if with_estimates else 0.0)
    watch = plan.spec.watch
    watched = [Text("study.pairs-watched", n=len(watch.portfolio), looks=watch.looks)] if watch else []
    lines += [f"  {Text('study.estimators')}", *(f"    {t}" for t in watched or describe_trials(trials))]
    failed = next((trial.error for trial in trials if trial.column.is_headline and trial.error), None)
    # In a single case another column may still say something of the pair.
    refusal = find_refusal([(trial.column.label, trial.reason) for trial in trials])
    failure = (failed if plan.spec.case is None else None) or refusal
    if failure is None and is_tried and with_estimates:
        with report_when_slow(name, Text("study.stage-weigh")):
            weighed = weigh_guesses(root, text, plan, observed, designs)
        damage = [f"    {sentence}" for sentence in list_most_damaging(weighed)]
        lines += [f"  {Text('study.runners-up')}", *damage] if damage else []
    if failure is None:
        lines += _forecast(plan, design, trials)
    treated = list_treated_warnings(observed.jumps, design, plan.spec.translate)
    known = (*observed.messages, *design.treatment.messages, *treated, *list_open_guesses(name, text))
    messages = dict.fromkeys(known)
    report = "\n".join([*lines, "", format_data_report(observed.inputs, messages, None, _declared(name, text)), ""])
    if failure:
        raise type(failure)(f"{failure}\n\n{report}")
    return report


def _declared(name: str, text: str) -> dict[str, str]:
    """Return where the analysis file declares each data file."""
    places: dict[str, list[str]] = {}
    for number, table, file in list_values(text, "file"):
        if not (file and table):
            continue
        place = Text("study.declared-at", file=f"{FOLDER}/{name}.toml", table=table, line=number)
        for key in (file, *((REGISTER, f"{REGISTER}{file}") if table == REGISTER else ())):
            places.setdefault(key, []).append(str(place))
    if len(places.get(REGISTER, ())) > 1:
        del places[REGISTER]
    return {key: str(Listed(tuple(several), "or")) for key, several in places.items()}


def _registry(observed: Observed) -> Iterator[str]:
    """The registry compared with the trade table: how many agreements can be studied, and why the others cannot."""
    reconciliation = observed.reconciliation
    if reconciliation is None or reconciliation.frame.empty:
        return
    yield f"  {Text('study.registry')}"
    frame = reconciliation.frame
    for status, n_twinnings, n_pairs, sentence in reconciliation.counts.itertuples(index=False):
        if n_twinnings:
            counts = {"twinnings": int(n_twinnings), "pairs": int(n_pairs)}
            yield f"    {Text('study.reconciled', said=sentence, **counts)}"
        lost = frame[(frame["status"] == status) & (status in _LOST)]
        for row in lost.head(_MOST_LOST).to_dict("records"):
            ends = f"{row['signatory'] or row['city']}-{row['partner_city'] or row['partner']}"
            yield f"      {ends}: {row['reason']}"
        if len(lost) > _MOST_LOST:
            yield f"      {Text('common.more', n=len(lost) - _MOST_LOST)}"


def check_registry(root: Path, name: str, text: str) -> str:
    """Return the data report of an analysis of a registry."""
    spec, _ = parse_registry(text, f"{FOLDER}/{name}.toml")
    run = run_registry(spec, root)
    lines = [f"{name}: {spec.title}", *map(str, list_sentences(run))]
    return "\n".join([*lines, "", format_data_report(run.inputs, run.registry.messages), ""])


def list_open_guesses(name: str, text: str, level: Level = "info") -> Iterator[Message]:
    """Yield one message on the lines that carry the mark of a guess."""
    if guesses := find_open_guesses(text):
        lines = Listed(tuple(Text("study.guess", key=key, line=i) for i, key in guesses), "comma")
        yield Message(level, "guess", Text("study.guesses", n=len(guesses), lines=lines), f"{FOLDER}/{name}.toml")


def _panel(design: Design) -> Iterator[str]:
    panel = design.panel
    values = panel.values(design.outcome)
    known = values[np.isfinite(values)]
    quartiles = np.quantile(known, [0.25, 0.5, 0.75]) if known.size else ()
    n_cells = panel.n_units * ((panel.last_period - panel.first_period) // panel.step + 1)
    yield f"  {Text('study.panel')}"
    counts = {"rows": panel.n_rows, "n": panel.n_units, "cities": panel.cities.size, "partners": panel.partners.size}
    yield f"    {Text('study.cells', all=n_cells, **counts, **label_ends(panel))}"
    shown = " / ".join(f"{q:,.0f}" for q in quartiles) if known.size else str(Text("tables.no-bound"))
    of_outcome = {"outcome": design.outcome, "outcome_unit": panel.units_of_measure.get(design.outcome, "") or "none"}
    counts = {"zeros": int((values == 0).sum()), "missing": int(np.isnan(values).sum())}
    yield f"    {Text('study.outcome', quartiles=shown, **of_outcome, **counts)}"


def _treatment(design: Design) -> Iterator[str]:
    panel, onset = design.panel, design.onset
    roles, counts = np.unique(list_unit_roles(design).astype(str), return_counts=True)
    yield f"  {Text('study.agreements')}"
    yield f"    {design.treatment.rule}"
    names = [find_fact("labels.status-", role) for role in roles]
    listed = tuple(Text("checks.adoption-role", n=int(n), role=name) for name, n in zip(names, counts, strict=True))
    yield f"    {Text('study.units-by-role', roles=Listed(listed, 'comma'))}"
    inside = np.flatnonzero((onset > panel.first_period) & (onset <= panel.last_period))
    for k in sorted(inside, key=lambda i: (onset[i], panel.units[i]))[:_MOST_UNITS]:
        yield f"    {Text('study.onset', unit=str(panel.units[k]), period=panel.label(int(onset[k])))}"
    if inside.size > _MOST_UNITS:
        yield f"    {Text('common.more', n=int(inside.size) - _MOST_UNITS)}"
    is_known = np.isfinite(panel.values(design.outcome))
    at_reference = is_known & (panel.period == (onset + design.reference)[panel.unit])
    has_reference = np.bincount(panel.unit[at_reference], minlength=panel.n_units) > 0
    if n_without := int((~has_reference[inside]).sum()):
        unit, reference = panel.unit_kind, design.reference
        yield f"    {Text('study.no-reference', n=n_without, all=inside.size, units=unit, reference=reference)}"


def _policies(panel: Panel) -> Iterator[str]:
    """Yield the other policies: how many units and cities have each, and from when to when."""
    yield from [f"  {Text('study.policies')}"] if panel.policies else []
    for policy in panel.policies:
        has = policy.onset <= panel.last_period
        counts = {"n": int(has.sum()), "n_cities": np.unique(panel.unit_city[has]).size}
        began, ended = (dates[has & (dates <= panel.last_period)] for dates in (policy.onset, policy.end))
        ends = [panel.label(int(f(d))) if d.size else "" for d in (began, ended) for f in (np.min, np.max)]
        named = dict(zip(("began_first", "began_last", "ended_first", "ended_last"), ends, strict=True))
        counts |= {"n_ended": ended.size}
        yield f"    {Text('study.policy', name=policy.name, units=panel.unit_kind, **counts, **named)}"


def _forecast(plan: Plan, design: Design, trials: Sequence[Trial]) -> Iterator[str]:
    forecast = compute_forecast(plan, design, {t.column.job: t.inference for t in trials if t.inference})
    key = "study.forecast" if forecast.low == forecast.high else "study.forecast-range"
    spans = {"low": describe_span(forecast.low), "high": describe_span(forecast.high)}
    yield f"  {Text('study.time')}"
    yield f"    {Text(key, name=plan.name, megabytes=round(forecast.megabytes, -1), **spans)}"
