"""Imputation on the same complete panel under many treatments, from cohorts' means alone."""

from dataclasses import dataclass, replace

import numpy as np

from twintrade.design import Design
from twintrade.effects import Estimate
from twintrade.estimators.repeating.repeated import Repeated
from twintrade.estimators.repeating.repeated_imputation import build_cell_effects, estimate_imputations, solve_block
from twintrade.numerics.absorption import write_out_complete
from twintrade.numerics.arrays import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """What all treatments share on a complete two-way panel, where imputing cohorts' means is enough."""

    shared: Repeated
    outcomes: FloatArray  # (n_units, n_periods, n_outcomes)
    total: FloatArray  # (n_periods, n_outcomes)

    def imputed(self, design: Design, *, has_leads: bool = True) -> Estimate | None:
        """Return cells and leads; None where the treatment needs a refit."""
        if design.kept is not self.shared.kept:
            return estimate_imputations(self.shared, design, has_leads=has_leads)
        affected = self.shared.affected(design)
        if affected is None:
            return None
        part = affected[1]
        units = np.searchsorted(self.shared.o.unit_rows, part.unit_rows)
        onset, code = np.unique(part.unit_onset, return_inverse=True)
        counts = np.bincount(code).astype(np.float64)
        member = (code == np.arange(onset.size)[:, None]).astype(np.float64)
        sums = np.tensordot(member, self.outcomes[units], axes=1)
        rest = self.outcomes.shape[0] - units.size
        if rest:
            onset, counts = np.append(onset, np.inf), np.append(counts, rest)
            sums = np.concatenate([sums, (self.total - sums.sum(axis=0))[None]])
        return self._of_cohorts(onset, counts, sums / counts[:, None, None], has_leads)

    def _of_cohorts(self, onset: FloatArray, counts: FloatArray, means: FloatArray, has_leads: bool) -> Estimate:
        periods = self.shared.o.periods
        n = periods.size
        unit, column = np.repeat(np.arange(onset.size), n), np.tile(np.arange(n), onset.size)
        q = write_out_complete(counts, n)
        positions = np.arange(int(np.isfinite(onset).sum()) * n)
        k = positions.size
        part = replace(
            self.shared.o,
            rows=positions,
            y=np.zeros(k),
            unit=unit[:k],
            unit_ids=np.arange(onset.size).astype(object),
            unit_rows=np.arange(onset.size),
            period=periods[column[:k]],
            unit_onset=onset,
            covariates=np.empty((k, 0)),
            weights=q.weights[:k],
        )
        applied = q.applied(means.reshape(unit.size, -1))
        imputed = solve_block(q, applied, positions[part.is_affected])
        return build_cell_effects(imputed, positions, part, q.weights[:k], self.shared.sample, has_leads)


def compute_means(shared: Repeated, outcomes: FloatArray) -> Means | None:
    """Return the cohorts' path, or None where rows cannot be summed into cohorts without loss."""
    o = shared.o
    is_plain = o.is_complete and o.weights is None and not o.covariate_names
    if not is_plain or set(o.effect_names) != {"unit", "period"}:
        return None
    wide = outcomes.reshape(o.n_units, o.periods.size, -1)
    return Means(shared, wide, wide.sum(axis=0))
