"""What publishers with an SDMX interface share: keys of codes, answers as CSV, and errors with any status."""

import json
from collections.abc import Sequence
from typing import Any

from twintrade.sources.answers import read_csv_page, read_json
from twintrade.sources.base import NO_ROWS, RawAnswer, Request, RowsPage, Source, refuse_answer
from twintrade.text import Text

OBSERVED = ("TIME_PERIOD", "OBS_VALUE")


def build_series_key(*dimensions: Sequence[str]) -> str:
    """Return the key of series: codes of a dimension joined by plus signs, dimensions by full stops."""
    return ".".join("+".join(codes) for codes in dimensions)


def read_observations(source: Source, request: Request, answer: RawAnswer, needed: Sequence[str]) -> RowsPage:
    """Return the rows of an answer in SDMX-CSV."""
    if not answer.content:
        return NO_ROWS
    if answer.content.lstrip()[:1] == b"{":
        raise refuse_answer(source, request, Text("sources.says-no", words=_find_fault(answer)))
    return read_csv_page(source, request, answer, (*needed, *OBSERVED))


def is_put_off(answer: RawAnswer) -> bool:
    """Whether an answer says that the table is being made and is to be asked for again."""
    warning = _load(answer).get("warning")
    return isinstance(warning, dict) and warning.get("status") == 413


def read_codelist(source: Source, request: Request, answer: RawAnswer) -> RowsPage:
    """Return id and name of every code of the first list in a structure message."""
    value = read_json(source, request, answer)
    try:
        codes = value["data"]["codelists"][0]["codes"]
        rows = tuple((str(code["id"]), str(code["name"])) for code in codes)
    except (KeyError, IndexError, TypeError):
        raise refuse_answer(source, request, Text("sources.no-records")) from None
    return RowsPage(("id", "name"), rows)


def _load(answer: RawAnswer) -> dict[str, Any]:
    if answer.content.lstrip()[:1] != b"{":
        return {}
    try:
        value = json.loads(answer.content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _find_fault(answer: RawAnswer) -> str:
    value = _load(answer)
    faults = value.get("error") or value.get("errors") or value.get("warning") or []
    first = faults[0] if isinstance(faults, list) and faults else faults
    words = (first.get("label") or first.get("message") or first.get("title")) if isinstance(first, dict) else ""
    return str(words or "")[:300]
