"""The average of the path under every reference it could have had: linear in the coefficients, without a refit."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import format_effect
from twintrade.effects import CohortEffects, Estimate, EventStudy, Finding
from twintrade.estimators.base import Fit, fit
from twintrade.inference.base import Inference
from twintrade.numerics.arrays import FloatArray, IntArray

COLUMNS = ("label", "group", "reference", "effect", "low", "high", "n_rows")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceYear(Diagnostic):
    """How far the average of the path hangs on the one period that it is measured against.

    It informs about the path and judges nothing: an effect against all periods before has no reference.
    """

    name: ClassVar[str] = "reference_year"
    citation: ClassVar[str] = "schmidheiny2023"
    payload_kinds: ClassVar = {"reference_year": "forest"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a reference, the overall effect above them; payload ``reference_year``."""
        if "path" not in fit.views:
            return self.unavailable("these effects are not measured against one period")
        if fit.estimator.options().get("measure", "coefficient") != "coefficient":
            return self.unavailable("only coefficients can be measured against another period without a refit")
        if fit.estimator.options().get("second_reference") is not None:
            return self.unavailable("the path is measured against two periods at once")
        shown = estimate_unbinned(fit)
        paths = list(compute_path_by_reference(shown))
        overall, scale = shown.view("overall"), fit.estimate.scale
        rows = [_row(f"against event time {e:+d}", "reference", e, effect, n) for e, effect, n in paths]
        above = _row(
            "against all periods before", "overall", None, float(overall.effects[0]), int(overall.n_cells[0])
        )
        table = pd.DataFrame([above, *rows], columns=list(COLUMNS)).astype({"reference": "Int64"})
        effects = np.array([effect for _, effect, _ in paths])
        lowest, highest = paths[int(effects.argmin())], paths[int(effects.argmax())]
        if len(paths) < 2:
            return self.unavailable(f"event time {paths[0][0]:+d} is the only one before onset that is estimated")
        return Finding(
            diagnostic=self.name,
            verdict="informs",
            text=(
                f"Against each of {len(paths)} reference periods the average of the path runs from "
                f"{format_effect(lowest[1], scale)} (event time {lowest[0]:+d}) to "
                f"{format_effect(highest[1], scale)} (event time "
                f"{highest[0]:+d}); reported is event time {fit.design.reference:+d}. Against all periods before, "
                f"the effect is {format_effect(float(overall.effects[0]), scale)}."
            ),
            value=float(np.ptp(effects)),
            unit=scale,
            table=table,
            payloads={"reference_year": table},
        )


def compute_path_by_reference(shown: Fit) -> Iterator[tuple[int, float, int]]:
    """Yield each admissible reference, the average of the path against it, and the treated rows behind that.

    Admissible is every event time before onset less anticipation that has an effect. Where cohorts have effects of
    their own, those without one at the reference leave the average.
    """
    estimate = shown.estimate
    assert isinstance(estimate, EventStudy | CohortEffects)
    size = _sizes(estimate)
    after = estimate.event_times >= 0
    cohort = estimate.cohorts if isinstance(estimate, CohortEffects) else np.zeros_like(estimate.event_times)
    for e in np.unique(estimate.event_times[estimate.event_times < -estimate.anticipation]):
        base = {int(g): k for k, g in enumerate(cohort) if estimate.event_times[k] == e}
        used = np.flatnonzero(after & np.isin(cohort, list(base)))
        if size[used].sum() > 0:
            gaps = estimate.effects[used] - estimate.effects[_places(base, cohort[used])]
            yield int(e), float(np.average(gaps, weights=size[used])), int(estimate.n_cells[used].sum())


def _places(base: dict[int, int], cohorts: IntArray) -> IntArray:
    return np.array([base[int(g)] for g in cohorts], dtype=np.int64)


def _sizes(estimate: Estimate) -> FloatArray:
    if isinstance(estimate, CohortEffects):
        return estimate.cell_weights
    assert isinstance(estimate, EventStudy)
    return estimate.row_weights


def estimate_unbinned(shown: Fit) -> Fit:
    """Return the fit with every event time estimated apart; binned ends are for the picture."""
    if not shown.estimator.options().get("bins", False):
        return shown
    return fit(replace(shown.estimator, bins=False), shown.design)  # type: ignore[type-var]


def _row(label: str, group: str, reference: int | None, effect: float, n_rows: int) -> tuple[object, ...]:
    return label, group, pd.NA if reference is None else reference, effect, np.nan, np.nan, n_rows
