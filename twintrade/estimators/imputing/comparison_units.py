"""What an imputed overall effect becomes without some of the units that are never treated in the sample."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twintrade.design import Design
from twintrade.estimators.imputing.cells import Measure
from twintrade.estimators.imputing.log_ratios import impute_log_ratio
from twintrade.estimators.imputing.untreated_outcomes import Counterfactual, fit_counterfactual
from twintrade.estimators.regression import Family
from twintrade.numerics.absorption import build_annihilator
from twintrade.numerics.arrays import FloatArray, compact
from twintrade.numerics.linear import Removals, Removed, compute_single_removals, prepare_removals

MOST_UNITS, MOST_STEPPED = 100, 40
"""Units that may be left out together: those of an exact computation, and those of one Newton step."""
MOST_ROWS = 2_500


@dataclass(frozen=True, slots=True, eq=False)
class ComparisonUnits:
    """Untreated units with what leaving each of them out does to the overall effect."""

    names: tuple[str, ...]  # untreated units, by how far the effect moves without them, the farthest first
    # (n_units,): of the overall effect, for ratios of its logarithm, without each; NaN where it cannot be imputed
    # then
    changes: FloatArray
    removals: Removals  # of the first units, as many as can be left out together at a bearable cost
    is_exact: bool  # whether changes are those of a refit; for Poisson they are one Newton step
    effect: float
    is_percent: bool

    @property
    def has_all(self) -> bool:
        """Whether all units can be left out together with others."""
        return len(self.removals.members) == len(self.names)

    def apply(self, change: float) -> float:
        """Return the overall effect after a change."""
        if not self.is_percent:
            return self.effect + change
        return float(100 * ((1 + self.effect / 100) * np.exp(change) - 1))

    def name_units(self, groups: Sequence[int]) -> tuple[str, ...]:
        """Return the names of some units."""
        return tuple(self.names[g] for g in groups)

    def find_extreme_pairs(self) -> tuple[Removed, Removed]:
        """Return the two units without which the effect is lowest, and those without which it is highest."""
        low, high = self.removals.find_extreme_pairs()
        return _turned(high), _turned(low)

    def remove_greedily(self, sign: int, most: int) -> list[Removed]:
        """Return sets of 1, 2, ... units, each next one the unit that moves the effect farthest one way."""
        return [_turned(one) for one in self.removals.remove_greedily(-sign, most)]


def _turned(one: Removed) -> Removed:
    """Turn a change of the imputed sum into that of the effect."""
    return Removed(one.groups, -one.change)


def prepare_comparison_units(
    design: Design, family: Family, measure: Measure | None, effect: float
) -> ComparisonUnits:
    """Return the units never treated in the sample, with what leaving each out does to an imputed overall effect.

    ``measure``: as of ``Imputation``; ``effect``: the overall effect.
    """
    o = design.observations
    c = fit_counterfactual(o, family, is_refit=True)
    added = _weigh_predictors(c, family, measure)
    weights = c.projection_weights(added[:, None])[:, 0]
    q = build_annihilator(
        [compact(code) for code in c.codes_fit],
        o.covariates[c.fit_rows],
        o.row_weights[c.fit_rows] if c.weights is None else c.weights,
    )
    unit = o.unit[c.fit_rows]
    units = np.flatnonzero(~o.is_ever_treated & (np.bincount(unit, minlength=o.n_units) > 0))
    members = [np.flatnonzero(unit == u) for u in units]
    changes = -compute_single_removals(q, members, weights, c.residuals)
    order = np.argsort(-np.abs(np.nan_to_num(changes)), kind="stable")
    size = np.cumsum([members[k].size for k in order])
    most = MOST_UNITS if family == "linear" else MOST_STEPPED
    chosen = order[: min(most, int((size <= MOST_ROWS).sum()))]
    return ComparisonUnits(
        names=tuple(str(o.unit_ids[units[k]]) for k in order),
        changes=changes[order],
        removals=prepare_removals(q, [members[k] for k in chosen], weights, c.residuals),
        is_exact=family == "linear",
        effect=effect,
        is_percent=measure == "percent",
    )


def _weigh_predictors(c: Counterfactual, family: Family, measure: Measure | None) -> FloatArray:
    """Return the weight of each imputed row's linear predictor in the overall effect, shape (n_new,)."""
    o = c.o
    w = np.where(o.is_treated[c.rows], o.row_weights[c.rows], 0.0)
    if family == "linear":
        return np.asarray(w / w.sum())
    imputed = w * c.predicted
    if measure == "difference":
        return np.asarray(imputed / w.sum())
    if measure == "percent":
        return np.asarray(imputed / imputed.sum())
    return impute_log_ratio(c).shares
