"""Every registered estimator has its paragraph: what for, when not, and whose."""

import re

import pytest

from twintrade.estimators.base import ESTIMATORS


@pytest.mark.parametrize("name", list(ESTIMATORS))
def test_a_paragraph_says_what_for_when_not_and_cites(root, name):
    text = (root / "docs" / "estimators.md").read_text(encoding="utf-8")
    found = re.search(rf"^\*\*`{name}`.*?(?=^\*\*`|^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"docs/estimators.md has no paragraph on {name}"
    paragraph = " ".join(found[0].split())
    assert re.search(r"\bNot\b", paragraph)
    assert f"`{ESTIMATORS[name].citation}`" in paragraph
