"""Effects of a first change of the dose against units of the same dose that have not changed yet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import numpy as np

from twintrade.design import Design, Observations
from twintrade.effects import Dropped, EventStudy, Influence, UnitInfluence
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import Catalogued, Requires, describe_design
from twintrade.estimators.cohort_means.group_time import PanelMeans, compute_panel_means
from twintrade.estimators.cohort_means.wide import widen
from twintrade.estimators.switching import cells
from twintrade.estimators.switching.cells import Horizon, Singletons
from twintrade.estimators.switching.switchers import DoseSlopes, Switchers, adjust_for_covariates, build_switchers
from twintrade.numerics.arrays import FloatArray, ObjectArray
from twintrade.text import Text


@dataclass(frozen=True, slots=True)
class ChaisemartinDHaultfoeuille(Catalogued):
    """Effect of having switched, by periods since the switch, for doses of any kind that may also fall.

    Event time 0 is the period of the switch; a pre-period effect at event time -1 - l compares the l periods before
    the last one untouched, for the switchers whose effect after l periods is estimated. Falls count with their sign
    reversed. The overall average divides by the dose: effect per unit of dose and period over the horizons, their
    cost-benefit average. Influence carries the authors' factor n / (n - 1) by group of switchers and of comparison
    units; n counts units whatever the clusters, as the numbers of their R package 2.1.2 do.

    Agreements that stay, without covariates and weights, are estimated from means of cohorts, in a panel with gaps
    from those of units of a cohort that miss the same periods. Covariates are taken out in changes, with slopes from
    units of the same first dose that have not changed yet and with the estimation of these slopes in the influence;
    placebos use the same slopes.

    Attributes
    ----------
    normalized : bool
        Divide each effect by the dose received so far, summed over the periods since the switch.
    same_switchers : bool
        Only switchers all of whose ``effects`` are estimated.
    singletons : {"pooled", "dropped"}
        Groups of one switcher have no spread of their own: "pooled" centers them with their comparison, as the
        authors' method says; "dropped" gives them no influence, as their R package 2.1.2 does.
    effects, placebos : int or None
        How many effects from the switch on, and placebos before it, are estimated; None for all that are observed.
        The overall average is over these effects, whatever the window shows.
    """

    normalized: bool = False
    same_switchers: bool = False
    singletons: Singletons = "pooled"
    effects: int | None = None
    placebos: int | None = None

    name: ClassVar[str] = "chaisemartin_dhaultfoeuille"
    citation: ClassVar[str] = "dechaisemartin2024"
    compared_with = "last before"
    requires: ClassVar[Requires] = Requires(
        absorbing=False, fixed_effects=("two_way",), isolates_cohorts=False, cohort_statistics=True
    )
    says: ClassVar[str] = "estimators.switching-"
    formula: ClassVar = Text("estimators.switching-equation")

    def estimate(self, design: Design) -> EventStudy:
        """Return effects and placebos by event time, with the average per unit of dose as overall effect."""
        o = design.observations
        shift = design.anticipation
        if self.same_switchers and self.effects is None:
            raise DesignError(f"{self.name} with same_switchers needs effects: set it to how many must be observed")
        longest = int(o.periods[-1] - o.periods[0])
        n_effects = longest if self.effects is None else self.effects + shift  # those of anticipation among them
        n_placebos = longest if self.placebos is None else self.placebos
        asked = n_effects, n_placebos, self.singletons, self.same_switchers
        means = compute_panel_means(widen(o)) if cells.has_means(o) else None
        if means is not None:
            effects, placebos = cells.list_mean_horizons(means, *asked, shift)
            _require_effects(effects, shift)
            wide = means.wide
            switching = np.isfinite(wide.onset) & (wide.onset > wide.periods[0])
            lost = np.setdiff1d(np.flatnonzero(switching), [g for h in effects for g in h.switchers])
            units = wide.unit_ids[np.isin(wide.cohort, lost)]
            return self._event_study(o, effects, placebos, _unused(units), partial(_wrap_means, means))
        layout = build_switchers(o)
        slopes: tuple[DoseSlopes, ...] = ()
        dropped: tuple[Dropped, ...] = ()
        if design.covariates:
            layout, slopes, dropped = adjust_for_covariates(layout, design.covariates)
        by_unit, early = cells.list_horizons(layout, *asked, slopes)
        _require_effects(by_unit, shift)
        used = np.unique(np.concatenate([h.switchers for h in by_unit]))
        units = o.unit_ids[layout.order[np.setdiff1d(np.flatnonzero(layout.sign != 0), used)]]
        return self._event_study(o, by_unit, early, (*dropped, *_unused(units)), partial(_wrap_units, o, layout))

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        return Text("estimators.switching-averages", n=self.effects or 0, **describe_design(design))

    def _event_study(
        self,
        o: Observations,
        effects: Sequence[Horizon],
        placebos: Sequence[Horizon],
        dropped: tuple[Dropped, ...],
        wrap: Callable[..., Influence],
    ) -> EventStudy:
        """Put placebos, the reference and effects in order; None stands for the reference."""
        reference, nothing = -1 - o.anticipation, tuple(np.zeros_like(part) for part in effects[0].influence)
        if self.normalized:
            without = [f"{reference + h.step:+d}" for h in effects if not h.dose_so_far]
            without += [f"{reference - h.step:+d}" for h in placebos if not h.dose_so_far]
            if without:
                dropped = (*dropped, Dropped("no-dose", Text("estimators.no-dose"), 0, 0, tuple(without)))
            effects, placebos = ([h for h in side if h.dose_so_far] for side in (effects, placebos))
        every: list[Horizon | None] = [*placebos[::-1], None, *effects]
        times = [reference - h.step for h in placebos[::-1]] + [reference] + [reference + h.step for h in effects]
        scale = np.array([h.dose_so_far if h and self.normalized else 1.0 for h in every])
        parts = zip(*(h.influence if h else nothing for h in every), strict=True)
        study = EventStudy.of(
            o,
            np.array(times, dtype=np.int64),
            np.array([h.effect if h else 0.0 for h in every]) / scale,
            wrap(*(np.stack(same, axis=-1) / scale for same in parts)),
            sample=o.sample(dropped=dropped),
            n_units=np.array([h.n_switchers if h else 0 for h in every], dtype=np.int64),
            reference=reference,
            against=self.compared_with,
        )
        # Total effects, weighted by their switchers, over total changes of dose.
        weights = np.array([h.weight if h and e >= 0 else 0.0 for h, e in zip(every, times, strict=True)])
        dose = weights @ [h.dose if h else 0.0 for h in every]
        overall = study.combine((weights * scale / dose)[:, None], [Text("estimators.effect-per-dose")])
        return replace(study, overall=overall)


def _require_effects(effects: Sequence[Horizon], anticipation: int) -> None:
    if not any(h.step > anticipation for h in effects):
        raise EstimationError("no unit changes its dose while another unit of the same first dose does not")


def _wrap_units(o: Observations, layout: Switchers, influence: FloatArray) -> UnitInfluence:
    values = np.empty_like(influence)
    values[layout.order] = influence
    return UnitInfluence(o.unit_ids, values)


def _wrap_means(
    means: PanelMeans, coefficients: FloatArray, loadings: FloatArray, constants: FloatArray
) -> Influence:
    return replace(means.influence(coefficients, constants), loadings=loadings)


def _unused(units: ObjectArray) -> tuple[Dropped, ...]:
    """List units that change and have no effect at any horizon."""
    if not units.size:
        return ()
    names = tuple(sorted(str(u) for u in units))
    return (Dropped("no-comparison", Text("estimators.unused-switchers"), 0, 0, names),)
