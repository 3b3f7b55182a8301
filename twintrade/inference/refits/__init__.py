"""Estimates under other assignments, or without some clusters."""

from twintrade.inference.refits.dealing import FEWEST as FEWEST
from twintrade.inference.refits.dealing import deal_onsets as deal_onsets
from twintrade.inference.refits.few_treated import compute_two_sided_share as compute_two_sided_share
from twintrade.inference.refits.leave_out import build_effects_projection as build_effects_projection
from twintrade.inference.refits.leave_out import compute_partial_shares as compute_partial_shares
from twintrade.inference.refits.leave_out import count_effective_clusters as count_effective_clusters
from twintrade.inference.refits.leave_out import find_row_clusters as find_row_clusters
from twintrade.inference.refits.leave_out import get_regression as get_regression
from twintrade.inference.refits.paired import DrawnHeadline as DrawnHeadline
from twintrade.inference.refits.paired import KnownDraws as KnownDraws
from twintrade.inference.refits.paired import draw_headline as draw_headline
from twintrade.inference.refits.paired import find_draws as find_draws
from twintrade.inference.refits.paired import keep_draws as keep_draws
from twintrade.inference.refits.permutation import Permuted as Permuted
from twintrade.inference.refits.permutation import is_linear as is_linear
from twintrade.inference.refits.permutation import replace_outcome as replace_outcome
from twintrade.inference.refits.reassignment import Dealing as Dealing
from twintrade.inference.refits.reassignment import build_assignments as build_assignments
from twintrade.inference.refits.reassignment import find_units_with_trade as find_units_with_trade
from twintrade.inference.refits.studentizing import estimate_one_step as estimate_one_step
