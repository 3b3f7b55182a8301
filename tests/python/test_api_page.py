"""The page of Python names: its tables are complete, and the example of every estimator runs."""

import importlib.util
import inspect

import pytest
from case_tables import loop_over

import twintrade as tt


@pytest.fixture(scope="module")
def api(root):
    spec = importlib.util.spec_from_file_location("api_tables", root / ".ci" / "api.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def names(api):
    found = {}
    exec(api.DESIGNS, found)
    return found


@loop_over("name", list(tt.ESTIMATORS))
def test_the_example_of_an_estimator_runs(name, api, names):
    fit = eval(api.write_example(name), dict(names))
    assert fit.estimator.name == name
    assert fit.views


def test_the_tables_name_every_verb_every_accessor_and_every_option(api, root):
    page = api.fill_page((root / "docs" / "api.md").read_text("utf-8"))
    assert "<!--" not in page
    for name in tt.__all__:
        if inspect.isfunction(getattr(tt, name)):
            assert f"| `tt.{name}` | " in page
        if inspect.isfunction(getattr(tt, name)) or inspect.isclass(getattr(tt, name)):
            assert f":: {name}\n" in page
    for word, kind in (("fit", tt.Fit), ("design", tt.Design), ("bands", tt.Bands), ("panel", tt.Panel)):
        for method, _ in inspect.getmembers(kind, inspect.isfunction):
            assert method.startswith("_") or f"| `{word}.{method}` | " in page
    for name in tt.ESTIMATORS:
        method = tt.ESTIMATORS[name]
        (line,) = (line for line in page.splitlines() if line.startswith(f"| `{name}`"))
        assert all(f"`{option}: " in line for option in inspect.signature(method).parameters)
    for line in page.splitlines():
        if line.startswith("| `"):
            assert line.split(" | ")[1].strip() not in ("", "Any", "_empty"), line
