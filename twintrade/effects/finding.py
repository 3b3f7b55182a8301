"""What a diagnostic concluded, with the numbers and the data of its figure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Literal

import pandas as pd

from twintrade.effects.messages import Message
from twintrade.text import Words, pack_text

Verdict = Literal["objects", "does not object", "cannot tell", "note", "informs"]
Direction = Literal["higher", "lower", "none"]
Topic = Literal[
    "descriptives", "selection", "sensitivity", "forest", "margins", "spillovers", "single_case", "own_exhibit"
]

FINDING_COLUMNS = (
    "diagnostic", "estimator", "specification", "verdict", "sentence", "value", "unit", "p", "direction",
    "detectable", "bound", "tolerance", "power", "floor", "reason", "topic", "payloads", "text",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Finding:
    """The conclusion of one diagnostic on one fit (or on the data alone).

    Attributes
    ----------
    diagnostic : str
    verdict : {"objects", "does not object", "cannot tell", "note", "informs"}
        By the one rule of docs/inference.md; "note" where the check sees nothing and could hardly have seen anything,
        "informs" where it describes and judges nothing.
    text : Words
        What the page says, with the numbers in it; nothing is decided by it.
    value : float
        The number the sentence turns on, NaN where there is none.
    unit : str
        Unit of ``value`` ("p", "log points", "share", "p-floor" ...).
    direction : {"higher", "lower", "none"}
        Where the flow stands against its comparison, "none" where the check does not say.
    detectable : float
        Minimum detectable effect in ``unit``, NaN where the check measures none.
    bound : float
        Upper bound of the violation that the check looks for, on the headline's scale; NaN where it has none.
    tolerance : float
        Largest violation that would not change what the headline says; NaN where there is none to compare with.
    power : float
        Probability of an objection to a difference as large as half the headline's interval, in the variant that is
        seen least; NaN where not known.
    floor : float
        Smallest p-value that the check can give, NaN where it compares with no draws or placebos.
    reason : Words
        Why the check could not be made, empty where it was.
    topic : Topic
        Exhibit of the page that prints it, empty where that is the one its diagnostic names.
    table : DataFrame
        What a table prints; may be empty.
    payloads : mapping of str to DataFrame
        Tidy data of the figures, one per figure, keyed by payload name (payloads/<name>.csv).
    messages : tuple of Message

    Examples
    --------
    >>> tt.check(fit, "adoption").is_available
    True
    """

    diagnostic: str
    verdict: Verdict
    text: Words
    value: float = float("nan")
    unit: str = ""
    direction: Direction = "none"
    detectable: float = float("nan")
    bound: float = float("nan")
    tolerance: float = float("nan")
    power: float = float("nan")
    floor: float = float("nan")
    reason: Words = ""
    topic: Topic | Literal[""] = ""
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    payloads: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.diagnostic}, {self.verdict}: {self.sentence}"

    def _repr_html_(self) -> str:
        head = f"<p><b>{escape(self.diagnostic)}: {escape(self.verdict)}.</b> {escape(self.sentence)}</p>"
        if self.table.empty:
            return head
        return head + self.table.to_html(index=False, na_rep="", float_format=lambda v: f"{v:.4g}")

    @property
    def sentence(self) -> str:
        """The text in words."""
        return str(self.text)

    @property
    def p(self) -> float:
        """The p-value that the sentence turns on, NaN where it turns on another number."""
        return self.value if self.unit == "p" else float("nan")

    @property
    def is_available(self) -> bool:
        """Whether the check could be made."""
        return self.reason == ""


def build_findings_frame(concluded: Iterable[tuple[Finding, tuple[str, str], Sequence[str]]]) -> pd.DataFrame:
    """Return findings, each with its estimator, specification and payload names, as ``FINDING_COLUMNS``."""
    rows = [
        (f.diagnostic, *keys, f.verdict, f.sentence, f.value, f.unit, f.p, f.direction, f.detectable, f.bound,
         f.tolerance, f.power, f.floor, str(f.reason), f.topic, " ".join(payloads), pack_text(f.text))
        for f, keys, payloads in concluded
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(FINDING_COLUMNS))
