"""The currency handed on from room to room: estimates, their uncertainty, bands, findings, messages."""

from twintrade.effects.bands import Bands
from twintrade.effects.block_influence import BlockInfluence
from twintrade.effects.cohort_effects import CohortEffects
from twintrade.effects.estimate import Estimate
from twintrade.effects.event_study import EventStudy
from twintrade.effects.finding import Finding, Topic, Verdict, build_findings_frame
from twintrade.effects.later_influence import Contributions, LaterInfluence
from twintrade.effects.messages import Message, Remedy
from twintrade.effects.money import Money
from twintrade.effects.regression import Regression
from twintrade.effects.result_set import ResultSet
from twintrade.effects.sample import Dropped, Sample
from twintrade.effects.uncertainty import (
    Draws,
    Factor,
    GroupedInfluence,
    Influence,
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
