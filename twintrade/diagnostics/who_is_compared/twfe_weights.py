"""What an estimate rests on: the weights of single cells in a regression, the largest units, and lone rows."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.design import Design, Observations
from twintrade.diagnostics import variants
from twintrade.diagnostics.base import Diagnostic, Judgment, require
from twintrade.diagnostics.variants import Variant, format_effect
from twintrade.diagnostics.who_is_compared.estimators import judge_regression
from twintrade.effects import Finding, Message
from twintrade.errors import EstimationError
from twintrade.estimators.base import Fit
from twintrade.estimators.imputing import TreatedTotals, build_leverage_report, impute_treated_totals
from twintrade.inference.base import Inference
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.comparisons import BOTH_TREATED, LATER_ALWAYS, LATER_EARLIER, decompose, decompose_given
from twintrade.numerics.poisson import fit_poisson
from twintrade.text import Listed, Text, Value, Words

# What a static two-way estimate is made of: clean comparisons, and comparisons with units treated already.

WITHIN = "within-cohorts"
COLUMNS = ("treated", "untreated", "type", "estimate", "weight")


@dataclass(frozen=True, slots=True)
class Bacon(Diagnostic):
    """The Goodman-Bacon decomposition of the static two-way estimate on this design's outcome.

    It needs a balanced panel, unit and period effects, and no weights. With covariates, what their variation within
    cohorts and periods contributes is a row of its own, and two treated cohorts are one comparison.
    """

    name: ClassVar[str] = "bacon"
    citation: ClassVar[str] = "goodmanbacon2021"
    payload_kinds: ClassVar = {"bacon": "bacon"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the share of forbidden comparisons; payload ``bacon`` has one row a comparison."""
        design = fit.design
        o = design.observations
        require(design.effect_names == ("unit", "period"), Text("checks.bacon-effects", effects=design.effects_label))
        require(design.weights is None, Text("checks.bacon-weights"))
        require(not fit.estimator.is_poisson, Text("checks.bacon-poisson"))
        require(o.is_complete, Text("checks.not-balanced"))
        labels, cohort = np.unique(np.where(o.unit_onset > o.periods[-1], np.inf, o.unit_onset), return_inverse=True)
        shape = (o.n_units, o.periods.size)
        y = o.y.reshape(shape)
        given = None
        if design.covariates:
            given = decompose_given(y, o.covariates.reshape(*shape, -1), cohort, labels, o.periods)
            comparisons = list(given.comparisons)
        else:
            counts = np.bincount(cohort).astype(np.float64)
            means = np.zeros((labels.size, o.periods.size))
            np.add.at(means, cohort, y)
            comparisons = decompose(means / counts[:, None], labels, counts, o.periods)
        require(comparisons, Text("checks.bacon-none"))
        rows = [(c.treated, c.untreated, c.kind, c.estimate, c.weight) for c in comparisons]
        frame = pd.DataFrame(rows, columns=list(COLUMNS))
        named: dict[str, Value] = {"n": len(rows), "units": design.panel.unit_kind}
        if given is None:
            share = float(frame.loc[frame["type"].isin([LATER_EARLIER, LATER_ALWAYS]), "weight"].sum())
            effect = format_effect(float((frame["estimate"] * frame["weight"]).sum()), design.scale)
            text = Text("checks.bacon", effect=effect, share=share, **named)
        else:
            frame["weight"] *= 1 - given.within_weight
            share = float(frame.loc[frame["type"] == BOTH_TREATED, "weight"].sum())
            rest = pd.DataFrame([(np.nan, np.nan, WITHIN, given.within, given.within_weight)], columns=list(COLUMNS))
            frame = pd.concat([frame, rest], ignore_index=True)
            named |= {"covariates": Listed(design.covariates), "effect": format_effect(given.total, design.scale)}
            text = Text("checks.bacon-given", share=share, within=given.within_weight, **named)
        finding = self.conclude(text, _by_kind(frame), payloads={"bacon": frame}, value=share, unit="share")
        return judge_regression(finding, fit, inference, rng)


def _by_kind(frame: pd.DataFrame) -> pd.DataFrame:
    """Return weight and weighted mean estimate of each kind of comparison."""
    rows = []
    for kind, part in frame.groupby("type", sort=True):
        weight = float(part["weight"].sum())
        rows.append((kind, weight, float((part["estimate"] * part["weight"]).sum()) / weight, len(part)))
    return pd.DataFrame(rows, columns=["type", "weight", "estimate", "n_comparisons"])


NEGLIGIBLE = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class CellWeights:
    """Weights of the treated rows in the static coefficient."""

    beta: float
    weight: FloatArray  # (n_rows,): zero outside treated rows; sums to one
    natural: FloatArray  # (n_rows,): equal weights of the same rows: what an average effect would use

    @property
    def sum_negative(self) -> float:
        """Sum of the negative weights."""
        return float(self.weight[self.weight < -NEGLIGIBLE].sum())

    @property
    def n_negative(self) -> int:
        """Number of negative weights."""
        return int((self.weight < -NEGLIGIBLE).sum())

    @property
    def n_weights(self) -> int:
        """Number of rows with a weight."""
        return int((np.abs(self.weight) > NEGLIGIBLE).sum())

    def robustness(self) -> float:
        """Return the smallest spread of cell effects that average zero (their 2020 paper, corollary 2 (i))."""
        ratio, share = self._ratios()
        spread = float((share * (ratio - 1) ** 2).sum()) * ratio.size / max(1, ratio.size - 1)
        return abs(self.beta) / spread**0.5 if spread > 0 else float("inf")

    def sign_robustness(self) -> float:
        """Return the smallest spread with which all effects may have the other sign (cor. 2 (ii)), else NaN."""
        if self.n_negative == 0:
            return float("nan")
        ratio, share = self._ratios()
        order = np.argsort(-ratio)
        ratio, share = ratio[order], share[order]
        p, s, t = [np.cumsum((share * ratio**power)[::-1])[::-1] for power in range(3)]
        rest = 1 - p
        below = (rest > NEGLIGIBLE) & (ratio < -s / np.maximum(rest, NEGLIGIBLE))
        if not below.any():
            return float("nan")
        k = int(np.argmax(below))
        return abs(self.beta) / float(np.sqrt(t[k] + s[k] ** 2 / rest[k]))

    def _ratios(self) -> tuple[FloatArray, FloatArray]:
        used = self.natural > 0
        return self.weight[used] / self.natural[used], self.natural[used]


def compute_cell_weights(o: Observations) -> CellWeights:
    """Return the weights of the regression of the outcome on one treatment dummy and the design's effects."""
    d = o.is_treated.astype(np.float64)
    w = o.row_weights
    net = build_absorber(o.effect_codes(), o.weights).residualize(np.column_stack([d, o.covariates]))
    residual = net[:, 0]
    if net.shape[1] > 1:
        others = net[:, 1:] * np.sqrt(w)[:, None]
        residual = residual - net[:, 1:] @ np.linalg.lstsq(others, residual * np.sqrt(w), rcond=None)[0]
    scored = w * residual
    total = float(scored @ d)
    if abs(total) < NEGLIGIBLE * float(w @ d):
        raise EstimationError("the fixed effects absorb the treatment")
    return CellWeights(float(scored @ o.y) / total, scored * d / total, w * d / float(w @ d))


def compute_poisson_weights(o: Observations) -> CellWeights:
    """Return weights of treated log effects in PPML's coefficient, to first order, and equal ones by fitted mean."""
    d = o.is_treated.astype(np.float64)
    fitted = fit_poisson(o.y, np.column_stack([d, o.covariates]), o.effect_codes(), o.weights)
    place = np.flatnonzero(fitted.kept == 0)
    if not place.size:
        raise EstimationError("the fixed effects absorb the treatment")
    sizes = fitted.mu * o.row_weights[fitted.rows] * d[fitted.rows]
    weight, natural = np.zeros(o.n_rows), np.zeros(o.n_rows)
    weight[fitted.rows] = sizes * (fitted.x_tilde @ fitted.bread[:, place[0]])
    natural[fitted.rows] = sizes / sizes.sum()
    return CellWeights(float(fitted.coefficients[place[0]]), weight, natural)


@dataclass(frozen=True, slots=True)
class TWFEWeights(Diagnostic):
    """How much negative weight a static regression would use here, whatever method made the fit.

    Beside methods with a proportional model of the outcome the regression is PPML's, and effects are log points.
    """

    name: ClassVar[str] = "twfe_weights"
    citation: ClassVar[str] = "dechaisemartin2020"
    payload_kinds: ClassVar = {"twfe_weights": "cell_weights"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the sum of negative weights; payload ``twfe_weights`` has one row a treated cell."""
        o = fit.design.observations
        is_poisson = fit.estimator.is_poisson
        scale, unit = name_unit(fit)
        cells = compute_poisson_weights(o) if is_poisson else compute_cell_weights(o)
        rows = np.flatnonzero(o.is_treated)
        payload = pd.DataFrame(
            {
                "unit": o.unit_ids[o.unit[rows]],
                "period": o.period[rows],
                "cohort": o.onset[rows].astype(np.int64),
                "event_time": o.event_time[rows],
                "weight": cells.weight[rows],
            }
        )
        spread = cells.robustness()
        is_apart = bool(np.isfinite(spread))
        quantities = [
            (Text("checks.weights-coefficient", **unit), cells.beta),
            (Text("checks.weights-cells"), cells.n_weights),
            (Text("checks.weights-negative"), cells.n_negative),
            (Text("checks.weights-sum"), cells.sum_negative),
            (Text("checks.weights-zero", **unit), spread),
            (Text("checks.weights-opposite", **unit), cells.sign_robustness()),
        ]
        text = Text(
            "checks.twfe-weights",
            effects=fit.design.effects_label,
            n=cells.n_negative,
            of=cells.n_weights,
            together=cells.sum_negative,
            family="poisson" if is_poisson else "linear",
            coefficient=Text("common.effect", value=cells.beta, scale=scale),
            spread=Text("common.effect", value=spread if is_apart else cells.beta, scale=unit["unit"] or scale),
            equal=not is_apart,
        )
        table, drawn = variants.build_quantities(quantities), {"twfe_weights": payload}
        finding = self.conclude(text, table, payloads=drawn, value=abs(cells.sum_negative), unit="weight")
        return judge_regression(finding, fit, inference, rng)


def name_unit(fit: Fit) -> tuple[Words, dict[str, Words]]:
    """Return what the coefficient is counted in, as an effect in a sentence takes it and as a label does."""
    design = fit.design
    if fit.estimator.is_poisson or design.scale == "log points":
        return "log-points", {"named": "yes", "unit": Text("labels.scale-log-points")}
    unit = design.effect_unit
    return unit or "level", {"named": "yes" if unit else "no", "unit": unit}


# How many treated units a percent change of a total really rests on.

SHARE_COLUMNS = ("unit", "observed", "imputed", "share", "percent", "percent_without")


@dataclass(frozen=True, slots=True)
class Concentration(Diagnostic):
    """The largest units' shares of the imputed total, their effective number, and the change without each of two."""

    name: ClassVar[str] = "concentration"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a treated unit, the largest imputed total first; imputed values are not fitted anew."""
        is_percent = fit.estimator.imputes_by is not None and fit.estimate.scale == "percent"
        require(is_percent, Text("checks.concentration-none"))
        totals = impute_treated_totals(fit.design)
        n = len(totals.units)
        without = [totals.percent(k) if n > 1 else np.nan for k in range(n)]
        effects = 100 * (totals.observed / totals.imputed - 1)
        values = (totals.units, totals.observed, totals.imputed, totals.shares, effects, without)
        table = pd.DataFrame(dict(zip(SHARE_COLUMNS, values, strict=True)))
        text = _say_shares(totals, fit.design.panel.unit_kind)
        return self.conclude(text, table, value=totals.n_effective, unit="units")


def _say_shares(totals: TreatedTotals, units: str) -> Text:
    n = len(totals.units)
    if n == 1:
        return Text("checks.concentration-one", change=totals.percent(), name=totals.units[0])
    named: dict[str, Value] = {"n": n, "units": units, "change": totals.percent(), "effective": totals.n_effective}
    for k, place in enumerate(("first", "second")):
        named |= {place: totals.units[k], f"{place}_share": totals.shares[k], f"without_{place}": totals.percent(k)}
    return Text("checks.concentration", **named)


NAMED = 12  # rows that a sentence names at most


@dataclass(frozen=True, slots=True)
class Leverage(Diagnostic):
    """Rows of leverage one, and the treated cells that depend on them."""

    name: ClassVar[str] = "leverage"
    citation: ClassVar[str] = "mackinnon2023"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Count and name the rows; payload ``leverage`` has one row per pair of untreated and dependent row."""
        report = build_leverage_report(fit.design)
        others = rows = report
        if len(report):
            others = report.dropna(subset=["treated_period"])
            others = others[others["unit"] != others["treated_unit"]]
            rows = report[["unit", "period"]].drop_duplicates()
        yardstick = variants.measure_headline(fit, inference, rng)
        if others.empty:
            return self.conclude(
                Text("checks.leverage-none", n=len(rows)),
                judged=Judgment("does not object", 0.0, yardstick.tolerance),
                payloads={"leverage": report} if len(rows) else {},
                value=float(len(rows)),
                unit="rows",
            )
        cells = others[["treated_unit", "treated_period"]].drop_duplicates()
        label = fit.design.panel.label
        names = [f"{unit} {label(int(at))}" for unit, at in zip(rows["unit"], rows["period"], strict=True)]
        left, method = [_leave_out(fit.design, others)], variants.simplify_inference(fit, inference)
        table = variants.compare_variants(fit, left, method, rng, is_same_target=False, has_tests=False)
        # Errors that do not see these rows' noise cannot test what it does.
        table, scale = table.assign(**dict.fromkeys(variants.NUMBERS[5:], np.nan)), fit.estimate.scale
        judged = variants.judge_table(table, yardstick)
        without = float(table["effect"].iloc[0])
        text = Text(
            "checks.leverage",
            n=len(rows),
            rows=Listed(tuple(names[:NAMED]), "comma"),
            more=len(names) > NAMED,
            cells=len(cells),
            of=int(fit.design.observations.is_treated.sum()),
            named=Listed(tuple(sorted(set(cells["treated_unit"]))), "comma"),
            known="no" if np.isnan(without) else "yes",
            **variants.format_effects(scale, without=without, effect=yardstick.effect),
            verdict=variants.describe_judged(judged, scale),
        )
        resting = others.groupby(["unit", "period"], sort=True)["treated_unit"]  # treated rows, by what they rest on
        summed = resting.agg(n_treated_rows="size", treated_units=lambda names: ", ".join(sorted(set(names))))
        return self.conclude(
            text,
            summed.reset_index(),
            judged,
            payloads={"leverage": report},
            value=float(len(rows)),
            unit="rows",
            messages=(Message("warning", "leverage-one", text),),
        )


def _leave_out(design: Design, others: pd.DataFrame) -> Variant:
    """Return the design without the lone rows and the treated rows that rest on them."""
    panel = design.panel
    place = pd.MultiIndex.from_arrays([panel.unit, panel.period])
    gone = np.zeros(panel.n_rows, dtype=bool)
    for unit, period in (("unit", "period"), ("treated_unit", "treated_period")):
        codes = pd.Index(panel.units).get_indexer(pd.Index(others[unit]))
        gone |= place.isin(pd.MultiIndex.from_arrays([codes, others[period].astype(np.int64)]))
    return Variant.attempt(Text("checks.leverage-label"), "rows", lambda: design.restricted(~gone))
