"""What methods for one treated unit share."""

from twintrade.estimators.cases.single_case import SingleCase as SingleCase
from twintrade.estimators.cases.weighted_case import WeightedCase as WeightedCase
