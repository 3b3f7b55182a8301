"""What a randomization has estimated is what its draws give when they are estimated anew."""

from dataclasses import replace

import numpy as np
import pytest
from case_tables import loop_over

from twintrade.diagnostics.variants import compare_paired, draw_paired
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.twfe import TWFE
from twintrade.inference.randomization import Randomization
from twintrade.inference.refits import draw_headline, find_draws

TOTAL = Imputation(family="poisson", measure="percent")
METHOD = Randomization(draws=39, across="units")


def make_fit(gravity_panel, estimator, fixed_effects="gravity"):
    made = gravity_panel(effect=0.7, n_cities=6, n_partners=6, n_treated=5, fixed_effects=fixed_effects)
    transform = "level" if estimator is TOTAL else "log"
    return fit(estimator, made.with_outcome("flow", transform))


@loop_over("fixed_effects", ["gravity", "two_way"])
@loop_over("estimator", [TWFE(shape="static"), Imputation(), TOTAL], ids=lambda one: one.name)
def test_effects_of_what_the_headline_leaves_need_no_estimate(gravity_panel, estimator, fixed_effects) -> None:
    fitted = make_fit(gravity_panel, estimator, fixed_effects)
    METHOD.infer(fitted, "overall", np.random.default_rng(5))
    onsets = find_draws(fitted).dealing.onsets[:19]
    known = draw_headline(fitted, onsets, np.random.default_rng(1), has_noise_by_size=True)
    fitted.design.workings.clear()
    anew = draw_headline(fitted, onsets, np.random.default_rng(1), has_noise_by_size=True)
    close = 1e-4 if estimator is TOTAL else 1e-10
    np.testing.assert_allclose(known.effects, anew.effects, rtol=close, atol=close, equal_nan=True)
    assert np.isfinite(known.effects[:-1]).sum() >= 15
    np.testing.assert_allclose(known.scales, anew.scales, rtol=close)


def test_draws_that_rounds_follow_are_compared_with_none_that_they_do_not(gravity_panel) -> None:
    """Differences are of estimates in one step on both sides."""
    fitted, again = (make_fit(gravity_panel, one) for one in (TOTAL, TOTAL))
    replace(METHOD, noise="by_row").infer(fitted, "overall", np.random.default_rng(5))
    METHOD.infer(again, "overall", np.random.default_rng(5))
    drawn, other = (draw_paired(one, METHOD, np.random.default_rng(1)) for one in (fitted, again))
    assert all(map(np.array_equal, drawn.onsets, other.onsets))
    np.testing.assert_allclose(drawn.effects, other.effects, rtol=1e-4, atol=1e-4)
    drawn = draw_paired(fitted, replace(METHOD, noise="by_row"), np.random.default_rng(1))
    np.testing.assert_allclose(drawn.scales, other.scales, rtol=1e-4)


def test_a_check_compares_under_the_assignments_of_the_column(gravity_panel, monkeypatch) -> None:
    fitted = make_fit(gravity_panel, TWFE(shape="static"))
    again = fit(Imputation(), fitted.design)
    for one in (fitted, again):
        METHOD.infer(one, "overall", np.random.default_rng(5))
    anew = compare_paired(fitted, again, METHOD, np.random.default_rng(1))
    drawn = draw_paired(fitted, METHOD, np.random.default_rng(1))
    assert all(map(np.array_equal, drawn.onsets, find_draws(again).dealing.onsets))
    monkeypatch.setattr("twintrade.inference.refits.paired.permute", lambda *_: pytest.fail("estimated once more"))
    assert compare_paired(fitted, again, METHOD, np.random.default_rng(1), drawn) == anew


def test_a_check_with_fewer_draws_takes_the_first_of_the_column(gravity_panel) -> None:
    fitted = make_fit(gravity_panel, TOTAL)
    METHOD.infer(fitted, "overall", np.random.default_rng(5))
    drawn = draw_paired(fitted, replace(METHOD, draws=19, intervals=False), np.random.default_rng(1))
    assert len(drawn.onsets) == 19
    assert all(map(np.array_equal, drawn.onsets, find_draws(fitted).dealing.onsets[:19]))


def test_fewer_draws_of_a_check_do_not_take_the_place_of_the_columns(gravity_panel) -> None:
    fitted = make_fit(gravity_panel, TWFE(shape="static"))
    METHOD.infer(fitted, "overall", np.random.default_rng(5))
    known = find_draws(fitted)
    replace(METHOD, draws=19).infer(fitted, "overall", np.random.default_rng(6))
    assert find_draws(fitted) is known


def test_draws_of_other_options_are_not_taken(gravity_panel) -> None:
    fitted = make_fit(gravity_panel, Imputation())
    METHOD.infer(fitted, "overall", np.random.default_rng(5))
    other = Randomization(draws=39, across="cities")
    drawn = draw_paired(fitted, other, np.random.default_rng(1))
    assert drawn is None or not all(map(np.array_equal, drawn.onsets, find_draws(fitted).dealing.onsets))


def test_the_note_says_that_comparison_rows_count_and_rounds_follow(gravity_panel) -> None:
    fitted = make_fit(gravity_panel, TOTAL)
    notes = {
        noise: replace(METHOD, noise=noise).infer(fitted, "overall", np.random.default_rng(5))
        for noise in ("by_row", "by_size")
    }
    assert "followed by rounds of exact updates" in str(notes["by_row"].note)
    assert "comparison rows included" in str(notes["by_row"].note)
    assert notes["by_row"].facts["noise"] == "by_row"
    assert "rows included" not in str(notes["by_size"].note)
    assert "followed by rounds of exact updates" in str(notes["by_size"].note)
