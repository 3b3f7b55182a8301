"""Takes the inference that the decision table names for a design, and says which, why, and about what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

import numpy as np

from twintrade.effects import Bands, Estimate, Message
from twintrade.errors import InferenceError, TwintradeError
from twintrade.estimators.base import Fit, View
from twintrade.inference.base import Inference
from twintrade.inference.choosing.decision import CLUSTERED_FROM, LADDER, About, Decision, Method, decide
from twintrade.inference.clustered import Clustered, Facts
from twintrade.inference.crv2 import Scaled
from twintrade.inference.jackknife import Jackknife
from twintrade.inference.placebo import Placebo
from twintrade.inference.randomization import Randomization
from twintrade.inference.wild import Wild
from twintrade.text import Listed, Text, find_fact

PERMUTATIONS, PERMUTATIONS_BESIDE = 499, 199
"""With either a p-value of .05 is one of those that can come out."""
ANALYTIC = ("scaled", "clustered", "jackknife")
SPEAKS: dict[str, About] = {"randomization": "these", "placebo": "these"}
"""Which agreements a method's p-value is about, where that is not agreements like these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Auto(Inference):
    """Takes scaled clustered errors where the design bears them, else the next method that it bears, and says why.

    Attributes
    ----------
    about : {"these", "like these"}
        Whether the p-value is to speak of the effect of these agreements, or of agreements like these.
    draws : int
        For simultaneous bands under scaled, clustered and jackknife errors.
    permutations : int or None
        For randomization; None takes 499, and 199 for columns beside the headline.
    level : float
    """

    about: About = "these"
    draws: int = 4999
    permutations: int | None = None
    level: float = 0.95
    name: ClassVar[str] = "auto"
    citation: ClassVar[str] = "mackinnon2023guide"

    def chosen(self, fit: Fit, decision: Decision, method: Method | None = None) -> Inference:
        """Return the method that a decision names, or another of the ladder, with this one's options."""
        name = method or decision.method
        if name == "randomization":
            statistic: Literal["default", "t"] = "default" if decision.about == "these" else "t"
            noise: Literal["by_size", "by_row"] = "by_row" if decision.code == "leverage-one" else "by_size"
            draws = self.count_permutations()
            return Randomization(draws=draws, statistic=statistic, noise=noise, level=self.level)
        known: dict[str, Inference] = {
            "scaled": Scaled(level=self.level, draws=self.draws),
            "clustered": Clustered(level=self.level, draws=self.draws),
            "jackknife": Jackknife(level=self.level, draws=self.draws),
            "wild": Wild(level=self.level),
            "placebo": Placebo(level=self.level),
        }
        if name not in known:
            raise InferenceError(Text("inference.none-given", reasons=Listed(decision.reasons, "semicolon")))
        return known[name]

    def count_permutations(self) -> int:
        """Return the number of draws of randomization."""
        return PERMUTATIONS if self.permutations is None else self.permutations

    def beside_headline(self) -> Self:
        """Return the same with fewer permutations, where no number was asked for."""
        return self if self.permutations is not None else replace(self, permutations=PERMUTATIONS_BESIDE)

    def decided(self, fit: Fit) -> Decision:
        """Return the decision about a fit."""
        return decide(fit, self.about)

    def resolved(self, fit: Fit) -> Inference:
        """Return the method taken for a fit; whether resampling can be computed is seen only when it is done."""
        asked = "taken", self, fit.estimator
        known: tuple[Estimate, Inference] | None = fit.design.workings.get(asked)
        if known is None or known[0] is not fit.estimate:
            known = fit.design.workings[asked] = fit.estimate, self._resolve(fit)
        return known[1]

    def _resolve(self, fit: Fit) -> Inference:
        decision = self.decided(fit)
        for name in list_steps(decision):
            method = self.chosen(fit, decision, name)
            if name not in ANALYTIC:
                return method
            try:
                if has_answer(method.infer_views(fit, ["overall"], np.random.default_rng(0))):
                    return method
            except TwintradeError:
                continue
        return self.chosen(fit, decision)

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return bands of the method taken, under its own name."""
        return self.infer_views(fit, [view], rng)[view]

    def infer_views(self, fit: Fit, views: Sequence[View], rng: np.random.Generator) -> dict[View, Bands]:
        """Return bands for several views; clustered errors stand beside in the facts where they were not taken."""
        decision = self.decided(fit)
        method, bands, tried = self._descend(fit, views, rng, decision)
        about: About = SPEAKS.get(method, "like these") if decision.about == "these" else decision.about
        level: Literal["info", "warning"] = "info" if method == "scaled" else "warning"
        reasons = Listed((*decision.reasons, *tried), "semicolon")
        taken = Text(
            "inference.taken",
            method=find_fact("labels.inference-", method),
            reasons=reasons,
            about=about.replace(" ", "-"),
        )
        message = Message(level, f"inference-{method}", taken)
        return {
            view: replace(
                view_bands,
                facts={
                    **view_bands.facts,
                    **decision.facts,
                    "about": about,
                    **self._beside(fit, view_bands, method, decision),
                },
                messages=(message, *view_bands.messages),
            )
            for view, view_bands in bands.items()
        }

    def _descend(
        self, fit: Fit, views: Sequence[View], rng: np.random.Generator, decision: Decision
    ) -> tuple[Method, dict[View, Bands], list[Text]]:
        """Go down the ladder from the method named to the first that can be computed."""
        tried: list[Text] = []
        last: tuple[Method, dict[View, Bands]] | None = None
        for name in list_steps(decision):
            try:
                bands = self.chosen(fit, decision, name).infer_views(fit, views, rng)
            except TwintradeError as error:
                tried.append(Text("inference.because-failed", method=name, reason=error.text))
                continue
            if has_answer(bands):
                return name, bands, tried
            tried.append(Text("inference.because-no-p", method=name))
            last = (name, bands)
        if last is None:
            reasons = Listed((*decision.reasons, *tried), "semicolon")
            raise InferenceError(Text("inference.none-holds", reasons=reasons))
        return *last, tried

    def _beside(self, fit: Fit, bands: Bands, method: Method, decision: Decision) -> Facts:
        """Return clustered errors, labelled, where another method was taken and they exist."""
        if method in ("scaled", "clustered") or not decision.situation.has_influence:
            return {}
        try:
            se = Clustered().sandwich(fit, bands.estimate).se
        except TwintradeError:
            return {}
        return {f"clustered_se_{name}": float(v) for name, v in zip(bands.estimate.names, se, strict=True)}


def list_steps(decision: Decision) -> list[Method]:
    """Return the methods of the ladder from the one named on; plain clustered errors where enough clusters count."""
    start = LADDER.index(decision.method)
    steps: list[Method] = [name for name in LADDER[start:] if name != "none"]
    if decision.method == "scaled" and decision.situation.fewest_effective[1] < CLUSTERED_FROM:
        steps.remove("clustered")
    return steps


def has_answer(bands: dict[View, Bands]) -> bool:
    """Whether the headline has a p-value, or any effect where the headline is not among the views."""
    asked = [bands["overall"]] if "overall" in bands else list(bands.values())
    return any(bool(np.isfinite(one.p).any()) for one in asked)


# An inference that has already spoken about an estimate, for checks that print the estimate again.

ROUNDING = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reported(Inference):
    """Returns the bands reported for an estimate wherever it comes up again, and infers about every other.

    Attributes
    ----------
    method : Inference
        For estimates that have no bands yet.
    bands : mapping of View to Bands
        As reported.
    elsewhere : tuple of Bands
        By the same method, of other columns: the leads of one are the event times of another.
    """

    method: Inference
    bands: Mapping[View, Bands]
    elsewhere: tuple[Bands, ...] = ()

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return the reported bands of the same estimate, else those of the method."""
        reported = self.bands.get(view)
        for known in (*([] if reported is None else [reported]), *self.elsewhere):
            if _is_same(known.estimate, fit.view(view)):
                return known
        return self.method.infer(fit, view, rng)


def _is_same(one: Estimate, other: Estimate) -> bool:
    """Whether two estimates agree in the rows used and in every effect, but for rounding."""
    if one is other:
        return True
    if (one.kind, one.scale, one.names) != (other.kind, other.scale, other.names):
        return False
    within = ROUNDING * float(np.nanmax(np.abs(one.effects), initial=0.0))
    return np.allclose(one.effects, other.effects, rtol=0.0, atol=within, equal_nan=True) and np.array_equal(
        one.sample.rows, other.sample.rows
    )


def resolve_method(fit: Fit, inference: Inference) -> Inference:
    """Return the method behind an inference: what ``auto`` takes for the fit, without reported bands."""
    if isinstance(inference, Reported):
        return resolve_method(fit, inference.method)
    return inference.resolved(fit) if isinstance(inference, Auto) else inference
