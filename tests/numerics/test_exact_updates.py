"""Means without some rows by exact updates, against fits of the rows that are left."""

import numpy as np
from case_tables import loop_over

from twintrade.numerics.absorption import factor_order, lay_out_elimination
from twintrade.numerics.absorption.levels import recode_levels
from twintrade.numerics.poisson import (
    RowDummies,
    fit_poisson,
    fit_with_dummies,
    lay_out_updates,
    margins,
    updated_sets,
)

SHAPE = (9, 6, 8)
N_SETS = 7


def build_panel(seed: int, missing: float = 0.0, alike: bool = True, n_groupings: int = 0):
    """Return outcomes with zeros, weights (of dyads, or rows), and three pairwise effects, rows in random order.

    ``n_groupings``: further effects, of thirds of the pairs by period.
    """
    rng = np.random.default_rng(seed)
    city, partner, period = (axis.ravel() for axis in np.meshgrid(*map(np.arange, SHAPE), indexing="ij"))
    kept = rng.permutation(city.size)[: round((1 - missing) * city.size)]
    codes = [c[kept] for c in (city * SHAPE[1] + partner, city * SHAPE[2] + period, partner * SHAPE[2] + period)]
    thirds = [np.random.default_rng(k).integers(0, 3, SHAPE[0] * SHAPE[1]) for k in range(n_groupings)]
    codes = recode_levels([*codes, *(of[codes[0]] * SHAPE[2] + period[kept] for of in thirds)]).codes
    size = sum(rng.normal(0, s, c.max() + 1)[c] for s, c in zip((1.0, *[0.4] * 4), codes, strict=False))
    y = np.exp(size + rng.normal(0, 0.5, kept.size)) * (rng.random(kept.size) > 0.1)
    weights = rng.uniform(0.5, 2.0, kept.size)
    return rng, y, weights[codes[0]] if alike else weights, codes


def draw_dummies(rng, n_rows: int, shared: int = 0) -> RowDummies:
    """Return rows with a dummy of their own in every set, and ``shared`` more with one in common."""
    chosen = [rng.choice(n_rows, 20 + shared, replace=False) for _ in range(N_SETS)]
    column = np.append(np.arange(20), np.full(shared, 20))
    width = int(column.max()) + 1
    home = np.repeat(np.arange(N_SETS), width)
    columns = np.concatenate([k * width + column for k in range(N_SETS)])
    return RowDummies(np.concatenate(chosen), np.repeat(np.arange(N_SETS), column.size), columns, home)


def lay_out(y, means, weights, codes, in_cube=True, alike=True):
    """Lay the rows out; a covariate keeps them out of a cube, and weights of rows keep a cube from being products."""
    order = lay_out_elimination(codes, np.ones((y.size, int(not in_cube))))
    assert (order.cube is not None) == in_cube
    updates = lay_out_updates(y, means, weights, factor_order(order, weights * means))
    assert (updates.product is not None) == (in_cube and alike)
    return updates


def fit_null(y, weights, codes):
    fitted, means = fit_poisson(y, np.empty((y.size, 0)), codes, weights), np.zeros(y.size)
    means[fitted.rows] = fitted.mu
    return means, np.where(means > 0, weights, 0.0)


def refit(y, weights, codes, dummies: RowDummies, means, k: int):
    """Return what the rows of one set would have had, and where the refit says so, from a fit with the dummies."""
    entries = np.flatnonzero(dummies.sets == k)
    rows, columns = dummies.rows[entries], dummies.columns[entries]
    own = np.bincount(columns)[columns] == 1
    keep = np.setdiff1d(np.flatnonzero(means > 0), rows[own])
    x = np.isin(keep, rows[~own]).astype(float)[:, None][:, : int(not own.all())]
    left = fit_poisson(y[keep], x, [code[keep] for code in codes], weights[keep])
    log = np.log(left.mu) - x[left.rows] @ left.coefficients
    # The effects of the rows left, as a solution of their equations; rows apart from them are not predicted.
    design = np.hstack([np.eye(code.max() + 1)[code] for code in codes])
    values, vectors = np.linalg.eigh(design[keep[left.rows]].T @ design[keep[left.rows]])
    spanned = vectors[:, values > 1e-9]
    solution = np.linalg.lstsq(design[keep[left.rows]], log, rcond=1e-11)[0]
    beyond = design[rows] - design[rows] @ spanned @ spanned.T
    return entries, np.exp(design[rows] @ solution), np.abs(beyond).max(axis=1) < 1e-7


PAIRS = [
    *((0.0, 0, True, True, 0), (0.0, 15, False, True, 0), (0.15, 0, False, True, 0), (0.15, 15, True, True, 0)),
    *((0.0, 15, True, True, 1), (0.15, 0, True, True, 2), (0.0, 0, True, False, 1), (0.15, 15, True, False, 0)),
    *((0.0, 0, True, True, 2), (0.15, 15, True, True, 1), (0.15, 15, False, True, 2)),
]
"""Each value of each meets each of the others."""


@loop_over(("missing", "shared", "in_cube", "alike", "n_groupings"), PAIRS)
def test_means_are_those_of_a_fit_with_the_dummies(missing, shared, in_cube, alike, n_groupings, monkeypatch) -> None:
    rng, y, weights, codes = build_panel(1, missing, alike, n_groupings)
    means, used = fit_null(y, weights, codes)
    dummies = draw_dummies(rng, y.size, shared)
    monkeypatch.setattr(updated_sets, "SETTLED", 1e-11)
    found, is_known = fit_with_dummies(lay_out(y, means, used, codes, in_cube, alike), dummies, 2000)
    n = 0
    for k in range(N_SETS):
        entries, expected, known = refit(y, weights, codes, dummies, means, k)
        both = known & is_known[entries] & (means[dummies.rows[entries]] > 0)
        np.testing.assert_allclose(found[entries[both]], expected[both], rtol=1e-6)
        n += np.count_nonzero(both)
    assert n > 0.8 * dummies.rows.size


@loop_over("missing", [0.0, 0.15])
def test_few_rounds_are_within_a_thousandth_of_many(missing, monkeypatch) -> None:
    rng, y, weights, codes = build_panel(2, missing)
    means, used = fit_null(y, weights, codes)
    dummies = draw_dummies(rng, y.size)
    updates = lay_out(y, means, used, codes)
    quick, is_known = fit_with_dummies(updates, dummies, 50)
    monkeypatch.setattr(updated_sets, "SETTLED", 1e-11)
    exact, _ = fit_with_dummies(updates, dummies, 2000)
    sums = [np.bincount(dummies.sets, np.where(is_known, one, 0.0)) for one in (quick, exact)]
    np.testing.assert_allclose(sums[0], sums[1], rtol=2e-3)


@loop_over("in_products", [True, False])
def test_every_set_is_alone(in_products, monkeypatch) -> None:
    rng, y, weights, codes = build_panel(3, 0.2)
    means, used = fit_null(y, weights, codes)
    dummies, updates = draw_dummies(rng, y.size, 12), lay_out(y, means, used, codes, in_products)
    together = fit_with_dummies(updates, dummies, 50)
    for at in (updated_sets, margins):
        monkeypatch.setattr(at, "NUMBERS_AT_ONCE", 1)
    alone = fit_with_dummies(updates, dummies, 50)
    np.testing.assert_allclose(together[0], alone[0], rtol=1e-9)
    np.testing.assert_array_equal(together[1], alone[1])


@loop_over("n_groupings", [0, 1, 2])
def test_products_are_rows(n_groupings, monkeypatch) -> None:
    rng, y, weights, codes = build_panel(3, 0.2, n_groupings=n_groupings)
    means, used = fit_null(y, weights, codes)
    dummies = draw_dummies(rng, y.size, 12)
    monkeypatch.setattr(updated_sets, "SETTLED", 1e-13)
    one, other = (fit_with_dummies(lay_out(y, means, used, codes, how), dummies, 2000) for how in (True, False))
    np.testing.assert_allclose(one[0], other[0], rtol=1e-9)
    np.testing.assert_array_equal(one[1], other[1])
    # Effects of groups in two periods at once are no such products.
    longer = lay_out_elimination([*codes[:3], *(code // 2 for code in codes[3:])], np.empty((y.size, 0)))
    assert (longer.cube is None) == (n_groupings > 0)


def test_a_row_whose_level_has_no_outcome_left_is_not_known() -> None:
    _, y, weights, codes = build_panel(4)
    alone = np.flatnonzero(codes[0] == 0)
    y[alone] = np.where(np.arange(alone.size) < 2, 5.0, 0.0)
    means, used = fit_null(y, weights, codes)
    rows = np.append(alone[:3], np.flatnonzero(codes[0] == 5)[:1])
    dummies = RowDummies(rows, np.zeros(4, dtype=np.int64), np.arange(4), np.zeros(4, dtype=np.int64))
    _, is_known = fit_with_dummies(lay_out(y, means, used, codes, False), dummies, 50)
    np.testing.assert_array_equal(is_known, [False, False, False, True])


@loop_over("in_cube", [True, False])
def test_rounds_after_an_extrapolation_use_the_dummies_that_it_moved(in_cube, monkeypatch) -> None:
    rng, y, weights, codes = build_panel(1)
    means, used = fit_null(y, weights, codes)
    dummies, counts, run_round = draw_dummies(rng, y.size, 100), [], updated_sets.UpdatedSets.run_round
    monkeypatch.setattr(updated_sets, "SETTLED", 1e-9)
    monkeypatch.setattr(updated_sets.UpdatedSets, "run_round", lambda state: counts.append(1) or run_round(state))
    fit_with_dummies(lay_out(y, means, used, codes, in_cube), dummies, 2000)
    assert len(counts) < 40, len(counts)
