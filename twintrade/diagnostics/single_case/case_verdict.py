"""What one treated unit can and cannot tell, in one paragraph without a causal word."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.single_case.case_methods import find_disagreements, measure_case
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
        found = get_single_case(fit)
        if found is None:
            return self.unavailable(f"{fit.estimator.name} does not treat one unit as a case")
        estimator, case = found
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
            further = f"Cannot tell: {'; '.join(reasons)}. " if reasons else ""
            sentence = f"{apart}{further}Descriptive only: {_move(fit, main)}."
        else:
            sentence = _said(fit, main, stands_out)
        said = ["donor sets A and B disagree in sign"] if apart else []
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
                Message("warning", "cannot-tell", f"{main.units[0]}: {reason}") for reason in (*said, *reasons)
            ),
        )

    def _cannot_tell(self, main: PlaceboPaths) -> list[str]:
        reasons = []
        n_before = int(main.case.is_before.sum())
        if n_before < self.min_before:
            reasons.append(f"there are {n_before} periods before the agreement and {self.min_before} are needed")
        rank = main.rank()
        if rank.floor > self.max_floor:
            reasons.append(
                f"with {rank.n_placebos} placebos no p-value can fall below {rank.floor:.3f}, "
                f"above the {self.max_floor:g} asked for"
            )
        return reasons


def _disagreement(fit: Fit, main: PlaceboPaths) -> str:
    """Return the sentences that lead where donor sets A and B point in different directions by some method."""
    apart = find_disagreements(list(measure_case(fit)))
    if not apart:
        return ""
    told = "; ".join(
        f"by the {label} it stood {_size(fit, a)} what the same city's flows to other destinations imply (A) and "
        f"{_size(fit, b)} what other cities' flows to the same destination imply (B)"
        for label, a, b in apart
    )
    return (
        f"The two donor sets disagree about the flow of {main.units[0]} after the agreement: {told}. That is the "
        "finding: whether the flow rose or fell depends on whom it is compared with. "
    )


def _size(fit: Fit, effect: float) -> str:
    side = "above" if effect >= 0 else "below"
    if fit.estimate.scale == "log points":
        return f"{abs(100 * np.expm1(effect)):.0f} % {side}"
    return f"{abs(effect):.4g} {side}"


def _move(fit: Fit, paths: PlaceboPaths) -> str:
    """Say how the flow moved, in percent for logarithms."""
    n_before, n_after = int(paths.case.is_before.sum()), int(paths.case.is_after.sum())
    return (
        f"after the agreement the flow of {paths.units[0]} stood on average {_size(fit, paths.effect)} what its "
        f"donors' path implies by the {str(fit.estimator.title).lower()} ({n_before} periods before, {n_after} after)"
    )


def _said(fit: Fit, paths: PlaceboPaths, stands_out: bool) -> str:
    rank = paths.rank()
    ranked = f"rank p = {rank.p:.3f} among {rank.n_placebos} placebos, smallest attainable {rank.floor:.3f}"
    move = _move(fit, paths)
    if stands_out:
        return (
            f"Stands out: {move}; {ranked}. Something moved this flow then; one case cannot say that it was the "
            "agreement, nor anything about the partner city."
        )
    typical = float(np.nanquantile(paths.placebo_moves, 0.9))
    size = f"{100 * np.expm1(typical):.0f} %" if fit.estimate.scale == "log points" else f"{typical:.4g}"
    return (
        f"Does not stand out: {move}; {ranked}. Moves of up to {size} are common among untreated flows, so an effect "
        "of that size could not have been seen; this is not evidence of no effect."
    )


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
