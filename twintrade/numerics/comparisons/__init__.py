"""Differences of group means, with their influence and weights."""

from twintrade.numerics.comparisons.moments import BOTH_TREATED as BOTH_TREATED
from twintrade.numerics.comparisons.moments import LATER_ALWAYS as LATER_ALWAYS
from twintrade.numerics.comparisons.moments import LATER_EARLIER as LATER_EARLIER
from twintrade.numerics.comparisons.moments import ClusterSums as ClusterSums
from twintrade.numerics.comparisons.moments import CohortMoments as CohortMoments
from twintrade.numerics.comparisons.moments import Given as Given
from twintrade.numerics.comparisons.moments import TwoByTwo as TwoByTwo
from twintrade.numerics.comparisons.moments import adjust_estimates as adjust_estimates
from twintrade.numerics.comparisons.moments import compute_cohort_moments as compute_cohort_moments
from twintrade.numerics.comparisons.moments import compute_timing_reduction as compute_timing_reduction
from twintrade.numerics.comparisons.moments import decompose as decompose
from twintrade.numerics.comparisons.moments import decompose_given as decompose_given
from twintrade.numerics.comparisons.two_period import PANEL_ONLY as PANEL_ONLY
from twintrade.numerics.comparisons.two_period import Convention as Convention
from twintrade.numerics.comparisons.two_period import Method as Method
from twintrade.numerics.comparisons.two_period import NoOverlapError as NoOverlapError
from twintrade.numerics.comparisons.two_period import estimate_change_effect as estimate_change_effect
from twintrade.numerics.comparisons.two_period import estimate_sections_effect as estimate_sections_effect
from twintrade.numerics.comparisons.two_period import prepare_sides as prepare_sides
