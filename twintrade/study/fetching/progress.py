"""Tells how far a fetch has come, on standard error: a bar on a terminal, else a line now and then."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from twintrade.study.fetching.fetch import Tell
from twintrade.text import Text

_LINE_EVERY = 30.0


@contextmanager
def report_requests(name: str) -> Iterator[Tell]:
    """Give a function that takes each request before it is asked."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        columns = BarColumn(20), TextColumn("{task.description}", markup=False), TimeRemainingColumn()
        with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
            task = shown.add_task(name, total=None)

            def move(label: str, number: int, n: int) -> None:
                text = Text("study.fetch-step", number=number, n=n, label=label)
                shown.update(task, description=f"{name}: {text}", total=n, completed=number - 1)

            yield move
        return
    last = time.monotonic()

    def say(label: str, number: int, n: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _LINE_EVERY:
            last = time.monotonic()
            text = Text("study.fetch-step", number=number, n=n, label=label)
            print(f"{name}: {text}", file=sys.stderr, flush=True)

    yield say
