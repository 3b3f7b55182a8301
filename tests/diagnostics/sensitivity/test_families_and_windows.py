"""Several outcomes, several windows, several regions: each says what is true of a panel whose truth is known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.mechanisms.outcomes import Outcomes
from twintrade.diagnostics.sensitivity.clusters import Regions, compute_critical_values
from twintrade.diagnostics.sensitivity.specification_curve import Window, restrict_to_window
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.inference.randomization import Randomization

# Two standard deviations of a quantile from 19,999 draws.
SIMULATED = 0.03


def made(drift: float = 0.0) -> Design:
    rng = np.random.default_rng(8)
    index = pd.MultiIndex.from_product([range(60), range(12)], names=["unit", "period"])
    frame = index.to_frame(index=False)
    onset = np.where(np.arange(60) < 24, 4.0 + np.arange(60) % 4, np.inf)
    event_time = frame["period"].to_numpy() - onset[frame["unit"]]
    treated = event_time >= 0
    frame["moved"] = rng.normal(size=720) + 1.0 * treated + drift * np.where(treated, event_time, 0)
    frame["also"] = rng.normal(size=720) + 0.8 * treated
    for name in ("calm", "still", "quiet"):
        frame[name] = rng.normal(size=720)
    panel = Panel.from_frame(frame, unit="unit", period="period")
    return Design(panel=panel, treatment=Treatment(panel.units, onset), outcome="moved", window=(-3, 4))


@pytest.fixture
def rng():
    return np.random.default_rng(2)


def test_a_family_of_outcomes_adjusts_and_untouched_ones_pass(rng) -> None:
    check = Outcomes(others=("also", "quiet"), untouched=("calm", "still"), draws=999)
    found = check.check(fit(TWFE(shape="static"), made()), Clustered(), rng)
    table = found.table.set_index("label")
    assert found.verdict == "cannot tell"  # levels of another outcome cannot be held against the headline
    assert (table["p_holm"] >= table["p"]).all()
    assert (table["p_romano_wolf"] <= 1).all()
    assert table.loc[["moved", "also"], "p_holm"].max() < 0.01
    assert table.loc[["moved", "also"], "p_romano_wolf"].max() == pytest.approx(0.001)
    assert table.loc[["calm", "still", "quiet"], "p_romano_wolf"].min() > 0.05
    assert "Of 3 outcomes 2 move" in found.sentence
    assert table["group"].tolist() == ["outcome"] * 3 + ["untouched"] * 2


def test_an_untouched_outcome_that_moves_is_an_objection(rng) -> None:
    found = Outcomes(untouched=("also",)).check(fit(TWFE(shape="static"), made()), Clustered(), rng)
    assert found.verdict == "objects"
    assert "also" in found.sentence


def share_objections(*, selected: bool, panels: int = 30) -> float:
    """How often crude oil objects, which no agreement moves but, where those that grow sign, grows with the rest."""
    check, verdicts = Outcomes(untouched=("crude",), reason="pipelines carry it", draws=19), []
    index = pd.MultiIndex.from_product([range(40), range(10)], names=["unit", "period"])
    for seed in range(panels):
        rng = np.random.default_rng(seed)
        growth, frame = 0.05 * rng.normal(size=40), index.to_frame(index=False)
        ranked = np.argsort(-growth) if selected else rng.permutation(40)
        onset = np.full(40, np.inf)
        onset[ranked[:12]] = 5.0
        unit, period = frame["unit"].to_numpy(), frame["period"].to_numpy()
        for name, effect in (("goods", 0.3), ("crude", 0.0)):
            noise = growth[unit] * period + 0.1 * rng.normal(size=400)
            frame[name] = np.exp(noise + effect * (period >= onset[unit]))
        panel = Panel.from_frame(frame, unit="unit", period="period")
        design = Design(panel=panel, treatment=Treatment(panel.units, onset), outcome="goods", transform="log")
        found = check.check(fit(Imputation(), design), Clustered(), rng)
        assert "untouched because pipelines carry it" in found.sentence
        verdicts.append(found.verdict == "objects")
    return float(np.mean(verdicts))


def test_a_negative_control_finds_selection_on_growth_in_a_panel() -> None:
    assert share_objections(selected=True, panels=1) == 1
    assert share_objections(selected=False, panels=1) == 0


@pytest.mark.slow
def test_a_negative_control_finds_selection_on_growth_and_seldom_objects_without_it() -> None:
    assert share_objections(selected=True) > 0.8
    assert share_objections(selected=False) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 30)


def test_an_outcome_that_is_not_there_is_a_row_with_its_reason(rng) -> None:
    found = Outcomes(others=("also", "absent")).check(fit(TWFE(shape="static"), made()), Clustered(), rng)
    row = found.table.set_index("label").loc["absent"]
    assert "no column 'absent'" in row["reason"]
    assert np.isnan(row["effect"])
    nothing = Outcomes().check(fit(TWFE(shape="static"), made()), Clustered(), rng)
    assert nothing.sentence.startswith("Not available because no other outcome is named")


def test_rows_far_from_the_onset_are_left_out_by_window(rng) -> None:
    growing = fit(TWFE(), made(drift=0.5))
    found = Window().check(growing, Clustered(), rng)
    table = found.table.set_index("label")
    assert table.loc["all rows", "effect"] == pytest.approx(growing.view("overall").effects[0])
    nearer = growing.refit(restrict_to_window(growing.design, (-2, 3))).view("overall").effects[0]
    assert table.loc["event times −2 to +3", "effect"] == pytest.approx(nearer)
    assert found.value > 0.1
    assert (table["n_rows"].iloc[1:] < table["n_rows"].iloc[0]).all()


def test_regions_are_nested_and_equal_their_formulas(rng) -> None:
    covariance = np.eye(5)
    found = compute_critical_values(covariance, np.ones(5, dtype=bool), 0.95, 30.0, rng)
    assert found["pointwise"] == pytest.approx(stats.t.ppf(0.975, 30))
    assert found["Bonferroni"] == pytest.approx(stats.t.ppf(1 - 0.05 / 10, 30))
    assert found["Sidak"] == pytest.approx(stats.t.ppf(0.5 + 0.95**0.2 / 2, 30))
    assert found["Wald"] == pytest.approx(np.sqrt(5 * stats.f.ppf(0.95, 5, 30)))
    assert found["sup-t"] == pytest.approx(found["Sidak"], abs=SIMULATED)  # independent effects
    equal = compute_critical_values(np.ones((5, 5)), np.ones(5, dtype=bool), 0.95, np.inf, rng)
    assert equal["sup-t"] == pytest.approx(equal["pointwise"], abs=SIMULATED)  # one effect five times
    assert equal["Wald"] == pytest.approx(np.sqrt(stats.chi2.ppf(0.95, 5)))


def test_regions_of_a_fit(rng) -> None:
    fitted = fit(TWFE(), made())
    found = Regions().check(fitted, Clustered(), rng)
    critical = found.table.set_index("region")["critical_value"]
    assert critical["pointwise"] < critical["sup-t"] <= critical["Sidak"] < critical["Bonferroni"] < critical["Wald"]
    rows = found.payloads["regions"]
    bands = Clustered().infer(fitted, "event", rng)
    own = rows[(rows["region"] == "pointwise") & (rows["event"] == "+0")].iloc[0]
    k = bands.estimate.names.index("+0")
    assert own["low"] == pytest.approx(bands.low[k])
    bare = Regions().check(fitted, Randomization(draws=19), rng)
    assert bare.sentence.startswith("Not available because")


def test_checks_without_what_they_need_say_so(rng) -> None:
    static = fit(TWFE(shape="static"), made())
    assert "no effects by event time" in Regions().check(static, Clustered(), rng).sentence
    alone = replace(made(), window=(-1, 0))
    found = Window(steps=()).check(fit(Imputation(), alone), Clustered(), rng)
    assert len(found.table) in (2, 3)
