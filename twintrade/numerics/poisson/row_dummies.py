"""Dummies of rows in several sets, and where rounds of exact updates begin."""

from dataclasses import dataclass

import numpy as np

from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class RowDummies:
    """Rows with a dummy in several sets.

    Attributes
    ----------
    rows, sets, columns : IntArray, shape (n_entries,)
        The row, the set, ascending, and the dummy, numbered through all sets: a row with a dummy of its own is left
        out.
    home : IntArray, shape (n_columns,)
        Set of each dummy, ascending from zero.
    """

    rows: IntArray
    sets: IntArray
    columns: IntArray
    home: IntArray

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
    """Where rounds begin.

    Attributes
    ----------
    levels : FloatArray, shape (n_sets, n_levels)
    dummies : FloatArray, shape (n_columns,)
        Log points that each level, and each dummy of several rows, adds.
    means : FloatArray, shape (n_rows, n_sets), or None
        What they add to, without dummies, where it differs between sets.
    """

    levels: FloatArray
    dummies: FloatArray
    means: FloatArray | None

    def part(self, sets: slice, columns: slice) -> "Start":
        """Return that of some of the sets."""
        return Start(self.levels[sets], self.dummies[columns], None if self.means is None else self.means[:, sets])
