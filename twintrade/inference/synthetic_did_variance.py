"""Standard errors of synthetic difference-in-differences: placebo, bootstrap and jackknife."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, TypeAlias

import numpy as np
import scipy

from twintrade.design.case import OutcomeMatrix, build_outcome_matrix
from twintrade.effects import Bands, CohortEffects, Estimate
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.estimators.synthetic_did import SyntheticDid, build_cohort_case
from twintrade.fanout import Arrays, run_jobs, split_succeeded
from twintrade.inference.base import Inference
from twintrade.inference.refits.permutation import align_values
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.simplex import DidWeights
from twintrade.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticDidVariance(Inference):
    """Arkhangelsky et al. (2021), Algorithms 2 to 4, with normal intervals.

    Attributes
    ----------
    method : {"placebo", "bootstrap", "jackknife"}
        Placebo draws treated units among the controls (homoskedastic; the only one for one treated unit), bootstrap
        resamples units, jackknife leaves each unit out at fixed weights (conservative).
    draws : int
        Of placebo and bootstrap.
    level : float
    """

    method: Literal["placebo", "bootstrap", "jackknife"] = "placebo"
    draws: int = 200
    level: float = 0.95
    name: ClassVar[str] = "synthetic_did_variance"
    citation: ClassVar[str] = "arkhangelsky2021"

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return bands for one view."""
        estimator = fit.estimator
        if not isinstance(estimator, SyntheticDid):
            raise InferenceError(f"synthetic_did_variance is for synthetic_did, not {estimator.name}")
        matrix = build_outcome_matrix(fit.design)
        self._refuse(matrix)
        estimate = fit.view(view)
        if self.method == "jackknife":
            replications = self._jackknife(fit, view, estimator, matrix)
            spread = (len(replications) - 1) / len(replications) * ((replications - replications.mean(0)) ** 2).sum(0)
        else:
            replications = self._replications(fit, view, estimator, matrix, rng)
            spread = replications.var(axis=0)
        se = np.sqrt(spread)
        critical = float(scipy.special.ndtri(1 - (1 - self.level) / 2))
        moves = se > 0
        ratio = np.divide(np.abs(estimate.effects), se, out=np.full(se.size, np.nan), where=moves)
        return Bands.build(
            estimate,
            self.name,
            self.level,
            se=se,
            low=estimate.effects - critical * se,
            high=estimate.effects + critical * se,
            p=np.asarray(2 * scipy.special.ndtr(-ratio)),
            covariance=np.atleast_2d(np.cov(replications, rowvar=False)) if self.method != "jackknife" else None,
            note=Text("inference.synthetic-did", method=self.method, draws=replications.shape[0]),
            facts={"draws": replications.shape[0], "critical_value": critical},
        )

    def _refuse(self, matrix: OutcomeMatrix) -> None:
        n_treated, n_controls = int(matrix.is_treated.sum()), int((~matrix.is_treated).sum())
        if self.method == "placebo" and n_controls <= n_treated:
            raise InferenceError(
                f"placebo errors need more controls than treated units: {n_controls} and {n_treated}"
            )
        if self.method != "placebo" and n_treated == 1:
            raise InferenceError(f"{self.method} errors are not defined with one treated unit; take placebo")
        if self.method == "jackknife":
            counts = np.unique(matrix.onset[matrix.is_treated], return_counts=True)[1]
            if counts.min() == 1:
                raise InferenceError("jackknife errors need two treated units at every onset; take placebo")

    def _replications(
        self, fit: Fit, view: View, estimator: SyntheticDid, matrix: OutcomeMatrix, rng: np.random.Generator
    ) -> FloatArray:
        draw = _placebo_rows if self.method == "placebo" else _bootstrap_rows
        shared, tries = (fit, estimator, matrix, fit.view(view), view), 0
        replications: list[FloatArray] = []
        while len(replications) < self.draws and tries < 5 * self.draws:
            n = min(self.draws - len(replications), 5 * self.draws - tries)
            jobs = {str(tries + k): draw(matrix, rng) for k in range(n)}
            done, _ = split_succeeded(run_jobs("synthetic-did-replications", _replication, jobs, shared=shared))
            replications += [one.values["effects"] for one in done if one.values is not None]
            tries += n
        if len(replications) < 2:
            raise InferenceError(f"no {self.method} replication of synthetic DiD could be estimated")
        return np.vstack(replications)

    def _jackknife(self, fit: Fit, view: View, estimator: SyntheticDid, matrix: OutcomeMatrix) -> FloatArray:
        onsets = np.unique(matrix.onset[matrix.is_treated]).astype(np.int64)
        full = {
            int(g): estimator.cohort_weights(
                build_cohort_case(fit.design, matrix, int(g)), int((matrix.onset == g).sum())
            )
            for g in onsets
        }
        estimate, replications = fit.view(view), []
        for kept, weights in _leave_one_out(matrix, full):
            refit = estimator.by_cohort(fit.design, kept, weights)
            replications.append(align_values(estimate, _view(fit, refit, view)))
        return np.vstack(replications)


def _view(fit: Fit, estimate: Estimate, view: View) -> Estimate:
    if view == "event" and isinstance(estimate, CohortEffects):
        # One treated unit shows every event time of the sample, several the window's; ``align_values`` picks.
        return estimate.event_study()
    return Fit(fit.estimator, fit.design, estimate).view(view)


def select_rows(matrix: OutcomeMatrix, rows: IntArray, onset: FloatArray | None = None) -> OutcomeMatrix:
    """Return the matrix of some rows, repeats allowed, with their own or other onsets."""
    return replace(
        matrix,
        values=matrix.values[rows],
        units=matrix.units[rows],
        unit_rows=matrix.unit_rows[rows],
        onset=matrix.onset[rows] if onset is None else onset,
    )


Draw: TypeAlias = tuple[IntArray, FloatArray]
"""Rows of the matrix, repeats allowed, and their onsets."""


def _replication(
    shared: tuple[Fit, SyntheticDid, OutcomeMatrix, Estimate, View], drawn: Draw, rng: np.random.Generator
) -> Arrays:
    fit, estimator, matrix, estimate, view = shared
    again = estimator.by_cohort(fit.design, select_rows(matrix, *drawn))
    return {"effects": align_values(estimate, _view(fit, again, view))}


def _placebo_rows(matrix: OutcomeMatrix, rng: np.random.Generator) -> Draw:
    """Give the treated units' onsets to random controls; the treated units are gone (Algorithm 4)."""
    controls = rng.permutation(np.flatnonzero(~matrix.is_treated))
    onsets = matrix.onset[matrix.is_treated]
    onset = np.full(controls.size, np.inf)
    onset[: onsets.size] = onsets
    return controls, onset


def _bootstrap_rows(matrix: OutcomeMatrix, rng: np.random.Generator) -> Draw:
    """Resample units (Algorithm 2); draws without a treated unit or control are refused by the estimator."""
    rows = np.sort(rng.integers(0, matrix.units.size, matrix.units.size))
    return rows, matrix.onset[rows]


def _leave_one_out(
    matrix: OutcomeMatrix, full: dict[int, DidWeights]
) -> Iterator[tuple[OutcomeMatrix, dict[int, DidWeights]]]:
    """Leave each unit out in turn; a control's weight is shared out among the others (Algorithm 3)."""
    controls = np.flatnonzero(~matrix.is_treated)
    for row in range(matrix.units.size):
        kept = select_rows(matrix, np.delete(np.arange(matrix.units.size), row))
        if matrix.is_treated[row]:
            yield kept, full
            continue
        out = int(np.flatnonzero(controls == row)[0])
        weights = {}
        for onset, did_weights in full.items():
            omega = np.delete(did_weights.omega, out)
            total = omega.sum()
            weights[onset] = replace(
                did_weights, omega=omega / total if total > 0 else np.full(omega.size, 1 / omega.size)
            )
        yield kept, weights
