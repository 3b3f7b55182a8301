"""Regressions behind several methods: terms, cells, slopes, and what the effects absorb."""

from twintrade.estimators.regression.cell_fit import Family as Family
from twintrade.estimators.regression.event_terms import Terms as Terms
from twintrade.estimators.regression.event_terms import build_terms as build_terms
from twintrade.estimators.regression.event_terms import find_affected_rows as find_affected_rows
from twintrade.estimators.regression.event_terms import list_models as list_models
from twintrade.estimators.regression.slopes import join_covariates as join_covariates
from twintrade.estimators.regression.slopes import sum_influence_by_unit as sum_influence_by_unit
