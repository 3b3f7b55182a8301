"""How covariates enter a saturated regression: as one regressor, or with every cell, cohort and period."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from twintrade.design import Observations
from twintrade.effects import Dropped
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.text import Text

Enter = Literal["added", "by_cell"]


def find_added(o: Observations, enter: Enter | None) -> BoolArray:
    """Return which covariates enter as one regressor each, shape (n_covariates,).

    Where nothing is said these are other policies: covariates that change within units and have two values, or one
    value in each treated cell, in which a policy times the cell would be a multiple of the cell.
    """
    if enter is not None:
        return np.full(o.covariates.shape[1], enter == "added")
    treated = np.flatnonzero(o.is_affected)
    keys = np.stack([o.onset[treated], o.event_time[treated]])
    cell = np.unique(keys, axis=1, return_inverse=True)[1].ravel()
    return np.array(
        [_varies(x, o.unit) and (np.unique(x).size == 2 or not _varies(x[treated], cell)) for x in o.covariates.T],
        dtype=bool,
    )


def list_terms(names: tuple[str, ...], is_added: BoolArray) -> list[str]:
    """Return the terms of covariates in an equation."""
    by_cell = "π_gt·({0} − mean_g {0}) + γ_g·{0} + γ_t·{0}"
    return [("β_{0}·{0}" if added else by_cell).format(name) for name, added in zip(names, is_added, strict=True)]


def _varies(x: FloatArray, group: IntArray) -> bool:
    """Whether a column has more than one value in some group."""
    order = np.lexsort((x, group))
    return bool(((np.diff(x[order]) != 0) & (np.diff(group[order]) == 0)).any())


def center_covariates(o: Observations) -> FloatArray:
    """Return covariates less their cohort's mean, shape (n_rows, n_covariates)."""
    cohort = np.unique(o.unit_onset, return_inverse=True)[1][o.unit]
    weights = o.row_weights
    total = np.bincount(cohort, weights)
    means = [np.bincount(cohort, weights * x) / total for x in o.covariates.T]
    return o.covariates - np.column_stack([np.empty((o.n_rows, 0)), *(m[cohort] for m in means)])


@dataclass(frozen=True, slots=True, eq=False)
class Interactions:
    """Regressors made of covariates."""

    columns: FloatArray  # (n_rows, n_columns): cells first, in their order, covariate by covariate
    covariate: IntArray  # (n_columns,): position of the covariate that each column is made of
    deviations: FloatArray  # (n_rows, n_by_cell): what the cells are multiplied by

    def silent(self, slopes: FloatArray, names: tuple[str, ...]) -> tuple[Dropped, ...]:
        """List covariates none of whose columns has a slope.

        ``slopes`` (n_columns,): zero where collinear; ``names``: of the covariates.
        """
        lost = [n for k, n in enumerate(names) if not slopes[self.covariate == k].any()]
        sentence = Text("estimators.covariates-silent")
        return tuple(Dropped("collinear", sentence, 0, 0, (name,)) for name in lost)


def build_interactions(
    o: Observations, of_row: IntArray, is_added: BoolArray, fixed: dict[str, float] | None = None
) -> Interactions:
    """Return the covariates' regressors (Wooldridge 2021, section 5), collinear ones among them.

    Each added covariate as it is; each other with every cell (in deviations from its cohort's mean), with every
    cohort, and with every period.

    ``of_row`` (n_rows,): cell of each row, -1 outside; ``is_added`` (n_covariates,); ``fixed``: covariates whose
    deviations are from this value, so that a cell's effect is the one at it.
    """
    by_cell, added = np.flatnonzero(~is_added), np.flatnonzero(is_added)
    deviations = center_covariates(o)
    for name, value in (fixed or {}).items():
        k = o.covariate_names.index(name)
        deviations[:, k] = o.covariates[:, k] - value
    parts = [np.empty((o.n_rows, 0))]
    if by_cell.size:
        cells = (of_row[:, None] == np.arange(int(of_row.max()) + 1)).astype(np.float64)
        parts += [cells * deviations[:, [k]] for k in by_cell]
        levels = np.hstack([o.onset[:, None] == np.unique(o.unit_onset), o.period[:, None] == o.periods[1:]])
        parts += [levels * o.covariates[:, [k]] for k in by_cell]
    parts.append(o.covariates[:, added])
    sizes = np.array([part.shape[1] for part in parts[1:-1]], dtype=np.int64)
    covariate = np.concatenate([np.repeat(np.tile(by_cell, 2), sizes), added])
    return Interactions(np.hstack(parts), covariate, deviations[:, by_cell])
