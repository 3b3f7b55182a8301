"""Inference for single cases by refits: conformal, prediction intervals, and synthetic DiD's own errors."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, TypeAlias

import numpy as np
import scipy

from twintrade.design.case import Case, OutcomeMatrix, build_outcome_matrix
from twintrade.effects import Bands, CohortEffects, Estimate, EventStudy, Message
from twintrade.effects.estimate import fill_absent
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.estimators.cases import SingleCase, WeightedCase
from twintrade.estimators.synthetic_control import SyntheticDid, build_cohort_case
from twintrade.fanout import Arrays, run_jobs, split_succeeded
from twintrade.inference.base import Inference
from twintrade.inference.refits.permutation import align_values
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.series import compute_moving_block_p, invert_p_values
from twintrade.text import Text

# Prediction intervals of a synthetic control: how wrong the weights may be, and how noisy the unit is anyway.

FEWEST_FREE = 3  # fewest periods before the onset beyond the number of fitted weights


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionIntervals(Inference):
    """Both error parts of Cattaneo, Feng and Titiunik (2021), the first by constrained refits.

    In-sample: the treated path before the onset is redrawn around its fit with residuals of random sign, the weights
    are refitted under their own constraints, and the counterfactual's moves are kept. The paper bounds the same moves
    by optimization over the localized constraint set. Out-of-sample: the noise after the onset, from the residuals
    before. Each part gets half of the error probability, so the interval is conservative.

    Attributes
    ----------
    noise : {"subgaussian", "normal"}
        Bound of the second part: valid for any errors with such tails, or the normal quantile.
    """

    draws: int = 200
    noise: Literal["subgaussian", "normal"] = "subgaussian"
    level: float = 0.95
    name: ClassVar[str] = "prediction_intervals"
    citation: ClassVar[str] = "cattaneo2021"

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return intervals for effects after the onset; before it there is nothing to predict."""
        estimator = fit.estimator
        if not isinstance(estimator, WeightedCase):
            raise InferenceError(
                f"prediction intervals need donor weights and {estimator.name} has none; take placebo"
            )
        case = estimator.case(fit.design)
        estimate = fit.view(view)
        fitted = case.treated - estimator.gaps(case)
        before = case.is_before
        residuals = np.where(before, case.treated - fitted, 0.0)
        signs = [rng.choice([-1.0, 1.0], size=residuals.size) for _ in range(self.draws)]
        jobs = {str(k): np.where(before, fitted + residuals * drawn, case.treated) for k, drawn in enumerate(signs)}
        done, _ = split_succeeded(run_jobs("prediction-intervals", _moved, jobs, shared=(estimator, case, fitted)))
        if not done:
            raise InferenceError("no refit of the weights succeeded")
        moves = np.vstack([one.values["moves"] for one in done if one.values is not None])
        spread, n_free = _spread(estimator, case)
        targets = [case.is_after]
        if isinstance(estimate, EventStudy):
            targets = [case.event_times == e for e in estimate.event_times]
        low, high = fill_absent(estimate.n_effects), fill_absent(estimate.n_effects)
        tail = (1 - self.level) / 2
        # Errors of one stretch may move together: its mean is no less noisy than one period.
        width = spread * float(np.sqrt(2 * np.log(2 / tail)))
        if self.noise == "normal":
            width = spread * float(scipy.special.ndtri(1 - tail / 2))
        for k, target in enumerate(targets):
            if (target & case.is_after).any():
                down, up = np.quantile(moves[:, target].mean(axis=1), [tail / 2, 1 - tail / 2])
                low[k], high[k] = estimate.effects[k] + down - width, estimate.effects[k] + up + width
        return Bands.build(
            estimate,
            self.name,
            self.level,
            low=low,
            high=high,
            note=Text(
                "inference.prediction-intervals", draws=moves.shape[0], noise=self.noise, n=int(case.is_before.sum())
            ),
            facts={"draws": moves.shape[0], "n_before": int(case.is_before.sum()), "free_weights": n_free},
        )


def _moved(shared: tuple[WeightedCase, Case, FloatArray], path: FloatArray, rng: np.random.Generator) -> Arrays:
    estimator, case, fitted = shared
    values = case.values.copy()
    values[0] = path
    return {"moves": path - estimator.gaps(replace(case, values=values)) - fitted}


def _spread(estimator: WeightedCase, case: Case) -> tuple[float, int]:
    """Return the residual standard deviation before the onset, net of the weights fitted, and their number."""
    gaps = estimator.gaps(case)[case.is_before]
    n_free = int((np.abs(estimator.weigh(case).weights) > 1e-6).sum())
    if gaps.size - n_free < FEWEST_FREE:
        raise InferenceError(
            f"{n_free} weights are fitted to {gaps.size} periods before the onset: {max(gaps.size - n_free, 0)} are "
            f"left to judge the noise by, and {FEWEST_FREE} are needed; take placebo"
        )
    return float(np.sqrt((gaps**2).sum() / (gaps.size - n_free))), n_free


ENOUGH_BEFORE = 15  # fewer periods before the onset are reported with a warning


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformal(Inference):
    """Chernozhukov, Wüthrich and Zhu (2021), moving blocks.

    The method is refitted on all periods with the hypothesized effect taken out; residuals of the treated stretch are
    compared with those of every other stretch. By event time: the effect of one period alone, the others after the
    onset left out. Overall: a constant effect, whose p-value at zero tests that there is none in any period.

    Attributes
    ----------
    order : float
        Norm of the statistic.
    """

    order: float = 1.0
    level: float = 0.95
    name: ClassVar[str] = "conformal"
    citation: ClassVar[str] = "chernozhukov2021"

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return p-values and intervals by inversion."""
        estimator = fit.estimator
        if not isinstance(estimator, SingleCase) or not estimator.fits_whole_path:
            raise InferenceError(
                f"conformal inference refits on all periods as if none were treated, which {estimator.name} cannot; "
                "take placebo"
            )
        case = estimator.case(fit.design)
        case = case.during(case.is_before | case.is_after)
        estimate = fit.view(view)
        p, low, high = (fill_absent(estimate.n_effects) for _ in range(3))
        if isinstance(estimate, EventStudy):
            for k in np.flatnonzero(estimate.event_times >= 0):
                tested = case.event_times == estimate.event_times[k]
                p[k], low[k], high[k] = self._tested(estimator, case, tested, float(estimate.effects[k]))
        else:
            p[0], low[0], high[0] = self._tested(estimator, case, case.is_after, float(estimate.effects[0]))
        n_before = int(case.is_before.sum())
        floor = 1.0 / (n_before + (1 if isinstance(estimate, EventStudy) else int(case.is_after.sum())))
        messages = []
        if n_before < ENOUGH_BEFORE:
            text = Text("inference.short-pre-period", n=n_before, needed=ENOUGH_BEFORE)
            messages.append(Message("warning", "short-pre-period", text))
        if floor > 1 - self.level:
            text = Text("inference.no-interval-conformal", floor=floor, level=self.level)
            messages.append(Message("warning", "no-interval", text))
        return Bands.build(
            estimate,
            self.name,
            self.level,
            low=low,
            high=high,
            p=p,
            note=Text("inference.conformal", n=n_before, floor=floor),
            facts={"n_before": n_before, "floor": floor},
            messages=tuple(messages),
        )

    def _tested(
        self, estimator: SingleCase, case: Case, tested: BoolArray, effect: float
    ) -> tuple[float, float, float]:
        """Return the p-value of no effect in the tested periods, and the interval of constant effects."""
        part = case.during(case.is_before | tested)
        after = part.is_after
        untreated = part.dated(int(part.periods[-1]) + 1)

        def p_of(value: float) -> float:
            residuals = compute_null_residuals(estimator, untreated, after, value)
            return compute_moving_block_p(residuals, int(after.sum()), self.order)

        p = p_of(0.0)
        if 1.0 / part.periods.size > 1 - self.level:
            return p, np.nan, np.nan
        spread = float(np.std(compute_null_residuals(estimator, untreated, after, effect)))
        low, high = invert_p_values(p_of, effect, spread, 1 - self.level)
        return p, low if np.isfinite(low) else np.nan, high if np.isfinite(high) else np.nan


def compute_null_residuals(estimator: SingleCase, untreated: Case, after: BoolArray, effect: float) -> FloatArray:
    """Return the misfit in every period when a constant effect is taken out of the tested ones."""
    gaps = estimator.gaps(estimator.removed(untreated, after, effect))
    if not np.isfinite(gaps).all():
        raise InferenceError("conformal inference needs a gap in every period; there are zeros or missing values")
    return gaps


# Standard errors of synthetic difference-in-differences: placebo, bootstrap and jackknife.


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
        n_alike = np.unique(matrix.onset[matrix.is_treated], return_counts=True)[1]
        if self.method == "jackknife" and n_alike.min() == 1:
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
        full = {
            int(g): estimator.cohort_weights(
                build_cohort_case(fit.design, matrix, int(g)), int((matrix.onset == g).sum())
            )
            for g in np.unique(matrix.onset[matrix.is_treated]).astype(np.int64)
        }
        controls = np.flatnonzero(~matrix.is_treated)
        estimate, replications = fit.view(view), []
        for row in range(matrix.units.size):
            # A control's weight is shared out among the others (Algorithm 3).
            weights = full
            if not matrix.is_treated[row]:
                place = int(np.searchsorted(controls, row))
                weights = {g: replace(one, omega=_share_out(one.omega, place)) for g, one in full.items()}
            kept = select_rows(matrix, np.delete(np.arange(matrix.units.size), row))
            refit = estimator.by_cohort(fit.design, kept, weights)
            replications.append(align_values(estimate, _view(fit, refit, view)))
        return np.vstack(replications)


def _share_out(omega: FloatArray, place: int) -> FloatArray:
    """Return the weights without one of them, adding up to one."""
    left = np.delete(omega, place)
    return left / left.sum() if left.sum() > 0 else np.full(left.size, 1 / left.size)


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


Draw: TypeAlias = tuple[IntArray, FloatArray]  # rows of the matrix, repeats allowed, and their onsets


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
