"""On/off, falling and many-valued treatments against sums written out switcher by switcher."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, NotYetTreated, Panel, Treatment
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.chaisemartin_dhaultfoeuille import ChaisemartinDHaultfoeuille
from twintrade.simulate import simulate

EXACT = 1e-10
"""The same sums in another order."""

N_PERIODS = 9


def doses(rng, n_units):
    """Paths that start at 0 or 1 and move in steps, up, down, back and forth."""
    path = np.zeros((n_units, N_PERIODS))
    for i in range(n_units):
        level = float(rng.integers(0, 2))
        for t in range(N_PERIODS):
            if t >= 2 and rng.random() < 0.18:
                level = float(rng.integers(0, 4))
            path[i, t] = level
    return path


def built(path, y, missing=None, **options):
    n_units = path.shape[0]
    frame = pd.DataFrame(
        {
            "unit": np.repeat([f"u{i:03d}" for i in range(n_units)], N_PERIODS),
            "period": np.tile(np.arange(2000, 2000 + N_PERIODS), n_units),
            "y": y.ravel(),
            "dose": path.ravel(),
        }
    )
    if missing is not None:
        frame = frame[~missing.ravel()]
    panel = Panel.from_frame(frame, unit="unit")
    treatment = Treatment.from_dose(panel, panel.values("dose"))
    return Design(panel=panel, treatment=treatment, outcome="y", window=(-3, 3), always_treated="keep", **options)


def by_hand(path, y, step, lead=False):
    """Sum over switchers, one at a time, of their change less the change of the units not yet switched."""
    terms = []
    for i, own in enumerate(path):
        changes = np.flatnonzero(own != own[0])
        if not changes.size:
            continue
        f = changes[0]
        at, sign = f + step - 1, np.sign(own[f] - own[0])
        far = f - 1 - step if lead else at
        if at >= N_PERIODS or far < 0 or ((own[: at + 1] - own[0]) * sign < 0).any():
            continue
        others = [j for j, p in enumerate(path) if p[0] == own[0] and (p[: at + 1] == p[0]).all()]
        if others:
            gap = y[i, far] - y[i, f - 1] - np.mean([y[j, far] - y[j, f - 1] for j in others])
            received = sign * (own[f : at + 1] - own[0])
            terms.append((sign * gap, received[-1], received.sum()))
    return np.array(terms)


@pytest.fixture(scope="module")
def made():
    rng = np.random.default_rng(5)
    path = doses(rng, 60)
    return path, rng.normal(size=path.shape) + path


def test_effects_are_the_sums_over_switchers(made):
    study = fit(ChaisemartinDHaultfoeuille(), built(*made)).estimate
    for e, effect, n in zip(study.event_times, study.effects, study.n_units, strict=True):
        if e == -1:
            assert effect == n == 0
            continue
        terms = by_hand(*made, e + 1 if e >= 0 else -1 - e, lead=e < 0)
        assert effect == pytest.approx(terms[:, 0].mean(), abs=EXACT)
        assert n == len(terms)


def test_normalized_effects_divide_by_the_dose_received(made):
    study = fit(ChaisemartinDHaultfoeuille(normalized=True), built(*made)).estimate
    terms = by_hand(*made, 3)
    at = study.event_times == 2
    np.testing.assert_allclose(study.effects[at], terms[:, 0].mean() / terms[:, 2].mean(), rtol=EXACT)


@pytest.mark.parametrize("normalized", [False, True])
def test_the_average_is_the_total_effect_over_the_total_dose(made, normalized):
    every = [by_hand(*made, step) for step in range(1, N_PERIODS)]
    for effects in (None, 4):
        terms = np.vstack([part for part in every[:effects] if len(part)])
        method = ChaisemartinDHaultfoeuille(normalized=normalized, effects=effects)
        overall = fit(method, built(*made)).view("overall")
        np.testing.assert_allclose(overall.effects, terms[:, 0].sum() / terms[:, 1].sum(), rtol=EXACT)
        assert overall.n_cells[0] == len(terms)


def test_a_dose_in_units_of_two_halves_the_average_and_nothing_else(made):
    path, y = made
    one, two = (fit(ChaisemartinDHaultfoeuille(), built(k * path, y)) for k in (1, 2))
    np.testing.assert_allclose(one.estimate.effects, two.estimate.effects, rtol=EXACT)
    np.testing.assert_allclose(one.view("overall").effects, 2 * two.view("overall").effects, rtol=EXACT)


def test_exits_alone_are_entries_seen_from_the_other_side():
    rng = np.random.default_rng(8)
    entry = (np.arange(N_PERIODS) >= rng.integers(3, 13, 40)[:, None]).astype(float)
    y = rng.normal(size=entry.shape)
    into, out = (fit(ChaisemartinDHaultfoeuille(), built(p, y)).estimate for p in (entry, 1 - entry))
    np.testing.assert_allclose(into.effects, -out.effects, atol=EXACT)
    np.testing.assert_allclose(into.uncertainty.matrix(), -out.uncertainty.matrix(), atol=EXACT)


def test_an_absorbing_tie_gives_the_event_study_of_callaway_and_santanna():
    design = simulate(np.random.default_rng(2), n_cities=80, n_periods=10).design(
        comparison=NotYetTreated(), window=(0, 4)
    )
    ours = fit(ChaisemartinDHaultfoeuille(), design).view("event")
    theirs = fit(CallawaySantAnna(), design).view("event")
    picked = ours.event_times >= 0
    np.testing.assert_allclose(ours.effects[picked], theirs.effects[theirs.event_times >= 0], atol=EXACT)


def test_same_switchers_are_the_same_at_every_horizon(made):
    study = fit(ChaisemartinDHaultfoeuille(same_switchers=True, effects=4), built(*made)).estimate
    after = study.n_units[study.event_times >= 0]
    assert (after == after[0]).all()
    assert after[0] == len(by_hand(*made, 4))
    with pytest.raises(DesignError, match="needs effects"):
        fit(ChaisemartinDHaultfoeuille(same_switchers=True), built(*made))


def test_a_change_across_a_gap_has_no_known_moment():
    rng = np.random.default_rng(9)
    entry = (np.arange(N_PERIODS) >= rng.integers(3, 12, 30)[:, None]).astype(float)
    entry[0], entry[1] = (np.arange(N_PERIODS) >= 4), 0.0
    y = rng.normal(size=entry.shape)
    missing = np.zeros(entry.shape, dtype=bool)
    missing[0, 3] = missing[1, 5] = True
    gap = fit(ChaisemartinDHaultfoeuille(), built(entry, y, missing)).estimate
    cut, hidden = entry.copy(), y.copy()
    cut[0], hidden[0, 3:], hidden[1, 5] = 0.0, np.nan, np.nan
    lost = fit(ChaisemartinDHaultfoeuille(), built(cut, hidden, np.isnan(hidden))).estimate
    np.testing.assert_allclose(gap.effects, lost.effects, atol=EXACT)


def test_groups_of_one_are_pooled_or_dropped():
    rng = np.random.default_rng(10)
    entry = (np.arange(N_PERIODS) >= np.r_[4, np.full(10, 5), np.full(12, 99)][:, None]).astype(float)
    design = built(entry, rng.normal(size=entry.shape))
    pooled, dropped = (
        fit(ChaisemartinDHaultfoeuille(singletons=s), design).estimate.uncertainty.matrix()
        for s in ("pooled", "dropped")
    )
    np.testing.assert_allclose(pooled[1:], dropped[1:], atol=EXACT)
    assert not dropped[0].any()
    assert pooled[0].any()


@pytest.mark.parametrize(
    "spoil",
    [lambda d: d.reassigned(d.onset + 1), lambda d: d.backdated(1), lambda d: d.reassigned(np.roll(d.onset, 3))],
)
def test_onsets_moved_without_doses_are_refused(made, spoil):
    with pytest.raises(EstimationError, match="no change of its dose"):
        fit(ChaisemartinDHaultfoeuille(), spoil(built(*made)))


def test_no_comparison_is_refused():
    entry = np.tile((np.arange(N_PERIODS) >= 4).astype(float), (10, 1))
    with pytest.raises(EstimationError, match="of the same first dose"):
        fit(ChaisemartinDHaultfoeuille(), built(entry, np.zeros(entry.shape)))


def test_a_dose_becomes_onsets(made):
    path, y = made
    treatment = built(path, y).treatment
    for own, onset in zip(path, treatment.onset, strict=True):
        changes = np.flatnonzero(own != own[0])
        assert onset == (2000 + changes[0] if changes.size else np.inf)
    assert not treatment.is_absorbing
    rising = np.sort(path - path[:, :1] * 0, axis=1)
    rising[:, 0] = 0
    assert all((a <= b).all() for a, b in pairwise(rising.T))
    assert built(rising, y).treatment.is_absorbing


def test_a_missing_dose_is_an_error(made):
    path, y = made
    spoiled = path.copy()
    spoiled[3, 2] = np.nan
    with pytest.raises(DesignError, match="u003 2002"):
        built(spoiled, y)
