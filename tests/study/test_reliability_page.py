"""Every test that the page on reliability names is there."""

import re


def test_every_promise_names_a_test_that_is_there(root):
    page = (root / "docs" / "lab" / "reliability.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    tests = "".join(file.read_text(encoding="utf-8") for file in (root / "tests").rglob("test_*.py"))
    defined = set(re.findall(r"^def (test_\w+)", tests, re.MULTILINE))
    assert len(named) > 60
    assert sorted(named - defined) == []
