"""Money is what was observed less what the estimate implies without the tie; none is stated where a check objects."""

from dataclasses import replace

import numpy as np
import pytest

from twintrade.study.assemble import assembled
from twintrade.study.execute import planned
from twintrade.study.money import _amounts, money_of
from twintrade.study.observe import observe
from twintrade.study.run import run

EXACT = 1e-9  # the same sums in another order

PPML = '[[estimator]]\nname = "ppml"\ntransform = "level"\n'
POISSON = '[[estimator]]\nname = "imputation"\nfamily = "poisson"\ntransform = "level"\n'
ETWFE = '[[estimator]]\nname = "etwfe"\nfamily = "poisson"\ntransform = "level"\n'


def ran(project, text, estimator, check=""):
    head = text[: text.index("[[estimator]]")]
    rest = text[text.index("[inference]") :]
    made, _ = planned(project, "tiny", head + estimator + rest + check)
    return run(made, observe("tiny", made.spec, project))


def treated_total(found):
    fit = found.ladder.headline.fit
    o, rows = fit.design.observations, fit.estimate.sample.rows
    rows = rows[o.is_treated[rows]]
    return float(o.y[rows].sum()), np.unique(o.period[rows]).size


def test_one_proportional_effect_is_mapped_with_its_interval(project, spec_text):
    found = ran(project, spec_text, PPML)
    row = money_of(found).frame.iloc[0]
    bands = next(b for b in found.ladder.headline.bands if b.estimate.kind == "overall")
    total, n = treated_total(found)
    for name, end in (("value", bands.estimate.effects[0]), ("low", bands.low[0]), ("high", bands.high[0])):
        assert row[name] * n == pytest.approx(total * (1 - np.exp(-end)), rel=EXACT)
    assert row["total"] == pytest.approx(n * row["value"], rel=EXACT)


def test_imputed_outcomes_are_summed_as_they_are(project, spec_text):
    found = ran(project, spec_text, POISSON)
    row = money_of(found).frame.iloc[0]
    percent = ran(project, spec_text, POISSON + 'measure = "percent"\n')
    total, _ = treated_total(percent)
    gain = percent.ladder.headline.fit.view("overall").effects[0] / 100  # ratio of totals
    assert row["total"] == pytest.approx(total * gain / (1 + gain), rel=1e-6)
    assert row["low"] < row["value"] < row["high"]


def test_effects_by_cohort_are_summed_over_their_cells(project, spec_text):
    found = ran(project, spec_text, ETWFE)
    row = money_of(found).frame.iloc[0]
    assert row["low"] < row["value"] < row["high"]
    pooled = money_of(ran(project, spec_text, POISSON)).frame.iloc[0]
    assert row["value"] == pytest.approx(pooled["value"], rel=0.5)  # another estimator of the same amount


CELLS = {
    "callaway_santanna": (
        '[[estimator]]\nname = "callaway_santanna"\ntransform = "level"\nfixed_effects = "two_way"\n'
    ),
    "percent": ETWFE + 'measure = "percent"\n',
    "coefficient": ETWFE,
}
GAIN_OF_ROW = {
    "callaway_santanna": lambda y, b: b,
    "percent": lambda y, b: y - y / (1 + b / 100),
    "coefficient": lambda y, b: y - y / np.exp(b),
}


@pytest.mark.parametrize("name", CELLS)
def test_the_sum_is_that_of_every_treated_row(project, spec_text, name):
    found = ran(project, spec_text, CELLS[name])
    fit = found.ladder.headline.fit
    o, e = fit.design.observations, fit.estimate
    effect_of = {(int(g), int(t)): b for g, t, b in zip(e.cohorts, e.event_times, e.effects, strict=True)}
    total = 0.0
    for row in e.sample.rows[o.is_treated[e.sample.rows]]:
        total += GAIN_OF_ROW[name](o.y[row], effect_of[int(o.onset[row]), int(o.event_time[row])])
    row = money_of(found).frame.iloc[0]
    assert row["total"] == pytest.approx(total, rel=EXACT)
    assert row["total_low"] < row["total"] < row["total_high"]


@pytest.mark.parametrize("name", ["percent", "coefficient"])
def test_the_slope_of_the_sum_is_its_derivative(project, spec_text, name):
    """Each effect moved by a little moves the sum by its slope: what the delta method rests on."""
    effects = ran(project, spec_text, CELLS[name]).ladder.headline.fit.estimate
    totals, sizes = np.linspace(1, 3, effects.n_effects), np.arange(1.0, effects.n_effects + 1)
    step = 1e-4
    up, down = (replace(effects, effects=effects.effects + sign * step) for sign in (1, -1))
    slopes = (_amounts(up, totals, sizes)[0] - _amounts(down, totals, sizes)[0]) / (2 * step)
    np.testing.assert_allclose(_amounts(effects, totals, sizes)[1], slopes, rtol=1e-6)


def test_an_effect_past_all_bounds_is_no_sum(project, spec_text):
    """Levels under a log scale would overflow; the reader is told and no number is shown."""
    found = ran(project, spec_text, ETWFE)
    fit = found.ladder.headline.fit
    huge = replace(fit.estimate, effects=np.full(fit.estimate.n_effects, -1e6))
    headline = replace(found.ladder.headline, fit=replace(fit, estimate=huge))
    money = money_of(replace(found, ladder=replace(found.ladder, estimated=(headline,))))
    assert money.frame.empty
    assert "so large" in money.reason


def test_logarithms_are_not_summed(project, spec_text):
    found = money_of(ran(project, spec_text, '[[estimator]]\nname = "twfe"\ntransform = "log"\n'))
    assert found.frame.empty
    assert "log" in found.reason


def test_nothing_is_stated_where_a_check_objects(project, spec_text):
    check = '\n[[diagnostic]]\nname = "honest"\nrestriction = "relative_magnitudes"\nbounds = [50.0]\n'
    found = ran(project, spec_text, PPML, check)
    assert any(c.finding.verdict == "fail" for c in found.ladder.concluded)
    money = money_of(found)
    assert money.frame.empty
    assert "honest" in money.reason
    manifest = {"analysis": "tiny", "title": "x"}
    assert "money" not in assembled(found, manifest).payloads
    assert "object" in assembled(found, manifest).sections["no_money"]
