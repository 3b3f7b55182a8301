"""The observed path, its counterfactual, and each donor's placebo gap."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.design.case import Case
from twintrade.diagnostics.base import Diagnostic, judge_choices, require
from twintrade.diagnostics.single_case import placebo_space
from twintrade.diagnostics.single_case.placebo_space import CaseEffect, PlaceboPaths
from twintrade.diagnostics.variants import format_effects, measure_headline, name_tolerance
from twintrade.effects import Finding, Message, Topic
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.cases import SingleCase, WeightedCase
from twintrade.estimators.synthetic_control import SyntheticControl
from twintrade.fanout import Arrays, run_jobs
from twintrade.inference.base import Inference
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.simplex import compute_distance_outside
from twintrade.text import Listed, Text

# The estimate without each weighted donor in turn, and the weights it rests on.

SHOWN = 1e-4  # weights below this are not shown


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveOneDonorOut(Diagnostic):
    """Abadie (2021): an effect that hangs on one donor is that donor's story.

    How far a donor moves the estimate is known exactly, so the largest move is held against the interval as it is.
    """

    name: ClassVar[str] = "leave_one_donor_out"
    citation: ClassVar[str] = "abadie2021"
    topic: ClassVar[Topic] = "single_case"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a donor left out; payloads of the gaps, and of the mean gaps."""
        estimator, case = placebo_space.get_single_case(fit)
        base, scale = estimator.gaps(case), fit.estimate.scale
        table, paths = _without_each(estimator, case, base)
        known = table.dropna(subset=["effect"])
        require(len(known) > 0, Text("checks.leave-one-donor-out-none"))
        effect = float(np.nanmean(base[case.is_after]))
        moves = (known["effect"] - effect).abs()
        judged = judge_choices(moves.to_numpy(dtype=np.float64), measure_headline(fit, inference, rng))
        low, high = known["effect"].min(), known["effect"].max()
        text = Text(
            "checks.leave-one-donor-out",
            n=len(known),
            label=str(known["left_out"].iloc[int(moves.argmax())]),
            flips=int((known["effect"] * effect < 0).sum()),
            verdict=judged.verdict.replace(" ", "-"),
            **format_effects(scale, effect=effect, moved=judged.bound, low=low, high=high),
            **name_tolerance(judged.tolerance, scale),
        )
        drawn = {"leave_one_donor_out": pd.concat(paths, ignore_index=True), "leave_one_donor_out_table": table}
        return self.conclude(text, table, judged, payloads=drawn, value=float(high - low), unit=scale)


def _without_each(estimator: SingleCase, case: Case, base: FloatArray) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Return the mean gap without each donor that carries weight, and the paths of the gaps."""
    rows, paths = [], [_path("", case, base)]
    # Donors with weight, all of them where the method has no weights.
    weights = estimator.weigh(case).weights if isinstance(estimator, WeightedCase) else np.ones(case.n_donors)
    jobs = {str(case.units[1 + j]): int(j) for j in np.flatnonzero(np.abs(weights) > SHOWN)}
    for done in run_jobs("leave_one_donor_out", _gaps_without, jobs, shared=(estimator, case)):
        effect = np.nan
        if done.values is not None:
            paths.append(_path(done.job, case, done.values["gaps"]))
            effect = float(np.nanmean(done.values["gaps"][case.is_after]))
        rows.append((done.job, effect, done.reason))
    return pd.DataFrame(rows, columns=["left_out", "effect", "reason"]), paths


def _gaps_without(shared: tuple[SingleCase, Case], donor: int, rng: np.random.Generator) -> Arrays:
    estimator, case = shared
    return {"gaps": estimator.gaps(case.without(donor))}


@dataclass(frozen=True, slots=True, kw_only=True)
class DonorWeightTable(Diagnostic):
    """Donors of the treated unit by donor set, and whether it lies within their range."""

    name: ClassVar[str] = "donor_weights"
    citation: ClassVar[str] = "abadie2021"
    payload_kinds: ClassVar = {"donor_weights": "weights"}
    topic: ClassVar[Topic] = "single_case"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return weights by donor set, payload ``donor_weights``; warns of a path outside the donors' range."""
        if not placebo_space.is_single_case(fit) or not isinstance(fit.estimator, WeightedCase):
            return self.unavailable(Text("checks.weights-none", method=fit.estimator.title))
        estimator, case = fit.estimator, fit.estimator.case(fit.design)
        tables, outside, sentences = [], [], list[Text]()
        for key, chosen in placebo_space.build_case_sets(case).items():
            try:
                carried = estimator.weigh(chosen)
            except TwintradeError as error:
                sentences.append(Text("checks.set-absent", set=key, reason=error.text))
                continue
            rows = pd.DataFrame({"donor_set": key, "unit": chosen.units[1:], "weight": carried.weights})
            shown = rows[rows["weight"].abs() > SHOWN].sort_values("weight", ascending=False, kind="stable")
            tables.append(shown)
            largest = zip(shown["unit"][:3], shown["weight"][:3], strict=True)
            top = Listed(tuple(Text("checks.weights-donor", donor=str(u), weight=w) for u, w in largest), "comma")
            sentences.append(Text("checks.weights-set", set=key, n=len(shown), of=len(rows), top=top))
            outside += _outside(key, chosen, carried.intercept)
        require(tables, Listed(tuple(sentences), "sentences"))
        table = pd.concat(tables, ignore_index=True)
        sets = list(dict.fromkeys(table["donor_set"]))
        wide = table.pivot(index="unit", columns="donor_set", values="weight")[sets]
        order = wide.max(axis=1).sort_values(ascending=False, kind="stable").index
        columns = {f"weight_{key}": wide.loc[order, key].to_numpy() for key in sets}
        return self.conclude(
            Listed((*sentences, *outside), "sentences"),
            table,
            payloads={
                "donor_weights": table.assign(unit=table["donor_set"] + ": " + table["unit"].astype(str)),
                "donor_weights_table": pd.DataFrame({"donor": order.to_numpy(), **columns}),
            },
            value=float(table["weight"].abs().max()),
            unit="weight",
            messages=tuple(Message("warning", "outside-hull", text) for text in outside),
        )


def _path(name: str, case: Case, gaps: FloatArray) -> pd.DataFrame:
    return pd.DataFrame({"left_out": name, "event_time": case.event_times, "value": gaps})


def _outside(key: str, case: Case, intercept: float) -> list[Text]:
    """Say where no convex combination of donors can reach the treated path before the onset."""
    early = case.is_before
    distance, n = compute_distance_outside(case.treated[early] - intercept, case.donors[:, early])
    unit, of = str(case.units[0]), int(early.sum())
    return [Text("checks.weights-outside", unit=unit, set=key, n=n, of=of, distance=distance)] if n else []


@dataclass(frozen=True, slots=True)
class CasePaths(Diagnostic):
    """Data of the path, gap and placebo figures of a single case."""

    name = "paths"
    payload_kinds: ClassVar = {"path": "path", "placebo": "placebo", "placebo_control": "placebo"}
    topic = "own_exhibit"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return payloads ``path``, ``case_paths`` (both indices, gap), ``placebo``, and ``placebo_control``."""
        estimator, case = placebo_space.get_single_case(fit)
        placebo, failed = [], []
        for key, chosen in placebo_space.build_case_sets(case).items():
            try:
                paths = placebo_space.estimate_placebo_paths(estimator, chosen)
            except TwintradeError as error:
                failed.append((key, str(case.units[0]), str(error)))
                continue
            placebo.append(_placebo_rows(key, paths))
            failed += [(key, unit, str(reason)) for unit, reason in paths.failed]
        n_failed, every = len(failed), list(placebo_space.measure_case(fit))
        shown = [_one_path(fit, one) for one in every if one.paths is not None]
        return self.conclude(
            Text("checks.case-paths", unit=str(case.units[0]), n=case.n_donors, failed=n_failed),
            pd.DataFrame(failed, columns=["donor_set", "unit", "reason"]),
            payloads={
                "path": _path_rows(fit, case, estimator.gaps(case)),
                "case_paths": pd.concat(shown, ignore_index=True).dropna(subset=["gap"]).reset_index(drop=True),
                "placebo": pd.concat(placebo, ignore_index=True),
                **_control_placebos(estimator, every),
            },
            value=float(case.n_donors),
            unit="donors",
        )


def _path_rows(fit: Fit, case: Case, gaps: FloatArray) -> pd.DataFrame:
    in_logs = fit.estimate.scale == "log points" and fit.design.transform == "level"
    without = case.treated * np.exp(-gaps) if in_logs else case.treated - gaps
    series = {"treated": case.treated, "counterfactual": without}
    combine = np.mean if fit.design.transform == "log" else np.sum
    for key, chosen in placebo_space.build_case_sets(case).items():
        series[placebo_space.SET_LABELS[key]] = combine(chosen.donors, axis=0)
    last, parts = int(np.flatnonzero(case.is_before)[-1]), []
    times = {"period": case.periods, "period_label": [fit.design.panel.label(p) for p in case.periods]}
    for name, values in series.items():
        # The counterfactual is indexed on the treated series, so that their distance is the gap.
        base = float((case.treated if name == "counterfactual" else values)[last])
        index = _index(values, base, fit.design.transform == "log")
        parts.append(pd.DataFrame({"series": name, **times, "value": values, "index": index}))
    return pd.concat(parts, ignore_index=True)


def _control_placebos(estimator: SingleCase, every: Sequence[CaseEffect]) -> dict[str, pd.DataFrame]:
    """Return the placebo rows of the synthetic control, nothing where it is the fit's own method or has none."""
    control = [m for m in every if isinstance(m.method.estimator, SyntheticControl) and m.paths is not None]
    if isinstance(estimator, SyntheticControl) or not control:
        return {}
    rows = [_placebo_rows(m.donor_set, m.paths) for m in control if m.paths is not None]
    return {"placebo_control": pd.concat(rows, ignore_index=True)}


def _one_path(fit: Fit, one: CaseEffect) -> pd.DataFrame:
    assert one.paths is not None
    case, gaps = one.paths.case, one.paths.gaps[0]
    is_log = one.method.transform == "log"
    is_relative = is_log or one.method.estimator.effect_scale(one.design) == "log points"
    treated = _shown(case, is_log) if is_relative else case.treated
    base = float(treated[int(np.flatnonzero(case.is_before)[-1])])
    observed = _index(treated, base, is_relative)
    return pd.DataFrame(
        {
            "method": one.method.label,
            "donor_set": one.donor_set,
            "period": case.periods,
            "period_label": [fit.design.panel.label(p) for p in case.periods],
            "event_time": case.event_times,
            "observed": observed,
            "counterfactual": observed * np.exp(-gaps) if is_relative else _index(case.treated - gaps, base, False),
            "gap": gaps,
        }
    )


def _shown(case: Case, is_log: bool) -> FloatArray:
    """Return the treated unit's logarithm without its seasons, NaN where there is none."""
    values = case.values[:1]
    logs = values if is_log else np.log(np.where(values > 0, values, np.nan))
    seen = replace(case, values=logs)
    return (seen.deseasonalized() if np.isfinite(logs).all() else seen).treated


def _index(values: FloatArray, base: float, is_log: bool) -> FloatArray:
    """Return a series with its base, the last period before the onset, as 100; NaN where that is zero."""
    if is_log:
        return np.asarray(100.0 * np.exp(values - base))
    return 100.0 * values / base if base else np.full(values.size, np.nan)


def _placebo_rows(key: str, paths: PlaceboPaths) -> pd.DataFrame:
    n_cases, n_periods = paths.gaps.shape
    return pd.DataFrame(
        {
            "unit": np.repeat(paths.units, n_periods),
            "donor_set": key,
            "event_time": np.tile(paths.case.event_times, n_cases),
            "value": paths.gaps.ravel(),
            "is_treated": np.repeat(np.arange(n_cases) == 0, n_periods),
        }
    )
