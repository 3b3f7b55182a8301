"""The trend of pairs before their agreements, as it would go on."""

from dataclasses import replace

import numpy as np

from twintrade.inference.refits.dealt_cases import CaseReading, DealtCase

STEPS = 5
LEAST_TREND, LEAST_SHARE = 0.001, 0.1
"""Smallest trend, in logs a period, that is tried, and smallest share of a trend that a step is taken to find."""
CLOSE = 1e-4


def fit_trend(case: DealtCase) -> tuple[float, float]:
    """Return the common trend, in logs a period, that leaves none if divided out, and the share that one step finds.

    City and partner effects take up part of a trend, so that one step falls short of it.
    """
    flows, t = case.table.by_pair, np.arange(case.table.shape[2])
    is_before = np.zeros(flows.shape, dtype=bool)
    is_before[case.pairs] = t < case.timing.out[:, None]

    def measure(trend: float) -> float:
        left = np.where(is_before, flows * np.exp(-trend * (t - t.mean())), flows)
        reading = CaseReading(replace(case, table=case.table.replace_flows(left)), 0.0, 1, 1)
        return float(reading.totals(None).slope[0])

    tried, left, share = 0.0, measure(0.0), 1.0
    trend = left if abs(left) > LEAST_TREND else LEAST_TREND
    for _ in range(STEPS):
        before, left = left, measure(trend)
        share = min(max((before - left) / (trend - tried), LEAST_SHARE), 1.0)
        tried, trend = trend, trend + left / share
        if abs(trend - tried) < CLOSE:
            break
    return trend, share
