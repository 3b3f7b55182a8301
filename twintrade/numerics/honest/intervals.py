"""Confidence sets that stay valid under a bounded violation of parallel trends (Rambachan and Roth 2023)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from twintrade.errors import InferenceError
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.honest.conditional_test import FIRST_STAGE, ConditionalTest, Hybrid
from twintrade.numerics.honest.fixed_length import compute_fixed_length
from twintrade.numerics.honest.trend_restrictions import Bias, Kind, Monotone, build_polyhedra

Method = Literal["fixed_length", "conditional", "least_favorable", "conditional_fixed_length"]

GRID = 41
"""Points at which the set is looked for before its ends are bisected."""

ENDS = 1e-6
"""Precision of an end, as a share of the standard error of the target."""


@dataclass(frozen=True, slots=True)
class RobustInterval:
    """Smallest and largest value that is not rejected; infinite where nothing bounds it."""

    # low, high: NaN when every value is rejected
    low: float
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
        after = self.covariance[self.n_pre :, self.n_pre :]
        return float(np.sqrt(self.target @ after @ self.target))


@dataclass(frozen=True, slots=True)
class Violation:
    """How far parallel trends may be violated."""

    kind: Kind
    size: float  # M or M-bar
    # bias, monotone: Sign restrictions
    bias: Bias | None = None
    monotone: Monotone | None = None


def compute_robust_interval(
    path: EventPath, violation: Violation, method: Method, level: float, rng: np.random.Generator
) -> RobustInterval:
    """Return the robust confidence interval for one bound on the violation.

    ``method``: fixed length is for smoothness without sign restrictions; ``rng``: for the least favorable critical
    value: it moves an end by less than a hundredth of the target's standard error from one seed to the next.
    """
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
    for polyhedron in build_polyhedra(v.kind, v.size, path.n_pre, path.target.size, v.bias, v.monotone):
        yield ConditionalTest(
            path.estimates,
            path.covariance,
            path.n_pre,
            path.target,
            polyhedron,
            hybrid,
            1 - level,
            np.random.default_rng(seed),
            first,
        )


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
            ends = [_boundary(accept, theta, grid[k - 1], path) for accept in taken]
            return float(min(ends) if grid[k] > grid[k - 1] else max(ends))
    return float("nan")


def _boundary(accept: Callable[[float], bool], inside: float, outside: float, path: EventPath) -> float:
    while abs(outside - inside) > ENDS * path.standard_error:
        middle = 0.5 * (inside + outside)
        inside, outside = (middle, outside) if accept(middle) else (inside, middle)
    return inside
