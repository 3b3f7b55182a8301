"""The currency handed on from room to room: estimates, their uncertainty, bands, findings, messages."""

from twintrade.effects.cohort_effects import CohortEffects
from twintrade.effects.estimate import Bands, Estimate
from twintrade.effects.event_study import EventStudy
from twintrade.effects.finding import Finding, Topic, Verdict, build_findings_frame
from twintrade.effects.messages import Message, Money, Remedy
from twintrade.effects.regression import Dropped, Regression, Sample
from twintrade.effects.result_set import ResultSet
from twintrade.effects.uncertainty import (
    BlockInfluence,
    Contributions,
    Draws,
    Factor,
    GroupedInfluence,
    Influence,
    LaterInfluence,
    PointsOnly,
    RefitOnly,
    Uncertainty,
    UnitInfluence,
    WeightInfluence,
)

__all__ = [
    "Bands",
    "BlockInfluence",
    "CohortEffects",
    "Contributions",
    "Draws",
    "Dropped",
    "Estimate",
    "EventStudy",
    "Factor",
    "Finding",
    "GroupedInfluence",
    "Influence",
    "LaterInfluence",
    "Message",
    "Money",
    "PointsOnly",
    "RefitOnly",
    "Regression",
    "Remedy",
    "ResultSet",
    "Sample",
    "Topic",
    "Uncertainty",
    "UnitInfluence",
    "Verdict",
    "WeightInfluence",
    "build_findings_frame",
]
