"""Two-way (or richer) fixed-effects regression on event-time dummies or on one treatment dummy."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from twintrade.design import Design, Observations
from twintrade.effects import Estimate, EventStudy
from twintrade.errors import DesignError
from twintrade.estimators.base import Requires, Views, describe_design
from twintrade.estimators.cohort_means.collapsed import Collapse, SumsRows
from twintrade.estimators.cohort_means.group_time import count_alone
from twintrade.estimators.regression import event_terms
from twintrade.estimators.regression.cell_fit import Slopes
from twintrade.estimators.regression.event_terms import FitShape, Later, Model
from twintrade.estimators.regression.slopes import build_effects
from twintrade.estimators.regression.split_panel import EventRegression
from twintrade.estimators.repeating.linear_null import LinearNull, prepare_linear_null
from twintrade.estimators.repeating.one_step import list_dummy_regressions
from twintrade.numerics.absorption import Projection, build_absorber, find_singletons, remove_trends
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.linear import compute_column_norms, pack_columns, regress_residuals
from twintrade.text import Text


@dataclass(frozen=True, slots=True)
class TWFE(EventRegression, SumsRows[EventStudy | Estimate]):
    """Least squares with fixed effects; any set of effects, weights and covariates.

    Every row of the design takes part, so units treated earlier also serve as comparison: under effects that differ
    between cohorts the coefficients mix event times (Sun and Abraham 2021) and weights may be negative.
    Rows alone in a level of an effect stay in, as in fixest, and are counted in ``sample.statistics``.

    Attributes
    ----------
    shape : {"event", "static", "dose", "covariates"}
        One effect per event time, with the static effect of the same rows as overall effect; or the static one alone.
        "dose" takes the treatment's own column, which may be a dose and may end; "covariates" has no treatment.
    bins : bool
        Whether the event times shown end in bins, which collect rows beyond the window. Averages never use bins.
    second_reference : int or None
        Event time that counts as zero beside the design's reference, as ``ref = c(-1, -5)`` in fixest: where every
        unit is treated in the end, one reference leaves a line through the event times undetermined.
    later : {"comparison", "leads"}
        Units treated after the last period are comparison; or have leads too, as in Stata where the column of the
        treatment reaches beyond the rows of the outcome.
    unit_trends : bool
        Whether every unit has a straight line of its own beside its level, as ``unit[period]`` in fixest; with
        two-way effects. Lines take out part of an effect that grows, and need leads to be told from one.
    """

    shape: FitShape = "event"
    unit_trends: bool = False
    bins: bool = False
    second_reference: int | None = None
    later: Later = "comparison"

    name: ClassVar[str] = "twfe"
    citation: ClassVar[str] = "sun2021"
    takes_treated: ClassVar[bool] = True
    requires: ClassVar[Requires] = Requires(isolates_cohorts=False, cohort_statistics=True)

    def list_regressions(self) -> tuple[Model, ...]:
        """Return the regressions on single event times and on the treatment."""
        return event_terms.list_models(self.shape, False, self.second_reference, self.later)

    def check(self, design: Design) -> None:
        """Refuse unit trends beside other than two-way effects."""
        if self.unit_trends and set(design.effect_names) != {"unit", "period"}:
            raise DesignError(f"unit trends go with two-way effects, not with {design.effects_label} effects")

    def takes_means(self, design: Design) -> bool:
        """Return whether units have no lines of their own, and those treated later no leads."""
        return not self.unit_trends and self.later == "comparison" and self.shape in ("event", "static")

    def estimate_means(self, means: Collapse) -> EventStudy | Estimate:
        """Return the event study or the static effect of regressions on means."""
        n_singletons = float(count_alone(means.moments.counts.astype(np.int64), means.observed))
        estimates = []
        for estimate in self._regressed(means.small):
            source = estimate.uncertainty.regression  # type: ignore[attr-defined]
            sample = means.o.sample(
                n_slopes=estimate.sample.n_slopes,
                effects=means.o.effect_names,
                dropped=estimate.sample.dropped,
                statistics={"within_r2": means.within_r2(source), "n_singletons": n_singletons},
            )
            estimates.append(replace(means.expanded(estimate, sample), scale=means.o.scale))
        return event_terms.join_models(estimates)

    def estimate_rows(self, design: Design) -> EventStudy | Estimate:
        """Return the event study or the static effect of regressions on rows."""
        return event_terms.join_models(self._regressed(design.observations))

    def _regressed(self, o: Observations) -> list[EventStudy | Estimate]:
        """Regress the outcome on each model's terms; effects are taken out of all of them in one projection."""
        models = event_terms.list_models(self.shape, self.bins, self.second_reference, self.later)
        terms = [event_terms.build_terms(o, model) for model in models]
        ends = np.cumsum([1, *(m.columns.shape[1] for m in terms)])
        columns = np.empty((o.n_rows, ends[-1]), order="F")
        columns[:, 0] = o.y
        norms = []
        for low, high, model in zip(ends[:-1], ends[1:], terms, strict=True):
            columns[:, low:high] = model.columns
            norms.append(compute_column_norms(model.columns, o.weights))
        net, codes, n_lines = self._net(o, columns)
        n_singletons = int(find_singletons(o.effect_codes()).sum())
        estimates = []
        for low, high, model, norm in zip(ends[:-1], ends[1:], terms, norms, strict=True):
            # The first model takes the columns as they stand: nothing is copied.
            tilde = net.residuals[:, :high] if low == 1 else net.residuals[:, [0, *range(low, high)]]
            fit = regress_residuals(tilde, norm, o.weights, model.names)
            taken = [levels[:, low:high][:, fit.kept] for levels in net.coefficients]
            packed = pack_columns(fit.x_tilde, model.columns, codes, taken, fit.kept) if codes else fit.x_tilde
            slopes = Slopes(fit, np.arange(o.n_rows), o.row_weights, packed)
            estimates.append(build_effects(o, model, slopes, o.scale, n_singletons, n_lines))
        return estimates

    def _net(self, o: Observations, columns: FloatArray) -> tuple[Projection, Sequence[IntArray], int]:
        """Return the columns net of the effects, levels of rows (none with lines) and the number of unit lines."""
        if self.unit_trends:
            residuals, n_lines = remove_trends(columns, o.unit, o.period, o.row_weights)
            return Projection(residuals, [], None), (), n_lines
        effects = build_absorber(o.effect_codes(), o.weights)
        return effects.project(columns, is_spare=True), effects.levels.codes, 0

    def linear_null(self, design: Design, outcomes: FloatArray, views: Views = None) -> LinearNull | None:
        """Return the model without treatment; None where units have lines of their own."""
        if self.unit_trends or self.shape in ("dose", "covariates") or design.statistics is not None:
            return None
        regressions = list_dummy_regressions(self.shape, self.bins, self.second_reference, self.later)
        return prepare_linear_null(design, regressions, outcomes)

    def assumption(self, design: Design) -> Text:
        """Return the identifying assumption."""
        return Text("estimators.twfe-assumes", trends=self.unit_trends, **describe_design(design))

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        if self.shape in ("dose", "covariates"):
            return Text(f"estimators.averages-{self.shape}")
        return Text("estimators.twfe-averages", shape=self.shape, **describe_design(design))

    def equation(self, design: Design) -> str:
        """Return the estimating equation."""
        zero = " = ".join(f"β_{e}" for e in event_terms.list_references(design, self.second_reference))
        effect = event_terms.EQUATIONS.get(self.shape, f"Σ_e β_e·1[t − g = e], {zero} = 0,")
        given = " + γ′x" if design.covariates else ""
        effects = [f"α_{n}" for n in design.effect_names] + ["λ_unit·t"] * self.unit_trends
        return f"y = {effect}{given} + {' + '.join(effects)} + ε"
