"""What one treated unit can and cannot tell, in one paragraph without a causal word."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.single_case.case_methods import find_disagreements, measure_case, name_case_method
from twintrade.diagnostics.single_case.case_placebos import (
    PlaceboPaths,
    build_case_sets,
    estimate_placebo_paths,
    get_single_case,
)
from twintrade.effects import Finding, Message
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.text import Listed, Text, Words


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
        single = get_single_case(fit)
        if single is None:
            return self.unavailable(Text("checks.no-case", method=fit.estimator.title))
        estimator, case = single
        main = estimate_placebo_paths(estimator, case)
        sets: dict[str, PlaceboPaths] = {}
        for key, chosen in build_case_sets(case).items():
            try:
                sets[key] = main if chosen is case else estimate_placebo_paths(estimator, chosen)
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
        return Finding(
            diagnostic=self.name,
            verdict="cannot tell" if is_mute else "informs",
            text=sentence,
            value=float("nan") if is_mute else rank.p,
            unit="p",
            floor=rank.floor,
            direction="none" if is_mute else ("higher" if main.effect >= 0 else "lower"),
            table=pd.DataFrame([_row(key, paths) for key, paths in sets.items()]),
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
        Text("checks.case-apart-by", method=name_case_method(label), a=_size(fit, a), b=_size(fit, b))
        for label, a, b in find_disagreements(list(measure_case(fit)))
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
        method=name_case_method(str(fit.estimator.title).lower()),
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
