"""Commands start light, and one table knows where the methods are."""

import importlib
import json
import pkgutil
import subprocess
import sys

import pytest

from twintrade.diagnostics.base import DIAGNOSTICS
from twintrade.estimators.base import ESTIMATORS
from twintrade.inference.base import INFERENCES
from twintrade.methods import BUILT_IN, Registry
from twintrade.sources.base import SOURCES

DRAWING = {"matplotlib", "seaborn", "docx", "typst", "xlsxwriter"}
MODELS = {"statsmodels", "linearmodels", "scipy.stats", "scipy.interpolate", "scipy.optimize", "highspy"}
PARTS = {"scipy.sparse", "scipy.linalg", "scipy.special"}
READING = {"filelock", "pyarrow.parquet", "pyarrow.feather"}
UNUSED = {
    "--help": DRAWING | MODELS | {"numpy", "pandas", "scipy", "twintrade.estimators", "importlib.metadata"},
    "list recipes": DRAWING | MODELS | {"numpy", "pandas", "scipy", "pyarrow", "twintrade.estimators"},
    "list": DRAWING | MODELS | READING | {"joblib", "tomlkit"},
    "explain tiny": DRAWING
    | MODELS
    | READING
    | PARTS
    | {"joblib", "twintrade.render.appendix", "twintrade.study.run"},
    "check tiny": DRAWING | MODELS | READING | {"joblib", "twintrade.render.appendix"},
    "init other": DRAWING | {"linearmodels", "statsmodels"},
    "verify": DRAWING | {"linearmodels", "statsmodels"},
}
IN_TURN = (("--help", "list recipes"), ("list",), ("explain tiny", "check tiny", "verify", "init other"))
"""Commands that one program does in turn: none may import what a later one may not."""

DOING = """
import gc, json, sys
import twintrade.cli as c
searches = []
gc.callbacks.append(lambda *search: searches.append(search))
for command, unused in json.loads(sys.argv[1]).items():
    sys.argv = ["twintrade", *command.split()]
    if command.startswith("check"):  # on a busy machine it says after three seconds what it does
        import twintrade.study.progress as progress
        progress.SLOW = 600.0
    try:
        c.main()
    except SystemExit:
        pass
    print("\\n\\0", json.dumps([sorted(set(unused) & set(sys.modules)), len(searches), gc.get_count()[0] < 10]))
"""


def do_in_turn(folder, commands):
    """Return of each command what it imported and may not, the searches for garbage, and whether little is new."""
    asked = json.dumps({command: sorted(UNUSED.get(command, ())) for command in commands})
    done = subprocess.run(
        [sys.executable, "-c", DOING, asked], capture_output=True, text=True, check=True, cwd=folder
    )
    assert done.stderr == ""
    return [json.loads(line.removeprefix("\0")) for line in done.stdout.splitlines() if line.startswith("\0")]


@pytest.mark.parametrize("registry", [ESTIMATORS, INFERENCES, DIAGNOSTICS, SOURCES], ids=list(BUILT_IN))
def test_the_table_names_every_method_of_the_package_and_no_other(registry):
    room = registry._room
    package = importlib.import_module(f"twintrade.{room}")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
    defined = {n: f"{c.__module__}:{c.__qualname__}" for n, c in registry._entries.items()}
    assert BUILT_IN[room] == {n: place for n, place in defined.items() if place.startswith("twintrade.")}


@pytest.mark.parametrize("commands", IN_TURN, ids=" then ".join)
def test_commands_import_nothing_that_they_do_not_use_and_look_through_no_import_for_garbage(project, commands):
    with (project / "analyses" / "tiny.toml").open("a", encoding="utf-8") as file:
        file.write('[report]\ndetail = "full"\n[report.theme]\nsize = 10\n')
    found = do_in_turn(project, commands)
    assert [unused for unused, _, _ in found] == [[]] * len(commands)
    if commands[0] in ("list", "explain tiny"):
        assert found[0][1:] == [0, True]


@pytest.mark.slow
@pytest.mark.parametrize("command", ["list", "explain us-states"])
def test_what_is_imported_is_never_looked_through_for_garbage(command, root):
    assert do_in_turn(root, [command])[0][1:] == [0, True]


def test_every_command_that_starts_light_is_done() -> None:
    assert {command for commands in IN_TURN for command in commands} == set(UNUSED)


def test_a_method_is_found_without_the_others_of_its_room():
    code = "import sys; from twintrade.estimators.base import ESTIMATORS as e; e['twfe']; 'ppml' in e\n"
    code += (
        "print('twintrade.estimators.synthetic_control' in sys.modules, e['twfe'].name, 'nothing' in e, len(list(e)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "twfe", "False", str(len(list(ESTIMATORS)))]


def test_a_class_that_no_source_holds_is_found_once_it_is_registered():
    registry = Registry("inference", "inference")
    registry.add("own", object)
    assert registry["own"] is object
    assert "own" in registry
