"""Onsets of a panel's units from what a user has at hand: a table of agreements, or onsets by unit."""

import warnings
from collections.abc import Mapping
from typing import Literal

import pandas as pd

from twintrade.data.calendar import parse_date
from twintrade.design import NEVER, Panel, Treatment
from twintrade.design.register import Agreements, CandidateDate
from twintrade.design.rules import TreatmentRule, build_treatment
from twintrade.errors import DesignError
from twintrade.text import Text

_AGREEMENT_TEXT = ("twinning", "signatory", "partner_city", "kind", "source", "note")


def build_treatment_from_onsets(panel: Panel, onsets: pd.Series | Mapping[str, float]) -> Treatment:
    """Return onsets by unit label as a treatment of the panel; units that are not listed are never treated."""
    known = Treatment.from_series(pd.Series(onsets))
    unknown = sorted(set(known.units) - set(panel.units))
    if unknown:
        raise DesignError(
            f"{unknown[0]!r} has an onset but is no unit of the panel; units are like {panel.units[0]!r}"
        )
    listed = pd.Series(known.onset, index=known.units)
    return Treatment.from_series(listed.reindex(pd.Index(panel.units), fill_value=NEVER))


def build_treatment_from_table(
    panel: Panel, table: pd.DataFrame, rule: TreatmentRule | None, undated: Literal["error", "exclude"]
) -> Treatment:
    """Return the onsets that a table of agreements gives the units of a panel."""
    needed = ["city", "partner", "date"] if panel.is_dyadic else ["city", "date"]
    lacking = [name for name in needed if name not in table]
    if lacking:
        raise DesignError(f"the table of agreements has no column {lacking[0]!r}; it needs {', '.join(needed)}")
    registry = pd.DataFrame({name: _text(table, name) for name in ("city", "partner", *_AGREEMENT_TEXT)})
    numbered = pd.Series([str(Text("study.agreement", n=i + 1)) for i in range(len(table))], index=table.index)
    registry["twinning"] = registry["twinning"].where(registry["twinning"] != "", numbered)
    dates = pd.Series(
        [_dates(cell, i) for i, cell in enumerate(_text(table, "date"))], index=table.index, dtype=object
    )
    registry = registry.assign(dates=dates, ended=None)
    treatment = build_treatment(Agreements(registry, undated_policy=undated), panel, rule)
    for message in treatment.messages:
        if message.code in ("unmatched-city", "unknown-city", "agreement-outside-panel"):
            warnings.warn(message.message, UserWarning, stacklevel=3)
    return treatment


def _text(table: pd.DataFrame, name: str) -> pd.Series:
    if name not in table:
        return pd.Series("", index=table.index, dtype=object)
    return table[name].map(lambda cell: "" if pd.isna(cell) else _whole(cell)).astype(object)


def _whole(cell: object) -> str:
    """A cell as text; years that pandas holds as floats lose their point, timestamps their time."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.date().isoformat() if isinstance(cell, pd.Timestamp) else str(cell).strip()


def _dates(cell: str, position: int) -> tuple[CandidateDate, ...]:
    if not cell:
        return ()
    try:
        return (CandidateDate("signed", parse_date(cell), "signed"),)
    except ValueError as error:
        raise DesignError(f"row {position} of the table of agreements: the date {cell!r} {error}") from None
