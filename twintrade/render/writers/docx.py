"""The Word file: real tables with repeated heads, numbered captions, alternative texts, fixed times."""

import io
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

import docx
from docx.document import Document as WordDocument
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Inches, Pt, RGBColor
from docx.table import _Cell as WordCell
from docx.text.paragraph import Paragraph as WordParagraph

from twintrade.render import blocks
from twintrade.render.writers import docx_table
from twintrade.render.writers.cells import check_link, clean
from twintrade.render.writers.xlsx import normalize_zip
from twintrade.text import Text, join_sentences

FIXED_TIME = datetime(2000, 1, 1)
_PICTURE_WIDTH = Cm(16.5)
_LARGEST_HEIGHT = Cm(22.5)
LONG_VALUE = 16  # letters beyond which a number that leads is set smaller
APPENDIX = "appendix"  # bookmark around what the contents list
CELL_MARGIN = Cm(0.19)  # what Word leaves free at either side of a cell where nothing else is said
NOTES = {"note": "Note", "warning": "Warning", "simulated": "Simulated", "code": "Code Block"}


def render_docx(document: blocks.Document, template: bytes | None = None) -> bytes:
    """Return the document as DOCX, with the styles, header and footer of a department's own template."""
    file = docx.Document(io.BytesIO(template)) if template is not None else docx.Document()
    if template is None:
        _set_page(file)
        _set_styles(file, document.language)
    file.element.body.clear_content()  # what a template says, its last section excepted
    docx_table.add_missing_styles(file)
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
        header.add_run(str(Text("figures.simulated-data"))).bold = True
    is_broken = False
    for block in document.blocks:
        place = len(file.element.body) - 1  # the section stands last
        _add(file, block, document.blocks)
        is_broken = is_broken or isinstance(block, blocks.PageBreak)
        if is_broken and len(file.element.body) - 1 > place:
            first = next(file.element.body[place].iter(qn("w:p")))
            WordParagraph(first, file).paragraph_format.page_break_before = True
            is_broken = False
    if any(isinstance(block, blocks.Contents) for block in document.blocks):
        _bookmark(file.paragraphs[-1], "w:bookmarkEnd")
    stream = io.BytesIO()
    file.save(stream)
    return normalize_zip(stream.getvalue())


def _set_page(file: WordDocument) -> None:
    section = file.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin = section.bottom_margin = Cm(2.2)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    docx_table.add_field(footer, "PAGE", "1")


def _set_styles(file: WordDocument, tag: str) -> None:
    sizes = {
        "Normal": 11, "Title": 20, "Heading 1": 20, "Heading 2": 15, "Heading 3": 12.5, "Caption": 10.5,
        "List Bullet": 11,
    }  # fmt: skip
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
    for name, before in (("Heading 1", 0), ("Heading 2", 12), ("Heading 3", 9), ("Caption", 6)):
        shape = file.styles[name].paragraph_format
        shape.space_before, shape.space_after, shape.keep_with_next = Pt(before), Pt(3), True
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), tag)
    if tag.startswith("zh"):
        language.set(qn("w:eastAsia"), tag)
    file.styles["Normal"].element.get_or_add_rPr().append(language)


def _add(file: WordDocument, block: blocks.Block, content: Sequence[blocks.Block] = ()) -> None:
    match block:
        case blocks.Heading():
            file.add_heading(clean(blocks.format_heading(block)), min(block.level, 9))
        case blocks.Paragraph():
            _add_spans(file.add_paragraph(), block.spans)
        case blocks.BulletList():
            for item in block.items:
                _add_spans(file.add_paragraph(style="List Bullet"), item)
        case blocks.Note():
            _add_spans(file.add_paragraph(style=NOTES[block.kind]), block.spans)
        case blocks.Table():
            docx_table.add_table(file, block)
        case blocks.Figure():
            _add_figure(file, block)
        case blocks.PageBreak() | blocks.EventView():
            pass
        case blocks.Contents():
            _add_contents(file, content)
        case blocks.Lead():
            file.add_paragraph(clean(block.deck), style="Deck")
            file.add_paragraph(clean(block.byline), style="Byline")
        case blocks.KeyNumbers():
            table = file.add_table(rows=1, cols=len(block.numbers) + 1)
            for cell, number in zip(table.rows[0].cells, block.numbers, strict=False):
                _fill_cell(cell, (number.name, number.value, number.spread))
            _fill_cell(table.rows[0].cells[-1], (block.question, block.verdicts[block.chosen]))
        case blocks.Aside():
            file.add_heading(clean(block.name), 2)
            for part in block.blocks:
                _add(file, part)
        case blocks.FigureRow():
            _add_figure_row(file, block)


def _add_contents(file: WordDocument, content: Sequence[blocks.Block]) -> None:
    """Add the list of sections; Word adds pages once its field is updated."""
    sections = [
        blocks.format_heading(b) for b in content if isinstance(b, blocks.Heading) and b.number and b.level == 2
    ]
    if sections:
        title = file.add_paragraph(str(Text("writers.contents")), style="Contents Title")
        _bookmark(title, "w:bookmarkStart").set(qn("w:name"), APPENDIX)
        docx_table.add_long_field(file, f'TOC \\o "2-2" \\h \\b {APPENDIX}', sections)
        file.add_paragraph(str(Text("writers.update-fields")), style="Exhibit Note")


def _bookmark(paragraph: WordParagraph, tag: str) -> Any:
    """Begin or end the bookmark of what the contents list."""
    mark = OxmlElement(tag)
    mark.set(qn("w:id"), "1")
    paragraph._p.append(mark)
    return mark


def _fill_cell(cell: WordCell, texts: Sequence[str]) -> None:
    value = "Key Number Long" if len(texts[1]) > LONG_VALUE else "Key Number"
    for text, style in zip(texts, ("Key Name", value, "Key Range"), strict=False):
        cell.add_paragraph(clean(text), style=style)
    _drop_first(cell)


def _drop_first(cell: WordCell) -> None:
    """Remove the empty paragraph that a new cell has."""
    cell._tc.remove(cell.paragraphs[0]._p)


def _add_figure_row(file: WordDocument, block: blocks.FigureRow) -> None:
    """Add figures side by side, each in a cell as wide as its share."""
    grid = file.add_table(rows=1, cols=len(block.figures))
    grid.autofit = False
    total = sum(figure.images.width for figure in block.figures)
    free = min(_PICTURE_WIDTH, docx_table.measure_page(file))
    for column, cell, figure in zip(grid.columns, grid.rows[0].cells, block.figures, strict=True):
        width = Emu(int(free * figure.images.width / total))
        column.width = cell.width = width
        _add_figure(cell, figure, int(width - 3 * CELL_MARGIN))
        _drop_first(cell)


def _add_spans(paragraph: WordParagraph, spans: tuple[blocks.Span, ...]) -> None:
    for span in spans:
        run = paragraph.add_run(clean(span.text))
        if target := check_link(span.target) if span.kind == "link" else "":
            run.style = "Hyperlink"
            link = OxmlElement("w:hyperlink")
            link.set(qn("r:id"), paragraph.part.relate_to(target, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
            link.append(run._r)
            paragraph._p.append(link)
        elif span.kind in ("strong", "code"):
            run.style = span.kind.capitalize()


def _add_figure(file: WordDocument | WordCell, figure: blocks.Figure, widest: int = _PICTURE_WIDTH) -> None:
    docx_table.add_caption(file, figure)
    holder = file.add_paragraph(style="Picture")
    width = widest
    ratio = figure.images.height / figure.images.width
    if width * ratio > _LARGEST_HEIGHT:
        width = int(_LARGEST_HEIGHT / ratio)
    width = min(width, int(Inches(figure.images.width * 1.1)))
    properties = holder.add_run().add_picture(io.BytesIO(figure.images.png), width=Emu(width))._inline.docPr
    properties.set("descr", clean(figure.alt))
    properties.set("name", figure.key)
    holder.paragraph_format.keep_with_next = bool(figure.notes)
    if figure.notes:
        file.add_paragraph(clean(join_sentences(figure.notes)), style="Exhibit Note")
