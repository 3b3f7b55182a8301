"""Clusters, small-sample conventions and joint tests."""

from twintrade.inference.clustering.clusters import NESTING as NESTING
from twintrade.inference.clustering.clusters import find_clusters as find_clusters
from twintrade.inference.clustering.clusters import get_influence as get_influence
from twintrade.inference.clustering.conventions import collect_levels as collect_levels
from twintrade.inference.clustering.conventions import compute_correction as compute_correction
from twintrade.inference.clustering.conventions import count_all as count_all
from twintrade.inference.clustering.conventions import get_convention as get_convention
from twintrade.inference.clustering.joint import JointTest as JointTest
from twintrade.inference.clustering.joint import Reference as Reference
from twintrade.inference.clustering.joint import compute_joint_test as compute_joint_test
from twintrade.inference.clustering.joint import compute_sup_t as compute_sup_t
from twintrade.inference.clustering.joint import compute_t_quantile as compute_t_quantile
from twintrade.inference.clustering.joint import compute_two_sided_p as compute_two_sided_p
from twintrade.inference.clustering.joint import read_fewest_clusters as read_fewest_clusters
from twintrade.inference.clustering.joint import select_block as select_block
from twintrade.inference.clustering.row_weights import find_row_weights as find_row_weights
