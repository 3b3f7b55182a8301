"""Writes twintrade/__init__.pyi: what editors and type checkers read of verbs and of a fit, option by option.

    python .ci/stub.py            write it
    python .ci/stub.py --check    say whether it is current

One overload a method: its options with their types, as the classes of the methods have them.
"""

import inspect
import re
import sys
import types
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import twintrade as tt  # noqa: E402
from twintrade.study.by_name import SYNONYMS, VCOV  # noqa: E402

STUB = ROOT / "twintrade" / "__init__.pyi"
PLAIN = (str, int, float, bool)
HEAD = """# Written by .ci/stub.py; `make check` says when it is no longer current.
# ruff: noqa
from collections.abc import Mapping, Sequence
from os import PathLike
from types import ModuleType
from typing import Any, Literal, TypeVar, overload

from matplotlib.axes import Axes
from pandas import DataFrame, Series

from twintrade import diagnostics as diagnostics
from twintrade import estimators as estimators
from twintrade import inference as inference
from twintrade.design import Donors as Donors, NeverTreated as NeverTreated, NotYetTreated as NotYetTreated
from twintrade.design import CohortStatistics as CohortStatistics, Comparison, Panel as Panel
from twintrade.design import Treatment as Treatment
from twintrade.design import Design as _Design
from twintrade.design.rules import TreatmentRule as TreatmentRule
from twintrade.diagnostics.base import DIAGNOSTICS as DIAGNOSTICS
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.translated import World as World, translate as translate
from twintrade.effects import CohortEffects as CohortEffects, Estimate as Estimate, EventStudy as EventStudy
from twintrade.effects import Finding as Finding
from twintrade.errors import TwintradeError as TwintradeError, TwintradeWarning as TwintradeWarning
from twintrade.estimators.base import ESTIMATORS as ESTIMATORS
from twintrade.estimators.base import Estimator, View
from twintrade.inference.base import INFERENCES as INFERENCES
from twintrade.inference.base import Inference
from twintrade.python.fitted import FitResult
from twintrade.python.showing import read as read, run as run, watch as watch
from twintrade.python.summary import Intervals, Summary
from twintrade.python.treated import ComparedDesign, cohort_statistics as cohort_statistics
from twintrade.python.verbs import example as example, panel as panel
from twintrade.version import __version__ as __version__

Bands = Intervals
Design = ComparedDesign
_Words = str | Sequence[str]
_Errors = Inference | Mapping[str, str] | None
_Any = str | Inference | Mapping[str, str] | None
_K = TypeVar("_K")
_Made = {made}
"""


def write_type(hint: Any) -> str:
    """Return a type as a stub spells it; ``Any`` for what only this package has."""
    if hint is type(None):
        return "None"
    if hint in PLAIN:
        return str(hint.__name__)
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, parts))}]"
    if origin in (Union, types.UnionType):
        return " | ".join(dict.fromkeys(map(write_type, parts)))
    if origin is Sequence:
        return f"Sequence[{write_type(parts[0])}]"
    if origin is tuple:
        return f"tuple[{', '.join('...' if part is ... else write_type(part) for part in parts)}]"
    return "Any"


def write_options(method: type[Any]) -> str:
    """Return the options of a method as keywords of a signature."""
    hints = get_type_hints(method)
    written = []
    for field in fields(method):
        if field.init:
            kind = write_type(hints[field.name])
            kind = "str | Sequence[str]" if field.name == "by" and "Literal" not in kind else kind
            written.append(f"{field.name}: {kind} = ...")
    return ", ".join(written)


def write_compare() -> str:
    """Return the signature of compare with the fields of a design that it takes as options."""
    given = inspect.signature(tt.compare).parameters
    hints = get_type_hints(tt.Design) | get_type_hints(inspect.unwrap(tt.compare))
    words = {"weights": "str | None", "rule": "TreatmentRule | None", "comparison": "str | Comparison"}
    others = [
        f.name for f in fields(tt.Design) if f.name not in (*given, "treatment", "kept", "left_out", "statistics")
    ]
    options = [f"{n}: {words.get(n) or write_type(hints[n])} = ..." for n in (*list(given)[3:-1], *others)]
    return f"compare(panel: Panel, agreements: Any = ..., outcome: str = ..., *, {', '.join(options)}) -> Design"


def write_names(name: str, others: dict[str, str]) -> str:
    """Return a method's name with what other software calls it."""
    return f"Literal[{', '.join(map(repr, [name, *(other for other, own in others.items() if own == name)]))}]"


GENERAL = "vcov: str | Mapping[str, str] = ..., cluster: _Words = ..., by: _Words = ..., level: float = ..."
ASKED = "view: View | None = ..., seed: int = ..."
LOOK = "labels: Mapping[str, str] = ..., order: Sequence[str] = ..., groups: Mapping[str, str] = ..., " + (
    "scale: Literal['percent', 'own'] = ..., margin: bool = ..., bands: bool = ..., theme: Mapping[str, Any] = ..."
)
PLACED = "ax: Axes | None = ..., kind: Literal['auto', 'event', 'coef'] = ..."
METHODS = {
    "infer": ("{inference}", ASKED, "Intervals"),
    "tidy": ("{inference}", ASKED, "DataFrame"),
    "confint": ("{inference}", f"joint: bool = ..., {ASKED}", "DataFrame"),
    "plot": (PLACED, f"{{inference}}, {ASKED}, {LOOK}", "Axes"),
}
"""Methods of a fit that have an overload an inference: what comes by place, by name, and what is returned."""
OTHERS = {
    "se": ("inference: _Any = ...", ASKED, "Series[float]"),
    "vcov": ("inference: _Any = ...", "view: View | None = ...", "DataFrame"),
    "wald": (
        "terms: _Words | None = ..., inference: _Any = ...",
        f"reference: Literal['hotelling', 'fixest'] = ..., {ASKED}", "Series[float]",
    ),
    "lincom": ("weights: Mapping[str, float] | Sequence[str], inference: _Any = ...", ASKED, "DataFrame"),
    "glance": ("inference: _Any = ...", ASKED, "DataFrame"),
    "summary": ("inference: _Any = ...", ASKED, "Summary"),
}  # fmt: skip
SHOWN = {
    "etable": (
        "fits: Any, to: str | PathLike[str] | None = ...",
        "inference: _Any = ..., under: Literal['se', 'interval', 't', 'p'] = ..., stars: bool = ..., "
        "title: str | None = ..., notes: _Words | None = ..., keep: _Words = ..., drop: _Words = ..., "
        "labels: Mapping[str, str] | None = ..., seed: int = ...", "Any",
    ),
    "eventplot": ("fits: Any, ax: Axes | None = ..., inference: _Any = ...", f"seed: int = ..., {LOOK}", "Axes"),
    "coefplot": ("fits: Any, ax: Axes | None = ..., inference: _Any = ...", f"{ASKED}, {LOOK}", "Axes"),
}  # fmt: skip


def join_keywords(*parts: str) -> str:
    """Return keywords of a signature one after another, each name once: what stands first is meant."""
    found: dict[str, str] = {}
    for keyword in re.split(r", (?=\w+: )", ", ".join(filter(None, parts))):
        found.setdefault(keyword.partition(":")[0], keyword)
    return ", ".join(found.values())


def join_without(placed: str, *parts: str) -> str:
    """Return keywords that come after what is given by place."""
    return join_keywords(placed, *parts).removeprefix(f"{join_keywords(placed)}, ")


def list_inferences() -> dict[str, str]:
    """Return the options of each inference as keywords, by the names that it goes by."""
    called = {other: own for other, (own, _) in VCOV.items()}
    listed = {}
    for name in tt.INFERENCES:
        options = write_options(tt.INFERENCES[name])
        named = write_names(name, called)
        listed[named] = f"{options}, cluster: str | Sequence[str] = ..." if "by:" in options else options
    return listed


def join_options() -> str:
    """Return the options of all inferences as keywords, each with the types that it has in any of them."""
    hints: dict[str, list[str]] = {"vcov": ["str | Mapping[str, str]"], "cluster": ["_Words"], "by": ["_Words"]}
    for name in tt.INFERENCES:
        for option in re.split(r", (?=\w+: )", write_options(tt.INFERENCES[name])):
            key, _, kind = option.removesuffix(" = ...").partition(": ")
            if key != "by":
                hints.setdefault(key, []).append(kind)
    return ", ".join(f"{key}: {' | '.join(dict.fromkeys(kinds))} = ..." for key, kinds in hints.items())


def write_fit() -> list[str]:
    """Return the class of a fit: methods that take an inference with the options of each, or of all."""
    lines = ["class Fit(FitResult):"]
    for method, (placed, named, returned) in METHODS.items():
        mark = "  # type: ignore[override]"
        for names, options in list_inferences().items():
            head, tail = (part.replace("{inference}", f"inference: {names}") for part in (placed, named))
            star = join_keywords(tail, options)
            lines.append(f"    @overload{mark}\n    def {method}(self, {head}, *, {star}) -> {returned}: ...")
            mark = ""
        for kind, more in (("_Errors = ...", f", {GENERAL}"), ("str", "")):
            head, tail = (part.replace("{inference}", f"inference: {kind}") for part in (placed, named))
            lines.append(f"    @overload\n    def {method}(self, {head}, *, {tail}{more}) -> {returned}: ...")
    every = join_options()
    for method, (placed, named, returned) in OTHERS.items():
        mark = "  # type: ignore[override]"
        lines.append(
            f"    def {method}(self, {placed}, *, {join_without(placed, named, every)}) -> {returned}: ...{mark}"
        )
    return lines


def write_stub() -> str:
    """Return the stub."""
    lines = [HEAD.replace("{made}", "Estimator | type[Estimator] | ModuleType")]

    def add(signature: str) -> None:
        lines.append(f"@overload\ndef {signature}: ...")

    lines += [*write_fit(), f"def {write_compare()}: ...", "def load(path: str | PathLike[str]) -> Fit: ..."]
    every = join_options()
    for verb, (placed, named, returned) in SHOWN.items():
        lines.append(f"def {verb}({placed}, *, {join_without(placed, named, every)}) -> {returned}: ...")
    for name in tt.ESTIMATORS:
        options = write_options(tt.ESTIMATORS[name])
        star = f", *, {options}" if options else ""
        add(f"fit(estimator: {write_names(name, SYNONYMS)}, design: _Design{star}) -> Fit")
    add("fit(estimator: _Made, design: _Design, **options: Any) -> Fit")
    add("fit(estimator: str, design: _Design) -> Fit")
    add("fit(estimator: str | _Made, design: Mapping[_K, _Design], **options: Any) -> dict[_K, Fit]")
    for names, options in list_inferences().items():
        star = ", ".join(filter(None, (ASKED, options)))
        add(f"infer(fit: FitResult, inference: {names}, *, {star}) -> Intervals")
    add(f"infer(fit: FitResult, inference: _Errors = ..., *, {ASKED}, {GENERAL}) -> Intervals")
    add(f"infer(fit: FitResult, inference: str, *, {ASKED}) -> Intervals")
    more = "inference: _Any = ..., *, seed: int = ..."
    for name in tt.DIAGNOSTICS:
        options = write_options(tt.DIAGNOSTICS[name])
        star = ", ".join(filter(None, (more, options)))
        add(f"check(fit: FitResult, diagnostic: Literal[{name!r}], {star}) -> Finding")
    add(f"check(fit: FitResult, diagnostic: Diagnostic | type[Diagnostic] | ModuleType, {more}) -> Finding")
    add(f"check(fit: FitResult, diagnostic: str, {more}) -> Finding")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the stub, or say whether it is current."""
    stub = write_stub()
    if "--check" in sys.argv:
        is_current = STUB.exists() and STUB.read_text(encoding="utf-8") == stub
        print(
            "the stub is current" if is_current else "run python .ci/stub.py: twintrade/__init__.pyi is out of date"
        )
        return int(not is_current)
    STUB.write_text(stub, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
