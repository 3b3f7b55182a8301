"""Picking rows out of a result set: selection and labels only, no arithmetic."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import ref

import pandas as pd

from twintrade.effects import ResultSet
from twintrade.effects.messages import DetectedBy
from twintrade.render.citing import BESIDE, PLACE, Sources, cite, is_placed
from twintrade.text import Listed, Text, Words, find_catalogue, numbers, parse_text, texts, write_words
from twintrade.text.numbers import format_event_time_label, is_missing
from twintrade.text.texts import Join, typeset

Record = dict[str, Any]
Item = TypeVar("Item")

EVENT_COLUMNS = (
    "estimator", "specification", "label", "scale", "base", "inference", "level", "event_time", "event_label",
    "is_reference", "effect", "se", "low", "high", "simultaneous_low", "simultaneous_high", "p", "n_units", "n_cells",
)  # fmt: skip

GRADED = "evidence"  # the check whose grade is the answer of page 1, and its payload
CASE_VERDICT = "case_verdict"
DEALT = "randomization"  # inference of a grade that names none
SPOKEN = ("sentence", "message")  # columns whose text stands in the column of that name
CALIBRATION = "calibration"
CALIBRATED = (CALIBRATION, "calibration_power")  # payloads of placebo registers: rates, and shares called evidence


def take_text(value: object) -> str:
    """Return a cell as text; missing is empty."""
    return "" if is_missing(value) else str(value).strip()


def split_parts(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    """Return items in runs of so many at most."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def list_names(frame: pd.DataFrame, column: str) -> list[str]:
    """Return the distinct texts of a column in their order."""
    return list(dict.fromkeys(map(take_text, frame[column].to_numpy(dtype=object))))


def select_named(frame: pd.DataFrame, column: str, name: str) -> pd.DataFrame:
    """Return the rows that have a text in a column."""
    return frame.take([i for i, value in enumerate(frame[column].to_numpy(dtype=object)) if take_text(value) == name])


def find_words(record: Record, column: str) -> Words:
    """Return a sentence of the results: its text where that is kept beside it and can be said, else the words."""
    return _find_said(record, column)[0]


def _find_said(record: Record, column: str) -> tuple[Words, str]:
    """Return a sentence of the results, and how it reads."""
    packed = take_text(record.get("text" if column in SPOKEN else f"{column}_text"))
    words = parse_text(packed) if packed else ""
    sentence = write_words(words) if words else None
    if sentence is not None:
        return words, sentence
    named = typeset(find_catalogue().name(take_text(record.get(column))))
    return named, named


def read_words(record: Record, column: str) -> str:
    """Return a sentence of the results, put into words anew where its text is kept beside it."""
    return _find_said(record, column)[1]


def write_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with its sentences put into words anew, without the columns that keep their texts."""
    names = [str(c) for c in frame]
    columns = {c: c.removesuffix("_text") for c in names if c.endswith("_text") and c.removesuffix("_text") in names}
    rows = list_records(frame) if columns else []
    sentences = {column: [read_words(row, column) for row in rows] for column in columns.values()}
    return frame.drop(columns=list(columns)).assign(**sentences)


def read_truth(value: object) -> bool:
    """Return a cell as yes or no, whether fresh or read back from CSV."""
    return not is_missing(value) and str(value).strip().lower() in {"true", "1", "1.0", "yes"}


def read_whole(value: object) -> int | None:
    """Return a cell as an integer, None where missing."""
    return None if is_missing(value) else int(float(value))  # type: ignore[arg-type]


def read_number(value: object) -> float:
    """Return a cell as a float, NaN where missing."""
    return float("nan") if is_missing(value) else float(value)  # type: ignore[arg-type]


def list_records(frame: pd.DataFrame) -> list[Record]:
    """Return the rows of a frame as mappings by column name; those of stored results know their places."""
    names, rows = list(map(str, frame.columns)), frame.to_numpy(dtype=object).tolist()
    records: list[Record] = [
        dict(zip(names, (None if value is pd.NA else value for value in row), strict=True)) for row in rows
    ]
    if is_placed(frame):
        for record, place in zip(records, frame.index, strict=True):
            record[PLACE] = place
    return records


def list_specifications(results: ResultSet) -> list[Record]:
    """Return the specifications that were estimated, in the order of the ladder."""
    return [r for r in list_records(results.specifications) if not read_truth(r.get("is_skipped"))]


def list_labels(results: ResultSet) -> dict[tuple[str, str], str]:
    """Return how each column of the ladder is called."""
    return {read_column(spec): format_label(spec) for spec in list_specifications(results)}


def list_skipped(results: ResultSet) -> list[Record]:
    """Return the specifications whose estimator did not qualify."""
    return [r for r in list_records(results.specifications) if read_truth(r.get("is_skipped"))]


def find_headline(results: ResultSet) -> Record | None:
    """Return the headline specification: the one marked so, else the first estimated."""
    estimated = list_specifications(results)
    return next(iter([r for r in estimated if read_truth(r.get("is_headline"))] or estimated), None)


def read_column(record: Record) -> tuple[str, str]:
    """Return the column of the ladder that a row is of or about: its estimator and its specification."""
    return take_text(record.get("estimator")), take_text(record.get("specification"))


def find_label(record: Record) -> Words:
    """Return how a specification is called, not yet in any language; one that was not registered is marked."""
    label = find_words(record, "label") or " ".join(read_column(record))
    return Text("registration.exploratory", label=label) if read_truth(record.get("is_exploratory")) else label


def format_label(record: Record) -> str:
    """Return how a specification is called in tables and legends."""
    return str(find_label(record))


def list_headed(pairs: Iterable[tuple[str, str]], join: Join = "comma") -> list[str]:
    """Return distinct sentences, each headed by the names it was said of."""
    heads: dict[str, list[str]] = {}
    for sentence, name in pairs:
        heads.setdefault(sentence, []).append(name)
    return [str(Text("common.headed", head=Listed(tuple(of), join), said=one)) for one, of in heads.items()]


def select_matching(frame: pd.DataFrame, record: Record) -> pd.DataFrame:
    """Return the rows of a frame that belong to a specification."""
    if frame.empty or "estimator" not in frame or "specification" not in frame:
        return frame.iloc[0:0]
    estimator, specification = read_column(record)
    return select_named(select_named(frame, "estimator", estimator), "specification", specification)


def select_kind(frame: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return the rows of one kind: event, cohort, overall ..."""
    return select_named(frame, "kind", kind) if "kind" in frame else frame.iloc[0:0]


def _list_rows(frame: pd.DataFrame, record: Record) -> list[Record]:
    """Return the rows of a table of the results that belong to a specification; a table is taken apart once."""
    key = id(frame)
    if key not in _TAKEN_APART or _TAKEN_APART[key][0]() is not frame:
        rows: dict[tuple[str, str], list[Record]] = {}
        for row in list_records(frame) if {"estimator", "specification"} <= set(frame.columns) else ():
            rows.setdefault(read_column(row), []).append(row)
        _TAKEN_APART[key] = (ref(frame, lambda _: _TAKEN_APART.pop(key, None)), rows)
    return _TAKEN_APART[key][1].get(read_column(record), [])


_TAKEN_APART: dict[int, tuple["ref[pd.DataFrame]", dict[tuple[str, str], list[Record]]]] = {}
"""Rows by specification of tables that are still in use, by the identity of the table."""


def list_inferences(results: ResultSet, record: Record) -> list[str]:
    """Return the names of the inferences made for a specification; the first is the one reported."""
    return list(dict.fromkeys(take_text(row["inference"]) for row in _list_rows(results.bands, record)))


def find_overall(
    results: ResultSet, record: Record, inference: str | None = None, kind: str = "overall"
) -> Record | None:
    """Return one effect of a kind of a specification with its interval under one inference, the first by default."""
    chosen = inference if inference is not None else next(iter(list_inferences(results, record)), None)
    bands = [r for r in _list_rows(results.bands, record) if take_text(r["inference"]) == chosen]
    effects = _list_rows(results.effects, record) if inference is None else []
    return next((dict(r) for rows in (bands, effects) for r in rows if take_text(r.get("kind")) == kind), None)


def find_headline_effect(results: ResultSet) -> Record | None:
    """Return the effect of the headline specification with its interval; None where nothing was estimated."""
    headline = find_headline(results)
    return None if headline is None else find_overall(results, headline)


def find_level(rows: Iterable[Record]) -> float:
    """Return the level of the first row with an interval, 0.95 without one."""
    return next((read_number(row["level"]) for row in rows if read_number(row.get("level")) > 0), 0.95)


def name_period(results: ResultSet) -> str:
    """Return what a period is called: the study's word, else year where periods are calendar years."""
    named = results.sections.get("period_name", "")
    if named or "period" not in results.data or results.data.empty:
        return named or "period"
    return "year" if results.data["period"].astype(float).between(1500, 2500).all() else "period"


def select_events(results: ResultSet, record: Record) -> pd.DataFrame:
    """Return the event study of a specification, ``EVENT_COLUMNS``, one row an event time; empty where none."""
    effects = select_kind(select_matching(results.effects, record), "event")
    if effects.empty:
        return pd.DataFrame(columns=list(EVENT_COLUMNS))
    bands = select_kind(select_matching(results.bands, record), "event")
    names = list_inferences(results, record)
    bands = bands[bands["inference"].map(take_text) == names[0]] if names else bands
    columns = ["se", "low", "high", "simultaneous_low", "simultaneous_high", "p", "inference", "level"]
    beside = bands[["event_time", *columns]].assign(band=bands.index if is_placed(bands) else None)
    frame = effects.assign(place=effects.index).merge(beside, on="event_time", how="left")
    if is_placed(effects):
        places = zip(frame["place"], frame["band"], strict=True)  # of an effect, and of its interval where it has one
        frame = frame.set_axis([f"{a}{BESIDE}{b}" if isinstance(b, str) else str(a) for a, b in places], axis=0)
    frame = frame.sort_values("event_time", kind="stable")
    frame["label"] = format_label(record)
    reference = read_whole(record.get("reference"))
    frame["is_reference"] = frame["event_time"].map(lambda e: read_whole(e) == reference)
    low, high = read_truth(record.get("binned_low")), read_truth(record.get("binned_high"))
    last = len(frame) - 1
    frame["event_label"] = [
        format_event_time_label(int(e), is_first=low and i == 0, is_last=high and i == last)
        for i, e in enumerate(frame["event_time"])
    ]
    return frame[list(EVENT_COLUMNS)] if is_placed(frame) else frame[list(EVENT_COLUMNS)].reset_index(drop=True)


def list_period_labels(results: ResultSet) -> dict[int, str]:
    """Return what each period of the data is called."""
    data = results.data
    if data.empty or not {"period", "period_label"} <= set(data.columns):
        return {}
    known = data.drop_duplicates("period")
    return {int(p): take_text(n) for p, n in zip(known["period"], known["period_label"], strict=True)}


def list_findings(results: ResultSet, diagnostic: str) -> list[Record]:
    """Return the findings of one diagnostic."""
    return [r for r in list_records(results.findings) if take_text(r.get("diagnostic")) == diagnostic]


def has_spoken(finding: Record) -> bool:
    """Whether a check said anything but why it could not be made."""
    return not take_text(finding.get("reason"))


VERDICTS = ("objects", "cannot tell", "does not object")
TABLED = (*VERDICTS, "note")


def count_verdicts(results: ResultSet) -> tuple[int, int, int]:
    """Return how many checks that could be made say each of ``VERDICTS``; a note is not counted."""
    verdicts = [take_text(one.get("verdict")) for one in list_records(results.findings) if has_spoken(one)]
    objects, cannot, silent = (verdicts.count(verdict) for verdict in VERDICTS)
    return objects, cannot, silent


def list_topic_findings(results: ResultSet, topic: str) -> list[Record]:
    """Return the findings that one exhibit prints."""
    return [r for r in list_records(results.findings) if take_text(r.get("topic")) == topic]


def list_topic_payloads(results: ResultSet, topic: str) -> dict[str, Record]:
    """Return the names of the non-empty payloads that one exhibit prints, each with its finding, in order of name."""
    owners = {
        name: r for r in list_topic_findings(results, topic) for name in take_text(r.get("payloads")).split(" ")
    }
    return {name: owners[name] for name in sorted(owners) if find_payload(results, name) is not None}


def find_payload(results: ResultSet, name: str) -> pd.DataFrame | None:
    """Return a non-empty payload by name."""
    frame = results.payloads.get(name)
    return None if frame is None or frame.empty else frame


def list_payload(results: ResultSet, name: str) -> list[Record]:
    """Return the rows of a payload, none where there is none."""
    return list_records(results.payloads.get(name, pd.DataFrame()))


def read_calibration(results: ResultSet) -> dict[str, float]:
    """Return what placebo registers of these data and this design gave, by message; empty where none were judged."""
    rows = [(find_words(r, "quantity"), r["value"]) for r in list_payload(results, CALIBRATION)]
    mark = f"checks.{CALIBRATION}-"
    return {w.key.removeprefix(mark): read_number(value) for w, value in rows if isinstance(w, Text)}


def find_graded(results: ResultSet) -> Record | None:
    """Return what the check called evidence says, with what placebo registers found; None where it was not made."""
    rows, rates = list_payload(results, GRADED), read_calibration(results)
    return rows[0] | {f"{side}_found": rates[side] for side in ("rise", "fall") if side in rates} if rows else None


def find_payloads(results: ResultSet, name: str) -> Mapping[str, pd.DataFrame]:
    """Return the non-empty payloads called ``name`` or ``name`` with a suffix after a mark, in order of key."""
    pattern = re.compile(re.escape(name) + r"([._:-].*)?")
    return {
        key: results.payloads[key]
        for key in sorted(results.payloads)
        if pattern.fullmatch(key) and not results.payloads[key].empty
    }


def format_slug(name: str) -> str:
    """Return a file name made of a-z, 0-9 and hyphens only."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "x"


# The smallest effect that would have been found, and what says so.

SPREAD = 1.959964  # half the width of a 95 % interval in standard errors
DETECTED = 2.801585  # standard errors of an effect that a 5 % two-sided test finds with 80 % power (Bloom 1995)
MOST_PERCENT = 1000.0  # percent beyond which a change is no more than "more than +1,000%"


def find_detectable(results: ResultSet, spec: Record, effect: Record) -> tuple[float, str, DetectedBy]:
    """Return the minimum detectable effect of a specification, its scale, and what says so.

    Placebo designs of the specification say it where they were drawn, else the interval of its effect: infinite where
    that has no end, NaN where there is none.
    """
    for finding in list_records(select_matching(results.findings, spec)):
        size = read_number(finding["detectable"])
        if 0 < size < float("inf"):
            return size, take_text(finding["unit"]), "placebo designs"
    size = compute_size_from_interval(read_number(effect.get("low")), read_number(effect.get("high")))
    return size, take_text(effect.get("scale")), "the interval" if size == size else ""


def compute_size_from_interval(low: float, high: float) -> float:
    """Return the effect that a test as wide as this 95 % interval finds with 80 % power, on the interval's scale."""
    return (high - low) / (2 * SPREAD) * DETECTED


# Ends of intervals as pages print them: to the digits that other draws would leave.


@dataclass(frozen=True, slots=True)
class End:
    """An end of an interval."""

    value: float  # naN where there is none
    error: float = math.nan  # its Monte Carlo error; NaN where no draw could move it

    def choose_decimals(self, most: int) -> int:
        """Return how many decimals are printed."""
        return numbers.choose_end_decimals(self.value, self.error, most)

    def in_percent(self) -> "End":
        """Return an end in log points in percent."""
        if not math.isfinite(self.value):
            return self
        return End(numbers.convert_log_to_percent(self.value), 100 * math.exp(self.value) * self.error)


def read_ends(record: Record) -> tuple[End, End]:
    """Return the ends of a record's interval on its own scale."""
    values, errors = ([read_number(record.get(f"{n}{of}")) for n in ("low", "high")] for of in ("", "_error"))
    return End(values[0], errors[0]), End(values[1], errors[1])


def read_shown_ends(record: Record) -> tuple[End, End]:
    """Return the ends of a record's interval, those in log points in percent."""
    low, high = read_ends(record)
    return (low.in_percent(), high.in_percent()) if take_text(record.get("scale")) == "log points" else (low, high)


def format_ends(ends: tuple[End, End], decimals: int, unit: str = "") -> str:
    """Return an interval in words, empty where an end is missing."""
    low, high = ends
    return texts.format_interval(low.value, high.value, decimals, unit, (low.error, high.error))


def cite_ends(record: Record, ends: tuple[End, End], decimals: int, form: str = "") -> Sources:
    """Return the sources of both ends, with the digits that are rounded to zero."""
    shown = [end.choose_decimals(decimals) for end in ends]
    forms = [form if places >= 0 else f"{form}~{-places}" for places in shown]
    return cite(record, "low", form=forms[0]) + cite(record, "high", form=forms[1])
