"""Money is what was observed less what the estimate implies without the tie; none is stated where a check objects."""

import numpy as np
import pytest

from twintrade.study.assemble import assembled
from twintrade.study.execute import planned
from twintrade.study.money import money_of
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
