"""The page: one self-contained HTML file that opens offline and asks nothing of anyone."""

import base64
import hashlib
import json
import math
import re
from html import escape
from importlib import resources
from typing import Any

from twintrade.render import blocks
from twintrade.render.style import TEXT_SANS, Theme
from twintrade.render.writers.cells import (
    check_link,
    compute_column_weights,
    compute_pads,
    mark_cell_breaks,
    pad,
    place_cells,
)
from twintrade.text import Text, join_sentences

# Tables of the page, and captions: every cell with its sources, and lines that end at the same place.

ZERO_WIDTH_SPACE = "\u200b"
DENSE_COLUMNS = 6
LONG_ROWS = 24  # rows beyond which a printed table may begin on one page and end on another
_DATE = re.compile(r"(?<![\w/.-])\d{4}-\d\d(?:-\d\d)?(?![\w/.-])")


def render_table_html(table: blocks.Table) -> str:
    """Return a table as an HTML fragment of its own."""
    caption = f"<caption>{render_caption(table)}</caption>"
    kind = "wrapping" if any(c.weight for c in table.columns) else "fitting"
    if kind == "fitting" and len(table.columns) >= DENSE_COLUMNS:
        kind += " dense"
    kind += " ordered" if table.is_ordered else ""
    head = "\n".join(_head_row(table, cells) for cells in table.header)
    widest = compute_pads(table)
    groups = ("\n".join(_row(table, row, widest) for row in group) for group in table.groups)
    bodies = "\n".join(f"<tbody>{rows}</tbody>" for rows in groups)
    shares = compute_column_weights(table)  # as attributes: the page's policy forbids inline styles
    widths = "".join(f'<col width="{100 * share / sum(shares):.1f}%">' for share in shares)
    columns = f"<colgroup>{widths}</colgroup>\n" if shares else ""
    notes = f'<p class="notes">{escape(join_sentences(table.notes))}</p>' if table.notes else ""
    length = " long" if len(table.rows) > LONG_ROWS else ""
    return (
        f'<div class="table{length}" id="{escape(table.key)}">'
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(blocks.format_caption(table))}">'
        f'<table class="{kind}">{caption}\n{columns}<thead>{head}</thead>\n{bodies}\n</table>'
        f"</div>{notes}</div>"
    )


def render_caption(block: blocks.Table | blocks.Figure) -> str:
    """Return a caption with its number marked."""
    whole = blocks.format_caption(block)
    number = whole.removesuffix(block.caption)
    return f'<span class="number">{escape(number)}</span>{escape(whole.removeprefix(number))}'


def _head_row(table: blocks.Table, cells: tuple[blocks.Cell, ...]) -> str:
    written = []
    for cell, place in place_cells(cells):
        align = table.columns[place].align
        if not cell.text:
            written.append("<td></td>")
        elif cell.span > 1:
            written.append(f'<th scope="colgroup" colspan="{cell.span}" class="spans">{escape(cell.text)}</th>')
        else:
            written.append(f'<th scope="col" class="{align}">{escape(cell.text)}</th>')
    return "<tr>" + "".join(written) + "</tr>"


def _row(table: blocks.Table, row: blocks.Row, widest: dict[int, str]) -> str:
    written = []
    for cell, place in place_cells(row.cells):
        lines = [_line(line, cell, widest.get(place, ""), is_second=i > 0) for i, line in enumerate(cell.lines)]
        link, inner = check_link(cell.link), "<br>".join(lines)
        inner = f'<a href="{escape(link)}">{inner}</a>' if link else inner
        kind = table.columns[place].align + ("" if table.columns[place].weight else " short")
        of = f' data-of="{escape(" ".join(s.key for s in cell.sources))}" tabindex="-1"' if cell.sources else ""
        tag, scope = ("th", ' scope="row"') if place == 0 and cell.text else ("td", "")
        written.append(f'<{tag}{scope} class="{kind}"{of}>{inner}</{tag}>')
    return "<tr>" + "".join(written) + "</tr>"


def _line(line: str, cell: blocks.Cell, widest: str, *, is_second: bool) -> str:
    rest = pad(line, widest) if line else ""
    breaks = escape(mark_cell_breaks(line, ZERO_WIDTH_SPACE, cell)).replace(ZERO_WIDTH_SPACE, "<wbr>")
    breaks = _DATE.sub(r'<span class="whole">\g<0></span>', breaks)
    free = f'<span class="pad" aria-hidden="true">{escape(rest)}</span>' if rest else ""
    inner = breaks + free
    return f'<span class="under">{inner}</span>' if is_second else inner


# What the closer look shows, as plain data.


def build_plain(value: Any) -> Any:
    """Return a value as JSON can hold it: several mappings as a table, what is missing as none."""
    if isinstance(value, tuple) and value and isinstance(value[0], dict):
        return {"fields": list(value[0]), "rows": [build_plain(tuple(row.values())) for row in value]}
    if isinstance(value, tuple):
        return [build_plain(inner) for inner in value]
    if isinstance(value, dict):
        return {key: build_plain(inner) for key, inner in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value


# Where the sources of a number are shown that a reader of the page chooses.


def has_sources(document: blocks.Document) -> bool:
    """Whether a reader of the page can ask for the sources of its numbers."""
    tables = (block for block in document.blocks if isinstance(block, blocks.Table))
    return document.analysis != "" and any(c.sources for t in tables for row in t.rows for c in row.cells)


LONG_VALUE = 16
DOTS = 96  # pixels of a page to the inch


def _resource(name: str) -> str:
    return resources.files("twintrade.render.writers").joinpath(name).read_text(encoding="utf-8")


def render_styles(theme: Theme) -> str:
    """Return the page's style sheet with the theme's typeface, size and colours in it, paler where it is dark."""
    family = "" if theme.family == TEXT_SANS else f'"{theme.family}",'
    page = _resource("page.css").replace("font:12pt/1.5 Arial", f"font:{12 * theme.text_scale:g}pt/1.5 {family}Arial")
    for name, colour, usual in (("before", theme.before, Theme().before), ("after", theme.after, Theme().after)):
        if colour != usual:
            page += (
                f"\n:root{{--{name}:{colour}}}"
                f"@media (prefers-color-scheme:dark){{:root{{--{name}:color-mix(in srgb,{colour} 55%,white)}}}}"
            )
    return page


def render_html(document: blocks.Document, theme: Theme | None = None) -> bytes:
    """Return the document as one HTML file, with pictures, styles and script inside."""
    style = render_styles(theme or Theme())
    has_view = any(isinstance(block, blocks.EventView) for block in document.blocks)
    lines = "".join(map(_resource, ("page.js", "view.js") if has_view else ("page.js",))).splitlines()
    scripts = ["\n".join(line.strip() for line in lines if line.strip() and not line.strip().startswith("//"))]
    title = escape(document.title)
    # How a source is said; the script puts file, row and column for the square brackets.
    place = escape(str(Text("trace.page-place", file="[file]", row="[row]", column="[column]")))
    places = f' data-place="{place}" data-again="{_put("trace.page-again")}"'
    panel = f'<div id="source" role="status" data-analysis="{escape(document.analysis)}" hidden></div>'
    parts = [
        f'<!DOCTYPE html>\n<html lang="{escape(document.language)}">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(style, scripts)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="generator" content="twintrade"><meta name="color-scheme" content="light dark">',
        *(f'<meta name="author" content="{escape(name)}">' for name in document.authors),
        f"<title>{title}</title>\n<style>{style}</style>\n</head>",
        f'<body data-copy="{_put("writers.copy")}" data-copied="{_put("writers.copied")}"'
        f"{places if has_view or has_sources(document) else ''}>",
        f'<a class="skip" href="#content">{_put("writers.skip")}</a>\n<main id="content">',
        *_with_contents(document.blocks),
        "</main>",
        *([panel] if has_sources(document) else []),
        *(f"<script>{script}</script>" for script in scripts),
        "</body>\n</html>\n",
    ]
    return "\n".join(parts).encode("utf-8", "replace")


def _policy(style: str, scripts: list[str]) -> str:
    """Return a content policy under which nothing but this page's own style and script works."""

    def digest(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    allowed = " ".join(map(digest, scripts)) or "'none'"
    return (
        f"default-src 'none'; img-src data:; style-src {digest(style)}; script-src {allowed}; "
        "base-uri 'none'; form-action 'none'"
    )


def _with_contents(content: tuple[blocks.Block, ...]) -> list[str]:
    """Return the blocks, with a list of contents where it is asked for, else before the second section."""
    written = [render_block_html(block, f"s{i}") for i, block in enumerate(content)]
    heads = [(i, b) for i, b in enumerate(content) if isinstance(b, blocks.Heading) and b.level == 2]
    if len(heads) > 2:
        named = ((b.key or f"s{i}", escape(blocks.format_heading(b))) for i, b in heads)
        items = "".join(f'<li><a href="#{key}">{name}</a></li>' for key, name in named)
        head = _put("writers.contents")
        numbered = ' class="numbered"' if heads[0][1].number else ""
        if places := [i for i, b in enumerate(content) if isinstance(b, blocks.Contents)]:
            items = f'<li><a href="#content">{_put("writers.brief")}</a></li>{items}'
        contents = f'<nav aria-label="{head}"><h2>{head}</h2><ol{numbered}>{items}</ol></nav>'
        written.insert((places or [heads[1][0]])[0], contents)
    return written


def render_block_html(block: blocks.Block, anchor: str = "") -> str:
    """Return one block as HTML."""
    match block:
        case blocks.Heading():
            text = escape(blocks.format_heading(block))
            return f'<h{block.level} id="{escape(block.key or anchor)}">{text}</h{block.level}>'
        case blocks.Paragraph():
            return f"<p>{_spans(block.spans)}</p>"
        case blocks.BulletList():
            return "<ul>" + "".join(f"<li>{_spans(item)}</li>" for item in block.items) + "</ul>"
        case blocks.Note():
            return f'<div class="note {block.kind}" role="note"><p>{_spans(block.spans)}</p></div>'
        case blocks.Table():
            return render_table_html(block)
        case blocks.Figure():
            return _figure(block)
        case blocks.EventView():
            return _view(block)
        case blocks.PageBreak() | blocks.Contents():
            return ""
        case blocks.Lead():
            return f'<p class="deck">{escape(block.deck)}</p><p class="byline">{escape(block.byline)}</p>'
        case blocks.KeyNumbers():
            return _key_numbers(block)
        case blocks.Aside():
            inner = "".join(render_block_html(part) for part in block.blocks)
            return f'<section class="aside"><h2>{escape(block.name)}</h2><div>{inner}</div></section>'
        case blocks.FigureRow():
            return f'<div class="beside">{"".join(_figure(figure) for figure in block.figures)}</div>'


def _key_numbers(block: blocks.KeyNumbers) -> str:
    numbers = []
    for n in block.numbers:
        size = " class=long" if len(n.value) > LONG_VALUE else ""
        value = f"<strong{size}>{escape(n.value)}</strong> <span>{escape(n.spread)}</span>"
        numbers.append(f'<div class="key"><dt>{escape(n.name)}</dt><dd>{value}</dd></div>')
    verdicts = "".join(
        f"<li{' aria-current=true' if k == block.chosen else ''}>{escape(verdict)}</li>"
        for k, verdict in enumerate(block.verdicts)
    )
    asked = f'<div class="verdict"><p>{escape(block.question)}</p><ul>{verdicts}</ul></div>'
    return f'<div class="keys"><dl>{"".join(numbers)}</dl>{asked}</div>'


def _spans(spans: tuple[blocks.Span, ...]) -> str:
    return "".join(_span(span) for span in spans)


def _span(span: blocks.Span) -> str:
    text = escape(span.text)
    if span.kind in ("strong", "code"):
        return f"<{span.kind}>{text}</{span.kind}>"
    if span.kind == "reference":
        return f'<a href="#{escape(span.target)}">{text}</a>' if text else ""
    target = check_link(span.target) if span.kind == "link" else ""
    return f'<a href="{escape(target)}">{text}</a>' if target else text


WIDE = 5.0  # inches from which a figure keeps its size on a narrow screen, and is scrolled there


def _figure(figure: blocks.Figure) -> str:
    data = base64.b64encode(figure.images.svg).decode("ascii")
    notes = "".join(f'<p class="notes">{escape(n)}</p>' for n in [join_sentences(figure.notes)] if n)
    wide, focus = (" wide", ' tabindex="0"') if figure.images.width >= WIDE else ("", "")
    return (
        f'<figure class="picture{wide}"{focus} id="{escape(figure.key)}">'
        f"<figcaption>{render_caption(figure)}</figcaption>"
        f'<div class="drawing"><img alt="{escape(figure.alt)}" width="{figure.images.width * DOTS:.0f}" '
        f'height="{figure.images.height * DOTS:.0f}" src="data:image/svg+xml;base64,{data}">{_points(figure)}</div>'
        f"{notes}</figure>"
    )


def _points(figure: blocks.Figure) -> str:
    """Return what lies over a picture: a place for each point, which says its numbers to pointer and keyboard."""
    points, width, height = figure.images.points, figure.images.width * DOTS, figure.images.height * DOTS
    if not points:
        return ""
    places = "".join(
        f'<g role="img" tabindex="{-1 if k else 0}"><title>{escape(point.text)}</title>'
        f'<circle cx="{point.x * width:.1f}" cy="{point.y * height:.1f}" r="7"/></g>'
        for k, point in enumerate(points)
    )
    label = escape(str(Text("writers.points", figure=blocks.format_number(figure) or figure.caption)))
    view = f'viewBox="0 0 {width:.0f} {height:.0f}"'
    return f'<svg class="points" {view} role="group" aria-label="{label}">{places}</svg>'


def _put(key: str) -> str:
    return escape(str(Text(key)))


def _view(view: blocks.EventView) -> str:
    data = json.dumps(build_plain(view.content), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    for character in "<>&":
        data = data.replace(character, f"\\u{ord(character):04x}")
    key = escape(view.key)
    return (
        f'<noscript><p class="notes">{_put("writers.view-no-script")}</p></noscript>'
        f'<section class="view" id="{key}" aria-labelledby="{key}-head" hidden><h2 id="{key}-head">'
        f'{escape(view.title)}</h2><p class="notes">{_put("writers.view-note")}</p>'
        f'<script type="application/json">{data}</script></section>'
    )
