"""An event study and the static effect of the same rows, each as a fit of its own."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from twintrade.design import Design
from twintrade.effects import EventStudy
from twintrade.estimators.base import Fit, fit

if TYPE_CHECKING:
    from twintrade.estimators.ppml import PPML
    from twintrade.estimators.ppml_corrected import PPMLCorrected
    from twintrade.estimators.twfe import TWFE


@dataclass(frozen=True, slots=True)
class EventAndStatic:
    """The event study and the one static effect of the same regression sample.

    Attributes
    ----------
    event : Fit
    static : Fit
    """

    event: Fit
    static: Fit


def fit_both(estimator: "TWFE | PPML | PPMLCorrected", design: Design) -> EventAndStatic:
    """Return both shapes; the event study has the static effect as its overall effect."""
    event = fit(replace(estimator, shape="event"), design)
    assert isinstance(event.estimate, EventStudy)
    return EventAndStatic(event, Fit(replace(estimator, shape="static"), design, event.estimate.average()))
