"""Guesses which columns are the two ends of a flow, and which way goods run between them, by words and values."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from twintrade.data.calendar import strip_accents
from twintrade.data.formats.tables import TextTable
from twintrade.data.geography.countries import find_codes
from twintrade.data.looks import words
from twintrade.data.looks.file_look import Guess, build_question
from twintrade.data.schema import UNNAMED
from twintrade.data.sources.faults import clean_name, fold_names, quote_cell
from twintrade.text import Listed, Text, Words

Direction = Literal["out", "in", ""]
_SAME = 0.9
_OVERLAP = 0.5
_PAIRS: tuple[tuple[words.Role, words.Role], ...] = (("exporter", "importer"), ("reporter", "partner"))
_NO_CITY = ("flow", "product", "unit", "kind", "other", "month", "quarter", "period")


@dataclass(frozen=True, slots=True)
class PlaceColumns:
    """The two ends of a table, as lines of an analysis file."""

    city: Guess
    partner: Guess
    direction: Direction = ""  # whether goods run from the city to the partner, the other way, or nothing says it
    names_city: bool = False  # whether the city's own column says the direction
    has_reporter: bool = False  # whether the city's column is called the reporter


NO_PLACE_COLUMNS = PlaceColumns(Guess("city", ""), Guess("partner", ""))


@dataclass(frozen=True, slots=True)
class OtherFile:
    """What the other file of the analysis says of the ends: its columns' parts, and the names in each column."""

    parts: Mapping[str, str]  # "city" or "partner" by the column that plays it
    names: Collection[str] = ()  # folded names that the city's column may hold


NO_FILE = OtherFile({})


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of a table that may be ends."""

    table: TextTable
    scores: Mapping[str, words.Score]
    roles: Mapping[str, words.Role]
    groups: Sequence[Sequence[str]]
    texts: Sequence[str]
    other: OtherFile

    def role(self, group: Sequence[str]) -> words.Role:
        named = {self.roles[n] for n in group} - {""}
        return named.pop() if len(named) == 1 else ""

    def best(self, group: Sequence[str]) -> str:
        return max(group, key=lambda n: self.scores[n].share + self.scores[n].head_start)

    def overlap(self, name: str) -> float:
        values = fold_names(self.table.columns[name])
        return len(values & set(self.other.names)) / len(values) if values and self.other.names else 0.0


def look_for_ends(table: TextTable, names: Sequence[str], file: str, other: OtherFile = NO_FILE) -> PlaceColumns:
    """Return the city's and the partner's column of a trade table, or the question which they are."""
    seen = _see(table, names, file, other)
    cities, is_sure = _find_cities(seen)
    groups = [g for g in seen.groups if not set(cities) & set(g)]
    by_role = _sort_by_role(seen, groups)
    if not cities and len(groups) > 1:
        for near, far in _PAIRS:
            if len(by_role[near]) == len(by_role[far]) == 1:
                return _pair(seen, by_role[near][0], by_role[far][0], is_flow=near == "exporter")
        if len(by_role["partner"]) == len(by_role[""]) == 1 and len(groups) == 2:
            return _pair(seen, by_role[""][0], by_role["partner"][0], is_flow=False)
        return _ask_both(seen, [*groups, *([n] for n in seen.texts)])
    city = _say_city(seen, cities, is_sure=is_sure)
    partner = _choose_partner(seen, groups)
    if partner is None:
        return PlaceColumns(city, _ask(seen, "partner", groups))
    of_city, of_partner, answer = seen.roles.get(str(city.value), ""), seen.role(partner), _say_partner(seen, partner)
    by_city: Direction = "out" if of_city == "exporter" else "in" if of_city == "importer" else ""
    by_partner: Direction = "out" if of_partner == "importer" else "in" if of_partner == "exporter" else ""
    if by_city and by_partner and by_city != by_partner:
        columns = Listed((quote_cell(str(city.value)), quote_cell(str(answer.value))), "and")
        reason = Text("data.look-same-end", columns=columns)
        return PlaceColumns(city, build_question("partner", (answer.value,), reason))
    return PlaceColumns(city, answer, by_city or by_partner, bool(by_city), has_reporter=of_city == "reporter")


def look_for_signatories(
    table: TextTable, names: Sequence[str], file: str, other: OtherFile = NO_FILE
) -> PlaceColumns:
    """Return the city's and the partner's column of a registry, compared with the trade table's."""
    seen = _see(table, names, file, other)
    candidates = [*seen.texts, *(n for g in seen.groups for n in g)]
    shares = {n: seen.overlap(n) for n in candidates}
    most = max(shares.values(), default=0.0)
    near = [n for n in candidates if shares[n] >= _OVERLAP * most > 0]
    named = [n for n in near if seen.roles[n] in ("exporter", "reporter")]
    plain = [n for n in near if n in seen.texts and words.has_word_of(n, "city") and not words.has_word_of_twin(n)]
    same = [n for n in candidates if other.parts.get(n) == "city" and (n in near or most < words.HALF)]
    if len(near) > 1 and not (same or named or plain):
        return _ask_both(seen, [[n] for n in near])
    chosen_city = next((some for some in (same, near if len(near) == 1 else [], named, plain) if some), [])[:1]
    reason = Text("data.look-same-name" if same else "data.look-cities-of-trade")
    guess = (
        Guess("city", chosen_city[0], reason)
        if chosen_city
        else _say_city(seen, *_find_cities(replace(seen, other=NO_FILE)))
    )
    partners = [g for g in seen.groups if seen.role(g) == "partner"]
    if isinstance(guess.value, dict) and len(partners) == 1 and len(seen.groups) > 1:
        free = [n for n in names if n in candidates and n not in partners[0] and not seen.roles[n]]
        guess = _say_city(seen, [n for n in free if not words.has_word_of(n, "other")][:1], is_sure=False)
    used = {guess.value} if isinstance(guess.value, str) else set()
    groups = [g for g in seen.groups if not used & set(g)]
    if not used and len(groups) > 1 and not any(seen.role(g) == "partner" for g in groups):
        return _ask_both(seen, groups)
    partner = _choose_partner(seen, groups)
    if partner is None:
        return PlaceColumns(guess, _ask(seen, "partner", groups))
    return PlaceColumns(guess, _say_partner(seen, partner, "data.look-countries"))


def _see(table: TextTable, names: Sequence[str], file: str, other: OtherFile) -> _Columns:
    scores = {n: words.score_partners(table, n) for n in names}
    roles: dict[str, words.Role] = {n: words.find_role(n) for n in names}
    countries = [n for n in names if scores[n].share >= words.HALF]
    if not countries:
        countries = [words.choose_column(names, scores, "partner", file)]
    roles |= {n: r for n, r in words.find_weak_roles(countries).items() if not roles[n]}
    further = [n for n in names if n not in countries]
    texts = [n for n in further if not words.score_numbers(table, n).share or _has_codes_of_cities(table, n, other)]
    # The columns of countries, those together that hold the same ones by name and by code.
    groups: list[tuple[object, list[str]]] = []
    for name in countries:
        codes = find_codes(words.take_head(table, name))
        for known, group in groups:
            if np.mean(np.asarray(known == codes)[codes != ""]) >= _SAME:
                group.append(name)
                break
        else:
            groups.append((codes, [name]))
    return _Columns(table, scores, roles, [group for _, group in groups], texts, other)


def _has_codes_of_cities(table: TextTable, name: str, other: OtherFile) -> bool:
    """Return whether a column of numbers has a city's name, or holds mostly cities of the other file."""
    cells = fold_names(table.columns[name])
    shared = len(cells & set(other.names)) / len(cells) if cells else 0.0
    is_named = words.has_word_of(name, "city") and words.find_trade(name) == ""
    return all(c.isdigit() for c in cells) and (is_named or shared >= words.HALF)


def _find_cities(seen: _Columns) -> tuple[list[str], bool]:
    """Return the columns that may be the cities, none where all ends are countries; and whether anything says so."""
    free = [n for n in seen.texts if not words.has_word_of_twin(n)] or list(seen.texts)
    everything = [*free, *(n for g in seen.groups for n in g)]
    if same := [n for n in everything if seen.other.parts.get(n) == "city"]:
        return same[:1], True
    shared = sorted(filter(seen.overlap, free), key=lambda n: -seen.overlap(n))
    named = [n for n in everything if words.has_word_of(n, "city") and (n in free or len(seen.groups) > 1)]
    named = [n for n in named if seen.roles[n] != "partner"]
    if both := [n for n in named if n in shared]:
        return both[:1], True
    if named or shared:
        return [*named[:1], *shared[:1]], True
    first = [
        n for n in free if len(set(seen.table.columns[n])) > 1 and not any(words.has_word_of(n, p) for p in _NO_CITY)
    ]
    return (first[:1], False) if len(seen.groups) == 1 else ([], True)


def _sort_by_role(seen: _Columns, groups: Sequence[Sequence[str]]) -> dict[words.Role, list[Sequence[str]]]:
    return {role: [g for g in groups if seen.role(g) == role] for role in (*words.ROLES, "")}


def _choose_partner(seen: _Columns, groups: Sequence[Sequence[str]]) -> Sequence[str] | None:
    """Return the one group of columns that is the partner, None where several could be."""
    by_role = _sort_by_role(seen, groups)
    same = [g for g in groups if any(seen.other.parts.get(n) == "partner" for n in g)]
    varied = [g for g in groups if len(set(seen.table.columns[g[0]])) > 1]
    flows = [*by_role["exporter"], *by_role["importer"]]
    some = next((s for s in (same, by_role["partner"], flows) if s and len(groups) > 1), varied or groups)
    return some[0] if len(some) == 1 else None


def _pair(seen: _Columns, near: Sequence[str], far: Sequence[str], *, is_flow: bool) -> PlaceColumns:
    """Return two ends that are both countries and that words tell apart."""
    city = max(near, key=lambda n: (seen.overlap(n), seen.scores[n].head_start))
    partner = seen.best(far)
    reason = Text("data.look-exporter" if is_flow else "data.look-reporter-column")
    ends = Guess("city", city, reason), Guess("partner", partner, reason)
    return PlaceColumns(*ends, "out" if is_flow else "", is_flow, has_reporter=not is_flow)


def _say_city(seen: _Columns, cities: Sequence[str], is_sure: bool) -> Guess:
    if not cities:
        return Guess("city", {"constant": UNNAMED}, Text("data.look-no-city"))
    if len(cities) > 1:
        return _ask(seen, "city", [[c] for c in cities])
    return Guess("city", cities[0], Text("data.look-own-name" if is_sure else "data.look-first-text"))


def _say_partner(seen: _Columns, group: Sequence[str], key: str = "data.look-partner") -> Guess:
    best = seen.best(group)
    return Guess("partner", best, Text(key, **seen.scores[best].doubt))


def _ask(seen: _Columns, key: str, groups: Sequence[Sequence[str]]) -> Guess:
    options = [seen.best(g) for g in groups]
    columns: Words = Listed(tuple(map(quote_cell, options)), "or")
    return build_question(key, options, Text("data.look-which-end", key=key, n=len(options), columns=columns))


def _ask_both(seen: _Columns, groups: Sequence[Sequence[str]]) -> PlaceColumns:
    return PlaceColumns(_ask(seen, "city", groups), _ask(seen, "partner", groups))


# Guesses whether a table holds exports or imports, and who valued them how, from names and titles.

_VALUATIONS = ("fob", "cif", "fas")
_FLOWS = ("exports", "imports")
_MOST_FLOWS = 6
_WAY: Mapping[object, Direction] = {"exports": "out", "imports": "in"}


def look_for_flow(table: TextTable, names: Sequence[str], value: str, file: str, ends: PlaceColumns) -> list[Guess]:
    """Return the flow, whose statistics they are and, where a column names flows, the rows of one of them."""
    flow, where = _find_named(table, names, value, file, ends)
    reporter = Guess("reporter", "city", Text("data.look-own-name" if ends.has_reporter else "data.look-reporter"))
    if flow is None:
        if not ends.direction and words.is_plain_trade(value):
            return [build_question("flow", _FLOWS, Text("data.look-both-flows", shown=quote_cell(value))), reporter]
        if not ends.direction:
            return [Guess("flow", "exports", Text("data.look-nothing")), reporter]
        by_ends = "exports" if ends.direction == "out" else "imports"
        return [Guess("flow", by_ends, Text("data.look-flow-of-ends")), reporter]
    if flow.options or not ends.direction or _WAY[flow.value] == ends.direction:
        return [flow, reporter, *where]
    if ends.names_city:
        return [flow, Guess("reporter", "partner", Text("data.look-reporter-partner", flow=str(flow.value))), *where]
    against = Text("data.look-flow-against-ends", flow=str(flow.value))
    return [build_question("flow", _FLOWS, against), reporter, *where]


def _find_named(
    table: TextTable, names: Sequence[str], value: str, file: str, ends: PlaceColumns
) -> tuple[Guess | None, list[Guess]]:
    """Return the flow that cells, names or titles speak of, None where nothing does, and the rows of it."""
    for name in names:
        cells = sorted({clean_name(c) for c in table.columns[name]}, key=len)
        flows = {c: words.LETTERS.get(c.lower()) or words.find_flow(c) for c in cells[: _MOST_FLOWS + 1]}
        is_named = words.has_word_of(name, "flow")
        if len(cells) <= _MOST_FLOWS and (is_named or all(flows.values())):
            for flow in _FLOWS:
                if mine := [c for c in cells if flows[c] == flow]:
                    where = Guess("where", {name: mine[0]}, Text("data.look-one-flow"))
                    return Guess("flow", flow, Text("data.look-of-column", name=name)), [where]
            if is_named and len(cells) > 1:
                shown = Listed(tuple(map(quote_cell, cells)), "comma")
                reason = Text("data.look-flow-cells", name=quote_cell(name), cells=shown)
                return build_question("flow", _FLOWS, reason), []
    for text, key in ((value, "data.look-column-name"), (table.title, "data.look-title")):
        flow = _name_flow(text)
        if flow == "both":
            return build_question("flow", _FLOWS, Text("data.look-both-flows", shown=quote_cell(text))), []
        if flow:
            return Guess("flow", flow, Text(key)), []
    ends_of = (ends.city.value, ends.partner.value, *ends.city.options)
    rest = (n for n in table.columns if n not in ends_of and not words.find_role(n))
    flow = _name_flow(" ".join([file, *(n for n in rest if words.find_trade(n) != "other")]))
    return (Guess("flow", flow, Text("data.look-names")) if flow in _FLOWS else None), []


def _name_flow(text: str) -> str:
    """Return the flow that a text speaks of beside exports and imports together, which alone are both."""
    rest = words.drop_both_flows(text)
    return words.find_flow(rest or text) or ("both" if rest else "")


def look_for_valuation(texts: Iterable[str]) -> list[Guess]:
    """Return how the values are valued, where one way alone is named."""
    spoken = {word for text in texts for word in re.split(r"[\s()_]+", strip_accents(text))}
    named = [v for v in _VALUATIONS if v in spoken]
    return [Guess("valuation", named[0], Text("data.look-column-name"))] if len(named) == 1 else []
