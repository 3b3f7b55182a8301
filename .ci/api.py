"""Writes the tables of docs/api.md from the code: what each verb and accessor returns, what each estimator takes.

docs/conf.py puts them where the page has `<!-- verbs -->`, `<!-- accessors -->` and `<!-- estimators -->`;
tests/python/test_api_page.py runs every example.
"""

import inspect
import sys
from collections.abc import Callable, Iterable
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, get_type_hints

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parent)]

import stub  # noqa: E402

import twintrade as tt  # noqa: E402
from twintrade.python.showing import AnalysisResults  # noqa: E402
from twintrade.study.by_name import SYNONYMS  # noqa: E402

DESIGNS = """import twintrade as tt

trade, agreements = tt.example()
trade["near"] = trade["partner"].isin(["DEU", "FRA", "GBR", "ITA"]) * 1.0
panel = tt.panel(trade, city="city", partner="partner", period="year")
gravity = tt.compare(panel, agreements, "exports_usd", fixed_effects="gravity")
levels = tt.compare(panel, agreements, "exports_usd")
logs = tt.compare(panel, agreements, "exports_usd", transform="log")
case = tt.compare(panel, {"Alder-GBR": 2012}, "exports_usd")
case_logs = tt.compare(panel, {"Alder-GBR": 2012}, "exports_usd", transform="log")
whole_city = tt.compare(panel, {u: 2010 for u in panel.units if u[:5] == "Alder"}, "exports_usd", transform="log")
"""
EXAMPLES = {
    "augmented_synthetic_control": "case_logs, penalty=0.1",
    "callaway_santanna": 'logs, base="varying"',
    "chaisemartin_dhaultfoeuille": "logs, effects=3, placebos=2",
    "double_ratio": 'case, relative_to="reference"',
    "elastic_net_synthetic_control": "case_logs, mix=0.3",
    "etwfe": 'gravity, family="poisson"',
    "imputation": 'gravity, family="poisson"',
    "interactive_effects": "logs, rank=1",
    "interrupted_series": "case_logs, slope_change=False",
    "local_projections": 'logs, weighting="equal"',
    "matrix_completion": "logs, penalty=0.1",
    "partially_pooled_synthetic_control": "logs, pooling=0.5",
    "ppml": 'gravity, shape="static"',
    "ppml_corrected": 'gravity, shape="static"',
    "stacked": "logs, span=(-2, 2)",
    "staggered_efficient": 'logs, headline="cohort"',
    "structural_series": 'case_logs, level="local linear trend"',
    "sun_abraham": 'gravity, family="poisson"',
    "synthetic_control": 'case_logs, v="equal"',
    "synthetic_did": 'logs, kind="did"',
    "triple_difference": 'whole_city, affected="near"',
    "twfe": 'logs, shape="static"',
    "two_stage": 'logs, shape="static"',
}
RETURNED = {
    "etable": "PrintedTable; text or bytes in a format", "example": "two tables",
    "fit": "Fit; of several designs fits by name",
}  # fmt: skip
CALLED = {"FitResult": "Fit", "ComparedDesign": "Design", "Intervals": "Bands"}


def write_line(cells: Iterable[str]) -> str:
    """Return a line of a table in Markdown."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def write_table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table in Markdown."""
    head = list(head)
    return "\n".join(map(write_line, (head, ["---"] * len(head), *rows)))


def name_returned(verb: Callable[..., Any]) -> str:
    """Return what a function gives, by the name a user knows it by."""
    given = inspect.signature(verb).return_annotation
    name = given if isinstance(given, str) else getattr(given, "__name__", str(given))
    name = name.strip("'\"").replace("pd.", "")
    return CALLED.get(name, name)


def describe(verb: Callable[..., Any]) -> str:
    """Return the first line of what a function's documentation says."""
    return (inspect.getdoc(verb) or "").partition("\n")[0]


def write_verbs() -> str:
    """Return the public functions with what they return."""
    verbs = {name: getattr(tt, name) for name in tt.__all__ if inspect.isfunction(getattr(tt, name))}
    rows = [(f"`tt.{n}`", RETURNED.get(n) or name_returned(verb), describe(verb)) for n, verb in verbs.items()]
    return write_table(("verb", "returns", ""), rows)


def write_accessors() -> str:
    """Return the methods of a panel, a design, a fit, bands and results with what they return."""
    kinds = {"panel": tt.Panel, "design": tt.Design, "fit": tt.Fit, "bands": tt.Bands, "results": AnalysisResults}
    rows = [
        (f"`{word}.{name}`", RETURNED.get(name) or name_returned(method).replace("Self", "Design"), describe(method))
        for word, kind in kinds.items()
        for name, method in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_")
    ]
    return write_table(("method", "returns", ""), rows)


def write_options(method: type[Any]) -> str:
    """Return the options of a method with their types and defaults."""
    hints = get_type_hints(method)
    given = [f for f in fields(method) if f.init]
    defaults = {f.name: f.default if f.default_factory is MISSING else f.default_factory() for f in given}
    return "<br>".join(f"`{f.name}: {stub.write_type(hints[f.name])} = {defaults[f.name]!r}`" for f in given)


def write_estimators() -> str:
    """Return the estimators with their other names, options and an example."""
    others = {name: [f"`{word}`" for word, own in SYNONYMS.items() if own == name] for name in tt.ESTIMATORS}
    rows = [
        (", ".join([f"`{name}`", *others[name]]), write_options(tt.ESTIMATORS[name]), f"`{write_example(name)}`")
        for name in EXAMPLES
    ]
    return f"```python\n{DESIGNS}```\n\n{write_table(('method', 'options', 'example'), rows)}"


def write_example(name: str) -> str:
    """Return the line that estimates by a method."""
    design, _, options = EXAMPLES[name].partition(", ")
    return f'tt.fit("{name}", {design}, {options})'


TABLES = {"verbs": write_verbs, "accessors": write_accessors, "estimators": write_estimators}


def fill_page(text: str) -> str:
    """Return a page with its tables."""
    for name, write in TABLES.items():
        if f"<!-- {name} -->" in text:
            text = text.replace(f"<!-- {name} -->", write())
    return text


if __name__ == "__main__":
    page = Path(__file__).resolve().parents[1] / "docs" / "api.md"
    print(fill_page(page.read_text(encoding="utf-8")))
