"""A registry alone makes a page: figures of size, country and year, claims on size and ended ties, no estimate."""

from pathlib import Path

import numpy as np
import pandas as pd

from twintrade.study.execute import execute
from twintrade.study.redraw import redraw
from twintrade.study.registry_study import build_registry_results, compute_size_slope, find_sizes, run_registry
from twintrade.study.spec.page_spec import parse_registry

SPEC = """
title = "Twins"
recipe = "registry"
[[registry.twinnings]]
file = "data/raw/ties.csv"
city = "city"
partner = "partner"
partner_city = "twin"
date = "date"
kind = "kind"
ended = "ended"
[registry.cities]
file = "data/raw/cities.csv"
"""
CODES = ("DEU", "ITA", "ESP", "JPN")


def write(root: Path) -> None:
    folder = root / "data" / "raw"
    folder.mkdir(parents=True)
    rows, cities = ["city,partner,twin,date,kind,ended"], ["city,country,population"]
    for i in range(10):
        cities.append(f"C{i},FRA,{100_000 * (i + 1)}")
        ends = ["2009-01-01" if i == j == 9 else "" for j in range(i + 1)]
        rows += [f"C{i},{CODES[j % 4]},T{i}{j},{1960 + 2 * i + j},sister city,{e}" for j, e in enumerate(ends)]
    (folder / "ties.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "cities.csv").write_text("\n".join(cities) + "\n", encoding="utf-8")


def test_a_registry_is_a_page_with_its_two_claims_answered(tmp_path, quick_pictures, web_alone):
    write(tmp_path)
    done = execute(tmp_path, "twins", SPEC)
    assert (done.ending, done.text) == ("done", "")
    folder = tmp_path / "results" / "twins"
    claims = pd.read_csv(folder / "payloads" / "claims.csv").set_index("claim_id")
    assert claims.loc["C7", "verdict"] == "supported"  # twins grow one for one with population here
    assert claims.loc["C9", "verdict"] == "supported"  # 1 of 55 ended: the interval ends below a tenth
    page = (folder / "appendix.html").read_text(encoding="utf-8")
    for caption in ("Number of twins against size of city", "Twins by country", "Agreements by year of signing"):
        assert caption in page
    before = (folder / "appendix.html").read_bytes()
    redraw(tmp_path, "twins", SPEC)
    assert (folder / "appendix.html").read_bytes() == before


def test_the_slope_is_the_elasticity_and_needs_cities_enough():
    population = np.geomspace(1e5, 1e7, 12)
    sizes = pd.DataFrame({"population": population, "twins": 2e-3 * population**0.8})
    row = compute_size_slope(sizes).iloc[0]
    assert row["effect"] == np.float64(row["effect"])
    assert abs(row["effect"] - 0.8) < 1e-6  # a power law without noise is fitted exactly
    assert compute_size_slope(sizes.head(7)).empty


def test_sizes_points_and_the_answer_come_without_a_table_of_cities(root):
    text = (root / "analyses" / "registry.toml").read_text(encoding="utf-8")
    spec, _ = parse_registry(text, "analyses/registry.toml")
    run = run_registry(spec, root)
    assert len(run.sizes) > 15
    assert run.sizes.set_index("city").loc["Hangzhou", "country"] == "CHN"
    results = build_registry_results("registry", spec, run, {})
    lines = results.payloads["descriptive_map"]
    assert len(lines) > 60
    kobe = lines[(lines["city"] == "Kobe") | (lines["partner_city"] == "Kobe")].iloc[0]
    assert {round(kobe["longitude"]), round(kobe["partner_longitude"])} == {135, 117}
    assert list(results.payloads["descriptive_shares"]["percent"]) == [46, 36, 18]
    assert results.sections["answer"].startswith("The registry holds 81 agreements of 24 cities")
    assert "On average a city has 3.4" in results.sections["answer"]
    assert "prints none" in results.sections["limits"]


def test_a_city_of_which_there_are_two_gets_no_size():
    assert list(find_sizes(pd.Series(["Leeds", "Nowhere"]))["city"]) == ["Leeds"]
    assert find_sizes(pd.Series(["New South Wales"])).empty
