"""What methods share that predict untreated outcomes by factors."""

from dataclasses import dataclass
from typing import ClassVar

from twintrade.estimators.base import Estimator, Requires


@dataclass(frozen=True, slots=True)
class FactorMethod(Estimator):
    """Factors whose number, or size, is chosen by hold-outs of untreated rows.

    Attributes
    ----------
    seed : int
        Of the hold-outs.
    """

    seed: int = 20240501

    requires: ClassVar[Requires] = Requires(
        absorbing=False, fixed_effects=("two_way",), weights=False, has_influence=False
    )
