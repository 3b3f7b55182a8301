"""All tables of a document as one workbook: a sheet a table, numbers as numbers, texts as texts, no formula ever."""

import io
import zipfile
from xml.sax.saxutils import escape, quoteattr

from twintrade.render.blocks import Cell, Document, Table
from twintrade.render.writers.cells import convert_to_ascii, is_number
from twintrade.render.writers.docx import normalize_zip

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_LONGEST_NAME = 31
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="10"/><name val="Arial"/></font>'
    '<font><b/><sz val="10"/><name val="Arial"/></font></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/>'
    '</fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf fontId="0"/><xf fontId="1" applyFont="1"/></cellXfs></styleSheet>'
)


def render_xlsx(document: Document) -> bytes:
    """Return the tables of a document as XLSX.

    Every text is an inline string: a cell that begins with = is shown, never computed.
    """
    tables = [block for block in document.blocks if isinstance(block, Table)]
    names = _names(tables)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("[Content_Types].xml", _content_types(len(tables)))
        archive.writestr("_rels/.rels", _links([("officeDocument", "xl/workbook.xml")]))
        archive.writestr("xl/workbook.xml", _book(names))
        targets = [("worksheet", f"worksheets/sheet{i + 1}.xml") for i in range(len(tables))]
        archive.writestr("xl/_rels/workbook.xml.rels", _links([*targets, ("styles", "styles.xml")]))
        archive.writestr("xl/styles.xml", _HEAD + _STYLES)
        for i, table in enumerate(tables):
            archive.writestr(f"xl/worksheets/sheet{i + 1}.xml", _sheet(table))
    return normalize_zip(stream.getvalue())


def _names(tables: list[Table]) -> list[str]:
    """Return sheet names: the tables' keys, short enough and never twice."""
    names: list[str] = []
    for table in tables:
        name = table.key[:_LONGEST_NAME]
        count = 2
        while name in names:
            name = f"{table.key[: _LONGEST_NAME - 4]}-{count}"
            count += 1
        names.append(name)
    return names


def _sheet(table: Table) -> str:
    rows = [[(f"Table {table.number}. {table.caption}", True)]]
    rows += [[(text, True) for cell in cells for text in _spread(cell, 0)] for cells in table.header]
    rows += [
        [(text, False) for cell in row.cells for text in _spread(cell, i)]
        for row in table.rows
        for i in range(max(len(cell.lines) for cell in row.cells))
    ]
    rows += [[(note, False)] for note in table.notes]
    body = "".join(
        f'<row r="{r + 1}">'
        + "".join(_cell(r, c, text, is_head=head) for c, (text, head) in enumerate(row))
        + "</row>"
        for r, row in enumerate(rows)
    )
    return f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>'


def _spread(cell: Cell, line: int) -> list[str]:
    """Return one line of a cell over the columns it spans."""
    return [cell.lines[line] if line < len(cell.lines) else "", *[""] * (cell.span - 1)]


def _cell(row: int, column: int, text: str, *, is_head: bool) -> str:
    if not text:
        return ""
    place = f"{_letters(column)}{row + 1}"
    style = ' s="1"' if is_head else ""
    if is_number(text) and not is_head:
        return f'<c r="{place}"{style}><v>{convert_to_ascii(text)}</v></c>'
    clean = "".join(c for c in text if c in "\t\n" or (ord(c) >= 0x20 and not 0xD800 <= ord(c) <= 0xDFFF))
    return f'<c r="{place}" t="inlineStr"{style}><is><t xml:space="preserve">{escape(clean)}</t></is></c>'


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _book(names: list[str]) -> str:
    sheets = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{i + 1}" r:id="rId{i + 1}"/>' for i, name in enumerate(names)
    )
    return f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{sheets}</sheets></workbook>'


def _links(targets: list[tuple[str, str]]) -> str:
    links = "".join(
        f'<Relationship Id="rId{i + 1}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(targets)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'


def _content_types(n_sheets: int) -> str:
    spreadsheet = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = [("/xl/workbook.xml", "sheet.main"), ("/xl/styles.xml", "styles")]
    parts += [(f"/xl/worksheets/sheet{i + 1}.xml", "worksheet") for i in range(n_sheets)]
    overrides = "".join(
        f'<Override PartName="{name}" ContentType="{spreadsheet}.{kind}+xml"/>' for name, kind in parts
    )
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )
