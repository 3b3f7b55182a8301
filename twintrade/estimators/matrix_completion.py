"""Counterfactual by matrix completion: low rank by a penalty on singular values (Athey et al. 2021)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from twintrade.design import Design
from twintrade.effects import CohortEffects
from twintrade.errors import DesignError
from twintrade.estimators.base import Catalogued
from twintrade.estimators.imputing.factor_counterfactual import (
    FactorMethod,
    build_cells,
    choose_size,
    compute_cohort_effects,
    compute_largest_singular,
    find_largest_rank,
    find_usable,
    fit_untreated,
)
from twintrade.numerics.factor_model import fit_factor_model
from twintrade.text import Text

# Counterfactual by interactive fixed effects: common shocks that hit units with different force (Xu 2017).


@dataclass(frozen=True, slots=True)
class InteractiveEffects(Catalogued, FactorMethod):
    """Unit and period effects and factors with unit loadings, fitted on untreated rows, predict treated ones.

    Pre-period effects are averages of residuals of rows in the fit: they are small by construction and no test of
    the assumption. Agreements may end: rows after an end count as untreated.

    Attributes
    ----------
    rank : int or None
        Number of factors; None chooses it by hold-outs.
    max_rank : int
        Most factors tried; fewer where one unit in ten has too few untreated rows for them.
    """

    rank: int | None = None
    max_rank: int = 4

    name: ClassVar[str] = "interactive_effects"
    citation: ClassVar[str] = "xu2017"
    says: ClassVar[str] = "estimators.interactive-effects-"
    formula: ClassVar = Text(
        "estimators.imputation-equation", effect="y − ŷ(0)", model="y(0) = α_i + λ_t + Σ_r f_tr·l_ir + γ′x + ε"
    )

    def estimate(self, design: Design) -> CohortEffects:
        """Return effects by onset and event time; "rank" and the held-out errors are among the statistics."""
        if (self.rank is not None and self.rank < 0) or self.max_rank < 0:
            raise DesignError("rank and max_rank are numbers of factors, from 0 on")
        cells = build_cells(design)
        statistics: dict[str, float] = {}
        rank = self.rank
        if rank is None:
            sizes = {f"rank_{r}": (r, 0.0) for r in range(find_largest_rank(cells, self.max_rank) + 1)}
            rank, statistics = choose_size(cells, sizes, self.seed)
        fitted = fit_untreated(cells, rank, 0.0)
        return compute_cohort_effects(design, cells, fitted, {"rank": float(rank), **statistics})


SHARES = (1.0, 0.6, 0.4, 0.25, 0.15, 0.1, 0.06, 0.03)
"""Penalties tried, as shares of the largest singular value: at one no factor is left."""


@dataclass(frozen=True, slots=True)
class MatrixCompletion(Catalogued, FactorMethod):
    """Unit and period effects and a matrix of small nuclear norm, fitted on untreated rows, predict treated ones.

    Pre-period effects are averages of residuals of rows in the fit: they are small by construction and no test of
    the assumption. Agreements may end: rows after an end count as untreated.

    Attributes
    ----------
    penalty : float or None
        Amount taken off every singular value, as a share of the largest one of what unit and period effects leave of
        the untreated rows, so that the unit of measure does not matter. None chooses it by hold-outs.
    """

    penalty: float | None = None

    name: ClassVar[str] = "matrix_completion"
    citation: ClassVar[str] = "athey2021"
    says: ClassVar[str] = "estimators.matrix-completion-"
    formula: ClassVar = Text("estimators.matrix-completion-equation")

    def estimate(self, design: Design) -> CohortEffects:
        """Return effects by onset and event time; "penalty" and the held-out errors are among the statistics."""
        if self.penalty is not None and not 0 < self.penalty <= 1:
            raise DesignError(
                f"penalty is a share of the largest singular value, above 0 up to 1, not {self.penalty}"
            )
        cells = build_cells(design)
        most = min(cells.untreated.shape)
        statistics: dict[str, float] = {}
        share = self.penalty
        if share is None:
            sizes = {f"penalty_{s:g}": (most if s < 1 else 0, s) for s in SHARES}
            place, statistics = choose_size(cells, sizes, self.seed)
            share = SHARES[place]
        units, periods = find_usable(cells.untreated, 1)
        inside = np.ix_(units, periods)
        y, x, untreated = cells.wide.outcomes[inside], cells.wide.covariates[inside], cells.untreated[inside]
        top = compute_largest_singular(y, untreated, x, fit_factor_model(y, untreated, x, 0))
        fitted = fit_untreated(cells, most if share < 1 else 0, share * top)
        rank = float(fitted[0].singular_values.size)
        return compute_cohort_effects(design, cells, fitted, {"penalty": float(share), "rank": rank, **statistics})
