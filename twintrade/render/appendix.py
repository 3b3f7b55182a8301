"""The statistical appendix: a list of exhibits, each built where its inputs exist, else named with the reason."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from twintrade.effects import ResultSet
from twintrade.render import blocks
from twintrade.render.brief import build_brief
from twintrade.render.citing import place_rows
from twintrade.render.exhibits import data_card, event_study, robustness, run, single_case, summary
from twintrade.render.exhibits.single_case import build_effects_topic, build_topic_exhibit
from twintrade.render.names import EXHIBIT_NAMES
from twintrade.render.page import Page, name_results
from twintrade.render.style import AppendixOptions
from twintrade.render.writers.glyphs import Printer, load_charmap
from twintrade.text import MARK, find_catalogue, find_topic

Exhibit = Callable[[Page], tuple[blocks.Block, ...] | blocks.Absent]

_EXHIBITS: Mapping[str, Exhibit] = {
    "summary": summary.build_exhibit,
    "single_case": single_case.build_exhibit,
    "ladder": run.build_ladder,
    "event_study": event_study.build_exhibit,
    "sensitivity": robustness.build_exhibit,
    "forest": build_effects_topic("forest"),
    "margins": build_topic_exhibit("margins"),
    "spillovers": build_effects_topic("spillovers"),
    "translation": summary.build_translation,
    "claims": run.build_claims,
    "findings": run.build_findings,
    "raw": data_card.build_raw_series,
    "data_card": data_card.build_data_card,
    "register": data_card.build_register,
    "descriptives": build_topic_exhibit("descriptives"),
    "selection": build_topic_exhibit("selection"),
    "assumptions": run.build_assumptions,
    "warnings": run.build_warnings,
    "cross_check": run.build_cross_check,
    "machine": run.build_machine,
}


def open_page(results: ResultSet, options: AppendixOptions, printer: Printer | None = None) -> Page:
    """Return the page of an analysis under some options."""
    printer = printer or Printer(load_charmap())
    return Page(
        place_rows(name_results(results)), options.wording, options.theme, options.tables, printer, options.exhibits,
        options.detail, options.authors, options.date, options.spelling,
    )  # fmt: skip


def build_appendix(page: Page, brief: tuple[blocks.Block, ...] | None = None) -> tuple[blocks.Block, ...]:
    """Return the appendix of an analysis as numbered blocks, behind a brief that may be at hand."""
    opening: list[blocks.Block] = list(build_brief(page) if brief is None else brief)
    if not opening:
        opening += [blocks.Heading(1, format_title(page), "top"), *page.simulated_sign]
    content: list[blocks.Block] = []
    absent: list[tuple[str, str]] = []
    for name in EXHIBIT_NAMES:
        if name not in page.exhibits:
            continue
        if name == "findings" and (not page.is_whole or "sensitivity" in page.exhibits):
            continue  # the table of checks stands for them
        if name == "assumptions" and not page.is_whole and "ladder" in page.exhibits:
            continue  # those of the headline stand below the table of estimates
        exhibit_blocks = _EXHIBITS[name](page)
        if isinstance(exhibit_blocks, blocks.Absent):
            absent.append((page.say(name), exhibit_blocks.reason))
        else:
            content += exhibit_blocks
    content += data_card.build_registration(page)
    if absent:
        sentences = (page.say("absent_exhibit", title=find_topic(t), reason=r[:1].upper() + r[1:]) for t, r in absent)
        items = tuple(map(blocks.build_spans, sentences))
        content += [blocks.Heading(2, page.say("absent_heading"), "left-out"), blocks.BulletList(items)]
    n_sections = sum(isinstance(block, blocks.Heading) and block.level > 1 for block in content)
    opening += [blocks.PageBreak()] if len(opening) > 2 else []  # behind a brief
    opening += [blocks.Contents()] if n_sections > 2 else []
    content = [*opening, *blocks.number_sections(content, "A")]
    return blocks.replace_words(blocks.number_blocks(_marked(content, page)), page.spelling)


def build_document(results: ResultSet, options: AppendixOptions | None = None) -> blocks.Document:
    """Return the appendix as a document that any writer takes."""
    options = options or AppendixOptions()
    with options.speak():
        return assemble_document(open_page(results, options))


def assemble_document(page: Page, brief: tuple[blocks.Block, ...] | None = None) -> blocks.Document:
    """Return the appendix on a page, behind a brief that may be at hand, as a document."""
    content = build_appendix(page, brief)
    has_brief = any(isinstance(block, blocks.Lead) for block in content)
    return _close(format_title(page), content, page, ("brief", "appendix") if has_brief else ("appendix",))


def _close(
    title: str, content: tuple[blocks.Block, ...], page: Page, parts: tuple[blocks.Part, ...]
) -> blocks.Document:
    results, catalogue = page.results, find_catalogue()
    if catalogue.borrowed and blocks.find_text(content, MARK):
        content = (*content, blocks.build_paragraph(page.say("untranslated")))
    return blocks.Document(
        title, content, catalogue.language, results.is_simulated, parts, results.title, page.authors,
        results.name,
    )  # fmt: skip


def build_brief_document(page: Page, brief: tuple[blocks.Block, ...] | None = None) -> blocks.Document | None:
    """Return the brief as a document; None where there is nothing to answer."""
    content = build_brief(page) if brief is None else brief
    if not content:
        return None
    numbered = blocks.replace_words(blocks.number_blocks(_marked(list(content), page)), page.spelling)
    return _close(next(b.text for b in numbered if isinstance(b, blocks.Heading)), numbered, page, ("brief",))


def format_title(page: Page) -> str:
    """Return the title of the document."""
    return page.say("document_title", title=page.results.title)


def _marked(content: list[blocks.Block], page: Page) -> list[blocks.Block]:
    """Mark every table of a simulated analysis, in its caption and for its fragments."""

    def mark(block: blocks.Exhibited) -> blocks.Exhibited:
        if not (page.results.is_simulated and isinstance(block, blocks.Table)):
            return block
        return replace(block, is_simulated=True, caption=page.say("simulated_title", title=block.caption))

    return blocks.replace_exhibits(content, mark)
