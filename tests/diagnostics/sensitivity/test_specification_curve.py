"""The specification curve: rows equal their own fits, subsets of controls equal regressions."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, NeverTreated, Panel, Treatment
from twintrade.diagnostics.sensitivity.specification_curve import (
    SpecificationCurve,
    iterate_subsets,
    restrict_to_window,
)
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered

BY_UNIT = Clustered(by=("unit",))
# The same least squares from cross-products.
AGREEMENT = 1e-8


def made(seed: int = 1, effect: float = 0.5) -> Design:
    rng = np.random.default_rng(seed)
    names = ["city", "partner", "period"]
    frame = pd.MultiIndex.from_product([range(6), range(6), range(8)], names=names).to_frame(index=False)
    onset = np.full(36, np.inf)
    onset[rng.choice(36, 8, replace=False)] = rng.integers(3, 6, 8)
    frame["x"], frame["z"] = rng.normal(size=(2, 288))
    eta = rng.normal(size=36).repeat(8) + 0.2 * rng.normal(size=288) + 0.3 * frame["x"]
    frame["flow"] = np.exp(eta + effect * (frame["period"].to_numpy() >= onset.repeat(8)))
    frame["city"], frame["partner"] = "c" + frame["city"].astype(str), "p" + frame["partner"].astype(str)
    panel = Panel.from_frame(frame, city="city", partner="partner")
    return Design(
        panel=panel, treatment=Treatment(panel.units, onset), outcome="flow", transform="log", window=(-3, 3)
    )


@pytest.fixture
def rng():
    return np.random.default_rng(2)


@pytest.fixture(scope="module")
def found():
    fitted = fit(Imputation(), made())
    curve = SpecificationCurve(estimators=("twfe", "ppml"), draws=19)
    return curve.check(fitted, BY_UNIT, np.random.default_rng(2))


def test_rows_are_what_the_choices_say(found) -> None:
    rows = found.payloads["specification_curve"]
    known = rows.dropna(subset=["effect"])
    assert known["effect"].is_monotonic_increasing
    assert set(known["estimator"]) == {"Imputation", "TWFE", "PPML"}
    design = replace(made(), fixed_effects="gravity", comparison=NeverTreated(), anticipation=1, reference=-2)
    expected = fit(TWFE(shape="static"), design).view("overall").effects[0]
    mine = known[
        (known["estimator"] == "TWFE") & (known["fixed_effects"] == "gravity") & (known["anticipation"] == "1 period")
    ]
    assert np.isclose(mine["effect"], expected).any()
    assert known["is_headline"].sum() == 1
    own = fit(Imputation(), made()).view("overall").effects[0]
    assert known.loc[known["is_headline"], "effect"].iloc[0] == pytest.approx(own)


def test_the_joint_test_finds_a_real_effect(found) -> None:
    assert found.unit == "p"
    assert found.value == pytest.approx(1 / 20)
    assert "specifications the effect runs from" in found.sentence
    assert set(found.table["choice"]) == {
        "estimator",
        "fixed_effects",
        "comparison",
        "outcome",
        "window",
        "anticipation",
        "dates",
        "weights",
        "covariates",
    }


@pytest.mark.parametrize("clusters", [("unit",), ("city", "partner"), ("city", "period")])
@pytest.mark.parametrize("inference", [None, Clustered(correction="stata"), Clustered(by=("row",))])
def test_subsets_of_controls_equal_regressions(rng, clusters, inference) -> None:
    weighted = np.random.default_rng(3).uniform(0.5, 2, 288)
    panel = made(2).panel
    panel = replace(panel, columns={**panel.columns, "w": weighted})
    design = replace(made(2), panel=panel, clusters=clusters, weights="w")
    rows = list(iterate_subsets(design, ("x", "z"), inference))
    assert len(rows) == 4
    for row in rows:
        names = () if row["covariates"] == "none" else tuple(str(row["covariates"]).split(", "))
        fitted = fit(TWFE(shape="static"), replace(design, covariates=names))
        bands = (inference or Clustered()).infer(fitted, "overall", rng)
        assert row["effect"] == pytest.approx(bands.estimate.effects[0], rel=AGREEMENT)
        for name in ("se", "low", "high", "p"):
            assert np.isfinite(row[name])
            assert row[name] == pytest.approx(getattr(bands, name)[0], rel=AGREEMENT), name


def test_the_headline_is_one_row_and_its_own_controls_stay_in(rng) -> None:
    fitted = fit(TWFE(shape="static"), replace(made(), covariates=("z",)))
    curve = SpecificationCurve(
        estimators=("imputation",), comparisons=("not_yet_treated",), has_dates=False, covariates=("x",), draws=0
    )
    rows = curve.check(fitted, BY_UNIT, rng).payloads["specification_curve"]
    assert set(rows["covariates"]) == {"z", "z, x"}
    headline = rows[rows["is_headline"]]
    assert len(headline) == 1
    assert headline["covariates"].item() == "z"
    assert headline["effect"].item() == pytest.approx(fitted.estimate.effects[0])
    assert headline["se"].item() == pytest.approx(BY_UNIT.infer(fitted, "overall", rng).se[0])


def test_outcomes_windows_and_weights_are_choices(rng) -> None:
    design = made()
    panel = design.panel
    columns = {**panel.columns, "other": 2 * panel.columns["flow"] ** 1.1, "w": rng.uniform(0.5, 2, 288)}
    design = replace(design, panel=replace(panel, columns=columns))
    fitted = fit(TWFE(), design)
    curve = SpecificationCurve(
        estimators=(),
        fixed_effects=("two_way",),
        comparisons=("not_yet_treated",),
        anticipation=(0,),
        outcomes=("other",),
        windows=((-2, 1),),
        weights=("w",),
        has_dates=False,
        draws=9,
    )
    found = curve.check(fitted, BY_UNIT, rng)
    rows = found.payloads["specification_curve"].set_index(["outcome", "window", "weights"])
    assert len(rows) == 8
    assert rows["is_headline"].sum() == 1
    assert rows.loc[("flow", "all", "none"), "is_headline"]
    changed = restrict_to_window(replace(design, outcome="other", weights="w"), (-2, 1))
    expected = fit(TWFE(), changed).view("overall").effects[0]
    assert rows.loc[("other", "−2 to +1", "w"), "effect"] == pytest.approx(expected)
    assert "specifications the effect runs from" in found.sentence


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"outcomes": ("nothing",)}, "no column 'nothing'"),
        ({"weights": ("heavy",)}, "no column 'heavy'"),
        ({"covariates": ("gone",)}, "no column 'gone'"),
        ({"estimators": ("oracle",)}, "no method is called 'oracle'"),
        ({"comparisons": ("nobody",)}, "no comparison is called 'nobody'"),
    ],
)
def test_what_does_not_exist_is_named(rng, options, words) -> None:
    found = SpecificationCurve(**options).check(fit(TWFE(shape="static"), made()), BY_UNIT, rng)
    assert found.sentence.startswith("Not available because")
    assert words in found.sentence


def test_controls_multiply_the_curve(rng) -> None:
    fitted = fit(TWFE(shape="static"), made())
    curve = SpecificationCurve(
        estimators=(), fixed_effects=("two_way",), anticipation=(0,), has_dates=False, covariates=("x", "z"), draws=0
    )
    rows = curve.check(fitted, BY_UNIT, rng).payloads["specification_curve"]
    assert set(rows["covariates"]) == {"none", "x", "z", "x, z"}


def test_a_curve_too_large_is_refused(rng) -> None:
    found = SpecificationCurve(most=3).check(fit(TWFE(shape="static"), made()), BY_UNIT, rng)
    assert "name fewer choices" in found.sentence
