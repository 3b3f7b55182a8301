"""A regression on an event study, dense and obvious, to give inference something whose every part is known."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from reference_results import read_data

from twintrade.design import Design, Panel, Treatment
from twintrade.effects import EventStudy, Regression, UnitInfluence
from twintrade.estimators.base import Estimator, Fit, fit
from twintrade.estimators.twfe import TWFE
from twintrade.numerics.absorption.absorb import build_absorber


@dataclass(frozen=True, slots=True)
class DenseEventStudy(Estimator):
    """OLS on event-time dummies and absorbed effects; ``static`` for a single treatment dummy."""

    static: bool = False
    title: ClassVar[str] = "Dense event study"

    def estimate(self, design: Design) -> EventStudy:
        o = design.observations
        low, high = design.window
        if self.static:
            times, columns = np.array([0]), o.is_treated[:, None].astype(float)
        else:
            clipped = np.where(o.is_ever_treated[o.unit], np.clip(o.event_time, low, high), low - 1)
            times = np.unique(clipped[clipped >= low])
            columns = (clipped[:, None] == times[times != design.reference]).astype(float)
        covariates = np.column_stack([columns, o.covariates])
        x = build_absorber(o.effect_codes(), o.weights).residualize(np.column_stack([covariates, o.y]))
        x, y = x[:, :-1], x[:, -1]
        w = np.ones(o.n_rows) if o.weights is None else o.weights
        bread = np.linalg.inv(x.T @ (x * w[:, None]))
        slopes = bread @ (x.T @ (w * y))
        places = np.flatnonzero(times != design.reference)
        selector = np.zeros((slopes.size, times.size))
        selector[np.arange(places.size), places] = 1.0
        rows = np.arange(o.n_rows)
        source = Regression(rows, x, y - x @ slopes, w, bread, selector)
        values = np.zeros((o.n_units, times.size))
        np.add.at(values, o.unit, source.row_influence())
        counts = np.array([int((o.event_time == e).sum()) for e in times])
        return EventStudy(
            effects=slopes @ selector,
            uncertainty=UnitInfluence(o.unit_ids, values, source),
            scale=design.scale,
            sample=o.sample(n_slopes=slopes.size, effects=design.effect_names),
            names=tuple(f"{e:+d}" for e in times),
            n_units=counts,
            n_cells=counts,
            row_weights=counts.astype(np.float64),
            base="universal",
            event_times=times,
            reference=None if self.static else design.reference,
        )

    def assumption(self, design: Design) -> str:
        return ""

    def estimand(self, design: Design) -> str:
        return ""


@pytest.fixture(scope="session")
def dense():
    return DenseEventStudy


@pytest.fixture(scope="session")
def few_clusters():
    """Fit ten clusters of two sizes as summclust and fwildclusterboot did."""
    frame = read_data("sim_fewclusters")
    frame["unit"] = frame["cl"].astype(str) + "." + frame["id"].astype(str)
    panel = Panel.from_frame(frame, unit="unit", city="cl", period="t")
    tied = frame.groupby("unit")["D"].max()
    design = Design(
        panel=panel,
        treatment=Treatment.from_series(tied.map({0: np.inf, 1: 4})),
        outcome="y",
        fixed_effects=("city", "period"),
        covariates=("x",),
        clusters=("city",),
    )
    return fit(TWFE(shape="static"), design)


@pytest.fixture(scope="session")
def castle_fit():
    """Fit the castle-doctrine panel as the reference numbers do."""
    frame = read_data("castle")

    def build(static: bool, clusters: tuple[str, ...] = ("unit",), window=(-30, 30), **options) -> Fit:
        panel = Panel.from_frame(frame, unit="sid", period="year")
        onset = frame.groupby("sid")["effyear"].first()
        design = Design(
            panel=panel,
            treatment=Treatment.from_series(onset),
            outcome="l_homicide",
            clusters=clusters,
            window=window,
            always_treated="keep",
            **options,
        )
        return fit(DenseEventStudy(static=static), design)

    return build


@pytest.fixture(scope="session")
def gravity_panel():
    """A small city by partner panel with a known effect on the treated dyads, no other effect of treatment."""

    def build(
        seed: int = 1,
        n_cities: int = 8,
        n_partners: int = 9,
        n_periods: int = 8,
        n_treated: int = 10,
        effect: float = 0.0,
        fixed_effects: str = "two_way",
        clusters: tuple[str, ...] = ("city", "partner"),
    ) -> Design:
        rng = np.random.default_rng(seed)
        frame = pd.MultiIndex.from_product(
            [[f"c{i}" for i in range(n_cities)], [f"p{i}" for i in range(n_partners)], range(2000, 2000 + n_periods)],
            names=["city", "partner", "period"],
        ).to_frame(index=False)
        n_units = n_cities * n_partners
        onset = np.full(n_units, np.inf)
        onset[rng.choice(n_units, n_treated, replace=False)] = 2000 + rng.integers(3, n_periods - 2, n_treated)
        period = frame["period"].to_numpy()
        noise = rng.normal(size=len(frame)) + np.repeat(rng.normal(size=n_units), n_periods)
        frame["y"] = noise + effect * (period >= np.repeat(onset, n_periods))
        frame["flow"] = np.exp(frame["y"])
        panel = Panel.from_frame(frame, city="city", partner="partner")
        treatment = Treatment(panel.units, onset)
        return Design(
            panel=panel,
            treatment=treatment,
            outcome="y",
            fixed_effects=fixed_effects,
            clusters=clusters,
            window=(-3, 3),
        )

    return build


@pytest.fixture
def rng():
    return np.random.default_rng(20240501)
