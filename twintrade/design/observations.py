"""The rows of a design as arrays: what estimators read, with everything left out counted by reason."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from twintrade.design.fixed_effects import codes, compact
from twintrade.design.panel import Panel
from twintrade.effects.sample import Dropped, Sample
from twintrade.errors import DesignError
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, ObjectArray

if TYPE_CHECKING:
    from twintrade.design.design import Design

NEVER_TIME = np.iinfo(np.int64).min // 2
"""Event time of a unit that is never treated: below every real one, so ``event_time < 0`` means untreated."""


@dataclass(frozen=True, eq=False)
class Observations:
    """Aligned arrays over the rows that take part, sorted by unit and period.

    Attributes
    ----------
    design : Design
    rows : IntArray, shape (n_rows,)
        Positions in the panel.
    y : FloatArray, shape (n_rows,)
        Transformed outcome, finite.
    unit : IntArray, shape (n_rows,)
        Codes 0 .. n_units - 1 into ``unit_ids``.
    unit_ids : ObjectArray, shape (n_units,)
    unit_rows : IntArray, shape (n_units,)
        Code of each unit in the panel.
    period : IntArray, shape (n_rows,)
    unit_onset : FloatArray, shape (n_units,)
        ``inf`` for never.
    covariates : FloatArray, shape (n_rows, n_covariates)
    weights : FloatArray or None, shape (n_rows,)
    dropped : tuple of Dropped
    """

    design: "Design"
    rows: IntArray
    y: FloatArray
    unit: IntArray
    unit_ids: ObjectArray
    unit_rows: IntArray
    period: IntArray
    unit_onset: FloatArray
    covariates: FloatArray
    weights: FloatArray | None
    dropped: tuple[Dropped, ...] = field(default=())

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.rows.size)

    @property
    def n_units(self) -> int:
        """Number of units."""
        return int(self.unit_ids.size)

    @property
    def onset(self) -> FloatArray:
        """Onset of each row's unit, shape (n_rows,)."""
        return self.unit_onset[self.unit]

    @cached_property
    def event_time(self) -> IntArray:
        """Periods since onset, shape (n_rows,); ``NEVER_TIME`` for units never treated."""
        finite = np.isfinite(self.unit_onset)
        shift = np.where(finite, self.unit_onset, 0).astype(np.int64)
        return np.where(finite[self.unit], self.period - shift[self.unit], NEVER_TIME)

    @cached_property
    def periods(self) -> IntArray:
        """The periods observed, ascending, shape (n_periods,)."""
        if self.period is self.design.panel.period:
            return self.design.panel.periods
        first, last = int(self.period.min()), int(self.period.max())
        present = np.zeros(last - first + 1, dtype=bool)
        present[self.period - first] = True
        return (np.flatnonzero(present) + first).astype(np.int64)

    @property
    def is_complete(self) -> bool:
        """Whether every unit is observed in every period."""
        return self.n_rows == self.n_units * self.periods.size

    @property
    def is_treated(self) -> BoolArray:
        """Whether each row lies at or after its onset."""
        return np.asarray(self.event_time >= 0)

    @property
    def is_affected(self) -> BoolArray:
        """Whether each row lies at or after its onset less anticipation."""
        return np.asarray(self.event_time >= -self.design.anticipation)

    @property
    def is_ever_treated(self) -> BoolArray:
        """Whether each unit is treated within the sample's periods, shape (n_units,)."""
        return np.asarray(self.unit_onset <= self.periods[-1])

    def effect_codes(self) -> list[IntArray]:
        """Return the levels of each fixed effect of the design, each of shape (n_rows,)."""
        return [self.codes(name) for name in self.design.effect_names]

    def codes(self, name: str) -> IntArray:
        """Return the levels of one effect or cluster dimension by row, shape (n_rows,)."""
        if name == "cohort":
            return np.unique(self.unit_onset, return_inverse=True)[1].astype(np.int64)[self.unit]
        return codes(self.design.panel, name, self.rows)

    def unit_clusters(self, name: str) -> IntArray:
        """Return the cluster of each unit, shape (n_units,).

        Raises
        ------
        DesignError
            The dimension does not nest units.
        """
        panel = self.design.panel
        if name == "unit":
            return np.arange(self.n_units)
        if name == "city":
            return compact(panel.unit_city[self.unit_rows])
        if name == "partner":
            return compact(panel.unit_partner[self.unit_rows])
        raise DesignError(f"units are not nested in {name!r}; cluster by unit, city or partner here")

    def labels(self, positions: IntArray) -> tuple[str, ...]:
        """Name rows by unit and period: "Lyon-FRA 2004"."""
        label = self.design.panel.label
        pairs = zip(self.unit_ids[self.unit[positions]], self.period[positions], strict=True)
        return tuple(f"{unit} {label(int(period))}" for unit, period in pairs)

    def sample(self, used: IntArray | None = None, **details: object) -> Sample:
        """Describe the sample of a fit on the given positions (all rows by default).

        Parameters
        ----------
        used : IntArray, optional
            Positions in these observations.
        **details
            Further fields of Sample: n_slopes, effects, statistics; ``dropped`` is added to what is dropped here.
        """
        raw = self.design.panel.values(self.design.outcome)
        if used is None:
            every = self.design.panel.every_row
            used = every if every.size == self.n_rows else np.arange(self.n_rows)
            units, n_periods = np.arange(self.n_units), self.periods.size
        else:
            units, n_periods = np.unique(self.unit[used]), np.unique(self.period[used]).size
        rows = self.rows if used.size == self.n_rows else self.rows[used]
        outcome = raw if rows.size == raw.size else raw[rows]
        dropped = self.dropped + tuple(details.pop("dropped", ()))  # type: ignore[arg-type]
        size, n_summed = np.ones(self.n_units), 0
        if self.design.statistics is not None:
            size = self.design.statistics.moments.counts[self.unit_rows]
            n_summed = int(size[self.unit[used]].sum())
        return Sample(
            rows=used,
            n_units=int(size[units].sum()),
            n_periods=int(n_periods),
            n_treated_units=int(size[units][self.is_ever_treated[units]].sum()),
            n_summed=n_summed,
            n_zeros=int(np.count_nonzero(outcome == 0)),
            dropped=dropped,
            **details,  # type: ignore[arg-type]
        )


class _Sieve:
    """Rows still in, and what was left out so far."""

    def __init__(self, panel: Panel, keep: BoolArray) -> None:
        self.panel = panel
        self.keep = keep
        self.dropped: list[Dropped] = []
        self.is_whole = bool(keep.all())

    def drop(self, mask: BoolArray, reason: str, sentence: str) -> None:
        if not mask.any():
            return
        gone = self.keep & mask
        if not gone.any():
            return
        self.keep[gone] = False
        self.is_whole = False
        touched = np.unique(self.panel.unit[gone])
        lost = np.setdiff1d(touched, np.unique(self.panel.unit[self.keep]))
        names = tuple(str(u) for u in self.panel.units[touched])
        self.dropped.append(Dropped(reason, sentence, int(gone.sum()), int(lost.size), names))


EXCLUSIONS = {
    "undated": "rows of units with a tie whose date is not known: neither treated nor comparison",
    "unmatched": "rows of units with a tie that could not be matched: neither treated nor comparison",
    "ambiguous": "rows of units whose ties contradict each other: neither treated nor comparison",
}


def observe(design: "Design") -> Observations:
    """Select the rows of a design that can take part, and count the others by reason.

    Raises
    ------
    DesignError
        No row is left, or the outcome, a covariate or the weights are not numeric.
    """
    panel = design.panel
    sieve = _Sieve(panel, np.ones(panel.n_rows, dtype=bool) if design.kept is None else design.kept.copy())
    _drop_units(design, sieve)
    raw = panel.values(design.outcome)
    if not np.isfinite(raw.sum()):
        sieve.drop(np.isnan(raw), "missing-outcome", "rows without an outcome")
        sieve.drop(np.isinf(raw), "infinite-outcome", "rows with an infinite outcome")
    if design.transform == "log":
        sieve.drop(raw < 0, "negative-under-log", "rows with a negative outcome, which has no logarithm")
        sieve.drop(raw == 0, "zero-under-log", "rows with a zero outcome, which has no logarithm")
    covariates = np.empty((panel.n_rows, 0))
    if design.covariates:
        covariates = np.column_stack([panel.values(c) for c in design.covariates])
        lacking = np.asarray(~np.isfinite(covariates).all(axis=1))
        sieve.drop(lacking, "missing-covariate", "rows with a missing covariate")
    weights = None
    if design.weights is not None:
        weights = panel.values(design.weights)
        sieve.drop(np.asarray(~(weights > 0)), "no-weight", "rows whose weight is not positive")
    rows = panel.every_row if sieve.is_whole else np.flatnonzero(sieve.keep).astype(np.int64)
    if rows.size == 0:
        raise DesignError("no row is left: " + "; ".join(f"{d.n_rows} {d.sentence}" for d in sieve.dropped))
    if rows.size < panel.n_rows:
        raw, covariates = raw[rows], covariates[rows]
        weights = None if weights is None else weights[rows]
    y = np.log(raw) if design.transform == "log" else raw
    return _assemble(design, rows, y, covariates, weights, sieve)


def _drop_units(design: "Design", sieve: _Sieve) -> None:
    panel = design.panel
    reasons = design.treatment.excluded
    for reason in sorted(set(reasons.values())):
        units = np.isin(panel.units, [u for u, r in reasons.items() if r == reason])
        sieve.drop(units[panel.unit], reason, EXCLUSIONS.get(reason, f"rows of units excluded: {reason}"))
    if design.always_treated == "exclude":
        first = np.full(panel.n_units, np.iinfo(np.int64).max)
        if sieve.is_whole:
            first[panel.unit[panel.starts]] = panel.period[panel.starts]
        else:
            unit, period = panel.unit[sieve.keep], panel.period[sieve.keep]
            starts = np.flatnonzero(np.diff(unit, prepend=-1))
            first[unit[starts]] = period[starts]
        always = np.asarray(design.onset - design.anticipation <= first)
        if not always.any():
            return
        sieve.drop(
            always[panel.unit],
            "always-treated",
            "rows of units tied in or before their first period: no period before",
        )


def _assemble(
    design: "Design",
    rows: IntArray,
    y: FloatArray,
    covariates: FloatArray,
    weights: FloatArray | None,
    sieve: _Sieve,
) -> Observations:
    panel = design.panel
    is_all = rows.size == panel.n_rows
    unit, period = (panel.unit, panel.period) if is_all else (panel.unit[rows], panel.period[rows])
    starts = panel.starts if is_all else np.flatnonzero(np.diff(unit, prepend=-1))
    unit_rows = unit[starts]
    if unit_rows.size < panel.n_units:
        is_first = np.zeros(rows.size, dtype=np.int64)
        is_first[starts] = 1
        unit = np.cumsum(is_first) - 1
    unit_onset = design.onset[unit_rows]
    return Observations(
        design=design,
        rows=rows,
        y=y,
        unit=unit,
        unit_ids=panel.units[unit_rows],
        unit_rows=unit_rows,
        period=period,
        unit_onset=unit_onset,
        covariates=covariates,
        weights=weights,
        dropped=tuple(sieve.dropped),
    )
