"""The observed side of an analysis with simulated outcomes in place of its own."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from twintrade.design import Design, Panel
from twintrade.design.panel import PERIODS_PER_YEAR
from twintrade.effects.registration import ErrorSource
from twintrade.numerics.arrays import BoolArray
from twintrade.study.observing.further_columns import list_wanted
from twintrade.study.observing.observe import Observed
from twintrade.study.plan.designs import Designs
from twintrade.study.registering.shocks import STATED, Shocks, draw_outcome, estimate_shocks
from twintrade.study.spec.analysis import Spec

_DEGREES = ("latitude", "longitude", "partner_latitude", "partner_longitude")


@dataclass(frozen=True, slots=True, eq=False)
class Blank:
    """An analysis's rows and agreements without any outcome, and how outcomes are drawn."""

    observed: Observed  # its panel keeps covariates, weights and places alone
    flows: tuple[str, ...]  # the outcomes to be drawn
    is_known: BoolArray  # (n_rows,): rows that have a figure
    shocks: Shocks

    def draw(self, rng: np.random.Generator) -> Observed:
        """Return the observed side with one simulated outcome a flow."""
        panel = self.observed.panel
        drawn = {flow: np.where(self.is_known, draw_outcome(panel, self.shocks, rng), np.nan) for flow in self.flows}
        return replace(self.observed, panel=replace(panel, columns={**drawn, **panel.columns}))


def drop_outcomes(spec: Spec, observed: Observed, source: ErrorSource | None = None) -> Blank:
    """Return an analysis without its outcomes; of them only rows before the first agreement are looked at, if any.

    ``source``: of the errors; by default "before" where the trade tables end before the first agreement in the
    sample.
    """
    table = observed.panel
    longer = _lay_out(table, _find_last_period(spec, table))
    whole = replace(observed, panel=longer)
    treatment = Designs(whole, spec.case).treatment(spec.design)
    outcome, anticipation = spec.design.outcome, spec.design.anticipation
    design = Design(panel=longer, treatment=treatment, outcome=outcome, anticipation=anticipation)
    begun = design.onset[(design.onset > longer.first_period) & (design.onset <= longer.last_period)]
    if source is None:
        source = "before" if begun.size and table.last_period < begun.min() else "stated"
    shocks = estimate_shocks(design) if source == "before" else Shocks(STATED)
    kept = {*_DEGREES, *list_wanted(spec), *(name for entry in spec.data.covariates for name in entry.named)}
    columns = {name: values for name, values in longer.columns.items() if name in kept}
    is_known = np.isfinite(longer.values(outcome)) | (longer.period > table.last_period)
    blank = replace(
        whole,
        panel=replace(longer, columns=columns),
        inputs=(),
        messages=(),
        is_simulated=True,
        conversions=(),
        jumps=(),
    )
    return Blank(blank, tuple(dict.fromkeys(entry.flow for entry in spec.data.trade)), is_known, shocks)


def _find_last_period(spec: Spec, panel: Panel) -> int:
    """Return the last period of the sample, which may lie behind that of the tables."""
    if spec.design.sample is None:
        return panel.last_period
    per_year = PERIODS_PER_YEAR[panel.frequency]
    return max(panel.last_period, spec.design.sample[1] * per_year + per_year - 1)


def _lay_out(panel: Panel, last: int) -> Panel:
    """Return a panel with rows of missing values for every unit from its last period on to another."""
    if last < panel.last_period + panel.step:
        return panel
    later = np.arange(panel.last_period + panel.step, last + 1, panel.step)
    unit = np.repeat(np.arange(panel.n_units), later.size)
    ends = {"city": panel.cities[panel.unit_city[unit]]}
    if panel.is_dyadic:
        ends["partner"] = panel.partners[panel.unit_partner[unit]]
    rows = pd.DataFrame({**ends, "period": np.tile(later, panel.n_units)})
    return Panel.from_frame(
        pd.concat([panel.to_frame()[[*ends, "period", *panel.columns]], rows], ignore_index=True),
        city="city",
        partner="partner" if panel.is_dyadic else None,
        frequency=panel.frequency,
        units_of_measure=panel.units_of_measure,
    )
