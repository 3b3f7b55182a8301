"""What an analysis will do, resolved and named, before anything is estimated."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from twintrade.data.geography import find_kept
from twintrade.data.sources import quote_cell
from twintrade.diagnostics.base import DIAGNOSTICS, Diagnostic
from twintrade.errors import SpecError
from twintrade.estimators.base import ESTIMATORS, Estimator
from twintrade.inference.base import INFERENCES, Inference
from twintrade.study.observing.observe import build_simulated_files
from twintrade.study.spec.analysis import DesignSection, NamedEntry, Spec, parse
from twintrade.study.spec.spec_faults import build_method, list_option_names, locate_faults, suggest_choice
from twintrade.study.store.folder import write_beside
from twintrade.study.store.locating import FOLDER
from twintrade.text import Listed, Text, Words, find_fact

# How the columns of a ladder are called, made from what sets each apart.

T = TypeVar("T")
_SHOWN_ANYWAY = ("transform", "fixed_effects", "cluster")


@dataclass(frozen=True, slots=True)
class Parts:
    """What a column is made of."""

    design: DesignSection
    changes: Mapping[str, Any]  # what the entry changes in the analysis' design
    options: Mapping[str, Any]  # options of the method
    exclude_flagged: bool
    donors: str
    is_case: bool

    @property
    def named(self) -> dict[str, Any]:
        """Changes and options that a column is named by."""
        return {k: v for k, v in {**self.changes, **self.options}.items() if k not in _SHOWN_ANYWAY}


_KEY = re.compile(r"[^\W_][\w-]*(?:\.[\w-]+)*")


def format_column_key(parts: Parts) -> str:
    """Return a key of letters, digits and hyphens: "log-gravity", "level-gravity-unflagged"."""
    words = [f"donors-{parts.donors}"] if parts.is_case else [_plain(parts.design.fixed_effects)]
    words = [parts.design.transform, *words, *(f"{k}-{_plain(v)}" for k, v in parts.named.items())]
    if parts.exclude_flagged:
        words.append("unflagged")
    return re.sub(r"[^a-z0-9]+", "-", "-".join(words).lower()).strip("-")


def describe_column(title: Words, parts: Parts) -> Listed:
    """Return a column's head: "PPML, gravity effects", "Imputation, log, gravity effects, without flagged pairs"."""
    words: list[Words] = [title]
    if parts.design.transform != "level":
        words.append(find_fact("labels.column-transform-", parts.design.transform))
    effects = _plain(parts.design.fixed_effects)
    if parts.is_case:
        words.append(find_fact("labels.column-donors-", parts.donors))
    else:
        named = find_fact("labels.column-effects-", effects)
        words.append(Text("labels.column-effects", effects=effects) if isinstance(named, str) else named)
    words += [_describe_choice(key, value) for key, value in parts.named.items()]
    if parts.exclude_flagged:
        words.append(Text("labels.column-unflagged"))
    return Listed(tuple(words), "comma")


def _describe_choice(key: str, value: Any) -> Words:
    """Return a change of the design or an option of the method, as the head of its column tells it."""
    if key == "comparison":
        return find_fact("labels.column-comparison-", str(value))
    return Text("common.named", name=key.replace("_", " "), value=_describe_value(value))


def _describe_value(value: Any) -> Words:
    if isinstance(value, Mapping):
        return Listed(tuple(_describe_choice(k, v) for k, v in value.items()), "comma")
    if isinstance(value, list | tuple):
        items = tuple(str(v) for v in value)
        return Text("numbers.interval", low=items[0], high=items[1]) if len(items) == 2 else Listed(items, "comma")
    return str(value).replace("_", " ")


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return "-".join(f"{k}-{_plain(v)}" for k, v in value.items())
    return "-".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


OF_THE_ENTRY = ("label", "key", "exclude_flagged", "donors", "headline", "inference")
"""Keys of an [[estimator]] table that are neither options of the method nor of the design."""

DONORS = ("all", "A", "B")
ON_DEFAULT = "headline"
_REMAINDER = "remainder"
"""The check of a kept remainder, which is made of the headline whether the file lists it or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderColumn:
    """One column of the ladder: a method on its design."""

    estimator: Estimator
    key: str  # unique together with the estimator's name
    label: Words
    design: DesignSection  # the analysis' design with the entry's changes
    exclude_flagged: bool  # leave out treated units with another link without a date
    donors: str  # donor set of a single case
    is_headline: bool
    inference: Inference | None = None  # its own way to say how sure; None for the analysis's

    @property
    def job(self) -> str:
        """Name of the column in jobs and seeds."""
        return f"{self.estimator.name}/{self.key}"


@dataclass(frozen=True, slots=True)
class Check:
    """A diagnostic and the columns it looks at."""

    diagnostic: Diagnostic
    columns: tuple[LadderColumn, ...]
    if_any: bool = False  # whether it is left out where the data have nothing that it is about


@dataclass(frozen=True, slots=True)
class Plan:
    """Every step of an analysis."""

    name: str
    spec: Spec
    columns: tuple[LadderColumn, ...]  # the ladder, in the order of the file
    inference: Inference
    beside: tuple[Inference, ...]  # further inferences about the overall effect, for comparison
    checks: tuple[Check, ...]

    @property
    def jobs(self) -> tuple[str, ...]:
        """Every job by name; a job's seed follows from its name."""
        fits = [f"estimate/{c.job}" for c in self.columns]
        views = [f"inference/{self.inference_of(c).name}/{c.job}" for c in self.columns]
        beside = [f"inference/{i.name}/{c.job}" for c in self.columns for i in self.beside]
        checks = [f"diagnostic/{check.diagnostic.name}/{c.job}" for check in self.checks for c in check.columns]
        return (*fits, *views, *beside, *checks)

    def inference_of(self, column: LadderColumn) -> Inference:
        """Return the inference that a column reports; with fewer draws beside the headline if no number is given."""
        inference = column.inference or self.inference
        return inference if column.is_headline else inference.beside_headline()


def plan(name: str, spec: Spec) -> Plan:
    """Resolve every name and option of an analysis."""
    faults: list[str] = []
    columns = _with_headline(_columns(spec, faults), faults)
    inference = list(_collect(faults, partial(_inference, spec, spec.inference)))
    named = [NamedEntry(name=n) for n in spec.inference.beside]
    beside = [b for entry in named for b in _collect(faults, partial(_inference, spec, entry, "inference.beside"))]
    entries, is_kept = [*spec.diagnostic], any(find_kept(entry.partner_names) for entry in spec.data.trade)
    if columns and is_kept and all(entry.name != _REMAINDER for entry in entries):  # kept, and not asked for
        entries.append(NamedEntry.model_validate({"name": _REMAINDER, "if_any": True}))
    makers = [partial(_check, i, entry, spec, columns) for i, entry in enumerate(entries, 1)]
    checks = [check for make in makers for check in _collect(faults, make)]
    if faults:
        raise SpecError("\n".join(faults))
    return Plan(name, spec, tuple(columns), inference[0], tuple(beside), tuple(checks))


def _collect(faults: list[str], make: Callable[[], T]) -> Iterator[T]:
    """Yield what is made, or note why it cannot be."""
    try:
        yield make()
    except SpecError as error:
        faults.append(str(error))


def _columns(spec: Spec, faults: list[str]) -> list[LadderColumn]:
    columns: list[LadderColumn] = []
    taken: set[tuple[str, str]] = set()
    for i, entry in enumerate(spec.estimator, 1):
        where = str(Text("spec.entry", table="estimator", n=i, name=entry.name))
        for column in _collect(faults, partial(_column, spec, entry, where)):
            if (entry.name, column.key) in taken:
                faults.append(str(Text("spec.repeats", where=where)))
            taken.add((entry.name, column.key))
            columns.append(column)
    return columns


def _with_headline(columns: list[LadderColumn], faults: list[str]) -> list[LadderColumn]:
    """Mark the first column as the headline where the file marks none."""
    marked = [c.label for c in columns if c.is_headline]
    if len(marked) > 1:
        faults.append(str(Text("spec.headlines", n=len(marked), labels=Listed(tuple(marked), "semicolon"))))
    if marked or not columns:
        return columns
    return [replace(columns[0], is_headline=True), *columns[1:]]


def _column(spec: Spec, entry: NamedEntry, where: str) -> LadderColumn:
    options = entry.options
    changes = {k: options.pop(k) for k in list(options) if k in DesignSection.model_fields}
    of_entry = {k: options.pop(k) for k in OF_THE_ENTRY if k in options}
    estimator = build_method(ESTIMATORS, entry.name, options, where, (*DesignSection.model_fields, *OF_THE_ENTRY))
    design = _changed(spec.design, changes, where)
    exclude = of_entry.get("exclude_flagged", False)
    if not isinstance(exclude, bool):
        raise SpecError(f"{where}: exclude_flagged is true or false, not {exclude!r}")
    donors = str(of_entry.get("donors", "all"))
    key = str(of_entry.get("key") or "")
    if key and not _KEY.fullmatch(key):
        raise SpecError(Text("spec.no-key", where=where, key=quote_cell(key)))
    if donors not in DONORS or (donors != "all" and spec.case is None):
        raise SpecError(f"{where}: donors is one of {', '.join(DONORS)}, and only with a [case] table")
    parts = Parts(design, changes, options, exclude, donors, spec.case is not None)
    inference = None
    if "inference" in of_entry:
        inference = _inference(spec, NamedEntry(name=str(of_entry["inference"])), f"{where}: inference")
    head: Words = describe_column(estimator.title or entry.name, parts)
    if label := " ".join(str(of_entry.get("label") or "").split()):
        head = find_fact("labels.column-named-", label)
    return LadderColumn(
        estimator=estimator,
        key=key or format_column_key(parts),
        label=head,
        design=design,
        exclude_flagged=exclude,
        donors=donors,
        is_headline=of_entry.get("headline", False) is True,
        inference=inference,
    )


def _changed(design: DesignSection, changes: Mapping[str, Any], where: str) -> DesignSection:
    values = design.model_dump()
    if "transform" in changes:
        values["index_base"] = None
    for key, value in changes.items():
        nested = isinstance(value, Mapping) and isinstance(values[key], Mapping)
        values[key] = values[key] | dict(value) if nested else value
    try:
        return DesignSection.model_validate(values)
    except ValidationError as error:
        faults = [
            f"{where}: {'.'.join(map(str, e['loc']))}: {e['msg'][:1].lower()}{e['msg'][1:]}{suggest_choice(e)}"
            for e in error.errors()
        ]
        raise SpecError("\n".join(faults)) from None


def _inference(spec: Spec, entry: NamedEntry, where: str = "[inference]") -> Inference:
    options = entry.options
    if entry.name in INFERENCES and "level" in list_option_names(INFERENCES[entry.name]):
        options = {"level": spec.inference.level} | options
    return build_method(INFERENCES, entry.name, options, where, ("seed", "level", "beside"))


def _check(i: int, entry: NamedEntry, spec: Spec, columns: list[LadderColumn]) -> Check:
    where = str(Text("spec.entry", table="diagnostic", n=i, name=entry.name))
    options = entry.options
    on, if_any = options.pop("on", ON_DEFAULT), bool(options.pop("if_any", False))
    known = list_option_names(DIAGNOSTICS[entry.name]) if spec.case is not None else []
    if spec.case is not None and "units" in known:
        options.setdefault("units", [f"{spec.case.city}-{spec.case.partner}"])
    if spec.case is not None and spec.case.country and "country" in known:
        options.setdefault("country", spec.case.country)
    diagnostic = build_method(DIAGNOSTICS, entry.name, options, where, ("on", "if_any"))
    return Check(diagnostic, tuple(_chosen(on, columns, where)), if_any)


def _chosen(on: Any, columns: list[LadderColumn], where: str) -> list[LadderColumn]:
    if on == "all":
        return columns
    if on == ON_DEFAULT:
        return [c for c in columns if c.is_headline]
    wanted = on if isinstance(on, list) else [on]
    if not all(isinstance(w, str) for w in wanted):
        raise SpecError(f"{where}: on is a name or a list of names (given: {on!r})")
    known = {c.job for c in columns} | {c.estimator.name for c in columns}
    unknown = [w for w in wanted if w not in known]
    if unknown:
        raise SpecError(f"{where}: on names {unknown[0]!r}; known: headline, all, {', '.join(sorted(known))}")
    return [c for c in columns if c.job in wanted or c.estimator.name in wanted]


# From an analysis file to its plan, with every fault of the file reported.


def plan_analysis(root: Path, name: str, text: str) -> tuple[Plan, dict[str, Any]]:
    """Return the plan of an analysis and its file as written, with its simulated tables drawn."""
    file = f"{FOLDER}/{name}.toml"
    spec, raw = parse(text, file)
    with locate_faults(text, file):
        analysis_plan = plan(name, spec)
    if spec.report.model_fields_set:
        from twintrade.study.spec.report_options import read_report_options

        read_report_options(spec.report, root)
    for file, content in build_simulated_files(name, spec).items():
        write_beside(root, file, content)
    return analysis_plan, raw
