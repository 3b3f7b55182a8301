"""What a design must offer before a method may run."""

from dataclasses import dataclass, replace

import numpy as np

from twintrade.design import Design, describe_untreated
from twintrade.text import Listed, Text, Words


@dataclass(frozen=True, slots=True)
class Requires:
    """What a design must offer before an estimator may run, and which contract tests apply to it."""

    treated: bool = True  # at least one unit treated within the sample
    balanced: bool = False  # every unit observed in every period
    never_treated: bool = False  # at least one unit without an agreement
    single_onset: bool = False  # all treated units share one onset
    single_treated_unit: bool = False  # made for one treated unit (or a few that are averaged)
    nonnegative: bool = False  # outcomes must not be negative
    absorbing: bool = True  # treatment never ends
    # transforms, fixed_effects: Transforms of the outcome, and sets of fixed effects, that it accepts; empty for any
    transforms: tuple[str, ...] = ()
    fixed_effects: tuple[str | tuple[str, ...], ...] = ()
    dyadic: bool = False  # needs city-partner units
    isolates_cohorts: bool = True  # a shock to one cohort moves no other cohort's effects (contract test)
    influence_sums_to_zero: bool = True
    # Constants added to every outcome of a unit or of a period change nothing (contract test)
    cancels_constants: bool = True
    third_difference: bool = False  # a column must say which units an agreement can affect (contract test)
    cohort_statistics: bool = False  # runs on cohort statistics made elsewhere, where its options allow that
    # covariates, weights: Takes covariates; takes sampling weights
    covariates: bool = True
    weights: bool = True
    # has_influence, influence_sums_to_zero: Effects come with influence, or say why they have none; it sums to zero
    # over units (contract tests)
    has_influence: bool = True
    # Influence gives the weight of every row in an effect (contract test); `auto` else judges it by its units
    has_row_weights: bool = True

    def adapted(self, shape: str) -> "Requires":
        """Return what a regression of a shape requires: its own column and covariates need no onset."""
        return replace(self, treated=False, absorbing=False) if shape in ("dose", "covariates") else self

    def unmet(self, design: Design) -> list[Words]:
        """Return, in sentences, what the design lacks; empty when the estimator may run."""
        lacking = self._unmet_options(design)
        if lacking:
            return lacking
        o, units = design.observations, design.panel.unit_kind
        onsets = np.unique(o.unit_onset[o.is_ever_treated])
        if onsets.size == 0 and self.treated:
            lacking.append(describe_untreated(o))
        if self.never_treated and o.is_ever_treated.all():
            lacking.append(Text("estimators.needs-never-treated", units=units))
        if self.single_onset and onsets.size > 1:
            lacking.append(Text("estimators.needs-one-onset", n=onsets.size))
        if self.single_treated_unit and o.is_ever_treated.sum() != 1:
            lacking.append(Text("estimators.needs-one-treated", n=o.is_ever_treated.sum(), units=units))
        if self.balanced and not o.is_complete:
            n_missing = o.n_units * o.periods.size - o.n_rows
            lacking.append(Text("estimators.needs-balance", n=n_missing, units=units))
        if self.nonnegative and (o.y < 0).any():
            lacking.append(Text("estimators.negative-outcomes", n=(o.y < 0).sum()))
        return lacking

    def _unmet_options(self, design: Design) -> list[Words]:
        lacking: list[Words] = []
        if self.transforms and design.transform not in self.transforms:
            lacking.append(
                Text("estimators.needs-transform", taken=Listed(self.transforms, "or"), transform=design.transform)
            )
        if self.fixed_effects and design.fixed_effects not in self.fixed_effects:
            accepted = Listed(tuple(map(str, self.fixed_effects)), "or")
            lacking.append(Text("estimators.needs-effects", accepted=accepted, effects=design.effects_label))
        if self.absorbing and not design.treatment.is_absorbing:
            lacking.append(Text("estimators.needs-absorbing"))
        if design.covariates and not self.covariates:
            lacking.append(Text("estimators.takes-no-covariates", covariates=Listed(design.covariates, "comma")))
        if design.weights is not None and not self.weights:
            lacking.append(Text("estimators.takes-no-weights", weights=design.weights))
        if design.statistics is not None and not self.cohort_statistics:
            lacking.append(Text("estimators.needs-rows", units=design.panel.unit_kind))
        if self.dyadic and not design.panel.is_dyadic:
            lacking.append(Text("estimators.needs-dyads"))
        return lacking
