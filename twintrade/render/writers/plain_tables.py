"""Tables as Markdown and as Typst source, to be pasted into a document of the author's own."""

from twintrade.render.blocks import Cell, Table
from twintrade.text import join_sentences

_TYPST = str.maketrans({c: f"\\{c}" for c in "\\#*_$[]<>@`~="})
_MARKDOWN = str.maketrans({"|": "\\|", "*": "\\*"})


def render_table_md(table: Table) -> str:
    """Return a table as a Markdown one, the lines of a cell below each other."""
    head, *further = [_list_texts(cells, _MARKDOWN, "<br>") for cells in table.header]
    rules = ["---" if column.align == "left" else "---:" for column in table.columns]
    body = [_list_texts(row.cells, _MARKDOWN, "<br>") for row in table.rows]
    lines = [f"| {' | '.join(row)} |" for row in (head, rules, *further, *body)]
    caption = [f"**{table.caption.translate(_MARKDOWN)}**", ""] if table.caption else []
    return "\n".join(
        [*caption, *lines, *(["", join_sentences(table.notes).translate(_MARKDOWN)] if table.notes else [])]
    )


def render_table_typst(table: Table) -> str:
    """Return a table as a Typst figure with its notes."""
    aligns = ", ".join("left" if column.align == "left" else "right" for column in table.columns)
    rule, thin = "  table.hline(),", "  table.hline(stroke: 0.4pt),"
    lines = ["#figure(", f"  caption: [{table.caption.translate(_TYPST)}],", "  table("]
    lines += [f"  columns: {len(table.columns)}, align: ({aligns}), stroke: none,", rule]
    lines += [_row(cells) for cells in table.header]
    for i, group in enumerate(table.groups):
        lines += [thin if i else rule, *(_row(row.cells) for row in group)]
    notes = join_sentences(table.notes).translate(_TYPST)
    return "\n".join([*lines, rule, "))", *([f"#text(size: 0.8em)[{notes}]"] if notes else [])])


def _row(cells: tuple[Cell, ...]) -> str:
    return "  " + " ".join(f"[{text}]," for text in _list_texts(cells, _TYPST, " \\ "))


def _list_texts(cells: tuple[Cell, ...], escapes: dict[int, str], line: str) -> list[str]:
    """Return the text of each column, empty where a cell spans it."""
    return [
        text
        for cell in cells
        for text in (line.join(part.translate(escapes) for part in cell.lines), *[""] * (cell.span - 1))
    ]
