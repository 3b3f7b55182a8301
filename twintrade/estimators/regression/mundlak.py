"""How covariates enter a saturated regression: by period, by cohort, and in deviations with every cell."""

from dataclasses import dataclass

import numpy as np

from twintrade.design import Observations
from twintrade.effects import Dropped
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.text import Text


def center_covariates(o: Observations) -> FloatArray:
    """Return covariates less their cohort's mean, shape (n_rows, n_covariates)."""
    cohort = np.unique(o.unit_onset, return_inverse=True)[1][o.unit]
    weights = o.row_weights
    total = np.bincount(cohort, weights)
    means = [np.bincount(cohort, weights * x) / total for x in o.covariates.T]
    return o.covariates - np.column_stack([np.empty((o.n_rows, 0)), *(m[cohort] for m in means)])


@dataclass(frozen=True, slots=True, eq=False)
class Interactions:
    """Regressors made of covariates.

    Attributes
    ----------
    columns : FloatArray, shape (n_rows, n_columns)
        Cells first, in their order, covariate by covariate.
    covariate : IntArray, shape (n_columns,)
        Position of the covariate that each column is made of.
    """

    columns: FloatArray
    covariate: IntArray

    def silent(self, slopes: FloatArray, names: tuple[str, ...]) -> tuple[Dropped, ...]:
        """List covariates none of whose columns has a slope.

        Parameters
        ----------
        slopes : FloatArray, shape (n_columns,)
            Zero where collinear.
        names : tuple of str
            Of the covariates.
        """
        lost = [n for k, n in enumerate(names) if not slopes[self.covariate == k].any()]
        sentence = Text("estimators.covariates-silent")
        return tuple(Dropped("collinear", sentence, 0, 0, (name,)) for name in lost)


def build_interactions(
    o: Observations, of_row: IntArray, *, has_units: bool, fixed: dict[str, float] | None = None
) -> Interactions:
    """Return the covariates' regressors (Wooldridge 2021, section 5), collinear ones among them.

    Each covariate with every cell (in deviations from its cohort's mean), with every period, and, where units
    have no effect of their own, with every cohort.

    Parameters
    ----------
    o : Observations
    of_row : IntArray, shape (n_rows,)
        Cell of each row, -1 outside.
    has_units : bool
        Whether unit effects are absorbed.
    fixed : dict of str to float, optional
        Covariates whose deviations are from this value, so that a cell's effect is the one at it.
    """
    n = o.covariates.shape[1]
    if n == 0:
        return Interactions(np.empty((o.n_rows, 0)), np.empty(0, dtype=np.int64))
    cells = (of_row[:, None] == np.arange(int(of_row.max()) + 1)).astype(np.float64)
    periods = (o.period[:, None] == o.periods[1:]).astype(np.float64)
    cohorts = (o.onset[:, None] == np.unique(o.unit_onset)).astype(np.float64)
    deviations = center_covariates(o)
    for name, value in (fixed or {}).items():
        k = o.covariate_names.index(name)
        deviations[:, k] = o.covariates[:, k] - value
    parts = [cells * deviations[:, [k]] for k in range(deviations.shape[1])]
    for k in range(deviations.shape[1]):
        x = o.covariates[:, [k]]
        parts += [x, periods * x] if has_units else [cohorts * x, periods * x]
    interactions = [(k, cells.shape[1]) for k in range(n)]
    interactions += [(k, periods.shape[1] + (1 if has_units else cohorts.shape[1])) for k in range(n)]
    return Interactions(np.hstack(parts), np.concatenate([np.full(size, k) for k, size in interactions]))
