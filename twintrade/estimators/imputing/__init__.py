"""Untreated outcomes of treated rows, predicted from untreated ones."""

from twintrade.estimators.imputing.leverage import leverage_report as leverage_report
from twintrade.estimators.imputing.totals import TreatedTotals as TreatedTotals
from twintrade.estimators.imputing.totals import treated_totals as treated_totals
from twintrade.estimators.imputing.untreated_outcomes import Family as Family
from twintrade.estimators.imputing.untreated_outcomes import counterfactual as counterfactual
