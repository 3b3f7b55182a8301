"""Which dyads sign, and when: a hazard of signing on what went before, such as trade that grew already."""

import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import format_p
from twintrade.effects import Finding, Topic
from twintrade.errors import EstimationError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.inference.clustering import compute_two_sided_p
from twintrade.numerics.arrays import FloatArray, IntArray, compact

COLUMNS = ("variable", "coefficient", "se", "p", "hazard_ratio")
STEPS = 100
CONVERGED = 1e-10
INDEPENDENT = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection(Diagnostic):
    """Complementary log-log hazard of the agreement among dyads not yet treated, by what was known the period before.

    Attributes
    ----------
    lags : int
        Periods over which trade growth is measured.
    covariates : tuple of str
        Columns of the panel, lagged one period: distance, income ...
    level : float
    """

    lags: int = 2
    covariates: tuple[str, ...] = ()
    level: float = 0.95
    name: ClassVar[str] = "selection"
    citation: ClassVar[str] = "prentice1978"
    topic: ClassVar[Topic] = "selection"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a variable; fails where lagged trade growth predicts the agreement."""
        try:
            risk = build_risk_set(fit.design, self.lags, self.covariates)
        except EstimationError as error:
            return self.unavailable(str(error))
        if "trade growth" not in risk.names:
            return self.unavailable(
                "trade growth among dyads at risk is constant, or follows from the other variables"
            )
        n_events, n_variables = int(risk.signed.sum()), risk.x.shape[1]
        if n_events < n_variables + 3:
            return self.unavailable(
                f"{n_events} agreements among dyads at risk are too few for {n_variables} variables"
            )
        try:
            beta, covariance = fit_cloglog(risk.signed, risk.x, risk.clusters)
        except EstimationError as error:
            return self.unavailable(str(error))
        se = np.sqrt(np.clip(np.diag(covariance), 0.0, None))
        p = compute_two_sided_p(beta / np.where(se > 0, se, np.nan), np.inf)
        table = pd.DataFrame(
            {"variable": risk.names, "coefficient": beta, "se": se, "p": p, "hazard_ratio": np.exp(beta)}
        )[list(COLUMNS)]
        k = risk.names.index("trade growth")
        is_selected = bool(p[k] < 1 - self.level)
        n_dyads = np.unique(risk.unit).size
        verb = "predicts" if is_selected else "does not predict"
        return Finding(
            diagnostic=self.name,
            verdict="objects" if is_selected else "informs",
            text=(
                f"Among {n_dyads} dyads at risk with {n_events} agreements, trade growth over the {self.lags} "
                f"periods before {verb} the agreement (hazard ratio {np.exp(beta[k]):.2f} per log point, "
                f"{format_p(float(p[k]))})" + (": agreements follow trade." if is_selected else ".")
            ),
            value=float(p[k]),
            unit="p",
            table=table,
            payloads={"selection": table},
        )


@dataclass(frozen=True, slots=True, eq=False)
class AtRisk:
    """Dyad-periods up to and including the agreement.

    Attributes
    ----------
    signed : FloatArray, shape (n_rows,)
    x : FloatArray, shape (n_rows, n_variables)
        Constant first.
    names : list of str
    unit : IntArray, shape (n_rows,)
    clusters : list of IntArray
    """

    signed: FloatArray
    x: FloatArray
    names: list[str]
    unit: IntArray
    clusters: list[IntArray]


def build_risk_set(design: Design, lags: int, covariates: tuple[str, ...]) -> AtRisk:
    """Build the risk set with lagged trade growth, size, the city's other agreements and a trend.

    Raises
    ------
    EstimationError
        No row has the lags.
    """
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
    tied_before = _other_ties(design)
    x = np.column_stack(
        [np.ones(len(frame)), frame["growth"], frame["size"], tied_before, panel.period - panel.first_period, *lagged]
    )
    names = ["constant", "trade growth", "log trade", "other agreements of the city", "trend", *covariates]
    kept = inside & np.isfinite(x).all(axis=1)
    if not kept.any():
        raise EstimationError(f"no dyad at risk is observed over {lags + 1} periods before")
    clusters = [compact(place[panel.unit[kept]]) for place in (panel.unit_city, panel.unit_partner)]
    clusters = [c for c in clusters if c.max() > 0] or [compact(panel.unit[kept])]
    signed = (panel.period == onset)[kept].astype(np.float64)
    x = x[kept]
    varies = np.r_[True, np.ptp(x[:, 1:], axis=0) > 0]
    return AtRisk(
        signed, x[:, varies], [n for n, v in zip(names, varies, strict=True) if v], panel.unit[kept], clusters
    )


def _other_ties(design: Design) -> FloatArray:
    """Return how many other dyads of the row's city are treated before the row's period."""
    panel, onset = design.panel, design.onset
    out = np.zeros(panel.n_rows)
    for city in np.unique(panel.unit_city):
        units = np.flatnonzero((panel.unit_city == city) & np.isfinite(onset))
        rows = panel.unit_city[panel.unit] == city
        starts = np.sort(onset[units])
        out[rows] = np.searchsorted(starts, panel.period[rows], side="left")
    own = onset[panel.unit] < panel.period
    return out - own


def fit_cloglog(y: FloatArray, x: FloatArray, clusters: list[IntArray]) -> tuple[FloatArray, FloatArray]:
    """Fit Pr(y = 1) = 1 - exp(-exp(x b)) by scoring, with covariance clustered one or two ways.

    Raises
    ------
    EstimationError
        No convergence: some variable predicts agreements perfectly.
    """
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
        raise EstimationError("the hazard does not converge: a variable predicts agreements perfectly")
    covariance = axes @ np.asarray(fitted.cov_params()) @ axes.T
    return beta / scale, covariance / np.outer(scale, scale)
