"""Cluster-robust errors, one- and multi-way, from any estimator's influence."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from twintrade.effects import Bands, Estimate, Message
from twintrade.effects.cohort_influence import join_counts
from twintrade.estimators.base import Fit, View
from twintrade.estimators.regression import join_covariates
from twintrade.inference.base import Inference
from twintrade.inference.clustering import constant_effect, conventions
from twintrade.inference.clustering.clusters import (
    NESTING,
    Clusters,
    GivenClusters,
    count_fewest_treated,
    count_treated_clusters,
    find_clusters,
)
from twintrade.inference.clustering.conventions import Convention, Correction, EffectLevels
from twintrade.numerics.arrays import BoolArray, FloatArray, compact
from twintrade.text import Listed, Text, Words

FEW_TREATED = 5
PLUG_IN_DRAWS = 19_999
Facts = dict[str, float | int | str]


@dataclass(frozen=True, slots=True, eq=False)
class Sandwich:
    """A clustered covariance with what it was made from."""

    covariance: FloatArray  # (n_effects, n_effects): scaled, and repaired where a variance was negative
    clusters: Clusters
    rule: Convention
    correction: Correction
    negative: BoolArray  # (n_effects,): variances that were negative before the repair

    @property
    def se(self) -> FloatArray:
        """Standard errors, shape (n_effects,)."""
        return np.sqrt(np.clip(np.diag(self.covariance), 0.0, None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Clustered(Inference):
    """Errors robust to any dependence within clusters.

    Attributes
    ----------
    by : tuple of str
        "unit", "city", "partner", "period", or "row" for heteroskedasticity alone; empty for the design's.
    correction : str
        "twintrade" for every method: factor G/(G−1), t with G−1 degrees of freedom, G of the dimension with the
        fewest clusters; for single rows N/(N−K) and N−K. Or what other software prints: "fixest", "stata",
        "ppmlhdfe", "linearmodels", "did", "didimputation", "none".
    draws : int
        Of the joint normal for the sup-t critical value.
    """

    by: tuple[str, ...] = ()
    correction: str = conventions.TWINTRADE
    level: float = 0.95
    draws: int = PLUG_IN_DRAWS
    name: ClassVar[str] = "clustered"
    citation: ClassVar[str] = "cameron2011"

    def sandwich(self, fit: Fit, estimate: Estimate) -> Sandwich:
        """Return the covariance of an estimate."""
        clusters = find_clusters(fit, estimate, self.by or fit.design.clusters, self.name)
        rule = conventions.get_convention(self.correction)
        sample, is_linear = estimate.sample, not fit.estimator.is_poisson
        counts = sample.n_rows, sample.n_slopes
        if isinstance(clusters, GivenClusters):
            # Two-way effects of a panel without gaps: units nest in every cluster, periods in none.
            of_effect = {
                "unit": EffectLevels(sample.n_units, True, 0),
                "period": EffectLevels(sample.n_periods, False, 1),
            }
            levels = [of_effect[name] for name in sample.effects]
            n_all = sample.n_slopes + sum(e.n for e in levels) - max(0, len(levels) - 1)
            sizes = list(clusters.sizes.values())
            correction = conventions.compute_correction(rule, *counts, levels, sizes, n_all, is_linear)
        else:
            effects = [compact(fit.design.observations.codes(name)[sample.rows]) for name in sample.effects]
            correction = conventions.correct(rule, *counts, effects, clusters.row_codes, is_linear=is_linear)
        covariance, negative = constant_effect.repair_covariance(clusters.covariance() * correction.factor)
        return Sandwich(covariance, clusters, rule, correction, negative)

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return pointwise and plug-in sup-t intervals."""
        estimate = fit.view(view)
        sandwich = self.sandwich(fit, estimate)
        usable = conventions.has_variance(estimate, sandwich.se)
        critical = constant_effect.compute_sup_t(
            sandwich.covariance, usable, self.level, sandwich.correction.df, rng, self.draws
        )
        errors = describe_sandwich(sandwich)
        note = Text("inference.clustered-sup-t", errors=errors, critical=critical, draws=self.draws)
        facts: Facts = {"critical_value": critical, "draws": self.draws, "simultaneous": "plug-in"}
        facts["fewest_clusters"] = count_fewest_treated(fit, estimate, sandwich.clusters.sizes)
        messages = list_sandwich_messages(fit, estimate, sandwich, usable)
        return build_sandwich_bands(estimate, self.name, self.level, sandwich, critical, note, facts, messages)

    def infer_covariates(self, fit: Fit, estimate: Estimate) -> Bands | None:
        """Return pointwise bands of an estimate and of the covariates after it; None without covariates."""
        o, is_alone = fit.design.observations, estimate.kind == "coefficient"
        joint = join_covariates(o, estimate) if o.covariate_names and not is_alone else estimate
        if joint is estimate and not is_alone:
            return None
        sandwich = self.sandwich(fit, joint)
        note = describe_sandwich(sandwich)
        return build_sandwich_bands(joint, self.name, self.level, sandwich, float("nan"), note, {}, ())


def build_sandwich_bands(
    estimate: Estimate,
    name: str,
    level: float,
    sandwich: Sandwich,
    critical: float,
    note: Words,
    facts: Facts,
    messages: tuple[Message, ...],
    p: FloatArray | None = None,
) -> Bands:
    """Put a sandwich and a critical value together as bands."""
    usable = conventions.has_variance(estimate, sandwich.se)
    sizes: Facts = {f"clusters_{key}": size for key, size in sandwich.clusters.sizes.items()}
    shared: Facts = {
        "correction": sandwich.rule.name,
        "n_parameters": sandwich.correction.n_parameters,
        "clusters": join_counts(sandwich.clusters.sizes),
    }
    given = sandwich.covariance, usable, sandwich.correction.df, critical, note, shared | sizes | facts
    bands = build_bands(estimate, name, level, *given)
    return replace(bands, messages=messages, p=bands.p if p is None else np.where(usable, p, np.nan))


def build_bands(
    estimate: Estimate,
    name: str,
    level: float,
    covariance: FloatArray,
    usable: BoolArray,
    df: float | FloatArray,
    critical: float,
    note: Words,
    facts: Facts,
) -> Bands:
    """Put covariance and critical value together as bands, degrees for all or (n_effects,); references stay zero."""
    effects, reference = estimate.effects, conventions.is_reference(estimate)
    se = np.sqrt(np.clip(np.diag(covariance), 0.0, None))
    se = np.where(usable, se, np.where(reference, 0.0, np.nan))
    df = np.broadcast_to(np.asarray(df, dtype=np.float64), effects.shape)
    pointwise = constant_effect.compute_t_quantiles((1 + level) / 2, df)
    statistic = np.full(effects.size, np.nan)
    statistic[usable] = effects[usable] / se[usable]
    return Bands(
        estimate=estimate,
        inference=name,
        level=level,
        se=se,
        low=effects - pointwise * se,
        high=effects + pointwise * se,
        p=constant_effect.compute_two_sided_p(statistic, df),
        df=df.copy(),
        simultaneous_low=effects - critical * se,
        simultaneous_high=effects + critical * se,
        covariance=covariance,
        note=note,
        facts=facts,
    )


def list_clusters(sizes: Mapping[str, int]) -> Listed:
    """Return how many clusters there are, by dimension: "7 cities, 24 partners"."""
    return Listed(tuple(Text("inference.clusters", n=n, name=name) for name, n in sizes.items()), "comma")


def list_dimensions(names: Iterable[str]) -> Listed:
    """Return what errors are clustered by: "city and partner"."""
    return Listed(tuple(Text("inference.dimension", name=name) for name in names))


def describe_sandwich(sandwich: Sandwich) -> Text:
    """Return what stands in the foot of a table."""
    clusters, correction = sandwich.clusters, conventions.describe_correction(sandwich.rule, sandwich.correction)
    distribution = describe_reference(sandwich.correction.df)
    if clusters.names == ("row",):
        return Text("inference.by-row", correction=correction, distribution=distribution)
    return Text(
        "inference.clustered",
        names=list_dimensions(clusters.names),
        clusters=list_clusters(clusters.sizes),
        correction=correction,
        distribution=distribution,
    )


def describe_reference(df: float) -> Text:
    """Return the distribution that intervals and p-values use, for the foot of a table."""
    return Text("inference.normal") if np.isinf(df) else Text("inference.t", df=round(df))


def list_sandwich_messages(
    fit: Fit, estimate: Estimate, sandwich: Sandwich, usable: BoolArray
) -> tuple[Message, ...]:
    """Return what the reader of clustered errors must know."""
    names = sandwich.clusters.names
    few = warn_of_few_treated(fit, estimate, sandwich.clusters.sizes, "clustered")
    few += conventions.warn_of_few_ends(fit, estimate, tuple(names))
    what = "multi-way" if len(names) > 1 else "clustered"
    return (*conventions.list_variance_messages(estimate, sandwich.negative, usable, what, "one-dimension"), *few)


def warn_of_few_treated(fit: Fit, estimate: Estimate, sizes: dict[str, int], consequence: str) -> list[Message]:
    """Return a warning for each dimension of whole units in which few clusters are treated."""
    messages = []
    for name, n in sizes.items():
        treated = count_treated_clusters(fit, estimate, name)[0] if name in NESTING else FEW_TREATED
        if treated < FEW_TREATED:
            text = Text("inference.few-treated-clusters", treated=treated, n=n, name=name, consequence=consequence)
            messages.append(Message("warning", "few-treated-clusters", text))
    return messages
