"""Bias and leverage in Poisson regression with effects by origin-period, destination-period and, or not, dyad."""

from dataclasses import dataclass

import numpy as np

from twintrade.numerics.absorption.levels import compute_pivoted_cholesky
from twintrade.numerics.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class DyadPanel:
    """A fitted three-way model, dyad by period; absent rows have mean and score zero."""

    # origin, destination: (n_dyads,): codes of the two ends
    origin: IntArray
    destination: IntArray
    mean: FloatArray  # (n_dyads, n_periods): fitted means
    score: FloatArray  # (n_dyads, n_periods): outcome less mean
    # (n_dyads, n_periods, n_slopes): mean-weighted residuals of the regressors on the sets of effects
    regressors: FloatArray
    has_dyad_effects: bool = True  # three sets of effects, or the two by period alone

    @property
    def information(self) -> FloatArray:
        """Negative Hessian of each dyad's (profiled) likelihood, shape (n_dyads, n_periods, n_periods)."""
        n_dyads, n_periods = self.mean.shape
        information = np.zeros((n_dyads, n_periods, n_periods))
        if self.has_dyad_effects:
            total = np.maximum(self.mean.sum(axis=1), 1e-300)
            information -= self.mean[:, :, None] * self.mean[:, None, :] / total[:, None, None]
        periods = np.arange(n_periods)
        information[:, periods, periods] += self.mean
        return information


@dataclass(frozen=True, slots=True, eq=False)
class IncidentalBias:
    """What Weidner and Zylkin (2021) correct."""

    bias: FloatArray  # (n_slopes,): to be subtracted from the slopes
    # dyad_scores, adjusted_scores: (n_dyads, n_slopes): each dyad's score on the slopes, and the same with its
    # residuals freed of their own leverage
    dyad_scores: FloatArray
    adjusted_scores: FloatArray
    bread: FloatArray  # (n_slopes, n_slopes): inverse of the slopes' information


def compute_incidental_bias(panel: DyadPanel) -> IncidentalBias:
    """Return the analytical bias of the slopes and the leverage-adjusted scores.

    With H, S and x-tilde of a dyad and G[x] the third derivative of its profiled log likelihood contracted with x,
    the bias is W^-1 (I/(I-1) B / n_j + J/(J-1) D / n_i), where B sums over origins
    -tr[(sum H)^+ sum H x S'] + 1/2 tr[(sum H)^+ (sum G[x]) (sum H)^+ (sum S S')], and D over destinations.
    """
    information = panel.information
    weighted = np.einsum("pts,psk->ptk", information, panel.regressors)
    gram = np.einsum("ptk,ptl->kl", panel.regressors, weighted)
    bread = np.linalg.inv(gram)
    total = np.zeros(gram.shape[0])
    for ends in (panel.origin, panel.destination):
        size = int(ends.max()) + 1
        dyads_per_end = panel.mean.shape[0] / size
        leverage = _one_sided(panel, information, weighted, ends, size)
        total += size / (size - 1) * leverage / dyads_per_end
    # gram is a sum over dyads and W their mean: W^-1 (...) = n bread (...), and the sums over ends were not averaged.
    bias = panel.mean.shape[0] * (bread @ total)
    scores = np.einsum("ptk,pt->pk", panel.regressors, panel.score)
    adjusted = np.einsum("ptk,pt->pk", panel.regressors, _without_leverage(panel, information, bread))
    return IncidentalBias(bias, scores, adjusted, bread)


def _one_sided(
    panel: DyadPanel, information: FloatArray, weighted: FloatArray, ends: IntArray, size: int
) -> FloatArray:
    """B (or D): the mean over origins (or destinations) of the two traces, shape (n_slopes,)."""
    n_slopes = panel.regressors.shape[2]
    summed = _summed(information, ends, size)
    inverse = np.linalg.pinv(summed, rcond=1e-10, hermitian=True)
    spread = _summed(panel.score[:, :, None] * panel.score[:, None, :], ends, size)
    out = np.empty(n_slopes)
    for k in range(n_slopes):
        first = _summed(weighted[:, :, k, None] * panel.score[:, None, :], ends, size)
        third = _summed(_third_derivative(panel, panel.regressors[:, :, k]), ends, size)
        sandwich = inverse @ third @ inverse
        traces = -np.einsum("its,ist->i", inverse, first) + 0.5 * np.einsum("its,ist->i", sandwich, spread)
        out[k] = traces.mean()
    return out


def _third_derivative(panel: DyadPanel, x: FloatArray) -> FloatArray:
    """Third derivative of the (multinomial) log likelihood, contracted with x: (n_dyads, n_periods, n_periods)."""
    n_dyads, n_periods = x.shape
    out = np.zeros((n_dyads, n_periods, n_periods))
    weighted = panel.mean * x
    if panel.has_dyad_effects:
        total = np.maximum(panel.mean.sum(axis=1), 1e-300)
        share = panel.mean / total[:, None]
        average = (share * x).sum(axis=1)
        out -= weighted[:, :, None] * share[:, None, :] + share[:, :, None] * weighted[:, None, :]
        out += (2 * total * average)[:, None, None] * share[:, :, None] * share[:, None, :]
        weighted = weighted - panel.mean * average[:, None]
    periods = np.arange(n_periods)
    out[:, periods, periods] += weighted
    return -out


def _summed(blocks: FloatArray, ends: IntArray, size: int) -> FloatArray:
    out = np.zeros((size, *blocks.shape[1:]))
    np.add.at(out, ends, blocks)
    return out


def _without_leverage(panel: DyadPanel, information: FloatArray, bread: FloatArray) -> FloatArray:
    """Residuals of each dyad divided by one less their leverage, as a matrix: shape (n_dyads, n_periods)."""
    variance = _effect_variance(panel, information)
    variance += np.einsum("ptk,kl,psl->pts", panel.regressors, bread, panel.regressors)
    hat = np.einsum("pts,psr->ptr", information, variance)
    identity = np.eye(panel.mean.shape[1])
    return np.linalg.solve(identity - hat, panel.score[:, :, None])[:, :, 0]


def _effect_variance(panel: DyadPanel, information: FloatArray) -> FloatArray:
    """Variance of sums of a dyad's effects by period: any inverse serves, as what it leaves open is constant."""
    n_dyads, n_periods = panel.mean.shape
    n_origins = int(panel.origin.max()) + 1
    n_levels = (n_origins + int(panel.destination.max()) + 1) * n_periods
    periods = np.arange(n_periods)
    at_origin = panel.origin[:, None] * n_periods + periods
    at_destination = (n_origins + panel.destination[:, None]) * n_periods + periods
    total = np.zeros((n_levels, n_levels))
    for rows in (at_origin, at_destination):
        for columns in (at_origin, at_destination):
            np.add.at(total, (rows[:, :, None], columns[:, None, :]), information)
    scale = np.diag(total).copy()
    factor, pivots, rank = compute_pivoted_cholesky(total, scale)
    kept = pivots[:rank]
    half = np.linalg.inv(factor) / np.sqrt(scale[kept])[:, None]
    inverse = np.zeros_like(total)
    inverse[np.ix_(kept, kept)] = half @ half.T
    out = np.zeros((n_dyads, n_periods, n_periods))
    for rows in (at_origin, at_destination):
        for columns in (at_origin, at_destination):
            out += inverse[rows[:, :, None], columns[:, None, :]]
    return out
