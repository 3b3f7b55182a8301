"""Every benchmark says how it is run at its smallest size, which `make check` does."""

import sys
from types import ModuleType

import pytest

pytest.importorskip("resource", reason="benchmarks measure what only POSIX systems count")

from benchmarks import measured
from benchmarks.smoke import list_programs, run_smallest


def test_every_benchmark_has_a_smallest_size():
    programs = list_programs()
    assert len(programs) > 15
    assert [name for name, program in programs.items() if not getattr(program, "SMOKE", ())] == []


@pytest.mark.parametrize(("ends", "code"), [(lambda: 1 / 0, 1), (lambda: exit(2), 1), (lambda: exit(0), 0)])
def test_one_that_does_not_run_is_a_failure(monkeypatch, capfd, ends, code):
    monkeypatch.setattr(measured, "IS_STRICT", False)
    planted = ModuleType("planted")
    planted.SMOKE, planted.main = ((),), ends
    assert run_smallest({"planted": planted}) == code
    assert ("Traceback" in capfd.readouterr().out) == bool(code)


def test_a_process_that_fails_is_a_row_of_a_table_and_ends_a_smoke_run(monkeypatch):
    words = (sys.executable, "-c", "raise SystemExit('no data')")
    monkeypatch.setattr(measured, "IS_STRICT", False)
    assert measured.in_own_process(words, 60, 4) == {"failed": "no data"}
    monkeypatch.setattr(measured, "IS_STRICT", True)
    with pytest.raises(RuntimeError, match="no data"):
        measured.in_own_process(words, 60, 4)
