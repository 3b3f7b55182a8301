"""Clustered errors over their expectation, with Satterthwaite degrees of freedom, for any estimate that is v'y."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from twintrade.effects import Bands, Estimate, Message
from twintrade.effects.listed_cells import join_counts
from twintrade.estimators.base import Fit, View
from twintrade.inference.base import Inference
from twintrade.inference.clustered import PLUG_IN_DRAWS, Facts, build_bands, list_clusters, list_dimensions
from twintrade.inference.clustering.clusters import count_fewest_treated
from twintrade.inference.clustering.constant_effect import ScaledVariance, compute_scaled_variances
from twintrade.inference.clustering.joint import compute_sup_t
from twintrade.inference.clustering.variances import has_variance, list_effects, list_variance_messages
from twintrade.text import Text

FEWEST_DEGREES = 1.0
"""Degrees of freedom below which a t distribution says nothing and no error is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaled(Inference):
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
    level : float
    draws : int
        Of the joint normal for the sup-t critical value.
    """

    by: tuple[str, ...] = ()
    level: float = 0.95
    draws: int = PLUG_IN_DRAWS
    name: ClassVar[str] = "scaled"
    citation: ClassVar[str] = "imbens2016"

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return intervals with the t distribution of each effect's own degrees of freedom."""
        return self.infer_views(fit, [view], rng)[view]

    def infer_views(self, fit: Fit, views: Sequence[View], rng: np.random.Generator) -> dict[View, Bands]:
        """Return bands for several views, whose residuals share one factor of the effects."""
        estimates = [fit.view(view) for view in views]
        variances = compute_scaled_variances(fit, estimates, self.by or fit.design.clusters)
        pairs = zip(estimates, variances, strict=True)
        return {view: self._build(fit, *pair, rng) for view, pair in zip(views, pairs, strict=True)}

    def _build(self, fit: Fit, estimate: Estimate, scaled: ScaledVariance, rng: np.random.Generator) -> Bands:
        se = np.sqrt(np.clip(np.diag(scaled.covariance), 0.0, None))
        enough = scaled.df >= FEWEST_DEGREES
        usable = has_variance(estimate, se) & enough
        smallest = float(scaled.df[usable].min()) if usable.any() else float("nan")
        critical = compute_sup_t(scaled.covariance, usable, self.level, smallest, rng, self.draws)
        facts: Facts = {"critical_value": critical, "draws": self.draws, "df": smallest}
        facts["clusters"] = join_counts(scaled.sizes)
        facts |= {f"clusters_{name}": n for name, n in scaled.sizes.items()}
        facts["fewest_clusters"] = count_fewest_treated(fit, estimate, scaled.sizes)
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
