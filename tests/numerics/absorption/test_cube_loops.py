"""The loops that numba compiles are twins of the passes in numpy: the same numbers, compiled or not."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from twintrade.numerics.absorption import cube_projection as cube_loops
from twintrade.numerics.absorption.cube import Cube
from twintrade.numerics.absorption.cube_projection import CubeEquations, project_cells, project_cells_once

SHAPE = (7, 5, 6)
SAME = 1e-12
NOTHING = np.empty(0, dtype=np.int64)


@pytest.fixture(params=["as written", "compiled"])
def loops(request: pytest.FixtureRequest) -> SimpleNamespace:
    """The loops as Python runs them, and as numba does where it is installed."""
    if request.param == "as written":
        return cube_loops.LOOPS
    pytest.importorskip("numba", reason="the extra fast is not installed")
    compiled = cube_loops.build_loops()
    assert compiled is not None
    return compiled


@pytest.fixture(params=[False, True], ids=["without gaps", "with gaps"])
def weights(request: pytest.FixtureRequest) -> np.ndarray:
    rng = np.random.default_rng(3)
    drawn = rng.gamma(0.5, size=SHAPE)
    if request.param:
        drawn *= rng.random(SHAPE) < 0.6
        drawn[2, 3] = 0.0
    return drawn


def _build_twins(weights: np.ndarray, loops: SimpleNamespace) -> tuple[CubeEquations, CubeEquations]:
    cube = Cube(SHAPE, (0, 1, 2), None, True, (NOTHING, NOTHING, NOTHING))
    return CubeEquations(cube, weights, None), CubeEquations(cube, weights, loops)


def test_sums_of_weights_and_the_schur_complement_are_the_same(weights, loops) -> None:
    ours, twin = _build_twins(weights, loops)
    for name in ("inverse", "totals", "scale"):
        np.testing.assert_allclose(getattr(twin, name), getattr(ours, name), rtol=SAME, atol=SAME)
    stacked = np.random.default_rng(4).normal(size=(ours.totals.size, 3))
    np.testing.assert_allclose(twin.apply(stacked), ours.apply(stacked), rtol=SAME, atol=SAME)


@pytest.mark.parametrize("has_step", [False, True])
def test_a_sweep_leaves_and_sums_the_same(weights, loops, has_step) -> None:
    ours, twin = _build_twins(weights, loops)
    rng = np.random.default_rng(5)
    step = rng.normal(size=(ours.totals.size, 2)) if has_step else None
    cells = rng.normal(size=(2, weights.size))
    same = cells.copy()
    for wanted, found in zip(ours.sweep(cells, step), twin.sweep(same, step), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=SAME, atol=SAME)
    np.testing.assert_allclose(same, cells, rtol=SAME, atol=SAME)


def test_projections_are_the_same(weights, loops) -> None:
    ours, twin = _build_twins(weights, loops)
    cells = np.random.default_rng(6).normal(size=(2, weights.size)) * (weights > 0).ravel()
    same = cells.copy()
    wanted, found = project_cells(ours, cells, 1e-12, None)[0], project_cells(twin, same, 1e-12, None)[0]
    kept = (weights > 0).ravel()
    np.testing.assert_allclose(same[:, kept], cells[:, kept], atol=1e-10)
    np.testing.assert_allclose(found, wanted, atol=1e-9)
    first, again = cells[:1] + 1.0, cells[:1] + 1.0
    project_cells_once(ours, first, 0.01)
    project_cells_once(twin, again, 0.01)
    np.testing.assert_allclose(again, first, rtol=SAME, atol=SAME)


def test_without_numba_nothing_is_compiled(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    cube_loops.build_loops.cache_clear()
    assert cube_loops.build_loops() is None
    cube_loops.build_loops.cache_clear()
