"""How analyses ended, and what else commands answer to people and, as JSON with a schema, to programs."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from twintrade.errors import SpecError
from twintrade.text import Listed, Text, find_catalogue

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
