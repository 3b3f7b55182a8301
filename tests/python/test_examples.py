"""Every example in the documentation of a public name runs as it is printed."""

import doctest
import inspect

import pandas as pd
import pytest

import twintrade as tt

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
# An example of these stands on the results of a run.
ON_RESULTS = {"run", "read"}
ROOMS = {"estimators", "inference", "diagnostics"}


def list_documented():
    """Public functions, classes and registries, those of a registry by its type."""
    for name in tt.__all__:
        if name not in {*ROOMS, "__version__"}:
            value = getattr(tt, name)
            yield name, value if inspect.isfunction(value) or inspect.isclass(value) else type(value)


def list_examples():
    finder = doctest.DocTestFinder(recurse=True)
    for name, value in list_documented():
        for example in finder.find(value, name):
            if example.examples:
                yield pytest.param(example, id=example.name)


def test_every_public_name_shows_an_example():
    silent = [name for name, value in list_documented() if ">>>" not in (value.__doc__ or "")]
    assert silent == []


@pytest.mark.parametrize("shown", list(list_examples()))
def test_an_example_prints_what_it_says(
    shown, example, example_panel, example_design, example_fit, request, monkeypatch
):
    trade, agreements = example
    if shown.name in ON_RESULTS:
        file, _ = request.getfixturevalue("finished_run")
        monkeypatch.chdir(file.parents[1])
    shown.globs = {
        "tt": tt,
        "pd": pd,
        "trade": trade.copy(),
        "agreements": agreements.copy(),
        "panel": example_panel,
        "design": example_design,
        "fit": example_fit,
    }
    assert doctest.DocTestRunner(optionflags=OPTIONS).run(shown).failed == 0
