"""Which inference a design can bear."""

from twintrade.inference.choosing.decision import FEWEST_LIKE as FEWEST_LIKE
from twintrade.inference.choosing.decision import Situation as Situation
from twintrade.inference.choosing.decision import decide_for as decide_for
from twintrade.inference.choosing.decision import is_size_studied as is_size_studied
