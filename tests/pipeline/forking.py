"""A process that has imported the package and forks a child for each command it is given, one JSON line each.

The child then is what ``python -m twintrade.cli`` is, or ``python program``, but for the seconds that imports take. A
command is answered by the number of its process, and ``{"wait": number}`` by what it ended with.
"""

import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import sys
from contextlib import suppress
from typing import Any

import twintrade

LAZY = ("docx", "filelock", "joblib", "linearmodels", "scipy.stats", "seaborn", "typst", "xlsxwriter")
"""Libraries that commands import when they need them."""

MAIN = ("twintrade.cli", "twintrade.__main__")
"""Modules that each child runs as its own main one."""


def import_all() -> None:
    names = [module.name for module in pkgutil.walk_packages(twintrade.__path__, "twintrade.")]
    for name in (*names, *LAZY):
        if name not in MAIN:
            with suppress(ImportError):
                importlib.import_module(name)


def warm_up() -> None:
    """Read and cut what every child would for its first page; no thread may start here, for no fork keeps one."""
    from twintrade.render.figures.encode import encode
    from twintrade.render.figures.theme import open_figure
    from twintrade.render.names import list_sentences
    from twintrade.render.style import Theme
    from twintrade.render.writers.glyphs import load_charmap

    theme = Theme()
    with open_figure(theme, 1.0) as figure:
        figure.subplots().set_title("Ag − ≤", fontweight="bold")
    encode(figure, theme)
    load_charmap()
    list_sentences()


def become(order: dict[str, Any]) -> None:
    """Take the place, the environment and the streams of a command."""
    signal.alarm(order["seconds"])
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    for descriptor, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, order["out"], os.O_WRONLY),
        (2, order["err"], os.O_WRONLY),
    ):
        opened = os.open(path, flags)
        os.dup2(opened, descriptor)
        os.close(opened)
    # A stream asks once, when it is opened, whether it is a file in which it can seek
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", closefd=False)  # noqa: SIM115
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    sys.argv = [order["program"], *order["words"]]
    if order["program"]:
        runpy.run_path(order["program"], run_name="__main__")
    else:
        runpy.run_module("twintrade.cli", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    import_all()
    warm_up()
    gc.freeze()
    while line := sys.stdin.readline():
        order = json.loads(line)
        if "wait" in order:
            print(os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1]), flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            become(order)
            sys.exit()
        print(pid, flush=True)
