"""What every overall effect and every path average is an average of, and what may not move it."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from chosen_designs import FIRST, N_PERIODS, chosen, fitted, names, of

from twintrade.design import NeverTreated, NotYetTreated
from twintrade.effects import CohortEffects, EventStudy
from twintrade.errors import DesignError
from twintrade.estimators.base import ESTIMATORS, fit
from twintrade.simulate import OUTCOME

EXACT = 1e-8
"""Same numbers by another order of operations; iterated fits stop at about 1e-12."""

SEARCHED = 1e-4
"""Single-case methods choose weights by numerical search, which stops at a tolerance of its own."""

HAVE_PATH = {"local_projections", "ppml", "ppml_corrected", "stacked", "sun_abraham", "twfe"}
"""Estimators whose event times are measured against one reference, under the comparison they have by default."""
SINGLE = [name for name in names() if ESTIMATORS[name].requires.single_treated_unit]
PANEL = [name for name in names() if name not in SINGLE]
EVERY = [*PANEL, *SINGLE]


@cache
def fit_usual(name):
    """Return the fit of the panel that nothing is done to, the same object for every test that only reads it."""
    return fitted(name, chosen(name, noise=0.3))


def averages(result):
    """Return overall effect and path average, each with the treated rows behind it."""
    views = [view for view in ("overall", "path") if view in result.views]
    return {view: (float(result.view(view).effects[0]), int(result.view(view).n_cells[0])) for view in views}


def assert_same_averages(name, one, other):
    found, expected = averages(one), averages(other)
    limit = SEARCHED if ESTIMATORS[name].requires.single_treated_unit else EXACT
    assert found.keys() == expected.keys()
    for view, (effect, n_rows) in expected.items():
        assert found[view][0] == pytest.approx(effect, rel=limit, abs=limit), view
        assert found[view][1] == n_rows, view


def with_rows(parts, city, periods, onset):
    """Return the parts with one more unit: its city trades with the first partner in the given periods alone."""
    frame = parts.frame
    rows = pd.DataFrame({"period": periods, "city": city, OUTCOME: 1.0 + np.arange(len(periods))})
    unit = city
    if "partner" in frame:
        partner = frame["partner"].iloc[0]
        rows["partner"], unit = partner, f"{city}-{partner}"
    if "affected" in frame:
        rows["affected"] = 1
    onsets = pd.concat([parts.onsets, pd.Series({unit: onset})])
    return replace(
        parts,
        frame=pd.concat([frame, rows.reindex(columns=frame.columns, fill_value=0.0)], ignore_index=True),
        onsets=onsets,
    )


@pytest.mark.parametrize("name", EVERY)
def test_every_estimator_says_what_it_compares_with(name):
    result = fit_usual(name)
    overall = result.view("overall")
    assert overall.against == of(name).compared_with
    assert ("path" in result.views) == (name in HAVE_PATH)
    if "path" in result.views:
        assert result.view("path").against == "reference"
        assert "path" in str(of(name).estimand(result.design))


@pytest.mark.parametrize("name", EVERY)
def test_the_window_moves_no_average(name):
    check_windows(name, (-1, 0), (-14, 14))


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY)
def test_a_window_between_moves_no_average(name):
    check_windows(name, (-2, 9))


def check_windows(name, *windows):
    parts = chosen(name, noise=0.3)
    for window in windows:
        assert_same_averages(name, fitted(name, parts, window=window), fit_usual(name))


@pytest.mark.parametrize("name", EVERY)
def test_relabelling_units_moves_no_average(name):
    parts = chosen(name, noise=0.3)
    cities = parts.frame["city"].unique()
    new = dict(zip(cities, [f"place {k:03d}" for k in range(cities.size)][::-1], strict=True))
    ends = parts.onsets.index.str.split("-", n=1)
    onsets = parts.onsets.set_axis(["-".join([new[end[0]], *end[1:]]) for end in ends])
    other = replace(parts, frame=parts.frame.assign(city=parts.frame["city"].map(new)), onsets=onsets)
    assert_same_averages(name, fitted(name, other), fit_usual(name))


@pytest.mark.parametrize("name", EVERY)
def test_an_untreated_unit_with_a_single_row_moves_no_average(name):
    parts = chosen(name, noise=0.3)
    assert_same_averages_or_refused(name, with_rows(parts, "zz", [FIRST + 4], np.inf))


def assert_same_averages_or_refused(name, more):
    """A method that needs a balanced panel refuses one that is not."""
    if ESTIMATORS[name].requires.balanced:
        with pytest.raises(DesignError, match=r"balanced panel: 15 periods of (cities|pairs) are missing"):
            fitted(name, more)
        return
    assert_same_averages(name, fitted(name, more), fit_usual(name))


@pytest.mark.parametrize("name", PANEL)
def test_a_treated_unit_with_a_single_row_moves_no_average(name):
    parts = chosen(name, noise=0.3)
    onset = float(parts.onsets[np.isfinite(parts.onsets)].min())
    assert_same_averages_or_refused(name, with_rows(parts, "zz", [int(onset) - 2], onset))


@pytest.mark.parametrize("name", EVERY)
def test_units_without_rows_before_their_agreement_move_no_average(name):
    parts = chosen(name, noise=0.3)
    onset = float(parts.onsets[np.isfinite(parts.onsets)].min())
    more = with_rows(parts, "zz", list(range(int(onset), FIRST + N_PERIODS)), onset)
    assert_same_averages(name, fitted(name, more), fit_usual(name))


def mean(effects, weights, chosen_ones):
    return np.average(effects[chosen_ones], weights=weights[chosen_ones])


def mean_before(estimate, size):
    """Return the mean of the effects before onset, of cohorts each by what its treated cells weigh."""
    is_before, is_after = estimate.event_times < 0, estimate.event_times >= 0
    if not isinstance(estimate, CohortEffects):
        return mean(estimate.effects, size, is_before)
    of_cohorts = [estimate.cohorts == g for g in np.unique(estimate.cohorts)]
    means = [mean(estimate.effects, size, is_before & cohort) for cohort in of_cohorts]
    return np.average(means, weights=[size[is_after & cohort].sum() for cohort in of_cohorts])


@pytest.mark.parametrize("name", ["etwfe", *sorted(HAVE_PATH - {"local_projections"})])
@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_the_reference_moves_no_overall_effect(name, missing):
    parts = chosen(name, noise=0.3)
    kept = np.random.default_rng(2).random(len(parts.frame)) >= missing
    parts = replace(parts, frame=parts.frame[kept])
    of_each = [fitted(name, parts, reference=r, comparison=NeverTreated()).view("overall") for r in (-1, -2, -3)]
    np.testing.assert_allclose([o.effects[0] for o in of_each], of_each[0].effects[0], atol=EXACT)


@pytest.mark.parametrize(
    ("name", "weights"),
    [(n, w) for n in ["etwfe", *sorted(HAVE_PATH)] for w in (None, "w") if (n, w) != ("ppml_corrected", "w")],
)
def test_path_and_overall_are_the_averages_that_the_sentence_names(name, weights):
    parts = chosen(name, noise=0.3)
    units = parts.unit.unique()
    sizes = dict(zip(units, np.random.default_rng(1).integers(1, 4, units.size).astype(float), strict=True))
    parts = replace(parts, frame=parts.frame.assign(w=parts.unit.map(sizes)))
    result = fitted(name, parts, weights=weights, comparison=NeverTreated())
    estimate = result.estimate
    if isinstance(estimate, CohortEffects):
        size = estimate.cell_weights
    else:
        assert isinstance(estimate, EventStudy)
        size = estimate.row_weights
    path = mean(estimate.effects, size, estimate.event_times >= 0)
    assert result.view("path").effects[0] == pytest.approx(path, rel=EXACT)
    if name in ("twfe", "ppml", "ppml_corrected"):
        static = fit(replace(of(name), shape="static"), result.design).estimate
        assert result.view("overall").effects[0] == pytest.approx(static.effects[0], rel=EXACT)
    else:
        before = mean_before(estimate, size)
        assert result.view("overall").effects[0] == pytest.approx(path - before, rel=EXACT)
    o = result.design.observations
    if name in ("twfe", "ppml", "ppml_corrected", "sun_abraham", "etwfe"):
        by_time = [o.weights[o.is_treated & (o.event_time == e)].sum() if weights else None for e in range(11)]
        assert result.view("path").n_cells[0] == result.view("overall").n_cells[0] == o.is_treated.sum()
        if weights and isinstance(estimate, EventStudy):
            np.testing.assert_allclose(size[estimate.event_times >= 0], by_time)


@pytest.mark.parametrize("name", ["imputation", "two_stage", "etwfe", "callaway_santanna"])
def test_averages_without_a_path_are_over_all_treated_cells(name):
    result = fitted(name, chosen(name, noise=0.3), comparison=NotYetTreated())
    estimate, overall = result.estimate, result.view("overall")
    size = estimate.n_cells.astype(float)
    assert overall.effects[0] == pytest.approx(mean(estimate.effects, size, estimate.event_times >= 0), rel=EXACT)
    assert overall.n_cells[0] == result.design.observations.is_treated.sum()
