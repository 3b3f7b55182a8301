"""Dummies of rows in several sets, and where rounds of exact updates begin."""

from dataclasses import dataclass

import numpy as np

from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class RowDummies:
    """Rows with a dummy in several sets."""

    # rows, sets, columns: (n_entries,): the row, the set, ascending, and the dummy, numbered through all sets: a row
    # with a dummy of its own is left out
    rows: IntArray
    sets: IntArray
    columns: IntArray
    home: IntArray  # (n_columns,): set of each dummy, ascending from zero

    def part(self, sets: slice) -> tuple["RowDummies", slice]:
        """Return some of the sets, and which dummies are theirs."""
        entries, columns = (
            slice(*(int(end) for end in np.searchsorted(of, (sets.start, sets.stop))))
            for of in (self.sets, self.home)
        )
        of_entries = self.sets[entries] - sets.start, self.columns[entries] - columns.start
        return RowDummies(self.rows[entries], *of_entries, self.home[columns] - sets.start), columns

    @property
    def n_sets(self) -> int:
        """Number of sets."""
        return int(self.home[-1]) + 1 if self.home.size else 0

    @property
    def is_alone(self) -> BoolArray:
        """Dummies of a single row, shape (n_columns,)."""
        return np.asarray(np.bincount(self.columns, minlength=self.home.size) == 1)

    @property
    def number(self) -> IntArray:
        """Number of each dummy within its set, shape (n_columns,)."""
        return np.asarray(np.arange(self.home.size) - np.searchsorted(self.home, self.home))


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Where rounds begin."""

    levels: FloatArray  # (n_sets, n_levels)
    dummies: FloatArray  # (n_columns,): log points that each level, and each dummy of several rows, adds
    means: FloatArray | None  # (n_rows, n_sets): what they add to, without dummies, where it differs between sets

    def part(self, sets: slice, columns: slice) -> "Start":
        """Return that of some of the sets."""
        return Start(self.levels[sets], self.dummies[columns], None if self.means is None else self.means[:, sets])
