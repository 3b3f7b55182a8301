"""The rows of the ladder that hold effects: after the agreement on each scale, then averages of paths."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain

import pandas as pd

from twintrade.effects.result_set import COVARIATES
from twintrade.render import reading
from twintrade.render.blocks import Cell, Column, Row, Table, build_row, build_table
from twintrade.render.citing import Sources, build_cell, cite, cite_p
from twintrade.render.names import name_column, name_statistic
from twintrade.render.page import Page
from twintrade.render.reading import Record, read_ends, read_number, take_text
from twintrade.render.style import TableOptions, Under
from twintrade.text import Text, numbers, texts

# How one estimate stands in a table cell: the number, and its uncertainty below it.

_NOTES: dict[Under, str] = {"se": "se_note", "interval": "interval_note", "t": "t_note", "p": "p_note"}
STAR_LEVELS = ((0.01, "***"), (0.05, "**"), (0.10, "*"))


def read_floor(floor: Record | None) -> float:
    """Return the smallest attainable p-value that a finding states, NaN without one."""
    return read_number((floor or {}).get("value"))


def format_below(record: Record, under: Under, decimals: int, floor: Record | None) -> tuple[Under | None, str]:
    """Return the entry below an estimate and its line; without the requested one, the error or the interval."""
    error, p = read_number(record.get("se")), read_number(record.get("p"))
    interval = reading.format_ends(read_ends(record), decimals)
    has_error = error == error and error > 0
    lines: dict[Under, str] = {
        "se": f"({numbers.format_fixed(error, decimals)})" if has_error else "",
        "interval": f"[{interval}]" if interval else "",
        "t": f"[{numbers.format_fixed(read_number(record['effect']) / error, 2)}]" if has_error else "",
        "p": texts.format_p_value(p, read_floor(floor)),
    }
    order: tuple[Under, ...] = (under, "se", "interval")
    return next(((kind, lines[kind]) for kind in order if lines[kind]), (None, ""))


def find_decimals(record: Record) -> int:
    """Return the decimals an estimate is printed with."""
    effect, error = read_number(record["effect"]), read_number(record.get("se"))
    return numbers.choose_effect_decimals(take_text(record.get("scale")), effect, error)


def estimate_cell(record: Record | None, options: TableOptions, floor: Record | None = None) -> Cell:
    """Return the cell of one estimate, empty where there is none."""
    if record is None:
        return Cell(("",))
    decimals = find_decimals(record)
    p = read_number(record.get("p"))
    value = numbers.format_fixed(record["effect"], decimals)
    if options.has_stars and p == p:
        value += next((mark for bound, mark in STAR_LEVELS if p <= bound), "")
    kind, line = format_below(record, options.under, decimals, floor)
    below: dict[Under | None, Sources] = {
        "p": cite_p(record, floor),
        "interval": reading.cite_ends(record, read_ends(record), decimals),
        "se": cite(record, "se"),
        "t": cite(record, "effect", form="t"),
    }
    return Cell((value, line) if line else (value,), sources=cite(record, "effect") + below.get(kind, ()))


def list_under_notes(cells: Iterable[Cell], options: TableOptions) -> list[str]:
    """Return the keys of the wording that explain what stands below estimates: in brackets, or as chosen."""
    starts = {line[:1] for cell in cells for line in cell.lines[1:]}
    square: Under = "t" if options.under == "t" and "[" in starts else "interval"
    known: tuple[tuple[str, Under], ...] = (("(", "se"), ("[", square), ("p", "p"))
    return [_NOTES[kind] for start, kind in known if start in starts]


Effects = list[Record | None]


def build_effect_rows(page: Page, columns: Sequence[Record]) -> tuple[Row, ...]:
    """Return the effect of every column on each scale that has one, then p; in full averages of all paths too."""
    floors = [_floor(page, c) for c in columns]
    after = [reading.find_overall(page.results, c) for c in columns]
    paths = [reading.find_overall(page.results, c, kind="path") for c in columns]
    rows = _block("", after, floors, page.tables)
    shown = [p if page.is_whole or e is None else None for p, e in zip(paths, after, strict=True)]
    references = [reading.read_whole(c.get("reference")) for c in columns]
    for reference in dict.fromkeys(references):
        chosen = [e if of == reference else None for e, of in zip(shown, references, strict=True)]
        head = page.say("row_path", what=describe_reference(page, reference))
        rows += _block(head, chosen, floors, page.tables)
    return tuple(rows)


def build_covariate_rows(page: Page, columns: Sequence[Record]) -> tuple[Row, ...]:
    """Return a row a covariate, in the order of the columns that have it."""
    frame = reading.find_payload(page.results, COVARIATES)
    if frame is None:
        return ()
    rows = (reading.list_records(reading.select_matching(frame, column)) for column in columns)
    known = [{take_text(row["term"]): row for row in of_column} for of_column in rows]
    terms = dict.fromkeys(chain.from_iterable(known))
    return tuple(build_row(term, *(estimate_cell(of.get(term), page.tables) for of in known)) for term in terms)


def _block(head: str, effects: Effects, floors: Effects, options: TableOptions) -> list[Row]:
    """Return estimates in log points where these have what is asked below them, changes in percent, others, and p."""
    if not any(effects):
        return []
    scales = ["" if e is None else take_text(e["scale"]) for e in effects]
    logs = [e if scale == "log points" else None for e, scale in zip(effects, scales, strict=True)]
    has_logs = any(format_below(e, options.under, 3, None)[0] == options.under for e in logs if e is not None)
    changes = [e if convert_to_percent(e) == convert_to_percent(e) else None for e in effects]
    others = [e if scale and c is None else None for e, scale, c in zip(effects, scales, changes, strict=True)]
    whole = [_write_change(e, options, f, has_logs=has_logs) for e, f in zip(changes, floors, strict=True)]
    cells = {
        "tables.log-points": [estimate_cell(e, options, f) for e, f in zip(logs, floors, strict=True) if has_logs],
        "tables.change": whole,
        "page.effect_plain": [estimate_cell(e, options, f) for e, f in zip(others, floors, strict=True)],
    }
    heads = {key: Text("common.headed", head=head, said=Text(key)) if head else Text(key) for key in cells}
    rows = {str(heads[key]): row for key, row in cells.items()}
    if options.under != "p":
        known = zip(effects, floors, strict=True)
        shown = [(texts.format_p_cell(e.get("p"), read_floor(f)), cite_p(e, f)) if e else ("", ()) for e, f in known]
        rows[name_column("p")] = [build_cell(p, *sources) for p, sources in shown]
    return [build_row(head, *row) for head, row in rows.items() if any(cell.text for cell in row)]


def _write_change(effect: Record | None, options: TableOptions, floor: Record | None, *, has_logs: bool) -> Cell:
    """Return a change in percent: with what is asked below it, or with its interval where no other row has one."""
    if effect is None:
        return Cell(("",))
    if take_text(effect["scale"]) == "percent":
        return estimate_cell(effect, options, floor)
    shown = convert_record(effect)
    if has_logs and options.under != "interval":
        return build_cell(numbers.format_fixed(shown["effect"], 1), *cite_change(effect))
    decimals, ends = find_decimals(shown), read_ends(shown)
    lines = (numbers.format_fixed(shown["effect"], 1), reading.format_ends(ends, decimals))
    if not lines[1]:
        return Cell(lines[:1], sources=cite_change(effect))
    sources = cite_change(effect) + reading.cite_ends(effect, ends, decimals, "log")
    return Cell((lines[0], f"[{lines[1]}]"), sources=sources)


def convert_record(record: Record) -> Record:
    """Return an effect in log points, with its ends, in percent; one in percent as it is."""
    if take_text(record["scale"]) != "log points":
        return record
    low, high = (end.in_percent() for end in read_ends(record))
    shown = {"low": low.value, "high": high.value, "low_error": low.error, "high_error": high.error}
    shown["effect"] = numbers.convert_log_to_percent(read_number(record.get("effect")))
    return record | shown | {"scale": "percent", "se": math.nan, "form": "log"}


def describe_reference(page: Page, reference: int | None) -> str:
    """Return in words which period before onset a path is measured against."""
    if reference is None or reference == -1:
        return page.say("reference_before", period_name=page.period_name)
    return page.say("reference_at", event_time=numbers.format_event_time(reference))


def cite_change(effect: Record | None, *names: str) -> Sources:
    """Return the sources of an effect, or of its ends, printed in percent where it is in log points."""
    is_log = effect is not None and take_text(effect.get("scale")) == "log points"
    return cite(effect, *(names or ("effect",)), form="log" if is_log else "")


def convert_to_percent(effect: Record | None) -> float:
    """Return an effect in percent, NaN where it has another scale."""
    if effect is None or take_text(effect.get("scale")) not in ("log points", "percent"):
        return float("nan")
    value = read_number(effect["effect"])
    return numbers.convert_log_to_percent(value) if take_text(effect["scale"]) == "log points" else value


def _floor(page: Page, column: Record) -> Record | None:
    """Return the finding that states the smallest attainable p-value of a specification, None without one."""
    findings = reading.list_records(reading.select_matching(page.results.findings, column))
    return next((finding for finding in findings if take_text(finding["unit"]) == "p-floor"), None)


# The event studies of all columns: one table with the interval of the headline, or several with each interval.

PER_TABLE = 4  # columns of a table that prints the interval of each
Study = tuple[int, Record, pd.DataFrame]
"""The place of a column in the ladder, the column, and its effects by event time."""


_INTERVAL = 2  # place of the interval among the heads


def build_paths_table(page: Page, studies: Sequence[Study], notes: Sequence[str]) -> Table:
    """Return one row per event time: the first study with interval, p and treated units, then the others."""
    rows, times = _read_times(studies)
    level = reading.find_level(rows[0].values())
    heads = ("tables.event-time", "tables.estimate", "tables.interval", "tables.p")
    names = [*(str(Text(key, level=level)) for key in heads), name_column("n_treated_units")]
    first, others = studies[0], studies[1:]
    has_ends = any(reading.read_number(r["low"]) == reading.read_number(r["low"]) for r in rows[0].values())
    if not has_ends:
        names.pop(_INTERVAL)
    headline = Cell((f"({first[0]})",), span=len(names) - 1)
    further = Cell((page.say("paths_others"),), span=len(others))
    above = [build_row("", headline, further).cells] if others else []
    body = []
    for time in times:
        cells = [c for j, c in enumerate(_cells(rows[0].get(time)), 1) if has_ends or j != _INTERVAL]
        body.append(build_row(_name_time(time, rows), *cells, *(_estimate(row.get(time)) for row in rows[1:])))
    names += [f"({n})" for n, _, _ in others]
    table = build_table("event-paths-table", page.say("paths_table"), names, [body], notes)
    return replace(table, header=(*above, *table.header))


def _read_times(studies: Sequence[Study]) -> tuple[list[dict[int | None, Record]], list[int]]:
    """Return the effects of each study by event time, and all event times in their order."""
    rows = [{reading.read_whole(r["event_time"]): r for r in reading.list_records(frame)} for _, _, frame in studies]
    return rows, sorted({time for row in rows for time in row if time is not None})


def name_part(page: Page, key: str, caption: str, part: int, n_parts: int) -> tuple[str, str]:
    """Return key and caption of a table, or of one of the parts in which it is continued."""
    if n_parts == 1:
        return key, caption
    return f"{key}-{part}", page.say("ladder_part", caption=caption, part=part, parts=n_parts)


def build_whole_tables(page: Page, studies: Sequence[Study], notes: Sequence[str]) -> tuple[Table, ...]:
    """Return every effect with its intervals and p, then the joint test and the mean before: four studies a table."""
    parts = reading.split_parts(studies, PER_TABLE)
    tables = [_build_part(page, part, i, len(parts)) for i, part in enumerate(parts, 1)]
    return (*tables[:-1], replace(tables[-1], notes=tuple(notes)))


def _build_part(page: Page, studies: Sequence[Study], part: int, n_parts: int) -> Table:
    rows, times = _read_times(studies)
    body = tuple(build_row(_name_time(time, rows), *(_stack(row.get(time)) for row in rows)) for time in times)
    key, caption = name_part(page, "event-paths-table", page.say("paths_table"), part, n_parts)
    return Table(
        key,
        caption,
        columns=(Column("left", 0.8), *(Column("right", 1.0) for _ in studies)),
        header=(
            build_row("", *(f"({n})" for n, _, _ in studies)).cells,
            build_row(name_column("event_time"), *(reading.format_label(spec) for _, spec, _ in studies)).cells,
        ),
        groups=(body, _describe_columns([spec for _, spec, _ in studies])),
        is_ordered=True,
    )


def _stack(record: Record | None) -> Cell:
    """Return an effect with p, and below it its intervals in brackets and braces."""
    if record is None or reading.read_truth(record["is_reference"]):
        return _estimate(record)
    estimate, spread, p, _ = _cells(record)
    band = _write_spread(record, "simultaneous_low", "simultaneous_high")
    at = texts.format_p_value(record["p"])
    parts = (
        Cell((f"{estimate.text} ({at})" if at else estimate.text,), sources=(*estimate.sources, *p.sources)),
        replace(spread, lines=(f"[{spread.text}]" if spread.text else "",)),
        replace(band, lines=(f"{{{band.text}}}" if band.text else "",)),
    )
    shown = [part for part in parts if part.text]
    return Cell(tuple(part.text for part in shown), sources=tuple(s for part in shown for s in part.sources))


def _describe_columns(columns: Sequence[Record]) -> tuple[Row, ...]:
    """Return the joint test of effects before the agreement, its kind, and the critical value of the band."""
    tests = [reading.take_text(c.get("pretrend_test")) for c in columns]
    critical = [(numbers.format_fixed(c.get("critical_value"), 3), cite(c, "critical_value")) for c in columns]
    cells = {
        "joint-p": [build_cell(texts.format_p_cell(c.get("pretrend_p")), *cite(c, "pretrend_p")) for c in columns],
        "joint-test": [Cell((name_statistic(test) if test else "",)) for test in tests],
        "critical-value": [build_cell(value, *sources) for value, sources in critical],
    }
    shown = {str(Text(f"tables.{key}")): row for key, row in cells.items() if any(cell.text for cell in row)}
    return tuple(build_row(head, *row) for head, row in shown.items())


def _name_time(time: int, rows: Sequence[dict[int | None, Record]]) -> Cell:
    record = next(row[time] for row in rows if time in row)
    return build_cell(reading.take_text(record["event_label"]), *cite(record, "event_time"))


def _cells(record: Record | None) -> tuple[Cell, ...]:
    if record is None:
        return (Cell(("",)),) * 4
    units = build_cell(numbers.format_count(record["n_units"]), *cite(record, "n_units"))
    if reading.read_truth(record["is_reference"]):
        return (_estimate(record), Cell((str(Text("tables.reference")),)), Cell(("",)), units)
    p = build_cell(texts.format_p_cell(record["p"]), *cite(record, "p"))
    return (_estimate(record), _write_spread(record, "low", "high"), p, units)


LARGE_PERCENT = 1e4  # from which a change in percent is printed without a decimal


def _write_percent(percent: float) -> str:
    return numbers.format_fixed(percent, 1 if abs(percent) < LARGE_PERCENT else 0)


def _write_spread(record: Record, *names: str) -> Cell:
    """Return two ends of an interval in percent where the effect is a change, else on its own scale."""
    low, high = (convert_to_percent(record | {"effect": record[name]}) for name in names)
    is_change = convert_to_percent(record) == convert_to_percent(record)
    spread = (
        str(Text("numbers.interval", low=_write_percent(low), high=_write_percent(high)))
        if is_change and low == low and high == high
        else texts.format_interval(record[names[0]], record[names[1]], find_decimals(record))
    )
    return build_cell(spread, *cite_change(record, *names))


def _estimate(record: Record | None) -> Cell:
    """Return an effect in percent where it is a change, else on its own scale."""
    if record is None:
        return Cell(("",))
    percent = convert_to_percent(record)
    if reading.read_truth(record["is_reference"]):
        shown = numbers.format_fixed(0.0, 1)
    elif percent == percent:
        shown = _write_percent(percent)
    else:
        shown = numbers.format_fixed(record["effect"], find_decimals(record))
    return build_cell(shown, *cite_change(record))
