"""What the values of an OpenDocument sheet do not show: hidden rows, merged cells, formulas never calculated."""

import io
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree

from twintrade.data.formats.reading_time import iterate_in_time
from twintrade.data.formats.sheet_facts import Sheet, SheetFacts
from twintrade.errors import DataError

CONTENT = "content.xml"
_NODES = 16_384
"""Elements between two looks at the time."""
_HIDDEN = ("collapse", "filter")
_CELLS = ("table-cell", "covered-table-cell")


def list_document_sheets(parts: Mapping[str, bytes], file: str) -> list[Sheet]:
    """Return the sheets of an OpenDocument spreadsheet in their order."""
    if b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
        raise DataError(f"{file} is encrypted: save it without a password")
    hidden_styles: set[str] = set()
    sheets, style = [], ""
    for event, node in _walk(parts[CONTENT], file):
        tag = _tag(node)
        if event == "start" and tag == "style":
            style = _get(node, "name")
        elif event == "start" and tag == "table-properties" and _get(node, "display") == "false":
            hidden_styles.add(style)
        elif event == "start" and tag == "table":
            sheets.append(Sheet(_get(node, "name"), CONTENT, _get(node, "style-name") not in hidden_styles))
        elif event == "end" and tag == "table-row":
            node.clear()
    if not sheets:
        raise DataError(f"{file} is a container but not a workbook: save it as .xlsx, or as .csv")
    return sheets


def read_document_facts(content: bytes, sheet: str, file: str) -> SheetFacts:
    """Walk one sheet of an OpenDocument spreadsheet once."""
    n_rows = n_columns = 0
    hidden: list[int] = []
    hidden_columns: list[int] = []
    merged: list[tuple[int, int, int, int]] = []
    uncalculated: list[tuple[int, int]] = []
    errors: dict[tuple[int, int], str] = {}
    row, column, is_inside = 1, 1, False
    for event, node in _walk(content, file):
        tag = _tag(node)
        if tag == "table":
            is_inside = event == "start" and _get(node, "name") == sheet
        elif not is_inside or event == "start":
            continue
        elif tag == "table-column":
            n = _count(node, "number-columns-repeated", file)
            if _get(node, "visibility") in _HIDDEN:
                hidden_columns += range(column, column + min(n, len(content)))
            column += n
        elif tag == "table-row":
            n, at = _count(node, "number-rows-repeated", file), 1
            is_filled = False
            for cell in (c for c in node if _tag(c) in _CELLS):
                width = _count(cell, "number-columns-repeated", file)
                if len(cell) or _get(cell, "formula") or _get(cell, "value-type"):
                    is_filled = True
                    n_rows, n_columns = max(n_rows, row + n - 1), max(n_columns, at + width - 1)
                    _note_cell(cell, (row, at), merged, uncalculated, errors)
                at += width
            if is_filled and _get(node, "visibility") in _HIDDEN:
                hidden += range(row, row + min(n, len(content)))
            row += n
            node.clear()
    return SheetFacts(
        n_rows, n_columns, tuple(hidden), tuple(hidden_columns), tuple(merged), tuple(uncalculated), errors
    )


def _note_cell(
    cell: ElementTree.Element,
    place: tuple[int, int],
    merged: list[tuple[int, int, int, int]],
    uncalculated: list[tuple[int, int]],
    errors: dict[tuple[int, int], str],
) -> None:
    row, column = place
    tall, wide = (int(_get(cell, f"number-{way}-spanned") or 1) for way in ("rows", "columns"))
    if tall > 1 or wide > 1:
        merged.append((row, column, row + tall - 1, column + wide - 1))
    text = "".join(t for part in cell if _tag(part) == "p" for t in part.itertext())
    if any(key.endswith("}value-type") and value == "error" for key, value in cell.attrib.items()):
        errors[place] = text or "#ERROR!"
    elif _get(cell, "formula") and not _get(cell, "value-type"):
        uncalculated.append(place)


def _walk(content: bytes, file: str) -> Iterator[tuple[str, ElementTree.Element]]:
    try:
        yield from iterate_in_time(ElementTree.iterparse(io.BytesIO(content), ("start", "end")), _NODES)
    except (ElementTree.ParseError, ValueError) as error:
        raise DataError(f"{file}: a sheet is damaged ({error}): save the workbook again") from None


def _count(node: ElementTree.Element, name: str, file: str) -> int:
    text = _get(node, name) or "1"
    if not text.isascii() or not text.isdigit() or len(text) > 7:
        raise DataError(f"{file}: a sheet is damaged ({name} {text[:20]!r}): save the workbook again")
    return int(text)


def _get(node: ElementTree.Element, name: str) -> str:
    return next((value for key, value in node.attrib.items() if key.rpartition("}")[2] == name), "")


def _tag(node: ElementTree.Element) -> str:
    return node.tag.rpartition("}")[2]
