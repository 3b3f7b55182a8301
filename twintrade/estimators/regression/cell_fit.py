"""Effects of cohort-period cells within fixed effects: the cells are one more effect, never a matrix of dummies."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twintrade.design import Observations
from twintrade.effects import Dropped, Regression
from twintrade.errors import EstimationError
from twintrade.estimators.regression.absorbed import describe_absorbing_effect, list_all_treated
from twintrade.estimators.regression.families import Family
from twintrade.estimators.regression.net_cells import NetCells
from twintrade.estimators.regression.separated import list_separated_rows
from twintrade.numerics.absorption import Absorber, build_absorber
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.linear import fit_least_squares
from twintrade.numerics.poisson import fit_poisson
from twintrade.text import Text, Words

LARGEST_DENSE = 20_000_000
"""Numbers up to which the net dummies may be asked for, so that row scores are at hand: 160 MB."""

NULL = 1e-9
TOUCHED = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class CellFit:
    """A saturated fit."""

    rows: IntArray  # (n_rows,): positions in the observations of the rows used
    kept: IntArray  # (n_cells,): which of the cells asked for are identified
    coefficients: FloatArray  # (n_cells,)
    slopes: FloatArray  # (n_columns,): of the further regressors; zero where the cells or earlier ones determine them
    influence: FloatArray  # (n_units, n_cells + n_columns): by unit of the observations; cells first
    mean: FloatArray  # (n_rows,): fitted values
    weights: FloatArray  # (n_rows,): sampling weights
    # The regression by row, where it is small enough to be kept; effects are the identified cells
    source: Regression | None
    n_slopes: int
    n_all_cells: int  # cells asked for
    everything: Absorber  # the fixed effects and the cells, with the weights of the fit
    columns: FloatArray  # (n_rows, n_columns)
    dropped: tuple[Dropped, ...]
    statistics: dict[str, float]

    def projection(self) -> Callable[[FloatArray], FloatArray]:
        """Return what takes columns, (n_rows, k), to the part of them that effects, cells and regressors explain."""
        x = self.everything.residualize(self.columns)
        weighted = x if self.everything.weights is None else x * self.everything.weights[:, None]
        to_slopes = np.linalg.pinv(weighted.T @ x, rcond=NULL, hermitian=True) @ weighted.T

        def explained(values: FloatArray) -> FloatArray:
            left = self.everything.residualize(values)
            return np.asarray(values - left + x @ (to_slopes @ left), dtype=np.float64)

        return explained


@dataclass(frozen=True, slots=True, eq=False)
class _FittedCells:
    """Rows, one coefficient a cell code (NaN where the cell is gone), and what the influence needs.

    Cells win over further regressors: ``kept`` are the regressors that cells and effects leave something of.
    """

    rows: IntArray
    of_code: FloatArray
    kept: IntArray
    slopes: FloatArray
    mean: FloatArray
    residuals: FloatArray
    weights: FloatArray
    dropped: tuple[Dropped, ...]
    statistics: dict[str, float]


def fit_cells(
    o: Observations,
    of_row: IntArray,
    names: tuple[Words, ...],
    columns: FloatArray,
    family: Family,
) -> CellFit:
    """Fit one coefficient per cell against the rows outside every cell.

    ``of_row`` (n_rows,): cell of each row, -1 outside; ``names``: of the cells; ``columns`` (n_rows, n_columns):
    further regressors.
    """
    if not (of_row < 0).any():
        raise EstimationError("every row belongs to a treated cell: there is nothing to compare with")
    codes = o.effect_codes()
    fitted = (_poisson_fit if family == "poisson" else _linear_fit)(o, codes, of_row, columns)
    rows = fitted.rows
    present = np.flatnonzero(np.isfinite(fitted.of_code[1:]))
    place = np.full(len(names) + 1, -1, dtype=np.int64)
    place[present + 1] = np.arange(present.size)
    cell = place[of_row[rows] + 1]
    effects = build_absorber([c[rows] for c in codes], fitted.weights)
    net = NetCells(effects, cell, present.size, columns[rows][:, fitted.kept])
    gram, scores, norms = _cross_products(o, fitted, net)
    bread, is_identified = invert_gram(gram, norms)
    known = np.flatnonzero(is_identified[: present.size])
    if known.size == 0:
        raise EstimationError(Text("estimators.no-cell", why=describe_absorbing_effect(o, rows)))
    lost = tuple(names[k] for k in np.delete(present, known))
    influence = np.zeros((o.n_units, known.size + columns.shape[1]))
    placed = np.concatenate([np.arange(known.size), known.size + fitted.kept])
    influence[:, placed] = scores @ bread[:, np.concatenate([known, np.arange(present.size, net.size)])]
    return CellFit(
        rows=rows,
        kept=present[known],
        coefficients=fitted.of_code[1:][present[known]] - fitted.of_code[0],
        slopes=fitted.slopes,
        influence=influence,
        mean=fitted.mean,
        weights=o.row_weights[rows],
        source=_regression(fitted, net, bread, known),
        n_slopes=int(is_identified.sum()),
        n_all_cells=len(names),
        everything=build_absorber([*(c[rows] for c in codes), cell + 1], fitted.weights),
        columns=columns[rows],
        dropped=(*fitted.dropped, *_determined(lost), *list_all_treated(o, rows)),
        statistics=fitted.statistics,
    )


def _determined(lost: tuple[Words, ...]) -> tuple[Dropped, ...]:
    sentence = Text("estimators.cells-determined")
    return (Dropped("not-identified", sentence, 0, 0, lost),) if lost else ()


def _regression(fitted: _FittedCells, net: NetCells, bread: FloatArray, cells: IntArray) -> Regression | None:
    if net.cell.size * net.size > LARGEST_DENSE:
        return None
    selector = np.zeros((bread.shape[0], cells.size))
    selector[cells, np.arange(cells.size)] = 1.0
    return Regression(fitted.rows, net, fitted.residuals, fitted.weights, bread, selector)


def _linear_fit(o: Observations, codes: list[IntArray], of_row: IntArray, columns: FloatArray) -> _FittedCells:
    everything = build_absorber([*codes, of_row + 1], o.weights)
    fit = fit_least_squares(o.y, columns, everything)
    slopes = np.zeros(columns.shape[1])
    slopes[fit.kept] = fit.coefficients
    of_code = everything.effect_coefficients(o.y - columns @ slopes)[-1]
    weights = o.row_weights
    rows = np.arange(o.n_rows)
    return _FittedCells(rows, of_code, fit.kept, slopes, o.y - fit.residuals, fit.residuals, weights, (), {})


def _poisson_fit(o: Observations, codes: list[IntArray], of_row: IntArray, columns: FloatArray) -> _FittedCells:
    fit = fit_poisson(o.y, columns, [*codes, of_row + 1], o.weights)
    slopes = np.zeros(columns.shape[1])
    slopes[fit.kept] = fit.coefficients
    weights = fit.mu * o.row_weights[fit.rows]
    statistics = {"pseudo_r2": fit.pseudo_r2, "deviance": fit.deviance, "iterations": float(fit.iterations)}
    dropped = list_separated_rows(o, fit.separated, effects=(*o.effect_names, "cohort_and_period"))
    of_code = fit.effect_coefficients[-1]
    of_code = np.append(of_code, np.full(int(of_row.max()) + 2 - of_code.size, np.nan))
    return _FittedCells(fit.rows, of_code, fit.kept, slopes, fit.mu, fit.residuals, weights, dropped, statistics)


def _cross_products(
    o: Observations, fitted: _FittedCells, net: NetCells
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the Gram matrix of cells and columns net of the effects, scores by unit, and squared norms.

    Those of cells are before the effects are taken out; of columns the fit has left out what they absorb.
    """
    unit, weights, columns = o.unit[fitted.rows], fitted.weights, net.columns
    inside = np.flatnonzero(net.cell >= 0)
    cell = net.cell[inside]
    gram, scores = np.empty((net.size, net.size)), np.empty((o.n_units, net.size))
    for block, values in net.blocks():
        for k, column in zip(block, values.T, strict=True):
            weighted = column * weights
            gram[: net.n_cells, k] = np.bincount(cell, weighted[inside], net.n_cells)
            gram[net.n_cells :, k] = columns.T @ weighted
            weighted *= fitted.residuals
            scores[:, k] = np.bincount(unit, weighted, o.n_units)
    of_cells = np.bincount(cell, weights[inside], net.n_cells)
    return gram, scores, np.concatenate([of_cells, gram.diagonal()[net.n_cells :]])


def invert_gram(gram: FloatArray, norms: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Return a generalized inverse, and which coefficients no null direction of the Gram matrix touches."""
    scale = 1.0 / np.sqrt(np.where(norms > 0, norms, 1.0))
    values, vectors = np.linalg.eigh(0.5 * (gram + gram.T) * scale[:, None] * scale)
    is_null = values <= NULL
    touched = (vectors[:, is_null] ** 2).sum(axis=1) > TOUCHED**2
    inside = vectors[:, ~is_null]
    return (inside / values[~is_null]) @ inside.T * scale[:, None] * scale, ~touched
