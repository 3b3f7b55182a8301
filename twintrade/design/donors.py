"""Donor sets of one treated dyad: who may stand for it, who may not, and why."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from twintrade.design.aggregates import AGGREGATES, are_aggregates
from twintrade.design.comparison import Donors
from twintrade.design.design import Design
from twintrade.errors import DesignError
from twintrade.numerics.arrays import BoolArray, IntArray, ObjectArray
from twintrade.text import Listed, Text, Words, find_fact

_REASONS = ("always-treated", "treated", "aggregate", "not-in-design", "too-few-positive")


@dataclass(frozen=True, slots=True, eq=False)
class DonorSet:
    """One answer to the question who would have moved like the treated unit."""

    # "A" for the same city's flows to other destinations, "B" for other cities' flows to the same destination, "all"
    # for every untreated flow of the table
    key: str
    description: Words  # the same in words, as the identifying assumption prints it
    donors: Donors  # the comparison; may hold no unit
    excluded: pd.DataFrame  # columns unit, reason: every candidate that may not serve, and why

    @property
    def n_donors(self) -> int:
        """Number of units that may serve."""
        return len(self.donors.units)


def build_donor_sets(
    design: Design, unit: str, *, min_positive: float = 0.8, aggregates: Collection[str] = AGGREGATES
) -> tuple[DonorSet, ...]:
    """Return the two donor sets of a treated dyad, side by side.

    A donor has no agreement that begins within the sample, none whose date is unknown, is no aggregate of countries,
    and is positive in most periods in which the treated unit is observed.

    ``design``: of dyads; ``unit``: label of the treated dyad; ``min_positive``: share of the treated unit's periods
    in which a donor must be observed and positive; ``aggregates``: partner labels that name more than one country, in
    lower case. Returns "A", the same city's flows to other destinations, and "B", other cities' flows to the same
    destination.
    """
    panel = design.panel
    if not panel.is_dyadic:
        raise DesignError("donor sets A and B need city-partner dyads; name the city and the partner column")
    position = _treated_position(design, unit)
    reasons = _reasons(design, position, min_positive, aggregates)
    city, partner = panel.unit_city[position], panel.unit_partner[position]
    other = np.arange(panel.n_units) != position
    same_city = other & (panel.unit_city == city)
    same_partner = other & (panel.unit_partner == partner)
    place, destination = panel.cities[city], panel.partners[partner]
    return (
        _set("A", Text("design.donors-of-city", city=str(place)), same_city, panel.units, reasons),
        _set("B", Text("design.donors-to-partner", partner=str(destination)), same_partner, panel.units, reasons),
    )


def build_untreated_rectangle(
    design: Design, unit: str, *, min_positive: float = 0.8, aggregates: Collection[str] = AGGREGATES
) -> DonorSet:
    """Return every unit that may be a donor under ``build_donor_sets``, whatever its city and partner."""
    position = _treated_position(design, unit)
    reasons = _reasons(design, position, min_positive, aggregates)
    others = np.arange(design.panel.n_units) != position
    return _set("all", Text("design.donors-all"), others, design.panel.units, reasons)


def build_case_design(design: Design, unit: str, donor_set: DonorSet) -> Design:
    """Return the design of one treated unit and one donor set."""
    if donor_set.n_donors == 0:
        names = {"unit": unit, "among": donor_set.description}
        excluded = count_exclusions(donor_set)
        key = "design.no-donor" if excluded.items else "design.no-candidate"
        raise DesignError(Text(key, **names, excluded=excluded))
    members = np.zeros(design.panel.n_units, dtype=bool)
    members[design.panel.locate([unit, *donor_set.donors.units])] = True
    return replace(design, comparison=donor_set.donors).restricted(members[design.panel.unit])


def explain_exclusion(reason: str) -> Words:
    """Return in words why a unit may not be a donor; another event stands as it is."""
    return Text(f"design.donor-{reason}") if reason in _REASONS else find_fact("labels.status-", reason)


def count_exclusions(donor_set: DonorSet) -> Listed:
    """Return how many candidates may not serve for each reason, the most frequent first."""
    counts = donor_set.excluded["reason"].value_counts()
    named = (Text("design.excluded-for", n=n, why=explain_exclusion(str(reason))) for reason, n in counts.items())
    return Listed(tuple(named), "comma")


def find_treated_unit(design: Design) -> str:
    """Return the label of the only unit treated within the sample."""
    o = design.observations
    treated = o.unit_ids[o.is_ever_treated]
    if treated.size != 1:
        raise DesignError(f"a single case has one treated unit; this design has {treated.size}")
    return str(treated[0])


def _treated_position(design: Design, unit: str) -> int:
    position = int(design.panel.locate([unit])[0])
    if not design.onset[position] <= design.panel.last_period:
        raise DesignError(
            f"{unit} is not treated within the sample; give it an onset up to "
            f"{design.panel.label(design.panel.last_period)}"
        )
    return position


def _reasons(design: Design, position: int, min_positive: float, aggregates: Collection[str]) -> ObjectArray:
    """Return why each unit may not be a donor, "" where it may, shape (panel.n_units,)."""
    panel = design.panel
    rows = np.ones(panel.n_rows, dtype=bool) if design.kept is None else design.kept
    onset = design.onset - design.anticipation
    reasons = np.full(panel.n_units, "", dtype=object)
    reasons[~np.isin(np.arange(panel.n_units), panel.unit[rows])] = "not-in-design"
    reasons[_positive_share(design, rows, position) < min_positive] = "too-few-positive"
    reasons[onset <= panel.last_period] = "treated"
    reasons[onset <= panel.first_period] = "always-treated"
    for unit, reason in design.treatment.excluded.items():
        reasons[panel.units == unit] = reason
    is_group = are_aggregates(panel.partners, aggregates) | np.isin(panel.partners, design.totals_only)
    reasons[is_group[panel.unit_partner]] = "aggregate"
    return reasons


def _positive_share(design: Design, rows: BoolArray, position: int) -> np.ndarray:
    """Return the share of the treated unit's periods in which each unit is positive, shape (panel.n_units,)."""
    panel = design.panel
    periods: IntArray = panel.period[rows & (panel.unit == position)]
    positive = (panel.values(design.outcome) > 0) & np.isin(panel.period, periods)
    return np.bincount(panel.unit[positive], minlength=panel.n_units) / max(periods.size, 1)


def _set(key: str, description: Words, candidates: BoolArray, units: ObjectArray, reasons: ObjectArray) -> DonorSet:
    usable = candidates & (reasons == "")
    gone = candidates & (reasons != "")
    excluded = pd.DataFrame({"unit": units[gone], "reason": reasons[gone]})
    donors = Donors(units=tuple(str(u) for u in units[usable]), description=description)
    return DonorSet(key, description, donors, excluded)
