"""Asks on a terminal what the files of a new analysis leave open, a few questions at most."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from twintrade.data.figures import UNKNOWN, parse_money_unit, read_header
from twintrade.data.geography import COMPARED, FOR_TOTALS, LEAVE_OUT
from twintrade.data.looks import Guess
from twintrade.errors import UNDECIDED, DataError
from twintrade.text import Text

MOST_QUESTIONS = 5
_TRIES = 3
_UNSEEN = {
    "data.look-nothing": ("exports", "imports"),
    "data.look-absent": ("missing", "zero", "error"),
    "data.look-reporter": ("city", "partner"),
    "data.look-remainder": (LEAVE_OUT, COMPARED, FOR_TOTALS),
}
"""What a line may be whose reason says that nothing in the file tells."""

Ask = Callable[[str], str]
"""Shows a question and returns what was typed."""


@dataclass(frozen=True, slots=True)
class _Question:
    """A line of one of the two tables that a user may settle, the most pressing first."""

    rank: int
    table: int
    place: int
    choices: tuple[object, ...]


def settle_guesses(tables: Sequence[Sequence[Guess]], ask: Ask) -> list[list[Guess]]:
    """Return the lines of both tables with those settled that a user answers; the others stay as they are.

    ``tables``: lines of the trade table and of the register.
    """
    settled = [list(table) for table in tables]
    n_asked = 0
    while n_asked < MOST_QUESTIONS and (question := _find_next(tables, settled)):
        lines = settled[question.table]
        guess = lines[question.place]
        answer = _ask_one(guess, _list_choices(guess, question, lines), ask)
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


def _list_choices(guess: Guess, question: _Question, lines: Sequence[Guess]) -> tuple[object, ...]:
    """Return what a line may be: a partner is not the column that was named as the city."""
    city = next((g.value for g in lines if g.key == "city"), None)
    return tuple(c for c in question.choices if guess.key != "partner" or c != city)


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
