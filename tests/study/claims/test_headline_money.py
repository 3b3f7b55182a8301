"""Money comes from levels only, and one gate decides whether an amount, only its bounds or nothing is said."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from twintrade.effects import Finding, Money
from twintrade.estimators.base import fit
from twintrade.estimators.imputing.untreated_outcomes import fit_counterfactual
from twintrade.estimators.synthetic_control import DoubleRatio
from twintrade.render.reading import DETECTED, SPREAD
from twintrade.study.claims.money import compute_money, find_effect_with_total
from twintrade.study.execute import plan_analysis
from twintrade.study.observing.observe import observe
from twintrade.study.page.assemble import assemble_results
from twintrade.study.run.columns import ColumnFinding, run
from twintrade.study.store.replay import from_bytes, to_bytes
from twintrade.text import Text

EXACT = 1e-9  # the same sums in another order
ITERATED = 1e-6  # two Poisson fits that stop at their tolerance

STATIC = '[[estimator]]\nname = "ppml"\nshape = "static"\ntransform = "level"\n'
PPML = '[[estimator]]\nname = "ppml"\ntransform = "level"\n'
LOG_RATIO = '[[estimator]]\nname = "imputation"\nfamily = "poisson"\ntransform = "level"\n'
PERCENT = LOG_RATIO + 'measure = "percent"\n'
ETWFE = '[[estimator]]\nname = "etwfe"\nfamily = "poisson"\ntransform = "level"\n'
GROUP_TIME = '[[estimator]]\nname = "callaway_santanna"\ntransform = "level"\nfixed_effects = "two_way"\n'


def ran(project, text, estimator, check=""):
    head = text[: text.index("[[estimator]]")]
    rest = text[text.index("[inference]") :]
    made, _ = plan_analysis(project, "tiny", head + estimator + rest + check)
    return run(made, observe("tiny", made.spec, project))


def headline(found):
    return found.ladder.headline


def valued(found):
    return find_effect_with_total(found, headline(found), headline(found).fit)


def total_of(found):
    value = valued(found)
    return value.basis.total(float(value.fit.view("overall").effects[0]))


def treated(made):
    o, rows = made.design.observations, made.estimate.sample.rows
    return rows[o.is_treated[rows]], o.y


def with_bands(found, low, high):
    """The same run with another interval of the headline's overall effect."""
    old = headline(found)
    changed = [
        replace(b, low=np.array([low]), high=np.array([high])) if b.estimate.kind == "overall" else b
        for b in old.bands
    ]
    new = replace(old, bands=tuple(changed))
    return replace(found, ladder=replace(found.ladder, estimated=(new,), concluded=()))


def concluding(found, **finding):
    one = ColumnFinding(Finding(text="", **finding), headline(found))
    return replace(found, ladder=replace(found.ladder, concluded=(*found.ladder.concluded, one)))


def imputed_total(found):
    c = fit_counterfactual(headline(found).fit.design.observations, "poisson")
    return float(c.o.y[c.rows].sum()), float(c.predicted.sum())


@pytest.mark.parametrize("estimator", [PERCENT, LOG_RATIO])
def test_poisson_imputation_is_worth_outcomes_less_imputed_outcomes(project, spec_text, estimator):
    """Whatever its measure: never an average log effect times what was traded."""
    found = ran(project, spec_text, estimator)
    observed, imputed = imputed_total(found)
    assert total_of(found) == pytest.approx(observed - imputed, rel=ITERATED)
    log_ratio = headline(ran(project, spec_text, LOG_RATIO)).fit.view("overall").effects[0]
    assert total_of(found) != pytest.approx(observed * -np.expm1(-log_ratio), rel=0.01)


def test_the_ends_of_a_percent_interval_are_taken_of_the_imputed_total(project, spec_text):
    found = with_bands(ran(project, spec_text, PERCENT), 2.0, 30.0)
    money = compute_money(found)
    _, imputed = imputed_total(found)
    assert (money.low, money.high) == pytest.approx((0.02 * imputed, 0.3 * imputed), rel=ITERATED)
    assert money.state == "stated"
    assert money.total == pytest.approx(total_of(found), rel=EXACT)


def test_one_proportional_effect_is_taken_out_of_every_treated_row(project, spec_text):
    found = ran(project, spec_text, STATIC)
    rows, y = treated(headline(found).fit)
    beta = headline(found).fit.view("overall").effects[0]
    assert total_of(found) == pytest.approx(sum(y[r] - y[r] / np.exp(beta) for r in rows), rel=EXACT)


def test_a_poisson_path_is_worth_what_its_overall_difference_says(project, spec_text):
    found = ran(project, spec_text, PPML)
    made = headline(found).fit
    rows, _ = treated(made)
    levels = fit(replace(made.estimator, measure="difference"), made.design).view("overall").effects[0]
    assert total_of(found) == pytest.approx(rows.size * levels, rel=ITERATED)


def test_a_path_against_a_reference_is_worth_its_rows_less_its_leads(project, spec_text):
    """By cohort and event time against one year before: what the rows lie above it, less what its leads do."""
    found = ran(project, spec_text.replace('"not_yet_treated"', '"never_treated"'), ETWFE)
    made = headline(found).fit
    assert made.estimate.reference is not None
    o, e = made.design.observations, made.estimate
    effect = {(int(g), int(t)): b for g, t, b in zip(e.cohorts, e.event_times, e.effects, strict=True)}

    def differences(rows):
        return np.array([o.y[r] * -np.expm1(-effect[int(o.onset[r]), int(o.event_time[r])]) for r in rows])

    total = 0.0
    for g in np.unique(e.cohorts):
        own = [r for r in e.sample.rows if o.onset[r] == g]
        after = differences([r for r in own if o.is_treated[r]])
        before = differences([r for r in own if not o.is_treated[r]])
        total += after.sum() - after.size * before.mean()
    assert total_of(found) == pytest.approx(total, rel=ITERATED)


def test_effects_by_cohort_are_taken_out_of_the_rows_of_their_cell(project, spec_text):
    found = ran(project, spec_text, ETWFE)
    made = headline(found).fit
    rows, y = treated(made)
    o, e = made.design.observations, made.estimate
    effect = {(int(g), int(t)): b for g, t, b in zip(e.cohorts, e.event_times, e.effects, strict=True)}
    by_row = [y[r] - y[r] / np.exp(effect[int(o.onset[r]), int(o.event_time[r])]) for r in rows]
    assert total_of(found) == pytest.approx(sum(by_row), rel=ITERATED)


def test_differences_of_levels_are_added_up_where_rows_weigh_alike(project, spec_text):
    found = ran(project, spec_text, GROUP_TIME)
    made = headline(found).fit
    rows, _ = treated(made)
    o, e = made.design.observations, made.estimate
    effect = {(int(g), int(t)): b for g, t, b in zip(e.cohorts, e.event_times, e.effects, strict=True)}
    by_row = [effect[int(o.onset[r]), int(o.event_time[r])] for r in rows]
    assert total_of(found) == pytest.approx(sum(by_row), rel=EXACT)
    uneven = replace(made, estimate=replace(e, cell_weights=np.arange(1.0, e.n_effects + 1)))
    assert find_effect_with_total(found, headline(found), uneven) == "average"


@pytest.mark.parametrize("name", ["twfe", "imputation"])
def test_logarithms_have_no_total(project, spec_text, name):
    money = compute_money(ran(project, spec_text, f'[[estimator]]\nname = "{name}"\ntransform = "log"\n'))
    assert (money.state, money.reasons) == ("unavailable", ("log",))
    assert np.isnan([money.total, money.low, money.high, money.detectable]).all()


def test_log_ratios_of_levels_have_no_total_either(project, spec_text):
    """A double ratio takes levels and averages logarithms."""
    found = ran(project, spec_text, STATIC)
    made = headline(found).fit
    assert find_effect_with_total(found, headline(found), replace(made, estimator=DoubleRatio())) == "log"


def test_an_amount_needs_an_interval_beyond_zero_and_no_objection(project, spec_text):
    found = ran(project, spec_text, STATIC)
    observed = float(treated(headline(found).fit)[1][treated(headline(found).fit)[0]].sum())
    stated = compute_money(with_bands(found, 0.1, 0.3))
    assert (stated.state, stated.reasons) == ("stated", ())
    expected = (observed * -np.expm1(-0.1), observed * -np.expm1(-0.3))
    assert (stated.low, stated.high) == pytest.approx(expected, rel=EXACT)

    includes_zero = compute_money(with_bands(found, -0.1, 0.3))
    objected = compute_money(concluding(with_bands(found, 0.1, 0.3), diagnostic="honest", verdict="objects"))
    one_end = compute_money(with_bands(found, 0.1, np.inf))
    no_interval = compute_money(with_bands(found, np.nan, np.nan))
    closed = {"zero": includes_zero, "checks": objected, "unbounded": one_end}
    for reason, money in closed.items():
        assert (money.state, money.reasons) == ("bounded", (reason,))
        assert np.isnan(money.total)
    assert objected.objecting == ("honest",)
    assert (objected.low, objected.high) == (stated.low, stated.high)
    assert (one_end.low, one_end.high) == pytest.approx((stated.low, observed), rel=EXACT)
    assert no_interval.reasons == ("unbounded",)
    assert np.isnan([no_interval.total, no_interval.low, no_interval.high]).all()


def test_all_reasons_are_given(project, spec_text):
    found = concluding(with_bands(ran(project, spec_text, STATIC), -0.1, 0.3), diagnostic="honest", verdict="objects")
    assert compute_money(found).reasons == ("checks", "zero")


def test_a_total_in_another_measure_must_differ_from_zero_as_well(project, spec_text):
    """The log ratio is beyond zero and its total is not: the average pair and the total may even differ in sign."""
    found = ran(project, spec_text, LOG_RATIO)
    low, high = valued(found).bands.low[0], valued(found).bands.high[0]
    money = compute_money(with_bands(found, 0.1, 0.3))
    assert money.state == ("bounded" if low <= 0 <= high else "stated")
    assert compute_money(with_bands(found, -0.1, 0.3)).state == "bounded"


def test_what_could_have_been_found_goes_through_the_same_map(project, spec_text):
    found = with_bands(ran(project, spec_text, PERCENT), -10.0, 20.0)
    _, imputed = imputed_total(found)
    from_interval = compute_money(found)
    size = DETECTED * 30.0 / (2 * SPREAD)
    assert from_interval.detectable == pytest.approx(size / 100 * imputed, rel=ITERATED)
    assert from_interval.detected_by == "the interval"
    drawn = concluding(found, diagnostic="power", verdict="informs", value=25.0, detectable=25.0, unit="percent")
    assert compute_money(drawn).detectable == pytest.approx(0.25 * imputed, rel=ITERATED)
    assert compute_money(drawn).detected_by == "placebo designs"


def test_a_case_that_cannot_tell_has_no_amount(project, spec_text):
    found = with_bands(ran(project, spec_text, STATIC), 0.1, 0.3)
    told = compute_money(concluding(found, diagnostic="case_verdict", verdict="cannot tell"))
    assert (told.state, told.reasons) == ("unavailable", ("case",))


def test_the_results_hold_money_in_every_state_and_give_it_back(project, spec_text):
    found = concluding(ran(project, spec_text, PPML), diagnostic="honest", verdict="objects")
    assert any(c.finding.verdict == "objects" for c in found.ladder.concluded)
    stored = assemble_results(found, {"analysis": "tiny", "title": "x"}).payloads["money"]
    money = Money.from_frame(from_bytes(to_bytes(stored)))
    assert money.state == "bounded"
    assert "honest" in money.objecting
    again = compute_money(found)
    for name in Money.__dataclass_fields__:
        assert str(getattr(money, name)) == str(getattr(again, name))
    with pytest.raises(ValueError, match="stated"):
        Money.from_frame(stored.assign(state="guessed"))


@pytest.mark.parametrize("detail", [Text("claims.no-interval"), "no interval", ""])
def test_why_no_amount_is_given_is_kept_as_a_text(detail):
    kept = Money(state="unavailable", reasons=("error",), detail=detail).to_frame()
    assert kept["detail"].item() == str(detail)
    assert Money.from_frame(from_bytes(to_bytes(kept))).detail == detail


@pytest.mark.parametrize(
    ("grade", "low", "high", "state"),
    [("some", 4.0, 66.0, "stated"), ("cannot", 4.0, 66.0, "bounded"), ("cannot", -100.0, 66.0, "bounded")],
)
def test_the_money_of_a_graded_headline_is_what_its_printed_change_makes_of_the_observed_total(
    project, spec_text, grade, low, high, state
):
    found = ran(project, spec_text, PERCENT)
    row = {"grade": grade, "percent": 31.0, "low": low, "high": high, "rise_found": np.inf, "level": 0.95}
    graded = concluding(found, diagnostic="evidence", verdict="informs", table=pd.DataFrame([row]))
    money, (observed, _) = compute_money(graded), imputed_total(found)
    assert money.state == state
    assert money.high == pytest.approx(observed * (1 - 1 / 1.66), rel=EXACT)
    assert money.low == pytest.approx(observed * (1 - 1 / 1.04), rel=EXACT) if low > 0 else money.low == -np.inf
    if state == "stated":
        assert money.total == pytest.approx(observed * (1 - 1 / 1.31), rel=EXACT)
    assert np.isnan(money.detectable)
