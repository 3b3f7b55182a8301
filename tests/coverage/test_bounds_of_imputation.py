"""How often bounds of an imputed headline hold the effect, and the directional test rejects, in gravity panels."""

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.pre_period.reference_year import build_common_base
from twintrade.estimators.base import fit
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.inference.auto import Auto
from twintrade.inference.clustered import Clustered
from twintrade.inference.randomization import Randomization
from twintrade.numerics.honest import Violation, find_interval_beyond

EFFECT, CITIES, PARTNERS, YEARS = 0.3, 15, 12, 12
METHODS = {
    "imputation": Imputation(),
    "Poisson imputation": Imputation(family="poisson", measure="percent"),
    "ETWFE-Poisson": ETWFE(family="poisson", measure="percent"),
}
CLUSTERED = Clustered(by=("unit",))
INFERENCES = {"auto": Auto(permutations=199), "randomization": Randomization(draws=199, intervals=False)}
PAIRS = [(method, inference) for method in METHODS for inference in INFERENCES]


def draw_panel(rng, method, slope):
    """Thirty agreements of two dates; about a third of Poisson flows are zero; a trend of the treated pairs."""
    city, partner = 0.2 * rng.normal(size=(CITIES, YEARS)), 0.2 * rng.normal(size=(PARTNERS, YEARS))
    pair = rng.normal(size=(CITIES, PARTNERS))
    onset = np.full(CITIES * PARTNERS, np.inf)
    onset[rng.choice(onset.size, 30, replace=False)] = rng.choice([6, 8], 30)
    shape = (CITIES, PARTNERS, YEARS)
    c, p, t = (a.ravel() for a in np.indices(shape))
    when = np.repeat(onset, YEARS)
    index = pair[c, p] + city[c, t] + partner[p, t] + EFFECT * (t >= when)
    index = index + np.where(np.isfinite(when), slope * t, 0.0)
    if method.is_poisson:
        y = rng.poisson(np.exp(0.6 + index) * rng.gamma(4, 1 / 4, index.size)).astype(float)
    else:
        y = index + 0.5 * rng.normal(size=index.size)
    frame = pd.DataFrame({"city": c, "partner": p, "period": 2000 + t, "y": y})
    frame["dyad"] = [f"{i:02d}-{j:02d}" for i, j in zip(c, p, strict=True)]
    dates = pd.Series(2000 + onset, index=frame["dyad"].drop_duplicates().to_numpy())
    return Design(
        panel=Panel.from_frame(frame, unit="dyad", city="city", partner="partner"),
        treatment=Treatment.from_series(dates),
        outcome="y",
        fixed_effects="gravity",
        window=(-5, 5),
    )


def count(method, inference, slope, panels, seed=0):
    """Shares of panels in which the effect is held at M-bar 0 and 1, and the directional test rejects."""
    out = []
    for k in range(panels):
        rng = np.random.default_rng([seed, k])
        fitted = fit(method, draw_panel(rng, method, slope))
        base = build_common_base(fitted, inference, rng)
        path = base.build_bounded()
        violations = [Violation("relative_magnitudes", m) for m in (0.0, 1.0)]
        held = [find_interval_beyond(path, EFFECT, v, "least_favorable", 0.95, rng) is None for v in violations]
        out.append((*held, base.test_slope().p < 0.05))
    return np.mean(out, axis=0)


# Errors clustered by pair alone are held to this for logs only: totals rest on a few large pairs (11 to 16 equal ones
# here), of which the directional test then rejects 15 % (ETWFE-Poisson, 150 panels) and 11 % (120). `auto` sees that.
@pytest.mark.slow
@pytest.mark.parametrize(("method", "inference"), [*PAIRS, ("imputation", "clustered")])
def test_bounds_hold_the_effect(method, inference):
    panels = 60
    none, one, rejects = count(METHODS[method], INFERENCES.get(inference, CLUSTERED), 0.0, panels)
    error = np.sqrt(0.05 * 0.95 / panels)
    assert none > 0.95 - 3 * error - 0.03
    assert one > 0.95 - 3 * error
    assert rejects < 0.05 + 3 * error + 0.03


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_bounds_as_large_as_the_trend_before_hold_the_effect_under_a_trend(method):
    none, one, rejects = count(METHODS[method], CLUSTERED, 0.15, 60)
    assert none < 0.5
    assert one > 0.86
    assert rejects > 0.5
