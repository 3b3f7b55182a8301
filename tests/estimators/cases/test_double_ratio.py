import numpy as np
import pytest
from single_cases import dyad_design, rectangle_frame

from twintrade.design.case import build_case_design, build_donor_sets, build_untreated_rectangle
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import fit
from twintrade.estimators.synthetic_control import DoubleRatio

EXACT = 1e-10  # sums and logarithms of a few dozen numbers
EFFECT = 0.4


def treated_frame(noise=0.0, **sizes):
    frame = rectangle_frame(noise=noise, **sizes)
    hit = (frame["city"] == "c0") & (frame["partner"] == "p0") & (frame["year"] >= 2006)
    frame.loc[hit, "exports"] *= np.exp(EFFECT)
    return frame


def by_hand(frame, year):
    x = frame[frame["year"] == year].pivot(index="city", columns="partner", values="exports").to_numpy()
    row, column = x[0].sum() - x[0, 0], x[:, 0].sum() - x[0, 0]
    rest = x.sum() - x[0, 0] - row - column
    return np.log(x[0, 0]) - np.log(row) - np.log(column) + np.log(rest)


def test_path_is_the_double_ratio_by_hand():
    frame = treated_frame(noise=0.3)
    study = fit(DoubleRatio(), dyad_design(frame, {"c0-p0": 2006})).estimate
    ratio = np.array([by_hand(frame, year) for year in range(2000, 2012)])
    np.testing.assert_allclose(study.effects, ratio - ratio[:6].mean(), atol=EXACT)
    np.testing.assert_array_equal(study.event_times, np.arange(-6, 6))


def test_headline_is_mean_after_less_mean_before():
    frame = treated_frame(noise=0.3)
    headline = fit(DoubleRatio(), dyad_design(frame, {"c0-p0": 2006})).view("overall")
    ratio = np.array([by_hand(frame, year) for year in range(2000, 2012)])
    assert headline.effects[0] == pytest.approx(ratio[6:].mean() - ratio[:6].mean(), abs=EXACT)
    assert headline.scale == "log points"


def test_destination_booms_and_city_booms_leave_it_alone():
    frame = treated_frame(noise=0.3)
    before = fit(DoubleRatio(), dyad_design(frame, {"c0-p0": 2006})).estimate.effects
    frame.loc[(frame["city"] == "c0") & (frame["year"] == 2008), "exports"] *= 7.0
    frame.loc[(frame["partner"] == "p0") & (frame["year"] == 2009), "exports"] *= 0.1
    after = fit(DoubleRatio(), dyad_design(frame, {"c0-p0": 2006})).estimate.effects
    np.testing.assert_allclose(after, before, atol=EXACT)


def test_a_reference_period_is_an_exact_zero():
    study = fit(DoubleRatio(relative_to="reference"), dyad_design(treated_frame(0.3), {"c0-p0": 2006})).estimate
    assert study.reference == -1
    assert study.effects[study.event_times == -1][0] == 0.0


def test_one_margin_gives_a_single_ratio():
    frame = treated_frame(noise=0.3)
    design = dyad_design(frame, {"c0-p0": 2006})
    a = build_donor_sets(design, "c0-p0")[0]
    study = fit(DoubleRatio(), build_case_design(design, "c0-p0", a)).estimate
    x = frame[frame["city"] == "c0"].pivot(index="year", columns="partner", values="exports")
    ratio = np.log(x["p0"]) - np.log(x.drop(columns="p0").sum(axis=1))
    np.testing.assert_allclose(study.effects, ratio - ratio.iloc[:6].mean(), atol=EXACT)


def test_years_of_zero_trade_are_counted_not_logged():
    frame = treated_frame(noise=0.3)
    frame.loc[(frame["city"] == "c0") & (frame["partner"] == "p0") & (frame["year"] == 2007), "exports"] = 0.0
    study = fit(DoubleRatio(), dyad_design(frame, {"c0-p0": 2006})).estimate
    assert 1 not in study.event_times
    assert study.sample.n_dropped("zero-under-log") == 1


def test_no_trade_after_the_tie_is_an_error_that_says_so():
    frame = treated_frame(noise=0.3)
    frame.loc[(frame["city"] == "c0") & (frame["partner"] == "p0") & (frame["year"] >= 2006), "exports"] = 0.0
    with pytest.raises(EstimationError, match="after the onset; look for zeros"):
        fit(DoubleRatio(), dyad_design(frame, {"c0-p0": 2006}))


def test_it_refuses_what_it_was_not_made_for():
    frame = treated_frame()
    with pytest.raises(DesignError, match="exactly one treated pair"):
        fit(DoubleRatio(), dyad_design(frame, {"c0-p0": 2006, "c1-p1": 2006}))
    with pytest.raises(DesignError, match="not in log"):
        fit(DoubleRatio(), dyad_design(frame, {"c0-p0": 2006}, transform="log"))


def test_a_placebo_refit_is_the_ratio_of_that_dyad():
    frame = treated_frame(noise=0.3)
    design = dyad_design(frame, {"c0-p0": 2006})
    real = fit(DoubleRatio(), build_case_design(design, "c0-p0", build_untreated_rectangle(design, "c0-p0")))
    onset = np.where(design.panel.units == "c2-p3", 2006.0, np.inf)
    refit = real.refit(real.design.reassigned(onset).without(["c0-p0"]))
    case = DoubleRatio().case(real.design)
    placebo = case.placebo(int(np.flatnonzero(case.units[1:] == "c2-p3")[0]))
    np.testing.assert_allclose(DoubleRatio().gaps(placebo), refit.estimate.effects, atol=EXACT)
