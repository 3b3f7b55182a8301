"""The page: one self-contained HTML file that opens offline and asks nothing of anyone."""

import base64
import hashlib
import json
from html import escape
from importlib import resources

from twintrade.render.block_parts import format_heading, format_number
from twintrade.render.blocks import (
    Aside,
    Beside,
    Block,
    BulletList,
    Contents,
    Document,
    EventView,
    Figure,
    Heading,
    KeyNumbers,
    Lead,
    Note,
    PageBreak,
    Paragraph,
    Span,
    Table,
)
from twintrade.render.theme import TEXT_SANS, Theme
from twintrade.render.writers.cells import check_link
from twintrade.render.writers.html_table import render_caption, render_table_html
from twintrade.render.writers.source_panel import has_sources, render_source_panel
from twintrade.render.writers.view import build_view_data
from twintrade.text import Text, join_sentences

LONG_VALUE = 16
DOTS = 96
"""Pixels of a page to the inch."""


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


def render_html(document: Document, theme: Theme | None = None) -> bytes:
    """Return the document as one HTML file, with pictures, styles and script inside.

    ``theme``: its typeface stands before the page's own, its size of text is the page's.
    """
    style = render_styles(theme or Theme())
    has_view = any(isinstance(block, EventView) for block in document.blocks)
    wanted = {"page": True, "event_view": has_view, "sources": has_sources(document)}
    scripts = [_resource(f"{name}.js") for name, is_wanted in wanted.items() if is_wanted]
    title = escape(document.title)
    parts = [
        f'<!DOCTYPE html>\n<html lang="{escape(document.language)}">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(style, scripts)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="generator" content="twintrade"><meta name="color-scheme" content="light dark">',
        *(f'<meta name="author" content="{escape(name)}">' for name in document.authors),
        f"<title>{title}</title>\n<style>{style}</style>\n</head>",
        f'<body data-copy="{_put("writers.copy")}" data-copied="{_put("writers.copied")}">',
        f'<a class="skip" href="#content">{_put("writers.skip")}</a>\n<main id="content">',
        *_with_contents(document.blocks),
        "</main>",
        *([render_source_panel(document)] if has_sources(document) else []),
        *(f"<script>{script}</script>" for script in scripts),
    ]
    parts.append("</body>\n</html>\n")
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


def _with_contents(blocks: tuple[Block, ...]) -> list[str]:
    """Return the blocks, with a list of contents where it is asked for, else before the second section."""
    written = [render_block_html(block, f"s{i}") for i, block in enumerate(blocks)]
    heads = [(i, b) for i, b in enumerate(blocks) if isinstance(b, Heading) and b.level == 2]
    if len(heads) > 2:
        items = "".join(f'<li><a href="#{b.key or f"s{i}"}">{escape(format_heading(b))}</a></li>' for i, b in heads)
        head = _put("writers.contents")
        numbered = ' class="numbered"' if heads[0][1].number else ""
        if places := [i for i, b in enumerate(blocks) if isinstance(b, Contents)]:
            items = f'<li><a href="#content">{_put("writers.brief")}</a></li>{items}'
        contents = f'<nav aria-label="{head}"><h2>{head}</h2><ol{numbered}>{items}</ol></nav>'
        written.insert((places or [heads[1][0]])[0], contents)
    return written


def render_block_html(block: Block, anchor: str = "") -> str:
    """Return one block as HTML."""
    match block:
        case Heading():
            text = escape(format_heading(block))
            return f'<h{block.level} id="{escape(block.key or anchor)}">{text}</h{block.level}>'
        case Paragraph():
            return f"<p>{_spans(block.spans)}</p>"
        case BulletList():
            return "<ul>" + "".join(f"<li>{_spans(item)}</li>" for item in block.items) + "</ul>"
        case Note():
            return f'<div class="note {block.kind}" role="note"><p>{_spans(block.spans)}</p></div>'
        case Table():
            return render_table_html(block)
        case Figure():
            return _figure(block)
        case EventView():
            return _view(block)
        case PageBreak() | Contents():
            return ""
        case Lead():
            return f'<p class="deck">{escape(block.deck)}</p><p class="byline">{escape(block.byline)}</p>'
        case KeyNumbers():
            return _key_numbers(block)
        case Aside():
            inner = "".join(render_block_html(part) for part in block.blocks)
            return f'<section class="aside"><h2>{escape(block.name)}</h2><div>{inner}</div></section>'
        case Beside():
            return f'<div class="beside">{"".join(_figure(figure) for figure in block.figures)}</div>'


def _key_numbers(block: KeyNumbers) -> str:
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


def _spans(spans: tuple[Span, ...]) -> str:
    return "".join(_span(span) for span in spans)


def _span(span: Span) -> str:
    text = escape(span.text)
    if span.kind == "strong":
        return f"<strong>{text}</strong>"
    if span.kind == "code":
        return f"<code>{text}</code>"
    if span.kind == "reference":
        return f'<a href="#{escape(span.target)}">{text}</a>' if text else ""
    target = check_link(span.target) if span.kind == "link" else ""
    return f'<a href="{escape(target)}">{text}</a>' if target else text


def _figure(figure: Figure) -> str:
    data = base64.b64encode(figure.images.svg).decode("ascii")
    notes = "".join(f'<p class="notes">{escape(n)}</p>' for n in [join_sentences(figure.notes)] if n)
    return (
        f'<figure class="picture" id="{escape(figure.key)}">'
        f"<figcaption>{render_caption(figure)}"
        f"{f' <span class=details>{escape(figure.details)}</span>' if figure.details else ''}</figcaption>"
        f'<div class="drawing"><img alt="{escape(figure.alt)}" width="{figure.images.width * DOTS:.0f}" '
        f'height="{figure.images.height * DOTS:.0f}" src="data:image/svg+xml;base64,{data}">{_points(figure)}</div>'
        f"{notes}</figure>"
    )


def _points(figure: Figure) -> str:
    """Return what lies over a picture: a place for each point, which says its numbers to pointer and keyboard."""
    points, width, height = figure.images.points, figure.images.width * DOTS, figure.images.height * DOTS
    if not points:
        return ""
    places = "".join(
        f'<g role="img" tabindex="{-1 if k else 0}"><title>{escape(point.text)}</title>'
        f'<circle cx="{point.x * width:.1f}" cy="{point.y * height:.1f}" r="7"/></g>'
        for k, point in enumerate(points)
    )
    label = escape(str(Text("writers.points", figure=format_number(figure) or figure.caption)))
    return (
        f'<svg class="points" viewBox="0 0 {width:.0f} {height:.0f}" role="group" aria-label="{label}">{places}</svg>'
    )


def _put(key: str) -> str:
    return escape(str(Text(key)))


def _view(view: EventView) -> str:
    data = json.dumps(build_view_data(view), separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    for character in "<>&":
        data = data.replace(character, f"\\u{ord(character):04x}")
    key = escape(view.key)
    return (
        f'<section class="view" id="{key}" aria-label="{escape(view.title)}">'
        f'<p class="controls"><label>{_put("writers.view-estimator")} <select class="estimator"></select></label> '
        f'<label>{_put("writers.view-interval")} <select class="interval"></select></label> '
        f'<a class="download" download="event-study.csv" href="#{key}">{_put("writers.view-download")}</a></p>'
        f'<svg viewBox="0 0 760 380" role="group" aria-label="{_put("writers.view-chart")}">'
        '</svg><p class="readout" role="status" aria-live="polite"></p>'
        f"<noscript><p>{_put('writers.view-no-script')}</p></noscript>"
        f'<script type="application/json">{data}</script></section>'
    )
