"""RESET: does the square of the fitted predictor still explain the outcome? (Ramsey 1969; for PPML as in gravity)."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from twintrade.design import Observations
from twintrade.diagnostics.base import Diagnostic, judge_bound
from twintrade.diagnostics.variants import PairedDifference, compare_paired, measure_headline, name_judged
from twintrade.effects import Estimate, Finding, Regression, UnitInfluence
from twintrade.errors import EstimationError, TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.regression import Terms, build_terms, sum_influence_by_unit
from twintrade.inference.auto import resolve_method
from twintrade.inference.base import Inference
from twintrade.inference.clustering import compute_scaled_variances, compute_two_sided_p
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.linear import LeastSquares, fit_least_squares
from twintrade.numerics.poisson import PoissonFit, fit_poisson
from twintrade.text import Text

PLAIN = {"unit", "period"}  # effects beside which the square of a Poisson model's predictor tests its form
ADDED: Literal["squared predictor"] = "squared predictor"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionalForm(Diagnostic):
    """The square of the fitted predictor added to the model, its slope tested with scaled errors (``Scaled``).

    Few large pairs decide the square, so that plain clustered errors reject the right form in half of the panels.
    Beside effects of city-periods or partner-periods a Poisson model's predictor is itself so noisy that its square
    explains the outcome whatever the form: there the check cannot tell (docs/lab/size_of_checks.md).

    What a wrong form does to the effect is bounded by how far the effect moves when the square is added.

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
        models = fit.estimator.list_regressions()
        if not models:
            return self.unavailable(Text("checks.reset-methods"))
        if fit.estimator.is_poisson and not set(fit.design.observations.effect_names) <= PLAIN:
            return self.unavailable(Text("checks.reset-noisy"))
        added = _add_square(fit, 0)
        estimate = added.report(fit, added.n_terms)
        scaled = next(compute_scaled_variances(fit, [estimate], self.by or fit.design.clusters))
        slope, se = float(estimate.effects[0]), float(np.sqrt(scaled.covariance[0, 0]))
        if not se > 0:
            return self.unavailable(Text("checks.reset-no-variance"))
        p = float(compute_two_sided_p(np.array([slope / se]), scaled.df)[0])
        moved = _compare_with_square(fit, added if len(models) == 1 else None, inference, rng)
        judged = judge_bound(p, moved.bound, measure_headline(fit, inference, rng))
        if p <= 1 - self.level:
            judged = replace(judged, verdict="objects")
        table = pd.DataFrame({"term": [ADDED], "slope": [slope], "se": [se], "t": [slope / se], "p": [p]})
        text = Text("checks.reset", t=slope / se, p=p, **name_judged(judged, fit.estimate.scale))
        return self.conclude(text, table, judged, payloads={}, value=p, unit="p")


@dataclass(frozen=True, slots=True, eq=False)
class _Added:
    """A model with the squared predictor after its terms, fitted on some rows."""

    n_terms: int
    rows: IntArray
    fitted: PoissonFit | LeastSquares
    weights: FloatArray

    def report(self, fit: Fit, column: int) -> Estimate:
        """Return one coefficient as an estimate of its own."""
        o, again = fit.design.observations, self.fitted
        if not {column, self.n_terms} <= set(again.kept.tolist()):
            raise EstimationError(Text("checks.reset-collinear"))
        place = int(np.flatnonzero(again.kept == column)[0])
        selector = np.zeros((again.kept.size, 1))
        selector[place, 0] = 1.0
        source = Regression(self.rows, again.x_tilde, again.residuals, self.weights, again.bread, selector)
        units, values = sum_influence_by_unit(o, self.rows, source.row_influence())
        return Estimate(
            effects=again.coefficients[place : place + 1],
            uncertainty=UnitInfluence(units, values, source),
            scale=fit.estimate.scale,
            sample=fit.estimate.sample,
            names=(ADDED,),
            n_units=np.array([units.size], dtype=np.int64),
            n_cells=np.array([self.rows.size], dtype=np.int64),
        )


def _compare_with_square(
    fit: Fit, added: _Added | None, inference: Inference, rng: np.random.Generator
) -> PairedDifference:
    """Return how far the overall effect moves when the square is added, with the error of that difference."""
    try:
        again = replace(fit, estimate=(added or _add_square(fit, -1)).report(fit, 0))
        return compare_paired(fit, again, resolve_method(fit, inference), rng)
    except TwintradeError:
        return PairedDifference(np.nan)


def _add_square(fit: Fit, place: int) -> _Added:
    """Return one of the regressions behind a fit with the square of its predictor as a further term."""
    o = fit.design.observations
    model = build_terms(o, fit.estimator.list_regressions()[place])
    return _Added(model.columns.shape[1], *(_poisson if fit.estimator.is_poisson else _linear)(o, model))


def _poisson(o: Observations, model: Terms) -> tuple[IntArray, PoissonFit | LeastSquares, FloatArray]:
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
    return rows[again.rows], again, again.mu * o.row_weights[rows][again.rows]


def _linear(o: Observations, model: Terms) -> tuple[IntArray, PoissonFit | LeastSquares, FloatArray]:
    effects = build_absorber(o.effect_codes(), o.weights)
    first = fit_least_squares(o.y, model.columns, effects)
    again = fit_least_squares(o.y, np.column_stack([model.columns, _square(o.y - first.residuals)]), effects)
    return np.arange(o.n_rows), again, o.row_weights


def _square(predictor: FloatArray) -> FloatArray:
    spread = float(predictor.std())
    standard = predictor - predictor.mean()
    return np.asarray((standard / spread if spread > 0 else standard) ** 2, dtype=np.float64)
