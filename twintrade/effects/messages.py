"""What a run must not keep to itself: notes, warnings and errors with the place they come from."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from twintrade.text import Words, pack_text

Level = Literal["info", "warning", "error"]
RemedyName = Literal[
    "add_up",
    "agreement_city",
    "city_code",
    "city_name",
    "day_first",
    "decimal",
    "drop",
    "events",
    "flag",
    "frequency",
    "ignore",
    "kinds",
    "unit_column",
    "last_row",
    "missing_token",
    "money_unit",
    "money_unit_unknown",
    "own_name",
    "partner_name",
    "precedence",
    "product",
    "remainder",
    "same_city",
    "where",
    "where_total",
]

MESSAGE_COLUMNS = ("level", "code", "file", "row", "column", "message", "text")


@dataclass(frozen=True, slots=True)
class Remedy:
    """What would answer a message in the analysis file, where the data file itself is right."""

    name: RemedyName  # which key of the analysis file, and what for
    # What the key is given: the name in the file and the code it stands for, the mark, the frequency; of a table the
    # pairs of several entries, one after the other
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One thing the reader of the results must know."""

    level: Level  # errors stop the run; warnings stand in the report
    code: str  # stable kebab-case key, the same in messages.csv and in the docs
    text: Words  # what, where, what to do
    file: str = ""  # path relative to the project, empty where no file is meant
    row: int | None = None  # the file's own row number, header = 1
    column: str = ""  # column name in the file
    remedy: Remedy | None = None  # where the place that raises the message knows one

    @property
    def message(self) -> str:
        """The text in words."""
        return str(self.text)


def build_messages_frame(messages: Iterable[Message]) -> pd.DataFrame:
    """Return messages as the frame that messages.csv holds."""
    rows = [(m.level, m.code, m.file, m.row, m.column, m.message, pack_text(m.text)) for m in messages]
    frame = pd.DataFrame(rows, columns=list(MESSAGE_COLUMNS))
    return frame.astype({"row": "Int64"})
