"""The verdict on one treated pair, by more than one method, and every p-value and interval that it can have."""

import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from twintrade.design.case import build_case_design, build_untreated_rectangle
from twintrade.diagnostics.base import LEVEL, Diagnostic, Judgment, require
from twintrade.diagnostics.single_case import placebo_space
from twintrade.diagnostics.single_case.placebo_space import CaseEffect, PlaceboPaths
from twintrade.effects import Finding, Message, Topic
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.base import fit as estimate
from twintrade.estimators.cases import WeightedCase
from twintrade.estimators.synthetic_control import DoubleRatio
from twintrade.inference.base import Inference
from twintrade.inference.conformal import ENOUGH_BEFORE, Conformal, PredictionIntervals
from twintrade.inference.evidence import LARGEST_EFFECT, POWER
from twintrade.inference.refits import invert_randomization
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.holm import adjust_holm, count_tests
from twintrade.text import Listed, Text, find_fact
from twintrade.text.numbers import convert_log_to_percent

Obstacle = Literal["short", "floor", "chance", "second", "readings"]
FEWEST_BEFORE = 4  # fewest periods before the agreement
METHOD = "labels.method-"
STEP = 0.01  # how finely the smallest effect found is searched for, in logs


@dataclass(frozen=True, slots=True, eq=False)
class CaseEvidence:
    """One treated pair by several methods, the declared one first; changes in logs."""

    # effects, p: (n_methods,): mean gap after the agreement, and its rank among all pairs over noise by size
    effects: FloatArray
    p: FloatArray
    ends: tuple[tuple[float, float], tuple[float, float]]  # effects that it does not reject at 5 and at 10 %
    floor: float  # smallest p that the declared method can give
    n_placebos: int
    detectable: tuple[float, float]  # smallest rise and fall that stand out in four of five pairs, or infinite
    obstacles: tuple[Obstacle, ...]  # why the pair does not stand out

    @property
    def direction(self) -> Literal["rise", "fall"]:
        """Direction of the declared method's estimate."""
        return "rise" if self.effects[0] > 0 else "fall"


def weigh_one_case(
    methods: Sequence[PlaceboPaths], readings: Sequence[float] = (), tests: float = 1.0
) -> CaseEvidence:
    """Return whether a treated pair stands out: p <= .05 by the declared method, the first, and by another; one sign.

    ``readings``: estimates with other donors, also of that sign; ``tests``: what Holm multiplies the first p by.
    """
    declared, ranks = methods[0], [one.rank() for one in methods]
    effects, p = np.array([one.effect for one in methods]), np.array([rank.p for rank in ranks])
    others, floor, n = declared.placebo_moves, ranks[0].floor, ranks[0].n_placebos
    others = others[np.isfinite(others)]
    five, ten = (invert_randomization(effects[0], 1.0, others, np.zeros(n), 1 - k * LEVEL / tests) for k in (1, 2))
    p[0] = min(1.0, p[0] * tests)
    obstacles: list[Obstacle] = []
    if declared.case.is_before.sum() < FEWEST_BEFORE:
        obstacles.append("short")
        p, five, ten = np.full(p.size, np.nan), (np.nan, np.nan), (np.nan, np.nan)
    elif floor * tests > LEVEL:
        obstacles.append("floor")
    elif p[0] > LEVEL:
        obstacles.append("chance")
    elif not (p[1:] <= LEVEL).any():
        obstacles.append("second")
    if not (np.sign([*effects, *readings]) == np.sign(effects[0])).all():
        obstacles.append("readings")
    detectable = (math.inf, math.inf)
    if "short" not in obstacles:
        # Of pairs that all methods have, in the treated pair's noise.
        moves = [pd.Series(one.moves[1:], index=one.units[1:]) for one in methods]
        detectable = find_detectable_moves(pd.concat(moves, axis=1, join="inner").dropna().to_numpy(), tests)
    return CaseEvidence(effects, p, (five, ten), floor, n, detectable, tuple(obstacles))


def weigh_each_case(
    cases: Sequence[tuple[Sequence[PlaceboPaths], Sequence[float]]],
) -> tuple[list[CaseEvidence], FloatArray]:
    """Return the verdict on each of several pairs, of methods and readings, and p of each, by Holm over all."""
    p = np.array([weigh_one_case(*case).p[0] for case in cases])
    tests = np.nan_to_num(count_tests(p), nan=1.0)
    return [weigh_one_case(*case, k) for case, k in zip(cases, tests, strict=True)], adjust_holm(p)


def find_detectable_moves(moves: FloatArray, tests: float = 1.0) -> tuple[float, float]:
    """Return the smallest rise and fall, in logs, with which four of five pairs (n, n_methods) would stand out."""
    steps = np.arange(STEP, LARGEST_EFFECT + STEP / 2, STEP)
    power = [[measure_power(moves, sign * step, tests) for step in steps] for sign in (1, -1)]
    rise, fall = (steps[int(np.argmax(one))] if any(one) else np.inf for one in np.array(power) >= POWER)
    return float(rise), float(fall)


def measure_power(moves: FloatArray, effect: float, tests: float = 1.0) -> float:
    """Return the share of pairs, each ranked among the others, that stand out once an effect is added."""
    n, sizes, at = len(moves), np.sort(np.abs(moves), axis=0), moves + effect
    larger = np.column_stack([n - np.searchsorted(sizes[:, k], np.abs(at[:, k])) for k in range(at.shape[1])])
    p = (1 + larger - (np.abs(moves) >= np.abs(at))) / n
    is_found = (p[:, 0] * tests <= LEVEL) & (p[:, 1:] <= LEVEL).any(axis=1) & (at * effect > 0).all(axis=1)
    return float(is_found.mean()) if n else 0.0


@dataclass(frozen=True, slots=True)
class CaseVerdict(Diagnostic):
    """Whether a treated pair stands out among all pairs, some evidence at most (docs/inference.md)."""

    name: ClassVar[str] = "case_verdict"
    citation: ClassVar[str] = "abadie2021"
    topic: ClassVar[Topic] = "single_case"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a method; payload ``evidence`` has the verdict where effects are changes in percent."""
        if not placebo_space.is_single_case(fit):
            return self._check_each(fit)
        measured = list(placebo_space.measure_case(fit))
        methods, readings = sort_out(measured)
        evidence = weigh_one_case(list(methods.values()), readings)
        reasons = tuple(_explain(why, evidence, methods) for why in evidence.obstacles)
        is_log = fit.estimate.scale == "log points"
        percents = [convert_log_to_percent(effect) for effect in evidence.effects]
        tests = pd.DataFrame({"method": list(methods), "percent": percents, "p": evidence.p})
        main, verdict = next(iter(methods.values())), _describe(evidence)
        is_mute = bool({"short", "floor"} & set(evidence.obstacles))
        unit = str(main.units[0])
        return self.conclude(
            Listed((*_say_apart(fit, measured, unit), *_say(fit, main, evidence, reasons)), "sentences"),
            verdict if is_log else tests,
            Judgment("cannot tell" if is_mute else "informs"),
            payloads={"evidence": verdict, "evidence_tests": tests} if is_log else {self.name: tests},
            value=float(evidence.p[0]),
            unit="p",
            floor=evidence.floor,
            direction="none" if is_mute else "higher" if evidence.direction == "rise" else "lower",
            messages=tuple(
                Message("warning", "cannot-tell", Text("checks.of-unit", unit=unit, text=reason))
                for reason in (reasons if is_mute else ())
            ),
        )

    def _check_each(self, fit: Fit) -> Finding:
        """Return one row a treated pair, each judged alone by the double ratio, p and interval by Holm over all."""
        o, cases = fit.design.observations, {}
        design = fit.design.with_outcome(fit.design.outcome, "level")
        for unit in map(str, o.unit_ids[o.is_ever_treated]):
            with suppress(TwintradeError):
                alone = build_case_design(design, unit, build_untreated_rectangle(design, unit))
                methods, readings = sort_out(placebo_space.measure_case(estimate(DoubleRatio(), alone)))
                cases[unit] = list(methods.values()), readings
        require(len(cases) >= 2, Text("checks.no-case", method=fit.estimator.title))
        weighed, p = weigh_each_case(list(cases.values()))
        rows = [_describe(one).assign(unit=unit) for unit, one in zip(cases, weighed, strict=True)]
        table = pd.concat(rows, ignore_index=True)
        table = table.assign(p=p, verdict=table.pop("grade"))
        out = zip(table["unit"], table["percent"], table["verdict"] == "some", strict=True)
        named = [Text("checks.case-named", unit=unit, percent=float(move)) for unit, move, is_out in out if is_out]
        text = Text("checks.case-each", n=len(named), of=len(table), named=Listed(tuple(named), "comma"))
        return self.conclude(text, table, payloads={"case_verdicts": table}, value=float(table["p"].min()), unit="p")


def sort_out(measured: Iterable[CaseEffect]) -> tuple[dict[str, PlaceboPaths], list[float]]:
    """Return each method's paths with its widest set of donors, and all effects with two donors or more."""
    widest: dict[str, PlaceboPaths] = {}
    readings = []
    for one in measured:
        if one.paths is None:
            continue
        known = widest.setdefault(one.method.label, one.paths)
        if one.paths.case.n_donors > known.case.n_donors:
            widest[one.method.label] = one.paths
        if one.paths.case.n_donors > 1:
            readings.append(one.paths.effect)
    return widest, readings


def _describe(evidence: CaseEvidence) -> pd.DataFrame:
    """Return the verdict as a row of what page 1 reads, in percent."""
    (low, high), ten = evidence.ends
    logs = {"percent": float(evidence.effects[0]), "low": low, "high": high, "ruled_out": float(np.abs(ten).max())}
    logs |= {"rise_found": evidence.detectable[0], "fall_found": -evidence.detectable[1]}
    stands_out = not evidence.obstacles
    row = {
        "grade": "some" if stands_out else "cannot",
        "side": evidence.direction if stands_out else "neither",
        "reasons": " ".join(evidence.obstacles),
        **{name: convert_log_to_percent(value) for name, value in logs.items()},
        "level": 1 - LEVEL,
        "p": float(evidence.p[0]),
        "floor": evidence.floor,
        "n_signers": 1,
        "n_at_risk": evidence.n_placebos + 1,
        "inference": "placebo",
    }
    return pd.DataFrame([row])


def _explain(why: Obstacle, evidence: CaseEvidence, methods: Mapping[str, PlaceboPaths]) -> Text:
    """Return in words why a pair does not stand out."""
    if why == "short":
        n_before = int(next(iter(methods.values())).case.is_before.sum())
        return Text("checks.case-short", n=n_before, needed=FEWEST_BEFORE)
    if why == "floor":
        return Text("checks.case-floor", n=evidence.n_placebos, floor=evidence.floor, asked=LEVEL)
    return Text(f"checks.case-{why}")


def _say_apart(fit: Fit, measured: list[CaseEffect], unit: str) -> tuple[Text, ...]:
    """Return the sentence that leads where donor sets A and B point in different directions by some method."""
    apart = tuple(
        Text("checks.case-apart-by", method=find_fact(METHOD, label), a=_size(fit, a), b=_size(fit, b))
        for label, a, b in placebo_space.find_disagreements(measured)
    )
    return (Text("checks.case-apart", unit=unit, methods=Listed(apart, "semicolon")),) if apart else ()


def _say(fit: Fit, main: PlaceboPaths, evidence: CaseEvidence, reasons: tuple[Text, ...]) -> tuple[Text, ...]:
    """Say how the flow moved, whether that stands out, and what would."""
    move = Text(
        "checks.case-move",
        unit=str(main.units[0]),
        size=_size(fit, main.effect),
        method=find_fact(METHOD, str(fit.estimator.title).lower()),
        before=int(main.case.is_before.sum()),
        after=int(main.case.is_after.sum()),
    )
    if "short" in evidence.obstacles:
        return Text("checks.case-mute", reasons=Listed(reasons, "semicolon")), Text(
            "checks.case-descriptive", move=move
        )
    rank = Text("checks.case-rank", p=float(evidence.p[0]), n=evidence.n_placebos, floor=evidence.floor)
    if not reasons:
        return (Text("checks.case-stands-out", move=move, rank=rank),)
    usual = Text("checks.case-usual", move=move, rank=rank, reasons=Listed(reasons, "semicolon"))
    rise, fall = evidence.detectable
    which = "both" if max(rise, fall) < math.inf else "rise" if rise < fall else "fall" if fall < rise else "none"
    sizes = {"rise": convert_log_to_percent(rise), "fall": -convert_log_to_percent(-fall)}
    return usual, Text("checks.case-found", which=which, **sizes)


def _size(fit: Fit, effect: float) -> Text:
    is_log = fit.estimate.scale == "log points"
    size = abs(100 * np.expm1(effect)) if is_log else abs(effect)
    return Text("checks.case-size", size=float(size), scale="log" if is_log else "other", up=effect >= 0)


CASE_COLUMNS = ("method", "donor_set", "n_donors", "n_before", "n_after", "effect", "percent", "pre_rmspe")
RANKS = ("p", "p_rmspe_ratio", "floor")
CONFORMAL = ("p_conformal", "conformal_floor", "conformal_low", "conformal_high")
PREDICTION = ("prediction_low", "prediction_high")
COLUMNS = (*CASE_COLUMNS, *RANKS, *CONFORMAL, *PREDICTION, "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTests(Diagnostic):
    """Placebo ranks, conformal p-values and prediction intervals of a single case, side by side.

    Attributes
    ----------
    min_before : int
        Fewest periods before the onset for any p-value.
    level : float
        Of the intervals.
    draws : int
        Refits behind a prediction interval.
    """

    min_before: int = 4
    level: float = 0.9
    draws: int = 200
    name: ClassVar[str] = "case_tests"
    citation: ClassVar[str] = "abadie2021"
    topic: ClassVar[Topic] = "single_case"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a method and donor set; payload ``case_tests``."""
        placebo_space.get_single_case(fit)
        effects = list(placebo_space.measure_case(fit))
        table = pd.DataFrame(_merged([self._row(fit, one, rng) for one in effects]), columns=list(COLUMNS))
        require(table["effect"].notna().any(), str(table["reason"].iloc[0]))
        return self.conclude(
            Listed((_sentence(table, self.min_before), *_exact_fits(effects)), "sentences"),
            table,
            value=float(table["p"].min()),
            unit="p",
        )

    def _row(self, fit: Fit, one: CaseEffect, rng: np.random.Generator) -> dict[str, object]:
        row: dict[str, object] = {"method": one.method.label, "donor_set": one.donor_set, "reason": one.reason}
        if one.paths is None:
            return row
        case = one.paths.case
        n_before = int(case.is_before.sum())
        row |= {"n_donors": case.n_donors, "n_before": n_before, "n_after": int(case.is_after.sum())}
        row |= {"effect": one.paths.effect, "pre_rmspe": float(one.paths.pre_rmspe[0])}
        if fit.estimate.scale == "log points":
            row["percent"] = float(100 * np.expm1(one.paths.effect))
        if n_before < self.min_before:
            return row | {"reason": str(Text("checks.case-tests-short", n=n_before, needed=self.min_before))}
        return row | _ranks(one.paths) | self._conformal(one) | self._prediction(one, rng)

    def _conformal(self, one: CaseEffect) -> dict[str, object]:
        """Return the p-value over shifts, with the interval only where the periods before the onset are enough."""
        if not one.method.estimator.fits_whole_path:
            return {}
        try:
            bands = Conformal(level=self.level).infer(one.fitted(), "overall", np.random.default_rng(0))
        except TwintradeError as error:
            return {"reason": str(error)}
        ends = (bands.low[0], bands.high[0]) if int(str(bands.facts["n_before"])) >= ENOUGH_BEFORE else ()
        return dict(zip(CONFORMAL, (bands.p[0], bands.facts["floor"], *ends), strict=False))

    def _prediction(self, one: CaseEffect, rng: np.random.Generator) -> dict[str, object]:
        assert one.case is not None
        if not isinstance(one.method.estimator, WeightedCase) or one.case.is_before.sum() < ENOUGH_BEFORE:
            return {}
        try:
            bands = PredictionIntervals(level=self.level, draws=self.draws).infer(one.fitted(), "overall", rng)
        except TwintradeError as error:
            return {"reason": str(error)}
        return dict(zip(PREDICTION, (bands.low[0], bands.high[0]), strict=True))


def _merged(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return the rows with one for all donor sets of a method that fail for the same reason."""
    kept: dict[object, dict[str, object]] = {}
    for place, row in enumerate(rows):
        key = place if "effect" in row else (row["method"], row["reason"])
        if key in kept:
            row = row | {"donor_set": f"{kept[key]['donor_set']}, {row['donor_set']}"}
        kept[key] = row
    return list(kept.values())


def _ranks(paths: PlaceboPaths) -> dict[str, object]:
    rank, ratio = paths.rank(), paths.rmspe_rank()
    if rank.n_placebos == 0:
        return {"reason": str(Text("checks.no-placebo"))}
    return dict(zip(RANKS, (rank.p, ratio.p, rank.floor), strict=True))


def _exact_fits(effects: list[CaseEffect]) -> tuple[Text, ...]:
    """Name the methods whose donors reproduce the path before the agreement without any misfit."""
    named = tuple(
        Text("checks.case-method", method=find_fact(METHOD, m.method.label), set=m.donor_set)
        for m in effects
        if m.paths is not None and m.paths.fits_exactly
    )
    return (Text("checks.case-tests-exact", methods=Listed(named, "comma")),) if named else ()


def _sentence(table: pd.DataFrame, min_before: int) -> Text | Listed:
    known = table.dropna(subset=["p"])
    n_before = int(table["n_before"].dropna().iloc[0])
    if known.empty:
        return Text("checks.case-tests-none", n=n_before, needed=min_before)
    ranks, floors = known["p"], known["floor"]
    numbers = {"low": ranks.min(), "high": ranks.max(), "median": ranks.median()}
    numbers |= {"floor": floors.min(), "highest_floor": floors.max()}
    sentence = Text("checks.case-tests", n=len(known), **numbers)
    if table["p_conformal"].isna().all():
        return sentence
    is_short = n_before < ENOUGH_BEFORE
    conformal = Text("checks.case-tests-conformal", n=n_before, short=is_short, needed=ENOUGH_BEFORE)
    return Listed((sentence, conformal), "sentences")
