"""The rule for verdicts keeps its rates on placebo agreements, and page 1 says what it says.

Placements: benchmarks/size_of_verdicts.py. Stored results: docs/lab/size_of_verdicts.csv, with its page.
"""

import numpy as np
import pytest

from benchmarks.pages_of_verdicts import compare_page, list_pages
from benchmarks.size_of_auto import fill_page, store_tables
from benchmarks.size_of_verdicts import DEALINGS, RESULTS, TABLES, read_results

QUICK, ALL = (1, 5, 6, 10, 16, 26), 400
"""Pages of every panel, dealing and number of pairs and of every answer; and how many pages there are."""


def exceed(share, n):
    """Return a bound on a share with three binomial errors."""
    return share + 3 * np.sqrt(share * (1 - share) / n)


@pytest.fixture(scope="module")
def stored():
    return read_results()


def test_stored_placements_without_an_effect_are_rarely_evidence(stored) -> None:
    for run in ("v2", "held2"):
        nulls = stored[(stored["run"] == run) & (stored["plant"] == "none") & (stored["grade"] != "failed")]
        graded = nulls["grade"].isin(["some", "strong"])
        assert graded.mean() <= 0.03
        assert (nulls["grade"] == "strong").mean() <= 0.005
        assert set(nulls["dealing"]) == set(DEALINGS)
        for dealing, rows in nulls.groupby("dealing"):
            assert (rows["p"] <= 0.05).mean() <= exceed(0.05, len(rows)), (run, dealing)


def test_stored_trends_are_rarely_evidence(stored) -> None:
    """Of a straight line that doubles trade from the middle of the periods before to that of those after."""
    trends = stored[stored["plant"] == "trend"]
    for key, rows in trends.groupby(["run", "dealing"]):
        assert rows["grade"].isin(["some", "strong"]).mean() <= exceed(0.10, len(rows)), key
        assert (rows["grade"] == "strong").mean() <= exceed(0.03, len(rows)), key


def test_the_page_shows_what_is_stored(stored) -> None:
    page = RESULTS.with_suffix(".md").read_text(encoding="utf-8")
    assert fill_page(page, stored, TABLES) == page
    for name, rows in store_tables(page, stored, TABLES).items():
        assert (RESULTS.parent / name).read_text(encoding="utf-8") == rows, f"{name}: run the benchmark without draws"


def test_page_and_rule_agree() -> None:
    """A missing effect, a rise, and changes too small to matter among them."""
    pages = [page for page in list_pages(ALL) if page.number in QUICK]
    assert [len({getattr(page, part) for page in pages}) for part in ("panel", "dealing", "n")] == [3, 4, 4]
    answers = [compare_page(page, 39) for page in pages]
    assert [page for page, _ in answers] == [rule for _, rule in answers]
    assert {page.grade for page, _ in answers} == {"cannot", "some", "small", "nothing"}
    assert {page.side for page, _ in answers if page.grade == "some"} == {"rise", "fall"}


@pytest.mark.slow
def test_more_pages_and_the_rule_agree() -> None:
    """With 199 deals, from which evidence can be strong."""
    for page in (page for page in list_pages(ALL) if page.number not in QUICK):
        on_page, rule = compare_page(page, 199)
        assert on_page == rule, page
