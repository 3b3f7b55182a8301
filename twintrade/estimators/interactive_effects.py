"""Counterfactual by interactive fixed effects: common shocks that hit units with different force (Xu 2017)."""

from dataclasses import dataclass
from typing import ClassVar

from twintrade.design import Design
from twintrade.effects import CohortEffects
from twintrade.errors import DesignError
from twintrade.estimators.imputing.factor_counterfactual import (
    build_cells,
    choose_size,
    compute_cohort_effects,
    find_largest_rank,
    fit_untreated,
)
from twintrade.estimators.imputing.factor_method import FactorMethod
from twintrade.estimators.sentences import describe_design
from twintrade.text import Text


@dataclass(frozen=True, slots=True)
class InteractiveEffects(FactorMethod):
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
    title: ClassVar[Text] = Text("labels.estimator-interactive-effects")
    citation: ClassVar[str] = "xu2017"

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

    def assumption(self, design: Design) -> Text:
        """Return the identifying assumption."""
        return Text("estimators.interactive-effects-assumes", **describe_design(design))

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        return Text("estimators.interactive-effects-averages", **describe_design(design))

    def equation(self, design: Design) -> Text:
        """Return the estimating equation."""
        return Text(
            "estimators.imputation-equation", effect="y − ŷ(0)", model="y(0) = α_i + λ_t + Σ_r f_tr·l_ir + γ′x + ε"
        )
