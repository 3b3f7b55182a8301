"""A method says whom it compares: regressions with one effect for every cohort also take rows treated already."""

import numpy as np
import pandas as pd
from case_tables import loop_over

from twintrade.design import Design, NeverTreated, Panel, Treatment
from twintrade.estimators.base import ESTIMATORS, fit

EARLY, LATE = 2004, 2009
WITH_TREATED, NOT_YET, NEVER = "not yet treated, and treated already", "not yet treated", "never treated"


def made(onsets: tuple[float, ...], transform: str, raised: float = 0.0, **options) -> Design:
    """Twelve units an onset; flows of the first twelve are higher by some log points in 2009."""
    rng = np.random.default_rng(4)
    onset = np.repeat(onsets, 12)
    index = pd.MultiIndex.from_product([[f"u{i:02d}" for i in range(onset.size)], range(2000, 2016)])
    frame = index.set_names(["unit", "period"]).to_frame(index=False)
    at = frame["period"].to_numpy()
    eta = rng.normal(size=onset.size).repeat(16) + 0.1 * rng.normal(size=at.size) + (at >= onset.repeat(16))
    eta += raised * ((frame.index < 12 * 16) & (at == LATE))
    frame["flow"] = np.exp(eta)
    panel = Panel.from_frame(frame, unit="unit")
    kept = {"outcome": "flow", "transform": transform, "window": (-3, 4)} | options
    return Design(panel=panel, treatment=Treatment(panel.units, onset), **kept)


@loop_over(
    ("name", "transform", "onsets", "options", "label"),
    [
        ("twfe", "log", (EARLY, LATE, np.inf), {}, WITH_TREATED),
        ("twfe", "log", (EARLY, LATE, np.inf), {"comparison": NeverTreated()}, WITH_TREATED),
        ("twfe", "log", (EARLY, np.inf), {"comparison": NeverTreated()}, NEVER),
        ("ppml", "level", (EARLY, LATE, np.inf), {}, WITH_TREATED),
        ("ppml", "level", (EARLY, 2016, np.inf), {}, NOT_YET),
        ("imputation", "log", (EARLY, LATE, np.inf), {}, NOT_YET),
        ("callaway_santanna", "log", (EARLY, LATE, np.inf), {"comparison": NeverTreated()}, NEVER),
    ],
)
def test_the_row_of_the_table_names_who_is_compared(name, transform, onsets, options, label):
    assert str(ESTIMATORS[name]().name_comparison(made(onsets, transform, **options))) == label


@loop_over("name", ["imputation", "etwfe", "callaway_santanna", "sun_abraham", "two_stage", "twfe"])
def test_rows_treated_already_move_the_later_effect_only_where_that_is_said(name):
    """A rise of the early cohort in the year of the later onset lowers the effect there if it is a comparison."""
    quiet, raised = (fit(ESTIMATORS[name](), made((EARLY, LATE, np.inf), "log", r)).view("event") for r in (0.0, 1.0))
    at_onset = [float(study.effects[study.event_times == 0][0]) for study in (quiet, raised)]
    assert (abs(at_onset[1] - at_onset[0]) > 0.05) == ESTIMATORS[name].takes_treated
