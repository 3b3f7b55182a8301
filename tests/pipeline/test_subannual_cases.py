"""A single case in months and in quarters, from a table with a season of its own to the page."""

import csv
import io
import re

import numpy as np
import pandas as pd
import pytest

from twintrade.study.execute import execute

SPEC = """title = "Eastport and Northland"
question = "Did exports move after the agreement?"
recipe = "single_case"

[case]
city = "Eastport"
partner = "DEU"
country = "China"

[[data.trade]]
file = "data/raw/trade.csv"
city = "city"
partner = "partner"
period = "period"
frequency = "FREQUENCY"
value = "exports"
flow = "exports"
reporter = "city"
money_unit = "USD"
absent = "error"

[[data.twinnings]]
file = "data/raw/ties.csv"
city = "city"
partner = "partner"
partner_city = "partner_city"
date = "date"
kind = { constant = "sister city" }

[design]
outcome = "exports"
window = [-8, 8]

[inference]
name = "placebo"
seed = 3
"""
CITIES = ("Eastport", "Westport", "Southport", "Midport", "Highport")
PARTNERS = ("DEU", "FRA", "ITA", "ESP", "SWE", "CAN")
EFFECT = 0.5


def trade(per_year, label):
    """Flows from 2003 on for eight years; the treated pair alone has a large season, and moves from 2008-09 on."""
    rng = np.random.default_rng(12)
    n = 8 * per_year
    season = np.tile(np.sin(2 * np.pi * np.arange(per_year) / per_year), 8)
    onset = 5 * per_year + (8 * per_year) // 12
    rows = []
    for city in CITIES:
        for partner in PARTNERS:
            logs = 12 + 0.2 * rng.normal() + 0.05 * rng.normal(size=n).cumsum() / np.sqrt(per_year)
            logs = logs + 0.02 * rng.normal(size=n)
            if (city, partner) == ("Eastport", "DEU"):
                logs = logs + 1.0 * season
                logs[onset:] += EFFECT
            rows += [
                (city, partner, label(2003 + t // per_year, t % per_year), np.exp(v)) for t, v in enumerate(logs)
            ]
    return pd.DataFrame(rows, columns=["city", "partner", "period", "exports"])


def project(folder, table, per_year):
    for part in ("data/raw", "analyses"):
        (folder / part).mkdir(parents=True)
    table.to_csv(folder / "data/raw/trade.csv", index=False)
    (folder / "data/raw/ties.csv").write_text(
        "city,partner,partner_city,date\nEastport,DEU,Northport,2008-09-15\n", encoding="utf-8"
    )
    (folder / "analyses/pair.toml").write_text(
        SPEC.replace("FREQUENCY", "month" if per_year == 12 else "quarter"), encoding="utf-8"
    )
    return folder


def read(path):
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize(
    ("per_year", "label", "onset", "raw"),
    [
        (12, lambda year, k: f"{year}-{k + 1:02d}", "2008-09", "24104"),
        (4, lambda year, k: f"{year}Q{k + 1}", "2008Q3", "8034"),
    ],
)
@pytest.mark.usefixtures("plain_pictures", "web_alone")
def test_season_is_taken_out_and_periods_are_printed_as_read(tmp_path, per_year, label, onset, raw):
    made = project(tmp_path, trade(per_year, label), per_year)
    outcome = execute(made, "pair", (made / "analyses" / "pair.toml").read_text(encoding="utf-8"))
    assert outcome.ending == "done", outcome.text
    results = made / "results" / "pair"
    tests = pd.read_csv(results / "payloads" / "case_tests.csv")
    kept = tests[tests["donor_set"].isin(["A", "B"])]
    assert set(kept["method"]) == {"double ratio", "synthetic control", "synthetic DiD"}
    assert kept["effect"].between(EFFECT - 0.2, EFFECT + 0.2).all(), kept
    assert kept["pre_rmspe"].max() < 0.2, "the season of the treated pair is not left in the gap"
    shown = read(results / "tables" / "tab-date-sets.csv")
    assert any(onset in cell for row in shown for cell in row.values())
    paths = pd.read_csv(results / "payloads" / "case_paths.csv")
    assert onset in set(paths["period_label"])
    (agreement,) = read(results / "twinnings.csv")
    assert (agreement["onset"], agreement["onset_label"]) == (raw, onset)
    page = (results / "appendix.html").read_text(encoding="utf-8")
    assert onset in page
    printed = re.sub(r' data-of="[^"]*"|\.\d+', "", page)  # nor are decimals of effects names of periods
    assert raw not in printed, "only keys of numbers name periods as they are stored"
