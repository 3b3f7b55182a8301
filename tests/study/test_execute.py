"""A fault of the program stops one analysis in one line, and the developer can see where."""

import pytest

from twintrade.study import execute as module


def test_a_fault_of_the_program_is_one_line_and_leaves_messages(project, spec_text, monkeypatch):
    monkeypatch.setattr(module, "observe", lambda *_: 1 / 0)
    outcome = module.execute(project, "tiny", spec_text)
    assert (outcome.ending, outcome.code) == ("failed", 1)
    assert "a fault of the program (ZeroDivisionError: division by zero)" in outcome.text
    assert "ZeroDivisionError" in (project / "results" / "tiny.messages.csv").read_text()
    assert sorted(p.name for p in (project / "results").iterdir()) == ["tiny.messages.csv"]
    monkeypatch.setenv(module.DEBUG, "1")
    with pytest.raises(ZeroDivisionError):
        module.execute(project, "tiny", spec_text)
