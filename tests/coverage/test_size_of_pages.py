"""Pages on simulated trade without any effect support no claim and object to nothing more often than they may.

Pages: benchmarks/simulated_pages.py. Stored results: docs/lab/size_of_pages.csv, shown in docs/lab/size_of_pages.md.
"""

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

from benchmarks.agreement_panels import draw_errors
from benchmarks.simulated_pages import BY_NAME, PAGES, ZEROS, draw_page, evaluate_page
from benchmarks.size_of_auto import fill_page, store_tables
from benchmarks.size_of_pages import (
    ANY_OBJECTION,
    OBJECTION,
    PAGE,
    TABLES,
    bound_false_support,
    list_checks,
    read_results,
    summarize,
)
from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.pre_period.reference_year import PlaceboDates
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.inference.clustered import Clustered

CASES = tuple(page.name for page in PAGES if page.is_case)


def exceed(share: float, pages: int) -> float:
    """Return a bound on a share with three binomial errors."""
    return share + 3 * np.sqrt(share * (1 - share) / pages)


@loop_over("page", PAGES, ids=lambda page: page.name)
def test_agreements_fall_into_few_cities_and_pairs_are_left_out(page):
    drawn = draw_page(page, 0)
    signed = np.isfinite(drawn.onset)
    assert signed.sum() == page.agreements
    assert signed.any(axis=1).sum() <= page.in_cities
    assert drawn.is_excluded.sum() == page.excluded
    assert not (signed & drawn.is_excluded).any()
    assert drawn.onset[signed].min() >= page.before[0]
    assert drawn.onset[signed].max() <= page.before[1] < page.years
    shares = [draw_page(page, k).is_zero.mean() for k in range(40)]
    assert np.mean(shares) == pytest.approx(np.mean(ZEROS), abs=0.005)


def test_an_effect_is_planted_after_the_agreements_alone(tmp_path):
    drawn = draw_page(BY_NAME["staggered"], 0)

    def read(effect):
        drawn.write(tmp_path, effect, 1)
        return pd.read_csv(tmp_path / "data/raw/trade.csv")["exports_usd"].to_numpy().reshape(drawn.logs.shape)

    bare, planted = read(0.0), read(1.0)
    after = np.arange(drawn.page.years) >= drawn.onset[..., None]
    assert (planted[~after] == bare[~after]).all()
    np.testing.assert_allclose(planted[after], np.e * bare[after], rtol=1e-3, atol=2)


def test_stored_pages_hold_their_bounds():
    table = summarize(read_results().query("run == 'now'"))
    null = table[~table["is_planted"]]
    assert set(null["recipe"]) == set(BY_NAME)
    assert (null["any_supported"] <= [bound_false_support(n) for n in null["pages"]]).all()
    assert (null["objects"] <= [exceed(ANY_OBJECTION, n) for n in null["pages"]]).all()
    assert (table["fails"] == 0).all()


def test_stored_checks_hold_their_bounds():
    found = list_checks(read_results().query("run == 'now' and planted == 0"))
    each = found.assign(objects=found["verdict"] == "objects").groupby(["recipe", "check", "page"])["objects"].max()
    shares = each.groupby(level=["recipe", "check"]).agg(["mean", "size"])
    assert (shares["mean"] <= exceed(OBJECTION, shares["size"])).all()


def test_the_page_shows_the_stored_results():
    text = PAGE.read_text(encoding="utf-8")
    assert fill_page(text, read_results(), TABLES) == text
    for name, rows in store_tables(text, read_results(), TABLES).items():
        assert (PAGE.parent / name).read_text(encoding="utf-8") == rows, f"{name}: run the benchmark without draws"


@pytest.mark.slow
@pytest.mark.parametrize("name", [*CASES, "staggered"])
def test_pages_without_an_effect_seldom_support_a_claim(name, tmp_path):
    """Thirty pages that the stored results do not hold."""
    pages = [evaluate_page(draw_page(BY_NAME[name], k), 0.0, k, tmp_path) for k in range(1000, 1030)]
    assert [page["error"] for page in pages] == [""] * 30
    assert np.mean([": supported" in page["claims"] for page in pages]) <= bound_false_support(30)
    assert np.mean([": objects" in page["checks"] for page in pages]) <= exceed(ANY_OBJECTION, 30)


@pytest.mark.slow
def test_placebo_dates_keep_their_size_under_errors_clustered_by_pair():
    """48 pairs, 12 treated at three dates: unscaled, 14 of the first 150 panels were objected to."""
    objects = 0
    for k in range(150):
        rng = np.random.default_rng([7, k])
        y = 0.4 * draw_errors(rng, (48, 1), 0.6, True)[:, 0]
        frame = pd.DataFrame(
            {"unit": np.repeat([f"u{i:02d}" for i in range(48)], 12), "t": np.tile(range(12), 48), "y": y.ravel()}
        )
        panel = Panel.from_frame(frame, unit="unit", period="t")
        onset = np.full(48, np.inf)
        onset[:12] = np.repeat([5, 7, 9], 4)
        treatment = Treatment(panel.units, onset)
        design = Design(panel=panel, treatment=treatment, outcome="y", transform="level", clusters=("unit",))
        found = PlaceboDates().check(fit(Imputation(), design), Clustered(draws=1), np.random.default_rng(1))
        objects += found.verdict == "objects"
    assert objects <= OBJECTION * 150
