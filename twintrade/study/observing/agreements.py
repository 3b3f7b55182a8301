"""Reads registries into what the treatment rules need: agreements with every candidate date, links without one."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from twintrade.data.calendar import TwinningDate, parse_date
from twintrade.data.registry import TwinningRegistry, UndatedAgreements, read_twinnings, read_undated
from twintrade.data.sources import InputRecord
from twintrade.design.register import Agreements, CandidateDate
from twintrade.effects import Message
from twintrade.study.spec.analysis import Spec

COLUMNS = ("twinning", "city", "signatory", "partner", "partner_city", "kind", "dates", "ended", "source", "note")


@dataclass(frozen=True, slots=True, eq=False)
class ReadAgreements:
    """The agreements of an analysis."""

    agreements: Agreements  # as the treatment rules take them
    registry: TwinningRegistry
    undated: UndatedAgreements

    @property
    def inputs(self) -> tuple[InputRecord, ...]:
        """Provenance of the files."""
        return (*self.registry.provenance, *self.undated.provenance)

    @property
    def messages(self) -> tuple[Message, ...]:
        """What the readers noted."""
        return (*self.registry.messages, *self.undated.messages)


def read_agreements(spec: Spec, root: Path) -> ReadAgreements:
    """Return the agreements of an analysis."""
    registry = read_twinnings(spec.data.twinnings, root)
    undated = read_undated(spec.data.undated, root)
    links = _undated_frame(undated)
    data, policy = spec.data, _undated_policy(spec)
    frame, linked = build_agreements_frame(registry), tuple(data.also_linked)
    lines = [*(source.city_names for source in data.twinnings), *(source.city_names for source in data.undated)]
    decided = tuple(line.city for names in lines for line in names)
    agreements = Agreements(frame, links, linked, policy, data.other_events, decided, data.wider_register)
    return ReadAgreements(agreements, registry, undated)


def _undated_policy(spec: Spec) -> Literal["error", "exclude"]:
    registries = [source.undated for source in spec.data.twinnings]
    lists = [source.policy for source in spec.data.undated]
    is_excluded = any(policies and set(policies) == {"exclude"} for policies in (registries, lists))
    return "exclude" if is_excluded else "error"


def build_agreements_frame(registry: TwinningRegistry) -> pd.DataFrame:
    """Return one row a twinning with its candidate dates in one column, as ``Agreements`` wants them."""
    dates: dict[str, list[CandidateDate]] = {}
    for row in registry.candidates.to_dict("records"):
        date = CandidateDate(str(row["event_kind"]), _date(row), str(row["event_text"] or row["event_kind"]))
        dates.setdefault(str(row["twinning_id"]), []).append(date)
    frame = registry.frame.rename(columns={"id": "twinning"})
    known = [tuple(dates.get(str(name), ())) for name in frame["twinning"]]
    ends = [parse_date(text) if text else None for text in frame["ended"]]
    frame = frame.assign(
        dates=pd.Series(known, index=frame.index, dtype=object),
        ended=pd.Series(ends, index=frame.index, dtype=object),
    )
    return frame[list(COLUMNS)]


def _date(row: Mapping[Any, Any]) -> TwinningDate:
    month, day = (None if pd.isna(row[part]) else int(row[part]) for part in ("month", "day"))
    return TwinningDate(int(row["year"]), month, day)


def _undated_frame(undated: UndatedAgreements) -> pd.DataFrame:
    return undated.frame[["city", "signatory", "partner", "partner_city", "note"]]
