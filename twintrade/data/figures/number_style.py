"""Which character is the decimal mark of a column, decided by proof and never by guess."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from twintrade.effects import Remedy

Decimal = Literal[".", ","]

MISSING_TOKENS = frozenset(
    (
        *("", "-", "--", "---", "–", "—", "−", "－", "―", "——", "…", "……", "...", "..", ".", ":", "/", "\\"),
        *("n.a.", "n.a", "na", "n/a", "nan", "null", "none", "nil", "x", "not available", "missing"),
        *("无", "無", "缺", "暂无", "不详", "无数据", "未公布"),
    )
)
"""Written for "no figure" in statistical tables, compared in lower case."""

WHOLE = "(0|[1-9][0-9]{0,14})"
"""Pattern of a whole number in plain digits, the same in every regular-expression engine."""

_FULL_WIDTH = {**{0xFF10 + d: str(d) for d in range(10)}, 0xFF0E: ".", 0xFF0C: ","}
_SPACES = "\u0020\u00a0\u2007\u2009\u202f\u3000"
_GROUPED = {
    ".": re.compile(
        rf"(?:[1-9][0-9]{{0,2}}(?:([,'’{_SPACES}])[0-9]{{3}}(?:\1[0-9]{{3}})*)|0|[1-9][0-9]*)(?:\.[0-9]+)?"
    ),
    ",": re.compile(
        rf"(?:[1-9][0-9]{{0,2}}(?:([.'’{_SPACES}])[0-9]{{3}}(?:\1[0-9]{{3}})*)|0|[1-9][0-9]*)(?:,[0-9]+)?"
    ),
}
_BARE_FRACTION = re.compile(r"[.,][0-9]+")
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[eE][+-]?[0-9]{1,3}")
_REASONS = (
    (
        re.compile(r"[-−－–][0-9.,]+"),
        "is negative, and trade is not; a correction or a balance does not belong in this column",
    ),
    (re.compile(r"\([0-9.,]+\)"), "is in parentheses, an accountant's negative or a mark: give the number plainly"),
    (re.compile(r"[0-9.,]+\s*[%％‰]"), "is a percentage, not a value"),
    (re.compile(r"#\S+"), "is a spreadsheet error: correct the formula"),
    (re.compile(r"(?i)true|false"), "is a truth value, not a number"),
    (re.compile(r"(?i)[+-]?(inf|infinity|∞)"), "is infinite"),
    (re.compile(r"(?i)0x[0-9a-f]+"), "is hexadecimal"),
    (re.compile(r"[0-9]+(_[0-9]+)+"), "has underscores between digits"),
    (
        re.compile(r"(?i)[0-9]{1,2}-[a-z]{3}|[a-z]{3}-[0-9]{1,2}"),
        "is a date, perhaps made by a spreadsheet from a number",
    ),
    (re.compile(r"0[0-9]+([.,][0-9]*)?"), "starts with a zero: a code, not an amount"),
    (
        re.compile(r"[$€£¥￥].*|(?i:usd|eur|cny|rmb|gbp).*"),
        "carries a currency: declare money_unit and give the number alone",
    ),
    (
        re.compile(r"[0-9., ]+(万|亿|千|百万|thousand|million|billion|[kKmM])"),
        "carries a unit: declare money_unit and give the number alone",
    ),
    (re.compile(r"[0-9]+[.,]"), "ends in a separator"),
    (re.compile(r"[0-9.,'’\s]+"), "has digit groups that are not thousands"),
)
_MARKED = re.compile(r"[0-9.,\s]*[0-9]\s*(\D{1,4})|(\D{1,4}?)\s*[0-9][0-9.,\s]*")


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How numbers are written in a column, as far as the analysis file declares it.

    Attributes
    ----------
    decimal : {".", ","} or None
        Decimal mark; None lets the column prove it.
    flags : mapping of str to str
        Footnote marks that may stand beside a number, and what they mean.
    missing : tuple of str
        Further tokens for "no figure".
    """

    decimal: Decimal | None = None
    flags: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedCell:
    """What one cell says: a number under each decimal mark, a missing token, or neither.

    Attributes
    ----------
    text, flag : str
        The trimmed text, and the meaning of the mark beside the number ("missing" for a missing token).
    point, comma : str or None
        The number in plain ASCII if the decimal mark is a point, a comma; None where it is then no number.
    is_missing : bool
    """

    text: str
    flag: str
    point: str | None
    comma: str | None
    is_missing: bool

    def under(self, decimal: Decimal | None) -> str | None:
        """Return the number under a decimal mark; under none, only where both marks say the same."""
        if decimal is None:
            return None if self.is_ambiguous else self.point or self.comma
        return self.point if decimal == "." else self.comma

    @property
    def proves(self) -> Decimal | None:
        """The decimal mark without which this cell is no number."""
        if (self.point is None) == (self.comma is None):
            return None
        return "," if self.point is None else "."

    @property
    def is_ambiguous(self) -> bool:
        """Whether the two decimal marks give two numbers."""
        return self.point is not None and self.comma is not None and self.point != self.comma

    @property
    def is_scientific(self) -> bool:
        """Whether the number has an exponent."""
        return self.point is not None and "e" in self.point.lower()


def read_cell(cell: str, style: NumberStyle) -> ParsedCell:
    """Read one cell on its own."""
    text = cell.strip().strip("\ufeff\u200b").translate(_FULL_WIDTH)
    if text.lower() in MISSING_TOKENS or text in style.missing:
        return ParsedCell(text, "missing", None, None, True)
    bare, flag = split_flag(text, style.flags)
    return ParsedCell(text, flag, normalize_number(bare, "."), normalize_number(bare, ","), False)


def split_flag(text: str, flags: Mapping[str, str]) -> tuple[str, str]:
    """Return a number's text and the meaning of the declared mark beside it, if there is one."""
    for mark in sorted(flags, key=len, reverse=True):
        if text.endswith(mark):
            return text[: -len(mark)].rstrip(), flags[mark]
        if text.startswith(mark):
            return text[len(mark) :].lstrip(), flags[mark]
    return text, ""


def normalize_number(text: str, decimal: Decimal) -> str | None:
    """Return a number in plain ASCII under one decimal mark, or None when it is not one."""
    if _BARE_FRACTION.fullmatch(text) and text[0] == decimal:
        return "0." + text[1:]
    if decimal == "." and _SCIENTIFIC.fullmatch(text):
        return text
    match = _GROUPED[decimal].fullmatch(text)
    if match is None:
        return None
    whole = text.replace(match.group(1), "") if match.group(1) else text
    return whole.replace(",", ".") if decimal == "," else whole


def explain_number_fault(text: str) -> str:
    """Return what is wrong with a cell that is no number."""
    if reason := _find_reason(text):
        return reason
    if find_mark(text):
        return 'carries a mark: declare it under flags, as in flags = {"(r)" = "revised"}'
    return "is not a number"


def find_mark(text: str) -> str:
    """Return the mark beside a number that is nothing worse, empty where there is none."""
    match = None if _find_reason(text) else _MARKED.fullmatch(text)
    return (match[1] or match[2]).strip() if match else ""


def suggest_remedy(text: str) -> Remedy | None:
    """Return what could be declared about a cell that is no number."""
    if mark := find_mark(text):
        return Remedy("flag", (mark,))
    return None if _find_reason(text) else Remedy("missing_token", (text,))


def _find_reason(text: str) -> str:
    return next((reason for pattern, reason in _REASONS if pattern.fullmatch(text)), "")
