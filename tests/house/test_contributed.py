"""What the pages on contributing allow, the house allows: their files, planted in the package, object to no rule."""

import ast
import importlib
import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest
import test_catalogue
from fluent.runtime import FluentResource

from twintrade.estimators.base import Requires

TOYS = Path("tests/contract/toy_distribution")
PLACES = {
    "estimator": "estimators/simple_contrast.py",
    "inference": "inference/unit_sums.py",
    "check": "diagnostics/sensitivity/largest_unit.py",
    "publisher": "sources/toy_office.py",
    "exhibit": "render/exhibits/first_agreements.py",
}
CODE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def list_rules() -> list[tuple[str, object]]:
    """Tests of this folder that ask for the modules of the package alone."""
    files = sorted(Path(__file__).parent.glob("test_*.py"))
    named = [importlib.import_module(file.stem) for file in files if file.stem != Path(__file__).stem]
    return [
        (f"{module.__name__}.{name}", rule)
        for module in named
        for name, rule in vars(module).items()
        if name.startswith("test_")
        and inspect.isfunction(rule)
        and [*inspect.signature(rule).parameters] == ["modules"]
    ]


def read_page(root: Path, page: str) -> str:
    return (root / "docs" / "contributing" / f"{page}.md").read_text(encoding="utf-8")


def test_what_the_pages_allow_the_house_allows(root, modules, monkeypatch):
    """All files at once: to hold every rule against every file by itself takes five times as long."""
    planted = [*modules]
    for page, path in PLACES.items():
        shown = read_page(root, page)
        text, dotted = CODE.findall(shown)[0], "twintrade." + path.removesuffix(".py").replace("/", ".")
        planted.append(type(modules[0])(path, dotted, path.partition("/")[0], text, ast.parse(text)))
        for message in re.findall(r"^```text\n(.*?)^```", shown, re.MULTILINE | re.DOTALL):
            for entry in FluentResource(message).body:
                names = test_catalogue.Names()
                names.visit(entry)
                monkeypatch.setitem(test_catalogue.list_messages(), f"page.{entry.id.name}", names.found)
    rules = list_rules()
    assert len(rules) > 20
    for name, rule in rules:
        try:
            rule(planted)
        except AssertionError as error:
            raise AssertionError(f"{name} objects to a file of docs/contributing/") from error


@pytest.mark.parametrize("page", [page for page in PLACES if page != "exhibit"])
def test_a_page_shows_the_file_that_is_tested(root, page):
    """tests/contract/test_toy_distribution.py runs these files."""
    toy = root / TOYS / "toy_methods" / Path(PLACES[page]).name
    assert CODE.findall(read_page(root, page))[0] == toy.read_text(encoding="utf-8")


def test_the_entry_points_are_those_of_the_page(root):
    page = (root / "docs" / "contributing.md").read_text(encoding="utf-8")
    shown = re.search(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[1]
    written = re.sub(r'\[project\.entry-points\."([\w.]+)"\]', r"[\1]", shown).replace('"', "")
    declared = root / TOYS / "toy_methods-1.0.dist-info" / "entry_points.txt"
    assert written == declared.read_text(encoding="utf-8")


def test_the_page_on_estimators_names_all_that_the_contract_reads(root):
    page = read_page(root, "estimator")
    assert [field.name for field in fields(Requires) if f"`{field.name}" not in page] == []
