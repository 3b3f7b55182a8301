"""Every method that qualifies for the design, and every other comparison, with the headline."""

from dataclasses import astuple, dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.data.geography import load_places
from twintrade.design import Design, Donors, NeverTreated, NotYetTreated, count_always_compared
from twintrade.design.transforms import find_remainders
from twintrade.diagnostics import variants
from twintrade.diagnostics.base import INFORMS, Diagnostic, require
from twintrade.diagnostics.variants import NUMBERS, ComparedVariants, Variant, VariantCheck
from twintrade.effects import EventStudy, Finding, Influence, Message, UnitInfluence
from twintrade.errors import InferenceError, TwintradeError
from twintrade.estimators.base import ESTIMATORS, Fit
from twintrade.estimators.base import fit as estimate
from twintrade.inference.auto import resolve_method
from twintrade.inference.base import Inference
from twintrade.text import Listed, Text, Words, pack_both

# A regression held against imputation on the same rows, whose comparisons are all untreated.


def judge_regression(finding: Finding, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
    """Add a verdict on a regression that compares with treated rows: how far imputation lies from it."""
    if finding.reason or not fit.estimator.takes_treated or fit.estimator.options().get("unit_trends"):
        return finding
    try:
        robust = estimate_beside("imputation", fit)
        paired = variants.compare_paired(fit, robust, resolve_method(fit, inference), rng)
    except TwintradeError:
        return finding
    row = {"effect": float(robust.view("overall").effects[0])} | dict(zip(NUMBERS[4:], astuple(paired), strict=True))
    judged = variants.judge_table(pd.DataFrame([row]), variants.measure_headline(fit, inference, rng))
    scale = fit.estimate.scale
    difference, verdict = variants.format_effect(paired.effect, scale), variants.describe_judged(judged, scale)
    text = Listed((finding.text, Text("checks.robust", difference=difference, verdict=verdict)), "sentences")
    return replace(finding, verdict=judged.verdict, text=text, bound=judged.bound, tolerance=judged.tolerance)


def estimate_beside(name: str, fit: Fit) -> Fit:
    """Return another method's effect on the fit's design: beside a Poisson regression the total's, in log points."""
    method = ESTIMATORS[name]()
    options = {"family": "poisson", "measure": "percent"}
    if not fit.estimator.is_poisson or not options.keys() <= method.options().keys():
        return estimate(method, fit.design)
    total = estimate(ESTIMATORS[name](**options), fit.design)
    percent = total.view("overall")
    if not isinstance(percent.uncertainty, Influence):
        return total
    ratio = 1 + percent.effects / 100
    influence = UnitInfluence(percent.uncertainty.units, percent.uncertainty.matrix() / (100 * ratio))
    logs = replace(percent, effects=np.log(ratio), uncertainty=influence, scale="log points")
    return replace(total, estimate=logs)


COLUMNS = ("estimator", "estimator_text", "effect", "base", "target", *NUMBERS[4:], "reason", "reason_text")
PATH_COLUMNS = ("event_time", "series", "series_text", "value", "base")


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimators(Diagnostic):
    """All registered methods that qualify, on this fit's design and scale.

    Attributes
    ----------
    names : tuple of str
        Methods beside the fit's own; empty for all.
    """

    names: tuple[str, ...] = ()
    name: ClassVar[str] = "estimators"
    citation: ClassVar[str] = "sun2021"
    payload_kinds: ClassVar = {"estimators": "path"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a method; payload ``estimators`` has their event studies as series."""
        scale = fit.estimate.scale
        method = resolve_method(fit, inference)
        drawn = variants.draw_paired(fit, method, rng)
        rows, paths = list[dict[str, object]](), list[dict[str, object]]()
        titles: dict[str, Words] = {}
        for name in dict.fromkeys((fit.estimator.name, *(self.names or tuple(ESTIMATORS)))):
            estimator = fit.estimator if name == fit.estimator.name else ESTIMATORS[name]()
            title = titles[str(estimator.title)] = estimator.title
            row: dict[str, object] = {**pack_both("estimator", title), "base": ""}
            try:
                refit = fit if estimator is fit.estimator else estimate_beside(name, fit)
                overall = refit.view("overall")
                if overall.scale != scale:
                    raise InferenceError(Text("checks.estimators-scale", scale=overall.scale))
                paired = variants.compare_paired(fit, refit, method, rng, drawn)
                row |= dict(zip(NUMBERS[4:], astuple(paired), strict=True)) | pack_both("reason", "")
                row |= {"effect": overall.effects[0], "base": refit.estimate.base, "target": refit.estimator.target}
                paths += _list_path(refit, title)
            except TwintradeError as error:
                row |= pack_both("reason", error.text)
            rows.append(row)
        table = pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(("effect", *NUMBERS[4:]), np.float64))
        known = table.dropna(subset=["effect"])
        require(len(known) >= 2, Text("checks.estimators-few"))
        low, high = known.iloc[int(known["effect"].argmin())], known.iloc[int(known["effect"].argmax())]
        same = known[known["target"] == fit.estimator.target]
        is_alone = (same["estimator"] == str(fit.estimator.title)).all()
        judged = INFORMS if is_alone else variants.judge_table(same, variants.measure_headline(fit, inference, rng))
        others = tuple(titles[name] for name in known.loc[known["target"] != fit.estimator.target, "estimator"])
        text = Text(
            "checks.estimators",
            n=len(known),
            lowest=titles[str(low["estimator"])],
            highest=titles[str(high["estimator"])],
            **variants.format_effects(scale, low=low["effect"], high=high["effect"]),
            verdict=Text("checks.estimators-alone") if is_alone else variants.describe_judged(judged, scale),
        )
        other_target = Text("checks.estimators-target", names=Listed(others), n=len(others))
        return self.conclude(
            Listed((text, other_target), "sentences") if others else text,
            table,
            judged,
            payloads={"estimators": pd.DataFrame(paths, columns=list(PATH_COLUMNS)).assign(unit=scale)},
            value=float(high["effect"] - low["effect"]),
            unit=scale,
        )


def _list_path(fit: Fit, title: Words) -> list[dict[str, object]]:
    study = fit.view("event") if "event" in fit.views else None
    if not isinstance(study, EventStudy):
        return []
    named: dict[str, object] = {**pack_both("series", title), "base": study.base}
    return [named | {"event_time": e, "value": b} for e, b in zip(study.event_times, study.effects, strict=True)]


# The estimate against units never treated, and against units not yet treated.


@dataclass(frozen=True, slots=True)
class ComparisonCheck(VariantCheck):
    """Whether the choice of the untreated side matters."""

    name: ClassVar[str] = "comparison"
    citation: ClassVar[str] = "callaway2021"
    payload_kinds: ClassVar = {"comparison": "variants"}
    fewest: ClassVar[int] = 2

    def vary(self, fit: Fit) -> list[Variant]:
        """Return the design with each comparison."""
        sides = (NotYetTreated(), NeverTreated())
        return [Variant(side.label, "comparison", fit.design.compared_with(side)) for side in sides]

    def _refuse(self, table: pd.DataFrame) -> Words:
        return Text("checks.comparison-one", reasons=Listed(tuple(str(r) for r in table["reason"] if r), "semicolon"))

    def say(self, seen: ComparedVariants) -> Finding:
        """Return both effects, or that they are the same."""
        effects = seen.known["effect"].to_numpy(dtype=np.float64)
        gap, text = abs(float(effects[0] - effects[1])), Text("checks.comparison-same")
        if gap > variants.SAME * max(1.0, float(np.abs(effects).max())):
            sides = {name: seen.show(effect) for name, effect in zip(("not_yet", "never"), effects, strict=True)}
            text = Text("checks.comparison", units=seen.fit.design.panel.unit_kind, verdict=seen.describe(), **sides)
        return self.report(seen, text, gap)


# The estimate with a remainder of the partners, such as the rest of the world, in the comparison and without it.


@dataclass(frozen=True, slots=True)
class Remainder(VariantCheck):
    """What it changes that partners without rows of their own are in the comparison, some perhaps with agreements."""

    name: ClassVar[str] = "remainder"
    payload_kinds: ClassVar = {"remainder": "variants"}
    fewest: ClassVar[int] = 0

    def concerns(self, design: Design) -> bool:
        """Whether a partner is a remainder, and may be in the comparison or not."""
        is_of_donors = isinstance(design.comparison, Donors) or design.statistics is not None
        return not is_of_donors and bool(find_remainders(design.panel, design.totals_only))

    def vary(self, fit: Fit) -> list[Variant]:
        """Return the design with and without it."""
        design = fit.design
        require(self.concerns(design), Text("checks.remainder-none"))
        sides = {"yes": _keep(design, ()), "no": _keep(design, find_remainders(design.panel, design.totals_only))}
        return [Variant(Text("checks.remainder-label", compared=k), "", one) for k, one in sides.items()]

    def say(self, seen: ComparedVariants) -> Finding:
        """Return both effects, in a warning as well."""
        design, effects = seen.fit.design, seen.table["effect"].to_numpy(dtype=np.float64)
        partners = find_remainders(design.panel, design.totals_only)
        names = tuple(place.name if (place := load_places().get(p)) else p for p in partners)
        compared = len(set(partners) - set(design.totals_only))
        unknown = Text("checks.remainder-unknown")
        numbers = [seen.show(float(e)) if np.isfinite(e) else unknown for e in effects]
        note = Text(
            "checks.remainder",
            names=Listed(names),
            n=len(names),
            used="yes" if compared == len(partners) else "some" if compared else "no",
            compared=numbers[0],
            excluded=numbers[1],
        )
        messages = (Message("warning", "remainder", note), *variants.list_failures(self.name, seen.table))
        text = Listed((note, seen.describe()), "sentences")
        return self.report(seen, text, abs(float(effects[0] - effects[1])), messages=messages)


def _keep(design: Design, totals_only: tuple[str, ...]) -> Design:
    """Return the design with other partners for totals only; itself where they are the same."""
    return design if set(totals_only) == set(design.totals_only) else replace(design, totals_only=totals_only)


@dataclass(frozen=True, slots=True)
class AlwaysTreated(VariantCheck):
    """What it changes that units treated throughout are comparison, whose effect then must no longer change."""

    name: ClassVar[str] = "always_treated"
    payload_kinds: ClassVar = {"always_treated": "variants"}
    fewest: ClassVar[int] = 2

    def concerns(self, design: Design) -> bool:
        """Whether there are units treated throughout that may be left out."""
        return _count(design) > 0 and design.always_treated != "keep" and design.statistics is None

    def vary(self, fit: Fit) -> list[Variant]:
        """Return the design with and without them."""
        design = fit.design
        require(self.concerns(design), Text("checks.always-treated-none", units=design.panel.unit_kind))
        sides = {"yes": replace(design, always_treated="compare"), "no": replace(design, always_treated="exclude")}
        return [Variant(Text("checks.always-treated-label", compared=k), "", one) for k, one in sides.items()]

    def _refuse(self, table: pd.DataFrame) -> Words:
        return Text("checks.always-treated-failed", reason=str(table["reason"].max()))

    def say(self, seen: ComparedVariants) -> Finding:
        """Return both effects."""
        design, effects = seen.fit.design, seen.table["effect"].to_numpy(dtype=np.float64)
        text = Text(
            "checks.always-treated",
            n=_count(design),
            units=design.panel.unit_kind,
            used=design.always_treated == "compare",
            compared=seen.show(float(effects[0])),
            excluded=seen.show(float(effects[1])),
            verdict=seen.describe(),
        )
        return self.report(seen, text, abs(float(effects[0] - effects[1])))


def _count(design: Design) -> int:
    return count_always_compared(design.panel, design.treatment, replace(design, always_treated="compare").onset)
