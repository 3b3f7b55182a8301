"""A design: which units are compared with whom, when, and within which effects; checks are transformed designs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from typing import Any, Literal, Self

import numpy as np
import pandas as pd

from twintrade.design.cohort_statistics import MEAN, CohortStatistics
from twintrade.design.fixed_effects import STRATA, list_effect_names, name_effect
from twintrade.design.observations import (
    ALWAYS_TREATED,
    NO_FIGURE_BEFORE,
    REMAINDER,
    Comparison,
    Donors,
    NotYetTreated,
    Observations,
    Sieve,
    describe_sample,
    number_units,
)
from twintrade.design.panel import Panel, label_ends, require_word
from twintrade.design.register import Treatment
from twintrade.design.transforms import TRANSFORMS, Outcome, TransformName
from twintrade.effects.regression import Dropped
from twintrade.errors import DesignError
from twintrade.numerics.arrays import BoolArray, FloatArray, sum_by_group, take_rows
from twintrade.text import Listed, Text, Words, list_some

NAMED_UNITS = 5  # so many are named in a line of a summary
CLUSTERS = ("unit", "city", "partner", "period", "undirected_pair")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Design:
    """Panel, treatment and comparison, with the options that every estimator reads.

    Attributes
    ----------
    panel : Panel
    treatment : Treatment
    outcome : str
        A column of the panel.
    transform : {"level", "log", "share_of_partner", "share_of_city", "index"}
        Applied to the outcome; rows it cannot take (zeros under log) are dropped and counted. A share is of the
        partner's, or of the city's, total in the panel in the same period; an index is 100 in ``index_base``.
    comparison : Comparison
    fixed_effects : str or tuple of str
        A named set ("two_way", "gravity") or effect names.
    window : (int, int)
        First and last event time shown.
    reference : int
        Event time set to zero.
    anticipation : int
        Periods before onset treated as possibly affected.
    clusters : tuple of str
        "unit", "city", "partner", "period", "undirected_pair": dimensions of clustering.
    covariates : tuple of str
        Columns conditioned on.
    weights : str or None
        Column of sampling weights.
    always_treated : {"exclude", "keep", "compare"}
        Units treated from their first observed period on: left out, kept, or comparison with a constant effect.
    totals_only : tuple of str
        Partners whose rows count in totals and in no comparison: a rest of the world, who may hold agreements that
        nobody knows. In the comparison they are never treated, and fit the effects of their city and period.
    kept : BoolArray or None, shape (panel.n_rows,)
        Rows of the panel that take part; None for all.
    left_out : tuple of Dropped
        Reasons for rows that do not, where these must be listed with the sample.
    index_base : int or None
        For an index, and there required: the period, before the first onset, in which every unit's outcome is 100.
    statistics : CohortStatistics or None
        The statistics behind a panel of cohort means; see ``from_statistics``.

    Examples
    --------
    >>> design.within((-2, 2)).window
    (-2, 2)
    """

    panel: Panel
    treatment: Treatment
    outcome: str
    transform: TransformName = "level"
    comparison: Comparison = field(default_factory=NotYetTreated)
    fixed_effects: str | tuple[str, ...] = "two_way"
    window: tuple[int, int] = (-5, 5)
    reference: int = -1
    anticipation: int = 0
    clusters: tuple[str, ...] = ("unit",)
    covariates: tuple[str, ...] = ()
    weights: str | None = None
    always_treated: Literal["exclude", "keep", "compare"] = "exclude"
    totals_only: tuple[str, ...] = ()
    kept: BoolArray | None = None
    left_out: tuple[Dropped, ...] = ()
    index_base: int | None = None
    statistics: CohortStatistics | None = None

    def __post_init__(self) -> None:
        require_word("transform", self.transform, list(TRANSFORMS))
        if (self.index_base is None) == (self.transform == "index"):
            raise DesignError("an index has index_base, the period in which it is 100; other transforms have none")
        require_word("always_treated", self.always_treated, ("exclude", "keep", "compare"))
        if not isinstance(self.comparison, Comparison):
            raise DesignError(f"comparison is an object such as NeverTreated(), not {self.comparison!r}")
        for name, what in (("clusters", "dimensions"), ("covariates", "columns"), ("totals_only", "partners")):
            if isinstance(getattr(self, name), str):
                raise DesignError(f"{name} is a list of {what}; give ({getattr(self, name)!r},)")
        if unknown := [name for name in self.totals_only if name not in self.panel.partners]:
            raise DesignError(f"totals_only names {unknown[0]!r}, which is no partner of the panel")
        list_effect_names(self.fixed_effects, self.panel.columns)
        if (
            not isinstance(self.window, list | tuple)
            or [isinstance(e, int | np.integer) for e in self.window] != [True] * 2
        ):
            raise DesignError(f"window is the first and the last event time shown, as (-5, 5), not {self.window!r}")
        if self.window[0] > self.window[1]:
            raise DesignError(f"the window {list(self.window)} ends before it begins; give [first, last]")
        if self.reference >= 0 or self.reference >= -self.anticipation:
            raise DesignError(
                f"reference {self.reference} is not before the onset less {self.anticipation} periods of anticipation"
            )
        if self.anticipation < 0:
            raise DesignError(f"anticipation is a number of periods, not {self.anticipation}")
        for name in self.clusters:
            require_word("clusters", name, CLUSTERS)

    @cached_property
    def workings(self) -> dict[tuple[object, ...], Any]:
        """What has been worked out for this design and may be asked for again, by what it is."""
        return {}

    @classmethod
    def from_statistics(cls, statistics: CohortStatistics, **options: Any) -> Self:
        """Return a design on cohort statistics, which estimators take where their algebra allows it.

        Its panel holds one row per cohort and period, the mean. Estimators that need units' own rows refuse it.

        Parameters
        ----------
        statistics : CohortStatistics
        **options
            As for the class: comparison, window, reference, anticipation, clusters ...

        Raises
        ------
        DesignError
            Covariates, weights or a transform are asked for, or clusters that the statistics do not have.
        """
        for name in ("covariates", "weights", "transform"):
            if options.get(name):
                raise DesignError(f"cohort statistics carry no {name}; give it before summing, or give the rows")
        if lacking := [c for c in options.get("clusters", ()) if c != "unit" and c not in statistics.clusters]:
            raise DesignError(f"the statistics have no sums by {lacking[0]} and cohort; add them, or cluster by unit")
        panel, treatment = statistics.to_panel()
        return cls(panel=panel, treatment=treatment, outcome=MEAN, statistics=statistics, **options)

    def __repr__(self) -> str:
        name = self.fixed_effects
        try:
            sample: Words = describe_sample(self.observations)
        except DesignError as error:
            sample = error.text
        text = Text(
            "design.design-shown",
            outcome=self.outcome,
            measure=self.transform_label,
            sample=sample,
            effects=Text("design.preset-effects", name=name) if isinstance(name, str) else self.effects_label,
            window=str(list(self.window)),
        )
        return str(text)

    def summary(self) -> pd.DataFrame:
        """Return who is treated from when, who is compared, and what is left out and why, with units and rows.

        Examples
        --------
        >>> design.summary().columns.tolist()
        ['group', 'units', 'rows', 'which']
        """
        o, rows = self.observations, []
        n_rows = np.bincount(o.unit, minlength=o.n_units)
        for onset in np.unique(o.unit_onset):
            units = np.flatnonzero(o.unit_onset == onset)
            is_treated = np.isfinite(onset)
            since = self.panel.label(int(onset)) if is_treated else ""
            name = Text("design.summary-group", is_treated=bool(is_treated), since=since)
            which = list_some([str(u) for u in o.unit_ids[units]], NAMED_UNITS) if is_treated else ""
            rows.append((str(name), units.size, int(n_rows[units].sum()), str(which)))
        for d in o.dropped:
            which = str(list_some(d.labels, NAMED_UNITS)) if d.labels else ""
            rows.append((str(Text("design.summary-left-out", what=d.text)), d.n_units, d.n_rows, which))
        return pd.DataFrame(rows, columns=["group", "units", "rows", "which"])

    def split(self, column: str) -> dict[Any, Self]:
        """Return the design by each value of a column of the panel, for one fit a sample.

        Examples
        --------
        >>> list(design.split("city"))[:2]
        ['Alder', 'Birch']
        """
        frame = self.panel.to_frame()
        if column not in frame:
            raise DesignError(
                f"the panel has no column {column!r}; it has {', '.join(sorted(map(str, frame.columns)))}"
            )
        values = frame[column].to_numpy()
        return {value: self.restricted(values == value) for value in pd.unique(frame[column].dropna())}

    def _repr_html_(self) -> str:
        head, _, rest = repr(self).partition(": ")
        return f"<p><b>{escape(head)}</b></p><ul>{''.join(f'<li>{escape(p)}</li>' for p in rest.split('; '))}</ul>"

    @cached_property
    def onset(self) -> FloatArray:
        """Onset of each unit of the panel, shape (panel.n_units,); ``inf`` for never, and for always compared."""
        onset = self.treatment.aligned(self.panel.units)
        if self.always_treated != "compare":
            return onset.copy()
        return np.where(onset - self.anticipation <= self.panel.period[self.panel.starts], np.inf, onset)

    @cached_property
    def observations(self) -> Observations:
        """The rows that can take part, as arrays, with everything left out listed.

        Raises
        ------
        DesignError
            No row is left, or the outcome, a covariate or the weights are not numeric.
        """
        panel, outcome = self.panel, self._column
        sieve = self._sieve(outcome)
        rows = sieve.rows()
        unit, unit_rows = number_units(panel, rows)
        covariates = [take_rows(panel.values(c), rows) for c in self.covariates]
        return Observations(
            panel=panel,
            outcome=self.outcome,
            rows=rows,
            y=TRANSFORMS[self.transform].values(outcome, rows),
            unit=unit,
            unit_ids=panel.units[unit_rows],
            unit_rows=unit_rows,
            period=take_rows(panel.period, rows),
            unit_onset=self.onset[unit_rows],
            covariates=np.column_stack(covariates) if covariates else np.empty((rows.size, 0)),
            covariate_names=self.covariates,
            weights=None if self.weights is None else take_rows(panel.values(self.weights), rows),
            dose=self.treatment.dose,
            effect_names=self.effect_names,
            window=self.window,
            reference=self.reference,
            anticipation=self.anticipation,
            scale=self.scale,
            dropped=(*self.left_out, *sieve.dropped),
            statistics=self.statistics,
        )

    def _sieve(self, outcome: Outcome) -> Sieve:
        """Leave out rows that are not compared, counted by reason."""
        panel, leaves_out = self.panel, self.always_treated != "keep"
        sieve = Sieve(panel, self.kept)
        sieve.drop_excluded(self.treatment.excluded)
        if self.totals_only:
            sieve.drop(np.isin(panel.partners, self.totals_only)[panel.unit_partner][panel.unit], REMAINDER)
        if leaves_out:
            sieve.drop_always_treated(outcome.affected, ALWAYS_TREATED)
        if not np.isfinite(outcome.figures.sum()):
            sieve.drop(np.isnan(outcome.figures), "missing-outcome")
            sieve.drop(np.isinf(outcome.figures), "infinite-outcome")
        for loss in TRANSFORMS[self.transform].losses(outcome, sieve.keep):
            sieve.drop(*loss)
        if self.covariates:
            is_known = [np.isfinite(panel.values(c)) for c in self.covariates]
            sieve.drop(~np.all(is_known, axis=0), "missing-covariate")
        if self.weights is not None:
            sieve.drop(~(panel.values(self.weights) > 0), "no-weight")
        if sieve.dropped and leaves_out:
            sieve.drop_always_treated(outcome.affected, NO_FIGURE_BEFORE)
        return sieve

    @property
    def _column(self) -> Outcome:
        """The outcome before its transform."""
        return Outcome(self.panel, self.outcome, self.onset - self.anticipation, self.index_base)

    @property
    def effect_names(self) -> tuple[str, ...]:
        """Names of the fixed effects."""
        return list_effect_names(self.fixed_effects, self.panel.columns)

    @property
    def effects_label(self) -> Listed:
        """The fixed effects as a table prints them."""
        is_dyadic, period = self.panel.is_dyadic, self.panel.frequency
        return Listed(tuple(name_effect(n, is_dyadic=is_dyadic, period=period) for n in self.effect_names), "comma")

    @property
    def scale(self) -> Literal["level", "log points", "share", "index"]:
        """Scale of a linear effect on this outcome."""
        return TRANSFORMS[(self.statistics or self).transform].scale

    @property
    def transform_label(self) -> Words:
        """What the outcome is measured in: "logs", "shares of the partner's total"."""
        if self.statistics is not None:
            return self.statistics.transform.replace("_", " ")
        return TRANSFORMS[self.transform].label(self._column)

    @property
    def effect_unit(self) -> Words:
        """Unit of a linear effect, as text after the number; empty for log points."""
        return TRANSFORMS[self.transform].unit(self._column)

    def without(self, units: Collection[object], why: Dropped | None = None) -> Self:
        """Return the design without the named units, for a reason if one must be listed.

        Raises
        ------
        DesignError
            A name is no unit of the panel.
        """
        stays = np.ones(self.panel.n_units, dtype=bool)
        stays[self.panel.locate(units)] = False
        return self.restricted(stays[self.panel.unit], why)

    def restricted(self, rows: BoolArray, why: Dropped | None = None) -> Self:
        """Return the design on fewer rows of the panel, shape (panel.n_rows,), for a reason if one must be listed."""
        left_out = self.left_out if why is None else (*self.left_out, why)
        return replace(self, kept=rows if self.kept is None else rows & self.kept, left_out=left_out)

    def reassigned(self, onset: FloatArray) -> Self:
        """Return the design with other onsets, shape (panel.n_units,)."""
        units, excluded = self.panel.units, self.workings.get(("excluded",))
        if excluded is None:
            known, reasons = set(units), self.treatment.excluded.items()
            excluded = self.workings["excluded",] = {unit: reason for unit, reason in reasons if unit in known}
        treatment = replace(self.treatment, units=units, onset=np.asarray(onset, dtype=np.float64), excluded=excluded)
        return replace(self, treatment=treatment)

    def backdated(self, periods: int) -> Self:
        """Return the design with every onset moved ``periods`` earlier."""
        panel = self.panel
        if abs(periods) > (longest := panel.last_period - panel.first_period):
            raise DesignError(Text("design.backdated-out", periods=periods, longest=longest, **label_ends(panel)))
        return self.reassigned(self.onset - periods)

    def before_treatment(self) -> Self:
        """Return the design on untreated rows only: those before onset less anticipation."""
        return self.restricted(self.panel.period < self.onset[self.panel.unit] - self.anticipation)

    def within(self, window: tuple[int, int]) -> Self:
        """Return the design with another window of event times."""
        return replace(self, window=window)

    def compared_with(self, comparison: Comparison) -> Self:
        """Return the design with another comparison; donors also restrict the untreated side to themselves."""
        new = replace(self, comparison=comparison)
        if not isinstance(comparison, Donors):
            return new
        member = np.isfinite(self.onset)
        member[self.panel.locate(comparison.units)] = True
        return new.restricted(member[self.panel.unit])

    def for_outcomes(self, outcomes: Sequence[str]) -> dict[str, Self]:
        """Return the design by outcome, each transformed as this one's, for one fit an outcome.

        Examples
        --------
        >>> list(design.for_outcomes(["exports_usd", "x"]))
        ['exports_usd', 'x']
        """
        outcomes = [outcomes] if isinstance(outcomes, str) else outcomes
        for name in outcomes:
            require_word("outcome", name, sorted(self.panel.columns))
        return {name: self.with_outcome(name, self.transform) for name in outcomes}

    def with_outcome(self, outcome: str, transform: TransformName) -> Self:
        """Return the design for another outcome or transform."""
        base = self.index_base if transform == "index" else None
        return replace(self, outcome=outcome, transform=transform, index_base=base)


# Units by their size and growth before the first agreement, whose strata may have period effects of their own.

N_STRATA = 3


def measure_before(design: Design) -> tuple[FloatArray, FloatArray]:
    """Return size and growth of units before the first agreement; growth is 2 (b - a) / (a + b) of means by half."""
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
    return size, np.divide(2 * (late - early), both, out=np.full(panel.n_units, np.nan), where=both > 0)


def add_strata(design: Design, kinds: Collection[str]) -> Design:
    """Return the design with thirds by size or growth for effects by period; units without an outcome are apart."""
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
