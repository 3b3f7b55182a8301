"""Leads and lags of a method on one base, the mean of the years before, for bounds and tests (Roth 2024)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pandas as pd

from twintrade.design import Design, Observations
from twintrade.effects import CohortEffects, Estimate, EventStudy, Influence, RefitOnly, UnitInfluence
from twintrade.effects.estimate import Kind
from twintrade.effects.regression import POOLED
from twintrade.errors import EstimationError
from twintrade.estimators.base import Estimator, HeldOut
from twintrade.estimators.regression.event_terms import find_affected_rows
from twintrade.estimators.repeating.linear_null import LinearNull, prepare_linear_null
from twintrade.estimators.repeating.one_step import Null, OneStepRegression, prepare_one_step
from twintrade.estimators.repeating.treatment_blocks import Block, build_affected, build_affected_rows
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.text import Text


@dataclass(frozen=True, eq=False)
class CohortPath:
    """The event study of a method, each event time against the mean of the years before, itself among them."""

    method: Estimator  # one that offers `hold_out`
    design: Design
    estimated: Estimate | None = None  # the method's estimate of the design, where it is known

    @cached_property
    def effects(self) -> CohortEffects:
        """Cells from onset less anticipation on."""
        estimate = self.estimated or self.method.estimate(self.design)
        if not isinstance(estimate, CohortEffects):
            raise EstimationError(Text("estimators.no-leads-on-base"))
        return estimate

    @cached_property
    def leads(self) -> dict[int, HeldOut]:
        """Leads by event time, from the last before onset backwards as far as they go in the window."""
        o, last = self.o, -1 - self.design.anticipation
        low = max(min(o.window[0], last - 1), int(o.event_time[find_affected_rows(o)].min(initial=last)))
        out = {}
        for time in range(last, low - 1, -1):
            lead = self.method.hold_out(self.design, time)
            if lead is None:
                break
            out[time] = lead
        if len(out) < 2:
            raise EstimationError(Text("estimators.no-leads-on-base"))
        return out

    @property
    def o(self) -> Observations:
        """The design's observations."""
        return self.design.observations

    @property
    def is_percent(self) -> bool:
        """Whether cells are percentages, whose path is one of logarithms of ratios."""
        return self.effects.scale == "percent"

    @property
    def is_log(self) -> bool:
        """Whether a violation multiplies what would have been."""
        return self.method.is_poisson

    @property
    def headline(self) -> float:
        """The headline, as a logarithm where it is a ratio of totals."""
        return float(self.transformed[self.study.n_effects])

    @cached_property
    def cells(self) -> IntArray:
        """Positions of the cohorts' cells among the effects."""
        return np.flatnonzero(self.effects.cohorts != POOLED)

    def measure_distances(self, *, is_first: bool = False) -> tuple[FloatArray, FloatArray]:
        """Return treated cells' shares, of all or at onset, and their periods from the middle before."""
        e, o = self.effects, self.o
        times = e.event_times[self.cells]
        chosen = self.cells[times == 0 if is_first else times >= 0]
        before = find_affected_rows(o) & ~o.is_affected
        weights = o.row_weights * (o.y if self.is_log else 1.0) * before
        centers = pd.DataFrame({"onset": o.onset, "w": weights, "we": weights * o.event_time})[before]
        sums = centers.groupby("onset").sum()
        middle = (sums["we"] / sums["w"]).reindex(e.cohorts[chosen].astype(np.float64)).to_numpy()
        shares = e.cell_weights[chosen] / e.cell_weights[chosen].sum()
        is_known = np.isfinite(middle)
        return np.where(is_known, shares, 0.0), np.where(is_known, e.event_times[chosen] - middle, 0.0)

    # What the path is combined from: averages after, the headline, and averages of leads, in this order.

    @cached_property
    def study(self) -> EventStudy:
        """Effects from onset less anticipation on, by event time."""
        e = self.effects
        return e.event_study((-self.design.anticipation, int(e.event_times.max())))

    @cached_property
    def early(self) -> IntArray:
        """Leads before the last, ascending."""
        return np.array(sorted(self.leads)[:-1], dtype=np.int64)

    @property
    def times(self) -> IntArray:
        """Event times of the path."""
        return np.concatenate([self.early, [max(self.leads)], self.study.event_times]).astype(np.int64)

    @cached_property
    def shares(self) -> FloatArray:
        """What each event time weighs in the headline."""
        e, study = self.effects, self.study
        size = np.array([e.cell_weights[self.cells][self._is_at(h)].sum() for h in study.event_times])
        size = np.where(study.event_times >= 0, size, 0.0)
        return np.asarray(size / size.sum())

    @property
    def row_weights(self) -> FloatArray:
        """Weights with which the path's average is the headline."""
        return np.concatenate([np.ones(self.early.size + 1), self.shares])

    def _is_at(self, time: int) -> FloatArray:
        return np.asarray(self.effects.event_times[self.cells] == time)

    @cached_property
    def lead_weights(self) -> list[tuple[int, FloatArray]]:
        """Which leads are averaged, with weights by their cohorts: each early lead, its base, and lags' bases."""
        leads, e = self.leads, self.effects
        last = max(leads)
        base, out = leads[last], []
        for time in self.early:
            lead = leads[int(time)]
            sizes = np.where(np.isin(lead.cohorts, base.cohorts), lead.weights, 0.0)
            out += [(int(time), sizes), (last, _match(lead.cohorts, sizes, base.cohorts))]
        cohorts, weights = e.cohorts[self.cells], e.cell_weights[self.cells]
        after = e.event_times[self.cells] >= 0
        whole = _match(cohorts[after], weights[after], base.cohorts)
        for time in self.study.event_times:
            inside = self._is_at(int(time))
            sizes = _match(cohorts[inside], weights[inside], base.cohorts)
            out.append((last, sizes if sizes.any() else whole))
        if not all(sizes.any() for _, sizes in out):
            raise EstimationError(Text("estimators.no-leads-on-base"))
        return [(time, sizes / sizes.sum()) for time, sizes in out]

    @cached_property
    def values(self) -> FloatArray:
        """Averages: ratios where effects are percentages, else as they are."""
        lead_values = [self._get_lead(time) @ sizes for time, sizes in self.lead_weights]
        after = np.append(self.study.effects, self.effects.average().effects)
        return np.concatenate([1 + after / 100 if self.is_percent else after, lead_values])

    def _get_lead(self, time: int) -> FloatArray:
        lead = self.leads[time]
        if self.is_percent or not self.is_log:
            return lead.effects
        if not (lead.effects > 0).all():
            raise EstimationError(Text("estimators.no-log-path"))
        return np.asarray(np.log(lead.effects))

    @cached_property
    def transformed(self) -> FloatArray:
        """The same as the path combines them: as logarithms of ratios."""
        if not self.is_percent:
            return self.values
        if not (self.values > 0).all():
            raise EstimationError(Text("estimators.no-log-path"))
        return np.log(self.values)

    def find_influence(self) -> FloatArray:
        """Return the influence of the observations' units on the values, shape (n_units, n_values)."""
        o, parts = self.o, []
        for estimate in (self.study, self.effects.average()):
            influence = estimate.uncertainty
            if not isinstance(influence, Influence):
                raise EstimationError(Text("estimators.no-leads-on-base"))
            matrix = np.zeros((o.n_units, estimate.n_effects))
            matrix[pd.Index(o.unit_ids).get_indexer(pd.Index(influence.units))] = influence.matrix()
            parts.append(matrix / 100 if self.is_percent else matrix)
        of_lead = {}
        for time, lead in self.leads.items():
            of_lead[time] = lead.find_influence()
            if self.is_log and not self.is_percent:
                of_lead[time] = of_lead[time] / lead.effects
        parts.append(np.column_stack([of_lead[time] @ sizes for time, sizes in self.lead_weights]))
        return np.hstack(parts)

    @cached_property
    def combination(self) -> FloatArray:
        """What the path is of the transformed values, shape (n_times, n_values)."""
        n_late, n_early = self.study.n_effects, self.early.size
        rows = np.eye(self.values.size)
        late, headline = rows[:n_late], rows[n_late]
        early, own_base = rows[n_late + 1 :: 2][:n_early], rows[n_late + 2 :: 2][:n_early]
        base = rows[n_late + 1 + 2 * n_early :]
        level = self.shares @ base + (headline - self.shares @ late)
        return np.vstack([early - own_base + level, level[None, :], late - base + level])

    def estimate(self) -> EventStudy:
        """Return the path with its influence."""
        study = self.study
        slopes = 1 / self.values if self.is_percent else np.ones(self.values.size)
        uncertainty = UnitInfluence(self.o.unit_ids, self.find_influence() * slopes @ self.combination.T)
        n_units = np.concatenate([[np.nan] * len(self.leads), study.n_units])
        return EventStudy.of(
            self.o,
            self.times,
            self.combination @ self.transformed,
            uncertainty,
            sample=self.effects.sample,
            scale="log points" if self.is_log else self.effects.scale,
            n_units=np.nan_to_num(n_units, nan=float(study.n_units.max())).astype(np.int64),
            row_weights=self.row_weights,
            base="mean before",
        )


def _match(cohorts: IntArray, sizes: FloatArray, wanted: IntArray) -> FloatArray:
    """Return sizes in the order of other cohorts, zero where they have none."""
    return np.asarray(pd.Series(sizes).groupby(cohorts).sum().reindex(wanted, fill_value=0.0), dtype=np.float64)


# Paths on one base under re-assigned agreements, in one step from the model without treatment.


def draw_paths(path: CohortPath, onsets: Sequence[FloatArray]) -> FloatArray:
    """Return paths (n_draws, n_times) of the outcome without the headline's effect, under the real weights."""
    null, times = _fit_null(path), sorted(path.leads)
    model = null if isinstance(null, LinearNull) else null.model
    drawn = [model.build_blocks(path.design.reassigned(onset)) for onset in onsets]
    cohorts = np.concatenate([path.leads[time].cohorts for time in times])
    sizes = [path.leads[time].cohorts.size for time in times]
    n, sample = np.ones(cohorts.size, dtype=np.int64), path.effects.sample
    # Leads as effects without values, for their cohorts and event times.
    leads = CohortEffects.of(
        path.o, (cohorts, np.repeat(times, sizes)), np.zeros(n.size), RefitOnly(), sample=sample, n_units=n
    )
    views: dict[Kind, Estimate] = {"event": path.study, "overall": path.effects.average(), "cell": leads}
    blocks = [one for one in drawn if one is not None]
    if isinstance(null, LinearNull):
        estimated = {view: values[:, :, 0] for view, values in null.estimate(blocks, views).items()}
    else:
        estimated = null.estimate(blocks, views)
    cells = dict(zip(times, np.split(estimated["cell"], np.cumsum(sizes)[:-1], axis=1), strict=True))
    early = []
    for time, weights in path.lead_weights:
        used, lead = weights > 0, path.leads[time]
        early.append(cells[time][:, used] @ (lead.kept_shares * weights)[used])
    values = np.column_stack([estimated["event"], estimated["overall"], *early])
    if path.is_percent:
        values /= 100
    return np.asarray(values @ path.combination.T)


def _fit_null(path: CohortPath) -> Null | LinearNull:
    """Return the model without treatment of the outcome without the headline's effect."""
    o, is_by_row = path.o, next(iter(path.leads.values())).is_by_row
    effect, has_overall = float(path.headline), path.effects.overall is not None
    after = OneStepRegression(
        ("event", "overall"),
        build_affected_rows if is_by_row else build_affected,
        "outcome" if path.is_percent else "rows",
        leaves_out_zeros=has_overall,
        is_saturated=is_by_row,
        averages_log_ratios=has_overall,
    )
    leads = [
        OneStepRegression(("cell",), partial(build_held_out, time, is_by_row), is_saturated=is_by_row)
        for time in sorted(path.leads)
    ]
    null: Null | LinearNull | None
    if path.is_log:
        model = prepare_one_step(path.design, [after, *leads], "percent" if path.is_percent else "log_ratio")
        null = None if model is None else model.under(np.exp(effect * o.is_treated))
    else:
        null = prepare_linear_null(path.design, [after, *leads], (o.y - effect * o.is_treated)[:, None])
    if null is None:
        raise EstimationError(Text("estimators.no-leads-on-base"))
    return null


def build_held_out(time: int, is_by_row: bool, o: Observations) -> Block:
    """Return a block of one event time before onset, a cell a cohort; affected rows are taken out beside it."""
    affected = build_affected_rows(o) if is_by_row else build_affected(o)
    rows = np.flatnonzero(find_affected_rows(o) & ~o.is_affected & (o.event_time == time))
    cohorts, code = np.unique(o.onset[rows].astype(np.int64), return_inverse=True)
    columns, cells = (np.arange(rows.size), code) if is_by_row else (code, np.arange(cohorts.size))
    return Block(
        rows=np.concatenate([affected.rows, rows]),
        columns=np.concatenate([affected.columns, affected.cells.size + columns]).astype(np.int64),
        cells=np.concatenate([np.full(affected.cells.size, -1), cells]).astype(np.int64),
        cohorts=cohorts,
        event_times=np.full(cohorts.size, time, dtype=np.int64),
    )
