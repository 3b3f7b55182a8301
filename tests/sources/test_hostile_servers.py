"""Whatever a publisher's server answers, a fetch gives what was asked for, or says what is wrong, nothing written."""

import csv
import io
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from loopback import Reply
from modes import EQUAL, MISSING, MODES, MOST_ASKED, REFUSED, Mode
from stages import STAGES, Stage
from test_publishers import read_spec

from twintrade.data import read_trade
from twintrade.data.covariates import complete
from twintrade.errors import TwintradeError
from twintrade.sources import client as asking
from twintrade.study.fetching import fetch_table

FORMULA = ("=", "+", "-", "@", "\t", "\r")


@pytest.fixture
def bring(connect, publisher, waits, tmp_path, monkeypatch):
    """Fetch a stage's table whose answers a mode spoils; give the lines that read it."""
    monkeypatch.setattr(asking, "_MOST_BYTES", 2_000_000)

    def brought(stage: Stage, mode: Mode | None, name: str) -> str:
        # every other answer has time enough on a busy machine
        is_endless = mode is not None and "byte by byte" in mode.name
        monkeypatch.setattr(asking, "_MOST_SECONDS", 0.3 if is_endless else 60.0)

        def answer(asked):
            if len(publisher.asked) > MOST_ASKED:
                publisher.answer = stage.answer
            if mode is None or stage.lookups(asked):
                return stage.answer(asked)
            spoiled = mode.spoil(stage, stage.list_rows(asked), asked)
            return spoiled if not isinstance(spoiled, list) else type(stage.answer(asked))(stage.encode(spoiled))

        publisher.asked.clear()
        publisher.answer = answer
        source, client = connect(stage.name, **stage.environment)
        return fetch_table(tmp_path, name, source, stage.query, client, waits.clock).block

    return brought


def read_figures(block: str, root: Path, name: str) -> dict | list[str]:
    if "[[data.twinnings]]" in block:
        return (root / f"data/raw/{name}.csv").read_text(encoding="utf-8").splitlines()
    table = complete(read_trade([read_spec(block)], root))
    return {(r.city, r.partner, r.period): r.value for r in table.frame.itertuples()}


# Junk for any cell; a figure that is plausible and wrong is the one thing that no check can see.
JUNK = [
    "",
    None,
    "x",
    "0",
    "-1",
    "²",
    "１２",
    "1 000",
    "1e",
    "--",
    "NaN",
    "\x9b",
    "\ud83d",
    "\u2067",
    "9" * 5000,
    "=A1",
    "\t=A1",
    True,
]
NESTED = [[], {}, [[1]], {"value": "1"}]


def spoil_one(stage: Stage, rng: np.random.Generator):
    """Spoil one cell of one answer, or cut it: a mode drawn at random."""
    spot = int(rng.integers(2)) if stage.name != "arcgis" else 0

    def spoil(stage, rows, asked):
        nonlocal spot
        spot -= 1
        if spot != -1 or not rows:
            return rows
        if stage.is_json and rng.random() < 0.2:
            body = Reply(stage.encode(rows)).encode()
            return Reply(body[: int(rng.integers(1, len(body)))])
        i, name = int(rng.integers(len(rows))), str(rng.choice(list(rows[0])))
        others = [row[name] for row in rows] if name != stage.parts.get("value") else []
        pool = [*JUNK, *others, *(NESTED if stage.is_json else [])]
        cell = pool[int(rng.integers(len(pool)))]
        if name == stage.parts.get("value") and cell in ("0", "-1"):
            cell = None
        return [{**row, name: cell} if j == i else row for j, row in enumerate(rows)]

    return spoil


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_one_spoiled_cell_is_refused_or_changes_no_figure(stage, bring, tmp_path):
    honest = read_figures(bring(stage, None, "honest"), tmp_path, "honest")
    rng = np.random.default_rng(46)
    ends = [
        judge(stage, Mode("drawn", spoil_one(stage, rng)), bring, honest, tmp_path, f"f{i}", few=True)
        for i in range(40)
    ]
    assert {end for end in ends if end not in (REFUSED, EQUAL, MISSING)} == set()
    assert min(ends.count(REFUSED), ends.count(EQUAL) + ends.count(MISSING)) > 3


@pytest.mark.parametrize(
    "stage", [s for s in STAGES if s.name in ("comexstat", "hmrc", "abs", "arcgis")], ids=lambda stage: stage.name
)
def test_one_spoiled_cell_of_a_list_of_codes_ends_in_words_or_in_a_clean_table(stage, bring, tmp_path):
    rng = np.random.default_rng(47)
    ends = []
    for i in range(25):
        lookups = spoil_lookups(stage.lookups, rng)
        name = f"l{i}"
        try:
            block = bring(replace(stage, lookups=lookups), None, name)
        except TwintradeError as error:
            check_words(error)
            ends.append(REFUSED)
            continue
        ends.append(EQUAL)
        check_table((tmp_path / f"data/raw/{name}.csv").read_text(encoding="utf-8"))
        assert is_clean(block)
    assert {*ends} == {REFUSED, EQUAL}


def spoil_lookups(lookups, rng: np.random.Generator):
    """Give the lists of codes with one value of the first asked for replaced by junk."""
    is_spoiled = False

    def spoiled(asked):
        nonlocal is_spoiled
        reply = lookups(asked)
        if reply is None or is_spoiled:
            return reply
        is_spoiled = True
        junk = [*JUNK, *NESTED]
        return replace(reply, body=put(reply.body, junk[int(rng.integers(len(junk)))], rng))

    return spoiled


def put(value: object, junk: object, rng: np.random.Generator) -> object:
    """Return a JSON value with one of its leaves replaced."""
    if isinstance(value, list | dict) and value:
        parts = list(enumerate(value)) if isinstance(value, list) else list(value.items())
        at, part = parts[int(rng.integers(len(parts)))]
        changed = value.copy()
        changed[at] = put(part, junk, rng)
        return changed
    return junk


def judge(stage: Stage, mode: Mode, bring, honest, root: Path, name: str, few: bool = False) -> str:
    """Return what a fetch made of a mode; ``few`` takes any number of missing figures."""
    try:
        block = bring(stage, mode, name)
    except TwintradeError as error:
        check_words(error)
        assert not list((root / "data/raw").glob(f"{name}.*"))
        return REFUSED
    try:
        figures = read_figures(block, root, name)
    except TwintradeError as error:
        return f"written, and refused when it is read: {str(error)[:80]}"
    check_table((root / f"data/raw/{name}.csv").read_text(encoding="utf-8"))
    if isinstance(honest, list):
        return EQUAL if len(figures) == len(honest) else f"{len(figures)} rows for {len(honest)}"
    others = {key for key in honest if figures.get(key) != honest[key]}
    if not others and len(figures) == len(honest):
        return EQUAL
    is_missing = all(figures.get(key, 0.0) != figures.get(key, 0.0) for key in others)
    spots = {(key[0], key[2]) for key in others}
    is_spot = few or (len(spots) == 1 and len(others) == 2)
    return MISSING if is_missing and is_spot else f"other figures: {sorted(others)[:2]}"


def is_clean(text: str) -> bool:
    return not any(unicodedata.category(c) in ("Cc", "Cs") or c in "\u202e\u2066" for c in text if c not in "\n\t")


def check_words(error: TwintradeError) -> None:
    assert is_clean(str(error)), ascii(str(error))


def check_table(text: str) -> None:
    assert is_clean(text)
    for row in csv.reader(io.StringIO(text)):
        for cell in row:
            assert not cell.startswith(FORMULA) or cell.strip("-") == "" or float(cell) <= 0, cell


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_each_mode_ends_as_it_should(stage, bring, publisher, tmp_path, waits):
    honest = read_figures(bring(stage, None, "honest"), tmp_path, "honest")
    assert len(honest) >= 4
    wrong = {}
    for i, mode in enumerate(mode for mode in MODES if mode.applies(stage)):
        name = f"m{i}"
        try:
            end = judge(stage, mode, bring, honest, tmp_path, name)
        except Exception as error:
            end = f"{type(error).__name__}: {error}"[:200]
        end = f"{len(publisher.asked)} questions" if len(publisher.asked) > MOST_ASKED else end
        if end != mode.expected:
            wrong[mode.name] = end
    assert wrong == {}
    assert sum(mode.applies(stage) for mode in MODES) >= 30
