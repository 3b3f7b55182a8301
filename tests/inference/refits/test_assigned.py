"""How agreements could have been assigned otherwise: labels, strata, signers, and how many ways there are."""

from collections import Counter
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from scipy.stats import chisquare

from twintrade.design import Design, Treatment
from twintrade.errors import InferenceError
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.repeating import sum_squared_weights
from twintrade.estimators.twfe import TWFE
from twintrade.inference.randomization import Randomization
from twintrade.inference.refits.dealing import deal_onsets
from twintrade.inference.refits.noise import Residuals, build_noise, find_treated
from twintrade.inference.refits.permutation import STEPS_PER_LABEL, Labels, replace_outcome
from twintrade.inference.refits.reassignment import build_assignments, count_assignments, measure_sizes
from twintrade.inference.refits.studentizing import build_draws, build_studentizer
from twintrade.numerics.testing import score_sizes


def place(design: Design, pairs: dict[tuple[int, int], float], excluded: tuple[tuple[int, int], ...] = ()) -> Design:
    """Give the design agreements of these cities and partners, and take pairs out."""
    panel = design.panel
    code = dict(
        zip(zip(panel.unit_city.tolist(), panel.unit_partner.tolist(), strict=True), panel.units, strict=True)
    )
    onset = np.full(panel.n_units, np.inf)
    for pair, period in pairs.items():
        onset[panel.units == code[pair]] = period
    return replace(design, treatment=Treatment(panel.units, onset, {code[pair]: "undated" for pair in excluded}))


def table(design: Design, onset) -> np.ndarray:
    out = np.full((design.panel.unit_city.max() + 1, design.panel.unit_partner.max() + 1), np.inf)
    out[design.panel.unit_city, design.panel.unit_partner] = onset
    return out


def list_admissible(real: np.ndarray, is_open: np.ndarray) -> set[bytes]:
    """Every relabelling of a table of onsets that keeps agreements on open pairs, by trying all."""
    rows, columns = (permutations(range(n)) for n in real.shape)
    columns = list(columns)
    tried = (real[list(r)][:, list(c)] for r in rows for c in columns)
    return {moved.tobytes() for moved in tried if not (np.isfinite(moved) & ~is_open).any()}


PAIRS = {(0, 0): 2003.0, (0, 1): 2004.0, (0, 2): 2004.0, (1, 0): 2003.0}
EXCLUDED = ((2, 3), (1, 2), (3, 0))


def test_labels_draw_from_all_relabellings_that_spare_excluded_pairs(gravity_panel, rng) -> None:
    design = place(gravity_panel(n_cities=4, n_partners=4, n_treated=1), PAIRS, EXCLUDED)
    is_open = np.ones((4, 4), dtype=bool)
    is_open[tuple(zip(*EXCLUDED, strict=True))] = False
    every = list_admissible(table(design, design.onset), is_open)
    dealing = build_assignments(design, "labels").collect(10_000, rng)
    found = {table(design, onset).tobytes() for onset in dealing.onsets}
    assert dealing.is_complete
    assert found | {table(design, design.onset).tobytes()} == every
    assert (dealing.scheme.n_assignments, dealing.scheme.counted) == (len(every), "exactly")
    assert dealing.scheme.floor(len(dealing.onsets)) == pytest.approx(1 / len(every))


@pytest.mark.parametrize("across", ["assigned", "units", "strata"])
def test_no_agreement_falls_on_a_place_with_itself(gravity_panel, rng, across) -> None:
    design = place(gravity_panel(n_cities=6, n_partners=6, n_treated=1), {(0, 1): 2003.0, (2, 4): 2004.0})
    design = replace(design, panel=replace(design.panel, partners=design.panel.cities))
    dealing = deal_onsets(fit(Imputation(), design), across, 200, rng)
    assert not any(np.isfinite(np.diagonal(table(design, onset))).any() for onset in dealing.onsets)
    assert dealing.scheme.n_units == 30


@pytest.mark.parametrize("how", ["collect", pytest.param("walk", marks=pytest.mark.slow)])
def test_every_admissible_relabelling_is_equally_likely(gravity_panel, rng, how) -> None:
    design = place(gravity_panel(n_cities=4, n_partners=4, n_treated=1), PAIRS, EXCLUDED)
    labels = build_assignments(design, "labels").labels
    every = {tuple(places) for places in labels.everything()}
    n = 40 * len(every)
    # A walk's draws share their start, which is as good as drawn: one draw of each of many walks.
    drawn = (
        labels.collect(n, rng) if how == "collect" else np.concatenate([labels.walk(1, rng) for _ in range(n // 8)])
    )
    # Agreements of one onset in one city are alike: count by where they fall.
    times = Counter(tuple(places) for places in drawn.tolist())
    assert set(times) <= every
    assert chisquare([times[key] for key in every]).pvalue > 0.01


def test_a_walk_is_one_that_looks_every_agreement_up_after_each_exchange() -> None:
    at = np.random.default_rng(11)
    n_cities, n_partners, n_walkers = 7, 9, 6
    cells = at.choice(n_cities * n_partners, 25, replace=False)
    row, column, cohort = cells // n_partners, cells % n_partners, at.integers(3, size=25)
    allowed = at.random((3, n_cities, n_partners)) < 0.9
    allowed[cohort, row, column] = True
    place = np.arange(n_cities * n_partners).reshape(n_cities, n_partners)
    labels = Labels(place, row, column, cohort, allowed)

    def walk(start: list[np.ndarray], n: int, rng: np.random.Generator) -> list[np.ndarray]:
        walks = [np.repeat(side, n, axis=1) for side in start]
        for _ in range(STEPS_PER_LABEL * (n_cities + n_partners)):
            side = 0 if rng.random() < 0.5 else 1
            pairs = rng.integers(walks[side].shape[0], size=(2, n))
            for walker, (one, other) in enumerate(pairs.T):
                cities, partners = moved = [labels[:, walker].copy() for labels in walks]
                moved[side][[one, other]] = moved[side][[other, one]]
                if allowed[cohort, cities[row], partners[column]].all():
                    walks[side][:, walker] = moved[side]
        return walks

    rng = np.random.default_rng(3)
    start = walk([np.arange(n_cities)[:, None], np.arange(n_partners)[:, None]], 1, rng)
    cities, partners = walk(start, n_walkers, rng)
    drawn = labels.walk(n_walkers, np.random.default_rng(3))
    assert np.array_equal(drawn, place[cities[row], partners[column]].T)
    assert np.unique(drawn, axis=0).shape[0] == n_walkers
    allowed[cohort[0]] = False
    assert (labels.walk(n_walkers, rng) == cells).all()


def test_agreements_stay_clustered_on_both_sides(gravity_panel, rng) -> None:
    pairs = {(c, p): 2003.0 + (p % 2) for c in range(3) for p in range(5)}
    design = place(gravity_panel(n_cities=12, n_partners=10), pairs)
    real = np.isfinite(table(design, design.onset))
    for onset in build_assignments(design, "labels").collect(50, rng).onsets:
        moved = np.isfinite(table(design, onset))
        assert sorted(moved.sum(0)) == sorted(real.sum(0))
        assert sorted(moved.sum(1)) == sorted(real.sum(1))


def test_few_relabellings_give_way_to_strata_of_size(gravity_panel, rng) -> None:
    """Two cities with all partners but one, and everything else shut for them: labels hardly move."""
    pairs = {(0, p): 2003.0 for p in range(4)}
    shut = tuple((c, 0) for c in range(1, 8))
    fitted = fit(TWFE(shape="static"), place(gravity_panel(n_cities=8, n_partners=4), pairs, shut))
    with pytest.raises(InferenceError, match="only one assignment across labels"):
        deal_onsets(fitted, "labels", 99, rng)
    dealing = deal_onsets(fitted, "assigned", 99, rng)
    assert dealing.scheme.across == "strata"
    sizes = measure_sizes(fitted.design)
    thirds = np.argsort(np.argsort(sizes)) * 3 // sizes.size
    units = fitted.design.observations.unit_rows
    real = np.bincount(thirds, np.isfinite(fitted.design.onset[units]))
    for onset in dealing.onsets:
        assert np.array_equal(np.bincount(thirds, np.isfinite(onset[units])), real)


def test_fewer_than_twenty_assignments_give_no_p_value(gravity_panel, rng) -> None:
    fitted = fit(TWFE(shape="static"), gravity_panel(n_cities=3, n_partners=4, n_treated=1))
    bands = Randomization().infer(fitted, "overall", rng)
    assert np.isnan(bands.p[0])
    assert (bands.low[0], bands.high[0]) == (-np.inf, np.inf)
    assert "12 admissible assignments" in str(bands.note)
    assert [m.code for m in bands.messages] == ["too-few-assignments"]
    assert Randomization(across="labels").infer(fitted, "overall", rng).p[0] >= 1 / 12


def test_strata_can_be_a_column(gravity_panel, rng) -> None:
    design = gravity_panel()
    region = design.panel.unit_city[design.panel.unit] % 2
    panel = replace(design.panel, columns={**design.panel.columns, "region": region})
    design = replace(design, panel=panel)
    of_unit = design.panel.unit_city % 2
    real = np.bincount(of_unit, np.isfinite(design.onset))
    for onset in build_assignments(design, "strata", strata=("region", "size")).collect(20, rng).onsets:
        assert np.array_equal(np.bincount(of_unit, np.isfinite(onset)), real)
    with pytest.raises(InferenceError, match="no column 'shore'"):
        build_assignments(design, "strata", strata=("shore",))


def test_only_named_signers_get_an_agreement(gravity_panel, rng) -> None:
    design = gravity_panel()
    fitted = fit(TWFE(shape="static"), design)
    treated = np.isfinite(design.onset)
    cities = sorted({str(c) for c in design.panel.cities[design.panel.unit_city[treated]]})
    inside = np.isin(design.panel.cities[design.panel.unit_city], cities)
    for onset in deal_onsets(fitted, "units", 30, rng, signers=cities).onsets:
        assert not np.isfinite(onset[~inside]).any()
    with pytest.raises(InferenceError, match="not among the signers"):
        deal_onsets(fitted, "units", 30, rng, signers=cities[1:])
    with pytest.raises(InferenceError, match="is called Atlantis"):
        deal_onsets(fitted, "units", 30, rng, signers=[*cities, "Atlantis"])


def test_repeats_tell_how_many_assignments_there_are(rng) -> None:
    numbers = [np.array([float(k)]) for k in rng.integers(5_000, size=999)]
    number, how = count_assignments(numbers)
    assert how == "about"
    assert number == pytest.approx(5_000, rel=0.25)
    assert count_assignments([np.array([float(k % 30)]) for k in range(999)]) == (30, "exactly")
    assert count_assignments([np.array([float(k)]) for k in range(999)]) == (999 * 998 / 6, "at-least")


def test_sizes_come_from_before_the_first_agreement(gravity_panel) -> None:
    design = gravity_panel()
    late = replace(design, treatment=replace(design.treatment, onset=design.treatment.onset[::-1].copy()))
    first = design.onset.min()
    o = design.observations
    expected = [o.y[(o.unit == u) & (o.period < first)].mean() for u in range(o.n_units)]
    assert measure_sizes(design) == pytest.approx(expected)
    assert measure_sizes(late) == pytest.approx(expected)
    assert score_sizes(np.array([5.0, 1e9, 0.0, 0.0])) == pytest.approx(score_sizes(np.array([5.0, 7.0, 0.0, 0.0])))


def test_noise_of_an_average_is_that_of_its_units(gravity_panel, rng) -> None:
    """Against drawn errors of known variances: mean after less mean before, summed over treated units."""
    design = gravity_panel(n_cities=3, n_partners=5, n_treated=4)
    fitted = fit(TWFE(shape="static"), design)
    o = design.observations
    noise = build_noise(fitted, [fitted.view("overall")])
    h = np.repeat(rng.uniform(0.5, 3.0, o.n_units)[:, None], noise.cohorts.size, axis=1)
    dealt = find_treated(o, noise.cohorts, [design.onset])
    scale = noise.weigh(np.ones(o.n_rows)).scale(h, dealt, slice(None), is_ratio=True)[0, 0]
    errors = np.sqrt(h[o.unit, 0])[:, None] * rng.standard_normal((o.n_rows, 20_000))
    total = np.zeros(20_000)
    for u in np.flatnonzero(o.is_ever_treated):
        after = (o.unit == u) & o.is_treated
        total += after.sum() * (errors[after].mean(0) - errors[(o.unit == u) & ~o.is_treated].mean(0))
    assert scale == pytest.approx((total / o.is_treated.sum()).std(), rel=0.02)


@pytest.mark.parametrize("estimator", [TWFE(shape="static"), Imputation()], ids=["twfe", "imputation"])
def test_noise_by_row_is_that_of_all_rows(gravity_panel, rng, estimator) -> None:
    """Weights of rows from outcomes that are one in a single row each."""
    design = gravity_panel(n_cities=4, n_partners=5, n_periods=6, n_treated=4, fixed_effects="gravity")
    fitted = fit(estimator, design)
    o = design.observations
    studentizer = build_studentizer(fitted, ["overall"], [design.onset[::-1]], by_row=True)
    h = rng.uniform(0.5, 3.0, (o.n_units, studentizer.noise.cohorts.size))
    weights = np.array(
        [
            fit(estimator, replace_outcome(design, row), ("overall",)).view("overall").effects[0]
            for row in np.eye(o.n_rows)
        ]
    )
    place = np.searchsorted(studentizer.noise.cohorts, o.unit_onset[o.unit])
    own = h[o.unit, np.where(np.isfinite(o.unit_onset[o.unit]), place, -1)]
    assert studentizer.find_known(0.0, 0.0).by_row.scale(h)[-1] == pytest.approx(
        np.sqrt((weights**2 * own).sum()), rel=1e-6
    )
    assert np.abs(weights[~o.is_ever_treated[o.unit]]).max() > 0.01


def test_noise_by_row_of_poisson_draws_is_weighed_under_each_null(gravity_panel) -> None:
    design = gravity_panel(n_cities=5, n_partners=6, n_treated=6, fixed_effects="gravity").with_outcome(
        "flow", "level"
    )
    fitted = fit(Imputation(family="poisson"), design)
    draws = build_draws(fitted.estimator.one_step(fitted.design), [design.onset[::-1]])
    studentizer = build_studentizer(fitted, ["overall"], [design.onset[::-1]], by_row=True, one_step=draws)
    o, squares = design.observations, {}
    for after in (0.0, 0.5):
        null = draws.model.under(np.exp(after * o.is_treated))
        squares[after] = studentizer.find_known(after, 0.0).by_row.squares
        np.testing.assert_allclose(squares[after], sum_squared_weights(null, draws.blocks), rtol=1e-12)
    assert np.abs(squares[0.5] / squares[0.0] - 1).max() > 0.01
    assert (squares[0.0][-1, ~o.is_ever_treated] > 0).any()


def test_own_past_counts_where_it_is_long_enough(gravity_panel) -> None:
    design = gravity_panel(n_cities=6, n_partners=6)
    fitted = fit(TWFE(shape="static"), design)
    o = design.observations
    noise = build_noise(fitted, [fitted.view("overall")])
    values = np.where(o.unit == 3, 10.0, 1.0) * np.where(o.period % 2, 1.0, -1.0)
    found = noise.variances(Residuals(values, np.ones(o.n_rows), False))
    long = noise.cohorts - o.periods[0] >= 3
    assert long.any()
    assert (found[3, long] > 2 * np.median(found[:, long], axis=0)).all()


def test_rows_of_a_linear_model_count_as_those_of_a_mean_of_one(gravity_panel, rng, monkeypatch) -> None:
    fitted = fit(TWFE(shape="static"), gravity_panel(n_cities=6, n_partners=6))
    noise = build_noise(fitted, [fitted.view("overall")])
    ones = np.ones(fitted.design.observations.n_rows)
    values = rng.normal(size=ones.size)
    found = noise.variances(Residuals(values, ones, False))
    known = noise._measure(Residuals(values, ones, False))
    monkeypatch.setattr(type(noise), "_measure", lambda *_: known)
    np.testing.assert_array_equal(found, noise.variances(Residuals(values, ones, True)))


def test_p_and_studentized_interval_agree(gravity_panel, rng) -> None:
    """An effect just inside the interval is not rejected on the outcome less that effect; one outside is."""
    design = gravity_panel(effect=1.0)
    fitted = fit(Imputation(), design)
    method = Randomization(draws=199)
    bands = method.infer(fitted, "overall", np.random.default_rng(7))
    o = design.observations
    for effect, is_in in ((bands.low[0] + 1e-3, True), (bands.low[0] - 1e-3, False), (bands.high[0] + 1e-3, False)):
        y = design.panel.values("y").copy()
        y[o.rows] -= effect * o.is_treated
        panel = replace(design.panel, columns={**design.panel.columns, "z": y})
        shifted = fit(Imputation(), replace(design, panel=panel, outcome="z"))
        p = method.infer(shifted, "overall", np.random.default_rng(7)).p[0]
        assert (p > 0.05) == is_in


def test_a_pair_that_is_not_seen_after_its_onset_counts_as_untreated_in_every_draw(gravity_panel, rng) -> None:
    pairs = {(0, 0): 2003.0, (1, 2): 2004.0, (2, 1): 2003.0}
    design = place(gravity_panel(n_cities=6, n_partners=5, n_treated=1), pairs)
    panel = design.panel
    is_lost = (panel.unit_city == 0) & (panel.unit_partner == 0)
    gapped = design.restricted(~is_lost[panel.unit] | (panel.period < 2003))
    without = design.reassigned(np.where(is_lost, np.inf, design.onset)).restricted(gapped.kept)
    method = Randomization(draws=39)
    found, expected = (
        method.infer(fit(TWFE(shape="static"), one), "overall", np.random.default_rng(5)) for one in (gapped, without)
    )
    assert found.p == pytest.approx(expected.p)
    assert found.low == pytest.approx(expected.low)


def test_ratios_of_totals_are_compared_as_logs_over_their_noise(gravity_panel) -> None:
    """So that a rise stands out no sooner than the fall that undoes it."""
    design = gravity_panel(n_treated=4).with_outcome("flow", "level")
    fitted = fit(Imputation(family="poisson", measure="percent"), design)
    bands = Randomization(draws=99, statistic="coefficient", intervals=False).infer(
        fitted, "overall", np.random.default_rng(3)
    )
    seed = int(np.random.default_rng(3).integers(2**31))
    onsets = deal_onsets(fitted, "assigned", 99, np.random.default_rng(seed)).onsets
    scale = build_studentizer(fitted, ["overall"], onsets).scale("overall", 0)
    again = [fitted.refit(design.reassigned(onset), "overall").view("overall").effects[0] for onset in onsets]
    logs = np.abs(np.log(1 + np.append(again, bands.estimate.effects[0]) / 100)) / scale
    assert bands.p[0] == pytest.approx((logs >= logs[-1] * (1 - 1e-6)).mean())


def test_the_note_says_whose_effect_the_p_value_is_about(gravity_panel, rng) -> None:
    fitted = fit(TWFE(shape="static"), gravity_panel())
    these = Randomization(draws=19).infer(fitted, "overall", rng)
    alike = Randomization(draws=19, statistic="t").infer(fitted, "overall", rng)
    assert (these.facts["about"], these.facts["statistic"]) == ("these", "coefficient")
    assert (alike.facts["about"], alike.facts["statistic"]) == ("like these", "t")
    assert "the effect of these agreements" in str(these.note)
    assert "the effect of agreements like these" in str(alike.note)
