"""A trade table whose effect of an agreement is known, as files: for power, practice and teaching."""

import numpy as np
import pandas as pd

from twintrade.data.geography import load_places
from twintrade.errors import SpecError
from twintrade.simulate import simulate
from twintrade.study.store.frames import to_bytes

_FIRST_YEAR = 2000


def simulate_known_effect(seed: int, cities: int, partners: int, periods: int, effect: float) -> dict[str, bytes]:
    """Return trade.csv, twinnings.csv and truth.csv.

    ``effect``: log points from the onset on.
    """
    drawn = simulate(
        np.random.default_rng(seed),
        n_cities=cities,
        n_partners=partners,
        n_periods=periods,
        first_period=_FIRST_YEAR,
        cohorts={_FIRST_YEAR + periods // 3: 0.1, _FIRST_YEAR + periods // 2: 0.1},
        effect=effect,
        family="poisson",
        mean=1e6,
        noise=0.2,
        place_spread=0.3,
    )
    frame = drawn.panel.to_frame()
    codes = [
        code for code, place in sorted(load_places().items()) if place.kind == "country" and place.valid_to is None
    ]
    if partners > len(codes):
        raise SpecError(f"there are {len(codes)} countries and {partners} partners were asked for")
    names = dict(zip(drawn.panel.partners, codes[:: max(1, len(codes) // partners)], strict=False))
    frame["partner"] = frame["partner"].map(names)
    trade = frame[["city", "partner", "period", "exports"]].rename(columns={"period": "year"})
    onset = pd.DataFrame({"unit": drawn.treatment.units, "date": drawn.treatment.onset})
    ends = frame.drop_duplicates("unit")[["unit", "city", "partner"]]
    signed = onset[np.isfinite(onset["date"])].merge(ends, on="unit")
    signed = signed.assign(
        date=signed["date"].astype(int), partner_city=signed["partner"] + " town", kind="sister city"
    )
    return {
        "trade.csv": to_bytes(trade),
        "twinnings.csv": to_bytes(signed[["city", "partner_city", "partner", "date", "kind"]]),
        "truth.csv": to_bytes(_joinable(drawn.truth, ends)),
    }


def _joinable(truth: pd.DataFrame, ends: pd.DataFrame) -> pd.DataFrame:
    """Return the truth under the names of the trade table: its city, partner and year."""
    named = truth.merge(ends, on="unit", how="left").rename(columns={"period": "year"})
    named["unit"] = named["city"] + "-" + named["partner"]
    return named[["unit", "city", "partner", "year", "cohort", "event_time", "effect"]]
