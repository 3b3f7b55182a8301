"""Takes the inference that the decision table names for a design, and says which and why."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from twintrade.effects import Bands, Message
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit, View
from twintrade.inference.base import Inference
from twintrade.inference.choosing.decision import Decision, decide
from twintrade.inference.clustered import Clustered, Facts
from twintrade.inference.jackknife import Jackknife
from twintrade.inference.placebo import Placebo
from twintrade.inference.randomization import Randomization

MOST_LEFT_OUT = 60
"""Clusters up to which leaving out each in turn is cheap enough to stand beside every headline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Auto(Inference):
    """Takes clustered errors where the design bears them, else the jackknife or randomization, and says why.

    Attributes
    ----------
    draws : int
        For simultaneous bands under clustered and jackknife errors.
    permutations : int
        For randomization.
    level : float
    """

    draws: int = 4999
    permutations: int = 999
    level: float = 0.95
    name: ClassVar[str] = "auto"
    citation: ClassVar[str] = "mackinnon2023guide"

    def chosen(self, decision: Decision) -> Inference:
        """Return the method that a decision names, with this one's options."""
        if decision.method == "clustered":
            return Clustered(level=self.level, draws=self.draws)
        if decision.method == "jackknife":
            return Jackknife(level=self.level, draws=self.draws)
        if decision.method == "placebo":
            return Placebo(level=self.level)
        return Randomization(draws=self.permutations, level=self.level)

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return bands of the method taken, under its own name."""
        return self.infer_views(fit, [view], rng)[view]

    def infer_views(self, fit: Fit, views: Sequence[View], rng: np.random.Generator) -> dict[View, Bands]:
        """Return bands for several views; clustered errors stand beside in the facts where they were not taken."""
        decision = decide(fit)
        bands = self.chosen(decision).infer_views(fit, views, rng)
        text = f"inference taken: {decision.method}, because {'; '.join(decision.reasons)}"
        level: Literal["info", "warning"] = "info" if decision.method == "clustered" else "warning"
        said = Message(level, f"inference-{decision.method}", text)
        return {
            view: replace(
                view_bands,
                facts={**view_bands.facts, **decision.facts, **self._beside(fit, view, view_bands, decision)},
                messages=(said, *view_bands.messages),
            )
            for view, view_bands in bands.items()
        }

    def _beside(self, fit: Fit, view: View, bands: Bands, decision: Decision) -> Facts:
        """Return clustered and jackknife errors, labelled, where another method was taken and they exist."""
        if decision.method == "clustered" or not decision.situation.has_influence:
            return {}
        try:
            se = Clustered().sandwich(fit, bands.estimate).se
        except TwintradeError as error:
            return {"clustered_se": f"not available: {error}"}
        facts: Facts = {f"clustered_se {name}": float(v) for name, v in zip(bands.estimate.names, se, strict=True)}
        if view == "overall" and decision.method != "jackknife":
            facts |= _jackknife(fit, decision)
        return facts


def _jackknife(fit: Fit, decision: Decision) -> Facts:
    """Return the largest one-way jackknife error of the average effect over the dimensions with few clusters."""
    bands = []
    for name, n in decision.situation.n_clusters.items():
        if n > MOST_LEFT_OUT:
            continue
        try:
            variance = float(Jackknife(by=(name,)).covariance(fit, "overall")[0][0, 0])
        except TwintradeError:
            continue
        if np.isfinite(variance):
            bands.append((variance**0.5, name))
    return {"cv3_se": max(bands)[0], "cv3_by": max(bands)[1]} if bands else {}
