"""How analyses ended, and what else commands answer to people and, as JSON with a schema, to programs."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias
from unicodedata import east_asian_width

from twintrade.errors import SpecError
from twintrade.extras import has_library
from twintrade.study.store.fingerprint import OF_PAGES
from twintrade.text import Listed, Text, find_catalogue, name_fact, numbers, texts

_TASK = re.compile(r"^## (\w+)\n", re.MULTILINE)

Ending = Literal["done", "fresh", "skipped", "failed"]

DONE, ESTIMATION, USAGE, DATA, STALE = 0, 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class AnalysisEnd:
    """The end of one analysis."""

    name: str
    ending: Ending
    code: int = DONE  # 0 done, fresh or skipped; 1 design, estimation, inference or storage failed; 2 spec; 3 data
    text: str = ""  # why it was run, skipped or failed
    summary: Mapping[str, Any] = field(default_factory=dict)  # headline and verdicts, as the manifest holds them
    seconds: float = 0.0
    has_messages: bool = True  # whether a failed run could leave its messages beside the results


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that the program offers, or an analysis of the project."""

    name: str
    description: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedAnalysis:
    """What `twintrade check` found."""

    name: str
    code: int  # as the exit code of a command: 0 where it can be run
    report: str = ""  # the data report; empty where there is none
    error: str = ""  # what has to be corrected, with the line that answers it; empty where nothing has


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an analysis does and assumes."""

    name: str
    title: str
    question: str
    # What is compared, what each column averages and assumes, how errors and checks are made
    sentences: tuple[str, ...]
    jobs: tuple[str, ...]  # in the order in which they are run
    specification: Mapping[str, Any]  # the analysis file with every default


ListAnswer: TypeAlias = dict[str, list[Entry]]
ANSWERS: Mapping[str, Any] = {
    "check": list[CheckedAnalysis],
    "explain": Explanation,
    "list": ListAnswer,
    "run": list[AnalysisEnd],
}


def format_answer(command: str, value: object) -> str:
    """Return the answer of a command as JSON in ASCII, which every console passes on; what is infinite is null."""
    from pydantic import TypeAdapter

    return json.dumps(json.loads(TypeAdapter(ANSWERS[command]).dump_json(value)), indent=1)


def build_answer_schema(command: str) -> dict[str, Any]:
    """Return the JSON Schema of a command's answer."""
    from pydantic import TypeAdapter

    if command not in ANSWERS:
        raise SpecError(Text("study.no-schema", name=command, known=Listed(("analysis", *ANSWERS), "comma")))
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": command}
    return TypeAdapter(ANSWERS[command]).json_schema(mode="serialization") | dialect


def read_guide(task: str = "") -> str:
    """Return the guide, or what it says about one task."""
    text = find_catalogue().read("guide.md")
    if not task:
        return text
    _, *parts = _TASK.split(text)
    tasks = dict(zip(parts[::2], parts[1::2], strict=True))
    if task not in tasks:
        raise SpecError(Text("study.no-task", name=task, known=Listed(tuple(tasks), "comma")))
    return tasks[task].strip() + "\n"


# The table at the end of a run: headline effect, interval, verdicts, where the results are.

_HEADS = ("analysis", "status", "effect", "interval", "p", "checks", "results")
LEAST_P = 0.001  # p-value below which the table says no more than that


def summarize_outcomes(outcomes: Sequence[AnalysisEnd]) -> str:
    """Return the table as text, with the reason of everything skipped or failed below it."""
    rows = [tuple(name_fact("study.head-", head) for head in _HEADS), *(_row(o) for o in outcomes)]
    widths = [max(_measure(row[k]) for row in rows) for k in range(len(_HEADS))]
    filled = [
        [cell + " " * (width - _measure(cell)) for cell, width in zip(row, widths, strict=True)] for row in rows
    ]
    lines = ["  ".join(row).rstrip() for row in filled]
    lines.insert(1, "  ".join("-" * width for width in widths))
    for outcome in outcomes:
        if outcome.ending in ("skipped", "failed"):
            ending = Text(f"study.ending-{outcome.ending}")
            lines.append(f"\n{Text('study.ended', name=outcome.name, ending=ending, said=outcome.text)}")
            if outcome.ending == "failed":
                key = "study.earlier-stand-details" if outcome.has_messages else "study.earlier-stand"
                lines.append(f"  {Text(key, name=outcome.name)}")
        if n := outcome.summary.get("open_guesses"):
            lines.append(f"\n{Text('study.guesses-open', name=outcome.name, n=n)}")
    missing = [Text(f"study.format-{name}") for name in OF_PAGES.values() if not has_library(name)]
    if missing and any(outcome.ending == "done" for outcome in outcomes):
        lines.append(f"\n{Text('study.formats-missing', formats=Listed(tuple(missing), 'semicolon'))}")
    return "\n".join(lines) + "\n"


def _measure(text: str) -> int:
    """Return the columns of a terminal that a text takes: a Chinese character has two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _row(outcome: AnalysisEnd) -> tuple[str, ...]:
    facts = outcome.summary
    is_timed = outcome.ending == "done" and bool(outcome.seconds)
    ending = str(Text(f"study.ending-{outcome.ending}{'-in' if is_timed else ''}", seconds=outcome.seconds))
    folder = f"results/{outcome.name}/" if outcome.ending in ("done", "fresh") else ""
    return (outcome.name, ending, _effect(facts), _interval(facts), _p(facts), _checks(facts), folder)


def _effect(facts: Mapping[str, Any]) -> str:
    if "looks" in facts:
        rang = facts["rang"]
        return str(Text("study.watched", state="rang" if rang else "quiet", at=rang, n=facts["looks"]))
    if "effect" not in facts:
        return str(Text("study.none-estimated")) if facts else ""
    label = facts.get("label", "")
    if "grade" in facts:  # anew, as the results may be of a run in another language
        named = {"grade": facts["grade"], "direction": facts["side"], "inference": facts["inference"]}
        label = Text("checks.evidence-label", **named)
    return f"{_shown(facts['effect'], facts)}  {label}"


def _interval(facts: Mapping[str, Any]) -> str:
    if "low" not in facts or "high" not in facts:
        return str(Text("tables.no-bound")) if "effect" in facts else ""
    low, high = (_shown(facts[end], facts, facts.get(f"{end}_error", math.nan)) for end in ("low", "high"))
    return str(Text("numbers.interval", low=low, high=high))


def _shown(value: float, facts: Mapping[str, Any], error: float = math.nan) -> str:
    """Percent for log effects and percentages, three digits for others; fewer where the error leaves fewer."""
    scale = facts.get("scale")
    if scale == "log points":
        value, error = 100 * math.expm1(value), 100 * math.exp(value) * error
    if scale in ("log points", "percent"):
        return texts.format_end(value, error)
    last = numbers.choose_end_decimals(value, error, numbers.MOST_DECIMALS)
    return f"{round(value, last) if last < numbers.MOST_DECIMALS else value:+.3g}".replace("-", numbers.MINUS)


def _p(facts: Mapping[str, Any]) -> str:
    if "p" not in facts:
        return ""
    shown = f"{facts['p']:.3f}" if facts["p"] >= LEAST_P else f"< {LEAST_P}"
    return f"{shown} ({name_fact('labels.inference-', facts.get('inference', ''))})"


def _checks(facts: Mapping[str, Any]) -> str:
    if "objects" not in facts:
        return ""
    counts = {name: int(facts[name]) for name in ("objects", "does_not_object", "cannot_tell")}
    objecting = tuple(name_fact("labels.check-", name) for name in facts.get("objecting") or ())
    return str(Text("study.objecting", **counts, checks=Listed(objecting, "comma") if objecting else "none"))
