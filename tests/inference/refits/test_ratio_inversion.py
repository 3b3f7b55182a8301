"""Intervals of ratios from refits of every draw: their ends are where draws estimated anew turn against an effect."""

from dataclasses import replace

import numpy as np
import pytest

from twintrade.errors import EstimationError
from twintrade.estimators.base import Fit, fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.synthetic_control import PartiallyPooledSyntheticControl
from twintrade.inference.randomization import Randomization
from twintrade.inference.refits.dealing import deal_onsets
from twintrade.inference.refits.few_treated import compute_two_sided_share
from twintrade.inference.refits.permutation import replace_outcome
from twintrade.inference.refits.studentizing import build_studentizer

DRAWS = 19
PRINTED = 5e-4
"""Half of the last digit of an effect in percent with one decimal, in log points."""

METHODS = {
    "imputation, total": Imputation(family="poisson", measure="percent"),
    "regression": PPML(shape="static"),
    "synthetic controls of logs": PartiallyPooledSyntheticControl(min_before=2),
}


def make_design(gravity_panel, seed=1, **options):
    made = gravity_panel(seed=seed, **{"effect": 2.0, "n_cities": 5, "n_partners": 6, "n_treated": 5} | options)
    flow = made.with_outcome("flow", "level").observations.y ** 0.25
    is_zero = (np.random.default_rng(seed).random(flow.size) < 0.05) & ~made.observations.is_treated
    return replace_outcome(made, np.where(is_zero, 0.0, flow))


def make_log_design(gravity_panel):
    made = gravity_panel(seed=1, effect=0.5, n_cities=5, n_partners=6, n_treated=5)
    return replace(made, fixed_effects="two_way").with_outcome("flow", "log")


def in_logs(values, scale):
    return np.log1p(np.asarray(values) / 100) if scale == "percent" else np.asarray(values)


def compute_p(fitted, onsets, effect, name, noise):
    """Return the p-value of an effect by plain refits of what it leaves, for one effect by its name."""
    view = "overall" if name == "overall" else "event"
    o = fitted.design.observations
    is_log = fitted.design.transform == "log"
    left = replace_outcome(
        fitted.design, o.y - effect * o.is_treated if is_log else o.y / np.exp(effect * o.is_treated)
    )
    k = 0 if view == "overall" else fitted.view(view).names.index(name)

    def estimate(onset):
        try:
            again = fitted.estimator.estimate_views(left.reassigned(onset), (view,))
        except EstimationError:
            return np.nan
        shown = Fit(fitted.estimator, left, again).view(view)
        return float(shown.effects[shown.names.index(name) if view == "event" else 0])

    values = np.array([estimate(onset) for onset in (*onsets, fitted.design.onset)])
    if noise == "by_size":
        scale = build_studentizer(fitted, [view], onsets).scale(view, k, effect, 0.0)
        values = in_logs(values, fitted.estimate.scale) / scale
    return compute_two_sided_share(float(values[-1]), values[:-1][~np.isnan(values[:-1])])


@pytest.mark.parametrize(
    ("method", "noise"),
    [("imputation, total", "by_size"), ("regression", "equal"), ("synthetic controls of logs", "by_size")],
)
def test_the_ends_are_where_plain_refits_begin_to_reject(gravity_panel, method, noise) -> None:
    made = make_log_design if method.endswith("logs") else make_design
    fitted = fit(METHODS[method], made(gravity_panel))
    how = Randomization(draws=DRAWS, noise=noise, across="units", statistic="coefficient")
    bands = how.infer(fitted, "overall", np.random.default_rng(5))
    seed = int(np.random.default_rng(5).integers(2**31))
    onsets = deal_onsets(fitted, "units", DRAWS, np.random.default_rng(seed)).onsets
    assert bands.facts["statistic"] == "coefficient"
    assert bands.low[0] < bands.estimate.effects[0] < bands.high[0]
    low, high = in_logs([bands.low[0], bands.high[0]], fitted.estimate.scale)
    assert np.isfinite([low, high]).all()
    for end, outward in ((low, -1), (high, 1)):
        assert compute_p(fitted, onsets, end - outward * PRINTED, "overall", noise) > 0.05
        assert compute_p(fitted, onsets, end + outward * PRINTED, "overall", noise) <= 0.05


def test_an_end_that_no_effect_reaches_is_infinite(gravity_panel) -> None:
    fitted = fit(METHODS["imputation, total"], make_design(gravity_panel))
    bands = Randomization(draws=18, across="units").infer(fitted, "overall", np.random.default_rng(5))
    assert np.isinf([bands.low[0], bands.high[0]]).all()
    assert "unbounded-interval" in {message.code for message in bands.messages}


def test_another_measure_than_a_ratio_has_no_interval(gravity_panel) -> None:
    fitted = fit(Imputation(family="poisson", measure="difference"), make_design(gravity_panel))
    bands = Randomization(draws=39, across="units").infer(fitted, "overall", np.random.default_rng(5))
    assert np.isnan(bands.low[0])
    assert "no-interval" in {message.code for message in bands.messages}
