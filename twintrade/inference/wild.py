"""Wild cluster bootstrap tests and intervals for effects that are coefficients of a regression."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from twintrade.effects import Bands, Estimate, Message, Regression
from twintrade.effects.cohort_influence import join_counts
from twintrade.effects.estimate import fill_absent
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.inference import clustered
from twintrade.inference.base import Inference, Refits
from twintrade.inference.clustered import Clustered, Facts
from twintrade.inference.clustering.clusters import Clusters, count_fewest_treated, get_influence
from twintrade.inference.clustering.constant_effect import bound_critical_value
from twintrade.inference.clustering.conventions import TWINTRADE, has_variance, list_variance_messages
from twintrade.inference.refits.leave_out import Scores, Working, find_row_clusters, prepare_bootstrap
from twintrade.numerics.arrays import BoolArray, FloatArray
from twintrade.numerics.linear import (
    WildPolynomials,
    WildWeights,
    compute_share_as_large,
    draw_wild_weights,
    simulate,
)
from twintrade.numerics.testing import TWO_POINTS, draw_multipliers
from twintrade.text import Text

# Simultaneous bands by multiplying clusters' influence with random signs: the multiplier bootstrap.

Weights = Literal["rademacher", "mammen", "normal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiplier(Inference):
    """Bands from the distribution of the largest |t| over all effects, by resampling clusters' influence.

    Attributes
    ----------
    by, correction, level
        As in ``clustered``.
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
            errors=clustered.describe_sandwich(sandwich),
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
        messages = clustered.list_sandwich_messages(fit, estimate, sandwich, usable)
        if (n := min(sandwich.clusters.sizes.values())) < 12:
            few = Text("inference.few-signs", n=n, vectors=2 ** (n - 1))
            messages = (*messages, Message("warning", "few-clusters", few))
        return clustered.build_sandwich_bands(
            estimate, self.name, self.level, sandwich, critical, note, facts, messages, p
        )


def draw_studentized(clusters: Clusters, usable: BoolArray, n_draws: int, weights: Weights, seed: int) -> FloatArray:
    """Return draws of effects over their standard deviation, shape (n_draws, n_usable)."""
    if weights not in ("normal", *TWO_POINTS):
        raise InferenceError(f"no multiplier weights are called {weights!r}; known: rademacher, mammen, normal")
    rng = np.random.default_rng(seed)
    if weights == "normal":
        covariance = sum(clusters.cross_product(codes) for codes in clusters.codes)
        chosen = np.asarray(covariance)[np.ix_(usable, usable)]
        values, vectors = np.linalg.eigh(chosen)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        return np.asarray(rng.standard_normal((n_draws, values.size)) @ root.T / np.sqrt(np.diag(chosen)))
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


STEPS = 60
FARTHEST = 1e4
"""Standard errors beyond which there is no end: draws that repeat the data tie with it, and rounding breaks ties."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wild(Inference):
    """The wild cluster bootstrap (MacKinnon, Nielsen and Webb), with the null imposed or not.

    For Poisson the working regression at the fit takes the place of the model: a score bootstrap.

    Attributes
    ----------
    by : str
        Clustering dimension; empty for that one of the design's with the fewest clusters.
    draw_by : str
        Dimension within which weights are constant, finer than ``by``: the subcluster bootstrap. Empty for ``by``.
    weights : {"rademacher", "webb", "mammen", "normal"}
        All sign vectors are used where there are no more than ``draws``.
    scores : {"plain", "jackknife"}
        Residuals of the bootstrap's data: as they are, or as if each cluster had been left out.
    variance : {"cv1", "cv3"}
        Of the t statistics.
    correction : str
        As in ``clustered``: of the errors shown. Tests and intervals do not depend on it.
    """

    by: str = ""
    draw_by: str = ""
    draws: int = 9999
    weights: WildWeights = "rademacher"
    scores: Scores = "plain"
    variance: Literal["cv1", "cv3"] = "cv1"
    imposes_null: bool = True
    correction: str = TWINTRADE
    level: float = 0.95
    name: ClassVar[str] = "wild"
    citation: ClassVar[str] = "cameron2008"

    def plan_refits(self, fit: Fit, views: Sequence[View]) -> Refits:
        """Return none, or say that there is no regression to draw from."""
        self._get_regression(fit, fit.view(views[0]))
        return Refits()

    def _get_regression(self, fit: Fit, estimate: Estimate) -> Regression:
        source = get_influence(estimate, self.name).regression
        if source is None:
            raise InferenceError(Text("inference.no-regression", estimator=fit.estimator.name))
        return source

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return bootstrap p-values and intervals by inversion; errors shown are those of the t statistics."""
        estimate = fit.view(view)
        source = self._get_regression(fit, estimate)
        by = self.by or min(
            fit.design.clusters, key=lambda name: int(find_row_clusters(fit, name, source.rows).max())
        )
        codes = find_row_clusters(fit, by, source.rows)
        is_finer = self.draw_by not in ("", by)
        groups = find_row_clusters(fit, self.draw_by, source.rows) if is_finer else codes
        sandwich = Clustered(by=(by,), correction=self.correction).sandwich(fit, estimate)
        model = prepare_bootstrap(fit, estimate, source, codes, groups)
        seed = int(rng.integers(2**31))
        drawn, is_complete = draw_wild_weights(np.random.default_rng(seed), self.draws, model.n_groups, self.weights)
        factor = sandwich.correction.factor if self.variance == "cv1" else (model.n_clusters - 1) / model.n_clusters
        covariance = np.zeros((estimate.n_effects, estimate.n_effects))
        usable = has_variance(estimate, sandwich.se)
        p, low, high = (fill_absent(estimate.n_effects) for _ in range(3))
        for k in np.flatnonzero(usable):
            tested = self._one(model, int(k), float(estimate.effects[k]), drawn, factor)
            covariance[k, k], p[k], low[k], high[k] = tested
        usable &= np.diag(covariance) > 0
        bands = clustered.build_bands(
            estimate,
            self.name,
            self.level,
            covariance,
            usable,
            float(model.n_clusters - 1),
            np.nan,
            self._note(by, model, is_complete),
            {},
        )
        reference = bands.se == 0
        lost = list_variance_messages(estimate, np.zeros(usable.size, dtype=bool), usable, "clustered")
        few = clustered.warn_of_few_treated(fit, estimate, {by: model.n_clusters}, "wild")
        has_all_signs = self.weights == "rademacher" and is_complete
        if has_all_signs and (n := model.n_groups) < 8:
            text = Text("inference.few-sign-vectors", n=n, vectors=2**n, step=2 / 2**n)
            few.append(Message("warning", "few-clusters", text))
        return replace(
            bands,
            p=p,
            low=np.where(reference, 0.0, low),
            high=np.where(reference, 0.0, high),
            covariance=None,
            facts={
                "draws": drawn.shape[0],
                "seed": seed,
                "clusters": join_counts({by: model.n_clusters}),
                "is_complete": int(is_complete),
                "floor": 1 / drawn.shape[0] * (2 if has_all_signs else 1),
            },
            messages=(*lost, *few),
        )

    def _one(
        self, model: Working, k: int, effect: float, weights: FloatArray, factor: float
    ) -> tuple[float, float, float, float]:
        """Return variance, p-value and interval of one effect."""
        sums, variance = model.sums(k, self.scores, self.variance == "cv3", factor)
        if variance <= 0:
            return 0.0, np.nan, np.nan, np.nan
        se = variance**0.5
        if not self.imposes_null:
            none = np.zeros_like(sums.s1)
            sums = replace(sums, s1=none, own1=none, right1=tuple(0.0 * part for part in sums.right1))
        drawn = simulate(sums, weights)
        if not self.imposes_null:
            statistics = drawn.statistics(0.0)
            width = float(np.quantile(np.abs(statistics[np.isfinite(statistics)]), self.level))
            return variance, compute_share_as_large(statistics, effect / se), effect - width * se, effect + width * se
        p = compute_share_as_large(drawn.statistics(effect), effect / se)
        ends = [_end(drawn, se, sign, 1 - self.level) for sign in (1.0, -1.0)]
        return variance, p, effect - ends[0], effect + ends[1]

    def _note(self, by: str, model: Working, is_complete: bool) -> Text:
        kind = "WCR" if self.imposes_null else "WCU"
        digits = f"{3 if self.scores == 'jackknife' else 1}{3 if self.variance == 'cv3' else 1}"
        return Text(
            "inference.wild",
            kind=f"{kind}-{digits}",
            is_linearized=model.is_linearized,
            n=model.n_clusters,
            name=by,
            draw_by=Text("inference.dimension", name=self.draw_by) if self.draw_by else "all",
            is_complete=is_complete,
            weights=self.weights,
            draws=self.draws,
        )


def _end(drawn: WildPolynomials, se: float, sign: float, alpha: float) -> float:
    """Return the distance, effect less null, up to which the null is not rejected, to the side of the sign."""

    def p(distance: float) -> float:
        return compute_share_as_large(drawn.statistics(sign * distance), sign * distance / se)

    inside, outside = 0.0, se
    while not p(outside) <= alpha:
        inside, outside = outside, 1.7 * outside
        if outside > FARTHEST * se:
            return float("inf")
    for _ in range(STEPS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if p(middle) > alpha else (inside, middle)
        if outside - inside < 1e-9 * se:
            break
    return outside
