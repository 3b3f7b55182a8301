"""Small workbooks written part by part, so that a test can put into them what spreadsheet programs do."""

import io
import zipfile
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def cell(name: str, value: object) -> str:
    """Return one cell; a value that is a tuple is (formula, stored value or None)."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        formula, stored = value
        return f'<c r="{name}"><f>{escape(formula)}</f>{"" if stored is None else f"<v>{stored}</v>"}</c>'
    if isinstance(value, bool):
        return f'<c r="{name}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{name}"><v>{value!r}</v></c>'
    text = str(value)
    if text.startswith("#"):
        return f'<c r="{name}" t="e"><v>{escape(text)}</v></c>'
    return f'<c r="{name}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def sheet(rows, hidden_rows=(), merged=(), prolog="") -> str:
    """Return a worksheet's XML; rows are lists of values from A1 on."""
    lines = []
    for i, row in enumerate(rows, 1):
        cells = "".join(cell(f"{chr(65 + j)}{i}", value) for j, value in enumerate(row))
        hidden = ' hidden="1"' if i in hidden_rows else ""
        lines.append(f'<row r="{i}"{hidden}>{cells}</row>')
    merges = "".join(f'<mergeCell ref="{ref}"/>' for ref in merged)
    merges = f"<mergeCells>{merges}</mergeCells>" if merges else ""
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return f'{head}{prolog}<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData>{merges}</worksheet>'


def workbook(
    sheets: dict[str, str], states: dict[str, str] | None = None, extra: dict[str, bytes] | None = None
) -> bytes:
    """Return a workbook of named sheets."""
    states = states or {}
    entries, links, types = [], [], []
    for i, name in enumerate(sheets, 1):
        state = f" state={quoteattr(states[name])}" if name in states else ""
        entries.append(f'<sheet name={quoteattr(name)} sheetId="{i}" r:id="rId{i}"{state}/>')
        links.append(f'<Relationship Id="rId{i}" Type="{LINKS}/worksheet" Target="worksheets/sheet{i}.xml"/>')
        types.append(f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{TYPE}.worksheet+xml"/>')
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>{"".join(types)}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets>{"".join(entries)}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{"".join(links)}'
        "</Relationships>",
        **{f"xl/worksheets/sheet{i}.xml": content for i, content in enumerate(sheets.values(), 1)},
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in parts.items():
            container.writestr(name, content)
        for name, content in (extra or {}).items():
            container.writestr(name, content)
    return out.getvalue()
