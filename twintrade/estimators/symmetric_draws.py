"""Paths on one base under re-assigned agreements, in one step from the model without treatment."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Literal

import numpy as np

from twintrade.design import Observations
from twintrade.effects import CohortEffects, RefitOnly
from twintrade.effects.estimate import Estimate, Kind
from twintrade.estimators.regression.event_terms import find_affected_rows
from twintrade.estimators.repeating.one_step import Measure, Null, OneStepRegression, prepare_one_step
from twintrade.estimators.repeating.treatment_blocks import Block, build_affected, build_affected_rows
from twintrade.estimators.symmetric_path import CohortPath
from twintrade.numerics.absorption import build_absorber, factor_order
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.linear import fit_least_squares

SMALL = 1e-6
"""Size, over one, of linear residuals in a proportional model, where the two models are the same."""


def draw_paths(path: CohortPath, onsets: Sequence[FloatArray]) -> FloatArray:
    """Return the path under each assignment, of the outcome without the headline's effect, (n_draws, n_times).

    Numbers are missing where an assignment does not have them. Shares of years, and cohorts' weights in a lead, are
    the real ones.
    """
    parts = path.parts
    null, unit = _fit_null(path)
    drawn = [null.model.build_blocks(path.design.reassigned(onset)) for onset in onsets]
    times = sorted(path.leads)
    views: dict[Kind, Estimate] = {
        "event": parts.study,
        "overall": path.effects.average(),
        "cell": _list_leads(path, times),
    }
    estimated = null.estimate([blocks for blocks in drawn if blocks is not None], views)
    ends = np.cumsum([path.leads[time].cohorts.size for time in times])
    cells = dict(zip(times, np.split(estimated["cell"], ends[:-1], axis=1), strict=True))
    early = []
    for time, weights in parts.lead_weights:
        used, lead = weights > 0, path.leads[time]
        early.append(cells[time][:, used] @ (lead.kept_shares * weights)[used])
    values = np.column_stack([estimated["event"], estimated["overall"], *early]) / unit
    return np.asarray(values @ parts.combination.T)


def _list_leads(path: CohortPath, times: Sequence[int]) -> CohortEffects:
    """Return the leads' cohorts and event times as effects without values."""
    cohorts = np.concatenate([path.leads[time].cohorts for time in times])
    event_times = np.repeat(times, [path.leads[time].cohorts.size for time in times])
    n = np.ones(cohorts.size, dtype=np.int64)
    sample = path.effects.sample
    return CohortEffects.of(
        path.o, (cohorts, event_times), np.zeros(cohorts.size), RefitOnly(), sample=sample, n_units=n
    )


def _fit_null(path: CohortPath) -> tuple[Null, float]:
    """Return the model without treatment, and what its effects are divided by to be on the path's scale.

    A linear model is a proportional one of an outcome that is one, but for small deviations.
    """
    o, is_by_row = path.o, next(iter(path.leads.values())).is_by_row
    effect = float(path.headline)
    build = build_affected_rows if is_by_row else build_affected
    measure: Measure = "percent" if path.is_percent or not path.is_log else "log_ratio"
    weigh: Literal["outcome", "rows"] = "outcome" if path.is_percent else "rows"
    regressions = [
        OneStepRegression(("cell",), partial(build_held_out, time, is_by_row), is_saturated=is_by_row)
        for time in sorted(path.leads)
    ]
    has_own = path.effects.overall is not None
    after = OneStepRegression(
        ("event", "overall"),
        build,
        weigh,
        leaves_out_zeros=has_own,
        is_saturated=is_by_row,
        averages_log_ratios=has_own,
    )
    model = prepare_one_step(path.design, [after, *regressions], measure)
    if path.is_log:
        return model.under(np.exp(effect * o.is_treated)), 100.0 if path.is_percent else 1.0
    y = o.y - effect * o.is_treated
    residuals = fit_least_squares(y, o.covariates, build_absorber(o.effect_codes(), o.weights)).residuals
    scale = SMALL / max(float(np.abs(residuals).max()), np.finfo(float).tiny)
    null = Null(
        replace(model, n_rounds=0, n_after_step=0),
        1 + scale * residuals,
        np.ones(o.n_rows),
        factor_order(model.order, o.row_weights),
    )
    return null, 100 * scale


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
