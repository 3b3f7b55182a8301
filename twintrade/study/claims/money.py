"""The headline in money, over what treated flows would have been, and for all trade of its cities."""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from twintrade.data.schema import WorldSource
from twintrade.design import Design
from twintrade.diagnostics.translated import Translation, World, translate
from twintrade.effects import Bands, CohortEffects, Finding, Money
from twintrade.effects.messages import DetectedBy, Reason
from twintrade.errors import DesignError, InferenceError, SpecError, TwintradeError
from twintrade.estimators.base import Fit, fit
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.render.reading import CASE_VERDICT, DEALT, compute_size_from_interval
from twintrade.study.observing.observe import Observed
from twintrade.study.run.columns import Estimated, Run, build_generator
from twintrade.study.spec.analysis import Spec
from twintrade.text import Text, pack_text

PAYLOAD, TRANSLATION = "money", "translation"


@dataclass(frozen=True, slots=True)
class Basis:
    """How an overall effect becomes a total; rising in the effect, so that an interval's ends map to ends."""

    # The effect is a difference of each treated row; percent of the total without treatment; or log points, which the
    # observed total is larger by
    kind: Literal["row", "untreated", "observed"]
    # Treated rows; their total without treatment; their observed total. All by sampling weights where there are.
    size: float

    def total(self, effect: float) -> float:
        """Return the total behind an overall effect."""
        if self.kind == "observed":
            return float(-self.size * np.expm1(-effect))
        return self.size * effect / (100.0 if self.kind == "untreated" else 1.0)

    def error(self, end: float, bands: Bands | None, name: str) -> float:
        """Return the Monte Carlo error of the total behind an end, NaN where no draw could move it."""
        errors = None if bands is None else getattr(bands, name)
        error = float("nan") if errors is None else float(errors[0])
        return abs(self.total(end + error) - self.total(end - error)) / 2


@dataclass(frozen=True, slots=True, eq=False)
class Valued:
    """The overall effect that has a total: the headline's own, or the same method's in another measure."""

    fit: Fit
    bands: Bands | None
    basis: Basis


def compute_money(run: Run) -> Money | None:
    """Return the headline in money, summed over its treated rows; None where nothing was estimated.

    A total with its interval is stated where headline and total differ from zero with bounded intervals and no check
    objects. Else only what the interval cannot exclude is, and what could have been found. Logarithms have no total.
    """
    headline = run.ladder.headline
    if headline is None or headline.fit is None or headline.design is None:
        return None
    if any(c.finding.diagnostic == CASE_VERDICT and c.finding.verdict == "cannot tell" for c in run.ladder.concluded):
        return Money(state="unavailable", reasons=("case",))
    transform, label = headline.design.transform, headline.design.transform_label
    if transform != "level":
        return Money(state="unavailable", reasons=("log" if transform == "log" else "transform",), detail=label)
    if run.ladder.graded is not None:
        return _by_grade(headline.fit, run.ladder.graded)
    try:
        valued = find_effect_with_total(run, headline, headline.fit)
    except TwintradeError as error:
        return Money(state="unavailable", reasons=("error",), detail=error.text)
    if not isinstance(valued, Valued):
        return Money(state="unavailable", reasons=(valued,))
    return _gated(run, headline, valued)


def _by_grade(fit: Fit, graded: Finding) -> Money:
    """Return what the change that is graded makes of the observed total."""
    row = graded.table.iloc[0]
    basis = Basis("observed", float(_outcomes(fit).sum()))
    with np.errstate(divide="ignore", over="ignore"):
        logs = np.log1p(row[["percent", "low", "high", "rise_found"]].astype(np.float64) / 100)
        total, low, high, size = (basis.total(one) for one in logs)
    reasons: list[Reason] = [] if np.isfinite([low, high]).all() else ["unbounded"]
    reasons += ["zero"] if low <= 0 <= high else []
    is_blocked = not reasons and row["grade"] == "cannot"
    reasons += ["checks"] if is_blocked else []
    ends = {"low": low, "high": high} | {f"{end}_error": _find_error(basis, row, end) for end in ("low", "high")}
    facts = {"level": float(row["level"]), "inference": str(row.get("inference", DEALT)), "observed": basis.size}
    facts |= {"detectable": size if np.isfinite(row["rise_found"]) else np.nan, "detected_by": "placebo designs"}
    objecting = (graded.diagnostic,) if is_blocked else ()
    return _state(fit, reasons, total, objecting=objecting, **ends, **facts)


def _find_error(basis: Basis, row: pd.Series, end: str) -> float:
    """Return the Monte Carlo error of the total behind an end in percent, NaN where there is none."""
    factor, error = 1 + float(row[end]) / 100, float(row.get(f"{end}_error", np.nan)) / 100
    return basis.size * error / factor**2 if 0 < factor < np.inf else float("nan")


def _gated(run: Run, headline: Estimated, valued: Valued) -> Money:
    """Return a total with its interval, or only the interval's ends: the one gate for every amount of a document."""
    basis, bands, overall = valued.basis, valued.bands, headline.overall
    mine = [c.finding for c in run.ladder.concluded if c.estimated in (None, headline)]
    objecting = list(dict.fromkeys(finding.diagnostic for finding in mine if finding.verdict == "objects"))
    reasons: list[Reason] = ["checks"] if objecting else []
    ends = [_ends(b) for b in (overall, bands)]
    if not np.isfinite(ends).all():
        reasons.append("unbounded")
    if any(low <= 0 <= high for low, high in ends):
        reasons.append("zero")
    low, high = (basis.total(end) for end in ends[1])
    size, by = find_detectable_size(run, headline, bands)
    total = float("nan") if bands is None else basis.total(float(bands.estimate.effects[0]))
    facts: dict[str, Any] = {"low": low, "high": high, "detectable": basis.total(size), "detected_by": by}
    facts |= {name: basis.error(e, bands, name) for name, e in zip(("low_error", "high_error"), ends[1], strict=True)}
    facts |= {} if bands is None else {"level": bands.level, "inference": bands.inference}
    return _state(valued.fit, reasons, total, objecting=tuple(objecting), **facts)


def find_effect_with_total(run: Run, headline: Estimated, fit: Fit) -> Valued | Reason:
    """Return the overall effect that has a total, or why there is none."""
    estimate, scale = fit.estimate, fit.view("overall").scale
    has_reference = isinstance(estimate, CohortEffects) and estimate.reference is not None
    if scale == "level":
        basis = Basis("row", float(_weights(fit).sum()))
        return Valued(fit, headline.overall, basis) if _is_even(fit) else "average"
    if scale == "percent" and isinstance(estimate, CohortEffects) and not has_reference:
        size = float(estimate.cell_weights[estimate.is_treated].sum())
        return Valued(fit, headline.overall, Basis("untreated", size))
    if not fit.estimator.is_poisson:
        return "log"
    if not isinstance(estimate, CohortEffects):
        return Valued(fit, headline.overall, Basis("observed", float(_outcomes(fit).sum())))
    return _remeasured(run, headline, fit, "difference" if has_reference else "percent")


def _remeasured(run: Run, headline: Estimated, fitted: Fit, measure: str) -> Valued | Reason:
    """Estimate again in differences or percent of the total; without a bounded interval no inference is made."""
    again = fit(type(fitted.estimator)(**{**fitted.estimator.options(), "measure": measure}), fitted.design)
    bands: tuple[Bands, ...] = ()
    if np.isfinite(_ends(headline.overall)).all():
        rng = build_generator(run.plan.spec.inference.seed, f"money/{headline.column.job}")
        with suppress(InferenceError):
            bands = (run.plan.inference_of(headline.column).infer(again, "overall", rng),)
    return find_effect_with_total(run, replace(headline, fit=again, bands=bands), again)


def find_detectable_size(run: Run, headline: Estimated, bands: Bands | None) -> tuple[float, DetectedBy]:
    """Return the smallest rise found with 80 % power, on the scale of the bands, and what says so."""
    scale = None if bands is None else bands.estimate.scale
    for c in run.ladder.concluded:
        finding = c.finding
        if c.estimated is headline and finding.unit == scale and finding.detectable > 0:
            return finding.detectable, "placebo designs"
    low, high = _ends(bands)
    if np.isfinite([low, high]).all():
        return compute_size_from_interval(low, high), "the interval"
    return float("nan"), ""


def _ends(bands: Bands | None) -> tuple[float, float]:
    return (float("nan"), float("nan")) if bands is None else (float(bands.low[0]), float(bands.high[0]))


def _treated_rows(fit: Fit) -> IntArray:
    """Return the treated rows that the estimate used; of effects by cell, those whose cell has an effect."""
    o, rows = fit.design.observations, fit.estimate.sample.rows
    rows = rows[o.is_treated[rows]]
    if not isinstance(fit.estimate, CohortEffects):
        return rows
    cells = pd.MultiIndex.from_arrays([fit.estimate.cohorts, fit.estimate.event_times])
    return rows[pd.MultiIndex.from_arrays([o.onset[rows].astype(np.int64), o.event_time[rows]]).isin(cells)]


def _weights(fit: Fit) -> FloatArray:
    return fit.design.observations.row_weights[_treated_rows(fit)]


def _outcomes(fit: Fit) -> FloatArray:
    return np.asarray(fit.design.observations.y[_treated_rows(fit)] * _weights(fit))


def _is_even(fit: Fit) -> bool:
    """Whether an average over cells weighs treated rows alike, so that it is their sum over their number."""
    estimate = fit.estimate
    if not isinstance(estimate, CohortEffects):
        return True
    o, rows = fit.design.observations, _treated_rows(fit)
    sizes = pd.Series(_weights(fit)).groupby([o.onset[rows].astype(np.int64), o.event_time[rows]]).sum()
    cells = pd.MultiIndex.from_arrays([estimate.cohorts, estimate.event_times])[estimate.is_treated]
    weights = estimate.cell_weights[estimate.is_treated]
    counted = sizes.reindex(cells, fill_value=0.0).to_numpy(dtype=np.float64)
    return bool(np.allclose(weights / weights.sum(), counted / counted.sum(), rtol=1e-9, atol=0))


def _state(fit: Fit, reasons: list[Reason], total: float, **facts: Any) -> Money:
    """Return a total against which nothing speaks, else its bounds alone, with the treated rows behind it."""
    o, panel, rows = fit.design.observations, fit.design.panel, _treated_rows(fit)
    periods, units = np.unique(o.period[rows]), np.unique(o.unit[rows])
    return Money(
        state="bounded" if reasons else "stated", reasons=tuple(reasons), total=float("nan") if reasons else total,
        **facts, unit=panel.units_of_measure.get(fit.design.outcome, ""), n_rows=rows.size, n_units=units.size,
        n_periods=periods.size, unit_name=str(o.unit_ids[units[0]]) if units.size == 1 else "",
        first=panel.label(int(periods[0])), last=panel.label(int(periods[-1])),
    )  # fmt: skip


# What the headline means for all trade of its cities, in the world that an analysis declares.


def try_world(observed: Observed, spec: Spec, design: Design) -> list[Text]:
    """Return what is known of the declared world before a run; refuse one in which the pairs cannot be translated."""
    if observed.world is None or spec.translate is None:
        return []
    if spec.design.outcome != "exports" or not design.panel.is_dyadic:
        raise SpecError(Text("study.world-of-exports", outcome=spec.design.outcome, unit=spec.design.unit))
    trial, world = _translate(0.0, design, observed.world, spec.translate), observed.world
    models = int((trial.table["outcome"] == "pairs").sum())
    counts = {"places": world.places.size, "unknown": int(world.lacks_home.sum()), "pairs": len(trial.treated)}
    return [Text("study.world", models=models, year=spec.translate.find_year() or "none", **counts)]


def compute_translation(run: Run) -> dict[str, pd.DataFrame]:
    """Return the change of page 1 translated, a row a model and outcome; or the reason why it is not."""
    asked, world, headline = run.plan.spec.translate, run.observed.world, run.ladder.headline
    if asked is None or world is None or headline is None or headline.fit is None:
        return {}
    try:
        translated = _translate(_find_pushed(run, headline), design := headline.fit.design, world, asked)
        effects = design.fixed_effects if isinstance(design.fixed_effects, str) else "gravity"
        share = (*asked.home_share, 0.6)[len(asked.home_share) // 2]
        again = translated.estimate_again(asked.elasticity[len(asked.elasticity) // 2], share, fixed_effects=effects)
    except TwintradeError as error:
        return {TRANSLATION: pd.DataFrame({"reason": [str(error)], "reason_text": [pack_text(error.text)]})}
    effect, low, high = (100 * np.expm1(one) for one in translated.effect)
    pushed = {"effect": effect, "effect_low": low, "effect_high": high, "n_pairs": len(translated.treated)}
    pushed |= {"again": 100 * np.expm1(again), "again_effects": effects}
    return {TRANSLATION: translated.table.assign(**pushed, n_places=world.places.size)}


def _find_pushed(run: Run, headline: Estimated) -> Bands | list[float]:
    """Return the change of page 1 with its interval: the graded one where there is one."""
    if run.ladder.graded is None and headline.overall is not None:
        return headline.overall
    graded = pd.DataFrame() if run.ladder.graded is None else run.ladder.graded.table
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log1p(graded.reindex(columns=["percent", "low", "high"])[:1].to_numpy(np.float64).ravel() / 100)
    if not (logs.size and np.isfinite(logs).all()):
        raise DesignError(Text("study.world-open"))
    return [float(one) for one in logs]


def _translate(effect: float | Bands | list[float], design: Design, world: World, asked: WorldSource) -> Translation:
    options = {name: getattr(asked, name) for name in ("elasticity", "supply", "home_share", "deficits")}
    return translate(effect, design, world, **options)
