"""Clustered errors freed of leverage: bias-reduced, scaled, leaving clusters out, and of corrected Poisson fits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, get_args

import numpy as np

from twintrade.effects import Bands, Estimate, Message, Regression
from twintrade.effects.cohort_influence import CorrectedInfluence, join_counts
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.inference import clustered
from twintrade.inference.base import Inference, Refits, SharedInference
from twintrade.inference.clustered import PLUG_IN_DRAWS, Facts, build_bands, list_clusters, list_dimensions
from twintrade.inference.clustering import clusters, constant_effect
from twintrade.inference.clustering.constant_effect import ScaledVariance
from twintrade.inference.clustering.conventions import has_variance, list_effects, list_variance_messages
from twintrade.inference.refits import leave_out
from twintrade.numerics.absorption import Absorber, Annihilator, build_absorber
from twintrade.numerics.arrays import FloatArray, IntArray, compact, list_signed_subsets
from twintrade.numerics.linear import compute_product, sum_products_by_group
from twintrade.text import Listed, Text

# Clustered errors over their expectation, with Satterthwaite degrees of freedom, for any estimate that is v'y.

FEWEST_DEGREES = 1.0  # degrees of freedom below which a t distribution says nothing and no error is given


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaled(SharedInference):
    """The clustered variance divided by what it is expected to be, with Satterthwaite degrees of freedom.

    Scores come from the weights of rows in the estimate and residuals around one effect for all treated rows, so that
    few treated rows do not fit themselves. Variance factor and degrees of freedom are those for independent rows of
    one variance (for Poisson, of one variance in proportion to the mean), as Bell and McCaffrey (2002) and Imbens and
    Kolesár (2016) take them for CRV2; several clustering dimensions are combined by inclusion and exclusion, with the
    degrees of freedom of the dimension that has the fewest. Effects that differ among pairs widen the error, which
    therefore speaks of agreements like these.

    Attributes
    ----------
    by : tuple of str
        Cluster dimensions; empty for the design's.
    draws : int
        Of the joint normal for the sup-t critical value.
    """

    by: tuple[str, ...] = ()
    level: float = 0.95
    draws: int = PLUG_IN_DRAWS
    name: ClassVar[str] = "scaled"
    citation: ClassVar[str] = "imbens2016"

    def plan_refits(self, fit: Fit, views: Sequence[View]) -> Refits:
        """Return none, or say why the scores cannot be had."""
        constant_effect.require_constant_effect(fit)
        return Refits()

    def infer_views(self, fit: Fit, views: Sequence[View], rng: np.random.Generator) -> dict[View, Bands]:
        """Return bands for several views, whose residuals share one factor of the effects."""
        estimates = [fit.view(view) for view in views]
        variances = constant_effect.compute_scaled_variances(fit, estimates, self.by or fit.design.clusters)
        pairs = zip(estimates, variances, strict=True)
        return {view: self._build(fit, *pair, rng) for view, pair in zip(views, pairs, strict=True)}

    def _build(self, fit: Fit, estimate: Estimate, scaled: ScaledVariance, rng: np.random.Generator) -> Bands:
        se = np.sqrt(np.clip(np.diag(scaled.covariance), 0.0, None))
        enough = scaled.df >= FEWEST_DEGREES
        usable = has_variance(estimate, se) & enough
        smallest = float(scaled.df[usable].min()) if usable.any() else float("nan")
        critical = constant_effect.compute_sup_t(scaled.covariance, usable, self.level, smallest, rng, self.draws)
        facts: Facts = {"critical_value": critical, "draws": self.draws, "df": smallest}
        facts["clusters"] = join_counts(scaled.sizes)
        facts |= {f"clusters_{name}": n for name, n in scaled.sizes.items()}
        facts["fewest_clusters"] = clusters.count_fewest_treated(fit, estimate, scaled.sizes)
        if usable.any():
            facts["variance_factor"] = round(float(scaled.factor[usable].max()), 3)
        df = np.where(usable, scaled.df, smallest)
        note = Text(
            "inference.scaled",
            names=list_dimensions(scaled.sizes),
            clusters=list_clusters(scaled.sizes),
            df=smallest,
            critical=critical,
        )
        bands = build_bands(estimate, self.name, self.level, scaled.covariance, usable, df, critical, note, facts)
        messages = list_variance_messages(estimate, np.zeros(se.size, dtype=bool), usable | ~enough, "scaled")
        if not enough.all():
            text = Text("inference.too-few-degrees", effects=list_effects(estimate, ~enough))
            messages = (*messages, Message("warning", "no-variance", text))
        return replace(bands, messages=messages)


NULL = 1e-10
MOST_WEIGHTED = 4_000  # rows of a weighted fit, whose annihilator is a matrix of rows by rows


@dataclass(frozen=True, slots=True, kw_only=True)
class BiasReduced(Inference):
    """CRV2: residuals of a cluster are multiplied by the inverse root of the share the fit left them.

    One clustering dimension; least squares. The working model is independent errors of one variance, with weights
    too, as clubSandwich has it for ``lm``.

    Attributes
    ----------
    by : str
        Cluster dimension; empty for the design's, which must then be one.
    """

    by: str = ""
    level: float = 0.95
    draws: int = PLUG_IN_DRAWS
    name: ClassVar[str] = "crv2"
    citation: ClassVar[str] = "bell2002"

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return intervals with the t distribution of each effect's own degrees of freedom."""
        estimate = fit.view(view)
        name = self.by or (fit.design.clusters[0] if len(fit.design.clusters) == 1 else "")
        if not name:
            raise InferenceError("crv2 takes one clustering dimension; name it with `by`")
        source = clusters.get_influence(estimate, self.name).regression
        if source is None or fit.estimator.is_poisson:
            raise InferenceError("crv2 is for least squares; use the jackknife for this estimate")
        is_weighted = np.ptp(source.weights) > 0
        if is_weighted and source.rows.size > MOST_WEIGHTED:
            raise InferenceError(Text("inference.crv2-rows", most=MOST_WEIGHTED, n=source.rows.size))
        codes = leave_out.find_row_clusters(fit, name, source.rows)
        if name in clusters.NESTING and clusters.count_treated_clusters(fit, estimate, name)[0] < 2:
            raise InferenceError(
                "one cluster is treated: its residuals say nothing about its error; use randomization"
            )
        if is_weighted:
            levels = [compact(fit.design.observations.codes(e)[source.rows]) for e in estimate.sample.effects]
            covariance, degrees = compute_weighted_crv2(source, build_absorber(levels, source.weights), codes)
        else:
            covariance, degrees = compute_crv2(
                source, leave_out.build_effects_projection(fit, estimate, source), codes
            )
        n = int(codes.max()) + 1
        se = np.sqrt(np.clip(np.diag(covariance), 0.0, None))
        usable = has_variance(estimate, se)
        smallest = float(np.nanmin(degrees[usable])) if usable.any() else float("nan")
        critical = constant_effect.compute_sup_t(covariance, usable, self.level, smallest, rng, self.draws)
        facts: Facts = {"critical_value": critical, "clusters": join_counts({name: n}), "df": smallest}
        facts["fewest_clusters"] = clusters.count_fewest_treated(fit, estimate, {name: n})
        note = Text("inference.bias-reduced", name=name, n=n, df=smallest, critical=critical)
        df = np.where(usable, degrees, smallest)
        bands = build_bands(estimate, self.name, self.level, covariance, usable, df, critical, note, facts)
        lost = list_variance_messages(estimate, np.zeros(se.size, dtype=bool), usable, "bias-reduced")
        few = clustered.warn_of_few_treated(fit, estimate, {name: n}, "crv2")
        warning = Message("warning", "few-degrees-of-freedom", Text("inference.few-degrees", df=smallest))
        return replace(bands, messages=(*lost, *few, *((warning,) if smallest < 4 else ())))


def compute_crv2(source: Regression, q: Annihilator, codes: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return the CRV2 covariance and Satterthwaite degrees of freedom (Bell and McCaffrey 2002).

    With M the annihilator, residuals of g are multiplied by the pseudo-inverse root of M_gg; with u_g that root
    applied to the row influence, degrees are (sum_g u_g'M_gg u_g)^2 / sum_gh (u_g'M_gh u_h)^2.
    """
    x = source.design
    loading = source.bread @ source.selector
    n_clusters, n_effects = int(codes.max()) + 1, loading.shape[1]
    u = np.zeros((codes.size, n_effects))
    for _, rows, blocks in q.iterate_blocks(leave_out.list_members(codes)):
        u[rows] = _inverse_root(blocks - x[rows] @ source.bread @ np.swapaxes(x[rows], -1, -2)) @ (x[rows] @ loading)
    scores = sum_products_by_group(source.residuals, u, codes, n_clusters)
    df = np.full(n_effects, np.nan)
    for k in range(n_effects):
        through_slopes = sum_products_by_group(u[:, k], x, codes, n_clusters)
        p = np.diag(np.bincount(codes, u[:, k] ** 2, n_clusters).astype(np.float64))
        p -= through_slopes @ source.bread @ through_slopes.T
        for part in q.sum_loadings(source.weights * u[:, k], codes, n_clusters):
            p -= compute_product(part, part)
        total = (p**2).sum()
        if total > 0:
            df[k] = np.trace(p) ** 2 / total
    return scores.T @ scores, df


def compute_weighted_crv2(source: Regression, effects: Absorber, codes: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return them where rows have weights; the annihilator M is held row by row, and M_gg gives way to (MM')_gg."""
    weighted = source.design * source.weights[:, None]
    annihilator = effects.project(np.eye(codes.size)).residuals - source.design @ source.bread @ weighted.T
    loading = weighted @ source.bread @ source.selector
    n_clusters, n_effects = int(codes.max()) + 1, loading.shape[1]
    scores, through = np.empty((n_clusters, n_effects)), np.empty((n_effects, n_clusters, codes.size))
    for g, rows in enumerate(leave_out.list_members(codes)):
        u = _inverse_root(annihilator[rows] @ annihilator[rows].T) @ loading[rows]
        scores[g], through[:, g] = source.residuals[rows] @ u, u.T @ annihilator[rows]
    moments = [directions @ directions.T for directions in through]
    squares = np.array([(p**2).sum() for p in moments])
    traces = np.array([np.trace(p) ** 2 for p in moments])
    return scores.T @ scores, np.divide(traces, squares, out=np.full(n_effects, np.nan), where=squares > 0)


def _inverse_root(blocks: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh((blocks + np.swapaxes(blocks, -1, -2)) / 2)
    root = np.divide(1.0, np.sqrt(np.abs(values)), out=np.zeros_like(values), where=values > NULL)
    return np.asarray((vectors * root[..., None, :]) @ np.swapaxes(vectors, -1, -2))


# Dyad-clustered errors whose residuals are freed of their leverage (Weidner and Zylkin 2021).

Adjusted = Literal["one_side", "both_sides"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeidnerZylkin(Inference):
    """Sandwich by dyad with the leverage-adjusted meat, times n/(n - 1), and t with n - 1 degrees of freedom.

    Residuals are freed of their leverage on both sides of the meat, as a jackknife does, or on one, as the authors do
    and as is right for counts; docs/lab/coverage.md compares them.

    Attributes
    ----------
    adjusted : {"both_sides", "one_side"}
        Residuals freed of their leverage twice in each product of the meat, or once, as the authors do.
    draws : int
        Of the joint normal for the sup-t critical value.
    """

    adjusted: Adjusted = "both_sides"
    level: float = 0.95
    draws: int = 19_999
    name: ClassVar[str] = "weidner_zylkin"
    citation: ClassVar[str] = "weidner2021"

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return bands of a bias-corrected PPML estimate."""
        if self.adjusted not in get_args(Adjusted):
            raise InferenceError(f"adjusted is one of {', '.join(get_args(Adjusted))}, not {self.adjusted!r}")
        estimate = fit.view(view)
        influence = estimate.uncertainty
        if not isinstance(influence, CorrectedInfluence):
            raise InferenceError(f"weidner_zylkin needs the estimator ppml_corrected, not {fit.estimator.name}")
        n = influence.values.shape[0]
        if n < 2:
            raise InferenceError("there is one dyad only and no variance without a second")
        once = influence.adjusted.T @ influence.values
        once = 0.5 * (once + once.T) * n / (n - 1)
        twice = influence.adjusted.T @ influence.adjusted * n / (n - 1)
        covariance, negative = constant_effect.repair_covariance(once if self.adjusted == "one_side" else twice)
        usable = has_variance(estimate, np.sqrt(np.clip(np.diag(covariance), 0.0, None)))
        critical = constant_effect.compute_sup_t(covariance, usable, self.level, n - 1, rng, self.draws)
        is_repaired = bool(negative.any())
        note = Text("inference.weidner-zylkin", n=n, adjusted=self.adjusted, is_repaired=is_repaired, df=n - 1)
        facts: Facts = {"clusters": join_counts({"dyad": n}), "critical_value": critical}
        facts |= {"draws": self.draws, "fewest_clusters": n}
        if self.adjusted == "both_sides":
            authors = np.sqrt(np.clip(np.diag(once)[usable], 0.0, None))
            names = [name for name, has in zip(estimate.names, usable, strict=True) if has]
            facts |= {f"one_side_se_{name}": float(se) for name, se in zip(names, authors, strict=True)}
            listed = Listed(tuple(Text("inference.error", value=float(se)) for se in authors), "comma")
            note = Text("inference.weidner-zylkin-beside", errors=note, authors=listed)
        bands = build_bands(estimate, self.name, self.level, covariance, usable, n - 1, critical, note, facts)
        messages = list_variance_messages(estimate, negative, usable, "leverage-adjusted", "both-sides")
        return replace(bands, messages=messages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Jackknife(Inference):
    """The cluster jackknife, CRV3: (G - 1) / G times the spread of leave-one-cluster-out estimates.

    For regressions, and for linear cells of whole units, the estimates without a cluster are those of a refit, at
    less cost; for Poisson they take one step from the full fit (linearized). Other methods are refitted.

    Attributes
    ----------
    by : tuple of str
        Cluster dimensions; empty for the design's. Several are added and their intersection is subtracted.
    centre : {"estimate", "mean"}
        CRV3 measures the spread around the full estimate, CV3J around the mean of the estimates.
    """

    by: tuple[str, ...] = ()
    centre: Literal["estimate", "mean"] = "estimate"
    level: float = 0.95
    draws: int = PLUG_IN_DRAWS
    name: ClassVar[str] = "jackknife"
    citation: ClassVar[str] = "mackinnon2023"

    def covariance(self, fit: Fit, view: View) -> tuple[FloatArray, tuple[leave_out.LeftOut, ...], dict[str, int]]:
        """Return the covariance, the estimates it was made from, and the number of clusters per dimension."""
        names, estimate = self._get_names(fit), fit.view(view)
        total = np.zeros((estimate.n_effects, estimate.n_effects))
        sizes, subsets = {}, list(list_signed_subsets(names))
        used = leave_out.estimate_without_clusters(fit, view, [chosen for _, chosen in subsets])
        for (sign, chosen), without in zip(subsets, used, strict=True):
            if len(chosen) == 1:
                sizes[chosen[0]] = without.effects.shape[0]
            total += sign * compute_jackknife_spread(without.effects, estimate.effects, self.centre)
        return total, tuple(used), sizes

    def plan_refits(self, fit: Fit, views: Sequence[View]) -> Refits:
        """Return the clusters that are left out, for each view; none behind a regression."""
        names = self._get_names(fit)
        n, can_be_lost = leave_out.count_left_out(fit, views[0], [chosen for _, chosen in list_signed_subsets(names)])
        # Without the only treated cluster there is no effect.
        n_treated = [clusters.count_treated_clusters(fit, fit.estimate, name)[0] for name in names]
        return Refits(n * len(views), can_be_lost and 1 in n_treated)

    def _get_names(self, fit: Fit) -> tuple[str, ...]:
        names = self.by or fit.design.clusters
        if not names:
            raise InferenceError("no dimension is named to cluster by: name one under cluster in the design")
        return names

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return t intervals with G - 1 degrees of freedom, G of the smallest dimension."""
        estimate = fit.view(view)
        raw, used, sizes = self.covariance(fit, view)
        lost = np.isnan(np.diag(raw))
        covariance, negative = constant_effect.repair_covariance(np.where(np.isnan(raw), 0.0, raw))
        df = float(min(sizes.values()) - 1)
        se = np.sqrt(np.clip(np.diag(covariance), 0.0, None))
        usable = has_variance(estimate, se) & ~lost
        critical = constant_effect.compute_sup_t(covariance, usable, self.level, df, rng, self.draws)
        note = Text(
            "inference.jackknife",
            centre=self.centre,
            is_linearized=used[0].is_linearized,
            names=list_dimensions(sizes),
            clusters=list_clusters(sizes),
            df=int(df),
            critical=critical,
            draws=self.draws,
        )
        facts: Facts = {"critical_value": critical, "draws": self.draws, "clusters": join_counts(sizes)}
        facts["fewest_clusters"] = clusters.count_fewest_treated(fit, estimate, sizes)
        messages = [Message("warning", "refit-failed", text) for one in used for text in one.failures]
        if lost.any():
            text = Text("inference.no-jackknife-error", effects=list_effects(estimate, lost))
            messages.append(Message("warning", "no-variance", text))
        for name in sizes:
            if name in clusters.NESTING and clusters.count_treated_clusters(fit, estimate, name)[0] == 1:
                text = Text("inference.one-treated-cluster", name=name)
                messages.append(Message("warning", "few-treated-clusters", text))
        what = "multi-way-jackknife" if len(sizes) > 1 else "jackknife"
        messages += list_variance_messages(estimate, negative, usable | lost, what, "one-dimension")
        bands = build_bands(estimate, self.name, self.level, covariance, usable, df, critical, note, facts)
        return replace(bands, messages=tuple(messages))


def compute_jackknife_spread(effects: FloatArray, full: FloatArray, centre: str = "estimate") -> FloatArray:
    """Return (G - 1) / G times the sum of outer products around the centre."""
    n = effects.shape[0]
    distance = effects - (full if centre == "estimate" else effects.mean(axis=0))
    return np.asarray((n - 1) / n * distance.T @ distance)
