"""Dates and periods as files print them."""

from twintrade.data.calendar.dates import TwinningDate as TwinningDate
from twintrade.data.calendar.dates import parse_date as parse_date
from twintrade.data.calendar.periods import Frequency as Frequency
