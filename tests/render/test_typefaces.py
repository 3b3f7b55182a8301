"""A typeface counts as installed also where matplotlib stored its list before it came."""

import pytest
from fontTools.ttLib import TTFont
from matplotlib import font_manager
from matplotlib.font_manager import fontManager

from twintrade.render.style import (
    CJK_FAMILIES,
    CJK_SERIF_FAMILIES,
    Theme,
    find_cjk_family,
    find_cjk_serif_family,
    find_missing_typeface,
)
from twintrade.render.writers.glyphs import FONT_FOLDER

FOUND = (find_cjk_family, find_cjk_serif_family)


@pytest.fixture
def installed(monkeypatch):
    """Files that matplotlib finds when it looks, and no Chinese typeface in its stored list."""
    files = []
    stored = [entry for entry in fontManager.ttflist if entry.name not in (*CJK_FAMILIES, *CJK_SERIF_FAMILIES)]
    monkeypatch.setattr(fontManager, "ttflist", stored)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: files)
    for find in FOUND:
        find.cache_clear()
    yield files
    for find in FOUND:
        find.cache_clear()


def write_typeface(family, file):
    font = TTFont(FONT_FOLDER / "DejaVuSans.ttf")
    for record in font["name"].names:
        if record.nameID in (1, 16):
            record.string = family
    font.save(file)
    return str(file)


def test_a_chinese_typeface_that_came_later_is_found(installed, tmp_path):
    installed.append(write_typeface("SimHei", tmp_path / "one.ttf"))
    assert find_missing_typeface("zh-CN") is None
    assert (find_cjk_family(), find_cjk_serif_family()) == ("SimHei", None)
    assert Theme(family="SimHei").faults() == []


def test_files_are_searched_only_while_no_typeface_is_known(installed, monkeypatch, tmp_path):
    installed.append(write_typeface("SimHei", tmp_path / "one.ttf"))
    assert find_cjk_family() == "SimHei"
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: pytest.fail("the files were searched again"))
    find_cjk_family.cache_clear()
    assert find_cjk_family() == "SimHei"


def test_only_the_typeface_that_is_looked_for_becomes_known(installed, tmp_path):
    installed.append(write_typeface("Source Sans 3", tmp_path / "another release.ttf"))
    (tmp_path / "torn.ttf").write_bytes(b"no typeface")
    installed.append(str(tmp_path / "torn.ttf"))
    before = list(fontManager.ttflist)
    assert find_missing_typeface("zh-CN") is not None
    assert fontManager.ttflist == before
