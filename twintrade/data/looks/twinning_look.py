"""Guesses which column of a registry plays which part, and holds it against the trade table."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from twintrade.data.calendar import find_day_orders
from twintrade.data.formats.tables import TextTable, open_table
from twintrade.data.geography.cities import is_in_other_letters
from twintrade.data.looks import words
from twintrade.data.looks.column_look import look_at_trade
from twintrade.data.looks.ends_look import NO_FILE, OtherFile, look_for_signatories
from twintrade.data.looks.file_look import Guess, build_question, look_at_file, read_lines
from twintrade.data.registry.reading import USUAL_KIND, suggest_kind
from twintrade.data.schema import KIND_ANSWERS, FileFormat
from twintrade.data.sources.faults import Faults, clean_name, fold_names, quote_cell
from twintrade.data.sources.provenance import list_files
from twintrade.errors import UNDECIDED, DataError
from twintrade.text import Listed, Text

_MOST_KINDS = 12  # words of a column of kinds; one with more of them has names of agreements
_BOUNDS = ("not_before", "not_after")  # columns between whose dates an undated agreement began
_SLASHED = re.compile(r"\s*(\d{1,2})[-/.](\d{1,2})[-/.]\d{4}\s*")


def look_at_both(root: Path, trade: str, twinnings: str) -> tuple[list[Guess], list[Guess]]:
    """Return the lines of a trade table and of a registry, each compared with the other."""
    in_common = look_at_file(root, trade)[1] if trade == twinnings else []
    taken = _find_sheet([Guess("file", trade), *in_common], twinnings)
    alone = look_at_twinnings(root, twinnings, taken=taken)
    table, _ = look_at_file(root, twinnings, taken)
    partner = {g.value for g in alone if g.key in ("partner", "partner_city") and isinstance(g.value, str)}
    names_in_registry = fold_names(c for n, cells in table.columns.items() if n not in partner for c in cells)
    named = {str(g.value): "city" for g in alone if g.key == "city" and g.reason == Text("data.look-own-name")}
    guesses = look_at_trade(root, trade, list_cities(root, alone), OtherFile(named, names_in_registry))
    return guesses, look_at_twinnings_beside(root, twinnings, guesses)


def look_at_twinnings_beside(
    root: Path, file: str, trade: Sequence[Guess], *, is_undated: bool = False
) -> list[Guess]:
    """Return the lines of a registry, dated or not as it was given, held against a known trade table."""
    columns = [g for g in trade if g.key in ("city", "partner") and isinstance(g.value, str) and g.value != UNDECIDED]
    ends = {str(g.value): g.key for g in columns}
    cities = list_cities(root, trade)
    lines = look_at_twinnings(root, file, OtherFile(ends, fold_names(cities)), _find_sheet(trade, file))
    dates = [str(option) for g in lines if g.key == "date" for option in (g.options or (g.value,))]
    if is_undated and dates:
        raise DataError(Text("data.look-not-undated", file=file, columns=Listed(tuple(map(quote_cell, dates)), "or")))
    # Which city of the trade table each name is in other letters, where the table has one such.
    unknown = [name for name in list_cities(root, lines) if name and name not in cities]
    near = {name: [c for c in cities if is_in_other_letters(name, c)] for name in unknown}
    matched = [{"name": name, "city": several[0]} for name, several in near.items() if len(several) == 1]
    return [*lines, Guess("city_names", matched, Text("data.look-other-letters"))] if matched else lines


def _find_sheet(trade: Sequence[Guess], file: str) -> object:
    """Return the sheet of a workbook that the trade table reads, None where it reads another file."""
    lines = {g.key: g.value for g in trade}
    return lines.get("sheet") if lines.get("file") == file else None


def look_at_twinnings(root: Path, file: str, other: OtherFile = NO_FILE, taken: object = None) -> list[Guess]:
    """Return the lines of a registry that a file suggests, without a date where none of its rows has one."""
    table, guesses = look_at_file(root, file, taken)
    between = [Guess(str(n), n, Text("data.look-own-name")) for n in _BOUNDS if n in table.columns]
    names = [n for n in table.columns if n not in _BOUNDS]
    dated = _find_dates(table, names, file)
    date = str(dated.options[0] if dated.options else dated.value) if dated else ""
    names = [n for n in names if n != date and not (dated and n in dated.options)]
    ends = look_for_signatories(table, names, file, other)
    parts = [dated, ends.partner] if dated else [ends.partner]
    used = [g.value for g in (ends.city, ends.partner)] + [*ends.city.options, *ends.partner.options]
    names = [n for n in names if n not in used]
    of_twin = [n for n in names if words.has_word_of_twin(n)]
    twin = next(iter(of_twin or [n for n in names if "partner" in n.lower() or words.has_word_of(n, "city")]), None)
    if dated is None:
        parts += [ends.city, *([Guess("partner_city", twin, _say_named(twin))] if twin else [])]
        policy = Guess("policy", "exclude", Text("data.look-undated", n=table.rows.size))
        return [Guess("file", file), *guesses, *parts, policy, *between]
    of_kind = [n for n in names if n != twin and words.has_word_of_kind(n)]
    kinds = {n: sorted({clean_name(c) for c in table.columns[n]}) for n in of_kind}
    kind = next((n for n in kinds if len(kinds[n]) <= _MOST_KINDS), None)
    parts += [
        ends.city,
        Guess("partner_city", twin or {"constant": ""}, _say_named(twin)),
        Guess("kind", kind or {"constant": USUAL_KIND}, _say_named(kind)),
    ]
    if kind is not None:
        parts.append(_suggest_kinds(kinds[kind]))
    elif kinds:  # too many words for a column of kinds
        name, several = next(iter(kinds.items()))
        reason = Text("data.look-names-no-kinds", name=quote_cell(name), n=len(several))
        parts[-1] = replace(parts[-1], reason=reason)
    parts += _day_first([str(c) for c in table.columns[date]])
    blank = sum(not str(c).strip() for c in table.columns[date])
    if blank:
        parts.append(Guess("undated", "exclude", Text("data.look-undated", n=blank)))
    parts += between
    if left := [n for n in names if n not in (twin, kind)]:
        parts.append(Guess("", "", Text("data.look-unread", columns=Listed(tuple(map(quote_cell, left)), "comma"))))
    return [Guess("file", file), *guesses, *parts]


def _find_dates(table: TextTable, names: Sequence[str], file: str) -> Guess | None:
    """Return the column of the date of signature, the question which it is, or None where no row has one."""
    cells = {n: [str(c) for c in table.columns[n]] for n in names}
    scores = {n: words.score_dates(cells[n]) for n in names}
    rivals = [n for n in names if scores[n].share >= words.HALF and not words.has_word_of(n, "no_signing")]
    named = [n for n in names if words.has_word_of(n, "date") and not words.has_word_of(n, "no_signing")]
    if not rivals and not any(cell.strip() for n in named for cell in cells[n]):
        return None
    rivals = [n for n in rivals if words.has_word_of(n, "signing")] or rivals
    rivals = [
        n for n in rivals if words.has_word_of(n, "date") or any(len(c.strip()) > len("2004") for c in cells[n])
    ]
    # The year alone beside the whole date says nothing else.
    rivals = [n for n in rivals if not any(n != r and _is_within(cells[n], cells[r]) for r in rivals)]
    if len(rivals) > 1:
        columns = Listed(tuple(map(quote_cell, rivals)), "or")
        return build_question("date", rivals, Text("data.look-which-date", columns=columns))
    date = words.choose_column(rivals or names, scores, "date", file)
    return Guess("date", date, Text("data.look-dates", **scores[date].doubt))


def _is_within(years: Sequence[str], dates: Sequence[str]) -> bool:
    """Whether every cell is the year of the date in the same row, and says less than it."""
    pairs = [(a.strip(), b) for a, b in zip(years, dates, strict=True) if a.strip() and b.strip()]
    return years != dates and all(a.isdigit() and a in b for a, b in pairs)


def list_rivals(table: TextTable, entry: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return what else a line of a table may be as far as its file tells, each with the lines that change with it."""
    if UNDECIDED in entry.values() or (key == "date") == ("flow" in entry):
        return []
    taken = [part for part in entry.values() if isinstance(part, str)]
    names = [name for name in table.columns if name not in taken]
    if key in ("value", "flow"):
        figures = {n: words.find_trade(n) for n in names if words.score_numbers(table, n).share >= words.HALF}
        tier = words.find_trade(str(entry.get("value")))
        if key == "value":
            return [{"value": n} for n, of in figures.items() if of == tier]
        return [{"value": n, "flow": of} for n, of in figures.items() if {of, tier} == {"exports", "imports"}]
    if key == "date":
        dated = [n for n in names if words.has_word_of(n, "date") and not words.has_word_of(n, "no_signing")]
        return [{key: n} for n in dated if words.score_dates([str(c) for c in table.columns[n]]).share >= words.HALF]
    if key == "where":
        alike = [(n, w) for n, cell in entry[key].items() for w in _list_alike(table, n, cell)]
        return [{key: {**entry[key], n: w}} for n, w in alike]
    if key == "money_unit" and isinstance(entry[key], dict):
        units = [clean_name(c) for c in table.columns[entry[key]["column"]]]
        return [{key: max(set(units), key=units.count)}] if len(set(units)) > 1 else []
    if key == "city" and isinstance(entry[key], str):
        wider = [n for n in names if words.has_word_of(n, "city") and not words.has_word_of_twin(n)]
        return [{key: n, "add_up": [entry[key]]} for n in wider if _is_wider(table, n, entry[key])]
    return []


def _list_alike(table: TextTable, column: str, cell: object) -> list[str]:
    """Return the other words of a column that speak of the same flow as the one whose rows are read."""
    flow = words.find_word_flow(cell, column) if isinstance(cell, str) else ""
    cells = {clean_name(c) for c in table.columns[column]} if flow else set()
    return sorted(w for w in cells if w != cell and words.find_word_flow(w, column) == flow)


def _is_wider(table: TextTable, place: str, city: str) -> bool:
    """Whether every city is in one of the places, and some place holds several."""
    pairs = {(clean_name(a), clean_name(b)) for a, b in zip(table.columns[city], table.columns[place], strict=True)}
    cities, places = {a for a, _ in pairs}, {b for _, b in pairs}
    return len(pairs) == len(cities) > len(places) > 1


def list_cities(root: Path, guesses: Sequence[Guess]) -> list[str]:
    """Return the names of the cities of a registry that was looked at."""
    lines = read_lines(guesses)
    city = lines["city"]
    if not isinstance(city, str) or city == UNDECIDED:
        return []
    keys = {f.name for f in fields(FileFormat)} - {"where", "drop"}
    declared = FileFormat(**{k: v for k, v in lines.items() if k in keys})  # type: ignore[arg-type]
    table = open_table(root, list_files(root, str(lines["file"]))[0], declared, [city], Faults())
    return sorted({clean_name(c) for c in table.columns[city]})


def _suggest_kinds(named: Sequence[str]) -> Guess:
    """Return the kind of each word, or the question which kind those are that may be no agreement."""
    kinds = {word: suggest_kind(word) or UNDECIDED for word in named}
    if unknown := tuple(quote_cell(word) for word, kind in kinds.items() if kind == UNDECIDED):
        reason = Text("data.look-kinds-open", n=len(unknown), words=Listed(unknown))
        return Guess("kinds", kinds, reason, KIND_ANSWERS)
    return Guess("kinds", kinds, Text("data.look-kinds"))


def _say_named(column: str | None) -> Text:
    return Text("data.look-own-name" if column else "data.look-no-such-column")


def _day_first(cells: list[str]) -> list[Guess]:
    """Return whether days come first, if some dates prove it."""
    if len(find_day_orders(cells, None)) > 1:
        return []
    pairs = [(int(m[1]), int(m[2])) for cell in cells if (m := _SLASHED.fullmatch(cell))]
    is_open = any(a <= 12 and b <= 12 and a != b for a, b in pairs)
    day, month = any(a > 12 for a, _ in pairs), any(b > 12 for _, b in pairs)
    if not is_open or day == month:
        return []
    return [Guess("day_first", day, Text("data.look-day-first" if day else "data.look-day-second"))]
