"""Every module says what it is, in its name and in its first sentence, and results do not change."""

import ast
from collections import Counter

# A solver keeps its arrays from one step to the next; options and results never change.
HAS_WORKSPACES = {"numerics"}
# The first words of public functions: what the function does.
FIRST_WORDS = """
add adjust aggregate align answer apply are ask assemble assess assign augment balance bind bound build can
capitalize center check choose cite clean collapse collect combine compact compare complete compute confirm convert
correct count cut deal decide decode decompose deflate describe draw drop emphasize encode escape estimate execute
expand explain export factor fetch fill find fit fold format gather get group has hash hold impute infer init
integrate intersect invert is iterate join judge keep label lay limit list load locate look main mark measure merge
move name narrow normalize note number observe open pack pad parse permute place plan prepare project quote read
recode reconcile record redraw refit refuse register regress remove render repair repeat replace replay report
require rescale resolve restrict run score seal select settle shift simplify simulate solve sort split spread
standardize strip suggest sum summarize swap tabulate take trace transcode try typeset use verify warn weigh widen
write
"""
VERBS = frozenset(FIRST_WORDS.split())
# Commands and functions that a user types, and conversions that read as such.
TYPED = {"cli", "commands", "python.verbs", "python.showing", "diagnostics.translated", "python.treated"}
CONVERSIONS = {"to", "from"}
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


def test_a_function_begins_with_a_verb(modules):
    wrong = [
        f"{m.at(node)} {node.name}"
        for m in modules
        if m.name.removeprefix("twintrade.") not in TYPED
        for node in m.tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        if node.name.split("_")[0] not in VERBS | CONVERSIONS
    ]
    assert wrong == []


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
        for node in m.nodes
        if isinstance(node, ast.ClassDef)
        for decorator in node.decorator_list
        if is_dataclass(decorator) and not is_frozen(decorator) and m.room not in HAS_WORKSPACES
    ]
    assert loose == []


def test_no_two_classes_have_one_name(modules):
    names = Counter(node.name for m in modules for node in m.nodes if isinstance(node, ast.ClassDef))
    assert [name for name, count in names.items() if count > 1] == []


# Words that say how a value came about and not what it is.
SAYING_NOTHING = {"built", "found", "held", "made", "own", "said", "told"}
# Other words for an agreement and its state; TIE alone is one between ranks.
OLD_WORDS = {"ties", "tied", "untied"}


def list_names(node: ast.AST) -> list[str]:
    """The names that a node gives: to a variable, an argument, a field, a function or a class."""
    if isinstance(node, ast.Name | ast.Attribute):
        name = node.id if isinstance(node, ast.Name) else node.attr
        return [name] if isinstance(node.ctx, ast.Store) else []
    names = [node.arg] if isinstance(node, ast.arg) else []
    return [node.name] if isinstance(node, ast.FunctionDef | ast.ClassDef) else names


def test_a_name_says_what_it_holds(modules):
    vague = [
        f"{m.at(node)} {name}"
        for m in modules
        for node in m.nodes
        for name in list_names(node)
        if name.strip("_").lower() in SAYING_NOTHING or OLD_WORDS & set(name.lower().split("_"))
    ]
    assert vague == []
