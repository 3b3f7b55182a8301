"""Collects every fault of a reading, so that a user corrects a file once and not fault by fault."""

from collections.abc import Iterable
from itertools import islice

from twintrade.data.sources import limits
from twintrade.effects import Message, Remedy
from twintrade.errors import DataError

_SHOWN_IN_TEXT = 5


class InvalidDataError(DataError):
    """The data were read to the end and found faulty.

    Attributes
    ----------
    messages : tuple of Message
        Faults, at most ``limits.MAX_MESSAGES`` errors, and every warning and note.
    n_errors : int
        Number of errors found, listed or not.
    """

    def __init__(self, text: str, messages: tuple[Message, ...] = (), n_errors: int = 1) -> None:
        super().__init__(text)
        self.messages = messages
        self.n_errors = n_errors


class AbsentInputError(DataError):
    """A declared input file is not there."""


class Faults:
    """What a reading found: errors up to a cap, warnings and notes in full."""

    def __init__(self) -> None:
        self._errors: list[Message] = []
        self._others: list[Message] = []
        self.n_errors = 0

    def error(
        self,
        code: str,
        message: str,
        file: str = "",
        row: int | None = None,
        column: str = "",
        remedy: Remedy | None = None,
    ) -> None:
        """Note one error."""
        self.n_errors += 1
        if len(self._errors) < limits.MAX_MESSAGES:
            self._errors.append(Message("error", code, message, file, row, column, remedy))

    def warn(
        self,
        code: str,
        message: str,
        file: str = "",
        row: int | None = None,
        column: str = "",
        remedy: Remedy | None = None,
    ) -> None:
        """Note what the reader of the results must know."""
        self._others.append(Message("warning", code, message, file, row, column, remedy))

    def inform(self, code: str, message: str, file: str = "", row: int | None = None, column: str = "") -> None:
        """Note what was accepted or left out by a declared rule."""
        self._others.append(Message("info", code, message, file, row, column))

    def errors(
        self,
        code: str,
        n_errors: int,
        faulty: Iterable[tuple[int, str, Remedy | None]],
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
        """Raise ``InvalidDataError`` when an error was noted.

        Raises
        ------
        InvalidDataError
            With every message, and a text that shows the first faults.
        """
        if not self.n_errors:
            return
        lines = [describe(m) for m in self._errors[:_SHOWN_IN_TEXT]]
        if self.n_errors > len(lines):
            lines.append(f"and {self.n_errors - len(lines)} more, listed in messages.csv")
        head = f"{self.n_errors} faults in the data:\n" if self.n_errors > 1 else ""
        raise InvalidDataError(head + "\n".join(lines), self.messages, self.n_errors)


def describe(message: Message) -> str:
    """Return a message with its place, in one line."""
    place = message.file
    if message.row is not None:
        place = f"{place} row {message.row}".lstrip()
    if message.column:
        place += f", column {message.column}" if place else f"column {message.column}"
    return f"{place}: {message.message}" if place else message.message
