"""Which inference a design can bear."""

from twintrade.inference.choosing.decision import SCALED_FROM as SCALED_FROM
from twintrade.inference.choosing.decision import is_size_studied as is_size_studied
