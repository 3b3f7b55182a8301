"""Lists and explanations start light: what they say of methods stands in the sources."""

import subprocess
import sys

import pytest

from twintrade.diagnostics.base import DIAGNOSTICS
from twintrade.estimators.base import ESTIMATORS
from twintrade.inference.base import INFERENCES
from twintrade.methods import Registry, read_method_sources
from twintrade.study.spec.methods import list_option_names

DRAWING = {"matplotlib", "seaborn", "docx", "typst", "xlsxwriter"}
MODELS = {"statsmodels", "linearmodels", "scipy.stats", "scipy.interpolate", "scipy.optimize", "highspy"}
PARTS = {"scipy.sparse", "scipy.linalg", "scipy.special"}
READING = {"filelock", "pyarrow.parquet", "pyarrow.feather"}
UNUSED = {
    "list": DRAWING | MODELS | {"numpy", "pandas", "scipy", "pyarrow", "joblib", "tomlkit", "twintrade.estimators"},
    "explain": DRAWING | MODELS | READING | PARTS | {"joblib", "twintrade.render.appendix", "twintrade.study.run"},
    "check": DRAWING | MODELS | READING | {"joblib", "twintrade.render.appendix"},
}


@pytest.mark.parametrize(
    ("room", "registry"), [("estimators", ESTIMATORS), ("inference", INFERENCES), ("diagnostics", DIAGNOSTICS)]
)
def test_the_sources_say_what_the_classes_say(room, registry):
    of_classes = {
        name: (
            method.__module__,
            method.__doc__.splitlines()[0],
            method.citation,
            tuple(list_option_names(method)),
        )
        for name in registry
        if (method := registry[name]).__module__.startswith("twintrade.")
    }
    of_sources = {
        name: (s.module, s.description, s.citation, s.options) for name, s in read_method_sources(room).items()
    }
    assert of_sources == of_classes


@pytest.mark.parametrize("command", sorted(UNUSED))
def test_a_command_imports_no_package_that_it_does_not_use(project, command):
    with (project / "analyses" / "tiny.toml").open("a", encoding="utf-8") as file:
        file.write('[report]\ndetail = "full"\n[report.theme]\nsize = 10\n')
    words = [command] if command == "list" else [command, "tiny"]
    code = f"import sys; sys.argv = ['twintrade', *{words}]; import twintrade.cli as c\n"
    if command == "check":  # on a busy machine it says after three seconds what it does
        code += "import twintrade.study.progress as progress; progress.SLOW = 600.0\n"
    code += "try: c.main()\nexcept SystemExit: pass\n"
    code += f"print(sorted({UNUSED[command]} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=project)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", ["list", "explain us-states"])
def test_what_is_imported_is_never_looked_through_for_garbage(command, root):
    code = f"import gc, sys, twintrade.cli as c; sys.argv += {command.split()}; searches = []\n"
    code += "gc.callbacks.append(lambda *search: searches.append(search))\n"
    code += "try: c.main()\nexcept SystemExit: print(len(searches), gc.get_count()[0] < 10)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.split()[-2:] == ["0", "True"]


def test_a_method_is_found_without_the_others_of_its_room():
    code = "import sys; from twintrade.estimators.base import ESTIMATORS as e; e['twfe']; 'ppml' in e\n"
    code += "print('twintrade.estimators.synthetic_did' in sys.modules, e['twfe'].name, 'nothing' in e, len(list(e)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "twfe", "False", str(len(list(ESTIMATORS)))]


def test_a_class_that_no_source_holds_is_found_once_it_is_registered():
    registry = Registry("inference", "inference")
    registry.add("own", object)
    assert registry["own"] is object
    assert "own" in registry
