"""The same estimate under many treatments, without refitting each from the start."""

from twintrade.estimators.repeating.linear_null import LinearNull as LinearNull
from twintrade.estimators.repeating.one_step import Null as Null
from twintrade.estimators.repeating.one_step import OneStep as OneStep
from twintrade.estimators.repeating.one_step import sum_squared_weights as sum_squared_weights
from twintrade.estimators.repeating.treatment_blocks import Block as Block
from twintrade.estimators.repeating.treatment_blocks import take_out_undetermined as take_out_undetermined
