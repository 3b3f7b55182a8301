"""A page in Chinese has the numbers of the page in English, one by one."""

import pytest
from made_results import make_results
from spoken_numbers import find_differences, read_numbers

from twintrade.errors import SpecError
from twintrade.render.appendix import AppendixOptions, build_document
from twintrade.render.figures import theme
from twintrade.render.style import build_all_options


@pytest.mark.parametrize("is_simulated", [True, False])
def test_numbers_are_the_same_in_english_and_chinese(is_simulated):
    results = make_results(is_simulated=is_simulated, is_hostile=False)
    english, chinese = (
        build_document(results, AppendixOptions(language=language)) for language in ("en-GB", "zh-CN")
    )
    assert (english.language, chinese.language) == ("en-GB", "zh-CN")
    assert find_differences(english, chinese) == []


def test_a_number_that_differs_is_found():
    assert read_numbers("1.24 billion, 8.2% and 40 pairs") == read_numbers("12.4亿、40对和8.2%")
    assert read_numbers("1.24 billion") != read_numbers("1.24亿")
    assert read_numbers("8.2%") != read_numbers("8.3%")


def test_chinese_pages_are_refused_before_they_are_boxes(monkeypatch):
    monkeypatch.setattr(theme, "find_cjk_family", lambda: None)
    with pytest.raises(SpecError, match="apt install fonts-noto-cjk"):
        build_all_options({"language": "zh-CN"})
    english, chinese = build_all_options({"language": ["en-GB", "zh-CN"]})
    assert (english.language, chinese.language) == ("en-GB", "zh-CN")
