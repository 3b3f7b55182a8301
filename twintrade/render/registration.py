"""A registration as a page of its own: what will be estimated, and what the design can find."""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import pandas as pd

from twintrade.effects import Message, ResultSet, result_set
from twintrade.effects.result_set import Exhibit, Performance, Registration
from twintrade.extras import has_library
from twintrade.render.appendix import assemble_document, build_brief_document, open_page
from twintrade.render.blocks import (
    Aside,
    Block,
    Document,
    Figure,
    Heading,
    Lead,
    Note,
    build_paragraph,
    build_spans,
    list_exhibits,
    number_blocks,
)
from twintrade.render.brief import build_brief
from twintrade.render.figures import points as power
from twintrade.render.figures.alt_text import describe_power
from twintrade.render.figures.encode import encode
from twintrade.render.figures.theme import mark_simulated
from twintrade.render.names import find_check, name_inference
from twintrade.render.page import collect_romanized
from twintrade.render.reading import read_words
from twintrade.render.style import AppendixOptions, Theme, find_missing_typeface
from twintrade.render.tables.plain import build_plain_table
from twintrade.render.writers.glyphs import Printer, load_charmap
from twintrade.render.writers.html import render_html, render_table_html
from twintrade.render.writers.latex import list_printable, render_latex, render_table_float_tex, render_table_tex
from twintrade.render.writers.xlsx import render_frame_csv, render_table_csv, render_xlsx
from twintrade.text import Listed, Text, Words, find_fact

# Everything a report is, as bytes by relative path: figures, tables, and the appendix in every format at hand.


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """Files to be written and messages for the reader."""

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
        if (missing := find_missing_typeface(other.language)) is not None:
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
        document = assemble_document(page, blocks)
        rendered = render_document(document, options, names, figures, word_template)
        brief = build_brief_document(page, blocks)
        if brief is None:
            return rendered
        printed, messages = render_pages("brief", brief, options, names, word_template)
        files = _write_exhibits(brief, Printer(list_printable(), names, options.wording)) | printed
        return replace(rendered, files={**files, **rendered.files}, messages=(*rendered.messages, *messages))


def render_document(
    document: Document,
    options: AppendixOptions,
    names: Mapping[str, str],
    figures: Printer,
    word_template: bytes | None = None,
) -> Rendered:
    """Return a document in every format, with the files of its figures and tables; ``figures`` drew the former."""
    gc.collect()  # drawings hold themselves, and printing takes most memory
    tex = Printer(list_printable(), names, options.wording)
    printed, printing = render_pages("appendix", document, options, names, word_template)
    files = _write_exhibits(document, tex) | printed
    files["appendix.tex"] = render_latex(document, tex)
    files["tables/tables.xlsx"] = render_xlsx(document)
    files[result_set.EXHIBITS_FILE] = result_set.write_exhibits(_list_exhibits(document.blocks))
    return Rendered(files, document, (*figures.messages("figures"), *printing, *tex.messages("appendix.tex")))


def render_pages(
    name: str, document: Document, options: AppendixOptions, names: Mapping[str, str], word_template: bytes | None
) -> tuple[dict[str, bytes], tuple[Message, ...]]:
    """Return a document as HTML, and as PDF and DOCX if their libraries are installed; ``names`` in Latin letters."""
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


def _write_exhibits(document: Document, tex: Printer) -> dict[str, bytes]:
    """Return the files that tables and figures make beside a document."""
    files: dict[str, bytes] = {}
    for block in list_exhibits(document.blocks):
        if isinstance(block, Figure):
            written = {f".{kind}": getattr(block.images, kind) for kind in ("svg", "pdf", "png")}
            stem, written[".csv"] = f"figures/{block.key}", render_frame_csv(block.frame)
        else:
            texts = {".tex": render_table_tex(block, tex), "-float.tex": render_table_float_tex(block, tex)}
            written = {ending: text.encode("utf-8") for ending, text in texts.items()}
            written[".html"] = render_table_html(block).encode("utf-8")
            stem, written[".csv"] = f"tables/tab-{block.key}", render_table_csv(block)
        files |= {stem + ending: content for ending, content in written.items()}
    return files


MAIN_CLAIM = "C1"


def render_registration(registration: Registration, sha256: str, options: AppendixOptions) -> dict[str, bytes]:
    """Return the registration's page in every format at hand; ``sha256``: of the registration's file."""
    blocks = number_blocks(_build_page(registration, sha256, options.theme))
    title = str(Text("registration.title", title=registration.title))
    document = Document(title, blocks, options.language, True, ("brief",), registration.title, options.authors)
    files, _ = render_pages("registration", document, options, options.romanized, None)
    return files


def _build_page(registration: Registration, sha256: str, theme: Theme) -> list[Block]:
    date, checks = registration.registered[:10], tuple(map(find_check, registration.checks))
    byline = Text("registration.byline", date=date, version=registration.version)
    blocks: list[Block] = [
        Heading(1, str(Text("registration.title", title=registration.title)), "top"),
        Lead(registration.question or str(Text("registration.no-question")), str(byline)),
        Note("simulated", build_spans(_say("simulated"))),
    ]
    if registration.results_existed:
        warning = Text("registration.existed", existed=registration.results_existed, date=date)
        blocks.append(Note("warning", build_spans(str(warning))))
    return [
        *blocks,
        _write("estimated", _describe_headline(registration)),
        _write("claim", _describe_claim(registration)),
        _write("sure", _describe_inference(registration)),
        _write("find", _describe_performance(registration.performance)),
        *_draw_power(registration.performance, theme),
        _write("errors", [Text("registration.errors", **asdict(registration.errors))]),
        _write("checks", [Text("registration.checks", n=len(checks), names=Listed(checks, "comma"))]),
        *_list_tables(registration),
        _write("proof", [Text("registration.proof", sha256=sha256, analysis=registration.analysis)]),
    ]


def _say(key: str) -> str:
    return str(Text(f"registration.{key}"))


def _write(key: str, sentences: Sequence[Words]) -> Aside:
    return Aside(_say(f"head-{key}"), (build_paragraph(str(Listed(tuple(sentences), "sentences"))),))


def _read(words: str, packed: str) -> str:
    """Return words of a registration, to be said anew where their text is kept beside them."""
    return read_words({"label": words, "label_text": packed}, "label")


def _read_sentence(words: str, packed: str) -> str:
    return f"{_read(words, packed).rstrip('.')}."


def _describe_headline(registration: Registration) -> list[Words]:
    facts, headline = registration.facts, registration.headline
    counts = {"pairs": facts.pairs, "cities": facts.cities, "partners": facts.partners, "n": len(facts.agreements)}
    compared = facts.roles.get("comparison", 0)
    design = Text("registration.design", first=facts.first, last=facts.last, comparison=compared, **counts)
    if headline is None:
        return [design, Text("registration.no-headline")]
    label = _read(headline.label, headline.label_text)
    words = [(headline.estimand, headline.estimand_text), (headline.assumption, headline.assumption_text)]
    named = Text("registration.headline", label=label, n=len(registration.columns))
    return [design, named, *(_read_sentence(*one) for one in words if one[0])]


def _describe_claim(registration: Registration) -> list[Words]:
    main = next((claim for claim in registration.claims if claim.claim_id == MAIN_CLAIM), None)
    if main is None:
        return [Text("registration.no-claim")]
    return [_read_sentence(main.claim, main.claim_text), Text("registration.rule")]


def _describe_inference(registration: Registration) -> list[Words]:
    headline, performance = registration.headline, registration.performance
    sentences: list[Words] = [Text("registration.inference", name=registration.inference)]
    if registration.inference_reason:
        sentences.append(_read_sentence(registration.inference_reason, registration.inference_reason_text))
    if headline is not None and headline.inference_note:
        sentences.append(_read_sentence(headline.inference_note, headline.inference_note_text))
    if performance is not None:
        methods = performance.methods.items()
        taken = tuple(Text("registration.taken", name=name_inference(name), n=n) for name, n in methods)
        sentences.append(Text("registration.methods", taken=Listed(taken), n=performance.draws - performance.failed))
    return sentences


def _describe_performance(performance: Performance | None) -> list[Words]:
    if performance is None:
        return [Text("registration.no-test")]
    counts = {"n": performance.draws, "seed": performance.seed, "failed": performance.failed}
    error = performance.size_error or 0.0
    size = Text("registration.size", size=performance.size or 0.0, error=error, **counts)
    if performance.detectable is None:
        return [size, Text("registration.no-detectable")]
    values = (performance.detectable, performance.detectable_low, performance.detectable_high)
    unit, ends = performance.unit, Text("registration.open")
    effect, low, high = (ends if v is None else Text("common.effect", scale=unit, value=v) for v in values)
    return [size, Text("registration.detectable", effect=effect, low=low, high=high)]


def _draw_power(performance: Performance | None, theme: Theme) -> list[Block]:
    if performance is None or not performance.curve:
        return []
    points = [(point.effect, point.power, point.error) for point in performance.curve]
    frame = pd.DataFrame(points, columns=["effect", "rejection_rate", "monte_carlo_error"])
    unit = find_fact("labels.scale-", performance.unit)
    caption, axis = str(Text("registration.power")), str(Text("registration.power-axis", unit=unit))
    drawing = power.draw_power(frame, x_label=axis, theme=theme)
    mark_simulated(drawing, theme)
    images, alt = encode(drawing, theme, caption), str(Text("figures.alt-simulated", alt=describe_power(frame)))
    table = build_plain_table(frame, "power", str(Text("registration.power-table")), notes=[_say("power-note")])
    return [Figure("power", caption, alt, images, frame), table]


def _list_tables(registration: Registration) -> list[Block]:
    described = []
    for c in registration.columns:
        skipped = Text("registration.skipped", reason=_read(c.skip_reason, c.skip_reason_text))
        words = str(skipped) if c.skip_reason else _read(c.estimand, c.estimand_text)
        described.append((_read(c.label, c.label_text), words))
    claims = [(c.claim_id, _read(c.claim, c.claim_text)) for c in registration.claims if c.is_examined]
    agreements = list(registration.facts.agreements.items())
    tables: tuple[tuple[str, list[Any], dict[str, float]], ...] = (
        ("columns", described, {"label": 1.0, "estimand": 2.0}),
        ("claims", claims, {"claim_id": 0.0, "claim": 1.0}),
        ("agreements", agreements, {"unit": 0.0, "since": 0.0}),
    )
    return [
        build_plain_table(pd.DataFrame(rows, columns=list(weights)), key, _say(f"table-{key}"), weights=weights)
        for key, rows, weights in tables
        if rows
    ]
