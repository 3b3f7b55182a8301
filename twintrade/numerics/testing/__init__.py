"""P-values, their adjustment and combination, and probabilities of normal vectors."""

from twintrade.numerics.testing.meta_analysis import RandomEffects as RandomEffects
from twintrade.numerics.testing.meta_analysis import best_of as best_of
from twintrade.numerics.testing.meta_analysis import fisher_combined as fisher_combined
from twintrade.numerics.testing.meta_analysis import random_effects as random_effects
from twintrade.numerics.testing.multiple_testing import holm as holm
from twintrade.numerics.testing.multiple_testing import romano_wolf as romano_wolf
from twintrade.numerics.testing.multiple_testing import sharpened_q as sharpened_q
from twintrade.numerics.testing.multiplier_bits import TWO_POINTS as TWO_POINTS
from twintrade.numerics.testing.multiplier_bits import multipliers as multipliers
from twintrade.numerics.testing.normal_boxes import Box as Box
from twintrade.numerics.testing.normal_boxes import normal_box as normal_box
from twintrade.numerics.testing.ranks import PlaceboRank as PlaceboRank
from twintrade.numerics.testing.ranks import mean_shift as mean_shift
from twintrade.numerics.testing.ranks import placebo_rank as placebo_rank
from twintrade.numerics.testing.ranks import rmspe_ratio as rmspe_ratio
