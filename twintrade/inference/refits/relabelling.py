"""Cities and partners that change labels: the agreements move with both and stay clustered as they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from math import perm

import numpy as np

from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray

MOST_TRIES = 400_000
AT_ONCE = 20_000
MOST_LISTED = 20_000
MOST_STEPS = 5_000
STEPS_PER_LABEL = 20
FIRST_LOOKED_UP = 6
"""Agreements of each label that are looked up first."""


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """A table of cities by partners with the agreements in it, and where each may fall."""

    place: IntArray  # (n_cities, n_partners): position of the pair's unit, -1 where there is none
    # row, column: (n_agreements,): city and partner of each agreement
    row: IntArray
    column: IntArray
    cohort: IntArray  # (n_agreements,)
    allowed: BoolArray  # (n_cohorts, n_cities, n_partners): whether an agreement of the cohort may fall on the pair

    def collect(self, n: int, rng: np.random.Generator) -> IntArray:
        """Return the places of the agreements in so many relabellings, shape (n_draws, n_agreements).

        Independent draws from all admissible relabellings where enough are found, else ``walk``.
        """
        blocks: list[IntArray] = []
        n_found = 0
        block, tried = min(2 * n, AT_ONCE), 0
        while tried < MOST_TRIES:
            cities, partners = (
                rng.permuted(np.tile(np.arange(size), (block, 1)), axis=1).T for size in self.place.shape
            )
            is_fine = self._is_admissible(cities, partners)
            blocks.append(self._places(cities[:, is_fine], partners[:, is_fine]))
            n_found += int(is_fine.sum())
            tried += block
            if n_found >= n:
                return np.concatenate(blocks)[:n]
            if tried >= AT_ONCE and n_found * MOST_TRIES < n * tried:
                break
            block = AT_ONCE
        return self.walk(n, rng)

    def walk(self, n: int, rng: np.random.Generator) -> IntArray:
        """Return the places of the agreements in relabellings reached by random walks, shape (n, n_agreements).

        A step exchanges two labels of one side if that is admissible and stays otherwise, so it is as likely as the
        step back and every admissible relabelling is equally likely in the long run. One walk leads from the real
        labels to a start, from which all draws walk as far: were the real labels drawn like the rest, they and the
        draws are exchangeable, however short the walks (Besag and Clifford 1989). Real labels that are themselves not
        admissible, with pairs treated throughout, are left by no step.
        """
        cities, partners = (np.arange(size)[:, None] for size in self.place.shape)
        is_fine = bool(self._is_admissible(cities, partners).all())
        n_steps = min(STEPS_PER_LABEL * sum(self.place.shape), MOST_STEPS) if is_fine else 0
        cities, partners = self._walked(cities, partners, n_steps, rng)
        cities, partners = (np.repeat(labels, n, axis=1) for labels in (cities, partners))
        return self._places(*self._walked(cities, partners, n_steps, rng))

    def is_listable(self) -> bool:
        """Whether the relabellings that differ in where agreements fall are few enough to try each."""
        used = np.unique(self.row).size, np.unique(self.column).size
        n_cities, n_partners = self.place.shape
        return perm(n_cities, used[0]) * perm(n_partners, used[1]) <= MOST_LISTED

    def everything(self) -> Iterator[IntArray]:
        """Yield the places of the agreements in every admissible relabelling, the same ones several times."""
        rows, row = np.unique(self.row, return_inverse=True)
        columns, column = np.unique(self.column, return_inverse=True)
        n_cities, n_partners = self.place.shape
        for cities in permutations(range(n_cities), rows.size):
            at = np.array(cities)[row]
            for partners in permutations(range(n_partners), columns.size):
                to = np.array(partners)[column]
                if self.allowed[self.cohort, at, to].all():
                    yield self.place[at, to]

    def _walked(
        self, cities: IntArray, partners: IntArray, n_steps: int, rng: np.random.Generator
    ) -> tuple[IntArray, IntArray]:
        """Return labels of shape (n_labels, n_walkers) after so many steps from admissible ones.

        Of an exchange only the agreements of both labels are looked up.
        """
        cities, partners = cities.copy(), partners.copy()
        walkers, n_partners = np.arange(cities.shape[1]), self.place.shape[1]
        begins, allowed = self.cohort * self.place.size, np.append(self.allowed, True)
        sides = (
            _Side.of((cities, partners), (n_partners, 1), (self.row, self.column), begins, self.allowed.size),
            _Side.of((partners, cities), (1, n_partners), (self.column, self.row), begins, self.allowed.size),
        )
        for _ in range(n_steps):
            side = sides[0 if rng.random() < 0.5 else 1]
            exchanged = rng.integers(side.met.shape[1], size=(2, walkers.size))
            pair = exchanged * walkers.size + walkers
            before = side.labels.take(pair)
            moves = side.find_moving(exchanged, before[::-1], allowed)
            side.labels[pair[:, moves]] = before[::-1, moves]
        return cities, partners

    def _is_admissible(self, cities: IntArray, partners: IntArray) -> BoolArray:
        at = (cities * self.place.shape[1]).take(self.row, axis=0)
        at += partners.take(self.column, axis=0)
        at += self.cohort[:, None] * self.place.size
        return np.asarray(self.allowed.take(at).all(axis=0))

    def _places(self, cities: IntArray, partners: IntArray) -> IntArray:
        return np.asarray(self.place[cities[self.row], partners[self.column]].T)


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """The labels of cities or of partners in all walks, and what their agreements meet on the other side."""

    # labels, others: (n_labels * n_walkers,): of this side, and of the other
    labels: IntArray
    others: IntArray
    strides: tuple[int, int]  # how far apart labels of this side, and of the other, lie in a cohort's table
    met: IntArray  # (most_agreements, n_labels): where in `others` the walks of what each agreement meets begin
    # (most_agreements, n_labels): where the table of each agreement's cohort begins; behind all tables where a label
    # has no more agreements
    begins: IntArray

    @classmethod
    def of(
        cls,
        labels: tuple[IntArray, IntArray],
        strides: tuple[int, int],
        ends: tuple[IntArray, IntArray],
        begins: IntArray,
        behind: int,
    ) -> "_Side":
        """List the agreements of each label."""
        (side, others), n_walkers = labels, labels[0].shape[1]
        order, counts = np.argsort(ends[0], kind="stable"), np.bincount(ends[0], minlength=side.shape[0])
        at = np.arange(order.size) - np.repeat(np.cumsum(counts) - counts, counts), ends[0][order]
        met = np.zeros((int(counts.max()), side.shape[0]), dtype=np.int64)
        tables = np.full(met.shape, behind)
        met[at], tables[at] = ends[1][order] * n_walkers, begins[order]
        return cls(side.reshape(-1), others.reshape(-1), strides, met, tables)

    def find_moving(self, some: IntArray, to: IntArray, allowed: BoolArray) -> IntArray:
        """Return the walks in which all agreements of some labels may stand where they do once these are others.

        Most exchanges fail at one of the first agreements: the others are looked up where none of these did.

        ``some``, ``to`` (2, n_walkers); ``allowed`` (n_tables + 1,): the last for labels without so many agreements.
        """
        walks, start = np.arange(some.shape[1]), 0
        while start < self.met.shape[0] and walks.size:
            run = slice(start, 2 * start + FIRST_LOOKED_UP)
            at = self.met[run].take(some, axis=1)
            at += walks
            at = self.others.take(at)
            at *= self.strides[1]
            at += self.begins[run].take(some, axis=1)
            at += to * self.strides[0]
            fits = np.flatnonzero(allowed.take(at, mode="clip").all(axis=(0, 1)))
            walks, some, to, start = walks[fits], some[:, fits], to[:, fits], run.stop
        return walks


def build_labels(
    city: IntArray, partner: IntArray, onset: FloatArray, can_begin: BoolArray, cohorts: FloatArray
) -> Labels:
    """Return the table of eligible units.

    ``city``, ``partner`` (n_eligible,); ``onset`` (n_eligible,); ``can_begin`` (n_eligible, n_cohorts): whether a
    unit could have had that onset; ``cohorts`` (n_cohorts,).
    """
    shape = int(city.max()) + 1, int(partner.max()) + 1
    place = np.full(shape, -1, dtype=np.int64)
    place[city, partner] = np.arange(city.size)
    allowed = np.zeros((cohorts.size, *shape), dtype=bool)
    allowed[:, city, partner] = can_begin.T
    treated = np.flatnonzero(np.isfinite(onset))
    return Labels(place, city[treated], partner[treated], np.searchsorted(cohorts, onset[treated]), allowed)
