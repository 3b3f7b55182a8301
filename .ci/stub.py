"""Writes twintrade/__init__.pyi: what editors and type checkers read of `fit`, `infer` and `check`, option by option.

    python .ci/stub.py            write it
    python .ci/stub.py --check    say whether it is current

One overload a method: its options with their types, as the classes of the methods have them.
"""

import inspect
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
from types import ModuleType
from typing import Any, Literal, TypeVar, overload

from twintrade import diagnostics as diagnostics
from twintrade import estimators as estimators
from twintrade import inference as inference
from twintrade.design import Donors as Donors, NeverTreated as NeverTreated, NotYetTreated as NotYetTreated
from twintrade.design import CohortStatistics as CohortStatistics, Comparison, Design as Design, Panel as Panel
from twintrade.design import Treatment as Treatment
from twintrade.design.rules import TreatmentRule as TreatmentRule
from twintrade.diagnostics.base import DIAGNOSTICS as DIAGNOSTICS
from twintrade.diagnostics.base import Diagnostic
from twintrade.effects import CohortEffects as CohortEffects, Estimate as Estimate, EventStudy as EventStudy
from twintrade.effects import Finding as Finding
from twintrade.errors import TwintradeError as TwintradeError
from twintrade.estimators.base import ESTIMATORS as ESTIMATORS
from twintrade.estimators.base import Estimator, View
from twintrade.inference.base import INFERENCES as INFERENCES
from twintrade.inference.base import Inference
from twintrade.python.fitted import FitResult
from twintrade.python.showing import coefplot as coefplot, etable as etable, eventplot as eventplot
from twintrade.python.showing import load as load, read as read, run as run
from twintrade.python.summary import Intervals
from twintrade.python.treated import cohort_statistics as cohort_statistics
from twintrade.python.verbs import example as example, panel as panel
from twintrade.version import __version__ as __version__

Bands = Intervals
Fit = FitResult
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


def write_stub() -> str:
    """Return the stub."""
    lines = [HEAD.replace("{made}", "Estimator | type[Estimator] | ModuleType")]

    def add(signature: str) -> None:
        lines.append(f"@overload\ndef {signature}: ...")

    lines.append(f"def {write_compare()}: ...")
    for name in tt.ESTIMATORS:
        options = write_options(tt.ESTIMATORS[name])
        star = f", *, {options}" if options else ""
        add(f"fit(estimator: {write_names(name, SYNONYMS)}, design: Design{star}) -> FitResult")
    add("fit(estimator: _Made, design: Design, **options: Any) -> FitResult")
    add("fit(estimator: str, design: Design) -> FitResult")
    add("fit(estimator: str | _Made, design: Mapping[_K, Design], **options: Any) -> dict[_K, FitResult]")
    called = {other: own for other, (own, _) in VCOV.items()}
    more = "view: View | None = ..., seed: int = ..."
    for name in tt.INFERENCES:
        options = write_options(tt.INFERENCES[name])
        options = f"{options}, cluster: str | Sequence[str] = ..." if "by:" in options else options
        star = ", ".join(filter(None, (more, options)))
        add(f"infer(fit: FitResult, inference: {write_names(name, called)}, *, {star}) -> Intervals")
    add(f"infer(fit: FitResult, inference: Inference | None = ..., *, {more}) -> Intervals")
    add(f"infer(fit: FitResult, inference: str | Mapping[str, str], *, {more}) -> Intervals")
    add(f"infer(fit: FitResult, *, {more}, cluster: str | Sequence[str], level: float = ...) -> Intervals")
    more = "inference: str | Inference | Mapping[str, str] = ..., *, seed: int = ..."
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
