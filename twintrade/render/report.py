"""Everything a report is, as bytes by relative path: figures, tables, and the appendix in every format at hand."""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from twintrade.effects import Message, ResultSet
from twintrade.effects.exhibit import EXHIBITS_FILE, Exhibit, write_exhibits
from twintrade.extras import has_library
from twintrade.render.appendix import build_brief_document, build_document, open_page
from twintrade.render.block_parts import list_exhibits
from twintrade.render.blocks import Block, Document, Figure, Table
from twintrade.render.brief import build_brief
from twintrade.render.options import AppendixOptions
from twintrade.render.page import collect_romanized
from twintrade.render.theme import find_missing_typeface
from twintrade.render.writers.csv import render_frame_csv, render_table_csv
from twintrade.render.writers.glyphs import Printer, load_charmap
from twintrade.render.writers.html import render_html
from twintrade.render.writers.html_table import render_table_html
from twintrade.render.writers.latex import render_latex, render_table_float_tex, render_table_tex
from twintrade.render.writers.latex_text import list_printable
from twintrade.render.writers.xlsx import render_xlsx


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """Files to be written and what the reader must be told."""

    files: Mapping[str, bytes]  # by path relative to the results folder, in a fixed order
    document: Document  # the appendix as blocks
    messages: tuple[Message, ...] = ()  # texts that a typeface could not print


def render(
    results: ResultSet,
    options: AppendixOptions | None = None,
    others: Sequence[AppendixOptions] = (),
    *,
    word_template: bytes | None = None,
) -> Rendered:
    """Return every file of the report of one analysis.

    ``others``: of the report in further languages, each in a folder called by its language; ``word_template``: a DOCX
    whose styles, header and footer the Word appendix takes over.
    """
    rendered = _render_one(results, options or AppendixOptions(), word_template)
    for other in others:
        missing = find_missing_typeface(other.language)
        if missing is not None:
            warning = Message(level="warning", code="typeface-missing", text=missing)
            rendered = replace(rendered, messages=(*rendered.messages, warning))
            continue
        more = _render_one(results, other, word_template)
        files = {f"{other.language}/{path}": content for path, content in more.files.items()}
        rendered = replace(rendered, files={**rendered.files, **files}, messages=(*rendered.messages, *more.messages))
    return rendered


def _render_one(results: ResultSet, options: AppendixOptions, word_template: bytes | None) -> Rendered:
    """Return the files of a report in one language."""
    names = collect_romanized(results, options.romanized)
    figures = Printer(load_charmap(), names, options.wording)
    with options.speak():
        page = open_page(results, options, figures)
        blocks = build_brief(page)
        document = build_document(results, options, page, blocks)
        rendered = render_document(document, options, names, figures, word_template)
        brief = build_brief_document(options, page, blocks)
        return rendered if brief is None else _add_brief(rendered, brief, options, names, word_template)


def _add_brief(
    rendered: Rendered,
    brief: Document,
    options: AppendixOptions,
    names: Mapping[str, str],
    word_template: bytes | None,
) -> Rendered:
    """Return a report with the brief as files of its own."""
    printed, messages = render_pages("brief", brief, options, names, word_template)
    files: dict[str, bytes] = {}
    for block in list_exhibits(brief.blocks):
        files |= _files(block, Printer(list_printable(), names, options.wording))
    files |= printed
    return replace(rendered, files={**files, **rendered.files}, messages=(*rendered.messages, *messages))


def render_document(
    document: Document,
    options: AppendixOptions,
    names: Mapping[str, str],
    figures: Printer,
    word_template: bytes | None = None,
) -> Rendered:
    """Return a document in every format, with the files of its figures and tables.

    ``names``: names in Latin letters, for what a typeface lacks; ``figures``: the one the figures were drawn with.
    """
    gc.collect()  # drawings hold themselves, and printing takes most memory
    tex = Printer(list_printable(), names, options.wording)
    printed, printing = render_pages("appendix", document, options, names, word_template)
    files: dict[str, bytes] = {}
    for block in list_exhibits(document.blocks):
        files |= _files(block, tex)
    files |= printed
    files["appendix.tex"] = render_latex(document, tex)
    files["tables/tables.xlsx"] = render_xlsx(document)
    files[EXHIBITS_FILE] = write_exhibits(_list_exhibits(document.blocks))
    messages = (*figures.messages("figures"), *printing, *tex.messages("appendix.tex"))
    return Rendered(files, document, messages)


def render_pages(
    name: str, document: Document, options: AppendixOptions, names: Mapping[str, str], word_template: bytes | None
) -> tuple[dict[str, bytes], tuple[Message, ...]]:
    """Return a document as HTML, and as PDF and DOCX where the libraries that print these are installed.

    ``name``: of the files, without their endings; ``names``: names in Latin letters, for what a typeface lacks.
    """
    files = {f"{name}.html": render_html(document, options.theme)}
    messages: tuple[Message, ...] = ()
    if has_library("typst"):
        from twintrade.render.writers.typst_pdf import render_pdf

        printer = Printer(load_charmap(), names, options.wording)
        files[f"{name}.pdf"], messages = render_pdf(document, printer, options.theme)
    if has_library("docx"):
        from twintrade.render.writers.docx import render_docx

        files[f"{name}.docx"] = render_docx(document, word_template)
    return files, messages


def _list_exhibits(blocks: Iterable[Block]) -> Iterator[Exhibit]:
    """Yield every numbered table and figure with the files to read it in."""
    for block in list_exhibits(blocks):
        is_figure = isinstance(block, Figure)
        stem = f"figures/{block.key}" if is_figure else f"tables/tab-{block.key}"
        endings = ("pdf", "svg", "png", "csv") if is_figure else ("tex", "html", "csv")
        files = tuple(f"{stem}.{ending}" for ending in endings)
        yield Exhibit("Figure" if is_figure else "Table", block.number, block.caption, files)


def _files(block: Table | Figure, tex: Printer) -> dict[str, bytes]:
    """Return the files that a table or figure makes beside the document."""
    if isinstance(block, Figure):
        images, name = block.images, f"figures/{block.key}"
        return {
            f"{name}.svg": images.svg,
            f"{name}.pdf": images.pdf,
            f"{name}.png": images.png,
            f"{name}.csv": render_frame_csv(block.frame),
        }
    name = f"tables/tab-{block.key}"
    return {
        f"{name}.tex": render_table_tex(block.alone, tex).encode("utf-8"),
        f"{name}-float.tex": render_table_float_tex(block.alone, tex).encode("utf-8"),
        f"{name}.html": render_table_html(block.alone).encode("utf-8"),
        f"{name}.csv": render_table_csv(block),
    }
