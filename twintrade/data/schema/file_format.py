"""How a file is written: encoding, separator, sheet, header, and which of its rows are read."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RowRule:
    """Which rows of a file count, by one column."""

    column: str
    values: tuple[str, ...]
    is_kept: bool  # whether rows with these values are read, or all others


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """How a file is written.

    Attributes
    ----------
    encoding, separator : str or None
        None accepts UTF-8 (and UTF-16 with its mark) and the one separator under which the declared columns exist.
    sheet : str or None
        Sheet of a workbook; needed when it has several.
    member : str or None
        Table inside a zip file, or data frame inside an R file; needed when it holds several.
    header : int
        Row number of the column names.
    last_row : int or None
        Last row of the table; what follows is not read.
    where : mapping of str to str or tuple of str
        Only rows whose column equals a value, or one of several, are read; the others are counted.
    drop : mapping of str to str or tuple of str
        Rows whose column equals a value, or one of several, are left out and counted.
    """

    encoding: str | None = None
    separator: str | None = None
    sheet: str | None = None
    member: str | None = None
    header: int = 1
    last_row: int | None = None
    where: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    drop: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)

    @property
    def row_rules(self) -> tuple[RowRule, ...]:
        """The rules of ``where`` and ``drop``, in their order."""
        declared = ((self.where, True), (self.drop, False))
        return tuple(
            RowRule(column, (values,) if isinstance(values, str) else tuple(values), is_kept)
            for rules, is_kept in declared
            for column, values in rules.items()
        )
