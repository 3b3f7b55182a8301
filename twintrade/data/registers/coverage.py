"""How many agreements no list has, from two lists of the same agreements (capture and recapture)."""

import math
from dataclasses import dataclass

_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Coverage:
    """What two lists say about agreements that neither has.

    The assumption: each list has an agreement with a chance that does not depend on whether the other has it, and
    every agreement has the same chance of being on a list. Where one list was copied from the other, or both have
    what is famous and lack what is not, lists agree too often, and total and unseen are lower bounds.
    """

    # n_first, n_second, n_both: Agreements of each list, and of both
    n_first: int
    n_second: int
    n_both: int
    total: float  # estimated number of all agreements (Chapman 1951)
    # low, high: Its interval at 95 %, by a log-normal of the unseen (Chao 1987), never below what was seen
    low: float
    high: float
    plain_total: float  # n_first n_second / n_both (Lincoln and Petersen); infinite where the lists share nothing

    @property
    def n_seen(self) -> int:
        """Agreements on at least one list."""
        return self.n_first + self.n_second - self.n_both

    @property
    def unseen(self) -> float:
        """Estimated agreements on no list."""
        return self.total - self.n_seen

    @property
    def share_seen(self) -> float:
        """Share of all agreements that are on a list."""
        return self.n_seen / self.total


def estimate_coverage(n_first: int, n_second: int, n_both: int) -> Coverage:
    """Estimate how many agreements there are from the sizes of two lists and of what they share.

    With n1 and n2 agreements on the lists and m on both, Chapman's total is (n1 + 1)(n2 + 1)/(m + 1) - 1 with
    variance (n1 + 1)(n2 + 1)(n1 - m)(n2 - m)/((m + 1)^2 (m + 2)). With u unseen, the interval is from seen + u/C to
    seen + u C, C = exp(1.96 sqrt(log(1 + variance/u^2))).
    """
    if n_both < 0 or n_both > min(n_first, n_second):
        raise ValueError(f"two lists of {n_first} and {n_second} cannot share {n_both}")
    n_seen = n_first + n_second - n_both
    total = (n_first + 1) * (n_second + 1) / (n_both + 1) - 1
    product = (n_first + 1) * (n_second + 1) * (n_first - n_both) * (n_second - n_both)
    variance = product / ((n_both + 1) ** 2 * (n_both + 2))
    unseen = max(total - n_seen, 0.0)
    factor = math.exp(_Z * math.sqrt(math.log1p(variance / unseen**2))) if unseen > 0 else 1.0
    plain = n_first * n_second / n_both if n_both else math.inf
    return Coverage(
        n_first, n_second, n_both, max(total, n_seen), n_seen + unseen / factor, n_seen + unseen * factor, plain
    )


def estimate_hidden_share(coverage: Coverage, n_comparison: int) -> tuple[float, float, float]:
    """Return which share of comparison pairs has an agreement that no list has, with its interval.

    This is the share p of the check ``hidden_agreements``: with p of the comparison pairs treated in truth, a
    difference to them is the effect times 1 - p. Pairs are counted as the analysis counts them (a city and a
    country), in ``coverage`` too, and an unseen agreement is as likely in one pair without a known agreement as in
    another. Where the lists copy from each other, the share is a lower bound.

    ``coverage``: of pairs of city and partner country, within the cities and countries of the analysis;
    ``n_comparison``: pairs without a known agreement. Returns share, low and high end, each between 0 and 1.
    """
    if n_comparison < 1:
        raise ValueError("there is no comparison pair")
    ends = (coverage.unseen, coverage.low - coverage.n_seen, coverage.high - coverage.n_seen)
    share, low, high = (min(max(unseen / n_comparison, 0.0), 1.0) for unseen in ends)
    return share, low, high
