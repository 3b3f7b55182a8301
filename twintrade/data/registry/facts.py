"""What a registry alone can tell: twins by city and country, years of signing, agreements ended, gaps."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from twintrade.text import Text, pack_text

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
    """Return the facts of a registry.

    ``twinnings``: columns ``TWINNING_COLUMNS``; ``says_ended``: whether the registry has a column on the end of
    agreements; without one nothing is known of them.
    """
    by_city = _counted(twinnings["city"]).set_axis(["city", "twins"], axis=1)
    return RegistryFacts(
        by_city=by_city,
        by_country=_counted(twinnings["partner"]),
        by_year=_by_year(twinnings["signed"].astype(str)),
        completeness=_completeness(twinnings),
        ended=_ended(twinnings) if says_ended else pd.DataFrame(),
    )


def add_city_size(by_city: pd.DataFrame, cities: pd.DataFrame) -> pd.DataFrame:
    """Return cities with population and number of twins: city, country, population, twins.

    ``by_city``: city, twins, as counted in the registry; ``cities``: city, country, population, and twins where a
    count is known from elsewhere, which is taken in its place.
    """
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
