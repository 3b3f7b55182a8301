"""What the estimate would be with pairs whose agreement has no date, as comparison or treated from some date on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, TypeAlias

import numpy as np

from twintrade.design import Design
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import Variant, compare_variants, format_effect, list_failures
from twintrade.effects import Finding
from twintrade.errors import InferenceError, TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.imputing import fit_counterfactual
from twintrade.inference.base import Inference
from twintrade.numerics.arrays import FloatArray
from twintrade.text import Text

UNDATED = "undated"
MOST_STEPS = 50
COLUMNS = ("label", "label_text", "group", "effect", "n_rows", "n_units", "n_treated_units", "reason", "reason_text")
Onsets: TypeAlias = Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Options:
    """What undated units would add to the headline's numerator and denominator, by their onset."""

    units: tuple[str, ...]  # of each option
    onset: FloatArray  # (n_options,)
    # top, bottom: (n_options,): outcome and imputed outcome of the rows from the onset on; for linear models their
    # difference, and rows
    top: FloatArray
    bottom: FloatArray
    base: tuple[float, float]  # both sums of the treated units

    def find_one(self, sign: int) -> Onsets:
        """Return the onset of the one unit that moves the ratio farthest one way."""
        ratios = (self.base[0] + self.top) / (self.base[1] + self.bottom)
        k = int(np.argmax(sign * ratios))
        return {self.units[k]: float(self.onset[k])}

    def find_all(self, sign: int) -> Onsets:
        """Return the onsets of all units that move the ratio farthest one way (Dinkelbach 1967); others have none."""
        names = np.array(self.units)
        ratio, chosen = self.base[0] / self.base[1], np.empty(0, dtype=np.int64)
        for _ in range(MOST_STEPS):
            gain = sign * (self.top - ratio * self.bottom)
            order = np.lexsort((-gain, names))
            first = order[np.unique(names[order], return_index=True)[1]]
            chosen = first[gain[first] > 0]
            new = (self.base[0] + self.top[chosen].sum()) / (self.base[1] + self.bottom[chosen].sum())
            if sign * (new - ratio) <= 1e-12 * (1 + abs(ratio)):
                break
            ratio = float(new)
        return {self.units[k]: float(self.onset[k]) for k in chosen}


@dataclass(frozen=True, slots=True)
class UndatedPairs(Diagnostic):
    """The range of estimates over what agreements without a date may be."""

    name: ClassVar[str] = "undated_agreements"
    citation: ClassVar[str] = "denteh2022"

    def concerns(self, design: Design) -> bool:
        """Whether any unit has an agreement without a date."""
        return bool(_list_undated(design))

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the estimate with undated units admitted; payload ``undated_agreements``."""
        design, scale = fit.design, fit.estimate.scale
        units = _list_undated(design)
        if not units:
            return self.unavailable(Text("checks.undated-none", units=design.panel.unit_kind))
        if not isinstance(fit.estimator, Imputation) or design.statistics is not None:
            return self.unavailable(Text("checks.undated-imputation"))
        try:
            options = list_options(fit, units)
        except TwintradeError as error:
            return self.unavailable(error.text)
        ends = (("lowest", -1), ("highest", 1))
        variants = [Variant(Text("checks.undated-compared"), "", add_units(design, dict.fromkeys(units, np.inf)))]
        for end, sign in ends:
            ((unit, onset),) = options.find_one(sign).items()
            label = Text("checks.undated-one", unit=unit, period=design.panel.label(int(onset)), end=end)
            variants.append(Variant(label, "", add_units(design, {unit: onset})))
        for end, sign in ends:
            onsets = dict.fromkeys(units, np.inf) | dict(options.find_all(sign))
            label = Text("checks.undated-all", n=int(np.isfinite(list(onsets.values())).sum()), end=end)
            variants.append(Variant(label, "", add_units(design, onsets)))
        table = compare_variants(fit, variants, None, rng, is_same_target=False)[list(COLUMNS)]
        effects = table["effect"].to_numpy(dtype=np.float64)
        if not np.isfinite(effects).all():
            return self.unavailable(Text("checks.undated-failed", reason=str(table["reason"].max())))
        compared, one_low, one_high, low, high = (format_effect(float(e), scale) for e in effects)
        effect = float(fit.view("overall").effects[0])
        return Finding(
            diagnostic=self.name,
            verdict="informs",
            text=Text(
                "checks.undated",
                n=len(units),
                units=design.panel.unit_kind,
                effect=format_effect(effect, scale),
                compared=compared,
                one_low=one_low,
                one_high=one_high,
                low=low,
                high=high,
            ),
            value=float(np.ptp(effects[[0, 3, 4]])),
            unit=scale,
            table=table,
            payloads={"undated_agreements": table},
            messages=list_failures(self.name, table),
        )


def add_units(design: Design, onsets: Onsets) -> Design:
    """Return the design with some units let in, treated from a period on or, with ``inf``, never."""
    treatment = design.treatment
    excluded = {u: why for u, why in treatment.excluded.items() if u not in onsets}
    onset = np.array([onsets.get(str(u), t) for u, t in zip(design.panel.units, design.onset, strict=True)])
    return replace(design, treatment=replace(treatment, excluded=excluded)).reassigned(onset)


def _list_undated(design: Design) -> list[str]:
    return [str(u) for u in design.panel.units if design.treatment.excluded.get(str(u)) == UNDATED]


def list_options(fit: Fit, units: list[str]) -> Options:
    """Return what each unit would add under each onset, with the effects of all others held as they are.

    The units are fitted up to their first period with trade, which gives their path but for its level; under a later
    onset the level is that of all rows before it.
    """
    assert isinstance(fit.estimator, Imputation)
    is_poisson = fit.estimator.family == "poisson"
    admitted = add_units(fit.design, dict.fromkeys(units, np.inf))
    o = admitted.observations
    first: dict[str, float] = {}
    for unit in units:
        traded = (o.unit_ids[o.unit] == unit) & ((o.y > 0) if is_poisson else np.ones(o.n_rows, dtype=bool))
        if traded.any() and o.period[traded].min() < o.periods[-1]:
            first[unit] = float(o.period[traded].min()) + 1 + fit.design.anticipation
    o = add_units(fit.design, first).observations
    c = fit_counterfactual(o, fit.estimator.family, is_refit=True)
    path = np.full(o.n_rows, np.nan)
    path[c.rows] = c.predicted
    fitted = c.weights / o.row_weights[c.fit_rows] if is_poisson and c.weights is not None else None
    path[c.fit_rows] = o.y[c.fit_rows] - c.residuals if fitted is None else fitted
    is_undated = np.isin(o.unit_ids, list(first))[o.unit]
    known = np.isfinite(path)
    counted = known & o.is_treated & ~is_undated
    w = o.row_weights
    top, bottom = (o.y, path) if is_poisson else (o.y - path, np.ones(o.n_rows))
    rows: list[tuple[str, float, float, float]] = []
    for unit, start in first.items():
        mine = np.flatnonzero(known & (o.unit_ids[o.unit] == unit))
        for onset in o.period[mine][o.period[mine] >= start]:
            before, after = (mine[o.period[mine] < onset - fit.design.anticipation], mine[o.period[mine] >= onset])
            if not before.size:
                continue
            if is_poisson:
                level = (w[before] @ o.y[before]) / (w[before] @ path[before])
                rows.append(
                    (unit, float(onset), float(w[after] @ o.y[after]), float(level * (w[after] @ path[after])))
                )
            else:
                shift = (w[before] @ top[before]) / w[before].sum()
                rows.append((unit, float(onset), float(w[after] @ (top[after] - shift)), float(w[after].sum())))
    if not rows:
        raise InferenceError(Text("checks.undated-none", units=o.panel.unit_kind))
    names, onset, numerator, denominator = zip(*rows, strict=True)
    base = (float(w[counted] @ top[counted]), float(w[counted] @ bottom[counted]))
    return Options(tuple(names), np.array(onset), np.array(numerator), np.array(denominator), base)
