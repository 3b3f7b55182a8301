"""Imputation on the same rows under many treatments: from one factor of the effects, or from cohorts' means alone."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import cho_solve

from twintrade.design import Design, Observations
from twintrade.effects import CohortEffects, Estimate, Sample
from twintrade.effects.labels import POOLED
from twintrade.errors import EstimationError
from twintrade.estimators.repeating.repeated import WITHOUT, Repeated
from twintrade.numerics.absorption import Annihilator, build_annihilator, solve_normal_equations
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray

NULL = 1e-9
CLEAR = 1e-6
MOST_AFFECTED = 1_500
"""Affected rows up to which solving their block of Q is cheaper than imputing anew."""


def estimate_imputations(shared: Repeated, design: Design) -> list[Estimate] | None:
    """Return imputation's cells and leads, one estimate an outcome; None where the treatment needs a refit.

    Raises
    ------
    EstimationError
        No treated row can be imputed.
    """
    affected = shared.affected(design)
    if affected is None:
        return None
    positions, part = affected
    return _cells_and_leads(shared.q, shared.applied, positions, part, np.ones(positions.size), shared.sample)


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """What all treatments share on a complete panel with unit and period effects: imputing cohorts' means is enough.

    Attributes
    ----------
    shared : Repeated
    outcomes : FloatArray, shape (n_units, n_periods, n_outcomes)
    total : FloatArray, shape (n_periods, n_outcomes)
    """

    shared: Repeated
    outcomes: FloatArray
    total: FloatArray

    def imputed(self, design: Design) -> list[Estimate] | None:
        """Return cells and leads, one estimate an outcome; None where the treatment needs a refit."""
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
        return self._of_cohorts(onset, counts, sums / counts[:, None, None])

    def _of_cohorts(self, onset: FloatArray, counts: FloatArray, means: FloatArray) -> list[Estimate]:
        periods = self.shared.o.periods
        n = periods.size
        weights = np.repeat(counts, n)
        unit, column = np.repeat(np.arange(onset.size), n), np.tile(np.arange(n), onset.size)
        q = build_annihilator([unit, column], np.empty((unit.size, 0)), weights)
        assert q is not None
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
            weights=weights[:k],
        )
        applied = q.applied(means.reshape(unit.size, -1))
        return _cells_and_leads(q, applied, positions, part, weights[:k], self.shared.sample)


def compute_means(shared: Repeated, outcomes: FloatArray) -> Means | None:
    """Return the cohorts' path, or None where rows cannot be summed into cohorts without loss."""
    o = shared.o
    is_plain = o.is_complete and o.weights is None and not o.covariate_names
    if not is_plain or set(o.effect_names) != {"unit", "period"}:
        return None
    wide = outcomes.reshape(o.n_units, o.periods.size, -1)
    return Means(shared, wide, wide.sum(axis=0))


def _cells_and_leads(
    q: Annihilator, applied: FloatArray, positions: IntArray, part: Observations, sizes: FloatArray, sample: Sample
) -> list[Estimate]:
    """Solve for the effects of affected rows and pool them by cohort and event time.

    Imputing affected rows from the others is regressing on one dummy for each of them, so their effects solve the
    block of Q that belongs to them; a row is identified where the null space of that block does not touch it.
    """
    inside = np.flatnonzero(part.is_affected)
    affected = positions[inside]
    block = _factored(q.block(affected, affected), q.weights[affected])
    known = block.known
    if not part.is_treated[inside[known]].any():
        raise EstimationError("no treated row can be imputed from untreated ones")
    rows = inside[known]
    cohort, event_time = part.onset[rows].astype(np.int64), part.event_time[rows]
    weights = part.row_weights[rows]
    low = int(event_time.min())
    span = int(event_time.max()) - low + 1
    keys, code = np.unique(cohort * span + event_time - low, return_inverse=True)
    total = np.bincount(code, weights)
    tau = block.solve(applied[affected])
    times, early = _leads(q, applied, positions, part, affected, block, tau)
    counts = np.bincount(code, sizes[rows])
    cells = [np.bincount(code, weights * column) / total for column in tau[known].T]
    event_times = np.concatenate([times, keys % span + low])
    cohorts = np.concatenate([np.full(times.size, POOLED), keys // span])
    ones = np.ones(times.size)
    return [
        CohortEffects.of(
            part,
            (cohorts, event_times),
            np.concatenate([early[:, k], cell]),
            WITHOUT,
            sample=sample,
            n_units=np.concatenate([ones, counts]).astype(np.int64),
            base="imputation leads",
            cell_weights=np.concatenate([ones, total]),
        )
        for k, cell in enumerate(cells)
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """The block of Q of the affected rows.

    Attributes
    ----------
    factor : FloatArray
        Its Cholesky factor where it has full rank, else its pseudo-inverse.
    is_definite : bool
    known : BoolArray
        Rows that its null space does not touch.
    """

    factor: FloatArray
    is_definite: bool
    known: BoolArray

    def solve(self, right: FloatArray) -> FloatArray:
        """Return the pseudo-inverse times columns."""
        if self.is_definite:
            return np.asarray(cho_solve((self.factor, True), right, check_finite=False))
        return np.asarray(self.factor @ right)


def _factored(block: FloatArray, weights: FloatArray) -> _Block:
    try:
        factor = np.linalg.cholesky(block).astype(np.float64)
        if (np.diag(factor) ** 2 > CLEAR * weights).all():
            return _Block(factor, True, np.ones(weights.size, dtype=bool))
    except np.linalg.LinAlgError:
        pass
    values, vectors = np.linalg.eigh(block)
    scale = float(values.max(initial=0.0))
    is_null = values <= NULL * scale
    kept = vectors[:, ~is_null]
    touched = (vectors[:, is_null] ** 2).sum(axis=1)
    return _Block((kept / values[~is_null]) @ kept.T, False, np.asarray(touched < 1e-12))


def _leads(
    q: Annihilator,
    applied: FloatArray,
    positions: IntArray,
    part: Observations,
    affected: IntArray,
    block: _Block,
    tau: FloatArray,
) -> tuple[IntArray, FloatArray]:
    """Regress unaffected rows on dummies of pre-periods: Q without the affected rows, by Schur complement."""
    free = ~part.is_affected
    observed = np.unique(part.event_time[free])
    times = observed[observed >= part.window[0]]
    if times.size and times[0] == observed[0]:
        times = times[1:]
    if times.size == 0:
        return times, np.zeros((0, applied.shape[1]))
    times = times[::-1]
    inside = np.flatnonzero(free & (part.event_time >= times.min()))
    rows = positions[inside]
    columns = (part.event_time[inside, None] == times).astype(np.float64)
    cross = q.crossed(rows, columns, affected)
    gram = q.gram(rows, columns) - cross @ block.solve(cross.T)
    right = columns.T @ applied[rows] - cross @ tau
    norms = (q.weights[rows][:, None] * columns).sum(axis=0)
    try:
        kept, coefficients = solve_normal_equations(gram, right, norms)
    except EstimationError:
        return times[:0], np.zeros((0, applied.shape[1]))
    order = np.argsort(times[kept])
    return times[kept][order], coefficients[order]
