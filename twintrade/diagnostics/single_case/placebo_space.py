"""The treated unit's rank among its donors, in each donor set, with and without donors that fit badly."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, get_args

import numpy as np
import pandas as pd

from twintrade.design import Design, TransformName
from twintrade.design.case import Case
from twintrade.diagnostics.base import LEVEL, Diagnostic, judge_bound, require
from twintrade.diagnostics.variants import format_effect, measure_headline, name_judged
from twintrade.effects import Finding, Topic
from twintrade.errors import EstimationError, TwintradeError
from twintrade.estimators.base import Fit, fit
from twintrade.estimators.cases import SingleCase
from twintrade.estimators.synthetic_control import DoubleRatio, SyntheticControl, SyntheticDid
from twintrade.fanout import Arrays, run_jobs, split_succeeded
from twintrade.inference.base import Inference
from twintrade.numerics import testing
from twintrade.numerics.arrays import BoolArray, FloatArray, ObjectArray
from twintrade.numerics.holm import adjust_holm
from twintrade.numerics.testing import GapNoise, PlaceboRank, compute_rmspe_ratio
from twintrade.text import Listed, Text, Words

# The donor sets of a single case, and the path each donor would have shown in the treated unit's place.

SetName = Literal[
    "the same city's flows to other destinations",
    "other cities' flows to the same destination",
    "every untreated flow of the design",
]
SET_LABELS: Mapping[str, SetName] = dict(zip(("A", "B", "all"), get_args(SetName), strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class PlaceboPaths:
    """Gaps of the treated unit and of every donor in its place."""

    estimator: SingleCase
    case: Case
    gaps: FloatArray  # (1 + n_placebos, n_periods): the treated unit first; NaN where no gap can be formed
    units: ObjectArray  # (1 + n_placebos,)
    failed: tuple[tuple[str, Words], ...] = ()  # donors whose placebo could not be formed, with the reason

    @property
    def effect(self) -> float:
        """Mean gap after the onset."""
        return float(np.nanmean(self.gaps[0, self.case.is_after]))

    @property
    def pre_rmspe(self) -> FloatArray:
        """Root mean squared gap before the onset, shape (1 + n_placebos,)."""
        return np.asarray(np.sqrt(np.nanmean(self.gaps[:, self.case.is_before] ** 2, axis=1)))

    @property
    def noise(self) -> GapNoise:
        """Each case's error, shape (1 + n_placebos,)."""
        places = np.append(0, 1 + np.flatnonzero(np.isin(self.case.units[1:], self.units[1:]))).astype(np.int64)
        return self.estimator.measure_noise(self.case, places, self.gaps[:, self.case.is_before])

    @property
    def moves(self) -> FloatArray:
        """Mean gaps after the onset in the treated unit's noise, shape (1 + n_placebos,)."""
        scales = self.noise.scales
        return np.asarray(np.nanmean(self.gaps[:, self.case.is_after], axis=1) * scales[0] / scales)

    @property
    def placebo_moves(self) -> FloatArray:
        """Size of the placebos' moves, shape (n_placebos,)."""
        return np.abs(self.moves[1:])

    def rank(self, kept: BoolArray | None = None) -> PlaceboRank:
        """Rank the mean gap after the onset over its noise among the placebos (all, or those kept)."""
        return testing.compute_placebo_rank(abs(self.effect), self.placebo_moves[... if kept is None else kept[1:]])

    def rmspe_rank(self, kept: BoolArray | None = None) -> PlaceboRank:
        """Rank the ratio, each placebo against the treated unit without that donor; NaN where ``fits_exactly``."""
        before, after = self.case.is_before, self.case.is_after
        places = np.flatnonzero(np.isin(self.case.units[1:], self.units[1:]))
        treated = compute_rmspe_ratio(self.estimator.rival_gaps(self.case)[places], before, after)
        others, chosen = compute_rmspe_ratio(self.gaps, before, after)[1:], ... if kept is None else kept[1:]
        rank = testing.compute_placebo_rank(treated[chosen], others[chosen])
        return replace(rank, p=float("nan")) if self.fits_exactly else rank

    @property
    def fits_exactly(self) -> bool:
        """Whether donors reproduce the treated path before the onset to the solver's rounding."""
        return bool(np.isinf(compute_rmspe_ratio(self.gaps, self.case.is_before, self.case.is_after)[0]))


def build_case_sets(case: Case) -> dict[str, Case]:
    """Return the case with each donor set that is not empty: "A", "B", and "all" where neither is the whole."""
    others = np.arange(case.units.size) > 0
    members = {"A": others & (case.city == case.city[0]), "B": others & (case.partner == case.partner[0])}
    sets = {k: case.chosen(np.flatnonzero(m | ~others).astype(np.int64)) for k, m in members.items() if m.any()}
    if not any(s.n_donors == case.n_donors for s in sets.values()):
        sets["all"] = case
    return sets


def estimate_placebo_paths(estimator: SingleCase, case: Case) -> PlaceboPaths:
    """Re-estimate with every donor in the treated unit's place, the treated unit left out."""
    gaps = estimator.gaps(case)
    jobs = {str(unit): j for j, unit in enumerate(case.units[1:])}
    done, failed = split_succeeded(run_jobs("placebo_paths", _path, jobs, shared=(estimator, case)))
    rows = np.vstack([gaps, *(one.values["gaps"] for one in done if one.values is not None)])
    units = np.array([case.units[0], *(one.job for one in done)], dtype=object)
    return PlaceboPaths(estimator, case, rows, units, tuple(failed))


def _path(shared: tuple[SingleCase, Case], donor: int, rng: np.random.Generator) -> Arrays:
    estimator, case = shared
    placebo = case.placebo(donor)
    gaps = estimator.gaps(placebo) if placebo.n_donors else np.full(case.periods.size, np.nan)
    if not (np.isfinite(gaps[case.is_before]).any() and np.isfinite(gaps[case.is_after]).any()):
        raise EstimationError("no gap can be formed on both sides of the onset")
    return {"gaps": gaps}


def is_single_case(fit: Fit) -> bool:
    """Whether a fit is of one treated unit by a method made for that."""
    return isinstance(fit.estimator, SingleCase) and int(fit.design.observations.is_ever_treated.sum()) == 1


def get_single_case(fit: Fit) -> tuple[SingleCase, Case]:
    """Return the estimator and the case of a single-case fit; refuse any other fit, as of several cases at once."""
    if not is_single_case(fit):
        raise EstimationError(Text("checks.no-case", method=fit.estimator.title))
    assert isinstance(fit.estimator, SingleCase)
    return fit.estimator, fit.estimator.case(fit.design)


# The methods that the page of a single case shows side by side, each on the scale it works on.


@dataclass(frozen=True, slots=True)
class CaseMethod:
    """A method on the scale it is shown on, under its name."""

    label: Literal["double ratio", "synthetic control", "synthetic DiD"] | str  # a code, or what it is called
    estimator: SingleCase
    transform: TransformName  # of the outcome


METHODS = (
    CaseMethod("double ratio", DoubleRatio(), "level"),
    # A flow far larger than its donors lies outside their hull; its movements need not.
    CaseMethod("synthetic control", SyntheticControl(demeaned=True), "log"),
    CaseMethod("synthetic DiD", SyntheticDid(min_before=4), "log"),
)


@dataclass(frozen=True, slots=True, eq=False)
class CaseEffect:
    """One method with one donor set, or why there is nothing."""

    method: CaseMethod
    donor_set: str
    design: Design  # of the treated unit and these donors
    case: Case | None = None
    paths: PlaceboPaths | None = None
    reason: str = ""

    def fitted(self) -> Fit:
        """Return the fit, for inferences that refit."""
        return fit(self.method.estimator, self.design)


def iterate_case_views(fit: Fit) -> Iterator[tuple[CaseMethod, Design, Case | str]]:
    """Yield every method with its design, and the case as it looks at it, or why it cannot.

    The fit's own method comes first, then those of ``METHODS`` on a log scale that are not the same.
    """
    assert isinstance(fit.estimator, SingleCase)
    main = CaseMethod(str(fit.estimator.title).lower(), fit.estimator, fit.design.transform)
    further = METHODS if fit.estimate.scale == "log points" and not fit.design.covariates else ()
    for method in (main, *(m for m in further if m.estimator.name != fit.estimator.name)):
        design = fit.design.with_outcome(fit.design.outcome, method.transform)
        try:
            seen = "; ".join(map(str, method.estimator.unmet(design))) or method.estimator.case(design)
        except TwintradeError as error:
            seen = str(error)
        yield method, design, seen


def measure_case(fit: Fit) -> Iterator[CaseEffect]:
    """Yield every method of a single-case fit with every donor set that is not empty."""
    for method, design, whole in iterate_case_views(fit):
        if isinstance(whole, str):
            yield CaseEffect(method, "all", design, reason=whole)
            continue
        for key, case in build_case_sets(whole).items():
            part = design.restricted(np.isin(design.panel.units, case.units)[design.panel.unit])
            try:
                yield CaseEffect(method, key, part, case, estimate_placebo_paths(method.estimator, case))
            except TwintradeError as error:
                yield CaseEffect(method, key, part, case, reason=str(error))


def find_disagreements(measured: list[CaseEffect]) -> list[tuple[str, float, float]]:
    """Return methods by which donor sets A and B, of two donors or more, differ in sign, with both mean gaps."""
    effects: dict[str, dict[str, float]] = {}
    for one in measured:
        if one.paths is not None and one.paths.case.n_donors > 1:
            effects.setdefault(one.method.label, {})[one.donor_set] = one.paths.effect
    return [
        (label, sets["A"], sets["B"])
        for label, sets in effects.items()
        if {"A", "B"} <= set(sets) and sets["A"] * sets["B"] < 0
    ]


# A false date before the real one: the method should find nothing there.

NUMBERS = ("effect", "bound", "p", "floor")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceboTime(Diagnostic):
    """Placebo in time of a single case, on the periods before the real onset alone.

    Attributes
    ----------
    min_before, min_after : int
        Fewest periods around a false date.
    """

    min_before: int = 4
    min_after: int = 2
    name: ClassVar[str] = "placebo_time"
    citation: ClassVar[str] = "abadie2021"
    topic: ClassVar[Topic] = "single_case"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a false date; payloads ``placebo_time``, the gaps, and ``placebo_time_table``, the dates."""
        estimator, case = get_single_case(fit)
        early, rows, gaps = case.during(case.is_before), list[dict[str, object]](), []
        for onset in map(int, early.periods[self.min_before : max(early.periods.size + 1 - self.min_after, 0)]):
            false = early.dated(onset)
            try:
                paths = estimate_placebo_paths(estimator, false)
            except TwintradeError as error:
                rows.append({"onset": onset} | dict.fromkeys(NUMBERS, np.nan) | {"reason": str(error)})
                continue
            rank = paths.rank()
            numbers = paths.effect, _bound_gap(paths), rank.p, rank.floor
            rows.append({"onset": onset} | dict(zip(NUMBERS, numbers, strict=True)) | {"reason": ""})
            gaps.append(pd.DataFrame({"onset": onset, "period": false.periods, "value": paths.gaps[0]}))
        if not gaps:
            few = Text("checks.placebo-time-few", n=int(early.periods.size))
            return self.unavailable(Text("checks.placebo-time-none", reason=str(rows[0]["reason"]) if rows else few))
        table = pd.DataFrame(rows)
        table.insert(1, "onset_label", [fit.design.panel.label(int(p)) for p in table["onset"]])
        known, scale = table.dropna(subset=["p"]), fit.estimate.scale
        p = known["p"].to_numpy(dtype=np.float64)
        worst, adjusted = known.iloc[int(p.argmin())], float(adjust_holm(p).min())
        errors = (known["bound"] - known["effect"].abs()).to_numpy(dtype=np.float64)
        judged = judge_bound(p, float(known["bound"].max()), measure_headline(fit, inference, rng), errors)
        text = Text(
            "checks.placebo-time",
            n=len(known),
            date=worst["onset_label"],
            effect=format_effect(float(worst["effect"]), scale),
            p=worst["p"],
            floor=worst["floor"],
            adjusted=adjusted,
            verdict=Text("checks.placebo-verdict", **name_judged(judged, scale)),
        )
        drawn = {"placebo_time": pd.concat(gaps, ignore_index=True), "placebo_time_table": table}
        return self.conclude(text, table, judged, payloads=drawn, value=adjusted, unit="p")


def _bound_gap(paths: PlaceboPaths) -> float:
    """Return the largest mean gap after the false date that placebos as far off as 95 in 100 would leave."""
    shifts = paths.placebo_moves
    shifts = shifts[np.isfinite(shifts)]
    return abs(paths.effect) + float(np.quantile(shifts, 1 - LEVEL)) if shifts.size else np.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceboSpace(Diagnostic):
    """Abadie, Diamond and Hainmueller (2010): every donor in the treated unit's place.

    Attributes
    ----------
    cutoffs : tuple of float
        Donors whose misfit before the onset exceeds so many times the treated unit's are left out in further rows.
    level : float
        A p-value up to this is called unusual.
    """

    cutoffs: tuple[float, ...] = (5.0, 2.0)
    level: float = 0.1
    name: ClassVar[str] = "placebo_space"
    citation: ClassVar[str] = "abadie2010"
    topic: ClassVar[Topic] = "single_case"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return p-values with their floors by donor set; payload ``placebo_ranks`` has one row a case."""
        estimator, case = get_single_case(fit)
        rows, cases, sentences = [], [], list[Text]()
        for key, chosen in build_case_sets(case).items():
            try:
                paths = estimate_placebo_paths(estimator, chosen)
            except TwintradeError as error:
                sentences.append(Text("checks.set-absent", set=key, reason=error.text))
                continue
            whole, *cut = (_row(key, paths, cutoff) for cutoff in (np.inf, *self.cutoffs))
            rows += [whole, *cut]
            cases.append(_cases(key, paths))
            numbers = {name: whole[name] for name in ("effect", "p", "floor")} | {"ratio": whole["p_rmspe_ratio"]}
            has_ratio = not np.isnan(numbers["ratio"])
            sentences.append(
                Text("checks.placebo-space", set=key, n=whole["n_placebos"], has_ratio=has_ratio, **numbers)
            )
        require(rows, Listed(tuple(sentences), "sentences"))
        table = pd.DataFrame(rows)
        return self.conclude(
            Listed(tuple(sentences), "sentences"),
            table,
            payloads={"placebo_ranks": pd.concat(cases, ignore_index=True)},
            value=float(table[table["n_donors"] == table["n_donors"].max()].iloc[0]["p"]),
            unit="p",
        )


def _row(key: str, paths: PlaceboPaths, cutoff: float) -> dict[str, Any]:
    misfit = paths.pre_rmspe
    kept = np.isinf(cutoff) | (misfit <= min(cutoff, 1e300) * misfit[0])
    kept[0] = True
    rank, ratio = paths.rank(kept), paths.rmspe_rank(kept)
    return {
        "donor_set": key,
        "n_donors": paths.case.n_donors,
        "cutoff": cutoff,
        "n_placebos": rank.n_placebos,
        "effect": paths.effect,
        "p": rank.p,
        "p_rmspe_ratio": ratio.p,
        "floor": rank.floor,
    }


def _cases(key: str, paths: PlaceboPaths) -> pd.DataFrame:
    after, before = paths.case.is_after, paths.case.is_before
    return pd.DataFrame(
        {
            "donor_set": key,
            "unit": paths.units,
            "is_treated": np.arange(paths.units.size) == 0,
            "mean_gap": np.nanmean(paths.gaps[:, after], axis=1),
            "size": testing.compute_mean_shift(paths.gaps, after),
            "pre_rmspe": paths.pre_rmspe,
            "rmspe_ratio": compute_rmspe_ratio(paths.gaps, before, after),
        }
    )
