"""Text that LaTeX prints and never obeys."""

import re
import unicodedata

from twintrade.text import find_catalogue

SPECIALS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "[": "{[}",
    "]": "{]}",
    "-": "{-}",
    "`": r"\textasciigrave{}",
    "'": "'",
    "\u200b": "\u200b",
    "\n": " ",
    "\t": " ",
    "\u00a0": "~",
    "−": r"\ensuremath{-}",
    "×": r"\ensuremath{\times}",
    "·": r"\ensuremath{\cdot}",
    "≤": r"\ensuremath{\leq}",
    "≥": r"\ensuremath{\geq}",
    "±": r"\ensuremath{\pm}",
    "²": r"\textsuperscript{2}",
    "³": r"\textsuperscript{3}",
    "∞": r"\ensuremath{\infty}",
    "→": r"\ensuremath{\rightarrow}",
    "≈": r"\ensuremath{\approx}",
    "√": r"\ensuremath{\surd}",
    "Σ": r"\ensuremath{\Sigma}",
    "α": r"\ensuremath{\alpha}",
    "β": r"\ensuremath{\beta}",
    "γ": r"\ensuremath{\gamma}",
    "δ": r"\ensuremath{\delta}",
    "ε": r"\ensuremath{\varepsilon}",
    "θ": r"\ensuremath{\theta}",
    "λ": r"\ensuremath{\lambda}",
    "ν": r"\ensuremath{\nu}",
    "ω": r"\ensuremath{\omega}",
    "μ": r"\ensuremath{\mu}",
    "τ": r"\ensuremath{\tau}",
    "ψ": r"\ensuremath{\psi}",
    "–": "--",
    "—": "---",
    "“": "``",
    "”": "''",
    "‘": "`",
    "’": "'",
    "…": r"\dots{}",
    "£": r"\pounds{}",
    "€": r"\texteuro{}",
    "¥": r"\textyen{}",
    "\u2081": r"\textsubscript{1}",
    "\u2082": r"\textsubscript{2}",
    "\u1d62": r"\textsubscript{i}",
    "\u2c7c": r"\textsubscript{j}",
    "\u209c": r"\textsubscript{t}",
}
LATIN = frozenset(
    chr(point)
    for point in (*range(0x00C0, 0x0100), *range(0x0100, 0x0180))
    if unicodedata.decomposition(chr(point)) or chr(point) in "ÆæØøßÐðÞþŁłŒœĐđı"
) - frozenset("ĿŀŉſĦħĸŦŧ")
BAR = "\u0304"
"""The bar over the letter before it, as in the bound of a sensitivity analysis."""
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


def get_engine() -> str:
    """Return the program that sets pages in the language in use."""
    return "xelatex" if is_chinese() else "pdflatex"


def get_preamble() -> str:
    """Return what stands before the text of a page in the language in use."""
    head = "\\documentclass[11pt,a4paper]{article}\n"
    return head + (ENCODING_CHINESE if is_chinese() else ENCODING) + PREAMBLE


def escape_tex(text: str) -> str:
    """Return a text escaped for LaTeX; what it cannot print must be replaced before (see ``list_printable``)."""
    raw = CHINESE if is_chinese() else frozenset()
    whole = "".join(c if ord(c) in raw else SPECIALS.get(c) or (c if ord(c) in PRINTABLE else "?") for c in text)
    return _BARRED.sub(r"\\={\1}", whole).replace(BAR, r"\={}")
