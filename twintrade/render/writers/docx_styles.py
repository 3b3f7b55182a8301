"""The styles of the Word file by name, so that a department changes each in one place."""

from collections.abc import Sequence
from dataclasses import dataclass

from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt, RGBColor

INK, ACCENT, MUTED = "0B0C0C", "12436D", "505A5F"
OWN_HEADINGS = ("Heading 1", "Heading 2", "Heading 3", "Heading 4", "Caption", "List Bullet")


@dataclass(frozen=True, slots=True)
class Look:
    """What a style of this program is like before anyone changes it."""

    size: float = 0.0  # in points; 0 is that of the style below it
    is_bold: bool = False
    colour: str = INK
    # before, after: Space in points
    before: float = 0.0
    after: float = 0.0
    edge: str = ""  # colour of a line at the left, or around where `is_boxed`
    is_boxed: bool = False
    keeps_next: bool = False
    base: str = "Normal"


PARAGRAPHS = {
    "Deck": Look(12.5, colour=MUTED, after=4),
    "Byline": Look(9, after=6),
    "Key Name": Look(9, colour=MUTED),
    "Key Number": Look(16, is_bold=True, colour=ACCENT),
    "Key Number Long": Look(11.5, base="Key Number", is_bold=True, colour=ACCENT),
    "Key Range": Look(9),
    "Table Text": Look(9.5, before=1, after=1),
    "Table Text Small": Look(8, base="Table Text", before=1, after=1),
    "Table Head": Look(is_bold=True, base="Table Text", before=1, after=1),
    "Table Head Small": Look(is_bold=True, base="Table Text Small", before=1, after=1),
    "Exhibit Note": Look(8.5, colour=MUTED, before=3, after=9),
    "Picture": Look(after=2),
    "Note": Look(9.5, edge=ACCENT, after=6),
    "Warning": Look(9.5, edge="F46A25", after=6),
    "Simulated": Look(is_bold=True, edge="A01818", is_boxed=True, after=6),
    "Code Block": Look(7, edge="D0D0D0", after=6),
    "Contents Title": Look(is_bold=True, before=6, after=2, keeps_next=True),
    "Contents Line": Look(9.5),
}
CHARACTERS = {
    "Strong": Look(is_bold=True),
    "Code": Look(9.5),
    "Caption Details": Look(),
    "Hyperlink": Look(colour=ACCENT),
}


def add_missing_styles(file: WordDocument) -> None:
    """Give a document the styles it lacks: headings plain, those of this program as they look."""
    present = {style.name for style in file.styles}
    for name in OWN_HEADINGS:
        if name not in present:
            file.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    for kind, looks in ((WD_STYLE_TYPE.PARAGRAPH, PARAGRAPHS), (WD_STYLE_TYPE.CHARACTER, CHARACTERS)):
        for name, look in looks.items():
            if name not in present:
                _add_style(file, name, kind, look)


def _add_style(file: WordDocument, name: str, kind: WD_STYLE_TYPE, look: Look) -> None:
    style = file.styles.add_style(name, kind)
    style.quick_style = True
    if look.size:
        style.font.size = Pt(look.size)
    style.font.bold = look.is_bold if look.is_bold or name == "Caption Details" else None
    style.font.underline = True if name == "Hyperlink" else None
    if name == "Code":
        style.font.name = "Consolas"
    if look.colour != INK:
        style.font.color.rgb = RGBColor.from_string(look.colour)
    if kind != WD_STYLE_TYPE.PARAGRAPH:
        return
    style.base_style = file.styles[look.base]
    shape = style.paragraph_format
    shape.space_before, shape.space_after = Pt(look.before), Pt(look.after)
    shape.keep_with_next = look.keeps_next or None
    if name.startswith("Table"):
        shape.line_spacing = 1.0
        style.element.get_or_add_pPr().append(parse_xml(f"<w:contextualSpacing {nsdecls('w')}/>"))
    if look.edge:
        _draw_edge(style.element.get_or_add_pPr(), look)


def _draw_edge(properties: object, look: Look) -> None:
    sides = ("top", "left", "bottom", "right") if look.is_boxed else ("left",)
    edges = "".join(f'<w:{side} w:val="single" w:sz="24" w:space="6" w:color="{look.edge}"/>' for side in sides)
    borders = parse_xml(f"<w:pBdr {nsdecls('w')}>{edges}</w:pBdr>")
    later = [qn(f"w:{name}") for name in ("shd", "tabs", "spacing", "ind", "contextualSpacing", "jc", "outlineLvl")]
    place = next((k for k, child in enumerate(properties) if child.tag in later), len(properties))  # type: ignore
    properties.insert(place, borders)  # type: ignore[attr-defined]


def find_style_ids(file: WordDocument, names: Sequence[str]) -> dict[str, str]:
    """Return by name what a document calls its styles inside."""
    return {name: file.styles[name].style_id for name in names}
