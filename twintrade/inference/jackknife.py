"""Errors from leaving out one cluster at a time: reliable with few or unequal clusters where others are not."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from twintrade.effects import Bands, Estimate, Message
from twintrade.effects.cohort_influence import join_counts
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.inference.base import Inference, Refits
from twintrade.inference.clustered import PLUG_IN_DRAWS, Facts, build_bands, list_clusters, list_dimensions
from twintrade.inference.clustering.clusters import count_fewest_treated, count_treated_clusters
from twintrade.inference.clustering.constant_effect import compute_sup_t, repair_covariance
from twintrade.inference.clustering.conventions import has_variance, list_effects, list_variance_messages
from twintrade.inference.refits.leave_out import LeftOut, count_left_out, estimate_without_clusters
from twintrade.numerics.arrays import BoolArray, FloatArray, list_signed_subsets
from twintrade.text import Text


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

    def covariance(self, fit: Fit, view: View) -> tuple[FloatArray, tuple[LeftOut, ...], dict[str, int]]:
        """Return the covariance, the estimates it was made from, and the number of clusters per dimension."""
        names, estimate = self._get_names(fit), fit.view(view)
        total = np.zeros((estimate.n_effects, estimate.n_effects))
        sizes, subsets = {}, list(list_signed_subsets(names))
        used = estimate_without_clusters(fit, view, [chosen for _, chosen in subsets])
        for (sign, chosen), without in zip(subsets, used, strict=True):
            if len(chosen) == 1:
                sizes[chosen[0]] = without.effects.shape[0]
            total += sign * compute_jackknife_spread(without.effects, estimate.effects, self.centre)
        return total, tuple(used), sizes

    def plan_refits(self, fit: Fit, views: Sequence[View]) -> Refits:
        """Return the clusters that are left out, for each view; none behind a regression."""
        names = self._get_names(fit)
        n, can_be_lost = count_left_out(fit, views[0], [chosen for _, chosen in list_signed_subsets(names)])
        # Without the only treated cluster there is no effect.
        is_lost = can_be_lost and any(count_treated_clusters(fit, fit.estimate, name)[0] == 1 for name in names)
        return Refits(n * len(views), is_lost)

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
        covariance, negative = repair_covariance(np.where(np.isnan(raw), 0.0, raw))
        df = float(min(sizes.values()) - 1)
        se = np.sqrt(np.clip(np.diag(covariance), 0.0, None))
        usable = has_variance(estimate, se) & ~lost
        critical = compute_sup_t(covariance, usable, self.level, df, rng, self.draws)
        note = Text(
            "inference.jackknife",
            centre=self.centre,
            is_linearized="yes" if used[0].is_linearized else "no",
            names=list_dimensions(sizes),
            clusters=list_clusters(sizes),
            df=int(df),
            critical=critical,
            draws=self.draws,
        )
        facts: Facts = {"critical_value": critical, "draws": self.draws, "clusters": join_counts(sizes)}
        facts["fewest_clusters"] = count_fewest_treated(fit, estimate, sizes)
        messages = _messages(fit, estimate, used, lost, list(sizes))
        what = "multi-way-jackknife" if len(sizes) > 1 else "jackknife"
        messages += list_variance_messages(estimate, negative, usable | lost, what, "one-dimension")
        bands = build_bands(estimate, self.name, self.level, covariance, usable, df, critical, note, facts)
        return replace(bands, messages=messages)


def compute_jackknife_spread(effects: FloatArray, full: FloatArray, centre: str = "estimate") -> FloatArray:
    """Return (G - 1) / G times the sum of outer products around the centre."""
    n = effects.shape[0]
    distance = effects - (full if centre == "estimate" else effects.mean(axis=0))
    return np.asarray((n - 1) / n * distance.T @ distance)


def _messages(
    fit: Fit, estimate: Estimate, used: Sequence[LeftOut], lost: BoolArray, names: Sequence[str]
) -> tuple[Message, ...]:
    messages = [Message("warning", "refit-failed", text) for one in used for text in one.failures]
    if lost.any():
        text = Text("inference.no-jackknife-error", effects=list_effects(estimate, lost))
        messages.append(Message("warning", "no-variance", text))
    for name in names:
        if name in ("unit", "city", "partner") and count_treated_clusters(fit, estimate, name)[0] == 1:
            text = Text("inference.one-treated-cluster", name=name)
            messages.append(Message("warning", "few-treated-clusters", text))
    return tuple(messages)
