"""The faults of tests/mutants.toml still fit the package, and a drawn list is the same for the same seed."""

import importlib.util
from collections import Counter

import pytest


@pytest.fixture(scope="module")
def mutants(root):
    spec = importlib.util.spec_from_file_location("mutants", root / ".ci" / "mutants.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_fault_fits_one_line_and_leaves_a_program(mutants):
    faults = mutants.read_list()
    assert [fault for fault in faults if len(fault.find_lines()) != 1] == []
    assert [fault for fault in faults if fault.old == fault.new or not mutants.is_readable(fault.plant())] == []


def test_the_list_is_of_sixty_over_all_rooms(mutants):
    faults = mutants.read_list()
    rooms = Counter(fault.file.split("/")[0] for fault in faults)
    assert len(set(faults)) == len(faults) == 60
    assert all(rooms[room] >= 7 for room in ("render", "text", "study"))
    assert rooms["render"] + rooms["text"] + rooms["study"] >= 20
    assert len(rooms) >= 10


def test_a_drawn_list_is_that_of_its_seed(mutants):
    drawn = mutants.draw_list(3, 1)
    assert drawn == mutants.draw_list(3, 1) != mutants.draw_list(3, 2)
    assert all(len(fault.find_lines()) == 1 for fault in drawn)
