"""Text as numbers and money."""

from twintrade.data.figures.conversions import Conversion as Conversion
from twintrade.data.figures.conversions import build_conversions_frame as build_conversions_frame
from twintrade.data.figures.money import UNKNOWN as UNKNOWN
from twintrade.data.figures.money import parse_money_unit as parse_money_unit
from twintrade.data.figures.money import read_header as read_header
