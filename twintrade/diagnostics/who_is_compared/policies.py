"""The agreement beside other policies: by the set in force, by order of arrival, and of one where another is."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from twintrade.data.registry import Policy
from twintrade.design import NEVER, Design
from twintrade.design.fixed_effects import name_effect
from twintrade.diagnostics import variants
from twintrade.diagnostics.base import Diagnostic, require
from twintrade.diagnostics.variants import Variant
from twintrade.effects import Finding, Topic
from twintrade.errors import DesignError
from twintrade.estimators.base import Fit
from twintrade.estimators.base import fit as estimate
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.imputing import fit_counterfactual
from twintrade.estimators.regression import Family
from twintrade.inference.auto import resolve_method
from twintrade.inference.base import Inference
from twintrade.inference.randomization import Randomization
from twintrade.numerics.arrays import BoolArray
from twintrade.text import Listed, Text, Words, pack_both

# Rows by the policies in force, the agreement one of them: its name is empty, and it comes first.

AGREEMENT = ""
FEWEST = 3  # pairs that have one policy without another, below which the two are not told apart


@dataclass(frozen=True)
class Policies:
    """The agreement and other policies of a design, none of which its fixed effects absorb."""

    design: Design
    policies: tuple[Policy, ...]

    @cached_property
    def in_force(self) -> BoolArray:
        """Whether each policy is in force, shape (n_policies, panel.n_rows)."""
        panel = self.design.panel
        return np.array([policy.is_in_force(panel.unit, panel.period) for policy in self.policies])

    @cached_property
    def has_begun(self) -> BoolArray:
        """Whether each has begun, the design's anticipation included, shape (n_policies, panel.n_rows)."""
        panel, early = self.design.panel, self.design.anticipation
        return np.array([policy.has_begun(panel.unit, panel.period, early) for policy in self.policies])

    @property
    def is_free(self) -> BoolArray:
        """Whether a row lies before every policy, shape (panel.n_rows,)."""
        return np.asarray(~self.has_begun.any(axis=0))

    @cached_property
    def is_counted(self) -> BoolArray:
        """Whether a row takes part in the design, shape (panel.n_rows,)."""
        counted = np.zeros(self.design.panel.n_rows, dtype=bool)
        counted[self.design.observations.rows] = True
        return counted

    def find_rows(self, members: Sequence[int]) -> BoolArray:
        """Return rows in which these are in force, and no other has begun, shape (panel.n_rows,)."""
        others = [k for k in range(len(self.policies)) if k not in members]
        rows = self.in_force[list(members)].all(axis=0) & ~self.has_begun[others].any(axis=0)
        return np.asarray(rows & self.is_counted)

    def has_any(self, rows: BoolArray) -> BoolArray:
        """Return whether a unit has any of some rows, shape (n_units,)."""
        panel = self.design.panel
        return np.bincount(panel.unit[rows], minlength=panel.n_units) > 0

    def list_sets(self) -> Iterator[tuple[int, ...]]:
        """Yield the sets of policies that are in force in any row: each alone, and those with the agreement."""
        n = len(self.policies)
        patterns = np.unique(self.in_force[:, self.is_counted].T, axis=0)
        sets = {tuple(np.flatnonzero(pattern).tolist()) for pattern in patterns}
        yield from ((k,) for k in range(n))
        yield from sorted((s for s in sets if len(s) > 1 and s[0] == 0), key=lambda s: (len(s), s))


def gather_policies(design: Design) -> tuple[Policies, list[tuple[Policy, str]]]:
    """Return the agreement and the policies that move within fixed effects, and those that these absorb."""
    panel, o = design.panel, design.observations
    absorbed: list[tuple[Policy, str]] = []
    kept = [Policy(AGREEMENT, (), design.onset, np.full(panel.n_units, NEVER))]
    for policy in sorted(panel.policies, key=lambda policy: policy.name):
        begun = policy.has_begun(panel.unit, panel.period)[o.rows]
        status = begun + policy.is_in_force(panel.unit, panel.period)[o.rows].astype(np.int64)
        absorbing = [
            name for name in o.effect_names if (pd.Series(status).groupby(o.codes(name)).nunique() == 1).all()
        ]
        if absorbing and begun.any():
            absorbed.append((policy, absorbing[0]))
        elif begun.any():
            kept.append(policy)
    return Policies(design, tuple(kept)), absorbed


def build_cell(beside: Policies, members: Sequence[int], units: BoolArray | None = None) -> Design:
    """Return the design in which rows with exactly these policies are treated, and rows before any are not."""
    design, panel = beside.design, beside.design.panel
    start = np.max([beside.policies[k].onset for k in members], axis=0)
    of_units = np.ones(panel.n_units, dtype=bool) if units is None else units
    rows: BoolArray = beside.find_rows(members) & of_units[panel.unit]
    has_rows = beside.has_any(rows)
    kept = rows | beside.is_free
    if len(members) == 1:
        mine, others = members[0], [k for k in range(len(beside.policies)) if k != members[0]]
        is_after = panel.period >= beside.policies[mine].end[panel.unit]
        is_other: BoolArray = np.asarray(beside.has_begun[others].any(axis=0))
        kept, has_rows = ~is_other & ~is_after, has_rows | ~beside.has_any(is_other)
    return design.restricted(kept).reassigned(np.where(has_rows, start, np.inf))


def build_increment(beside: Policies, of: int, given: int) -> tuple[Design, BoolArray]:
    """Return the design of one policy where another is in force already, whose own effect by time stays in it.

    The other's effect by time since its start is that of pairs that have it alone; where fewer than three have it,
    rows are left out. Rows that are averaged come second.
    """
    design = beside.design
    panel, before = design.panel, beside.policies[given].onset
    alone, both = beside.find_rows([given]), _find_later(beside, of, given)
    since = np.where(alone | both, panel.period - np.where(np.isfinite(before), before, 0)[panel.unit], -1)
    pairs = pd.Series(panel.unit[alone]).groupby(since[alone]).nunique()
    known = pairs.index[pairs >= FEWEST].to_numpy()
    is_known = np.isin(since, known)
    rows, alone = both & is_known, alone & is_known
    if not rows.any():
        raise DesignError(Text("checks.policies-no-increment", policy=_name(beside, given), fewest=FEWEST))
    columns = {f"policy:{time:g}": (since == time).astype(np.float64) for time in known}
    has_rows, panel = beside.has_any(rows), replace(panel, columns={**panel.columns, **columns})
    wider = replace(design, panel=panel, covariates=(*design.covariates, *columns))
    onset = np.where(has_rows, beside.policies[of].onset, np.inf)
    return wider.restricted(beside.is_free | alone | rows).reassigned(onset), rows


def _find_later(beside: Policies, of: int, given: int) -> BoolArray:
    """Return rows with exactly two policies in which one came after the other, shape (panel.n_rows,)."""
    is_later = beside.policies[given].onset < beside.policies[of].onset
    return np.asarray(beside.find_rows([of, given]) & is_later[beside.design.panel.unit])


def _name(beside: Policies, k: int) -> Words:
    return beside.policies[k].name or Text("checks.policies-agreement")


def describe_bundle(beside: Policies, one: int) -> Text | None:
    """Return the policy that one is hardly ever without, None where it can be kept apart from each."""
    rows = beside.find_rows([one])
    for other in range(len(beside.policies)):
        apart = int(beside.has_any(beside.in_force[one] & ~beside.in_force[other] & beside.is_counted).sum())
        both = beside.has_any(beside.in_force[one] & beside.in_force[other] & beside.is_counted)
        together = both & (beside.policies[one].onset == beside.policies[other].onset)
        if other != one and apart < FEWEST and together.any():
            names = _name(beside, max(one, other)), _name(beside, min(one, other))
            counts = {"n": int(together.sum()), "n_all": int(both.sum())}
            return Text("checks.policies-bundle", one=names[0], other=names[1], **counts)
    return None if rows.any() else Text("checks.policies-never-alone", policy=_name(beside, one))


# One variant a set in force, an order of arrival, or a policy where another is in force already.

ALONE, SET, ORDER, INCREMENT, OFFICE = "alone", "set", "order", "increment", "office"
COLUMNS = (
    *("label", "label_text", "group", "effect", "low", "high", "p", "n_pairs", "n_rows", "n_lost", "share"),
    *("reason", "reason_text"),
)


@dataclass(frozen=True, slots=True, eq=False)
class PolicyCell:
    """A variant with the rows of the panel behind it."""

    variant: Variant
    rows: BoolArray
    signers: tuple[str, ...] = ()  # pairs among which the policy could have been dealt; all where there are none


def list_cells(beside: Policies) -> Iterator[PolicyCell]:
    """Yield what is averaged, with the reason where it cannot be told apart."""
    for members in beside.list_sets():
        alone = len(members) == 1
        label = Text("checks.policies-set", names=Listed(tuple(_name(beside, k) for k in members)), alone=alone)
        rows, orders = beside.find_rows(members), list(_list_orders(beside, members))
        group = ALONE if members == (0,) else SET
        bundle = describe_bundle(beside, members[0]) if alone else None
        if bundle is not None:
            yield PolicyCell(Variant(label, group, None, bundle), np.zeros_like(rows))
        else:
            of_set = orders[0].variant.label if len(orders) == 1 else label
            yield PolicyCell(Variant(of_set, group, build_cell(beside, members)), rows)
        yield from orders if len(orders) > 1 else ()
    for other in range(1, len(beside.policies)):
        for of, given in ((0, other), (other, 0)):
            if _find_later(beside, of, given).any():
                yield _build_increment_cell(beside, of, given)


def _list_orders(beside: Policies, members: tuple[int, ...]) -> Iterator[PolicyCell]:
    """Yield the orders in which two policies came about."""
    if len(members) != 2:
        return
    first, second = (beside.policies[k].onset for k in members)
    orders = {"first": first < second, "second": first > second, "together": first == second}
    names = {"one": _name(beside, members[0]), "other": _name(beside, members[1])}
    for order, units in orders.items():
        rows: BoolArray = beside.find_rows(members) & units[beside.design.panel.unit]
        if rows.any():
            label = Text("checks.policies-order", order=order, **names)
            yield PolicyCell(Variant(label, ORDER, build_cell(beside, members, units)), rows)


def _build_increment_cell(beside: Policies, of: int, given: int) -> PolicyCell:
    label, panel = _label_increment(beside, of, given), beside.design.panel
    try:
        design, rows = build_increment(beside, of, given)
    except DesignError as error:
        return PolicyCell(Variant(label, INCREMENT, None, error.text), np.zeros(panel.n_rows, dtype=bool))
    return PolicyCell(Variant(label, INCREMENT, design), rows, list_signers(beside, given))


def list_signers(beside: Policies, given: int) -> tuple[str, ...]:
    """Return the units that have a policy in some row, among which another is dealt where it is in force."""
    return tuple(map(str, beside.design.panel.units[beside.has_any(beside.in_force[given] & beside.is_counted)]))


def _label_increment(beside: Policies, of: int, given: int) -> Text:
    return Text("checks.policies-increment", one=_name(beside, of), other=_name(beside, given))


@dataclass(frozen=True, slots=True)
class PoliciesCheck(Diagnostic):
    """What the agreement does alone, and beside other policies: consulates, offices, flights, trade agreements."""

    name: ClassVar[str] = "policies"
    citation: ClassVar[str] = "borusyak2024"
    payload_kinds: ClassVar = {"policies": "forest"}
    topic: ClassVar[Topic] = "forest"

    def concerns(self, design: Design) -> bool:
        """Whether another policy is dated."""
        return bool(design.panel.policies)

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a set in force, an order of arrival and an increment; payload ``policy_effects`` has all."""
        require(fit.design.panel.policies, Text("checks.policies-none"))
        headline = fit
        if fit.estimator.imputes_by is None:
            family = "poisson" if fit.estimator.is_poisson else "linear"
            headline = estimate(Imputation(family=family), fit.design)  # type: ignore[arg-type]
        beside, absorbed = gather_policies(headline.design)
        panel, sentences = headline.design.panel, []
        for policy, effect in absorbed:
            effects = name_effect(effect, is_dyadic=panel.is_dyadic, period=panel.frequency)
            sentences.append(Text("checks.policies-absorbed", policy=policy.name, effects=effects))
        if len(beside.policies) == 1:
            return self.conclude(Listed(tuple(sentences) or (Text("checks.policies-none"),), "sentences"))
        table = self._compare(headline, beside, inference, rng)
        text = Listed((*_say(headline, beside, table), *sentences), "sentences")
        known, scale = table[table["effect"].notna()], headline.estimate.scale
        shown = known[known["group"].isin((ALONE, SET, ORDER))].assign(group="", scale=scale)
        scales = [_find_scale(group, scale) for group in known["group"]]
        return self.conclude(
            text,
            table,
            payloads={"policy_effects": known.assign(scale=scales), "policies": shown},
            value=float(table["effect"].iloc[0]),
            unit=scale,
            messages=variants.list_failures(self.name, table[(table["group"] != INCREMENT) & table["effect"].isna()]),
        )

    def _compare(self, fit: Fit, beside: Policies, inference: Inference, rng: np.random.Generator) -> pd.DataFrame:
        method = variants.simplify_inference(fit, resolve_method(fit, inference), has_intervals=True)
        cells, tables = list(list_cells(beside)), []
        for signers, alike in groupby(cells, key=lambda cell: cell.signers):
            dealt = replace(method, signers=signers) if isinstance(method, Randomization) else method
            some = [cell.variant for cell in alike]
            tables.append(variants.compare_variants(fit, some, dealt, rng, is_same_target=False, explains_ends=True))
        counts = pd.DataFrame(_count_rows(fit, beside, cells), columns=["n_pairs", "n_rows", "n_lost", "share"])
        table = pd.concat(tables, ignore_index=True).drop(columns="n_rows")
        table = pd.concat([table, counts], axis=1)[list(COLUMNS)]
        if not isinstance(method, Randomization):
            table.loc[table["n_pairs"] < FEWEST, ["low", "high", "p"]] = np.nan
            table.loc[(table["n_pairs"] < FEWEST) & table["effect"].notna(), ["reason", "reason_text"]] = ""
        return pd.DataFrame([*table.to_dict("records"), *_list_offices(beside, table)], columns=list(COLUMNS))


def _count_rows(fit: Fit, beside: Policies, cells: Sequence[PolicyCell]) -> Iterator[tuple[int, int, int, float]]:
    """Yield pairs and rows behind each cell, rows without a row to be compared with, and the share of all."""
    family = fit.estimator.imputes_by or "linear"
    of_free = _find_imputed(beside.design, family, beside)
    n_all = int((beside.in_force.any(axis=0) & beside.is_counted).sum())
    for cell in cells:
        design = cell.variant.design
        is_own = cell.variant.group == INCREMENT
        used: BoolArray = cell.rows & (of_free if design is None or not is_own else _find_imputed(design, family))
        n_used = int(used.sum())
        yield int(beside.has_any(used).sum()), n_used, int(cell.rows.sum()) - n_used, n_used / n_all


def _find_imputed(design: Design, family: Family, beside: Policies | None = None) -> BoolArray:
    """Return the rows of the panel that can be imputed; of all policies at once where these are given."""
    o = design.observations
    held_out = None if beside is None else ~beside.is_free[o.rows]
    is_imputed = np.zeros(design.panel.n_rows, dtype=bool)
    is_imputed[o.rows[fit_counterfactual(o, family, is_refit=True, held_out=held_out).rows]] = True
    return is_imputed


def _list_offices(beside: Policies, table: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Yield by how much more an agreement moves where an office is than alone.

    The interval adds the widths of both intervals: no correlation makes the error of a difference larger.
    """
    alone = table.iloc[0]
    for k, policy in enumerate(beside.policies):
        beside_it = table[table["label"] == str(_label_increment(beside, 0, k))] if policy.is_office else table[:0]
        for _, row in beside_it.iterrows():
            label = Text("checks.policies-office", policy=policy.name)
            ends = {"low": row["low"] - alone["high"], "high": row["high"] - alone["low"]}
            named = pack_both("label", label) | {"group": OFFICE}
            yield row.to_dict() | named | ends | {"effect": row["effect"] - alone["effect"], "p": np.nan}


def _say(fit: Fit, beside: Policies, table: pd.DataFrame) -> Iterator[Words]:
    """Yield what the averages say: the agreement alone, both, one where the other is, and the rows lost."""
    scale = fit.estimate.scale
    shown = table[table["effect"].notna() & (table["group"] != ORDER)]
    effects = [
        Text("checks.policies-effect", label=label, n=row["n_pairs"], effect=_show(row, scale))
        for label, row in zip(variants.list_words(shown, "label"), shown.to_dict("records"), strict=True)
    ]
    yield Text(
        "checks.policies",
        names=Listed(tuple(policy.name for policy in beside.policies[1:])),
        headline=variants.format_effect(float(fit.view("overall").effects[0]), scale),
        effects=Listed(tuple(effects), "semicolon"),
        units=beside.design.panel.unit_kind,
    )
    if (shown["low"].isna() & (shown["n_pairs"] < FEWEST)).any():
        yield Text("checks.policies-few", n=FEWEST)
    yield from variants.list_refused(table)
    sets = table[table["group"].isin((ALONE, SET))]
    lost = int(sets["n_lost"].sum())
    if lost:
        yield Text("checks.policies-lost", share=lost / (lost + int(sets["n_rows"].sum())))


def _find_scale(group: str, scale: str) -> str:
    """Return the scale of a row: a difference of two percentages is one in percentage points."""
    return "points" if group == OFFICE and scale == "percent" else scale


def _show(row: Mapping[Hashable, Any], scale: str) -> Text:
    scale = _find_scale(row["group"], scale)
    ends = {name: variants.format_effect(float(row[name]), scale) for name in ("effect", "low", "high")}
    return Text("checks.policies-interval", **ends, known="yes" if np.isfinite(row["low"] + row["high"]) else "no")
