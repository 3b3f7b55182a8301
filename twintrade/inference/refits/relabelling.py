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


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """A table of cities by partners with the agreements in it, and where each may fall.

    Attributes
    ----------
    place : IntArray, shape (n_cities, n_partners)
        Position of the pair's unit, -1 where there is none.
    row, column : IntArray, shape (n_agreements,)
        City and partner of each agreement.
    cohort : IntArray, shape (n_agreements,)
    allowed : BoolArray, shape (n_cohorts, n_cities, n_partners)
        Whether an agreement of the cohort may fall on the pair.
    """

    place: IntArray
    row: IntArray
    column: IntArray
    cohort: IntArray
    allowed: BoolArray

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
        draws are exchangeable, however short the walks (Besag and Clifford 1989).
        """
        n_steps = min(STEPS_PER_LABEL * sum(self.place.shape), MOST_STEPS)
        cities, partners = (np.arange(size)[:, None] for size in self.place.shape)
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
        """Return labels of shape (n_labels, n_walkers) after so many steps."""
        cities, partners = cities.copy(), partners.copy()
        walkers = np.arange(cities.shape[1])
        for _ in range(n_steps):
            labels = (cities if rng.random() < 0.5 else partners).reshape(-1)
            pair = rng.integers(labels.size // walkers.size, size=(2, walkers.size)) * walkers.size + walkers
            before = labels.take(pair)
            labels[pair] = before[::-1]
            back = np.flatnonzero(~self._is_admissible(cities, partners))
            labels[pair[:, back]] = before[:, back]
        return cities, partners

    def _is_admissible(self, cities: IntArray, partners: IntArray) -> BoolArray:
        at = (cities * self.place.shape[1]).take(self.row, axis=0)
        at += partners.take(self.column, axis=0)
        at += self.cohort[:, None] * self.place.size
        return np.asarray(self.allowed.take(at).all(axis=0))

    def _places(self, cities: IntArray, partners: IntArray) -> IntArray:
        return np.asarray(self.place[cities[self.row], partners[self.column]].T)


def build_labels(
    city: IntArray, partner: IntArray, onset: FloatArray, can_begin: BoolArray, cohorts: FloatArray
) -> Labels:
    """Return the table of eligible units.

    Parameters
    ----------
    city, partner : IntArray, shape (n_eligible,)
    onset : FloatArray, shape (n_eligible,)
    can_begin : BoolArray, shape (n_eligible, n_cohorts)
        Whether a unit could have had that onset.
    cohorts : FloatArray, shape (n_cohorts,)
    """
    shape = int(city.max()) + 1, int(partner.max()) + 1
    place = np.full(shape, -1, dtype=np.int64)
    place[city, partner] = np.arange(city.size)
    allowed = np.zeros((cohorts.size, *shape), dtype=bool)
    allowed[:, city, partner] = can_begin.T
    treated = np.flatnonzero(np.isfinite(onset))
    return Labels(place, city[treated], partner[treated], np.searchsorted(cohorts, onset[treated]), allowed)
