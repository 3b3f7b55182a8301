"""The main table: specifications as columns, from the simplest comparison to the most demanding."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from math import ceil

from twintrade.effects import ResultSet
from twintrade.effects.listed_cells import split_counts, split_ids
from twintrade.render.blocks import Cell, Column, Row, Table, build_row
from twintrade.render.reading import (
    Record,
    find_overall,
    format_label,
    list_records,
    list_skipped,
    list_specifications,
    name_period,
    read_number,
    read_whole,
    select_kind,
    select_matching,
    take_text,
)
from twintrade.render.tables.effect_rows import build_effect_rows
from twintrade.render.tables.estimates import STAR_LEVELS, TableOptions, list_under_notes
from twintrade.render.wording import Wording
from twintrade.text import numbers

_SEED = re.compile(r",? seed \d+")
"""Seeds differ from column to column; each stands below its figure and in the manifest."""

LOST = (
    ("Treated rows not used", "n_treated_rows_left_out"),
    ("Treated units without trade before", "n_without_outcome_before"),
)
"""Counted where there are any."""


def build_ladder_tables(results: ResultSet, wording: Wording, options: TableOptions) -> tuple[Table, ...]:
    """Return the ladder, continued in further tables where it has too many columns; empty without estimates."""
    columns = list_specifications(results)
    n_parts = max(1, ceil(len(columns) / options.columns_per_table))
    size = ceil(len(columns) / n_parts) or 1
    parts = [columns[start : start + size] for start in range(0, len(columns), size)]
    firsts = range(1, len(columns) + 1, size)
    return tuple(
        _part(results, wording, options, part, first, f"{i} of {len(parts)}" if len(parts) > 1 else "")
        for i, (part, first) in enumerate(zip(parts, firsts, strict=True), 1)
    )


def _part(
    results: ResultSet,
    wording: Wording,
    options: TableOptions,
    columns: Sequence[Record],
    first: int,
    place: str,
) -> Table:
    outcomes = list(dict.fromkeys(take_text(c.get("outcome")) for c in columns))
    caption = wording.say("ladder_caption", outcome=" and ".join(outcomes))
    caption += f" (part {place})" if place else ""
    groups = (
        build_effect_rows(results, columns, wording, options),
        _fixed_effect_rows(columns, wording, name_period(results)),
        _sample_rows(results, columns, wording),
        _design_rows(results, columns),
    )
    return Table(
        key=f"ladder-{place.split()[0]}" if place else "ladder",
        caption=caption,
        columns=(Column("left"), *(Column("decimal") for _ in columns)),
        header=_header(columns, first),
        groups=tuple(group for group in groups if group),
        notes=list_ladder_notes(results, wording, options, columns, first),
    )


def _header(columns: Sequence[Record], first: int) -> tuple[tuple[Cell, ...], ...]:
    numbered = tuple(Cell((f"({first + i})",)) for i in range(len(columns)))
    return ((Cell(("",)), *numbered), (Cell(("Specification",)), *(Cell((format_label(c),)) for c in columns)))


def _fixed_effect_rows(columns: Sequence[Record], wording: Wording, period_name: str) -> tuple[Row, ...]:
    sets = [_list_fixed_effects(c) for c in columns]
    names = list(dict.fromkeys(name for names in sets for name in names))
    return tuple(
        build_row(head[:1].upper() + head[1:], *("Yes" if name in own else "No" for own in sets))
        for name in names
        for head in (wording.say(f"effects_{name}", period_name=period_name),)
    )


def _list_fixed_effects(column: Record) -> tuple[str, ...]:
    return split_ids(take_text(column.get("fixed_effects")))


def _sample_rows(results: ResultSet, columns: Sequence[Record], wording: Wording) -> tuple[Row, ...]:
    counts = (
        ("Observations", "n_rows"),
        ("Units", "n_units"),
        ("Treated units", "n_treated_units"),
        ("Treated rows behind the effect", "n_treated_rows"),
        ("Zero outcomes", "n_zeros"),
        ("Separated rows left out", "n_separated"),
        ("Singleton rows left out", "n_singletons"),
    )
    rows = [_filled(name, columns, partial(_count, key=key)) for name, key in counts]
    rows += [_filled(name, columns, partial(_count, key=key)) for name, key in LOST if _any(columns, key)]
    rows[4:4] = _cluster_rows(columns, wording)
    rows.append(_filled("Share of negative weights", columns, partial(_negative_weights, results)))
    statistics = filter(None, dict.fromkeys(take_text(c.get("statistic_name")) for c in columns))
    rows += [_filled(name[:1].upper() + name[1:], columns, partial(_statistic, name=name)) for name in statistics]
    return tuple(r for r in rows if r is not None)


def _any(columns: Sequence[Record], key: str) -> bool:
    return any(read_whole(c.get(key)) for c in columns)


def _count(column: Record, key: str) -> str:
    return numbers.format_count(column.get(key))


def _negative_weights(results: ResultSet, column: Record) -> str:
    """Return what a finding says about the weights of a static regression with a column's effects."""
    mine = list_records(select_matching(results.findings, column))
    shares = [read_number(r["value"]) for r in mine if take_text(r["diagnostic"]) == "twfe_weights"]
    return numbers.format_percent(100 * shares[0]) if shares else ""


def _statistic(column: Record, name: str) -> str:
    return numbers.format_fixed(column.get("statistic")) if take_text(column.get("statistic_name")) == name else ""


def _cluster_rows(columns: Sequence[Record], wording: Wording) -> list[Row | None]:
    counts = [split_counts(take_text(c.get("clusters"))) for c in columns]
    names = list(dict.fromkeys(name for own in counts for name in own))
    return [
        build_row(wording.say(f"clusters_{name}"), *(str(own[name]) if name in own else "" for own in counts))
        for name in names
    ]


def _filled(name: str, columns: Sequence[Record], value: Callable[[Record], str]) -> Row | None:
    cells = [value(c) for c in columns]
    return build_row(name, *cells) if any(cells) else None


def _design_rows(results: ResultSet, columns: Sequence[Record]) -> tuple[Row, ...]:
    def base(column: Record) -> str:
        bases = select_matching(results.effects, column)
        bases = select_kind(bases, "event") if not select_kind(bases, "event").empty else bases
        names = [take_text(b) for b in bases["base"]] if "base" in bases else []
        return names[0] if names and names[0] != "none" else ""

    def reference(column: Record) -> str:
        value = read_number(column.get("reference"))
        return numbers.format_event_time(int(value)) if value == value else ""

    rows = (
        _filled("Outcome in", columns, lambda c: take_text(c.get("outcome_in"))),
        _filled("Effect in", columns, lambda c: take_text(c.get("scale"))),
        _filled("Comparison", columns, lambda c: take_text(c.get("comparison"))),
        _filled("Pre-period base", columns, base),
        _filled("Reference period", columns, reference),
    )
    return tuple(r for r in rows if r is not None)


def group_sentences(columns: Sequence[Record], key: str, first: int) -> list[str]:
    """Return the distinct sentences of a column, each headed by the columns it holds for."""
    sentences: dict[str, list[int]] = {}
    for i, column in enumerate(columns):
        if take_text(column.get(key)):
            sentence = _SEED.sub("", take_text(column.get(key)))
            sentences.setdefault(sentence if sentence.endswith(".") else f"{sentence}.", []).append(first + i)
    if len(sentences) == 1 and len(next(iter(sentences.values()))) == len(columns):
        return list(sentences)
    return [", ".join(f"({n})" for n in held) + f": {sentence}" for sentence, held in sentences.items()]


def is_gravity(column: Record) -> bool:
    """Whether the fixed effects of a specification absorb both city and partner booms."""
    return {"city_period", "partner_period"} <= set(_list_fixed_effects(column))


def list_ladder_notes(
    results: ResultSet, wording: Wording, options: TableOptions, columns: Sequence[Record], first: int = 1
) -> tuple[str, ...]:
    """Return the sentences below a table of estimates: errors, weights, assumptions, what is left out."""
    effects = [e for e in (find_overall(results, c) for c in columns) if e is not None]
    level = next(
        (
            numbers.format_percent(100 * read_number(e["level"]), 0)
            for e in effects
            if read_number(e.get("level")) > 0
        ),
        "95%",
    )
    notes = [wording.say("simulated_note")] if results.is_simulated else []
    notes += [wording.say(key, level=level) for key in list_under_notes(effects, options)]
    notes += group_sentences(columns, "inference_note", first)
    notes += group_sentences(columns, "overall_note", first)
    notes += group_sentences(columns, "estimand", first)
    notes += group_sentences(columns, "assumption", first)
    if any(take_text(e.get("scale")) == "log points" for e in effects):
        notes.append(wording.say("percent_note"))
    if any(is_gravity(c) for c in columns):
        notes.append(wording.say("gravity"))
    marks = ", ".join(f"{mark} p ≤ {bound:.2f}" for bound, mark in STAR_LEVELS)
    notes.append(wording.say("stars", levels=marks) if options.has_stars else wording.say("no_stars"))
    notes += [
        wording.say(
            "skipped_note",
            label=format_label(s),
            reason=(take_text(s.get("skip_reason")) or "no reason given").rstrip("."),
        )
        for s in list_skipped(results)
    ]
    return tuple(notes)
