"""The size of a watch: the bundled states in thirds of size, and the asymptotic sequence under dependence."""

import numpy as np
import pytest

from twintrade.data.calendar import Frequency
from twintrade.numerics import sequential
from twintrade.study.observing.observe import observe
from twintrade.study.plan.designs import Designs
from twintrade.study.registering.watching import WatchTable, build_watch_table, choose_pools, plan_watch, take_looks
from twintrade.study.spec.analysis import WatchSection, parse

pytestmark = pytest.mark.slow
ALPHA = 0.10


@pytest.fixture(scope="module")
def states(root):
    """The untreated pairs of the bundled states that trade in every year and share both ends with others."""
    spec, _ = parse((root / "analyses/us-states.toml").read_text())
    observed = observe("us-states", spec, root)
    table = build_watch_table(observed.panel, "exports", Designs(observed).treatment(spec.design))
    kept = np.isinf(table.onset) & (table.onset > 0) & (table.values > 0).all(axis=1)
    several = [np.bincount(codes[kept])[codes] > 1 for codes in (table.city, table.partner)]
    return table, kept & several[0] & several[1]


def find_rings(states, start: int, n_alike: int) -> tuple[np.ndarray, np.ndarray]:
    """Return whether each pair, watched beside all others of its stratum, ever rings, and its third of size."""
    table, kept = states
    n_before, rings = start - int(table.periods[0]), np.zeros(kept.sum(), dtype=bool)
    sizes, everyone = np.log(table.values[kept][:, :n_before]).mean(axis=1), np.arange(kept.sum())
    looks = np.arange(n_before, table.periods.size)
    residuals = sequential.compute_left_out_residuals(table.remove_means(n_before, kept), everyone[:, None])
    scores = sequential.score_portfolios(residuals, n_before, np.array([n_before]), np.ones(1), looks)
    pools = choose_pools(WatchSection(portfolio={"-": "2019"}), sizes, table.partner[kept], everyone, n_alike)
    for pair, pool in enumerate(pools):
        others = pool[pool != pair]
        allowed = sequential.count_allowed(pool.size, ALPHA, "pocock", looks.size)
        rings[pair] = (np.abs(scores[pair]) > sequential.find_bounds(scores[others], allowed)).any()
    return rings, np.argsort(np.argsort(sizes, kind="stable"), kind="stable") * 3 // sizes.size


@pytest.mark.parametrize("start", [2019, 2020, 2021])
def test_the_bundled_states_ring_alike_in_each_third_of_size(states, start):
    rings, third = find_rings(states, start, n_alike=29)
    shares = [rings[third == k].mean() for k in range(3)]
    errors = [np.sqrt(ALPHA * (1 - ALPHA) / (third == k).sum()) for k in range(3)]
    assert all(abs(share - ALPHA) <= 2 * error for share, error in zip(shares, errors, strict=True))


@pytest.mark.parametrize("start", [2019, 2020, 2021])
def test_without_like_size_small_pairs_ring_more_often_and_all_together_exactly_as_often(states, start):
    rings, third = find_rings(states, start, n_alike=10**6)
    assert rings.mean() == np.floor(ALPHA * rings.size) / rings.size
    assert rings[third == 0].mean() > rings[third == 2].mean()


def test_the_asymptotic_sequence_holds_the_truth_as_often_as_it_says_under_moderate_dependence():
    from benchmarks.size_of_watch import judge_sequence

    for rho in (0.0, 0.3):
        outside = [judge_sequence(rho, placement)["linear_0"] > 0 for placement in range(300)]
        assert np.mean(outside) <= ALPHA + 2 * np.sqrt(ALPHA * (1 - ALPHA) / 300)


def test_sets_hold_a_large_effect_although_controls_share_pairs_with_the_portfolio():
    """Ten of 120 pairs: a twelfth of the places of controls carry the effect, which widens the sets if anything."""
    hits, pairs = [], [f"C{k:02d}-P{k % 10:02d}" for k in range(10)]
    for seed in range(120):
        rng = np.random.default_rng(seed)
        city, partner = (codes.ravel() for codes in np.indices((12, 10)))
        units = tuple(f"C{c:02d}-P{p:02d}" for c, p in zip(city, partner, strict=True))
        logs = rng.normal(size=(120, 1)) + rng.normal(0, 0.2, (120, 11)).cumsum(axis=1)
        logs[np.ix_(np.isin(units, pairs), np.arange(3, 11))] += 0.5
        periods, never = np.arange(2021, 2032), np.full(120, np.inf)
        table = WatchTable(units, city, partner, np.exp(logs), periods, Frequency.YEAR, never)
        plan = plan_watch("", WatchSection(portfolio=dict.fromkeys(pairs, "2024"), controls=99), table, seed)
        looks = take_looks(plan, table, (), "2032-01-01")
        hits.append(all(one.bound is None or abs(one.mean - 0.5) <= one.bound for one in looks))
    assert np.mean(hits) >= 1 - ALPHA - 2 * np.sqrt(ALPHA * (1 - ALPHA) / 120)
