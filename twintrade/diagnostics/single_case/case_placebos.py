"""The donor sets of a single case, and the path each donor would have shown in the treated unit's place."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from twintrade.design.case import Case
from twintrade.errors import EstimationError
from twintrade.estimators.base import Fit
from twintrade.estimators.cases import SingleCase
from twintrade.fanout import Arrays, run_jobs, split_succeeded
from twintrade.numerics.arrays import BoolArray, FloatArray, ObjectArray
from twintrade.numerics.testing import (
    GapNoise,
    PlaceboRank,
    compute_mean_shift,
    compute_placebo_rank,
    compute_rmspe_ratio,
)
from twintrade.text import Words

SetName = Literal[
    "the same city's flows to other destinations",
    "other cities' flows to the same destination",
    "every untreated flow of the design",
]
SET_LABELS: Mapping[str, SetName] = {
    "A": "the same city's flows to other destinations",
    "B": "other cities' flows to the same destination",
    "all": "every untreated flow of the design",
}


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
    def placebo_moves(self) -> FloatArray:
        """Size of the placebos' mean gaps after the onset in the treated unit's noise, shape (n_placebos,)."""
        scales = self.noise.scales
        return np.asarray((compute_mean_shift(self.gaps, self.case.is_after) * scales[0] / scales)[1:])

    def rank(self, kept: BoolArray | None = None) -> PlaceboRank:
        """Rank the mean gap after the onset over its noise among the placebos (all, or those kept)."""
        return _rank(np.append(abs(self.effect), self.placebo_moves), kept)

    def rmspe_rank(self, kept: BoolArray | None = None) -> PlaceboRank:
        """Rank the ratio of the root mean squared gaps after and before the onset; NaN where ``fits_exactly``.

        Each placebo is held against the treated unit without that donor: both have the same donors then.
        """
        before, after = self.case.is_before, self.case.is_after
        places = np.flatnonzero(np.isin(self.case.units[1:], self.units[1:]))
        treated = compute_rmspe_ratio(self.estimator.rival_gaps(self.case)[places], before, after)
        others = compute_rmspe_ratio(self.gaps, before, after)[1:]
        if kept is not None:
            treated, others = treated[kept[1:]], others[kept[1:]]
        rank = compute_placebo_rank(treated, others)
        return replace(rank, p=float("nan")) if self.fits_exactly else rank

    @property
    def fits_exactly(self) -> bool:
        """Whether donors reproduce the treated path before the onset to the solver's rounding."""
        return bool(np.isinf(compute_rmspe_ratio(self.gaps, self.case.is_before, self.case.is_after)[0]))


def _rank(statistics: FloatArray, kept: BoolArray | None) -> PlaceboRank:
    others = statistics[1:] if kept is None else statistics[1:][kept[1:]]
    return compute_placebo_rank(float(statistics[0]), others)


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


def get_single_case(fit: Fit) -> tuple[SingleCase, Case] | None:
    """Return the estimator and the case of a single-case fit, None for any other fit, as of several cases at once."""
    if not isinstance(fit.estimator, SingleCase) or fit.design.observations.is_ever_treated.sum() != 1:
        return None
    return fit.estimator, fit.estimator.case(fit.design)
