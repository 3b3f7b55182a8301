"""Takes the inference that the decision table names for a design, and says which, why, and about what."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

import numpy as np

from twintrade.design import Design
from twintrade.design.costs import Work, compute_cost, list_kinds, measure_size
from twintrade.effects import Bands, Estimate, Message
from twintrade.errors import InferenceError, TwintradeError
from twintrade.estimators.base import Estimator, Fit, View
from twintrade.inference.base import Inference, SharedInference
from twintrade.inference.choosing.decision import CLUSTERED_FROM, LADDER, About, Decision, Method, decide
from twintrade.inference.clustered import Clustered, Facts
from twintrade.inference.crv2 import Jackknife, Scaled
from twintrade.inference.placebo import Placebo
from twintrade.inference.randomization import Randomization
from twintrade.inference.wild import Wild
from twintrade.text import Listed, Text, find_fact

PERMUTATIONS, PERMUTATIONS_BESIDE = 499, 199  # with either a p-value of .05 is one of those that can come out
SPEAKS: dict[str, About] = {"randomization": "these", "placebo": "these"}
"""Which agreements a method's p-value is about, where that is not agreements like these."""


@dataclass(frozen=True, slots=True, eq=False)
class InferencePlan:
    """What an inference does for an estimate, known before any of it is begun."""

    estimator: Estimator
    design: Design
    inference: Inference  # that speaks: of `auto`, the one it takes
    refits: int  # estimates with agreements that are assigned otherwise, or without clusters

    @property
    def draws(self) -> int:
        """Assignments of agreements that are estimated."""
        return self.refits if self.inference.name == "randomization" else 0

    @property
    def work(self) -> Work:
        """What it costs by: errors and draws by the method, clusters left out by an estimate each."""
        name, is_again = self.inference.name, self.refits > 0 and self.inference.name == "jackknife"
        stem = "estimate" if is_again else {"randomization": "inference-draws", "scaled": "inference-auto"}.get(name)
        kinds = list_kinds(stem, self.estimator.name, is_poisson=self.estimator.is_poisson) if stem else ()
        times = self.refits if is_again else 1.0
        return Work("", kinds or (f"inference/{name}", "inference"), measure_size(self.design), times, self.draws)

    @property
    def seconds(self) -> float:
        """Seconds on one core."""
        return compute_cost(self.work)

    @property
    def megabytes(self) -> float:
        """Memory for the onsets of all units in all draws."""
        return self.draws * self.design.panel.n_units * 8e-6


def plan_inference(inference: Inference, fit: Fit, views: Sequence[View]) -> InferencePlan:
    """Return what an inference does for some views of a fit, or raise why it cannot."""
    if isinstance(inference, Auto):
        return inference.plan(fit, views)
    return InferencePlan(fit.estimator, fit.design, inference, inference.plan_refits(fit, views).n)


@dataclass(frozen=True, slots=True, kw_only=True)
class Auto(SharedInference):
    """Takes scaled clustered errors where the design bears them, else the next method that it bears, and says why.

    Attributes
    ----------
    about : {"these", "like these"}
        Whether the p-value is to speak of the effect of these agreements, or of agreements like these.
    draws : int
        For simultaneous bands under scaled, clustered and jackknife errors.
    permutations : int or None
        For randomization; None takes 499, and 199 for columns beside the headline.
    """

    about: About = "these"
    draws: int = 4999
    permutations: int | None = None
    level: float = 0.95
    name: ClassVar[str] = "auto"
    citation: ClassVar[str] = "mackinnon2023guide"

    def chosen(self, decision: Decision, method: Method | None = None) -> Inference:
        """Return the method that a decision names, or another of the ladder, with this one's options."""
        name = method or decision.method
        if name == "randomization":
            statistic: Literal["default", "t"] = "default" if decision.about == "these" else "t"
            noise: Literal["by_size", "by_row"] = "by_row" if decision.code == "leverage-one" else "by_size"
            draws = PERMUTATIONS if self.permutations is None else self.permutations
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

    def beside_headline(self) -> Self:
        """Return the same with fewer permutations, where no number was asked for."""
        return self if self.permutations is not None else replace(self, permutations=PERMUTATIONS_BESIDE)

    def decided(self, fit: Fit) -> Decision:
        """Return the decision about a fit, made once."""
        asked = "decided", self.about, fit.estimator
        known: tuple[Estimate, Decision] | None = fit.design.workings.get(asked)
        if known is None or known[0] is not fit.estimate:
            known = fit.design.workings[asked] = fit.estimate, decide(fit, self.about)
        return known[1]

    def plan(self, fit: Fit, views: Sequence[View]) -> InferencePlan:
        """Return what comes first on the ladder for a fit, from the sizes of its tables alone."""
        tried: list[Text] = []
        for plan in self._list_plans(fit, views, tried):
            return plan
        raise self._refuse(fit, tried)

    def resolved(self, fit: Fit) -> Inference:
        """Return the method taken for a fit; whether resampling can be computed is seen only when it is done."""
        asked = "taken", self, fit.estimator
        known: tuple[Estimate, Inference] | None = fit.design.workings.get(asked)
        if known is not None and known[0] is fit.estimate:
            return known[1]
        plan = self.plan(fit, ["overall"])
        if not plan.refits:
            plan = self._descend(fit, ["overall"], np.random.default_rng(0))[0]
        fit.design.workings[asked] = fit.estimate, plan.inference
        return plan.inference

    def infer_views(self, fit: Fit, views: Sequence[View], rng: np.random.Generator) -> dict[View, Bands]:
        """Return bands for several views; clustered errors stand beside in the facts where they were not taken."""
        decision = self.decided(fit)
        plan, bands, tried = self._descend(fit, views, rng)
        if "overall" in views:
            fit.design.workings["taken", self, fit.estimator] = fit.estimate, plan.inference
        method = plan.inference.name
        about: About = SPEAKS.get(method, "like these") if decision.about == "these" else decision.about
        level: Literal["info", "warning"] = "info" if method == "scaled" else "warning"
        reasons = Listed((*decision.reasons, *tried), "semicolon")
        named, whom = find_fact("labels.inference-", method), about.replace(" ", "-")
        taken = Text("inference.taken", method=named, reasons=reasons, about=whom)
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

    def _list_plans(self, fit: Fit, views: Sequence[View], tried: list[Text]) -> Iterator[InferencePlan]:
        """Yield what can be made, down the ladder from the method named, and last what is known to give no p-value.

        Why others come before is added to ``tried``.
        """
        silent, decision = [], self.decided(fit)
        for name in list_steps(decision):
            inference = self.chosen(decision, name)
            try:
                refits = inference.plan_refits(fit, views)
            except TwintradeError as error:
                tried.append(Text("inference.because-failed", method=name, reason=error.text))
                continue
            plan = InferencePlan(fit.estimator, fit.design, inference, refits.n)
            if refits.is_silent:
                tried.append(Text("inference.because-no-p", method=name))
                silent.append(plan)
            else:
                yield plan
        yield from reversed(silent)

    def _descend(
        self, fit: Fit, views: Sequence[View], rng: np.random.Generator
    ) -> tuple[InferencePlan, dict[View, Bands], list[Text]]:
        """Do what is planned; where that turns out to have no answer, what comes next on the ladder."""
        tried: list[Text] = []
        last: tuple[InferencePlan, dict[View, Bands]] | None = None
        for plan in self._list_plans(fit, views, tried):
            name = plan.inference.name
            try:
                bands = plan.inference.infer_views(fit, views, rng)
            except TwintradeError as error:
                tried.append(Text("inference.because-failed", method=name, reason=error.text))
                continue
            asked = [bands["overall"]] if "overall" in bands else list(bands.values())
            if any(bool(np.isfinite(one.p).any()) for one in asked):
                return plan, bands, tried
            no_p = Text("inference.because-no-p", method=name)
            tried += [no_p] if no_p not in tried else []
            last = (plan, bands)
        if last is None:
            raise self._refuse(fit, tried)
        return *last, tried

    def _refuse(self, fit: Fit, tried: Sequence[Text]) -> InferenceError:
        reasons = Listed((*self.decided(fit).reasons, *tried), "semicolon")
        return InferenceError(Text("inference.none-holds", reasons=reasons))

    def _beside(self, fit: Fit, bands: Bands, method: str, decision: Decision) -> Facts:
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
    steps: list[Method] = [name for name in LADDER[LADDER.index(decision.method) :] if name != "none"]
    if decision.method == "scaled" and decision.situation.fewest_effective[1] < CLUSTERED_FROM:
        steps.remove("clustered")
    return steps


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
