"""Weights of donors, on the simplex and beside it."""

from twintrade.numerics.simplex.predictor_weights import DidWeights as DidWeights
from twintrade.numerics.simplex.predictor_weights import Pinned as Pinned
from twintrade.numerics.simplex.predictor_weights import PredictorFit as PredictorFit
from twintrade.numerics.simplex.predictor_weights import Solver as Solver
from twintrade.numerics.simplex.predictor_weights import compute_did_weights as compute_did_weights
from twintrade.numerics.simplex.predictor_weights import fit_predictor_weights as fit_predictor_weights
from twintrade.numerics.simplex.predictor_weights import fit_simplex_weights as fit_simplex_weights
from twintrade.numerics.simplex.predictor_weights import standardize_predictors as standardize_predictors
from twintrade.numerics.simplex.predictor_weights import weigh as weigh
from twintrade.numerics.simplex.ridge_augmentation import augment_weights as augment_weights
from twintrade.numerics.simplex.ridge_augmentation import balance_weights as balance_weights
from twintrade.numerics.simplex.ridge_augmentation import center_on_donors as center_on_donors
from twintrade.numerics.simplex.ridge_augmentation import choose_net as choose_net
from twintrade.numerics.simplex.ridge_augmentation import choose_penalty as choose_penalty
from twintrade.numerics.simplex.ridge_augmentation import compute_distance_outside as compute_distance_outside
from twintrade.numerics.simplex.ridge_augmentation import compute_imbalances as compute_imbalances
from twintrade.numerics.simplex.ridge_augmentation import fit_elastic_net as fit_elastic_net
from twintrade.numerics.simplex.ridge_augmentation import fit_partially_pooled_weights as fit_partially_pooled_weights
from twintrade.numerics.simplex.ridge_augmentation import remove_covariates as remove_covariates
from twintrade.numerics.simplex.ridge_augmentation import standardize_covariates as standardize_covariates
