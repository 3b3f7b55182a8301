"""The project stays within its budget, and no command carries a library that it does not use.

CPU seconds of the tests and megabytes of an install depend on the machine: .ci/cost prints them and fails nothing.
"""

import ast
import inspect
import io
import os
import tomllib
import zipfile
from itertools import combinations, product

import pytest
from case_tables import loop_over, pair_up


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


# Cases that are too small for a test each are tables within one: all are run, and named where they fail.


def test_every_case_is_run_and_each_that_fails_is_named():
    seen = []

    @loop_over("root", [4, 9], ids=["four", "nine"])
    @loop_over(("shift", "word"), [(0, "a"), pytest.param(1, "b", id="one off")])
    def check(root, shift, word):
        seen.append((root, shift, word))
        assert root + shift in (4, 9)

    with pytest.raises(BaseExceptionGroup, match="2 of 2 cases failed") as failed:
        check()
    assert seen == [(4, 0, "a"), (4, 1, "b"), (9, 0, "a"), (9, 1, "b")]
    assert [one.__notes__ for one in failed.value.exceptions] == [["case: four"], ["case: nine"]]
    (inner,) = failed.value.exceptions[0].exceptions
    assert inner.__notes__ == ["case: one off"]
    assert isinstance(inner, AssertionError)


def test_an_exception_that_does_not_come_is_a_failure():
    @loop_over("text", ["1", "x"])
    def check(text):
        with pytest.raises(ValueError, match="invalid literal"):
            int(text)

    with pytest.raises(BaseExceptionGroup) as failed:
        check()
    assert [one.__notes__ for one in failed.value.exceptions] == [["case: text='1'"]]


def test_fixtures_are_asked_for_and_their_changes_undone_after_each_case(monkeypatch):
    @loop_over("value", ["1", "2"])
    def check(monkeypatch, value, extra):
        assert "TWINTRADE_CASE" not in os.environ
        monkeypatch.setenv("TWINTRADE_CASE", value)
        assert extra == "given"

    assert list(inspect.signature(check).parameters) == ["monkeypatch", "extra"]
    check(monkeypatch=monkeypatch, extra="given")
    assert "TWINTRADE_CASE" not in os.environ


@pytest.mark.parametrize(
    ("names", "cases", "words"),
    [
        ("y", [1], "takes no"),
        ("x", [], "without cases"),
        ("x", [pytest.param(1, marks=pytest.mark.slow)], "no marks"),
    ],
)
def test_a_table_that_cannot_be_run_is_refused(names, cases, words):
    with pytest.raises(TypeError, match=words):
        loop_over(names, cases)(lambda x: None)


def test_a_case_that_is_skipped_leaves_the_others():
    seen = []

    @loop_over("x", [1, 2, 3])
    def check(x, is_wrong):
        seen.append(x)
        if x == 1:
            pytest.skip("not here")
        assert not is_wrong

    with pytest.raises(pytest.skip.Exception, match="1 of 3 cases: not here"):
        check(is_wrong=False)
    assert seen == [1, 2, 3]
    with pytest.raises(BaseExceptionGroup, match="2 of 3 cases failed"):
        check(is_wrong=True)


def test_of_a_product_every_pair_is_quick_and_the_rest_is_slow():
    levels = [["a", "b", "c"], [1, 2], [None, 0.5]]
    cases = pair_up(*levels)
    assert sorted(str(case.values) for case in cases) == sorted(str(case) for case in product(*levels))
    quick = [case.values for case in cases if not case.marks]
    assert quick[0] == ("a", 1, None)
    assert len(quick) < len(cases)
    for i, j in combinations(range(3), 2):
        assert {(case[i], case[j]) for case in quick} == set(product(levels[i], levels[j]))
    assert all(not case.marks for case in pair_up(*levels[:2]))
