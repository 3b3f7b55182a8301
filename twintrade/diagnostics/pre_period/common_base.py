"""The headline and the years before it on one base: what bounds, a directional test and its power are made from."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy

from twintrade.diagnostics.paired import deal_few
from twintrade.diagnostics.variants import has_influence
from twintrade.effects import CohortEffects, EventStudy
from twintrade.errors import InferenceError
from twintrade.estimators.base import Estimator, Fit
from twintrade.estimators.symmetric_draws import draw_paths
from twintrade.estimators.symmetric_path import CohortPath
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.inference.clustering import compute_t_quantile
from twintrade.inference.randomization import Randomization
from twintrade.inference.reported import resolve_method
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.honest import EventPath, Kind
from twintrade.text import Text

DRAWS = 199


@dataclass(frozen=True, eq=False)
class CommonBase:
    """Leads and lags against the mean of the years before, jointly."""

    study: EventStudy  # in log points where a violation multiplies what would have been
    covariance: FloatArray  # (n_times, n_times)
    # shares, distances: (n_cells,): of treated cells: weight in the headline, and periods from the middle of the
    # years before
    shares: FloatArray
    distances: FloatArray
    is_percent: bool  # whether the headline is a ratio of totals
    is_first: bool  # whether the effect at onset stands in the place of the headline
    from_draws: bool  # whether the covariance is that of re-assigned agreements

    @cached_property
    def n_before(self) -> int:
        """Number of leads, the last of which others are compared with."""
        return int((self.study.event_times < -self.study.anticipation).sum())

    @cached_property
    def weights(self) -> FloatArray:
        """What each event time weighs in the headline."""
        times = self.study.event_times
        return self.study.shares(times == 0 if self.is_first else times >= 0)

    @property
    def headline(self) -> float:
        """Headline, as a logarithm where it is a ratio of totals."""
        return float(self.weights @ self.study.effects)

    @property
    def standard_error(self) -> float:
        """Error of the headline."""
        return float(np.sqrt(self.weights @ self.covariance @ self.weights))

    @property
    def lever(self) -> float:
        """Periods over which a trend biases the headline."""
        return float(self.shares @ self.distances)

    @cached_property
    def steps(self) -> FloatArray:
        """Leads less the last of them, as rows over the path, shape (n_before - 1, n_times)."""
        rows = np.eye(self.study.n_effects)
        return np.asarray(rows[: self.n_before - 1] - rows[self.n_before - 1])

    @property
    def largest_step(self) -> float:
        """Largest move from one year before to the next."""
        return float(np.abs(np.diff(np.append(self.steps @ self.study.effects, 0.0))).max())

    def build_bounded(self) -> EventPath:
        """Return leads and the headline per period of distance, for violations bounded by moves between years before.

        A violation that moves by at most m a period away from the middle of the years before biases the headline by
        at most m times the lever, and by that where it moves alike everywhere.
        """
        rows = np.vstack([self.steps, self.weights / self.lever])
        covariance = rows @ self.covariance @ rows.T
        return EventPath(rows @ self.study.effects, covariance, self.n_before - 1, np.array([self.lever]))

    def build_path(self, kind: Kind) -> EventPath:
        """Return what a restriction speaks about."""
        return self.build_bounded() if kind == "relative_magnitudes" else self.build_against_last()

    def build_against_last(self) -> EventPath:
        """Return the path against the last year before, for restrictions on how slopes change."""
        if (np.diff(self.study.event_times) != 1).any():
            raise InferenceError(Text("checks.honest-missing"))
        after = np.eye(self.study.n_effects)[self.n_before :]
        after[:, self.n_before - 1] -= 1
        rows = np.vstack([self.steps, after])
        target = self.weights[self.n_before :]
        return EventPath(rows @ self.study.effects, rows @ self.covariance @ rows.T, self.n_before - 1, target)

    def show(self, value: float) -> float:
        """Return a number of the path on the scale of the headline."""
        return float(100 * np.expm1(value)) if self.is_percent else value

    def compute_exact(self, step: float) -> float:
        """Return the headline where the violation moves by ``step`` a period, without the first-order step."""
        if not self.is_percent:
            return self.headline - step * self.lever
        return float(100 * np.expm1(self.headline - np.log(self.shares @ np.exp(step * self.distances))))

    def test_slope(self, level: float = 0.05) -> "SlopeTest":
        """Test a straight line through the leads, with the power to find the one that would make the headline."""
        x = np.zeros(self.study.n_effects)
        times = self.study.event_times[: self.n_before].astype(np.float64)
        x[: self.n_before] = (times - times.mean()) / ((times - times.mean()) ** 2).sum()
        slope, error = float(x @ self.study.effects), float(np.sqrt(x @ self.covariance @ x))
        enough = self.headline / self.lever
        critical, shift = compute_t_quantile(1 - level / 2, np.inf), enough / error
        power = float(scipy.special.ndtr(shift - critical) + scipy.special.ndtr(-shift - critical))
        return SlopeTest(slope, float(2 * scipy.special.ndtr(-abs(slope / error))), enough, power)


@dataclass(frozen=True, slots=True)
class SlopeTest:
    """The directional test of the years before."""

    # slope, p: A period
    slope: float
    p: float
    enough: float  # the slope that alone would make the headline
    power: float  # chance that the test finds that slope


def has_common_base(fit: Fit) -> bool:
    """Whether a fit's effects are imputed ones, whose own leads stand on another base or do not exist."""
    is_cells = isinstance(fit.estimate, CohortEffects) and fit.estimate.reference is None
    return is_cells and type(fit.estimator).hold_out is not Estimator.hold_out


def build_common_base(
    fit: Fit, inference: Inference, rng: np.random.Generator, *, is_first: bool = False
) -> CommonBase:
    """Put leads and lags of a fit on one base, with their covariance, around the headline or the effect at onset.

    From influence by cluster, brought to the error that the inference gives the headline; from draws where the
    inference re-assigns agreements, because errors by influence are then not to be trusted.
    """
    path = CohortPath(fit.estimator, fit.design, fit.estimate)
    study = path.estimate()
    shares, distances = path.measure_distances(is_first=is_first)
    method = resolve_method(fit, inference)
    if isinstance(method, Randomization):
        covariance = _draw_covariance(fit, path, method, rng)
    else:
        covariance = _cluster_covariance(fit, study, inference, rng)
    from_draws = isinstance(method, Randomization)
    return CommonBase(study, covariance, shares, distances, path.is_percent, is_first, from_draws)


def _wrap(fit: Fit, study: EventStudy) -> Fit:
    window = (int(study.event_times.min()), int(study.event_times.max()))
    return Fit(fit.estimator, replace(fit.design, window=window), study)


def _cluster_covariance(fit: Fit, study: EventStudy, inference: Inference, rng: np.random.Generator) -> FloatArray:
    method = resolve_method(fit, inference)
    chosen = method if isinstance(method, Clustered) else Clustered(by=getattr(method, "by", ()))
    bands = chosen.infer(_wrap(fit, study), "event", rng)
    assert bands.covariance is not None
    if isinstance(method, Clustered) or not has_influence(fit):
        return bands.covariance
    error, taken = (one.infer(fit, "overall", rng).se[0] for one in (inference, chosen))
    factor = (error / taken) ** 2 if np.isfinite(error) and error > 0 and taken > 0 else 1.0
    return np.asarray(bands.covariance * factor)


def _draw_covariance(fit: Fit, path: CohortPath, method: Randomization, rng: np.random.Generator) -> FloatArray:
    dealing = deal_few(fit, method, DRAWS, rng)
    drawn = draw_paths(path, dealing.onsets)
    complete = drawn[~np.isnan(drawn).any(axis=1)]
    if complete.shape[0] < 2 * complete.shape[1] + 2:
        raise InferenceError(Text("checks.honest-few-draws", n=complete.shape[0], needed=2 * complete.shape[1] + 2))
    return np.atleast_2d(np.cov(complete.T))
