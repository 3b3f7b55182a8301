"""Clustered errors over their expectation: against matrices written out, and against size in simulated panels."""

from dataclasses import replace

import numpy as np
import pytest
from case_tables import loop_over_pairs

from twintrade.design import Panel
from twintrade.diagnostics.variants import compare_paired
from twintrade.errors import InferenceError
from twintrade.estimators.base import fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.inference.clustering import constant_effect
from twintrade.inference.clustering.clusters import find_row_weights
from twintrade.inference.clustering.constant_effect import compute_scaled_variances
from twintrade.inference.crv2 import Scaled
from twintrade.numerics.arrays import compact, intersect_codes
from twintrade.numerics.linear import cluster_forms
from twintrade.numerics.poisson import fit_poisson


def compute_one(fitted, estimate):
    return next(compute_scaled_variances(fitted, [estimate], ("city", "partner")))


def build_dense_residual_maker(columns, weights):
    """Residual maker of weighted least squares, from the whole matrix of dummies."""
    root = np.sqrt(weights)[:, None]
    projection = columns @ np.linalg.pinv(root * columns) @ np.diag(root[:, 0])
    return np.eye(len(columns)) - projection


def write_out(fitted, view="overall", weights=None, outcome=None):
    """Return variance, factor and degrees of freedom by city and partner from explicit matrices."""
    o, estimate = fitted.design.observations, fitted.view(view)
    found = find_row_weights(fitted, estimate)
    v, rows = found.values, found.rows
    weights = (np.ones(rows.size) if o.weights is None else o.weights[rows]) if weights is None else weights
    y = o.y[rows] if outcome is None else outcome
    dummies = [(c[rows][:, None] == np.unique(c[rows])).astype(float) for c in o.effect_codes()]
    m = build_dense_residual_maker(np.hstack([*dummies, o.covariates[rows]]), weights)
    d = o.is_treated[rows].astype(float)
    u = find_row_weights(fitted, fitted.view("overall")).values[:, 0]
    u = u / (u @ d)
    city, partner = (compact(o.codes(name)[rows]) for name in ("city", "partner"))
    residual_maker = m @ (np.eye(rows.size) - np.outer(d, u))
    variance, mean, degrees = np.zeros(v.shape[1]), np.zeros(v.shape[1]), np.full(v.shape[1], np.inf)
    for sign, codes, is_single in (
        (1, city, True),
        (1, partner, True),
        (-1, intersect_codes([city, partner]), False),
    ):
        for k in range(v.shape[1]):
            inside = (codes[:, None] == np.arange(codes.max() + 1)).astype(float)
            forms = (inside * v[:, [k]]).T @ residual_maker
            gram = forms @ forms.T
            variance[k] += sign * ((forms @ y) ** 2).sum()
            mean[k] += sign * np.trace(gram)
            if is_single and np.trace(gram) > 0:
                degrees[k] = min(degrees[k], np.trace(gram) ** 2 / (gram**2).sum())
    return variance, (v**2).sum(axis=0) / np.where(mean > 0, mean, np.nan), degrees


@loop_over_pairs(
    view=["event", "overall"], estimator=[TWFE(), TWFE(shape="static"), Imputation()], effects=["two_way", "gravity"]
)
def test_variance_factor_and_degrees_equal_matrices_written_out(gravity_panel, estimator, effects, view) -> None:
    if view not in fit(estimator, gravity_panel()).views:
        return
    fitted = fit(estimator, gravity_panel(n_cities=5, n_partners=6, n_treated=7, fixed_effects=effects))
    found = compute_one(fitted, fitted.view(view))
    variance, factor, degrees = write_out(fitted, view)
    moving = np.abs(variance) > 1e-12
    np.testing.assert_allclose(np.diag(found.raw), variance, rtol=1e-8, atol=1e-14)
    np.testing.assert_allclose(found.factor[moving], factor[moving], rtol=1e-8)
    np.testing.assert_allclose(found.df[moving], degrees[moving], rtol=1e-8)


def with_columns(design, **columns):
    panel = Panel.from_frame(design.panel.to_frame().assign(**columns), city="city", partner="partner")
    return replace(design, panel=panel)


def test_weights_and_covariates_enter_the_residual_maker(gravity_panel) -> None:
    rng, design = np.random.default_rng(5), gravity_panel(n_cities=5, n_partners=6, n_treated=7)
    n = design.panel.n_rows
    design = with_columns(design, w=rng.integers(1, 4, n).astype(float), x=rng.normal(size=n))
    fitted = fit(TWFE(shape="static"), replace(design, weights="w", covariates=("x",)))
    found = compute_one(fitted, fitted.view("overall"))
    variance, factor, degrees = write_out(fitted)
    assert found.raw[0, 0] == pytest.approx(variance[0], rel=1e-8)
    assert found.factor[0] == pytest.approx(factor[0], rel=1e-8)
    assert found.df[0] == pytest.approx(degrees[0], rel=1e-8)


@pytest.mark.parametrize("measure", ["log_ratio", "percent"])
def test_poisson_is_the_linear_case_on_working_residuals(gravity_panel, measure) -> None:
    design = replace(gravity_panel(n_cities=5, n_partners=6, n_treated=7, fixed_effects="gravity"), outcome="flow")
    fitted, o = fit(Imputation(family="poisson", measure=measure), design), design.observations
    found = compute_one(fitted, fitted.view("overall"))
    model = fit_poisson(o.y, o.is_treated[:, None].astype(float), o.effect_codes())
    assert model.rows.size == o.n_rows
    variance, factor, degrees = write_out(fitted, weights=model.mu, outcome=model.residuals)
    assert found.raw[0, 0] == pytest.approx(variance[0], rel=1e-5)
    assert found.factor[0] == pytest.approx(factor[0], rel=1e-5)
    assert found.df[0] == pytest.approx(degrees[0], rel=1e-5)


@pytest.mark.parametrize("estimator", [TWFE(), Imputation(), CallawaySantAnna()], ids=["twfe", "imputed", "cohorts"])
def test_weights_of_a_few_effects_at_a_time_give_the_same_covariance(gravity_panel, estimator, monkeypatch) -> None:
    effects = "two_way" if isinstance(estimator, CallawaySantAnna) else "gravity"
    design = gravity_panel(n_cities=6, n_partners=7, n_treated=9, fixed_effects=effects)
    whole = compute_one(fitted := fit(estimator, design), fitted.view("event"))
    widths = []

    def find_and_count(*given):
        found = find_row_weights(*given)
        widths.append(found.values.shape[1])
        return found

    monkeypatch.setattr(constant_effect, "WEIGHTS_AT_ONCE", 1)
    monkeypatch.setattr(constant_effect, "FEWEST_AT_ONCE", 2)
    monkeypatch.setattr(constant_effect, "find_row_weights", find_and_count)
    found = compute_one(fitted, fitted.view("event"))
    assert max(widths) == 2 < whole.df.size
    np.testing.assert_allclose(found.covariance, whole.covariance, atol=1e-12)
    np.testing.assert_allclose(found.factor, whole.factor, rtol=1e-10)
    np.testing.assert_allclose(found.df, whole.df, rtol=1e-8)


def test_many_clusters_are_summed_level_by_level(gravity_panel, monkeypatch) -> None:
    fitted = fit(Imputation(), gravity_panel(n_cities=12, n_partners=10, n_treated=20))
    exact = compute_one(fitted, fitted.view("overall"))
    monkeypatch.setattr(cluster_forms, "MOST_EXACT", 50)
    drawn = compute_one(fitted, fitted.view("overall"))
    assert drawn.df[0] == exact.df[0]
    assert drawn.factor[0] == pytest.approx(exact.factor[0], rel=1e-10)


def test_degrees_of_freedom_of_many_clusters_rest_on_the_largest(gravity_panel, monkeypatch) -> None:
    """The squares alone, without products of clusters with each other, are off by several percent."""
    design = gravity_panel(n_cities=12, n_partners=10, n_treated=20, fixed_effects="gravity", clusters=("unit",))
    skewed = np.exp(3 * np.random.default_rng(4).normal(size=design.panel.n_units))[design.panel.unit]
    flow = design.panel.values("flow") * skewed
    fitted = fit(PPML(), replace(with_columns(design, flow=flow), outcome="flow", transform="level"))
    found = {}
    for most in (10**12, 60, 1):
        monkeypatch.setattr(cluster_forms, "MOST_EXACT", most)
        (variance,) = constant_effect.compute_scaled_variances(
            replace(fitted, design=replace(fitted.design)), [fitted.view("event")], ("unit",)
        )
        found[most] = variance.df
    np.testing.assert_allclose(found[60], found[10**12], rtol=2e-3)
    assert (np.abs(found[1] - found[10**12]) > 0.05 * found[10**12]).any()


def test_a_row_that_only_event_times_separate_stays_in_the_model(gravity_panel, rng) -> None:
    design = gravity_panel(n_cities=5, n_partners=6, n_treated=1, fixed_effects="gravity")
    o = design.observations
    flow = np.where(o.event_time == 1, 0.0, design.panel.values("flow"))
    fitted = fit(PPML(), replace(with_columns(design, flow=flow), outcome="flow"))
    event, overall = fitted.view("event"), fitted.view("overall")
    assert event.sample.rows.size < overall.sample.rows.size
    bands = Scaled().infer_views(fitted, ["event", "overall"], rng)
    alone = Scaled().infer(fitted, "overall", rng)
    assert bands["overall"].se[0] == pytest.approx(alone.se[0], rel=1e-12)
    assert bands["event"].se.size == event.n_effects


def test_nothing_moves_with_constants_and_errors_scale_with_the_outcome(gravity_panel, rng) -> None:
    design = gravity_panel(n_treated=12)
    y, unit = design.panel.values("y"), design.panel.unit
    moved = with_columns(design, y=3.0 * y + rng.normal(size=design.panel.n_units)[unit])
    one, other = (Scaled().infer(fit(Imputation(), d), "overall", rng) for d in (design, moved))
    assert other.se[0] == pytest.approx(3.0 * one.se[0], rel=1e-9)
    assert other.df[0] == pytest.approx(one.df[0], rel=1e-9)


def test_one_treated_pair_in_a_cohort_has_an_error(gravity_panel, rng) -> None:
    """Residuals around cohort by year means are zero there; those around one effect are not."""
    fitted = fit(Imputation(), gravity_panel(n_cities=10, n_partners=9, n_treated=6, effect=0.2))
    bands = Scaled().infer(fitted, "overall", rng)
    assert bands.inference == "scaled"
    assert bands.se[0] > 1.2 * Clustered().infer(fitted, "overall", rng).se[0]
    assert 1 < bands.df[0] < 9
    assert "Satterthwaite" in str(bands.note)
    assert bands.facts["variance_factor"] > 1


def test_alike_clusters_have_the_usual_factor_and_degrees(gravity_panel, rng) -> None:
    """Whole cities treated, half of them: G/(G-2) for two means of G/2 cities, and about G - 2 degrees of freedom."""
    design = gravity_panel(n_cities=20, n_partners=4, n_periods=6, clusters=("city",))
    onset = np.where(design.panel.unit_city < 10, 2003.0, np.inf)
    fitted = fit(TWFE(shape="static"), design.reassigned(onset))
    bands = Scaled().infer(fitted, "overall", rng)
    assert bands.facts["variance_factor"] == pytest.approx(20 / 18, abs=2e-3)
    assert bands.df[0] == pytest.approx(18, rel=1e-6)


def test_a_method_without_row_weights_is_refused(gravity_panel, rng) -> None:
    design = gravity_panel(n_treated=12)
    fixed = rng.normal(size=design.panel.n_units)[design.panel.unit]
    fitted = fit(CallawaySantAnna(), replace(with_columns(design, x=fixed), covariates=("x",)))
    with pytest.raises(InferenceError, match="gives no weights of its rows"):
        Scaled().infer(fitted, "overall", rng)


def test_poisson_errors_are_close_to_clustered_ones_where_clusters_are_many(gravity_panel, rng) -> None:
    design = replace(gravity_panel(n_cities=25, n_partners=20, n_treated=150, n_periods=6), outcome="flow")
    fitted = fit(PPML(shape="static"), design)
    one, other = (method.infer(fitted, "overall", rng) for method in (Scaled(), Clustered()))
    assert one.se[0] == pytest.approx(other.se[0], rel=0.15)
    assert one.df[0] < 19


def test_a_difference_has_the_widest_of_the_intervals_by_both_dimensions_and_by_each(gravity_panel) -> None:
    design = gravity_panel(n_cities=8, n_partners=7, n_treated=12)
    rng, widths = np.random.default_rng(3), []
    for _ in range(6):
        drawn = with_columns(design, y=rng.normal(size=design.panel.n_rows))
        whole, part = fit(Imputation(), drawn), fit(Imputation(), drawn.without([str(design.panel.units[0])]))
        alone = [compare_paired(whole, part, Clustered(by=by), rng) for by in (("city",), ("partner",))]
        both = compare_paired(whole, part, Clustered(by=("city", "partner")), rng)
        assert both.effect == alone[0].effect
        widths.append([one.high - one.low for one in (both, *alone)])
    of_both, *each = np.array(widths).T
    assert (of_both >= np.maximum(*each)).all()
    assert (of_both == np.maximum(*each)).any()
