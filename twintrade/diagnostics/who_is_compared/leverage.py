"""Untreated rows on which an effect rests alone: their noise enters the estimate and no standard error sees it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import format_effect
from twintrade.effects import Finding, Message
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import Fit
from twintrade.estimators.imputing import build_leverage_report
from twintrade.inference.base import Inference


@dataclass(frozen=True, slots=True)
class Leverage(Diagnostic):
    """Rows of leverage one, and the treated cells that depend on them."""

    name: ClassVar[str] = "leverage"
    citation: ClassVar[str] = "mackinnon2023"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Count and name the rows; payload ``leverage`` has one row per pair of untreated and dependent row."""
        report = build_leverage_report(fit.design)
        if report.empty:
            return Finding(
                diagnostic=self.name,
                verdict="does not object",
                text="No untreated row determines an effect alone.",
                value=0.0,
                unit="rows",
            )
        panel = fit.design.panel
        rows = report[["unit", "period"]].drop_duplicates()
        others = report.dropna(subset=["treated_period"])
        others = others[others["unit"] != others["treated_unit"]]
        cells = others[["treated_unit", "treated_period"]].drop_duplicates()
        n_treated = int(fit.design.observations.is_treated.sum())
        sentence = f"{len(rows)} untreated rows each determine an effect alone (leverage one)"
        if cells.empty:
            sentence += "; no treated row of another unit rests on them."
        else:
            pairs = zip(rows["unit"], rows["period"], strict=True)
            names = [f"{unit} {panel.label(int(period))}" for unit, period in pairs]
            units = ", ".join(sorted(set(cells["treated_unit"])))
            sentence += (
                f": {', '.join(names[:12])}{' …' if len(names) > 12 else ''}. {len(cells)} of {n_treated} treated "
                f"rows ({units}) rest on them, and influence-based errors do not see their noise. "
                + _compare_without(fit, others)
            )
        messages = () if cells.empty else (Message("warning", "leverage-one", sentence),)
        return Finding(
            diagnostic=self.name,
            verdict="does not object" if cells.empty else "objects",
            text=sentence,
            value=float(len(rows)),
            unit="rows",
            table=_summary(others),
            payloads={"leverage": report},
            messages=messages,
        )


def _compare_without(fit: Fit, others: pd.DataFrame) -> str:
    """Say what the effect is without the lone rows and the treated rows that rest on them."""
    panel = fit.design.panel
    place = pd.MultiIndex.from_arrays([panel.unit, panel.period])
    gone = np.zeros(panel.n_rows, dtype=bool)
    for unit, period in (("unit", "period"), ("treated_unit", "treated_period")):
        codes = pd.Index(panel.units).get_indexer(pd.Index(others[unit]))
        gone |= place.isin(pd.MultiIndex.from_arrays([codes, others[period].astype(np.int64)]))
    try:
        own = format_effect(float(fit.view("overall").effects[0]), fit.estimate.scale)
        without = fit.refit(fit.design.restricted(~gone), "overall").view("overall")
    except (DesignError, EstimationError):
        return "Without these rows no effect can be estimated."
    effect = format_effect(float(without.effects[0]), without.scale)
    return f"Without these rows the effect is {effect}, with them {own}."


def _summary(others: pd.DataFrame) -> pd.DataFrame:
    """Return one line an untreated row: how many treated rows rest on it, and of which units."""
    grouped = others.groupby(["unit", "period"], sort=True)["treated_unit"]
    table = grouped.agg(n_treated_rows="size", treated_units=lambda names: ", ".join(sorted(set(names))))
    return table.reset_index()
