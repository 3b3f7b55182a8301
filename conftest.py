"""What examples of docstrings have at hand: `pytest --doctest-modules twintrade/python` runs them as they stand."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from _pytest.doctest import DoctestItem

# Where bytecode may not lie beside the sources it lies with pytest's own files: the suite starts many programs. This
# comes before tests/conftest.py imports hypothesis, which pytest compiles anew in every process that may not keep it.
if sys.dont_write_bytecode:
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    kept = Path(__file__).resolve().parent / ".pytest_cache" / "bytecode"
    sys.pycache_prefix = os.environ.setdefault("PYTHONPYCACHEPREFIX", str(kept))
    copies = Path(sys.pycache_prefix, *Path(tempfile.gettempdir()).resolve().parts[1:]).glob("pytest-of-*")
    for folder in copies:  # of the package, from sessions before this one
        shutil.rmtree(folder, ignore_errors=True)

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
# An example of these stands on the results of a run.
ON_RESULTS = ("run", "read")


@pytest.fixture(scope="session")
def example():
    """Trade with a covariate, and agreements."""
    import numpy as np

    import twintrade as tt

    trade, agreements = tt.example()
    x = np.random.default_rng(4).normal(size=len(trade)).round(3)
    return trade.assign(x=x), agreements


@pytest.fixture(scope="session")
def example_panel(example):
    """The trade as a panel."""
    import twintrade as tt

    return tt.panel(example[0], city="city", partner="partner", period="year")


@pytest.fixture(scope="session")
def example_design(example, example_panel):
    """The panel with its agreements, under gravity effects."""
    import twintrade as tt

    return tt.compare(example_panel, example[1], "exports_usd", fixed_effects="gravity")


@pytest.fixture(scope="session")
def example_fit(example_design):
    """Its PPML."""
    import twintrade as tt

    return tt.fit("ppml", example_design)


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory):
    """A small analysis file, run once; its path and its results."""
    import twintrade as tt
    from twintrade.study.scaffold import build_simulated_pair

    root = tmp_path_factory.mktemp("project")
    for path, content in build_simulated_pair("small").items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    file = root / "analyses" / "small.toml"
    head = file.read_text(encoding="utf-8").partition("[design]")[0]
    file.write_text(head + LADDER, encoding="utf-8")
    return file, tt.run(str(file), jobs=1)


@pytest.fixture(autouse=True)
def _names_of_examples(request, doctest_namespace, monkeypatch):
    if not isinstance(request.node, DoctestItem):
        return
    import matplotlib as mpl
    import pandas as pd

    import twintrade as tt

    mpl.use("Agg")
    trade, agreements = request.getfixturevalue("example")
    made = {name: request.getfixturevalue(f"example_{name}") for name in ("panel", "design", "fit")}
    doctest_namespace |= {"tt": tt, "pd": pd, "trade": trade.copy(), "agreements": agreements.copy(), **made}
    if request.node.name.rpartition(".")[2] in ON_RESULTS:
        monkeypatch.chdir(request.getfixturevalue("finished_run")[0].parents[1])
