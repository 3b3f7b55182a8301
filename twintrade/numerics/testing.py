"""P-values of a family of tests: Holm, sharpened q-values, and Romano-Wolf from joint draws."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count, islice
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import scipy

from twintrade.errors import EstimationError, InferenceError
from twintrade.numerics.arrays import BoolArray, ByteArray, FloatArray, IntArray, find_smallest
from twintrade.text import Text

# Who signs when: proportional hazards by partial likelihood, and assignments drawn from them.

STEPS = 50
CONVERGED = 1e-10
LARGEST_LOG = 80.0
SHORTEST = np.finfo(np.float32).tiny
FARTHEST = 20.0  # log hazard ratio of a standard deviation beyond which some variable predicts who signs perfectly


@dataclass(frozen=True, slots=True, eq=False)
class Hazard:
    """A proportional hazard of signing."""

    slopes: FloatArray  # (n_variables,)
    logs: FloatArray  # (n_units, n_dates): log hazard of each unit at each date, up to a constant of the date


def fit_hazard(x: FloatArray, cohort: IntArray, can_begin: BoolArray, prior: float = np.inf) -> Hazard:
    """Return the hazard whose slopes maximize Efron's partial likelihood, times a normal prior where there is one.

    Of those at risk at a date the ones that sign are as likely as their hazards say, whatever the date does to all.
    They sign one after the other, nobody knows in which order: those before count by the share of orders.

    ``x`` (n_units, n_variables), or (n_units, n_dates, n_variables) where variables change over dates; ``cohort``
    (n_units,): position of the date at which each signs; the number of dates for those that never do; ``can_begin``
    (n_units, n_dates): whether a unit could sign at a date if it has not before; ``prior``: standard deviation of
    each slope around zero, per unit of x. With one slopes are finite, however few sign and whatever says who does.
    """
    n_units, n_dates = can_begin.shape
    by_date = np.broadcast_to(x if x.ndim == 3 else x[:, None], (n_units, n_dates, x.shape[-1]))
    spread = np.ones(x.shape[-1])
    if np.isinf(prior):
        spread = by_date.reshape(-1, spread.size).std(axis=0)
        if not (spread > 0).all():
            raise EstimationError(Text("inference.hazard-constant"))
    z = (by_date - by_date.mean(axis=(0, 1))) / spread
    beta, tightness = np.zeros(spread.size), 1 / prior**2
    at_risk = can_begin & (cohort[:, None] >= np.arange(n_dates))
    signs = cohort[:, None] == np.arange(n_dates)
    for _ in range(STEPS):
        score, information = -tightness * beta, tightness * np.eye(beta.size)
        for date in range(n_dates):
            step_score, step_information = _score_date(z[:, date], at_risk[:, date], signs[:, date], beta)
            score, information = score + step_score, information + step_information
        step = np.linalg.lstsq(information, score, rcond=None)[0]
        beta = beta + step / max(1.0, float(np.abs(step).max(initial=0.0)))
        if np.isinf(prior) and np.abs(beta).max(initial=0.0) > FARTHEST:
            break
        if np.abs(step).max(initial=0.0) < CONVERGED:
            return Hazard(beta / spread, np.asarray(z @ beta))
    raise EstimationError(Text("inference.hazard-separated"))


def _score_date(
    z: FloatArray, at_risk: BoolArray, signs: BoolArray, beta: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return first derivative, (n_variables,), and information, (n_variables, n_variables), of one date."""
    logs = z @ beta
    rate = np.exp(logs - logs.max(initial=-np.inf, where=at_risk)) * at_risk
    signing, n = rate * signs, int(signs.sum())
    gone = (np.arange(n) / n)[:, None] if n else np.zeros((0, 1))
    total = rate.sum() - gone * signing.sum()
    mean = (rate @ z - gone * (signing @ z)) / total
    square = (z.T * rate) @ z * (1 / total).sum() - (z.T * signing) @ z * (gone / total).sum()
    return z[signs].sum(axis=0) - mean.sum(axis=0), square - mean.T @ mean


HEADROOM = 2.0
"""How many times as long as any wait that decides are the longest ones that are kept for deals by other hazards."""
MOST_WAITS = 8_000_000
NUMBERS_AT_ONCE = 250_000


Waits: TypeAlias = tuple[npt.NDArray[np.float32], npt.NDArray[np.int32], float]
"""Waits of some draws for a date up to a bound, (n_draws, n), infinite after the last; who waits; the bound."""


def draw_signers(
    log_hazard: FloatArray,
    signed: IntArray,
    can_begin: BoolArray,
    draws: int,
    rng: np.random.Generator,
    waits: list[Waits] | None = None,
) -> IntArray:
    """Return who signs in every draw, (draws, n_signers): at each date as many as really did, by their hazards.

    ``waits``: of earlier draws by other hazards and a generator that began like this one; filled for later ones.
    """
    logs, n_units, known = log_hazard.reshape(len(log_hazard), -1), len(can_begin), list(waits or ())
    slowness = np.exp(np.minimum(logs.max(axis=0) - logs, LARGEST_LOG)).astype(np.float32)
    slowness, n_each = np.where(can_begin, slowness, np.float32(np.inf)), max(1, NUMBERS_AT_ONCE // n_units)
    is_kept, is_taken, is_whole = not known, np.zeros((draws, n_units), dtype=bool), np.ones(draws, dtype=bool)
    chosen, end = np.empty((draws, int(signed.sum())), dtype=np.int64), 0
    for date in np.flatnonzero(signed):
        at = slice(end, end + int(signed[date]))
        for some in (slice(low, min(low + n_each, draws)) for low in range(0, draws, n_each)):
            slow, taken, units, bound = slowness[:, date], is_taken[some], None, np.inf
            if known:
                all_times, units, bound = known.pop(0)
                slow, taken = slow.take(units), np.take_along_axis(taken, units, axis=1)
            else:
                all_times = rng.standard_exponential((some.stop - some.start, n_units), dtype=np.float32)
                np.maximum(all_times, SHORTEST, out=all_times)
            times = all_times * slow
            times[taken] = np.inf
            first = find_smallest(times, at.stop - at.start)
            last = np.take_along_axis(times, first, axis=1).max(axis=1)
            if waits and (last > bound).any():
                waits.clear()
                return draw_signers(log_hazard, signed, can_begin, draws, rng, waits)
            is_whole[some] &= np.isfinite(last)
            chosen[some, at] = first if units is None else np.take_along_axis(units, first, axis=1)
            if waits is not None and is_kept:
                waits.append(_shorten(all_times, HEADROOM * float(last.max(initial=0.0))))
                if sum(one[0].size for one in waits) > MOST_WAITS:
                    waits.clear()
                    waits = None
        end = at.stop
        np.put_along_axis(is_taken, chosen[:, at], True, axis=1)
    return chosen[is_whole]


def _shorten(times: npt.NDArray[np.float32], bound: float) -> Waits:
    at = np.flatnonzero(times <= bound)
    row, unit = np.divmod(at, times.shape[1])
    counts = np.bincount(row, minlength=len(times))
    place = np.arange(counts.max(initial=0)) < counts[:, None]
    short, units = np.full(place.shape, np.inf, dtype=np.float32), np.zeros(place.shape, dtype=np.int32)
    short[place], units[place] = times.take(at), unit
    return short, units, bound


def count_expected_groups(group: IntArray, signed: IntArray, can_begin: BoolArray) -> float:
    """Return how many groups of units sign on average where ``draw_signers`` draws among all at risk alike."""
    missed, n_before = np.ones(int(group.max()) + 1), 0
    for date in np.flatnonzero(signed):
        sizes, n = np.bincount(group[can_begin[:, date]], minlength=missed.size), int(signed[date])
        pool = int(sizes.sum()) - n_before
        if pool < n:
            return np.nan
        left = np.maximum(pool - sizes - np.arange(n)[:, None], 0) / (pool - np.arange(n)[:, None])
        missed *= left.prod(axis=0)
        n_before += n
    return float((1 - missed).sum())


# A mean over several cases that differ, with an interval that says so, and p-values put together.


@dataclass(frozen=True, slots=True)
class RandomEffects:
    """A random-effects mean."""

    mean: float  # mean, se, low, high, p: With the Hartung-Knapp variance and t quantiles of n - 1 degrees of freedom
    se: float
    low: float
    high: float
    p: float
    heterogeneity: float  # standard deviation of the true effects (Paule-Mandel)
    q: float  # Cochran's statistic
    factor: float  # the Hartung-Knapp factor of the variance, before it is kept from falling below one


def fit_random_effects(
    effects: FloatArray, variances: FloatArray, level: float = 0.95, *, is_truncated: bool = True
) -> RandomEffects:
    """Return the random-effects mean with the Hartung-Knapp interval (2003), its factor at least one if truncated."""
    n = effects.size
    if n < 2:
        raise InferenceError(f"a mean over cases needs two of them; there is {n}")
    if not (np.isfinite(effects).all() and np.isfinite(variances).all() and (variances > 0).all()):
        raise InferenceError("every case needs a finite effect and a positive variance")
    tau2 = _paule_mandel(effects, variances)
    weights = 1 / (variances + tau2)
    mean = float(weights @ effects / weights.sum())
    factor = float(weights @ (effects - mean) ** 2 / (n - 1))
    se = float(np.sqrt(max(factor, 1.0) if is_truncated else factor) / np.sqrt(weights.sum()))
    critical = float(-scipy.special.stdtrit(n - 1, (1 - level) / 2))
    fixed = 1 / variances
    q = float(fixed @ (effects - fixed @ effects / fixed.sum()) ** 2)
    p = float(2 * scipy.special.stdtr(n - 1, -abs(mean) / se)) if se > 0 else float(mean == 0)
    return RandomEffects(mean, se, mean - critical * se, mean + critical * se, p, float(np.sqrt(tau2)), q, factor)


def _paule_mandel(effects: FloatArray, variances: FloatArray) -> float:
    """Solve, by bisection, for the variance at which the weighted squares equal their expectation, n - 1.

    That of ``combine_effects`` in statsmodels is zero where rounding puts the squares just below their expectation.
    """

    def excess(tau2: float) -> float:
        weights = 1 / (variances + tau2)
        return float(weights @ (effects - weights @ effects / weights.sum()) ** 2) - (effects.size - 1)

    if excess(0.0) <= 0:
        return 0.0
    low, high = 0.0, float(np.var(effects) + variances.max())
    while excess(high) > 0:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return (low + high) / 2


def combine_fisher(p: FloatArray) -> float:
    """Return Fisher's p-value of independent tests: conservative with ranks, not exact with shared donors."""
    return float(scipy.special.chdtrc(2 * p.size, -2 * np.log(p).sum()))


def bound_best_p(p_best: float, n_best: int, n_all: int) -> float:
    """Bound the p-value of the ``n_best`` best of ``n_all`` cases, all without effect, ``p_best`` their largest."""
    if n_best > n_all:
        raise InferenceError(f"{n_best} cases cannot be the best of {n_all}")
    return float(scipy.special.bdtrc(n_best - 1, n_all, min(p_best, 1.0)))


# A lattice in place of random draws: it repeats, and its averages settle sooner.


def lay_lattice(n_points: int, n_columns: int, shift: FloatArray | float) -> FloatArray:
    """Return a shifted Richtmyer lattice in the unit cube under the baker's transformation, (n_points, n_columns)."""
    primes = (k for k in count(2) if all(k % smaller for smaller in range(2, k)))
    roots = np.sqrt(np.fromiter(islice(primes, n_columns), dtype=np.float64))
    points: FloatArray = np.mod(np.arange(1, n_points + 1)[:, None] * roots + shift, 1.0)
    return np.asarray(np.abs(2 * points - 1), dtype=np.float64)


# Random multipliers that take two values, kept as bits until they meet what they multiply.

DRAWS_AT_ONCE = 512
ITEMS_AT_ONCE = 256
"""Items whose multipliers are written out at a time: with 512 draws they fill a second-level cache."""

GOLDEN = (1 + 5**0.5) / 2
TWO_POINTS = {"rademacher": (-1.0, 1.0, 0.5), "mammen": (GOLDEN, 1 - GOLDEN, GOLDEN / 5**0.5)}
"""The two values, and the probability of the second: mean zero, variance one."""


@dataclass(frozen=True, slots=True, eq=False)
class Multipliers:
    """Some draws of one multiplier an item."""

    bits: ByteArray  # (n_items, n_bytes): one bit a draw, the highest first; one means the second value
    n_draws: int
    values: tuple[float, float]

    def dense(self) -> FloatArray:
        """Return the multipliers, shape (n_draws, n_items)."""
        return np.where(np.unpackbits(self.bits, axis=1, count=self.n_draws).T == 1, self.values[1], self.values[0])

    def times(self, values: FloatArray, items: IntArray) -> FloatArray:
        """Return sums over items of multiplier times value, (n_draws, n_columns), rows by the item they belong to."""
        pattern = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)
        table = np.where(pattern == 1, self.values[1], self.values[0])
        out = np.zeros((values.shape[1], 8 * self.bits.shape[1]))
        room = np.empty((ITEMS_AT_ONCE, self.bits.shape[1], 8))
        for start in range(0, items.size, ITEMS_AT_ONCE):
            chosen = slice(start, start + ITEMS_AT_ONCE)
            bits = self.bits[items[chosen]]
            drawn = np.take(table, bits, axis=0, out=room[: bits.shape[0]], mode="clip")
            out += values[chosen].T @ drawn.reshape(bits.shape[0], -1)
        return out[:, : self.n_draws].T


def draw_multipliers(rng: np.random.Generator, n_draws: int, n_items: int, weights: str) -> Iterator[Multipliers]:
    """Draw multipliers of mean zero and variance one, some draws at a time."""
    first, second, probability = TWO_POINTS[weights]
    for start in range(0, n_draws, DRAWS_AT_ONCE):
        n = min(DRAWS_AT_ONCE, n_draws - start)
        n_bytes = (n + 7) // 8
        if probability == 0.5:
            bits = rng.integers(0, 256, (n_items, n_bytes), dtype=np.uint8)
        else:
            bits = np.empty((n_items, n_bytes), dtype=np.uint8)
            for item in range(0, n_items, ITEMS_AT_ONCE):
                rows = bits[item : item + ITEMS_AT_ONCE]
                rows[:] = np.packbits(rng.random((rows.shape[0], 8 * n_bytes)) < probability, axis=1)
        yield Multipliers(bits, n, (first, second))


# How far one statistic stands out among those of placebo cases.

EXACT = 1e-8  # a misfit below this share of the largest gap is rounding of the solver


@dataclass(frozen=True, slots=True)
class PlaceboRank:
    """A rank among placebos, read as a p-value."""

    p: float  # share of all cases, the treated one included, whose statistic is at least as large
    floor: float  # smallest value `p` can take, 1 / (n_placebos + 1)
    n_placebos: int


def compute_placebo_rank(statistic: float | FloatArray, others: FloatArray) -> PlaceboRank:
    """Rank a statistic, or one against each placebo (NaN: not formed); ties count against it."""
    statistic = np.broadcast_to(statistic, others.shape)
    is_formed = ~np.isnan(others) & ~np.isnan(statistic)
    statistic, formed = statistic[is_formed], others[is_formed]
    n_cases = formed.size + 1
    # Refits of one solver agree to about 1e-10: a tie must not hinge on the last digits.
    slack = np.where(np.isfinite(statistic), 1e-9 * np.abs(statistic), 0.0)
    return PlaceboRank(float((1 + (formed >= statistic - slack).sum()) / n_cases), 1.0 / n_cases, int(formed.size))


def compute_mean_shift(gaps: FloatArray, after: BoolArray) -> FloatArray:
    """Return the absolute mean gap after the onset, shape (n_cases,), of gaps of shape (n_cases, n_periods)."""
    return np.abs(_mean(gaps[:, after]))


def compute_rmspe_ratio(gaps: FloatArray, before: BoolArray, after: BoolArray) -> FloatArray:
    """Return RMS gap after over before, (n_cases,): infinite, or 0, where only rounding is before."""
    post, pre = np.sqrt(_mean(gaps[:, after] ** 2)), np.sqrt(_mean(gaps[:, before] ** 2))
    rounding = EXACT * float(np.nanmax(np.abs(gaps), initial=0.0))
    exact, still = pre <= rounding, post <= rounding
    return np.where(exact, np.where(still, 0.0, np.inf), post / np.where(exact, 1.0, pre))


def _mean(gaps: FloatArray) -> FloatArray:
    """Return row means over what is not missing; NaN for a row without anything."""
    present = np.isfinite(gaps)
    n_present = present.sum(axis=1)
    return np.where(n_present > 0, np.where(present, gaps, 0.0).sum(axis=1) / np.maximum(n_present, 1), np.nan)


# How noisy each of several cases is, by its size and its own past, before gaps are ranked among them.

DEGREE = 3
FEWEST_TO_FIT = 12
FEWEST_BEFORE = 3
OUTER = 0.97  # normal score in the middle of the smallest, and of the largest, third


@dataclass(frozen=True, slots=True, eq=False)
class GapNoise:
    """Errors by which gaps are divided."""

    scales: FloatArray  # (n_cases,): up to a common factor; ones where no case's past tells anything
    # How many times as noisy small cases are as large ones, NaN where too few are known
    small_over_large: float = float("nan")
    p: float = float("nan")  # of no dependence on size


def compute_gap_noise(squares: FloatArray, counts: FloatArray, sizes: FloatArray) -> GapNoise:
    """Return each case's scale: that of its size, times the root of its own excess, known from three periods on."""
    is_known = (counts >= FEWEST_BEFORE) & (squares > 1e-12 * np.nanmax(squares, initial=0.0)) & np.isfinite(sizes)
    if not is_known.any():
        return GapNoise(np.ones(squares.size))
    score = score_sizes(np.where(np.isfinite(sizes), sizes, np.nanmedian(sizes)))
    logs = np.where(is_known, np.log(np.where(is_known, squares, 1.0)), 0.0)
    fitted = fit_by_size(score, logs, is_known)
    scales = np.exp((fitted + np.where(is_known, (logs - fitted) / 2, 0.0)) / 2)
    return GapNoise(scales, *measure_dependence(score, logs, is_known))


def compute_two_way_squares(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return each row's mean square around row and column means, freed of its own mean, and its periods."""
    seen = np.isfinite(values)
    net = values - _average(values, seen, 1)[:, None]
    net = net - _average(net, seen, 0)[None, :]
    counts = seen.sum(axis=1).astype(np.float64)
    squares = np.where(seen, net, 0.0) ** 2
    return squares.sum(axis=1) / np.maximum(counts - 1, 1), counts


def _average(values: FloatArray, seen: BoolArray, axis: int) -> FloatArray:
    total = np.where(seen, values, 0.0).sum(axis=axis)
    return np.asarray(total / np.maximum(seen.sum(axis=axis), 1), dtype=np.float64)


def score_sizes(sizes: FloatArray) -> FloatArray:
    """Return normal scores of the sizes' ranks, ties sharing theirs: zeros and extremes are no trouble then."""
    values, code, counts = np.unique(sizes, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2 if values.size else counts
    return np.asarray(scipy.special.ndtri((middle - 0.5) / sizes.size)[code])


def fit_by_size(score: FloatArray, logs: FloatArray, is_known: BoolArray) -> FloatArray:
    """Regress log variances on a cubic in the size's score; one level for all where few are known."""
    n = int(is_known.sum())
    if n < FEWEST_TO_FIT:
        return np.full(logs.size, float(logs[is_known].mean()) if n else 0.0)
    basis, inverse = _invert_basis(score.tobytes(), is_known.tobytes())
    return np.asarray(basis @ (inverse @ logs[is_known]))


@lru_cache(maxsize=64)
def _invert_basis(score: bytes, is_known: bytes) -> tuple[FloatArray, FloatArray]:
    """Return the cubic of all cases, and the pseudo-inverse of those known, for many variances of the same cases."""
    basis = np.vander(np.frombuffer(score), DEGREE + 1)
    some = basis[np.frombuffer(is_known, dtype=np.bool_)]
    return basis, np.asarray(np.linalg.pinv(some, rcond=np.finfo(np.float64).eps * max(some.shape)), dtype=np.float64)


def measure_dependence(score: FloatArray, logs: FloatArray, is_known: BoolArray) -> tuple[float, float]:
    """Return how many times as noisy small cases are as large ones, and p of no dependence; NaN if few are known."""
    if is_known.sum() < FEWEST_TO_FIT or np.ptp(score[is_known]) == 0 or np.ptp(logs[is_known]) == 0:
        return float("nan"), float("nan")
    x, y = score[is_known] - score[is_known].mean(), logs[is_known] - logs[is_known].mean()
    slope, degrees = float(x @ y / (x @ x)), x.size - 2
    residual = y - slope * x
    with np.errstate(divide="ignore"):
        t = slope * np.sqrt(degrees * (x @ x) / (residual @ residual))
    return float(np.exp(-slope * OUTER)), float(2 * scipy.special.stdtr(degrees, -abs(t)))


def adjust_sharpened_q(p: FloatArray) -> FloatArray:
    """Return two-stage sharpened q-values on a grid of 0.001 (Benjamini, Krieger, Yekutieli 2006).

    A test's q is the smallest level at which both stages still reject it.
    """
    known = ~np.isnan(p)
    out, n = np.full(p.size, np.nan), int(known.sum())
    rank, q = np.empty(n), np.ones(n)
    rank[np.argsort(p[known], kind="stable")] = np.arange(1, n + 1)
    for level in np.arange(1000, 0, -1) / 1000 if n else ():
        first = level / (1 + level)
        rejected = rank[p[known] <= first * rank / n].max(initial=0)
        if rejected < n:
            second = first * n / (n - rejected)
            rejected = rank[p[known] <= second * rank / n].max(initial=0)
        q[rank <= rejected] = level
    out[known] = q
    return out


def adjust_romano_wolf(observed: FloatArray, drawn: FloatArray) -> FloatArray:
    """Return step-down p-values from joint draws (n_draws, k) under the null (Romano and Wolf 2005)."""
    size, draws = np.abs(observed), np.abs(drawn)
    order = np.argsort(-size, kind="stable")
    out, floor = np.empty(size.size), 0.0
    for step, k in enumerate(order):
        largest = draws[:, order[step:]].max(axis=1)
        floor = max(floor, float((1 + (largest >= size[k] * (1 - 1e-10)).sum()) / (draws.shape[0] + 1)))
        out[k] = floor
    return out
