"""The main table: specifications as columns, from the simplest comparison to the most demanding."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate, chain

from twintrade.effects.cohort_influence import split_counts, split_ids
from twintrade.render import reading
from twintrade.render.blocks import Cell, Column, Row, Table, build_row
from twintrade.render.citing import WORDS, build_cell, cite
from twintrade.render.names import capitalize, name_base, name_inference, name_scale, name_statistic, name_status
from twintrade.render.page import Page
from twintrade.render.reading import Record, take_text
from twintrade.render.tables import effect_rows
from twintrade.text import Listed, Text, Words, complete_sentence, numbers, strip_stop

# The small print below a table of estimates: what holds for all columns, and for a table alone what each means.


def is_size_unknown(column: Record) -> bool:
    """Whether no simulation shows how often a column's test rejects a true null."""
    return take_text(column.get("size_studied")) != "" and not reading.read_truth(column["size_studied"])


def group_sentences(columns: Sequence[Record], key: str) -> list[str]:
    """Return the distinct sentences of a column, each headed by the columns it holds for."""
    known = [(n, column) for n, column in enumerate(columns, 1) if take_text(column.get(key))]
    sentences = [(complete_sentence(reading.read_words(column, key)), f"({n})") for n, column in known]
    holds_for_all = len(sentences) == len(columns) and len(dict(sentences)) == 1
    return [sentences[0][0]] if holds_for_all else reading.list_headed(sentences)


def is_gravity(column: Record) -> bool:
    """Whether the fixed effects of a specification absorb both city and partner booms."""
    return {"city_period", "partner_period"} <= set(split_ids(take_text(column.get("fixed_effects"))))


MOST_WORDS = 60  # of the notes of a table


def list_notes(page: Page, table: Table) -> tuple[str, ...]:
    """Return what a reader of a table of estimates must know, the most needed first and so many words at most."""
    columns = reading.list_specifications(page.results)
    effects = [e for e in (reading.find_overall(page.results, c) for c in columns) if e is not None]
    level = reading.find_level(effects)
    cells = [cell for row in table.groups[0] for cell in row.cells[1:]] if table.groups else []
    notes = [*page.simulated_note]
    notes += [page.say(key, level=level) for key in effect_rows.list_under_notes(cells, page.tables)]
    marks = tuple(Text("tables.star", mark=mark, bound=f"{bound:.2f}") for bound, mark in effect_rows.STAR_LEVELS)
    notes += [page.say("stars", levels=Listed(marks, "comma"))] if page.tables.has_stars else []
    notes += [page.say("size_note")] if any(map(is_size_unknown, columns)) else []
    units = list(dict.fromkeys(take_text(c.get("outcome_unit")) or "none" for c in columns if _has_mean(c)))
    notes += [page.say("mean_note", unit=units[0] if len(units) == 1 else "none")] if units else []
    is_drawn = any(end.error > 0 for effect in effects for end in reading.read_ends(effect))
    notes += [page.say("ends_note")] if is_drawn else []
    are_clustered = {take_text(e.get("inference")) for e in effects} == {"clustered"}
    if not are_clustered and effect_rows.build_covariate_rows(page, columns):
        notes.append(page.say("covariates_note"))
    notes += [page.say("singletons_note")] if _any(columns, "n_singletons") else []
    if any(take_text(e.get("scale")) == "log points" for e in effects):
        notes.append(page.say("percent_note"))
    n_words = list(accumulate(len(note.split()) for note in notes))
    return tuple(note for note, so_far in zip(notes, n_words, strict=True) if so_far <= MOST_WORDS)


def list_skipped(page: Page) -> list[str]:
    """Return why each column that is not in the ladder was not estimated."""
    skipped = [(c, reading.read_words(c, "skip_reason")) for c in reading.list_skipped(page.results)]
    reasons = ((reading.format_label(c), strip_stop(reason or page.say("no_reason"))) for c, reason in skipped)
    return [page.say("skipped_note", label=label, reason=reason) for label, reason in reasons]


_COUNTS = (
    ("tables.observations", "n_rows"), ("tables.singletons", "n_singletons"), ("labels.column-n_units", "n_units"),
    ("labels.column-n_treated_units", "n_treated_units"), ("tables.treated-rows", "n_treated_rows"),
    ("tables.zeros", "n_zeros"), ("tables.separated", "n_separated"),
)  # fmt: skip
LOST = (("tables.lost-rows", "n_treated_rows_left_out"), ("tables.lost-units", "n_without_outcome_before"))
"""Counted where there are any."""


def build_ladder_tables(page: Page) -> tuple[Table, ...]:
    """Return the ladder, continued in further tables where it has too many columns; empty without estimates."""
    columns = list(enumerate(reading.list_specifications(page.results), 1))
    n_parts = max(1, math.ceil(len(columns) / page.tables.count_columns()))
    parts = reading.split_parts(columns, math.ceil(len(columns) / n_parts) or 1)
    return tuple(_part(page, dict(part), i, len(parts)) for i, part in enumerate(parts, 1))


def _part(page: Page, numbered: Mapping[int, Record], part: int, n_parts: int) -> Table:
    columns = list(numbered.values())
    outcomes = tuple(dict.fromkeys(take_text(c.get("outcome")) for c in columns))
    caption = page.say("ladder_caption", outcome=Listed(outcomes))
    key, caption = effect_rows.name_part(page, "ladder", caption, part, n_parts)
    groups = (
        effect_rows.build_effect_rows(page, columns),
        effect_rows.build_covariate_rows(page, columns),
        _inference_rows(page, columns),
        _fixed_effect_rows(page, columns),
        _sample_rows(page, columns),
        _design_rows(page, columns),
    )
    places = build_row("", *(f"({n})" for n in numbered))
    names = build_row(str(Text("tables.specification")), *map(reading.format_label, columns))
    table = Table(
        key,
        caption,
        columns=(Column("left"), *(Column("decimal") for _ in columns)),
        header=(places.cells, names.cells),
        groups=tuple(group for group in groups if group),
        is_ordered=True,
    )
    return replace(table, notes=list_notes(page, table))


def _fixed_effect_rows(page: Page, columns: Sequence[Record]) -> tuple[Row, ...]:
    sets = [split_ids(take_text(c.get("fixed_effects"))) for c in columns]
    rows = []
    for name in dict.fromkeys(name for names in sets for name in names):
        key, crossed = f"effects_{name}", name.replace("^", " × ")
        known = page.say(key, period_name=page.period_name) if page.wording.knows(key) else ""
        head = known or page.say("effects_columns", names=crossed)
        taken = ("tables.yes" if name in absorbed else "tables.no" for absorbed in sets)
        rows.append(build_row(capitalize(head), *(str(Text(answer)) for answer in taken)))
    return tuple(rows)


def _inference_rows(page: Page, columns: Sequence[Record]) -> tuple[Row, ...]:
    """Return what each column's interval comes from, and in how many clusters."""
    effects = [reading.find_overall(page.results, c) for c in columns]
    names = [name_inference(take_text(e.get("inference"))) if e is not None else "" for e in effects]
    named = build_row(str(Text("tables.inference")), *(n if n != "nan" else "" for n in names))
    rows = [named] if any(names) else []
    counts = [split_counts(take_text(c.get("clusters"))) for c in columns]
    sources = [cite(column, "clusters", form=WORDS) for column in columns]
    for name in dict.fromkeys(chain.from_iterable(counts)):
        cells = (build_cell(str(known.get(name, "")), *source) for known, source in zip(counts, sources, strict=True))
        rows.append(build_row(page.say(f"clusters_{name}"), *cells))
    return tuple(rows)


def _sample_rows(page: Page, columns: Sequence[Record]) -> tuple[Row, ...]:
    def count(column: Record, key: str) -> Cell:
        return build_cell(numbers.format_count(column.get(key)), *cite(column, key))

    def write_statistic(column: Record, name: str) -> Cell:
        is_own = take_text(column.get("statistic_name")) == name
        return build_cell(numbers.format_fixed(column.get("statistic")) if is_own else "", *cite(column, "statistic"))

    counted = [(Text(head), key) for head, key in (*_COUNTS, *LOST) if _any(columns, key)]
    rows = [_filled(head, columns, partial(count, key=key)) for head, key in counted]
    if page.is_whole:
        rows.append(_filled(Text("tables.negative-weights"), columns, partial(_negative_weights, page)))
    rows.append(_filled(Text("tables.mean-before"), columns, _mean))
    statistics = filter(None, dict.fromkeys(take_text(c.get("statistic_name")) for c in columns))
    named = ((capitalize(name_statistic(name)), name) for name in statistics)
    rows += [_filled(head, columns, partial(write_statistic, name=name)) for head, name in named]
    return tuple(r for r in rows if r is not None)


def _has_mean(column: Record) -> bool:
    return math.isfinite(reading.read_number(column.get("baseline_mean")))


def _mean(column: Record) -> Cell:
    """Return the mean of the outcome that the agreement is measured on."""
    if not _has_mean(column):
        return Cell(("",))
    mean = reading.read_number(column["baseline_mean"])
    shown = numbers.format_fixed(mean, numbers.choose_decimals(mean))
    return build_cell(shown, *cite(column, "baseline_mean"))


def _any(columns: Sequence[Record], key: str) -> bool:
    return any(reading.read_whole(c.get(key)) for c in columns)


def _negative_weights(page: Page, column: Record) -> Cell:
    """Return what a finding says about the weights of a static regression with a column's effects."""
    mine = reading.list_records(reading.select_matching(page.results.findings, column))
    finding = next((r for r in mine if take_text(r["diagnostic"]) == "twfe_weights"), None)
    share = numbers.format_percent(100 * reading.read_number(finding["value"])) if finding else ""
    return build_cell(share, *cite(finding, "value", form="share"))


def _filled(head: Words, columns: Sequence[Record], value: Callable[[Record], str | Cell]) -> Row | None:
    row = build_row(str(head), *(value(c) for c in columns))
    return row if any(cell.text for cell in row.cells[1:]) else None


def _design_rows(page: Page, columns: Sequence[Record]) -> tuple[Row, ...]:
    def base(column: Record) -> str:
        bases = reading.select_matching(page.results.effects, column)
        bases = reading.select_kind(bases, "event") if not reading.select_kind(bases, "event").empty else bases
        names = [take_text(b) for b in bases["base"]] if "base" in bases else []
        return name_base(names[0]) if names and names[0] != "none" else ""

    def build_words(key: str, name: Callable[[str], str]) -> Row | None:
        cells = (build_cell(name(reading.read_words(c, key)), *cite(c, key, form=WORDS)) for c in columns)
        return _filled(Text(f"tables.{key.replace('_', '-')}"), columns, lambda _: next(cells))

    def reference(column: Record) -> Cell:
        value = reading.read_whole(column.get("reference"))
        return build_cell("" if value is None else numbers.format_event_time(value), *cite(column, "reference"))

    def say_studied(column: Record) -> str:
        answer = Text("tables.size-not-studied" if is_size_unknown(column) else "tables.yes")
        return str(answer) if take_text(column.get("size_studied")) else ""

    has_unknown = any(map(is_size_unknown, columns))
    studied = _filled(Text("tables.size-studied"), columns, say_studied) if has_unknown else None
    comparison = build_words("comparison", name_status)
    compared = [_name_against(page, c) for c in columns]
    against = build_row(str(Text("tables.against")), *compared) if len(set(compared)) > 1 else None
    further = (
        _filled(Text("tables.effect-in"), columns, lambda c: name_scale(take_text(c.get("scale")))),
        comparison,
        _filled(Text("tables.base"), columns, base),
        _filled(Text("tables.reference-period"), columns, reference),
    )
    rows = (build_words("outcome_in", name_scale), *(further if page.is_whole else (comparison,)), against, studied)
    return tuple(r for r in rows if r is not None)


def _name_against(page: Page, column: Record) -> str:
    """Return what the effect after the agreement is measured against."""
    against = take_text(column.get("against"))
    key = f"against_{against.replace(' ', '_')}"
    return page.say(key, period_name=page.period_name) if page.wording.knows(key) else against
