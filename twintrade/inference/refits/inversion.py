"""Intervals that collect the constant effects which a randomization test does not reject, and their ends' errors."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from twintrade.numerics.arrays import FloatArray

TIE = 1e-9
MOST_ROUNDS = 12
SETTLED = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class DrawnEnds:
    """Ends of the intervals of some effects."""

    # low, high: (n_effects,)
    low: FloatArray
    high: FloatArray
    # low_error, high_error: (n_effects,): monte Carlo standard errors: how far other draws would move an end; NaN
    # where there is none, or no bound
    low_error: FloatArray
    high_error: FloatArray

    @classmethod
    def absent(cls, n_effects: int) -> "DrawnEnds":
        """Return ends that are all NaN."""
        return cls(*(np.full(n_effects, np.nan) for _ in range(4)))

    def put(self, k: int, ends: tuple[float, float, float, float]) -> None:
        """Put the ends of one effect and their errors in their places."""
        self.low[k], self.high[k], self.low_error[k], self.high_error[k] = ends


def find_ends(
    find: Callable[[int], tuple[float, float]], n_draws: int, level: float
) -> tuple[float, float, float, float]:
    """Return both ends and their Monte Carlo errors.

    An end is where the order statistic that a share of 1 - level of the draws exceeds equals the real one. How many
    draws exceed a number is binomial, and the error is how far away the ends are of order statistics that lie one
    standard deviation of that count away: the error of the p-value over its slope.

    ``find``: from a shift of the order statistic, positive inward, to the ends.
    """
    spread = float(np.sqrt(n_draws * level * (1 - level)))
    step = max(1, round(spread))
    ends, *shifted = (find(shift) for shift in (0, step, -step))
    errors = [np.abs([other[side] - ends[side] for other in shifted]) for side in (0, 1)]
    known = [moves[np.isfinite(moves)] for moves in errors]
    low, high = (float(moves.mean()) * spread / step if moves.size else float("nan") for moves in known)
    return ends[0], ends[1], low, high


def compute_two_sided_share(observed: float, drawn: FloatArray) -> float:
    """Return (1 + draws at least as large in absolute value) / (1 + draws); ties count against the effect.

    A draw that falls short by rounding, a share of the largest statistic, is one.
    """
    sizes = np.abs(drawn)
    largest = max(abs(observed), float(sizes[np.isfinite(sizes)].max(initial=0.0)))
    slack = TIE * largest if np.isfinite(observed) else 0.0
    return float((1 + (sizes >= abs(observed) - slack).sum()) / (1 + drawn.size))


def invert_randomization(
    observed: float, observed_slope: float, drawn: FloatArray, drawn_slope: FloatArray, level: float, shift: int = 0
) -> tuple[float, float]:
    """Return the hull of all constant effects d whose randomization p-value exceeds 1 - level.

    Under effect d the statistic of an assignment is its estimate on the outcome less d times the real treatment:
    ``drawn - d * drawn_slope``; of the real assignment ``observed - d * observed_slope``. Draw by draw the set of d
    for which the drawn statistic is at least as large in absolute value is an interval between two roots, or, where
    the drawn slope is the larger one, the outside of it (taken as everything, which is cautious). So the p-value is a
    step function and its level set is exact.

    ``drawn``, ``drawn_slope`` (n_draws,); ``shift``: draws more than the level asks for that must be as large.
    Returns infinite ends where arbitrarily large effects are not rejected; NaN where the statistic does not depend on
    d.
    """
    if abs(observed_slope) < TIE or drawn.size == 0:
        return float("nan"), float("nan")
    # p > 1 - level needs at least this many draws
    needed = min(int(np.floor((1 - level) * (drawn.size + 1) + TIE)) + shift, drawn.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        first = (drawn - observed) / (drawn_slope - observed_slope)
        second = (drawn + observed) / (drawn_slope + observed_slope)
    is_inside = np.abs(drawn_slope) < abs(observed_slope) * (1 - TIE)
    low = np.where(is_inside, np.minimum(first, second), -np.inf)
    high = np.where(is_inside, np.maximum(first, second), np.inf)
    centre = observed / observed_slope
    below = np.sort(low)
    above = np.sort(high)[::-1]
    if needed <= 0:
        return float("-inf"), float("inf")
    # The centre's statistic is zero, so every draw's set holds it: on either side the sets end one by one.
    return min(float(below[needed - 1]), centre), max(float(above[needed - 1]), centre)


def invert_near(at: FloatArray, values: FloatArray, below: FloatArray, above: FloatArray) -> tuple[float, float]:
    """Return the first effects at which an estimate leaves its bounds, from a fit or two.

    Between two effects that are taken out, the estimate less its bounds lies on a line; beyond them the estimate
    alone moves, one for one. Zero is outside exactly if the estimate leaves its bounds there.

    ``at`` (n_fits,): effects taken out: zero, and perhaps another; ``values``, ``below``, ``above`` (n_fits,): the
    estimate then, and its bounds.
    """
    return _cross(at, values - above), -_cross(-at, below - values)


def _cross(at: FloatArray, excess: FloatArray) -> float:
    """Return where an excess that falls with the effect is zero; on the side of zero where that at zero puts it."""
    here = float(excess[0])
    if at.size == 1 or (here > 0) != (at[1] > 0):
        return here
    there, end = float(excess[1]), float(at[1])
    if (there > 0) == (here > 0):
        return end + there
    return end * here / (here - there) if np.isfinite(here) else end


def invert_studentized(
    observed: float,
    observed_slope: float,
    drawn: FloatArray,
    drawn_slope: FloatArray,
    scale_at: Callable[[float], FloatArray],
    level: float,
) -> tuple[float, float, float, float]:
    """Return the hull of constant effects not rejected, where statistics are over scales that move with the effect.

    With scales held as they are at an end the interval is exact; each end is found anew until it stays. The ends'
    Monte Carlo errors, which follow, are those under the last scales.

    ``observed``, ``observed_slope``, ``drawn``, ``drawn_slope``: as in ``invert_randomization``; ``scale_at``: from
    an effect to the scale of each draw and, last, of the real assignment, shape (n_draws + 1,).
    """
    if abs(observed_slope) < TIE or drawn.size == 0:
        return (float("nan"),) * 4
    centre = observed / observed_slope
    ends, errors = [], []
    for side in (0, 1):
        end = centre
        for _ in range(MOST_ROUNDS):
            scale = scale_at(end)
            drawn_scale, real_scale = scale[:-1], float(scale[-1])
            real = observed / real_scale, observed_slope / real_scale
            invert = partial(invert_randomization, *real, drawn / drawn_scale, drawn_slope / drawn_scale, level)
            again = invert()[side]
            is_settled = np.isinf(again) or abs(again - end) <= SETTLED * abs(again - centre)
            end = again
            if is_settled:
                break
        ends.append(end)
        errors.append(find_ends(invert, drawn.size, level)[2 + side])
    return ends[0], ends[1], errors[0], errors[1]
