"""Coefficient tables with the columns that economists expect: one row a term."""

import numpy as np
import pandas as pd

from twintrade.effects import Bands, CohortEffects, Estimate, EventStudy
from twintrade.effects.labels import POOLED
from twintrade.estimators.base import Fit
from twintrade.numerics.arrays import BoolArray
from twintrade.text import numbers

TIDY_COLUMNS = ("term", "estimate", "std.error", "statistic", "p.value", "conf.low", "conf.high")
OVERALL, PATH = "treated", "path"


def list_terms(fit: Fit, estimate: Estimate) -> list[str]:
    """Return a name for each effect of an estimate, as code writes it."""
    label = fit.design.panel.label
    if isinstance(estimate, CohortEffects):
        pairs = zip(estimate.cohorts, estimate.event_times, strict=True)
        return [f"cohort::{label(int(g))}:event_time::{e}" if g != POOLED else f"event_time::{e}" for g, e in pairs]
    if isinstance(estimate, EventStudy):
        return [f"event_time::{e}" for e in estimate.event_times]
    if estimate.labels is not None:
        word = "cohort" if estimate.kind == "cohort" else "period"
        return [f"{word}::{label(int(k))}" for k in estimate.labels]
    if estimate.n_effects == 1 and estimate.kind != "coefficient":
        return [PATH if estimate.kind == "path" else fit.design.treatment.name or OVERALL]
    return [str(name) for name in estimate.names]


def find_coefficients(estimate: Estimate) -> BoolArray:
    """Return which effects are estimated: all but the exact zero of a reference, shape (n_effects,)."""
    if isinstance(estimate, EventStudy | CohortEffects) and estimate.reference is not None:
        return np.asarray(estimate.event_times != estimate.reference)
    return np.ones(estimate.n_effects, dtype=bool)


def build_tidy(terms: list[str], bands: Bands) -> pd.DataFrame:
    """Return the terms with their estimates, errors, tests and intervals, ``TIDY_COLUMNS``."""
    se = np.where(bands.se > 0, bands.se, np.nan)
    columns = (terms, bands.estimate.effects, se, bands.estimate.effects / se, bands.p, bands.low, bands.high)
    return pd.DataFrame(dict(zip(TIDY_COLUMNS, columns, strict=True)))


def compute_percent(frame: pd.DataFrame, scale: str) -> pd.Series:
    """Return estimates in log points as percent, and nothing for other scales."""
    if scale != "log points":
        return pd.Series(np.nan, index=frame.index)
    return frame["estimate"].map(numbers.convert_log_to_percent).astype(float)
