"""Every page that teaches runs from top to bottom, and says what it is run by."""

import os
import re
from pathlib import Path
from unittest.mock import patch

import matplotlib
import matplotlib.pyplot as plt
import pytest

PAGES = sorted((Path(__file__).parents[2] / "docs" / "tutorials").glob("*.md"))
CELL = re.compile(r"^```\{code-cell\} python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_runs(page, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # a page may go elsewhere from here; the next begins in a folder of its own
    matplotlib.use("Agg")
    text = page.read_text(encoding="utf-8")
    assert text.startswith("---\nfile_format: mystnb\n")
    cells = CELL.findall(text)
    assert cells
    space: dict[str, object] = {}
    with patch.dict(os.environ):
        for cell in cells:
            exec(compile(cell, page.name, "exec"), space)
    plt.close("all")


def test_the_index_of_the_site_lists_every_page(root):
    listed = re.findall(r"^([a-z_/]+)$", (root / "docs" / "index.md").read_text(encoding="utf-8"), re.MULTILINE)
    pages = {
        p.relative_to(root / "docs").with_suffix("").as_posix()
        for p in (root / "docs").rglob("*.[mi][dp]*")
        if p.suffix in (".md", ".ipynb")
    }
    assert sorted(listed) == sorted(pages - {"index"})
