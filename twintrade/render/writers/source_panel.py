"""Where the sources of a number are shown that a reader of the page chooses."""

from html import escape

from twintrade.render.blocks import Document, Table
from twintrade.text import Text


def has_sources(document: Document) -> bool:
    """Whether a reader of the page can ask for the sources of its numbers."""
    tables = (block for block in document.blocks if isinstance(block, Table))
    return document.analysis != "" and any(c.sources for t in tables for row in t.rows for c in row.cells)


def render_source_panel(document: Document) -> str:
    """Return what a click on a number fills; square brackets stand where the script puts file, row and column."""
    place = escape(str(Text("trace.page-place", file="[file]", row="[row]", column="[column]")))
    again = escape(str(Text("trace.page-again")))
    return (
        f'<div id="source" role="status" aria-live="polite" data-analysis="{escape(document.analysis)}" '
        f'data-place="{place}" data-again="{again}" hidden></div>'
    )
