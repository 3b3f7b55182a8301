"""Text that LaTeX prints and never obeys."""

import re
import unicodedata

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


def escape_tex(text: str) -> str:
    """Return a text escaped for LaTeX; what pdflatex cannot print must be replaced before (see ``PRINTABLE``)."""
    whole = "".join(SPECIALS.get(c) or (c if ord(c) in PRINTABLE else "?") for c in text)
    return _BARRED.sub(r"\\={\1}", whole).replace(BAR, r"\={}")
