"""A file fits in the head and a function on a screen."""

import ast
from statistics import median

LINES_OF_A_FILE = 500
LINES_OF_A_FUNCTION = 60
MEDIAN_LINES = 160


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function below its signature, its docstring not counted."""
    body = function.body
    if ast.get_docstring(function, clean=False) is not None:
        body = body[1:]
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_no_file_is_longer_than_it_should_be(modules):
    long = {m.path: m.text.count("\n") for m in modules if m.text.count("\n") > LINES_OF_A_FILE}
    assert long == {}


def test_no_function_is_longer_than_it_should_be(modules):
    long = {
        f"{m.at(node)} {node.name}": body_lines(node)
        for m in modules
        for node in m.nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and body_lines(node) > LINES_OF_A_FUNCTION
    }
    assert long == {}


def test_a_file_is_a_chapter(modules):
    """Half of the files are long enough to be one; doors are not counted."""
    assert median(m.text.count("\n") for m in modules if not m.path.endswith("__init__.py")) >= MEDIAN_LINES
