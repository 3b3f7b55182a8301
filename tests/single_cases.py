"""Small dyadic panels with one treated flow, for the tests of single-case methods."""

import numpy as np
import pandas as pd

from twintrade.design import Design, Donors, Panel, Treatment


def rectangle_frame(
    n_cities: int = 5, n_partners: int = 6, n_periods: int = 12, seed: int = 1, noise: float = 0.05
) -> pd.DataFrame:
    """Flows = city × partner × city-year × partner-year factors, first year 2000; noise multiplies."""
    rng = np.random.default_rng(seed)
    city, partner = rng.normal(3, 0.5, n_cities), rng.normal(2, 0.5, n_partners)
    city_year = rng.normal(0, 0.2, (n_cities, n_periods)).cumsum(axis=1)
    partner_year = rng.normal(0, 0.2, (n_partners, n_periods)).cumsum(axis=1)
    log_flow = (city[:, None, None] + partner[None, :, None]) + city_year[:, None, :] + partner_year[None, :, :]
    log_flow = log_flow + noise * rng.normal(size=log_flow.shape)
    keys = pd.MultiIndex.from_product(
        [[f"c{i}" for i in range(n_cities)], [f"p{j}" for j in range(n_partners)], range(2000, 2000 + n_periods)],
        names=["city", "partner", "year"],
    )
    return pd.Series(np.exp(log_flow.ravel()), index=keys, name="exports").reset_index()


def dyad_design(frame: pd.DataFrame, onsets: dict[str, float], **options: object) -> Design:
    """A design of city-partner dyads; ``excluded`` and Design's own options as keywords."""
    panel = Panel.from_frame(frame, period="year", city="city", partner="partner")
    excluded = options.pop("excluded", {})
    onset = np.array([onsets.get(u, np.inf) for u in panel.units])
    treatment = Treatment(units=panel.units, onset=onset, excluded=excluded)
    return Design(panel=panel, treatment=treatment, outcome="exports", **options)


def matrix_design(values: np.ndarray, onset: float, first: int = 2000, **options: object) -> Design:
    """A design from a (n_units, n_periods) matrix, first row treated; units are t0, d1, d2, ..."""
    n_units, n_periods = values.shape
    units = ["t0", *(f"d{i:03d}" for i in range(1, n_units))]
    frame = pd.DataFrame(
        {
            "unit": np.repeat(units, n_periods),
            "year": np.tile(np.arange(first, first + n_periods), n_units),
            "y": values.ravel(),
        }
    )
    panel = Panel.from_frame(frame, period="year", unit="unit")
    onsets = np.where(panel.units == "t0", onset, np.inf)
    donors = Donors(units=tuple(units[1:]))
    treatment = Treatment(units=panel.units, onset=onsets)
    return Design(panel=panel, treatment=treatment, outcome="y", comparison=donors, **options)


def factor_matrix(
    rng: np.random.Generator, n_units: int = 21, n_periods: int = 20, rho: float = 0.3, factors: int = 2
) -> np.ndarray:
    """Exchangeable units: common factors with random loadings and AR(1) errors."""
    loadings = rng.normal(1, 0.5, (n_units, factors))
    common = rng.normal(size=(factors, n_periods)).cumsum(axis=1) * 0.5
    shocks = rng.normal(size=(n_units, n_periods))
    errors = np.empty_like(shocks)
    errors[:, 0] = shocks[:, 0] / np.sqrt(1 - rho**2)
    for t in range(1, n_periods):
        errors[:, t] = rho * errors[:, t - 1] + shocks[:, t]
    return 10 + loadings @ common + 0.5 * errors
