"""Which character is the decimal mark of a column, decided by proof and never by guess."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from twintrade.effects import Remedy
from twintrade.text import Text

Decimal = Literal[".", ","]

_NoFigure = Literal["n.a.", "n.a", "na", "n/a", "nan", "null", "none", "nil", "x", "not available", "missing"]
BLANKS = frozenset(("", "-", "--", "---", "–", "—", "−", "－", "―", "——"))
"""What ``blank`` in the analysis file speaks of: nothing, or a dash, which is zero in the tables of most offices."""
MISSING_TOKENS = BLANKS | frozenset(
    (
        *("…", "……", "...", "..", ".", ":", "/", "\\", "s", "c"),
        *get_args(_NoFigure),
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
_MINUS = "[-−－–—‐‑‒﹣△▲▽▼负負]"
_AMOUNT = rf"[$€£¥￥]?\s*([0-9][0-9.,'’{_SPACES}]*|[.,][0-9]+)"
_NEGATIVE = re.compile(rf"{_MINUS}\s*{_AMOUNT}|{_AMOUNT}\s*{_MINUS}")
_IN_PARENTHESES = re.compile(rf"{_MINUS}?\s*[(（]\s*{_AMOUNT}\s*[)）]")
_NO_MARK = re.compile(rf".*(?:{_MINUS}|[0-9]).*|[()（）\s]*")
_REASONS = (
    (_NEGATIVE, "data.number-negative"),
    (_IN_PARENTHESES, "data.number-in-parentheses"),
    (re.compile(r"[0-9.,]+\s*[%％‰]"), "data.number-percentage"),
    (re.compile(r"#\S+"), "data.number-spreadsheet-error"),
    (re.compile(r"(?i)true|false"), "data.number-truth"),
    (re.compile(r"(?i)[+-]?(inf|infinity|∞)"), "data.number-infinite"),
    (re.compile(r"(?i)0x[0-9a-f]+"), "data.number-hexadecimal"),
    (re.compile(r"[0-9]+(_[0-9]+)+"), "data.number-underscores"),
    (re.compile(r"(?i)[0-9]{1,2}-[a-z]{3}|[a-z]{3}-[0-9]{1,2}"), "data.number-date"),
    (re.compile(r"0[0-9]+([.,][0-9]*)?"), "data.number-code"),
    (re.compile(r"[$€£¥￥].*|(?i:usd|eur|cny|rmb|gbp).*"), "data.number-currency"),
    (re.compile(r"[0-9., ]+(万|亿|千|百万|thousand|million|billion|[kKmM])"), "data.number-unit"),
    (re.compile(r"[0-9]+[.,]"), "data.number-separator-last"),
    (re.compile(r"[0-9.,'’\s]+"), "data.number-groups"),
)
UNIT_FAULTS = ("data.number-currency", "data.number-unit")
"""Texts of cells whose unit is to be declared."""
_OTHER_NUMBERS = ("data.number-percentage", "data.number-unit", "data.number-separator-last")
_MARKED = re.compile(r"[0-9.,\s]*[0-9]\s*(\D{1,4})|(\D{1,4}?)\s*[0-9][0-9.,\s]*")


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How numbers are written in a column, as far as the analysis file declares it."""

    decimal: Decimal | None = None  # decimal mark; None lets the column prove it
    # Footnote marks that may stand beside a number, and what they mean
    flags: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()  # further tokens for "no figure"


@dataclass(frozen=True, slots=True)
class ParsedCell:
    """What one cell says: a number under each decimal mark, a missing token, or neither."""

    # text, flag: The trimmed text, and the meaning of the mark beside the number ("missing" for a missing token)
    text: str
    flag: str
    # point, comma: The number in plain ASCII if the decimal mark is a point, a comma; None where it is then no number
    point: str | None
    comma: str | None
    is_missing: bool
    is_blank: bool = False  # whether the token is a blank or a dash, and not declared to be missing

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
        return ParsedCell(text, "missing", None, None, True, text in BLANKS and text not in style.missing)
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


def explain_number_fault(text: str) -> Text:
    """Return what is wrong with a cell that is no number."""
    reason = _find_reason(text)
    if match := _NEGATIVE.fullmatch(text) or _IN_PARENTHESES.fullmatch(text):
        return Text(reason, read="−" + next(filter(None, match.groups())).strip())
    return Text(reason or ("data.number-marked" if find_mark(text) else "data.no-number"))


def find_mark(text: str) -> str:
    """Return the mark beside a number that is nothing worse, empty where there is none."""
    match = None if _find_reason(text) else _MARKED.fullmatch(text)
    mark = (match[1] or match[2]).strip() if match else ""
    return mark if is_mark(mark) else ""


def is_mark(mark: str) -> bool:
    """Whether a mark leaves the number beside it as it is: no sign, no digit, no unit, no percentage."""
    return not _NO_MARK.fullmatch(mark) and _find_reason(f"1{mark.strip()}") not in _OTHER_NUMBERS


def suggest_remedy(text: str) -> Remedy | None:
    """Return what could be declared about a cell that is no number."""
    if mark := find_mark(text):
        return Remedy("flag", (mark,))
    return None if _find_reason(text) else Remedy("missing_token", (text,))


def _find_reason(text: str) -> str:
    return next((key for pattern, key in _REASONS if pattern.fullmatch(text)), "")
