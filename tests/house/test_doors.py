"""Rooms have doors: what lies in a room of a room is private to it unless its door hands a name on."""

import ast
from collections import Counter, defaultdict
from graphlib import CycleError, TopologicalSorter

from test_imports import imported

FILES_BESIDE_EACH_OTHER = 20
TESTS_BESIDE_EACH_OTHER = 20
# What machinery may import from its own corridor: what every method derives from, and rooms of one file.
FOUNDATIONS = {
    "data": {"calendar", "schema"},
    "numerics": {"arrays", "series", "testing"},
    "estimators": {"base", "cases"},
    "inference": {"base", "clustered"},
    "diagnostics": {"base", "variants"},
}
# A page is drawn in both directions: blocks are made by exhibits and printed by writers.
UNORDERED = {"render"}


def home(name: str, known: set[str]) -> str | None:
    """Return the module that an imported dotted name lies in."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name or None


def arrows(modules):
    """Yield importing module, place, imported module, for imports within the package."""
    known = {m.name for m in modules}
    for m in modules:
        for node, name in imported(m):
            target = home(name, known)
            if target and target != m.name:
                yield m, node, target


def door_of(module: str, doors: set[str]) -> str:
    """Return the room of a room that a module lies in, or its room."""
    parts = module.split(".")
    door = ".".join(parts[:3])
    return door if door in doors else ".".join(parts[:2])


def doors_of(modules) -> set[str]:
    """Return the packages that lie in rooms."""
    return {m.name for m in modules if m.path.endswith("__init__.py") and m.name.count(".") == 2}


def find_circle(after) -> list[str]:
    """Return names that come after each other in a circle, the first again at the end; empty where there is none."""
    try:
        TopologicalSorter(after).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_a_room_in_a_room_is_entered_by_its_door(modules):
    doors = doors_of(modules)
    wrong = [
        f"{m.at(node)} imports {target}"
        for m, node, target in arrows(modules)
        if target.rpartition(".")[0] in doors and m.name.split(".")[1:2] != target.split(".")[1:2]
    ]
    assert wrong == []


def test_machinery_imports_no_method(modules):
    doors = doors_of(modules)
    wrong = [
        f"{m.at(node)} imports {target}"
        for m, node, target in arrows(modules)
        if door_of(m.name, doors) in doors
        and (room := m.name.split(".")[1]) not in UNORDERED
        and target.startswith(f"twintrade.{room}.")
        and door_of(target, doors) not in doors
        and target.split(".")[2] not in FOUNDATIONS.get(room, set())
    ]
    assert wrong == []


def test_rooms_in_a_room_do_not_run_in_circles(modules):
    doors = doors_of(modules)
    after = defaultdict(set)
    for m, _, target in arrows(modules):
        here, there = door_of(m.name, doors), door_of(target, doors)
        if here != there and here in doors and there in doors and here.split(".")[1] not in UNORDERED:
            after[here].add(there)
    assert find_circle(after) == []


def follow_imports(modules) -> dict[str, set[str]]:
    """Return what each module imports from the package, for annotations and inside functions too."""
    after = defaultdict(set)
    for m, _, target in arrows(modules):
        after[m.name].add(target)
    return after


def test_files_do_not_run_in_circles(modules):
    assert find_circle(follow_imports(modules)) == []


def test_a_circle_of_annotations_and_of_functions_is_found(modules_in_a_circle):
    circle = find_circle(follow_imports(modules_in_a_circle))
    assert set(circle) == {"twintrade.design.design", "twintrade.design.rows"}


def test_no_folder_is_longer_than_one_can_see(modules):
    beside = Counter(m.path.rpartition("/")[0] for m in modules)
    assert {folder: n for folder, n in beside.items() if n > FILES_BESIDE_EACH_OTHER} == {}


def test_a_door_hands_on_names_and_holds_nothing(modules):
    doors = doors_of(modules)
    wrong = [
        m.at(node)
        for m in modules
        if m.name in doors
        for node in m.tree.body[1:]
        if not isinstance(node, ast.ImportFrom)
    ]
    assert wrong == []


def test_tests_lie_in_rooms_that_the_package_has(root):
    folders = Counter(file.parent.relative_to(root / "tests").as_posix() for file in root.glob("tests/**/test_*.py"))
    inner = [folder for folder in folders if "/" in folder]
    assert len(inner) > 30
    rooms = [(root / "twintrade" / folder, folder) for folder in inner]
    assert [
        name for room, name in rooms if not (room / "__init__.py").is_file() and not room.with_suffix(".py").is_file()
    ] == []
    assert {folder: n for folder, n in folders.items() if n > TESTS_BESIDE_EACH_OTHER} == {}
