"""Effects of cohort-period cells within fixed effects: the cells are one more effect, never a matrix of dummies."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from twintrade.design import Observations
from twintrade.effects import Dropped, Regression
from twintrade.errors import EstimationError
from twintrade.estimators.absorbed import absorbed_by, all_treated
from twintrade.estimators.separated import separated_rows
from twintrade.numerics.absorb import Absorber, absorber
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.least_squares import least_squares
from twintrade.numerics.poisson import poisson

Family = Literal["linear", "poisson"]
CELLS_AT_ONCE = 16
LARGEST_DENSE = 20_000_000
"""Numbers up to which the net dummies are kept, so that row scores are at hand: 160 MB."""

NULL = 1e-9
TOUCHED = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class CellFit:
    """A saturated fit.

    Attributes
    ----------
    rows : IntArray, shape (n_rows,)
        Positions in the observations of the rows used.
    kept : IntArray, shape (n_cells,)
        Which of the cells asked for are identified.
    coefficients : FloatArray, shape (n_cells,)
    slopes : FloatArray, shape (n_columns,)
        Of the further regressors; zero where collinear.
    influence : FloatArray, shape (n_units, n_cells + n_columns)
        By unit of the observations; cells first.
    mean : FloatArray, shape (n_rows,)
        Fitted values.
    weights : FloatArray, shape (n_rows,)
        Sampling weights.
    source : Regression or None
        The regression by row, where it is small enough to be kept; effects are the identified cells.
    n_slopes : int
    n_all_cells : int
        Cells asked for.
    everything : Absorber
        The fixed effects and the cells, with the weights of the fit.
    columns : FloatArray, shape (n_rows, n_columns)
    dropped : tuple of Dropped
    statistics : dict
    """

    rows: IntArray
    kept: IntArray
    coefficients: FloatArray
    slopes: FloatArray
    influence: FloatArray
    mean: FloatArray
    weights: FloatArray
    source: Regression | None
    n_slopes: int
    n_all_cells: int
    everything: Absorber
    columns: FloatArray
    dropped: tuple[Dropped, ...]
    statistics: dict[str, float]

    def projected(self, values: FloatArray) -> FloatArray:
        """Return the part of columns that effects, cells and regressors explain, shape as given."""
        net = self.everything.residualize(np.hstack([values, self.columns]))
        left, x = net[:, : values.shape[1]], net[:, values.shape[1] :]
        weighted = x if self.everything.weights is None else x * self.everything.weights[:, None]
        return values - (
            left - x @ (np.linalg.pinv(weighted.T @ x, rcond=NULL, hermitian=True) @ (weighted.T @ left))
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Fitted:
    """Rows, one coefficient a cell code (NaN where the cell is gone), and what the influence needs."""

    rows: IntArray
    of_code: FloatArray
    slopes: FloatArray
    mean: FloatArray
    residuals: FloatArray
    weights: FloatArray
    dropped: tuple[Dropped, ...]
    statistics: dict[str, float]


def fit_cells(
    o: Observations,
    of_row: IntArray,
    names: tuple[str, ...],
    columns: FloatArray,
    family: Family,
) -> CellFit:
    """Fit one coefficient per cell against the rows outside every cell.

    Parameters
    ----------
    o : Observations
    of_row : IntArray, shape (n_rows,)
        Cell of each row, -1 outside.
    names : tuple of str
        Of the cells.
    columns : FloatArray, shape (n_rows, n_columns)
        Further regressors.
    family : {"linear", "poisson"}

    Raises
    ------
    EstimationError
        No row outside the cells, or no cell is identified.
    """
    if not (of_row < 0).any():
        raise EstimationError("every row belongs to a treated cell: there is nothing to compare with")
    codes = o.effect_codes()
    fitted = (_poisson_fit if family == "poisson" else _linear_fit)(o, codes, of_row, columns)
    present = np.flatnonzero(np.isfinite(fitted.of_code[1:]))
    place = np.full(len(names) + 1, -1, dtype=np.int64)
    place[present + 1] = np.arange(present.size)
    cell = place[of_row[fitted.rows] + 1]
    working = absorber([c[fitted.rows] for c in codes], fitted.weights)
    gram, scores, norms, net = _cross_products(o, fitted, working, cell, present.size, columns[fitted.rows])
    bread, is_identified = _inverse(gram, norms)
    known = np.flatnonzero(is_identified[: present.size])
    if known.size == 0:
        raise EstimationError(
            f"no cohort-period cell is identified; of the treatment as a whole: {absorbed_by(o, fitted.rows)}"
        )
    chosen = np.concatenate([known, np.arange(present.size, gram.shape[0])])
    lost = tuple(names[present[k]] for k in np.flatnonzero(~is_identified[: present.size]))
    sentence = "cohort-period cells that the fixed effects determine: no effect is given for them"
    dropped = fitted.dropped + ((Dropped("not-identified", sentence, 0, 0, lost),) if lost else ())
    dropped += all_treated(o, fitted.rows)
    sampling = np.ones(fitted.rows.size) if o.weights is None else o.weights[fitted.rows]
    return CellFit(
        rows=fitted.rows,
        kept=present[known],
        coefficients=fitted.of_code[1:][present[known]] - fitted.of_code[0],
        slopes=fitted.slopes,
        influence=(scores @ bread)[:, chosen],
        mean=fitted.mean,
        weights=sampling,
        source=_regression(fitted, net, bread, known),
        n_slopes=int(is_identified.sum()),
        n_all_cells=len(names),
        everything=absorber([*(c[fitted.rows] for c in codes), cell + 1], fitted.weights),
        columns=columns[fitted.rows],
        dropped=dropped,
        statistics=fitted.statistics,
    )


def _regression(fitted: _Fitted, net: FloatArray | None, bread: FloatArray, cells: IntArray) -> Regression | None:
    if net is None:
        return None
    selector = np.zeros((bread.shape[0], cells.size))
    selector[cells, np.arange(cells.size)] = 1.0
    return Regression(fitted.rows, net, fitted.residuals, fitted.weights, bread, selector)


def _linear_fit(o: Observations, codes: list[IntArray], of_row: IntArray, columns: FloatArray) -> _Fitted:
    everything = absorber([*codes, of_row + 1], o.weights)
    fit = least_squares(o.y, columns, everything)
    slopes = np.zeros(columns.shape[1])
    slopes[fit.kept] = fit.coefficients
    of_code = everything.effect_coefficients(o.y - columns @ slopes)[-1]
    weights = np.ones(o.n_rows) if o.weights is None else o.weights
    rows = np.arange(o.n_rows)
    return _Fitted(rows, of_code, slopes, o.y - fit.residuals, fit.residuals, weights, (), {})


def _poisson_fit(o: Observations, codes: list[IntArray], of_row: IntArray, columns: FloatArray) -> _Fitted:
    fit = poisson(o.y, columns, [*codes, of_row + 1], o.weights)
    slopes = np.zeros(columns.shape[1])
    slopes[fit.kept] = fit.coefficients
    weights = fit.mu if o.weights is None else fit.mu * o.weights[fit.rows]
    statistics = {"pseudo_r2": fit.pseudo_r2, "deviance": fit.deviance, "iterations": float(fit.iterations)}
    dropped = separated_rows(o, fit.separated, effects=(*o.design.effect_names, "cohort and period"))
    of_code = fit.effect_coefficients[-1]
    of_code = np.append(of_code, np.full(int(of_row.max()) + 2 - of_code.size, np.nan))
    return _Fitted(fit.rows, of_code, slopes, fit.mu, fit.residuals, weights, dropped, statistics)


def _cross_products(
    o: Observations, fitted: _Fitted, effects: Absorber, cell: IntArray, n_cells: int, columns: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray | None]:
    """Return the Gram matrix of cells and columns net of the effects, scores by unit, norms before, net columns.

    Dummies are residualized a few at a time: all of them at once need rows times cells numbers.
    """
    size = n_cells + columns.shape[1]
    unit, weights = o.unit[fitted.rows], fitted.weights
    gram, scores = np.empty((size, size)), np.empty((o.n_units, size))
    kept = np.empty((unit.size, size)) if unit.size * size <= LARGEST_DENSE else None
    for start in range(0, size, CELLS_AT_ONCE):
        block = np.arange(start, min(start + CELLS_AT_ONCE, size))
        raw = np.hstack([cell[:, None] == block[block < n_cells], columns[:, block[block >= n_cells] - n_cells]])
        net = effects.residualize(raw.astype(np.float64))
        if kept is not None:
            kept[:, block] = net
        net = net * weights[:, None]
        inside = cell >= 0
        by_cell = [np.bincount(cell[inside], column[inside], n_cells) for column in net.T]
        gram[:, block] = np.vstack([np.column_stack(by_cell), columns.T @ net])
        net *= fitted.residuals[:, None]
        scores[:, block] = np.column_stack([np.bincount(unit, column, o.n_units) for column in net.T])
    of_cells = np.bincount(cell[cell >= 0], weights[cell >= 0], n_cells)
    return gram, scores, np.concatenate([of_cells, weights @ columns**2]), kept


def _inverse(gram: FloatArray, norms: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Return a generalized inverse, and which coefficients no null direction of the Gram matrix touches."""
    scale = 1.0 / np.sqrt(np.where(norms > 0, norms, 1.0))
    values, vectors = np.linalg.eigh(0.5 * (gram + gram.T) * scale[:, None] * scale)
    is_null = values <= NULL
    touched = (vectors[:, is_null] ** 2).sum(axis=1) > TOUCHED**2
    inside = vectors[:, ~is_null]
    return (inside / values[~is_null]) @ inside.T * scale[:, None] * scale, ~touched
