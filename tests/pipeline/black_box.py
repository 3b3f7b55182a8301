"""A small project and the command line as a black box."""

import importlib.util
import json
import marshal
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cache
from hashlib import sha256
from importlib.machinery import SourceFileLoader
from pathlib import Path
from tempfile import TemporaryDirectory

import twintrade
from twintrade.study.scaffold import build_simulated_pair

REST = """[[estimator]]
name = "twfe"
transform = "log"

[inference]
name = "clustered"
draws = 199
seed = 5

[[diagnostic]]
name = "adoption"
"""

SHORT = '\n[report]\nexhibits = ["ladder"]\n'
"""Pages of one table, for a test that looks at none of them."""

TWO_EXHIBITS = '\n[report]\nexhibits = ["ladder", "event_study"]\n'
"""Pages of a table and a few figures."""

SECONDS = 300
"""How long a command may take."""

build_pair = cache(build_simulated_pair)


def write_project(folder: Path, more: str = "") -> Path:
    """Write the scaffold's pair with one quick estimator, and more in its analysis file."""
    for path, content in build_pair("tiny").items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    spec = folder / "analyses" / "tiny.toml"
    text = spec.read_text(encoding="utf-8")
    spec.write_text(text[: text.index("# The ladder.")] + REST + more, encoding="utf-8")
    return folder


def lend_bytecode(copy: Path) -> None:
    """Give a copy of the package the bytecode of this one, valid as long as a source has the hash that it has here.

    A program that starts from a fresh copy would compile all of it, which takes longer than what is asked of it.
    """
    for file in Path(twintrade.__file__).parent.rglob("*.py"):
        other = copy / file.relative_to(Path(twintrade.__file__).parent)
        code = SourceFileLoader(file.stem, str(file)).get_code(file.stem)
        checked = (0b11).to_bytes(4, "little") + importlib.util.source_hash(file.read_bytes())
        kept = Path(importlib.util.cache_from_source(str(other)))
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(importlib.util.MAGIC_NUMBER + checked + marshal.dumps(code))


def environment(**changes: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TWINTRADE_DATA", "COV_"))}
    return kept | {"OMP_NUM_THREADS": "1"} | changes


class Child:
    """A command in a child of the process that has imported everything; its standard error is read as it comes."""

    def __init__(self, project: Path, words: tuple[str, ...], program: str = "", seconds: int = SECONDS) -> None:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory()))
            order = {
                "cwd": str(project),
                "words": words,
                "program": program,
                "seconds": seconds,
                "env": environment(),
            }
            out, err = folder / "out", folder / "err"
            out.touch()
            os.mkfifo(err)
            self._pid = _ask_parent(order | {"out": str(out), "err": str(err)})
            self.stderr = stack.enter_context(err.open(encoding="utf-8"))
            self._out, self._opened = out, stack.pop_all()

    def send_signal(self, sent: int) -> None:
        os.kill(self._pid, sent)

    def communicate(self) -> tuple[str, str]:
        """Wait for the end; return what was written to standard output, and to standard error since it was read."""
        with self._opened:
            err = self.stderr.read()
            self.returncode = _ask_parent({"wait": self._pid})
            return self._out.read_text(encoding="utf-8"), err

    def wait(self) -> int:
        self.communicate()
        return self.returncode


def start(project: Path, *words: str) -> Child | subprocess.Popen[str]:
    """Start a command that is not waited for: as a program of its own where the system cannot fork."""
    if hasattr(os, "fork"):
        return Child(project, words)
    given = [sys.executable, "-m", "twintrade.cli", *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(given, cwd=project, env=environment(), stdout=pipe, stderr=pipe, text=True)


def command(project: Path, *words: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command: as a program of its own where it is given an environment or the system cannot fork."""
    if env is None and hasattr(os, "fork"):
        return run_program("", project, *words)
    return subprocess.run(
        [sys.executable, "-m", "twintrade.cli", *words],
        cwd=project,
        env=dict(env or environment()),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


def run_program(program: str, project: Path, *words: str, seconds: int = SECONDS) -> subprocess.CompletedProcess[str]:
    """Run a file, or the command line where none is named, in a child of the process that has imported everything."""
    child = Child(project, words, program, seconds)
    out, err = child.communicate()
    return subprocess.CompletedProcess(words, child.returncode, out, err)


READING = ("twintrade.study.execute", "observe")
ESTIMATING = ("twintrade.study.run.columns", "_estimated")
DRAWING = ("twintrade.render.page", "encode")
"""Functions that a run calls in turn, and the last one for every figure."""


def run_signalled(
    sent: signal.Signals, after: tuple[str, str], project: Path, *words: str
) -> subprocess.CompletedProcess[str]:
    """Run a command that sends itself a signal as soon as a function has done its work once."""
    return run_program(str(Path(__file__).with_name("signalled.py")), project, str(int(sent)), *after, *words)


@cache
def _start_forking() -> subprocess.Popen[str]:
    program = [sys.executable, str(Path(__file__).with_name("forking.py"))]
    return subprocess.Popen(program, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _ask_parent(order: Mapping[str, object]) -> int:
    parent = _start_forking()
    assert parent.stdin is not None
    assert parent.stdout is not None
    parent.stdin.write(json.dumps(order) + "\n")
    parent.stdin.flush()
    return int(parent.stdout.readline())


def hashes(folder: Path) -> dict[str, str]:
    """Hash of every result by path, the manifest's volatile part left out."""
    found = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        content = path.read_bytes()
        if path.name == "manifest.json":
            content = content[: content.index(b'"volatile"')]
        found[path.relative_to(folder).as_posix()] = sha256(content).hexdigest()
    return found
