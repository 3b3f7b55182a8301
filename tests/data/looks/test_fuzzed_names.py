"""Names of columns from words of eight languages: value, ends and direction are read right or asked, never wrong."""

import json
from pathlib import Path

import numpy as np
import pytest

from twintrade.data.looks.column_look import look_at_trade
from twintrade.errors import UNDECIDED

CITIES, PARTNERS, YEARS = ("Lyon", "Lille", "Nantes"), ("GBR", "USA", "JPN", "BRA"), range(2010, 2014)
UNITS = ("", "", " (USD)", " (万美元)", "_eur", " in 1,000 EUR")
STYLES = (str, str.upper, str.title, lambda name: name.replace(" ", "_"))

WORDS = json.loads((Path(__file__).parent / "column_words.json").read_text(encoding="utf-8"))


def draw_table(rng, words):
    """Return the names of a table's columns, which are value, city and partner, and which way goods went."""

    def pick(names):
        return str(names[rng.integers(len(names))])

    style = STYLES[rng.integers(len(STYLES))]
    end, way = ((words["countries"], ""), (words["origins"], "in"), (words["destinations"], "out"))[rng.integers(3)]
    by_way = {"out": words["exports"], "in": words["imports"]}
    is_named = not way or rng.random() < 0.5
    way = way or str(rng.choice(["out", "in"]))
    unit = pick(UNITS)
    value = style(pick(by_way[way] if is_named else words["values"])) + unit
    further = [style(pick(words["others"])) for _ in range(rng.integers(0, 4))]
    if is_named and way == "out" and rng.random() < 0.5:
        further.append(style(pick(words["imports"] + words["both"])) + unit)
    ends = style(pick(words["cities"])), style(pick(end))
    return [*ends, style(pick(words["years"])), *dict.fromkeys([value, *further])], value, ends, way


@pytest.mark.parametrize("n", [10, pytest.param(60, marks=pytest.mark.slow)])
@pytest.mark.parametrize("language", WORDS)
def test_names_are_read_right_or_asked_about(tmp_path, language, n):
    rng = np.random.default_rng([17, *language.encode()])
    n_right = n_drawn = 0
    while n_drawn < n:
        names, value, ends, way = draw_table(rng, WORDS[language])
        if len({*names}) < len(names):
            continue
        n_drawn += 1
        n_figures = len(names) - 3
        rows = [[c, p, y, *rng.integers(1, 10**7, n_figures)] for c in CITIES for p in PARTNERS for y in YEARS]
        order = rng.permutation(len(names))
        lines = [",".join(f'"{names[i]}"' for i in order), *(",".join(str(row[i]) for i in order) for row in rows)]
        (tmp_path / "t.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        found = {g.key: g.value for g in look_at_trade(tmp_path, "t.csv") if g.key}
        if UNDECIDED in (found[key] for key in ("value", "city", "partner", "flow")):
            continue
        goes = "out" if (found["flow"] == "exports") == (found["reporter"] == "city") else "in"
        assert (found["value"], (found["city"], found["partner"]), goes) == (value, ends, way), names
        n_right += 1
    assert n_right >= 0.7 * n
