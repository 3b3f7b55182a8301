"""Data brought from a publisher to data/raw, whole or not at all, with a card."""

from twintrade.study.fetching.card import CHECKSUM as CHECKSUM
from twintrade.study.fetching.card import find_fetched_lines as find_fetched_lines
from twintrade.study.fetching.fetch import Fetched as Fetched
from twintrade.study.fetching.fetch import describe_fetch as describe_fetch
from twintrade.study.fetching.fetch import fetch_table as fetch_table
from twintrade.study.fetching.progress import report_requests as report_requests
