"""Rings of distance to the nearest tie: known decay, dummies written out, other units of distance, bad input."""

from dataclasses import replace
from math import asin, cos, radians, sin, sqrt

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.mechanisms.spillovers import (
    Spillovers,
    build_ring_variants,
    choose_edges,
    compute_exposure,
)
from twintrade.estimators.base import fit
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered

BY_UNIT = Clustered(by=("unit",))
EDGES = (250.0, 600.0)
INNER, OUTER, DIRECT = -0.3, -0.1, 0.5
# Noise of 0.02, seven tied dyads of eight periods each: two standard errors of the direct effect under gravity.
CLOSE = 0.03
PLACE = ("latitude", "longitude")
TIES = {(0, 0): 3, (1, 1): 4, (2, 2): 4, (3, 3): 5, (4, 0): 6, (5, 1): 6, (6, 2): 2}
STATIC = TWFE(shape="static")


def apart(a, b) -> float:
    """Kilometres between two points in degrees, one at a time."""
    half = sin(radians(b[0] - a[0]) / 2) ** 2
    half += cos(radians(a[0])) * cos(radians(b[0])) * sin(radians(b[1] - a[1]) / 2) ** 2
    return 2 * 6371.0088 * asin(sqrt(half))


def effect_at(points, c: int, p: int, t: int) -> float:
    """Return what the ties in force do to one flow."""
    if t >= TIES.get((c, p), np.inf):
        return DIRECT
    near = [apart(points[c], points[i]) for (i, j), onset in TIES.items() if j == p and i != c and t >= onset]
    distance = min(near, default=np.inf)
    return INNER if distance <= EDGES[0] else OUTER if distance <= EDGES[1] else 0.0


def made(seed: int = 1, noise: float = 0.05, turn: float = 0.0, through: str = "city", **options) -> Design:
    """Return a panel in which spillovers end with distance; ``through`` is the end at which dyads differ."""
    rng = np.random.default_rng(seed)
    n_places, n_shared, n_periods = 36, 6, 8
    points = rng.uniform([42.0, -4.0], [56.0, 18.0], (n_places, 2))
    level, shock = rng.normal(size=(n_places, n_shared)), rng.normal(size=(n_shared, n_periods))
    rows = []
    for c in range(n_places):
        for p in range(n_shared):
            for t in range(n_periods):
                eta = 5 + level[c, p] + 0.1 * t + effect_at(points, c, p, t) + noise * rng.normal()
                if options.get("fixed_effects") == "gravity":
                    eta += shock[p, t]
                rows.append((f"m{c:02d}", f"s{p}", t, np.exp(eta), points[c, 0], points[c, 1] + turn))
    ends = ("city", "partner") if through == "city" else ("partner", "city")
    places = PLACE if through == "city" else tuple(f"partner_{name}" for name in PLACE)
    frame = pd.DataFrame(rows, columns=[*ends, "period", "flow", *places])
    panel = Panel.from_frame(frame, city="city", partner="partner")
    keys = [(f"m{c:02d}", f"s{p}") for c, p in TIES]
    onset = {"-".join(key if through == "city" else key[::-1]): t for key, t in zip(keys, TIES.values(), strict=True)}
    starts = np.array([onset.get(str(u), np.inf) for u in panel.units])
    kept = {"transform": "log", "fixed_effects": "two_way"} | options
    return Design(panel=panel, treatment=Treatment(panel.units, starts), outcome="flow", **kept)


def rings(design: Design, rng, estimator=STATIC, **options):
    found = Spillovers(**{"edges": EDGES} | options).check(fit(estimator, design), BY_UNIT, rng)
    return found, found.payloads["spillover_rings"].set_index("label")


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def named(edges=EDGES) -> list[str]:
    return ["direct", f"0 to {edges[0]:.0f} km", f"{edges[0]:.0f} to {edges[1]:.0f} km"]


@pytest.mark.parametrize("effects", ["two_way", "gravity"])
def test_known_decay_is_found(rng, effects) -> None:
    found, table = rings(made(noise=0.02, fixed_effects=effects), rng)
    for label, true in zip(named(), (DIRECT, INNER, OUTER), strict=True):
        assert table.loc[label, "effect"] == pytest.approx(true, abs=CLOSE)
        assert table.loc[label, "low"] < table.loc[label, "effect"] < table.loc[label, "high"]
    assert list(table.index) == [*named(), "beyond 600 km: the comparison", "net"]
    assert np.isnan(table.loc["beyond 600 km: the comparison", "effect"])
    assert "against pairs beyond 600 km" in found.sentence


def test_known_decay_is_found_in_levels(rng) -> None:
    table = rings(made().with_outcome("flow", "level"), rng, PPML(shape="static"))[1]
    for label, true in zip(named(), (DIRECT, INNER, OUTER), strict=True):
        assert table.loc[label, "effect"] == pytest.approx(true, abs=2 * CLOSE)


@pytest.mark.parametrize("effects", ["two_way", "gravity"])
def test_without_noise_every_ring_is_exact(rng, effects) -> None:
    table = rings(made(noise=0.0, fixed_effects=effects), rng)[1]
    assert table["effect"].iloc[:3].to_numpy() == pytest.approx([DIRECT, INNER, OUTER], abs=1e-10)


def test_flows_that_lose_to_the_tie_flatter_it_without_rings() -> None:
    assert fit(STATIC, made(noise=0.0)).view("overall").effects[0] > DIRECT + 0.01


def test_partners_in_rings_where_their_places_are_known(rng) -> None:
    _, table = rings(made(noise=0.0, through="partner"), rng)
    assert table["effect"].iloc[:3].to_numpy() == pytest.approx([DIRECT, INNER, OUTER], abs=1e-10)
    assert table["group"].str.contains("same city, other destinations").all()


def test_each_ring_equals_dummies_written_out(rng) -> None:
    design = made(seed=3)
    table = rings(design, rng)[1]
    frame = design.panel.to_frame()
    points = {c: (g["latitude"].iloc[0], g["longitude"].iloc[0]) for c, g in frame.groupby("city")}
    ties = {(f"m{c:02d}", f"s{p}"): t for (c, p), t in TIES.items()}
    seen = {
        key: [(apart(points[key[0]], points[i]), t) for (i, j), t in ties.items() if j == key[1] and i != key[0]]
        for key in set(zip(frame["city"], frame["partner"], strict=True))
    }
    bounds = {named()[1]: (0.0, EDGES[0]), named()[2]: (EDGES[0], EDGES[1])}
    for label in named():
        kept, treated = [], []
        for row in frame.itertuples():
            key = (row.city, row.partner)
            nearest = min((d for d, _ in seen[key]), default=np.inf)
            exposed = min((t for d, t in seen[key] if d <= EDGES[1]), default=np.inf)
            start = np.inf
            if key in ties:
                start = ties[key] if label == "direct" else np.inf
            elif label != "direct" and bounds[label][0] < nearest <= bounds[label][1]:
                start = min(t for d, t in seen[key] if d <= bounds[label][1])
            touched = key in ties or nearest <= EDGES[1]
            kept.append((start < np.inf or not touched) and not exposed <= row.period < start)
            treated.append(float(row.period >= start))
        kept, treated = np.array(kept), np.array(treated)
        sample = frame[kept]
        dummies = pd.get_dummies(sample[["unit", "period"]].astype(str), dtype=float).to_numpy()
        x = np.column_stack([treated[kept], dummies])
        beta = np.linalg.lstsq(x, np.log(sample["flow"].to_numpy()), rcond=None)[0]
        assert table.loc[label, "effect"] == pytest.approx(beta[0], abs=1e-9)
        assert table.loc[label, "n_rows"] == kept.sum()


def test_the_net_lies_between_its_parts(rng) -> None:
    table = rings(made(), rng)[1]
    assert not {"trade", "amount"} & set(table)
    effects = table.loc[named(), "effect"]
    assert effects.min() < table.loc["net", "effect"] < effects.max()
    counts = table["n_units"]
    assert counts["net"] == counts["beyond 600 km: the comparison"] + table.loc[named(), "n_treated_units"].sum()


def test_the_unit_of_distance_does_not_matter() -> None:
    design = made()
    found = compute_exposure(design, "partner", PLACE)
    miles = replace(found, between=found.between / 1.609344)
    ends = choose_edges(found, (), 3)
    assert choose_edges(miles, (), 3) == pytest.approx(ends / 1.609344)
    ours = build_ring_variants(design, found, ends * 1.0001, "")
    theirs = build_ring_variants(design, miles, ends * 1.0001 / 1.609344, "")
    for one, other in zip(ours, theirs, strict=True):
        assert (one.design.observations.rows == other.design.observations.rows).all()
        assert (one.design.onset == other.design.onset).all()


def test_turning_the_globe_does_not_matter(rng) -> None:
    ours, turned = (rings(made(turn=turn), rng)[1] for turn in (0.0, 170.0))
    pd.testing.assert_frame_equal(ours, turned)


def test_edges_come_from_quantiles_of_untied_dyads(rng) -> None:
    design = made()
    found, table = rings(design, rng, edges=(), rings=3)
    seen = compute_exposure(design, "partner", PLACE)
    nearest = seen.seen()[0][~seen.is_treated]
    expected = np.quantile(nearest[np.isfinite(nearest)], [0.25, 0.5, 0.75])
    assert table["to_km"].iloc[1:4].to_numpy() == pytest.approx(expected)
    assert "quantiles of the distances of pairs without an agreement" in found.sentence


def without_places(design: Design) -> Design:
    columns = {k: v for k, v in design.panel.columns.items() if k not in PLACE}
    return replace(design, panel=replace(design.panel, columns=columns))


def test_without_coordinates_the_channels_stay(rng) -> None:
    design = made()
    found = Spillovers().check(fit(STATIC, without_places(design)), BY_UNIT, rng)
    assert set(found.payloads) == {"spillovers"}
    assert "same destination: not available because the panel has no column latitude and longitude" in found.sentence
    whole = Spillovers().check(fit(STATIC, design), BY_UNIT, np.random.default_rng(5))
    pd.testing.assert_frame_equal(found.table, whole.table)


def changed(design: Design, column: str, rows, value: float) -> Design:
    values = design.panel.columns[column].copy()
    values[rows] = value
    return replace(design, panel=replace(design.panel, columns={**design.panel.columns, column: values}))


@pytest.mark.parametrize(
    ("value", "rows", "said"),
    [
        (np.nan, slice(0, 48), "m00 has no latitude"),
        (44.0, slice(0, 1), "m00 has more than one latitude"),
        (123.0, slice(0, 48), "m00 has no possible latitude"),
    ],
)
def test_coordinates_that_cannot_be_used_are_named(rng, value, rows, said) -> None:
    found = Spillovers().check(fit(STATIC, changed(made(), "latitude", rows, value)), BY_UNIT, rng)
    assert f"not available because {said}; give each place one" in found.sentence
    assert "spillover_rings" not in found.payloads


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"edges": (600.0, 250.0)}, "do not ascend"),
        ({"edges": (0.0,)}, "do not ascend"),
        ({"edges": (float("nan"),)}, "do not ascend"),
        ({"rings": 0}, "give one or more"),
        ({"city_columns": ("flow", "nowhere")}, "no column nowhere"),
    ],
)
def test_options_that_make_no_rings_are_said(rng, options, said) -> None:
    found = Spillovers(**options).check(fit(STATIC, made()), BY_UNIT, rng)
    assert said in found.sentence
    assert not found.table.empty


def test_an_empty_ring_is_a_row_with_its_reason(rng) -> None:
    found, table = rings(made(), rng, edges=(0.001, 600.0))
    assert table["reason"].iloc[1] != ""
    assert np.isfinite(table["effect"].iloc[2])
    assert any(m.code == "refit-failed" and "km" in m.message for m in found.messages)


def test_rings_that_leave_no_comparison_are_refused(rng) -> None:
    design = made()
    kept = np.isin(design.panel.unit_partner, [0, 1, 2, 3])[design.panel.unit]
    frame = design.panel.to_frame()[kept]
    panel = Panel.from_frame(frame.drop(columns="unit"), city="city", partner="partner")
    fewer = replace(design, panel=panel, treatment=replace(design.treatment))
    found = Spillovers(edges=(20_100.0,)).check(fit(STATIC, fewer), BY_UNIT, rng)
    assert "no dyad lies beyond the last ring, which ends at 20,100 km" in found.sentence
