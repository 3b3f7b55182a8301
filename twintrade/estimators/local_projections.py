"""Changes since the last untreated period, one regression a horizon, on newly treated and clean comparison rows."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from twintrade.design import Design
from twintrade.effects import Dropped, Estimate, EventStudy, Influence, Sample, UnitInfluence
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import Estimator, Requires, describe_design
from twintrade.estimators.cohort_means.group_time import PanelMeans, compute_panel_means
from twintrade.estimators.cohort_means.projections import (
    Projected,
    build_projection_rows,
    estimate_projection,
    project_means,
)
from twintrade.estimators.cohort_means.wide import Wide, widen
from twintrade.text import Listed, Text, Value, Words

Weighting = Literal["variance", "equal"]


@dataclass(frozen=True, slots=True)
class LocalProjections(Estimator):
    """Local-projections difference-in-differences: rows of units first treated at t against rows of units clean at t.

    At horizon h the outcome is y(t+h) less the base, with period effects. A clean row belongs to a unit that is not
    treated by t+h (for leads: by t); under never treated comparison it belongs to a unit that never is. Periods in
    which nobody is newly treated are left out. Without covariates, lags and weights everything comes from means of
    cohorts, in a panel with gaps from those of units of a cohort that miss the same periods.

    Attributes
    ----------
    weighting : {"variance", "equal"}
        Ordinary least squares, whose weights on cohorts are n·p·(1 − p); or every treated unit the same, by fitting
        the comparison rows and predicting the treated ones (regression adjustment).
    base : {"last", "mean"}
        The last period before onset less anticipation, or the mean of all periods up to it.
    lags : int
        Number of lagged one-period changes of the outcome, up to the base period, that are conditioned on.
    pooled : int or None
        Last horizon of the authors' pooled effect, reported as the overall one in place of averages of the path: the
        outcome averaged over the horizons from onset on, against the base, on rows that have them all.
    """

    weighting: Weighting = "variance"
    base: Literal["last", "mean"] = "last"
    lags: int = 0
    pooled: int | None = None

    name: ClassVar[str] = "local_projections"
    title: ClassVar[Text] = Text("labels.estimator-local-projections")
    citation: ClassVar[str] = "dube2023"
    requires: ClassVar[Requires] = Requires(fixed_effects=("two_way",), isolates_cohorts=False)

    def estimate(self, design: Design) -> EventStudy:
        """Return the event study over every horizon that is observed."""
        self._check(design)
        wide = widen(design.observations)
        is_plain = wide.weights is None and not design.covariates and not self.lags
        source = (compute_panel_means(wide) if is_plain else None) or wide
        onsets = wide.onset[wide.onset <= wide.periods[-1]].astype(np.int64)
        horizons = np.unique(wide.periods[:, None] - onsets)
        results = {int(h): self._at(source, design, (int(h), int(h))) for h in horizons}
        projections = [(h, result) for h, result in results.items() if result is not None]
        lost = [
            Text("estimators.effect-event-time", time=f"{h:+d}") for h, result in results.items() if result is None
        ]
        if not any(h >= 0 for h, _ in projections):
            raise EstimationError("no event time from onset on has treated rows and clean comparison rows")
        study = self._study(source, design, projections, _dropped(wide, projections, lost))
        return study if self.pooled is None else replace(study, overall=self._pooled(source, design, study.sample))

    def assumption(self, design: Design) -> Text:
        """Return the identifying assumption."""
        lags = [Text("estimators.local-projections-lags", n=self.lags)] if self.lags else []
        given = Listed((*design.covariates, *lags))
        values = describe_design(design) | {"given": len(given.items), "covariates": given}
        return Text("estimators.local-projections-assumes", **values)

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        how: dict[str, Value] = {"base": self.base, "weighting": self.weighting}
        if self.pooled is not None:
            return Text("estimators.local-projections-pooled", pooled=self.pooled, **how)
        return Text("estimators.local-projections-averages", **how, **describe_design(design))

    def equation(self, design: Design) -> Text:
        """Return the estimating equation."""
        return Text("estimators.local-projections-equation", base=self.base)

    def _check(self, design: Design) -> None:
        last = -design.panel.step - design.anticipation
        if design.reference != last:
            raise DesignError(
                f"{self.name} measures from the last period before onset less anticipation; set reference = {last}"
            )
        if self.lags < 0:
            raise DesignError(f"lags is a number of periods, not {self.lags}")
        if self.pooled is not None and self.pooled < 0:
            raise DesignError(f"pooled is the last horizon that is averaged, 0 or later, not {self.pooled}")

    def _at(self, source: Wide | PanelMeans, design: Design, horizons: tuple[int, int]) -> Projected | None:
        if isinstance(source, PanelMeans):
            return project_means(source, design, horizons, self.base == "mean", self.weighting)
        rows = build_projection_rows(source, design, horizons, self.base == "mean", self.lags)
        if rows is None:
            return None
        lags = (Text("estimators.lag", n=k + 1) for k in range(self.lags))
        names: tuple[Words, ...] = (*design.covariates, *lags)
        return estimate_projection(rows, source.cohort, self.weighting, names)

    def _study(
        self,
        source: Wide | PanelMeans,
        design: Design,
        projections: list[tuple[int, Projected]],
        dropped: tuple[Dropped, ...],
    ) -> EventStudy:
        """Put the horizons in order; the reference is an exact zero and counts the rows measured from it."""
        at_reference = next((r for h, r in projections if h == design.reference), None)
        others = [(h, r) for h, r in projections if h != design.reference]
        nothing = tuple(np.zeros_like(part) for part in projections[0][1].influence)
        counted = (0, 0.0) if at_reference is None else (at_reference.n_treated, at_reference.treated_weight)
        zero = Projected(0.0, nothing, *counted, np.zeros(0, dtype=np.int64))
        every = sorted([*others, (design.reference, zero)], key=lambda pair: pair[0])
        times = np.array([h for h, _ in every], dtype=np.int64)
        counts = np.array([r.n_treated for _, r in every], dtype=np.int64)
        return EventStudy.of(
            design,
            times,
            np.array([r.effect for _, r in every]),
            _influence(source, [r for _, r in every]),
            sample=design.observations.sample(n_slopes=len(others), effects=("period",), dropped=dropped),
            n_units=counts,
            against="reference" if self.base == "last" else "all before",
            reference=design.reference,
            row_weights=np.array([r.treated_weight for _, r in every]),
        )

    def _pooled(self, source: Wide | PanelMeans, design: Design, sample: Sample) -> Estimate:
        assert self.pooled is not None
        pooled = self._at(source, design, (0, self.pooled))
        if pooled is None:
            raise EstimationError(
                f"nobody newly treated is observed at every horizon from 0 to {self.pooled} beside clean comparison "
                "rows; set pooled lower"
            )
        return Estimate(
            effects=np.array([pooled.effect]),
            uncertainty=_influence(source, [pooled]),
            scale=design.scale,
            sample=sample,
            names=(Text("estimators.effect-pooled"),),
            n_units=np.array([pooled.n_treated]),
            n_cells=np.array([pooled.n_treated]) * (self.pooled + 1),
            against="last before" if self.base == "last" else "all before",
        )


def _influence(source: Wide | PanelMeans, projections: list[Projected]) -> Influence:
    parts = [np.stack(same, axis=-1) for same in zip(*(r.influence for r in projections), strict=True)]
    if isinstance(source, PanelMeans):
        return source.influence(*parts)
    return UnitInfluence(source.unit_ids, parts[0])


def _dropped(wide: Wide, projections: list[tuple[int, Projected]], lost: list[Text]) -> tuple[Dropped, ...]:
    """List event times without an effect, cohorts in none from onset on, and covariates that are determined."""
    out = []
    if lost:
        sentence = Text("estimators.no-clean-rows")
        out.append(Dropped("no-comparison", sentence, 0, 0, tuple(lost)))
    used = np.concatenate([r.cohorts for h, r in projections if h >= 0])
    missing = np.setdiff1d(np.flatnonzero(np.isfinite(wide.onset)), used)
    if missing.size:
        names = tuple(Text("estimators.effect-cohort", cohort=f"{g:.0f}") for g in wide.onset[missing])
        out.append(Dropped("no-comparison", Text("estimators.cohorts-in-none"), 0, 0, names))
    for h, c in ((h, c) for h, r in projections for c in r.collinear):
        text = Text("estimators.determined-at", time=f"{h:+d}", name=c.name, by=c.explained_by)
        out.append(Dropped("collinear", text, 0, 0, (c.name,)))
    return tuple(out)
