"""Effects of cohort-period cells within fixed effects: the cells are one more effect, never a matrix of dummies."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from twintrade.design import Observations
from twintrade.design.fixed_effects import name_effect
from twintrade.effects import Dropped, Regression
from twintrade.effects.estimate import Scale
from twintrade.errors import EstimationError
from twintrade.numerics.absorption import Absorber, build_absorber
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.linear import Collinear, LeastSquares, NetColumns, fit_least_squares
from twintrade.numerics.poisson import PoissonFit, Separated, fit_poisson
from twintrade.text import Listed, Text, Value, Words

# Models of the untreated outcome, and the scales of their effects.

Family = Literal["linear", "poisson"]
SCALES: dict[str | None, Scale] = {
    None: "log points", "coefficient": "log points", "log_ratio": "log points", "difference": "level",
    "percent": "percent",
}  # fmt: skip
"""Of a proportional effect, by its measure."""


# A linear or a Poisson regression within fixed effects, in the same words.


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """A regression on columns; ``fit`` has what both families call the same: coefficients, residuals, bread."""

    fit: LeastSquares | PoissonFit
    rows: IntArray  # (n_rows,): positions in the observations of the rows used
    weights: FloatArray  # (n_rows,): sampling weights; for Poisson times the fitted mean
    net: FloatArray | NetColumns  # (n_rows, n_slopes): kept columns net of the effects
    effects: Absorber | None = None  # of a linear regression

    @property
    def statistics(self) -> dict[str, float]:
        """What a table says of the fit."""
        f = self.fit
        if isinstance(f, LeastSquares):
            return {"within_r2": f.within_r2}
        return {"pseudo_r2": f.pseudo_r2, "deviance": f.deviance, "iterations": float(f.iterations)}

    @property
    def separated(self) -> tuple[Separated, ...]:
        """Rows left out because they are predicted perfectly at zero."""
        return () if isinstance(self.fit, LeastSquares) else self.fit.separated

    def mean(self, y: FloatArray) -> FloatArray:
        """Return the fitted values of the rows used."""
        return self.fit.mu if isinstance(self.fit, PoissonFit) else y - self.fit.residuals

    def spread(self, n_columns: int) -> FloatArray:
        """Return the slopes of all columns, zero for those that effects or others determine, (n_columns,)."""
        slopes = np.zeros(n_columns)
        slopes[self.fit.kept] = self.fit.coefficients
        return slopes

    def solve_effects(self, y: FloatArray, columns: FloatArray) -> Sequence[FloatArray]:
        """Return the coefficients of the effects by code, NaN where a code has no row."""
        if isinstance(self.fit, PoissonFit):
            return self.fit.effect_coefficients
        assert self.effects is not None
        return self.effects.effect_coefficients(y - columns @ self.spread(columns.shape[1]))

    def regression(self, selector: FloatArray, names: Sequence[Words]) -> Regression:
        """Return the regression behind effects ``coefficients @ selector``; ``names``: of all columns."""
        f = self.fit
        labels = tuple(names[k] for k in f.kept)
        return Regression(self.rows, self.net, f.residuals, self.weights, f.bread, selector, f.coefficients, labels)


def fit_slopes(
    o: Observations,
    family: Family,
    columns: FloatArray,
    codes: Sequence[IntArray],
    names: Sequence[Words] | None = None,
    rows: IntArray | None = None,
) -> Slopes:
    """Regress outcomes of some rows, or of all, on columns within effects, given for these rows alone."""
    y, weights, sampling = o.y, o.weights, o.row_weights
    if rows is not None:
        y, weights, sampling = y[rows], o.weights_of(rows), sampling[rows]
    places = np.arange(o.n_rows) if rows is None else rows
    if family == "linear":
        effects = build_absorber(codes, weights)
        linear = fit_least_squares(y, columns, effects, names=names)
        return Slopes(linear, places, sampling, linear.x_tilde, effects)
    fit = fit_poisson(y, columns, codes, weights, names=names)
    return Slopes(fit, places[fit.rows], fit.mu * sampling[fit.rows], fit.x_tilde)


# Columns that a fit gives no coefficient, and rows that a Poisson fit predicts perfectly at zero, said for a reader.


def list_determined(
    key: str, collinear: Sequence[Collinear], n_effects: int = 0, **values: Value
) -> tuple[Dropped, ...]:
    """List columns that effects and others determine, by a sentence; of the first ``n_effects`` cells are lost."""
    out = []
    for c in collinear:
        reason = "not-identified" if c.column < n_effects else "collinear"
        out.append(Dropped(reason, Text(key, name=c.name, by=c.explained_by, **values), 0, 0, (c.name,)))
    return tuple(out)


def name_determining(one: Collinear, names: Sequence[Words]) -> Text:
    """Name what determines a column: the effects, and other columns with them."""
    rest = Listed(tuple(names[k] for k in one.columns), "comma")
    return Text("estimators.effects-and", n=len(one.columns), rest=rest)


def list_separated_rows(
    o: Observations,
    separated: tuple[Separated, ...],
    rows: IntArray | None = None,
    effects: tuple[str, ...] | None = None,
) -> tuple[Dropped, ...]:
    """Say which rows are left out and why: units without any row left once, other rows by unit and period."""
    rows = np.arange(o.n_rows) if rows is None else rows
    left = np.bincount(o.unit[rows], minlength=o.n_units)
    names = o.effect_names if effects is None else effects
    out = []
    for one in separated:
        gone = rows[one.rows]
        left = left - np.bincount(o.unit[gone], minlength=o.n_units)
        reason, sentence = "separated", Text("estimators.separated")
        if one.cause == "all-zero level":
            effect = names[one.effect]
            named = Text("estimators.cohort-and-period") if effect == "cohort_and_period" else name_effect(effect)
            reason, sentence = "all-zero-level", Text("estimators.all-zero-level", effect=named)
        elif one.cause == "weight of zero":
            reason, sentence = "no-weight", Text("estimators.no-weight")
        units = np.unique(o.unit[gone])
        lost = units[left[units] == 0]
        labels = (*(str(u) for u in o.unit_ids[lost]), *o.labels(gone[left[o.unit[gone]] > 0]))
        out.append(Dropped(reason, sentence, int(gone.size), int(lost.size), labels))
    return tuple(out)


# Dummies of cells net of the fixed effects, a few at a time: all of them at once take rows times cells numbers.

CELLS_AT_ONCE = 4
NUMBERS_AT_ONCE = 400_000
"""More cells at once where there are few rows: for forty columns a step takes little longer than for ten."""


@dataclass(frozen=True, slots=True, eq=False)
class NetCells:
    """One dummy a cell, then further regressors, all net of the fixed effects, made when asked for."""

    effects: Absorber  # with the weights of the fit
    cell: IntArray  # (n_rows,): cell of each row, -1 outside
    n_cells: int
    columns: FloatArray  # (n_rows, n_columns): further regressors
    _dense: list[FloatArray] = field(default_factory=list, repr=False, compare=False)

    @property
    def size(self) -> int:
        """Number of cells and further regressors."""
        return self.n_cells + int(self.columns.shape[1])

    def blocks(self) -> Iterator[tuple[IntArray, FloatArray]]:
        """Return positions of a few regressors and these net of the effects, block by block."""
        step = max(CELLS_AT_ONCE, NUMBERS_AT_ONCE // max(1, self.cell.size))
        for start in range(0, self.size, step):
            block = np.arange(start, min(start + step, self.size))
            raw = np.empty((self.cell.size, block.size), order="F")
            for column, k in zip(raw.T, block, strict=True):
                column[:] = self.cell == k if k < self.n_cells else self.columns[:, k - self.n_cells]
            yield block, self.effects.residualize(raw)

    def dense(self) -> FloatArray:
        """Return every regressor net of the effects, shape (n_rows, size); made once and then kept."""
        if not self._dense:
            dummies = np.empty((self.cell.size, self.size))
            for block, net in self.blocks():
                dummies[:, block] = net
            self._dense.append(dummies)
        return self._dense[0]

    def along(self, directions: FloatArray) -> FloatArray:
        """Return ``dense() @ directions``: combinations are made before effects are taken out of them."""
        if self._dense:
            return np.asarray(self._dense[0] @ directions, dtype=np.float64)
        if directions.shape[1] >= self.size:
            out = np.zeros((self.cell.size, directions.shape[1]))
            for block, net in self.blocks():
                out += net @ directions[block]
            return out
        of_cell = np.vstack([np.zeros((1, directions.shape[1])), directions[: self.n_cells]])
        return self.effects.residualize(of_cell[self.cell + 1] + self.columns @ directions[self.n_cells :])


# Which fixed effect leaves nothing of a treatment, and in which levels of an effect everybody is treated.


def describe_absorbing_effect(o: Observations, rows: IntArray) -> Text:
    """Say which effect absorbs the treatment of a fit's rows, as the end of a sentence."""
    treated = o.is_treated[rows]
    if not treated.any():
        return Text("estimators.no-treated-row")
    if treated.all():
        return Text("estimators.every-row-treated")
    for name in o.effect_names:
        n_rows, n_treated = _counts(o.codes(name)[rows], treated)
        if ((n_treated == 0) | (n_treated == n_rows)).all():
            return Text("estimators.absorbed-by-one", effect=name_effect(name))
    effects = Listed(tuple(name_effect(name) for name in o.effect_names), "comma")
    return Text("estimators.absorbed-together", effects=effects)


def list_all_treated(o: Observations, rows: IntArray) -> tuple[Dropped, ...]:
    """List, for each effect by period, the levels of which every row is treated; the rows stay in the fit."""
    treated = o.is_treated[rows]
    out = []
    for name in o.effect_names:
        if not name.endswith("period"):
            continue
        codes = o.codes(name)[rows]
        n_rows, n_treated = _counts(codes, treated)
        full = (n_treated == n_rows) & (n_rows > 0)
        if full.any():
            present, first = np.unique(codes, return_index=True)
            sentence = Text("estimators.all-treated", effect=name_effect(name))
            out.append(Dropped("all-treated", sentence, 0, 0, _level_names(o, name, rows[first[full[present]]])))
    return tuple(out)


def find_single_rows(o: Observations, rows: IntArray) -> BoolArray:
    """Return which of the rows are their unit's only one, where units have effects: they say nothing of cells."""
    if "unit" not in o.effect_names:
        return np.zeros(rows.size, dtype=bool)
    return np.asarray(np.bincount(o.unit[rows], minlength=o.n_units)[o.unit[rows]] == 1)


def _counts(codes: IntArray, treated: BoolArray) -> tuple[IntArray, IntArray]:
    """Return rows and treated rows of each level."""
    n_levels = int(codes.max()) + 1
    return np.bincount(codes, minlength=n_levels), np.bincount(codes[treated], minlength=n_levels)


def _level_names(o: Observations, name: str, rows: IntArray) -> tuple[str, ...]:
    panel = o.panel
    periods = [panel.label(int(p)) for p in o.period[rows]]
    unit = o.unit_rows[o.unit[rows]]
    if name == "city_period":
        places = panel.cities[panel.unit_city[unit]]
    elif name == "partner_period":
        places = panel.partners[panel.unit_partner[unit]]
    else:
        return tuple(periods)
    return tuple(f"{place} {period}" for place, period in zip(places, periods, strict=True))


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
    source: Regression  # by row, its columns made when asked for; effects are the identified cells
    given_up: (
        IntArray  # (n_given_up,): regressors without a slope that effects and other regressors leave something of
    )
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


def fit_cells(
    o: Observations,
    of_row: IntArray,
    names: tuple[Words, ...],
    columns: FloatArray,
    family: Family,
    column_names: tuple[Words, ...] = (),
) -> CellFit:
    """Fit one coefficient per cell, ``of_row`` (n_rows,), against the rows outside every cell, -1."""
    if not (of_row < 0).any():
        raise EstimationError("every row belongs to a treated cell: there is nothing to compare with")
    codes = o.effect_codes()
    fitted = fit_slopes(o, family, columns, [*codes, of_row + 1])
    rows, kept = fitted.rows, fitted.fit.kept
    of_code = fitted.solve_effects(o.y, columns)[-1]
    present = np.flatnonzero(np.isfinite(of_code[1:]))
    place = np.full(len(names) + 1, -1, dtype=np.int64)
    place[present + 1] = np.arange(present.size)
    cell = place[of_row[rows] + 1]
    effects = build_absorber([c[rows] for c in codes], fitted.weights)
    net = NetCells(effects, cell, present.size, columns[rows][:, kept])
    gram, scores, norms = _cross_products(o, fitted, net)
    bread, is_identified = invert_gram(gram, norms)
    known = np.flatnonzero(is_identified[: present.size])
    if known.size == 0:
        raise EstimationError(Text("estimators.no-cell", why=describe_absorbing_effect(o, rows)))
    lost = tuple(names[k] for k in np.delete(present, known))
    influence = np.zeros((o.n_units, known.size + columns.shape[1]))
    determined = Dropped("not-identified", Text("estimators.cells-determined"), 0, 0, lost)
    of_cell = of_code[1:][present] - of_code[0]
    slopes = np.append(of_cell, fitted.fit.coefficients)
    labels = (*(names[k] for k in present), *(column_names[k] for k in kept if column_names))
    placed = np.concatenate([np.arange(known.size), known.size + kept])
    influence[:, placed] = scores @ bread[:, np.concatenate([known, np.arange(present.size, net.size)])]
    effect_names = (*o.effect_names, "cohort_and_period")
    return CellFit(
        rows=rows,
        kept=present[known],
        coefficients=of_cell[known],
        slopes=fitted.spread(columns.shape[1]),
        influence=influence,
        mean=fitted.mean(o.y),
        weights=o.row_weights[rows],
        source=Regression(
            rows, net, fitted.fit.residuals, fitted.weights, bread, np.eye(net.size)[:, known], slopes, labels
        ),
        given_up=_find_given_up(effects, fitted, columns[rows]),
        n_slopes=int(is_identified.sum()),
        n_all_cells=len(names),
        everything=build_absorber([*(c[rows] for c in codes), cell + 1], fitted.weights),
        columns=columns[rows],
        dropped=(
            *list_separated_rows(o, fitted.separated, effects=effect_names),
            *([determined] if lost else []),
            *list_all_treated(o, rows),
        ),
        statistics=fitted.statistics if family == "poisson" else {},
    )


def _find_given_up(effects: Absorber, fitted: Slopes, columns: FloatArray) -> IntArray:
    """Return the regressors that only the cells determine, given the effects and the regressors that are kept."""
    kept_columns = fitted.fit.kept
    lost = np.setdiff1d(np.arange(columns.shape[1]), kept_columns)
    if not lost.size:
        return lost
    root = np.sqrt(fitted.weights)[:, None]
    kept, left = (root * effects.residualize(columns[:, k]) for k in (kept_columns, lost))
    if kept_columns.size:
        left = left - kept @ np.linalg.lstsq(kept, left, rcond=None)[0]
    sizes = np.linalg.norm(root * columns[:, lost], axis=0)
    return np.asarray(lost[np.linalg.norm(left, axis=0) > TOUCHED * np.maximum(sizes, 1e-300)], dtype=np.int64)


def _cross_products(o: Observations, fitted: Slopes, net: NetCells) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the Gram matrix of cells and columns net of the effects, scores by unit, and squared norms."""
    unit, weights, columns = o.unit[fitted.rows], fitted.weights, net.columns
    inside = np.flatnonzero(net.cell >= 0)
    cell = net.cell[inside]
    gram, scores = np.empty((net.size, net.size)), np.empty((o.n_units, net.size))
    for block, values in net.blocks():
        for k, column in zip(block, values.T, strict=True):
            weighted = column * weights
            gram[: net.n_cells, k] = np.bincount(cell, weighted[inside], net.n_cells)
            gram[net.n_cells :, k] = columns.T @ weighted
            weighted *= fitted.fit.residuals
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
