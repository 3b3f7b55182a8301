"""How far one statistic stands out among those of placebo cases."""

from dataclasses import dataclass

import numpy as np

from twintrade.numerics.arrays import BoolArray, FloatArray

EXACT = 1e-8
"""A misfit below this share of the largest gap is rounding of the solver."""


@dataclass(frozen=True, slots=True)
class PlaceboRank:
    """A rank among placebos, read as a p-value."""

    p: float  # share of all cases, the treated one included, whose statistic is at least as large
    floor: float  # smallest value `p` can take, 1 / (n_placebos + 1)
    n_placebos: int


def compute_placebo_rank(statistic: float | FloatArray, others: FloatArray) -> PlaceboRank:
    """Rank a statistic, larger meaning more unusual; ties count against it.

    ``statistic`` (n_placebos,): one value, or the value to be held against each placebo; ``others`` (n_placebos,):
    naN for placebos that could not be formed: they do not count.
    """
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
    """Return root mean squared gap after over before the onset, shape (n_cases,) (Abadie, Diamond, Hainmueller 2010).

    A perfect fit before the onset has an infinite ratio unless the gap after it is zero as well, then 0. Gaps below
    the rounding of a solver count as zero: the order of such ratios would be that of the last digits.
    """
    post, pre = np.sqrt(_mean(gaps[:, after] ** 2)), np.sqrt(_mean(gaps[:, before] ** 2))
    rounding = EXACT * float(np.nanmax(np.abs(gaps), initial=0.0))
    exact, still = pre <= rounding, post <= rounding
    return np.where(exact, np.where(still, 0.0, np.inf), post / np.where(exact, 1.0, pre))


def _mean(gaps: FloatArray) -> FloatArray:
    """Return row means over what is not missing; NaN for a row without anything."""
    present = np.isfinite(gaps)
    n_present = present.sum(axis=1)
    total = np.where(present, gaps, 0.0).sum(axis=1)
    return np.where(n_present > 0, total / np.maximum(n_present, 1), np.nan)
