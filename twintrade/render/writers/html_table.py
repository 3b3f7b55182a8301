"""Tables of the page, and captions: every cell with its sources, and lines that end at the same place."""

import re
from html import escape

from twintrade.render.block_parts import format_caption
from twintrade.render.blocks import Cell, Figure, Row, Table
from twintrade.render.writers.cells import (
    check_link,
    compute_column_weights,
    compute_pads,
    compute_places,
    mark_cell_breaks,
    pad,
)
from twintrade.text import join_sentences

ZERO_WIDTH_SPACE = "\u200b"
DENSE_COLUMNS = 6
LONG_ROWS = 24
"""Rows beyond which a printed table may begin on one page and end on another."""
_DATE = re.compile(r"(?<![\w/.-])\d{4}-\d\d(?:-\d\d)?(?![\w/.-])")


def render_table_html(table: Table) -> str:
    """Return a table as an HTML fragment of its own."""
    caption = f"<caption>{render_caption(table)}</caption>"
    kind = "wrapping" if any(c.weight for c in table.columns) else "fitting"
    if kind == "fitting" and len(table.columns) >= DENSE_COLUMNS:
        kind += " dense"
    kind += " ordered" if table.is_ordered else ""
    head = "\n".join(_head_row(table, i) for i in range(len(table.header)))
    widest = compute_pads(table)
    bodies = "\n".join(
        "<tbody>" + "\n".join(_row(table, row, widest) for row in group) + "</tbody>" for group in table.groups
    )
    notes = f'<p class="notes">{escape(join_sentences(table.notes))}</p>' if table.notes else ""
    length = " long" if len(table.rows) > LONG_ROWS else ""
    return (
        f'<div class="table{length}" id="{escape(table.key)}">'
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(format_caption(table))}">'
        f'<table class="{kind}">{caption}\n{_columns(table)}<thead>{head}</thead>\n{bodies}\n</table>'
        f"</div>{notes}</div>"
    )


def render_caption(block: Table | Figure) -> str:
    """Return a caption, all that stands before its own words marked as the number."""
    whole = format_caption(block)
    number = whole.removesuffix(block.caption)
    return f'<span class="number">{escape(number)}</span>{escape(whole.removeprefix(number))}'


def _columns(table: Table) -> str:
    """Return the shares of the width where text wraps, as attributes: the page's policy forbids inline styles."""
    shares = compute_column_weights(table)
    if not shares:
        return ""
    return "<colgroup>" + "".join(f'<col width="{100 * s / sum(shares):.1f}%">' for s in shares) + "</colgroup>\n"


def _head_row(table: Table, position: int) -> str:
    cells = table.header[position]
    written = []
    for cell, place in zip(cells, compute_places(cells), strict=True):
        align = table.columns[place].align
        if not cell.text:
            written.append("<td></td>")
        elif cell.span > 1:
            written.append(f'<th scope="colgroup" colspan="{cell.span}" class="spans">{escape(cell.text)}</th>')
        else:
            written.append(f'<th scope="col" class="{align}">{escape(cell.text)}</th>')
    return "<tr>" + "".join(written) + "</tr>"


def _row(table: Table, row: Row, widest: dict[int, str]) -> str:
    written = []
    for cell, place in zip(row.cells, compute_places(row.cells), strict=True):
        lines = [_line(line, cell, widest.get(place, ""), is_second=i > 0) for i, line in enumerate(cell.lines)]
        inner = "<br>".join(lines)
        link = check_link(cell.link)
        inner = f'<a href="{escape(link)}">{inner}</a>' if link else inner
        kind = table.columns[place].align + ("" if table.columns[place].weight else " short")
        of = f' data-of="{escape(" ".join(s.key for s in cell.sources))}" tabindex="-1"' if cell.sources else ""
        if place == 0:
            written.append(f'<th scope="row" class="{kind}"{of}>{inner}</th>')
        else:
            written.append(f'<td class="{kind}"{of}>{inner}</td>')
    return "<tr>" + "".join(written) + "</tr>"


def _line(line: str, cell: Cell, widest: str, *, is_second: bool) -> str:
    rest = pad(line, widest) if line else ""
    breaks = escape(mark_cell_breaks(line, ZERO_WIDTH_SPACE, cell)).replace(ZERO_WIDTH_SPACE, "<wbr>")
    breaks = _DATE.sub(r'<span class="whole">\g<0></span>', breaks)
    free = f'<span class="pad" aria-hidden="true">{escape(rest)}</span>' if rest else ""
    inner = breaks + free
    return f'<span class="under">{inner}</span>' if is_second else inner
