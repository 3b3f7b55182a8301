"""What a diagnostic concluded, with the numbers and the data of its figure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from twintrade.effects.messages import Message

Verdict = Literal["pass", "fail", "none"]

FINDING_COLUMNS = ("diagnostic", "estimator", "specification", "verdict", "sentence", "value", "unit")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Finding:
    """The conclusion of one diagnostic on one fit (or on the data alone).

    Attributes
    ----------
    diagnostic : str
    verdict : {"pass", "fail", "none"}
        "none" where the check only informs.
    sentence : str
        Plain words with the numbers in them.
    value : float
        The number the sentence turns on, NaN where there is none.
    unit : str
        Unit of ``value`` ("p", "log points", "share", "p-floor" ...).
    table : DataFrame
        What a table prints; may be empty.
    payloads : mapping of str to DataFrame
        Tidy data of the figures, one per figure, keyed by payload name (payloads/<name>.csv).
    messages : tuple of Message
    """

    diagnostic: str
    verdict: Verdict
    sentence: str
    value: float = float("nan")
    unit: str = ""
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    payloads: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()
