"""The part of a projection that reaches across clusters, against dense projections."""

import numpy as np
import pytest

from twintrade.numerics.absorption import reaching_effects as module
from twintrade.numerics.absorption.reaching_effects import build_reaching

# Two pivoted factors of well-scaled matrices of some dozens of columns.
CLOSE = 1e-9


def projection(codes, weights) -> np.ndarray:
    """P, the weighted projection on dummies."""
    d = np.hstack([(c[:, None] == np.unique(c)).astype(float) for c in codes])
    w = d * weights[:, None]
    return d @ np.linalg.pinv(d.T @ w, rcond=1e-10, hermitian=True) @ w.T


def gravity(rng, share: float):
    city, partner, period = (v.ravel() for v in np.indices((6, 5, 7)))
    kept = rng.random(city.size) < share
    city, partner, period = city[kept], partner[kept], period[kept]
    weights = np.exp(rng.normal(size=city.size)) if share < 1 else np.ones(city.size)
    return city, (city * 5 + partner, city * 7 + period), (partner * 7 + period,), weights


@pytest.mark.parametrize("share", [1.0, 0.6])
@pytest.mark.parametrize("n_inside", [0, 1, 2])
def test_products_equal_those_of_dense_projections(share, n_inside) -> None:
    rng = np.random.default_rng(4)
    city, inside, across, weights = gravity(rng, share)
    found = build_reaching(inside[:n_inside], across, city, weights)
    groups = rng.integers(0, 9, city.size)
    left, right = rng.normal(size=(2, city.size))
    a = found.sums(left, city, 6, is_net=False)
    b = found.sums(weights * right, groups, 9, is_net=False)
    everything = projection((*inside[:n_inside], *across), weights)
    nested = projection(inside[:n_inside], weights) if n_inside else np.zeros_like(everything)
    parted = left[:, None] * (everything - nested) * right
    expected = [[parted[np.ix_(city == g, groups == h)].sum() for h in range(9)] for g in range(6)]
    assert a @ b.T == pytest.approx(np.array(expected), abs=CLOSE)


def test_values_net_of_what_lies_inside_need_no_second_netting() -> None:
    rng = np.random.default_rng(5)
    city, inside, across, weights = gravity(rng, 0.7)
    found = build_reaching(inside, across, city, weights)
    values = rng.normal(size=city.size)
    net = weights * (values - projection(inside, weights) @ values)
    assert found.sums(net, city, 6, is_net=True) == pytest.approx(found.sums(net, city, 6, is_net=False), abs=CLOSE)


def test_rows_of_no_weight_count_for_nothing() -> None:
    rng = np.random.default_rng(6)
    city, inside, across, weights = gravity(rng, 0.8)
    weights[city == 2] = 0.0
    values = rng.normal(size=city.size)
    some = weights > 0
    found = build_reaching(inside, across, city, weights).sums(weights * values, city, 6, is_net=False)
    kept = [c[some] for c in (*inside, *across)]
    less = build_reaching(kept[:2], kept[2:], city[some], weights[some]).sums(
        (weights * values)[some], city[some], 6, is_net=False
    )
    assert found @ found.T == pytest.approx(less @ less.T, abs=CLOSE)


@pytest.mark.parametrize("limit", ["MOST_LEVELS", "MOST_CELLS", "MOST_WORK"])
def test_what_is_too_large_is_refused(monkeypatch, limit) -> None:
    city, inside, across, weights = gravity(np.random.default_rng(7), 1.0)
    monkeypatch.setattr(module, limit, 1)
    assert build_reaching(inside, across, city, weights) is None
