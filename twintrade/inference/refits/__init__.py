"""Estimates under other assignments, or without some clusters."""

from twintrade.inference.refits.inversion import two_sided_share as two_sided_share
from twintrade.inference.refits.leave_out import effective_clusters as effective_clusters
from twintrade.inference.refits.leave_out import effects_projection as effects_projection
from twintrade.inference.refits.leave_out import partial_shares as partial_shares
from twintrade.inference.refits.leave_out import regression_of as regression_of
from twintrade.inference.refits.leave_out import row_clusters as row_clusters
from twintrade.inference.refits.permutation import is_linear as is_linear
from twintrade.inference.refits.permutation import with_values as with_values
from twintrade.inference.refits.reassignment import assignments as assignments
from twintrade.inference.refits.reassignment import units_with_trade as units_with_trade
