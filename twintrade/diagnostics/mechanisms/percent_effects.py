"""Three answers to how much trade changed where pairs differ, and whether there is trade at all, apart."""

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import format_effect
from twintrade.effects import Bands, Estimate, Finding, Topic, UnitInfluence
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.imputing import fit_counterfactual, impute_log_ratio
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.inference.refits import replace_outcome
from twintrade.numerics.arrays import FloatArray
from twintrade.text import Listed, Text, Words, pack_text

TARGETS = ("totals", "average-ratio", "log-ratio")
COLUMNS = ("label", "label_text", "weights", "weights_text", "effect", "low", "high")
Row: TypeAlias = tuple[str, str, str, str, float, float, float]


@dataclass(frozen=True, slots=True)
class PercentEffects(Diagnostic):
    """Change of the total, average of own changes, row average of log ratios; and the chance to trade at all."""

    name: ClassVar[str] = "percent_effects"
    citation: ClassVar[str] = "chen2024"
    topic: ClassVar[Topic] = "margins"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a reading, clustered where the headline is; payload ``percent_effects``."""
        design = fit.design
        flows = design.panel.values(design.outcome)[design.observations.rows]
        if design.statistics is not None or not (flows >= 0).all():
            return self.unavailable(Text("checks.percent-flows"))
        level = design.with_outcome(design.outcome, "level")
        try:
            ratios, is_by_unit = estimate_ratios(level, fit)
            bands = _infer(fit, level, ratios, rng)
            extensive, bounds = _measure_margins(fit, level, rng)
            wider = _compare_width(fit, inference, rng)
        except TwintradeError as error:
            return self.unavailable(error.text)
        counted = ratios.n_units if is_by_unit else ratios.n_cells
        rows = [_row(name, bands, k, wider) for k, name in enumerate(TARGETS)]
        sentences: list[Words] = [
            Text(
                "checks.percent",
                units=design.panel.unit_kind,
                totals=format_effect(rows[0][4], "percent"),
                average=format_effect(rows[1][4], "percent"),
                log=format_effect(rows[2][4], "percent"),
                n=int(ratios.n_units[0]),
                by="units" if is_by_unit else "rows",
                used=int(counted[2]),
                zero=int(counted[0] - counted[2]),
            )
        ]
        if extensive is None:
            sentences.append(Text("checks.percent-always", units=design.panel.unit_kind))
        else:
            rows.append(_row("extensive", extensive, 0, wider))
            known = "yes" if np.isfinite(wider) else "no"
            points, low, high = rows[-1][4:7]
            sentences.append(Text("checks.percent-extensive", points=points, low=low, high=high, known=known))
        if bounds is not None:
            low, high = (100 * float(np.expm1(end)) for end in bounds)
            label, weighs = Text("checks.percent-intensive-label"), Text("checks.percent-weighs-intensive")
            rows.append((str(label), pack_text(label), str(weighs), pack_text(weighs), np.nan, low, high))
            sentences.append(
                Text(
                    "checks.percent-intensive",
                    point="yes" if round(low, 1) == round(high, 1) else "no",
                    low=format_effect(low, "percent"),
                    high=format_effect(high, "percent"),
                )
            )
        table = pd.DataFrame(rows, columns=list(COLUMNS))
        return self.conclude(
            Listed(tuple(sentences), "sentences"),
            table,
            value=float(np.ptp(table["effect"].to_numpy()[:3])),
            unit="percent",
        )


def estimate_ratios(level: Design, fit: Fit) -> tuple[Estimate, bool]:
    """Return effects by sum(Y)/sum(P), mean Y/P and exp of the average log ratio; and whether that is by unit."""
    c = fit_counterfactual(level.observations, "poisson", is_refit=True)
    o, logs = c.o, impute_log_ratio(c)
    w = np.where(o.is_treated[c.rows], o.row_weights[c.rows], 0.0)
    unit = o.unit[c.rows]
    totals, imputed = (np.bincount(unit, w * v, o.n_units) for v in (o.y[c.rows], c.predicted))
    units = np.flatnonzero(imputed > 0)
    y, p = totals[units], imputed[units]
    ratio, n, center = y / p, units.size, float(np.exp(logs.effects[0]))
    whole = y.sum() / p.sum()
    effects = 100 * (np.array([whole, ratio.mean(), center]) - 1)
    values = np.zeros((o.n_units, 3))
    values[units, :2] = np.column_stack([(y - whole * p) / p.sum(), (ratio - ratio.mean()) / n])
    values[:, 2] = center * np.bincount(unit, logs.weights * (logs.ratios - logs.effects), o.n_units)
    slopes = np.zeros((o.n_units, 2))
    slopes[units] = np.column_stack([np.full(n, whole / p.sum()), ratio / (p * n)])
    predictors = np.column_stack([slopes[unit] * (w * c.predicted)[:, None], center * logs.shares])
    np.add.at(values, o.unit[c.fit_rows], -c.prediction_influence(predictors))
    n_rows, used = int((w > 0).sum()), logs.weights > 0
    estimate = Estimate(
        effects=effects,
        uncertainty=UnitInfluence(o.unit_ids, 100 * values),
        scale="percent",
        sample=fit.estimate.sample,
        names=TARGETS,
        n_units=np.array([n, n, np.unique(unit[used]).size], dtype=np.int64),
        n_cells=np.array([n_rows, n_rows, used.sum()], dtype=np.int64),
    )
    return estimate, bool(logs.is_by_unit[0])


def _infer(fit: Fit, design: Design, estimate: Estimate, rng: np.random.Generator) -> Bands:
    return Clustered(draws=19).infer(Fit(fit.estimator, design, estimate), "overall", rng)


def _compare_width(fit: Fit, inference: Inference, rng: np.random.Generator) -> float:
    """Return the headline's width over a clustered one, NaN if it rests on draws: no other reading has these."""
    bands = inference.infer(fit, "overall", rng)
    if bands.inference not in ("clustered", "scaled"):
        return float("nan")
    clustered = Clustered(draws=19).infer(fit, "overall", rng)
    return float((bands.high[0] - bands.low[0]) / (clustered.high[0] - clustered.low[0]))


def _measure_margins(
    fit: Fit, level: Design, rng: np.random.Generator
) -> tuple[Bands | None, tuple[float, float] | None]:
    """Return the effect on the chance to trade at all, and bounds on the log effect where there is trade anyway."""
    o = level.observations
    trades = (o.y > 0).astype(np.float64)
    if trades.all():
        return None, None
    again = Fit(Imputation(), level, Imputation().estimate(replace_outcome(level, 100 * trades)))
    bands = Clustered(draws=19).infer(again, "overall", rng)
    share = float(np.average(trades[o.is_treated], weights=o.row_weights[o.is_treated]))
    gaps = fit_counterfactual(level.with_outcome(level.outcome, "log").observations, "linear", is_refit=True)
    after = gaps.o.is_treated[gaps.rows]
    kept = min(1.0, (share - float(bands.estimate.effects[0]) / 100) / share) if share > 0 else 0.0
    return bands, bound_intensive((gaps.o.y[gaps.rows] - gaps.predicted)[after], kept)


def bound_intensive(gaps: FloatArray, kept: float) -> tuple[float, float] | None:
    """Return the ends of the mean of a share ``kept`` of log gaps (n,) (Lee 2009), None where no share is left."""
    if gaps.size == 0 or kept <= 0:
        return None
    ordered = np.sort(gaps)
    weights = np.clip(kept * gaps.size - np.arange(gaps.size), 0, 1)
    return float(np.average(ordered, weights=weights)), float(np.average(ordered[::-1], weights=weights))


def _row(name: str, bands: Bands, k: int, wider: float) -> Row:
    label, weighs = Text(f"checks.percent-{name}-label"), Text(f"checks.percent-weighs-{name}")
    effect = float(bands.estimate.effects[k])
    low, high = (effect + wider * (float(end[k]) - effect) for end in (bands.low, bands.high))
    return str(label), pack_text(label), str(weighs), pack_text(weighs), effect, low, high
