"""Starts an analysis: a commented file on the user's own tables, or on a small simulated pair that runs as it is."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from twintrade.data.looks import Guess, list_cities, look_at_trade, look_at_twinnings
from twintrade.errors import SpecError
from twintrade.study.plan.first_design import FirstDesign, build_usual_design, choose_first_design
from twintrade.study.spec.simulated_source import SimulatedTrade, simulate_trade
from twintrade.study.spec.toml_text import format_toml_line
from twintrade.study.store.folder import write_new
from twintrade.study.store.frames import to_bytes
from twintrade.study.store.locating import FOLDER, check_analysis_name

_CITIES = ("Alder", "Birch", "Cedar", "Elm", "Hazel", "Linden", "Maple", "Rowan")
_PARTNERS = ("AUS", "BRA", "CAN", "DEU", "FRA", "GBR", "IND", "JPN", "KOR", "ZAF")
_TIES = (
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
_RESERVED = ("all", "help", "setup", "test", "test-slow", "check", "check-data", "appendix", "bench", "lock", "clean")


def write_scaffold(root: Path, name: str, trade: str | None = None, twinnings: str | None = None) -> list[str]:
    """Write a new analysis; return the paths written.

    Parameters
    ----------
    root : Path
        Project folder.
    name : str
    trade, twinnings : str, optional
        The user's own tables, relative to the project; both or none.

    Raises
    ------
    SpecError
        The name is none, or one file is given without the other.
    DataError
        A file cannot be read or guessed.
    StoreError
        Something of that name exists.
    """
    check_analysis_name(name)
    if name in _RESERVED:
        raise SpecError(f"{name!r} is a target of the Makefile: choose another name")
    if (trade is None) != (twinnings is None):
        raise SpecError("give both --trade and --twinnings, or none for a simulated pair")
    if trade is None or twinnings is None:
        return write_new(root, build_simulated_pair(name))
    ties = look_at_twinnings(root, twinnings)
    found = look_at_trade(root, trade, list_cities(root, ties))
    text = render_guessed_analysis(name, found, ties, build_usual_design("exports"))
    text = render_guessed_analysis(name, found, ties, choose_first_design(root, name, text, found))
    return write_new(root, {f"{FOLDER}/{name}.toml": text.encode("utf-8")})


def build_simulated_pair(name: str) -> dict[str, bytes]:
    """Return an analysis and its two simulated tables as files."""
    options = SimulatedTrade(seed=_SEED, cities=_CITIES, partners=_PARTNERS, first=_FIRST, last=_LAST)
    table = _with_effect(simulate_trade(options, "city", "partner", "year", "exports_usd"))
    ties = pd.DataFrame(_TIES, columns=["city", "partner", "partner_city", "date"]).assign(kind="sister city")
    files = (f"data/raw/{name.replace('-', '_')}_trade.csv", f"data/raw/{name.replace('-', '_')}_twinnings.csv")
    return {
        f"{FOLDER}/{name}.toml": _simulated_analysis(name, *files).encode("utf-8"),
        files[0]: to_bytes(table),
        files[1]: to_bytes(ties),
    }


def _with_effect(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with a known effect from the year after each date on."""
    factor = np.ones(len(table))
    for city, partner, _, date in _TIES:
        is_after = (table["city"] == city) & (table["partner"] == partner) & (table["year"] > int(date[:4]))
        factor[is_after] = np.exp(_EFFECT)
    return table.assign(exports_usd=np.rint(table["exports_usd"] * factor).astype(np.int64))


def render_guessed_analysis(
    name: str, trade: Sequence[Guess], twinnings: Sequence[Guess], design: FirstDesign
) -> str:
    """Return an analysis file in which every guess is marked for the user to confirm."""
    return (
        f'# Written by "twintrade init". Every line marked GUESS was read off your files: confirm or correct it,\n'
        f"# then run: twintrade check {name}\n"
        f'title = "{_title(name)}"\n'
        'question = ""               # one sentence the page opens with\n'
        "limits = []                 # sentences about what these data cannot show\n"
        f"{design.head}\n[[data.trade]]\n{_guessed(trade)}"
        f"\n[[data.twinnings]]\n{_guessed(twinnings)}"
        "\n# Agreements whose date is not known are never a comparison. If you have a list of them:\n"
        '# [data.undated]\n# file = "data/raw/undated.csv"\n# city = "city"\n# partner = "partner"\n'
        '# policy = "exclude"\n'
        f"{design.tail}"
    )


def _guessed(guesses: Sequence[Guess]) -> str:
    lines = []
    for guess in guesses:
        if not guess.key:
            lines.append(f"# {' '.join(str(guess.reason).split())}")
            continue
        mark = f"   # GUESS: {' '.join(str(guess.reason).split())}" if guess.reason else ""
        lines.append(f"{format_toml_line(guess.key, guess.value)}{mark}")
    return "\n".join(lines) + "\n"


def _simulated_analysis(name: str, trade: str, twinnings: str) -> str:
    return f"""# Written by "twintrade init". It runs as it is, on simulated series; replace what is marked REPLACE.
title = "{_title(name)}"
question = "Did exports to a country change after an agreement with a place in that country?"   # REPLACE
limits = ["The series are simulated: nothing here says anything about real trade."]              # REPLACE

[data]
simulated = true             # REPLACE: remove this line when your own series stands in the file below

[[data.trade]]
file = "{trade}"   # REPLACE: your trade table, one row a city, partner and period
city = "city"                # which column plays which part
partner = "partner"          # ISO codes or country names
period = "year"
value = "exports_usd"
flow = "exports"             # or "imports": never inferred
reporter = "city"            # or "partner": whose statistics these are
money_unit = "USD"           # "1,000 USD", "万美元" ... are converted exactly
absent = "error"             # what an absent row means: "zero", "missing", or an error

[[data.twinnings]]
file = "{twinnings}"   # REPLACE: your agreements, one row an agreement (or an agreement and event)
city = "city"
partner = "partner"
partner_city = "partner_city"
date = "date"                # 2004-09-13, 2004-09 or 2004
kind = "kind"

[data.twinnings.kinds]       # what your file calls each kind
"sister city" = "sister city"
{build_usual_design("exports").tail}"""


def _title(name: str) -> str:
    words = re.sub(r"-+", " ", name).strip()
    return words[:1].upper() + words[1:]
