"""The source of a printed number: file, row and column of the results, and what the page makes of it."""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class CellSource:
    """Where a printed number stands in the results, in no language."""

    # File and row, "bands.csv:12"; the head is row 1. Or a file and what its rows have, "data.csv:status=treated"; or
    # a path in the manifest, "manifest.json:inputs.0".
    place: str
    column: str  # `*` is the whole row
    # What the page makes of the value before it rounds: nothing, "log" 100(exp(b) - 1), "share" 100 times, "t" over
    # the standard error, "/1000000" divided; "words" for a text whose numbers are all in the cell; of rows their
    # "count", the "distinct" values, and how many "more" there are than one; of a list its "size". "log~1" is rounded
    # to tens, "~2" to hundreds.
    form: str = ""

    @property
    def key(self) -> str:
        """The source as one word, "bands.csv:12:low:log"."""
        column = quote(self.column, safe="*")
        return ":".join((self.place, column, self.form) if self.form else (self.place, column))
