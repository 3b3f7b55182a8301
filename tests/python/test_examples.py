"""Every example in the documentation of a public name runs as it is printed."""

import doctest
import inspect

import pytest

import twintrade as tt

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
CLASSES = ["Fit", "Bands"]


def list_examples():
    finder = doctest.DocTestFinder(recurse=True)
    names = [n for n in tt.__all__ if inspect.isfunction(getattr(tt, n)) or n in CLASSES]
    for name in names:
        for example in finder.find(getattr(tt, name), name):
            if example.examples:
                yield pytest.param(example, id=example.name)


@pytest.mark.parametrize("shown", list(list_examples()))
def test_an_example_prints_what_it_says(shown, example, example_panel, example_design, example_fit):
    trade, agreements = example
    shown.globs = {
        "tt": tt,
        "trade": trade.copy(),
        "agreements": agreements.copy(),
        "panel": example_panel,
        "design": example_design,
        "fit": example_fit,
    }
    assert doctest.DocTestRunner(optionflags=OPTIONS).run(shown).failed == 0
