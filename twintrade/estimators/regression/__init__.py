"""Regressions behind several methods: terms, cells, slopes, and what the effects absorb."""

from twintrade.estimators.regression.event_terms import Terms as Terms
from twintrade.estimators.regression.event_terms import models_of as models_of
from twintrade.estimators.regression.event_terms import terms as terms
from twintrade.estimators.regression.slopes import influence_by_unit as influence_by_unit
