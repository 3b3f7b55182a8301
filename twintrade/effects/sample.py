"""Which rows an estimate rests on, and which were left out for what reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from twintrade.numerics.arrays import IntArray
from twintrade.text import Words


@dataclass(frozen=True, slots=True)
class Dropped:
    """Rows or units left out of an estimate."""

    reason: str  # stable kebab-case key ("always-treated", "undated", "separated", "singleton", "zero-under-log" ...)
    text: Words  # the same for a reader
    # n_rows, n_units: How many rows went, and how many units lost every row
    n_rows: int
    n_units: int = 0
    labels: tuple[Words, ...] = ()  # the units or rows concerned, all of them; renderers shorten

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
    """The estimation sample."""

    rows: IntArray  # (n_rows,): positions, in the design's observations, of the rows that entered the fit
    # n_units, n_periods, n_treated_units: Counts inside the sample
    n_units: int
    n_periods: int
    n_treated_units: int
    n_slopes: int = 0  # regressors estimated beside the absorbed effects (0 where the method has none)
    effects: tuple[str, ...] = ()  # names of the absorbed effects, as in the design
    n_zeros: int = 0  # rows with a zero outcome inside the sample
    dropped: tuple[Dropped, ...] = ()  # everything left out, each with its reason
    # Fit statistics worth a table row: "within_r2", "pseudo_r2", "deviance", "iterations"
    statistics: Mapping[str, float] = field(default_factory=dict)
    # Rows of the data behind `rows`, where these are sums made elsewhere; 0 where they are the data's own
    n_summed: int = 0

    @property
    def n_rows(self) -> int:
        """Number of rows that entered the fit."""
        return self.n_summed or int(self.rows.size)

    def n_dropped(self, reason: str) -> int:
        """Return how many rows were dropped for one reason."""
        return sum(d.n_rows for d in self.dropped if d.reason == reason)
