"""Rows of single shipments, added up to cells by an engine."""

from twintrade.data.microdata.cohort_sums import build_cohort_tables as build_cohort_tables
from twintrade.data.microdata.files import hash_content as hash_content
