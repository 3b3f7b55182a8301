"""Which rows an estimate rests on, and which were left out for what reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from twintrade.numerics.arrays import IntArray
from twintrade.text import Words


@dataclass(frozen=True, slots=True)
class Dropped:
    """Rows or units left out of an estimate.

    Attributes
    ----------
    reason : str
        Stable kebab-case key ("always-treated", "undated", "separated", "singleton", "zero-under-log" ...).
    text : Words
        The same for a reader.
    n_rows, n_units : int
        How many rows went, and how many units lost every row.
    labels : tuple of Words
        The units or rows concerned, all of them; renderers shorten.
    """

    reason: str
    text: Words
    n_rows: int
    n_units: int = 0
    labels: tuple[Words, ...] = ()

    @property
    def sentence(self) -> str:
        """The text in words."""
        return str(self.text)

    @property
    def names(self) -> tuple[str, ...]:
        """The labels in words."""
        return tuple(map(str, self.labels))


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The estimation sample.

    Attributes
    ----------
    rows : IntArray, shape (n_rows,)
        Positions, in the design's observations, of the rows that entered the fit.
    n_units, n_periods, n_treated_units : int
        Counts inside the sample.
    n_slopes : int
        Regressors estimated beside the absorbed effects (0 where the method has none).
    effects : tuple of str
        Names of the absorbed effects, as in the design.
    n_zeros : int
        Rows with a zero outcome inside the sample.
    dropped : tuple of Dropped
        Everything left out, each with its reason.
    statistics : mapping of str to float
        Fit statistics worth a table row: "within_r2", "pseudo_r2", "deviance", "iterations" ...
    n_summed : int
        Rows of the data behind ``rows``, where these are sums made elsewhere; 0 where they are the data's own.
    """

    rows: IntArray
    n_units: int
    n_periods: int
    n_treated_units: int
    n_slopes: int = 0
    effects: tuple[str, ...] = ()
    n_zeros: int = 0
    dropped: tuple[Dropped, ...] = ()
    statistics: Mapping[str, float] = field(default_factory=dict)
    n_summed: int = 0

    @property
    def n_rows(self) -> int:
        """Number of rows that entered the fit."""
        return self.n_summed or int(self.rows.size)

    def n_dropped(self, reason: str) -> int:
        """Return how many rows were dropped for one reason."""
        return sum(d.n_rows for d in self.dropped if d.reason == reason)
