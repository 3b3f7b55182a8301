"""Poisson regression with many fixed effects, and the rows it cannot use."""

from twintrade.numerics.poisson.bias_correction import DyadPanel as DyadPanel
from twintrade.numerics.poisson.bias_correction import compute_incidental_bias as compute_incidental_bias
from twintrade.numerics.poisson.fit import PoissonFit as PoissonFit
from twintrade.numerics.poisson.fit import fit_poisson as fit_poisson
from twintrade.numerics.poisson.margins import FlowTable as FlowTable
from twintrade.numerics.poisson.margins import LeftOutFit as LeftOutFit
from twintrade.numerics.poisson.margins import MarginFactors as MarginFactors
from twintrade.numerics.poisson.margins import fit_left_out as fit_left_out
from twintrade.numerics.poisson.separation import Separated as Separated
from twintrade.numerics.poisson.updated_sets import ExactUpdates as ExactUpdates
from twintrade.numerics.poisson.updated_sets import RowDummies as RowDummies
from twintrade.numerics.poisson.updated_sets import Start as Start
from twintrade.numerics.poisson.updated_sets import fit_with_dummies as fit_with_dummies
from twintrade.numerics.poisson.updated_sets import lay_out_updates as lay_out_updates
