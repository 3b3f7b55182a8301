"""The small simulated example, as a user of the library meets it."""

import matplotlib as mpl
import numpy as np
import pytest

import twintrade as tt

mpl.use("Agg")


@pytest.fixture(scope="session")
def example():
    """Trade with a covariate, and agreements."""
    trade, agreements = tt.example()
    x = np.random.default_rng(4).normal(size=len(trade)).round(3)
    return trade.assign(x=x), agreements


@pytest.fixture(scope="session")
def example_panel(example):
    return tt.panel(example[0], city="city", partner="partner", period="year")


@pytest.fixture(scope="session")
def example_design(example, example_panel):
    return tt.compare(example_panel, example[1], "exports_usd", fixed_effects="gravity")


@pytest.fixture(scope="session")
def example_fit(example_design):
    return tt.fit("ppml", example_design)
