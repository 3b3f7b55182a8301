"""Imports point one way, in the order of a paper."""

import ast
from collections.abc import Iterator

ORDER = (
    "version",
    "text",
    "errors",
    "renamed",
    "files",
    "extras",
    "methods",
    "numerics",
    "fanout",
    "effects",
    "data",
    "sources",
    "design",
    "simulate",
    "estimators",
    "inference",
    "diagnostics",
    "render",
    "study",
    "python",
    "commands",
    "cli",
    "__main__",
)
# What a room sees where the order alone would let it see more.
ONLY = {"render": {"text", "errors", "extras", "effects", "render"}}
COMPUTING = {"scipy", "statsmodels", "linearmodels", "joblib"}


def imported(module) -> Iterator[tuple[ast.AST, str]]:
    """Yield every imported dotted name of a module, those inside functions too."""
    for node in module.nodes:
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                inside = module.name.split(".")
                depth = node.level - module.path.endswith("__init__.py")
                source = ".".join([*inside[: len(inside) - depth], *([source] if source else [])])
            yield from ((node, f"{source}.{alias.name}") for alias in node.names)


def room_of(name: str) -> str | None:
    """Return the room an imported name lies in; None for other packages and for the package's own names."""
    parts = name.split(".")
    return parts[1] if parts[0] == "twintrade" and len(parts) > 1 and parts[1] in ORDER else None


def test_every_file_lies_in_a_known_room(modules):
    assert {m.room for m in modules} <= {"", *ORDER}


def test_a_room_imports_only_from_those_before_it(modules):
    wrong = [
        f"{m.at(node)} imports {name}"
        for m in modules
        if m.room
        for node, name in imported(m)
        if (room := room_of(name)) and ORDER.index(room) > ORDER.index(m.room)
    ]
    assert wrong == []


def test_the_page_sees_results_and_nothing_that_could_make_them(modules):
    wrong = [
        f"{m.at(node)} imports {name}"
        for m in modules
        if m.room in ONLY
        for node, name in imported(m)
        if (room_of(name) or m.room) not in ONLY[m.room] or name.split(".")[0] in COMPUTING
    ]
    assert wrong == []


def test_the_package_itself_is_imported_from_the_last_rooms_only(modules):
    wrong = [
        f"{m.at(node)} imports {name}"
        for m in modules
        if m.room not in {"", "study", "python", "commands", "cli", "__main__"}
        for node, name in imported(m)
        if name.split(".")[0] == "twintrade" and room_of(name) is None and not name.endswith(".__version__")
    ]
    assert wrong == []


def test_private_names_stay_in_their_module(modules):
    wrong = [
        f"{m.at(node)} imports {name}"
        for m in modules
        for node, name in imported(m)
        if name.startswith("twintrade.") and any(is_private(part) for part in name.split("."))
    ]
    assert wrong == []


def is_private(part: str) -> bool:
    return part.startswith("_") and not part.startswith("__")
