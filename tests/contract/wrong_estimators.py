"""Faults that a method may have, each planted in a registered method: the contract tests must object to every one."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from twintrade.design import Design
from twintrade.effects import CohortEffects, Estimate, EventStudy, Influence, RefitOnly, UnitInfluence
from twintrade.estimators.base import Estimator

Plant = Callable[[Estimator, Design, Callable[[Design], Estimate]], Estimate]
"""From the method, the design and the method's own estimate of any design to a wrong one."""

FAULTS: dict[str, tuple[Plant, str, tuple[str, ...]]] = {}
"""Each fault with the contract test that must object, and the methods it is planted in."""


def fault(test: str, *methods: str) -> Callable[[Plant], Plant]:
    def registered(plant: Plant) -> Plant:
        FAULTS[plant.__name__] = (plant, test, methods)
        return plant

    return registered


def planted(kind: type[Estimator], plant: Plant) -> type[Estimator]:
    """Return the method with the fault in place of its estimate."""

    def estimate(self: Estimator, design: Design) -> Estimate:
        return plant(self, design, lambda other: kind.estimate(self, other))

    def estimate_views(self: Estimator, design: Design, views: object) -> Estimate:
        return estimate(self, design)

    return type(kind.__name__, (kind,), {"estimate": estimate, "estimate_views": estimate_views})


def everywhere(found: Estimate, change: Callable[[Estimate], Estimate]) -> Estimate:
    """Change an estimate and the averages that it brings along."""
    found = change(found)
    if isinstance(found, EventStudy):
        averages = {key: getattr(found, key) for key in ("overall", "path")}
        return replace(found, **{key: None if one is None else change(one) for key, one in averages.items()})
    return found


def reweighed(found: Estimate, factor: Callable[[Influence], np.ndarray]) -> Estimate:
    """Multiply every unit's influence; where there are rows behind it they are multiplied as well."""

    def change(one: Estimate) -> Estimate:
        held = one.uncertainty
        by_unit = factor(held)[:, None]
        return replace(one, uncertainty=UnitInfluence(held.units, held.matrix() * by_unit, None))

    return everywhere(found, change)


LEAVING_OUT = "test_influence_is_what_leaving_a_unit_out_does"
ROWS = "test_rows_are_those_of_the_design_that_was_estimated"
KNOWN = "test_a_known_effect_is_recovered"
COUNTS = "test_counts_are_those_of_the_treated_rows_behind_an_effect"


@fault(LEAVING_OUT, "twfe", "callaway_santanna", "imputation")
def errors_a_quarter_short(method, design, estimate):
    return reweighed(estimate(design), lambda held: np.full(held.units.size, 0.75))


@fault(LEAVING_OUT, "sun_abraham", "two_stage")
def errors_a_quarter_long(method, design, estimate):
    return reweighed(estimate(design), lambda held: np.full(held.units.size, 1.25))


def is_comparison(design, held):
    o = design.observations
    return np.isin(held.units, o.unit_ids[~o.is_ever_treated])


@fault(LEAVING_OUT, "twfe", "callaway_santanna", "stacked")
def wrong_sign_on_the_comparison_side(method, design, estimate):
    return reweighed(estimate(design), lambda held: np.where(is_comparison(design, held), -1.0, 1.0))


@fault(LEAVING_OUT, "callaway_santanna", "local_projections")
def comparison_side_without_influence(method, design, estimate):
    return reweighed(estimate(design), lambda held: np.where(is_comparison(design, held), 0.0, 1.0))


@fault(LEAVING_OUT, "twfe", "triple_difference")
def influence_in_another_order(method, design, estimate):
    def change(one):
        held = one.uncertainty
        return replace(one, uncertainty=UnitInfluence(held.units, held.matrix()[::-1], None))

    return everywhere(estimate(design), change)


@fault(ROWS, "twfe", "ppml")
def rows_of_the_regression_in_another_order(method, design, estimate):
    def change(one):
        held = one.uncertainty
        source = replace(held.regression, residuals=held.regression.residuals[::-1])
        return replace(one, uncertainty=UnitInfluence(held.units, held.matrix(), source))

    return everywhere(estimate(design), change)


@fault(ROWS, "sun_abraham")
def rows_left_out_inside_the_estimate(method, design, estimate):
    """Whoever leaves rows out has to say so before: here the sample is that of another design."""
    o = design.observations
    return estimate(design.restricted(design.panel.period > o.periods[0]))


@fault(ROWS, "imputation", "callaway_santanna")
def no_influence_where_there_is_one(method, design, estimate):
    return everywhere(estimate(design), lambda one: replace(one, uncertainty=RefitOnly("none")))


@fault("test_influence_sums_to_zero", "callaway_santanna", "twfe")
def influence_off_center(method, design, estimate):
    def change(one):
        held = one.uncertainty
        return replace(one, uncertainty=UnitInfluence(held.units, held.matrix() + 1e-4, None))

    return everywhere(estimate(design), change)


@fault(COUNTS, "twfe", "callaway_santanna", "imputation")
def counts_times_ten(method, design, estimate):
    return everywhere(estimate(design), lambda one: replace(one, n_units=10 * one.n_units, n_cells=10 * one.n_cells))


@fault(COUNTS, "twfe", "sun_abraham")
def rows_counted_as_units(method, design, estimate):
    return everywhere(estimate(design), lambda one: replace(one, n_units=one.n_cells + 1))


@fault("test_effects_against_a_reference_have_it_among_them", "twfe", "callaway_santanna")
def no_reference(method, design, estimate):
    return replace(estimate(design), reference=None)


@fault("test_effects_against_a_reference_have_it_among_them", "sun_abraham")
def another_reference(method, design, estimate):
    return estimate(replace(design, reference=-2))


@fault("test_anticipation_is_kept_out_of_the_comparison", "imputation", "etwfe", "callaway_santanna", "twfe")
def anticipation_ignored(method, design, estimate):
    return estimate(replace(design, anticipation=0, reference=-1))


@fault("test_a_unit_that_weighs_two_is_as_good_as_two_units", "twfe", "imputation", "local_projections")
def weights_ignored(method, design, estimate):
    return estimate(replace(design, weights=None))


@fault("test_a_unit_that_weighs_two_is_as_good_as_two_units", "imputation", "etwfe")
def weights_ignored_in_the_average(method, design, estimate):
    found = estimate(design)
    return replace(found, cell_weights=found.n_cells.astype(np.float64))


@fault("test_a_covariate_is_conditioned_on", "twfe", "stacked")
def covariates_ignored(method, design, estimate):
    return estimate(replace(design, covariates=()))


@fault("test_a_logarithm_is_taken_where_the_design_asks_for_it", "twfe", "imputation")
def transform_ignored(method, design, estimate):
    return estimate(replace(design, transform="level"))


@fault("test_rows_without_an_outcome_are_as_if_absent_and_listed", "twfe", "imputation")
def unknown_outcomes_counted_as_zero(method, design, estimate):
    known = np.nan_to_num(design.panel.values(design.outcome))
    panel = replace(design.panel, columns={**design.panel.columns, design.outcome: known})
    return estimate(replace(design, panel=panel))


@fault("test_rows_without_an_outcome_are_as_if_absent_and_listed", "callaway_santanna")
def lost_rows_not_listed(method, design, estimate):
    found = estimate(design)
    return replace(found, sample=replace(found.sample, dropped=()))


@fault(KNOWN, "twfe", "synthetic_did")
def effects_five_percent_too_large(method, design, estimate):
    return everywhere(estimate(design), lambda one: replace(one, effects=1.05 * one.effects))


@fault(KNOWN, "callaway_santanna", "imputation")
def event_times_one_late(method, design, estimate):
    found = estimate(design)
    return replace(found, event_times=found.event_times + 1)


@fault(KNOWN, "twfe", "imputation")
def period_effects_forgotten(method, design, estimate):
    return estimate(replace(design, fixed_effects=("unit",)))


@fault("test_gravity_effects_absorb_what_happens_to_a_city_or_a_partner_in_a_period", "ppml", "two_stage")
def gravity_effects_forgotten(method, design, estimate):
    return estimate(replace(design, fixed_effects="two_way"))


@fault("test_scaling_scales_levels_and_leaves_proportions", "callaway_santanna", "twfe")
def effects_in_standard_deviations(method, design, estimate):
    spread = design.observations.y.std()
    return everywhere(estimate(design), lambda one: replace(one, effects=one.effects / spread))


@fault("test_a_shock_to_one_cohort_moves_no_other", "etwfe", "imputation")
def cohorts_mixed(method, design, estimate):
    found = estimate(design)
    assert isinstance(found, CohortEffects)
    mixed = np.array([found.effects[found.event_times == e].mean() for e in found.event_times])
    return replace(found, effects=mixed)


@fault("test_row_order_labels_and_index_change_nothing", "twfe", "callaway_santanna")
def the_first_label_left_out(method, design, estimate):
    return estimate(design.without([design.panel.units[0]]))


@fault("test_unit_and_period_constants_change_nothing", "twfe", "imputation")
def outcomes_squared(method, design, estimate):
    shifted = design.panel.values(design.outcome) ** 2
    panel = replace(design.panel, columns={**design.panel.columns, design.outcome: shifted})
    return estimate(replace(design, panel=panel))


@fault("test_inputs_stay_as_they_were_and_a_repeat_is_identical", "twfe", "callaway_santanna")
def the_data_written_on(method, design, estimate):
    found = estimate(design)
    design.panel.columns[design.outcome] = design.panel.columns[design.outcome] + 1.0
    return found


@fault("test_the_global_random_state_is_neither_used_nor_moved", "imputation", "sun_abraham")
def global_random_numbers(method, design, estimate):
    noise = np.random.normal(scale=1e-12)  # noqa: NPY002
    return everywhere(estimate(design), lambda one: replace(one, effects=one.effects + noise))
