"""The estimate under every defensible combination of choices, none of them picked for its result."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice, product
from typing import ClassVar, TypeAlias, TypeVar

import numpy as np
import pandas as pd

from twintrade.design import COMPARISONS, Design, TransformName
from twintrade.diagnostics.base import Diagnostic, require
from twintrade.diagnostics.pre_period.reference_year import shift_reference
from twintrade.diagnostics.sensitivity.dates import iterate_date_variants
from twintrade.diagnostics.variants import ComparedVariants, Variant, VariantCheck, format_effects, list_reasons
from twintrade.effects import Estimate, Finding, Message
from twintrade.errors import TwintradeError
from twintrade.estimators.base import ESTIMATORS, Estimator, Fit, View
from twintrade.estimators.base import fit as fitted
from twintrade.estimators.twfe import TWFE
from twintrade.fanout import Arrays, run_jobs, split_succeeded
from twintrade.inference import clustering, refits
from twintrade.inference.auto import resolve_method
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.inference.crv2 import Jackknife, Scaled
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import FloatArray, compact
from twintrade.numerics.linear import compute_coefficient, compute_grams
from twintrade.text import Listed, Text, Words

# Many specifications, each estimated once: controls from shared cross-products, placebos by fast paths.

Row = dict[str, object]
NO_CONTROLS = "none"
NUMBERS = ("effect", "se", "low", "high", "p")
EMPTY: Row = {
    "covariates": NO_CONTROLS,
    "is_headline": False,
    **dict.fromkeys(NUMBERS, np.nan),
    "n_rows": 0,
    "reason": "",
}


@dataclass(frozen=True, slots=True, eq=False)
class Specification:
    """One combination of choices."""

    estimator: Estimator
    design: Design
    choices: Mapping[str, str]  # as the table names them
    is_headline: bool = False

    @property
    def label(self) -> str:
        """The choices in one line."""
        return ", ".join((self.estimator.name, *self.choices.values()))


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """What every specification of one curve shares."""

    fit: Fit
    plan: tuple[Specification, ...]
    covariates: tuple[str, ...]  # controls, whose subsets are choices too
    inference: Clustered | Jackknife | Scaled | None  # none for effects alone

    def estimated(self, rng: np.random.Generator) -> list[Row]:
        """Return one row a specification and subset of controls: effect, se, interval, p, rows, reason."""
        jobs = {f"{k} {one.label}": k for k, one in enumerate(self.plan)}
        results = run_jobs("specification_curve", _estimated, jobs, shared=self, rng=rng)
        rows: list[Row] = []
        for one, done in zip(self.plan, results, strict=True):
            row: Row = {"estimator": str(one.estimator.title or one.estimator.name), **one.choices}
            if done.values is None:
                rows.append(row | EMPTY | {"is_headline": one.is_headline, "reason": done.reason})
                continue
            columns = {name: values.tolist() for name, values in done.values.items()}
            rows += [row | dict(zip(columns, some, strict=True)) for some in zip(*columns.values(), strict=True)]
        return rows

    def estimate_by_controls(self, one: Specification, rng: np.random.Generator) -> Iterator[Row]:
        """Estimate under every subset of controls; those of the headline that are not listed stay in each."""
        is_static = one.estimator == TWFE(shape="static") and not one.design.anticipation
        if self.covariates and is_static and not isinstance(self.inference, Jackknife | Scaled):
            try:
                yield from iterate_subsets(one.design, self.covariates, self.inference)
            except TwintradeError as error:
                yield {"covariates": NO_CONTROLS, "reason": str(error)}
            return
        always = _always(one.design, self.covariates)
        for size in range(len(self.covariates) + 1):
            for chosen in combinations(self.covariates, size):
                yield self._single(one, replace(one.design, covariates=(*always, *chosen)), rng)

    def _single(self, one: Specification, design: Design, rng: np.random.Generator) -> Row:
        named: Row = {"covariates": _listed(design.covariates)}
        scale = self.fit.estimate.scale
        try:
            fit = fitted(one.estimator, design)
            estimate = fit.view("overall")
            if estimate.scale != scale:
                return named | {"reason": str(Text("checks.curve-scale", scale=estimate.scale, asked=scale))}
            row = named | {"effect": float(estimate.effects[0]), "n_rows": estimate.sample.n_rows}
            if self.inference is None:
                return row
            bands = replace(self.inference, draws=1).infer(fit, "overall", rng)
        except TwintradeError as error:
            return named | {"reason": str(error)}
        return row | {name: float(getattr(bands, name)[0]) for name in NUMBERS[1:]}


def _estimated(curve: Curve, place: int, rng: np.random.Generator) -> Arrays:
    """Estimate one specification under every subset of controls; one array a column."""
    one, controls = curve.plan[place], set(_listed(curve.fit.design.covariates).split(", "))
    rows = [EMPTY | row for row in curve.estimate_by_controls(one, rng)]
    for row in rows:
        row["is_headline"] = one.is_headline and set(str(row["covariates"]).split(", ")) == controls
    return {name: np.array([row[name] for row in rows]) for name in EMPTY}


def _always(design: Design, covariates: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in design.covariates if name not in covariates)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or NO_CONTROLS


def iterate_subsets(design: Design, covariates: tuple[str, ...], inference: Clustered | None = None) -> Iterator[Row]:
    """Yield the static coefficient under every subset of controls, partialled out once, with its clustered error."""
    always = _always(design, covariates)
    full = replace(design, covariates=(*always, *covariates))
    o = full.observations
    columns = np.column_stack([o.is_treated, o.covariates, o.y]).astype(np.float64)
    effects = o.effect_codes()
    net = build_absorber(effects, o.weights).residualize(columns)
    method = inference or Clustered()
    names = method.by or design.clusters
    codes = [compact(np.arange(o.n_rows) if name == "row" else o.codes(name)) for name in names]
    rule = clustering.get_convention(method.correction)
    levels = clustering.collect_levels(rule, effects, codes)
    grams = compute_grams(net, codes, o.weights)
    for size in range(len(covariates) + 1):
        for some in combinations(range(len(always), len(full.covariates)), size):
            chosen = (*range(len(always)), *some)
            n_slopes = 1 + len(chosen)
            effect, variance = compute_coefficient(grams, chosen)
            correction = clustering.compute_correction(
                rule, o.n_rows, n_slopes, levels, grams.sizes, clustering.count_all(n_slopes, effects)
            )
            named = _listed([full.covariates[c] for c in chosen])
            row: Row = {"covariates": named, "effect": effect, "n_rows": o.n_rows}
            if variance > 0:
                se = (variance * correction.factor) ** 0.5
                width = clustering.compute_t_quantile((1 + method.level) / 2, correction.df) * se
                p = float(clustering.compute_two_sided_p(np.array([effect / se]), correction.df)[0])
                row |= {"se": se, "low": effect - width, "high": effect + width, "p": p}
            yield row


PlaceboShared: TypeAlias = tuple[Fit, tuple[Specification, ...], tuple[FloatArray, ...]]


def _placebo_effects(shared: PlaceboShared, place: int, rng: np.random.Generator) -> Arrays:
    """Return one specification's effect under each assignment; nothing where it has no fast path."""
    fit, plan, onsets = shared
    one, nothing = plan[place], {"effects": np.empty(0)}
    base = fitted(one.estimator, one.design)
    if base.estimate.scale != fit.estimate.scale or not refits.is_linear(base):
        return nothing
    null = one.estimator.linear_null(one.design, one.design.observations.y[:, None], ["overall"])
    if null is None:
        return nothing
    effects = np.full(len(onsets), np.nan)
    overall: dict[View, Estimate] = {"overall": base.view("overall")}
    kept, values = refits.tabulate_designs(null, overall, len(onsets), lambda k: one.design.reassigned(onsets[k]))
    effects[kept] = values["overall"][:, 0, 0]
    return {"effects": effects}


# The estimate from rows near the onset alone: no overall depends on the window that a picture shows.


def restrict_to_window(design: Design, window: tuple[int, int]) -> Design:
    """Return the design without treated units' rows whose event time lies outside a window, ends included."""
    panel = design.panel
    event_time = panel.period - design.onset[panel.unit]
    beyond = np.isfinite(event_time) & ((event_time < window[0]) | (event_time > window[1]))
    return design.restricted(~beyond) if beyond.any() else design


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(VariantCheck):
    """Whether the result depends on rows far from the onset.

    Attributes
    ----------
    steps : tuple of int
        Observed periods by which both ends of the design's window are moved outwards (negative: inwards).
    """

    steps: tuple[int, ...] = (-2, -1, 1, 2)
    name: ClassVar[str] = "window"
    citation: ClassVar[str] = "schmidheiny2023"
    payload_kinds: ClassVar = {"window": "variants"}
    fewest: ClassVar[int] = 2

    def vary(self, fit: Fit) -> Iterator[Variant]:
        """Yield the design with all rows, and with treated units' rows of shorter and longer windows alone."""
        design, (low, high) = fit.design, fit.design.window
        yield Variant(Text("checks.window-all"), "window", design)
        seen: set[tuple[int, int]] = set()
        for step in (0, *self.steps):
            moved = step * design.panel.step
            window = (min(low - moved, design.reference), max(high + moved, 0))
            kept = restrict_to_window(design, window)
            if window not in seen and kept is not design:
                yield Variant(Text("checks.window-label", low=window[0], high=window[1]), "window", kept)
            seen.add(window)

    def _refuse(self, table: pd.DataFrame) -> Words:
        reasons = list_reasons(table)
        return Text("checks.window-few", reasons=reasons) if reasons.items else Text("checks.window-none")

    def say(self, seen: ComparedVariants) -> Finding:
        """Return the range of the windows' effects."""
        text = Text("checks.window", n=len(seen.known), signs=seen.name_signs(), **seen.name_range())
        return self.report(seen, text, seen.spread)


T = TypeVar("T")
OWN_CHOICES = ("outcome", "fixed_effects", "comparison", "anticipation", "weights")  # all but dates and windows
CHOICES = (
    "estimator", "outcome", "fixed_effects", "comparison", "window", "anticipation", "dates", "weights", "covariates",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecificationCurve(Diagnostic):
    """Estimator x outcome x fixed effects x comparison x window x anticipation x dates x weights x controls.

    All on the scale of the headline; choices that a method does not see count once.

    Attributes
    ----------
    estimators : tuple of str
        Names; the fit's own method is always among them.
    fixed_effects, comparisons : tuple of str
        Sets of effects and comparisons.
    outcomes : tuple of str
        Further columns that measure the same, in the headline's unit.
    windows : tuple of (int, int)
        Event times to which treated units' rows are restricted, beside all of them.
    weights : tuple of str
        Columns of weights; the headline's own are always among the choices.
    has_dates : bool
        Whether other definitions of the date enter.
    covariates : tuple of str
        Controls, entered in every subset (static regressions share one set of cross-products).
    draws : int
        Re-assignments of onsets for the joint test; methods without a fast path are excluded from it.
    most : int
        Refuses larger curves.
    """

    estimators: tuple[str, ...] = ("twfe", "imputation", "ppml")
    fixed_effects: tuple[str, ...] = ("two_way", "gravity")
    comparisons: tuple[str, ...] = ("not_yet_treated", "never_treated")
    anticipation: tuple[int, ...] = (0, 1)
    outcomes: tuple[str, ...] = ()
    windows: tuple[tuple[int, int], ...] = ()
    weights: tuple[str, ...] = ()
    has_dates: bool = True
    covariates: tuple[str, ...] = ()
    draws: int = 99
    most: int = 10_000
    name: ClassVar[str] = "specification_curve"
    citation: ClassVar[str] = "simonsohn2020"
    payload_kinds: ClassVar = {"specification_curve": "specification_curve"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a specification, sorted by effect; payload ``specification_curve``."""
        columns = fit.design.panel.columns
        named = (*self.outcomes, *self.weights, *self.covariates)
        lacking = [Text("checks.no-column", column=c) for c in named if c not in columns]
        lacking += [Text("checks.curve-no-method", name=m) for m in self.estimators if m not in ESTIMATORS]
        lacking += [Text("checks.curve-no-comparison", name=c) for c in self.comparisons if c not in COMPARISONS]
        unknown = Listed(tuple(lacking), "semicolon")
        require(not unknown.items, unknown)
        plan = list(islice(self.plan(fit), self.most + 1))
        n_all = len(plan) * 2 ** len(self.covariates)
        require(n_all <= self.most, Text("checks.curve-many", n=n_all, most=self.most))
        chosen = resolve_method(fit, inference)
        shown = chosen if isinstance(chosen, Clustered | Jackknife | Scaled) else None
        table = pd.DataFrame(Curve(fit, tuple(plan), self.covariates, shown).estimated(rng))
        # Choices that a method does not see give the same number: they count once, the headline before others.
        table = table.sort_values("is_headline", ascending=False, kind="stable")
        key = ["estimator", "outcome", "fixed_effects", "covariates", "effect", "n_rows"]
        table = table[~(table.round({"effect": 12}).duplicated(key) & table["effect"].notna())]
        table = table.sort_values("effect", na_position="last", ignore_index=True)
        known = table.dropna(subset=["effect"])
        require(len(known) >= 2, Text("checks.curve-few"))
        scale, effect = fit.estimate.scale, float(fit.view("overall").effects[0])
        median = float(known["effect"].median())
        same = float((known["effect"] * effect > 0).mean())
        joint, n_used = self._joint(fit, plan, rng) if self.draws else (float("nan"), 0)
        text = Text(
            "checks.curve",
            n=len(known),
            same=same,
            tested=bool(np.isfinite(joint)),
            used=n_used,
            joint=joint,
            **format_effects(scale, low=known["effect"].min(), high=known["effect"].max(), median=median),
        )
        failed = table[table["effect"].isna()]
        reasons = failed["reason"].value_counts()
        listed = tuple(Text("checks.curve-because", n=int(n), reason=str(reason)) for reason, n in reasons.items())
        skipped = Text("checks.curve-skipped", n=len(failed), reasons=Listed(listed, "semicolon"))
        medians = [
            (choice, str(value), len(part), float(part["effect"].median()))
            for choice in CHOICES
            for value, part in known.groupby(choice, sort=True)
        ]
        return self.conclude(
            text,
            pd.DataFrame(medians, columns=["choice", "value", "n", "median_effect"]),
            payloads={"specification_curve": known.drop(columns="reason").reset_index(drop=True)},
            value=joint if np.isfinite(joint) else median,
            unit="p" if np.isfinite(joint) else scale,
            messages=(Message("info", "specifications-skipped", skipped),) if len(failed) else (),
        )

    def plan(self, fit: Fit) -> Iterator[Specification]:
        """Yield the specifications, those included that will turn out not to be possible."""
        methods = [_named(name) for name in self.estimators]
        methods = [fit.estimator, *(m for m in methods if m != fit.estimator)]
        dates = list(iterate_date_variants(fit.design)) if self.has_dates else []
        designs = {str(v.label): v.design for v in dates if v.design is not None}
        designs = designs or {str(Text("checks.dates-chosen")): fit.design}
        base = fit.design
        for (label, dated), method, outcome, effects, side, window, weights, periods in product(
            designs.items(),
            methods,
            _with(base.outcome, self.outcomes),
            self.fixed_effects,
            self.comparisons,
            (None, *self.windows),
            _with(base.weights, self.weights),
            self.anticipation,
        ):
            # Of the outcome, so that the method can come out on the headline's scale.
            in_logs: TransformName = "level" if method.is_poisson else "log"
            moved = replace(
                dated,
                outcome=outcome,
                fixed_effects=effects,
                comparison=COMPARISONS[side](),
                transform=in_logs if fit.estimate.scale == "log points" else base.transform,
                weights=weights,
            )
            design = shift_reference(moved, periods).design
            if design is None:
                continue
            named = "all"
            if window is not None:
                design = restrict_to_window(design, window)
                named = str(Text("checks.curve-window", low=window[0], high=window[1]))
            choices = {
                "outcome": outcome,
                "fixed_effects": effects,
                "comparison": "with_treated" if method.takes_treated else side,
                "window": named,
                "anticipation": str(Text("checks.curve-anticipation", n=periods * base.panel.step)),
                "dates": label,
                "weights": weights or "none",
            }
            is_own = method == fit.estimator and dated is fit.design and window is None
            is_own = is_own and all(getattr(base, name) == getattr(design, name) for name in OWN_CHOICES)
            yield Specification(method, design, choices, is_own)

    def _joint(self, fit: Fit, plan: list[Specification], rng: np.random.Generator) -> tuple[float, int]:
        """Return how often re-assigned onsets give a median as large, over specifications with a fast path."""
        try:
            dealt = refits.build_assignments(fit.design, "units", refits.find_units_with_trade(fit))
            onsets = (*(dealt.draw(rng) for _ in range(self.draws)), fit.design.onset)
            dates = plan[0].choices["dates"]
            jobs = {f"{k} {one.label}": k for k, one in enumerate(plan) if one.choices["dates"] == dates}
            shared: PlaceboShared = (fit, tuple(plan), onsets)
            succeeded, _ = split_succeeded(run_jobs("placebo_curves", _placebo_effects, jobs, shared=shared, rng=rng))
            columns = [done.values["effects"] for done in succeeded if done.values is not None]
            columns = [effects for effects in columns if effects.size and np.isfinite(effects[-1])]
        except TwintradeError:
            columns = []
        if not columns:
            return float("nan"), 0
        medians = np.nanmedian(np.column_stack(columns), axis=1)
        return refits.compute_two_sided_share(float(medians[-1]), medians[:-1]), len(columns)


def _named(name: str) -> Estimator:
    """Return a method with its default options, static where it has that shape."""
    kind = ESTIMATORS[name]
    options = {"shape": "static"} if "shape" in getattr(kind, "__dataclass_fields__", {}) else {}
    return kind(**options)


def _with(first: T, others: tuple[T, ...]) -> tuple[T, ...]:
    """Return the headline's choice and the others, each once."""
    return tuple(dict.fromkeys((first, *others)))
