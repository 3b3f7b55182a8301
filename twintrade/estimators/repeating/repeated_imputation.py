"""Imputation on the same rows under many treatments, from one factor of the effects."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy

from twintrade.design import Design, Observations
from twintrade.effects import CohortEffects, Estimate, PointsOnly, Sample
from twintrade.effects.regression import POOLED
from twintrade.errors import EstimationError
from twintrade.estimators.repeating.repeated import Repeated
from twintrade.numerics.absorption import Annihilator, WrittenOut, solve_normal_equations, write_out_complete
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray

NULL = 1e-9
CLEAR = 1e-6
MOST_AFFECTED = 500
"""Affected rows up to which solving their block of Q is cheaper than factoring the other rows anew."""


def estimate_imputations(shared: Repeated, design: Design, *, has_leads: bool = True) -> Estimate | None:
    """Return imputation's cells and leads; None where the treatment needs a refit.

    Rows that the design leaves out are imputed like treated ones, and not counted.
    """
    taken = shared.find_rows(design)
    if taken is None:
        return None
    positions, part, lost = taken
    rows = np.concatenate([positions[part.is_affected], _take_out(shared.o, lost)])
    is_many = rows.size > MOST_AFFECTED
    imputed = _impute_anew(shared, rows) if is_many else solve_block(shared.q, shared.applied, rows)
    return build_cell_effects(imputed, positions, part, np.ones(positions.size), shared.sample, has_leads)


def _take_out(o: Observations, lost: IntArray) -> IntArray:
    """Return the rows to impute so that all lost ones are without influence.

    With one row left, a unit that has an effect of its own is without any; so the equations keep full rank.
    """
    if not lost.size or "unit" not in o.effect_names:
        return lost
    is_gone = np.bincount(o.unit[lost], minlength=o.n_units) == np.bincount(o.unit)
    is_first = np.diff(o.unit[lost], prepend=-1) != 0
    return np.asarray(lost[~(is_first & is_gone[o.unit[lost]])])


def weigh_imputed(shared: Repeated, design: Design) -> FloatArray | None:
    """Return the rows' weights in the average imputed effect under a treatment, None where it needs a refit.

    Effects of affected rows solve their block of Q, and so do the weights: Q times what the average takes of each.

    Returns (n_rows,).
    """
    affected = shared.affected(design)
    if affected is None:
        return None
    positions, part = affected
    inside = np.flatnonzero(part.is_affected)
    if inside.size > MOST_AFFECTED:
        return None
    solved = solve_block(shared.q, shared.applied, positions[inside])
    counted = np.where(part.is_treated[inside] & solved.known, part.row_weights[inside], 0.0)
    if not counted.any():
        return None
    return shared.apply_to(positions[inside], solved.solve(counted[:, None] / counted.sum()))[:, 0]


def build_cell_effects(
    imputed: "_Solved | _Weightless",
    positions: IntArray,
    part: Observations,
    sizes: FloatArray,
    sample: Sample,
    has_leads: bool,
) -> Estimate:
    """Pool the effects of affected rows by cohort and event time, and put leads before them."""
    inside = np.flatnonzero(part.is_affected)
    known, effects = imputed.known[: inside.size], imputed.effects[: inside.size]
    if not part.is_treated[inside[known]].any():
        raise EstimationError("no treated row can be imputed from untreated ones")
    rows = inside[known]
    cohort, event_time = part.onset[rows].astype(np.int64), part.event_time[rows]
    weights = part.row_weights[rows]
    low = int(event_time.min())
    span = int(event_time.max()) - low + 1
    keys, code = np.unique(cohort * span + event_time - low, return_inverse=True)
    total = np.bincount(code, weights)
    times, early = np.empty(0, dtype=np.int64), np.zeros((0, effects.shape[1]))
    if has_leads:
        times, early = _leads(imputed, positions, part)
    counts = np.bincount(code, sizes[rows])
    cells = [np.bincount(code, weights * column) / total for column in effects[known].T]
    averages = np.concatenate([early, np.column_stack(cells)])
    event_times = np.concatenate([times, keys % span + low])
    cohorts = np.concatenate([np.full(times.size, POOLED), keys // span])
    ones = np.ones(times.size)
    return CohortEffects.of(
        part,
        (cohorts, event_times),
        averages[:, 0],
        PointsOnly(others=averages[:, 1:].T),
        sample=sample,
        n_units=np.concatenate([ones, counts]).astype(np.int64),
        base="imputation leads",
        cell_weights=np.concatenate([ones, total]),
    )


@dataclass(frozen=True, eq=False)
class _Solved:
    """Effects of affected rows from the block of Q that belongs to them.

    Imputing affected rows from the others is regressing on one dummy for each of them, so their effects solve the
    block; a row is identified where the null space of the block does not touch it.
    """

    q: Annihilator | WrittenOut
    applied: FloatArray  # (n_rows, n_outcomes)
    affected: IntArray  # (n_affected,)
    factor: FloatArray  # the block's Cholesky factor where it has full rank, else its pseudo-inverse
    is_definite: bool
    known: BoolArray  # (n_affected,)

    @cached_property
    def effects(self) -> FloatArray:
        """Effects by row, shape (n_affected, n_outcomes)."""
        return self.solve(self.applied[self.affected])

    def regress(self, rows: IntArray, columns: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the normal equations of columns among the unaffected rows: Q without the others, by complement."""
        gram, cross = self.q.cross(rows, columns, self.affected)
        return gram - cross @ self.solve(cross.T), columns.T @ self.applied[rows] - cross @ self.effects

    def solve(self, right: FloatArray) -> FloatArray:
        """Solve the block for columns, shape (n_affected, k)."""
        if self.is_definite:
            return np.asarray(scipy.linalg.cho_solve((self.factor, True), right, check_finite=False))
        return np.asarray(self.factor @ right)


@dataclass(frozen=True, slots=True, eq=False)
class _Weightless:
    """Effects of affected rows from a factor of the others, in which they have no weight."""

    q: Annihilator
    net: FloatArray  # (n_rows, n_outcomes): outcomes less what the unaffected rows predict
    effects: FloatArray  # (n_affected, n_outcomes)
    known: BoolArray  # (n_affected,)

    def regress(self, rows: IntArray, columns: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the normal equations of columns among the unaffected rows."""
        return self.q.gram(rows, columns), columns.T @ (self.q.weights[rows][:, None] * self.net[rows])


def _impute_anew(shared: Repeated, affected: IntArray) -> _Weightless:
    weights = shared.q.weights.copy()
    weights[affected] = 0.0
    q = shared.q.reweighted(weights)
    net = q.residualize(shared.net)
    return _Weightless(q, net, net[affected], q.find_determined(affected))


def solve_block(q: Annihilator | WrittenOut, applied: FloatArray, affected: IntArray) -> _Solved:
    """Impute affected rows, whose block of Q times their effects is Q times the outcomes."""
    block, weights = q.block(affected, affected), q.weights[affected]
    try:
        factor = np.linalg.cholesky(block).astype(np.float64)
        if (np.diag(factor) ** 2 > CLEAR * weights).all():
            return _Solved(q, applied, affected, factor, True, np.ones(weights.size, dtype=bool))
    except np.linalg.LinAlgError:
        pass
    values, vectors = np.linalg.eigh(block)
    scale = float(values.max(initial=0.0))
    is_null = values <= NULL * scale
    kept = vectors[:, ~is_null]
    touched = (vectors[:, is_null] ** 2).sum(axis=1)
    inverse = (kept / values[~is_null]) @ kept.T
    return _Solved(q, applied, affected, inverse, False, np.asarray(touched < 1e-12))


def _leads(imputed: _Solved | _Weightless, positions: IntArray, part: Observations) -> tuple[IntArray, FloatArray]:
    """Regress unaffected rows on dummies of pre-periods."""
    free = ~part.is_affected
    n_outcomes = imputed.effects.shape[1]
    observed = np.unique(part.event_time[free])
    times = observed[observed >= part.window[0]]
    if times.size and times[0] == observed[0]:
        times = times[1:]
    if times.size == 0:
        return times, np.zeros((0, n_outcomes))
    times = times[::-1]
    inside = np.flatnonzero(free & (part.event_time >= times.min()))
    rows = positions[inside]
    columns = (part.event_time[inside, None] == times).astype(np.float64)
    gram, right = imputed.regress(rows, columns)
    norms = (imputed.q.weights[rows][:, None] * columns).sum(axis=0)
    try:
        kept, coefficients = solve_normal_equations(gram, right, norms)
    except EstimationError:
        return times[:0], np.zeros((0, n_outcomes))
    order = np.argsort(times[kept])
    return times[kept][order], coefficients[order]


# Imputation on the same complete panel under many treatments, from cohorts' means alone.


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
