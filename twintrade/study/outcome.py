"""How one analysis ended, in values that a summary prints and a caller turns into an exit code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Ending = Literal["done", "fresh", "skipped", "failed"]

DONE, ESTIMATION, USAGE, DATA, STALE = 0, 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class AnalysisEnd:
    """The end of one analysis.

    Attributes
    ----------
    name : str
    ending : {"done", "fresh", "skipped", "failed"}
    code : int
        0 done, fresh or skipped; 1 design, estimation, inference or storage failed; 2 spec; 3 data.
    text : str
        Why it was run, skipped or failed.
    summary : mapping
        Headline and verdicts, as the manifest holds them.
    seconds : float
    has_messages : bool
        Whether a failed run could leave its messages beside the results.
    """

    name: str
    ending: Ending
    code: int = DONE
    text: str = ""
    summary: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    has_messages: bool = True
