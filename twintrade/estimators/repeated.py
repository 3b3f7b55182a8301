"""Linear estimates on the same rows under many treatments: the fixed effects are factored once, for all of them."""

from dataclasses import dataclass

import numpy as np

from twintrade.design import Design, Observations
from twintrade.effects import CohortEffects, Estimate, EventStudy, RefitOnly, Sample
from twintrade.effects.cohort_effects import POOLED
from twintrade.errors import EstimationError
from twintrade.estimators.event_terms import NO_TERM, Shape, Terms, follows_event_time, terms
from twintrade.numerics.annihilator import Annihilator, annihilator, solved
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray

NULL = 1e-9
MOST_AFFECTED = 200
"""Affected rows up to which solving their block of Q is cheaper than imputing anew."""
WITHOUT = RefitOnly("point estimates made for resampling carry no influence")


@dataclass(frozen=True, slots=True, eq=False)
class Repeated:
    """What all treatments share.

    Attributes
    ----------
    rows : IntArray, shape (n_rows,)
        Of the panel; a treatment that changes them needs a refit.
    q : Annihilator
    applied : FloatArray, shape (n_rows, n_outcomes)
        Q times the outcomes.
    sample : Sample
        Of the design it was made for: the rows are the same under every treatment.
    """

    rows: IntArray
    q: Annihilator
    applied: FloatArray
    sample: Sample

    def has_rows_of(self, o: Observations) -> bool:
        """Whether a re-assigned design observes the same rows."""
        return bool(np.array_equal(o.rows, self.rows))


def repeated(design: Design, outcomes: FloatArray) -> Repeated | None:
    """Factor a design's effects and covariates; None where the panel is too large for it."""
    o = design.observations
    q = annihilator(o.effect_codes(), o.covariates, o.weights)
    return None if q is None else Repeated(o.rows, q, q.applied(outcomes), o.sample())


def regressed(shared: Repeated, design: Design, shape: Shape) -> list[Estimate]:
    """Return the regression's effects, one estimate an outcome.

    Raises
    ------
    EstimationError
        The effects absorb the treatment, or the reference is not observed.
    """
    o = design.observations
    model = terms(o, shape)
    columns = model.columns[:, : model.columns.shape[1] - o.covariates.shape[1]]
    has_terms = model.clipped != NO_TERM if model.event_times is not None else columns.any(axis=1)
    rows = np.flatnonzero(has_terms)
    inside = columns[rows]
    norms = (shared.q.weights[rows][:, None] * inside**2).sum(axis=0)
    kept, coefficients = solved(shared.q.gram(rows, inside), inside.T @ shared.applied[rows], norms)
    is_reported = kept < model.n_reported
    if not is_reported.any():
        raise EstimationError("the treatment is not identified: the fixed effects absorb it")
    kept, coefficients = kept[is_reported], coefficients[is_reported]
    return [_slopes(o, model, kept, column, shared.sample) for column in coefficients.T]


def _slopes(o: Observations, model: Terms, kept: IntArray, coefficients: FloatArray, sample: Sample) -> Estimate:
    if model.event_times is None:
        counts = np.array([int((model.clipped == 0).sum())])
        return Estimate(
            effects=coefficients,
            uncertainty=WITHOUT,
            scale=o.design.scale,
            sample=sample,
            names=("after onset",),
            n_units=counts,
            n_cells=counts,
        )
    times = np.append(model.event_times[kept], o.design.reference)
    order = np.argsort(times)
    times, effects = times[order], np.append(coefficients, 0.0)[order]
    followed = model.clipped[model.clipped != NO_TERM]
    counts = (followed[:, None] == times).sum(axis=0)
    return EventStudy(
        effects=effects,
        uncertainty=WITHOUT,
        scale=o.design.scale,
        sample=sample,
        names=tuple(f"{e:+d}" for e in times),
        n_units=counts,
        n_cells=counts,
        base="universal",
        event_times=times,
        reference=o.design.reference,
        binned=model.binned,
        anticipation=o.design.anticipation,
    )


def imputed(shared: Repeated, design: Design) -> list[Estimate]:
    """Return imputation's cells and leads, one estimate an outcome.

    Imputing affected rows from the others is regressing on one dummy for each of them, so their effects solve the
    block of Q that belongs to them; a row is identified where the null space of that block does not touch it.

    Raises
    ------
    EstimationError
        No treated row can be imputed.
    """
    o = design.observations
    affected = np.flatnonzero(o.is_affected)
    inverse, known = _inverse(shared.q.block(affected, affected))
    if not o.is_treated[affected[known]].any():
        raise EstimationError("no treated row can be imputed from untreated ones")
    rows = affected[known]
    cohort, event_time = o.onset[rows].astype(np.int64), o.event_time[rows]
    weights = np.ones(rows.size) if o.weights is None else o.weights[rows]
    low = int(event_time.min())
    span = int(event_time.max()) - low + 1
    keys, code = np.unique(cohort * span + event_time - low, return_inverse=True)
    total = np.bincount(code, weights)
    tau = (inverse @ shared.applied[affected])[known]
    times, early = _leads(shared, o, affected, inverse)
    counts = np.bincount(code)
    cells = [np.bincount(code, weights * column) / total for column in tau.T]
    event_times = np.concatenate([times, keys % span + low])
    cohorts = np.concatenate([np.full(times.size, POOLED), keys // span])
    ones = np.ones(times.size)
    return [
        CohortEffects(
            effects=np.concatenate([early[:, k], cell]),
            uncertainty=WITHOUT,
            scale=design.scale,
            sample=shared.sample,
            names=tuple(f"{'all' if g == POOLED else g}, {e:+d}" for g, e in zip(cohorts, event_times, strict=True)),
            n_units=np.concatenate([ones, counts]).astype(np.int64),
            n_cells=np.concatenate([ones, counts]).astype(np.int64),
            base="imputation leads",
            cohorts=cohorts,
            event_times=event_times,
            cell_weights=np.concatenate([ones, total]),
            reference=None,
            anticipation=design.anticipation,
        )
        for k, cell in enumerate(cells)
    ]


def _inverse(block: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Return the pseudo-inverse of a block of Q, and which of its rows the null space does not touch."""
    values, vectors = np.linalg.eigh(block)
    scale = float(values.max(initial=0.0))
    is_null = values <= NULL * scale
    kept = vectors[:, ~is_null]
    touched = (vectors[:, is_null] ** 2).sum(axis=1)
    return (kept / values[~is_null]) @ kept.T, np.asarray(touched < 1e-12)


def _leads(shared: Repeated, o: Observations, affected: IntArray, inverse: FloatArray) -> tuple[IntArray, FloatArray]:
    """Regress unaffected rows on dummies of pre-periods: Q without the affected rows, by Schur complement."""
    free = ~o.is_affected & follows_event_time(o)
    observed = np.unique(o.event_time[free])
    times = observed[observed >= o.design.window[0]]
    if times.size and times[0] == observed[0]:
        times = times[1:]
    if times.size == 0:
        return times, np.zeros((0, shared.applied.shape[1]))
    times = times[::-1]
    rows = np.flatnonzero(free & (o.event_time >= times.min()))
    columns = (o.event_time[rows, None] == times).astype(np.float64)
    cross = columns.T @ shared.q.block(rows, affected)
    gram = shared.q.gram(rows, columns) - cross @ inverse @ cross.T
    right = columns.T @ shared.applied[rows] - cross @ (inverse @ shared.applied[affected])
    norms = (shared.q.weights[rows][:, None] * columns).sum(axis=0)
    try:
        kept, coefficients = solved(gram, right, norms)
    except EstimationError:
        return times[:0], np.zeros((0, shared.applied.shape[1]))
    order = np.argsort(times[kept])
    return times[kept][order], coefficients[order]
