"""What methods share that give an effect to every cohort and period, additive or proportional."""

from dataclasses import dataclass
from typing import ClassVar

from twintrade.design import Design
from twintrade.effects import CohortEffects
from twintrade.effects.estimate import DesignFacts, Scale
from twintrade.errors import DesignError
from twintrade.estimators.base import Requires, Target
from twintrade.estimators.cohort_means.sums_rows import SumsRows
from twintrade.estimators.regression.families import SCALES, Family


@dataclass(frozen=True, slots=True)
class CellMethod(SumsRows[CohortEffects]):
    """An effect for every cohort and period.

    Attributes
    ----------
    family : {"linear", "poisson"}
        Model of the untreated outcome: additive, or proportional with zeros.
    """

    family: Family = "linear"
    measure: str | None = None

    requires: ClassVar[Requires] = Requires(cohort_statistics=True)

    @property
    def target(self) -> Target:
        """Percentages are of the treated units' total, coefficients of cells, other measures averages of rows."""
        if self.family == "poisson" and self.measure == "coefficient":
            return "average cell"
        return "total" if self.measure == "percent" else "average unit"

    def effect_scale(self, design: DesignFacts) -> Scale:
        """Return the scale of the cells' effects."""
        return design.scale if self.family == "linear" else SCALES[self.measure]

    def takes_means(self, design: Design) -> bool:
        """Return whether the model is additive."""
        return self.family == "linear"

    def refuse_logarithms(self, design: Design) -> None:
        """Refuse logarithms of the outcome under a proportional model."""
        if self.family == "poisson" and design.transform == "log":
            raise DesignError(f"{self.name} with family = 'poisson' takes the outcome in levels, not in logarithms")
