"""LaTeX: fragments to include in a paper, and an appendix that plain pdflatex compiles."""

import re
import textwrap
import unicodedata

from twintrade.render import blocks
from twintrade.render.writers.cells import (
    check_link,
    compute_column_weights,
    compute_places,
    convert_to_ascii,
    is_number,
    mark_breaks,
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

CHINESE = frozenset(
    (
        *range(0x3001, 0x3018),
        *range(0x3400, 0x4DC0),
        *range(0x4E00, 0xA000),
        *range(0xFF01, 0xFF5F),
        *map(ord, "“”‘’"),
    )
)
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
_SECTIONS = {2: "section*", 3: "subsection*", 4: "subsubsection*"}
HEAD_WIDTH = 16
SOFT_BREAK = "\u200b"


def render_table_tex(table: blocks.Table, printer: Printer) -> str:
    """Return the tabular alone, to be read into a table of the author's own."""
    head = f"% needs {_packages(table)} % twintrade table {table.key}\n"
    return f"{head}\\begin{{tabular}}{{{_columns(table)}}}\n{_mark(table)}{_body(table, printer)}\\end{{tabular}}\n"


def _packages(table: blocks.Table) -> str:
    has_link = any(cell.link for row in table.rows for cell in row.cells)
    return PACKAGES + (r" \usepackage{hyperref}" if has_link else "")


def _mark(table: blocks.Table) -> str:
    """Return the word that a fragment made from simulated data carries with it."""
    mark = f"\\multicolumn{{{len(table.columns)}}}{{l}}{{\\textbf{{{_simulated()}}}}} \\\\\n"
    return mark if table.is_simulated else ""


def _simulated() -> str:
    return escape_tex(str(Text("figures.simulated-data")))


def render_table_float_tex(table: blocks.Table, printer: Printer) -> str:
    """Return the whole float with caption, label and notes."""
    note = escape_tex(printer(join_sentences(table.notes)))
    notes = f"\\begin{{tablenotes}}[flushleft]\\footnotesize\n\\item {note}\n\\end{{tablenotes}}\n" if note else ""
    return (
        f"% needs {_packages(table)} % twintrade table {table.key}\n"
        "\\begin{table}[htbp]\n\\centering\\small\n\\begin{threeparttable}\n"
        f"\\caption{{{escape_tex(printer(table.caption))}}}\\label{{tab:{table.key}}}\n"
        f"\\begin{{tabular}}{{{_columns(table)}}}\n{_mark(table)}{_body(table, printer)}\\end{{tabular}}\n"
        f"{notes}\\end{{threeparttable}}\n\\end{{table}}\n"
    )


def render_latex(document: blocks.Document, printer: Printer) -> bytes:
    """Return appendix.tex; its figures and tables lie beside it in figures/ and tables/."""
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
            return _key_numbers(block, printer)
        case blocks.Aside():
            head = f"\\subsection*{{{escape_tex(printer(block.name))}}}\n"
            return head + "".join(_block(part, printer) for part in block.blocks)
        case blocks.Beside():
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


def _key_numbers(block: blocks.KeyNumbers, printer: Printer) -> str:
    shown = [(f"{n.name}:", n.value, f" ({n.spread})") for n in block.numbers]
    shown.append((block.question, block.verdicts[block.chosen], ""))
    lines = ["{} \\textbf{{{}}}{}".format(*(escape_tex(printer(text)) for text in texts)) for texts in shown]
    return "\\\\\n".join(lines) + "\\par\\bigskip\n\n"


def _figure(figure: blocks.Figure, printer: Printer) -> str:
    caption = escape_tex(printer(blocks.format_caption(figure)))
    details = escape_tex(printer(figure.details))
    notes = escape_tex(printer(join_sentences(figure.notes)))
    return (
        "\\begin{minipage}{\\linewidth}\n"
        f"\\textbf{{{caption}}} {details}\\par\\smallskip\n"
        f"% {escape_tex(printer(figure.alt))}\n"
        f"\\includegraphics[width=\\linewidth,height=0.82\\textheight,keepaspectratio]{{figures/{figure.key}.pdf}}\\par\n"
        f"{{\\footnotesize {notes}\\par}}\n\\end{{minipage}}\\par\\bigskip\n\n"
    )


def _long_table(table: blocks.Table, printer: Printer) -> str:
    """Return a table inside the appendix: one that may break over pages, with its header repeated."""
    caption = escape_tex(printer(blocks.format_caption(table)))
    n_columns = len(table.columns)
    is_text = bool(compute_column_weights(table))
    size = "\\scriptsize" if n_columns > 5 and not is_text else "\\footnotesize" if is_text else "\\small"
    head, body = _head(table, printer), _groups(table, printer)
    notes = escape_tex(printer(join_sentences(table.notes)))
    return (
        f"{{{size}\\setlength{{\\tabcolsep}}{{3pt}}\\setlength{{\\LTleft}}{{0pt}}\n"
        f"\\room{{{12 if is_text else 7}\\baselineskip}}\\textbf{{{caption}}}\\nopagebreak\n"
        f"\\begin{{longtable}}{{{_columns(table)}}}\n{head}\\endhead\n{body}\\bottomrule\n\\end{{longtable}}\n"
        f"{{\\footnotesize {notes}\\par}}}}\\bigskip\n\n"
    )


def _columns(table: blocks.Table) -> str:
    """Return the column types: S for aligned decimals, paragraphs where text must wrap."""
    shares = compute_column_weights(table)
    total = sum(shares)
    types = []
    for j, column in enumerate(table.columns):
        if shares:
            side = r"\raggedleft" if column.align != "left" else r"\raggedright"
            width = shares[j] / total * (0.99 - 0.013 * len(shares))
            types.append(f">{{{side}\\arraybackslash}}p{{{width:.3f}\\linewidth}}")
        elif column.align == "decimal":
            types.append(_s_column(table, j))
        else:
            types.append("l" if column.align == "left" else "r")
    return "".join(types)


def _s_column(table: blocks.Table, place: int) -> str:
    whole, decimals, sign = 1, 0, ""
    for row in table.groups[0] if table.groups else ():
        for cell, start in zip(row.cells, compute_places(row.cells), strict=True):
            for line in cell.lines if start == place else ():
                number = convert_to_ascii(line.strip("()*"))
                if is_number(number):
                    left, _, right = number.lstrip("-+").partition(".")
                    whole, decimals = max(whole, len(left)), max(decimals, len(right))
                    sign = "-" if number.startswith("-") else sign
    return (
        f"S[table-format={sign}{whole}.{decimals},table-space-text-pre={{(}},table-space-text-post={{)}},"
        "table-align-text-pre=false,table-align-text-post=false,group-minimum-digits=4,group-separator={,}]"
    )


def _body(table: blocks.Table, printer: Printer) -> str:
    return _head(table, printer) + _groups(table, printer) + "\\bottomrule\n"


def _head(table: blocks.Table, printer: Printer) -> str:
    lines = ["\\toprule"]
    for cells in table.header:
        written, rules = [], []
        for cell, place in zip(cells, compute_places(cells), strict=True):
            align = table.columns[place].align
            if cell.span > 1:
                written.append(f"\\multicolumn{{{cell.span}}}{{c}}{{{escape_tex(printer(cell.text))}}}")
                rules.append(f"\\cmidrule(lr){{{place + 1}-{place + cell.span}}}")
            elif align == "decimal":
                written.append(f"{{{_stacked(cell, printer)}}}")
            else:
                written.append(escape_tex(printer(cell.text)))
        lines.append(" & ".join(written) + " \\\\" + "".join(rules))
    return "\n".join([*lines, "\\midrule"]) + "\n"


def _stacked(cell: blocks.Cell, printer: Printer) -> str:
    """Return a column head broken at its commas, and between words where it is long, so that columns stay narrow."""
    named = re.sub(r", ", ",\n", printer(cell.text)).split("\n")
    parts = [escape_tex(line) for part in named for line in textwrap.wrap(part, HEAD_WIDTH, break_long_words=False)]
    if len(parts) < 2:
        return escape_tex(printer(cell.text))
    return "\\shortstack[c]{" + r"\\".join(parts) + "}"


def _groups(table: blocks.Table, printer: Printer) -> str:
    return "\\midrule\n".join(["".join(_row(table, row, printer) for row in group) for group in table.groups])


def _row(table: blocks.Table, row: blocks.Row, printer: Printer) -> str:
    height = max(len(cell.lines) for cell in row.cells)
    lines = []
    for i in range(height):
        written = []
        for cell, place in zip(row.cells, compute_places(row.cells), strict=True):
            line = cell.lines[i] if i < len(cell.lines) else ""
            is_decimal = table.columns[place].align == "decimal" and cell.span == 1
            plain = escape_tex(mark_breaks(printer(line), SOFT_BREAK)).replace(SOFT_BREAK, "\\allowbreak{}")
            inner = _link(_decimal(line, printer) if is_decimal else plain, cell.link)
            written.append(inner if cell.span == 1 else f"\\multicolumn{{{cell.span}}}{{l}}{{{inner}}}")
        space = "[2pt]" if height > 1 and i == height - 1 else ""
        lines.append(" & ".join(written) + f" \\\\{space}\n")
    return "".join(lines)


def _link(text: str, address: str) -> str:
    """Return a text that leads to a web address, where it plainly is one."""
    target = check_link(address)
    if not (text and target and target.isascii()):
        return text
    escaped = "".join("\\" + c if c in "%#&_" else c for c in target)
    return f"\\href{{{escaped}}}{{{text}}}"


def _decimal(line: str, printer: Printer) -> str:
    """Return a line for an S column: numbers bare, their brackets and stars as text, all else in braces."""
    if not line:
        return ""
    core = line.strip("()*")
    if is_number(core) and "." in core:
        before, after = line[: line.index(core)], line[line.index(core) + len(core) :]
        return (f"{{{before}}}" if before else "") + convert_to_ascii(core) + (f"{{{after}}}" if after else "")
    return f"{{{escape_tex(printer(line))}}}"
