"""Small-sample corrections of clustered variances, by the name of the software that prints them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from twintrade.effects import CohortEffects, Estimate, EventStudy, Message
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit
from twintrade.numerics.absorption import is_nested, label_components
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.text import Listed, Text

# Whether pairs as clusters are too few to trust under three-way Poisson effects (Weidner and Zylkin 2021).

ENOUGH = 40
"""Cities, and as many partners, with which intervals of agreements cover nearly as they say in docs/lab/coverage.md.

The bias is of order 1/cities + 1/partners, so unequal numbers count by their harmonic mean."""

_THREE_WAY = frozenset(("unit", "city_period", "partner_period"))


def warn_of_few_ends(fit: Fit, estimate: Estimate, names: tuple[str, ...]) -> list[Message]:
    """Return a warning where intervals clustered by pair are too short."""
    if names != ("unit",) or not fit.estimator.is_poisson or not _THREE_WAY.issubset(fit.design.effect_names):
        return []
    o = fit.design.observations
    units = o.unit_rows[np.unique(o.unit[estimate.sample.rows])]
    cities, partners = (np.unique(side[units]).size for side in (o.panel.unit_city, o.panel.unit_partner))
    equal = 2 / (1 / cities + 1 / partners)
    if equal >= ENOUGH:
        return []
    text = Text("inference.short-coverage", cities=cities, partners=partners, equal=equal, enough=ENOUGH)
    return [Message("warning", "short-coverage", text)]


# Which effects have a usable variance, and what is said of those that have none.


def is_reference(estimate: Estimate) -> BoolArray:
    """Whether each effect is the exact zero of a reference period."""
    if isinstance(estimate, EventStudy | CohortEffects) and estimate.reference is not None:
        return np.asarray((estimate.event_times == estimate.reference) & (estimate.effects == 0))
    return np.zeros(estimate.n_effects, dtype=bool)


def has_variance(estimate: Estimate, se: FloatArray) -> BoolArray:
    """Whether each effect has a usable standard error; a zero beside the reference is no error but a failure."""
    floor = 1e-12 * max(float(np.abs(estimate.effects).max(initial=0.0)), float(se.max(initial=0.0)))
    return np.asarray((se > floor) & ~is_reference(estimate))


def list_variance_messages(
    estimate: Estimate, negative: BoolArray, usable: BoolArray, what: str, remedy: str = "none"
) -> tuple[Message, ...]:
    """Return what was repaired, and why an effect has no error; ``remedy`` by ``inference.no-variance-left``."""
    messages = []
    if negative.any():
        text = Text("inference.negative-variance", covariance=what, effects=list_effects(estimate, negative))
        messages.append(Message("warning", "negative-variance", text))
    lost = ~usable & ~is_reference(estimate)
    if (lost & negative).any():
        text = Text("inference.no-variance-left", effects=list_effects(estimate, lost & negative), remedy=remedy)
        messages.append(Message("warning", "no-variance", text))
    if (lost & ~negative).any():
        text = Text("inference.no-variation", effects=list_effects(estimate, lost & ~negative))
        messages.append(Message("warning", "no-variance", text))
    return tuple(messages)


def list_effects(estimate: Estimate, which: BoolArray) -> Listed:
    """Return the names of some effects as a sentence lists them."""
    return Listed(tuple(name for name, chosen in zip(estimate.names, which, strict=True) if chosen), "comma")


Reference = Literal["t of clusters", "t of residuals", "normal"]
TWINTRADE = "twintrade"


@dataclass(frozen=True, slots=True)
class Convention:
    """How one software scales a clustered variance."""

    name: str
    sentence: Text  # for the foot of a table
    counts_parameters: bool  # whether (N - 1) / (N - K), or N / (N - K) without cluster factor, enters
    # G / (G - 1) with the smallest dimension's G for every term, or nothing
    cluster_factor: Literal["smallest", "none"]
    reference: Reference  # distribution that intervals and p-values use
    for_likelihood: Reference = "normal"  # the same where the model is Poisson


CONVENTIONS: dict[str, Convention] = {
    c.name: c
    for c in (
        Convention(TWINTRADE, Text("inference.factor-clusters"), False, "smallest", "t of clusters", "t of clusters"),
        Convention("fixest", Text("inference.factor-not-nested"), True, "smallest", "t of clusters"),
        Convention("stata", Text("inference.factor-not-redundant"), True, "smallest", "t of clusters"),
        Convention("ppmlhdfe", Text("inference.factor-clusters"), False, "smallest", "normal"),
        Convention("linearmodels", Text("inference.factor-one-nested"), True, "none", "t of residuals"),
        *(
            Convention(name, Text("inference.factor-none"), False, "none", "normal")
            for name in ("did", "didimputation", "none")
        ),
    )
}
"""The package's own, which every clustered error has unless another is asked for, and those of other software."""


def describe_correction(rule: Convention, correction: "Correction") -> Text:
    """Return the factor with the name of the software whose convention it is."""
    return Text("inference.correction", factor=correction.sentence, convention=rule.name)


def get_convention(name: str) -> Convention:
    """Return a convention by name."""
    if name not in CONVENTIONS:
        raise InferenceError(f"no small-sample correction is called {name!r}; known: {', '.join(CONVENTIONS)}")
    return CONVENTIONS[name]


@dataclass(frozen=True, slots=True)
class Correction:
    """A convention applied to one sample."""

    factor: float  # multiplies every term of the variance
    n_parameters: int  # the K that was used; 0 where none was
    df: float  # degrees of freedom of the reference distribution, `inf` for the normal
    sentence: Text  # for the foot of a table


@dataclass(frozen=True, slots=True)
class EffectLevels:
    """What counting parameters needs to know of one absorbed effect."""

    n: int
    is_nested: bool  # in some cluster dimension
    n_redundant: int  # connected components with an earlier effect, 0 for the first


def correct(
    rule: Convention,
    n_rows: int,
    n_slopes: int,
    effects: Sequence[IntArray],
    clusters: Sequence[IntArray],
    is_linear: bool = True,
    sizes: Sequence[int] = (),
) -> Correction:
    """Return factor and degrees of freedom from levels (n_rows,) of effects and clusters.

    ``sizes``: numbers of clusters in which no effect nests, where these are given and not their levels.
    """
    sizes = sizes or [int(c.max()) + 1 for c in clusters]
    levels = collect_levels(rule, effects, clusters)
    return compute_correction(rule, n_rows, n_slopes, levels, sizes, count_all(n_slopes, effects), is_linear)


def collect_levels(rule: Convention, effects: Sequence[IntArray], clusters: Sequence[IntArray]) -> list[EffectLevels]:
    """Return what a convention needs to know of each absorbed effect; nothing where it counts no parameters."""
    if not rule.counts_parameters:
        return []
    nested = [any(is_nested(e, c) for c in clusters) for e in effects]
    redundant = [0] * len(effects)
    if rule.name == "stata":
        connected = [[int(label_components(h, e).max()) + 1 for h in effects[:i]] for i, e in enumerate(effects)]
        redundant = [max(components, default=0) for components in connected]
    return [EffectLevels(*of) for of in zip([int(e.max()) + 1 for e in effects], nested, redundant, strict=True)]


def compute_correction(
    rule: Convention,
    n_rows: int,
    n_slopes: int,
    levels: Sequence[EffectLevels],
    sizes: Sequence[int],
    n_all: int,
    is_linear: bool = True,
) -> Correction:
    """Return factor and degrees of freedom from counts: of levels by effect, clusters by dimension, and K of all."""
    if not sizes:
        raise InferenceError("no dimension is named to cluster by: name one under cluster in the design")
    smallest = min(sizes)
    if smallest < 2:
        raise InferenceError("there is one cluster only and no variance without a second; cluster by something finer")
    by_rows = len(sizes) == 1 and smallest == n_rows
    if rule.name == TWINTRADE and by_rows:
        rule = replace(rule, sentence=Text("inference.factor-rows"), counts_parameters=True, cluster_factor="none")
    k = count_parameters(rule, n_slopes, levels, n_all) if rule.counts_parameters else 0
    if rule.counts_parameters and k >= n_rows:
        raise InferenceError(f"{k} parameters on {n_rows} rows leave no degree of freedom for errors")
    has_factor = rule.cluster_factor == "smallest"
    factor = smallest / (smallest - 1) if has_factor else 1.0
    if rule.counts_parameters:
        factor *= (n_rows - has_factor) / (n_rows - k)
    reference = rule.reference if is_linear else rule.for_likelihood
    if reference == "normal":
        df = float("inf")
    elif reference == "t of residuals" or (by_rows and k):
        df = float(n_rows - n_all)
    else:
        df = float(smallest - 1)
    return Correction(factor, k, df, rule.sentence)


def count_parameters(rule: Convention, n_slopes: int, levels: Sequence[EffectLevels], n_all: int) -> int:
    """Return K as a convention counts it; at least 1.

    twintrade, where it counts: slopes plus every effect.
    fixest: slopes plus effect levels, less one for each effect after the first, nested effects counting one in all.
    stata (reghdfe): slopes plus levels of non-nested effects less the connected components each has with an earlier
    effect, plus one where some effect is nested. The two agree where every pair of effects is connected.
    linearmodels: slopes, plus every effect; a single effect that nests in the clusters is left out.
    """
    if rule.name == TWINTRADE:
        return max(1, n_all)
    nested = [e.is_nested for e in levels]
    if rule.name == "linearmodels":
        return n_slopes if nested == [True] else n_all
    if rule.name == "stata":
        return max(1, n_slopes + sum(e.n - e.n_redundant for e in levels if not e.is_nested) + int(any(nested)))
    if not levels:
        return max(1, n_slopes)
    inside = sum(e.n - 1 for e in levels if e.is_nested)
    return max(1, n_slopes + sum(e.n for e in levels) - (len(levels) - 1) - inside)


def count_all(n_slopes: int, effects: Sequence[IntArray]) -> int:
    """Return slopes plus effect levels, less one for each effect after the first."""
    return n_slopes + sum(int(e.max()) + 1 for e in effects) - max(0, len(effects) - 1)
