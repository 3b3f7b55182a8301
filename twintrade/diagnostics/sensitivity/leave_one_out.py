"""The estimate without each city, partner, cohort, period or treated unit, and without the worst few pairs."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, TypeAlias

import numpy as np
import pandas as pd

from twintrade.design import Design, Donors
from twintrade.design.case import find_aggregates
from twintrade.diagnostics import variants
from twintrade.diagnostics.base import Diagnostic, Judgment, Yardstick, judge_choices, require
from twintrade.diagnostics.variants import ComparedVariants, Variant, VariantCheck, format_effect
from twintrade.effects import Estimate, Finding
from twintrade.errors import EstimationError, InferenceError, TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.imputing import ComparisonUnits, prepare_comparison_units
from twintrade.estimators.twfe import TWFE
from twintrade.fanout import run_jobs
from twintrade.inference.base import Inference
from twintrade.inference.refits import replace_outcome
from twintrade.numerics.arrays import FloatArray, ObjectArray
from twintrade.text import Listed, Text, Value, Words, pack_both

# Whether the result hangs on the unit of money: it must not, and under log(1 + X) it does.

SAME = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescaling(Diagnostic):
    """The estimate in other units of money, and log(1 + X) in the same units to show that it moves.

    Attributes
    ----------
    factors : tuple of float
        The outcome is divided by these.
    """

    factors: tuple[float, ...] = (1.0, 1000.0, 1_000_000.0)
    name: ClassVar[str] = "rescaling"
    citation: ClassVar[str] = "chen2024"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a unit of money and method; payload ``rescaling``."""
        raw = fit.design.panel.values(fit.design.outcome)
        rows = [self._divide(fit, raw, factor) for factor in self.factors]
        effects = np.array([row["effect"] for row in rows])
        scale = fit.estimate.scale
        expected = np.full(effects.size, effects[0])
        if scale == "level":
            expected = effects[0] / np.array(self.factors) * self.factors[0]
        require(np.isfinite(effects[0]), Text("checks.not-made-again", reason=rows[0]["reason"]))
        moves = effects - expected
        is_stable = bool(np.nanmax(np.abs(moves) / np.maximum(np.abs(expected), 1e-300)) < SAME)
        judged = judge_choices(moves, variants.measure_headline(fit, inference, rng))
        if is_stable:
            judged = replace(judged, verdict="does not object")
        bad = [self._log_plus_one(fit, raw, factor) for factor in self.factors] if (raw >= 0).all() else []
        moved = np.array([row["effect"] for row in bad])
        text: Words = Text(
            "checks.rescaling",
            factor=max(self.factors),
            change="unstable" if not is_stable else "level" if scale == "level" else "none",
            moved=format_effect(judged.bound, scale),
        )
        if moved.size > 1:
            ends = variants.format_effects("log points", low=moved.min(), high=moved.max())
            text = Listed((text, Text("checks.rescaling-plus-one", **ends)), "sentences")
        return self.conclude(
            text,
            pd.DataFrame(rows + bad),
            judged,
            value=float(np.ptp(moved)) if moved.size else float("nan"),
            unit="log points",
        )

    def _divide(self, fit: Fit, raw: FloatArray, factor: float) -> dict[str, Any]:
        design = fit.design
        columns = {**design.panel.columns, design.outcome: raw / factor}
        changed = replace(design, panel=replace(design.panel, columns=columns))
        label = Text("checks.rescaling-label", method=fit.estimator.title or fit.estimator.name, factor=factor)
        return _attempt(label, factor, lambda: fit.refit(changed, "overall").view("overall"))

    def _log_plus_one(self, fit: Fit, raw: FloatArray, factor: float) -> dict[str, Any]:
        level = fit.design.with_outcome(fit.design.outcome, "level")
        changed = replace_outcome(level, np.log1p(raw[level.observations.rows] / factor))
        label = Text("checks.rescaling-log", factor=factor)
        return _attempt(label, factor, lambda: TWFE(shape="static").estimate(changed))


def _attempt(label: Text, factor: float, make: Callable[[], Estimate]) -> dict[str, Any]:
    """Return an estimate's row, or why it cannot be made."""
    row: dict[str, Any] = {**pack_both("label", label), "factor": factor, "effect": np.nan, "reason": ""}
    try:
        return row | {"effect": float(make().effects[0])}
    except TwintradeError as error:
        return row | {"reason": str(error)}


DIMENSIONS = ("unit", "city", "partner", "cohort", "period")


def iterate_without_each(design: Design, dimension: str, most: int) -> Iterator[Variant]:
    """Yield the design without one member at a time, up to ``most``, those with a treated row first."""
    if dimension not in DIMENSIONS:
        raise InferenceError(f"cannot leave out by {dimension!r}; known: {', '.join(DIMENSIONS)}")
    panel, o = design.panel, design.observations
    of_units: dict[str, tuple[ObjectArray, Callable[[Any], str]]] = {
        "unit": (np.arange(o.n_units), lambda k: str(o.unit_ids[k])),
        "city": (panel.unit_city[o.unit_rows], lambda k: str(panel.cities[k])),
        "partner": (panel.unit_partner[o.unit_rows], lambda k: str(panel.partners[k])),
        "cohort": (o.unit_onset, lambda onset: panel.label(int(onset))),
        "period": (o.periods, lambda period: panel.label(int(period))),
    }
    members, name_member = of_units[dimension]
    codes = np.unique(members)
    if dimension != "period":
        is_treated = np.isin(codes, members[o.unit_onset <= o.periods[-1]])
        others = codes[~is_treated] if dimension in ("city", "partner") else ()
        codes = np.array([*codes[is_treated], *others])
    for code in codes[:most]:
        if dimension == "period":
            changed = design.restricted(panel.period != code)
        else:
            changed = design.without([str(u) for u in o.unit_ids[members == code]])
        label = Text("checks.leave-one-out-label", dimension=dimension, name=name_member(code))
        yield Variant(label, dimension, changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveOneOut(VariantCheck):
    """Whether one member carries the estimate.

    Attributes
    ----------
    by : tuple of str
        "unit" (treated ones), "city", "partner", "cohort", "period".
    most : int
        Members left out per dimension at most.
    """

    by: tuple[str, ...] = ("city", "partner", "cohort")
    most: int = 60
    name: ClassVar[str] = "leave_one_out"
    payload_kinds: ClassVar = {"leave_one_out": "variants"}
    most_draws: ClassVar[int] = 99
    has_tests: ClassVar[bool] = False

    def vary(self, fit: Fit) -> list[Variant]:
        """Return the design without one member at a time."""
        return [v for d in self._dimensions(fit) for v in iterate_without_each(fit.design, d, self.most)]

    def _dimensions(self, fit: Fit) -> list[str]:
        return [d for d in self.by if fit.design.panel.is_dyadic or d != "partner"]

    def _refuse(self, table: pd.DataFrame) -> Words:
        return Text("checks.leave-one-out-none")

    def say(self, seen: ComparedVariants) -> Finding:
        """Return the range of the effects and the member that moves the estimate most."""
        known, effect = seen.known["effect"], float(seen.fit.view("overall").effects[0])
        table = seen.table.assign(change=seen.table["effect"] - effect)
        most = seen.known.iloc[int((known - effect).abs().argmax())]
        text = Text(
            "checks.leave-one-out",
            members=Listed(tuple(self._dimensions(seen.fit)), "or"),
            effect=seen.show(effect),
            label=str(most["label"]),
            moved=seen.show(float(most["effect"])),
            flips=int((known * effect < 0).sum()),
            n=len(known),
            **seen.name_range(),
        )
        first = {"group": "", "reason": "", "change": 0.0, "difference": 0.0} | asdict(seen.headline)
        first |= pack_both("label", Text("checks.leave-one-out-all"))  # the estimate with everybody
        drawn = pd.concat([pd.DataFrame([first]), table], ignore_index=True)[list(table.columns)]
        farthest = float((known - effect).abs().max())
        return self.report(seen, text, farthest, table=table, payloads={self.name: drawn})


# What agreements that no register knows would do: a share of the comparison pairs, or the worst few of them.

HIDDEN_COLUMNS = ("label", "label_text", "left_out", "effect", "low", "high", "coverage", "share", "share_ever")
HiddenRow: TypeAlias = Mapping[str, str | float]  # by column, those that a row has
ENDS = ("lowest", "highest")
FEWEST = 4  # comparison units below which leaving two of them out says nothing
RETRIED = 2  # units at each end that are refitted where one Newton step found them
MOST_TRIED = 20  # units that the search for a breakdown leaves out at most


@dataclass(frozen=True, slots=True)
class WithoutSome:
    """The overall effect without some comparison units."""

    units: tuple[str, ...]
    effect: float


@dataclass(frozen=True, slots=True)
class HiddenShare:
    """Of the comparison units, those taken to have an agreement that nobody recorded."""

    share: float  # with one that began within the data
    coverage: float = np.nan  # of the register from which the share follows, NaN where the share was given
    of_all: float = np.nan  # with one that began at any time


Worst: TypeAlias = Mapping[int, tuple[WithoutSome, WithoutSome]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenAgreements(Diagnostic):
    """The effect if some comparison pairs had agreements that nobody recorded.

    Attributes
    ----------
    coverage : float
        Share of all agreements that the register holds. Those it lacks are spread over the comparison pairs. By
        default .93, as counted on the pages of US cities: 20 of 282 pairs were in no list; those pages are no random
        sample, so that no interval goes with it.
    coverage_within : float or None
        The same share of agreements that began within the data, which alone move the estimate; ``coverage`` where
        None.
    sensitivity : tuple of float
        Further values of both shares.
    shares : tuple of float
        Shares of the comparison pairs with a hidden agreement from within the data, in place of all coverages.
    most : int
        Comparison pairs left out together, those beyond two one after another.
    """

    coverage: float = 0.93
    coverage_within: float | None = None
    sensitivity: tuple[float, ...] = (0.75, 0.5)
    shares: tuple[float, ...] = ()
    most: int = 5
    name: ClassVar[str] = "hidden_agreements"
    citation: ClassVar[str] = "denteh2022"

    def __post_init__(self) -> None:
        if not all(0 < share < 1 for share in self.shares):
            raise InferenceError(f"shares lie between 0 and 1, not {list(self.shares)}")
        within = self.coverage if self.coverage_within is None else self.coverage_within
        if not all(0 < coverage <= 1 for coverage in (self.coverage, within, *self.sensitivity)):
            raise InferenceError("coverage, coverage_within and sensitivity lie above 0 and not above 1")
        if self.most < 3:
            raise InferenceError(f"most is a number of pairs from 3 on, not {self.most}")

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the effect under each share and without the worst pairs; payload ``hidden_agreements``."""
        sample = fit.view("overall").sample if "overall" in fit.views else None
        if sample is None or sample.n_treated_units == sample.n_units:
            return self.unavailable(Text("checks.hidden-none"))
        shares = self._list_shares(fit)
        require(shares, Text("checks.hidden-more", units=fit.design.panel.unit_kind))
        headline, scale = variants.measure_headline(fit, inference, rng), fit.estimate.scale
        rows: list[HiddenRow] = [_share_row(headline, share) for share in shares]
        sentences: list[Words] = [_say_shares(headline, fit, shares)]
        judged = Judgment("cannot tell", tolerance=headline.tolerance)
        try:
            units, worst = self._find_worst(fit, headline.effect)
        except TwintradeError as error:
            sentences.append(Text("checks.hidden-no-worst", reason=error.text))
        else:
            for n in worst:
                for end, one in zip(ENDS, worst[n], strict=True):
                    label = pack_both("label", Text("checks.hidden-left-label", n=n, end=end))
                    rows.append({**label, "left_out": ", ".join(one.units), "effect": one.effect})
            moves = np.array([one.effect - headline.effect for n in worst if n < 3 for one in worst[n]])
            judged = judge_choices(moves, headline)
            sentences.append(_say_worst(worst, fit, units))
            if headline.is_distinguishable:
                sentences.append(_say_breakdown(fit, units, worst))
            named = variants.name_tolerance(headline.tolerance, scale) | {"moved": format_effect(judged.bound, scale)}
            sentences.append(Text("checks.hidden-verdict", verdict=judged.verdict.replace(" ", "-"), **named))
        return self.conclude(
            Listed(tuple(sentences), "sentences"),
            pd.DataFrame(rows, columns=list(HIDDEN_COLUMNS)),
            replace(judged, best=0.0),  # docs/lab/power_of_checks.md
            value=judged.bound,
            unit=scale,
        )

    def _list_shares(self, fit: Fit) -> list[HiddenShare]:
        """Return the shares asked for, those of coverages that leave no comparison pair aside."""
        if self.shares:
            return [HiddenShare(share) for share in self.shares]
        within = self.coverage if self.coverage_within is None else self.coverage_within
        pairs = [(self.coverage, within), *((coverage, coverage) for coverage in self.sensitivity)]
        return [one for pair in pairs if (one := convert_coverage(fit, *pair)).share < 1]

    def _find_worst(self, fit: Fit, effect: float) -> tuple[ComparisonUnits, Worst]:
        """Return by number of comparison units left out those without which the effect is lowest and highest."""
        family, few = fit.estimator.imputes_by, Text("checks.hidden-few", units=fit.design.panel.unit_kind)
        if family is None or fit.design.statistics is not None:
            raise EstimationError(Text("checks.hidden-imputation"))
        units = prepare_comparison_units(fit.design, family, fit.estimator.options()["measure"], effect)
        require(np.isfinite(units.changes).sum() >= FEWEST, few)
        known = [k for k in np.argsort(units.changes) if np.isfinite(units.changes[k])]
        n = 1 if units.is_exact else RETRIED
        ones: list[tuple[str, ...]] = [(units.names[k],) for k in (*known[:n], *known[-n:])]
        pairs = [units.name_units(one.groups) for one in units.removals.find_extreme_pairs()]
        greedy = [units.removals.remove_greedily(sign, self.most) for sign in (-1, 1)]
        many = [units.name_units(some[-1].groups) for some in greedy if len(some) == self.most]
        done = _refit_without(fit, {*ones, *pairs, *many})
        worst: dict[int, tuple[WithoutSome, WithoutSome]] = {}
        for number, sets in ((1, ones), (2, pairs), (self.most, many)):
            known = [WithoutSome(some, done[some]) for some in sets if np.isfinite(done[some])]
            if known:
                worst[number] = min(known, key=lambda one: one.effect), max(known, key=lambda one: one.effect)
        require({1, 2} <= worst.keys(), few)
        return units, worst


def convert_coverage(fit: Fit, coverage: float, within: float) -> HiddenShare:
    """Return the share of comparison units with one of the n (1 / coverage - 1) agreements that are not on record.

    n counts pairs of the sample known to have an agreement at any time, dated or not, and those whose agreement began
    in the data; of a single case pairs of the whole panel, of which the donors are some of those without.
    """
    design, panel, sample = fit.design, fit.design.panel, fit.view("overall").sample
    o, excluded, onset = design.observations, design.treatment.excluded, design.treatment.aligned(panel.units)
    linked = [unit for unit, reason in excluded.items() if reason in ("undated", "other-kind")]
    is_known = (onset <= panel.last_period) | np.isin(panel.units, linked)
    is_case = isinstance(design.comparison, Donors)
    rows = (panel.values(design.outcome) != 0) & (True if is_case or design.kept is None else design.kept)
    trades = np.bincount(panel.unit[rows], minlength=panel.n_units) > 0
    if is_case:
        trades &= ~find_aggregates(design)
        is_within = (onset - design.anticipation > panel.first_period) & (onset <= panel.last_period)
        n_treated = int((trades & is_within).sum())
        n_comparison = int((trades & ~is_known & ~np.isin(panel.units, list(excluded))).sum())
    else:
        trades[o.unit_rows] = np.isin(np.arange(o.n_units), o.unit[sample.rows])
        n_treated, n_comparison = sample.n_treated_units, sample.n_units - sample.n_treated_units
    sizes = np.ones(panel.n_units) if design.statistics is None else design.statistics.moments.counts
    n_known = int(sizes[is_known & trades].sum())
    of_all, of_within = (n * (1 / c - 1) / n_comparison for n, c in ((n_known, coverage), (n_treated, within)))
    return HiddenShare(float(of_within), coverage, float(of_all))


def _say_shares(headline: Yardstick, fit: Fit, shares: Sequence[HiddenShare]) -> Text:
    scale = fit.estimate.scale
    effects = tuple(format_effect(headline.effect / (1 - one.share), scale) for one in shares)
    values = {"units": fit.design.panel.unit_kind, "effect": format_effect(headline.effect, scale), "n": len(shares)}
    if np.isnan(shares[0].coverage):
        named = Listed(tuple(Text("checks.hidden-one-share", share=one.share) for one in shares), "or")
        return Text("checks.hidden-share", shares=named, effects=Listed(effects, "or"), **values)
    first, *others = shares
    further = tuple(
        Text("checks.hidden-further", coverage=one.coverage, effect=effect)
        for one, effect in zip(others, effects[1:], strict=True)
    )
    return Text(
        "checks.hidden-coverage",
        further=Listed(further, "comma"),
        coverage=first.coverage,
        all=min(first.of_all, 1.0),
        share=first.share,
        changed=effects[0],
        **values,
    )


def _refit_without(fit: Fit, sets: Collection[tuple[str, ...]]) -> dict[tuple[str, ...], float]:
    """Return the overall effect without each set of units, NaN where it cannot be estimated."""
    jobs = {", ".join(names): names for names in sorted(sets)}
    done = run_jobs("hidden_agreements", variants.estimate_without, jobs, shared=fit)
    values = [float("nan") if one.values is None else float(one.values["effect"]) for one in done]
    return dict(zip(jobs.values(), values, strict=True))


def _share_row(headline: Yardstick, hidden: HiddenShare) -> HiddenRow:
    shares = {"share": hidden.share, "coverage": hidden.coverage}
    label = Text(f"checks.hidden-{'share' if np.isnan(hidden.coverage) else 'coverage'}-label", **shares)
    ends = {name: value / (1 - hidden.share) for name, value in asdict(headline).items()}
    return {**pack_both("label", label), "left_out": "", **ends, **shares, "share_ever": hidden.of_all}


def _say_worst(worst: Worst, fit: Fit, searched: ComparisonUnits) -> Text:
    scale, kind = fit.estimate.scale, fit.design.panel.unit_kind
    ranges = tuple(
        Text(
            "checks.hidden-range",
            n=n,
            units=kind,
            range=variants.format_range(low.effect, high.effect, scale),
            **variants.format_effects(scale, low=low.effect, high=high.effect),
        )
        for n, (low, high) in sorted(worst.items())
    )
    farthest = max(worst[1], key=lambda one: abs(one.effect - float(fit.view("overall").effects[0])))
    return Text(
        "checks.hidden-worst",
        ranges=Listed(ranges, "semicolon"),
        unit=farthest.units[0],
        units=kind,
        exact="no" if not searched.is_exact else "yes" if searched.has_all else "some",
        sought=len(searched.removals.members),
    )


def _say_breakdown(fit: Fit, units: ComparisonUnits, worst: Worst) -> Text:
    """Say how few comparison units carry the estimate to zero: all sets of one and two, then one after another."""
    sign, kind = (-1 if units.effect > 0 else 1), fit.design.panel.unit_kind
    named: dict[str, Value] = {"all": len(units.names), "units": kind}
    names = next((one.units for one in (*worst[1], *worst[2]) if one.effect * sign >= 0), ())
    is_fewest = len(names) > 0 and units.is_exact and units.has_all
    if not names:
        sets = units.removals.remove_greedily(sign, MOST_TRIED)
        far = (units.name_units(some.groups) for some in sets[2:] if units.apply(some.change) * sign >= 0)
        names = next((some for some in far if _refit_without(fit, {some})[some] * sign >= 0), ())
        if not names:
            return Text("checks.hidden-no-breakdown", n=len(sets), **named)
    named |= {"n": len(names), "names": Listed(names, "comma")}
    return Text("checks.hidden-breakdown", fewest=is_fewest, **named)
