"""What the appendix of an analysis shows, from its [report] table and the style file that it names."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from twintrade.data.geography import load_local_names
from twintrade.errors import SpecError
from twintrade.files import read_file
from twintrade.render.style import AppendixOptions, build_all_options
from twintrade.study.spec.page_spec import ReportSection

NOT_STYLE = ("style", "word_template", "designs_tried", "places")
MOST_BYTES = 20_000_000


@dataclass(frozen=True, slots=True, eq=False)
class ReportOptions:
    """How the appendix is drawn."""

    appendix: AppendixOptions
    others: tuple[AppendixOptions, ...] = ()  # in further languages
    word_template: bytes | None = None
    designs_tried: int | None = None  # as the file states it; none where the project's own count holds


def read_report_options(report: ReportSection, root: Path) -> ReportOptions:
    """Return the options of a report, its style file read."""
    options = {k: v for k, v in report.model_dump(exclude_none=True).items() if k not in NOT_STYLE and v != {}}
    style = read_style(root, report.style) if report.style else {}
    template = read_project_file(root, report.word_template) if report.word_template else None
    if template is not None and not template.startswith(b"PK"):
        raise SpecError(f"report.word_template: {report.word_template} is no Word document (.docx)")
    known = []
    for one in build_all_options(merge_styles(style, options)):
        # Names of places in the language of the report, those of codes among them.
        local = load_local_names(one.language)
        named = {code: local.get(name, name) for code, name in report.places.items()}
        known.append(replace(one, names={**local, **named, **one.names}))
    return ReportOptions(known[0], tuple(known[1:]), template, report.designs_tried)


def read_style(root: Path, file: str) -> dict[str, Any]:
    """Return a style file as tables."""
    try:
        return tomllib.loads(read_project_file(root, file).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"{file} is no style file: {error}") from None


def merge_styles(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return a style with another over it: tables key by key, a list of exhibits in place of a preset."""
    merged = dict(under)
    if "appendix" in over:
        merged.pop("exhibits", None)
    for key, value in over.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = {**merged[key], **value} if both else value
    return merged


def read_project_file(root: Path, file: str) -> bytes:
    """Return the content of a file of the project."""
    path = root / file
    if Path(file).is_absolute() or not path.resolve().is_relative_to(root.resolve()):
        raise SpecError(f"report: {file} lies outside the project; give a path below it")
    try:
        return read_file(path, file, MOST_BYTES)
    except OSError as error:
        raise SpecError(f"report: {file} cannot be read: {error.strerror}") from None
