"""The package as syntax trees, read once, for the tests that hold the house together."""

import ast
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Module:
    """One file of the package.

    Attributes
    ----------
    path : str
        Below twintrade/, with forward slashes.
    name : str
        Dotted, "twintrade.effects.estimate".
    room : str
        First part of the path: "effects", "errors", "cli"; empty for the package itself.
    """

    path: str
    name: str
    room: str
    text: str = field(repr=False)
    tree: ast.Module = field(repr=False)

    @property
    def nodes(self) -> list[ast.AST]:
        """All nodes of the tree; to walk every tree takes seconds, and most tests of this folder do."""
        return _walk(self.tree)

    def at(self, node: ast.AST) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 0)}"


@cache
def _walk(tree: ast.AST) -> list[ast.AST]:
    return list(ast.walk(tree))


def read_module(package: Path, file: Path) -> Module:
    relative = file.relative_to(package)
    parts = relative.with_suffix("").parts
    dotted = ".".join(("twintrade", *(p for p in parts if p != "__init__")))
    room = "" if parts[0] == "__init__" else parts[0]
    text = file.read_text(encoding="utf-8")
    return Module(relative.as_posix(), dotted, room, text, ast.parse(text))


def read_modules(package: Path) -> list[Module]:
    return [read_module(package, file) for file in sorted(package.rglob("*.py"))]


@pytest.fixture(scope="session")
def modules(root: Path) -> list[Module]:
    return read_modules(root / "twintrade")


@pytest.fixture
def modules_in_a_circle(tmp_path: Path) -> list[Module]:
    """Two files that need each other, one for an annotation and one inside a function."""
    (tmp_path / "design").mkdir()
    written = {
        "design": "def observe():\n    from twintrade.design.rows import Rows\n",
        "rows": "if TYPE_CHECKING:\n    from twintrade.design.design import Design\n",
    }
    for name, text in written.items():
        (tmp_path / "design" / f"{name}.py").write_text(text)
    return read_modules(tmp_path)


@pytest.fixture(scope="session")
def written(root: Path) -> dict[str, str]:
    """Text of every file written by hand, by its path below the project's root; data/raw is other people's text."""
    folders = ("twintrade", "tests", "docs", "analyses", "benchmarks", ".ci", ".github", "paper")
    files = [file for folder in folders for file in (root / folder).rglob("*") if file.is_file()]
    # In a linked working tree .git is a file, and git writes it.
    files += [file for file in root.iterdir() if file.is_file() and file.name != ".git"]
    texts = {}
    for file in sorted(files):
        if "__pycache__" in file.parts:
            continue
        try:
            texts[file.relative_to(root).as_posix()] = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return texts
