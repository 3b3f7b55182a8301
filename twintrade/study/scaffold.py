"""Starts an analysis: on the user's own tables, with the design of another, or on a small simulated pair."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twintrade.data import geography, looks
from twintrade.data.figures import UNKNOWN, parse_money_unit, read_header
from twintrade.data.registry import USUAL_KIND
from twintrade.data.sources import hold_collection
from twintrade.errors import UNDECIDED, DataError, SpecError, TwintradeError
from twintrade.study.fetching import find_fetched_lines
from twintrade.study.observing.observe import observe
from twintrade.study.plan.designs import build_usual_design, choose_first_design
from twintrade.study.progress import report_when_slow
from twintrade.study.spec.analysis import SimulatedTrade, parse, simulate_trade
from twintrade.study.spec.page_spec import RECIPE
from twintrade.study.spec.spec_text import format_toml_line, parse_tables, to_toml
from twintrade.study.store.folder import write_new
from twintrade.study.store.locating import FOLDER, Analysis, check_analysis_name
from twintrade.study.store.replay import to_bytes
from twintrade.text import Listed, Text, find_catalogue

# Asks on a terminal what the files of a new analysis leave open, a few questions at most.

MOST_QUESTIONS = 5
MOST_MARKS = 5
_PRESSING = (
    *("repeated", "partner_names", "day_first", "where", "city_names", "kinds", "absent", "value", "date", "undated"),
    *("decimal", "product_revision", "money_unit", "encoding", "sheet", "last_row", "flow", "frequency", "reporter"),
)
"""Keys whose guess is marked first, by what a wrong one would do."""
_TRIES = 3
_UNSEEN = {
    "data.look-nothing": ("exports", "imports"),
    "data.look-absent": ("missing", "zero", "error"),
    "data.look-reporter": ("city", "partner"),
    "data.look-remainder": (geography.LEAVE_OUT, geography.COMPARED, geography.FOR_TOTALS),
}
"""What a line may be whose reason says that nothing in the file tells."""

Ask = Callable[[str], str]  # shows a question and returns what was typed


def settle_guesses(tables: Sequence[Sequence[looks.Guess]], ask: Ask) -> tuple[list[list[looks.Guess]], list[Text]]:
    """Return the lines with those settled that a user answers, and what is said of answers that do not fit."""
    settled, given_up = [list(table) for table in tables], list[Text]()
    asked: set[tuple[int, str]] = set()
    while len(asked) < MOST_QUESTIONS:
        open_lines = (one for one in _list_questions(settled) if (one[1], settled[one[1]][one[2]].key) not in asked)
        question = min(open_lines, key=lambda one: one[:3], default=None)
        if question is None:
            break
        _, table, place, choices = question
        lines, guess = settled[table], settled[table][place]
        asked.add((table, guess.key))
        # A partner is not the column that was named as the city.
        city = next((g.value for g in lines if g.key == "city"), None)
        choices = tuple(c for c in choices if guess.key != "partner" or c != city)
        answer = _ask_one(guess, choices, ask, given_up)
        value: object = next((c for c in choices if str(c) == answer), answer)
        if isinstance(guess.value, dict):
            value = {k: answer if v == UNDECIDED or not guess.options else v for k, v in guess.value.items()}
        lines[place] = replace(guess, options=(), reason="", value=value) if answer else guess
        if guess.key == "value" and answer and (unit := read_header(answer)).is_whole and not unit.unread:
            for i, line in enumerate(lines):
                if line.key == "money_unit" and (line.value == UNDECIDED or UNKNOWN in str(line.value)):
                    lines[i] = looks.Guess("money_unit", unit.declare(), Text("data.look-column-name"))
    return settled, given_up


def _list_questions(tables: Sequence[Sequence[looks.Guess]]) -> Iterator[tuple[int, int, int, tuple[object, ...]]]:
    """Yield how pressing each line is that a user may settle, its table and its place there, and its choices."""
    for table, lines in enumerate(tables):
        for place, guess in enumerate(lines):
            unseen = _UNSEEN.get(guess.reason.key, ()) if isinstance(guess.reason, Text) else ()
            if guess.options or guess.value == UNDECIDED:
                yield 0, table, place, guess.options
            elif isinstance(guess.value, str) and UNKNOWN in guess.value:
                yield 1, table, place, ()
            elif unseen:
                yield 2, table, place, unseen


def _ask_one(guess: looks.Guess, choices: Sequence[object], ask: Ask, given_up: list[Text]) -> str:
    """Return the answer to one question, "" where it is left open, which is noted where the user answered it."""
    asked = [str(Text(f"study.question-{guess.key}")), *([f"  {guess.reason}"] if guess.reason else [])]
    listed = [f"  {i}  {choice}" for i, choice in enumerate(choices, 1)]
    hint = str(Text("study.question-choose" if choices else "study.question-write"))
    for _ in range(_TRIES):
        typed = ask("\n".join([*asked, *listed, hint])).strip()
        if not typed:
            return ""
        if answer := _read_answer(guess.key, typed, list(map(str, choices))):
            return answer
        asked = [str(Text("study.question-again", typed=typed))]
    known = Listed(tuple(format_toml_line(guess.key, choice) for choice in choices), "or")
    given_up.append(Text("study.question-given-up", key=guess.key, typed=typed, n=len(choices), choices=known))
    return ""


def _read_answer(key: str, typed: str, choices: Sequence[str]) -> str:
    """Return what was typed as a value, "" where it is none of the choices or no unit."""
    if choices:
        return typed if typed in choices else {str(i): choice for i, choice in enumerate(choices, 1)}.get(typed, "")
    if key == "money_unit":
        try:
            parse_money_unit(typed)
        except DataError:
            return ""
    return typed


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


@dataclass(frozen=True, slots=True)
class TablesLook:
    """Lines of an analysis file read off its tables, and sentences that say how their rows were understood."""

    trade: list[looks.Guess]
    twinnings: list[looks.Guess]
    undated: list[looks.Guess]
    sentences: list[Text]

    def assume_answers(self) -> "TablesLook":
        """Return the lines with an answer to every question, for a search that has to read the files."""
        trade, twinnings, undated = ([*map(_assume, lines)] for lines in (self.trade, self.twinnings, self.undated))
        return TablesLook([*trade, looks.Guess("confirmed", True)], twinnings, undated, self.sentences)


def check_new_name(name: str) -> None:
    """Refuse a name that no analysis can have."""
    check_analysis_name(name)
    if name in _RESERVED:
        raise SpecError(f"{name!r} is a target of the Makefile: choose another name")


@hold_collection()
def write_scaffold(
    root: Path,
    name: str,
    trade: str | None = None,
    twinnings: str | None = None,
    fetched: str | None = None,
    ask: Ask | None = None,
    undated: str | None = None,
) -> tuple[list[str], list[Text]]:
    """Write a new analysis of own, fetched or demo tables; return its paths, and what rows say as they were read."""
    check_new_name(name)
    if (trade is None and fetched is None) != (twinnings is None) or (undated and not twinnings):
        raise SpecError("give both --trade (or --fetched) and --twinnings, or none for a simulated pair")
    if trade is not None and fetched is not None:
        raise SpecError("give --trade or --fetched, not both")
    if twinnings is None:
        return write_new(root, build_simulated_pair(name)), []
    look = look_at_tables(root, name, trade, twinnings, fetched, undated, ask)
    text = render_guessed_analysis(name, look.assume_answers(), "", build_usual_design("exports"))
    with report_when_slow(name, Text("study.stage-design")):
        text = render_guessed_analysis(name, look, *choose_first_design(root, name, text, look.trade))
    return write_new(root, {f"{FOLDER}/{name}.toml": text.encode("utf-8")}), look.sentences


def look_at_tables(
    root: Path,
    name: str,
    trade: str | None,
    twinnings: str,
    fetched: str | None,
    undated: str | None,
    ask: Ask | None,
) -> TablesLook:
    """Return the lines of an analysis that its tables suggest, settled with the user where ``ask`` is given."""
    if fetched is not None:
        guesses = [looks.Guess(key, value) for key, value in find_fetched_lines(root, fetched).items()]
        agreements = looks.look_at_twinnings_beside(root, twinnings, guesses)
    else:
        with report_when_slow(name, Text("study.stage-read")):
            guesses, agreements = looks.look_at_both(root, str(trade), twinnings)
    links = looks.look_at_twinnings_beside(root, undated, guesses, is_undated=True) if undated else []
    if not any(guess.key == "date" for guess in agreements):
        if links:
            raise DataError(Text("data.look-none-dated", file=twinnings, undated=str(undated)))
        agreements, links = [], agreements
    tables, sentences = [guesses, agreements, links], list[Text]()
    if ask is not None:
        tables, sentences = settle_guesses(tables, ask)
    sentences += [g.reason for g in guesses if isinstance(g.reason, Text) and g.reason.key == "data.look-other-flow"]
    reads = (looks.read_back_trade, looks.read_back_agreements, looks.read_back_agreements)
    for lines, read_back in zip(tables, reads, strict=True):
        readings = [Text("data.look-read", said=sentence) for sentence in (read_back(root, lines) if lines else ())]
        entry = {guess.key: guess.value for guess in lines if guess.key}
        table = looks.look_at_file(root, str(entry["file"]))[0] if entry else None
        if table is not None:
            lines[:] = [replace(g, is_contested=bool(looks.list_rivals(table, entry, g.key))) for g in lines]
        lines += [looks.Guess("", "", line) for line in readings]
        sentences += readings
    return TablesLook(tables[0], tables[1], tables[2], sentences)


def _assume(guess: looks.Guess) -> looks.Guess:
    """Return a line with an answer to what it asks, for the search of a design that has to read the files."""
    value = guess.value
    if guess.key == "money_unit" and UNKNOWN in str(value).replace(UNDECIDED, UNKNOWN):
        value = "USD"
    elif isinstance(value, dict):
        value = {key: USUAL_KIND if kind == UNDECIDED else kind for key, kind in value.items()}
    elif guess.options:
        value = guess.options[0]
    return replace(guess, value=value, options=())


def build_simulated_pair(name: str) -> dict[str, bytes]:
    """Return an analysis and its two simulated tables as files."""
    table, registry = build_simulated_tables()
    files = (f"data/raw/{name.replace('-', '_')}_trade.csv", f"data/raw/{name.replace('-', '_')}_twinnings.csv")
    document, design = find_catalogue().read("analysis_simulated.toml"), build_usual_design("exports")
    content = document.format(title=_title(name), trade=files[0], twinnings=files[1], design=design)
    return {f"{FOLDER}/{name}.toml": content.encode("utf-8"), files[0]: to_bytes(table), files[1]: to_bytes(registry)}


def build_simulated_tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the small simulated trade table, and its agreements."""
    options = SimulatedTrade(seed=_SEED, cities=_CITIES, partners=_PARTNERS, first=_FIRST, last=_LAST)
    table = simulate_trade(options, "city", "partner", "year", "exports_usd")
    factor = np.ones(len(table))
    for city, partner, _, date in _AGREEMENTS:  # a known effect from the year after each date on
        is_after = (table["city"] == city) & (table["partner"] == partner) & (table["year"] > int(date[:4]))
        factor[is_after] = np.exp(_EFFECT)
    table["exports_usd"] = np.rint(table["exports_usd"] * factor).astype(np.int64)
    columns = ["city", "partner", "partner_city", "date"]
    return table, pd.DataFrame(_AGREEMENTS, columns=columns).assign(kind="sister city")


def render_guessed_analysis(name: str, look: TablesLook, head: str, tail: str, command: str = "init") -> str:
    """Return an analysis file in which the guesses that matter most are marked for the user to confirm."""
    n_free = MOST_MARKS - f"{head}{tail}".count("# GUESS")
    guesses = [g for g in (*look.trade, *look.twinnings, *look.undated) if g.key and g.reason and not _is_open(g)]
    marked = {id(guess) for guess in sorted(guesses, key=_rank)[: max(n_free, 0)]}
    tables = {"trade": _guessed(look.trade, marked)}
    tables["twinnings"] = _write_agreements("[data.twinnings]", look.twinnings, "study.none-dated", marked)
    tables["undated"] = _write_agreements("data.undated", look.undated, "study.if-undated", marked)
    tables |= {"command": command, "name": name, "title": _title(name), "head": head, "design": tail}
    return find_catalogue().read("analysis_guessed.toml").format(**tables)


def _rank(guess: looks.Guess) -> tuple[bool, bool, int]:
    """Return the place of a guess: what nothing says, what has another answer, then by what a wrong one would do."""
    is_unseen = isinstance(guess.reason, Text) and guess.reason.key in ("data.look-nothing", "data.look-absent")
    place = _PRESSING.index(guess.key) if guess.key in _PRESSING else len(_PRESSING)
    return not is_unseen, not guess.is_contested, place


def _is_open(guess: looks.Guess) -> bool:
    values = guess.value.values() if isinstance(guess.value, dict) else (guess.value,)
    return UNDECIDED in values or (guess.key == "money_unit" and UNKNOWN in str(guess.value))


def _guessed(guesses: Sequence[looks.Guess], marked: Collection[int]) -> str:
    lines = []
    for guess in guesses:
        if not guess.key:
            lines.append(f"# {' '.join(str(guess.reason).split())}")
            continue
        kind = "QUESTION: " if _is_open(guess) else "GUESS: " if id(guess) in marked else ""
        mark = f"   # {kind}{' '.join(str(guess.reason).split())}" if guess.reason else ""
        lines.append(f"{format_toml_line(guess.key, guess.value)}{mark}")
    return "\n".join(lines) + "\n"


def _write_agreements(table: str, guesses: Sequence[looks.Guess], key: str, marked: Collection[int]) -> str:
    """Return a table of agreements; where there is no list, how one is declared."""
    if guesses:
        return f"[{table}]\n{_guessed(guesses, marked)}"
    sketch = {"file": "data/raw/list.csv", "city": "city", "partner": "partner"}
    further = {"policy": "exclude"} if table.endswith("undated") else {k: k for k in ("partner_city", "date", "kind")}
    lines = [f"[{table}]", *(format_toml_line(k, v) for k, v in (sketch | further).items())]
    return "".join(f"# {line}\n" for line in (Text(key), *lines))


def _title(name: str) -> str:
    words = re.sub(r"-+", " ", name).strip()
    return words[:1].upper() + words[1:]


# Takes the design of an analysis to another pair and other tables.

_CARRIED: Mapping[str, tuple[str, ...]] = {
    "design": ("without",),
    "inference": (),
    "estimator": ("label", "without"),
    "diagnostic": (),
    "report": ("authors", "date", "wording", "spelling", "translated", "romanized", "designs_tried"),
}
"""Tables that are taken over, each with the keys that are not: names of the old places, words about them."""
_OF_TABLE = (
    "outcome",
    "window",
    "reference",
    "anticipation",
    "sample",
    "index_base",
    "covariates",
    "weights",
    "date",
)
"""Keys of the design that fit the old trade table or list of agreements; the new file marks each as a guess."""
_BETWEEN = re.compile(r"\s*[–—→|]\s*|\s+-\s+")


def swap_pair(
    analysis: Analysis, new: str, trade: str, twinnings: str, pair: str = "", ask: Ask | None = None
) -> tuple[str, list[Text], tuple[str, ...]]:
    """Write an analysis with the design of another, on other tables; no sentence about the old ones comes along.

    ``pair``: city and partner country, as "济南市–英国", of an analysis of one pair. Return its path, what its tables
    were read as, and the keys of the old file that were not taken over.
    """
    check_new_name(new)
    tables = parse_tables(analysis.text, f"{FOLDER}/{analysis.name}.toml")
    if tables.get("recipe") == RECIPE:
        raise SpecError(Text("study.swap-registry", name=analysis.name))
    if ("case" in tables) != bool(pair):
        raise SpecError(Text("study.swap-pair" if "case" in tables else "study.swap-no-pair", name=analysis.name))
    look = look_at_tables(analysis.root, new, trade, twinnings, None, None, ask)
    carried, left = _divide(tables)
    tail = _write_tail(carried, analysis.name, look)
    recipe = format_toml_line("recipe", tables["recipe"]) if "recipe" in tables else ""
    head = f"{recipe}\n{_find_case(analysis.root, new, recipe, tail, look, pair) if pair else ''}"
    content = render_guessed_analysis(new, look, head, tail, "swap")
    (path,) = write_new(analysis.root, {f"{FOLDER}/{new}.toml": content.encode("utf-8")})
    return path, look.sentences, left


def _divide(tables: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the tables that are taken over, and the keys left behind."""
    left = [key for key in tables if key not in (*_CARRIED, "recipe", "data", "case")]
    left += [f"data.{key}" for key in tables["data"] if key not in ("trade", "twinnings")]
    carried: dict[str, Any] = {}
    for name, unwanted in _CARRIED.items():
        table = tables.get(name, {})
        entries = table if isinstance(table, list) else [table]
        left += [f"{name}.{key}" for key in unwanted if any(key in entry for entry in entries)]
        kept = [{key: value for key, value in entry.items() if key not in unwanted} for entry in entries]
        if any(kept):
            carried[name] = kept if isinstance(table, list) else kept[0]
    return carried, tuple(left)


def _write_tail(carried: Mapping[str, Any], name: str, look: TablesLook) -> str:
    """Return the tables of the design as TOML, with a mark on each line that the new tables may not bear."""
    flow = next((guess.value for guess in look.trade if guess.key == "flow"), None)
    design = carried.get("design", {})
    if isinstance(flow, str) and design.get("outcome", "exports") in ("exports", "imports"):
        carried = {**carried, "design": {"outcome": flow, **{k: v for k, v in design.items() if k != "outcome"}}}
    mark, tail = f"   # GUESS: {Text('study.swap-as-in', name=name)}", "\n"
    for key in carried:
        lines = to_toml({key: carried[key]}).splitlines()
        tail += "\n".join(f"{one}{mark}" if one.split(" ")[0] in _OF_TABLE else one for one in lines) + "\n\n"
    return tail


def _find_case(root: Path, new: str, recipe: str, tail: str, look: TablesLook, pair: str) -> str:
    """Return the table of the case: the city as the new trade table has it, and the code of the partner."""
    ends = _BETWEEN.split(pair.strip())
    ends = pair.strip().split("-") if len(ends) == 1 else ends
    if len(ends) != 2 or not all(ends):
        raise SpecError(Text("study.swap-pair-unread", typed=pair))
    city, partner = ends[0], geography.find_code(ends[1])
    if not partner:
        raise SpecError(Text("study.swap-partner", typed=ends[1]))
    content = render_guessed_analysis(new, look.assume_answers(), recipe + "\n", tail)
    try:
        with report_when_slow(new, Text("study.stage-design")):
            panel = observe(new, parse(content)[0], root).panel
    except TwintradeError:
        pass  # check says what the tables leave open; the city is written as it was typed
    else:
        known = sorted(map(str, panel.cities))
        near = (city,) if city in known else geography.list_near_names(city, known)
        if len(near) != 1:
            raise SpecError(Text("study.swap-city", typed=city, n=len(near), near=Listed(near)))
        city = near[0]
        if partner not in panel.partners:
            raise SpecError(Text("study.swap-absent", typed=ends[1], code=partner))
    place = geography.find_only_place(city) or geography.find_only_place(ends[0])
    lines = []
    for key, value, other in (("city", city, ends[0]), ("partner", partner, geography.load_places()[partner].name)):
        lines.append(format_toml_line(key, value) + (f"   # {other}" if other != value else ""))
    if place is not None and place.country:
        lines.append(f"{format_toml_line('country', place.country)}   # GUESS: {Text('study.swap-country')}")
    return "\n[case]\n" + "".join(f"{line}\n" for line in lines)
