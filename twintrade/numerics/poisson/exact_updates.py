"""Poisson means that follow from others once some rows are left out, by exact updates of one effect after another.

Given all other effects, what a level's means are multiplied by has a closed form: its observed sum over the expected
one. Where few rows leave, the other means move little, and a few rounds over the effects are the whole fit. What two
rounds moved is extrapolated (SQUAREM; Varadhan and Roland 2008), since single effects approach slowly what several of
them share.
"""

import numpy as np

from twintrade.numerics.absorption import EliminationOrder
from twintrade.numerics.arrays import BoolArray, FloatArray, compact
from twintrade.numerics.poisson.row_dummies import RowDummies, Start
from twintrade.numerics.poisson.updated_sets import CubeSets, ExactUpdates, RowSets, move_ahead

SETTLED = 3e-4
"""Relative change of wanted means within a round at which the rounds of a set end: of their sum, and on average."""
NUMBERS_AT_ONCE = 125_000


def fit_with_dummies(
    of: ExactUpdates,
    dummies: RowDummies,
    n_rounds: int,
    start: Start | None = None,
) -> tuple[FloatArray, BoolArray]:
    """Return what rows with a dummy would have without it once each level has the sum that was observed.

    ``n_rounds``: rounds at most; ``start``: none: from the means as they are. Returns (n_entries,); (n_entries,):
    whether some row that is left has an outcome in every level of the row.
    """
    n_each = max(1, NUMBERS_AT_ONCE // of.y.size)
    parts = []
    for low in range(0, dummies.n_sets, n_each):
        sets = slice(low, low + n_each)
        part, columns = dummies.part(sets)
        parts.append(_fit_run(of, part, n_rounds, None if start is None else start.part(sets, columns)))
    means, is_known = zip(*parts, strict=True)
    return np.concatenate(means), np.concatenate(is_known)


def _fit_run(
    of: ExactUpdates, dummies: RowDummies, n_rounds: int, start: Start | None
) -> tuple[FloatArray, BoolArray]:
    state = (RowSets if of.cube is None else CubeSets)(of, dummies, start)
    is_known = np.logical_and.reduce(state.goals.take(state.levels) > 0)
    before, past = state.read(), [state.factors.copy()]
    out = before.copy()
    for _ in range(n_rounds):
        state.run_round()
        means = out[state.places] = state.read()
        going = state.find_moving(before, means, SETTLED)
        if not going.any():
            break
        past.append(state.factors.copy())
        before = means
        if not going.all():
            before = means[going[state.sets]]
            state.keep(going)
            past = [one[going] for one in past]
        if len(past) == 3:
            state.factors[:] = move_ahead(*past)
            before, past = state.read(), []
    return out, is_known


def lay_out_updates(y: FloatArray, means: FloatArray, weights: FloatArray, order: EliminationOrder) -> ExactUpdates:
    """Lay rows out in a cube if there is one.

    ``y``, ``means``, ``weights`` (n_rows,); ``order``: of the effects.
    """
    coefficients, cube = order.list_coefficients(), order.cube
    if cube is None:
        codes = [compact(code) for code in coefficients]
        sizes = [int(code.max(initial=-1)) + 1 for code in codes]
    else:
        n_cities, n_partners, n_periods = cube.shape
        cells = np.arange(y.size) if cube.position is None else cube.position
        dyad, period = np.divmod(cells, n_periods)
        city, partner = np.divmod(dyad, n_partners)
        codes = [dyad, city * n_periods + period, partner * n_periods + period]
        sizes = [n_cities * n_partners, n_cities * n_periods, n_partners * n_periods]
        coefficients = [coefficients[place] for place in cube.places]
    starts = np.cumsum([0, *sizes])
    levels = np.stack(codes) + starts[:-1, None]
    of_level = np.zeros(starts[-1], dtype=np.int64)
    of_level[levels] = coefficients
    return ExactUpdates(y, means, weights, levels, starts, of_level, cube)
