"""Every module says what it is, in its name and in its first sentence, and results do not change."""

import ast
from collections import Counter

# A solver keeps its arrays from one step to the next; options and results never change.
HAS_WORKSPACES = {"numerics"}
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "shared"}


def test_no_module_is_named_after_nothing(modules):
    assert [m.path for m in modules if NAMELESS & set(m.name.split("."))] == []


def test_every_module_opens_with_a_sentence(modules):
    silent = [
        m.path for m in modules if not (ast.get_docstring(m.tree) or "").split("\n")[0].rstrip().endswith((".", "?"))
    ]
    assert silent == []


def test_test_files_have_names_of_their_own(root):
    names = Counter(file.name for file in (root / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []


def is_dataclass(decorator: ast.expr) -> bool:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(target, ast.Name) and target.id == "dataclass"


def is_frozen(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and any(
        k.arg == "frozen" and isinstance(k.value, ast.Constant) and k.value.value is True for k in decorator.keywords
    )


def test_every_dataclass_is_frozen(modules):
    loose = [
        f"{m.at(node)} {node.name}"
        for m in modules
        for node in ast.walk(m.tree)
        if isinstance(node, ast.ClassDef)
        for decorator in node.decorator_list
        if is_dataclass(decorator) and not is_frozen(decorator) and m.room not in HAS_WORKSPACES
    ]
    assert loose == []
