"""The main table: specifications as columns, from the simplest comparison to the most demanding."""

import re
from collections.abc import Callable, Sequence
from functools import partial

from twintrade.effects import ResultSet
from twintrade.render import numbers
from twintrade.render.blocks import Cell, Column, Row, Table, row
from twintrade.render.reading import Record, label, matching, number, of_kind, overall, skipped, specifications, text
from twintrade.render.tables.estimates import STAR_LEVELS, TableOptions, estimate_cell, under_note
from twintrade.render.wording import Wording

_CLUSTERS = re.compile(r"(\d[\d,]*)\s+([^,]+)")

_SEED = re.compile(r",? seed \d+")
"""Seeds differ from column to column; each stands below its figure and in the manifest."""

OUTCOME_IN = {"level": "levels", "log": "logs", "share": "shares", "index": "an index"}


def ladder(results: ResultSet, wording: Wording, options: TableOptions) -> tuple[Table, ...]:
    """Return the ladder, continued in further tables where it has too many columns; empty without estimates."""
    columns = specifications(results)
    size = options.columns_per_table
    parts = [columns[start : start + size] for start in range(0, len(columns), size)]
    return tuple(_part(results, wording, options, part, i, len(parts)) for i, part in enumerate(parts))


def _part(
    results: ResultSet,
    wording: Wording,
    options: TableOptions,
    columns: Sequence[Record],
    position: int,
    n_parts: int,
) -> Table:
    outcomes = list(dict.fromkeys(text(c.get("outcome")) for c in columns))
    caption = wording.say("ladder_caption", outcome=" and ".join(outcomes))
    caption += f" (part {position + 1} of {n_parts})" if n_parts > 1 else ""
    first = position * options.columns_per_table + 1
    groups = (
        _effect_rows(results, columns, options),
        _fixed_effect_rows(columns),
        _sample_rows(columns),
        _design_rows(results, columns),
    )
    return Table(
        key="ladder" if n_parts == 1 else f"ladder-{position + 1}",
        caption=caption,
        columns=(Column("left"), *(Column("decimal") for _ in columns)),
        header=_header(columns, first),
        groups=tuple(group for group in groups if group),
        notes=ladder_notes(results, wording, options, columns, first),
    )


def _header(columns: Sequence[Record], first: int) -> tuple[tuple[Cell, ...], ...]:
    numbered = tuple(Cell((f"({first + i})",)) for i in range(len(columns)))
    return ((Cell(("",)), *numbered), (Cell(("Specification",)), *(Cell((label(c),)) for c in columns)))


def _effect_rows(results: ResultSet, columns: Sequence[Record], options: TableOptions) -> tuple[Row, ...]:
    effects = [overall(results, c) for c in columns]
    floors = [_floor(results, c) for c in columns]
    cells = [estimate_cell(e, options, f) for e, f in zip(effects, floors, strict=True)]
    percents = [
        numbers.percent_from_log(number(e["effect"])) if e and text(e.get("scale")) == "log points" else ""
        for e in effects
    ]
    rows = [row("Twinning", *cells)]
    if any(percents):
        rows.append(row("in percent", *percents))
    if any(e is not None and not number(e.get("se")) > 0 for e in effects):
        p_values = [
            numbers.p_value(e.get("p"), f).removeprefix("p = ").removeprefix("p ") if e else ""
            for e, f in zip(effects, floors, strict=True)
        ]
        if any(p_values):
            rows.append(row("p", *p_values))
    return tuple(rows)


def _floor(results: ResultSet, column: Record) -> float:
    """Return the smallest attainable p-value that a finding states for a specification."""
    mine = matching(results.findings, column)
    floors = mine[mine["unit"].map(text) == "p-floor"] if not mine.empty else mine
    return float("nan") if floors.empty else number(floors["value"].iloc[0])


def _fixed_effect_rows(columns: Sequence[Record]) -> tuple[Row, ...]:
    sets = [[part.strip() for part in text(c.get("fixed_effects")).split(",") if part.strip()] for c in columns]
    names = list(dict.fromkeys(name for names in sets for name in names))
    return tuple(
        row(f"{name[:1].upper()}{name[1:]} effects", *("Yes" if name in own else "No" for own in sets))
        for name in names
    )


def _sample_rows(columns: Sequence[Record]) -> tuple[Row, ...]:
    counts = (
        ("Observations", "n_rows"),
        ("Units", "n_units"),
        ("Treated units", "n_treated_units"),
        ("Zero outcomes", "n_zeros"),
        ("Separated rows left out", "n_separated"),
        ("Singleton rows left out", "n_singletons"),
    )
    rows = [_filled(name, columns, partial(_count, key=key)) for name, key in counts]
    rows[3:3] = _cluster_rows(columns)
    statistics = filter(None, dict.fromkeys(text(c.get("statistic_name")) for c in columns))
    rows += [_filled(name[:1].upper() + name[1:], columns, partial(_statistic, name=name)) for name in statistics]
    return tuple(r for r in rows if r is not None)


def _count(column: Record, key: str) -> str:
    return numbers.count(column.get(key))


def _statistic(column: Record, name: str) -> str:
    return numbers.fixed(column.get("statistic")) if text(column.get("statistic_name")) == name else ""


def _cluster_rows(columns: Sequence[Record]) -> list[Row | None]:
    found = [{name.strip(): amount for amount, name in _CLUSTERS.findall(text(c.get("clusters")))} for c in columns]
    dimensions = list(dict.fromkeys(name for own in found for name in own))
    return [row(f"Clusters: {name}", *(own.get(name, "") for own in found)) for name in dimensions]


def _filled(name: str, columns: Sequence[Record], value: Callable[[Record], str]) -> Row | None:
    cells = [value(c) for c in columns]
    return row(name, *cells) if any(cells) else None


def _design_rows(results: ResultSet, columns: Sequence[Record]) -> tuple[Row, ...]:
    def base(column: Record) -> str:
        bases = matching(results.effects, column)
        bases = of_kind(bases, "event") if not of_kind(bases, "event").empty else bases
        names = [text(b) for b in bases["base"]] if "base" in bases else []
        return names[0] if names and names[0] != "none" else ""

    def reference(column: Record) -> str:
        value = number(column.get("reference"))
        return numbers.event_time(int(value)) if value == value else ""

    rows = (
        _filled("Outcome in", columns, lambda c: OUTCOME_IN.get(text(c.get("transform")), text(c.get("transform")))),
        _filled("Effect in", columns, lambda c: text(c.get("scale"))),
        _filled("Comparison", columns, lambda c: text(c.get("comparison"))),
        _filled("Pre-period base", columns, base),
        _filled("Reference period", columns, reference),
    )
    return tuple(r for r in rows if r is not None)


def grouped(columns: Sequence[Record], key: str, first: int) -> list[str]:
    """Return the distinct sentences of a column, each headed by the columns it holds for."""
    sentences: dict[str, list[int]] = {}
    for i, column in enumerate(columns):
        if text(column.get(key)):
            sentence = _SEED.sub("", text(column.get(key)))
            sentences.setdefault(sentence if sentence.endswith(".") else f"{sentence}.", []).append(first + i)
    if len(sentences) == 1 and len(next(iter(sentences.values()))) == len(columns):
        return list(sentences)
    return [", ".join(f"({n})" for n in held) + f": {sentence}" for sentence, held in sentences.items()]


def is_gravity(column: Record) -> bool:
    """Whether the fixed effects of a specification absorb both city and partner booms."""
    return text(column.get("fixed_effects")).count("×") >= 2


def ladder_notes(
    results: ResultSet, wording: Wording, options: TableOptions, columns: Sequence[Record], first: int = 1
) -> tuple[str, ...]:
    """Return the sentences below a table of estimates: errors, weights, assumptions, what is left out."""
    effects = [e for e in (overall(results, c) for c in columns) if e is not None]
    level = next((numbers.percent(100 * number(e["level"]), 0) for e in effects if number(e.get("level")) > 0), "95%")
    notes = [wording.say("simulated_note")] if results.is_simulated else []
    notes += [wording.say(key, level=level) for key in under_note(effects, options)]
    notes += grouped(columns, "inference_note", first)
    notes += grouped(columns, "estimand", first)
    notes += grouped(columns, "assumption", first)
    if any(text(e.get("scale")) == "log points" for e in effects):
        notes.append(wording.say("percent_note"))
    if any(is_gravity(c) for c in columns):
        notes.append(wording.say("gravity"))
    marks = ", ".join(f"{mark} p ≤ {bound:.2f}" for bound, mark in STAR_LEVELS)
    notes.append(wording.say("stars", levels=marks) if options.has_stars else wording.say("no_stars"))
    notes += [
        wording.say(
            "skipped_note", label=label(s), reason=(text(s.get("skip_reason")) or "no reason given").rstrip(".")
        )
        for s in skipped(results)
    ]
    return tuple(notes)
