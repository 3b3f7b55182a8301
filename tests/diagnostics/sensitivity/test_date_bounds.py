"""Bounds over all dates a tie may have begun at: against enumeration, and holding a truth that is known."""

import json
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.sensitivity.dates import Dates, compute_date_bounds, compute_onset_range
from twintrade.diagnostics.variants import format_effect, format_range
from twintrade.errors import EstimationError
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.numerics.arrays import bound_ratio

EFFECT = 0.4
# The same sums in another order.
ROUNDING = 1e-10


def enumerated(numerator, denominator, group, is_optional) -> tuple[float, float]:
    """Try every beginning of every group."""
    groups = np.unique(group[is_optional])
    sizes = [int((is_optional & (group == g)).sum()) for g in groups]
    found = []
    for skipped in product(*(range(n + 1) for n in sizes)):
        taken = ~is_optional
        for g, n in zip(groups, skipped, strict=True):
            taken = taken.copy()
            taken[np.flatnonzero(is_optional & (group == g))[n:]] = True
        if taken.any():
            found.append(numerator[taken].sum() / denominator[taken].sum())
    return min(found), max(found)


@loop_over("seed", range(8))
@loop_over("share", [0.4, 1.0])
def test_both_ends_equal_trying_every_beginning(seed, share) -> None:
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(5), [4, 3, 1, 5, 3])
    is_optional = np.zeros(16, dtype=bool)
    for g in range(5):
        rows = np.flatnonzero(group == g)
        is_optional[rows[: int(np.ceil(share * rows.size))]] = True
    numerator, denominator = rng.normal(0.3, 1, 16), rng.uniform(0.2, 3, 16)
    expected = enumerated(numerator, denominator, group, is_optional)
    assert bound_ratio(numerator, denominator, group, is_optional) == pytest.approx(expected, rel=ROUNDING)


def test_nothing_optional_is_one_ratio_and_no_row_is_refused() -> None:
    one = np.ones(3)
    low, high = bound_ratio(2 * one, one, np.arange(3), np.zeros(3, dtype=bool))
    assert low == high == 2
    with pytest.raises(EstimationError, match="no row"):
        bound_ratio(one[:0], one[:0], np.arange(0), np.zeros(0, dtype=bool))


def made(noise: float = 0.0) -> tuple[Design, np.ndarray]:
    """Ties truly begin at their memorandum; the design takes the signature, up to three years later."""
    rng = np.random.default_rng(5)
    index = pd.MultiIndex.from_product([range(6), range(5), range(2000, 2014)], names=["city", "partner", "period"])
    frame = index.to_frame(index=False)
    true = np.full(30, np.inf)
    true[rng.choice(30, 8, replace=False)] = rng.integers(2004, 2007, 8)
    signed = true + rng.integers(0, 4, 30)
    eta = rng.normal(size=30).repeat(14) + rng.normal(size=14)[frame["period"] - 2000]
    eta = eta + noise * rng.normal(size=420) + EFFECT * (frame["period"].to_numpy() >= true.repeat(14))
    frame["flow"] = np.exp(3 + eta)
    panel = Panel.from_frame(frame, city="city", partner="partner")
    rows = [
        {
            "unit": str(panel.units[k]),
            "precision": "day",
            "onset": signed[k],
            "candidates": json.dumps([["memorandum", str(true[k]), true[k]], ["signed", str(signed[k]), signed[k]]]),
        }
        for k in np.flatnonzero(np.isfinite(true))
    ]
    treatment = Treatment(panel.units, signed, register=pd.DataFrame(rows))
    design = Design(panel=panel, treatment=treatment, outcome="flow", transform="log", window=(-3, 4))
    return design, true


@pytest.mark.parametrize(("estimator", "transform"), [(Imputation(), "log"), (TWFE(), "log"), (PPML(), "level")])
def test_the_truth_is_at_the_upper_end_where_early_years_are_counted_out(estimator, transform) -> None:
    """Without noise every truly treated row has the effect; counting untreated rows in can only lower the mean."""
    design, true = made()
    first, last = compute_onset_range(design)
    np.testing.assert_array_equal(first, true)
    np.testing.assert_array_equal(last, design.onset)
    found = compute_date_bounds(fit(estimator, design.with_outcome("flow", transform)), first, last)
    assert found is not None
    assert found.low == pytest.approx(EFFECT, abs=1e-6)
    assert found.high == pytest.approx(EFFECT, abs=1e-6)
    naive = fit(Imputation(), design).view("overall").effects[0]
    assert naive < EFFECT - 0.02
    earlier = np.where(np.isfinite(first), first - 2, first)
    wide = compute_date_bounds(fit(estimator, design.with_outcome("flow", transform)), earlier, last)
    assert wide is not None
    assert wide.low < EFFECT - 0.02
    assert wide.high == pytest.approx(EFFECT, abs=1e-6)


def test_bounds_hold_the_estimate_of_every_choice_of_dates() -> None:
    design, _ = made(noise=0.5)
    fitted = fit(Imputation(), design)
    first, last = compute_onset_range(design)
    found = compute_date_bounds(fitted, first, last)
    assert found is not None
    early = fit(Imputation(), design.reassigned(first)).view("overall").effects[0]
    assert found.low <= early <= found.high
    assert found.low < found.high


def test_bounds_stand_below_the_dates_and_in_the_sentence() -> None:
    design, _ = made(noise=0.3)
    found = Dates().check(fit(Imputation(), design), Clustered(by=("unit",)), np.random.default_rng(1))
    row = found.table.iloc[-1]
    bounds = compute_date_bounds(fit(Imputation(), design), *compute_onset_range(design))
    assert row["group"] == "bounds"
    assert (row["low"], row["high"]) == (bounds.low, bounds.high)
    assert "sampling error aside" in found.sentence
    assert "bounds" not in set(found.payloads["dates"]["group"])
    assert not found.messages


def test_no_ambiguity_no_bounds_and_an_impossible_one_has_its_reason() -> None:
    design, _ = made(noise=0.3)
    plain = replace(design, treatment=Treatment(design.panel.units, design.onset))
    found = Dates().check(fit(Imputation(), plain), Clustered(by=("unit",)), np.random.default_rng(1))
    assert "bounds" not in set(found.table["group"])
    everywhere = np.where(np.isfinite(design.onset), 2000.0, np.inf)
    with pytest.raises(EstimationError):
        compute_date_bounds(fit(Imputation(), design), everywhere, design.onset)


def test_ends_that_print_alike_are_one_number() -> None:
    assert str(format_range(-0.14, -0.14, "percent")) == f"is {format_effect(-0.14, 'percent')}"
    assert str(format_range(-0.5, 2.0, "percent")).startswith("lies between ")


@pytest.mark.parametrize(("first", "last"), [(-2.0, 2.0), (-np.inf, 2.0), (-2.0, np.inf)])
def test_a_pair_set_aside_for_its_bounds_is_let_in_from_any_date_that_they_allow(first, last) -> None:
    """Without noise rows before the true date lower the mean and no choice raises it above the effect."""
    design, true = made()
    k = int(np.flatnonzero(np.isfinite(true))[0])
    unit = str(design.panel.units[k])
    ends = {"unit": unit, "earliest": true[k] + first, "latest": true[k] + last, "onset": np.nan}
    register = pd.DataFrame([ends]).replace([np.inf, -np.inf], np.nan)
    onset = np.where(np.arange(true.size) == k, np.inf, true)
    treatment = Treatment(design.panel.units, onset, excluded={unit: "undated"}, register=register)
    aside = replace(design, treatment=treatment)
    fitted = fit(Imputation(), aside)
    earliest, latest = compute_onset_range(aside)
    assert earliest[k] == (2001 if np.isinf(first) else true[k] + first)
    assert latest[k] == true[k] + last
    bounds = compute_date_bounds(fitted, earliest, latest)
    o = aside.observations
    n_rows, n_early = int(o.is_treated.sum()), int(true[k] - earliest[k])
    n_true = int(2014 - true[k])
    assert bounds is not None
    assert (bounds.n_units, bounds.n_aside) == (1, 1)
    assert bounds.high == pytest.approx(EFFECT, abs=1e-6)
    assert bounds.low == pytest.approx(EFFECT * (n_rows + n_true) / (n_rows + n_true + n_early), abs=1e-6)
