"""Linear estimates on the same rows under many treatments: the fixed effects are factored once, for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy

from twintrade.design import Design, Observations
from twintrade.effects import Estimate, EventStudy, PointsOnly, Sample
from twintrade.errors import EstimationError
from twintrade.estimators.regression.event_terms import (
    NO_TERM,
    Model,
    Terms,
    build_terms,
    find_affected_rows,
    join_models,
)
from twintrade.estimators.regression.slopes import sum_row_weights
from twintrade.numerics.absorption import Annihilator, build_annihilator, solve_normal_equations
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.text import Text


@dataclass(frozen=True, slots=True, eq=False)
class SameRows:
    """Rows that are the same under every treatment."""

    o: Observations  # of the design it was made for
    kept: BoolArray | None  # (panel.n_rows,): rows of the panel that take part in that design
    onset: FloatArray  # (panel.n_units,): of that design
    # starts, sizes: (n_units,): first position and number of each unit's rows
    starts: IntArray
    sizes: IntArray
    # first, final: (n_units,): each unit's first and last period
    first: IntArray
    final: IntArray
    sample: Sample

    def affected(self, design: Design) -> tuple[IntArray, Observations] | None:
        """Return the rows of units that a treatment affects, their positions first; None where a refit is needed.

        A treatment decides which rows are observed only by leaving out units that it makes always treated; a design
        may choose other rows.
        """
        return self._find_affected(design) if design.kept is self.kept else None

    def _find_affected(self, design: Design) -> tuple[IntArray, Observations] | None:
        o, onset = self.o, design.onset
        last = o.periods[-1]
        row_onset = onset[o.unit_rows]
        units = np.flatnonzero(row_onset - design.anticipation <= last)
        if (
            units.size == 0
            or (row_onset[units] - design.anticipation <= self.first[units]).any()
            or self.final[units].max() < last
        ):
            return None
        if o.unit_rows.size < onset.size:
            outside = np.ones(onset.size, dtype=bool)
            outside[o.unit_rows] = False
            if not np.array_equal(onset[outside], self.onset[outside]):
                return None
        sizes = self.sizes[units]
        begins = np.cumsum(sizes) - sizes
        positions = np.repeat(self.starts[units] - begins, sizes) + np.arange(int(sizes.sum()))
        return positions, _take_units(o, positions, units, row_onset[units])

    def find_rows(self, design: Design) -> tuple[IntArray, Observations, IntArray] | None:
        """Return the same and the positions of rows that a design leaves out; None where a refit is needed.

        A design that chooses other rows of the panel may leave some out, and not add any.
        """
        if design.kept is self.kept:
            affected = self.affected(design)
            return None if affected is None else (*affected, np.empty(0, dtype=np.int64))
        return self._find_kept(design) or self.find_observed(design)

    def _find_kept(self, design: Design) -> tuple[IntArray, Observations, IntArray] | None:
        """Return the same from the rows that the design chooses; None where these decide who is compared."""
        is_more = design.kept is None or (self.kept is not None and bool((design.kept & ~self.kept).any()))
        affected = None if is_more else self._find_affected(design)
        if affected is None or design.kept is None:
            return None
        (positions, part), stays, last = affected, design.kept[self.o.rows], self.o.periods[-1]
        inside = np.flatnonzero(stays[positions])
        units, starts = np.unique(part.unit[inside], return_index=True)
        onset, period = part.unit_onset[units], part.period[inside]
        if not units.size or self.o.period[stays].max() < last or period.max() < last:
            return None
        if (onset - design.anticipation <= period[starts]).any():
            return None
        return positions[inside], _take_units(part, inside, units, onset), np.flatnonzero(~stays)

    def find_observed(self, design: Design) -> tuple[IntArray, Observations, IntArray] | None:
        """Return the same from the rows that the design observes; None where it observes others."""
        o, is_lost = design.observations, np.ones(self.o.n_rows, dtype=bool)
        places = np.minimum(np.searchsorted(self.o.rows, o.rows), self.o.n_rows - 1)
        units = np.flatnonzero(o.unit_onset - o.anticipation <= o.periods[-1])
        if not units.size or not np.array_equal(self.o.rows[places], o.rows):
            return None
        is_lost[places] = False
        inside = np.flatnonzero(find_affected_rows(o))
        return places[inside], _take_units(o, inside, units, o.unit_onset[units]), np.flatnonzero(is_lost)


def _take_units(o: Observations, positions: IntArray, units: IntArray, onset: FloatArray) -> Observations:
    """Return the observations of some units, whose rows these are, under the given onsets."""
    return replace(
        o,
        rows=o.rows[positions],
        y=o.y[positions],
        unit=np.searchsorted(units, o.unit[positions]),
        unit_ids=o.unit_ids[units],
        unit_rows=o.unit_rows[units],
        period=o.period[positions],
        unit_onset=onset,
        covariates=np.empty((positions.size, 0)),
        weights=o.weights_of(positions),
    )


def find_unit_rows(design: Design) -> SameRows:
    """Find each unit's rows."""
    o = design.observations
    starts = np.flatnonzero(np.diff(o.unit, prepend=-1))
    sizes = np.diff(starts, append=o.n_rows)
    return SameRows(
        o, design.kept, design.onset, starts, sizes, o.period[starts], o.period[starts + sizes - 1], o.sample()
    )


@dataclass(frozen=True, slots=True, eq=False)
class Repeated(SameRows):
    """What all treatments share in a linear regression."""

    q: Annihilator
    net: FloatArray  # (n_rows, n_outcomes): outcomes less what effects and covariates explain
    applied: FloatArray  # (n_rows, n_outcomes): Q times the outcomes: the same times weights

    def apply_to(self, rows: IntArray, columns: FloatArray) -> FloatArray:
        """Return Q times columns that are zero outside the given rows, shape (n_rows, k)."""
        if self.q.dense is not None:
            return np.asarray(self.q.dense.entries[rows].T @ columns)
        whole = np.zeros((self.o.n_rows, columns.shape[1]))
        whole[rows] = columns
        return self.q.applied(whole)


def prepare_repeated(design: Design, outcomes: FloatArray) -> Repeated:
    """Factor a design's effects and covariates."""
    o = design.observations
    q = build_annihilator(o.effect_codes(), o.covariates, o.row_weights).with_loadings()
    rows = find_unit_rows(design)
    net = q.residualize(outcomes)
    units = rows.starts, rows.sizes, rows.first, rows.final
    return Repeated(o, rows.kept, rows.onset, *units, rows.sample, q, net, q.weights[:, None] * net)


def estimate_regressions(shared: Repeated, design: Design, models: Sequence[Model]) -> Estimate | None:
    """Return the regressions' effects; None where the treatment needs a refit.

    Only rows of affected units have a dummy, so the normal equations are sums over these rows.
    """
    affected = shared.affected(design)
    if affected is None:
        return None
    positions, o = affected
    terms = [build_terms(o, model) for model in models]
    dummies = np.stack([one.find_dummies() for one in terms])
    has_terms = np.flatnonzero((dummies >= 0).any(axis=0))
    ends = np.cumsum([0, *(one.columns.shape[1] for one in terms)])
    inside, rows = build_dummies(dummies[:, has_terms], ends), positions[has_terms]
    norms = inside.T @ shared.q.weights[rows]
    gram, right = shared.q.gram(rows, inside), inside.T @ shared.applied[rows]
    by_model = []
    for one, low, high in zip(terms, ends[:-1], ends[1:], strict=True):
        kept, coefficients = solve_normal_equations(gram[low:high, low:high], right[low:high], norms[low:high])
        is_reported = kept < one.n_reported
        if not is_reported.any():
            raise EstimationError("the treatment is not identified: the fixed effects absorb it")
        by_model.append(_slopes(o, one, kept[is_reported], coefficients[is_reported], shared.sample))
    return join_models(by_model)


def weigh_regression(shared: Repeated, design: Design, model: Model) -> FloatArray | None:
    """Return the rows' weights in the first coefficient of a regression, None where a treatment needs a refit.

    Returns (n_rows,).
    """
    affected = shared.affected(design)
    if affected is None:
        return None
    codes = build_terms(affected[1], model).find_dummies()
    inside = np.flatnonzero(codes >= 0)
    n, rows = int(codes.max(initial=-1)) + 1, affected[0][inside]
    dummies = build_dummies(codes[None, inside], np.array([0, n]))
    norms = dummies.T @ shared.q.weights[rows]
    kept, solved = solve_normal_equations(shared.q.gram(rows, dummies), np.eye(n, 1), norms)
    if kept[0] != 0:
        return None
    by_dummy = np.zeros((n, 1))
    by_dummy[kept] = solved
    return shared.apply_to(rows, by_dummy[codes[inside]])[:, 0]


def build_dummies(codes: IntArray, ends: IntArray) -> scipy.sparse.csr_array:
    """Return dummies of several regressions side by side, shape (n_rows, ends[-1]).

    ``codes`` (n_regressions, n_rows): column of each row's dummy in each regression, -1 for none; ``ends``
    (n_regressions + 1,): first column of each.
    """
    has_dummy = codes.T >= 0
    columns = (codes.T + ends[:-1])[has_dummy]
    pointer = np.concatenate([[0], np.cumsum(has_dummy.sum(axis=1))])
    return scipy.sparse.csr_array((np.ones(columns.size), columns, pointer), shape=(codes.shape[1], int(ends[-1])))


def _slopes(o: Observations, model: Terms, kept: IntArray, coefficients: FloatArray, sample: Sample) -> Estimate:
    if model.event_times is None:
        counts = np.array([int((model.clipped == 0).sum())])
        return Estimate(
            effects=coefficients[:, 0],
            uncertainty=PointsOnly(others=coefficients[:, 1:].T),
            scale=o.scale,
            sample=sample,
            names=(Text("estimators.effect-after-onset"),),
            n_units=counts,
            n_cells=counts,
        )
    times = np.append(model.event_times[kept], o.reference)
    order = np.argsort(times)
    times, effects = times[order], np.append(coefficients, np.zeros((1, coefficients.shape[1])), axis=0)[order]
    followed = model.clipped[model.clipped != NO_TERM]
    counts = (followed[:, None] == times).sum(axis=0)
    return EventStudy.of(
        o,
        times,
        effects[:, 0],
        PointsOnly(others=effects[:, 1:].T),
        sample=sample,
        n_units=counts,
        reference=o.reference,
        binned=model.binned,
        row_weights=sum_row_weights(o, np.arange(o.n_rows), model.clipped, times),
    )
