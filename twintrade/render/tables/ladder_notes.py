"""The small print below a table of estimates: what holds for all columns, and for a table alone what each means."""

from collections.abc import Sequence
from math import isinf

from twintrade.effects import ResultSet
from twintrade.effects.listed_cells import split_ids
from twintrade.render.ends import read_ends
from twintrade.render.reading import (
    Record,
    find_overall,
    format_label,
    list_skipped,
    read_number,
    read_truth,
    read_whole,
    read_words,
    take_text,
)
from twintrade.render.tables.estimates import STAR_LEVELS, TableOptions, list_under_notes
from twintrade.render.wording import Wording
from twintrade.text import Listed, Text, complete_sentence, strip_stop


def is_size_unknown(column: Record) -> bool:
    """Whether no simulation shows how often a column's test rejects a true null."""
    return take_text(column.get("size_studied")) != "" and not read_truth(column["size_studied"])


def group_sentences(columns: Sequence[Record], key: str, first: int) -> list[str]:
    """Return the distinct sentences of a column, each headed by the columns it holds for."""
    sentences: dict[str, list[int]] = {}
    for i, column in enumerate(columns):
        if take_text(column.get(key)):
            sentence = read_words(column, key)
            sentences.setdefault(complete_sentence(sentence), []).append(first + i)
    if len(sentences) == 1 and len(next(iter(sentences.values()))) == len(columns):
        return list(sentences)
    return [
        str(Text("tables.of-columns", columns=Listed(tuple(f"({n})" for n in labels), "comma"), sentence=sentence))
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
    level = _find_level(effects)
    is_open = any(isinf(read_number(e.get(name))) for e in effects for name in ("low", "high"))
    notes = [wording.say("simulated_note")] if results.is_simulated else []
    if options is None:
        notes.append(wording.say("changes_note", level=level, open="yes" if is_open else "no"))
    else:
        notes += [wording.say(key, level=level) for key in list_under_notes(effects, options)]
        notes += [_say_stars(wording)] if options.has_stars else []
    notes += _list_end_notes(wording, effects)
    if any(map(is_size_unknown, columns)):
        notes.append(wording.say("size_note"))
    notes += _list_singleton_notes(wording, columns)
    return (*notes, *_list_skipped_notes(results, wording))


def _list_effects(results: ResultSet, columns: Sequence[Record]) -> list[Record]:
    return [e for e in (find_overall(results, c) for c in columns) if e is not None]


def _list_end_notes(wording: Wording, effects: Sequence[Record]) -> list[str]:
    is_drawn = any(end.error > 0 for effect in effects for end in read_ends(effect))
    return [wording.say("ends_note")] if is_drawn else []


def _find_level(effects: Sequence[Record]) -> float:
    return next((read_number(e["level"]) for e in effects if read_number(e.get("level")) > 0), 0.95)


def _say_stars(wording: Wording) -> str:
    marks = tuple(Text("tables.star", mark=mark, bound=f"{bound:.2f}") for bound, mark in STAR_LEVELS)
    return wording.say("stars", levels=Listed(marks, "comma"))


def _list_singleton_notes(wording: Wording, columns: Sequence[Record]) -> list[str]:
    return [wording.say("singletons_note")] if any(read_whole(c.get("n_singletons")) for c in columns) else []


def _list_skipped_notes(results: ResultSet, wording: Wording) -> list[str]:
    return [
        wording.say(
            "skipped_note",
            label=format_label(s),
            reason=strip_stop(read_words(s, "skip_reason") or wording.say("no_reason")),
        )
        for s in list_skipped(results)
    ]


def list_ladder_notes(
    results: ResultSet, wording: Wording, options: TableOptions, columns: Sequence[Record], first: int = 1
) -> tuple[str, ...]:
    """Return the sentences below a table of estimates: errors, weights, assumptions, what is left out."""
    effects = _list_effects(results, columns)
    level = _find_level(effects)
    notes = [wording.say("simulated_note")] if results.is_simulated else []
    notes += [wording.say(key, level=level) for key in list_under_notes(effects, options)]
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
