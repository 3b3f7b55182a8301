"""What a run says about the machine it ran on."""

import os
import sys
from types import SimpleNamespace

import pytest

from twintrade.study.store.locating import measure_peak_memory_mb


def test_peak_memory_grows_with_what_is_held():
    held = os.urandom(2**20) * 300
    assert measure_peak_memory_mb() >= len(held) // 2**20


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no resource module")
@pytest.mark.parametrize(("platform", "unit"), [("linux", 2**10), ("darwin", 2**20)])
def test_peak_memory_is_read_in_the_unit_of_the_system(monkeypatch, platform, unit):
    import resource

    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(resource, "getrusage", lambda who: SimpleNamespace(ru_maxrss=512 * unit))
    assert measure_peak_memory_mb() == 512


def test_peak_memory_on_windows_is_the_peak_working_set(monkeypatch):
    process = SimpleNamespace(memory_info=lambda: SimpleNamespace(rss=1, peak_wset=512 * 2**20))
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "psutil", SimpleNamespace(Process=lambda: process))
    assert measure_peak_memory_mb() == 512
