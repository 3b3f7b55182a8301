"""The estimate without each weighted donor in turn, and the weights it rests on."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.design.case import Case
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.single_case.case_placebos import build_case_sets, get_single_case
from twintrade.diagnostics.variants import format_effect, measure_headline
from twintrade.diagnostics.verdicts import judge_violation
from twintrade.effects import Finding, Message, Topic, Verdict
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.cases import SingleCase, WeightedCase
from twintrade.fanout import Arrays, run_jobs
from twintrade.inference.base import Inference
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.simplex import compute_distance_outside
from twintrade.text import Listed, Text

SHOWN = 1e-4
"""Weights below this are not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveOneDonorOut(Diagnostic):
    """Abadie (2021): an effect that hangs on one donor is that donor's story.

    How far a donor moves the estimate is known exactly, so the largest move is held against the interval as it is.
    """

    name: ClassVar[str] = "leave_one_donor_out"
    citation: ClassVar[str] = "abadie2021"
    topic: ClassVar[Topic] = "single_case"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a donor left out; payload ``leave_one_donor_out``: left_out, event_time, value (gap).

        Payload ``leave_one_donor_out_table`` has the mean gaps: left_out, effect, reason.
        """
        single = get_single_case(fit)
        if single is None:
            return self.unavailable(Text("checks.no-case", method=fit.estimator.title))
        estimator, case = single
        base, scale = estimator.gaps(case), fit.estimate.scale
        table, paths = _without_each(estimator, case, base)
        known = table.dropna(subset=["effect"])
        if known.empty:
            return self.unavailable(Text("checks.leave-one-donor-out-none"))
        effect = float(np.nanmean(base[case.is_after]))
        moves = (known["effect"] - effect).abs()
        most, yardstick = known.iloc[int(moves.argmax())], measure_headline(fit, inference, rng)
        bound = float(moves.max())
        verdict: Verdict = "objects"
        if not bound > yardstick.half_width:
            verdict = judge_violation(1.0, bound, yardstick.tolerance)
        return Finding(
            diagnostic=self.name,
            verdict=verdict,
            text=Text(
                "checks.leave-one-donor-out",
                n=len(known),
                effect=format_effect(effect, scale),
                low=format_effect(float(known["effect"].min()), scale),
                high=format_effect(float(known["effect"].max()), scale),
                label=str(most["left_out"]),
                flips=int((known["effect"] * effect < 0).sum()),
                verdict=verdict.replace(" ", "-"),
                moved=format_effect(bound, scale),
                tolerance=format_effect(yardstick.tolerance, scale),
                known="yes" if np.isfinite(yardstick.tolerance) else "no",
            ),
            value=float(known["effect"].max() - known["effect"].min()),
            unit=scale,
            bound=bound,
            tolerance=yardstick.tolerance,
            table=table,
            payloads={
                "leave_one_donor_out": pd.concat(paths, ignore_index=True),
                "leave_one_donor_out_table": table,
            },
        )


def _without_each(estimator: SingleCase, case: Case, base: FloatArray) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Return the mean gap without each donor that carries weight, and the paths of the gaps."""
    rows, paths = [], [_path("", case, base)]
    jobs = {str(case.units[1 + j]): j for j in _carrying(estimator, case)}
    for done in run_jobs("leave_one_donor_out", _gaps_without, jobs, shared=(estimator, case)):
        if done.values is None:
            rows.append({"left_out": done.job, "effect": np.nan, "reason": done.reason})
            continue
        gaps = done.values["gaps"]
        rows.append({"left_out": done.job, "effect": float(np.nanmean(gaps[case.is_after])), "reason": ""})
        paths.append(_path(done.job, case, gaps))
    return pd.DataFrame(rows, columns=["left_out", "effect", "reason"]), paths


def _gaps_without(shared: tuple[SingleCase, Case], donor: int, rng: np.random.Generator) -> Arrays:
    estimator, case = shared
    return {"gaps": estimator.gaps(case.without(donor))}


@dataclass(frozen=True, slots=True, kw_only=True)
class DonorWeightTable(Diagnostic):
    """Which donors stand for the treated unit, by donor set, and whether it lies within their reach."""

    name: ClassVar[str] = "donor_weights"
    citation: ClassVar[str] = "abadie2021"
    payload_kinds: ClassVar = {"donor_weights": "weights"}
    topic: ClassVar[Topic] = "single_case"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return weights by donor set, payload ``donor_weights``; warns of a path outside the donors' range."""
        single = get_single_case(fit)
        if single is None or not isinstance(single[0], WeightedCase):
            return self.unavailable(Text("checks.weights-none", method=fit.estimator.title))
        estimator, case = single[0], single[1]
        tables, outside = [], []
        sentences: list[Text] = []
        for key, chosen in build_case_sets(case).items():
            try:
                found_weights = estimator.weigh(chosen)
            except TwintradeError as error:
                sentences.append(Text("checks.set-absent", set=key, reason=error.text))
                continue
            weights = found_weights.weights
            rows = pd.DataFrame({"donor_set": key, "unit": chosen.units[1:], "weight": weights})
            tables.append(rows[np.abs(weights) > SHOWN].sort_values("weight", ascending=False, kind="stable"))
            sentences.append(_weight_sentence(key, tables[-1], weights))
            outside += _outside(key, chosen, found_weights.intercept)
        if not tables:
            return self.unavailable(Listed(tuple(sentences), "sentences"))
        table = pd.concat(tables, ignore_index=True)
        return Finding(
            diagnostic=self.name,
            verdict="informs",
            text=Listed((*sentences, *outside), "sentences"),
            value=float(table["weight"].abs().max()),
            unit="weight",
            table=table,
            # One figure shows all sets: each bar says to which it belongs.
            payloads={
                "donor_weights": table.assign(unit=table["donor_set"] + ": " + table["unit"].astype(str)),
                "donor_weights_table": _wide(table),
            },
            messages=tuple(Message("warning", "outside-hull", text) for text in outside),
        )


def _wide(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row a donor with its weight in each set, the heaviest first."""
    sets = list(dict.fromkeys(table["donor_set"]))
    wide = table.pivot(index="unit", columns="donor_set", values="weight")[sets]
    order = wide.max(axis=1).sort_values(ascending=False, kind="stable").index
    columns = {f"weight_{key}": wide.loc[order, key].to_numpy() for key in sets}
    return pd.DataFrame({"donor": order.to_numpy(), **columns})


def _carrying(estimator: SingleCase, case: Case) -> list[int]:
    """Return the donors with weight, all of them where the method has no weights."""
    if isinstance(estimator, WeightedCase):
        return [int(j) for j in np.flatnonzero(np.abs(estimator.weigh(case).weights) > SHOWN)]
    return list(range(case.n_donors))


def _path(name: str, case: Case, gaps: FloatArray) -> pd.DataFrame:
    return pd.DataFrame({"left_out": name, "event_time": case.event_times, "value": gaps})


def _weight_sentence(key: str, shown: pd.DataFrame, weights: FloatArray) -> Text:
    top = tuple(
        Text("checks.weights-donor", donor=str(u), weight=float(w))
        for u, w in zip(shown["unit"][:3], shown["weight"][:3], strict=True)
    )
    return Text("checks.weights-set", set=key, n=len(shown), of=int(weights.size), top=Listed(top, "comma"))


def _outside(key: str, case: Case, intercept: float) -> list[Text]:
    """Say where no convex combination of donors can reach the treated path before the onset."""
    distance, count = compute_distance_outside(
        case.treated[case.is_before] - intercept, case.donors[:, case.is_before]
    )
    if count == 0:
        return []
    return [
        Text(
            "checks.weights-outside",
            unit=str(case.units[0]),
            set=key,
            n=int(count),
            of=int(case.is_before.sum()),
            distance=float(distance),
        )
    ]
