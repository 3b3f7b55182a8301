"""What dates and periods have in common as files print them."""

from twintrade.data.sources import limits
from twintrade.data.sources.faults import CellError
from twintrade.text import Text

FULL_WIDTH = {code + 0xFEE0: chr(code) for code in range(0x21, 0x7F)}
"""Digits, letters and signs as wide as Chinese characters, and plain ones."""


def clean_date(text: str, what: str) -> str:
    """Return the text of a date or period with plain characters and single blanks."""
    cleaned = " ".join(text.translate(FULL_WIDTH).split())
    if len(cleaned) > limits.MAX_DATE_CHARACTERS:
        raise CellError(Text("data.too-long", what=what, period_name=what))
    return cleaned


def check_year(year: int) -> None:
    """Refuse a year that no file is about."""
    if not limits.FIRST_YEAR <= year <= limits.LAST_YEAR:
        raise CellError(Text("data.outside-years", first=limits.FIRST_YEAR, last=limits.LAST_YEAR))
