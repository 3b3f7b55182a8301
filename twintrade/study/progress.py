"""What a run tells while it works: JSON lines where asked, a changing line on a terminal, else a line a stage."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from twintrade.text import Text

Report = Callable[[str, str], None]

STAGES = {
    ("read", "panel"): Text("study.stage-read"),
    ("estimate", "inference"): Text("study.stage-estimate"),
    ("diagnostic",): Text("study.stage-check"),
    ("draw", "write"): Text("study.stage-draw"),
}
"""Stage of some kinds of jobs; a job's kind is the first part of its name."""


class StageLines:
    """Writes one line a stage on standard error, for runs whose output goes to a file or a pipe."""

    def __init__(self) -> None:
        self._last: dict[str, Text] = {}

    def __call__(self, analysis: str, event: str) -> None:
        """Take note of a job or an ending, and tell a stage that has just begun."""
        kind = event.split("/")[0]
        stage = next((stage for kinds, stage in STAGES.items() if kind in kinds), None)
        if stage is not None and self._last.get(analysis) != stage:
            print(f"{analysis}: {stage}", file=sys.stderr, flush=True)
            self._last[analysis] = stage


@contextmanager
def report_progress(*, log_json: bool) -> Iterator[Report]:
    """Tell progress on standard error, in the form that fits what it is connected to."""
    if log_json:
        started = time.monotonic()

        def line(analysis: str, event: str) -> None:
            seconds = round(time.monotonic() - started, 2)
            text = json.dumps({"analysis": analysis, "event": event, "seconds": seconds})
            print(text, file=sys.stderr, flush=True)

        yield line
    elif sys.stderr.isatty():
        from rich.console import Console

        console = Console(stderr=True)
        with console.status("twintrade") as status:
            yield lambda analysis, event: status.update(f"{analysis}: {event}")
    else:
        yield StageLines()
