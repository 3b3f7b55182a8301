"""Collects every fault of a reading, so that a user corrects a file once and not fault by fault."""

from collections.abc import Iterable
from itertools import islice
from typing import TypeAlias

from twintrade.data.sources import limits
from twintrade.effects import Message, Remedy
from twintrade.errors import DataError
from twintrade.text import Listed, Text, Words

Fix: TypeAlias = Remedy | None
_SHOWN_IN_TEXT = 5


class InvalidDataError(DataError):
    """The data were read to the end and found faulty.

    ``messages``: faults, at most `limits.MAX_MESSAGES` errors, and every warning and note; ``n_errors``: number of
    errors found, listed or not; ``unlisted``: the text without pointing to the list of faults in a file.
    """

    def __init__(
        self, text: Words, messages: tuple[Message, ...] = (), n_errors: int = 1, unlisted: Words = ""
    ) -> None:
        super().__init__(text)
        self.unlisted = unlisted or text
        self.messages = messages
        self.n_errors = n_errors


class AbsentInputError(DataError):
    """A declared input file is not there."""


class CellError(ValueError):
    """A cell does not say what its column holds.

    ``text``: what is wrong with it, to stand behind the cell: "is not a year"; ``remedy``: where the analysis file
    may say what it is.
    """

    def __init__(self, text: Words, remedy: Fix = None) -> None:
        super().__init__(text)
        self.text, self.remedy = text, remedy


class Faults:
    """What a reading found: errors up to a cap, warnings and notes in full."""

    def __init__(self) -> None:
        self._errors: list[Message] = []
        self._others: list[Message] = []
        self.n_errors = 0

    def error(
        self, code: str, text: Words, file: str = "", row: int | None = None, column: str = "", remedy: Fix = None
    ) -> None:
        """Note one error."""
        self.absorb([Message("error", code, text, file, row, column, remedy)], 1)

    def warn(
        self, code: str, text: Words, file: str = "", row: int | None = None, column: str = "", remedy: Fix = None
    ) -> None:
        """Note what the reader of the results must know."""
        self._others.append(Message("warning", code, text, file, row, column, remedy))

    def inform(self, code: str, text: Words, file: str = "", row: int | None = None, column: str = "") -> None:
        """Note what was accepted or left out by a declared rule."""
        self._others.append(Message("info", code, text, file, row, column))

    def errors(
        self,
        code: str,
        n_errors: int,
        faulty: Iterable[tuple[int, Words, Fix]],
        file: str = "",
        column: str = "",
    ) -> None:
        """Note many errors of one kind, given as (row, text, remedy); only those that will be listed are drawn."""
        room = limits.MAX_MESSAGES - len(self._errors)
        for row, text, remedy in islice(faulty, room):
            self._errors.append(Message("error", code, text, file, row, column, remedy))
        self.n_errors += n_errors

    def absorb(self, messages: Iterable[Message], n_errors: int) -> None:
        """Take over the messages of a part that was read on its own."""
        for message in messages:
            if message.level != "error":
                self._others.append(message)
            elif len(self._errors) < limits.MAX_MESSAGES:
                self._errors.append(message)
        self.n_errors += n_errors

    @property
    def messages(self) -> tuple[Message, ...]:
        """Errors first, in the order found."""
        return (*self._errors, *self._others)

    def raise_if_any(self) -> None:
        """Raise ``InvalidDataError`` when an error was noted."""
        if not self.n_errors:
            return
        lines = [describe(m) for m in self._errors[:_SHOWN_IN_TEXT]]
        n_more = self.n_errors - len(lines)
        if self.n_errors > 1:
            lines.insert(0, Text("data.faults", n=self.n_errors))
        listed, unlisted = (
            "\n".join(map(str, [*lines, *([Text(key, n=n_more)] if n_more else [])]))
            for key in ("data.more-listed", "common.more")
        )
        raise InvalidDataError(listed, self.messages, self.n_errors, unlisted)


def describe(message: Message) -> Words:
    """Return a message with its place, in one line."""
    place: list[Words] = [message.file] if message.file else []
    if message.row is not None:
        place = [Text("data.file-row" if message.file else "data.row", file=message.file, row=message.row)]
    if message.column:
        place.append(Text("data.column", name=message.column))
    return Text("data.placed", place=Listed(tuple(place), "comma"), text=message.text) if place else message.text
