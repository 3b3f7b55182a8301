"""Who is treated when, and who is excluded: one row a unit and period."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.diagnostics.base import Diagnostic
from twintrade.effects import Finding, Topic
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference


def build_adoption(design: Design) -> pd.DataFrame:
    """Return the status of every unit and period of the panel.

    Returns
    -------
    DataFrame
        unit, city, partner, period, period_label, status: "treated", "not yet treated", "comparison",
        "always treated", or the reason a unit is excluded ("undated", ...).
    """
    panel, onset = design.panel, design.onset
    first = np.full(panel.n_units, np.iinfo(np.int64).max)
    np.minimum.at(first, panel.unit, panel.period)
    by_unit = np.where(np.isfinite(onset), "not yet treated", "comparison").astype(object)
    by_unit[onset > panel.last_period] = "comparison"
    status = by_unit[panel.unit]
    status[(panel.period >= onset[panel.unit])] = "treated"
    status[(onset - design.anticipation <= first)[panel.unit]] = "always treated"
    place = {str(u): k for k, u in enumerate(panel.units)}
    for unit, reason in design.treatment.excluded.items():
        if unit in place:
            status[panel.unit == place[unit]] = reason
    return pd.DataFrame(
        {
            "unit": panel.units[panel.unit],
            "city": panel.cities[panel.unit_city[panel.unit]],
            "partner": panel.partners[panel.unit_partner[panel.unit]],
            "period": panel.period,
            "period_label": [panel.label(int(p)) for p in panel.period],
            "status": status,
        }
    )


@dataclass(frozen=True, slots=True)
class Adoption(Diagnostic):
    """The adoption figure's data, with counts of units by status."""

    name: ClassVar[str] = "adoption"
    citation: ClassVar[str] = ""
    topic: ClassVar[Topic] = "own_exhibit"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return counts, payload ``adoption``."""
        return self.of(fit.design)

    def of(self, design: Design) -> Finding:
        """Return the same from a design alone, where nothing is estimated."""
        return build_adoption_finding(design)


def build_adoption_finding(design: Design) -> Finding:
    """Return who is treated when, from a design alone."""
    frame = build_adoption(design)
    is_tied = frame["unit"].isin(frame.loc[frame["status"] == "treated", "unit"])
    by_unit = frame.assign(status=np.where(is_tied, "treated", frame["status"])).drop_duplicates("unit")
    by_unit.loc[by_unit["status"] == "not yet treated", "status"] = "comparison"
    counts = by_unit["status"].value_counts().sort_index()
    listed = ", ".join(f"{n} {status}" for status, n in counts.items())
    return Finding(
        diagnostic="adoption",
        verdict="none",
        sentence=f"Of {len(by_unit)} units: {listed}.",
        value=float(counts.get("treated", 0)),
        unit="units",
        table=counts.rename_axis("status").reset_index(name="n_units"),
        payloads={"adoption": frame},
    )
