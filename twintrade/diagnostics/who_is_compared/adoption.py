"""Who is treated when, and who is excluded: by unit and period, or as counts of units."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.diagnostics.base import Diagnostic
from twintrade.effects import Finding, Topic
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.numerics.arrays import ObjectArray
from twintrade.text import Listed, Text, find_fact

NOT_YET: Literal["not yet treated"] = "not yet treated"
MOST_UNITS = 60
"""Units up to which the figure has a line for each; of more it shows counts, and the payload holds no more."""


def build_adoption(design: Design) -> pd.DataFrame:
    """Return who is treated when, as the figure shows it.

    Returns up to 60 units: unit, city, partner, period, period_label, status. More: period, period_label, status,
    n_units. A status is "treated", "not yet treated", "comparison", "always treated", or the reason a unit is
    excluded ("undated", ...).
    """
    status = _find_status(design)
    return _list_units(design, status) if design.panel.n_units <= MOST_UNITS else _count_units(design, status)


def _find_status(design: Design) -> ObjectArray:
    """Return the status of each row of the panel."""
    panel, onset = design.panel, design.onset
    first = np.full(panel.n_units, np.iinfo(np.int64).max)
    np.minimum.at(first, panel.unit, panel.period)
    by_unit = np.where(np.isfinite(onset), NOT_YET, "comparison").astype(object)
    by_unit[onset > panel.last_period] = "comparison"
    status = by_unit[panel.unit]
    status[(panel.period >= onset[panel.unit])] = "treated"
    status[(onset - design.anticipation <= first)[panel.unit]] = "always treated"
    reason = np.array([design.treatment.excluded.get(str(u)) for u in panel.units], dtype=object)
    is_excluded = np.array([one is not None for one in reason])[panel.unit]
    status[is_excluded] = reason[panel.unit[is_excluded]]
    return status


def _list_units(design: Design, status: ObjectArray) -> pd.DataFrame:
    panel = design.panel
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


def _count_units(design: Design, status: ObjectArray) -> pd.DataFrame:
    """Count units by status and period; statuses in the order in which the panel's rows bring them."""
    code, names = pd.factorize(status)
    place, periods = pd.factorize(design.panel.period, sort=True)
    count = np.bincount(code * periods.size + place, minlength=len(names) * periods.size)
    shown = np.flatnonzero(count)
    period = periods[shown % periods.size]
    labels = [design.panel.label(int(p)) for p in period]
    columns = {
        "period": period,
        "period_label": labels,
        "status": names[shown // periods.size],
        "n_units": count[shown],
    }
    return pd.DataFrame(columns)


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
    status, unit = _find_status(design), design.panel.unit
    present, first = np.unique(unit, return_index=True)
    by_unit = np.where(status[first] == NOT_YET, "comparison", status[first])
    by_unit[np.isin(present, unit[status == "treated"])] = "treated"
    counts = pd.Series(by_unit).value_counts().sort_index()
    roles = tuple(
        Text("checks.adoption-role", n=int(n), role=find_fact("labels.status-", str(status)))
        for status, n in counts.items()
    )
    return Finding(
        diagnostic="adoption",
        verdict="informs",
        text=Text("checks.adoption", n=present.size, roles=Listed(roles, "comma")),
        value=float(counts.get("treated", 0)),
        unit="units",
        table=counts.rename_axis("status").reset_index(name="n_units"),
        payloads={"adoption": build_adoption(design)},
    )
