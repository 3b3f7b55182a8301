"""Outcomes of treated units in total, beside what they are imputed to have been without the agreement."""

from dataclasses import dataclass

import numpy as np

from twintrade.design import Design
from twintrade.estimators.imputing.untreated_outcomes import fit_counterfactual
from twintrade.numerics.arrays import FloatArray, IntArray, sum_by_group


@dataclass(frozen=True, slots=True, eq=False)
class TreatedTotals:
    """Sums over the treated rows of each unit that can be imputed, by sampling weight where rows have one."""

    units: tuple[str, ...]  # largest imputed total first
    # observed, imputed: (n_units,)
    observed: FloatArray
    imputed: FloatArray

    @property
    def shares(self) -> FloatArray:
        """Share of each unit in the imputed total."""
        return np.asarray(self.imputed / self.imputed.sum())

    @property
    def n_effective(self) -> float:
        """One over the sum of squared shares: how many units of equal size would weigh as these do."""
        return float(1 / (self.shares**2).sum())

    def percent(self, left_out: int | None = None) -> float:
        """Return the percent change of the total, of all units or without one of them."""
        used = np.arange(self.imputed.size) != (-1 if left_out is None else left_out)
        return float(100 * (self.observed[used].sum() / self.imputed[used].sum() - 1))


@dataclass(frozen=True, slots=True, eq=False)
class TreatedRows:
    """Treated rows that Poisson can impute from untreated ones; outcomes by sampling weight, if there is one."""

    design: Design
    rows: IntArray  # (n_rows,): positions in the observations
    # observed, imputed: (n_rows,)
    observed: FloatArray
    imputed: FloatArray

    def sum_by(self, codes: IntArray, n: int) -> tuple[FloatArray, FloatArray]:
        """Return observed and imputed outcomes by a code of the observations, each of shape (n,)."""
        at = codes[self.rows]
        return sum_by_group(self.observed, at, n), sum_by_group(self.imputed, at, n)


def impute_treated_rows(design: Design) -> TreatedRows:
    """Impute treated rows by Poisson from untreated ones."""
    o = design.observations
    c = fit_counterfactual(o, "poisson")
    is_after = o.is_treated[c.rows]
    rows = c.rows[is_after]
    weights = o.row_weights[rows]
    return TreatedRows(design, rows, weights * o.y[rows], weights * c.predicted[is_after])


def impute_treated_totals(design: Design) -> TreatedTotals:
    """Sum treated rows, and what they are imputed to have been, within units."""
    o, imputed_rows = design.observations, impute_treated_rows(design)
    observed, imputed = imputed_rows.sum_by(o.unit, o.n_units)
    present = np.unique(o.unit[imputed_rows.rows])
    order = present[np.argsort(-imputed[present], kind="stable")]
    return TreatedTotals(tuple(str(u) for u in o.unit_ids[order]), observed[order], imputed[order])
