"""Two-way (or richer) fixed-effects regression on event-time dummies or on one treatment dummy."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from twintrade.design import Design, Observations
from twintrade.effects import Estimate, EventStudy
from twintrade.effects.estimate import Scale
from twintrade.estimators.base import Estimator, Repeater, Requires
from twintrade.estimators.collapsed import collapse
from twintrade.estimators.event_terms import Shape, terms
from twintrade.estimators.repeated import regressed, repeated
from twintrade.estimators.slopes import Slopes, effects_of
from twintrade.numerics.absorb import absorber, singletons
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.least_squares import least_squares


@dataclass(frozen=True, slots=True)
class TWFE(Estimator):
    """Least squares with fixed effects; any set of effects, weights and covariates.

    Every row of the design takes part, so units tied earlier also serve as comparison: under effects that differ
    between cohorts the coefficients mix event times (Sun and Abraham 2021) and weights may be negative.
    Rows alone in a level of an effect stay in, as in fixest, and are counted in ``sample.statistics``.

    Attributes
    ----------
    shape : {"event", "static"}
        One effect per event time of the window with binned ends, or one effect after onset.
    """

    shape: Shape = "event"

    name: ClassVar[str] = "twfe"
    title: ClassVar[str] = "TWFE"
    citation: ClassVar[str] = "sun2021"
    requires: ClassVar[Requires] = Requires(isolates_cohorts=False, cohort_statistics=True)

    def estimate(self, design: Design) -> EventStudy | Estimate:
        """Return the event study or the static effect.

        Raises
        ------
        EstimationError
            The reference is not observed, or the fixed effects absorb the treatment.
        """
        means = collapse(design)
        if means is None:
            return self._regressed(design.observations, design.scale)
        found = self._regressed(means.small, design.scale)
        source = found.uncertainty.regression  # type: ignore[attr-defined]
        sample = means.o.sample(
            n_slopes=found.sample.n_slopes,
            effects=design.effect_names,
            dropped=found.sample.dropped,
            statistics={"within_r2": means.within_r2(source), "n_singletons": 0.0},
        )
        return means.expanded(found, sample)

    def _regressed(self, o: Observations, scale: Scale) -> EventStudy | Estimate:
        """Regress the observations' outcome on the terms within the effects."""
        model = terms(o, self.shape)
        codes = o.effect_codes()
        fit = least_squares(o.y, model.columns, absorber(codes, o.weights), names=model.names)
        slopes = Slopes(
            rows=np.arange(o.n_rows),
            coefficients=fit.coefficients,
            kept=fit.kept,
            collinear=fit.collinear,
            design=fit.x_tilde,
            residuals=fit.residuals,
            weights=np.ones(o.n_rows) if o.weights is None else o.weights,
            bread=fit.bread,
        )
        statistics = {"within_r2": fit.within_r2, "n_singletons": float(singletons(codes).sum())}
        return effects_of(o, model, slopes, scale, (), statistics)

    def repeater(self, design: Design, outcomes: FloatArray) -> Repeater | None:
        """Return the fast path for resampling; None where the panel is too large to factor its effects densely."""
        shared = repeated(design, outcomes)
        return None if shared is None else partial(regressed, shared, shape=self.shape)

    def assumption(self, design: Design) -> str:
        """Return the identifying assumption."""
        given = f", given {', '.join(design.covariates)}" if design.covariates else ""
        return (
            f"Without the tie, outcomes of tied and other units would have moved in parallel within "
            f"{design.effects_label} effects{given}, and the effect at an event time is the same for every cohort."
        )

    def estimand(self, design: Design) -> str:
        """Return what the headline averages."""
        if self.shape == "static":
            return "A variance-weighted average of effects after onset, in which weights may be negative."
        return "Average of the effects by event time at and after onset, weighted by the treated rows at each."

    def equation(self, design: Design) -> str:
        """Return the estimating equation."""
        effect = "β·1[t ≥ g]" if self.shape == "static" else f"Σ_e β_e·1[t − g = e], β_{design.reference} = 0,"
        given = " + γ′x" if design.covariates else ""
        return f"y = {effect}{given} + {' + '.join('α_' + n for n in design.effect_names)} + ε"
