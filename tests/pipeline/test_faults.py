"""After any fault the old results are intact or the new ones whole, and the next run mends the rest."""

import collections
import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from black_box import (
    DRAWING,
    ESTIMATING,
    SHORT,
    TWO_EXHIBITS,
    command,
    hashes,
    run_program,
    run_signalled,
    start,
    write_project,
)

from twintrade.errors import StoreError
from twintrade.study.redraw import redraw
from twintrade.study.store.freshness import list_changes

HARNESS = Path(__file__).with_name("fault_harness.py")
MOST_LINES = 3
"""Of what is told beside the table of the summary: the fault, where the details are, the cause of the cause."""

STAGE = re.compile(r"^tiny: (reading|estimating|checking|comparing|drawing).*\n", re.MULTILINE)
"""Progress of a run that is not on a terminal."""

HARMLESS = ("mkdir", "unlink", "rmdir", "fsync results")
"""Folders that are there already, and steps after the new results stand: the next run clears what is left."""


def inflicted(folder: Path, pages: str, **strides: int) -> dict[str, list[dict]]:
    """Return what every so manieth step led to, by what a run begins with; one program makes them all."""
    project = write_project(folder / "project", "" if pages == "all" else TWO_EXHIBITS)
    (folder / "scratch").mkdir()
    words = (str(folder / "scratch"), pages, *map("{0[0]}:{0[1]}".format, strides.items()))
    done = run_program(str(HARNESS), project, str(project), *words, seconds=3600)
    assert done.returncode == 0, done.stderr
    records: dict[str, list[dict]] = {}
    for record in map(json.loads, done.stdout.splitlines()):
        if "steps" in record:
            assert record["changed"], "old and new results must differ, or nothing is shown"
            found = records[list(strides)[len(records)]] = []
        else:
            found.append(record)
    return records


def judge(records: list[dict]) -> None:
    for record in records:
        record["told"] = STAGE.sub("", record["told"])
        where = f"{record['fault']} at step {record['at']} ({record['step']}): {record['told']}"
        assert record["is_old"] or record["is_new"], f"results are neither old nor new after {where}"
        assert record["recovered"], f"the next run does not mend {where}\n{record['again']}"
        assert "Traceback" not in record["told"], where
        assert "fault of the program" not in record["told"], where
        if record["fault"] in ("kill", "torn"):
            assert record["code"] == -signal.SIGKILL, where
        elif record["fault"] == "interrupt":
            assert record["code"] == 130, where
            assert len(record["told"].splitlines()) == 1, where
            assert set(record["left"]) <= {".tiny.lock"}, where
        elif record["code"] == 0:
            assert record["is_new"], f"success is claimed without new results after {where}"
            assert record["step"].startswith(HARMLESS), where
        else:
            assert record["code"] == 1, where
            assert record["is_old"], where
            assert not record["left"], where
            assert record["messages"] or record["step"] == "mkdir results", f"no messages.csv after {where}"
            told = record["told"].split("\n\n", 1)[1].splitlines()
            assert len(told) <= MOST_LINES, where
            assert told[0].startswith("tiny failed: "), where


@pytest.fixture(scope="module")
def some(tmp_path_factory):
    return inflicted(tmp_path_factory.mktemp("faults"), "few", old=4, nothing=7)


@pytest.mark.parametrize("begins", ["old", "nothing"])
def test_a_fault_at_any_step_leaves_old_results_or_new_ones_whole(some, begins):
    records = some[begins]
    judge(records)
    assert len({r["fault"] for r in records}) == 5


@pytest.mark.slow
@pytest.mark.parametrize("begins", ["old", "nothing"])
def test_a_fault_at_every_step_leaves_old_results_or_new_ones_whole(tmp_path, begins):
    records = inflicted(tmp_path, "few", **{begins: 1})[begins]
    judge(records)
    told = collections.Counter((r["fault"], "old" if r["is_old"] else "new") for r in records)
    assert min(told[fault, "old"] for fault in ("kill", "interrupt", "ENOSPC", "EIO")) > 20, told


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "copy"))


def told(done: subprocess.CompletedProcess[str]) -> str:
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout + done.stderr


def changed(project: Path, more: str = "") -> Path:
    spec = project / "analyses" / "tiny.toml"
    spec.write_text(spec.read_text().replace("seed = 5", "seed = 6") + more)
    return project


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    try:
        subprocess.run(options, check=True, capture_output=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("no permission to mount a small file system")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False, capture_output=True)


def test_a_full_disk_is_told_in_one_line_and_harms_nothing(small_disk):
    project = write_project(small_disk / "project", SHORT)
    (project / "filler").write_bytes(bytes(700_000))
    done = command(project, "run")
    assert done.returncode == 1
    assert "were not written: No space left on device" in told(done)
    assert {p.name for p in (project / "results").iterdir()} <= {"tiny.messages.csv"}


@pytest.fixture
def read_only(copy: Path):
    """The copied project on a file system that takes no writing, by mount for root and by mode for others."""
    if os.geteuid() != 0:
        for folder in [copy, *(p for p in copy.rglob("*") if p.is_dir())]:
            folder.chmod(0o555)
        yield copy
        for folder in [copy, *(p for p in copy.rglob("*") if p.is_dir())]:
            folder.chmod(0o755)
        return
    try:
        subprocess.run(["mount", "--bind", str(copy), str(copy)], check=True, capture_output=True, timeout=10)
        subprocess.run(["mount", "-o", "remount,ro,bind", str(copy)], check=True, capture_output=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        subprocess.run(["umount", "-l", str(copy)], check=False, capture_output=True)
        pytest.skip("no permission to mount a folder read-only")
    yield copy
    subprocess.run(["umount", "-l", str(copy)], check=False, capture_output=True)


def test_a_read_only_folder_still_tells_what_is_fresh_and_refuses_in_one_line(finished, read_only):
    assert command(read_only, "run").returncode == 0
    done = command(read_only, "run", "--force")
    assert done.returncode == 1
    assert "is the folder writable?" in told(done)
    assert hashes(read_only / "results" / "tiny") == hashes(finished / "results" / "tiny")


def test_two_runs_at_once_leave_one_whole_result(copy):
    changed(copy, SHORT)
    both = [start(copy, "run") for _ in range(2)]
    ends = [("".join(p.communicate()), p.returncode) for p in both]
    assert 0 in [code for _, code in ends]
    for text, code in ends:
        assert "Traceback" not in text
        assert code == 0 or "is being run by another process (process" in text
    assert command(copy, "run").returncode == 0
    assert command(copy, "verify").returncode == 0
    assert [p.name for p in (copy / "results").iterdir()] == ["tiny"]


def test_a_stale_lock_and_debris_of_a_killed_run_are_cleared_also_by_a_run_with_nothing_to_do(copy):
    results = copy / "results"
    (results / ".tiny.lock").write_text('{"pid": 999999, "started": "2001-01-01T00:00:00+00:00"}')
    (results / ".tiny.staged").mkdir()
    (results / ".tiny.staged" / "data.csv").write_text("half a")
    (results / "tiny.messages.csv").write_text("level,code,file,row,column,message\nerror,spec,,,,earlier\n")
    done = command(copy, "run")
    assert "up to date" in told(done)
    assert [p.name for p in results.iterdir()] == ["tiny"]


def test_a_failure_that_is_taken_back_leaves_no_messages(copy):
    spec = copy / "analyses" / "tiny.toml"
    good = spec.read_text()
    spec.write_text(good.replace('name = "twfe"', 'name = "twfee"'))
    assert command(copy, "run").returncode == 2
    assert (copy / "results" / "tiny.messages.csv").is_file()
    spec.write_text(good)
    assert "up to date" in told(command(copy, "run"))
    assert not (copy / "results" / "tiny.messages.csv").exists()


@pytest.mark.parametrize(
    "place", ["results", "results/tiny", "results/.tiny.old", "results/.tiny.staged", "results/.tiny.lock"]
)
def test_nothing_is_written_through_a_link(copy, tmp_path, place):
    changed(copy)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept.txt").write_text("kept")
    link = copy / place
    if link.exists():
        shutil.rmtree(link)
    link.symlink_to(outside)
    done = command(copy, "run")
    assert done.returncode == 1
    assert "link" in told(done)
    assert {p.name: p.read_text() for p in outside.iterdir()} == {"kept.txt": "kept"}


def test_simulated_tables_are_not_written_through_a_link(copy, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    shutil.rmtree(copy / "data" / "processed", ignore_errors=True)
    (copy / "data" / "processed").symlink_to(outside)
    spec = copy / "analyses" / "tiny.toml"
    drawn = 'simulate = { seed = 1, first = 2003, last = 2018, cities = ["Alder"], partners = ["GBR"] }'
    text = spec.read_text().replace('file = "data/raw/tiny_trade.csv"', drawn)
    spec.write_text(text.replace("simulated = true", ""))
    for words in (("run",), ("check",), ("explain", "tiny")):
        done = command(copy, *words)
        assert done.returncode == 1, words
        assert "would leave the project through a link" in told(done)
    assert list(outside.iterdir()) == []


def test_pages_are_not_drawn_from_edited_numbers(copy):
    effects = copy / "results" / "tiny" / "effects.csv"
    effects.write_bytes(effects.read_bytes().replace(b"0.1", b"0.9", 1))
    before = hashes(copy / "results" / "tiny")
    done = command(copy, "appendix")
    assert done.returncode == 1
    assert "results/tiny/effects.csv is not as the run wrote it" in told(done)
    assert hashes(copy / "results" / "tiny") == before
    assert command(copy, "verify").returncode == 4


def test_own_data_in_the_folder_of_processed_data_are_watched_like_any_other(copy):
    processed = copy / "data" / "processed"
    processed.mkdir(exist_ok=True)
    (copy / "data" / "raw" / "tiny_trade.csv").rename(processed / "trade.csv")
    spec = copy / "analyses" / "tiny.toml"
    spec.write_text(spec.read_text().replace("data/raw/tiny_trade.csv", "data/processed/trade.csv") + SHORT)
    assert command(copy, "run").returncode == 0
    trade = processed / "trade.csv"
    text = trade.read_text()
    row = text.splitlines()[1]
    trade.write_text(text.replace(row, row[:-1] + ("1" if row[-1] != "1" else "2"), 1))
    done = command(copy, "verify")
    assert done.returncode == 4
    assert "input data/processed/trade.csv" in told(done)


DAMAGED = (
    "",
    "[]",
    "{}",
    "nonsense",
    "[" * 100_000,
    '{"outputs": {"data.csv": 1}, "inputs": [3]}',
    '{"outputs": {}, "inputs": [{}]}',
    '{"outputs": {}, "versions": [], "headline": 7}',
    '{"outputs": {"../../x": "y"}}',
    '{"outputs": {"a\\u0000": "y"}}',
)


@pytest.mark.parametrize("text", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_manifest_means_that_there_are_no_results(copy, text):
    (copy / "results" / "tiny" / "manifest.json").write_text(text)
    assert [str(change) for change in list_changes(copy, "tiny", {})] == ["no results yet"]
    with pytest.raises(StoreError, match="run the analysis"):
        redraw(copy, "tiny", (copy / "analyses" / "tiny.toml").read_text())


@pytest.mark.parametrize("field", ["outputs", "inputs", "versions", "headline", "title"])
def test_any_field_of_a_manifest_may_be_missing_or_of_another_kind(copy, field):
    path = copy / "results" / "tiny" / "manifest.json"
    whole = json.loads(path.read_text())
    for value in (None, 7, "x", [7], {"../x": "y"}):
        path.write_text(json.dumps(whole | {field: value}))
        assert list_changes(copy, "tiny", {})


@pytest.mark.parametrize("after", [ESTIMATING, DRAWING])
def test_interruption_leaves_no_debris_and_the_old_results(copy, after):
    changed(copy)
    before = hashes(copy / "results" / "tiny")
    done = run_signalled(signal.SIGINT, after, copy, "run")
    assert done.returncode == 130
    reused = "the next run reuses the long jobs that were finished"
    assert told(done).endswith(f"\ntwintrade: interrupted; earlier results are untouched, and {reused}\n")
    assert hashes(copy / "results" / "tiny") == before
    assert [p.name for p in (copy / "results").iterdir()] == ["tiny"]
