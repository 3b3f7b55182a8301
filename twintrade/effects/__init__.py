"""The currency handed on from room to room: estimates, their uncertainty, bands, findings, messages."""

from twintrade.effects.cohort_effects import CohortEffects as CohortEffects
from twintrade.effects.cohort_effects import EventStudy as EventStudy
from twintrade.effects.cohort_effects import TimedEffects as TimedEffects
from twintrade.effects.estimate import Bands as Bands
from twintrade.effects.estimate import Estimate as Estimate
from twintrade.effects.messages import Message as Message
from twintrade.effects.messages import Money as Money
from twintrade.effects.messages import Remedy as Remedy
from twintrade.effects.regression import Dropped as Dropped
from twintrade.effects.regression import Regression as Regression
from twintrade.effects.regression import Sample as Sample
from twintrade.effects.result_set import Finding as Finding
from twintrade.effects.result_set import ResultSet as ResultSet
from twintrade.effects.result_set import Topic as Topic
from twintrade.effects.result_set import Verdict as Verdict
from twintrade.effects.result_set import build_findings_frame as build_findings_frame
from twintrade.effects.uncertainty import BlockInfluence as BlockInfluence
from twintrade.effects.uncertainty import Draws as Draws
from twintrade.effects.uncertainty import Factor as Factor
from twintrade.effects.uncertainty import GroupedInfluence as GroupedInfluence
from twintrade.effects.uncertainty import Influence as Influence
from twintrade.effects.uncertainty import LaterInfluence as LaterInfluence
from twintrade.effects.uncertainty import RefitOnly as RefitOnly
from twintrade.effects.uncertainty import Uncertainty as Uncertainty
from twintrade.effects.uncertainty import UnitInfluence as UnitInfluence
from twintrade.effects.uncertainty import WeightInfluence as WeightInfluence
