"""LaTeX: fragments to include in a paper, and an appendix that plain pdflatex compiles."""

import re
import unicodedata
from dataclasses import dataclass
from itertools import chain

from twintrade.render import blocks
from twintrade.render.writers.cells import (
    COLUMN_SPACE,
    FULL_PAGE,
    MINUTE,
    TableLayout,
    check_link,
    convert_to_ascii,
    count_digits,
    fit_table,
    is_number,
    mark_cell_breaks,
    measure_serif,
    place_cells,
)
from twintrade.render.writers.glyphs import Printer
from twintrade.text import Text, find_catalogue, join_sentences

# Text that LaTeX prints and never obeys.

SPECIALS = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "[": "{[}", "]": "{]}", "-": "{-}", "`": r"\textasciigrave{}",
    "'": "'", "\u200b": "\u200b", "\n": " ", "\t": " ", "\u00a0": "~", "−": r"\ensuremath{-}",
    "×": r"\ensuremath{\times}", "·": r"\ensuremath{\cdot}", "≤": r"\ensuremath{\leq}", "≥": r"\ensuremath{\geq}",
    "±": r"\ensuremath{\pm}", "²": r"\textsuperscript{2}", "³": r"\textsuperscript{3}", "∞": r"\ensuremath{\infty}",
    "→": r"\ensuremath{\rightarrow}", "≈": r"\ensuremath{\approx}", "√": r"\ensuremath{\surd}",
    "Σ": r"\ensuremath{\Sigma}", "α": r"\ensuremath{\alpha}", "β": r"\ensuremath{\beta}", "γ": r"\ensuremath{\gamma}",
    "δ": r"\ensuremath{\delta}", "ε": r"\ensuremath{\varepsilon}", "θ": r"\ensuremath{\theta}",
    "λ": r"\ensuremath{\lambda}", "ν": r"\ensuremath{\nu}", "ω": r"\ensuremath{\omega}", "μ": r"\ensuremath{\mu}",
    "τ": r"\ensuremath{\tau}", "ψ": r"\ensuremath{\psi}", "–": "--", "—": "---", "“": "``", "”": "''", "‘": "`",
    "’": "'", "…": r"\dots{}", "£": r"\pounds{}", "€": r"\texteuro{}", "¥": r"\textyen{}",
    "\u2081": r"\textsubscript{1}", "\u2082": r"\textsubscript{2}", "\u1d62": r"\textsubscript{i}",
    "\u2c7c": r"\textsubscript{j}", "\u209c": r"\textsubscript{t}",
}  # fmt: skip
LATIN = frozenset(
    chr(point)
    for point in (*range(0x00C0, 0x0100), *range(0x0100, 0x0180))
    if unicodedata.decomposition(chr(point)) or chr(point) in "ÆæØøßÐðÞþŁłŒœĐđı"
) - frozenset("ĿŀŉſĦħĸŦŧ")
BAR = "\u0304"  # the bar over the letter before it, as in the bound of a sensitivity analysis
_BARRED = re.compile(f"([A-Za-z]){BAR}")
PRINTABLE = frozenset(ord(c) for c in (*SPECIALS, *LATIN, BAR, *(chr(p) for p in range(0x20, 0x7F))))

BLOCKS = ((0x3001, 0x3018), (0x3400, 0x4DC0), (0x4E00, 0xA000), (0xFF01, 0xFF5F))
CHINESE = frozenset((*chain.from_iterable(range(*ends) for ends in BLOCKS), *map(ord, "“”‘’")))
"""What the package ctex prints where a page is in Chinese."""


ENCODING = r"""\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
"""
ENCODING_CHINESE = r"""\usepackage[UTF8,fontset=fandol,heading=false]{ctex}
"""
PREAMBLE = r"""\usepackage{textcomp,graphicx,longtable,fancyhdr}
\fancyhf{}\fancyfoot[R]{\thepage}\renewcommand{\headrulewidth}{0pt}
\usepackage{booktabs,siunitx,threeparttable,array}
\usepackage[margin=2.2cm]{geometry}
\usepackage[hidelinks]{hyperref}
\renewcommand{\familydefault}{\sfdefault}
\setlength{\parindent}{0pt}\setlength{\parskip}{6pt plus 2pt}
\raggedright\raggedbottom\sloppy
\newcommand{\room}[1]{\par\ifdim\pagegoal=\maxdimen\else\dimen0=\pagegoal\advance\dimen0-\pagetotal
\ifdim\dimen0<#1\relax\newpage\fi\fi}
"""


def list_printable() -> frozenset[int]:
    """Return the code points that LaTeX can print on pages in the language in use."""
    return PRINTABLE | CHINESE if is_chinese() else PRINTABLE


def is_chinese() -> bool:
    """Whether pages are in Chinese, which pdflatex cannot set and xelatex can."""
    return find_catalogue().language.startswith("zh")


def escape_tex(text: str) -> str:
    """Return a text escaped for LaTeX; what it cannot print must be replaced before (see ``list_printable``)."""
    raw = CHINESE if is_chinese() else frozenset()
    whole = "".join(c if ord(c) in raw else SPECIALS.get(c) or (c if ord(c) in PRINTABLE else "?") for c in text)
    return _BARRED.sub(r"\\={\1}", whole).replace(BAR, r"\={}")


PACKAGES = r"\usepackage{booktabs,siunitx,threeparttable,array}"
_SIDES = {"left": "raggedright", "right": "raggedleft"}
_SECTIONS = {2: "section*", 3: "subsection*", 4: "subsubsection*"}
SOFT_BREAK = "\u200b"
NARROWEST, APPENDIX = 345.0, 470.0
"""Points of the line of LaTeX's own article, to which fragments are fitted, and of the appendix."""


def render_table_tex(table: blocks.Table, printer: Printer) -> str:
    """Return the tabular alone, to be read into a table of the author's own."""
    setting = Setting(fit_table(table, NARROWEST), printer)
    return (
        f"{_name_needs(table)}{{{setting.type}\\noindent\\begin{{tabular}}{{{setting.columns}}}\n{_mark(table)}"
        f"{setting.body}\\bottomrule\n\\end{{tabular}}}}\n"
    )


def _name_needs(table: blocks.Table, further: str = "") -> str:
    """Return the line that names the packages a fragment needs."""
    has_link = any(cell.link for row in table.rows for cell in row.cells)
    packages = PACKAGES + (r" \usepackage{hyperref}" if has_link else "")
    return f"% needs {packages}{further} % twintrade table {table.key}\n"


def _mark(table: blocks.Table) -> str:
    """Return the word that a fragment made from simulated data carries with it."""
    mark = f"\\multicolumn{{{len(table.columns)}}}{{l}}{{\\textbf{{{_simulated()}}}}} \\\\\n"
    return mark if table.is_simulated else ""


def _simulated() -> str:
    return escape_tex(str(Text("figures.simulated-data")))


def render_table_float_tex(table: blocks.Table, printer: Printer) -> str:
    """Return the whole float with caption, label and notes; one that no page can hold breaks over pages."""
    setting = Setting(fit_table(table, NARROWEST), printer)
    if setting.layout.height > FULL_PAGE:
        return _name_needs(table, r" \usepackage{longtable}") + _break_over_pages(table, setting)
    note = escape_tex(printer(join_sentences(table.notes)))
    notes = f"\\begin{{tablenotes}}[flushleft]\\footnotesize\n\\item {note}\n\\end{{tablenotes}}\n" if note else ""
    return (
        f"{_name_needs(table)}"
        f"\\begin{{table}}[htbp]\n\\centering{setting.type}\\begin{{threeparttable}}\n"
        f"\\caption{{{escape_tex(printer(table.caption))}}}\\label{{tab:{table.key}}}\n"
        f"\\begin{{tabular}}{{{setting.columns}}}\n{_mark(table)}{setting.body}\\bottomrule\n\\end{{tabular}}\n"
        f"{notes}\\end{{threeparttable}}\n\\end{{table}}\n"
    )


def _break_over_pages(table: blocks.Table, setting: "Setting") -> str:
    caption = escape_tex(setting.printer(table.caption))
    note = escape_tex(setting.printer(join_sentences(table.notes)))
    head = setting.head(setting.layout.parts[0])
    return (
        f"{{{setting.type}\\begin{{longtable}}{{{setting.columns}}}\n"
        f"\\caption{{{caption}}}\\label{{tab:{table.key}}}\\\\\n{head}\\endfirsthead\n{head}\\endhead\n"
        f"{_mark(table)}{setting.rows}\\bottomrule\n\\end{{longtable}}\n{{\\footnotesize {note}\\par}}}}\n"
    )


def render_latex(document: blocks.Document, printer: Printer) -> bytes:
    """Return appendix.tex, which includes figures/ and tables/."""
    simulated = f"\\pagestyle{{fancy}}\\fancyhead[R]{{\\textbf{{{_simulated()}}}}}\n" if document.is_simulated else ""
    engine, encoding = ("xelatex", ENCODING_CHINESE) if is_chinese() else ("pdflatex", ENCODING)
    parts = [
        f"% compile under another name than the PDF beside it: {engine} -jobname=appendix-latex appendix.tex\n",
        f"\\documentclass[11pt,a4paper]{{article}}\n{encoding}{PREAMBLE}",
        f"\\hypersetup{{pdftitle={{{escape_tex(printer(document.title))}}}}}\n\\begin{{document}}\n{simulated}",
        *(_block(block, printer) for block in document.blocks),
        "\\end{document}\n",
    ]
    return "".join(parts).encode("utf-8")


def _block(block: blocks.Block, printer: Printer) -> str:
    match block:
        case blocks.Heading():
            text = escape_tex(printer(blocks.format_heading(block)))
            if block.level == 1:
                return f"{{\\LARGE\\bfseries {text}\\par}}\n\n"
            return f"\\{_SECTIONS.get(block.level, 'paragraph*')}{{{text}}}\n"
        case blocks.Paragraph():
            return _spans(block.spans, printer) + "\n\n"
        case blocks.BulletList():
            items = "".join(f"\\item {_spans(item, printer)}\n" for item in block.items)
            return f"\\begin{{itemize}}\n{items}\\end{{itemize}}\n"
        case blocks.Note(kind="code"):
            return f"{{\\scriptsize\n\\begin{{verbatim}}\n{block.spans[0].text}\n\\end{{verbatim}}\n}}\n"
        case blocks.Note():
            inner = _spans(block.spans, printer)
            return f"\\par\\noindent\\fbox{{\\parbox{{0.97\\linewidth}}{{\\raggedright {inner}}}}}\\par\n\n"
        case blocks.Table():
            return _long_table(block, printer)
        case blocks.Figure():
            return _figure(block, printer)
        case blocks.PageBreak():
            return "\\clearpage\n"
        case blocks.Lead():
            parts = zip(("\\large", "\\small"), (block.deck, block.byline), strict=True)
            return "".join(f"{{{size} {escape_tex(printer(text))}\\par}}\n" for size, text in parts) + "\\bigskip\n\n"
        case blocks.KeyNumbers():
            shown = [(f"{n.name}:", n.value, f" ({n.spread})") for n in block.numbers]
            shown.append((block.question, block.verdicts[block.chosen], ""))
            lines = ["{} \\textbf{{{}}}{}".format(*(escape_tex(printer(text)) for text in texts)) for texts in shown]
            return "\\\\\n".join(lines) + "\\par\\bigskip\n\n"
        case blocks.Aside():
            head = f"\\subsection*{{{escape_tex(printer(block.name))}}}\n"
            return head + "".join(_block(part, printer) for part in block.blocks)
        case blocks.FigureRow():
            return "".join(_figure(figure, printer) for figure in block.figures)
        case blocks.EventView() | blocks.Contents():
            return ""


def _spans(spans: tuple[blocks.Span, ...], printer: Printer) -> str:
    return "".join(_span(span, printer) for span in spans)


def _span(span: blocks.Span, printer: Printer) -> str:
    text = escape_tex(printer(span.text))
    if command := {"strong": "textbf", "code": "texttt"}.get(span.kind):
        return f"\\{command}{{{text}}}"
    return _link(text, span.target) if span.kind == "link" else text


def _figure(figure: blocks.Figure, printer: Printer) -> str:
    caption = escape_tex(printer(blocks.format_caption(figure)))
    notes = escape_tex(printer(join_sentences(figure.notes)))
    return (
        "\\begin{minipage}{\\linewidth}\n"
        f"\\textbf{{{caption}}} \\par\\smallskip\n"
        f"% {escape_tex(printer(figure.alt))}\n"
        f"\\includegraphics[width=\\linewidth,height=0.82\\textheight,keepaspectratio]{{figures/{figure.key}.pdf}}\\par\n"
        f"{{\\footnotesize {notes}\\par}}\n\\end{{minipage}}\\par\\bigskip\n\n"
    )


def _long_table(table: blocks.Table, printer: Printer) -> str:
    """Return a table inside the appendix: one that may break over pages, with its header repeated."""
    caption = escape_tex(printer(blocks.format_caption(table)))
    setting = Setting(fit_table(table, APPENDIX), printer)
    notes = escape_tex(printer(join_sentences(table.notes)))
    return (
        f"{{{setting.type}\\setlength{{\\LTleft}}{{0pt}}\n"
        f"\\room{{{12 if setting.layout.is_filling else 7}\\baselineskip}}\\textbf{{{caption}}}\\nopagebreak\n"
        f"\\begin{{longtable}}{{{setting.columns}}}\n{setting.head(setting.layout.parts[0])}\\endhead\n"
        f"{setting.rows}\\bottomrule\n\\end{{longtable}}\n{{\\footnotesize {notes}\\par}}}}\\bigskip\n\n"
    )


@dataclass(frozen=True, slots=True)
class Setting:
    """A table as LaTeX sets it: in a type and in columns that follow from its layout."""

    layout: TableLayout
    printer: Printer

    @property
    def type(self) -> str:
        """The size of the type, and the space between columns."""
        size = self.layout.size
        space = f"\\setlength{{\\tabcolsep}}{{{COLUMN_SPACE / 2:g}pt}}"
        return f"\\fontsize{{{size:g}}}{{{1.2 * size:.4g}}}\\selectfont{space}%\n"

    @property
    def columns(self) -> str:
        """The column types: S for aligned decimals, paragraphs where columns share the width."""
        types = []
        for j, column in enumerate(self.layout.parts[0].columns):
            digits = count_digits(self.layout.parts, j) if column.align == "decimal" else None
            if digits:
                space = "".join(
                    f",table-space-text-{side}={{{text}}},table-align-text-{side}=false"
                    for side, text in (("pre", digits.before), ("post", digits.after))
                    if text
                )
                form = f"{digits.sign}{digits.whole}.{digits.decimals}"
                types.append(f"S[table-format={form}{space},group-minimum-digits=4,group-separator={{,}}]")
            elif column.align == "decimal" and not self.layout.is_filling:
                types.append("c")
            elif self.layout.is_filling:
                types.append(self._box(j, 1, "p", _SIDES.get(column.align)))
            else:
                types.append("l" if column.align == "left" else "r")
        return "@{}" + "".join(types) + "@{}"

    @property
    def body(self) -> str:
        """All parts, each with its head."""
        return self.head(self.layout.parts[0]) + self.rows

    @property
    def rows(self) -> str:
        """All parts, the first one without the head that is repeated on every page."""
        first, *others = self.layout.parts
        return self._groups(first) + "".join(f"{self.head(part, 1)}{self._groups(part)}" for part in others)

    def head(self, part: blocks.Table, place: int = 0) -> str:
        """Return the head of a part."""
        lines = ["\\midrule" if place else "\\toprule"]
        for cells in part.header:
            written, rules = [], []
            for cell, start in place_cells(cells):
                written.append(self._write_text(part, cell, cell.text, start, is_head=True))
                if cell.span > 1:
                    rules.append(f"\\cmidrule(lr){{{start + 1}-{start + cell.span}}}")
            lines.append(" & ".join(written) + " \\\\" + "".join(rules))
        return "\n".join([*lines, "\\midrule"]) + "\n"

    def _groups(self, part: blocks.Table) -> str:
        return "\\midrule\n".join(["".join(self._row(part, row) for row in group) for group in part.groups])

    def _row(self, part: blocks.Table, row: blocks.Row) -> str:
        height = max(len(cell.lines) for cell in row.cells)
        lines = []
        for i in range(height):
            written = []
            for cell, place in place_cells(row.cells):
                line = cell.lines[i] if i < len(cell.lines) else ""
                number = _decimal(line) if part.columns[place].align == "decimal" and cell.span == 1 else ""
                written.append(number or self._write_text(part, cell, line, place))
            space = "[2pt]" if height > 1 and i == height - 1 else ""
            lines.append(" & ".join(written) + f" \\\\{space}\n")
        return "".join(lines)

    def _write_text(
        self, part: blocks.Table, cell: blocks.Cell, line: str, place: int, *, is_head: bool = False
    ) -> str:
        """Return a text, in a box of its own where the type of its column does not break it."""
        if not line:
            return ""
        marked = escape_tex(mark_cell_breaks(self.printer(line), SOFT_BREAK, cell))
        indent = "\\quad " if line.startswith("  ") else ""
        shown = indent + _link(marked.replace(SOFT_BREAK, "\\allowbreak{}").strip(), cell.link)
        align = part.columns[place].align
        side = "centering" if cell.span > 1 or align == "decimal" else _SIDES[align]
        is_wide = self.layout.letter * measure_serif(line) > self._measure(place, cell.span) + MINUTE
        if cell.span > 1 or (is_wide and (is_head or align == "decimal")):
            box = self._box(place, cell.span, "b" if is_head else "p", side)
            ends = "@{}" if place + cell.span == len(self.layout.columns) else ""
            starts = "@{}" if place == 0 else ""
            return f"\\multicolumn{{{cell.span}}}{{{starts}{box}{ends}}}{{{shown}}}"
        return f"{{{shown}}}" if align == "decimal" else shown

    def _measure(self, place: int, span: int) -> float:
        return sum(self.layout.columns[place : place + span]) + COLUMN_SPACE * (span - 1)

    def _box(self, place: int, span: int, kind: str, side: str | None) -> str:
        """Return the type of a column in which text breaks, as wide as some columns together."""
        width = self._measure(place, span)
        share = f"{width / self.layout.width:.4f}\\linewidth"
        shown = share if self.layout.is_filling else f"{width:.1f}pt"
        return f">{{\\{side or 'centering'}\\arraybackslash}}{kind}{{{shown}}}"


def _link(text: str, address: str) -> str:
    """Return a text that leads to a web address, where it plainly is one."""
    target = check_link(address)
    if not (text and target and target.isascii()):
        return text
    escaped = "".join("\\" + c if c in "%#&_" else c for c in target)
    return f"\\href{{{escaped}}}{{{text}}}"


def _decimal(line: str) -> str:
    """Return a number for an S column, its brackets and stars as text; empty where a line is no number."""
    core = line.strip("()*")
    if not (is_number(core) and "." in core):
        return ""
    before, after = line[: line.index(core)], line[line.index(core) + len(core) :]
    return (f"{{{before}}}" if before else "") + convert_to_ascii(core) + (f"{{{after}}}" if after else "")
