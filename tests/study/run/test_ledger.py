"""A run that was killed goes on from what it had finished; nothing else is ever taken for it."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from twintrade.fanout import Workers, jobs, run_jobs, use_workers
from twintrade.study.run.ledger import FileLedger

VALUES = {
    "effects": np.array([[0.1, np.nan, -np.inf], [1e-300, 2 / 3, -0.0]]),
    "n": np.array(7),
    "names": np.array(["Zürich", "成都"]),
    "none": np.zeros((0, 3)),
}


def same(found, values):
    assert list(found) == list(values)
    for name, value in values.items():
        assert found[name].dtype == value.dtype
        assert found[name].shape == value.shape
        assert found[name].tobytes() == value.tobytes()


@pytest.fixture
def path(tmp_path):
    path = tmp_path / ".tiny.ledger"
    ledger = FileLedger(path, "abc")
    ledger.put("one", VALUES, "")
    ledger.put("two", None, "not identified")
    ledger.close()
    return path


def test_numbers_come_back_to_the_bit(path):
    ledger = FileLedger(path, "abc")
    values, reason = ledger.get("one")
    assert reason == ""
    same(values, VALUES)
    assert ledger.get("two") == (None, "not identified")
    assert ledger.get("three") is None


def test_no_file_is_made_before_there_is_something_to_keep(tmp_path):
    FileLedger(tmp_path / "x", "abc").close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("cut", [2, 20, 60])
def test_a_torn_line_is_recomputed_and_the_next_one_kept(path, cut):
    path.write_bytes(path.read_bytes()[:-cut])
    ledger = FileLedger(path, "abc")
    assert ledger.get("one") is not None
    assert ledger.get("two") is None
    ledger.put("two", None, "again")
    ledger.close()
    assert FileLedger(path, "abc").get("two") == (None, "again")


def test_a_changed_byte_is_not_believed(path):
    path.write_bytes(path.read_bytes().replace(b"not identified", b"now identified"))
    assert FileLedger(path, "abc").get("two") is None


def test_a_ledger_of_other_data_is_begun_anew(path):
    other = FileLedger(path, "other")
    assert other.get("one") is None
    other.put("one", None, "x")
    other.close()
    assert FileLedger(path, "abc").get("one") is None
    assert FileLedger(path, "other").get("one") == (None, "x")


def test_objects_are_refused(path):
    with pytest.raises(TypeError, match="dtype object"):
        FileLedger(path, "abc").put("x", {"y": np.array([{}])}, "")


def test_a_full_disk_costs_the_resumption_and_not_the_run(tmp_path):
    ledger = FileLedger(tmp_path / "absent folder" / "x", "abc")
    ledger.put("one", VALUES, "")
    ledger.close(remove=True)
    assert list(tmp_path.iterdir()) == []


def run_loop(folder, dies_at=None):
    """Do forty jobs that say when they are done; the process may end in the middle of one."""
    folder.mkdir(exist_ok=True)

    def slow(shared, job, rng):
        with (folder / "done").open("a") as stream:
            stream.write(f"{job}\n")
        if job == dies_at:
            os._exit(137)
        return {"x": rng.normal(size=2)}

    ledger = FileLedger(folder / "ledger", "abc")
    with pytest.MonkeyPatch.context() as patch, use_workers(Workers(ledger=ledger), "diagnostic/placebo"):
        patch.setattr(jobs, "ALONE_SECONDS", 0.0)
        found = run_jobs("loop", slow, {str(i): i for i in range(40)}, shared=None, rng=np.random.default_rng(1))
    np.save(folder / "result.npy", np.stack([d.values["x"] for d in found]))


def run_until_killed(folder):
    code = "import sys; from pathlib import Path; from test_ledger import run_loop; run_loop(Path(sys.argv[1]), 12)"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    return subprocess.run([sys.executable, "-c", code, str(folder)], env=environment, check=False).returncode


def test_a_killed_process_is_resumed_and_only_the_rest_recomputed(tmp_path):
    run_loop(tmp_path / "whole")
    assert run_until_killed(tmp_path / "cut") == 137
    ledger = tmp_path / "cut" / "ledger"
    assert not (tmp_path / "cut" / "result.npy").exists()
    n_kept = len(FileLedger(ledger, "abc")._kept)
    n_done = len((tmp_path / "cut" / "done").read_text().split())
    assert n_kept >= 9
    run_loop(tmp_path / "cut")
    done = (tmp_path / "cut" / "done").read_text().split()
    assert len(done) - n_done == 40 - n_kept
    assert (tmp_path / "cut" / "result.npy").read_bytes() == (tmp_path / "whole" / "result.npy").read_bytes()
