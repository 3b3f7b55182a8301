"""The project stays within its budget, and no command carries a library that it does not use.

CPU seconds of the tests and megabytes of an install depend on the machine: .ci/cost prints them and fails nothing.
"""

import ast
import io
import tomllib
import zipfile

import pytest


@pytest.fixture(scope="module")
def budget(root):
    return tomllib.loads((root / "tests" / "house" / "budget.toml").read_text(encoding="utf-8"))


def test_lines_and_modules(modules, budget):
    """A generated file says so in its first line."""
    written = [m.text.count("\n") for m in modules if not m.text.lower().startswith(("# generated", '"""generated'))]
    assert sum(written) <= budget["lines"]
    assert len(modules) <= budget["modules"]


def test_words_of_the_docs(written, budget):
    pages = [text for path, text in written.items() if path.startswith("docs/") and path.endswith(".md")]
    assert len(pages) > 30
    assert sum(len(text.split()) for text in pages) <= budget["words"]


def test_cases(request, budget):
    """Counts what was collected, so it decides where the whole suite runs."""
    assert len(request.session.items) <= budget["cases"]


def test_megabytes_of_the_wheel(root, budget):
    """Packed here as the wheel packs it; the wheel's own list of files adds a few kilobytes."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    bundled = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    files = [f for f in (root / "twintrade").rglob("*") if f.is_file() and "__pycache__" not in f.parts]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as wheel:
        for file in [*files, *map(root.joinpath, bundled)]:
            wheel.write(file, file.relative_to(root))
    assert 1 < len(packed.getvalue()) / 2**20 <= budget["megabytes"]


def test_linearmodels_is_imported_where_it_is_used_alone(modules, root):
    """It is in every install, and only a comparison with other software loads it."""
    found = [
        (m, node)
        for m in modules
        for node in m.nodes
        if isinstance(node, ast.Import | ast.ImportFrom) and "linearmodels" in ast.unparse(node)
    ]
    assert {m.path.split("/")[:2] == ["study", "proof"] for m, _ in found} == {True}
    assert not [m.at(node) for m, node in found if node in m.tree.body]
    dependencies = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert any(line.startswith("linearmodels") for line in dependencies)
