"""Single-case methods whose counterfactual is a weighted sum of donors."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from twintrade.design import Design
from twintrade.design.case import Case
from twintrade.effects.estimate import Against
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.cases.single_case import SingleCase
from twintrade.numerics.arrays import FloatArray
from twintrade.text import Text, Words


@dataclass(frozen=True, slots=True, eq=False)
class DonorWeights:
    """What stands for the treated unit."""

    weights: FloatArray  # (n_donors,)
    intercept: float = 0.0  # constant added to the weighted donors
    statistics: Mapping[str, float] = field(default_factory=dict)  # what the search for the weights has to report


class WeightedCase(SingleCase):
    """A single-case estimator that can show its weights."""

    __slots__ = ()
    removes_seasons = True
    compared_with: ClassVar[Against] = "synthetic outcome"

    @abstractmethod
    def weigh(self, case: Case) -> DonorWeights:
        """Return the donors' weights."""

    def gaps(self, case: Case) -> FloatArray:
        """Return observed less intercept and weighted donors in every period."""
        donor_weights = self.weigh(case)
        return case.treated - donor_weights.intercept - donor_weights.weights @ case.donors

    def statistics(self, case: Case) -> dict[str, float]:
        """Return how few donors carry the weight, and what the search for the weights reports."""
        donor_weights = self.weigh(case)
        weights = donor_weights.weights
        return {
            **donor_weights.statistics,
            "n_weighted_donors": float((np.abs(weights) > 1e-6).sum()),
            "effective_donors": float(1.0 / (weights**2).sum()) if (weights != 0).any() else 0.0,
        }


def explain_refusal(build: Callable[[Design], object], design: Design) -> list[Words]:
    """Return the sentence with which a step of an estimate refuses the design; empty where it does not."""
    try:
        build(design)
    except (DesignError, EstimationError) as error:
        return [error.text]
    return []


def refuse_few_periods(case: Case, fewest: int, name: str) -> None:
    """Refuse a fit on too few periods before the onset."""
    n_before = int(case.is_before.sum())
    if n_before < fewest:
        raise EstimationError(
            Text("estimators.few-periods", method=name, fewest=fewest, unit_name=str(case.units[0]), n=n_before)
        )
