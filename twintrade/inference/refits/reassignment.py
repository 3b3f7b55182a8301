"""Which other assignments of onsets could have come about: the reference set of randomization."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import exp, lgamma, log
from typing import Any, Literal, NoReturn, get_args

import numpy as np
from numpy.typing import NDArray

from twintrade.design import Design
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit
from twintrade.inference.clustered import Facts
from twintrade.inference.refits.permutation import Labels, build_labels
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, compact
from twintrade.text import Text

# What a randomization test drew from: the scheme, how many assignments it admits, and the smallest p of that.

Across = Literal["units", "strata", "labels", "cities", "partners", "dates", "hazard"]
Counted = Literal["exactly", "about", "at-least"]
SCHEMES: tuple[str, ...] = get_args(Across)
MANY = 1e9  # assignments beyond which their number is no longer told
ENOUGH_REPEATS = 10
SURELY_ALL = 10


@dataclass(frozen=True, slots=True)
class Scheme:
    """How onsets could have been assigned otherwise."""

    across: Across
    # n_units, n_treated: Units that may get an onset, and those that have one
    n_units: int
    n_treated: int
    n_assignments: float  # distinct admissible assignments, the real one included
    counted: Counted

    def floor(self, n_draws: int) -> float:
        """Return the smallest p-value that so many draws from these assignments can give."""
        is_known = self.counted != "at-least"
        return max(1 / (n_draws + 1), 1 / self.n_assignments if is_known else 0.0)

    def facts(self) -> Facts:
        """Return the scheme as facts."""
        return {
            "scheme": self.across,
            "n_assignments": self.n_assignments,
            "n_assignments_counted": self.counted,
            "n_eligible": self.n_units,
            "n_treated": self.n_treated,
        }

    def describe(self) -> Text:
        """Return the scheme as part of a sentence."""
        is_known = self.n_assignments < MANY
        return Text(
            "inference.scheme",
            across=self.across,
            n_treated=self.n_treated,
            n_units=self.n_units,
            counted=self.counted if is_known else "at-least",
            assignments=self.n_assignments if is_known else MANY,
        )


def count_assignments(drawn: Sequence[FloatArray]) -> tuple[float, Counted]:
    """Count equally likely assignments by how often independent draws repeat.

    Of n draws from N, n (n - 1) / 2N pairs are expected to be alike. Where none is, 95 % of the time N exceeds
    n (n - 1) / 6.
    """
    times = Counter(onset.tobytes() for onset in drawn)
    n = len(drawn)
    repeats = sum(k * (k - 1) // 2 for k in times.values())
    if repeats < ENOUGH_REPEATS:
        return max(n * (n - 1) / (6.0 + 4 * repeats), float(len(times))), "at-least"
    number = n * (n - 1) / (2.0 * repeats)
    if n > SURELY_ALL * len(times):
        return float(len(times)), "exactly"
    return max(round(number), float(len(times))), "about"


# When units are seen to be treated, how large they were before anybody was, and strata of units that are alike.

N_SIZES = 3


def find_observed_onsets(design: Design) -> FloatArray:
    """Return onsets, infinite where an agreement begins after its unit's last row, shape (panel.n_units,)."""
    o, onset = design.observations, design.onset.copy()
    last = o.period[np.flatnonzero(np.diff(o.unit, append=-1))]
    inside = onset[o.unit_rows]
    onset[o.unit_rows] = np.where(inside > last, np.inf, inside)
    return onset


def measure_sizes(design: Design) -> FloatArray:
    """Return each unit's mean outcome, untransformed, before the first onset in the sample, shape (n_units,).

    Of a unit observed later, its first outcome: no assignment that is admissible treats it then.
    """
    o = design.observations
    raw = design.panel.values(design.outcome)[o.rows]
    onset = o.unit_onset[o.is_ever_treated]
    starts = np.flatnonzero(np.diff(o.unit, prepend=-1))
    is_used = o.period < (onset.min() if onset.size else np.inf) - design.anticipation
    is_used[starts] = True
    counts = np.bincount(o.unit[is_used], minlength=o.n_units)
    return np.asarray(np.bincount(o.unit[is_used], raw[is_used], o.n_units) / counts)


def build_strata(design: Design, pool: IntArray, strata: Sequence[str]) -> IntArray:
    """Return the stratum of each unit of the pool."""
    parts = []
    for name in strata:
        if name == "size":
            parts.append(np.argsort(np.argsort(measure_sizes(design)[pool], kind="stable")) * N_SIZES // pool.size)
            continue
        values = read_constant_column(design, name)[pool]
        parts.append(np.unique(values, return_inverse=True)[1])
    return np.unique(np.column_stack(parts), axis=0, return_inverse=True)[1].ravel().astype(np.int64)


def read_constant_column(design: Design, name: str) -> NDArray[Any]:
    """Return what each unit has in a column of the panel throughout, shape (n_units,)."""
    o = design.observations
    if name not in design.panel.columns:
        raise InferenceError(f"there is no column {name!r}; there is always 'size'")
    values = np.asarray(design.panel.columns[name][o.rows])
    starts = np.flatnonzero(np.diff(o.unit, prepend=-1))
    if (values != values[starts][o.unit]).any():
        raise InferenceError(f"{name} changes over a unit's periods: only what a unit always has can be used")
    return np.asarray(values[starts])


# Distinct orderings of onsets among units: how many there are, and each of them.


def count_arrangements(onset: FloatArray) -> float:
    """Return the logarithm of the number of distinct orderings of a multiset."""
    counts = np.unique(onset, return_counts=True)[1]
    return lgamma(counts.sum() + 1) - sum(lgamma(c + 1) for c in counts)


def list_arrangements(onset: FloatArray) -> Iterator[FloatArray]:
    """Yield the distinct orderings of a multiset."""
    values, left = np.unique(onset, return_counts=True)
    out = np.empty(onset.size)

    def place(at: int) -> Iterator[FloatArray]:
        if at == out.size:
            yield out.copy()
            return
        for k in np.flatnonzero(left):
            left[k] -= 1
            out[at] = values[k]
            yield from place(at + 1)
            left[k] += 1

    yield from place(0)


TRIES = 1000
FEWEST_TO_COUNT = 1000
MOST_DISTINCT = 20_000
LARGEST_LOG = 700.0


@dataclass(frozen=True, slots=True, eq=False)
class Dealing:
    """Assignments to compare the real one with."""

    scheme: Scheme
    onsets: tuple[FloatArray, ...]  # (panel.n_units,)
    is_complete: bool  # whether these are all others there are


@dataclass(frozen=True, slots=True, eq=False)
class Assignments:
    """Units that take part in the estimate, and the onsets that are dealt out among them."""

    across: Across
    panel_onset: FloatArray  # (panel.n_units,): the real onsets; units outside the sample keep theirs
    eligible: IntArray  # (n_eligible,): their codes in the panel
    # first, last: (n_eligible,): first and last period in which each is observed
    first: IntArray
    last: IntArray
    group: IntArray  # (n_eligible,): city, partner or stratum of each where those matter; elsewhere one for all
    anticipation: int
    labels: Labels | None = None  # where these are permuted

    @property
    def onset(self) -> FloatArray:
        """Real onsets of the eligible units, shape (n_eligible,)."""
        return self.panel_onset[self.eligible]

    def collect(self, draws: int, rng: np.random.Generator) -> Dealing:
        """Return all other assignments where there are no more than ``draws``, else so many at random."""
        real = self.onset
        counted: Counted = "exactly"
        if self._is_listable(draws):
            every = list({onset.tobytes(): onset for onset in self._list_all()}.values())
            others = [onset for onset in every if not np.array_equal(onset, real)]
            number, is_complete = float(len(every)), len(others) <= draws
            drawn = others if is_complete else [every[k] for k in rng.integers(len(every), size=draws)]
        else:
            every = list(self._draws(max(draws, FEWEST_TO_COUNT) if self.labels is not None else draws, rng))
            number, counted = self._count(every)
            drawn, is_complete = every[:draws], False
        if all(np.array_equal(onset, real) for onset in drawn):
            self.refuse()
        scheme = Scheme(self.across, self.eligible.size, int(np.isfinite(self.onset).sum()), number, counted)
        return Dealing(scheme, tuple(self.place(dealt) for dealt in drawn), is_complete)

    def draw(self, rng: np.random.Generator) -> FloatArray:
        """Return one re-assignment, shape (panel.n_units,)."""
        return self.place(next(self._draws(1, rng)))

    def _draw(self, rng: np.random.Generator) -> FloatArray:
        for _ in range(TRIES):
            dealt = self._dealt(rng)
            if dealt is not None and self._swapped(dealt, rng):
                return dealt
        raise InferenceError(
            f"no re-assignment across {self.across} was found in {TRIES} tries in which every onset falls inside the "
            "observed periods; re-assign across units, or start the sample earlier"
        )

    def _list_all(self) -> Iterator[FloatArray]:
        """Yield every admissible assignment, the real one included; across labels some come several times."""
        if self.labels is not None:
            yield from (self._placed(places) for places in self.labels.everything())
            return
        groups = self._free_groups()
        for parts in product(*(list(list_arrangements(self.onset[g])) for g in groups)):
            dealt = self.onset.copy()
            for members, arrangement in zip(groups, parts, strict=True):
                dealt[members] = arrangement
            if self._is_feasible(dealt).all():
                yield dealt

    def _draws(self, n: int, rng: np.random.Generator) -> Iterator[FloatArray]:
        """Yield assignments among the eligible units, each of shape (n_eligible,): panels have many more."""
        if self.labels is None:
            yield from (self._draw(rng) for _ in range(n))
        else:
            yield from map(self._placed, self.labels.collect(n, rng))

    def _is_listable(self, draws: int) -> bool:
        if self.labels is not None:
            return self.labels.is_listable()
        return self._deals_units and self._log_count() <= log(min(draws + 1, MOST_DISTINCT))

    @property
    def _deals_units(self) -> bool:
        return self.across in ("units", "strata", "dates")

    def _free_groups(self) -> list[IntArray]:
        """Return the units among which onsets move freely."""
        free = np.isfinite(self.onset) if self.across == "dates" else np.ones(self.onset.size, dtype=bool)
        return [np.flatnonzero(free & (self.group == g)) for g in np.unique(self.group[free])]

    def _log_count(self) -> float:
        return sum(count_arrangements(self.onset[g]) for g in self._free_groups())

    def _count(self, drawn: list[FloatArray]) -> tuple[float, Counted]:
        if not self._deals_units:
            return count_assignments(drawn)
        can_all = self.can_begin(np.unique(self.onset[np.isfinite(self.onset)])).all()
        return exp(min(self._log_count(), LARGEST_LOG)), "exactly" if can_all else "about"

    def refuse(self) -> NoReturn:
        """Say that nothing could be re-assigned."""
        raise InferenceError(
            f"there is only one assignment across {self.across}: nothing to compare the real one with"
        )

    def _dealt(self, rng: np.random.Generator) -> FloatArray | None:
        onset = self.onset
        if self._deals_units:
            dealt = onset.copy()
            for members in self._free_groups():
                dealt[members] = rng.permutation(onset[members])
            return dealt
        dealt = np.full(onset.size, np.inf)
        order = np.argsort(self.group, kind="stable")
        places = np.split(order, np.flatnonzero(np.diff(self.group[order])) + 1)
        givers = [k for k, members in enumerate(places) if np.isfinite(onset[members]).any()]
        takers = rng.permutation(len(places))
        for giver in givers:
            agreements = onset[places[giver]]
            agreements = agreements[np.isfinite(agreements)]
            free = places[takers[giver]]
            if agreements.size > free.size:
                return None
            dealt[rng.choice(free, agreements.size, replace=False)] = agreements
        return dealt

    def _swapped(self, dealt: FloatArray, rng: np.random.Generator) -> bool:
        """Swap onsets that fall outside their unit's periods with others, in place; say whether none is left."""
        for _ in range(TRIES):
            bad = np.flatnonzero(~self._is_feasible(dealt))
            if bad.size == 0:
                return True
            if not self._deals_units:
                return False
            moved, other = int(bad[0]), int(rng.integers(dealt.size))
            is_free = self.group[moved] == self.group[other]
            if not is_free or (self.across == "dates" and not np.isfinite(dealt[other])):
                continue
            pair = np.array([moved, other])
            swapped = dealt.copy()
            swapped[pair] = dealt[pair[::-1]]
            if self._is_feasible(swapped)[pair].all():
                dealt[:] = swapped
        return False

    def can_begin(self, cohorts: FloatArray) -> BoolArray:
        """Return whether each unit could have had each onset, shape (n_eligible, n_cohorts)."""
        return np.asarray((cohorts - self.anticipation > self.first[:, None]) & (cohorts <= self.last[:, None]))

    def _is_feasible(self, onset: FloatArray) -> BoolArray:
        return np.asarray(np.isinf(onset) | ((onset - self.anticipation > self.first) & (onset <= self.last)))

    def _placed(self, places: IntArray) -> FloatArray:
        onset = self.onset
        dealt = np.full(onset.size, np.inf)
        dealt[places] = onset[np.isfinite(onset)]
        return dealt

    def place(self, dealt: FloatArray) -> FloatArray:
        """Return onsets of all units of the panel from those dealt to the eligible ones."""
        out = self.panel_onset.copy()
        out[self.eligible] = dealt
        return out


def build_assignments(
    design: Design, across: Across, pool: IntArray | None = None, strata: Sequence[str] = ("size",)
) -> Assignments:
    """Return the assignments of a design: units outside the sample never get an onset.

    ``pool``: codes, in the design's observations, of the units that may get one; all by default; ``strata``: what
    units of a stratum have in common: "size" (a third of the pool), or a column of the panel.
    """
    if across not in SCHEMES:
        raise InferenceError(f"onsets cannot be re-assigned across {across!r}; known: {', '.join(SCHEMES)}")
    o = design.observations
    pool = np.arange(o.n_units) if pool is None else pool
    starts = np.flatnonzero(np.diff(o.unit, prepend=-1))
    ends = np.append(starts[1:], o.n_rows) - 1
    group = np.zeros(pool.size, dtype=np.int64)
    if across in ("cities", "partners"):
        group = compact(o.unit_clusters("city" if across == "cities" else "partner"))[pool]
    elif across == "strata":
        group = build_strata(design, pool, strata)
    onset = find_observed_onsets(design)
    first, last = o.period[starts][pool], o.period[ends][pool]
    assignments = Assignments(across, onset, o.unit_rows[pool], first, last, group, design.anticipation)
    dealt = assignments.onset[np.isfinite(assignments.onset)] if across == "dates" else assignments.onset
    if np.unique(dealt).size < 2:
        assignments.refuse()
    if across != "labels":
        return assignments
    cohorts = np.unique(dealt[np.isfinite(dealt)])
    city, partner = _label_ends(design, pool)
    labels = build_labels(city, partner, assignments.onset, assignments.can_begin(cohorts), cohorts)
    return replace(assignments, labels=labels)


def find_units_with_trade(fit: Fit) -> IntArray:
    """Return the units in the fit or with any trade: a pair of zeros that the method leaves out is no candidate."""
    o = fit.design.observations
    raw = fit.design.panel.values(fit.design.outcome)[o.rows]
    counted = np.concatenate([o.unit[fit.estimate.sample.rows], o.unit[raw != 0]])
    return np.flatnonzero(np.bincount(counted, minlength=o.n_units)).astype(np.int64)


def _label_ends(design: Design, pool: IntArray) -> tuple[IntArray, IntArray]:
    """Return city and partner of each unit of the pool; where units are no pairs, itself and one partner for all."""
    o = design.observations
    if not design.panel.is_dyadic:
        return np.arange(pool.size), np.zeros(pool.size, dtype=np.int64)
    return compact(o.unit_clusters("city")[pool]), compact(o.unit_clusters("partner")[pool])
