"""A panel as one weighted row per cohort and period: least squares on it is least squares on the units.

Effects of units and periods, regressors that follow cohort and period, no covariates and no weights: then slopes
depend on the cohorts' means alone, and a unit's influence is affine in its deviation from its cohort's mean. In a
panel with gaps the same holds of the units of a cohort that miss the same periods.
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import ClassVar, Generic, TypeVar

import numpy as np
import pandas as pd

from twintrade.design import Design, Observations, Panel, Treatment
from twintrade.effects import CohortEffects, Estimate, EventStudy, Regression, Sample, WeightInfluence
from twintrade.effects.cohort_influence import CohortInfluence
from twintrade.effects.estimate import DesignFacts, Scale
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import Catalogued, Requires, Target
from twintrade.estimators.cohort_means.group_time import PanelMeans, compute_panel_means
from twintrade.estimators.cohort_means.wide import Wide, widen
from twintrade.estimators.regression.cell_fit import SCALES, Family
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.comparisons import CohortMoments

AnyEstimate = TypeVar("AnyEstimate", bound=Estimate)


@dataclass(frozen=True, slots=True, eq=False)
class CollapsedInfluence(CohortInfluence):
    """Influence of slopes on cohort means; the regression on rows is written out when asked for."""

    # (n_cohorts, n_periods, n_slopes): regressors net of the effects; None where the effects are not slopes
    cell_design: FloatArray | None = None
    cell_residuals: FloatArray | None = None  # (n_cohorts, n_periods)
    bread: FloatArray | None = None  # (n_slopes, n_slopes)
    selector: FloatArray | None = None  # (n_slopes, n_effects)
    # (n_cohorts, n_periods): periods in which the units of a part of a cohort are observed; needed where the
    # regression is
    observed: BoolArray | None = None

    @property
    def regression(self) -> Regression | None:
        """The regression on the rows of the panel."""
        if self.cell_design is None or self.cell_residuals is None or self.bread is None or self.selector is None:
            return None
        if not self.has_units:
            return None
        cohort, outcomes = self._rows()
        observed = np.ones(self.moments.means.shape, dtype=bool) if self.observed is None else self.observed
        deviation = outcomes - self.moments.means[cohort]
        deviation -= deviation.sum(axis=1, keepdims=True) / observed.sum(axis=1)[cohort][:, None]
        seen = observed[cohort]
        residuals = (deviation + self.cell_residuals[cohort])[seen]
        return Regression(
            rows=np.arange(residuals.size),
            columns=self.cell_design[cohort][seen],
            residuals=residuals,
            weights=np.ones(residuals.size),
            bread=self.bread,
            selector=self.selector,
        )

    def combined(self, weights: FloatArray, extra: WeightInfluence | None = None) -> "CollapsedInfluence":
        """Return the influence of ``effects @ weights``; the regression survives only fixed weights."""
        plain = CohortInfluence.combined(self, weights, extra)
        selector = None if self.selector is None or extra is not None else self.selector @ weights
        changed = {"coefficients": plain.coefficients, "constants": plain.constants, "loadings": plain.loadings}
        return replace(self, selector=selector, **changed)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, eq=False)
class Collapse(PanelMeans):
    """A design's means of cohorts, or of parts of cohorts, as a design of its own."""

    design: Design  # one unit a cohort, or a part of a cohort, its outcome the mean, its weight the number of units
    o: Observations  # of the panel
    panel: Wide

    @property
    def small(self) -> Observations:
        """Rows by cohort and period."""
        return self.design.observations

    def influence(self, coefficients: FloatArray, constants: FloatArray) -> CollapsedInfluence:
        """Wrap coefficients (n_cohorts, n_periods, k) and constants (n_cohorts, k)."""
        plain = PanelMeans.influence(self, coefficients, constants)
        same = {f.name: getattr(plain, f.name) for f in fields(CohortInfluence)}
        return CollapsedInfluence(**same, observed=self.observed)

    def spread(self, values: FloatArray) -> FloatArray:
        """Lay values by row of the small design out by cohort and period, zero where nobody is observed."""
        out = np.zeros(self.observed.shape + values.shape[1:], dtype=values.dtype)
        out[self.observed] = values
        return out

    def of_regression(self, source: Regression) -> CollapsedInfluence:
        """Turn the regression on cohort means into the influence of its effects by unit."""
        small = np.zeros((self.small.n_rows, source.design.shape[1]))
        small_residuals = np.zeros(self.small.n_rows)
        small[source.rows], small_residuals[source.rows] = source.design, source.residuals
        slopes = source.bread @ source.selector
        design, residuals = self.spread(small), self.spread(small_residuals)
        influence = self.influence(design @ slopes, np.einsum("htk,ht->hk", design, residuals) @ slopes)
        return replace(
            influence, cell_design=design, cell_residuals=residuals, bread=source.bread, selector=source.selector
        )

    def expanded(self, estimate: AnyEstimate, sample: Sample) -> AnyEstimate:
        """Return an estimate made on cohort means with influence, counts and sample of the panel."""
        source = estimate.uncertainty.regression  # type: ignore[attr-defined]
        n_units, n_cells = self.counts(estimate)
        out = replace(
            estimate, uncertainty=self.of_regression(source), sample=sample, n_units=n_units, n_cells=n_cells
        )
        if isinstance(out, CohortEffects):
            return replace(out, cell_weights=n_cells.astype(np.float64))
        return out

    def counts(self, estimate: Estimate) -> tuple[IntArray, IntArray]:
        """Count units and rows behind each effect of an estimate made on cohort means."""
        size = self.moments.counts.astype(np.int64)
        onset, period = self.moments.onset, self.moments.periods
        if isinstance(estimate, CohortEffects):
            at = np.searchsorted(period, estimate.cohorts + estimate.event_times)
            size = np.where(self.observed.sum(axis=1) > 1, size, 0)  # a unit's only row shows no change
            of_cohort = size @ ((onset[:, None] == estimate.cohorts) & self.observed[:, at])
            return of_cohort, of_cohort
        event_time = period - onset[:, None]
        if isinstance(estimate, EventStudy):
            first, last = estimate.event_times[[0, -1]]
            low, high = np.where(estimate.binned, (first, last), (-np.inf, np.inf))
            clipped = np.where(np.isfinite(event_time), np.clip(event_time, low, high), np.nan)
            members = [self.observed & (clipped == e) for e in estimate.event_times]
        else:
            members = [self.observed & (event_time >= 0)]
        n_units = np.array([int(size[m.any(axis=1)].sum()) for m in members], dtype=np.int64)
        return n_units, np.array([int((size[:, None] * m).sum()) for m in members], dtype=np.int64)

    def within_r2(self, source: Regression) -> float:
        """Share of the panel's variation net of both effects that the slopes explain."""
        scatter, observed = self.moments.scatter, self.observed.astype(np.float64)
        between = np.einsum("hs,hst,ht->h", observed, scatter, observed) / observed.sum(axis=1)
        left = float(np.einsum("htt->", scatter) - between.sum())
        left += float(source.weights @ source.residuals**2)
        moment = source.design.T @ (source.weights * self.small.y[source.rows])
        explained = float(moment @ source.bread @ moment)
        return explained / (left + explained) if left + explained > 0 else float("nan")


def collapse(design: Design) -> Collapse | None:
    """Return the collapsed design, or None where rows cannot be summed into cohorts or parts of them without loss."""
    o = design.observations
    is_plain = o.weights is None and not design.covariates
    late = (o.unit_onset > o.periods[-1]) & (o.unit_onset - design.anticipation <= o.periods[-1])
    if not is_plain or late.any() or set(design.effect_names) != {"unit", "period"}:
        if design.statistics is not None:
            raise EstimationError(
                "cohort statistics serve two-way effects, without single periods left out and without cohorts whose "
                "anticipation reaches into the sample and whose onset does not; give the rows"
            )
        return None
    wide = widen(o)
    if wide.onset.size == wide.unit_ids.size and wide.given is None:
        return None
    means = compute_panel_means(wide)
    if means is None:
        return None
    small = _of_means(design, means.moments, means.observed)
    return Collapse(means.moments, means.observed, means.source, small, o, wide)


def _of_means(design: Design, moments: CohortMoments, observed: BoolArray) -> Design:
    n_cohorts, n_periods = moments.means.shape
    frame = pd.DataFrame(
        {
            "cohort": np.repeat([f"{k:06d}" for k in range(n_cohorts)], n_periods),
            "period": np.tile(moments.periods, n_cohorts),
            "mean": moments.means.ravel(),
            "size": np.repeat(moments.counts, n_periods),
        }
    )[observed.ravel()]
    given = design.panel
    frequency = "year" if given.frequency == "wave" else given.frequency
    panel = Panel.from_frame(frame, unit="cohort", frequency=frequency, periods="calendar")
    panel = replace(panel, frequency=given.frequency, waves=given.waves)
    return Design(
        panel=panel,
        treatment=Treatment(units=panel.units, onset=moments.onset),
        outcome="mean",
        comparison=design.comparison,
        fixed_effects=design.effect_names,
        window=design.window,
        reference=design.reference,
        anticipation=design.anticipation,
        weights="size",
        always_treated="keep",
    )


# Methods that serve cohort means as well as rows: whether rows are summed is decided here, once for all of them.


class SumsRows(Catalogued, Generic[AnyEstimate]):
    """A method whose rows are summed into means of cohorts, or of parts of cohorts, where that loses nothing."""

    def estimate(self, design: Design) -> AnyEstimate:
        """Return the estimate, from means where rows can be summed into them."""
        return self._estimated(design, self.estimate_rows)

    def _estimated(self, design: Design, from_rows: Callable[[Design], AnyEstimate]) -> AnyEstimate:
        """Return the estimate from means, or as given from rows."""
        self.check(design)
        design = self.narrowed(design)
        means = collapse(design) if self.takes_means(design) else None
        from_means = None if means is None else self.estimate_means(means)
        return from_rows(design) if from_means is None else from_means

    def check(self, design: Design) -> None:
        """Refuse options that do not go with the design; none, by default."""

    def takes_means(self, design: Design) -> bool:
        """Return whether the options allow for means in place of rows."""
        return True

    @abstractmethod
    def estimate_means(self, means: Collapse) -> AnyEstimate | None:
        """Return the estimate from means of cohorts; None where only rows can tell."""

    @abstractmethod
    def estimate_rows(self, design: Design) -> AnyEstimate:
        """Return the estimate from rows."""


# What methods share that give an effect to every cohort and period, additive or proportional.


@dataclass(frozen=True, slots=True)
class CellMethod(SumsRows[CohortEffects]):
    """An effect for every cohort and period.

    Attributes
    ----------
    family : {"linear", "poisson"}
        Model of the untreated outcome: additive, or proportional with zeros.
    """

    family: Family = "linear"
    measure: str | None = None

    requires: ClassVar[Requires] = Requires(cohort_statistics=True)

    @property
    def target(self) -> Target:
        """Percentages are of the treated units' total, coefficients of cells, other measures averages of rows."""
        if self.family == "poisson" and self.measure == "coefficient":
            return "average cell"
        return "total" if self.measure == "percent" else "average unit"

    def effect_scale(self, design: DesignFacts) -> Scale:
        """Return the scale of the cells' effects."""
        return design.scale if self.family == "linear" else SCALES[self.measure]

    def takes_means(self, design: Design) -> bool:
        """Return whether the model is additive."""
        return self.family == "linear"

    def refuse_logarithms(self, design: Design) -> None:
        """Refuse logarithms of the outcome under a proportional model."""
        if self.family == "poisson" and design.transform == "log":
            raise DesignError(f"{self.name} with family = 'poisson' takes the outcome in levels, not in logarithms")
