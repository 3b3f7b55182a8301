"""The same estimate under many treatments, without refitting each from the start."""

from twintrade.estimators.repeating.score_test import OVERALL as OVERALL
from twintrade.estimators.repeating.score_test import PATH as PATH
from twintrade.estimators.repeating.score_test import Null as Null
from twintrade.estimators.repeating.score_test import Pattern as Pattern
from twintrade.estimators.repeating.score_test import ScoreTest as ScoreTest
