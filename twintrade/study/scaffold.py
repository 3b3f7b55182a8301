"""Starts an analysis: a commented file on the user's own tables, or on a small simulated pair that runs as it is."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from twintrade.data.figures import UNKNOWN, parse_money_unit, read_header
from twintrade.data.geography import COMPARED, FOR_TOTALS, LEAVE_OUT
from twintrade.data.looks import Guess, look_at_both, look_at_twinnings_beside, read_back_agreements, read_back_trade
from twintrade.data.sources import hold_collection
from twintrade.errors import UNDECIDED, DataError, SpecError
from twintrade.study.fetching import find_fetched_lines
from twintrade.study.plan.designs import FirstDesign, build_usual_design, choose_first_design
from twintrade.study.progress import report_when_slow
from twintrade.study.spec.analysis import SimulatedTrade, simulate_trade
from twintrade.study.spec.spec_text import format_toml_line
from twintrade.study.store.folder import write_new
from twintrade.study.store.locating import FOLDER, check_analysis_name
from twintrade.study.store.replay import to_bytes
from twintrade.text import Text, find_catalogue

# Asks on a terminal what the files of a new analysis leave open, a few questions at most.

MOST_QUESTIONS = 5
_TRIES = 3
_UNSEEN = {
    "data.look-nothing": ("exports", "imports"),
    "data.look-absent": ("missing", "zero", "error"),
    "data.look-reporter": ("city", "partner"),
    "data.look-remainder": (LEAVE_OUT, COMPARED, FOR_TOTALS),
}
"""What a line may be whose reason says that nothing in the file tells."""

Ask = Callable[[str], str]  # shows a question and returns what was typed


@dataclass(frozen=True, slots=True)
class _Question:
    """A line of one of the two tables that a user may settle, the most pressing first."""

    rank: int
    table: int
    place: int
    choices: tuple[object, ...]


def settle_guesses(tables: Sequence[Sequence[Guess]], ask: Ask) -> list[list[Guess]]:
    """Return the lines of both tables with those settled that a user answers; the others stay as they are."""
    settled = [list(table) for table in tables]
    n_asked = 0
    while n_asked < MOST_QUESTIONS and (question := _find_next(tables, settled)):
        lines = settled[question.table]
        guess = lines[question.place]
        # A partner is not the column that was named as the city.
        city = next((g.value for g in lines if g.key == "city"), None)
        choices = [c for c in question.choices if guess.key != "partner" or c != city]
        answer = _ask_one(guess, choices, ask)
        n_asked += 1
        value = dict.fromkeys(guess.value, answer) if isinstance(guess.value, dict) else answer
        lines[question.place] = replace(guess, options=(), reason="", value=value) if answer else guess
        tables = [[g for g in table if (i, g.key) != (question.table, guess.key)] for i, table in enumerate(tables)]
        if guess.key == "value" and answer:
            _settle_unit(lines, answer)
    return settled


def _find_next(tables: Sequence[Sequence[Guess]], settled: Sequence[Sequence[Guess]]) -> _Question | None:
    """Return the most pressing question that was not asked yet."""
    unasked = {(i, g.key) for i, table in enumerate(tables) for g in table}
    questions = [q for q in _list_questions(settled) if (q.table, settled[q.table][q.place].key) in unasked]
    return min(questions, key=lambda q: (q.rank, q.table, q.place), default=None)


def _list_questions(tables: Sequence[Sequence[Guess]]) -> Iterator[_Question]:
    for table, lines in enumerate(tables):
        for place, guess in enumerate(lines):
            unseen = _UNSEEN.get(guess.reason.key, ()) if isinstance(guess.reason, Text) else ()
            if guess.options or guess.value == UNDECIDED:
                yield _Question(0, table, place, guess.options)
            elif isinstance(guess.value, str) and UNKNOWN in guess.value:
                yield _Question(1, table, place, ())
            elif unseen:
                yield _Question(2, table, place, unseen)


def _ask_one(guess: Guess, choices: Sequence[object], ask: Ask) -> str:
    """Return the answer to one question, "" where it is left open."""
    asked = [str(Text(f"study.question-{guess.key}")), *([f"  {guess.reason}"] if guess.reason else [])]
    asked += [f"  {i}  {choice}" for i, choice in enumerate(choices, 1)]
    hint = str(Text("study.question-choose" if choices else "study.question-write"))
    for _ in range(_TRIES):
        typed = ask("\n".join([*asked, hint])).strip()
        if not typed:
            return ""
        if answer := _read_answer(guess.key, typed, list(map(str, choices))):
            return answer
        asked = [str(Text("study.question-again", typed=typed))]
        asked += [f"  {i}  {choice}" for i, choice in enumerate(choices, 1)]
    return ""


def _read_answer(key: str, typed: str, choices: Sequence[str]) -> str:
    """Return what was typed as a value, "" where it is none of the choices or no unit."""
    if choices:
        numbered = dict(zip(map(str, range(1, len(choices) + 1)), choices, strict=True))
        return typed if typed in choices else numbered.get(typed, "")
    if key == "money_unit":
        try:
            parse_money_unit(typed)
        except DataError:
            return ""
    return typed


def _settle_unit(lines: list[Guess], value: str) -> None:
    """Write the unit that the name of the chosen column says."""
    unit = read_header(value)
    is_known = unit.is_whole and not unit.unread
    for i, guess in enumerate(lines):
        if guess.key == "money_unit" and is_known and (guess.value == UNDECIDED or UNKNOWN in str(guess.value)):
            lines[i] = Guess("money_unit", unit.declare(), Text("data.look-column-name"))


_CITIES = ("Alder", "Birch", "Cedar", "Elm", "Hazel", "Linden", "Maple", "Rowan")
_PARTNERS = ("AUS", "BRA", "CAN", "DEU", "FRA", "GBR", "IND", "JPN", "KOR", "ZAF")
_AGREEMENTS = (
    ("Alder", "GBR", "Ashford", "2010-05-12"),
    ("Birch", "AUS", "Ballarat", "2011-09"),
    ("Cedar", "DEU", "Celle", "2010-12-01"),
    ("Elm", "FRA", "Evreux", "2012"),
    ("Hazel", "CAN", "Hamilton", "2009-03-20"),
    ("Linden", "JPN", "Lida", "2011-04"),
    ("Maple", "KOR", "Mokpo", "2012-06-30"),
    ("Rowan", "BRA", "Recife", "1999"),
)
_SEED, _FIRST, _LAST, _EFFECT = 11, 2003, 2018, 0.2
_RESERVED = (
    *("all", "help", "setup", "test", "test-slow", "check", "check-data", "appendix", "bench", "docs", "lock"),
    "clean",
)


@hold_collection()
def write_scaffold(
    root: Path,
    name: str,
    trade: str | None = None,
    twinnings: str | None = None,
    fetched: str | None = None,
    ask: Ask | None = None,
) -> tuple[list[str], list[Text]]:
    """Write a new analysis of own, fetched or demo tables; return its paths, and what rows say as they were read."""
    check_analysis_name(name)
    if name in _RESERVED:
        raise SpecError(f"{name!r} is a target of the Makefile: choose another name")
    if (trade is None and fetched is None) != (twinnings is None):
        raise SpecError("give both --trade (or --fetched) and --twinnings, or none for a simulated pair")
    if trade is not None and fetched is not None:
        raise SpecError("give --trade or --fetched, not both")
    if twinnings is None:
        return write_new(root, build_simulated_pair(name)), []
    if fetched is not None:
        guesses = [Guess(key, value) for key, value in find_fetched_lines(root, fetched).items()]
        agreements = look_at_twinnings_beside(root, twinnings, guesses)
    else:
        with report_when_slow(name, Text("study.stage-read")):
            guesses, agreements = look_at_both(root, str(trade), twinnings)
    if ask is not None:
        guesses, agreements = settle_guesses((guesses, agreements), ask)
    of_both = read_back_trade(root, guesses), read_back_agreements(root, agreements)
    readings = [[Text("data.look-read", said=sentence) for sentence in of_table] for of_table in of_both]
    guesses += [Guess("", "", line) for line in readings[0]]
    agreements += [Guess("", "", line) for line in readings[1]]
    text = render_guessed_analysis(name, guesses, agreements, build_usual_design("exports"))
    with report_when_slow(name, Text("study.stage-design")):
        text = render_guessed_analysis(name, guesses, agreements, choose_first_design(root, name, text, guesses))
    return write_new(root, {f"{FOLDER}/{name}.toml": text.encode("utf-8")}), [*readings[0], *readings[1]]


def build_simulated_pair(name: str) -> dict[str, bytes]:
    """Return an analysis and its two simulated tables as files."""
    table, registry = build_simulated_tables()
    files = (f"data/raw/{name.replace('-', '_')}_trade.csv", f"data/raw/{name.replace('-', '_')}_twinnings.csv")
    return {
        f"{FOLDER}/{name}.toml": _simulated_analysis(name, *files).encode("utf-8"),
        files[0]: to_bytes(table),
        files[1]: to_bytes(registry),
    }


def build_simulated_tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the small simulated trade table, and its agreements."""
    options = SimulatedTrade(seed=_SEED, cities=_CITIES, partners=_PARTNERS, first=_FIRST, last=_LAST)
    table = _with_effect(simulate_trade(options, "city", "partner", "year", "exports_usd"))
    columns = ["city", "partner", "partner_city", "date"]
    return table, pd.DataFrame(_AGREEMENTS, columns=columns).assign(kind="sister city")


def _with_effect(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with a known effect from the year after each date on."""
    factor = np.ones(len(table))
    for city, partner, _, date in _AGREEMENTS:
        is_after = (table["city"] == city) & (table["partner"] == partner) & (table["year"] > int(date[:4]))
        factor[is_after] = np.exp(_EFFECT)
    return table.assign(exports_usd=np.rint(table["exports_usd"] * factor).astype(np.int64))


def render_guessed_analysis(
    name: str, trade: Sequence[Guess], twinnings: Sequence[Guess], design: FirstDesign
) -> str:
    """Return an analysis file in which every guess is marked for the user to confirm."""
    return (
        find_catalogue()
        .read("analysis_guessed.toml")
        .format(
            name=name,
            title=_title(name),
            head=design.head,
            trade=_guessed(trade),
            twinnings=_guessed(twinnings),
            design=design.tail,
        )
    )


def _guessed(guesses: Sequence[Guess]) -> str:
    lines = []
    for guess in guesses:
        if not guess.key:
            lines.append(f"# {' '.join(str(guess.reason).split())}")
            continue
        is_open = guess.value == UNDECIDED or (guess.key == "money_unit" and UNKNOWN in str(guess.value))
        kind = "QUESTION" if is_open else "GUESS"
        mark = f"   # {kind}: {' '.join(str(guess.reason).split())}" if guess.reason else ""
        lines.append(f"{format_toml_line(guess.key, guess.value)}{mark}")
    return "\n".join(lines) + "\n"


def _simulated_analysis(name: str, trade: str, twinnings: str) -> str:
    design = build_usual_design("exports").tail
    document = find_catalogue().read("analysis_simulated.toml")
    return document.format(title=_title(name), trade=trade, twinnings=twinnings, design=design)


def _title(name: str) -> str:
    words = re.sub(r"-+", " ", name).strip()
    return words[:1].upper() + words[1:]
