"""Weights of donors, on the simplex and beside it."""

from twintrade.numerics.simplex.elastic_nets import chosen_net as chosen_net
from twintrade.numerics.simplex.elastic_nets import elastic_net as elastic_net
from twintrade.numerics.simplex.hull import distance_outside as distance_outside
from twintrade.numerics.simplex.partial_pooling import imbalances as imbalances
from twintrade.numerics.simplex.partial_pooling import partially_pooled_weights as partially_pooled_weights
from twintrade.numerics.simplex.predictor_weights import PredictorFit as PredictorFit
from twintrade.numerics.simplex.predictor_weights import nested as nested
from twintrade.numerics.simplex.predictor_weights import standardized as standardized
from twintrade.numerics.simplex.predictor_weights import weigh as weigh
from twintrade.numerics.simplex.ridge_augmentation import augmented_weights as augmented_weights
from twintrade.numerics.simplex.ridge_augmentation import balanced_on as balanced_on
from twintrade.numerics.simplex.ridge_augmentation import centered as centered
from twintrade.numerics.simplex.ridge_augmentation import chosen_penalty as chosen_penalty
from twintrade.numerics.simplex.ridge_augmentation import less_covariates as less_covariates
from twintrade.numerics.simplex.ridge_augmentation import standardized_covariates as standardized_covariates
from twintrade.numerics.simplex.synthetic_did import DidWeights as DidWeights
from twintrade.numerics.simplex.synthetic_did import Pinned as Pinned
from twintrade.numerics.simplex.synthetic_did import Solver as Solver
from twintrade.numerics.simplex.synthetic_did import did_gaps as did_gaps
from twintrade.numerics.simplex.synthetic_did import did_weights as did_weights
from twintrade.numerics.simplex.weights import simplex_weights as simplex_weights
