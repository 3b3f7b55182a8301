"""Confidence sets that stay valid under a bounded violation of parallel trends (Rambachan and Roth 2023)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy

from twintrade.errors import InferenceError
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.honest.dual_vertices import Bias, DualPolytope, Kind, Monotone, Polyhedron, build_polyhedra
from twintrade.numerics.testing import lay_lattice

# The shortest interval of fixed length around an affine estimator when slopes may change by at most M a period.

LENGTH_GRID = 48  # points of the bias-variance frontier tried before the search around the best of them


@dataclass(frozen=True, slots=True, eq=False)
class FixedLength:
    """An interval ``weights @ estimates ± half_length``."""

    weights: FloatArray  # (n_pre + n_post,)
    half_length: float
    bias: float  # largest bias that the restriction allows
    standard_error: float


def compute_fixed_length(
    covariance: FloatArray, n_pre: int, target: FloatArray, size: float, level: float
) -> FixedLength:
    """Return the shortest fixed-length interval under the smoothness restriction (Armstrong and Kolesar 2018).

    With weights v before, u_0 = sum of t·v_t equals the sum after for linear trends, and the worst bias is M
    (``size``) times the absolute u_i = sum over t > i of (t - i)·v_t: variance against bias is a lasso in u_1, u_2,
    ...
    """
    n_post = target.size
    after = np.arange(1, n_post + 1)
    drift = float(after @ target)
    fixed_bias = abs(drift) + float(np.abs(np.maximum(after - np.arange(1, n_post)[:, None], 0) @ target).sum())
    frontier = _Frontier(covariance, n_pre, target, drift)

    def interval(budget: float) -> FixedLength:
        u = frontier.best(budget)
        weights = frontier.weights(u)
        error = float(np.sqrt(max(float(weights @ covariance @ weights), 0.0)))
        bias = size * (fixed_bias + float(np.abs(u).sum()))
        return FixedLength(weights, error * compute_folded_quantile(bias / error, level), bias, error)

    if size == 0 or n_pre == 1:
        return interval(np.inf)
    budgets = np.linspace(0, frontier.free_budget, LENGTH_GRID)
    lengths = [interval(b).half_length for b in budgets]
    k = int(np.argmin(lengths))
    low, high = budgets[max(k - 1, 0)], budgets[min(k + 1, LENGTH_GRID - 1)]
    shortest = scipy.optimize.fminbound(
        lambda b: interval(float(b)).half_length, low, high, xtol=1e-10 * (1 + float(high))
    )
    best = interval(float(shortest))
    return best if best.half_length <= lengths[k] else interval(budgets[k])


def compute_folded_quantile(bias: float, level: float) -> float:
    """Return c with P(|Z + bias| <= c) = level, for a standard normal Z."""
    bias = abs(bias)
    if bias > 8:
        return bias + float(scipy.special.ndtri(level))
    low, high = bias + float(scipy.special.ndtri(level)) - 1e-12, bias + float(scipy.special.ndtri(0.5 + level / 2))
    for _ in range(200):
        middle = 0.5 * (low + high)
        if scipy.special.ndtr(middle - bias) - scipy.special.ndtr(-middle - bias) < level:
            low = middle
        else:
            high = middle
        if high - low < 1e-14 * (1 + high):
            break
    return 0.5 * (low + high)


class _Frontier:
    """Smallest standard error for each bound on the sum of absolute u."""

    def __init__(self, covariance: FloatArray, n_pre: int, target: FloatArray, drift: float) -> None:
        # v_t for t = 1 (nearest) .. n_pre as second differences of u: u_{t-1} - 2 u_t + u_{t+1}.
        padded = np.vstack([np.eye(n_pre), np.zeros((2, n_pre))])
        v = padded[:-2] - 2 * padded[1:-1] + padded[2:]
        from_u = np.zeros((covariance.shape[0], n_pre))
        from_u[:n_pre] = v[::-1]
        self._start = np.concatenate([np.zeros(n_pre), target]) + from_u[:, 0] * drift
        self._from_u = from_u[:, 1:]
        values, vectors = np.linalg.eigh(covariance)
        root = (vectors * np.sqrt(np.maximum(values, 0))).T
        self._design = root @ self._from_u
        self._outcome = -root @ self._start
        scale = np.sqrt((self._outcome**2).sum()) or 1.0
        self._design, self._outcome = self._design / scale, self._outcome / scale
        self._free: FloatArray = np.linalg.lstsq(self._design, self._outcome, rcond=None)[0]
        self.free_budget = float(np.abs(self._free).sum())

    def best(self, budget: float) -> FloatArray:
        """Return u with absolute sum at most ``budget`` and the smallest variance."""
        if budget >= self.free_budget:
            return self._free
        k = self._free.size
        heavy = 1e4 * max(np.abs(self._design).max(), 1.0) / max(budget, 1e-8)
        stacked = np.hstack([self._design, -self._design, np.zeros((self._design.shape[0], 1))])
        row = np.full((1, 2 * k + 1), heavy)
        x, _ = scipy.optimize.nnls(
            np.vstack([stacked, row]), np.append(self._outcome, heavy * budget), maxiter=100 * (2 * k + 1)
        )
        return np.asarray(x[:k] - x[k : 2 * k], dtype=np.float64)

    def weights(self, u: FloatArray) -> FloatArray:
        """Return the weights of the estimates for given u."""
        return np.asarray(self._start + self._from_u @ u, dtype=np.float64)


# The least favorable critical value of a moment-inequality test, by directions on a lattice and the exact length.

DIRECTIONS = 4_096  # with two dimensions, as with most averages of effects, the critical value is exact to 0.002
SEARCH_DRAWS = 4_000  # draws among which vertices are looked for where they are too many to be listed
NO_DIMENSION = 1e-9


def compute_least_favorable(
    polytope: DualPolytope, root: FloatArray, share: float, rng: np.random.Generator
) -> float:
    """Return what the largest multiplier of the moments ``root @ z`` exceeds with probability ``share``."""
    moved = polytope.maximizers(root @ rng.standard_normal((root.shape[1], SEARCH_DRAWS))) @ root
    if not moved.any():
        return 0.0
    loadings = moved @ _span(moved)
    n_dimensions = loadings.shape[1]
    points = lay_lattice(DIRECTIONS, n_dimensions, rng.random(n_dimensions))
    normals = scipy.special.ndtri(np.clip(points, 1e-12, 1 - 1e-12))
    rates = (loadings @ normals.T).max(axis=0) / np.sqrt((normals**2).sum(axis=1))
    positive = rates[rates > 0]

    def exceeded(value: float) -> float:
        return float(scipy.special.chdtrc(n_dimensions, (value / positive) ** 2).sum()) / DIRECTIONS - share

    if exceeded(0.0) <= 0:
        return 0.0
    return float(
        scipy.optimize.brentq(
            exceeded, 0.0, positive.max() * np.sqrt(scipy.special.chdtri(n_dimensions, share)), xtol=1e-9
        )
    )


def _span(rows: FloatArray) -> FloatArray:
    """Orthonormal columns that span the rows, the same whichever rows span the space."""
    _, lengths, axes = np.linalg.svd(rows, full_matrices=False)
    axes = axes[lengths > NO_DIMENSION * lengths[0]]
    return np.asarray(scipy.linalg.qr(axes.T @ axes, pivoting=True)[0][:, : axes.shape[0]], dtype=np.float64)


# Conditional and hybrid tests of moment inequalities with nuisance parameters (Andrews, Roth and Pakes 2023).

Hybrid = Literal["conditional", "least_favorable", "fixed_length"]

FIRST_STAGE = 0.1  # share of the size that a hybrid test spends on its first stage, as recommended by the authors


class ConditionalTest:
    """Test of target'effects = theta when the violation of trends lies in one polyhedron.

    Under the null some tau with target'tau = theta satisfy E[A (estimates - tau)] <= bound: the smallest studentized
    slack over tau is compared with its distribution given the binding multiplier. ``fixed``: interval of level 1 -
    size/10 for the hybrid with fixed length.
    """

    def __init__(
        self,
        estimates: FloatArray,
        covariance: FloatArray,
        n_pre: int,
        target: FloatArray,
        polyhedron: Polyhedron,
        hybrid: Hybrid,
        size: float,
        rng: np.random.Generator,
        fixed: FixedLength | None = None,
    ) -> None:
        # Rows on pre-periods alone do not depend on theta and only cost power (the authors' default).
        rows = np.abs(polyhedron.matrix[:, n_pre:]).max(axis=1) > 0
        matrix = polyhedron.matrix[rows]
        self._moments = matrix @ estimates - polyhedron.bound[rows]
        self._covariance = matrix @ covariance @ matrix.T
        self._scale = np.sqrt(np.maximum(np.diag(self._covariance), 0.0))
        n_post = target.size
        basis = np.vstack([target, np.delete(np.eye(n_post), int(np.argmax(np.abs(target))), axis=0)])
        columns = matrix[:, n_pre:] @ np.linalg.inv(basis)
        target_rows, nuisance = columns[:, 0], columns[:, 1:]
        self._target_rows = target_rows
        self._polytope = DualPolytope(nuisance, self._scale)
        self._hybrid = hybrid
        self._size = size
        self._first = FIRST_STAGE * size if hybrid != "conditional" else 0.0
        self._critical = np.inf
        if hybrid == "least_favorable":
            values, vectors = np.linalg.eigh(covariance)
            root = matrix @ (vectors * np.sqrt(np.maximum(values, 0.0)))
            self._critical = compute_least_favorable(self._polytope, root, self._first, rng)
        self._fixed = fixed
        if fixed is not None:
            self._fixed_center = float(fixed.weights @ estimates)
            self._fixed_covariance = matrix @ covariance @ fixed.weights

    def accepts(self, theta: float) -> bool:
        """Return whether theta belongs to the confidence set."""
        if self._fixed is not None and abs(self._fixed_center - theta) > self._fixed.half_length:
            return False
        shifted = self._moments - self._target_rows * theta
        if self._polytope.passes(shifted, self._critical):
            return False
        gamma = self._polytope.argmax(shifted)
        eta = float(gamma @ shifted)
        if eta > self._critical:
            return False
        if eta <= 0:
            return True
        loaded = self._covariance @ gamma
        variance = float(gamma @ loaded)
        if variance <= 1e-14 * float(self._scale.max()) ** 2 * float(gamma @ gamma):
            return False
        slope = loaded / variance
        rest = shifted - slope * eta
        low, high = self._polytope.tangent_interval(gamma, rest, slope)
        high = min(high, self._critical)
        if self._fixed is not None:
            rate = float(gamma @ self._fixed_covariance) / variance
            low, high = self._within_first_stage(theta, eta, rate, low, high)
        tail = (self._size - self._first) / (1 - self._first)
        return eta <= max(0.0, compute_truncated_quantile(np.sqrt(variance), low, high, tail))

    def _within_first_stage(
        self, theta: float, eta: float, rate: float, low: float, high: float
    ) -> tuple[float, float]:
        """Truncate to where theta stays inside the fixed-length interval, whose center moves by ``rate``."""
        if self._fixed is None or rate == 0:
            return low, high
        gap = self._fixed_center - theta
        ends = sorted(eta + (side * self._fixed.half_length - gap) / rate for side in (-1.0, 1.0))
        return max(low, ends[0]), min(high, ends[1])


def compute_truncated_quantile(deviation: float, low: float, high: float, tail: float) -> float:
    """Return the point with probability ``tail`` above it under N(0, deviation²) truncated to [low, high]."""
    if not low < high:
        return high
    above_high = scipy.special.log_ndtr(-high / deviation)
    above_low = scipy.special.log_ndtr(-low / deviation)
    # log of S(high) + tail * (S(low) - S(high))
    log_tail = np.logaddexp(np.log1p(-tail) + above_high, np.log(tail) + above_low)
    return float(np.clip(-scipy.special.ndtri_exp(log_tail) * deviation, low, high))


Method = Literal["fixed_length", "conditional", "least_favorable", "conditional_fixed_length"]

GRID = 41  # points at which the set is looked for before its ends are bisected
ENDS = 1e-6  # precision of an end, as a share of the standard error of the target


@dataclass(frozen=True, slots=True)
class RobustInterval:
    """Smallest and largest value that is not rejected; infinite where nothing bounds it."""

    low: float  # low, high: NaN when every value is rejected
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class EventPath:
    """Event-study effects without the reference, jointly normal."""

    estimates: FloatArray  # (n_pre + n_post,)
    covariance: FloatArray  # (n_pre + n_post, n_pre + n_post)
    n_pre: int
    target: FloatArray  # (n_post,): weights of the effects after the reference in the parameter of interest

    @property
    def center(self) -> float:
        """Estimate of the target."""
        return float(self.target @ self.estimates[self.n_pre :])

    @property
    def standard_error(self) -> float:
        """Standard error of the target."""
        return float(np.sqrt(self.target @ self.covariance[self.n_pre :, self.n_pre :] @ self.target))


@dataclass(frozen=True, slots=True)
class Violation:
    """How far parallel trends may be violated."""

    kind: Kind
    size: float  # M or M-bar
    bias: Bias | None = None  # bias, monotone: Sign restrictions
    monotone: Monotone | None = None


def compute_robust_interval(
    path: EventPath, violation: Violation, method: Method, level: float, rng: np.random.Generator
) -> RobustInterval:
    """Return the robust interval for one bound on the violation; a seed moves an end by < .01 of the error."""
    _check(path, violation.kind, method)
    if method == "fixed_length":
        f = compute_fixed_length(path.covariance, path.n_pre, path.target, violation.size, level)
        center = float(f.weights @ path.estimates)
        return RobustInterval(center - f.half_length, center + f.half_length)
    tests = list(_conditional_tests(path, violation, method, level, rng))
    return _outer_ends([test.accepts for test in tests], path)


def find_interval_beyond(
    path: EventPath, value: float, violation: Violation, method: Method, level: float, rng: np.random.Generator
) -> RobustInterval | None:
    """Return the interval, None where a value is not rejected, which is seen sooner; parameters as above."""
    if method == "fixed_length":
        interval = compute_robust_interval(path, violation, method, level, rng)
        return None if interval.low <= value <= interval.high else interval
    _check(path, violation.kind, method)
    tests: list[ConditionalTest] = []
    for test in _conditional_tests(path, violation, method, level, rng):
        if test.accepts(value):
            return None
        tests.append(test)
    return _outer_ends([test.accepts for test in tests], path)


def _conditional_tests(
    path: EventPath, violation: Violation, method: Method, level: float, rng: np.random.Generator
) -> Iterator[ConditionalTest]:
    """Yield one test a polyhedron, all with the same draws."""
    first = None
    if method == "conditional_fixed_length":
        first_level = 1 - FIRST_STAGE * (1 - level)
        first = compute_fixed_length(path.covariance, path.n_pre, path.target, violation.size, first_level)
    hybrid: Hybrid = method if method == "conditional" or method == "least_favorable" else "fixed_length"
    seed = int(rng.integers(2**62))
    v = violation
    given = path.estimates, path.covariance, path.n_pre, path.target
    for polyhedron in build_polyhedra(v.kind, v.size, path.n_pre, path.target.size, v.bias, v.monotone):
        yield ConditionalTest(*given, polyhedron, hybrid, 1 - level, np.random.default_rng(seed), first)


def _check(path: EventPath, kind: Kind, method: Method) -> None:
    needed = {"smoothness": 1, "relative_magnitudes": 1, "relative_smoothness": 2}[kind]
    if path.n_pre < needed:
        raise InferenceError(f"{kind} needs {needed} effects before the reference, and there are {path.n_pre}")
    if kind != "smoothness" and "fixed_length" in method:
        raise InferenceError(f"intervals of fixed length exist for smoothness, not for {kind}; use least_favorable")


def _outer_ends(accepts: Sequence[Callable[[float], bool]], path: EventPath) -> RobustInterval:
    """Find the outermost accepted values of a union of tests, widening until both ends are rejected."""
    reach = 5.0
    for _ in range(12):
        grid = path.center + path.standard_error * np.linspace(-reach, reach, GRID)
        low = _outer_end(accepts, grid, path)
        high = low if np.isnan(low) else _outer_end(accepts, grid[::-1], path)
        if np.isfinite(low) and np.isfinite(high):
            break
        reach *= 0.7 if np.isnan(low) else 3.0
    return RobustInterval(low, high)


def _outer_end(accepts: Sequence[Callable[[float], bool]], grid: FloatArray, path: EventPath) -> float:
    """Return the end of what a grid meets first from outside: NaN if nothing, infinite if its first value is in."""
    for k, theta in enumerate(grid):
        taken = [accept for accept in accepts if accept(theta)]
        if taken and k == 0:
            return float(np.copysign(np.inf, theta - path.center))
        if taken:
            ends = []
            for accept in taken:
                inside, outside = theta, grid[k - 1]
                while abs(outside - inside) > ENDS * path.standard_error:
                    middle = 0.5 * (inside + outside)
                    inside, outside = (middle, outside) if accept(middle) else (inside, middle)
                ends.append(inside)
            return float(min(ends) if grid[k] > grid[k - 1] else max(ends))
    return float("nan")
