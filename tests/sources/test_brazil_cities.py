"""The analysis of Brazilian cities is skipped with its commands, which are good ones, and runs on what they bring."""

import json
import shlex
import tomllib

import pytest
from loopback import Asked, Reply
from typer.testing import CliRunner

from twintrade.cli import app
from twintrade.sources.base import Query
from twintrade.study.checking import check_analysis
from twintrade.study.fetching import fetch_table
from twintrade.study.observing.observe import observe
from twintrade.study.runner import run_all
from twintrade.study.spec.analysis import parse
from twintrade.study.store import Analysis

NAME = "brazil-cities"


@pytest.fixture
def text(root) -> str:
    return (root / "analyses" / f"{NAME}.toml").read_text(encoding="utf-8")


@pytest.fixture
def commands(text) -> list[str]:
    return tomllib.loads(text)["data"]["fetch"]


def test_it_is_skipped_and_says_what_to_type(text, commands, tmp_path):
    [end] = run_all([Analysis(tmp_path, NAME, text)], force=False, log_json=False)
    assert (end.ending, end.code) == ("skipped", 0)
    assert "data/raw/brazil-cities.csv, data/raw/brazil-twins.csv" in end.text
    report = check_analysis(tmp_path, NAME, text)
    assert "skipped" in report
    for command in commands:
        assert command in end.text
        assert command in report


def test_each_command_is_one_that_fetch_understands_and_writes_a_file_that_is_read(text, commands, monkeypatch):
    monkeypatch.setenv("TWINTRADE_CONTACT", "x@university.example")
    files = [shlex.split(command)[3] for command in commands]
    assert sorted(files) == ["brazil-cities", "brazil-twins"]
    for command in commands:
        done = CliRunner().invoke(app, [*shlex.split(command)[1:], "--dry-run"])
        assert done.exit_code == 0, done.output


def answer_as_comexstat(asked: Asked) -> Reply:
    countries = {"160": "China", "399": "Japan", "023": "Germany"}
    if asked.path == "/tables/countries":
        return Reply({"data": {"list": [{"id": i, "text": t} for i, t in countries.items()]}, "success": True})
    year = int(json.loads(asked.body)["period"]["from"][:4])
    rows = [
        {
            "year": str(year),
            "noMunMinsgUf": city,
            "country": country,
            "metricFOB": str(900 * i + 70 * j + year),
            "metricKG": "1",
        }
        for i, city in enumerate(("Recife - PE", "Curitiba - PR", "Belém - PA"), 1)
        for j, country in enumerate(countries.values(), 1)
    ]
    return Reply({"data": {"list": rows}, "success": True})


def answer_as_wikidata(asked: Asked) -> Reply:
    def bind(**values: str) -> dict:
        return {name: {"type": "literal", "value": value} for name, value in values.items()}

    one = bind(
        s="a", city="Q1", cityLabel="Curitiba", twin="Q2", twinLabel="Hangzhou", twinIso="CHN", rank="x#NormalRank"
    )
    two = bind(s="b", city="Q3", cityLabel="Recife", twin="Q4", twinLabel="Porto", twinIso="PRT", rank="x#NormalRank")
    date = bind(start="2005-05-01T00:00:00Z", sp="10")
    return Reply({"results": {"bindings": [one | date, two]}})


def test_what_the_commands_bring_is_read_as_the_file_says(text, connect, publisher, waits, tmp_path):
    queries = {
        "comexstat": (
            NAME,
            Query(cities=("2611606", "4106902", "1501402"), first="2000", last="2010"),
            answer_as_comexstat,
        ),
        "wikidata": ("brazil-twins", Query(options={"country": "Q155"}), answer_as_wikidata),
    }
    for name, (table, query, answer) in queries.items():
        publisher.answer = answer
        source, client = connect(name, TWINTRADE_CONTACT="x@university.example")
        fetch_table(tmp_path, table, source, query, client, waits.clock)
    spec, _ = parse(text)
    observed = observe(NAME, spec, tmp_path)
    registry = observed.agreements.registry
    assert [(r.city, r.partner, len(r.dates)) for r in registry.itertuples()] == [
        ("Curitiba", "CHN", 1),
        ("Recife", "PRT", 0),
    ]
    assert sorted(observed.panel.cities) == ["Belém", "Curitiba", "Recife"]
    assert observed.panel.n_units == 9
