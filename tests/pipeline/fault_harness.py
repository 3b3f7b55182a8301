"""Runs a project once for every fault of the disk that can meet it: killed, interrupted or refused at the n-th step.

Run by the process that forks commands: estimates and pages are computed once and kept, then each fault meets a forked
child, so that a thousand faults cost a thousand writings and no estimation. Prints one JSON record a fault, after a
head for each beginning that it is given with its stride, as ``old:9``.
"""

import builtins
import errno
import functools
import gc
import io
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from black_box import hashes

FAULTS = ("kill", "torn", "interrupt", "ENOSPC", "EIO")
KEPT_PAGES = ("appendix.html", "appendix.pdf", "sections.json")
TORN = 0.5
EXCHANGES = ("swap_folders .tiny.staged", "rename .tiny.staged")
"""The steps at which old results make place for new ones."""


class Steps:
    """Counts what a process does to files under a folder, and lets one fault happen at one step."""

    def __init__(self, root: Path, fault: str = "", at: int = -1) -> None:
        self.root, self.fault, self.at = f"{root}{os.sep}", fault, at
        self.seen: list[str] = []

    def concerns(self, path: Any) -> bool:
        return isinstance(path, str | os.PathLike) and os.fsdecode(os.path.abspath(path)).startswith(self.root)

    def step(self, name: str, undone: Callable[[], object] = lambda: None) -> None:
        """Note a step that is about to happen; ``undone`` is what of it happens all the same when it fails."""
        self.seen.append(name)
        if len(self.seen) - 1 != self.at:
            return
        if self.fault in ("torn", "ENOSPC", "EIO"):
            undone()
        if self.fault in ("kill", "torn"):
            os.kill(os.getpid(), signal.SIGKILL)
        if self.fault == "interrupt":
            raise KeyboardInterrupt
        number = getattr(errno, self.fault)
        raise OSError(number, os.strerror(number))

    def install(self) -> None:
        """Stand between the program and the system calls that change files."""
        real_open = io.open

        def opened(file: Any, mode: str = "r", *rest: Any, **more: Any) -> Any:
            if not (set(mode) & set("wax+") and self.concerns(file)):
                return real_open(file, mode, *rest, **more)
            self.step(f"open {Path(file).name}")
            return Stream(real_open(file, mode, *rest, **more), self, Path(file).name)

        io.open = builtins.open = opened
        for name in ("mkdir", "rename", "replace", "unlink", "rmdir", "remove"):
            self._wrap(os, name, lambda path, *_, dir_fd=None, **__: dir_fd is not None or self.concerns(path))
        for name in ("fsync", "ftruncate", "write"):
            self._wrap(os, name, lambda descriptor, *_, **__: self.concerns(opened_as(descriptor)))
        real_os_open = os.open

        @functools.wraps(os.open)
        def os_open(path: Any, flags: int, *rest: Any, **more: Any) -> int:
            if flags & os.O_CREAT and self.concerns(path):
                self.step(f"create {Path(path).name}")
            return real_os_open(path, flags, *rest, **more)

        os.open = os_open
        from twintrade.study.store import folder as store

        self._wrap(store, "swap_folders", lambda *_: True)

    def _wrap(self, owner: Any, name: str, concerns: Callable[..., bool]) -> None:
        real = getattr(owner, name)

        @functools.wraps(real)
        def wrapped(*args: Any, **more: Any) -> Any:
            if concerns(*args, **more):
                where = args[0] if not isinstance(args[0], int) else opened_as(args[0])
                self.step(f"{name} {Path(os.fsdecode(where)).name}")
            return real(*args, **more)

        setattr(owner, name, wrapped)


class Stream:
    """A file open for writing whose writes are steps."""

    def __init__(self, stream: Any, steps: Steps, name: str) -> None:
        self._stream, self._steps, self._name = stream, steps, name

    def write(self, content: bytes) -> int:
        def half() -> None:
            self._stream.write(content[: int(TORN * len(content))])
            self._stream.flush()

        self._steps.step(f"write {self._name}", half)
        return int(self._stream.write(content))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()


def opened_as(descriptor: int) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return ""


def keep_computed(*, every_page: bool) -> None:
    """Compute each run and page once: they do not depend on the disk. Few pages stand for the many."""
    import twintrade.study.execute as execute

    for name in (
        "plan_analysis",
        "observe",
        "run",
        "build_manifest",
        "add_cross_checks",
        "add_calibration",
        "add_ledger",
        "build_tidy_files",
        "replay_results",
        "render",
        "measure_costs",
    ):
        setattr(execute, name, kept(getattr(execute, name), few=name == "render" and not every_page))
    execute.assemble.assemble_results = kept(execute.assemble.assemble_results, few=False)


def draw_empty_pictures() -> None:
    """Save an empty figure for every one: none is looked at, and encoding takes half the time of a page."""
    from matplotlib.figure import Figure

    from twintrade.render.figures import encode

    saved = encode._saved
    empty = functools.cache(lambda kind: saved(Figure((1, 1)), kind, {}))
    encode._saved = lambda figure, kind, metadata: empty(kind)


def kept(function: Callable[..., Any], *, few: bool) -> Callable[..., Any]:
    answers: dict[str, Any] = {}

    def answer(*args: Any, **more: Any) -> Any:
        key = MODE["version"]
        if key not in answers:
            answers[key] = function(*args, **more)
            if few:
                answers[key] = with_few_pages(answers[key])
        return answers[key]

    return answer


MODE = {"version": ""}


def with_few_pages(report: Any) -> Any:
    from dataclasses import replace

    figures = [p for p in report.files if p.startswith("figures/")][:2]
    tables = [p for p in report.files if p.startswith("tables/")][:2]
    chosen = {*figures, *tables, *KEPT_PAGES}
    return replace(report, files={p: c for p, c in report.files.items() if p in chosen})


def run_here(project: Path, words: list[str], out: Path, steps: Steps | None) -> int:
    """Run the command line in this process; return its exit code."""
    from twintrade import cli

    descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.stdout = open(1, "w", closefd=False, encoding="utf-8")  # noqa: SIM115
    sys.stderr = open(2, "w", closefd=False, encoding="utf-8")  # noqa: SIM115
    os.chdir(project)
    sys.argv = ["twintrade", *words]
    if steps is not None:
        steps.install()
    try:
        cli.main()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
    except BaseException:
        traceback.print_exc()
        code = 99
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def child(project: Path, words: list[str], out: Path, steps: Steps | None = None) -> int:
    """Run the command line in a child; return its exit code, negative for a signal."""
    pid = os.fork()
    if pid == 0:
        code = 98
        try:
            code = run_here(project, words, out, steps)
            if steps is not None and steps.at < 0:
                out.with_suffix(".steps").write_text(json.dumps(steps.seen))
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def state(project: Path) -> dict[str, str]:
    return hashes(project / "results" / "tiny")


def debris(project: Path) -> list[str]:
    folder = project / "results"
    left = [p.name for p in folder.iterdir() if p.name != "tiny"] if folder.is_dir() else []
    return sorted(p for p in left if p != "tiny.messages.csv")


def restore(kept_results: Path | None, project: Path) -> None:
    shutil.rmtree(project / "results", ignore_errors=True)
    if kept_results is not None:
        shutil.copytree(kept_results, project / "results")


def make_old(project: Path, scratch: Path, words: list[str]) -> dict[str, str]:
    """Keep results of another seed in the scratch folder; return their hashes."""
    spec, out = project / "analyses" / "tiny.toml", scratch / "out.txt"
    warm(project, "old")
    assert child(project, words, out) == 0, out.read_text()
    found = state(project)
    shutil.copytree(project / "results", scratch / "old")
    spec.write_text(spec.read_text(encoding="utf-8").replace("seed = 5", "seed = 6"), encoding="utf-8")
    return found


def records(
    project: Path, scratch: Path, words: list[str], kept_results: Path | None, before: dict[str, str], stride: int
) -> Iterator[dict[str, Any]]:
    """Yield what every fault at every step led to; with a stride one fault, by turns, of one step in so many."""
    out = scratch / "out.txt"
    restore(kept_results, project)
    assert child(project, words, out, Steps(project)) == 0, out.read_text()
    after = state(project)
    seen = json.loads(out.with_suffix(".steps").read_text())
    yield {"steps": seen, "n_files": len(after), "changed": before != after}
    waiting = list(FAULTS)
    for at in range(len(seen)):
        possible = [fault for fault in FAULTS if fault != "torn" or seen[at].startswith("write ")]
        if stride > 1 and seen[at] not in EXCHANGES:
            possible = [next(fault for fault in waiting if fault in possible)] if at % stride == 0 else []
        for fault in possible:
            waiting.append(waiting.pop(waiting.index(fault)))
            restore(kept_results, project)
            code = child(project, words, out, Steps(project, fault, at))
            now, told, left = state(project), out.read_text(encoding="utf-8"), debris(project)
            has_messages = (project / "results" / "tiny.messages.csv").exists()
            again = child(project, words, out)
            yield {
                "at": at,
                "step": seen[at],
                "fault": fault,
                "code": code,
                "told": told,
                "left": left,
                "is_old": now == before,
                "is_new": now == after,
                "messages": has_messages,
                "recovered": again == 0 and state(project) == after and not debris(project),
                "again": "" if again == 0 else out.read_text(encoding="utf-8"),
            }


def warm(project: Path, version: str) -> None:
    """Compute what children share."""
    from twintrade.study.execute import execute

    MODE["version"] = version
    shutil.rmtree(project / "results", ignore_errors=True)
    text = (project / "analyses" / "tiny.toml").read_text(encoding="utf-8")
    outcome = execute(project, "tiny", text)
    assert outcome.code == 0, outcome.text
    shutil.rmtree(project / "results")


if __name__ == "__main__":
    place, work = map(Path, sys.argv[1:3])
    keep_computed(every_page=sys.argv[3] == "all")
    draw_empty_pictures()
    hashes_of_old = make_old(place, work, ["run"])
    warm(place, "new")
    gc.freeze()
    for begins, step_width in (entry.split(":") for entry in sys.argv[4:]):
        start = (work / "old", hashes_of_old) if begins == "old" else (None, {})
        for record in records(place, work, ["run"], *start, int(step_width)):
            print(json.dumps(record), flush=True)
