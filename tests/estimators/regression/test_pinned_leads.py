"""Where every unit is treated in the end a lead beside the reference is set to zero, and the effects say so."""

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.estimators.base import fit
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.study.page.specifications import describe_base


def design_of(*, has_never):
    rng = np.random.default_rng(4)
    onset = pd.Series({f"u{k:02d}": (2004.0, 2005.0, 2008.0)[k % 3] for k in range(24)})
    if has_never:
        onset[onset == 2008] = np.inf
    years = np.arange(2000, 2012)
    frame = pd.DataFrame([(u, t) for u in onset.index for t in years], columns=["unit", "period"])
    frame["y"] = np.exp(0.3 * rng.normal(size=len(frame)) + 0.5 * (frame["period"] >= frame["unit"].map(onset)))
    panel = Panel.from_frame(frame, unit="unit")
    return Design(
        panel=panel, treatment=Treatment.from_series(onset.reindex(panel.units)), outcome="y", window=(-4, 4)
    )


@pytest.mark.parametrize("method", [TWFE(), PPML()], ids=repr)
def test_the_lead_set_to_zero_is_named_beside_the_effects(method):
    design = design_of(has_never=False)
    result = fit(method, design)
    assert result.estimate.pinned == result.view("event").pinned == (-8,)
    assert "zero as well: -8" in repr(result.view("event"))
    assert -8 not in result.estimate.event_times
    assert "Event time −8 counts as zero as well: the fixed effects" in str(describe_base(result))


@pytest.mark.parametrize("method", [TWFE(), PPML()], ids=repr)
def test_a_line_through_the_event_times_is_what_it_leaves_open(method):
    """The same regression with another lead at zero differs by a line that is zero at the reference."""
    design = design_of(has_never=False)
    one = fit(method, design).estimate
    other = fit(type(method)(second_reference=-3), design).estimate
    assert other.pinned == (-3,)
    shared = np.intersect1d(one.event_times, other.event_times)
    gap = one.effects[np.isin(one.event_times, shared)] - other.effects[np.isin(other.event_times, shared)]
    slope = gap[-1] / (shared[-1] + 1)
    assert abs(slope) > 0.01
    np.testing.assert_allclose(gap, slope * (shared + 1), atol=1e-7)


def test_nothing_is_pinned_beside_never_treated_units_or_binned_ends():
    assert fit(TWFE(bins=True), design_of(has_never=False)).estimate.pinned == ()
    result = fit(TWFE(), design_of(has_never=True))
    assert result.estimate.pinned == ()
    assert "as well" not in str(describe_base(result))
    chosen = fit(TWFE(second_reference=-3), design_of(has_never=True))
    assert str(describe_base(chosen)).endswith("Event time −3 counts as zero as well.")
