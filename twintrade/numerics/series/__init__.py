"""One series over time: segments, breaks, long-run variances."""

from twintrade.numerics.series.break_date import Break as Break
from twintrade.numerics.series.break_date import compute_break_power as compute_break_power
from twintrade.numerics.series.break_date import find_unknown_break as find_unknown_break
from twintrade.numerics.series.conformal import compute_moving_block_p as compute_moving_block_p
from twintrade.numerics.series.conformal import invert_p_values as invert_p_values
from twintrade.numerics.series.long_run import choose_lags as choose_lags
from twintrade.numerics.series.long_run import compute_long_run_covariance as compute_long_run_covariance
from twintrade.numerics.series.long_run import sum_bartlett as sum_bartlett
from twintrade.numerics.series.long_run import weigh_bartlett as weigh_bartlett
from twintrade.numerics.series.restricted import RestrictedSeries as RestrictedSeries
from twintrade.numerics.series.segmented import SegmentedFit as SegmentedFit
from twintrade.numerics.series.segmented import build_segmented_design as build_segmented_design
from twintrade.numerics.series.segmented import fit_segmented as fit_segmented
