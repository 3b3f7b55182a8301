"""Least squares, predictions from it, and what is built on one regression."""

from twintrade.numerics.linear.cluster_forms import ConstantEffect as ConstantEffect
from twintrade.numerics.linear.cluster_forms import build_constant_effect as build_constant_effect
from twintrade.numerics.linear.cluster_forms import compute_expected_squares as compute_expected_squares
from twintrade.numerics.linear.columns import compute_column_norms as compute_column_norms
from twintrade.numerics.linear.prediction import compute_projection_weights as compute_projection_weights
from twintrade.numerics.linear.prediction import find_identified as find_identified
from twintrade.numerics.linear.prediction import find_leverage_one as find_leverage_one
from twintrade.numerics.linear.prediction import find_resting as find_resting
from twintrade.numerics.linear.regression import Collinear as Collinear
from twintrade.numerics.linear.regression import LeastSquares as LeastSquares
from twintrade.numerics.linear.regression import fit_least_squares as fit_least_squares
from twintrade.numerics.linear.regression import regress_residuals as regress_residuals
from twintrade.numerics.linear.subset_regressions import compute_coefficient as compute_coefficient
from twintrade.numerics.linear.subset_regressions import compute_grams as compute_grams
from twintrade.numerics.linear.wild import Matrix as Matrix
from twintrade.numerics.linear.wild import Sums as Sums
from twintrade.numerics.linear.wild import WildPolynomials as WildPolynomials
from twintrade.numerics.linear.wild import WildWeights as WildWeights
from twintrade.numerics.linear.wild import compute_product as compute_product
from twintrade.numerics.linear.wild import compute_share_as_large as compute_share_as_large
from twintrade.numerics.linear.wild import draw_wild_weights as draw_wild_weights
from twintrade.numerics.linear.wild import simulate as simulate
from twintrade.numerics.linear.wild import sum_products_by_group as sum_products_by_group
