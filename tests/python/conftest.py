"""The small simulated example, as a user of the library meets it."""

import matplotlib as mpl
import numpy as np
import pytest

import twintrade as tt
from twintrade.study.scaffold import build_simulated_pair

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


LADDER = """[design]
outcome = "exports"
fixed_effects = "gravity"

[inference]
name = "clustered"

[[estimator]]
name = "ppml"

[[estimator]]
name = "twfe"
transform = "log"
shape = "static"
"""


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory):
    """A small analysis file, run once; its path and its results."""
    root = tmp_path_factory.mktemp("project")
    for path, content in build_simulated_pair("small").items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    file = root / "analyses" / "small.toml"
    head = file.read_text(encoding="utf-8").partition("[design]")[0]
    file.write_text(head + LADDER, encoding="utf-8")
    return file, tt.run(str(file), jobs=1)
