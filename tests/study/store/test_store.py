"""Results whole or not at all, and CSV that keeps every digit."""

import csv
import errno
import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

import twintrade
from twintrade.errors import StoreError
from twintrade.study.page.assemble import clean_file_name
from twintrade.study.store import folder as store
from twintrade.study.store import freshness
from twintrade.study.store.fingerprint import list_source_files
from twintrade.study.store.folder import hold_lock, prepare, write
from twintrade.study.store.replay import _column, _plain, from_bytes, to_bytes

OLD, NEW = {"a.csv": b"old", "deep/b.csv": b"old"}, {"a.csv": b"new", "c.csv": b"new"}


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_results_are_stale_when_an_estimator_or_a_sentence_changes():
    package = Path(twintrade.__file__).parent
    names = {path.relative_to(package).as_posix() for path in list_source_files()}
    assert {"estimators/twfe.py", "numerics/arrays.py", "text/en/page.ftl", "render/writers/page.css"} <= names


def debris(folder: Path) -> list[str]:
    return [p.name for p in folder.iterdir() if p.name.startswith(".")]


def test_a_result_set_replaces_another_as_a_whole(tmp_path):
    target = prepare(tmp_path, "x")
    write(target, OLD, b"one")
    assert content(target) == OLD | {"manifest.json": b"one"}
    write(prepare(tmp_path, "x"), NEW, b"two")
    assert content(target) == NEW | {"manifest.json": b"two"}
    assert debris(target.parent) == []


@pytest.mark.parametrize("call", ["mkdir", "open", "fsync", "swap_folders"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_fault_of_the_disk_leaves_the_old_results(tmp_path, monkeypatch, call, number):
    target = prepare(tmp_path, "x")
    write(target, OLD, b"one")

    def fail(*args, **kwargs):
        raise OSError(number, os.strerror(number))

    owner = {"mkdir": Path, "open": Path, "fsync": os, "swap_folders": store}[call]
    with monkeypatch.context() as patch:
        patch.setattr(owner, call, fail)
        with pytest.raises(StoreError, match="were not written"):
            write(target, NEW, b"two")
    assert content(target) == OLD | {"manifest.json": b"one"}
    write(prepare(tmp_path, "x"), NEW, b"two")
    assert content(target) == NEW | {"manifest.json": b"two"}
    assert debris(target.parent) == []


def test_without_an_atomic_swap_two_renames_do_it(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "swap_folders", lambda one, other: False)
    target = prepare(tmp_path, "x")
    write(target, OLD, b"one")
    write(target, NEW, b"two")
    assert content(target) == NEW | {"manifest.json": b"two"}
    assert debris(target.parent) == []


def test_an_interrupted_pair_of_renames_is_put_back(tmp_path):
    target = prepare(tmp_path, "x")
    write(target, OLD, b"one")
    target.rename(target.with_name(".x.old"))
    assert content(prepare(tmp_path, "x")) == OLD | {"manifest.json": b"one"}


@pytest.mark.parametrize("path", ["../x", "/x", "a/../../x", ""])
def test_a_path_out_of_the_folder_is_refused(tmp_path, path):
    with pytest.raises(StoreError, match="no path inside"):
        write(prepare(tmp_path, "x"), {path: b""}, b"")


@pytest.mark.parametrize("place", ["results", "results/x"])
def test_results_never_leave_through_a_link(tmp_path, place):
    outside = tmp_path / "outside"
    outside.mkdir()
    project = tmp_path / "project"
    (project / place).parent.mkdir(parents=True)
    (project / place).symlink_to(outside)
    with pytest.raises(StoreError, match="link"):
        prepare(project, "x")
    assert list(outside.iterdir()) == []


def test_a_second_run_is_refused_and_a_stale_lock_is_taken_over(tmp_path):
    path = tmp_path / "x.lock"
    with hold_lock(path, "x"):
        code = (
            "import sys; from pathlib import Path; from twintrade.study.store.folder import hold_lock\n"
            "with hold_lock(Path(sys.argv[1]), 'x'): pass"
        )
        done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
        assert done.returncode != 0
        assert f"being run by another process (process {os.getpid()}, since" in done.stderr
    assert not path.exists()
    path.write_text('{"pid": 1, "started": "long ago"}')
    with hold_lock(path, "x"):
        assert str(os.getpid()) in path.read_text()


def test_a_lock_ends_with_its_process_though_a_child_of_it_lives_on(tmp_path):
    path = tmp_path / "x.lock"
    code = (
        "import os, sys, time; from pathlib import Path; from twintrade.study.store.folder import hold_lock\n"
        "with hold_lock(Path(sys.argv[1]), 'x'):\n"
        "    child = os.fork()\n"
        "    if child == 0: time.sleep(60)\n"
        "    print(child, flush=True); os.kill(os.getpid(), 9)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) as holder:
        child = int(holder.stdout.readline())
        try:
            assert holder.wait() == -signal.SIGKILL
            with hold_lock(path, "x"):
                assert str(os.getpid()) in path.read_text()
        finally:
            os.kill(child, signal.SIGKILL)


def test_a_lock_that_cannot_be_made_says_so(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StoreError, match=r"the lock x\.lock cannot be made \(.+\)"):
        hold_lock(tmp_path / "file" / "x.lock", "x").__enter__()


def test_csv_keeps_every_digit_and_kind_of_value():
    frame = pd.DataFrame(
        {
            "x": [0.1 + 0.2, 1 / 3, np.nan, -0.0, np.inf, 5e-324],
            "onset": pd.array([1, None, 3, 4, 5, 6], dtype="Int64"),
            "is": [True, False, True, False, True, False],
            "name": ["NA", "None", "nan", "Jinan 济南", "a,b", 'say "x"'],
            "answer": ["True", "False", "unknown", "True", "True", "True"],
        }
    )
    back = from_bytes(to_bytes(frame))
    assert back["x"].tolist()[:3] == pytest.approx([0.1 + 0.2, 1 / 3, np.nan], abs=0, nan_ok=True)
    assert np.signbit(back["x"][3]) == np.False_
    assert back["x"][5] == 5e-324
    pd.testing.assert_series_equal(back["onset"], frame["onset"])
    assert back["is"].tolist() == frame["is"].tolist()
    assert back["name"].tolist() == frame["name"].tolist()
    assert back["answer"].tolist() == frame["answer"].tolist()
    assert to_bytes(back) == to_bytes(frame)
    assert b"\r" not in to_bytes(frame)


@loop_over("cell", ["=1+1", "+x", "-x", "@x", "\tx", "＝1", "'=1"])
def test_no_cell_is_a_live_formula_and_none_is_changed_by_that(cell):
    written = to_bytes(pd.DataFrame({"name": [cell, "-5"]}))
    assert b"\n=" not in written
    assert f"'{cell}".encode() in written
    assert from_bytes(written)["name"].astype(str).tolist() == [cell, "-5"]


def test_an_empty_table_keeps_its_columns():
    frame = pd.DataFrame(columns=["a", "b"])
    assert list(from_bytes(to_bytes(frame)).columns) == ["a", "b"]


@loop_over("name", ["raw_series.01-../../x", "raw_series.a/b", "..", "", "raw_series.济南-GBR"])
def test_no_name_in_the_data_becomes_a_path(name):
    found = clean_file_name(name)
    assert re.fullmatch(r"\w[\w.-]*", found)
    assert "/" not in found
    assert ".." not in (found, found[:2])


@loop_over(
    ("name", "kept"),
    [
        ("raw_series.01-济南-GBR", "raw_series.01-济南-GBR"),
        ("raw_series.02-Санкт-Петербург-CHN", "raw_series.02-Санкт-Петербург-CHN"),
        ("Sa\u0303o Paulo/x: y", "São-Paulo-x-y"),
        ("เชียงใหม่-CHN", "เชียงใหม่-CHN"),
        ("a\u202eb\u200bc?*", "a-b-c"),
    ],
)
def test_a_file_keeps_letters_of_every_script(name, kept):
    assert clean_file_name(name) == kept


def test_a_long_name_in_any_script_is_a_file_name():
    assert len(clean_file_name("宁" * 200).encode()) <= 240
    assert clean_file_name("宁" * 200).strip("宁") == ""


def read_cell_by_cell(content):
    """Read a table by the csv module, each cell for itself."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))
    body = [row for row in rows[1:] if row]
    return pd.DataFrame({_plain(name): _column(_plain(name), [r[k] for r in body]) for k, name in enumerate(rows[0])})


@loop_over("columns", [["x"], ["x", "v", "onset", "unit"], ["empty"], ["b", "n", "v"]])
@loop_over("n_rows", [0, 1, 8, 400])
def test_a_table_is_read_back_as_its_cells_are(columns, n_rows):
    text = ["Côte d'Ivoire", 'a "quoted, word"', "", "NA", "two\nlines", " ", "=1+1", "'=1", "  lead", "007", "1e5"]
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "x": rng.choice(np.array(text, dtype=object), n_rows),
            "v": rng.choice([1.5, np.nan, np.inf, -np.inf, 1e-300, 0.1 + 0.2, -0.0], n_rows),
            "onset": pd.array(rng.integers(1, 9, n_rows), dtype="Int64"),
            "unit": rng.choice(["1", "2", "x"], n_rows),
            "empty": [""] * n_rows,
            "b": rng.uniform(size=n_rows) < 0.5,
            "n": rng.integers(-5, 5, n_rows),
        }
    )
    frame.loc[::3, "onset"] = pd.NA
    content = to_bytes(frame[columns])
    pd.testing.assert_frame_equal(from_bytes(content), read_cell_by_cell(content), check_exact=True)


def test_text_is_made_safe_once_for_each_different_cell_and_nothing_else_changes():
    """Columns of text go by their different cells; one that mixes types goes cell by cell, as 1 equals True."""
    text = pd.Series(["=a", "b", None, "=a", "'c", "", "\tz"], dtype=object)
    mixed = pd.Series([1, True, "=a", None, "1", np.nan, 1.0], dtype=object)
    lines = to_bytes(pd.DataFrame({"text": text, "mixed": mixed})).decode().splitlines()
    assert lines == ["text,mixed", "'=a,1", "b,True", ",'=a", "'=a,", "'c,1", ",", "'\tz,1.0"]


@pytest.mark.parametrize(("asked", "absent"), [(True, ["b.csv"]), (False, []), (None, [])])
def test_inputs_are_absent_by_design_where_the_analysis_says_so(tmp_path, asked, absent):
    (tmp_path / "a.csv").touch()
    data = {"trade": {"file": "a.csv"}, "registry": [{"file": "b.csv"}]}
    raw = {"data": data if asked is None else data | {"skip_when_absent": asked}}
    assert freshness.list_absent_by_design(tmp_path, raw) == absent
    assert freshness.list_absent_by_design(tmp_path, {}) == []
