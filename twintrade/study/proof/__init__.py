"""Stored results estimated again by other software, and scripts that repeat them elsewhere."""

from twintrade.study.proof.checks import add_checks as add_checks
from twintrade.study.proof.checks import add_cross_checks as add_cross_checks
from twintrade.study.proof.checks import check_results as check_results
from twintrade.study.proof.export import export_results as export_results
