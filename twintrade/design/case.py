"""One treated unit and its donors as arrays, and the cases that placebo tests make of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from twintrade.design.design import Design
from twintrade.design.observations import Donors
from twintrade.design.panel import PERIODS_PER_YEAR
from twintrade.design.transforms import are_aggregates
from twintrade.effects.regression import Dropped
from twintrade.errors import DesignError
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, ObjectArray
from twintrade.text import Listed, Text, Words, find_fact

# The observations of a design as a complete unit × period matrix: what single-case methods weigh.


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeMatrix:
    """Transformed outcomes of units that are observed in every period in which the treated units are."""

    values: FloatArray  # (n_units, n_periods)
    units: ObjectArray  # (n_units,)
    unit_rows: IntArray  # (n_units,): code of each unit in the panel
    periods: IntArray  # (n_periods,): ascending
    onset: FloatArray  # (n_units,): `inf` for units not treated within the periods
    used: IntArray  # (n_units * n_periods,): positions in the design's observations, for `Observations.sample`
    dropped: tuple[Dropped, ...] = ()  # donors with gaps

    @property
    def is_treated(self) -> BoolArray:
        """Whether each unit is treated within the periods, shape (n_units,)."""
        return np.isfinite(self.onset)

    @property
    def treated(self) -> int:
        """Row of the only treated unit."""
        rows = np.flatnonzero(self.is_treated)
        if rows.size != 1:
            raise DesignError(f"a case needs exactly one treated unit and there are {rows.size}")
        return int(rows[0])

    @property
    def donors(self) -> FloatArray:
        """Outcomes of the units that are never treated, shape (n_donors, n_periods)."""
        return self.values[~self.is_treated]

    def event_times(self, row: int) -> IntArray:
        """Return the event times of one treated unit, shape (n_periods,)."""
        return self.periods - int(self.onset[row])


def build_outcome_matrix(design: Design) -> OutcomeMatrix:
    """Arrange observations as a matrix of the periods that every treated unit has; units with gaps are dropped."""
    o = design.observations
    treated = o.is_ever_treated
    if not treated.any():
        raise DesignError("no unit is treated within the sample; a single case needs one")
    labels, column = np.unique(o.period, return_inverse=True)
    values = np.full((o.n_units, labels.size), np.nan)
    positions = np.full((o.n_units, labels.size), -1, dtype=np.int64)
    values[o.unit, column] = o.y
    positions[o.unit, column] = np.arange(o.n_rows)
    # A treated unit observed once has nothing across its onset: it may not narrow the others' periods.
    several = (positions >= 0).sum(axis=1) > 1
    treated = treated & several if (treated & several).any() else treated
    shared = np.asarray((positions[treated] >= 0).all(axis=0))
    complete = np.asarray((positions[:, shared] >= 0).all(axis=1))
    if not (complete & ~treated).any():
        raise DesignError(
            f"no untreated unit is observed in all {int(shared.sum())} periods of the treated units; "
            "choose donors without gaps or a shorter sample"
        )
    periods = labels[shared]
    for unit, onset in zip(o.unit_ids[treated], o.unit_onset[treated], strict=True):
        if not ((periods < onset).any() and (periods >= onset).any()):
            side = "before" if (periods >= onset).all() else "after"
            when = design.panel.label(int(onset))
            raise DesignError(f"{unit} has no period {side} its onset {when} that every treated unit shares")
    kept = np.flatnonzero(complete)
    lost = tuple(design.panel.label(int(p)) for p in labels[~shared])
    dropped = []
    incomplete = ~complete[o.unit]
    if incomplete.any():
        names = tuple(str(u) for u in o.unit_ids[~complete])
        dropped.append(Dropped("gap", Text("design.dropped-gap"), int(incomplete.sum()), len(names), names))
    outside = ~shared[column] & ~incomplete
    if outside.any():
        dropped.append(Dropped("treated-gap", Text("design.dropped-treated-gap"), int(outside.sum()), 0, lost))
    return OutcomeMatrix(
        values=values[np.ix_(kept, np.flatnonzero(shared))],
        units=o.unit_ids[kept],
        unit_rows=o.unit_rows[kept],
        periods=labels[shared],
        onset=np.where(treated, o.unit_onset, np.inf)[kept],
        used=np.sort(positions[np.ix_(kept, np.flatnonzero(shared))].ravel()),
        dropped=tuple(dropped),
    )


# Donor sets of one treated dyad: who may stand for it, who may not, and why.

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


def build_donor_sets(design: Design, unit: str, *, min_positive: float = 0.8) -> tuple[DonorSet, ...]:
    """Return donors of a treated dyad in the same city ("A") and with the same destination ("B").

    A donor has no agreement that begins within the sample, none whose date is unknown, is no aggregate of countries,
    and is positive in a share ``min_positive`` of the treated unit's periods.
    """
    panel = design.panel
    if not panel.is_dyadic:
        raise DesignError("donor sets A and B need city-partner dyads; name the city and the partner column")
    position = _treated_position(design, unit)
    reasons = _reasons(design, position, min_positive)
    city, partner = panel.unit_city[position], panel.unit_partner[position]
    other = np.arange(panel.n_units) != position
    same_city = other & (panel.unit_city == city)
    same_partner = other & (panel.unit_partner == partner)
    place, destination = panel.cities[city], panel.partners[partner]
    return (
        _set("A", Text("design.donors-of-city", city=str(place)), same_city, panel.units, reasons),
        _set("B", Text("design.donors-to-partner", partner=str(destination)), same_partner, panel.units, reasons),
    )


def build_untreated_rectangle(design: Design, unit: str) -> DonorSet:
    """Return every unit that may be a donor under ``build_donor_sets``, whatever its city and partner."""
    position = _treated_position(design, unit)
    reasons = _reasons(design, position)
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


def _reasons(design: Design, position: int, min_positive: float = 0.8) -> ObjectArray:
    """Return why each unit may not be a donor, "" where it may, shape (panel.n_units,)."""
    panel = design.panel
    rows = np.ones(panel.n_rows, dtype=bool) if design.kept is None else design.kept
    onset = design.onset - design.anticipation
    reasons = np.full(panel.n_units, "", dtype=object)
    reasons[~np.isin(np.arange(panel.n_units), panel.unit[rows])] = "not-in-design"
    periods = panel.period[rows & (panel.unit == position)]
    is_positive = (panel.values(design.outcome) > 0) & np.isin(panel.period, periods)
    n_positive = np.bincount(panel.unit[is_positive], minlength=panel.n_units)
    reasons[n_positive / max(periods.size, 1) < min_positive] = "too-few-positive"
    reasons[onset <= panel.last_period] = "treated"
    reasons[onset <= panel.first_period] = "always-treated"
    for unit, reason in design.treatment.excluded.items():
        reasons[panel.units == unit] = reason
    reasons[find_aggregates(design)] = "aggregate"
    return reasons


def find_aggregates(design: Design) -> BoolArray:
    """Return which units trade with no single country, shape (panel.n_units,)."""
    panel = design.panel
    is_group = are_aggregates(panel.partners) | np.isin(panel.partners, design.totals_only)
    return np.asarray(is_group[panel.unit_partner])


def _set(key: str, description: Words, candidates: BoolArray, units: ObjectArray, reasons: ObjectArray) -> DonorSet:
    usable = candidates & (reasons == "")
    gone = candidates & (reasons != "")
    excluded = pd.DataFrame({"unit": units[gone], "reason": reasons[gone]})
    donors = Donors(units=tuple(str(u) for u in units[usable]), description=description)
    return DonorSet(key, description, donors, excluded)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """The treated unit in the first row, donors below it, over the periods of the treated unit."""

    values: FloatArray  # (1 + n_donors, n_periods): transformed outcomes
    units: ObjectArray  # (1 + n_donors,)
    periods: IntArray  # (n_periods,)
    onset: int  # first treated period
    anticipation: int
    city: IntArray  # city, partner: (1 + n_donors,): codes of both ends
    partner: IntArray
    predictors: FloatArray  # (1 + n_donors, n_predictors): covariates averaged over the periods before the onset
    seasons: int = 1  # periods a year

    @property
    def treated(self) -> FloatArray:
        """Outcome of the treated unit, shape (n_periods,)."""
        return np.asarray(self.values[0])

    @property
    def donors(self) -> FloatArray:
        """Outcomes of the donors, shape (n_donors, n_periods)."""
        return self.values[1:]

    @property
    def n_donors(self) -> int:
        """Number of donors."""
        return int(self.values.shape[0] - 1)

    @property
    def event_times(self) -> IntArray:
        """Period less onset, shape (n_periods,)."""
        return self.periods - self.onset

    @property
    def is_before(self) -> BoolArray:
        """Whether each period is untouched: before the onset less anticipation, shape (n_periods,)."""
        return np.asarray(self.event_times < -self.anticipation)

    @property
    def is_after(self) -> BoolArray:
        """Whether each period is treated, shape (n_periods,)."""
        return np.asarray(self.event_times >= 0)

    def chosen(self, rows: IntArray) -> "Case":
        """Return the case of other rows, the first of them in the treated unit's place."""
        by_unit = ("values", "units", "city", "partner", "predictors")
        return replace(self, **{name: getattr(self, name)[rows] for name in by_unit})

    def placebo(self, donor: int) -> "Case":
        """Return the case in which one donor takes the treated unit's place, and the treated unit is gone."""
        rest = np.delete(np.arange(1, self.units.size), donor)
        return self.chosen(np.concatenate([[donor + 1], rest]).astype(np.int64))

    def placebos(self) -> Iterator["Case"]:
        """Return every placebo case in turn."""
        return (self.placebo(j) for j in range(self.n_donors))

    def without(self, donor: int) -> "Case":
        """Return the case without one donor."""
        return self.chosen(np.delete(np.arange(self.units.size), donor + 1).astype(np.int64))

    def during(self, periods: BoolArray) -> "Case":
        """Return the case in some of its periods, shape (n_periods,)."""
        return replace(self, values=self.values[:, periods], periods=self.periods[periods])

    def deseasonalized(self) -> "Case":
        """Return the case without seasonal patterns before the onset, if two years lie before it."""
        if self.seasons == 1 or int(self.is_before.sum()) < 2 * self.seasons:
            return self
        return replace(self, values=remove_seasons(self.values, self.periods % self.seasons, self.is_before))

    def dated(self, onset: int) -> "Case":
        """Return the case with another onset."""
        return replace(self, onset=onset)


def remove_seasons(values: FloatArray, season: IntArray, before: BoolArray) -> FloatArray:
    """Return values (n_units, n_periods) less seasonal means over the periods ``before``, their overall mean kept."""
    means = np.column_stack([np.nanmean(values[:, before & (season == s)], axis=1) for s in np.unique(season)])
    place = np.searchsorted(np.unique(season), season)
    return np.asarray(values - means[:, place] + means.mean(axis=1, keepdims=True))


def build_case(design: Design, matrix: OutcomeMatrix, row: int | None = None) -> Case:
    """Return the case of one treated unit of a matrix, the only one by default."""
    row = matrix.treated if row is None else row
    onset = int(matrix.onset[row])
    rows = np.concatenate([[row], np.flatnonzero(~matrix.is_treated)]).astype(np.int64)
    codes = matrix.unit_rows[rows]
    if not (matrix.periods < onset - design.anticipation).any():
        when = design.panel.label(onset)
        raise DesignError(f"{matrix.units[row]} has no period before {when} less {design.anticipation}")
    o = design.observations
    before = o.period < onset - design.anticipation
    predictors = np.empty((codes.size, o.covariates.shape[1]))
    for i, unit in enumerate(codes):
        mine = before & (o.unit_rows[o.unit] == unit)
        predictors[i] = o.covariates[mine].mean(axis=0) if predictors.shape[1] else 0.0
    return Case(
        values=matrix.values[rows],
        units=matrix.units[rows],
        periods=matrix.periods,
        onset=onset,
        anticipation=design.anticipation,
        city=design.panel.unit_city[codes],
        partner=design.panel.unit_partner[codes],
        predictors=predictors,
        seasons=PERIODS_PER_YEAR[design.panel.frequency],
    )
