"""Separated rows against a small linear program over all dummies, on many random problems."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from case_tables import loop_over
from reference_results import read_data
from scipy.optimize import linprog

from twintrade.numerics.absorption.absorb import build_absorber
from twintrade.numerics.poisson import separation
from twintrade.numerics.poisson.fit import fit_poisson


def by_linear_program(design, y):
    """Largest support of z = design·c with z = 0 on positive outcomes and z ≥ 0 on zeros."""
    zeros, k = np.flatnonzero(y == 0), design.shape[1]
    m = zeros.size
    positive = sp.csr_matrix(design[y > 0])
    found = linprog(
        np.concatenate([np.zeros(k), -np.ones(m)]),
        A_ub=sp.hstack([-sp.csr_matrix(design[zeros]), sp.eye(m)]).tocsr(),
        b_ub=np.zeros(m),
        A_eq=sp.hstack([positive, sp.csr_matrix((positive.shape[0], m))]).tocsr(),
        b_eq=np.zeros(positive.shape[0]),
        bounds=[(None, None)] * k + [(0, 1)] * m,
        method="highs",
    )
    out = np.zeros(y.size, dtype=bool)
    out[zeros] = found.x[k:] > 0.5
    return out


def problem(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(10, 80))
    sizes = [int(rng.integers(2, max(3, n // 3))) for _ in range(rng.integers(1, 4))]
    codes = [rng.integers(0, size, n) for size in sizes]
    y = rng.poisson(rng.choice([0.2, 0.5, 1.0, 3.0]), n).astype(float)
    y[0] = 1.0
    k = int(rng.integers(0, 4))
    X = rng.normal(size=(n, k)) if seed % 2 else (rng.random((n, k)) < 0.2).astype(float)
    if k and seed % 3 == 0:
        X[:, 0] *= y == 0
    return y, X, codes, np.hstack([*[np.eye(s)[c] for s, c in zip(sizes, codes, strict=True)], X])


@cache
def find_by_linear_program(seed):
    y, _, _, design = problem(seed)
    return by_linear_program(design, y)


WAYS = (separation.MOST_PROBES, separation.FIRST_PROBES)


@pytest.mark.parametrize(
    ("block", "most_probes"),
    [
        pytest.param(block, way, marks=[] if block % 2 == turn else pytest.mark.slow)
        for block in range(6)
        for turn, way in enumerate(WAYS)
    ],
)
def test_separated_rows_equal_a_linear_program(block, most_probes, monkeypatch):
    """75 problems through the directions that are free and 75 others through the program over all levels."""
    monkeypatch.setattr(separation, "MOST_PROBES", most_probes)
    for seed in range(25 * block, 25 * block + 25):
        y, X, codes, _ = problem(seed)
        fit = fit_poisson(y, X, codes)
        dropped = np.ones(y.size, dtype=bool)
        dropped[fit.rows] = False
        np.testing.assert_array_equal(dropped, find_by_linear_program(seed), err_msg=f"seed {seed}")
        listed = np.concatenate([part.rows for part in fit.separated]) if fit.separated else np.empty(0, dtype=int)
        assert np.array_equal(np.sort(listed), np.flatnonzero(dropped))


def simulated_flows():
    d = read_data("sim_gravity")
    columns = d[["twin", "lx"]].to_numpy(dtype=float)
    return d["exports"], columns, [d["orig"] * 10_000 + d["year"], d["dest"] * 10_000 + d["year"], d["pair"]]


def categories():
    """Pairs of countries by category of goods, zeros and agreements among them."""
    d = read_data("ppmlhdfe_trade_fta")
    d = d[d["category"] != "TOTAL"].iloc[:6_000]
    ends = [pd.factorize(d[end] + d["year"].astype(str) + d["category"])[0] for end in ("isoexp", "isoimp")]
    return d["trade"], d[["fta"]].to_numpy(dtype=float), [*ends, d["isoexp"] + d["isoimp"] + d["category"]]


@pytest.mark.parametrize("flows", [simulated_flows, categories])
def test_separated_rows_of_real_tables_equal_a_linear_program(flows):
    y, X, keys = flows()
    y, codes = y.to_numpy(dtype=float), [pd.factorize(np.asarray(key))[0].astype(np.int64) for key in keys]
    blocks = [sp.csr_array((np.ones(y.size), code, np.arange(y.size + 1))) for code in codes]
    fit = fit_poisson(y, X, codes)
    want = by_linear_program(sp.hstack([*blocks, sp.csr_array(X)], format="csr"), y)
    np.testing.assert_array_equal(fit.rows, np.flatnonzero(~want))
    assert want.any()


def test_some_of_the_problems_are_separated_beyond_empty_levels():
    causes = {(part.cause, part.effect) for seed in range(60) for part in fit_poisson(*problem(seed)[:3]).separated}
    assert ("prediction", -1) in causes
    assert ("all-zero level", 0) in causes


def test_an_empty_level_names_its_effect_by_place():
    y, codes = np.array([0.0, 0.0, 1.0, 2.0, 3.0, 1.0]), [np.array([0, 1, 0, 1, 0, 1]), np.array([0, 0, 1, 1, 2, 2])]
    (part,) = fit_poisson(y, np.empty((6, 0)), codes).separated
    assert (part.cause, part.effect, part.rows.tolist()) == ("all-zero level", 1, [0, 1])


def test_two_blocks_of_positives_separate_the_zeros_between_them():
    """Zeros from cities of block A to partners of block B, none the other way: the effects alone separate them."""
    city = np.array([0, 0, 1, 1, 2, 2, 3, 3, 0, 1])
    partner = np.array([0, 1, 0, 1, 2, 3, 2, 3, 2, 3])
    y = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 0, 0])
    fit = fit_poisson(y, np.empty((10, 0)), [city, partner])
    assert fit.rows.tolist() == list(range(8))


def test_regressors_that_free_nothing_new_do_not_end_the_search_early():
    """Columns that are zero, or repeat each other, among positive outcomes do not tell how many probes suffice."""
    city = np.array([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 0, 1, 2, 3])
    partner = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 2, 4, 6, 8])
    y = np.where(np.arange(14) < 10, 1.0 + np.arange(14), 0.0)
    X = np.zeros((14, 3))
    X[13, 1:] = 1.0
    design = np.hstack([np.eye(5)[city], np.eye(10)[partner], X])
    fit = fit_poisson(y, X, [city, partner])
    want = by_linear_program(design, y)
    assert want.sum() == 4
    assert np.array_equal(fit.rows, np.flatnonzero(~want))


def test_a_twinning_that_only_covers_zeros_is_separated_and_then_absorbed():
    rng = np.random.default_rng(0)
    unit, period = np.repeat(np.arange(20), 6), np.tile(np.arange(6), 20)
    twinned = ((unit < 3) & (period >= 3)).astype(float)
    y = rng.poisson(5.0, unit.size) + 1.0
    y[twinned == 1] = 0.0
    fit = fit_poisson(y, twinned[:, None], [unit, period], names=["twinning"])
    assert np.array_equal(np.setdiff1d(np.arange(y.size), fit.rows), np.flatnonzero(twinned))
    assert fit.kept.size == 0
    assert fit.collinear[0].name == "twinning"


@cache
def sparse_flows(seed):
    """A panel of flows of which 94 to 95 % are zeros, a treatment, and one draw per level of each effect."""
    rng = np.random.default_rng(seed)
    city, partner, period = (axis.ravel() for axis in np.indices((40, 25, 10)))
    codes = [city * 25 + partner, city * 10 + period, partner * 10 + period]
    eta = sum(rng.normal(size=code.max() + 1)[code] for code in codes) - 2.5
    y = rng.poisson(np.exp(eta)).astype(float)
    y[rng.random(y.size) < 0.7] = 0.0
    treated = ((codes[0] % 7 == 0) & (period >= 5)).astype(float)
    return y, treated, [rng.normal(size=code.max() + 1)[code] for code in codes], codes


@cache
def fit_sparse_flows(seed):
    y, treated, _, codes = sparse_flows(seed)
    return fit_poisson(y, treated[:, None], codes)


@loop_over("seed", [0, 11, 16])
@loop_over("varies_by", ["dyad", "ends"])
def test_a_covariate_that_the_effects_absorb_is_named_and_changes_nothing_among_zeros(seed, varies_by):
    y, treated, drawn, codes = sparse_flows(seed)
    covariate = drawn[0] if varies_by == "dyad" else drawn[1] + drawn[2]
    fit = fit_poisson(y, np.column_stack([treated, covariate]), codes, names=["treated", "size"])
    without = fit_sparse_flows(seed)
    assert [(one.name, str(one.explained_by)) for one in fit.collinear] == [("size", "the fixed effects")]
    assert np.array_equal(fit.rows, without.rows)
    np.testing.assert_allclose(fit.coefficients, without.coefficients, rtol=1e-9)


@pytest.mark.parametrize("zeros", ["many", "none"])
def test_a_column_constant_within_the_largest_effect_leaves_rounding_only(zeros):
    """Its means leave rounding that no combination of the other effects fits; these must not be asked to."""
    y, _, drawn, codes = sparse_flows(0)
    kept = y > 0 if zeros == "many" else np.ones(y.size, dtype=bool)
    effects = build_absorber([code[kept] for code in codes])
    left = effects.residualize(100 + drawn[0][kept, None])
    assert np.abs(left).max() < 1e-12


@loop_over("seed", range(40))
def test_rows_known_from_another_fit_to_the_same_zeros_give_the_same_fit(seed, monkeypatch):
    y, X, codes, _ = problem(seed)
    scaled = y * np.random.default_rng(seed).uniform(0.5, 2.0, y.size)
    rows, anew = fit_poisson(y, X, codes).rows, fit_poisson(scaled, X, codes)
    monkeypatch.setattr("twintrade.numerics.poisson.fit.find_separated", None)
    known = fit_poisson(scaled, X, codes, rows=rows)
    np.testing.assert_array_equal(known.kept, anew.kept)
    np.testing.assert_array_equal(known.rows, anew.rows)
    np.testing.assert_allclose(known.mu, anew.mu, rtol=1e-12)
