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
from twintrade.study.spec.spec_faults import build_method, describe_fault, list_option_names, locate_faults
from twintrade.study.store.folder import write_beside
from twintrade.study.store.locating import FOLDER
from twintrade.text import Listed, Text, Words, find_fact

# How the columns of a ladder are called, made from what sets each apart.

T = TypeVar("T")
_SHOWN_ANYWAY = ("transform", "fixed_effects", "cluster")


_KEY = re.compile(r"[^\W_][\w-]*(?:\.[\w-]+)*")


def name_column(
    title: Words, design: DesignSection, named: Mapping[str, Any], donors: str, exclude_flagged: bool
) -> tuple[str, Listed]:
    """Return a column's key, "level-gravity-unflagged", and its head, "PPML, gravity effects, without flagged pairs".

    ``named``: changes of the design and options of the method; ``donors``: of a single case, "" of many pairs.
    """
    effects = _plain(design.fixed_effects)
    changed = [f"{k}-{_plain(v)}" for k, v in named.items()]
    key = [design.transform, f"donors-{donors}" if donors else effects, *changed]
    head = [title]
    if design.transform != "level":
        head.append(find_fact("labels.column-transform-", design.transform))
    if donors:
        head.append(find_fact("labels.column-donors-", donors))
    else:
        known = find_fact("labels.column-effects-", effects)
        head.append(Text("labels.column-effects", effects=effects) if isinstance(known, str) else known)
    head += [_describe_choice(k, v) for k, v in named.items()]
    if exclude_flagged:
        key.append("unflagged")
        head.append(Text("labels.column-unflagged"))
    return re.sub(r"[^a-z0-9]+", "-", "-".join(key).lower()).strip("-"), Listed(tuple(head), "comma")


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


@dataclass(frozen=True, slots=True)
class LadderColumn:
    """One column of the ladder: a method on its design."""

    estimator: Estimator
    key: str  # unique together with the estimator's name
    label: Words
    design: DesignSection  # the analysis' design with the entry's changes
    exclude_flagged: bool = False  # leave out treated units with another link without a date
    donors: str = "all"  # donor set of a single case
    is_headline: bool = False
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
    columns = _columns(spec, faults)
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
    """Return the columns of a file, the first as the headline where it marks none."""
    columns: list[LadderColumn] = []
    for i, entry in enumerate(spec.estimator, 1):
        where = str(Text("spec.entry", table="estimator", n=i, name=entry.name))
        for column in _collect(faults, partial(_column, spec, entry, where)):
            if column.job in [other.job for other in columns]:
                faults.append(str(Text("spec.repeats", where=where)))
            columns.append(column)
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
    named = {k: v for k, v in {**changes, **options}.items() if k not in _SHOWN_ANYWAY}
    title: Words = estimator.title or entry.name
    usual, head = name_column(title, design, named, donors if spec.case is not None else "", exclude)
    inference = None
    if "inference" in of_entry:
        inference = _inference(spec, NamedEntry(name=str(of_entry["inference"])), f"{where}: inference")
    label = " ".join(str(of_entry.get("label") or "").split())
    is_headline, shown = of_entry.get("headline") is True, find_fact("labels.column-named-", label) if label else head
    return LadderColumn(estimator, key or usual, shown, design, exclude, donors, is_headline, inference)


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
        faults = [f"{where}: {'.'.join(map(str, e['loc']))}: {describe_fault(e)}" for e in error.errors()]
        raise SpecError("\n".join(faults)) from None


def _inference(spec: Spec, entry: NamedEntry, where: str = "[inference]") -> Inference:
    options = entry.options
    if entry.name in INFERENCES and "level" in list_option_names(INFERENCES[entry.name]):
        options = {"level": spec.inference.level} | options
    return build_method(INFERENCES, entry.name, options, where, ("seed", "level", "beside"))


def _check(i: int, entry: NamedEntry, spec: Spec, columns: list[LadderColumn]) -> Check:
    where = str(Text("spec.entry", table="diagnostic", n=i, name=entry.name))
    options, case = entry.options, spec.case
    on, if_any = options.pop("on", ON_DEFAULT), bool(options.pop("if_any", False))
    if case is not None:
        of_case = {"units": [f"{case.city}-{case.partner}"], **({"country": case.country} if case.country else {})}
        known = list_option_names(DIAGNOSTICS[entry.name])
        options = {key: value for key, value in of_case.items() if key in known} | options
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
    if unknown := [w for w in wanted if w not in known]:
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
