"""Starts an analysis: a commented file on the user's own tables, or on a small simulated pair that runs as it is."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from twintrade.data.figures import UNKNOWN
from twintrade.data.looks import (
    Guess,
    look_at_both,
    look_at_twinnings_beside,
    read_back_agreements,
    read_back_trade,
)
from twintrade.data.sources import hold_collection
from twintrade.errors import UNDECIDED, SpecError
from twintrade.study.asking import Ask, settle_guesses
from twintrade.study.fetching import find_fetched_lines
from twintrade.study.plan.first_design import FirstDesign, build_usual_design, choose_first_design
from twintrade.study.progress import report_when_slow
from twintrade.study.spec.simulated_source import SimulatedTrade, simulate_trade
from twintrade.study.spec.toml_text import format_toml_line
from twintrade.study.store.folder import write_new
from twintrade.study.store.frames import to_bytes
from twintrade.study.store.locating import FOLDER, check_analysis_name
from twintrade.text import Text, find_catalogue

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
    "all",
    "help",
    "setup",
    "test",
    "test-slow",
    "check",
    "check-data",
    "appendix",
    "bench",
    "docs",
    "lock",
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
    """Write a new analysis; return the paths written, and what rows of the user's tables say as they were read.

    ``root``: project folder; ``trade``, ``twinnings``: the user's own tables, relative to the project; both or none;
    ``fetched``: name of a fetched table, in place of ``trade``: its card says how it is read, and nothing is guessed;
    ``ask``: asks the user what the tables leave open.
    """
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
