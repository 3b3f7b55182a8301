"""Holds a registry against a trade table: which twinnings can be studied, which cannot, and why."""

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from twintrade.data.calendar import DateSpan, Frequency, TwinningDate, parse_date
from twintrade.data.geography.cities import list_near_names
from twintrade.data.geography.countries import load_places
from twintrade.data.registry.reading import TwinningRegistry, UndatedAgreements
from twintrade.data.sources import limits
from twintrade.data.sources.faults import CellError, Faults
from twintrade.effects import Message
from twintrade.text import Listed, Text, Words, list_some, pack_text

# What a registry alone can tell: twins by city and country, years of signing, agreements ended, gaps.

UNKNOWN: Literal["no date"] = "no date"
SIGNED_FROM = 1900


@dataclass(frozen=True, slots=True, eq=False)
class RegistryFacts:
    """Counts, each a frame of labels."""

    by_city: pd.DataFrame  # city, twins: agreements per city, the most first
    by_country: pd.DataFrame  # label, count: agreements by the partner's country, the most first
    # label, count: agreements by year of signing, every year from the first to the last, then those without a date
    by_year: pd.DataFrame
    completeness: pd.DataFrame  # field, known, share: of how many agreements each field is known
    # label, label_text, group, effect, low, high, scale: share of agreements that have ended, with its Wilson
    # interval; empty where the registry does not say
    ended: pd.DataFrame


def compute_registry_facts(twinnings: pd.DataFrame, *, says_ended: bool) -> RegistryFacts:
    """Return the facts of a registry; nothing is known of the end of agreements unless ``says_ended``."""
    return RegistryFacts(
        by_city=_counted(twinnings["city"]).set_axis(["city", "twins"], axis=1),
        by_country=_counted(twinnings["partner"]),
        by_year=_by_year(twinnings["signed"].astype(str)),
        completeness=_completeness(twinnings),
        ended=_ended(twinnings) if says_ended else pd.DataFrame(),
    )


def add_city_size(by_city: pd.DataFrame, cities: pd.DataFrame) -> pd.DataFrame:
    """Return city, country, population and twins: as ``cities`` counts them, otherwise as the registry does."""
    counted = by_city.set_index("city")["twins"]
    known = cities["twins"] if "twins" in cities else pd.Series(np.nan, index=cities.index)
    twins = known.astype(float).fillna(cities["city"].map(counted))
    out = cities[["city", "country", "population"]].assign(twins=twins)
    return out.dropna(subset=["population", "twins"]).reset_index(drop=True)


def _counted(values: pd.Series) -> pd.DataFrame:
    counts = values[values.astype(str) != ""].value_counts()
    frame = pd.DataFrame({"label": counts.index.astype(str), "count": counts.to_numpy()})
    return frame.sort_values(["count", "label"], ascending=[False, True], ignore_index=True)


def _by_year(signed: pd.Series) -> pd.DataFrame:
    year = pd.to_numeric(signed.str[:4], errors="coerce")
    dated = year[year >= SIGNED_FROM].astype(int)
    rows: list[tuple[str, int]] = []
    if dated.size:
        rows = [(str(y), int((dated == y).sum())) for y in range(int(dated.min()), int(dated.max()) + 1)]
    n_undated = len(signed) - dated.size
    if n_undated:
        rows.append((UNKNOWN, n_undated))
    return pd.DataFrame(rows, columns=["label", "count"])


def _completeness(twinnings: pd.DataFrame) -> pd.DataFrame:
    n = len(twinnings)
    signed, precision = twinnings["signed"].astype(str), twinnings["precision"].astype(str)
    fields = {
        "date": signed != "",
        "date to the day": (signed != "") & (precision == "day"),
        "kind": twinnings["kind"].astype(str) != "",
        "partner city": twinnings["partner_city"].astype(str) != "",
        "source": twinnings["source"].astype(str) != "",
    }
    rows = [(name, int(is_known.sum()), float(is_known.mean()) if n else np.nan) for name, is_known in fields.items()]
    return pd.DataFrame(rows, columns=["field", "known", "share"])


def _ended(twinnings: pd.DataFrame) -> pd.DataFrame:
    n, k = len(twinnings), int((twinnings["ended"].astype(str) != "").sum())
    low, high = compute_wilson(k, n)
    label = Text("data.ended", k=k, n=n)
    row = {"label": str(label), "label_text": pack_text(label), "group": "share", "effect": k / n}
    return pd.DataFrame([row | {"low": low, "high": high, "scale": "share"}])


def compute_wilson(k: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Return the Wilson score interval of a share (Wilson 1927, equation 1)."""
    p = k / n
    center, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return float((center - half) / (1 + z**2 / n)), float((center + half) / (1 + z**2 / n))


Status: TypeAlias = Literal["unmatched", "undated", "too coarse", "before", "inside", "after"]
Sample: TypeAlias = tuple[int, int, Frequency, int]
"""First and last period, their frequency, and the month from which an agreement counts from the next year."""

_MAX_NAMED = 12


@dataclass(frozen=True, slots=True, eq=False)
class Reconciliation:
    """Twinnings by what the trade table can say about them."""

    # One row a twinning or undated agreement: id, city, signatory, partner_city, partner, kind, signed, status,
    # reason (Words)
    frame: pd.DataFrame
    counts: pd.DataFrame  # status, n_twinnings, n_pairs (distinct pairs of city and partner), sentence (Text)
    messages: tuple[Message, ...] = ()

    def n(self, status: Status) -> int:
        """Return the number of twinnings of a status."""
        return int((self.frame["status"] == status).sum())


def reconcile(
    registry: TwinningRegistry,
    undated: UndatedAgreements | None,
    cities: Collection[str],
    partners: Collection[str],
    first: int,
    last: int,
    frequency: Frequency,
    late_from: int = 13,
) -> Reconciliation:
    """Sort every twinning by its printed date, or the onsets its bounds allow: before, inside or after the sample."""
    faults = Faults()
    known, sample = {"city": set(cities), "partner": set(partners)}, (first, last, frequency, late_from)
    dated = registry.candidates
    texts = dated["event_kind"] + " " + dated["date"]
    others = {str(name): Listed(tuple(group), "comma") for name, group in texts.groupby(dated["twinning_id"])}
    bare = [] if undated is None else undated.frame.assign(id="", kind="", signed="").to_dict("records")
    rows = []
    for agreement in [*registry.frame.to_dict("records"), *bare]:
        status, reason = _status(agreement, known, sample)
        if status == "undated" and agreement["id"] in others:
            reason = Text("data.undated-but", dates=others[agreement["id"]])
        rows.append({**agreement, "status": status, "reason": reason})
    columns = ["id", "city", "signatory", "partner_city", "partner", "kind", "signed", "status", "reason"]
    frame = pd.DataFrame(rows, columns=columns)
    counts = _counts(frame)
    _report(frame, counts, last, frequency, faults)
    return Reconciliation(frame, counts, faults.messages)


def _status(agreement: Mapping[Hashable, Any], known: Mapping[str, set[str]], sample: Sample) -> tuple[Status, Words]:
    if absent := [str(agreement[end]) for end in known if agreement[end] not in known[end]]:
        hints = _list_hints(agreement, known)
        return "unmatched", Listed((Text("data.no-trade-row", names=Listed(tuple(absent))), *hints), "semicolon")
    span, (first, last, frequency, _) = agreement.get("span"), sample
    signed = parse_date(agreement["signed"]) if agreement["signed"] else None
    signed = span.date if signed is None and isinstance(span, DateSpan) else signed
    if signed is None and isinstance(span, DateSpan):
        return _bound(span, sample)
    if signed is None:
        return "undated", Text("data.no-signature")
    try:
        earliest = latest = frequency.ordinal(signed.year, signed.month)
    except CellError as error:
        # A year alone says enough where all of it lies outside the sample.
        earliest, latest = frequency.ordinal(signed.year, 1), frequency.ordinal(signed.year, 12)
        if earliest <= last and latest > first:
            return "too coarse", Text("common.headed", head=signed.iso, said=error.text)
    if latest <= first:
        return "before", Text("data.signed-before", date=signed.iso, first=frequency.label(first))
    if earliest > last:
        return "after", Text("data.signed-after", date=signed.iso, last=frequency.label(last))
    return "inside", signed.iso


def _bound(span: DateSpan, sample: Sample) -> tuple[Status, Words]:
    """Return the status of an agreement of which only bounds of its date are known."""
    first, last, frequency, late_from = sample
    ends = "both" if span.not_before and span.not_after else "first" if span.not_before else "last"
    dates = {name: date.iso if date else "" for name, date in (("first", span.not_before), ("last", span.not_after))}
    known = Text("data.no-signature-but", ends=ends, **dates)
    late = late_from if frequency is Frequency.YEAR else 13  # from this month on of the next year

    def count_from(date: TwinningDate, month: int) -> int:
        return frequency.ordinal(date.year, month) + (month >= late)

    if (end := span.not_after) and count_from(end, end.month or 12) <= first:
        return "before", known
    if (start := span.not_before) and count_from(start, start.month or 1) > last:
        return "after", known
    return "undated", known


def _list_hints(agreement: Mapping[Hashable, Any], known: Mapping[str, set[str]]) -> Iterator[Text]:
    """Yield what a misspelt city, or the code of a country without trade rows, may mean."""
    city, partner = str(agreement["city"]), str(agreement["partner"])
    if city not in known["city"] and (near := list_near_names(city, known["city"])):
        yield Text("data.city-meant", name=list_some(near, _MAX_NAMED, "or"))
    if partner not in known["partner"] and (place := load_places().get(partner)):
        yield Text("data.partner-meant", code=partner, name=place.name)


def _counts(frame: pd.DataFrame) -> pd.DataFrame:
    once = frame.drop_duplicates(["status", "city", "partner"])
    twinnings, pairs = Counter(frame["status"]), Counter(once["status"])
    rows = [
        (status, twinnings[status], pairs[status], Text(f"data.status-{status.replace(' ', '-')}"))
        for status in get_args(Status)
    ]
    return pd.DataFrame(rows, columns=["status", "n_twinnings", "n_pairs", "sentence"])


def _report(frame: pd.DataFrame, counts: pd.DataFrame, last: int, frequency: Frequency, faults: Faults) -> None:
    for status, n_twinnings, n_pairs, sentence in counts.itertuples(index=False):
        if n_twinnings:
            text = Text("data.twinnings-of-status", n=n_twinnings, n_pairs=n_pairs, status=sentence)
            faults.inform(f"twinnings-{status.replace(' ', '-')}", text)
    lost = frame[frame["status"] == "too coarse"]
    if len(lost):
        text = Text("data.too-coarse", n=len(lost), period_name=frequency.value, names=_list_names(lost))
        faults.warn("date-too-coarse", text)
    limit = last // frequency.per_year + limits.YEARS_BEYOND_SAMPLE
    late = frame[(frame["status"] == "after") & (frame["signed"].str[:4].replace("", "0").astype(int) > limit)]
    if len(late):
        text = Text("data.far-ahead", n=len(late), years=limits.YEARS_BEYOND_SAMPLE, names=_list_names(late))
        faults.warn("date-far-ahead", text)


def _list_names(frame: pd.DataFrame) -> Words:
    rows = frame.to_dict("records")
    names = [f"{r['city']}-{r['partner_city'] or r['partner']} {r['signed']}".strip() for r in rows]
    return list_some(names, _MAX_NAMED)
