"""A small project and the command line as a black box."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

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


def environment(**changes: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TWINTRADE_DATA", "COV_"))}
    return kept | {"OMP_NUM_THREADS": "1"} | changes


def command(project: Path, *words: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command: as a program of its own where it is given an environment or the system cannot fork."""
    if env is None and hasattr(os, "fork"):
        return _forked(project, words)
    return subprocess.run(
        [sys.executable, "-m", "twintrade.cli", *words],
        cwd=project,
        env=dict(env or environment()),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@cache
def _start_forking() -> subprocess.Popen[str]:
    program = [sys.executable, str(Path(__file__).with_name("forking.py"))]
    return subprocess.Popen(program, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _forked(project: Path, words: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    parent = _start_forking()
    assert parent.stdin is not None
    assert parent.stdout is not None
    with TemporaryDirectory() as folder:
        out, err = (Path(folder) / name for name in ("out", "err"))
        out.touch()
        err.touch()
        order = {"cwd": str(project), "words": words, "env": environment(), "out": str(out), "err": str(err)}
        parent.stdin.write(json.dumps(order) + "\n")
        parent.stdin.flush()
        code = int(parent.stdout.readline())
        return subprocess.CompletedProcess(words, code, *(path.read_text(encoding="utf-8") for path in (out, err)))


def hashes(folder: Path) -> dict[str, str]:
    """Hash of every result by path, the manifest's volatile part left out."""
    found = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        content = path.read_bytes()
        if path.name == "manifest.json":
            content = content[: content.index(b'"volatile"')]
        found[path.relative_to(folder).as_posix()] = sha256(content).hexdigest()
    return found
