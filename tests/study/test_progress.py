"""What a run tells while it works: which job of how many, what is left, and that it will take long before it does."""

import io
import json
import threading
import time
from itertools import pairwise

import pytest
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from twintrade.fanout import Step
from twintrade.study import progress as module
from twintrade.study.progress import Bar, Clock, JsonLines, Report, StageLines, report_progress, report_when_slow
from twintrade.text import Text, use_language

DRAWS = "randomization: 210 of 499, about 40 s left"
JOBS = [
    ("estimate/twfe/log", 10.0),
    ("inference/auto/twfe/log", 80.0),
    ("diagnostic/power/twfe/log", 10.0),
    ("draw", 20.0),
]


def test_a_run_tells_its_stages_in_the_language_of_the_command(capsys):
    with use_language("zh-CN"):
        lines = StageLines()
    for language in ("zh-CN", "en-GB"):
        with use_language(language):
            lines("tiny", "read" if language == "zh-CN" else "estimate/twfe/log")
    assert capsys.readouterr().err.isascii() is False
    with use_language("en-GB"):
        lines("tiny", "collect")
    assert "results" not in capsys.readouterr().err


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only when they are set."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_what_is_left_follows_the_pace_of_the_jobs_done(clock):
    watch = Clock(JOBS)
    assert watch.begin("estimate/twfe/log")
    assert watch.left == pytest.approx(120)
    clock[0] += 30.0  # three times what was expected, half of which is believed
    assert watch.begin("inference/auto/twfe/log")
    assert watch.left == pytest.approx(220)
    clock[0] += 95.0
    assert watch.left == pytest.approx(125)
    assert watch.share == pytest.approx(0.5)
    assert not watch.begin(DRAWS)


COLUMNS = [("inference/auto/a/x", 20.0), ("inference/auto/b/x", 20.0), ("inference/auto/c/x", 20.0), ("draw", 10.0)]


def test_a_loop_that_takes_longer_than_its_job_was_expected_to_raises_what_is_left_once(clock):
    watch = Clock(COLUMNS)
    watch.begin("inference/auto/a/x")
    assert watch.left == pytest.approx(70)
    left = []
    for k in range(1, 10):  # a pass of 500 draws that takes 200 s
        clock[0] += 20.0
        watch.begin(Step("randomization", 1, 50 * k, 500, 200.0 - 20.0 * k))
        left.append(watch.left)
    # ten times what was expected: columns of its kind take nearly as long, the page as all jobs and the forecast say
    own = (200 + 10 * 7) / (20 + 10)
    assert left[0] == pytest.approx(180 + 2 * 20 * own + 10 * 7)
    assert left == pytest.approx([left[0] - 20.0 * k for k in range(9)])
    clock[0] += 20.0
    watch.begin("inference/auto/b/x")
    assert watch.left == pytest.approx(left[-1] - 20.0)


def test_a_later_pass_adds_what_it_takes_and_a_job_within_its_time_is_not_made_shorter(clock):
    watch = Clock(COLUMNS)
    watch.begin("inference/auto/a/x")
    clock[0] += 5.0
    watch.begin(Step("randomization", 1, 499, 500, 0.1))
    assert watch.left == pytest.approx(65)
    clock[0] += 15.0
    watch.begin(Step("randomization", 2, 10, 500, 40.0))
    assert watch.left > 50 + 40 + 2 * 20


def test_a_late_job_without_a_loop_raises_what_its_kind_will_take_and_says_that_it_is_late(clock):
    watch = Clock(COLUMNS)
    watch.begin("inference/auto/a/x")
    left = []
    for _ in range(5):
        clock[0] += 20.0
        left.append(watch.left)
    assert left[0] == pytest.approx(50)
    assert all(later > earlier for earlier, later in pairwise(left))
    said = str(watch.describe_rest("inference/auto/a/x"))
    assert said == "longer than expected, about 4 min left after it; job 1 of 4, inference/auto/a/x"


def test_jobs_of_one_name_are_counted_apart_and_one_left_out_is_passed_over(clock):
    watch = Clock(
        [("diagnostic/heterogeneity/x", 1.0), ("diagnostic/heterogeneity/x", 1.0), ("a", 1.0), ("draw", 1.0)]
    )
    numbers = [watch.begin(job) and watch.number for job in ("diagnostic/heterogeneity/x",) * 2 + ("draw",)]
    assert numbers == [1, 2, 4]


def test_lines_name_the_job_the_draws_and_what_is_left_and_announce_what_is_long(clock, capsys):
    lines = StageLines()
    lines.expect("tiny", JOBS)
    lines("tiny", "estimate/twfe/log")
    clock[0] += 10.0
    lines("tiny", "inference/auto/twfe/log")
    for _ in range(6):
        clock[0] += 10.0
        lines("tiny", DRAWS)
    assert capsys.readouterr().err.splitlines() == [
        "tiny: this run is expected to take about 2 min",
        "tiny: estimating",
        "tiny: job 2 of 4, inference/auto/twfe/log: expected to take about 80 s",
        *(f"tiny: about {n} s left; job 2 of 4, inference/auto/twfe/log ({DRAWS})" for n in (80, 50)),
    ]


def test_a_short_run_tells_its_stages_alone(clock, capsys):
    lines = StageLines()
    lines.expect("tiny", [("estimate/twfe/log", 1.0), ("draw", 5.0)])
    for event in ("estimate/twfe/log", "draw"):
        lines("tiny", event)
    assert capsys.readouterr().err.splitlines() == ["tiny: estimating", "tiny: drawing the appendix"]


def test_json_lines_carry_the_number_of_the_job_and_what_is_left(clock, capsys):
    report = JsonLines()
    report("tiny", "read")
    report.expect("tiny", JOBS)
    clock[0] += 10.0
    report("tiny", "inference/auto/twfe/log")
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert told[0] == {"analysis": "tiny", "event": "read", "seconds": 0.0}
    assert told[1]["expected"] == 120.0
    assert (told[2]["job"], told[2]["left"]) == (2, 110.0)


def test_what_an_estimate_tells_of_its_inference_moves_what_is_left_and_is_announced_once(clock, capsys):
    lines, report = JsonLines(), Report()
    longer = [(job, 800.0 if job.startswith("inference") else seconds) for job, seconds in JOBS]
    for one in (lines, report):
        one.expect("tiny", JOBS)
        one("tiny", "estimate/twfe/log")
        clock[0] += 10.0
        one.expect("tiny", longer)
        one("tiny", "inference/auto/twfe/log")
    said = capsys.readouterr().err.splitlines()
    told = json.loads([line for line in said if line.startswith("{")][-1])
    assert (told["job"], told["left"]) == (2, 830.0)
    assert sum("this run is expected to take" in line for line in said) == 1
    assert any("about 13 min" in line for line in said), "the job, when it begins"


def test_a_bar_shows_the_running_job_and_the_announcement_stands_above_it(clock):
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=160, color_system=None)
    with Progress(TextColumn("{task.description}", markup=False), BarColumn(), console=console) as shown:
        bar = Bar(shown)
        bar("tiny", "read")
        bar.expect("tiny", JOBS)
        bar("tiny", "inference/auto/twfe/log")
        bar("tiny", DRAWS)
    text = stream.getvalue()
    assert "tiny: this run is expected to take about 2 min" in text
    assert "job 2 of 4, inference/auto/twfe/log (randomization: 210 of 499" in text


def test_a_bar_goes_on_counting_down_between_events(clock):
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=160, color_system=None)
    with Progress(TextColumn("{task.fields[now]}", markup=False), console=console, auto_refresh=False) as shown:
        bar = Bar(shown)
        bar.expect("tiny", JOBS)
        bar("tiny", "inference/auto/twfe/log")
        bar("tiny", Step("randomization", 2, 45, 499, 3.0))
        clock[0] += 30.0
        shown.refresh()
    assert (
        "about 80 s left; job 2 of 4, inference/auto/twfe/log (randomization, pass 2: 45 of 499)" in stream.getvalue()
    )


def test_a_bar_is_for_a_terminal_and_one_analysis_at_a_time(monkeypatch):
    monkeypatch.setattr(module.sys.stderr, "isatty", lambda: True, raising=False)
    with report_progress(log_json=False) as one, report_progress(log_json=False, is_alone=False) as many:
        assert (type(one), type(many)) == (Bar, StageLines)


def test_a_command_without_jobs_says_what_it_does_where_that_takes_long(monkeypatch, capfd):
    monkeypatch.setattr(module, "SLOW", 3600.0)
    with report_when_slow("mine", Text("study.stage-check")):
        pass
    assert capfd.readouterr().err == ""
    monkeypatch.setattr(module, "SLOW", 0.0)
    said, say = threading.Event(), Report._say
    monkeypatch.setattr(Report, "_say", lambda *words: (say(*words), said.set()))
    with report_when_slow("mine", Text("study.stage-check")):
        assert said.wait(60)
    assert capfd.readouterr().err == "mine: checking\n"
