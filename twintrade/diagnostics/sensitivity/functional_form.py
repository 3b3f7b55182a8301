"""RESET: does the square of the fitted predictor still explain the outcome? (Ramsey 1969; for PPML as in gravity)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.design import Observations
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import format_p
from twintrade.effects import Estimate, Finding, Regression, UnitInfluence
from twintrade.errors import EstimationError, TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.ppml import PPML
from twintrade.estimators.regression import Terms, build_terms, list_models, sum_influence_by_unit
from twintrade.estimators.twfe import TWFE
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.linear import LeastSquares, fit_least_squares
from twintrade.numerics.poisson import PoissonFit, fit_poisson

ADDED = "squared predictor"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionalForm(Diagnostic):
    """The square of the fitted predictor added to the model, its slope tested with the errors of the design.

    Attributes
    ----------
    level : float
        The form is doubted where p is at most one less this level.
    by : tuple of str
        Clusters of the test; empty for the design's.
    """

    level: float = 0.95
    by: tuple[str, ...] = ()
    name: ClassVar[str] = "reset"
    citation: ClassVar[str] = "ramsey1969"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the slope, its error and p; the predictor is standardized, which changes neither t nor p."""
        if not isinstance(fit.estimator, PPML | TWFE):
            return self.unavailable("RESET belongs to ppml and twfe, which fit one predictor to all rows")
        try:
            estimate = _added(fit)
            bands = Clustered(by=self.by, level=self.level, draws=19).infer(
                Fit(fit.estimator, fit.design, estimate), "overall", rng
            )
        except TwintradeError as error:
            return self.unavailable(str(error).rstrip("."))
        slope, se, p = float(estimate.effects[0]), float(bands.se[0]), float(bands.p[0])
        if not np.isfinite(p):
            return self.unavailable("the variance of the added slope is zero")
        is_doubted = p <= 1 - self.level
        told = "the form of the model is doubted" if is_doubted else "nothing speaks against the form of the model"
        table = pd.DataFrame({"term": [ADDED], "slope": [slope], "se": [se], "t": [slope / se], "p": [p]})
        return Finding(
            diagnostic=self.name,
            verdict="objects" if is_doubted else "does not object",
            text=f"RESET: the squared predictor has t = {slope / se:.2f}, {format_p(p)}; {told}.",
            value=p,
            unit="p",
            table=table,
        )


def _added(fit: Fit) -> Estimate:
    """The slope of the squared predictor as an estimate of its own.

    Raises
    ------
    TwintradeError
        The model cannot be fitted, or the square is collinear with it.
    """
    o = fit.design.observations
    assert isinstance(fit.estimator, PPML | TWFE)
    model = build_terms(o, list_models(fit.estimator.shape, False, fit.estimator.second_reference)[0])
    if isinstance(fit.estimator, PPML):
        rows, slope, source = _poisson(o, model)
    else:
        rows, slope, source = _linear(o, model)
    units, values = sum_influence_by_unit(o, rows, source.row_influence())
    return Estimate(
        effects=np.array([slope]),
        uncertainty=UnitInfluence(units, values, source),
        scale=fit.estimate.scale,
        sample=fit.estimate.sample,
        names=(ADDED,),
        n_units=np.array([units.size], dtype=np.int64),
        n_cells=np.array([rows.size], dtype=np.int64),
    )


def _poisson(o: Observations, model: Terms) -> tuple[IntArray, float, Regression]:
    first = fit_poisson(o.y, model.columns, o.effect_codes(), o.weights)
    square = np.zeros(o.n_rows)
    square[first.rows] = _square(first.eta)
    rows = first.rows
    again = fit_poisson(
        o.y[rows],
        np.column_stack([model.columns[rows], square[rows]]),
        [code[rows] for code in o.effect_codes()],
        o.weights_of(rows),
    )
    weights = again.mu * o.row_weights[rows][again.rows]
    return rows[again.rows], *_last(again, rows[again.rows], weights, model.columns.shape[1])


def _linear(o: Observations, model: Terms) -> tuple[IntArray, float, Regression]:
    effects = build_absorber(o.effect_codes(), o.weights)
    first = fit_least_squares(o.y, model.columns, effects)
    again = fit_least_squares(o.y, np.column_stack([model.columns, _square(o.y - first.residuals)]), effects)
    weights = o.row_weights
    rows = np.arange(o.n_rows)
    return rows, *_last(again, rows, weights, model.columns.shape[1])


def _square(predictor: FloatArray) -> FloatArray:
    spread = float(predictor.std())
    standard = predictor - predictor.mean()
    return np.asarray((standard / spread if spread > 0 else standard) ** 2, dtype=np.float64)


def _last(
    fitted: PoissonFit | LeastSquares, rows: IntArray, weights: FloatArray, column: int
) -> tuple[float, Regression]:
    if column not in fitted.kept:
        raise EstimationError("the squared predictor is collinear with the model")
    selector = np.zeros((fitted.kept.size, 1))
    selector[-1, 0] = 1.0
    source = Regression(rows, fitted.x_tilde, fitted.residuals, weights, fitted.bread, selector)
    return float(fitted.coefficients[-1]), source
