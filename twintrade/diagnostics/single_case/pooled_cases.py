"""Several cases: each one, their random-effects mean, combined placebo ranks, and what choosing them costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.design.case import build_case_design, build_untreated_rectangle
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.single_case.placebo_space import estimate_placebo_paths
from twintrade.effects import Finding, Message, Topic
from twintrade.errors import TwintradeError
from twintrade.estimators.base import ESTIMATORS, Fit
from twintrade.estimators.cases import SingleCase
from twintrade.inference.base import Inference
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.testing import RandomEffects, bound_best_p, combine_fisher, fit_random_effects
from twintrade.text import Listed, Text, numbers, pack_text


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledCases(Diagnostic):
    """Each treated unit as a case of its own, and what may be said of all.

    A case's variance is that of its placebos' mean gaps in the case's own noise, so that noisy cases weigh less.

    Attributes
    ----------
    estimator : {"double_ratio", "synthetic_control", "synthetic_did", "augmented_synthetic_control"}
        For each case.
    out_of : int or None
        From how many candidates the cases were chosen, where that is known; else several numbers are shown.
    best : int
        So many cases with the smallest p-values, taken alone, are the first row of what choosing costs.
    level : float
    """

    estimator: Literal["double_ratio", "synthetic_control", "synthetic_did", "augmented_synthetic_control"] = (
        "double_ratio"
    )
    out_of: int | None = None
    best: int = 4
    level: float = 0.95
    name: ClassVar[str] = "pooled_cases"
    citation: ClassVar[str] = "knapp2003"
    payload_kinds: ClassVar = {"cases_forest": "forest"}
    topic: ClassVar[Topic] = "single_case"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a case and the means; payloads ``cases``, ``best_of`` and ``cases_forest``.

        A case's interval reaches as far as its placebos' mean gaps do: it holds zero where the case does not stand
        out.
        """
        method = ESTIMATORS[self.estimator]()
        assert isinstance(method, SingleCase)
        design, accepted = fit.design, method.requires.transforms
        if accepted and design.transform not in accepted:
            design = design.with_outcome(design.outcome, accepted[0])  # type: ignore[arg-type]
        o = design.observations
        rows = [self._row(design, str(unit), method) for unit in o.unit_ids[o.is_ever_treated]]
        cases = pd.DataFrame(rows)
        known = cases.dropna(subset=["effect", "variance"])
        known = known[known["variance"] > 0]
        if len(known) < 2:
            return self.unavailable(Text("checks.pooled-few", n=len(known), of=len(cases)))
        effects, variances = known["effect"].to_numpy(), known["variance"].to_numpy()
        mean = fit_random_effects(effects, variances, self.level)
        left = _leave_one_case_out(known, self.level)
        combined = combine_fisher(known["p"].to_numpy())
        bound = self._best_of(np.sort(known["p"].to_numpy()))
        scale = method.effect_scale(design)
        method_name = Text("checks.pooled-mean-of", n=len(known), method=self.estimator.replace("_", "-"))
        forest = _forest(known, mean, left, method_name, self.level).assign(scale=scale)
        return self.conclude(
            _sentence(method_name, mean, known, combined, left, bound, self.level),
            pd.concat([cases, _mean_rows(mean, left)], ignore_index=True),
            payloads={"cases": cases, "best_of": bound, "cases_forest": forest},
            value=mean.mean,
            unit=scale,
            messages=tuple(_warn(row) for row in rows if row["reason"]),
        )

    def _row(self, design: Design, unit: str, method: SingleCase) -> dict[str, object]:
        row: dict[str, object] = {"unit": unit, "onset": int(design.onset[design.panel.units == unit][0])}
        empty = dict.fromkeys(("effect", "variance", "reach", "p", "floor"), np.nan)
        try:
            case = method.case(build_case_design(design, unit, build_untreated_rectangle(design, unit)))
            paths = estimate_placebo_paths(method, case)
        except TwintradeError as error:
            return row | empty | {"reason": str(error)}
        others = paths.placebo_moves
        if others.size < 2:
            return row | empty | {"reason": f"{others.size} placebos"}
        rank = paths.rank()
        reach = float("nan")
        if rank.floor <= 1 - self.level:
            reach = float(np.quantile(np.append(others, np.inf), self.level, method="inverted_cdf"))
        spread = {"variance": float(np.mean(others**2)), "reach": reach}
        return row | {"effect": paths.effect} | spread | {"p": rank.p, "floor": rank.floor, "reason": ""}

    def _best_of(self, ranked: FloatArray) -> pd.DataFrame:
        """Return what choosing costs: p-values, the best few alone first, as the best of K cases."""
        n = ranked.size
        totals = [self.out_of] if self.out_of is not None else [n, 2 * n, 5 * n, 10 * n]
        chosen = [(self.best, n)] if self.best < n else []
        chosen += [(n, max(k, n)) for k in totals]
        rows = [(few, k, float(ranked[few - 1]), bound_best_p(float(ranked[few - 1]), few, k)) for few, k in chosen]
        return pd.DataFrame(rows, columns=["n_cases", "out_of", "largest_p", "p_bound"])


def _warn(row: Mapping[str, object]) -> Message:
    text = Text("checks.of-unit", unit=str(row["unit"]), text=str(row["reason"]))
    return Message("warning", "case-not-estimated", text)


def _leave_one_case_out(known: pd.DataFrame, level: float) -> pd.DataFrame:
    rows = []
    for unit in known["unit"]:
        rest = known[known["unit"] != unit]
        if len(rest) < 2:
            continue
        mean = fit_random_effects(rest["effect"].to_numpy(), rest["variance"].to_numpy(), level)
        rows.append(
            {
                "unit": str(Text("checks.pooled-without", unit=str(unit))),
                "effect": mean.mean,
                "low": mean.low,
                "high": mean.high,
            }
        )
    return pd.DataFrame(rows, columns=["unit", "effect", "low", "high"])


def _mean_rows(mean: RandomEffects, left: pd.DataFrame) -> pd.DataFrame:
    head = pd.DataFrame(
        [
            {
                "unit": str(Text("checks.pooled-mean")),
                "effect": mean.mean,
                "low": mean.low,
                "high": mean.high,
                "p": mean.p,
            }
        ]
    )
    return pd.concat([head, left], ignore_index=True) if len(left) else head


def _forest(known: pd.DataFrame, mean: RandomEffects, left: pd.DataFrame, method: Text, level: float) -> pd.DataFrame:
    """Return cases, their mean and the mean without each, as lines of a forest plot."""
    cases = pd.DataFrame(
        {
            "label": known["unit"].astype(str),
            "group": str(Text("checks.pooled-cases")),
            "effect": known["effect"],
            "low": known["effect"] - known["reach"],
            "high": known["effect"] + known["reach"],
        }
    )
    rows = _mean_rows(mean, left)[["unit", "effect", "low", "high"]].set_axis(
        ["label", "effect", "low", "high"], axis=1
    )
    rows.insert(1, "group", str(Text("checks.pooled-together")))
    how = _interval_method(mean)
    rows.loc[0, ["method", "method_text"]] = [str(method), pack_text(method)]
    rows.loc[0, ["interval_method", "interval_method_text"]] = [str(how), pack_text(how)]
    rows.loc[0, "level"] = level
    return pd.concat([cases, rows], ignore_index=True)


def _interval_method(mean: RandomEffects) -> Text:
    """Return how the interval of the mean is made, and what truncation did to it."""
    return Text("checks.pooled-interval", factor=mean.factor, truncated="yes" if mean.factor < 1 else "no")


def _sentence(
    method: Text,
    mean: RandomEffects,
    known: pd.DataFrame,
    combined: float,
    left: pd.DataFrame,
    bound: pd.DataFrame,
    level: float,
) -> Listed:
    last, first = bound.iloc[-1], bound.iloc[0]
    sentences = [
        Text(
            "checks.pooled",
            method=method,
            effect=mean.mean,
            level=level,
            low=mean.low,
            high=mean.high,
            how=_interval_method(mean),
            spread=mean.heterogeneity,
        )
    ]
    if len(left):
        low, high = float(left["effect"].min()), float(left["effect"].max())
        is_point = numbers.format_compact(low, 3) == numbers.format_compact(high, 3)
        sentences.append(Text("checks.pooled-range", low=low, high=high, point="yes" if is_point else "no"))
    chosen = {"n": int(last["n_cases"]), "of": int(last["out_of"]), "bound": float(last["p_bound"])}
    sentences += [Text("checks.pooled-ranks", p=combined), Text("checks.pooled-chosen", **chosen)]
    if first["n_cases"] < len(known):
        few = {"n": int(first["n_cases"]), "of": int(first["out_of"]), "bound": float(first["p_bound"])}
        sentences.append(Text("checks.pooled-best", **few))
    return Listed(tuple(sentences), "sentences")
