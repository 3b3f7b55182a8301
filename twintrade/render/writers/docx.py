"""The Word file: real tables with repeated heads, numbered captions, alternative texts, fixed times."""

import io
from collections.abc import Sequence
from datetime import datetime
from functools import cache

import docx
from docx.document import Document as WordDocument
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Inches, Pt, RGBColor
from docx.table import _Cell as WordCell
from docx.text.paragraph import Paragraph as WordParagraph

from twintrade.render.block_parts import format_caption, format_heading, list_exhibits
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
from twintrade.render.writers.cells import check_link
from twintrade.render.writers.docx_table import add_caption, add_field, add_long_field, add_table, clean
from twintrade.render.writers.zips import normalize_zip
from twintrade.text import Text, join_sentences

FIXED_TIME = datetime(2000, 1, 1)
_PICTURE_WIDTH = Cm(16.5)
_LARGEST_HEIGHT = Cm(22.5)


def render_docx(document: Document, template: bytes | None = None) -> bytes:
    """Return the document as DOCX.

    Parameters
    ----------
    document : Document
    template : bytes, optional
        A department's own DOCX: its styles, header and footer are kept, its text is not.
    """
    file = docx.Document(io.BytesIO(template)) if template is not None else docx.Document()
    if template is None:
        _set_page(file)
        _set_styles(file, document.language)
    _clear(file)
    _add_missing_styles(file)
    find_id = cache(file.part.get_style_id)  # of a paragraph's style: all styles are read anew for each
    file.part.get_style_id = find_id  # type: ignore[method-assign]
    properties = file.core_properties
    properties.title, properties.language = document.title, document.language
    properties.author = "; ".join(document.authors) or "twintrade"
    properties.comments, properties.last_modified_by, properties.revision = "", "twintrade", 1
    properties.created = properties.modified = FIXED_TIME
    if document.is_simulated:
        header = file.sections[0].header.paragraphs[0]
        header.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        header.add_run(str(Text("writers.simulated-data"))).bold = True
    for block in document.blocks:
        _add(file, block, document.blocks)
    stream = io.BytesIO()
    file.save(stream)
    return normalize_zip(stream.getvalue())


def _add_missing_styles(file: WordDocument) -> None:
    """Give a template the styles it lacks, plain, so that any DOCX may serve as one."""
    present = {style.name for style in file.styles}
    for name in ("Heading 1", "Heading 2", "Heading 3", "Heading 4", "Caption", "List Bullet"):
        if name not in present:
            file.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)


def _clear(file: WordDocument) -> None:
    """Remove what a template's body says, its last section excepted."""
    body = file.element.body
    for child in list(body):
        if child.tag != qn("w:sectPr"):
            body.remove(child)


def _set_page(file: WordDocument) -> None:
    section = file.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin = section.bottom_margin = Cm(2.2)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    add_field(footer, "PAGE", "1")


def _set_styles(file: WordDocument, tag: str) -> None:
    sizes = {
        "Normal": 11,
        "Title": 20,
        "Heading 1": 20,
        "Heading 2": 15,
        "Heading 3": 12.5,
        "Caption": 10.5,
        "List Bullet": 11,
    }
    for name, size in sizes.items():
        style = file.styles[name]
        style.font.name, style.font.size = "Arial", Pt(size)
        style.font.italic = False
        style.font.color.rgb = RGBColor(0x0B, 0x0C, 0x0C)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for script in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
            fonts.set(qn(script), "Arial" if script != "w:eastAsia" else "Microsoft YaHei")
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:cstheme", "w:eastAsiaTheme"):
            fonts.attrib.pop(qn(theme), None)
    file.styles["Normal"].paragraph_format.space_after = Pt(6)
    file.styles["Caption"].font.bold = True
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), tag)
    if tag.startswith("zh"):
        language.set(qn("w:eastAsia"), tag)
    file.styles["Normal"].element.get_or_add_rPr().append(language)


def _add(file: WordDocument, block: Block, blocks: Sequence[Block] = ()) -> None:
    match block:
        case Heading():
            file.add_heading(clean(format_heading(block)), min(block.level, 9))
        case Paragraph():
            _add_spans(file.add_paragraph(), block.spans)
        case BulletList():
            for item in block.items:
                _add_spans(file.add_paragraph(style="List Bullet"), item)
        case Note():
            _add_note(file, block)
        case Table():
            add_table(file, block)
        case Figure():
            _add_figure(file, block)
        case PageBreak():
            file.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        case EventView():
            pass
        case Contents():
            _add_contents(file, blocks)
        case Lead():
            file.add_paragraph().add_run(clean(block.deck)).font.size = Pt(13)
            file.add_paragraph().add_run(clean(block.byline)).font.size = Pt(9)
        case KeyNumbers():
            _add_key_numbers(file, block)
        case Aside():
            file.add_heading(clean(block.name), 2)
            for part in block.blocks:
                _add(file, part)
        case Beside():
            for figure in block.figures:
                _add_figure(file, figure)


def _add_contents(file: WordDocument, blocks: Sequence[Block]) -> None:
    """Add the lists of sections, tables and figures; Word adds pages once their fields are updated."""
    exhibits = list_exhibits(blocks)
    sections = [format_heading(b) for b in blocks if isinstance(b, Heading) and b.number and b.level == 2]
    lists = (
        ("contents", 'TOC \\o "2-2" \\h', sections),
        ("list-of-tables", 'TOC \\h \\c "Table"', [format_caption(e) for e in exhibits if isinstance(e, Table)]),
        ("list-of-figures", 'TOC \\h \\c "Figure"', [format_caption(e) for e in exhibits if isinstance(e, Figure)]),
    )
    for key, instruction, names in lists:
        if names:
            file.add_paragraph().add_run(str(Text(f"writers.{key}"))).bold = True
            add_long_field(file, instruction, names)
    file.add_paragraph().add_run(str(Text("writers.update-fields"))).font.size = Pt(8.5)


def _add_key_numbers(file: WordDocument, block: KeyNumbers) -> None:
    """Add the strip as a table of one row: a number in each cell, and the verdict in the last."""
    table = file.add_table(rows=1, cols=len(block.numbers) + 1)
    for cell, number in zip(table.rows[0].cells, block.numbers, strict=False):
        lines = ((number.name, 9, False), (number.value, 16, True), (number.spread, 9, False))
        _fill_cell(cell, lines)
    verdict = block.verdicts[block.chosen]
    _fill_cell(table.rows[0].cells[-1], ((block.question, 9, False), (verdict, 16, True)))


def _fill_cell(cell: WordCell, lines: Sequence[tuple[str, float, bool]]) -> None:
    for k, (text, size, is_bold) in enumerate(lines):
        paragraph = cell.paragraphs[0] if k == 0 else cell.add_paragraph()
        run = paragraph.add_run(clean(text))
        run.font.size, run.bold = Pt(size), is_bold
        if is_bold:
            run.font.color.rgb = RGBColor(0x12, 0x43, 0x6D)


def _add_spans(paragraph: WordParagraph, spans: tuple[Span, ...]) -> None:
    for span in spans:
        target = check_link(span.target) if span.kind == "link" else ""
        if target:
            _add_link(paragraph, clean(span.text), target)
            continue
        run = paragraph.add_run(clean(span.text))
        run.bold = True if span.kind == "strong" else None
        if span.kind == "code":
            run.font.name, run.font.size = "Consolas", Pt(9.5)


def _add_link(paragraph: WordParagraph, text: str, address: str) -> None:
    identity = paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), identity)
    run = paragraph.add_run(text)
    run.font.color.rgb = RGBColor(0x12, 0x43, 0x6D)
    run.font.underline = True
    link.append(run._r)
    paragraph._p.append(link)


def _add_note(file: WordDocument, note: Note) -> None:
    paragraph = file.add_paragraph()
    colour = {"note": "12436D", "warning": "F46A25", "simulated": "A01818", "code": "D0D0D0"}[note.kind]
    borders = OxmlElement("w:pBdr")
    sides = ("left",) if note.kind != "simulated" else ("top", "left", "bottom", "right")
    for side in sides:
        edge = OxmlElement(f"w:{side}")
        for key, value in (("val", "single"), ("sz", "24"), ("space", "6"), ("color", colour)):
            edge.set(qn(f"w:{key}"), value)
        borders.append(edge)
    paragraph._p.get_or_add_pPr().append(borders)
    _add_spans(paragraph, note.spans)
    for run in paragraph.runs:
        run.bold = note.kind == "simulated" or run.bold
        run.font.size = Pt(7) if note.kind == "code" else run.font.size


def _add_figure(file: WordDocument, figure: Figure) -> None:
    caption = add_caption(file, figure)
    if figure.details:
        caption.add_run(" " + clean(figure.details)).bold = False
    holder = file.add_paragraph()
    width = int(_PICTURE_WIDTH)
    ratio = figure.images.height / figure.images.width
    if width * ratio > _LARGEST_HEIGHT:
        width = int(_LARGEST_HEIGHT / ratio)
    width = min(width, int(Inches(figure.images.width * 1.1)))
    picture = holder.add_run().add_picture(io.BytesIO(figure.images.png), width=Emu(width))
    properties = picture._inline.docPr
    properties.set("descr", clean(figure.alt))
    properties.set("name", figure.key)
    holder.paragraph_format.keep_with_next = bool(figure.notes)
    if figure.notes:
        run = file.add_paragraph().add_run(clean(join_sentences(figure.notes)))
        run.font.size = Pt(8.5)
