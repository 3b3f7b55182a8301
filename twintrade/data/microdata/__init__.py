"""Rows of single shipments, added up to cells by an engine."""

from twintrade.data.microdata.cohort_sums import cohort_tables as cohort_tables
from twintrade.data.microdata.files import content_digest as content_digest
