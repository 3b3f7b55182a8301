"""Poisson regression with many fixed effects, and the rows it cannot use."""

from twintrade.numerics.poisson.all_rows import fit_all_rows as fit_all_rows
from twintrade.numerics.poisson.bias_correction import DyadPanel as DyadPanel
from twintrade.numerics.poisson.bias_correction import compute_incidental_bias as compute_incidental_bias
from twintrade.numerics.poisson.fit import PoissonFit as PoissonFit
from twintrade.numerics.poisson.fit import fit_poisson as fit_poisson
from twintrade.numerics.poisson.large_panels import LargeFit as LargeFit
from twintrade.numerics.poisson.large_panels import LargeLeft as LargeLeft
from twintrade.numerics.poisson.refitted import Refitted as Refitted
from twintrade.numerics.poisson.separation import Separated as Separated
from twintrade.numerics.poisson.without_rows import Left as Left
from twintrade.numerics.poisson.without_rows import WholeFit as WholeFit
