"""One series over time: segments, breaks, long-run variances."""

from twintrade.numerics.series.break_date import Break as Break
from twintrade.numerics.series.break_date import unknown_break as unknown_break
from twintrade.numerics.series.conformal import interval_by_inversion as interval_by_inversion
from twintrade.numerics.series.conformal import moving_block_p as moving_block_p
from twintrade.numerics.series.long_run import automatic_lags as automatic_lags
from twintrade.numerics.series.long_run import long_run_covariance as long_run_covariance
from twintrade.numerics.series.long_run import sum_bartlett as sum_bartlett
from twintrade.numerics.series.segmented import SegmentedFit as SegmentedFit
from twintrade.numerics.series.segmented import segmented_design as segmented_design
from twintrade.numerics.series.segmented import segmented_fit as segmented_fit
