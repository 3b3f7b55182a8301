"""Every registered estimator has its paragraph: what for, when not, and whose."""

import re

from case_tables import loop_over

from twintrade.estimators.base import ESTIMATORS


@loop_over("name", list(ESTIMATORS))
def test_a_paragraph_says_what_for_when_not_and_cites(root, name):
    text = (root / "docs" / "estimators.md").read_text(encoding="utf-8")
    found = re.search(rf"^\*\*`{name}`.*?(?=^\*\*`|^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"docs/estimators.md has no paragraph on {name}"
    paragraph = " ".join(found[0].split())
    assert re.search(r"\bNot\b", paragraph)
    assert f"`{ESTIMATORS[name].citation}`" in paragraph


def test_the_table_of_what_methods_take_is_that_of_the_code(root):
    text = (root / "docs" / "estimators.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \|((?: (?:yes|no) \|){6})$", text, re.MULTILINE)
    assert len(rows) == 13
    for name, cells in rows:
        r = ESTIMATORS[name].requires
        told = [cell.strip() == "yes" for cell in cells.split("|")[:-1]]
        assert told == [
            r.covariates,
            r.weights,
            not r.balanced,
            not r.absorbing,
            r.fixed_effects != ("two_way",),
            r.cohort_statistics,
        ], name
