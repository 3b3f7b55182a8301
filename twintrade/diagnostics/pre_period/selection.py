"""Which dyads sign, and when: a hazard of signing on what went before, such as trade that grew already."""

import warnings
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from twintrade.design import Design, add_strata, measure_before
from twintrade.diagnostics import variants
from twintrade.diagnostics.base import LEVEL, Diagnostic, judge_bound, require
from twintrade.diagnostics.variants import Variant, format_effect
from twintrade.effects import Finding, Topic
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import Fit
from twintrade.inference.auto import resolve_method
from twintrade.inference.base import Inference
from twintrade.inference.randomization import Randomization
from twintrade.numerics.arrays import FloatArray, IntArray, compact
from twintrade.numerics.testing import fit_hazard, score_sizes
from twintrade.text import Listed, Text

# Comparison units weighed by their odds of signing, from a hazard on what was known before the first agreement.

EVENTS = 10  # fewest agreements for each variable of the hazard
ODDS = "odds_of_signing"


def weigh_by_signing(design: Design) -> Design:
    """Return the design whose comparison units weigh as much as treated units like them are many (Abadie 2005).

    With hazard exp(x'b), x normal scores of growth and size, or of growth alone below ten agreements a variable, and
    Breslow's cumulative H, a unit signs with p = 1 - exp(-H exp(x'b)); comparison units weigh p / (1 - p).
    """
    o = design.observations
    onset = o.unit_onset
    n = int(o.is_ever_treated.sum())
    if n < EVENTS:
        raise DesignError(Text("design.signing-few", n=n, least=EVENTS))
    size, growth = (values[o.unit_rows] for values in measure_before(design))
    x = np.column_stack([_score(growth), _score(size)])[:, : n // EVENTS]
    dates, begins = np.unique(onset[o.is_ever_treated], return_inverse=True)
    cohort = np.full(onset.size, dates.size)
    cohort[o.is_ever_treated] = begins
    try:
        hazard = fit_hazard(x, cohort, np.ones((onset.size, dates.size), dtype=bool))
    except EstimationError as error:
        raise DesignError(error.text) from error
    rate = np.exp(hazard.logs[:, 0])
    whole = (np.bincount(begins) / np.array([rate[cohort >= k].sum() for k in range(dates.size)])).sum()
    weights = np.full(design.panel.n_units, np.nan)
    weights[o.unit_rows] = np.where(o.is_ever_treated, 1.0, np.expm1(whole * rate))
    by_row = weights[design.panel.unit]
    if design.weights is not None:
        by_row = by_row * design.panel.values(design.weights)
    return replace(design, panel=replace(design.panel, columns={**design.panel.columns, ODDS: by_row}), weights=ODDS)


def _score(values: FloatArray) -> FloatArray:
    """Return normal scores, zero where there is no value."""
    known, out = np.isfinite(values), np.zeros(values.size)
    out[known] = score_sizes(values[known])
    return out


# The estimate where only units alike in size and growth before the agreements stand for each other.

KINDS = (("size",), ("growth",), ("size", "growth"))


@dataclass(frozen=True, slots=True)
class ConditionalTrends(Diagnostic):
    """Whether parallel trends within strata of size and of growth before the first agreement give another effect.

    Growth is measured over a fixed window, so that no effect of an agreement can enter it. With ten agreements or
    more, comparison units are also weighed by their odds of signing.
    """

    name: ClassVar[str] = "conditional_trends"
    citation: ClassVar[str] = "callaway2021"
    payload_kinds: ClassVar = {"conditional_trends": "variants"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a condition; payload ``conditional_trends``."""
        alternatives = [
            Variant(Text("checks.conditional-label", by=" ".join(kinds)), "", build_conditioned(fit, kinds))
            for kinds in KINDS
        ]
        method = variants.simplify_inference(fit, inference)
        strata = variants.compare_variants(fit, alternatives, method, rng)
        weighed, is_dealt = _weigh(fit), isinstance(resolve_method(fit, method), Randomization)
        row = variants.compare_variants(fit, [weighed], None if is_dealt else method, rng)
        # Its weights are estimated, so that its difference is not tested.
        row = row.assign(difference_low=np.nan, difference_high=np.nan, difference_p=np.nan)
        table = pd.concat([strata, row], ignore_index=True)
        known = table.dropna(subset=["effect"])
        require(len(known) > 0, Text("checks.conditional-none", reasons=variants.list_reasons(table)))
        headline, scale = variants.measure_headline(fit, inference, rng), fit.estimate.scale
        # Strata take out less than what moved the headline: the power of a difference is not that of the check.
        judged = replace(variants.judge_table(strata, headline), power=np.nan, best=np.nan)
        shown = tuple(
            Text("checks.conditional-one", label=label, effect=format_effect(float(effect), scale))
            for label, effect in zip(variants.list_words(known, "label"), known["effect"], strict=True)
        )
        text = Text(
            "checks.conditional",
            units=fit.design.panel.unit_kind,
            effect=format_effect(headline.effect, scale),
            effects=Listed(shown, "comma"),
            verdict=variants.describe_judged(judged, scale),
        )
        return self.conclude(
            text,
            table,
            judged,
            value=float(np.abs(known["effect"] - headline.effect).max()),
            unit=scale,
            messages=variants.list_failures(self.name, table),
        )


def _weigh(fit: Fit) -> Variant:
    label = Text("checks.conditional-label", by="signing")
    if not fit.estimator.requires.weights:
        return Variant(label, "", None, Text("checks.conditional-weights"))
    return Variant.attempt(label, "", lambda: weigh_by_signing(fit.design))


def build_conditioned(fit: Fit, kinds: tuple[str, ...]) -> Design:
    """Return the design with period effects of thirds, or, for two-way methods, with covariates fixed over time."""
    design = fit.design
    if not fit.estimator.requires.fixed_effects:
        effects = (*design.effect_names, *(f"{kind}_period" for kind in kinds))
        return replace(add_strata(design, kinds), fixed_effects=tuple(dict.fromkeys(effects)))
    measured = dict(zip(("size", "growth"), measure_before(design), strict=True))
    ranks = {f"{kind}_before": _rank(measured[kind])[design.panel.unit] for kind in kinds}
    panel = replace(design.panel, columns={**design.panel.columns, **ranks})
    return replace(design, panel=panel, covariates=(*design.covariates, *ranks))


def _rank(values: FloatArray) -> FloatArray:
    """Return ranks from 0 to 1, one half where there is no value."""
    known = np.isfinite(values)
    order = np.argsort(np.argsort(values[known], kind="stable"), kind="stable")
    out = np.full(values.size, 0.5)
    out[known] = order / max(order.size - 1, 1)
    return out


HazardTerm = Literal["trade growth", "log trade", "other agreements of the city"]
GROWTH: HazardTerm = "trade growth"
ALWAYS = 4  # variables of the hazard beside further columns: growth, size, the city's other agreements, and a trend
STEPS = 100
CONVERGED = 1e-10
INDEPENDENT = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection(Diagnostic):
    """Complementary log-log hazard of the agreement among dyads not yet treated, by what was known the period before.

    Errors of the hazard are too small where agreements are few, so that the p-value comes from dealing the agreements
    of every period anew among the dyads at risk, as likely as the hazard without trade growth says.

    Attributes
    ----------
    lags : int
        Periods over which trade growth is measured.
    covariates : tuple of str
        Columns of the panel, lagged one period: distance, income ...
    """

    lags: int = 2
    covariates: tuple[str, ...] = ()
    draws: int = 499
    name: ClassVar[str] = "selection"
    citation: ClassVar[str] = "prentice1978"
    topic: ClassVar[Topic] = "selection"

    def concerns(self, design: Design) -> bool:
        """Whether there are agreements enough for the variables that a hazard always has."""
        return int(design.observations.is_ever_treated.sum()) >= EVENTS * ALWAYS

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a variable; objects where trade growth before sets apart those that sign."""
        risk = build_risk_set(fit.design, self.lags, self.covariates)
        require(GROWTH in risk.names, Text("checks.selection-constant"))
        n_events, n_slopes = int(risk.signed.sum()), risk.x.shape[1] - 1
        few = Text("checks.selection-few", n=n_events, slopes=n_slopes, least=EVENTS)
        require(n_events >= EVENTS * n_slopes, few)
        beta, covariance = fit_cloglog(risk.signed, risk.x, risk.clusters)
        apart = deal_agreements(risk, self.draws, rng)
        k = risk.names.index(GROWTH)
        p = np.where(np.arange(beta.size) == k, apart.p, np.nan)
        se = np.sqrt(np.clip(np.diag(covariance), 0.0, None))
        columns = {"variable": risk.names, "coefficient": beta, "se": se, "p": p, "hazard_ratio": np.exp(beta)}
        yardstick = variants.measure_headline(fit, inference, rng).in_logs(fit.view("overall").scale)
        judged = judge_bound(apart.p, apart.bound, yardstick, apart.bound - abs(apart.gap))
        text = Text(
            "checks.selection",
            verdict=judged.verdict.replace(" ", "-"),
            dyads=np.unique(risk.unit).size,
            n=n_events,
            lags=self.lags,
            ratio=float(np.exp(beta[k])),
            p=apart.p,
            gap=format_effect(apart.gap, "log points"),
            bound=format_effect(apart.bound, "log points"),
            **variants.name_tolerance(yardstick.tolerance, "log points"),
        )
        return self.conclude(text, pd.DataFrame(columns), judged, value=apart.p, unit="p")


@dataclass(frozen=True, slots=True)
class GrowthApart:
    """How much faster trade grew before among dyads that sign than among those that were as likely to."""

    gap: float  # in log points, given the other variables
    p: float  # share of the deals whose gap lies as far from their mean
    bound: float  # largest size of the gap that the deals allow


def deal_agreements(risk: "AtRisk", draws: int, rng: np.random.Generator) -> GrowthApart:
    """Deal agreements anew among dyads at risk, and score growth less what the other variables predict of it."""
    k = risk.names.index(GROWTH)
    others, growth = np.delete(risk.x, k, axis=1), risk.x[:, k]
    rate = np.exp(others @ fit_cloglog(risk.signed, others, risk.clusters)[0])
    weight = np.sqrt(rate)[:, None]
    residual = growth - others @ np.linalg.lstsq(weight * others, weight[:, 0] * growth, rcond=None)[0]
    dealt = np.zeros(draws)
    for period in np.unique(risk.period[risk.signed > 0]):
        here = np.flatnonzero(risk.period == period)
        n = int(risk.signed[here].sum())
        # The n largest of log rates plus Gumbel noise are a draw without replacement in proportion to the rates.
        keys = np.log(rate[here]) + rng.gumbel(size=(draws, here.size))
        chosen = np.argpartition(-keys, n - 1, axis=1)[:, :n]
        dealt += residual[here][chosen].sum(axis=1)
    n_events = risk.signed.sum()
    spread = np.abs(dealt - dealt.mean()) / n_events
    gap = float((residual @ risk.signed - dealt.mean()) / n_events)
    p = float((1 + (spread >= abs(gap) * (1 - 1e-9)).sum()) / (draws + 1))
    return GrowthApart(gap, p, abs(gap) + float(np.quantile(spread, 1 - LEVEL)))


@dataclass(frozen=True, slots=True, eq=False)
class AtRisk:
    """Dyad-periods up to and including the agreement."""

    signed: FloatArray  # (n_rows,)
    x: FloatArray  # (n_rows, n_variables): constant first
    names: list[str]
    unit: IntArray  # unit, period: (n_rows,)
    period: IntArray
    clusters: list[IntArray]


def build_risk_set(design: Design, lags: int, covariates: tuple[str, ...]) -> AtRisk:
    """Build the risk set with lagged trade growth, size, the city's other agreements and a trend."""
    panel = design.panel
    frame = pd.DataFrame({"unit": panel.unit, "period": panel.period, "flow": panel.values(design.outcome)})
    for name in covariates:
        frame[name] = panel.values(name)
    # Growth of log(1 + x) would hang on the unit of money; zeros simply have no growth and leave the risk set.
    frame["log"] = np.log(frame["flow"].where(frame["flow"] > 0))
    by_unit = frame.groupby("unit")
    frame["size"] = by_unit["log"].shift(1)
    frame["growth"] = frame["size"] - by_unit["log"].shift(1 + lags)
    lagged = [by_unit[name].shift(1) for name in covariates]
    onset = design.onset[panel.unit]
    inside = (panel.period <= onset) & ~np.isin(panel.units, list(design.treatment.excluded))[panel.unit]
    n_others = _count_other_agreements(design)
    x = np.column_stack(
        [np.ones(len(frame)), frame["growth"], frame["size"], n_others, panel.period - panel.first_period, *lagged]
    )
    names = ["constant", GROWTH, "log trade", "other agreements of the city", "trend", *covariates]
    kept = inside & np.isfinite(x).all(axis=1)
    if not kept.any():
        raise EstimationError(Text("checks.selection-short", periods=lags + 1))
    clusters = [compact(place[panel.unit[kept]]) for place in (panel.unit_city, panel.unit_partner)]
    clusters = [c for c in clusters if c.max() > 0] or [compact(panel.unit[kept])]
    signed = (panel.period == onset)[kept].astype(np.float64)
    x = x[kept]
    varies = np.r_[True, np.ptp(x[:, 1:], axis=0) > 0]
    named = [n for n, v in zip(names, varies, strict=True) if v]
    return AtRisk(signed, x[:, varies], named, panel.unit[kept], panel.period[kept], clusters)


def _count_other_agreements(design: Design) -> FloatArray:
    """Return how many other dyads of the row's city are treated before the row's period."""
    panel, onset = design.panel, design.onset
    out = np.zeros(panel.n_rows)
    for city in np.unique(panel.unit_city):
        units = np.flatnonzero((panel.unit_city == city) & np.isfinite(onset))
        rows = panel.unit_city[panel.unit] == city
        out[rows] = np.searchsorted(np.sort(onset[units]), panel.period[rows], side="left")
    return out - (onset[panel.unit] < panel.period)


def fit_cloglog(y: FloatArray, x: FloatArray, clusters: list[IntArray]) -> tuple[FloatArray, FloatArray]:
    """Fit Pr(y = 1) = 1 - exp(-exp(x b)) by scoring, with covariance clustered one or two ways."""
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.families.links import CLogLog
    from statsmodels.genmod.generalized_linear_model import GLM

    scale = np.maximum(np.abs(x).max(axis=0), 1e-300)
    # Variables that follow from others share their coefficient: the fit is on as many axes as are independent.
    _, sizes, axes = np.linalg.svd(x / scale, full_matrices=False)
    axes = axes[sizes > INDEPENDENT * sizes[0]].T
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they warn of, separation and overflow, ends in no convergence
        fitted = GLM(y, x / scale @ axes, family=Binomial(link=CLogLog())).fit(
            maxiter=STEPS,
            tol=CONVERGED,
            tol_criterion="params",
            cov_type="cluster",
            cov_kwds={"groups": np.column_stack(clusters).squeeze(), "use_correction": False},
        )
    beta = axes @ np.asarray(fitted.params)
    if not (fitted.converged and np.isfinite(beta).all() and np.abs(beta[1:]).max(initial=0.0) <= 1e3):
        raise EstimationError(Text("checks.selection-separated"))
    return beta / scale, (axes @ np.asarray(fitted.cov_params()) @ axes.T) / np.outer(scale, scale)
