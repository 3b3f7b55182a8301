"""Expected squares of cluster scores against forms written out."""

import numpy as np
import pytest
from case_tables import loop_over

from twintrade.numerics.absorption import elimination, factor_order, lay_out_elimination, level_forms
from twintrade.numerics.linear import ProjectedForms, build_constant_effect, cluster_forms, compute_expected_squares

SHAPE = (6, 5, 7)


def draw_panel(rng, effects):
    """Return codes of effects and of clusters on a panel with gaps."""
    city, partner, year = (part.ravel() for part in np.indices(SHAPE))
    known = {
        "two_way": [city * SHAPE[1] + partner, year],
        "gravity": [city * SHAPE[1] + partner, city * SHAPE[2] + year, partner * SHAPE[2] + year],
        "city_years": [city * SHAPE[1] + partner, city * SHAPE[2] + year],
    }
    kept = rng.random(city.size) < 0.9
    return [code[kept] for code in known[effects]], city[kept], (city * SHAPE[1] + partner)[kept]


def write_out_forms(codes, covariates, weights, v, u, treatment, clusters):
    """Return each cluster's a_g, from the residual maker as a matrix."""
    z = np.hstack([*((code[:, None] == np.unique(code)).astype(float) for code in codes), covariates])
    root = np.sqrt(weights)[:, None]
    maker = np.eye(len(z)) - z @ np.linalg.pinv(root * z, rcond=1e-10) @ np.diag(root[:, 0])
    parts = (clusters == np.unique(clusters)[:, None]) * v
    return parts @ maker - np.outer(parts @ maker @ treatment, u)


@loop_over("most_kept", [0, 6_000_000], ids=["through levels", "through blocks"])
@loop_over("has_weights", [False, True])
@loop_over("effects", ["two_way", "gravity", "city_years"])
def test_sums_and_degrees_equal_forms_written_out(monkeypatch, effects, has_weights, most_kept) -> None:
    monkeypatch.setattr(elimination, "MOST_KEPT", most_kept)
    rng = np.random.default_rng(1)
    codes, city, dyad = draw_panel(rng, effects)
    n = city.size
    covariates = rng.normal(size=(n, 2))
    weights = rng.lognormal(size=n) if has_weights else np.ones(n)
    v, u, treatment = rng.normal(size=(n, 3)), rng.normal(size=n), (rng.random(n) < 0.2).astype(float)
    v[rng.random(n) < 0.5, 1] = 0.0
    q = factor_order(lay_out_elimination(codes, covariates), weights)
    effect = build_constant_effect(ProjectedForms.of(q), u, treatment)
    for clusters in (city, dyad):
        expected = compute_expected_squares(v, effect, clusters)
        for k in range(3):
            forms = write_out_forms(codes, covariates, weights, v[:, k], u, treatment, clusters)
            gram = forms @ forms.T
            assert expected.mean[k] == pytest.approx(np.trace(gram), rel=1e-10)
            assert expected.df[k] == pytest.approx(np.trace(gram) ** 2 / (gram**2).sum(), rel=1e-10)


@loop_over("has_weights", [False, True])
@loop_over("effects", ["two_way", "gravity", "city_years"])
def test_sums_over_many_clusters_equal_forms_written_out(monkeypatch, effects, has_weights) -> None:
    rng = np.random.default_rng(2)
    codes, city, dyad = draw_panel(rng, effects)
    n = city.size
    covariates = rng.normal(size=(n, 2))
    weights = rng.lognormal(size=n) if has_weights else np.ones(n)
    v, u, treatment = rng.normal(size=(n, 2)), rng.normal(size=n), (rng.random(n) < 0.2).astype(float)
    q = factor_order(lay_out_elimination(codes, covariates), weights)
    effect = build_constant_effect(ProjectedForms.of(q), u, treatment)
    monkeypatch.setattr(cluster_forms, "MOST_EXACT", 10)
    monkeypatch.setattr(cluster_forms, "NUMBERS_AT_ONCE", 1_000)
    # Dyads and their halves lie within levels of the largest effect; the last go by sparse sums, some at once.
    for clusters in (dyad, 2 * dyad + np.arange(n) % 2, np.arange(n) % 37):
        expected = compute_expected_squares(v, effect, clusters)
        with monkeypatch.context() as limited:
            limited.setattr(level_forms, "MOST_NUMBERS", 100)
            some_at_once = compute_expected_squares(
                v, build_constant_effect(ProjectedForms.of(q), u, treatment), clusters
            )
        assert some_at_once.mean == pytest.approx(expected.mean, rel=1e-10)
        for k in range(2):
            forms = write_out_forms(codes, covariates, weights, v[:, k], u, treatment, clusters)
            assert expected.mean[k] == pytest.approx((forms**2).sum(), rel=1e-10)
