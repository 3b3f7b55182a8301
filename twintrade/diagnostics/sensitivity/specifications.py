"""Many specifications, each estimated once: controls from shared cross-products, placebos by fast paths."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TypeAlias

import numpy as np

from twintrade.design import Design
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Estimator, Fit
from twintrade.estimators.base import fit as fitted
from twintrade.estimators.twfe import TWFE
from twintrade.fanout import Arrays, run_jobs, split_succeeded
from twintrade.inference.clustered import Clustered
from twintrade.inference.clustering import (
    collect_levels,
    compute_correction,
    compute_t_quantile,
    compute_two_sided_p,
    count_all,
    get_convention,
)
from twintrade.inference.crv2 import Scaled
from twintrade.inference.jackknife import Jackknife
from twintrade.inference.refits import build_assignments, find_units_with_trade, is_linear
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import FloatArray, compact
from twintrade.numerics.linear import compute_coefficient, compute_grams
from twintrade.text import Text

Row = dict[str, object]
NO_CONTROLS = "none"
EMPTY: Row = dict.fromkeys(("effect", "se", "low", "high", "p"), np.nan) | {"n_rows": 0, "reason": ""}


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

    def row(self) -> Row:
        """Return the choices as the table names them."""
        return {
            "estimator": str(self.estimator.title or self.estimator.name),
            **self.choices,
            "covariates": NO_CONTROLS,
            "is_headline": self.is_headline,
        }


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
            if done.values is None:
                rows.append(one.row() | EMPTY | {"reason": done.reason})
                continue
            columns = {name: values.tolist() for name, values in done.values.items()}
            rows += [one.row() | dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        return rows

    def rows(self, one: Specification, rng: np.random.Generator) -> Iterator[Row]:
        """Yield a row for every subset of controls."""
        covariates, row = set(self.fit.design.covariates), one.row()
        for numbers in self._by_controls(one, rng):
            label = str(numbers["covariates"])
            names = set() if label == NO_CONTROLS else set(label.split(", "))
            yield row | EMPTY | numbers | {"is_headline": one.is_headline and names == covariates}

    def _by_controls(self, one: Specification, rng: np.random.Generator) -> Iterator[Row]:
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
        return row | {name: float(getattr(bands, name)[0]) for name in ("se", "low", "high", "p")}


def _estimated(curve: Curve, place: int, rng: np.random.Generator) -> Arrays:
    """Estimate one specification under every subset of controls; one array a column."""
    rows = list(curve.rows(curve.plan[place], rng))
    return {name: np.array([row[name] for row in rows]) for name in ("covariates", "is_headline", *EMPTY)}


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
    rule = get_convention(method.correction)
    levels = collect_levels(rule, effects, codes)
    grams = compute_grams(net, codes, o.weights)
    for size in range(len(covariates) + 1):
        for some in combinations(range(len(always), len(full.covariates)), size):
            chosen = (*range(len(always)), *some)
            n_slopes = 1 + len(chosen)
            effect, variance = compute_coefficient(grams, chosen)
            correction = compute_correction(
                rule, o.n_rows, n_slopes, levels, grams.sizes, count_all(n_slopes, effects)
            )
            named = _listed([full.covariates[c] for c in chosen])
            row: Row = {"covariates": named, "effect": effect, "n_rows": o.n_rows}
            if variance > 0:
                se = (variance * correction.factor) ** 0.5
                width = compute_t_quantile((1 + method.level) / 2, correction.df) * se
                p = float(compute_two_sided_p(np.array([effect / se]), correction.df)[0])
                row |= {"se": se, "low": effect - width, "high": effect + width, "p": p}
            yield row


PlaceboShared: TypeAlias = tuple[Fit, tuple[Specification, ...], tuple[FloatArray, ...]]


def compute_placebo_curves(
    fit: Fit, plan: Sequence[Specification], n_draws: int, rng: np.random.Generator
) -> FloatArray | None:
    """Return effects (n_draws + 1, n_specifications) where a path is fast, the real onsets last, or None."""
    dealt = build_assignments(fit.design, "units", find_units_with_trade(fit))
    onsets = (*(dealt.draw(rng) for _ in range(n_draws)), fit.design.onset)
    jobs = {f"{k} {one.label}": k for k, one in enumerate(plan) if one.choices["dates"] == plan[0].choices["dates"]}
    shared: PlaceboShared = (fit, tuple(plan), onsets)
    succeeded, _ = split_succeeded(run_jobs("placebo_curves", _placebo_effects, jobs, shared=shared, rng=rng))
    columns = [done.values["effects"] for done in succeeded if done.values is not None]
    columns = [effects for effects in columns if effects.size and np.isfinite(effects[-1])]
    return np.column_stack(columns) if columns else None


def _placebo_effects(shared: PlaceboShared, place: int, rng: np.random.Generator) -> Arrays:
    """Return one specification's effect under each assignment; nothing where it has no fast path."""
    fit, plan, onsets = shared
    one, nothing = plan[place], {"effects": np.empty(0)}
    base = fitted(one.estimator, one.design)
    if base.estimate.scale != fit.estimate.scale or not is_linear(base):
        return nothing
    again = one.estimator.repeater(one.design, one.design.observations.y[:, None])
    if again is None:
        return nothing
    effects = np.full(len(onsets), np.nan)
    for k, onset in enumerate(onsets):
        try:
            repeated = again(one.design.reassigned(onset))
        except TwintradeError:
            continue
        if repeated is not None:
            effects[k] = Fit(one.estimator, one.design, repeated).view("overall").effects[0]
    return {"effects": effects}
