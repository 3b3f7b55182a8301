"""Levels, lines and period effects taken out in blocks, against dummies written out."""

from itertools import pairwise

import numpy as np
from case_tables import loop_over

from twintrade.numerics.absorption import absorb
from twintrade.numerics.absorption.absorb import remove_trends

EXACT = 1e-9


def panel(rng, n_units=30, n_periods=12, share=0.7):
    seen = rng.random((n_units, n_periods)) < share
    seen[0], seen[1, :] = False, False
    seen[0, 3], seen[1, 4:6] = True, True
    unit, period = np.nonzero(seen)
    return unit.astype(np.int64), 2000 + period.astype(np.int64)


@loop_over("rows_at_once", [7, 40, 1 << 16])
@loop_over("has_weights", [False, True])
def test_residuals_are_those_of_dummies_written_out(monkeypatch, rows_at_once, has_weights):
    monkeypatch.setattr(absorb, "ROWS_AT_ONCE", rows_at_once)
    rng = np.random.default_rng(71)
    unit, period = panel(rng)
    weights = rng.uniform(0.2, 3.0, unit.size) if has_weights else np.ones(unit.size)
    columns = rng.normal(size=(unit.size, 3)) + 100.0
    found, n_lines = remove_trends(columns, unit, period, weights)
    levels = np.eye(unit.max() + 1)[unit]
    x = np.hstack([levels, levels * (period - 2005)[:, None], np.eye(12)[period - 2000]])
    root = np.sqrt(weights)
    slopes = np.linalg.lstsq(x * root[:, None], columns * root[:, None], rcond=1e-12)[0]
    np.testing.assert_allclose(found, columns - x @ slopes, atol=EXACT)
    assert n_lines == (np.bincount(unit) > 1).sum()


def test_units_are_never_cut():
    unit = np.repeat(np.arange(10), [1, 5, 2, 9, 1, 1, 3, 3, 8, 2])
    starts = set(np.flatnonzero(np.diff(unit, prepend=-1)).tolist())
    for rows_at_once in (1, 2, 5, 20, 100):
        blocks = absorb._blocks(unit, rows_at_once)
        assert blocks[0].start == 0
        assert blocks[-1].stop == unit.size
        assert all(a.stop == b.start for a, b in pairwise(blocks))
        assert all(block.start in starts for block in blocks)
