"""Units by their size and growth before the first agreement, whose strata may have period effects of their own."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from twintrade.design.design import Design
from twintrade.design.fixed_effects import STRATA
from twintrade.errors import DesignError
from twintrade.numerics.arrays import FloatArray, sum_by_group
from twintrade.text import Text

N_STRATA = 3


def measure_before(design: Design) -> tuple[FloatArray, FloatArray]:
    """Return size and growth of each unit of the panel in the periods before the first agreement.

    Size is the mean outcome. Growth compares the mean a of the first half of these periods with the mean b of the
    second, 2 (b - a) / (a + b), which needs no logarithm of zero; NaN where there is no outcome.
    """
    panel, onset = design.panel, design.onset - design.anticipation
    first = onset[np.isfinite(onset) & (onset > panel.first_period)].min(initial=np.inf)
    y = panel.values(design.outcome)
    is_before = (panel.period < first) & np.isfinite(y)
    periods = np.unique(panel.period[is_before])
    if periods.size < 2:
        raise DesignError(Text("design.no-growth-before"))
    is_late = panel.period >= periods[periods.size // 2]
    means = []
    for half in (is_before & ~is_late, is_before & is_late, is_before):
        n = np.bincount(panel.unit[half], minlength=panel.n_units)
        total = sum_by_group(y[half], panel.unit[half], panel.n_units)
        means.append(np.divide(total, n, out=np.full(panel.n_units, np.nan), where=n > 0))
    early, late, size = means
    both = early + late
    growth = np.divide(2 * (late - early), both, out=np.full(panel.n_units, np.nan), where=both > 0)
    return size, growth


def add_strata(design: Design, kinds: Collection[str]) -> Design:
    """Return the design with thirds by size or growth in the panel, for effects of strata by period.

    Units without an outcome before the first agreement are a stratum of their own.
    """
    measured = dict(zip(("size", "growth"), measure_before(design), strict=True))
    columns = dict(design.panel.columns)
    for kind in kinds:
        values = measured[kind]
        stratum = np.full(values.size, float(N_STRATA))
        known = np.flatnonzero(np.isfinite(values) & (measured["size"] > 0))
        order = known[np.argsort(values[known], kind="stable")]
        stratum[order] = np.arange(order.size) * N_STRATA // max(order.size, 1)
        columns[STRATA[f"{kind}_period"]] = stratum[design.panel.unit]
    return replace(design, panel=replace(design.panel, columns=columns))


def add_missing_strata(design: Design) -> Design:
    """Return the design with the strata that its fixed effects name and its panel lacks."""
    lacking = [n for n in design.effect_names if n in STRATA and STRATA[n] not in design.panel.columns]
    return add_strata(design, [n.removesuffix("_period") for n in lacking]) if lacking else design
