"""Text as numbers and money."""

from twintrade.data.figures.conversions import Conversion as Conversion
from twintrade.data.figures.conversions import conversions_frame as conversions_frame
from twintrade.data.figures.money import UNKNOWN as UNKNOWN
