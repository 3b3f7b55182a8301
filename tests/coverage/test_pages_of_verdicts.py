"""Page 1 says of planted flows what the rule for verdicts says of the same arrays."""

import pytest

from benchmarks.pages_of_verdicts import compare_page, list_pages

QUICK, ALL = 20, 400


def test_page_and_rule_agree() -> None:
    """A missing effect, a rise, and changes too small to matter among them."""
    answers = [compare_page(page, 39) for page in list_pages(QUICK)]
    assert [page for page, _ in answers] == [rule for _, rule in answers]
    assert {page.grade for page, _ in answers} == {"cannot", "some", "small", "nothing"}


@pytest.mark.slow
def test_more_pages_and_the_rule_agree() -> None:
    """With 199 deals, from which evidence can be strong."""
    for page in list_pages(ALL)[QUICK:]:
        on_page, rule = compare_page(page, 199)
        assert on_page == rule, page
