"""Least squares, predictions from it, and what is built on one regression."""

from twintrade.numerics.linear.columns import column_norms as column_norms
from twintrade.numerics.linear.prediction import identified as identified
from twintrade.numerics.linear.prediction import leverage_one as leverage_one
from twintrade.numerics.linear.prediction import projection_weights as projection_weights
from twintrade.numerics.linear.regression import Collinear as Collinear
from twintrade.numerics.linear.regression import LeastSquares as LeastSquares
from twintrade.numerics.linear.regression import least_squares as least_squares
from twintrade.numerics.linear.regression import regressed_residuals as regressed_residuals
from twintrade.numerics.linear.subset_regressions import coefficient as coefficient
from twintrade.numerics.linear.subset_regressions import grams as grams
from twintrade.numerics.linear.wild import Draws as Draws
from twintrade.numerics.linear.wild import Sums as Sums
from twintrade.numerics.linear.wild import WildWeights as WildWeights
from twintrade.numerics.linear.wild import grouped_products as grouped_products
from twintrade.numerics.linear.wild import share_as_large as share_as_large
from twintrade.numerics.linear.wild import simulate as simulate
from twintrade.numerics.linear.wild import wild_weights as wild_weights
