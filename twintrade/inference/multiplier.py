"""Simultaneous bands by multiplying clusters' influence with random signs: the multiplier bootstrap."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from twintrade.effects import Bands, Message
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.inference.base import Inference
from twintrade.inference.clustered import (
    Clustered,
    Facts,
    build_sandwich_bands,
    describe_sandwich,
    list_sandwich_messages,
)
from twintrade.inference.clustering.clusters import Clusters, count_fewest_treated
from twintrade.inference.clustering.conventions import TWINTRADE
from twintrade.inference.clustering.joint import bound_critical_value
from twintrade.inference.clustering.variances import has_variance
from twintrade.numerics.arrays import BoolArray, FloatArray
from twintrade.numerics.testing import TWO_POINTS, draw_multipliers
from twintrade.text import Text

Weights = Literal["rademacher", "mammen", "normal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiplier(Inference):
    """Bands from the distribution of the largest |t| over all effects, by resampling clusters' influence.

    Attributes
    ----------
    by, correction, level
        As in ``clustered``.
    draws : int
    weights : {"rademacher", "mammen", "normal"}
    """

    by: tuple[str, ...] = ()
    correction: str = TWINTRADE
    level: float = 0.95
    draws: int = 4999
    weights: Weights = "rademacher"
    name: ClassVar[str] = "multiplier"
    citation: ClassVar[str] = "callaway2021"

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return pointwise clustered intervals, simulated p-values and simultaneous bands.

        With several cluster dimensions each has its own multipliers and the draws add up; the intersection that the
        covariance subtracts is not subtracted there, so only the critical value is taken from the draws.
        """
        if self.draws < 1:
            raise InferenceError(f"the multiplier bootstrap needs draws, not {self.draws}")
        estimate = fit.view(view)
        sandwich = Clustered(by=self.by, correction=self.correction).sandwich(fit, estimate)
        usable = has_variance(estimate, sandwich.se)
        seed = int(rng.integers(2**31))
        simulated = draw_studentized(sandwich.clusters, usable, self.draws, self.weights, seed)
        df = sandwich.correction.df
        critical = float("nan")
        if usable.any():
            largest = np.quantile(np.abs(simulated).max(axis=1), self.level)
            critical = bound_critical_value(float(largest), int(usable.sum()), self.level, df)
        p = np.full(estimate.n_effects, np.nan)
        observed = np.abs(estimate.effects[usable] / sandwich.se[usable])
        p[usable] = (1 + (np.abs(simulated) >= observed).sum(axis=0)) / (self.draws + 1)
        note = Text(
            "inference.multiplier",
            errors=describe_sandwich(sandwich),
            weights=self.weights,
            draws=self.draws,
            critical=critical,
        )
        facts: Facts = {
            "critical_value": critical,
            "draws": self.draws,
            "seed": seed,
            "floor": 1 / (self.draws + 1),
            "simultaneous": "multiplier",
            "fewest_clusters": count_fewest_treated(fit, estimate, sandwich.clusters.sizes),
        }
        messages = list_sandwich_messages(fit, estimate, sandwich, usable) + _few_clusters(sandwich.clusters)
        return build_sandwich_bands(estimate, self.name, self.level, sandwich, critical, note, facts, messages, p)


def _few_clusters(clusters: Clusters) -> tuple[Message, ...]:
    n = min(clusters.sizes.values())
    if n >= 12:
        return ()
    text = Text("inference.few-signs", n=n, vectors=2 ** (n - 1))
    return (Message("warning", "few-clusters", text),)


def draw_studentized(clusters: Clusters, usable: BoolArray, n_draws: int, weights: Weights, seed: int) -> FloatArray:
    """Return draws of effects over their standard deviation, shape (n_draws, n_usable)."""
    if weights not in ("normal", *TWO_POINTS):
        raise InferenceError(f"no multiplier weights are called {weights!r}; known: rademacher, mammen, normal")
    rng = np.random.default_rng(seed)
    if weights == "normal":
        return _normal_draws(clusters, usable, n_draws, rng)
    out = np.zeros((n_draws, int(usable.sum())))
    variance = np.zeros(out.shape[1])
    for codes in clusters.codes:
        factors = [replace(f, loading=f.loading[:, usable]) for f in clusters.factors(codes)]
        variance += sum(np.einsum("jk,jk->k", f.loading, f.values.T @ f.values @ f.loading) for f in factors)
        start = 0
        for block in draw_multipliers(rng, n_draws, int(codes.max()) + 1, weights):
            for f in factors:
                out[start : start + block.n_draws] += block.times(f.values, f.clusters) @ f.loading
            start += block.n_draws
    return np.asarray(out / np.sqrt(variance))


def _normal_draws(clusters: Clusters, usable: BoolArray, n_draws: int, rng: np.random.Generator) -> FloatArray:
    """Sums of normal multiples are jointly normal: drawn from their covariance, whatever the number of clusters."""
    covariance = sum(clusters.cross_product(codes) for codes in clusters.codes)
    chosen = np.asarray(covariance)[np.ix_(usable, usable)]
    values, vectors = np.linalg.eigh(chosen)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(rng.standard_normal((n_draws, values.size)) @ root.T / np.sqrt(np.diag(chosen)))
