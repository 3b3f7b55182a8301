"""Poisson pseudo maximum likelihood with any fixed effects, on event-time dummies or one treatment dummy."""

from dataclasses import dataclass
from typing import ClassVar

from twintrade.design import Design, Observations
from twintrade.effects import Estimate, EventStudy
from twintrade.estimators.base import Estimator, Requires
from twintrade.estimators.event_terms import Shape, terms
from twintrade.estimators.score_test import ScoreTest
from twintrade.estimators.separated import separated_rows
from twintrade.estimators.slopes import Slopes, effects_of
from twintrade.numerics.poisson import PoissonFit, poisson


@dataclass(frozen=True, slots=True)
class PPML(Estimator):
    """Poisson regression of levels, zeros included; consistent whatever the variance of the outcome.

    Rows that the effects or a regressor predict perfectly at zero are left out and listed with the reason.

    Attributes
    ----------
    shape : {"event", "static"}
        One effect per event time of the window with binned ends, or one effect after onset.
    """

    shape: Shape = "event"

    name: ClassVar[str] = "ppml"
    title: ClassVar[str] = "PPML"
    citation: ClassVar[str] = "correia2020"
    requires: ClassVar[Requires] = Requires(
        nonnegative=True, transforms=("level", "share", "index"), isolates_cohorts=False
    )
    small_sample: ClassVar[str] = "ppmlhdfe"

    def estimate(self, design: Design) -> EventStudy | Estimate:
        """Return the event study or the static effect, in log points.

        Raises
        ------
        EstimationError
            The reference is not observed, the effects absorb the treatment, or the iterations do not converge.
        """
        o = design.observations
        model = terms(o, self.shape)
        fit = poisson(o.y, model.columns, o.effect_codes(), o.weights, names=model.names)
        statistics = {
            "pseudo_r2": fit.pseudo_r2,
            "deviance": fit.deviance,
            "iterations": float(fit.iterations),
            "n_singletons": float(fit.singletons.size),
        }
        return effects_of(o, model, _slopes(o, fit), "log points", separated_rows(o, fit.separated), statistics)

    def score_test(self, design: Design) -> ScoreTest:
        """Return the model without treatment, for tests that need no refit."""
        return ScoreTest(design, self.shape)

    def assumption(self, design: Design) -> str:
        """Return the identifying assumption."""
        given = f", given {', '.join(design.covariates)}" if design.covariates else ""
        return (
            f"Without the tie, expected outcomes of tied and other units would have grown in proportion within "
            f"{design.effects_label} effects{given}, and the proportional effect is the same for every cohort."
        )

    def estimand(self, design: Design) -> str:
        """Return what the headline averages."""
        if self.shape == "static":
            return "One proportional effect after onset, in log points; in percent 100(exp(β) − 1)."
        return "Average of the log effects by event time at and after onset, weighted by the treated rows at each."

    def equation(self, design: Design) -> str:
        """Return the estimating equation."""
        effect = "β·1[t ≥ g]" if self.shape == "static" else "Σ_e β_e·1[t − g = e]"
        given = " + γ′x" if design.covariates else ""
        return f"E[y] = exp({effect}{given} + {' + '.join('α_' + n for n in design.effect_names)})"


def _slopes(o: Observations, fit: PoissonFit) -> Slopes:
    weights = fit.mu if o.weights is None else fit.mu * o.weights[fit.rows]
    return Slopes(fit.rows, fit.coefficients, fit.kept, fit.collinear, fit.x_tilde, fit.residuals, weights, fit.bread)
