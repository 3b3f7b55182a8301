"""A placebo rank that may be looked at again and again: who crosses when, sets at every look, and what would ring."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy

from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.series import choose_lags, compute_long_run_covariance

# The sequential rank test. Of J + 1 labels at most floor(alpha (J + 1)) cross, by any look; one that is exchangeable
# with the others crosses with probability at most alpha, whatever the dependence over time.

Boundary = Literal["linear", "obrien_fleming", "pocock"]


def count_allowed(n_labels: int, alpha: float, boundary: Boundary, n_looks: int) -> IntArray:
    """Return how many labels may have crossed by each look, shape (n_looks,): alpha spent over equal looks.

    Lan and DeMets (1983): linear, O'Brien-Fleming-like, and Pocock-like spending.
    """
    t = np.arange(1, n_looks + 1) / n_looks
    if boundary == "linear":
        spent = t
    elif boundary == "pocock":
        spent = np.log1p((np.e - 1) * t)
    else:
        z = scipy.special.ndtri(1 - alpha / 2)
        spent = 2 * scipy.special.ndtr(-z / np.sqrt(t)) / alpha
    return np.floor(alpha * spent * n_labels + 1e-9).astype(np.int64)


def find_crossings(scores: FloatArray, allowed: IntArray) -> IntArray:
    """Return the look at which each label crosses, n_looks if it never does; scores (n_labels, n_looks)."""
    n_looks = scores.shape[1]
    at = np.full(scores.shape[0], n_looks)
    for t in range(n_looks):
        at[assess_look(scores[:, t], at == n_looks, int(allowed[t]))[1]] = t
    return at


def assess_look(scores: FloatArray, is_left: BoolArray, allowed: int) -> tuple[float, IntArray]:
    """Return the size above which a further label would cross at one look, and the labels that do: the largest left.

    As many cross as still may; where none may, the size is infinite.
    """
    left, room = np.flatnonzero(is_left), allowed - int((~is_left).sum())
    largest = left[np.argsort(-np.abs(scores[left]), kind="stable")[: max(room, 0)]]
    return float(np.abs(scores[largest[-1]])) if largest.size else np.inf if left.size else 0.0, largest


def find_bounds(controls: FloatArray, allowed: IntArray) -> FloatArray:
    """Return the bound at every look, (n_looks,), as the controls alone (J, n_looks) draw it.

    A further label that has not crossed changes nothing for the others, so that it crosses exactly where its score
    first exceeds this bound.
    """
    bounds, is_left = np.empty(controls.shape[1]), np.ones(controls.shape[0], dtype=bool)
    for t in range(bounds.size):
        bounds[t], crossing = assess_look(controls[:, t], is_left, int(allowed[t]))
        is_left[crossing] = False
    return bounds


def find_bounds_without_each(scores: FloatArray, allowed: IntArray) -> FloatArray:
    """Return the bounds that the others draw for each label, shape of scores.

    Those of a label that never crosses are the bounds of all; only the few that do are left out one by one.
    """
    at = find_crossings(scores, allowed)
    never = np.flatnonzero(at == scores.shape[1])
    bounds = np.empty_like(scores)
    if never.size:
        bounds[never] = find_bounds(np.delete(scores, never[0], axis=0), allowed)
    for label in np.flatnonzero(at < scores.shape[1]):
        bounds[label] = find_bounds(np.delete(scores, label, axis=0), allowed)
    return bounds


def build_sets(means: FloatArray, bounds: FloatArray) -> dict[str, FloatArray]:
    """Return the ends of sets for the effect at every look, (n_looks,); all hold together with probability 1 - alpha.

    Low and high are of the mean effect since signing, whatever its path; those named constant are of an effect that
    never changed, the intersection of all so far, empty where low exceeds high.
    """
    low, high = means - bounds, means + bounds
    constant = {"constant_low": np.maximum.accumulate(low), "constant_high": np.minimum.accumulate(high)}
    return {"low": low, "high": high, **constant}


def compute_ring_share(scores: FloatArray, bounds: FloatArray, effect: float) -> FloatArray:
    """Return the share of labels (n_looks,) that a lasting effect would have rung for by each look."""
    rings = np.abs(scores + effect) > bounds
    return np.asarray(np.logical_or.accumulate(rings, axis=1).mean(axis=0))


def find_rise_seen(scores: FloatArray, bounds: FloatArray, power: float = 0.8) -> FloatArray:
    """Return the lasting rise (n_looks,) that would have rung by each look in a share of ``power`` of labels."""
    needed = np.minimum.accumulate(bounds - scores, axis=1)
    return np.asarray(np.sort(needed, axis=0)[int(np.ceil(power * len(scores))) - 1])


# Scores: the mean, since signing, of double ratios of a portfolio against the mean of the years before.


@dataclass(frozen=True, slots=True, eq=False)
class TwoWay:
    """Two-way residuals of each period by itself: nothing of a later period enters an earlier one."""

    residuals: FloatArray  # (n_pairs, n_periods), missing where the outcome is
    roots: tuple[FloatArray, ...]  # Z with Z Z' the projection, (n_pairs, n_ends), one for each pattern of missing
    pattern: IntArray  # (n_periods,): which of them a period has


def remove_two_way(outcomes: FloatArray, city: IntArray, partner: IntArray) -> TwoWay:
    """Take city and partner means off every period, the mean of all where there is one city or one partner."""
    ends = [np.eye(int(codes.max()) + 1)[codes] for codes in (city, partner) if codes.max() > 0]
    columns = np.hstack([np.ones((outcomes.shape[0], 1)), *ends] if len(ends) == 2 else [np.ones_like(city)[:, None]])
    present = np.isfinite(outcomes)
    patterns, pattern = np.unique(present, axis=1, return_inverse=True)
    residuals, roots = np.full_like(outcomes, np.nan), []
    for number in range(patterns.shape[1]):
        rows, periods = patterns[:, number], np.flatnonzero(pattern == number)
        x = columns * rows[:, None]
        values, vectors = np.linalg.eigh(x.T @ x)
        kept = values > 1e-9 * values[-1]
        roots.append(x @ (vectors[:, kept] / np.sqrt(values[kept])))
        y = np.where(rows[:, None], outcomes[:, periods], 0.0)
        residuals[:, periods] = np.where(rows[:, None], y - roots[-1] @ (roots[-1].T @ y), np.nan)
    return TwoWay(residuals, tuple(roots), pattern.ravel())


def compute_left_out_residuals(table: TwoWay, portfolios: IntArray) -> FloatArray:
    """Return residuals from effects estimated without the portfolio itself, (n_portfolios, n_pairs, n_periods).

    Every portfolio is left out in turn, the watched one like its controls; NaN where the others leave it no effects.
    """
    n, m = portfolios.shape
    left_out = np.full((n, m, table.residuals.shape[1]), np.nan)
    for number, root in enumerate(table.roots):
        periods = np.flatnonzero(table.pattern == number)
        rows = root[portfolios]
        inner = np.eye(m) - rows @ rows.transpose(0, 2, 1)
        has_others = np.linalg.eigvalsh(inner)[:, 0] > 1e-8
        residuals = table.residuals[portfolios[has_others]][:, :, periods]
        solved = np.linalg.solve(inner[has_others], np.nan_to_num(residuals))
        left_out[np.ix_(has_others, np.arange(m), periods)] = np.where(np.isnan(residuals), np.nan, solved)
    return left_out


def score_portfolios(
    residuals: FloatArray, n_before: int, starts: IntArray, weights: FloatArray, looks: IntArray, seasons: int = 1
) -> FloatArray:
    """Return the mean change since signing of each portfolio by each look, (n_portfolios, n_looks).

    ``residuals``: (n_portfolios, n_pairs, n_periods); ``n_before``: periods before the first signing, from which each
    pair's mean is taken, by season; ``starts``: first period of each pair under its agreement; ``weights``: of pairs;
    ``looks``: last period of each look. A pair without any value since signing counts zero.
    """
    season = np.arange(residuals.shape[2]) % seasons
    base = np.stack([np.nanmean(residuals[:, :, :n_before][:, :, season[:n_before] == s], 2) for s in range(seasons)])
    since = np.arange(residuals.shape[2]) >= starts[:, None]
    change = np.where(since, residuals - np.moveaxis(base, 0, 2)[:, :, season], np.nan)
    n = np.maximum(np.cumsum(np.isfinite(change), axis=2), 1)
    means = (np.cumsum(np.nan_to_num(change), axis=2) / n)[:, :, looks]
    shares = weights[:, None] * (looks >= starts[:, None])
    return np.asarray(np.einsum("kt,bkt->bt", shares / shares.sum(axis=0), means))


# For long series beside it: an asymptotic confidence sequence.


def compute_asymptotic_widths(n: IntArray, sd: float, alpha: float, n_best: float) -> FloatArray:
    """Return half widths of a confidence sequence of a mean by its number of values.

    Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), theorem 2.2: a normal mixture, tightest at ``n_best``;
    ``sd`` is the root of the long-run variance.
    """
    rho2 = (-scipy.special.lambertw(-(alpha**2) / np.e, -1).real - 1) / n_best
    spread = n * rho2 + 1
    return np.asarray(sd * np.sqrt(2 * spread / (n**2 * rho2) * np.log(np.sqrt(spread) / alpha)))


def compute_sequence_widths(before: FloatArray, n: IntArray, alpha: float, n_best: float) -> FloatArray:
    """Return half widths of the change of a mean by its values since, for a series that is zero on average before.

    Half of alpha goes to the mean before, half to the sequence; the long-run variance is that of the series before.
    """
    variance = compute_long_run_covariance(before[:, None], choose_lags(before.size), is_prewhitened=True)[0, 0]
    sd = float(np.sqrt(variance / before.size))
    fixed = scipy.special.ndtri(1 - alpha / 4) * sd / np.sqrt(before.size)
    return np.asarray(fixed + compute_asymptotic_widths(n, sd, alpha / 2, n_best))
