"""Means of tables of flows without some rows, against Poisson regressions on the rows that are left."""

import numpy as np
import pytest

from twintrade.numerics.poisson import FlowTable, fit_left_out, fit_poisson

EXACT = 1e-9
DEALT = 1e-3
"""Largest error in logs of totals at the tolerance of deals."""


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def make_table(rng, *, missing=0.0, absent=0, zeros=0.1, **effects):
    """Return a skewed table in which some pairs are absent, some rows are not observed and some are zero."""
    shape = 6, 7, 9
    logs = sum(rng.normal(size=s) for s in ((6, 7, 1), (6, 1, 9), (1, 7, 9))) + 0.5 * rng.normal(size=shape)
    y = np.exp(logs) * (rng.random(shape) >= zeros)
    is_observed = rng.random(shape) >= missing
    is_observed.reshape(-1, 9)[rng.choice(42, absent, replace=False)] = False
    return FlowTable(np.where(is_observed, y, 0.0), is_observed, **effects)


def refit(table, pairs, starts):
    """Return what a regression on the other rows predicts of the pairs, (n, n_periods)."""
    c, p, t = np.nonzero(table.is_observed)
    codes = [c * 7 + p, c * 9 + t if table.by_city else np.zeros_like(c), p * 9 + t if table.by_partner else c * 0]
    stays = np.ones(c.size, dtype=bool)
    for pair, start in zip(pairs, starts, strict=True):
        stays &= (codes[0] != pair) | (t < start)
    fitted = fit_poisson(table.y[c, p, t][stays], np.empty((stays.sum(), 0)), [code[stays] for code in codes])
    kept = np.flatnonzero(stays)[fitted.rows]
    logs = np.log(fitted.mu)
    # Effects by least squares on the fitted logs, which lie in their span.
    x = np.concatenate([np.eye(code.max() + 1)[code] for code in codes], axis=1)
    beta = np.linalg.lstsq(x[kept], logs, rcond=None)[0]
    out = np.full((len(pairs), 9), np.nan)
    for j, pair in enumerate(pairs):
        rows = np.flatnonzero(codes[0] == pair)
        out[j, t[rows]] = np.exp(x[rows] @ beta)
    return out


@pytest.mark.parametrize(
    "options",
    [{}, {"absent": 5}, {"missing": 0.1, "absent": 3}, {"by_city": False}, {"by_partner": False, "missing": 0.1}],
)
def test_means_are_those_of_regressions_without_the_rows(rng, options) -> None:
    table = make_table(rng, **options)
    traded = np.flatnonzero(table.by_pair[:, :3].sum(axis=1) > 0)
    starts = np.array([4, 5, 5, 7])
    pairs = np.stack([rng.choice(traded, 4, replace=False) for _ in range(5)])
    means = fit_left_out(table, pairs, starts, 1e-13, 20_000).means
    for draw, row in enumerate(pairs):
        wanted = refit(table, row, starts)
        seen = np.isfinite(wanted)
        assert means[draw][seen] == pytest.approx(wanted[seen], rel=EXACT)


@pytest.mark.parametrize(
    "options",
    [{}, {"absent": 5}, {"missing": 0.1, "absent": 3}, {"by_city": False}, {"by_partner": False, "missing": 0.1}],
)
def test_means_of_all_rows_have_the_margins_of_the_flows(rng, options) -> None:
    table = make_table(rng, **options)
    means = np.where(table.is_observed, table.means.of_all().reshape(table.y.shape), 0.0)
    for axis, has_effect in enumerate((table.by_partner, table.by_city, True)):
        if has_effect:
            flows = table.y.sum(axis=axis)
            assert means.sum(axis=axis) == pytest.approx(flows, rel=1e-8, abs=1e-8 * flows.max())


def test_a_draw_does_not_depend_on_its_block(rng) -> None:
    """Draws that are done early, and how many are fitted at once, move none of the others beyond the tolerance."""
    table, starts = make_table(rng, absent=4), np.array([3, 6, 6])
    traded = np.flatnonzero(table.by_pair[:, :3].sum(axis=1) > 0)
    pairs = np.stack([rng.choice(traded, 3, replace=False) for _ in range(150)])
    is_out = np.arange(9) >= starts[:, None]
    exact, quick = (
        np.log((fit_left_out(table, pairs, starts, *how).means * is_out).sum(axis=(1, 2)))
        for how in ((1e-12, 9999), (3e-4, 99))
    )
    alone = np.log((fit_left_out(table, pairs[77:78], starts, 1e-12, 9999).means * is_out).sum())
    assert exact[77] == pytest.approx(alone, abs=EXACT)
    assert np.abs(quick - exact).max() < DEALT


@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_fits_begin_near_those_of_similar_tables(rng, missing) -> None:
    """The fit is the same from anywhere, and one round from the line through two others is close to it."""
    table, starts = make_table(rng, missing=missing, absent=4), np.array([3, 6, 6])
    traded = np.flatnonzero(table.by_pair[:, :3].sum(axis=1) > 0)
    pairs = np.stack([rng.choice(traded, 3, replace=False) for _ in range(70)])
    is_changed = np.isin(np.arange(42), traded[:6])[:, None] & (np.arange(9) >= 5)
    is_out = np.arange(9) >= starts[:, None]

    def fit(effect, tolerance=1e-12, rounds=9999, near=None):
        changed = table.replace_flows(np.where(is_changed, table.by_pair * np.exp(-effect), table.by_pair))
        return fit_left_out(changed, pairs, starts, tolerance, rounds, near)

    near = fit(0.0).ends.extend(fit(0.2).ends, 1.5)
    exact, again = (np.log((fit(0.3, near=one).means * is_out).sum(axis=(1, 2))) for one in (None, near))
    assert again == pytest.approx(exact, abs=EXACT)
    cold, warm = (np.log((fit(0.3, 0.0, 1, one).means * is_out).sum(axis=(1, 2))) for one in (None, near))
    assert np.abs(warm - exact).max() < 0.1 * np.abs(cold - exact).max()


def test_a_pair_without_trade_before_has_no_counterfactual(rng) -> None:
    table = make_table(rng, zeros=0.0)
    flows = table.by_pair.copy()
    flows[10, :5] = 0.0
    means = fit_left_out(table.replace_flows(flows), np.array([[10]]), np.array([5]), 1e-12).means
    assert (means == 0).all()
