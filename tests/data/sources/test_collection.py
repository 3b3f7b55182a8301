"""Garbage collection while tables are read."""

import gc

import pytest

from twintrade.data.sources import hold_collection


@hold_collection()
def read_badly() -> None:
    assert not gc.isenabled()
    raise ValueError("row 3")


def test_collection_is_held_back_and_goes_on_after_a_fault():
    with pytest.raises(ValueError, match="row 3"):
        read_badly()
    assert gc.isenabled()


def test_collection_that_was_off_stays_off():
    gc.disable()
    try:
        with hold_collection():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
