"""From fitted slopes, linear or Poisson, to effects with their influence by unit."""

from dataclasses import replace

import numpy as np

from twintrade.design import Observations
from twintrade.effects import Dropped, Estimate, EventStudy, Sample, UnitInfluence
from twintrade.effects.estimate import Scale
from twintrade.errors import EstimationError
from twintrade.estimators.regression import event_terms
from twintrade.estimators.regression.cell_fit import (
    Slopes,
    describe_absorbing_effect,
    list_all_treated,
    list_separated_rows,
    name_determining,
)
from twintrade.estimators.regression.event_terms import Terms
from twintrade.numerics.absorption import find_singletons
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, ObjectArray
from twintrade.text import Text

# Proportional effects as mean differences of the outcome, by the delta method with the sample held fixed.


def compute_mean_differences(
    effects: FloatArray,
    influence: FloatArray,
    inside: BoolArray,
    y: FloatArray,
    scores: FloatArray,
    weights: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return how far each effect's outcomes lie on average from what they would be without it, with influence."""
    sizes = weights @ inside
    mean, ratio = (weights * y) @ inside / sizes, np.exp(-effects)
    return mean * (1 - ratio), influence * (mean * ratio) + inside * scores[:, None] * ((1 - ratio) / sizes)


EFFECTS_AT_ONCE = 8
"""Effects whose influence by row is made at once: that of a long path is as large as its regressors."""


def build_effects(
    o: Observations, terms: Terms, slopes: Slopes, scale: Scale, n_singletons: int, n_lines: int = 0
) -> EventStudy | Estimate:
    """Return the reported terms as an event study (or one static effect) with influence by unit.

    ``n_lines``: lines of units count as slopes, since clusters of units do not absorb them.
    """
    if not slopes.fit.kept.size and terms.kind == "coefficient":
        raise EstimationError(Text("estimators.no-covariate-left"))
    if not (slopes.fit.kept < terms.n_reported).any():
        why = describe_absorbing_effect(o, slopes.rows)
        raise EstimationError(Text("estimators.no-treatment", why=why, units=o.panel.unit_kind))
    if terms.event_times is not None and not (terms.clipped[slopes.rows] == o.reference).any():
        raise EstimationError(Text("estimators.no-reference-row", reference=o.reference))
    if terms.event_times is not None and any(c.column < terms.n_reported for c in slopes.fit.collinear):
        _require_joined(o, terms, slopes)
    why = Text("estimators.times-apart", reference=str(o.reference))
    apart = (Dropped("no-reference", why, 0, 0, terms.apart),) if terms.apart else ()
    sample = o.sample(
        None if slopes.rows.size == o.n_rows else slopes.rows,
        n_slopes=slopes.fit.kept.size + n_lines,
        effects=o.effect_names,
        dropped=(
            *list_separated_rows(o, slopes.separated),
            *list_second_reference(terms.second_reference),
            *apart,
            *_collinear(terms, slopes),
            *list_all_treated(o, slopes.rows),
        ),
        statistics={**slopes.statistics, "n_singletons": float(n_singletons)},
    )
    reported = np.flatnonzero(slopes.fit.kept < terms.n_reported)
    if terms.event_times is None:
        return _static(o, terms, slopes, scale, sample, reported)
    return _event_study(o, terms, slopes, scale, sample, reported)


def sum_influence_by_unit(o: Observations, rows: IntArray, values: FloatArray) -> tuple[ObjectArray, FloatArray]:
    """Sum row influence within units; rows are sorted by unit. Units without a row are left out."""
    unit = o.unit[rows]
    starts = np.flatnonzero(np.diff(unit, prepend=-1))
    return o.unit_ids[unit[starts]], np.add.reduceat(values, starts, axis=0)


def join_covariates(o: Observations, estimate: Estimate) -> Estimate:
    """Return an estimate with the coefficients of the covariates in its regression after its own effects."""
    influence = estimate.uncertainty
    if not isinstance(influence, UnitInfluence) or influence.source is None or influence.source.slopes is None:
        return estimate
    source, slopes = influence.source, influence.source.slopes
    chosen = np.flatnonzero([name in o.covariate_names for name in source.names])
    if not chosen.size:
        return estimate
    selector = np.eye(slopes.size)[:, chosen]
    values = sum_influence_by_unit(o, source.rows, replace(source, selector=selector).row_influence())[1]
    joint = replace(source, selector=np.hstack([source.selector, selector]))
    counts = np.full(chosen.size, estimate.sample.n_units), np.full(chosen.size, estimate.sample.n_rows)
    return Estimate(
        effects=np.append(estimate.effects, slopes[chosen]),
        uncertainty=UnitInfluence(influence.units, np.hstack([influence.matrix(), values]), joint),
        scale=estimate.scale,
        sample=estimate.sample,
        names=(*estimate.names, *(source.names[k] for k in chosen)),
        n_units=np.append(estimate.n_units, counts[0]),
        n_cells=np.append(estimate.n_cells, counts[1]),
        kind=estimate.kind,
        base=estimate.base,
        against=estimate.against,
    )


def count_units_and_rows(
    o: Observations, rows: IntArray, groups: IntArray, labels: IntArray
) -> tuple[IntArray, IntArray]:
    """Count units and rows whose group is each label, both of shape (n_labels,)."""
    group, unit = groups[rows], o.unit[rows]
    members = [group == label for label in labels]
    n_units = np.array([np.unique(unit[m]).size for m in members], dtype=np.int64)
    return n_units, np.array([int(m.sum()) for m in members], dtype=np.int64)


def sum_row_weights(o: Observations, rows: IntArray, groups: IntArray, labels: IntArray) -> FloatArray:
    """Sum the sampling weights of the rows whose group is each label, shape (n_labels,)."""
    group, weights = groups[rows], o.row_weights[rows]
    return np.array([weights[group == label].sum() for label in labels], dtype=np.float64)


def _uncertainty(o: Observations, terms: Terms, slopes: Slopes, selector: FloatArray) -> UnitInfluence:
    source = slopes.regression(selector, terms.names)
    parts = []
    for start in range(0, max(selector.shape[1], 1), EFFECTS_AT_ONCE):
        few = replace(source, selector=source.selector[:, start : start + EFFECTS_AT_ONCE])
        units, values = sum_influence_by_unit(o, slopes.rows, few.row_influence())
        parts.append(values)
    return UnitInfluence(units, np.hstack(parts), source)


def _event_study(
    o: Observations, terms: Terms, slopes: Slopes, scale: Scale, sample: Sample, reported: IntArray
) -> EventStudy:
    assert terms.event_times is not None
    reference = o.reference
    times = np.append(terms.event_times[slopes.fit.kept[reported]], reference)
    order = np.argsort(times)
    times = times[order]
    of_times = np.eye(slopes.fit.kept.size)[:, reported]
    selector = np.column_stack([of_times, np.zeros(len(of_times))])[:, order]
    n_units, n_cells = count_units_and_rows(o, slopes.rows, terms.clipped, times)
    determined = [c.column for c in slopes.fit.collinear if c.column < terms.n_reported]
    pinned = [int(terms.event_times[k]) for k in determined if terms.names[k] not in terms.apart]
    pinned += [] if terms.second_reference is None else [terms.second_reference]
    return EventStudy.of(
        o,
        times,
        slopes.fit.coefficients @ selector,
        _uncertainty(o, terms, slopes, selector),
        scale=scale,
        sample=sample,
        n_units=n_units,
        n_cells=n_cells,
        reference=reference,
        binned=terms.binned,
        pinned=tuple(sorted(pinned)),
        row_weights=sum_row_weights(o, slopes.rows, terms.clipped, times),
    )


def _static(
    o: Observations, terms: Terms, slopes: Slopes, scale: Scale, sample: Sample, reported: IntArray
) -> Estimate:
    selector = np.eye(slopes.fit.kept.size)[:, reported]
    counts = count_units_and_rows(o, slopes.rows, terms.clipped, np.zeros(1, dtype=np.int64))
    n_units, n_cells = (np.repeat(count, reported.size) for count in counts)
    return Estimate(
        effects=slopes.fit.coefficients @ selector,
        uncertainty=_uncertainty(o, terms, slopes, selector),
        scale=scale,
        sample=sample,
        names=tuple(terms.names[k] for k in slopes.fit.kept[reported]),
        n_units=n_units,
        n_cells=n_cells,
        kind=terms.kind,
    )


def _require_joined(o: Observations, terms: Terms, slopes: Slopes) -> None:
    """Refuse effects that the rows of the fit that carry information do not join to the reference."""
    rows = slopes.rows[~find_singletons([code[slopes.rows] for code in o.effect_codes()])]
    rows = rows[terms.clipped[rows] != event_terms.NO_TERM]
    time, reference = terms.clipped[rows], o.reference
    holder = event_terms.find_holders(o)[rows]
    is_joined = event_terms.find_joined_rows(
        holder, time - time.min(initial=0), np.isin(time, event_terms.list_references(o, terms.second_reference))
    )
    pairs = np.unique(np.stack([holder[~is_joined], time[~is_joined]]), axis=1)[0]
    if np.unique(pairs).size < pairs.size or not (time[is_joined] != reference).any():
        lost = ", ".join(f"{e:+d}" for e in np.unique(time[~is_joined]))
        raise EstimationError(
            f"no treated unit that the fixed effects leave informative joins event times {lost} to {reference}, the "
            "reference; choose another reference or coarser fixed effects"
        )


def list_second_reference(time: int | None) -> tuple[Dropped, ...]:
    """Return the event time that counts as zero beside the reference, as a table names it, where there is one."""
    if time is None:
        return ()
    name = Text("estimators.effect-event-time", time=f"{time:+d}")
    return (Dropped("second-reference", Text("estimators.second-reference", name=name), 0, 0, (name,)),)


def _collinear(terms: Terms, slopes: Slopes) -> tuple[Dropped, ...]:
    out = []
    for one in slopes.fit.collinear:
        if terms.names[one.column] in terms.apart:
            continue
        name = terms.names[one.column]
        zero = "yes" if one.column < terms.n_reported else "no"
        by = name_determining(one, terms.names)
        n_rows = int((terms.columns[slopes.rows, one.column] != 0).sum())
        text = Text("estimators.term-determined", name=name, n=n_rows, by=by, zero=zero)
        out.append(Dropped("collinear", text, 0, 0, (name,)))
    return tuple(out)
