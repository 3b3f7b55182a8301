"""An old name works on with a warning that says what to write, and both names at once are refused."""

import inspect
import re
import warnings

import pytest

import twintrade as tt
from twintrade.errors import SpecError
from twintrade.renamed import RENAMED, Renamed, RenamedWarning, take_renamed
from twintrade.study.scaffold import build_simulated_pair
from twintrade.study.spec.analysis import parse

MESSAGE = "has been called {new} since version 0.9. Write {new}; {old} stops working in version 0.11."


def rename(monkeypatch, kind, place, old, new):
    entry = Renamed(kind, place, old, new, "0.9", "0.11")
    monkeypatch.setattr("twintrade.renamed.RENAMED", (*RENAMED, entry))
    return re.escape(f"{place}: the {kind} {old} {MESSAGE.format(old=old, new=new)}")


def test_a_public_name(monkeypatch):
    said = rename(monkeypatch, "name", "twintrade", "estimate", "fit")
    with pytest.warns(RenamedWarning, match=said) as caught:
        assert tt.estimate is tt.fit
    assert caught[0].filename == __file__


def test_an_argument_keeps_the_signature_and_names_the_line_that_calls():
    @take_renamed(Renamed("argument", "power", "exponent", "n", "0.9", "0.11"))
    def power(base: float, n: int = 2) -> float:
        return base**n

    with pytest.warns(RenamedWarning, match=r"power: the argument exponent .* Write n;") as caught:
        assert power(2.0, exponent=3) == 8.0
    assert caught[0].filename == __file__
    assert list(inspect.signature(power).parameters) == ["base", "n"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert power(2.0, n=3) == power(2.0, 3) == 8.0
    with pytest.raises(SpecError, match=r"exponent and n are given and mean the same\. Remove exponent"):
        power(2.0, n=3, exponent=3)


def test_an_option_of_a_method(monkeypatch, example_design):
    said = rename(monkeypatch, "option", "imputation", "kind", "family")
    with pytest.warns(RenamedWarning, match=said):
        fit = tt.fit("imputation", example_design, kind="poisson")
    assert fit.estimator.family == "poisson"


def test_a_key_of_the_analysis_file_means_the_same_and_the_file_stays_as_written(monkeypatch):
    said = rename(monkeypatch, "key", "design", "view", "window")
    text = build_simulated_pair("pair")["analyses/pair.toml"].decode("utf-8")
    old = text.replace("window =", "view =", 1)
    assert old != text
    with pytest.warns(RenamedWarning, match=said):
        spec, raw = parse(old)
    assert spec == parse(text)[0]
    assert "view" in raw["design"]


def test_what_is_listed_is_new_first_and_gone_later():
    for entry in RENAMED:
        assert tuple(map(int, entry.since.split("."))) < tuple(map(int, entry.until.split(".")))
        assert entry.old != entry.new
