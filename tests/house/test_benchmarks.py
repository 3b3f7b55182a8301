"""Every benchmark has a smallest size, which `make check` runs, and each fault of `make mutants` fits the package."""

import importlib.util
import sys
from collections import Counter
from functools import cache
from types import ModuleType

import pytest

pytest.importorskip("resource", reason="both measure what only POSIX systems count")

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


@pytest.fixture(scope="module")
def mutants(root):
    spec = importlib.util.spec_from_file_location("mutants", root / ".ci" / "mutants.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_fault_fits_one_line_and_leaves_a_program(mutants):
    faults = mutants.read_list() + mutants.read_list("drawn")
    assert {fault: why for fault in faults if (why := fault.find_misfit())} == {}
    assert all(fault.old.strip() == fault.old and "\n" not in fault.old for fault in faults)


def test_the_list_is_of_sixty_over_all_rooms(mutants):
    faults = mutants.read_list()
    rooms = Counter(fault.file.split("/")[0] for fault in faults)
    assert len(set(faults)) == len(faults) == 60
    assert all(rooms[room] >= 7 for room in ("render", "text", "study"))
    assert rooms["render"] + rooms["text"] + rooms["study"] >= 20
    assert len(rooms) >= 10


def test_a_drawn_list_is_that_of_its_seed(mutants, monkeypatch):
    find = mutants.list_faults
    monkeypatch.setattr(mutants, "list_faults", cache(lambda file: [*find(file)]))  # each file is read once for all
    drawn = mutants.draw_list(3, 1)
    assert drawn == mutants.draw_list(3, 1) != mutants.draw_list(3, 2)
    assert all(len(fault.find_lines()) == 1 for fault in drawn)
