"""The Monte Carlo error of an interval's end is the spread of that end over other draws."""

from functools import partial

import numpy as np
import pytest

from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.twfe import TWFE
from twintrade.inference.randomization import Randomization
from twintrade.inference.refits.few_treated import find_ends, invert_randomization, invert_studentized
from twintrade.simulate import simulate
from twintrade.study.observing.observe import observe
from twintrade.study.plan.designs import Designs
from twintrade.study.plan.jobs import plan_analysis
from twintrade.text import numbers

DRAWS = 499


@pytest.mark.parametrize("is_studentized", [False, True])
def test_the_error_is_the_spread_over_draws(is_studentized):
    rng, found = np.random.default_rng(301), []
    for _ in range(400):
        drawn = rng.standard_normal(DRAWS)
        slopes = rng.uniform(-0.2, 0.2, DRAWS)
        if is_studentized:
            found.append(invert_studentized(0.5, 1.0, drawn, slopes, lambda d: np.full(DRAWS + 1, 1 + d * d), 0.95))
        else:
            found.append(find_ends(partial(invert_randomization, 0.5, 1.0, drawn, slopes, 0.95), DRAWS, 0.95))
    ends, errors = np.array(found)[:, :2], np.array(found)[:, 2:]
    np.testing.assert_allclose(errors.mean(axis=0), ends.std(axis=0), rtol=0.15)


def test_an_end_without_bound_has_no_error():
    drawn = np.random.default_rng(302).standard_normal(19)
    ends = find_ends(partial(invert_randomization, 0.5, 1.0, drawn, np.full(19, 2.0), 0.95), 19, 0.95)
    assert np.isinf(ends[:2]).all()
    assert np.isnan(ends[2:]).all()


def test_all_assignments_leave_no_error():
    design = simulate(np.random.default_rng(303), n_cities=7, cohorts={2004: 0.3}).design()
    bands = Randomization(across="units", draws=999).infer(
        fit(TWFE("static"), design), "overall", np.random.default_rng(1)
    )
    assert bands.facts["is_complete"] == 1
    assert bands.low_error[0] == bands.high_error[0] == 0.0


@pytest.fixture(scope="module")
def proportional():
    options = {"n_cities": 8, "n_partners": 6, "mean": 40.0, "noise": 0.5}
    made = simulate(
        np.random.default_rng(304), family="poisson", cohorts={2004: 0.1, 2006: 0.1}, effect=0.2, **options
    )
    return fit(Imputation(family="poisson", measure="percent"), made.design(fixed_effects="two_way"))


def test_errors_of_ratios_are_the_spread_over_seeds(proportional):
    bands = [
        Randomization(draws=199).infer(proportional, "overall", np.random.default_rng(seed)) for seed in range(12)
    ]
    for end in ("low", "high"):
        ends = np.array([getattr(b, end)[0] for b in bands])
        errors = np.array([getattr(b, f"{end}_error")[0] for b in bands])
        assert 0.5 < errors.mean() / ends.std(ddof=1) < 2.0


def test_event_times_have_errors_and_the_frame_holds_them(proportional):
    bands = Randomization(draws=99).infer(proportional, "event", np.random.default_rng(1))
    frame = bands.to_frame()
    known = np.isfinite(bands.low) & (bands.low != 0)
    assert known.any()
    assert (frame.loc[known, "low_error"] > 0).all()


@pytest.mark.slow
def test_printed_ends_of_the_bundled_states_hold_over_seeds(root):
    """At 499 draws ends differ by up to 11 points over 20 seeds; as printed, by one of the last digit."""
    fitted, method = fit_headline(root, "us-states")
    printed = {"low": [], "high": []}
    for seed in range(20):
        bands = method.infer(fitted, "overall", np.random.default_rng(seed))
        for name, ends in printed.items():
            value, error = getattr(bands, name)[0], getattr(bands, f"{name}_error")[0]
            decimals = numbers.choose_end_decimals(value, error, 1)
            ends.append((round(value, decimals), 10.0**-decimals))
    for ends in printed.values():
        values, units = np.array(ends).T
        assert (np.abs(values - np.median(values)) <= units * (1 + 1e-9)).sum() >= 19


def fit_headline(root, name):
    plan, _ = plan_analysis(root, name, (root / "analyses" / f"{name}.toml").read_text(encoding="utf-8"))
    column = next(column for column in plan.columns if column.is_headline)
    design = Designs(observe(name, plan.spec, root), plan.spec.case).of(column)
    fitted = fit(column.estimator, design)
    return fitted, plan.inference_of(column).resolved(fitted)
