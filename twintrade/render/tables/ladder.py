"""The main table: specifications as columns, from the simplest comparison to the most demanding."""

from collections.abc import Callable, Sequence
from functools import partial
from math import ceil, isinf

from twintrade.effects import ResultSet
from twintrade.effects.cohort_influence import split_counts, split_ids
from twintrade.render import reading
from twintrade.render.blocks import Cell, Column, Row, Table, build_row
from twintrade.render.citing import WORDS, build_cell, cite
from twintrade.render.names import Wording, capitalize, name_base, name_scale, name_statistic, name_status
from twintrade.render.reading import Record, take_text
from twintrade.render.tables import effect_rows
from twintrade.render.tables.effect_rows import TableOptions
from twintrade.text import Listed, Text, Words, complete_sentence, numbers, strip_stop

# The small print below a table of estimates: what holds for all columns, and for a table alone what each means.


def is_size_unknown(column: Record) -> bool:
    """Whether no simulation shows how often a column's test rejects a true null."""
    return take_text(column.get("size_studied")) != "" and not reading.read_truth(column["size_studied"])


def group_sentences(columns: Sequence[Record], key: str, first: int) -> list[str]:
    """Return the distinct sentences of a column, each headed by the columns it holds for."""
    sentences: dict[str, list[int]] = {}
    for i, column in enumerate(columns):
        if take_text(column.get(key)):
            sentence = reading.read_words(column, key)
            sentences.setdefault(complete_sentence(sentence), []).append(first + i)
    if len(sentences) == 1 and len(next(iter(sentences.values()))) == len(columns):
        return list(sentences)
    return [
        str(Text("common.headed", head=Listed(tuple(f"({n})" for n in labels), "comma"), said=sentence))
        for sentence, labels in sentences.items()
    ]


def is_gravity(column: Record) -> bool:
    """Whether the fixed effects of a specification absorb both city and partner booms."""
    return {"city_period", "partner_period"} <= set(split_ids(take_text(column.get("fixed_effects"))))


def list_page_notes(
    results: ResultSet, wording: Wording, columns: Sequence[Record], options: TableOptions | None = None
) -> tuple[str, ...]:
    """Return what holds for every column; the rest stands where the page says what each column estimates.

    ``options``: of a table with errors or intervals below its estimates; one with the ends of intervals has none.
    """
    effects = _list_effects(results, columns)
    level = reading.find_level(effects)
    is_open = any(isinf(reading.read_number(e.get(name))) for e in effects for name in ("low", "high"))
    notes = [wording.say("simulated_note")] if results.is_simulated else []
    if options is None:
        notes.append(wording.say("changes_note", level=level, open="yes" if is_open else "no"))
    else:
        notes += [wording.say(key, level=level) for key in effect_rows.list_under_notes(effects, options)]
        notes += [_say_stars(wording)] if options.has_stars else []
    is_drawn = any(end.error > 0 for effect in effects for end in reading.read_ends(effect))
    notes += [wording.say("ends_note")] if is_drawn else []
    if any(map(is_size_unknown, columns)):
        notes.append(wording.say("size_note"))
    notes += _list_singleton_notes(wording, columns)
    return (*notes, *_list_skipped_notes(results, wording))


def _list_effects(results: ResultSet, columns: Sequence[Record]) -> list[Record]:
    return [e for e in (reading.find_overall(results, c) for c in columns) if e is not None]


def _say_stars(wording: Wording) -> str:
    marks = tuple(Text("tables.star", mark=mark, bound=f"{bound:.2f}") for bound, mark in effect_rows.STAR_LEVELS)
    return wording.say("stars", levels=Listed(marks, "comma"))


def _list_singleton_notes(wording: Wording, columns: Sequence[Record]) -> list[str]:
    return [wording.say("singletons_note")] if any(reading.read_whole(c.get("n_singletons")) for c in columns) else []


def _list_skipped_notes(results: ResultSet, wording: Wording) -> list[str]:
    return [
        wording.say(
            "skipped_note",
            label=reading.format_label(s),
            reason=strip_stop(reading.read_words(s, "skip_reason") or wording.say("no_reason")),
        )
        for s in reading.list_skipped(results)
    ]


def list_ladder_notes(
    results: ResultSet, wording: Wording, options: TableOptions, columns: Sequence[Record], first: int = 1
) -> tuple[str, ...]:
    """Return the sentences below a table of estimates: errors, weights, assumptions, what is left out."""
    effects = _list_effects(results, columns)
    level = reading.find_level(effects)
    notes = [wording.say("simulated_note")] if results.is_simulated else []
    notes += [wording.say(key, level=level) for key in effect_rows.list_under_notes(effects, options)]
    notes += group_sentences(columns, "inference_note", first)
    if any(map(is_size_unknown, columns)):
        notes.append(wording.say("size_note"))
    notes += _list_singleton_notes(wording, columns)
    notes += group_sentences(columns, "overall_note", first)
    notes += group_sentences(columns, "estimand", first)
    notes += group_sentences(columns, "assumption", first)
    if any(take_text(e.get("scale")) == "log points" for e in effects):
        notes.append(wording.say("percent_note"))
    if any(is_gravity(c) for c in columns):
        notes.append(wording.say("gravity"))
    notes.append(_say_stars(wording) if options.has_stars else wording.say("no_stars"))
    notes += _list_skipped_notes(results, wording)
    return tuple(notes)


_COUNTS = (
    ("tables.observations", "n_rows"), ("tables.singletons", "n_singletons"), ("labels.column-n_units", "n_units"),
    ("labels.column-n_treated_units", "n_treated_units"), ("tables.treated-rows", "n_treated_rows"),
    ("tables.zeros", "n_zeros"), ("tables.separated", "n_separated"),
)  # fmt: skip
N_SHORT = 6  # counts that a short ladder has
LOST = (("tables.lost-rows", "n_treated_rows_left_out"), ("tables.lost-units", "n_without_outcome_before"))
"""Counted where there are any."""


def build_ladder_tables(
    results: ResultSet, wording: Wording, options: TableOptions, *, is_short: bool = False
) -> tuple[Table, ...]:
    """Return the ladder, continued in further tables where it has too many columns; empty without estimates.

    ``is_short``: whether changes in percent with their ends stand in place of every effect, and notes are those of
    all columns.
    """
    columns = reading.list_specifications(results)
    n_parts = max(1, ceil(len(columns) / options.count_columns(is_short)))
    size = ceil(len(columns) / n_parts) or 1
    parts = [columns[start : start + size] for start in range(0, len(columns), size)]
    firsts = range(1, len(columns) + 1, size)
    return tuple(
        _part(results, wording, options, part, first, (i, len(parts)), is_short)
        for i, (part, first) in enumerate(zip(parts, firsts, strict=True), 1)
    )


def _part(
    results: ResultSet,
    wording: Wording,
    options: TableOptions,
    columns: Sequence[Record],
    first: int,
    place: tuple[int, int],
    is_short: bool,
) -> Table:
    outcomes = tuple(dict.fromkeys(take_text(c.get("outcome")) for c in columns))
    caption = wording.say("ladder_caption", outcome=Listed(outcomes))
    part, parts = place
    if parts > 1:
        caption = wording.say("ladder_part", caption=caption, part=part, parts=parts)
    effects = (
        effect_rows.build_change_rows(results, columns)
        if is_short
        else effect_rows.build_effect_rows(results, columns, wording, options)
    )
    groups = (
        effects,
        _fixed_effect_rows(columns, wording, reading.name_period(results)),
        _sample_rows(results, columns, wording, is_short),
        _design_rows(results, columns, is_short),
    )
    notes = list_ladder_notes(results, wording, options, columns, first)
    return Table(
        key=f"ladder-{part}" if parts > 1 else "ladder",
        caption=caption,
        columns=(Column("left"), *(Column("decimal") for _ in columns)),
        header=_header(columns, first),
        groups=tuple(group for group in groups if group),
        notes=list_page_notes(results, wording, columns) if is_short else notes,
        notes_alone=notes if is_short else (),
        is_ordered=True,
    )


def _header(columns: Sequence[Record], first: int) -> tuple[tuple[Cell, ...], ...]:
    return (
        (Cell(("",)), *(Cell((f"({first + i})",)) for i in range(len(columns)))),
        (Cell((str(Text("tables.specification")),)), *(Cell((reading.format_label(c),)) for c in columns)),
    )


def _fixed_effect_rows(columns: Sequence[Record], wording: Wording, period_name: str) -> tuple[Row, ...]:
    sets = [split_ids(take_text(c.get("fixed_effects"))) for c in columns]
    rows = []
    for name in dict.fromkeys(name for names in sets for name in names):
        key, crossed = f"effects_{name}", name.replace("^", " × ")
        is_known = wording.knows(key)
        head = (
            wording.say(key, period_name=period_name) if is_known else wording.say("effects_columns", names=crossed)
        )
        taken = ("tables.yes" if name in absorbed else "tables.no" for absorbed in sets)
        rows.append(build_row(capitalize(head), *(str(Text(answer)) for answer in taken)))
    return tuple(rows)


def _sample_rows(results: ResultSet, columns: Sequence[Record], wording: Wording, is_short: bool) -> tuple[Row, ...]:
    counts = _COUNTS[: N_SHORT if is_short else None]
    rows = [_filled(Text(head), columns, partial(_count, key=key)) for head, key in counts if _any(columns, key)]
    if is_short:
        return tuple(r for r in rows if r is not None)
    rows += [_filled(Text(head), columns, partial(_count, key=key)) for head, key in LOST if _any(columns, key)]
    place = 4 + _any(columns, "n_singletons")
    rows[place:place] = _cluster_rows(columns, wording)
    rows.append(_filled(Text("tables.negative-weights"), columns, partial(_negative_weights, results)))
    statistics = filter(None, dict.fromkeys(take_text(c.get("statistic_name")) for c in columns))
    rows += [
        _filled(capitalize(name_statistic(name)), columns, partial(_statistic, name=name)) for name in statistics
    ]
    return tuple(r for r in rows if r is not None)


def _any(columns: Sequence[Record], key: str) -> bool:
    return any(reading.read_whole(c.get(key)) for c in columns)


def _count(column: Record, key: str) -> Cell:
    return build_cell(numbers.format_count(column.get(key)), *cite(column, key))


def _negative_weights(results: ResultSet, column: Record) -> Cell:
    """Return what a finding says about the weights of a static regression with a column's effects."""
    mine = reading.list_records(reading.select_matching(results.findings, column))
    finding = next((r for r in mine if take_text(r["diagnostic"]) == "twfe_weights"), None)
    share = numbers.format_percent(100 * reading.read_number(finding["value"])) if finding else ""
    return build_cell(share, *cite(finding, "value", form="share"))


def _statistic(column: Record, name: str) -> Cell:
    is_own = take_text(column.get("statistic_name")) == name
    return build_cell(numbers.format_fixed(column.get("statistic")) if is_own else "", *cite(column, "statistic"))


def _cluster_rows(columns: Sequence[Record], wording: Wording) -> list[Row | None]:
    counts = [split_counts(take_text(c.get("clusters"))) for c in columns]
    return [
        build_row(
            wording.say(f"clusters_{name}"),
            *(
                build_cell(str(known.get(name, "")), *cite(column, "clusters", form=WORDS))
                for known, column in zip(counts, columns, strict=True)
            ),
        )
        for name in dict.fromkeys(name for column_counts in counts for name in column_counts)
    ]


def _filled(head: Words, columns: Sequence[Record], value: Callable[[Record], str | Cell]) -> Row | None:
    row = build_row(str(head), *(value(c) for c in columns))
    return row if any(cell.text for cell in row.cells[1:]) else None


def _say_studied(column: Record) -> str:
    if not take_text(column.get("size_studied")):
        return ""
    return str(Text("tables.size-not-studied" if is_size_unknown(column) else "tables.yes"))


def _design_rows(results: ResultSet, columns: Sequence[Record], is_short: bool) -> tuple[Row, ...]:
    def base(column: Record) -> str:
        bases = reading.select_matching(results.effects, column)
        bases = reading.select_kind(bases, "event") if not reading.select_kind(bases, "event").empty else bases
        names = [take_text(b) for b in bases["base"]] if "base" in bases else []
        return name_base(names[0]) if names and names[0] != "none" else ""

    def build_words(key: str, name: Callable[[str], str]) -> Row | None:
        cells = (build_cell(name(reading.read_words(c, key)), *cite(c, key, form=WORDS)) for c in columns)
        return _filled(Text(f"tables.{key.replace('_', '-')}"), columns, lambda _: next(cells))

    def reference(column: Record) -> Cell:
        value = reading.read_whole(column.get("reference"))
        return build_cell("" if value is None else numbers.format_event_time(value), *cite(column, "reference"))

    studied = (
        _filled(Text("tables.size-studied"), columns, _say_studied) if any(map(is_size_unknown, columns)) else None
    )
    comparison = build_words("comparison", name_status)
    further = (
        _filled(Text("tables.effect-in"), columns, lambda c: name_scale(take_text(c.get("scale")))),
        comparison,
        _filled(Text("tables.base"), columns, base),
        _filled(Text("tables.reference-period"), columns, reference),
    )
    rows = (build_words("outcome_in", name_scale), *((comparison,) if is_short else further), studied)
    return tuple(r for r in rows if r is not None)
