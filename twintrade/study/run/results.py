"""What a run has in hand before it becomes tables: one record a column, and the findings."""

from dataclasses import dataclass, field

from twintrade.design import Design
from twintrade.effects import Bands, Estimate, Finding
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.study.plan.jobs import LadderColumn
from twintrade.text import Words


@dataclass(frozen=True, slots=True, eq=False)
class Estimated:
    """One column of the ladder, estimated or skipped."""

    column: LadderColumn
    design: Design | None  # none where the design itself could not be made
    fit: Fit | None = None
    views: tuple[Estimate, ...] = ()  # by event time, by cohort, overall, by cell: what effects.csv lists
    bands: tuple[Bands, ...] = ()  # the reported inference first
    # What checks ask: it repeats the reported bands and infers about other estimates
    inference: Inference | None = None
    skip_reason: Words = ""  # why there is no fit; empty where there is one

    @property
    def is_skipped(self) -> bool:
        """Whether the method did not qualify for its design."""
        return self.fit is None


@dataclass(frozen=True, slots=True, eq=False)
class Concluded:
    """A finding and the column it is about."""

    finding: Finding
    estimated: Estimated | None = None  # none where the finding is about the data alone

    @property
    def keys(self) -> tuple[str, str]:
        """Estimator and specification, empty where the finding is about the data alone."""
        if self.estimated is None:
            return "", ""
        return self.estimated.column.estimator.name, self.estimated.column.key


@dataclass(frozen=True, slots=True, eq=False)
class Ladder:
    """All columns and findings of a run."""

    estimated: tuple[Estimated, ...]
    concluded: tuple[Concluded, ...] = field(default=())

    @property
    def headline(self) -> Estimated | None:
        """The column whose overall effect is the headline: the one marked, else the first that was estimated."""
        estimated = [e for e in self.estimated if not e.is_skipped]
        return next((e for e in estimated if e.column.is_headline), estimated[0] if estimated else None)
