"""An event study from what an engine returns is the one from every row, to 1e-10 of the largest effect."""

import os
import shutil

import numpy as np
import pandas as pd
import pytest

from twintrade.data.microdata.cohort_sums import build_cohort_tables
from twintrade.data.schema import Microdata
from twintrade.design import Design, Panel, Treatment
from twintrade.design.cohort_statistics import CohortStatistics
from twintrade.errors import DataError
from twintrade.estimators.base import ESTIMATORS, fit
from twintrade.inference.base import INFERENCES

pytest.importorskip("duckdb", reason="the extra microdata is not installed")

RELATIVE = 1e-10
"""Effects are differences of means of about 1e6 held in double precision: 1e-10 is 1e-16 times a million."""

HAS_JAVA = shutil.which("java") is not None or "JAVA_HOME" in os.environ


@pytest.fixture(scope="module")
def cells() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    index = pd.MultiIndex.from_product(
        [[f"C{i:02d}" for i in range(12)], ["USA", "DEU", "FRA", "JPN", "NAM"], range(2000, 2010)],
        names=["city", "partner", "period"],
    )
    frame = pd.DataFrame({"units": rng.integers(0, 10**10, len(index))}, index=index).reset_index()
    return frame[rng.uniform(size=len(frame)) < 0.9].reset_index(drop=True)


@pytest.fixture(scope="module")
def onsets() -> pd.DataFrame:
    dyads = [(f"C{i:02d}", "USA", 2003 + i % 4) for i in range(8)] + [(f"C{i:02d}", "DEU", 2005) for i in range(5)]
    return pd.DataFrame(dyads, columns=["city", "partner", "onset"])


def in_memory(cells, onsets) -> Design:
    grid = pd.MultiIndex.from_product([sorted(set(cells[n])) for n in ("city", "partner", "period")])
    full = cells.set_index(["city", "partner", "period"])["units"].reindex(grid, fill_value=0) / 100
    frame = full.rename_axis(["city", "partner", "period"]).rename("exports").reset_index()
    panel = Panel.from_frame(frame, city="city", partner="partner")
    onset = pd.Series(np.inf, index=panel.units)
    onset[[f"{c}-{p}" for c, p in zip(onsets["city"], onsets["partner"], strict=True)]] = onsets["onset"].to_numpy()
    return Design(panel=panel, treatment=Treatment.from_series(onset), outcome="exports", clusters=("city",))


@pytest.mark.parametrize(
    "engine",
    ["duckdb", pytest.param("spark", marks=pytest.mark.skipif(not HAS_JAVA, reason="there is no Java for Spark"))],
)
def test_effects_and_clustered_errors_are_those_of_every_row(cells, onsets, engine, tmp_path):
    if engine == "spark":
        pytest.importorskip("pyspark", reason="the extra spark is not installed")
    tables = build_cohort_tables(cells, onsets, Microdata(engine=engine, answer_within=240), tmp_path)
    made = CohortStatistics.from_tables(tables.sums, tables.products, tables.clusters, center=tables.center)
    whole = in_memory(cells, onsets)
    for name in ("callaway_santanna", "imputation"):
        one = fit(ESTIMATORS[name](), Design.from_statistics(made, clusters=("city",)))
        other = fit(ESTIMATORS[name](), whole)
        for view in ("event", "overall"):
            a = INFERENCES["clustered"]().infer(one, view, np.random.default_rng(1))
            b = INFERENCES["clustered"]().infer(other, view, np.random.default_rng(1))
            scale = np.nanmax(np.abs(b.estimate.effects))
            assert np.abs(a.estimate.effects - b.estimate.effects).max() < RELATIVE * scale
            np.testing.assert_allclose(a.se, b.se, rtol=RELATIVE)


def test_pairs_that_are_not_there_are_refused(cells, onsets, tmp_path):
    more = pd.concat([onsets, pd.DataFrame({"city": ["Atlantis"], "partner": ["USA"], "onset": [2004]})])
    with pytest.raises(DataError, match="Atlantis-USA"):
        build_cohort_tables(cells, more, Microdata(), tmp_path)
    with pytest.raises(DataError, match="two onsets"):
        build_cohort_tables(cells, pd.concat([onsets, onsets[:1]]), Microdata(), tmp_path)
