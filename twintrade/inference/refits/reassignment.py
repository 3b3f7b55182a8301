"""Which other assignments of onsets the design's own rule could have produced: the reference set of randomization."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import lgamma
from typing import Literal

import numpy as np

from twintrade.design import Design
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, compact

Across = Literal["units", "cities", "partners", "dates"]
TRIES = 1000

SENTENCES: dict[str, str] = {
    "units": "onsets re-assigned across all units of the sample, cohort sizes kept",
    "cities": "onsets re-assigned across cities, the agreements of one city kept together, cohort sizes kept",
    "partners": "onsets re-assigned across partners, the agreements of one partner kept together, cohort sizes kept",
    "dates": "the dates of the treated units exchanged among them, who is treated kept",
}


@dataclass(frozen=True, slots=True, eq=False)
class Assignments:
    """Units that take part in the estimate, and the onsets that are dealt out among them.

    Attributes
    ----------
    across : {"units", "cities", "partners", "dates"}
    panel_onset : FloatArray, shape (panel.n_units,)
        The real onsets; units outside the sample keep theirs.
    eligible : IntArray, shape (n_eligible,)
        Their codes in the panel.
    first, last : IntArray, shape (n_eligible,)
        First and last period in which each is observed.
    group : IntArray, shape (n_eligible,)
        City or partner of each, where those stay together.
    anticipation : int
    """

    across: Across
    panel_onset: FloatArray
    eligible: IntArray
    first: IntArray
    last: IntArray
    group: IntArray
    anticipation: int

    @property
    def onset(self) -> FloatArray:
        """Real onsets of the eligible units, shape (n_eligible,)."""
        return self.panel_onset[self.eligible]

    @property
    def log_count(self) -> float:
        """Logarithm of the number of distinct assignments, those that cannot be observed included."""
        values, counts = np.unique(self.onset, return_counts=True)
        if self.across == "dates":
            counts = counts[np.isfinite(values)]
        total = lgamma(counts.sum() + 1) - sum(lgamma(c + 1) for c in counts)
        if self.across in ("units", "dates"):
            return total
        return lgamma(np.unique(self.group).size + 1)

    def draw(self, rng: np.random.Generator) -> FloatArray:
        """Return one re-assignment, shape (panel.n_units,).

        Raises
        ------
        InferenceError
            No assignment was found in which every onset falls inside its unit's observed periods.
        """
        for _ in range(TRIES):
            dealt = self._dealt(rng)
            if dealt is not None and self._swapped(dealt, rng):
                return self._on_panel(dealt)
        raise InferenceError(
            f"no re-assignment across {self.across} was found in {TRIES} tries in which every onset falls inside the "
            "observed periods; re-assign across units, or start the sample earlier"
        )

    def everything(self) -> Iterator[FloatArray]:
        """Yield every distinct assignment across units or dates that could be observed, the real one included."""
        places = np.arange(self.onset.size)
        if self.across == "dates":
            places = np.flatnonzero(np.isfinite(self.onset))
        values, counts = np.unique(self.onset[places], return_counts=True)
        for arrangement in _arrangements(values, counts, places.size):
            dealt = self.onset.copy()
            dealt[places] = arrangement
            if self._is_feasible(dealt).all():
                yield self._on_panel(dealt)

    def _dealt(self, rng: np.random.Generator) -> FloatArray | None:
        onset = self.onset
        if self.across == "units":
            return rng.permutation(onset)
        if self.across == "dates":
            dealt = onset.copy()
            tied = np.flatnonzero(np.isfinite(onset))
            dealt[tied] = rng.permutation(onset[tied])
            return dealt
        dealt = np.full(onset.size, np.inf)
        order = np.argsort(self.group, kind="stable")
        places = np.split(order, np.flatnonzero(np.diff(self.group[order])) + 1)
        givers = [k for k, members in enumerate(places) if np.isfinite(onset[members]).any()]
        takers = rng.permutation(len(places))
        for giver in givers:
            ties = onset[places[giver]]
            ties = ties[np.isfinite(ties)]
            free = places[takers[giver]]
            if ties.size > free.size:
                return None
            dealt[rng.choice(free, ties.size, replace=False)] = ties
        return dealt

    def _swapped(self, dealt: FloatArray, rng: np.random.Generator) -> bool:
        """Swap onsets that fall outside their unit's periods with others, in place; say whether none is left."""
        for _ in range(TRIES):
            bad = np.flatnonzero(~self._is_feasible(dealt))
            if bad.size == 0:
                return True
            if self.across in ("cities", "partners"):
                return False
            moved, other = int(bad[0]), int(rng.integers(dealt.size))
            if self.across == "dates" and not np.isfinite(dealt[other]):
                continue
            pair = np.array([moved, other])
            swapped = dealt.copy()
            swapped[pair] = dealt[pair[::-1]]
            if self._is_feasible(swapped)[pair].all():
                dealt[:] = swapped
        return False

    def _is_feasible(self, onset: FloatArray) -> BoolArray:
        is_after_start = onset - self.anticipation > self.first
        return np.asarray(np.isinf(onset) | (is_after_start & (onset <= self.last)))

    def _on_panel(self, dealt: FloatArray) -> FloatArray:
        out = self.panel_onset.copy()
        out[self.eligible] = dealt
        return out


def build_assignments(design: Design, across: Across, pool: IntArray | None = None) -> Assignments:
    """Return the assignments of a design: units outside the sample never get an onset.

    Parameters
    ----------
    design : Design
    across : {"units", "cities", "partners", "dates"}
    pool : IntArray, optional
        Codes, in the design's observations, of the units that may get one; all by default.

    Raises
    ------
    InferenceError
        Nothing could be re-assigned.
    """
    if across not in SENTENCES:
        raise InferenceError(f"onsets cannot be re-assigned across {across!r}; known: {', '.join(SENTENCES)}")
    o = design.observations
    pool = np.arange(o.n_units) if pool is None else pool
    starts = np.flatnonzero(np.diff(o.unit, prepend=-1))
    ends = np.append(starts[1:], o.n_rows) - 1
    group = np.arange(o.n_units)
    if across in ("cities", "partners"):
        group = compact(o.unit_clusters("city" if across == "cities" else "partner"))
    onset = design.onset.copy()
    inside = onset[o.unit_rows]
    onset[o.unit_rows] = np.where(inside > o.period[ends], np.inf, inside)
    first, last = o.period[starts][pool], o.period[ends][pool]
    assignments = Assignments(across, onset, o.unit_rows[pool], first, last, group[pool], design.anticipation)
    if assignments.log_count < 1e-9:
        raise InferenceError(f"there is only one assignment across {across}: nothing to compare the real one with")
    return assignments


def find_units_with_trade(fit: Fit) -> IntArray:
    """Return the units in the fit or with any trade: a pair of zeros that the method leaves out is no candidate."""
    o = fit.design.observations
    raw = fit.design.panel.values(fit.design.outcome)[o.rows]
    counted = np.concatenate([o.unit[fit.estimate.sample.rows], o.unit[raw != 0]])
    return np.flatnonzero(np.bincount(counted, minlength=o.n_units)).astype(np.int64)


def _arrangements(values: FloatArray, counts: IntArray, size: int) -> Iterator[FloatArray]:
    """Yield the distinct orderings of a multiset."""
    left, out = counts.copy(), np.empty(size)

    def place(at: int) -> Iterator[FloatArray]:
        if at == size:
            yield out.copy()
            return
        for k in np.flatnonzero(left):
            left[k] -= 1
            out[at] = values[k]
            yield from place(at + 1)
            left[k] += 1

    yield from place(0)
