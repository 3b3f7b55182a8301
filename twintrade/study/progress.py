"""What a run tells while it works: JSON lines where asked, a bar on a terminal, else a line now and then."""

import json
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from twintrade.text import Catalogue, Text, describe_span, find_catalogue, use_catalogue

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from twintrade.fanout import Step

STAGES = {
    ("read", "panel"): Text("study.stage-read"),
    ("estimate", "inference"): Text("study.stage-estimate"),
    ("diagnostic",): Text("study.stage-check"),
    ("calibrate",): Text("study.stage-calibrate"),
    ("collect",): Text("study.stage-collect"),
    ("draw", "write"): Text("study.stage-draw"),
}
"""Stage of some kinds of jobs; a job's kind is the first part of its name."""

LONG = 60.0  # seconds beyond which a run, or one of its jobs, is announced with what it is expected to take
LINE_EVERY = 30.0  # seconds between two lines where there is no terminal
SLOW = 3.0  # seconds after which a command that has no jobs says what it is doing
TRUSTED = 10.0  # seconds of jobs done from which the pace so far counts more than the forecast
LATE = 3.0  # seconds beyond what a job was expected to take from which it is said to take longer
LEAST = 0.01  # seconds below which what a job took was there before, and says nothing of the pace

Taken = tuple[str, float, float]  # kind of a job, and the seconds that it was expected to take and took


class Clock:
    """Progress of a run among its jobs, and the time left.

    ``jobs``: names in their order, and what each is expected to take, in seconds.
    """

    def __init__(self, jobs: Sequence[tuple[str, float]]) -> None:
        self._names = [name for name, _ in jobs]
        self._seconds = [seconds for _, seconds in jobs]
        self._started = self._job_started = time.monotonic()
        self._done: list[Taken] = []
        self._seen = 0.0
        self.number = 0

    def revise(self, jobs: Sequence[tuple[str, float]]) -> None:
        """Take note that the same jobs are expected to take other times."""
        self._seconds = [seconds for _, seconds in jobs]

    def begin(self, event: "str | Step") -> bool:
        """Take note of a job that begins; another event is none, and a job left out is passed over.

        The steps of a loop tell how long its job will take at the least.
        """
        if not isinstance(event, str):
            self._seen = self._spent + event.left
            return False
        if event not in self._names[self.number :]:
            return False
        if self.number and self._spent > LEAST:
            self._done.append((self._kind, self.expected, self._spent))
        self.number = self._names.index(event, self.number) + 1
        self._job_started, self._seen = time.monotonic(), 0.0
        return True

    @property
    def _spent(self) -> float:
        return time.monotonic() - self._job_started

    @property
    def _kind(self) -> str:
        return _find_kind(self._names[self.number - 1])

    @property
    def expected(self) -> float:
        """What the running job is expected to take."""
        return self._seconds[self.number - 1] if self.number else 0.0

    @property
    def left(self) -> float:
        """Seconds left, by what was expected, the progress within the running job, and the pace so far."""
        return sum(self._divide_rest())

    @property
    def _planned(self) -> float:
        return self.expected * _compute_pace(self._done, self._kind)

    def _divide_rest(self) -> tuple[float, float]:
        """Return seconds left of the running job, none where it is late and no loop says more, and of all to come."""
        done, rest = self._done, 0.0
        if self.number:
            rest = max(self._planned - self._spent, self._seen - self._spent, 0.0)
            if self._spent + rest > self._planned:  # those of its kind will be late as well
                done = [*done, (self._kind, self.expected, self._spent + rest)]
        to_come = zip(self._names[self.number :], self._seconds[self.number :], strict=True)
        return rest, sum(seconds * _compute_pace(done, _find_kind(name)) for name, seconds in to_come)

    @property
    def share(self) -> float:
        """How much of the run is done, from 0 to 1."""
        spent = time.monotonic() - self._started
        return spent / max(spent + self.left, 1e-9)

    def describe_rest(self, event: "str | Step") -> Text:
        """Return what is running, and what is left."""
        job, (rest, after) = self.describe(event), self._divide_rest()
        if self.number and not rest and self._spent > self._planned + LATE:
            return Text("study.job-over", job=job, span=describe_span(after))
        return Text("study.job-left", job=job, span=describe_span(rest + after))

    def describe(self, event: "str | Step") -> Text:
        """Return which job of how many is running, and how far it has come where the event says so."""
        shown = event if isinstance(event, str) else event.counted
        name = self._names[self.number - 1] if self.number else shown
        refits = "none" if shown == name else shown
        return Text("study.job", n=max(self.number, 1), all=len(self._names), job=name, refits=refits)


def _find_kind(job: str) -> str:
    """Return what a job does, "inference/auto", without the column that it does it for."""
    return job.rsplit("/", 2)[0]


def _compute_pace(done: Sequence[Taken], kind: str) -> float:
    """Return what jobs of a kind take for each second expected: by these, by all jobs, and by the forecast."""
    pace = 1.0
    for counted in (done, [one for one in done if one[0] == kind]):
        pace = (sum(taken for *_, taken in counted) + TRUSTED * pace) / (sum(one[1] for one in counted) + TRUSTED)
    return pace


class Report:
    """Tells the progress of analyses on standard error; this one that a run, or one of its jobs, will be long."""

    def __init__(self) -> None:
        self._clocks: dict[str, Clock] = {}
        self._catalogue = find_catalogue()  # a run keeps its results in another language

    def expect(self, analysis: str, jobs: Sequence[tuple[str, float]]) -> None:
        """Take note of the jobs to come and of the seconds that each is expected to take, or now is."""
        clock = self._clocks.setdefault(analysis, Clock(jobs))
        clock.revise(jobs)
        seconds = sum(seconds for _, seconds in jobs)
        if seconds > LONG and not clock.number:
            self._say(analysis, Text("study.run-takes", span=describe_span(seconds)))

    def __call__(self, analysis: str, event: "str | Step") -> None:
        """Take note of a job, of the progress within one, or of an ending, and tell it."""
        self._begin(analysis, event)

    def _begin(self, analysis: str, event: "str | Step") -> Clock | None:
        """Return the clock of an analysis whose jobs are known, set to the job that begins."""
        clock = self._clocks.get(analysis)
        if clock is not None and clock.begin(event) and clock.expected > LONG:
            span = describe_span(clock.expected)
            self._say(analysis, Text("study.job-takes", job=clock.describe(event), span=span))
        return clock

    def _say(self, analysis: str, text: Text) -> None:
        with use_catalogue(self._catalogue):
            self._print(f"{analysis}: {text}")

    def _print(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)


class JsonLines(Report):
    """Writes every event as a JSON line."""

    def __init__(self) -> None:
        super().__init__()
        self._started = time.monotonic()

    def expect(self, analysis: str, jobs: Sequence[tuple[str, float]]) -> None:
        """Take note of the jobs to come, and tell what they are expected to take."""
        self._clocks.setdefault(analysis, Clock(jobs)).revise(jobs)
        self._write(analysis, "expected", expected=sum(seconds for _, seconds in jobs))

    def __call__(self, analysis: str, event: "str | Step") -> None:
        """Tell an event, with the number of the job and what is left where that is known."""
        if (clock := self._clocks.get(analysis)) is not None:
            clock.begin(event)
        shown = event if isinstance(event, str) else str(event.counted)
        self._write(analysis, shown, **({} if clock is None else {"job": clock.number, "left": clock.left}))

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

    def __call__(self, analysis: str, event: "str | Step") -> None:
        """Take note of a job or an ending, and tell a stage that has just begun."""
        kind = str(event).split("/")[0]
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


class Now:
    """What is left of a run whenever this is printed, in the language of the command."""

    def __init__(self, analysis: str, event: "str | Step", clock: Clock | None, catalogue: Catalogue) -> None:
        self._analysis, self._event, self._clock, self._catalogue = analysis, event, clock, catalogue

    def __str__(self) -> str:
        with use_catalogue(self._catalogue):
            shown = self._event if self._clock is None else self._clock.describe_rest(self._event)
            return f"{self._analysis}: {shown}"


class Bar(Report):
    """Shows a bar on a terminal: the running job, and what is left."""

    def __init__(self, shown: "Progress") -> None:
        super().__init__()
        self._shown = shown
        self._task: TaskID = shown.add_task("twintrade", total=None, now="")

    def __call__(self, analysis: str, event: "str | Step") -> None:
        """Take note of a job, of the progress within one, or of an ending, and show it."""
        clock = self._begin(analysis, event)
        now = Now(analysis, event, clock, self._catalogue)
        total, share = (None, None) if clock is None else (1.0, clock.share)
        self._shown.update(self._task, description=str(now), now=now, total=total, completed=share)

    def _print(self, line: str) -> None:
        self._shown.console.print(line, markup=False, highlight=False)


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

    ``log_json``: every event as a JSON line; ``is_alone``: whether analyses come one after another: a bar shows one
    of them.
    """
    if log_json:
        yield JsonLines()
    elif is_alone and sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        columns = BarColumn(20), TextColumn("{task.fields[now]}", markup=False)
        with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
            yield Bar(shown)
    else:
        yield StageLines()
