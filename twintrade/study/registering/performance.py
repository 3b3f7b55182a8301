"""The headline on many simulated outcomes: how often a true null is rejected, and which effect would be found."""

from collections.abc import Sequence
from math import ceil, sqrt

import numpy as np

from twintrade.effects.registration import Performance, PowerPoint
from twintrade.estimators.base import fit
from twintrade.fanout import Arrays, run_jobs, split_succeeded
from twintrade.numerics.arrays import FloatArray
from twintrade.study.plan.designs import Designs
from twintrade.study.plan.jobs import LadderColumn, Plan
from twintrade.study.registering.outcomes import Blank
from twintrade.study.run.seeds import build_generator

LEVEL, POWER = 0.05, 0.80
_NORMAL = 1.959964
PERCENTS = (5.0, 10.0, 20.0, 30.0, 50.0, 75.0, 100.0)
"""Rises of the power curve where the headline is a change in percent, or its logarithm."""
MULTIPLES = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
"""The same, in detectable effects, on other scales."""

Shared = tuple[Blank, Designs, Plan, LadderColumn]


def simulate_headline(blank: Blank, plan: Plan, column: LadderColumn, draws: int) -> Performance | None:
    """Return size and power of a column over simulated outcomes without effect; None where none gives a test.

    An effect that multiplies the treated pairs' flow moves estimate and interval by as much, so that power follows
    from the intervals of the same outcomes.

    ``draws``: simulated outcomes.
    """
    seed = plan.spec.inference.seed
    jobs = {str(k): k for k in range(1, draws + 1)}
    rng = build_generator(seed, "registration")
    designs = Designs(blank.observed, plan.spec.case)
    designs.treatment(column.design)
    done = run_jobs("registration", _test_once, jobs, shared=(blank, designs, plan, column), rng=rng)
    tried, _ = split_succeeded(done)
    tested = [one.values for one in tried if one.values is not None and np.isfinite(one.values["p"])]
    return _summarize(tested, seed, draws) if tested else None


def _test_once(shared: Shared, job: int, rng: np.random.Generator) -> Arrays:
    blank, designs, plan, column = shared
    design = designs.replace_outcomes(blank.draw(rng)).of(column)
    inference = plan.inference_of(column).beside_headline()
    bands = inference.infer(fit(column.estimator, design), "overall", rng)
    words = {"method": np.array(bands.inference), "scale": np.array(bands.estimate.scale)}
    return {"p": bands.p[0], "low": bands.low[0], **words}


def _summarize(tested: Sequence[Arrays], seed: int, draws: int) -> Performance:
    n, scale = len(tested), str(tested[0]["scale"])
    methods = [str(one["method"]) for one in tested]
    p = np.array([one["p"] for one in tested], dtype=float)
    needed = np.sort(_find_needed(np.array([one["low"] for one in tested], dtype=float), scale))
    size = float((p < LEVEL).mean())
    half = _NORMAL * sqrt(n * POWER * (1 - POWER))
    detectable, low, high = (_take(needed, at) for at in (POWER * n, POWER * n - half, POWER * n + half))
    is_percent = scale in ("percent", "log points")
    sizes = PERCENTS if is_percent else tuple(m * detectable for m in MULTIPLES if detectable is not None)
    return Performance(
        seed=seed,
        draws=draws,
        failed=draws - n,
        level=LEVEL,
        methods={name: methods.count(name) for name in sorted(set(methods))},
        unit="percent" if is_percent else scale,
        size=size,
        size_error=_find_error(size, n),
        detectable=detectable,
        detectable_low=low,
        detectable_high=high,
        curve=tuple(_find_power(needed, effect) for effect in sizes),
    )


def _find_needed(low: FloatArray, scale: str) -> FloatArray:
    """Return the rise that would have moved each interval above zero; infinite where it has no lower end."""
    low = np.where(np.isnan(low), -np.inf, low)
    with np.errstate(divide="ignore", over="ignore"):
        if scale == "percent":
            return np.maximum(100 * (1 / np.maximum(1 + low / 100, 0.0) - 1), 0.0)
        return np.maximum(100 * np.expm1(-low) if scale == "log points" else -low, 0.0)


def _take(ordered: FloatArray, position: float) -> float | None:
    value = float(ordered[max(1, min(ordered.size, ceil(position))) - 1])
    return value if np.isfinite(value) else None


def _find_power(needed: FloatArray, effect: float) -> PowerPoint:
    share = float((needed < effect).mean())
    return PowerPoint(effect=effect, power=share, error=_find_error(share, needed.size))


def _find_error(share: float, n: int) -> float:
    """Return the Monte Carlo standard error of a share."""
    return sqrt(share * (1 - share) / n)
