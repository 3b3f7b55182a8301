"""A complete panel as one weighted row per cohort and period: least squares on it is least squares on the units.

Effects of units and periods, regressors that follow cohort and period, no covariates and no weights: then slopes
depend on the cohorts' means alone, and a unit's influence is affine in its deviation from its cohort's mean.
"""

from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np
import pandas as pd

from twintrade.design import Design, Observations, Panel, Treatment
from twintrade.effects import CohortEffects, Estimate, EventStudy, GroupedInfluence, Regression, Sample
from twintrade.effects.cohort_influence import CohortInfluence
from twintrade.errors import EstimationError
from twintrade.estimators.wide import Wide, widen
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.cohort_moments import CohortMoments

AnyEstimate = TypeVar("AnyEstimate", bound=Estimate)


@dataclass(frozen=True, slots=True, eq=False)
class CollapsedInfluence(CohortInfluence):
    """Influence of slopes on cohort means; the regression on rows is written out when asked for.

    Attributes
    ----------
    cell_design : FloatArray or None, shape (n_cohorts, n_periods, n_slopes)
        Regressors net of the effects; None where the effects are not slopes.
    cell_residuals : FloatArray or None, shape (n_cohorts, n_periods)
    bread : FloatArray or None, shape (n_slopes, n_slopes)
    selector : FloatArray or None, shape (n_slopes, n_effects)
    """

    cell_design: FloatArray | None = None
    cell_residuals: FloatArray | None = None
    bread: FloatArray | None = None
    selector: FloatArray | None = None

    @classmethod
    def of(cls, plain: CohortInfluence) -> "CollapsedInfluence":
        """Return a plain influence as one that may carry its regression."""
        return cls(**{f.name: getattr(plain, f.name) for f in fields(CohortInfluence)})

    @property
    def regression(self) -> Regression | None:
        """The regression on the rows of the panel."""
        if self.cell_design is None or self.cell_residuals is None or self.bread is None or self.selector is None:
            return None
        if not self.has_units:
            return None
        cohort, outcomes = self._rows()
        deviation = outcomes - self.moments.means[cohort]
        deviation -= deviation.mean(axis=1, keepdims=True)
        return Regression(
            rows=np.arange(outcomes.size),
            design=self.cell_design[cohort].reshape(outcomes.size, -1),
            residuals=(deviation + self.cell_residuals[cohort]).ravel(),
            weights=np.ones(outcomes.size),
            bread=self.bread,
            selector=self.selector,
        )

    def combined(self, weights: FloatArray, extra: GroupedInfluence | None = None) -> "CollapsedInfluence":
        """Return the influence of ``effects @ weights``; the regression survives only fixed weights."""
        plain = CohortInfluence.combined(self, weights, extra)
        selector = None if self.selector is None or extra is not None else self.selector @ weights
        return replace(self, coefficients=plain.coefficients, constants=plain.constants, selector=selector)


@dataclass(frozen=True, slots=True, eq=False)
class Collapse:
    """A design's cohort means as a design of its own.

    Attributes
    ----------
    design : Design
        One unit a cohort, its outcome the mean, its weight the cohort's size.
    o : Observations
        Of the panel.
    wide : Wide
    moments : CohortMoments
    """

    design: Design
    o: Observations
    wide: Wide
    moments: CohortMoments

    @property
    def small(self) -> Observations:
        """Rows by cohort and period."""
        return self.design.observations

    def influence(self, coefficients: FloatArray, constants: FloatArray) -> CollapsedInfluence:
        """Wrap coefficients (n_cohorts, n_periods, k) and constants (n_cohorts, k)."""
        return CollapsedInfluence.of(self.wide.influence(self.moments, coefficients, constants))

    def of_regression(self, source: Regression) -> CollapsedInfluence:
        """Turn the regression on cohort means into the influence of its effects by unit."""
        shape = self.moments.means.shape
        cells = np.zeros((shape[0] * shape[1], source.design.shape[1]))
        residuals = np.zeros(cells.shape[0])
        cells[source.rows], residuals[source.rows] = source.design, source.residuals
        slopes = source.bread @ source.selector
        design, residuals = cells.reshape(*shape, -1), residuals.reshape(shape)
        found = self.influence(design @ slopes, np.einsum("htk,ht->hk", design, residuals) @ slopes)
        return replace(
            found, cell_design=design, cell_residuals=residuals, bread=source.bread, selector=source.selector
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
            of_cohort = size[np.searchsorted(onset, estimate.cohorts)]
            return of_cohort, of_cohort
        event_time = period - onset[:, None]
        if isinstance(estimate, EventStudy):
            first, last = estimate.event_times[[0, -1]]
            low, high = np.where(estimate.binned, (first, last), (-np.inf, np.inf))
            clipped = np.where(np.isfinite(event_time), np.clip(event_time, low, high), np.nan)
            members = [clipped == e for e in estimate.event_times]
        else:
            members = [event_time >= 0]
        n_units = np.array([int(size[m.any(axis=1)].sum()) for m in members], dtype=np.int64)
        return n_units, np.array([int((size[:, None] * m).sum()) for m in members], dtype=np.int64)

    def within_r2(self, source: Regression) -> float:
        """Share of the panel's variation net of both effects that the slopes explain."""
        n_periods = self.moments.periods.size
        center = np.eye(n_periods) - 1.0 / n_periods
        left = float(np.einsum("st,hts->", center, self.moments.scatter))
        left += float(source.weights @ source.residuals**2)
        moment = source.design.T @ (source.weights * self.small.y[source.rows])
        explained = float(moment @ source.bread @ moment)
        return explained / (left + explained) if left + explained > 0 else float("nan")


def collapse(design: Design) -> Collapse | None:
    """Return the collapsed design, or None where rows cannot be summed into cohorts without loss."""
    o = design.observations
    is_plain = o.is_complete and o.weights is None and not design.covariates
    late = (o.unit_onset > o.periods[-1]) & (o.unit_onset - design.anticipation <= o.periods[-1])
    if not is_plain or late.any() or set(design.effect_names) != {"unit", "period"}:
        _refuse_sums(design)
        return None
    wide = widen(o)
    if wide.onset.size == wide.unit_ids.size and wide.given is None:
        return None
    moments = wide.moments()
    return Collapse(_of_means(design, moments), o, wide, moments)


def _refuse_sums(design: Design) -> None:
    if design.statistics is not None:
        raise EstimationError(
            "cohort statistics serve two-way effects, without single periods left out and without cohorts whose "
            "anticipation reaches into the sample and whose onset does not; give the rows"
        )


def _of_means(design: Design, moments: CohortMoments) -> Design:
    n_cohorts, n_periods = moments.means.shape
    labels = [f"{k:06d}" for k in range(n_cohorts)]
    frame = pd.DataFrame(
        {
            "cohort": np.repeat(labels, n_periods),
            "period": np.tile(moments.periods, n_cohorts),
            "mean": moments.means.ravel(),
            "size": np.repeat(moments.counts, n_periods),
        }
    )
    panel = Panel.from_frame(frame, unit="cohort", frequency=design.panel.frequency)
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
