"""Methods that serve cohort means as well as rows: whether rows are summed is decided here, once for all of them."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Generic

from twintrade.design import Design
from twintrade.estimators.base import Estimator
from twintrade.estimators.cohort_means.collapsed import AnyEstimate, Collapse, collapse


class SumsRows(Estimator, Generic[AnyEstimate]):
    """A method whose rows are summed into means of cohorts, or of parts of cohorts, where that loses nothing."""

    def estimate(self, design: Design) -> AnyEstimate:
        """Return the estimate, from means where rows can be summed into them."""
        return self._estimated(design, self.estimate_rows)

    def _estimated(self, design: Design, from_rows: Callable[[Design], AnyEstimate]) -> AnyEstimate:
        """Return the estimate from means, or as given from rows."""
        self.check(design)
        design = self.narrowed(design)
        means = collapse(design) if self.takes_means(design) else None
        from_means = None if means is None else self.estimate_means(means)
        return from_rows(design) if from_means is None else from_means

    def check(self, design: Design) -> None:
        """Refuse options that do not go with the design; none, by default."""

    def takes_means(self, design: Design) -> bool:
        """Return whether the options allow for means in place of rows."""
        return True

    @abstractmethod
    def estimate_means(self, means: Collapse) -> AnyEstimate | None:
        """Return the estimate from means of cohorts; None where only rows can tell."""

    @abstractmethod
    def estimate_rows(self, design: Design) -> AnyEstimate:
        """Return the estimate from rows."""
