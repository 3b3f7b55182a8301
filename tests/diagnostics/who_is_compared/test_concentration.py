"""The percent change of a total, what it rests on, and the treated rows and pairs that have no part in it."""

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.who_is_compared.twfe_weights import Concentration
from twintrade.estimators.base import fit
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.imputing.untreated_outcomes import impute_treated_totals
from twintrade.inference.auto import Auto
from twintrade.inference.clustered import Clustered
from twintrade.inference.randomization import Randomization

PERCENT = Imputation(family="poisson", measure="percent")
# The scaling below stops at relative changes of 1e-13; the estimator's deviance at 1e-10.
SCALED = 1e-6
EXACT = 1e-9


def made(seed=5, n_treated=6, *, weights=None, silent=False) -> Design:
    """Six cities, seven partners, twelve years; the two largest treated pairs move in opposite directions."""
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product(
        [[f"c{i}" for i in range(6)], [f"p{i}" for i in range(7)], range(2000, 2012)],
        names=["city", "partner", "period"],
    )
    frame = index.to_frame(index=False)
    frame["w"] = 1.0 + (np.arange(len(frame)) // 12) % 3
    onset = np.full(42, np.inf)
    treated = rng.choice(42, n_treated, replace=False)
    onset[treated] = 2004 + rng.integers(0, 5, n_treated)
    size = rng.normal(size=42)
    size[treated[:2]] += 4.0
    effect = np.zeros(42)
    effect[treated] = np.where(np.arange(n_treated) % 2, 0.6, -0.6)
    after = frame["period"].to_numpy() >= np.repeat(onset, 12)
    mean = np.exp(5 + np.repeat(size, 12) + 0.05 * (frame["period"] - 2000) + np.repeat(effect, 12) * after)
    frame["exports"] = rng.poisson(mean)
    if silent:
        unit = np.arange(len(frame)) // 12
        frame.loc[(unit == treated[-1]) & ~after, "exports"] = 0
    panel = Panel.from_frame(frame, city="city", partner="partner", units_of_measure={"exports": "USD"})
    return Design(
        panel=panel,
        treatment=Treatment(panel.units, onset),
        outcome="exports",
        fixed_effects="gravity",
        clusters=("city", "partner"),
        weights=weights,
    )


def scaled_margins(design: Design) -> np.ndarray:
    """Impute by proportional fitting of the untreated rows to their margins, one effect after the other."""
    o = design.observations
    w = np.ones(o.n_rows) if o.weights is None else o.weights
    inside = ~o.is_treated
    fitted = np.ones(o.n_rows)
    for _ in range(20_000):
        old = fitted.copy()
        for codes in o.effect_codes():
            have = np.bincount(codes[inside], (w * o.y)[inside], codes.max() + 1)
            made = np.bincount(codes[inside], (w * fitted)[inside], codes.max() + 1)
            fitted *= (have / made)[codes]
        if np.abs(fitted / old - 1).max() < 1e-13:
            break
    return fitted


@pytest.mark.parametrize("weights", [None, "w"])
def test_the_percent_headline_is_the_change_of_the_treated_pairs_total(weights):
    design = made(weights=weights)
    o = design.observations
    w = np.ones(o.n_rows) if o.weights is None else o.weights
    rows = o.is_treated
    predicted = scaled_margins(design)
    want = 100 * ((w * o.y)[rows].sum() / (w * predicted)[rows].sum() - 1)
    overall = fit(PERCENT, design).view("overall")
    assert overall.scale == "percent"
    assert overall.effects[0] == pytest.approx(want, rel=SCALED)
    assert impute_treated_totals(design).percent() == pytest.approx(float(overall.effects[0]), rel=EXACT)
    assert overall.n_cells[0] == rows.sum()


def test_the_share_of_each_pair_and_the_change_without_it():
    design = made()
    o = design.observations
    rows = np.flatnonzero(o.is_treated)
    frame = pd.DataFrame({"unit": o.unit_ids[o.unit[rows]], "y": o.y[rows], "y0": scaled_margins(design)[rows]})
    sums = frame.groupby("unit").sum().sort_values("y0", ascending=False)
    found = Concentration().check(fit(PERCENT, design), Clustered(by=("unit",)), np.random.default_rng(1))
    share = sums["y0"] / sums["y0"].sum()
    assert list(found.table["unit"]) == list(sums.index)
    assert found.table["share"].to_numpy() == pytest.approx(share.to_numpy(), rel=SCALED)
    assert found.value == pytest.approx(1 / float((share**2).sum()), rel=SCALED)
    for k, name in enumerate(sums.index):
        rest = sums.drop(index=name)
        assert found.table["percent_without"][k] == pytest.approx(
            100 * (rest["y"].sum() / rest["y0"].sum() - 1), rel=SCALED
        )
    assert found.verdict == "informs"
    assert f"without {sums.index[1]}" in found.sentence
    assert f"{found.value:.1f} effective pairs" in found.sentence


def test_one_treated_pair_is_its_own_total():
    found = Concentration().check(fit(PERCENT, made(n_treated=1)), Clustered(by=("unit",)), np.random.default_rng(1))
    assert found.value == 1
    assert "alone" in found.sentence


def test_an_estimate_that_is_no_change_of_a_total_says_so():
    found = Concentration().check(
        fit(Imputation(family="poisson"), made()), Clustered(by=("unit",)), np.random.default_rng(1)
    )
    assert found.sentence.startswith("Not available")


def test_a_pair_without_trade_before_is_counted_and_not_imputed():
    whole, silent = fit(PERCENT, made()), fit(PERCENT, made(silent=True))
    before, after = whole.estimate.sample.statistics, silent.estimate.sample.statistics
    assert before["n_without_outcome_before"] == 0
    assert after["n_without_outcome_before"] == 1
    o = silent.design.observations
    left = int(o.is_treated.sum()) - int(silent.view("overall").n_cells[0])
    assert left == after["n_unidentified"] > 0


def test_randomization_serves_the_percent_headline():
    """Also as what the decision table takes with six city clusters."""
    for inference in (Randomization(draws=4), Auto(permutations=4)):
        bands = inference.infer(fit(PERCENT, made()), "overall", np.random.default_rng(3))
        assert bands.inference == "randomization"
        assert 0.2 <= bands.p[0] <= 1
        assert bands.facts["draws"] == 4


@pytest.mark.parametrize("estimator", [PERCENT, ETWFE(family="poisson", measure="percent")])
def test_sentences_say_what_is_summed(estimator):
    plain, weighted = (str(estimator.estimand(made(weights=w))) for w in (None, "w"))
    assert "total" in plain
    assert "weighted by w" in weighted
    assert "weighted by" not in plain
