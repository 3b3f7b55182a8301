"""Placebo in space: ranks, their floor, and the interval that the rank allows."""

import numpy as np
import pytest
from single_cases import dyad_design, rectangle_frame

from twintrade.errors import InferenceError
from twintrade.estimators.base import fit
from twintrade.estimators.synthetic_control import DoubleRatio
from twintrade.inference.placebo import Placebo, refit_donor_placebos


def test_rank_equals_the_count_by_hand(dense, gravity_panel, rng) -> None:
    design = gravity_panel(n_cities=5, n_partners=5, n_treated=1, effect=1.0)
    fitted = fit(dense(static=True), design)
    bands = Placebo().infer(fitted, "overall", rng)
    treated = int(np.flatnonzero(np.isfinite(design.onset))[0])
    effects = []
    for unit in range(25):
        if unit == treated:
            continue
        onset = np.full(25, np.inf)
        onset[unit] = design.onset[treated]
        alone = design.reassigned(onset).without([design.panel.units[treated]])
        effects.append(fitted.refit(alone, "overall").view("overall").effects[0])
    larger = (np.abs(effects) >= abs(bands.estimate.effects[0])).sum()
    assert bands.p[0] == pytest.approx((1 + larger) / 25)
    assert bands.facts["floor"] == pytest.approx(1 / 25)
    assert "0.04" in str(bands.note)


def test_interval_ends_where_the_rank_starts_to_reject(dense, gravity_panel, rng) -> None:
    design = gravity_panel(n_cities=6, n_partners=8, n_treated=1)
    fitted = fit(dense(static=True), design)
    bands = Placebo().infer(fitted, "overall", rng)
    sizes = np.sort(np.abs(refit_donor_placebos(fitted, ["overall"]).effects["overall"][:, 0]))[::-1]
    # 48 cases: p exceeds 0.05 as long as at least two donors are as large.
    assert bands.high[0] - bands.estimate.effects[0] == pytest.approx(sizes[1])
    assert bands.estimate.effects[0] - bands.low[0] == pytest.approx(sizes[1])


def test_no_interval_below_the_floor(dense, gravity_panel, rng) -> None:
    fitted = fit(dense(static=True), gravity_panel(n_cities=3, n_partners=4, n_treated=1))
    bands = Placebo().infer(fitted, "overall", rng)
    assert np.isnan(bands.low[0])
    assert "no-interval" in {m.code for m in bands.messages}


def test_event_study_ranks_the_rmspe_ratio(dense, gravity_panel, rng) -> None:
    fitted = fit(dense(), gravity_panel(n_cities=5, n_partners=5, n_treated=1, effect=20.0))
    bands = Placebo().infer(fitted, "event", rng)
    assert bands.facts["rmspe_ratio_p"] == pytest.approx(1 / 25)


def test_several_treated_units_are_refused(dense, gravity_panel, rng) -> None:
    with pytest.raises(InferenceError, match="exactly one treated unit"):
        Placebo().infer(fit(dense(static=True), gravity_panel(n_treated=3)), "overall", rng)


@pytest.mark.parametrize(("onset", "is_told"), [(2003, False), (2004, True)])
def test_a_single_case_with_three_periods_before_gets_no_p_value(rng, onset, is_told) -> None:
    fitted = fit(DoubleRatio(), dyad_design(rectangle_frame(), {"c0-p0": onset}))
    for view, bands in Placebo().infer_views(fitted, ["event", "overall"], rng).items():
        assert np.isfinite(bands.p).any() == is_told, view
        assert np.isfinite(bands.low).any() == is_told
        assert ("few-periods-before" in {m.code for m in bands.messages}) != is_told
    if not is_told:
        assert "3 periods before the agreement, and 4 are needed" in str(bands.note)
