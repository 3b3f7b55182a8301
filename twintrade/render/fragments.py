"""Tables on their own, outside a document: as text, HTML, LaTeX, Typst, Markdown or Word."""

from typing import Literal

import pandas as pd

from twintrade.effects import ResultSet
from twintrade.render.blocks import Cell, Document, Row, Table, build_row
from twintrade.render.tables.estimates import TableOptions as TableOptions
from twintrade.render.tables.estimates import estimate_cell
from twintrade.render.tables.ladder import build_ladder_tables
from twintrade.render.wording import Wording
from twintrade.render.writers.docx import render_docx
from twintrade.render.writers.glyphs import Printer
from twintrade.render.writers.html_table import render_table_html
from twintrade.render.writers.latex import render_table_float_tex
from twintrade.render.writers.latex_text import list_printable
from twintrade.render.writers.plain_tables import render_table_md, render_table_typst

TableFormat = Literal["html", "tex", "docx", "typst", "md"]


def build_ladder(results: ResultSet, options: TableOptions) -> Table:
    """Return the ladder of a result set as one table."""
    return build_ladder_tables(results, Wording(), options)[0]


def build_coefficient_rows(tables: list[pd.DataFrame], options: TableOptions) -> tuple[Row, ...]:
    """Return a row a coefficient with one cell a table; columns term, effect, se, low, high, p, scale."""
    terms = dict.fromkeys(str(term) for table in tables for term in table["term"])
    records = [{str(r["term"]): r for r in table.to_dict("records")} for table in tables]
    return tuple(
        build_row(term, *(estimate_cell(_text_keys(known.get(term)), options) for known in records)) for term in terms
    )


def _text_keys(record: dict[object, object] | None) -> dict[str, object] | None:
    return None if record is None else {str(key): value for key, value in record.items()}


def render_fragment(table: Table, to: TableFormat) -> str | bytes:
    """Return a table in a format: bytes for Word, else text."""
    if to == "docx":
        return render_docx(Document(table.caption, (table,)))
    if to == "html":
        return render_table_html(table)
    if to == "tex":
        return render_table_float_tex(table, Printer(list_printable()))
    return render_table_typst(table) if to == "typst" else render_table_md(table)


def spread_table(table: Table) -> pd.DataFrame:
    """Return a printed table as a frame of text, a column for each of its columns."""
    header = [_spread(cells) for cells in table.header]
    names = [" ".join(dict.fromkeys(filter(None, parts))) for parts in zip(*header, strict=True)]
    return pd.DataFrame([_spread(row.cells) for row in table.rows], columns=names)


def _spread(cells: tuple[Cell, ...]) -> list[str]:
    return [text for cell in cells for text in (cell.text, *[""] * (cell.span - 1))]
