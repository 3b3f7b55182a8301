"""What every inference is: options as fields, and one method from a fit to bands."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from twintrade.effects import Bands
from twintrade.estimators.base import Fit, View
from twintrade.methods import Registry


@dataclass(frozen=True, slots=True)
class Refits:
    """How many estimates an inference makes anew, as the sizes of the tables say."""

    n: int = 0
    is_silent: bool = False  # whether it is known before that the headline gets no p-value


class Inference(ABC):
    """A way to say how sure an estimate is: a frozen dataclass whose fields are its options.

    Attributes
    ----------
    name : str
        Key in TOML and tables.
    citation : str
        Key in references.bib.
    """

    name: ClassVar[str] = ""
    citation: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__dict__.get("name"):
            INFERENCES.add(cls.name, cls)

    @abstractmethod
    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return bands for one view of a fit.

        Raises
        ------
        InferenceError
            The fit cannot provide what this method works on.
        """

    def plan_refits(self, fit: Fit, views: Sequence[View]) -> Refits:
        """Return how many estimates this makes anew for some views, or raise what makes it impossible."""
        return Refits()

    def beside_headline(self) -> Self:
        """Return the same for a column that is not the headline, where it may draw less."""
        return self

    def infer_views(self, fit: Fit, views: Sequence[View], rng: np.random.Generator) -> dict[View, Bands]:
        """Return bands for several views of one fit; methods that refit share their refits among the views."""
        return {view: self.infer(fit, view, rng) for view in views}


class SharedInference(Inference):
    """An inference whose views share their refits or draws: one view is several of which there is one."""

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return bands for one view of a fit."""
        return self.infer_views(fit, [view], rng)[view]


INFERENCES: Registry[Inference] = Registry("inference", "inference")
