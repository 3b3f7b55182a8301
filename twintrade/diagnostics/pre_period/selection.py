"""Which dyads sign, and when: a hazard of signing on what went before, such as trade that grew already."""

import warnings
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import format_effect, measure_headline
from twintrade.diagnostics.verdicts import LEVEL, judge_violation
from twintrade.effects import Finding, Topic
from twintrade.errors import EstimationError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.numerics.arrays import FloatArray, IntArray, compact
from twintrade.text import Text

HazardTerm = Literal["trade growth", "log trade", "other agreements of the city"]
GROWTH: HazardTerm = "trade growth"
EVENTS = 10
"""Fewest agreements for each variable of the hazard."""
COLUMNS = ("variable", "coefficient", "se", "p", "hazard_ratio")
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
    draws : int
    """

    lags: int = 2
    covariates: tuple[str, ...] = ()
    draws: int = 499
    name: ClassVar[str] = "selection"
    citation: ClassVar[str] = "prentice1978"
    topic: ClassVar[Topic] = "selection"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a variable; objects where trade growth before sets apart those that sign."""
        try:
            risk = build_risk_set(fit.design, self.lags, self.covariates)
            if GROWTH not in risk.names:
                return self.unavailable(Text("checks.selection-constant"))
            n_events, n_slopes = int(risk.signed.sum()), risk.x.shape[1] - 1
            if n_events < EVENTS * n_slopes:
                return self.unavailable(Text("checks.selection-few", n=n_events, slopes=n_slopes, least=EVENTS))
            beta, covariance = fit_cloglog(risk.signed, risk.x, risk.clusters)
            apart = deal_agreements(risk, self.draws, rng)
        except EstimationError as error:
            return self.unavailable(error.text)
        k, scale = risk.names.index(GROWTH), fit.estimate.scale
        p = np.where(np.arange(beta.size) == k, apart.p, np.nan)
        se = np.sqrt(np.clip(np.diag(covariance), 0.0, None))
        table = pd.DataFrame(
            {"variable": risk.names, "coefficient": beta, "se": se, "p": p, "hazard_ratio": np.exp(beta)}
        )[list(COLUMNS)]
        tolerance = measure_headline(fit, inference, rng).tolerance if scale == "log points" else np.nan
        verdict = judge_violation(apart.p, apart.bound, tolerance)
        return Finding(
            diagnostic=self.name,
            verdict=verdict,
            text=Text(
                "checks.selection",
                verdict=verdict.replace(" ", "-"),
                dyads=np.unique(risk.unit).size,
                n=n_events,
                lags=self.lags,
                ratio=float(np.exp(beta[k])),
                p=apart.p,
                gap=format_effect(apart.gap, "log points"),
                bound=format_effect(apart.bound, "log points"),
                known="yes" if np.isfinite(tolerance) else "no",
                tolerance=format_effect(tolerance, scale),
            ),
            value=apart.p,
            unit="p",
            bound=apart.bound,
            tolerance=tolerance,
            table=table,
            payloads={"selection": table},
        )


@dataclass(frozen=True, slots=True)
class GrowthApart:
    """How much faster trade grew before among dyads that sign than among those that were as likely to."""

    gap: float  # in log points, given the other variables
    p: float  # share of the deals whose gap lies as far from their mean
    bound: float  # largest size of the gap that the deals allow


def deal_agreements(risk: "AtRisk", draws: int, rng: np.random.Generator) -> GrowthApart:
    """Deal every period's agreements anew among its dyads at risk, by the hazard without trade growth.

    The statistic is the score of trade growth: the sum, over agreements, of growth less what the other variables
    predict of it.
    """
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
    # unit, period: (n_rows,)
    unit: IntArray
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
    excluded = np.isin(panel.units, list(design.treatment.excluded))[panel.unit]
    inside = (panel.period <= onset) & ~excluded
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
        starts = np.sort(onset[units])
        out[rows] = np.searchsorted(starts, panel.period[rows], side="left")
    is_treated = onset[panel.unit] < panel.period
    return out - is_treated


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
    covariance = axes @ np.asarray(fitted.cov_params()) @ axes.T
    return beta / scale, covariance / np.outer(scale, scale)
