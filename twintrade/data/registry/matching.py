"""Holds a registry against a trade table: which twinnings can be studied, which cannot, and why."""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import pandas as pd

from twintrade.data.calendar.dates import TwinningDate, parse_date
from twintrade.data.calendar.periods import Frequency
from twintrade.data.geography.countries import load_places
from twintrade.data.geography.near_names import find_near_name
from twintrade.data.registry.reading import TwinningRegistry, UndatedTies
from twintrade.data.sources import limits
from twintrade.data.sources.cells import format_counted
from twintrade.data.sources.faults import Faults
from twintrade.effects import Message

Status: TypeAlias = Literal["unmatched", "undated", "too coarse", "before", "inside", "after"]

STATUS_SENTENCES: dict[str, str] = {
    "unmatched": "city or partner has no trade row: named, and never a control",
    "undated": "no date of signature: its pair is never a control",
    "too coarse": "the date names no single period of the panel: its pair is never a control until it does",
    "before": "signed in or before the first period: always treated, excluded and counted",
    "inside": "signed inside the sample",
    "after": "signed after the last period: not yet treated inside the sample",
}
_MAX_NAMED = 12


@dataclass(frozen=True, slots=True, eq=False)
class Reconciliation:
    """Twinnings by what the trade table can say about them.

    Attributes
    ----------
    frame : DataFrame
        One row a twinning or undated agreement: id, city, signatory, partner_city, partner, kind, signed, status,
        reason, is_matched.
    counts : DataFrame
        status, n_twinnings, n_pairs (distinct pairs of city and partner), sentence.
    messages : tuple of Message
    """

    frame: pd.DataFrame
    counts: pd.DataFrame
    messages: tuple[Message, ...] = ()

    def n(self, status: Status) -> int:
        """Return the number of twinnings of a status."""
        return int((self.frame["status"] == status).sum())


def reconcile(
    registry: TwinningRegistry,
    undated: UndatedTies | None,
    cities: Collection[str],
    partners: Collection[str],
    first: int,
    last: int,
    frequency: Frequency,
) -> Reconciliation:
    """Sort every twinning into matched or not, dated or not, before, inside or after the sample.

    This looks at the printed date of signature alone; which date makes an onset, and the rule for agreements late in
    a year, belong to the treatment.

    Parameters
    ----------
    registry : TwinningRegistry
    undated : UndatedTies or None
    cities, partners : collection of str
        Those of the trade table.
    first, last : int
        First and last period of the trade table.
    frequency : Frequency
    """
    faults = Faults()
    known_cities, known_partners = set(cities), set(partners)
    dated = registry.candidates
    texts = dated["event_kind"] + " " + dated["date"]
    others = {str(name): ", ".join(group) for name, group in texts.groupby(dated["twinning_id"])}
    rows = []
    for twinning in registry.frame.to_dict("records"):
        signed = parse_date(twinning["signed"]) if twinning["signed"] else None
        status, reason = _status(twinning, signed, known_cities, known_partners, first, last, frequency)
        if status == "undated" and twinning["id"] in others:
            reason += f", but {others[twinning['id']]}"
        rows.append({**twinning, "status": status, "reason": reason})
    for tie in undated.frame.to_dict("records") if undated is not None else []:
        status, reason = _status(tie, None, known_cities, known_partners, first, last, frequency)
        rows.append({**tie, "id": "", "kind": "", "signed": "", "status": status, "reason": reason})
    columns = ["id", "city", "signatory", "partner_city", "partner", "kind", "signed", "status", "reason"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["is_matched"] = frame["status"] != "unmatched"
    counts = _counts(frame)
    _report(frame, counts, last, frequency, faults)
    return Reconciliation(frame, counts, faults.messages)


def _status(
    tie: Mapping[Hashable, object],
    signed: TwinningDate | None,
    cities: set[str],
    partners: set[str],
    first: int,
    last: int,
    frequency: Frequency,
) -> tuple[Status, str]:
    absent = [str(tie[part]) for part, known in (("city", cities), ("partner", partners)) if tie[part] not in known]
    if absent:
        return "unmatched", f"no trade row for {' and '.join(absent)}{_meant(tie, cities, partners)}"
    if signed is None:
        return "undated", "no date of signature"
    try:
        period = frequency.ordinal(signed.year, signed.month)
    except ValueError as error:
        return "too coarse", f"{signed.iso}: {error}"
    if period <= first:
        return "before", f"{signed.iso}, sample from {frequency.label(first)}"
    if period > last:
        return "after", f"{signed.iso}, sample to {frequency.label(last)}"
    return "inside", signed.iso


def _meant(tie: Mapping[Hashable, object], cities: set[str], partners: set[str]) -> str:
    """Return what a misspelt city, or the code of a country without trade rows, may mean."""
    city, partner = str(tie["city"]), str(tie["partner"])
    near = "" if city in cities else find_near_name(city, cities)
    hint = f"; is {near} meant? Say so under city_names" if near else ""
    if partner not in partners and (place := load_places().get(partner)):
        hint += f"; {partner} is {place.name}"
    return hint


def _counts(frame: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for status, sentence in STATUS_SENTENCES.items():
        mine = frame[frame["status"] == status]
        rows.append((status, len(mine), len(mine[["city", "partner"]].drop_duplicates()), sentence))
    return pd.DataFrame(rows, columns=["status", "n_twinnings", "n_pairs", "sentence"])


def _report(frame: pd.DataFrame, counts: pd.DataFrame, last: int, frequency: Frequency, faults: Faults) -> None:
    for status, n_twinnings, n_pairs, sentence in counts.itertuples(index=False):
        if n_twinnings:
            faults.inform(
                f"twinnings-{status.replace(' ', '-')}",
                f"{format_counted(n_twinnings, 'twinning')}, {format_counted(n_pairs, 'pair')}: {sentence}",
            )
    lost = frame[frame["status"] == "too coarse"]
    if len(lost):
        faults.warn(
            "date-too-coarse",
            f"{format_counted(len(lost), 'twinning is', 'twinnings are')} dated too coarsely for "
            f"{frequency.value} periods: " + _named(lost),
        )
    limit = last // frequency.per_year + limits.YEARS_BEYOND_SAMPLE
    late = frame[(frame["status"] == "after") & (frame["signed"].str[:4].replace("", "0").astype(int) > limit)]
    if len(late):
        faults.warn(
            "date-far-ahead",
            f"{_are(len(late))} dated more than {limits.YEARS_BEYOND_SAMPLE} years after the sample: a slip? "
            + _named(late),
        )


def _are(n: int) -> str:
    return format_counted(n, "twinning is", "twinnings are")


def _named(frame: pd.DataFrame) -> str:
    shown = frame.head(_MAX_NAMED).to_dict("records")
    names = [f"{r['city']}-{r['partner_city'] or r['partner']} {r['signed']}".strip() for r in shown]
    return ", ".join(names) + (" ..." if len(frame) > _MAX_NAMED else "")
