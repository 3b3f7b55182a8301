"""An estimate held against that of other software: both numbers, and whether they agree."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Literal

import pandas as pd

from twintrade.text import Words, pack_text

Estimand = Literal["same", "other"]
CrossVerdict = Literal["agrees", "differs", "other estimand", "not compared"]
NONE = float("nan")

CROSS_CHECKS = "cross_check"
"""Name of the payload that holds them."""

TOLERANCE = 1e-6
"""Largest difference, relative to the larger of one and the number itself, at which two numbers agree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossCheck:
    """One column of the ladder, estimated again by other software."""

    # estimator, specification: The column
    estimator: str
    specification: str
    label: Words  # how it is called
    software: str = ""  # what estimated it again, with the function; empty where nothing did
    estimand: Estimand = "same"  # whether it is the column's own number, or a neighbor that reads it
    # stored, estimate: Of the results, and of the other software
    stored: float = NONE
    estimate: float = NONE
    # stored_error, error: Clustered errors under the convention of the results; NaN where there is none to compare
    stored_error: float = NONE
    error: float = NONE
    scale: str = ""
    note: Words = ""  # what another estimand is, or why nothing was compared

    @property
    def difference(self) -> float:
        """The other estimate less the stored one."""
        return self.estimate - self.stored

    @property
    def error_difference(self) -> float:
        """The other error less the stored one."""
        return self.error - self.stored_error

    @property
    def verdict(self) -> CrossVerdict:
        """What the two numbers say of each other."""
        if not self.software or self.difference != self.difference:
            return "not compared"
        if self.estimand == "other":
            return "other estimand"
        pairs = ((self.difference, self.stored), (self.error_difference, self.stored_error))
        is_apart = any(abs(apart) > TOLERANCE * max(1.0, abs(size)) for apart, size in pairs)
        return "differs" if is_apart else "agrees"


def build_cross_checks_frame(checks: Iterable[CrossCheck]) -> pd.DataFrame:
    """Return one row a check, with its differences and its verdict, sentences packed beside their words."""
    names = [field.name for field in fields(CrossCheck)]
    rows = []
    for check in checks:
        row = {name: getattr(check, name) for name in names}
        row |= {"label": str(check.label), "label_text": pack_text(check.label)}
        row |= {"note": str(check.note), "note_text": pack_text(check.note)}
        row |= {"difference": check.difference, "error_difference": check.error_difference}
        rows.append(row | {"verdict": check.verdict})
    return pd.DataFrame(rows)
