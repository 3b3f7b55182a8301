"""What agreements that no register knows would do: a share of the comparison pairs, or the worst few of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic, Judged, Yardstick, judge_choices
from twintrade.diagnostics.variants import format_effect, format_range, measure_headline, name_tolerance
from twintrade.effects import Finding, Verdict
from twintrade.errors import EstimationError, InferenceError, TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.imputing import ComparisonUnits, prepare_comparison_units
from twintrade.fanout import Arrays, run_jobs
from twintrade.inference.base import Inference
from twintrade.text import Listed, Text, Words, pack_text

COLUMNS = ("label", "label_text", "left_out", "effect", "low", "high")
Row: TypeAlias = tuple[str, str, str, float, float, float]
ENDS = ("lowest", "highest")
FEWEST = 4
"""Comparison units below which leaving two of them out says nothing."""
RETRIED = 2
"""Units at each end that are refitted where one Newton step found them."""
MOST_TRIED = 20
"""Units that the search for a breakdown leaves out at most."""


@dataclass(frozen=True, slots=True)
class WithoutSome:
    """The overall effect without some comparison units."""

    units: tuple[str, ...]
    effect: float


Worst: TypeAlias = Mapping[int, tuple[WithoutSome, WithoutSome]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenAgreements(Diagnostic):
    """The effect if some comparison pairs had agreements that nobody recorded.

    Attributes
    ----------
    shares : tuple of float
        Of the comparison pairs with a hidden agreement.
    coverage : float or None
        Share of all agreements that the registry holds, where that is known: those that it lacks are then laid on the
        comparison pairs, and their share stands in place of the others.
    most : int
        Comparison pairs left out together, those beyond two one after another.
    """

    shares: tuple[float, ...] = (0.05, 0.1, 0.2)
    coverage: float | None = None
    most: int = 5
    name: ClassVar[str] = "hidden_agreements"
    citation: ClassVar[str] = "denteh2022"

    def __post_init__(self) -> None:
        if not self.shares or not all(0 < share < 1 for share in self.shares):
            raise InferenceError(f"shares lie between 0 and 1, not {list(self.shares)}")
        if self.coverage is not None and not 0 < self.coverage < 1:
            raise InferenceError(f"coverage lies between 0 and 1, not {self.coverage}")
        if self.most < 3:
            raise InferenceError(f"most is a number of pairs from 3 on, not {self.most}")

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the effect under each share and without the worst pairs; payload ``hidden_agreements``."""
        if "overall" not in fit.views or fit.design.observations.is_ever_treated.all():
            return self.unavailable(Text("checks.hidden-none"))
        shares = self.shares if self.coverage is None else (compute_hidden_share(fit, self.coverage),)
        if not shares[0] < 1:
            return self.unavailable(Text("checks.hidden-more", units=fit.design.panel.unit_kind))
        headline = measure_headline(fit, inference, rng)
        rows: list[Row] = [_share_row(headline, share) for share in shares]
        sentences: list[Words] = [_say_shares(headline, fit, shares)]
        verdict: Verdict = "cannot tell"
        bound = float("nan")
        try:
            units = _prepare(fit, headline.effect)
            worst = self._find_worst(fit, units)
        except TwintradeError as error:
            sentences.append(Text("checks.hidden-no-worst", reason=error.text))
        else:
            rows += [_left_row(n, end, one) for n in worst for end, one in zip(ENDS, worst[n], strict=True)]
            moves = np.array([one.effect - headline.effect for n in worst if n < 3 for one in worst[n]])
            verdict, bound = judge_choices(moves, headline), float(np.abs(moves).max())
            sentences.append(_say_worst(worst, fit, units))
            if headline.is_distinguishable:
                sentences.append(_say_breakdown(fit, units, worst))
            sentences.append(_say_verdict(verdict, bound, headline, fit))
        table = pd.DataFrame(rows, columns=list(COLUMNS))
        return self.conclude(
            Listed(tuple(sentences), "sentences"),
            table,
            Judged(verdict, bound, headline.tolerance),
            value=bound,
            unit=fit.estimate.scale,
        )

    def _find_worst(self, fit: Fit, units: ComparisonUnits) -> Worst:
        """Return by number of comparison units left out those without which the effect is lowest and highest."""
        known = [k for k in np.argsort(units.changes) if np.isfinite(units.changes[k])]
        n = 1 if units.is_exact else RETRIED
        ones: list[tuple[str, ...]] = [(units.names[k],) for k in (*known[:n], *known[-n:])]
        pairs = [units.name_units(one.groups) for one in units.find_extreme_pairs()]
        greedy = [units.remove_greedily(sign, self.most) for sign in (-1, 1)]
        many = [units.name_units(some[-1].groups) for some in greedy if len(some) == self.most]
        done = _refit_without(fit, {*ones, *pairs, *many})
        sets: dict[int, list[tuple[str, ...]]] = {1: ones, 2: pairs, self.most: many}
        ends = {number: _find_ends([WithoutSome(s, done[s]) for s in some]) for number, some in sets.items()}
        if ends[1] is None or ends[2] is None:
            raise EstimationError(Text("checks.hidden-few", units=fit.design.panel.unit_kind))
        return {number: end for number, end in ends.items() if end is not None}


def compute_hidden_share(fit: Fit, coverage: float) -> float:
    """Return the share of comparison units with one of the n (1 / coverage - 1) agreements that are not on record."""
    o = fit.design.observations
    n_treated = int(o.is_ever_treated.sum())
    return float(n_treated * (1 / coverage - 1) / (o.n_units - n_treated))


def _say_shares(headline: Yardstick, fit: Fit, shares: Sequence[float]) -> Text:
    scale = fit.estimate.scale
    return Text(
        "checks.hidden-share",
        shares=Listed(tuple(Text("checks.hidden-one-share", share=s) for s in shares), "or"),
        n=len(shares),
        units=fit.design.panel.unit_kind,
        effects=Listed(tuple(format_effect(headline.effect / (1 - s), scale) for s in shares), "or"),
        effect=format_effect(headline.effect, scale),
    )


def _prepare(fit: Fit, effect: float) -> ComparisonUnits:
    family = fit.estimator.imputes_by
    if family is None or fit.design.statistics is not None:
        raise EstimationError(Text("checks.hidden-imputation"))
    units = prepare_comparison_units(fit.design, family, fit.estimator.options()["measure"], effect)
    if np.isfinite(units.changes).sum() < FEWEST:
        raise EstimationError(Text("checks.hidden-few", units=fit.design.panel.unit_kind))
    return units


def _refit_without(fit: Fit, sets: Collection[tuple[str, ...]]) -> dict[tuple[str, ...], float]:
    """Return the overall effect without each set of units, NaN where it cannot be estimated."""
    jobs = {", ".join(names): names for names in sorted(sets)}
    done = run_jobs("hidden_agreements", _without, jobs, shared=fit)
    values = [float("nan") if one.values is None else float(one.values["effect"]) for one in done]
    return dict(zip(jobs.values(), values, strict=True))


def _without(fit: Fit, units: tuple[str, ...], rng: np.random.Generator) -> Arrays:
    return {"effect": fit.refit(fit.design.without(units), "overall").view("overall").effects[0]}


def _find_ends(sets: list[WithoutSome]) -> tuple[WithoutSome, WithoutSome] | None:
    known = [one for one in sets if np.isfinite(one.effect)]
    if not known:
        return None
    return min(known, key=lambda one: one.effect), max(known, key=lambda one: one.effect)


def _share_row(headline: Yardstick, share: float) -> Row:
    label = Text("checks.hidden-share-label", share=share)
    low, effect, high = (value / (1 - share) for value in (headline.low, headline.effect, headline.high))
    return str(label), pack_text(label), "", effect, low, high


def _left_row(n: int, end: str, one: WithoutSome) -> Row:
    label = Text("checks.hidden-left-label", n=n, end=end)
    return str(label), pack_text(label), ", ".join(one.units), one.effect, np.nan, np.nan


def _say_worst(worst: Worst, fit: Fit, searched: ComparisonUnits) -> Text:
    scale, numbers = fit.estimate.scale, sorted(worst)
    ranges = [
        Text(
            "checks.hidden-range",
            n=n,
            units=fit.design.panel.unit_kind,
            low=format_effect(worst[n][0].effect, scale),
            high=format_effect(worst[n][1].effect, scale),
            range=format_range(worst[n][0].effect, worst[n][1].effect, scale),
        )
        for n in numbers
    ]
    farthest = max(worst[1], key=lambda one: abs(one.effect - float(fit.view("overall").effects[0])))
    return Text(
        "checks.hidden-worst",
        ranges=Listed(tuple(ranges), "semicolon"),
        unit=farthest.units[0],
        units=fit.design.panel.unit_kind,
        exact="no" if not searched.is_exact else "yes" if searched.has_all else "some",
        sought=len(searched.removals.members),
    )


def _say_breakdown(fit: Fit, units: ComparisonUnits, worst: Worst) -> Text:
    """Say how few comparison units carry the estimate to zero: all sets of one and two, then one after another."""
    sign, kind = (-1 if units.effect > 0 else 1), fit.design.panel.unit_kind
    for n in (1, 2):
        for one in worst.get(n, ()):
            if one.effect * sign >= 0:
                return _breakdown(one.units, units, kind, is_fewest=units.is_exact and units.has_all)
    sets = units.remove_greedily(sign, MOST_TRIED)
    for some in sets[2:]:
        names = units.name_units(some.groups)
        if units.apply(some.change) * sign >= 0 and _refit_without(fit, {names})[names] * sign >= 0:
            return _breakdown(names, units, kind, is_fewest=False)
    return Text("checks.hidden-no-breakdown", n=len(sets), all=len(units.names), units=kind)


def _breakdown(names: tuple[str, ...], units: ComparisonUnits, kind: str, *, is_fewest: bool) -> Text:
    return Text(
        "checks.hidden-breakdown",
        n=len(names),
        all=len(units.names),
        names=Listed(names, "comma"),
        units=kind,
        fewest="yes" if is_fewest else "no",
    )


def _say_verdict(verdict: Verdict, bound: float, headline: Yardstick, fit: Fit) -> Text:
    return Text(
        "checks.hidden-verdict",
        verdict=verdict.replace(" ", "-"),
        moved=format_effect(bound, fit.estimate.scale),
        **name_tolerance(headline.tolerance, fit.estimate.scale),
    )
