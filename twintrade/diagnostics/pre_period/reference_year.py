"""The average of the path under every reference it could have had: linear in the coefficients, without a refit."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.paired import compare_paired
from twintrade.diagnostics.pre_period.pretrends import run_pretests
from twintrade.diagnostics.variants import (
    NUMBERS,
    describe_judged,
    format_effect,
    judge_table,
    measure_headline,
    simplify_inference,
)
from twintrade.effects import CohortEffects, Estimate, EventStudy, Finding, Influence, Uncertainty, UnitInfluence
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, fit
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.inference.placebo import Placebo
from twintrade.inference.randomization import Randomization
from twintrade.inference.reported import resolve_method
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.text import Text, pack_text

COLUMNS = ("label", "label_text", "group", "reference", "effect", "low", "high", "n_rows", *NUMBERS[4:])


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceYear(Diagnostic):
    """How far the average of the path hangs on the one period that it is measured against.

    Its headline is the average of the path against the reported reference. An effect against all periods before has
    no reference and stands above for comparison.
    """

    name: ClassVar[str] = "reference_year"
    citation: ClassVar[str] = "schmidheiny2023"
    payload_kinds: ClassVar = {"reference_year": "variants"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a reference, the overall effect above them; payload ``reference_year``."""
        if "path" not in fit.views:
            return self.unavailable(Text("checks.reference-none"))
        if fit.estimator.options().get("measure", "coefficient") != "coefficient":
            return self.unavailable(Text("checks.reference-coefficients"))
        if fit.estimator.options().get("second_reference") is not None:
            return self.unavailable(Text("checks.reference-two"))
        shown = estimate_unbinned(fit)
        paths = list(compute_path_by_reference(shown))
        if len(paths) < 2:
            return self.unavailable(Text("checks.reference-only", at=paths[0].reference))
        overall, scale = shown.view("overall"), fit.estimate.scale
        method = resolve_method(fit, inference)
        rows = [_compare(shown, path, paths, fit.design.reference, method, rng) for path in paths]
        every = measure_headline(shown, inference, rng)
        above = _row(Text("checks.reference-before"), "overall", every.effect, int(overall.n_cells[0]))
        above |= {"low": every.low, "high": every.high}
        table = pd.DataFrame([above, *rows], columns=list(COLUMNS)).astype({"reference": "Int64"})
        tested = _test_jointly(table[table["reference"].notna()], shown, inference, rng)
        # Without intervals nothing tells the differences from noise but their joint test.
        is_bounded = tested["difference_low"].notna().any()
        yardstick = measure_headline(fit, inference, rng, "path")
        judged = judge_table(tested, yardstick if is_bounded else replace(yardstick, low=-np.inf, high=np.inf))
        lowest, highest = (end(paths, key=lambda path: path.effect) for end in (min, max))
        return Finding(
            diagnostic=self.name,
            verdict=judged.verdict,
            text=Text(
                "checks.reference",
                n=len(paths),
                low=format_effect(lowest.effect, scale),
                lowest=lowest.reference,
                high=format_effect(highest.effect, scale),
                highest=highest.reference,
                reported=fit.design.reference,
                overall=format_effect(every.effect, scale),
                verdict=describe_judged(judged, scale),
            ),
            value=highest.effect - lowest.effect,
            unit=scale,
            bound=judged.bound,
            tolerance=judged.tolerance,
            table=table,
            payloads={"reference_year": table},
        )


def _test_jointly(rows: pd.DataFrame, shown: Fit, inference: Inference, rng: np.random.Generator) -> pd.DataFrame:
    """Return the rows with one p-value: the differences are effects before the agreement, whose joint test counts."""
    try:
        p = run_pretests(shown, simplify_inference(shown, inference), rng, "hotelling").joint.p
    except InferenceError:
        p = np.nan
    rows = rows.assign(difference_p=np.nan)
    rows.loc[rows["difference"].abs().idxmax(), "difference_p"] = p
    return rows


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """The average of the path against one reference."""

    reference: int
    effect: float
    n_rows: int  # treated rows behind it
    weights: FloatArray  # (n_effects,): of the estimate's effects


def compute_path_by_reference(shown: Fit) -> Iterator[Path]:
    """Yield the average of the path against each admissible reference.

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
            weights, shares = np.zeros(estimate.effects.size), size[used] / size[used].sum()
            np.add.at(weights, used, shares)
            np.add.at(weights, _places(base, cohort[used]), -shares)
            yield Path(int(e), float(weights @ estimate.effects), int(estimate.n_cells[used].sum()), weights)


def _compare(
    shown: Fit, path: Path, paths: list[Path], reported: int, method: Inference, rng: np.random.Generator
) -> dict[str, object]:
    """Return a row with the path's interval and its difference from the reported one, from the influence of both.

    Draws of the overall effect say nothing of paths, so that re-assignment gives neither.
    """
    alone, mine = _weigh(shown, path), next((p for p in paths if p.reference == reported), None)
    row = _row(Text("checks.reference-label", at=path.reference), "reference", path.effect, path.n_rows)
    row["reference"] = path.reference
    is_drawn = isinstance(method, Randomization | Placebo)
    if not is_drawn:
        ends = measure_headline(alone, Clustered(by=getattr(method, "by", ()), draws=1), rng)
        row |= {"low": ends.low, "high": ends.high}
    if mine is None or mine is path:
        return row | {"difference": np.nan if mine is None else 0.0}
    if is_drawn:
        return row | {"difference": path.effect - mine.effect}
    paired = compare_paired(_weigh(shown, mine), alone, method, rng)
    return row | dict(zip(NUMBERS[4:], (paired.effect, paired.low, paired.high, paired.p), strict=True))


def _weigh(shown: Fit, path: Path) -> Fit:
    """Return the average as an estimate of its own, without an error where effects have no influence."""
    estimate, overall = shown.estimate, shown.view("path")
    source: Uncertainty = estimate.uncertainty
    if isinstance(source, Influence):
        source = UnitInfluence(source.units, (source.matrix() @ path.weights)[:, None])
    average = Estimate(
        effects=np.array([path.effect]),
        uncertainty=source,
        scale=estimate.scale,
        sample=estimate.sample,
        names=overall.names,
        n_units=overall.n_units,
        n_cells=overall.n_cells,
    )
    return replace(shown, estimate=average)


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


def _row(label: Text, group: str, effect: float, n_rows: int) -> dict[str, object]:
    names = {"label": str(label), "label_text": pack_text(label), "group": group, "reference": pd.NA}
    return names | {"effect": effect, "n_rows": n_rows}
