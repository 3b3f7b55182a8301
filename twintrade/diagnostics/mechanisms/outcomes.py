"""The same agreements on several outcomes, on the margins of one, and in percent, which are other targets."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from twintrade.design import Design, TransformName
from twintrade.diagnostics import variants
from twintrade.diagnostics.base import Diagnostic, Judgment, require
from twintrade.diagnostics.variants import Variant
from twintrade.effects import Bands, Estimate, Finding, Topic, UnitInfluence
from twintrade.errors import InferenceError, TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.imputing import fit_counterfactual, impute_log_ratio
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.inference.clustering import NESTING, get_influence
from twintrade.inference.refits import is_linear, replace_outcome
from twintrade.numerics.arrays import FloatArray, sum_by_group
from twintrade.numerics.holm import adjust_holm
from twintrade.numerics.testing import adjust_romano_wolf, adjust_sharpened_q, draw_multipliers
from twintrade.text import Listed, Text, Words, pack_both

# Where a change in trade comes from: more firms, more products, or more of each; the parts add up exactly.

ADDS_UP = 1e-8
COLUMNS = ("label", "group", "effect", "low", "high", "p")


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins(Diagnostic):
    """Extensive and intensive margins of the log outcome, which are other targets and inform.

    Attributes
    ----------
    columns : tuple of str
        Columns of the panel that count, from coarse to fine.
    """

    columns: tuple[str, ...] = ()
    name: ClassVar[str] = "margins"
    payload_kinds: ClassVar = {"margins": "forest"}
    topic: ClassVar[Topic] = "margins"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the effect on each margin and whether they add up; payload ``margins``."""
        require(self.columns, Text("checks.margins-unnamed"))
        require(is_linear(fit), Text("checks.margins-linear"))
        log = fit.design.with_outcome(fit.design.outcome, "log")
        # ln X = ln m1 + ln(m2 per m1) + ... + ln(X per m_last), of counts from coarse to fine
        margins = (*self.columns, log.outcome)
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = [np.log(log.panel.values(name)) for name in margins]
        per = [str(Text("checks.margins-per", counted=b, by=a)) for a, b in pairwise(margins)]
        names = [margins[0], *per]
        parts = dict(zip(names, [logs[0], *(b - a for a, b in pairwise(logs))], strict=True))
        o = log.observations
        complete = np.all([np.isfinite(values[o.rows]) for values in parts.values()], axis=0)
        rows = np.zeros(log.panel.n_rows, dtype=bool)
        rows[o.rows[complete]] = True
        kept = log.restricted(rows)
        chosen = variants.simplify_inference(fit, inference)
        total = _row("total", fit, replace_outcome(kept, kept.observations.y), chosen, rng)
        effects = [
            _row(name, fit, replace_outcome(kept, values[kept.observations.rows]), chosen, rng)
            for name, values in parts.items()
        ]
        table = pd.DataFrame([*effects, total], columns=list(COLUMNS))
        gap = abs(sum(row[2] for row in effects) - total[2])
        shown = [(row[0], variants.format_effect(row[2], "log points")) for row in (total, *effects)]
        per_margin = tuple(Text("checks.margins-part", name=name, effect=effect) for name, effect in shown[1:])
        text = Text(
            "checks.margins",
            effect=shown[0][1],
            parts=Listed(per_margin, "semicolon"),
            adds=gap < ADDS_UP * max(1.0, abs(total[2])),
            gap=gap,
        )
        return self.conclude(text, table, value=gap, unit="log points")


def _row(
    name: str, fit: Fit, design: Design, inference: Inference, rng: np.random.Generator
) -> tuple[str, str, float, float, float, float]:
    bands = inference.infer(fit.refit(design, "overall"), "overall", np.random.default_rng(rng.integers(2**31)))
    effect, low, high, p = (float(one[0]) for one in (bands.estimate.effects, bands.low, bands.high, bands.p))
    return name, "total" if name == "total" else "margin", effect, low, high, p


UNTOUCHED = "untouched"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes(Diagnostic):
    """A family of outcomes: effects, adjusted p-values, and placebo outcomes that an agreement cannot have touched.

    Attributes
    ----------
    others : tuple of str
        Columns of further outcomes.
    untouched : tuple of str
        Columns that should show nothing: flows that an agreement cannot plausibly touch, such as crude oil. The
        reverse flow of the same pair is none.
    reason : str
        Why they cannot be touched, which the sentence quotes.
    transform : {"level", "log", "share_of_partner", "share_of_city", "index"} or None
        Of these columns; None for the design's.
    draws : int
        Multiplier draws for the Romano-Wolf p-values, where every outcome has an influence function.
    """

    others: tuple[str, ...] = ()
    untouched: tuple[str, ...] = ()
    reason: str = ""
    transform: TransformName | None = None
    draws: int = 4999
    level: float = 0.95
    name: ClassVar[str] = "outcomes"
    citation: ClassVar[str] = "romano2005"
    payload_kinds: ClassVar = {"outcomes": "forest"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row an outcome; payload ``outcomes`` is a forest."""
        require(self.others or self.untouched, Text("checks.outcomes-unnamed"))
        alternatives, chosen = self._list_variants(fit), variants.simplify_inference(fit, inference)
        table = variants.compare_variants(fit, alternatives, chosen, rng, is_same_target=False)
        if table["effect"].notna().sum() < 2:
            reasons = variants.list_reasons(table).items or (Text("checks.outcomes-no-effect"),)
            return self.unavailable(Text("checks.outcomes-none", reasons=Listed(reasons, "semicolon")))
        p = table["p"].to_numpy(dtype=np.float64)
        table["p_holm"], table["q_sharpened"] = adjust_holm(p), adjust_sharpened_q(p)
        table["p_romano_wolf"] = self._romano_wolf(fit, alternatives, table, rng)
        moved = table[(table["group"] == UNTOUCHED) & (table["p_holm"] < 1 - self.level)]
        touched = table[(table["group"] != UNTOUCHED) & (table["p_holm"] < 1 - self.level)]
        judged = self._judge(fit, table, inference, rng)
        scale = fit.estimate.scale
        text = Text(
            "checks.outcomes",
            n=int((table["group"] != UNTOUCHED).sum()),
            moved=len(touched),
            untouched=len(self.untouched),
            listed=Listed(tuple(moved["label"]), "comma"),
            any=len(moved),
            reasoned=bool(self.untouched and self.reason),
            reason=self.reason,
            effect=variants.format_effect(float(table["effect"][0]), scale),
            **variants.name_judged(judged, scale),
        )
        failures, least = variants.list_failures(self.name, table), float(table["p_holm"].min())
        return self.conclude(text, table, judged, value=least, unit="p", messages=failures)

    def _judge(self, fit: Fit, table: pd.DataFrame, inference: Inference, rng: np.random.Generator) -> Judgment:
        """Judge untouched outcomes, whose effects compare with the headline's only where both are proportional."""
        yardstick = variants.measure_headline(fit, inference, rng)
        still = table[table["group"] == UNTOUCHED]
        if still.empty:
            return Judgment("informs", np.nan, yardstick.tolerance)
        is_relative = fit.estimate.scale in ("log points", "percent")
        return variants.judge_effects(still if is_relative else still.assign(low=np.nan, high=np.nan), yardstick)

    def _list_variants(self, fit: Fit) -> list[Variant]:
        design = fit.design
        alternatives = [Variant(design.outcome, "outcome", design)]
        for group, names in (("outcome", self.others), (UNTOUCHED, self.untouched)):
            for name in names:
                unknown = "" if name in design.panel.columns else Text("checks.no-column", column=name)
                changed = None if unknown else design.with_outcome(name, self.transform or design.transform)
                alternatives.append(Variant(name, group, changed, unknown))
        return alternatives

    def _romano_wolf(
        self, fit: Fit, alternatives: list[Variant], table: pd.DataFrame, rng: np.random.Generator
    ) -> FloatArray:
        """Return step-down p-values from one set of multipliers for all outcomes, NaN where there is no influence."""
        out = np.full(len(table), np.nan)
        places = np.flatnonzero(table["effect"].notna())
        try:
            sums = np.column_stack([_cluster_sums(fit, alternatives[k]) for k in places])
        except TwintradeError:
            return out
        spread = np.sqrt((sums**2).sum(axis=0))
        if not (spread > 0).all():
            return out
        every = np.arange(sums.shape[0])
        blocks = draw_multipliers(rng, self.draws, sums.shape[0], "rademacher")
        drawn = np.vstack([block.times(sums, every) for block in blocks]) / spread
        out[places] = adjust_romano_wolf(table["effect"].to_numpy(dtype=np.float64)[places] / spread, drawn)
        return out


def _cluster_sums(fit: Fit, variant: Variant) -> FloatArray:
    """Return an outcome's influence by cluster of the headline's first dimension that holds whole units."""
    assert variant.design is not None
    o = fit.design.observations
    name = next((n for n in fit.design.clusters if n in NESTING), "unit")
    influence = get_influence(fit.refit(variant.design, "overall").view("overall"), "romano_wolf")
    where = pd.Index(o.unit_ids).get_indexer(pd.Index(influence.units))
    if (where < 0).any():
        raise InferenceError(f"{variant.label} has units that the headline does not have")
    values = np.zeros((o.n_units, 1))
    values[where] = influence.matrix()
    return sum_by_group(values, o.unit_clusters(name))[:, 0]


# Three answers to how much trade changed where pairs differ, and whether there is trade at all, apart.

TARGETS = ("totals", "average-ratio", "log-ratio")


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
        require(design.statistics is None and (flows >= 0).all(), Text("checks.percent-flows"))
        level = design.with_outcome(design.outcome, "level")
        ratios, is_by_unit = estimate_ratios(level, fit)
        bands = Clustered(draws=19).infer(Fit(fit.estimator, level, ratios), "overall", rng)
        extensive, bounds = _measure_margins(fit, level, rng)
        wider = _compare_width(fit, inference, rng)
        counted = ratios.n_units if is_by_unit else ratios.n_cells
        rows, effects = [_read(name, bands, k, wider) for k, name in enumerate(TARGETS)], ratios.effects
        sentences: list[Words] = [
            Text(
                "checks.percent",
                units=design.panel.unit_kind,
                n=int(ratios.n_units[0]),
                by="units" if is_by_unit else "rows",
                used=int(counted[2]),
                zero=int(counted[0] - counted[2]),
                **variants.format_effects("percent", totals=effects[0], average=effects[1], log=effects[2]),
            )
        ]
        if extensive is None:
            sentences.append(Text("checks.percent-always", units=design.panel.unit_kind))
        else:
            rows.append(_read("extensive", extensive, 0, wider))
            ends = {"points": rows[-1]["effect"], "low": rows[-1]["low"], "high": rows[-1]["high"]}
            sentences.append(Text("checks.percent-extensive", known=bool(np.isfinite(wider)), **ends))
        if bounds is not None:
            low, high = (100 * float(np.expm1(end)) for end in bounds)
            rows.append(_name_reading("intensive") | {"effect": np.nan, "low": low, "high": high})
            is_point, both = round(low, 1) == round(high, 1), variants.format_effects("percent", low=low, high=high)
            sentences.append(Text("checks.percent-intensive", point=is_point, **both))
        text, apart = Listed(tuple(sentences), "sentences"), float(np.ptp(effects))
        return self.conclude(text, pd.DataFrame(rows), value=apart, unit="percent")


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


def _name_reading(name: str) -> dict[str, Any]:
    weighs = pack_both("weights", Text(f"checks.percent-weighs-{name}"))
    return pack_both("label", Text(f"checks.percent-{name}-label")) | weighs


def _read(name: str, bands: Bands, k: int, wider: float) -> dict[str, Any]:
    effect = float(bands.estimate.effects[k])
    low, high = (effect + wider * (float(end[k]) - effect) for end in (bands.low, bands.high))
    return _name_reading(name) | {"effect": effect, "low": low, "high": high}
