"""What a randomization test drew from: the scheme, how many assignments it admits, and the smallest p of that."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from twintrade.inference.clustered import Facts
from twintrade.numerics.arrays import FloatArray
from twintrade.text import Text

Across = Literal["units", "strata", "labels", "cities", "partners", "dates", "hazard"]
Counted = Literal["exactly", "about", "at-least"]
SCHEMES: tuple[str, ...] = get_args(Across)

MANY = 1e9
"""Assignments beyond which their number is no longer told."""
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
