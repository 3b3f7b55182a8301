"""Effects of a first change of the dose against units of the same dose that have not changed yet."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from twintrade.design import Design, Observations
from twintrade.effects import Dropped, EventStudy, UnitInfluence
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import Estimator, Requires
from twintrade.estimators.switcher_cells import Horizon, Singletons, horizons
from twintrade.estimators.switchers import Switchers, switchers


@dataclass(frozen=True, slots=True)
class ChaisemartinDHaultfoeuille(Estimator):
    """Effect of having switched, by periods since the switch, for doses of any kind that may also fall.

    Event time 0 is the period of the switch; a pre-period effect at event time -1 - l compares the l periods before
    the last one untouched, for the switchers whose effect after l periods is estimated. Falls count with their sign
    reversed. The overall average divides by the dose: effect per unit of dose and period over the horizons, their
    cost-benefit average. Influence carries the authors' factor n / (n - 1) by group of switchers and of comparison
    units; n counts units whatever the clusters, as the numbers of their R package 2.1.2 do.

    Attributes
    ----------
    normalized : bool
        Divide each effect by the dose received so far, summed over the periods since the switch.
    same_switchers : bool
        Only switchers whose effects of the whole window are estimated.
    singletons : {"pooled", "dropped"}
        Groups of one switcher have no spread of their own: "pooled" centers them with their comparison, as the
        authors' method says; "dropped" gives them no influence, as their R package 2.1.2 does.
    """

    normalized: bool = False
    same_switchers: bool = False
    singletons: Singletons = "pooled"

    name: ClassVar[str] = "chaisemartin_dhaultfoeuille"
    title: ClassVar[str] = "de Chaisemartin-D'Haultfœuille"
    citation: ClassVar[str] = "dechaisemartin2024"
    requires: ClassVar[Requires] = Requires(
        absorbing=False, fixed_effects=("two_way",), isolates_cohorts=False, cohort_statistics=True
    )
    small_sample: ClassVar[str] = "none"

    def estimate(self, design: Design) -> EventStudy:
        """Return effects and placebos by event time, with the average per unit of dose as overall effect.

        Raises
        ------
        DesignError
            Covariates are asked for.
        EstimationError
            No unit switches while another of the same dose does not, or onsets contradict doses.
        """
        if design.covariates:
            raise DesignError(f"{self.name} takes no covariates; leave them out or take callaway_santanna")
        o = design.observations
        layout = switchers(o)
        shift = design.anticipation
        n_effects = max(design.window[1], 0) + 1 + shift
        n_placebos = max(-design.window[0] - 1 - shift, 0)
        effects, placebos = horizons(layout, n_effects, n_placebos, self.singletons, self.same_switchers)
        if not any(h.step > shift for h in effects):
            raise EstimationError("no unit changes its dose while another unit of the same first dose does not")
        return self._event_study(o, layout, effects, placebos)

    def assumption(self, design: Design) -> str:
        """Return the identifying assumption."""
        return (
            "Without the change, outcomes of units whose tie changes would have moved like those of units with the "
            "same ties at the start that have not changed yet."
        )

    def estimand(self, design: Design) -> str:
        """Return what the headline averages."""
        return (
            "Sum of the effects over the periods since the change, divided by the sum of the changes of dose: effect "
            "of one more unit of dose for one period, at any lag."
        )

    def equation(self, design: Design) -> str:
        """Return the estimating equation."""
        return (
            "δ_l = mean over switchers of (Y_{F−1+l} − Y_{F−1}) − mean of the same change among the not yet switched"
        )

    def _event_study(
        self, o: Observations, layout: Switchers, effects: list[Horizon], placebos: list[Horizon]
    ) -> EventStudy:
        reference = -1 - o.design.anticipation
        times = [reference - h.step for h in placebos[::-1]] + [reference] + [reference + h.step for h in effects]
        zero = Horizon(0, 0.0, np.zeros(o.n_units), np.zeros(0, dtype=np.int64), 0.0, 1.0, 1.0)
        every = [*placebos[::-1], zero, *effects]
        scale = np.array([h.dose_so_far if self.normalized else 1.0 for h in every])
        values = np.empty((o.n_units, len(every)))
        values[layout.order] = np.column_stack([h.influence for h in every]) / scale
        counts = np.array([h.units.size for h in every], dtype=np.int64)
        study = EventStudy(
            effects=np.array([h.effect for h in every]) / scale,
            uncertainty=UnitInfluence(o.unit_ids, values),
            scale=o.design.scale,
            sample=o.sample(dropped=_unused(o, layout, effects)),
            names=tuple(f"{e:+d}" for e in times),
            n_units=counts,
            n_cells=counts,
            base="universal",
            event_times=np.array(times, dtype=np.int64),
            reference=reference,
            anticipation=o.design.anticipation,
        )
        # Total effects, weighted by their switchers, over total changes of dose.
        is_after = study.event_times >= 0
        weights = np.where(is_after, [h.weight for h in every], 0.0)
        dose = weights @ [h.dose for h in every]
        overall = study.combine((weights * scale / dose)[:, None], ["effect per unit of dose"])
        return replace(study, overall=overall)


def _unused(o: Observations, layout: Switchers, effects: list[Horizon]) -> tuple[Dropped, ...]:
    """List units that change and have no effect at any horizon."""
    used = np.unique(np.concatenate([h.units for h in effects]))
    lost = np.setdiff1d(np.flatnonzero(layout.sign != 0), used)
    if not lost.size:
        return ()
    names = tuple(sorted(str(u) for u in o.unit_ids[layout.order[lost]]))
    sentence = "units that change without an effect: not observed just before and after, or nobody to compare with"
    return (Dropped("no-comparison", sentence, 0, 0, names),)
