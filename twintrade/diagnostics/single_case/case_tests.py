"""Every p-value and interval that one treated unit can have, by method and donor set, with its floor."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic, Judged
from twintrade.diagnostics.single_case import placebo_space
from twintrade.diagnostics.single_case.placebo_space import CaseEffect, PlaceboPaths
from twintrade.effects import Finding, Message, Topic
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.cases import WeightedCase
from twintrade.inference.base import Inference
from twintrade.inference.conformal import ENOUGH_BEFORE, Conformal, PredictionIntervals
from twintrade.text import Listed, Text, Words

# What one treated unit can and cannot tell, in one paragraph without a causal word.


@dataclass(frozen=True, slots=True)
class CaseVerdict(Diagnostic):
    """Whether a single case can tell anything, and if so whether it stands out.

    It cannot when there are too few periods before the onset, when no attainable p-value would be small, or when
    the two donor sets disagree about the sign by any method of the page: then that sentence leads.

    Attributes
    ----------
    min_before : int
        Fewest periods before the onset.
    max_floor : float
        Largest smallest-attainable p-value.
    level : float
        A rank p-value up to this stands out.
    """

    min_before: int = 4
    max_floor: float = 0.1
    level: float = 0.1
    name = "case_verdict"
    citation = "abadie2021"
    topic = "single_case"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the verdict; ``value`` is the rank p-value of the whole donor set, NaN where it cannot tell."""
        single = placebo_space.get_single_case(fit)
        if single is None:
            return self.unavailable(Text("checks.no-case", method=fit.estimator.title))
        estimator, case = single
        main = placebo_space.estimate_placebo_paths(estimator, case)
        sets: dict[str, PlaceboPaths] = {}
        for key, chosen in placebo_space.build_case_sets(case).items():
            try:
                sets[key] = main if chosen is case else placebo_space.estimate_placebo_paths(estimator, chosen)
            except TwintradeError:
                continue
        apart = _disagreement(fit, main)
        reasons = self._cannot_tell(main)
        is_mute = bool(apart or reasons)
        rank = main.rank()
        stands_out = rank.p <= self.level
        if is_mute:
            why = (Text("checks.case-mute", reasons=Listed(tuple(reasons), "semicolon")),) if reasons else ()
            descriptive = Text("checks.case-descriptive", move=_move(fit, main))
            sentence: Words = Listed((*apart, *why, descriptive), "sentences")
        else:
            sentence = _say(fit, main, stands_out)
        disagreeing = (Text("checks.case-disagree"),) if apart else ()
        return self.conclude(
            sentence,
            pd.DataFrame([_row(key, paths) for key, paths in sets.items()]),
            Judged("cannot tell" if is_mute else "informs"),
            payloads={},
            value=float("nan") if is_mute else rank.p,
            unit="p",
            floor=rank.floor,
            direction="none" if is_mute else ("higher" if main.effect >= 0 else "lower"),
            messages=tuple(
                Message("warning", "cannot-tell", Text("checks.of-unit", unit=str(main.units[0]), text=reason))
                for reason in (*disagreeing, *reasons)
            ),
        )

    def _cannot_tell(self, main: PlaceboPaths) -> list[Text]:
        reasons = []
        n_before = int(main.case.is_before.sum())
        if n_before < self.min_before:
            reasons.append(Text("checks.case-short", n=n_before, needed=self.min_before))
        rank = main.rank()
        if rank.floor > self.max_floor:
            reasons.append(Text("checks.case-floor", n=rank.n_placebos, floor=rank.floor, asked=self.max_floor))
        return reasons


def _disagreement(fit: Fit, main: PlaceboPaths) -> tuple[Text, ...]:
    """Return the sentence that leads where donor sets A and B point in different directions by some method."""
    apart = tuple(
        Text("checks.case-apart-by", method=placebo_space.name_case_method(label), a=_size(fit, a), b=_size(fit, b))
        for label, a, b in placebo_space.find_disagreements(list(placebo_space.measure_case(fit)))
    )
    return (Text("checks.case-apart", unit=str(main.units[0]), methods=Listed(apart, "semicolon")),) if apart else ()


def _size(fit: Fit, effect: float) -> Text:
    is_log = fit.estimate.scale == "log points"
    size = abs(100 * np.expm1(effect)) if is_log else abs(effect)
    return Text(
        "checks.case-size", size=float(size), scale="log" if is_log else "other", up="yes" if effect >= 0 else "no"
    )


def _move(fit: Fit, paths: PlaceboPaths) -> Text:
    """Say how the flow moved, in percent for logarithms."""
    return Text(
        "checks.case-move",
        unit=str(paths.units[0]),
        size=_size(fit, paths.effect),
        method=placebo_space.name_case_method(str(fit.estimator.title).lower()),
        before=int(paths.case.is_before.sum()),
        after=int(paths.case.is_after.sum()),
    )


def _say(fit: Fit, paths: PlaceboPaths, stands_out: bool) -> Text:
    rank = paths.rank()
    ranked = Text("checks.case-rank", p=rank.p, n=rank.n_placebos, floor=rank.floor)
    move = _move(fit, paths)
    if stands_out:
        return Text("checks.case-stands-out", move=move, rank=ranked)
    typical, is_log = float(np.nanquantile(paths.placebo_moves, 0.9)), fit.estimate.scale == "log points"
    size = 100 * float(np.expm1(typical)) if is_log else typical
    return Text("checks.case-usual", move=move, rank=ranked, size=size, scale="log" if is_log else "other")


def _row(key: str, paths: PlaceboPaths) -> dict[str, object]:
    rank, ratio = paths.rank(), paths.rmspe_rank()
    return {
        "donor_set": key,
        "n_donors": paths.case.n_donors,
        "n_before": int(paths.case.is_before.sum()),
        "n_after": int(paths.case.is_after.sum()),
        "effect": paths.effect,
        "pre_rmspe": float(paths.pre_rmspe[0]),
        "p": rank.p,
        "p_rmspe_ratio": ratio.p,
        "floor": rank.floor,
        "n_placebos": rank.n_placebos,
    }


COLUMNS = (
    "method", "donor_set", "n_donors", "n_before", "n_after", "effect", "percent", "pre_rmspe", "p", "p_rmspe_ratio",
    "floor", "p_conformal", "conformal_floor", "conformal_low", "conformal_high", "prediction_low", "prediction_high",
    "reason",
)  # fmt: skip


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
        if placebo_space.get_single_case(fit) is None:
            return self.unavailable(Text("checks.no-case", method=fit.estimator.title))
        effects = list(placebo_space.measure_case(fit))
        table = pd.DataFrame(_merged([self._row(fit, one, rng) for one in effects]), columns=list(COLUMNS))
        if table["effect"].isna().all():
            return self.unavailable(str(table["reason"].iloc[0]))
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
        row: dict[str, object] = {"p_conformal": float(bands.p[0]), "conformal_floor": bands.facts["floor"]}
        if int(str(bands.facts["n_before"])) < ENOUGH_BEFORE:
            return row
        return row | {"conformal_low": float(bands.low[0]), "conformal_high": float(bands.high[0])}

    def _prediction(self, one: CaseEffect, rng: np.random.Generator) -> dict[str, object]:
        if one.case is None or not isinstance(one.method.estimator, WeightedCase):
            return {}
        if int(one.case.is_before.sum()) < ENOUGH_BEFORE:
            return {}
        try:
            bands = PredictionIntervals(level=self.level, draws=self.draws).infer(one.fitted(), "overall", rng)
        except TwintradeError as error:
            return {"reason": str(error)}
        return {"prediction_low": float(bands.low[0]), "prediction_high": float(bands.high[0])}


def _merged(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return the rows with one for all donor sets of a method that fail for the same reason."""
    kept: list[dict[str, object]] = []
    failed: dict[tuple[object, object], dict[str, object]] = {}
    for row in rows:
        key = row["method"], row["reason"]
        if "effect" in row or key not in failed:
            kept.append(row)
            if "effect" not in row:
                failed[key] = row
        else:
            failed[key]["donor_set"] = f"{failed[key]['donor_set']}, {row['donor_set']}"
    return kept


def _ranks(paths: PlaceboPaths) -> dict[str, object]:
    rank, ratio = paths.rank(), paths.rmspe_rank()
    if rank.n_placebos == 0:
        return {"reason": str(Text("checks.no-placebo"))}
    return {"p": rank.p, "p_rmspe_ratio": ratio.p, "floor": rank.floor}


def _exact_fits(effects: list[CaseEffect]) -> tuple[Text, ...]:
    """Name the methods whose donors reproduce the path before the agreement without any misfit."""
    named = tuple(
        Text("checks.case-method", method=m.method.named, set=m.donor_set)
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
    sentence = Text(
        "checks.case-tests",
        n=len(known),
        low=float(ranks.min()),
        high=float(ranks.max()),
        median=float(ranks.median()),
        floor=float(floors.min()),
        highest_floor=float(floors.max()),
    )
    if table["p_conformal"].isna().all():
        return sentence
    is_short = "yes" if n_before < ENOUGH_BEFORE else "no"
    conformal = Text("checks.case-tests-conformal", n=n_before, short=is_short, needed=ENOUGH_BEFORE)
    return Listed((sentence, conformal), "sentences")
