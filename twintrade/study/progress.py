"""What a run tells while it works: JSON lines where asked, a bar on a terminal, else a line now and then."""

import json
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from twintrade.text import Text, describe_span

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

STAGES = {
    ("read", "panel"): Text("study.stage-read"),
    ("estimate", "inference"): Text("study.stage-estimate"),
    ("diagnostic",): Text("study.stage-check"),
    ("collect",): Text("study.stage-collect"),
    ("draw", "write"): Text("study.stage-draw"),
}
"""Stage of some kinds of jobs; a job's kind is the first part of its name."""

LONG = 60.0
"""Seconds beyond which a run, or one of its jobs, is announced with what it is expected to take."""

LINE_EVERY = 30.0
"""Seconds between two lines where there is no terminal."""

SLOW = 3.0
"""Seconds after which a command that has no jobs says what it is doing."""

TRUSTED = 10.0
"""Seconds of jobs done from which the pace so far counts more than the forecast."""


class Clock:
    """Where a run stands among its jobs, and what is left of it.

    Parameters
    ----------
    jobs : sequence of (str, float)
        Names in their order, and what each is expected to take, in seconds.
    """

    def __init__(self, jobs: Sequence[tuple[str, float]]) -> None:
        self._names = [name for name, _ in jobs]
        self._seconds = [seconds for _, seconds in jobs]
        self._started = self._job_started = time.monotonic()
        self.number = 0

    def begin(self, event: str) -> bool:
        """Take note of a job that begins; another event is none, and a job left out is passed over."""
        if event not in self._names[self.number :]:
            return False
        self.number = self._names.index(event, self.number) + 1
        self._job_started = time.monotonic()
        return True

    @property
    def expected(self) -> float:
        """What the running job is expected to take."""
        return self._seconds[self.number - 1] if self.number else 0.0

    @property
    def left(self) -> float:
        """Seconds left, by what was expected and the pace so far."""
        before, after = sum(self._seconds[: max(self.number - 1, 0)]), sum(self._seconds[self.number :])
        pace = (self._job_started - self._started + TRUSTED) / (before + TRUSTED)
        return max(self.expected * pace - (time.monotonic() - self._job_started), 0.0) + after * pace

    @property
    def share(self) -> float:
        """How much of the run is done, from 0 to 1."""
        spent = time.monotonic() - self._started
        return spent / max(spent + self.left, 1e-9)

    def announce(self) -> Text:
        """Return what the running job is expected to take."""
        job = self._describe(self._names[self.number - 1])
        return Text("study.job-takes", job=job, span=describe_span(self.expected))

    def describe_rest(self, event: str) -> Text:
        """Return which job of how many is running, how far it has come where the event says so, and what is left."""
        return Text("study.job-left", job=self._describe(event), span=describe_span(self.left))

    def _describe(self, event: str) -> Text:
        name = self._names[self.number - 1] if self.number else event
        refits = "none" if event == name else event
        return Text("study.job", n=max(self.number, 1), all=len(self._names), job=name, refits=refits)


class Report:
    """Tells the progress of analyses on standard error; this one that a run, or one of its jobs, will be long."""

    def __init__(self) -> None:
        self._clocks: dict[str, Clock] = {}

    def expect(self, analysis: str, jobs: Sequence[tuple[str, float]]) -> None:
        """Take note of the jobs to come and of the seconds that each is expected to take."""
        self._clocks[analysis] = Clock(jobs)
        seconds = sum(seconds for _, seconds in jobs)
        if seconds > LONG:
            self._say(analysis, Text("study.run-takes", span=describe_span(seconds)))

    def __call__(self, analysis: str, event: str) -> None:
        """Take note of a job, of the progress within one, or of an ending, and tell it."""
        self._begin(analysis, event)

    def _begin(self, analysis: str, event: str) -> Clock | None:
        """Return the clock of an analysis whose jobs are known, set to the job that begins."""
        clock = self._clocks.get(analysis)
        if clock is not None and clock.begin(event) and clock.expected > LONG:
            self._say(analysis, clock.announce())
        return clock

    def _say(self, analysis: str, text: Text) -> None:
        print(f"{analysis}: {text}", file=sys.stderr, flush=True)


class JsonLines(Report):
    """Writes every event as a JSON line."""

    def __init__(self) -> None:
        super().__init__()
        self._started = time.monotonic()

    def expect(self, analysis: str, jobs: Sequence[tuple[str, float]]) -> None:
        """Take note of the jobs to come, and tell what they are expected to take."""
        self._clocks[analysis] = Clock(jobs)
        self._write(analysis, "expected", expected=sum(seconds for _, seconds in jobs))

    def __call__(self, analysis: str, event: str) -> None:
        """Tell an event, with the number of the job and what is left where that is known."""
        clock = self._clocks.get(analysis)
        if clock is not None:
            clock.begin(event)
        self._write(analysis, event, **({} if clock is None else {"job": clock.number, "left": clock.left}))

    def _write(self, analysis: str, event: str, **numbers: float) -> None:
        numbers = {"seconds": time.monotonic() - self._started, **numbers}
        line = {"analysis": analysis, "event": event, **{name: round(n, 2) for name, n in numbers.items()}}
        print(json.dumps(line), file=sys.stderr, flush=True)


class StageLines(Report):
    """Writes a line a stage, for runs whose output goes to a file or a pipe; in long ones also one now and then."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, Text] = {}
        self._since = time.monotonic()

    def __call__(self, analysis: str, event: str) -> None:
        """Take note of a job or an ending, and tell a stage that has just begun."""
        kind = event.split("/")[0]
        stage = next((stage for kinds, stage in STAGES.items() if kind in kinds), None)
        if stage is not None and self._last.get(analysis) != stage:
            self._say(analysis, stage)
            self._last[analysis] = stage
        clock = self._begin(analysis, event)
        if clock is not None and time.monotonic() - self._since >= LINE_EVERY:
            self._say(analysis, clock.describe_rest(event))

    def _say(self, analysis: str, text: Text) -> None:
        self._since = time.monotonic()
        super()._say(analysis, text)


class Bar(Report):
    """Shows a bar on a terminal: the running job, and what is left."""

    def __init__(self, shown: "Progress") -> None:
        super().__init__()
        self._shown = shown
        self._task: TaskID = shown.add_task("twintrade", total=None)

    def __call__(self, analysis: str, event: str) -> None:
        """Take note of a job, of the progress within one, or of an ending, and show it."""
        clock = self._begin(analysis, event)
        if clock is None:
            self._shown.update(self._task, description=f"{analysis}: {event}", total=None)
            return
        description = f"{analysis}: {clock.describe_rest(event)}"
        self._shown.update(self._task, description=description, total=1.0, completed=clock.share)

    def _say(self, analysis: str, text: Text) -> None:
        self._shown.console.print(f"{analysis}: {text}", markup=False, highlight=False)


@contextmanager
def report_when_slow(analysis: str, stage: Text) -> Iterator[None]:
    """Say on standard error what is done inside, where it takes more than ``SLOW`` seconds."""
    timer = threading.Timer(SLOW, lambda: Report()._say(analysis, stage))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def report_progress(*, log_json: bool, is_alone: bool = True) -> Iterator[Report]:
    """Tell progress on standard error, in the form that fits what it is connected to.

    Parameters
    ----------
    log_json : bool
        Every event as a JSON line.
    is_alone : bool
        Whether analyses come one after another: a bar shows one of them.
    """
    if log_json:
        yield JsonLines()
    elif is_alone and sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        columns = BarColumn(20), TextColumn("{task.description}", markup=False)
        with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
            yield Bar(shown)
    else:
        yield StageLines()
