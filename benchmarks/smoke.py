"""Every benchmark once at its smallest size, each in a fork, to see whether it still runs: nothing is measured."""

import importlib
import os
import pkgutil
import sys
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import benchmarks
from benchmarks import measured


def list_programs() -> dict[str, ModuleType]:
    """Return the modules of this package that have a ``main``, by name."""
    names = [m.name for m in pkgutil.iter_modules(benchmarks.__path__) if not m.name.startswith("_")]
    modules = {name: importlib.import_module(f"benchmarks.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "main")}


def run_smallest(programs: Mapping[str, ModuleType]) -> int:
    """Run each by the words of its ``SMOKE``; print what failed ones said, and return 1 if there are any."""
    measured.IS_STRICT = True
    failed = []
    for name, program in programs.items():
        with tempfile.TemporaryDirectory() as folder:
            said = Path(folder) / "said.txt"
            code, seconds = _fork(program, folder, said)
            print(f"{name:24} {'failed' if code else 'runs'}, {seconds:.1f} CPU seconds", flush=True)
            if code:
                failed.append(name)
                print(said.read_text(encoding="utf-8", errors="replace")[-4000:], flush=True)
    print(f"{len(programs) - len(failed)} of {len(programs)} benchmarks run at their smallest size")
    return int(bool(failed))


def _fork(program: ModuleType, folder: str, said: Path) -> tuple[int, float]:
    """Run a program in a child, since some change libraries or end the process; return its exit code and seconds."""
    sys.stdout.flush()
    if child := os.fork():
        _, status, used = os.wait4(child, 0)
        return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime
    code, shared = 1, os.environ.get("TWINTRADE_SHARED", folder)
    sys.stdout = sys.stderr = said.open("w", encoding="utf-8")
    for stream in (1, 2):
        os.dup2(sys.stdout.fileno(), stream)
    try:
        for words in program.SMOKE:
            sys.argv = [program.__name__, *(word.format(folder=folder, shared=shared) for word in words)]
            print("$", *sys.argv, flush=True)
            _run(program)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _run(program: ModuleType) -> None:
    """Run a program; that it ends the process with 0 is no failure."""
    try:
        program.main()
    except SystemExit as ended:
        if ended.code:
            raise
