"""From microdata to an event study by way of cohort statistics: what the whole panel gives, to 1e-10."""

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

import twintrade as tt
from twintrade.data import TradeSource, read_trade
from twintrade.data.calendar import Frequency
from twintrade.data.covariates import complete
from twintrade.data.schema import Microdata
from twintrade.errors import DataError

pytest.importorskip("duckdb", reason="the extra microdata is not installed")

RELATIVE = 1e-10
"""Effects are differences of means of about 1e6 held in double precision: 1e-10 is 1e-16 times a million."""


def declared(**changes) -> TradeSource:
    given = {
        "file": "shipments.parquet",
        "city": "city",
        "partner": "partner",
        "period": "month",
        "value": "value",
        "flow": "exports",
        "reporter": "city",
        "money_unit": "USD",
        "absent": "zero",
        "frequency": Frequency.MONTH,
        "to_frequency": Frequency.YEAR,
        "microdata": Microdata(),
    }
    return TradeSource(**(given | changes))


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Write shipments of twelve cities; a few pairs have none in some years."""
    rng, n = np.random.default_rng(4), 20_000
    cents = rng.integers(1, 10**9, n)
    year, month = rng.integers(2000, 2010, n), rng.integers(1, 13, n)
    year[:24], month[:24] = np.repeat([2000, 2009], 12), np.tile(np.arange(1, 13), 2)
    frame = pd.DataFrame(
        {
            "city": [f"City {k:02d}" for k in rng.integers(0, 12, n)],
            "partner": rng.choice(["USA", "DEU", "FRA", "JPN", "NAM"], n, p=[0.4, 0.3, 0.2, 0.09, 0.01]),
            "month": [f"{y}-{m:02d}" for y, m in zip(year, month, strict=True)],
            "value": [f"{c // 100}.{c % 100:02d}" for c in cents],
        }
    )
    folder = tmp_path_factory.mktemp("cohorts")
    frame.to_parquet(folder / "shipments.parquet", index=False)
    return folder


@pytest.fixture(scope="module")
def ties():
    rows = [(f"City {k:02d}", "USA", f"{2003 + k % 4}-03-01") for k in range(8)]
    rows += [("City 09", "DEU", ""), ("City 10", "FRA", "2005-01-01")]
    return pd.DataFrame(rows, columns=["city", "partner", "date"])


@loop_over("estimator", ["callaway_santanna", "imputation"])
@loop_over("clusters", [("unit",), ("city",), ("city", "partner")])
def test_effects_and_errors_are_those_of_the_panel(root, ties, estimator, clusters):
    statistics = tt.cohort_statistics(declared(), ties, root=root, undated="exclude")
    table = complete(read_trade([declared()], root))
    panel = tt.panel(table.frame, city="city", partner="partner", period="period")
    whole = tt.compare(panel, ties, outcome="value", undated="exclude", fixed_effects="two_way", clusters=clusters)
    assert len(whole.treatment.excluded) == 1
    one, other = (tt.fit(estimator, d) for d in (tt.Design.from_statistics(statistics, clusters=clusters), whole))
    for view in ("event", "overall"):
        a, b = (tt.infer(f, "clustered", view=view) for f in (one, other))
        scale = np.nanmax(np.abs(b.estimate.effects))
        assert np.abs(a.estimate.effects - b.estimate.effects).max() < RELATIVE * scale
        np.testing.assert_allclose(a.se, b.se, rtol=RELATIVE)


def test_what_is_no_panel_without_gaps_is_refused(root, ties, tmp_path):
    with pytest.raises(tt.TwintradeError, match="date is not known"):
        tt.cohort_statistics(declared(), ties, root=root)
    with pytest.raises(DataError, match='need absent = "zero"'):
        tt.cohort_statistics(declared(absent="missing"), ties, root=root, undated="exclude")
    with pytest.raises(DataError, match="declare microdata"):
        tt.cohort_statistics(declared(microdata=None), ties, root=root, undated="exclude")
    frame = pd.read_parquet(root / "shipments.parquet")
    frame.loc[5, "value"] = ""
    frame.to_parquet(tmp_path / "shipments.parquet", index=False)
    with pytest.raises(DataError, match="1 cells have no figure"):
        tt.cohort_statistics(declared(), ties, root=tmp_path, undated="exclude")
