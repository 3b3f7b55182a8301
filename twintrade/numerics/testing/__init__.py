"""P-values, their adjustment and combination, and probabilities of normal vectors."""

from twintrade.numerics.testing.hazard import draw_signers as draw_signers
from twintrade.numerics.testing.hazard import fit_hazard as fit_hazard
from twintrade.numerics.testing.meta_analysis import RandomEffects as RandomEffects
from twintrade.numerics.testing.meta_analysis import bound_best_p as bound_best_p
from twintrade.numerics.testing.meta_analysis import combine_fisher as combine_fisher
from twintrade.numerics.testing.meta_analysis import fit_random_effects as fit_random_effects
from twintrade.numerics.testing.multiple_testing import adjust_romano_wolf as adjust_romano_wolf
from twintrade.numerics.testing.multiple_testing import adjust_sharpened_q as adjust_sharpened_q
from twintrade.numerics.testing.multiplier_bits import TWO_POINTS as TWO_POINTS
from twintrade.numerics.testing.multiplier_bits import draw_multipliers as draw_multipliers
from twintrade.numerics.testing.noise_by_size import FEWEST_BEFORE as FEWEST_BEFORE
from twintrade.numerics.testing.noise_by_size import GapNoise as GapNoise
from twintrade.numerics.testing.noise_by_size import compute_gap_noise as compute_gap_noise
from twintrade.numerics.testing.noise_by_size import compute_two_way_squares as compute_two_way_squares
from twintrade.numerics.testing.noise_by_size import fit_by_size as fit_by_size
from twintrade.numerics.testing.noise_by_size import measure_dependence as measure_dependence
from twintrade.numerics.testing.noise_by_size import score_sizes as score_sizes
from twintrade.numerics.testing.normal_boxes import Box as Box
from twintrade.numerics.testing.normal_boxes import integrate_normal_box as integrate_normal_box
from twintrade.numerics.testing.ranks import PlaceboRank as PlaceboRank
from twintrade.numerics.testing.ranks import compute_mean_shift as compute_mean_shift
from twintrade.numerics.testing.ranks import compute_placebo_rank as compute_placebo_rank
from twintrade.numerics.testing.ranks import compute_rmspe_ratio as compute_rmspe_ratio
