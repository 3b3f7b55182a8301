"""One estimate under changed designs, side by side: a variant that fails is a row with its reason."""

import math
from abc import abstractmethod
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, astuple, dataclass, replace
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.diagnostics.base import (
    Diagnostic,
    Judgment,
    Yardstick,
    find_range,
    judge_bound,
    judge_variants,
    measure_power,
    read_yardstick,
)  # fmt: skip
from twintrade.effects import Bands, Estimate, Finding, Influence, Message, UnitInfluence
from twintrade.errors import DesignError, InferenceError, TwintradeError
from twintrade.estimators.base import Fit
from twintrade.fanout import Arrays, Done, run_jobs
from twintrade.inference import refits
from twintrade.inference.auto import Reported, resolve_method
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.inference.placebo import Placebo
from twintrade.inference.randomization import Randomization
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.holm import adjust_holm
from twintrade.text import Listed, Text, Value, Words, find_fact, pack_both, parse_text

# How far an estimate under a changed choice lies from the headline, with the error of that difference itself.

MOST_DRAWS = 199


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """One estimate less another, on the scale of both."""

    # effect, low, high, p: The difference, its 95 % interval and the p-value of none; NaN where the inference gives
    # no error
    effect: float
    low: float = math.nan
    high: float = math.nan
    p: float = math.nan

    @property
    def bound(self) -> float:
        """Upper bound of the difference's size, NaN where there is no interval."""
        return max(abs(self.low), abs(self.high)) if math.isfinite(self.low + self.high) else math.nan


def compare_paired(
    fit: Fit, again: Fit, method: Inference, rng: np.random.Generator, drawn: refits.DrawnHeadline | None = None
) -> PairedDifference:
    """Return the overall effect of another fit less the headline's, which ``drawn`` has under randomization.

    The error is of the difference in influence within the headline's clusters: what both share cancels. Two-way
    errors of single pairs are too small half of the time, so that it is the widest of one way and two. Randomization
    estimates both under the same assignments. Placebos give no error.
    """
    headline, other = fit.view("overall"), again.view("overall")
    if headline.scale != other.scale:
        raise InferenceError(f"an effect in {other.scale} cannot be compared with one in {headline.scale}")
    difference = float(other.effects[0] - headline.effects[0])
    if isinstance(method, Randomization):
        drawn = drawn or draw_paired(fit, method, rng)
        compared = drawn.compare(again, method.level) if drawn else None
        ends = (compared.low, compared.high, compared.p) if compared else ()
        return PairedDifference(difference, *ends)
    both = _subtract(fit, again, headline, other)
    if both is None or isinstance(method, Placebo):
        return PairedDifference(difference)
    return infer_widest(both, method, rng)


def infer_widest(fit: Fit, method: Inference, rng: np.random.Generator) -> PairedDifference:
    """Return the overall effect with the widest of its intervals by all clusters of the method and by each."""
    difference = float(fit.view("overall").effects[0])
    names = tuple(getattr(method, "by", ())) or fit.design.clusters
    known: list[PairedDifference] = []
    for by in dict.fromkeys([names, *((name,) for name in names)]):
        with suppress(InferenceError):
            bands = Clustered(by=by, draws=1).infer(fit, "overall", rng)
            if bands.se[0] > 0:
                known.append(PairedDifference(difference, *(float(v[0]) for v in (bands.low, bands.high, bands.p))))
    return max(known, key=lambda one: one.high - one.low, default=PairedDifference(difference))


def draw_paired(fit: Fit, method: Inference, rng: np.random.Generator) -> refits.DrawnHeadline | None:
    """Return the headline under randomization with enough assignments, to be compared with others; else None.

    All checks share the one made of its known draws, whichever asks first.
    """
    if not isinstance(method, Randomization):
        return None
    method, known = replace(method, draws=min(method.draws, MOST_DRAWS)), refits.find_draws(fit)
    asked = "paired", fit.estimator, replace(method, intervals=False)
    kept: tuple[Estimate, refits.DrawnHeadline | None] | None = fit.design.workings.get(asked)
    if kept is not None and kept[0] is fit.estimate:
        return kept[1]
    if known is not None:
        rng = np.random.default_rng(known.seed)
    dealing, drawn = deal_few(fit, method, MOST_DRAWS, rng), None
    if dealing.scheme.n_assignments >= refits.FEWEST:
        options = {"has_noise_by_size": method.noise != "equal", "is_random": not dealing.is_complete}
        drawn = refits.draw_headline(fit, dealing.onsets, rng, **options)
    if known is not None:
        fit.design.workings[asked] = fit.estimate, drawn
    return drawn


def deal_few(fit: Fit, method: Randomization, most: int, rng: np.random.Generator) -> refits.Dealing:
    """Return so many of the assignments that a fit has been compared under, or new ones where these are not known."""
    known, most = refits.find_draws(fit), min(most, method.draws)
    shared = None if known is None else known.deal(asdict(method), most, rng)
    return shared or method.deal(fit, most, rng)


def _subtract(fit: Fit, again: Fit, headline: Estimate, other: Estimate) -> Fit | None:
    """Return the difference as an estimate with influence, None where one of the two has none by unit."""
    if not isinstance(headline.uncertainty, Influence) or not isinstance(other.uncertainty, Influence):
        return None
    whole = fit if headline.uncertainty.units.size >= other.uncertainty.units.size else again
    ids = max((headline.uncertainty.units, other.uncertainty.units), key=len)
    values = np.zeros(ids.size)
    for sign, influence in ((1.0, other.uncertainty), (-1.0, headline.uncertainty)):
        where = pd.Index(ids).get_indexer(pd.Index(influence.units))
        if (where < 0).any():
            return None
        np.add.at(values, where, sign * influence.matrix()[:, 0])
    effects, influence = other.effects - headline.effects, UnitInfluence(ids, values[:, None])
    sample = whole.view("overall").sample
    return replace(whole, estimate=replace(headline, effects=effects, uncertainty=influence, sample=sample))


NUMBERS = ("effect", "low", "high", "p", "difference", "difference_low", "difference_high", "difference_p")
COUNTS = ("n_rows", "n_units", "n_treated_units")
NOTHING: dict[str, Any] = dict.fromkeys(NUMBERS, math.nan) | dict.fromkeys(COUNTS, 0)
SAME = 1e-9  # difference, over the headline's size, below which a variant is the headline itself
COLUMNS = ("label", "label_text", "group", *NUMBERS, *COUNTS, "reason", "reason_text")


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """A changed design under a name."""

    label: Words  # as the table and the figure name it
    group: str
    design: Design | None  # none where it could not be made
    reason: Words = ""  # why not

    @classmethod
    def attempt(cls, label: Words, group: str, make: Callable[[], Design]) -> "Variant":
        """Return what a function makes, or why it makes none."""
        try:
            return cls(label, group, make())
        except DesignError as error:
            return cls(label, group, None, error.text)


Shared: TypeAlias = tuple[Fit, tuple[Variant, ...], Inference | None, bool, refits.DrawnHeadline | None, bool, bool]


def simplify_inference(
    fit: Fit, inference: Inference, draws: int | None = 199, *, has_intervals: bool = False
) -> Inference:
    """Return the inference without what many variants cannot afford: fewer draws (None: as many), no inversion."""
    if isinstance(inference, Reported):
        return replace(
            inference, method=simplify_inference(fit, inference.method, draws, has_intervals=has_intervals)
        )
    chosen = resolve_method(fit, inference)
    if not isinstance(chosen, Randomization):
        return chosen
    kept = chosen.draws if draws is None else min(draws, chosen.draws)
    return replace(chosen, draws=kept, intervals=has_intervals and chosen.intervals)


def compute_event_bands(fit: Fit, inference: Inference, rng: np.random.Generator) -> tuple[Bands, FloatArray]:
    """Return bands by event time and the effects' joint covariance, without what many variants cannot afford."""
    if "event" not in fit.views:
        raise InferenceError(f"{fit.estimator.title or 'the method'} gives no effects by event time")
    bands = simplify_inference(fit, inference).infer(fit, "event", rng)
    if bands.covariance is None:
        raise InferenceError(f"{bands.inference} gives no joint covariance")
    return bands, bands.covariance


def compare_variants(
    fit: Fit,
    variants: Iterable[Variant],
    inference: Inference | None,
    rng: np.random.Generator,
    *,
    is_same_target: bool = True,
    has_tests: bool = True,
    explains_ends: bool = False,
) -> pd.DataFrame:
    """Return one row a variant in the columns ``COLUMNS``: effect, interval, difference from the fit.

    ``is_same_target``: else no draws are spent on differences; ``has_tests``: agreements are dealt anew for each
    variant; ``explains_ends``: an effect without both ends of its interval has the reason.
    """
    listed = tuple(variants)
    jobs = {f"{k} {variant.label}": k for k, variant in enumerate(listed)}
    is_compared = is_same_target and inference is not None and len(listed) > 0
    drawn = draw_paired(fit, resolve_method(fit, inference), rng) if is_compared and inference else None
    shared: Shared = (fit, listed, inference, is_same_target, drawn, has_tests, explains_ends)
    results = run_jobs("variants", _estimated, jobs, shared=shared, rng=rng)
    rows = [_row(variant, done) for variant, done in zip(listed, results, strict=True)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(variant: Variant, done: Done) -> dict[str, object]:
    row: dict[str, object] = {**pack_both("label", variant.label), "group": variant.group}
    if done.values is None:
        return row | NOTHING | pack_both("reason", done.reason)
    return row | {name: value.item() for name, value in done.values.items()}


def _estimated(shared: Shared, place: int, rng: np.random.Generator) -> Arrays:
    row = _numbers(shared, shared[1][place], rng)
    return {name: np.array(value) for name, value in (row | pack_both("reason", row["reason"])).items()}


def _numbers(shared: Shared, variant: Variant, rng: np.random.Generator) -> dict[str, Any]:
    fit, _, inference, is_same_target, drawn, has_tests, explains_ends = shared
    row: dict[str, Any] = NOTHING | {"reason": variant.reason}
    if variant.design is None:
        return row
    try:
        again = fit if variant.design is fit.design else fit.refit(variant.design, "overall")
        estimate = again.view("overall")
    except TwintradeError as error:
        return row | {"reason": error.text}
    row |= {"effect": float(estimate.effects[0])} | {name: getattr(estimate.sample, name) for name in COUNTS}
    if inference is None:
        return row
    try:
        method = resolve_method(fit, inference)
        is_drawn = isinstance(method, Randomization)
        if has_tests or not is_drawn:
            bands = infer_in_turn(again, inference, method, rng)
            row |= {"low": float(bands.low[0]), "high": float(bands.high[0]), "p": float(bands.p[0])}
            if explains_ends and not np.isfinite([bands.low[0], bands.high[0]]).all():
                row["reason"] = next((m.text for m in bands.messages if m.level == "warning"), "")
        paired = compare_paired(fit, again, Placebo() if is_drawn and not is_same_target else method, rng, drawn)
    except TwintradeError as error:
        row |= dict.fromkeys(NUMBERS[1:], np.nan) | {"reason": Text("checks.no-inference", reason=error.text)}
        headline = fit.view("overall")
        # Without an error the difference is still no agreement.
        return row | ({"difference": row["effect"] - headline.effects[0]} if estimate.scale == headline.scale else {})
    return row | dict(zip(NUMBERS[4:], astuple(paired), strict=True))


def infer_in_turn(fit: Fit, inference: Inference, method: Inference, rng: np.random.Generator) -> Bands:
    """Return bands of the overall effect by few draws, or by all where p is small enough or ends are wanted."""
    if isinstance(method, Randomization) and method.draws > refits.FIRST_DRAWS and not method.intervals:
        few = simplify_inference(fit, inference, refits.FIRST_DRAWS).infer(fit, "overall", rng)
        if not few.p[0] <= refits.find_limit(method.draws, method.level):
            return few
    return inference.infer(fit, "overall", rng)


def measure_headline(
    fit: Fit, inference: Inference, rng: np.random.Generator, view: Literal["overall", "path"] = "overall"
) -> Yardstick:
    """Return the overall effect with its interval, whose ends are NaN where the inference gives none."""
    try:
        return read_yardstick(inference.infer(fit, view, rng))
    except InferenceError:
        return Yardstick(float(fit.view(view).effects[0]), np.nan, np.nan)


def judge_table(table: pd.DataFrame, yardstick: Yardstick) -> Judgment:
    """Return the verdict on variants (``COLUMNS``) of the headline's target, by their differences from it."""
    apart = table[table["difference"].abs() > SAME * max(1.0, abs(yardstick.effect))]
    if apart.empty:
        known = table["effect"].notna()
        return Judgment("does not object" if known.sum() > 1 else "cannot tell", 0.0, yardstick.tolerance, 1.0)
    differences, low, high, p = apart[list(NUMBERS[4:])].to_numpy(dtype=np.float64).T
    half = yardstick.half_width
    # Noise alone makes a difference large whose own interval is wider than the headline's: its test decides.
    differences = np.where(high - low > 2 * half, np.clip(differences, -half, half), differences)
    bounds = np.maximum(np.abs(low), np.abs(high))
    verdict = judge_variants(differences, p, bounds, yardstick)
    least = float(np.nanmin(adjust_holm(p), initial=np.inf))
    n_tests = max(1, int(np.isfinite(p).sum()))
    power, best = (
        measure_power(one, half, n_tests, half if one <= half else math.inf) for one in find_range((high - low) / 2)
    )
    p_least = least if np.isfinite(least) else np.nan
    return Judgment(verdict, float(np.max(bounds)), yardstick.tolerance, p_least, power, best)


def judge_effects(table: pd.DataFrame, yardstick: Yardstick) -> Judgment:
    """Return what effects say of which there should be none, by p-value and interval; NaN as one has none."""
    p, low, high = table[["p", "low", "high"]].to_numpy(dtype=np.float64).T
    return judge_bound(p, float(np.abs([low, high]).max()), yardstick, (high - low) / 2)


def describe_judged(judged: Judgment, scale: str) -> Text:
    """Return, in a sentence, what the differences from the headline say."""
    return Text("checks.judged", tested=not math.isnan(judged.p), p=judged.p, **name_judged(judged, scale))


def name_judged(judged: Judgment, scale: str) -> dict[str, Value]:
    """Return what a sentence on a verdict names: it, the bound, and the tolerance that this was held against."""
    return {
        "verdict": judged.verdict.replace(" ", "-"),
        "bound": format_effect(judged.bound, scale),
        "bounded": math.isfinite(judged.bound),
        **name_tolerance(judged.tolerance, scale),
    }


def name_tolerance(tolerance: float, scale: str) -> dict[str, Value]:
    """Return what a sentence names of a tolerance: it, and whether there is one."""
    return {"tolerance": format_effect(tolerance, scale), "known": math.isfinite(tolerance)}


def build_quantities(rows: Iterable[tuple[Text, float]]) -> pd.DataFrame:
    """Return a table of numbers by name: quantity, quantity_text, value."""
    return pd.DataFrame([pack_both("quantity", name) | {"value": value} for name, value in rows])


@dataclass(frozen=True, slots=True, eq=False)
class ComparedVariants:
    """Variants of a headline, and what they say of it."""

    fit: Fit
    table: pd.DataFrame  # `COLUMNS`
    known: pd.DataFrame  # of these, the variants with an effect
    headline: Yardstick
    judged: Judgment

    def name_range(self) -> dict[str, Text]:
        """Return what a sentence names: the smallest and the largest effect, and what the differences say."""
        low, high = (self.show(float(end)) for end in (self.known["effect"].min(), self.known["effect"].max()))
        return {"low": low, "high": high, "verdict": self.describe()}

    def name_signs(self) -> str:
        """Return whether the smallest and the largest effect agree in sign."""
        return "one-sign" if self.known["effect"].min() * self.known["effect"].max() > 0 else "both-signs"

    def show(self, effect: float) -> Text:
        """Return an effect as a sentence quotes it."""
        return format_effect(effect, self.fit.estimate.scale)

    def describe(self) -> Text:
        """Return, in a sentence, what the differences from the headline say."""
        return describe_judged(self.judged, self.fit.estimate.scale)

    @property
    def spread(self) -> float:
        """Largest less smallest effect."""
        return float(self.known["effect"].max() - self.known["effect"].min())


class VariantCheck(Diagnostic):
    """A check of variants that estimate what the headline does: their differences from it decide."""

    fewest: ClassVar[int] = 1  # variants with an effect below which nothing is said
    most_draws: ClassVar[int] = 199  # of each variant under randomization
    has_tests: ClassVar[bool] = True  # whether a variant has a test of its own under randomization

    @abstractmethod
    def vary(self, fit: Fit) -> Iterable[Variant]:
        """Return the variants; a ``TwintradeError`` says why there are none."""

    @abstractmethod
    def say(self, seen: ComparedVariants) -> Finding:
        """Return what the variants say, by ``report``."""

    def _refuse(self, table: pd.DataFrame) -> Words:
        """Return why nothing is said of variants of which too few have an effect."""
        return list_reasons(table)

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a variant; the payload has the name of the check."""
        variants = list(self.vary(fit))
        method = simplify_inference(fit, inference, self.most_draws)
        table = compare_variants(fit, variants, method, rng, has_tests=self.has_tests)
        known = table.dropna(subset=["effect"])
        if len(known) < self.fewest:
            return self.unavailable(self._refuse(table))
        headline = measure_headline(fit, inference, rng)
        return self.say(ComparedVariants(fit, table, known, headline, judge_table(table, headline)))

    def report(self, seen: ComparedVariants, text: Words, value: float, **facts: Any) -> Finding:
        """Return the finding with its table, verdict and failures; ``value`` is on the scale of the fit."""
        facts.setdefault("table", seen.table)
        facts.setdefault("messages", list_failures(self.name, seen.table))
        return self.conclude(text, judged=seen.judged, value=value, unit=seen.fit.estimate.scale, **facts)


def list_reasons(table: pd.DataFrame) -> Listed:
    """Return why variants have no effect, each reason once."""
    return Listed(tuple(dict.fromkeys(str(reason) for reason in table["reason"] if reason)), "semicolon")


def list_failures(diagnostic: str, table: pd.DataFrame) -> tuple[Message, ...]:
    """Return one warning a variant that could not be estimated."""
    named = [{"label": label, "reason": reason} for label, reason, _ in list_failed(table)]
    check = find_fact("labels.check-", diagnostic)
    return tuple(Message("warning", "refit-failed", Text("checks.refit-failed", check=check, **one)) for one in named)


def list_refused(table: pd.DataFrame) -> list[Text]:
    """Return a sentence a row with a reason: why it has no effect, or its effect no interval with two ends."""
    return [
        Text("checks.policies-refused", label=label, reason=why, known=known)
        for label, why, known in list_failed(table)
    ]


def list_failed(table: pd.DataFrame) -> list[tuple[Words, Words, bool]]:
    """Return label and reason of each row with a reason, and whether it has an effect all the same."""
    rows = table[table["reason"] != ""]
    return list(zip(list_words(rows, "label"), list_words(rows, "reason"), rows["effect"].notna(), strict=True))


def list_words(table: pd.DataFrame, column: str) -> list[Words]:
    """Return a column of words, as texts where these are kept beside it."""
    words = zip(table[column], table[f"{column}_text"], strict=True)
    return [parse_text(str(packed)) if packed else str(plain) for plain, packed in words]


def format_effect(value: float, scale: str) -> Text:
    """Return an effect as a sentence quotes it: log points in percent as well."""
    return Text("common.effect", value=value, scale=scale.replace(" ", "-"))


def format_effects(scale: str, **values: float) -> dict[str, Text]:
    """Return several effects as a sentence quotes them, by the names that it has for them."""
    return {name: format_effect(float(value), scale) for name, value in values.items()}


def format_range(low: float, high: float, scale: str) -> Text:
    """Return the ends of effects as a sentence quotes them: one number where they print alike."""
    ends = format_effect(low, scale), format_effect(high, scale)
    return Text("checks.effect-range", low=ends[0], high=ends[1], point=len({*map(str, ends)}) == 1)


def estimate_without(fit: Fit, units: tuple[str, ...], rng: np.random.Generator) -> Arrays:
    """Return the overall effect without some units, as a job of ``run_jobs``."""
    return {"effect": fit.refit(fit.design.without(units), "overall").view("overall").effects[0]}


def has_influence(fit: Fit) -> bool:
    """Whether a fit's uncertainty is an influence function."""
    return isinstance(fit.estimate.uncertainty, Influence)
