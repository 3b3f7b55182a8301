"""The documentation site: python -m sphinx -W -b html docs build/site."""

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / ".ci"))

import api  # noqa: E402

project = "twintrade"
author = "the twintrade authors"
release = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = "twintrade"
exclude_patterns = ["lab/*.csv"]

# Every page with cells is run at each build, and an error in one ends the build.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 600
# What a cell prints, progress lines among it, is one block.
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 4
autodoc_typehints = "none"
napoleon_numpy_docstring = True
napoleon_google_docstring = False

_LINK = re.compile(r"\[([^\]]+)\]\((\.\./[^)\s]+)\)")


def unlink_files(app: Any, docname: str, source: list[str]) -> None:
    """Fill a page's tables, and leave the words of links to files that are no pages; others must lead to a page."""
    here = (ROOT / "docs" / docname).parent

    def keep(link: re.Match[str]) -> str:
        inside = (here / link[2].partition("#")[0]).resolve().is_relative_to(ROOT / "docs")
        return link[0] if inside else link[1]

    source[0] = _LINK.sub(keep, api.fill_page(source[0]))


ACCESSIBLE = {
    'role="heading">': 'role="heading" aria-level="2">',
    "<pre>": '<pre tabindex="0">',
    '<div class="table-wrapper': '<div tabindex="0" class="table-wrapper',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="Pages">',
    '<aside class="toc-drawer"': '<aside aria-label="On this page" class="toc-drawer"',
    '<div class="content-icon-container">': (
        '<div class="content-icon-container" role="navigation" aria-label="This page">'
    ),
    '<th class="head"><p></p></th>': '<td class="head"></td>',
    "<th></th>": "<td></td>",
    '<div id="search-results">': '<h1>Search</h1><div id="search-results">',
}
"""What the theme leaves out for screen readers and keyboards."""


def complete_pages(app: Any, error: Exception | None) -> None:
    """Add to the finished pages what axe asks for."""
    for file in [] if error else Path(app.outdir).rglob("*.html"):
        page = file.read_text(encoding="utf-8")
        for short, whole in ACCESSIBLE.items():
            page = page.replace(short, whole)
        file.write_text(page, encoding="utf-8")


def setup(app: Any) -> None:
    """Have Sphinx call what is above."""
    app.connect("source-read", unlink_files)
    app.connect("build-finished", complete_pages)
