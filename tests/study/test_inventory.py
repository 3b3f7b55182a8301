"""Commands start light, and one table knows where the methods are."""

import importlib
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
    "explain": DRAWING | MODELS | READING | PARTS | {"joblib", "twintrade.render.appendix", "twintrade.study.run"},
    "check": DRAWING | MODELS | READING | {"joblib", "twintrade.render.appendix"},
    "init other": DRAWING | {"linearmodels", "statsmodels"},
    "verify": DRAWING | {"linearmodels", "statsmodels"},
}


@pytest.mark.parametrize("registry", [ESTIMATORS, INFERENCES, DIAGNOSTICS, SOURCES], ids=list(BUILT_IN))
def test_the_table_names_every_method_of_the_package_and_no_other(registry):
    room = registry._room
    package = importlib.import_module(f"twintrade.{room}")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
    defined = {n: f"{c.__module__}:{c.__qualname__}" for n, c in registry._entries.items()}
    assert BUILT_IN[room] == {n: place for n, place in defined.items() if place.startswith("twintrade.")}


@pytest.mark.parametrize("command", sorted(UNUSED))
def test_a_command_imports_no_package_that_it_does_not_use(project, command):
    with (project / "analyses" / "tiny.toml").open("a", encoding="utf-8") as file:
        file.write('[report]\ndetail = "full"\n[report.theme]\nsize = 10\n')
    words = [command, "tiny"] if command in ("explain", "check") else command.split()
    code = f"import sys; sys.argv = ['twintrade', *{words}]; import twintrade.cli as c\n"
    if command == "check":  # on a busy machine it says after three seconds what it does
        code += "import twintrade.study.progress as progress; progress.SLOW = 600.0\n"
    code += "try: c.main()\nexcept SystemExit: pass\n"
    code += f"print(sorted({UNUSED[command]} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=project)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("command", "place"),
    [
        ("list", "root"),
        ("explain tiny", "project"),
        pytest.param("explain us-states", "root", marks=pytest.mark.slow),
    ],
)
def test_what_is_imported_is_never_looked_through_for_garbage(command, place, request):
    code = f"import gc, sys, twintrade.cli as c; sys.argv += {command.split()}; searches = []\n"
    code += "gc.callbacks.append(lambda *search: searches.append(search))\n"
    code += "try: c.main()\nexcept SystemExit: print(len(searches), gc.get_count()[0] < 10)"
    folder = request.getfixturevalue(place)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder)
    assert done.stdout.split()[-2:] == ["0", "True"]


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
