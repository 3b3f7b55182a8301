"""Other policies beside the agreement, in one coefficient, and the levels of one policy, change by change."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.design import Design, Observations, Treatment
from twintrade.diagnostics import variants
from twintrade.diagnostics.base import INFORMS, Diagnostic, Judgment, judge_bound, require
from twintrade.diagnostics.variants import PairedDifference, format_effect
from twintrade.diagnostics.who_is_compared.policies import FEWEST
from twintrade.diagnostics.who_is_compared.twfe_weights import name_unit
from twintrade.effects import EventStudy, Finding, Topic, UnitInfluence
from twintrade.errors import EstimationError, TwintradeError
from twintrade.estimators.base import ESTIMATORS, Estimator, Fit
from twintrade.estimators.base import fit as estimate
from twintrade.inference.auto import resolve_method
from twintrade.inference.base import Inference
from twintrade.inference.placebo import Placebo
from twintrade.inference.randomization import Randomization
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, find_distinct, sum_by_group
from twintrade.numerics.contamination import Contamination, decompose_coefficient, estimate_alone, mark_absorbed
from twintrade.text import Listed, Text, Words, pack_both

# What is left of a coefficient without the effects of other policies is the agreement's own.

RESOLUTIONS = ("start-and-time", "time", "start")
"""Within which a policy's effect is one number: the first of these at which rows tell all policies' effects apart."""
MOST_NUMBERS = 30_000_000  # of the dummies of such cells, above which a coarser resolution is tried


@dataclass(frozen=True, slots=True, eq=False)
class OtherPolicies:
    """The policies beside the agreement in the compared rows, and what else is controlled for."""

    names: tuple[str, ...]
    in_force: FloatArray  # (n_rows, K)
    controls: FloatArray  # (n_rows, n_controls)

    def take(self, which: BoolArray) -> "OtherPolicies":
        """Return some of the policies, (K,)."""
        names = tuple(name for name, one in zip(self.names, which, strict=True) if one)
        return OtherPolicies(names, self.in_force[:, which], self.controls)


def find_policies(design: Design) -> OtherPolicies:
    """Return the declared policies of the panel, and covariates that are zero in some rows and one in all others."""
    o = design.observations
    unit = o.unit_rows[o.unit]
    columns = {p.name: p.is_in_force(unit, o.period).astype(np.float64) for p in design.panel.policies}
    is_control = np.ones(len(o.covariate_names), dtype=bool)
    for k, (name, x) in enumerate(zip(o.covariate_names, o.covariates.T, strict=True)):
        if np.isin(x, (0.0, 1.0)).all():
            columns.setdefault(name, x)
            is_control[k] = False
    columns = {name: x for name, x in columns.items() if 0 < x.sum() < x.size}
    return OtherPolicies(
        tuple(columns), np.array([*columns.values()]).reshape(-1, o.n_rows).T, o.covariates[:, is_control]
    )


def find_starts(o: Observations, policies: FloatArray) -> IntArray:
    """Return the period in which each policy (n_rows, K) of ones last began in a row's unit, (n_rows, K)."""
    is_first = np.diff(o.unit, prepend=-1) != 0
    starts = np.zeros(policies.shape, dtype=np.int64)
    for k in range(policies.shape[1]):
        begins = (policies[:, k] > 0) & (is_first | (np.roll(policies[:, k], 1) == 0))
        starts[:, k] = o.period[np.maximum.accumulate(np.where(begins, np.arange(begins.size), 0))]
    return starts


def list_cells(o: Observations, starts: IntArray, resolution: str) -> IntArray:
    """Return the cell of each row and policy, (n_rows, K)."""
    since = o.period[:, None] - starts
    if resolution == "start":
        return starts
    return since if resolution == "time" else starts * (int(np.ptp(o.periods)) + 1) + since


@dataclass(frozen=True, slots=True)
class ContaminationCheck(Diagnostic):
    """How much of a static regression's coefficient of the agreement are effects of the other policies in it.

    Other policies are declared ones and covariates of zeros and ones. Their effects enter with weights that sum to
    zero, and cancel if they are all the same. Those that the fixed effects absorb need no control and are named.
    """

    name: ClassVar[str] = "contamination"
    citation: ClassVar[str] = "goldsmithpinkham2024"
    topic: ClassVar[Topic] = "forest"

    def concerns(self, design: Design) -> bool:
        """Whether there is a policy beside the agreement."""
        return bool(find_policies(design).names)

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the coefficient's parts; the payload has one row each."""
        o, policies = fit.design.observations, find_policies(fit.design)
        require(policies.names, Text("checks.contamination-none"))
        is_absorbed = mark_absorbed(policies.in_force, o.effect_codes(), o.weights)
        absorbed, others = policies.take(is_absorbed).names, policies.take(~is_absorbed)
        no_control = Text("checks.contamination-absorbed", n=len(absorbed), policies=Listed(absorbed, "and"))
        if not others.names:
            return self.conclude(no_control, value=0.0, unit=name_unit(fit)[0])
        parts, resolution, alone = _decompose(fit, o, others)
        if np.isnan(parts.own_part):
            return self.unavailable(Text("checks.contamination-apart", policies=Listed(others.names, "and")))
        bias = _test_bias(fit, parts, resolve_method(fit, inference), rng)
        judged = _judge_bias(fit, bias, inference, rng)
        verdict = "unknown" if np.isnan(bias.p) else judged.verdict.replace(" ", "-")
        sentences = [
            self._say(fit, parts, bias, Listed(others.names, "and"), resolution),
            Text("checks.contamination-judged", verdict=verdict, p=bias.p),
        ]
        table = self._list_parts(fit, parts, alone, others.names)
        text = Listed(tuple([*sentences, no_control] if absorbed else sentences), "sentences")
        return self.conclude(text, table, judged, value=bias.effect, unit=name_unit(fit)[0])

    def _list_parts(self, fit: Fit, parts: Contamination, alone: float, others: tuple[str, ...]) -> pd.DataFrame:
        unit = name_unit(fit)[1]
        rows = [
            (Text("checks.weights-coefficient", **unit), parts.coefficient),
            (Text("checks.contamination-own", **unit), parts.own_part),
            (Text("checks.contamination-alone", **unit), alone),
        ]
        for name, its, weight in zip(others, parts.bias, parts.absolute, strict=True):
            rows.append((Text("checks.contamination-bias", policy=name, **unit), float(its)))
            rows.append((Text("checks.contamination-weights", policy=name), float(weight)))
        return variants.build_quantities(rows)

    def _say(self, fit: Fit, parts: Contamination, bias: PairedDifference, others: Listed, resolution: str) -> Text:
        scale, shown = name_unit(fit)[0], {"coefficient": parts.coefficient, "own": parts.own_part}
        shown |= {"bias": bias.effect, "low": bias.low, "high": bias.high}
        return Text(
            "checks.contamination",
            family="poisson" if fit.estimator.is_poisson else "linear",
            effects=fit.design.effects_label,
            policies=others,
            known=bool(np.isfinite(bias.bound)),
            weights=float(parts.absolute.sum()),
            cells=resolution,
            **{name: Text("common.effect", value=value, scale=scale) for name, value in shown.items()},
        )


def _test_bias(fit: Fit, parts: Contamination, method: Inference, rng: np.random.Generator) -> PairedDifference:
    """Return what other policies add to the coefficient, with an interval where errors are clustered."""
    o = fit.design.observations
    bias = parts.coefficient - parts.own_part
    if isinstance(method, Randomization | Placebo):
        return PairedDifference(bias)
    by_unit = sum_by_group(parts.influence[:, None], o.unit, o.n_units)
    influence = UnitInfluence(o.unit_ids, by_unit)
    alone = replace(fit.view("overall"), effects=np.array([bias]), uncertainty=influence)
    return variants.infer_widest(replace(fit, estimate=alone), method, rng)


def _judge_bias(fit: Fit, bias: PairedDifference, inference: Inference, rng: np.random.Generator) -> Judgment:
    """Return what contamination says of a headline that is such a regression; of any other it informs."""
    if not fit.estimator.takes_treated:
        return INFORMS
    yardstick = variants.measure_headline(fit, inference, rng)
    if name_unit(fit)[0] == "log-points":
        yardstick = yardstick.in_logs(fit.estimate.scale)
    return judge_bound(bias.p, bias.bound, yardstick, (bias.high - bias.low) / 2)


def _decompose(fit: Fit, o: Observations, others: OtherPolicies) -> tuple[Contamination, str, float]:
    """Decompose at the finest resolution that tells policies apart; and the coefficient without their rows."""
    y, controls, is_poisson = o.y, others.controls, fit.estimator.is_poisson
    policies = np.column_stack([o.is_treated, others.in_force]).astype(np.float64)
    starts, codes = find_starts(o, policies), o.effect_codes()
    # An agreement that began before the rows do is dated all the same.
    starts[o.is_treated, 0] = o.onset[o.is_treated].astype(np.int64)
    for resolution in RESOLUTIONS:
        cells = list_cells(o, starts, resolution)
        n_cells = sum(find_distinct(cells[policies[:, k] > 0, k]).size for k in range(policies.shape[1]))
        if n_cells * o.n_rows > MOST_NUMBERS and resolution != RESOLUTIONS[-1]:
            continue
        parts = decompose_coefficient(y, policies, cells, codes, controls, o.weights, is_poisson=is_poisson)
        if np.isfinite(parts.own_part):
            break
    return parts, resolution, estimate_alone(y, policies, codes, controls, o.weights, is_poisson=is_poisson)


# Levels of one policy: each change against pairs that are at the level it leaves and have not left it yet.

LEVEL_COLUMNS = ("label", "label_text", "n_treated_units", "n_units", "effect", "low", "high", "p", "scale", "reason")
PATH_COLUMNS = ("label", "label_text", "event_time", "effect", "low", "high")
DOSES, PER_LEVEL = "chaisemartin_dhaultfoeuille", {"normalized": True}


@dataclass(frozen=True, slots=True, eq=False)
class Spells:
    """Runs of rows of one unit at one level, numbered in the order of rows."""

    row: IntArray  # (n_rows,): spell of each row
    level: FloatArray  # (n_spells,)
    unit: IntArray  # (n_spells,)
    start: IntArray  # (n_spells,): first period
    is_first: BoolArray  # (n_spells,): first of its unit at its level
    to: FloatArray  # (n_spells,): level of the unit's next spell; NaN for its last

    @property
    def left(self) -> FloatArray:
        """Period in which the unit leaves the level, infinite for its last spell, (n_spells,)."""
        return np.where(np.isnan(self.to), np.inf, np.append(self.start[1:], 0))


def find_spells(o: Observations) -> Spells:
    """Return the spells of the compared rows by their dose, or by whether they are treated."""
    dose = np.asarray(o.is_treated, dtype=np.float64) if o.dose is None else o.dose[o.rows]
    begins = (np.diff(o.unit, prepend=-1) != 0) | (np.diff(dose, prepend=np.nan) != 0)
    first = np.flatnonzero(begins)
    level, unit = dose[first], o.unit[first]
    is_first = ~pd.DataFrame({"unit": unit, "level": level}).duplicated().to_numpy()
    to = np.where(np.append(unit[1:], -1) == unit, np.append(level[1:], np.nan), np.nan)
    return Spells(np.cumsum(begins) - 1, level, unit, o.period[first], is_first, to)


def list_changes(spells: Spells) -> list[tuple[float, float]]:
    """Return the changes of level that units make when they first leave a level, ascending."""
    used = spells.is_first & ~np.isnan(spells.to)
    return sorted(set(zip(spells.level[used].tolist(), spells.to[used].tolist(), strict=True)))


def build_change(design: Design, spells: Spells, old: float, new: float) -> Design:
    """Return the design of one change: rows at the old level, and at the new one of units that go there next."""
    o = design.observations
    stays = spells.is_first & (spells.level == old)
    goes = stays & (spells.to == new)
    after = np.append(False, goes[:-1])
    # Rows in which a change elsewhere may be anticipated say nothing of those who stay.
    is_ahead = o.period >= np.where(stays & ~goes, spells.left, np.inf)[spells.row] - design.anticipation
    keep = np.zeros(design.panel.n_rows, dtype=bool)
    keep[o.rows] = (stays | after)[spells.row] & ~is_ahead
    onset = np.full(design.panel.n_units, np.inf)
    onset[o.unit_rows[spells.unit[goes]]] = spells.left[goes]
    excluded = design.treatment.excluded
    treatment = Treatment(design.panel.units, onset, excluded, rule=design.treatment.rule)
    return replace(design, treatment=treatment).restricted(keep)


@dataclass(frozen=True, slots=True)
class LevelChanges(Diagnostic):
    """The effect of each change of level, as from a memorandum to a sister city or to none, on pairs that make it.

    Pairs are compared with those at the same level that have not left it yet, by imputation, and agreements are dealt
    anew among these where inference is by randomization. The assumption is that pairs at one level would have moved
    alike had none changed. Beside it is the effect per level of de Chaisemartin and D'Haultfœuille with two-way
    effects.
    """

    name: ClassVar[str] = "level_changes"
    citation: ClassVar[str] = "dechaisemartin2024"
    topic: ClassVar[Topic] = "forest"

    def concerns(self, design: Design) -> bool:
        """Whether the treatment has levels, or ends."""
        return design.treatment.dose is not None

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a change; payload ``level_changes_path`` has the effects by event time."""
        design = fit.design
        require(self.concerns(design), Text("checks.level-changes-none"))
        spells = find_spells(design.observations)
        rows, paths = list[dict[str, object]](), list[dict[str, object]]()
        for old, new in list_changes(spells):
            label = Text("checks.level-change", old=_name_level(design, old), new=_name_level(design, new))
            row, path = _estimate_change(label, _impute(fit), build_change(design, spells, old, new), inference, rng)
            rows.append(row)
            paths += path
        per_level = replace(design, fixed_effects="two_way")
        label, method = Text("checks.level-per-level"), ESTIMATORS[DOSES](**PER_LEVEL)
        rows.append(_estimate_change(label, method, per_level, inference, rng)[0])
        table = pd.DataFrame(rows, columns=[*LEVEL_COLUMNS, "reason_text"])
        known = table.iloc[:-1].dropna(subset=["effect"])
        require(len(known) > 0, variants.list_reasons(table))
        sentences = [
            Text(
                "checks.level-says",
                change=change,
                n=int(row["n_treated_units"]),
                units=design.panel.unit_kind,
                effect=format_effect(row["effect"], str(row["scale"])),
                tested="no" if np.isnan(row["p"]) else "yes",
                p=row["p"],
            )
            for change, (_, row) in zip(variants.list_words(known, "label"), known.iterrows(), strict=True)
        ]
        path_table = pd.DataFrame(paths, columns=list(PATH_COLUMNS))
        payloads = {self.name: table, f"{self.name}_path": path_table}
        in_levels = bool((known["scale"] == "level").all())
        unit = design.panel.units_of_measure.get(design.outcome, "") if in_levels else ""
        text = Text("checks.level-changes", changes=Listed(tuple(sentences), "semicolon"), unit=unit or "none")
        stated = Listed((text, *variants.list_refused(table.iloc[:-1])), "sentences")
        failures = variants.list_failures(self.name, table)
        return self.conclude(stated, table, payloads=payloads, messages=failures)


def _name_level(design: Design, level: float) -> Words:
    names = design.treatment.levels
    if level == 0:
        return Text("checks.level-none")
    if names:
        return names[int(level) - 1]
    dose = design.treatment.dose
    return Text("checks.level-agreement") if dose is None or dose.max() == 1 else f"{level:g}"


def _impute(fit: Fit) -> Estimator:
    """Return the fit's own method if it imputes, else imputation of the same family."""
    if fit.estimator.imputes_by is not None:
        return fit.estimator
    options = {"family": "poisson", "measure": "percent"} if fit.estimator.is_poisson else {}
    return ESTIMATORS["imputation"](**options)


def _estimate_change(
    label: Text, method: Estimator, design: Design, inference: Inference, rng: np.random.Generator
) -> tuple[dict[str, object], list[dict[str, object]]]:
    """Return the row of a change, with the reason where it has no effect or interval, and its rows by event time."""
    named = pack_both("label", label)
    row: dict[str, object] = {**named, **pack_both("reason", ""), "scale": "", "n_treated_units": 0, "n_units": 0}
    row |= dict.fromkeys(variants.NUMBERS[:4], np.nan)
    path: list[dict[str, object]] = []
    try:
        change = estimate(method, design)
        overall = change.view("overall")
        row |= {"n_treated_units": overall.sample.n_treated_units, "n_units": overall.sample.n_units}
        row |= {"effect": float(overall.effects[0]), "scale": overall.scale}
        is_dealt = isinstance(resolve_method(change, inference), Randomization | Placebo)
        if overall.sample.n_treated_units < FEWEST and not is_dealt:
            raise EstimationError(Text("checks.policies-few", n=FEWEST))
        bands = inference.infer(change, "overall", rng)
        row |= {"low": float(bands.low[0]), "high": float(bands.high[0]), "p": float(bands.p[0])}
        by_event = inference.infer(change, "event", rng)
        if isinstance(by_event.estimate, EventStudy):
            effects = (by_event.estimate.event_times, by_event.estimate.effects, by_event.low, by_event.high)
            path = [named | dict(zip(PATH_COLUMNS[2:], at, strict=True)) for at in zip(*effects, strict=True)]
    except TwintradeError as error:
        row |= pack_both("reason", error.text)
    return row, path
