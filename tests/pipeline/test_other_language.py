"""A run in English is drawn again in Chinese: pages change, numbers do not, and nothing is estimated."""

import json
import shutil

import pytest
from black_box import command

from twintrade.study.store.replay import is_tidy


def read_tidy(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {name: path.read_bytes() for path in files if is_tidy(name := path.relative_to(folder).as_posix())}


@pytest.mark.usefixtures("chinese_typeface")
def test_pages_are_drawn_in_a_chosen_language_from_the_same_numbers(finished, tmp_path):
    project = shutil.copytree(finished, tmp_path / "copy")
    folder = project / "results" / "tiny"
    before = read_tidy(folder)
    estimated = json.loads((folder / "manifest.json").read_bytes())["spec_sha256"]
    drawn = command(project, "appendix", "tiny", "--language", "zh-CN")
    assert drawn.returncode == 0, drawn.stderr
    assert read_tidy(folder) == before
    assert json.loads((folder / "manifest.json").read_bytes())["spec_sha256"] == estimated
    page = (folder / "brief.html").read_text(encoding="utf-8")
    assert '<html lang="zh-CN">' in page
    assert "有多大把握" in page
    assert command(project, "verify", "tiny", "--language", "zh-CN").returncode == 0
    in_english = command(project, "verify", "tiny")
    assert in_english.returncode == 4
    assert "what the report shows" in in_english.stdout
    summary = command(project, "run", "--language", "zh-CN").stdout
    assert "分析" in summary


def test_a_language_without_texts_is_refused(finished):
    refused = command(finished, "appendix", "tiny", "--language", "xx-XX")
    assert refused.returncode == 2
    assert "en-GB, en-US, zh-CN" in refused.stderr
