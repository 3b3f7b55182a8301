"""One file knows operating systems; everything else runs on all of them."""

import ast

import pytest
from posix_only import MEMBERS, MODULES, TELLING, TOLD_BY
from test_imports import imported

KNOWS = "study/store/locating.py"
# Reads and writes that go by the machine's own encoding and ends of lines unless these are said.
TEXT_CALLS = dict.fromkeys(("read_text", "write_text"), "encoding")
TEXT_CALLS |= dict.fromkeys(("to_csv", "writer"), "lineterminator")


def list_members(module):
    """Yield module and member of every attribute of a module, and of every name imported from one."""
    for node in module.nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield node, node.value.id, node.attr
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((node, node.module, alias.name) for alias in node.names)


def find_system_specific(module) -> list[str]:
    modules = [(node, name.partition(".")[0]) for node, name in imported(module)]
    found = [f"{module.at(node)} imports {name}" for node, name in modules if name in MODULES | TOLD_BY]
    return found + [
        f"{module.at(node)} uses {owner}.{name}"
        for node, owner, name in list_members(module)
        if name in MEMBERS.get(owner, frozenset()) | TELLING.get(owner, frozenset())
    ]


def find_unsaid(module) -> list[str]:
    """Return calls whose bytes would depend on the machine."""
    calls = [n for n in module.nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
    return [
        f"{module.at(call)} calls {call.func.attr} without {wanted}"
        for call in calls
        if (wanted := TEXT_CALLS.get(call.func.attr))
        and wanted not in {k.arg for k in call.keywords}
        and not (wanted == "encoding" and any(isinstance(a, ast.Constant) and a.value == "utf-8" for a in call.args))
    ]


def test_one_file_knows_which_system_it_is(modules):
    found = {m.path: find_system_specific(m) for m in modules}
    assert len(found.pop(KNOWS)) > 5
    assert [line for lines in found.values() for line in lines] == []


def test_bytes_do_not_depend_on_the_machines_encoding_or_ends_of_lines(modules):
    assert [line for m in modules for line in find_unsaid(m)] == []


@pytest.mark.parametrize(
    "code",
    [
        "import fcntl",
        "from resource import getrusage",
        "import os\nos.fork()",
        "from os import pread",
        "import ctypes",
    ],
)
def test_code_for_one_system_is_found(modules, code):
    planted = type(modules[0])("data/planted.py", "twintrade.data.planted", "data", code, ast.parse(code))
    assert len(find_system_specific(planted)) == 1


@pytest.mark.parametrize("code", ["p.read_text()", "p.write_text(t, newline='')", "frame.to_csv(buffer)"])
def test_a_call_that_leaves_bytes_to_the_machine_is_found(modules, code):
    planted = type(modules[0])("data/planted.py", "twintrade.data.planted", "data", code, ast.parse(code))
    assert len(find_unsaid(planted)) == 1
