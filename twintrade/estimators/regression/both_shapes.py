"""An event study and the static effect of the same rows, each as a fit of its own."""

from dataclasses import dataclass

from twintrade.design import Design
from twintrade.effects import EventStudy
from twintrade.estimators.base import Estimator, Fit, fit


@dataclass(frozen=True, slots=True)
class EventAndStatic:
    """The event study and the one static effect of the same regression sample."""

    event: Fit
    static: Fit


def fit_both(event: Estimator, static: Estimator, design: Design) -> EventAndStatic:
    """Return both shapes; the event study has the static effect as its overall effect."""
    study = fit(event, design)
    assert isinstance(study.estimate, EventStudy)
    return EventAndStatic(study, Fit(static, design, study.estimate.average()))
