"""A trade table drawn by a committed seed, for as long as the real series is not at hand."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedTrade:
    """What to draw in place of a file; everything made from it says SIMULATED.

    A flow is the product of a city's size, a partner's size, how well the two fit, what happens to the city and to
    the partner over time, and a yearly shock. No twinning moves it unless an effect is planted.

    Attributes
    ----------
    seed : int
    cities, partners : tuple of str
        As the registry names them; partners as codes.
    first, last : int
        Years.
    level : float
        A typical flow in the first year, in the money unit of the table.
    growth : float
        Log points a year, common to all flows.
    noise : float
        Standard deviation of a flow's yearly shock, in log points.
    effect : float
        Log points planted on ``effect_on`` from ``effect_from`` on.
    effect_on : tuple of str
        Dyads, as city-partner.
    effect_from : int or None
    """

    seed: int
    cities: tuple[str, ...]
    partners: tuple[str, ...]
    first: int
    last: int
    level: float = 50e6
    growth: float = 0.06
    noise: float = 0.12
    effect: float = 0.0
    effect_on: tuple[str, ...] = ()
    effect_from: int | None = None

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError("a seed is a whole number from 0")
        if not self.cities or not self.partners or self.last <= self.first:
            raise ValueError("a simulated table needs cities, partners and at least two years")
        if self.level <= 0 or self.noise < 0:
            raise ValueError("level must be positive and noise not negative")
        if self.effect and (not self.effect_on or self.effect_from is None):
            raise ValueError("an effect needs effect_on (dyads) and effect_from (a year)")
        known = {f"{c}-{p}" for c in self.cities for p in self.partners}
        if unknown := sorted(set(self.effect_on) - known):
            raise ValueError(f"effect_on names {unknown[0]}, which is no dyad of this table")


def simulate_trade(options: SimulatedTrade, city: str, partner: str, period: str, value: str) -> pd.DataFrame:
    """Return a long table with the named columns, one row a dyad and year, values in whole money units.

    ``city``, ``partner``, ``period``, ``value``: column names, those the analysis file declares for the real file.
    """
    rng = np.random.default_rng(options.seed)
    years = np.arange(options.first, options.last + 1)
    shape = (len(options.cities), len(options.partners), years.size)
    size = rng.normal(0.0, 0.6, shape[0])[:, None, None] + rng.normal(0.0, 0.7, shape[1])[None, :, None]
    fit = rng.normal(0.0, 0.4, shape[:2])[:, :, None]
    city_path = rng.normal(0.0, 0.08, (shape[0], 1, shape[2])).cumsum(axis=2)
    partner_path = rng.normal(0.0, 0.08, (1, shape[1], shape[2])).cumsum(axis=2)
    shock = rng.normal(0.0, options.noise, shape)
    trend = options.growth * (years - options.first)
    log_flow = np.log(options.level) + size + fit + city_path + partner_path + shock + trend
    frame = pd.MultiIndex.from_product([options.cities, options.partners, years], names=[city, partner, period])
    table = frame.to_frame(index=False)
    dyad = table[city].astype(str) + "-" + table[partner].astype(str)
    planted = dyad.isin(options.effect_on) & (table[period] >= (options.effect_from or options.last + 1))
    table[value] = np.rint(np.exp(log_flow.ravel() + options.effect * planted.to_numpy())).astype(np.int64)
    return table
