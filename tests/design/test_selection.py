"""Who is treated is decided on the rows that enter: a unit without a figure before its onset is in no comparison."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

from twintrade.design import Design, Panel, Treatment
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.sun_abraham import SunAbraham
from twintrade.estimators.twfe import TWFE

METHODS = {m.name: m for m in (TWFE(), SunAbraham(), CallawaySantAnna(), ETWFE(), Imputation())}
EFFECT = 0.2


def figures(empty):
    """A flat effect of EFFECT in logs; the first nine of 18 treated units have no usable figure before their onset.

    The nine grow by themselves, which nothing before their onset can show.
    """
    rng = np.random.default_rng(11)
    years = np.arange(2000, 2012)
    onset = {f"u{k:02d}": (2004.0, 2007.0, 2009.0)[k % 3] if k < 18 else np.inf for k in range(40)}
    rows = []
    for k, (unit, start) in enumerate(onset.items()):
        y = rng.normal() + 0.05 * (years - 2000) + EFFECT * (years >= start) + (k < 9) * 0.1 * (years - 2000)
        values = np.exp(y)
        values[(years < start) & (k < 9)] = empty
        rows += [(unit, year, value) for year, value in zip(years, values, strict=True)]
    frame = pd.DataFrame(rows, columns=["unit", "period", "y"])
    return Design(
        panel=Panel.from_frame(frame, unit="unit"),
        treatment=Treatment.from_series(pd.Series(onset)),
        outcome="y",
        transform="log",
    )


SPOILED = {
    "missing": figures(np.nan),
    "zero under logs": figures(0.0),
    "negative under logs": figures(-1.0),
    "infinite": figures(np.inf),
}


@pytest.mark.parametrize("spoiled", SPOILED)
def test_units_without_a_figure_before_are_left_out_and_listed(spoiled):
    o = SPOILED[spoiled].observations
    listed = {d.reason: d for d in o.dropped}["no-figure-before"]
    assert (listed.n_units, listed.names) == (9, tuple(f"u{k:02d}" for k in range(9)))
    assert (o.n_units, int(o.is_ever_treated.sum())) == (31, 9)
    assert sum(d.n_rows for d in o.dropped) + o.n_rows == o.panel.n_rows


@loop_over("name", METHODS)
@loop_over("spoiled", SPOILED)
def test_a_flat_effect_is_flat_whatever_becomes_of_such_units(spoiled, name):
    found = METHODS[name].estimate(SPOILED[spoiled])
    after = found.event_times >= 0
    np.testing.assert_allclose(found.effects[after], EFFECT, atol=1e-9)
    assert found.sample.n_treated_units == 9


def test_zeros_are_figures_in_levels_and_units_may_be_kept():
    design = figures(0.0)
    assert replace(design, transform="level").observations.n_units == 40
    assert replace(design, always_treated="keep").observations.n_units == 40


def test_missing_covariates_and_weights_count_as_no_figure():
    design = figures(1.0)
    first = np.isin(design.panel.units[design.panel.unit], ["u00", "u01"])
    before = design.panel.period < design.onset[design.panel.unit]
    columns = {**design.panel.columns, "x": np.where(first & before, np.nan, 1.0)}
    columns["v"] = np.where(first & before, 0.0, 1.0)
    spoiled = replace(design, panel=replace(design.panel, columns=columns))
    for option in ({"covariates": ("x",)}, {"weights": "v"}):
        dropped = {d.reason: d.names for d in replace(spoiled, **option).observations.dropped}
        assert dropped["no-figure-before"] == ("u00", "u01")
