"""The headline translated from pairs to cities: a file's world read, refused, pushed through and stored."""

import runpy

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

import twintrade as tt
from twintrade.errors import TwintradeError
from twintrade.study.checking import check_analysis
from twintrade.study.execute import execute
from twintrade.study.spec.analysis import parse

DECLARED = '\n[translate]\nfile = "data/raw/world.csv"\n'
REST = ("Rest of the country", "Rest of the world")


def build_flows(project):
    """The trade of 2003 both ways, with neighbors and the rest of the world, partners by name."""
    trade = pd.read_csv(project / "data/raw/tiny_trade.csv")
    known = trade[trade["year"] == 2003].set_index(["city", "partner"])["exports_usd"] / 1e6
    named = {"AUS": "Australia", "GBR": "United Kingdom"}
    cities, partners = (sorted(known.index.unique(level)) for level in (0, 1))
    places = [*cities, *(named.get(p, p) for p in partners), *REST]
    rng = np.random.default_rng(4)
    flows = pd.DataFrame(rng.uniform(20, 60, (len(places),) * 2), places, places)
    for city, partner in known.index:
        flows.loc[city, named.get(partner, partner)] = known[city, partner]
    rows = flows.rename_axis("origin").rename_axis("destination", axis=1).stack().rename("trade").reset_index()
    return rows[rows["origin"] != rows["destination"]]


def write_world(project, **columns) -> pd.DataFrame:
    frame = build_flows(project).assign(**columns)
    frame.to_csv(project / "data/raw/world.csv", index=False)
    return frame


def test_a_run_pushes_its_headline_through_the_declared_world(project, spec_text, unprinted) -> None:
    frame = write_world(project)
    frame["output"] = 3 * frame.groupby("origin")["trade"].transform("sum")
    frame.to_csv(project / "data/raw/world.csv", index=False)
    text = spec_text + DECLARED + 'output = "output"\nelasticity = [4.0]\n'
    assert execute(project, "tiny", text).ending == "done"
    stored = pd.read_csv(project / "results/tiny/payloads/translation.csv")
    bands = pd.read_csv(project / "results/tiny/bands.csv").query("kind == 'overall'").iloc[0]
    pushed = tuple(float(bands[name]) for name in ("effect", "low", "high"))
    assert stored["effect"].iloc[0] == pytest.approx(100 * np.expm1(pushed[0]))
    codes = {"Australia": "AUS", "United Kingdom": "GBR"}
    named = frame.replace({"origin": codes, "destination": codes})
    output = named.drop_duplicates("origin").set_index("origin")["output"]
    data = pd.read_csv(project / "results/tiny/data.csv").query("status == 'treated'")
    pairs = list(data[["city", "partner"]].drop_duplicates().itertuples(index=False, name=None))
    world = tt.World.from_frame(named, value="trade", output=output)
    direct = tt.translate(pushed, pairs, world, elasticity=(4.0,)).table
    np.testing.assert_allclose(stored["estimate"], direct["estimate"], rtol=1e-9)
    assert stored["n_pairs"].iloc[0] == len(pairs)
    assert stored["again_effects"].iloc[0] == "gravity"
    assert stored["again"].iloc[0] == pytest.approx(stored["effect"].iloc[0], abs=1e-6)  # diversion is proportional
    assert "data/raw/world.csv" in (project / "results/tiny/manifest.json").read_text()


def test_a_check_says_what_the_world_holds(project, spec_text) -> None:
    write_world(project)
    said = check_analysis(project, "tiny", spec_text + DECLARED + "home_share = [0.3, 0.6, 0.9]\n")
    assert "20 of them without known home trade; 7 treated pairs in 21 models" in said


@loop_over(
    ("declared", "of", "warns"),
    [
        ("", " (of a year that nothing names: set year under [translate])", False),
        ("year = 2003\n", " of 2003", False),
        ("year = 2010\n", " of 2010", True),
        ('where = { edition = "2010" }\n', " of 2010", True),
    ],
)
def test_trade_of_a_year_after_the_first_agreements_is_doubted(project, spec_text, declared, of, warns) -> None:
    write_world(project, edition=2010)
    said = check_analysis(project, "tiny", spec_text + DECLARED + "home_share = [0.5]\n" + declared)
    assert f"trade among 20 places{of}, 20 of them" in said
    assert ("already have an agreement in 2010" in said) == warns


def test_a_run_doubts_trade_of_a_year_after_the_first_agreements(project, spec_text, unprinted) -> None:
    write_world(project)
    assert execute(project, "tiny", spec_text + DECLARED + "home_share = [0.5]\nyear = 2010\n").ending == "done"
    noted = pd.read_csv(project / "results/tiny/messages.csv").query("code == 'late-world'")
    assert list(noted["level"]) == ["warning"]


@loop_over(
    ("declared", "design", "said"),
    [
        ("", {}, "what 20 places sell at home is unknown"),
        ('output = "output"\n', {}, r"output differs between rows from AUS"),
        ('names = { "Alder" = "Elder" }\nhome_share = [0.5]\n', {}, "'Alder' is at an end of a treated pair"),
        ('value = "euros"\n', {}, "euros"),
        ("home_shares = [0.5]\n", {}, "home_share"),
        (
            "home_share = [0.5]\n",
            {'unit = "dyad"': 'unit = "city"'},
            r"set outcome = \"exports\" and unit = \"dyad\"",
        ),
    ],
)
def test_what_no_world_can_answer_is_refused_before_anything_is_estimated(
    project, spec_text, declared, design, said
) -> None:
    write_world(project, output=range(380))
    text = spec_text
    for old, new in design.items():
        text = text.replace(old, new)

    def ask() -> None:
        check_analysis(project, "tiny", text + DECLARED + declared)

    with pytest.raises(TwintradeError, match=said):
        ask()


def test_a_matrix_that_is_not_there_is_named(project, spec_text) -> None:
    assert parse(spec_text + DECLARED)[0].translate.elasticity == (2.5, 4.0, 8.0)
    with pytest.raises(TwintradeError, match=r"world\.csv"):
        check_analysis(project, "tiny", spec_text + DECLARED)


def test_the_bundled_world_is_what_its_script_writes_and_holds_the_trade_of_its_analysis(root) -> None:
    script = runpy.run_path(str(root / ".ci/world.py"))
    bundled = pd.read_csv(root / script["FILE"], dtype={"output": "Int64"})
    pd.testing.assert_frame_equal(script["build_world"](), bundled, check_dtype=False)
