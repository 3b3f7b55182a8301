"""Regressions with one coefficient a cohort and period on the same rows under many treatments."""

import numpy as np

from twintrade.design import Design
from twintrade.effects import CohortEffects, Estimate, PointsOnly
from twintrade.errors import EstimationError
from twintrade.estimators.regression.absorbed import describe_absorbing_effect, find_single_rows
from twintrade.estimators.regression.cell_fit import invert_gram
from twintrade.estimators.repeating.repeated import Repeated, build_dummies
from twintrade.estimators.repeating.treatment_blocks import build_affected
from twintrade.text import Text


def estimate_cells(shared: Repeated, design: Design) -> Estimate | None:
    """Return the effects of affected cells; None where the treatment needs a refit."""
    affected = shared.affected(design)
    if affected is None:
        return None
    positions, part = affected
    block = build_affected(part)
    rows, n = positions[block.rows], block.cells.size
    dummies = build_dummies(block.columns[None], np.array([0, n]))
    bread, is_known = invert_gram(shared.q.gram(rows, dummies), dummies.T @ shared.q.weights[rows])
    every = np.arange(shared.o.n_rows)
    if not is_known.any():
        raise EstimationError(Text("estimators.no-cell", why=describe_absorbing_effect(shared.o, every)))
    effects = (bread @ (dummies.T @ shared.applied[rows]))[is_known]
    counted = ~find_single_rows(shared.o, every)[rows]
    counts = np.bincount(block.columns, counted, n)[is_known]
    return CohortEffects.of(
        part,
        (block.cohorts[is_known], block.event_times[is_known]),
        effects[:, 0],
        PointsOnly(others=effects[:, 1:].T),
        sample=shared.sample,
        n_units=counts.astype(np.int64),
        cell_weights=np.bincount(block.columns, counted * shared.o.row_weights[rows], n)[is_known],
    )
