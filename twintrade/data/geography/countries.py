"""Countries and territories by code or name, from an own reviewed table; nothing is matched by likeness."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from twintrade.data.geography import country_names, name_rules
from twintrade.data.geography.cities import is_total_word
from twintrade.data.geography.country_names import CodeKind, fold_key
from twintrade.data.geography.country_names import load_places as load_places
from twintrade.data.geography.name_rules import Proof, ProvedCode
from twintrade.data.sources.faults import (
    CellError,
    Faults,
    TextColumn,
    build_text_array,
    clean_name,
    fold_name,
    quote_cell,
)
from twintrade.effects import Remedy
from twintrade.numerics.arrays import BoolArray, IntArray, ObjectArray
from twintrade.text import Listed, Text

_OTHER_ASIA = "otherasianes"
_LEAST_COUNTRIES = 3
_CODE_LENGTH = 3
LEAVE_OUT: Literal["leave out"] = "leave out"
"""What ``partner_names`` may say in place of a code: such rows are left out and counted, as groups are."""
COMPARED: Literal["remainder, in the comparison"] = "remainder, in the comparison"
FOR_TOTALS: Literal["remainder, for totals only"] = "remainder, for totals only"
"""What it may say of partners without a row of their own: in totals both, and in the comparison the first."""
_LEFT_OUT, _REST, _WORLD = "+LEFT-OUT", "+REST", "+WORLD"


def resolve(names: Iterable[str], aliases: Mapping[str, str] | None = None) -> list[str]:
    """Return the code of every code, name or alias; NA is Namibia only where every entry is a two-letter code."""
    cells = build_text_array(names)
    faults = Faults()
    column = TextColumn("partner", "", cells, np.arange(1, cells.size + 1))
    codes = resolve_column(column, aliases or {}, faults)
    faults.raise_if_any()
    return [str(code) for code in codes]


def resolve_column(column: TextColumn, aliases: Mapping[str, str], faults: Faults) -> ObjectArray:
    """Return the code of every cell (n_rows,), "" where it is unknown and an error was noted."""
    reading = _read(column, {fold_key(name): _declared_code(name, code, faults) for name, code in aliases.items()})
    codes = reading.list_codes(column)
    column.errors_once(faults, "partner", codes == "", reading.explain_open)
    if any(fold_name(cell) == _OTHER_ASIA for cell in reading.answers):
        faults.inform("other-asia", Text("data.partner-other-asia"), column.file, None, column.name)
    if text := reading.describe():
        faults.inform("partner-reading", text, column.file, None, column.name)
    return codes


def find_code(name: str) -> str:
    """Return the code of one name, or of one code of two or three letters; "" where it is unknown."""
    return str(find_codes(TextColumn("partner", "", build_text_array([name]), np.ones(1, dtype=np.int64)))[0])


def find_codes(column: TextColumn) -> ObjectArray:
    """Return the code of every cell, "" where it is unknown; nothing is said about those."""
    return _read(column, {}).list_codes(column)


# A column is read as a whole: which codes it has, in which language, and whether its names are cut off.

_N_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class _ColumnReading:
    """The distinct cells of a column with their codes and what proves them."""

    answers: Mapping[str, ProvedCode]
    kind: CodeKind
    doubtful: frozenset[str]  # codes that another standard, of which the column has codes, gives another country
    languages: frozenset[str]

    def list_codes(self, column: TextColumn) -> ObjectArray:
        return build_text_array([self.answers[cell].code for cell in column.cells])

    def describe(self) -> Text | None:
        """Return how the column was read; None for codes of three letters and names in English."""
        cells: dict[Proof, list[str]] = defaultdict(list)
        for cell, answer in self.answers.items():
            if answer.code and answer.proof:
                cells[answer.proof].append(cell)
        is_plain = all(name_rules.is_english(cell, self.answers[cell].code) for cell in cells["name"])
        if self.kind in ("", "alpha-3") and is_plain and not any(cells.keys() - {"code", "name"}):
            return None
        parts = [self._describe_proof(proof, cells[proof]) for proof in get_args(Proof) if cells[proof]]
        return Text("data.partner-reading", parts=Listed(tuple(parts), "semicolon"))

    def _describe_proof(self, proof: Proof, cells: Sequence[str]) -> Text:
        shown = [(cell, self.answers[cell].code) for cell in cells[:_N_EXAMPLES]]
        names = {code: load_places()[code].name for _, code in shown}
        examples = [Text("data.partner-example", cell=quote_cell(c), name=names[one], code=one) for c, one in shown]
        named = (self.kind or "alpha-3") if proof == "code" else proof
        return Text("data.partner-proof", proof=named, n=len(cells), examples=Listed(tuple(examples), "comma"))

    def explain_open(self, cell: str) -> CellError:
        """Return why a cell has no code, with names that are spelled nearly so."""
        name, shown, two_letters = clean_name(cell), quote_cell(cell), country_names.load_two_letters()
        if not name:
            return CellError(Text("data.partner-blank"))
        answer = (cell, LEAVE_OUT) if is_total_word(name) else (cell,)
        remedy = None if name in two_letters else Remedy("partner_name", answer)
        if code := two_letters.get(name) or (name if name in self.doubtful else ""):
            key = "data.partner-two-standards" if name in self.doubtful else "data.partner-two-letters"
            return CellError(Text(key, cell=shown, name=load_places()[code].name), remedy)
        near = [f"{load_places()[code].name} ({code})" for code in name_rules.list_near_codes(name, self.languages)]
        listed = Listed(tuple(near), "comma")
        return CellError(Text("data.partner-unknown", cell=shown, n_near=len(near), near=listed), remedy)


def _read(column: TextColumn, declared: Mapping[str, str]) -> _ColumnReading:
    """Read the cells of a column, again without those left open: what is not known proves nothing."""
    cells = {cell: clean_name(cell) for cell in sorted(set(column.cells))}
    known: dict[str, ProvedCode] = {}
    for name in filter(None, cells.values()):
        place = load_places().get(name)
        answer = declared.get(fold_key(name), "")
        if answer and (place is None or place.is_aggregate):
            known[name] = ProvedCode(answer, "code")
        elif place is not None and len(name) != _CODE_LENGTH:
            known[name] = ProvedCode(name, "code")
    left = [name for name in dict.fromkeys(cells.values()) if name and name not in known]
    n_declared = len(known)
    reading = _read_names(left, n_declared)
    doubtful = reading.doubtful
    while len(kept := [name for name in left if reading.answers[name].code]) < len(left):
        left = kept
        reading = _read_names(left, n_declared)
    known |= reading.answers
    return replace(
        reading, answers={cell: known.get(name, name_rules.OPEN) for cell, name in cells.items()}, doubtful=doubtful
    )


def _read_names(names: Sequence[str], n_declared: int) -> _ColumnReading:
    kind = country_names.find_code_kind(names, n_declared)
    doubtful = country_names.list_doubtful_codes(names, kind)
    coded = {
        name: ProvedCode("" if name in doubtful else code, "code")
        for name in names
        if (code := _find_code(name, kind))
    }
    rest = [name for name in names if name not in coded]
    languages, is_sure = name_rules.find_languages(rest)
    answers = name_rules.find_names(rest, languages, is_sure)
    if kind == "alpha-2" and any(code and not load_places()[code].is_aggregate for code, _ in answers.values()):
        kind = ""
        answers |= dict.fromkeys(coded, name_rules.OPEN)
    if not kind:
        known = (name for name in names if name in load_places())
        coded = {n: ProvedCode(n, "code") for n in known if not name_rules.is_name_of_another(n, languages)}
    return _ColumnReading(answers | coded, kind, doubtful, languages)


def _find_code(name: str, kind: CodeKind) -> str:
    if kind == "alpha-2":
        return country_names.load_two_letters().get(name, "")
    if kind == "numeric":
        return country_names.load_numbers().get(name.zfill(_CODE_LENGTH), "")
    return name if kind == "alpha-3" and name in load_places() else ""


def list_own_codes(cities: Sequence[str]) -> ObjectArray:
    """Return the country that each city is: by its code, or by its name where all cities are countries; else ""."""
    column = TextColumn("city", "", build_text_array(cities), np.arange(len(cities)))
    codes = np.where([len(city) >= _CODE_LENGTH for city in cities], find_codes(column), column.cells).astype(object)
    is_code = np.array([city in load_places() for city in cities], dtype=bool)
    are_countries = len(cities) >= _LEAST_COUNTRIES and all(code in load_places() for code in codes)
    return codes if are_countries else np.where(is_code, codes, "").astype(object)


def list_un_codes() -> dict[str, str]:
    """Return the number of every place at the United Nations, by its code; where there are several, the first."""
    return {code: str(int(number)) for number, code in reversed([*country_names.load_numbers().items()])}


def resolve_un_codes(column: TextColumn) -> ObjectArray:
    """Return the cells of a column with the codes of the United Nations, as M49 numbers them, as ISO codes."""
    return build_text_array(
        country_names.load_numbers().get(cell.strip().zfill(3), cell) if cell.strip().isdigit() else cell
        for cell in column.cells
    )


def is_aggregate(codes: ObjectArray) -> BoolArray:
    """Return which codes are groups of countries or an unspecified rest."""
    aggregates = {code for code, place in load_places().items() if place.is_aggregate}
    return np.fromiter(map(aggregates.__contains__, codes), dtype=bool, count=codes.size)


def find_remainder_code(name: str) -> str:
    """Return the code of a remainder: of the table where this knows the name as one, else the rest of the world."""
    code = find_code(name)
    return code if code and load_places()[code].kind == "remainder" else _REST


def warn_of_validity(codes: ObjectArray, years: IntArray, file: str, faults: Faults) -> None:
    """Warn of partners that have figures in years in which they were no partner of their own."""
    spans = pd.DataFrame({"code": codes, "year": years}).drop_duplicates()
    for code, group in spans.groupby("code", sort=True)["year"]:
        place = load_places().get(str(code))
        if place is None or (place.valid_from is None and place.valid_to is None):
            continue
        mine = group.to_numpy()
        low, high = place.valid_from or mine.min(), place.valid_to or mine.max()
        outside = np.unique(mine[(mine < low) | (mine > high)])
        if outside.size:
            text = Text(
                "data.partner-years",
                name=place.name,
                code=str(code),
                first=outside[0],
                last=outside[-1],
                bound="from" if place.valid_to is None else "to",
                year=place.valid_to or place.valid_from or 0,
            )
            faults.warn("partner-years", text, file)


def _declared_code(name: str, code: str, faults: Faults) -> str:
    answer, total = code.casefold(), find_code(name) == _WORLD or is_total_word(name)
    if answer == LEAVE_OUT:
        return _LEFT_OUT
    if answer in (COMPARED, FOR_TOTALS):
        if total:
            faults.error("partner-alias", Text("data.remainder-total", name=quote_cell(name)))
        return find_remainder_code(name)
    if code not in load_places():
        faults.error("partner-alias", Text("data.partner-alias", name=quote_cell(name), code=quote_cell(code)))
    return code


# Partners that stand for all those without a row of their own, by code, by name and by declaration.


def is_remainder(names: Iterable[object]) -> BoolArray:
    """Return which codes or names of partners are remainders."""
    cells = build_text_array(map(str, names))
    codes = find_codes(TextColumn("partner", "", cells, np.arange(cells.size)))
    return np.array([code != "" and load_places()[code].kind == "remainder" for code in codes], dtype=bool)


def find_kept(aliases: Mapping[str, str], *answers: str) -> set[str]:
    """Return the codes of remainders that a declaration keeps, by default in the comparison or for totals only."""
    wanted = answers or (COMPARED, FOR_TOTALS)
    return {find_remainder_code(name) for name, given in aliases.items() if given.casefold() in wanted}


def find_totals_only(aliases: Mapping[str, str]) -> set[str]:
    """Return the codes of remainders that a declaration keeps for totals only."""
    return find_kept(aliases, FOR_TOTALS)
