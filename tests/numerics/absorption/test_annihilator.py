"""One factor of fixed effects and covariates, against dense projections and brute-force refits with dummies."""

import numpy as np
import pytest
from case_tables import loop_over

from twintrade.numerics.absorption import annihilators as module
from twintrade.numerics.absorption import build_annihilator, elimination, prepare_remaining

# Factors of some dozens of scaled columns beside a pseudo-inverse.
CLOSE = 1e-10
N_CITIES, N_PARTNERS, N_PERIODS = 6, 5, 7
GRAVITY = ("dyad", "city_period", "partner_period")
SETS = {
    "gravity": GRAVITY,
    "two-way": ("dyad", "period"),
    "dyad and city-period": ("dyad", "city_period"),
    "dyad and partner-period": ("dyad", "partner_period"),
    "without dyads": ("city_period", "partner_period"),
    "with what is nested": ("dyad", "city", "city_period", "partner_period", "period"),
    "one": ("dyad",),
    "none": ("constant",),
}
PANELS = ("balanced", "gaps", "singletons", "disconnected", "weighted", "some weights zero", "covariates")


def make_panel(kind: str, effects: str, seed: int = 3):
    """Return codes of a set of effects, covariates and weights of a panel with the given trouble."""
    rng = np.random.default_rng(seed)
    city, partner, period = (v.ravel() for v in np.indices((N_CITIES, N_PARTNERS, N_PERIODS)))
    kept = np.ones(city.size, dtype=bool)
    if kind in ("gaps", "some weights zero"):
        kept = rng.random(city.size) < 0.7
    if kind == "singletons":
        # A dyad in one period, a city in one dyad, a partner in one city and period.
        kept = ~(((city == 0) & (partner == 0) & (period != 2)) | ((city == 1) & (partner != 3)))
        kept &= ~((partner == 4) & ((city != 2) | (period != 1)))
    if kind == "disconnected":
        kept = (city < 3) == (partner < 2)
        kept &= ~((city < 3) & (period == 2))
    city, partner, period = city[kept], partner[kept], period[kept]
    n = city.size
    codes = {
        "dyad": city * N_PARTNERS + partner,
        "city": city,
        "period": period,
        "city_period": city * N_PERIODS + period,
        "partner_period": partner * N_PERIODS + period,
        "constant": np.zeros(n, dtype=np.int64),
    }
    weights = np.exp(2 * rng.normal(size=n)) if kind in ("weighted", "some weights zero") else np.ones(n)
    if kind == "some weights zero":
        weights[rng.random(n) < 0.2] = 0.0
        weights[(city == 0) & (partner == 1)] = 0.0
    covariates = np.empty((n, 0))
    if kind == "covariates":
        # One that the effects absorb, one far from zero, and two that are the same.
        x = rng.normal(size=n)
        covariates = np.column_stack([np.sqrt(1.0 + city), 1e6 + rng.normal(size=n), x, x])
    return [codes[name] for name in SETS[effects]], covariates, weights


def write_dummies(codes, covariates):
    """Return all dummies and the covariates, brought to one size."""
    z = np.hstack([(c[:, None] == np.unique(c)).astype(float) for c in codes])
    if not covariates.shape[1]:
        return z
    centred = covariates - covariates.mean(axis=0)
    return np.column_stack([z, centred / np.abs(centred).max(axis=0)])


def project_densely(codes, covariates, weights):
    """H = Z (Z'WZ)^- Z', from scaled columns."""
    w = weights
    z = np.hstack([(c[:, None] == np.unique(c)).astype(float) for c in codes])
    root = np.sqrt(w)[:, None]
    if covariates.shape[1]:
        centred = covariates - covariates.mean(axis=0)
        z = np.column_stack([z, centred / np.abs(centred).max(axis=0)])
    u, values, _ = np.linalg.svd(root * z, full_matrices=False)
    basis = u[:, values > 1e-10 * values.max()]
    return w, root * (basis @ basis.T) * root.T


def assert_close(found, expected, limit):
    """Compare tables of many thousand entries, for which ``approx`` takes longer than all that is tested."""
    np.testing.assert_allclose(found, expected, rtol=0, atol=limit, equal_nan=False)


each_panel = loop_over(("kind", "effects"), [(kind, effects) for kind in PANELS for effects in SETS])


@each_panel
def test_products_are_those_of_a_dense_projection(kind, effects) -> None:
    codes, covariates, weights = make_panel(kind, effects)
    n, rng = codes[0].size, np.random.default_rng(8)
    w, fitted = project_densely(codes, covariates, weights)
    q = np.diag(w) - fitted
    scale = CLOSE * max(1.0, float(w.max()))
    found = build_annihilator(codes, covariates, weights)
    everything, columns = np.arange(n), rng.normal(size=(n, 3))
    assert w[:, None] * found.residualize(columns) == pytest.approx(q @ columns, abs=scale)
    assert_close(found.block(everything, everything), q, scale)
    assert found.compute_leverage() == pytest.approx(
        np.divide(np.diag(fitted), w, out=np.zeros(n), where=w > 0), abs=CLOSE
    )
    rows = np.sort(rng.choice(n, n // 3, replace=False))
    others = np.setdiff1d(everything, rows)
    assert_close(found.block(rows, others), q[np.ix_(rows, others)], scale)


@each_panel
def test_sums_by_group_multiply_to_the_projection(kind, effects) -> None:
    codes, covariates, weights = make_panel(kind, effects)
    rng = np.random.default_rng(9)
    w, fitted = project_densely(codes, covariates, weights)
    root = np.sqrt(np.where(w > 0, w, 1.0))
    groups, clusters = rng.integers(0, 9, w.size), rng.integers(0, 4, w.size)
    left, right = rng.normal(size=(2, w.size)) / root
    found = build_annihilator(codes, covariates, weights)
    by_group, by_cluster = found.sum_loadings(w * left, groups, 9), found.sum_loadings(w * right, clusters, 4)
    product = sum(
        (a @ b.T if isinstance(a, np.ndarray) else (a @ b.T).toarray())
        for a, b in zip(by_group, by_cluster, strict=True)
    )
    parts = left[:, None] * fitted * right
    expected = [[parts[np.ix_(groups == g, clusters == h)].sum() for h in range(4)] for g in range(9)]
    assert product == pytest.approx(np.array(expected), abs=10 * CLOSE)


@pytest.mark.parametrize(
    ("shape", "n_nested", "n_across"), [((9, 6, 3), 27, 18), ((6, 9, 3), 27, 18), ((3, 4, 30), 90, 12)]
)
def test_the_smaller_side_is_kept(shape, n_nested, n_across) -> None:
    city, partner, period = (v.ravel() for v in np.indices(shape))
    codes = [city * shape[1] + partner, city * shape[2] + period, partner * shape[2] + period]
    found = build_annihilator(codes, np.empty((city.size, 0)), np.ones(city.size))
    # Blocks are cities, partners, or periods where these are many.
    assert found.elimination.cross.shape == (n_nested, n_across)


def test_blocks_looked_up_a_few_at_a_time_are_the_same(monkeypatch) -> None:
    codes, none, weights = make_panel("weighted", "gravity")
    whole = build_annihilator(codes, none, weights)
    expected = whole.compute_leverage()
    monkeypatch.setattr(elimination, "CELLS_AT_ONCE", 40)
    monkeypatch.setattr(module, "CELLS_AT_ONCE", 200)
    again = build_annihilator(codes, none, weights)
    assert len(again.list_rows()) > 5
    assert len(again.elimination.list_blocks()) == N_PERIODS
    assert again.compute_leverage() == pytest.approx(expected, abs=CLOSE)


@each_panel
def test_cross_products_without_some_rows_are_those_of_the_others(kind, effects) -> None:
    codes, covariates, weights = make_panel(kind, effects)
    n, rng = codes[0].size, np.random.default_rng(15)
    w = weights
    columns = rng.normal(size=(n, 3))
    whole = prepare_remaining(build_annihilator(codes, covariates, weights), columns)
    first = codes[0]
    for out in (first == first[0], np.isin(first, first[:20]), rng.random(n) < 0.5, np.arange(n) == 7):
        kept = ~out
        if not kept.any():
            continue
        own, fitted = project_densely([c[kept] for c in codes], covariates[kept], w[kept])
        expected = columns[kept].T @ (np.diag(own) - fitted) @ columns[kept]
        assert whole.gram(np.flatnonzero(out)) == pytest.approx(expected, abs=10 * CLOSE * max(1.0, float(w.max())))
