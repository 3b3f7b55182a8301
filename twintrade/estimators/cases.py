"""What every single-case method is: a way to fill in one unit's path without the agreement."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from twintrade.design import Design
from twintrade.design.case import Case, build_case, build_outcome_matrix
from twintrade.effects import Dropped, Estimate, EventStudy, RefitOnly, Sample
from twintrade.effects.estimate import Against, Scale
from twintrade.errors import DesignError, EstimationError, TwintradeError
from twintrade.estimators.base import Catalogued
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.testing import GapNoise, compute_gap_noise, compute_two_way_squares
from twintrade.text import Text, Words


class SingleCase(Catalogued):
    """An estimator of one treated unit, made of arrays so that a thousand placebo refits are cheap."""

    __slots__ = ()
    fits_whole_path: ClassVar[bool] = True
    """Whether it can be fitted on all periods as if none were treated, as conformal inference does."""
    removes_seasons: ClassVar[bool] = False
    """Whether each unit's seasonal means before the onset are taken out of quarters and months first."""
    fits_before: ClassVar[bool] = True
    """Whether gaps before the onset are made small by what is estimated, and say little of the gaps after it."""

    @abstractmethod
    def gaps(self, case: Case) -> FloatArray:
        """Return observed less counterfactual by period, (n_periods,), NaN where the outcome does not allow it."""

    def rival_gaps(self, case: Case) -> FloatArray:
        """Return gaps without each donor, (n_donors, n_periods), which have that placebo's donors; NaN if none."""
        gaps = np.full((case.n_donors, case.periods.size), np.nan)
        for j in range(case.n_donors if case.n_donors > 1 else 0):
            with suppress(TwintradeError):
                gaps[j] = self.gaps(case.without(j))
        return gaps

    def measure_noise(self, case: Case, places: IntArray, gaps: FloatArray) -> GapNoise:
        """Return the errors of gaps to be ranked, from gaps (n_cases, n_before) or rows ``places`` (n_cases,)."""
        early = case.values[:, case.is_before]
        if self.fits_before:
            squares, counts = compute_two_way_squares(np.where(np.isfinite(early), early, np.nan))
            squares, counts = squares[places], counts[places]
        else:
            counts = np.isfinite(gaps).sum(axis=1).astype(np.float64)
            squares = np.where(np.isfinite(gaps), gaps, 0.0) ** 2
            squares = squares.sum(axis=1) / np.maximum(counts, 1)
        with np.errstate(invalid="ignore"):
            sizes = np.where(np.isfinite(early), early, 0.0).sum(axis=1) / np.isfinite(early).sum(axis=1)
        return compute_gap_noise(squares, counts, sizes[places])

    def removed(self, case: Case, periods: BoolArray, effect: float) -> Case:
        """Return the case as it would be without a constant effect of this size in some periods."""
        values = case.values.copy()
        values[0, periods] -= effect
        return replace(case, values=values)

    def reference(self, design: Design) -> int | None:
        """Return the event time at which the gap is zero by construction, if there is one."""
        return None

    def effect_scale(self, design: Design) -> Scale:
        """Return the scale of the gaps."""
        return design.scale

    def statistics(self, case: Case) -> Mapping[str, float]:
        """Return further facts worth a table row."""
        return {}

    def case(self, design: Design) -> Case:
        """Return the design's only case, its treated unit first, as the method looks at it."""
        return self._seen(build_case(design, build_outcome_matrix(design)))

    def _seen(self, case: Case) -> Case:
        return case.deseasonalized() if self.removes_seasons else case

    def estimate(self, design: Design) -> Estimate:
        """Return the gap at every event time of the sample, whatever the window: placebos need the whole fit."""
        matrix = build_outcome_matrix(design)
        case = self._seen(build_case(design, matrix))
        gaps = self.gaps(case)
        is_formed = np.isfinite(gaps)
        before, lost = gaps[is_formed & case.is_before], case.periods[~is_formed]
        names = tuple(design.panel.label(int(p)) for p in lost)
        no_gap = Dropped("zero-under-log", Text("estimators.no-gap"), lost.size, 0, names)
        facts = {
            "pre_rmspe": float(np.sqrt(np.mean(before**2))) if before.size else float("nan"),
            "n_pre_periods": float(before.size),
            "n_donors": float(case.n_donors),
        }
        sample = design.observations.sample(
            matrix.used,
            dropped=(*matrix.dropped, *([no_gap] if lost.size else [])),
            statistics=facts | dict(self.statistics(case)),
        )
        return self.study(design, case, gaps, sample)

    def study(self, design: Design, case: Case, gaps: FloatArray, sample: Sample) -> EventStudy:
        """Return the gaps of one case as an event study."""
        usable = np.isfinite(gaps)
        for side, periods in (("before", case.is_before), ("after", case.is_after)):
            if not (usable & periods).any():
                raise EstimationError(f"{case.units[0]}: no gap can be formed {side} the onset; look for zeros")
        ones = np.ones(int(usable.sum()), dtype=np.int64)
        reference = self.reference(design)
        return EventStudy.of(
            design,
            case.event_times[usable],
            gaps[usable],
            RefitOnly(Text("estimators.one-unit")),
            scale=self.effect_scale(design),
            sample=sample,
            n_units=ones,
            reference=reference,
            against=self.compared_with if reference is None else "reference",
        )

    def placebo_study(self, design: Design, placebo: Case, sample: Sample) -> EventStudy:
        """Return what a refit with one donor in the treated unit's place would give, without its design."""
        if placebo.n_donors == 0:
            raise EstimationError(f"{placebo.units[0]} has no donor left once it takes the treated unit's place")
        return self.study(design, placebo, self.gaps(placebo), sample)


# Single-case methods whose counterfactual is a weighted sum of donors.


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
