"""Untreated outcomes of treated rows, predicted from untreated ones."""

from twintrade.estimators.imputing.comparison_units import ComparisonUnits as ComparisonUnits
from twintrade.estimators.imputing.comparison_units import impute_log_ratio as impute_log_ratio
from twintrade.estimators.imputing.comparison_units import prepare_comparison_units as prepare_comparison_units
from twintrade.estimators.imputing.table import build_leverage_report as build_leverage_report
from twintrade.estimators.imputing.untreated_outcomes import Counterfactual as Counterfactual
from twintrade.estimators.imputing.untreated_outcomes import TreatedRows as TreatedRows
from twintrade.estimators.imputing.untreated_outcomes import TreatedTotals as TreatedTotals
from twintrade.estimators.imputing.untreated_outcomes import fit_counterfactual as fit_counterfactual
from twintrade.estimators.imputing.untreated_outcomes import impute_treated_rows as impute_treated_rows
from twintrade.estimators.imputing.untreated_outcomes import impute_treated_totals as impute_treated_totals
