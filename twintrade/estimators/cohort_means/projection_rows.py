"""The rows of one local projection: newly treated and clean unit-periods with their change since the base."""

from dataclasses import dataclass

import numpy as np

from twintrade.design import Design
from twintrade.estimators.cohort_means.wide import Wide
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class ProjectionRows:
    """Stacked over periods; a clean unit has a row in every period in which it is clean."""

    # unit, period: (n_rows,): positions
    unit: IntArray
    period: IntArray
    change: FloatArray  # (n_rows,): outcome at the horizon (averaged over horizons where several) less the base
    is_treated: BoolArray  # (n_rows,): first treated in this very period
    covariates: FloatArray  # (n_rows, n_covariates): as of the base period, lagged changes after the others
    weights: FloatArray | None  # (n_rows,): as of the base period

    @property
    def row_weights(self) -> FloatArray:
        """Sampling weight of each row, one where there is none, shape (n_rows,)."""
        return np.ones(self.unit.size) if self.weights is None else self.weights


def build_projection_rows(
    wide: Wide, design: Design, horizons: tuple[int, int], is_mean_base: bool, lags: int
) -> ProjectionRows | None:
    """Return the rows, in periods that have treated and clean ones; None where no period has."""
    low, high = horizons
    position = {int(p): k for k, p in enumerate(wide.periods)}
    step = design.panel.step
    reference = -step - design.anticipation
    parts: list[tuple[IntArray, int, FloatArray, BoolArray, FloatArray]] = []
    for g in wide.onset[np.isfinite(wide.onset)].astype(int):
        needed = [g + h for h in range(low, high + 1, step)]
        lagged = [g + reference - k * step for k in range(lags + 1)]
        if not all(p in position for p in (*needed, *lagged)):
            continue
        base = position[g + reference]
        clean = np.isinf(wide.onset)
        if design.comparison.uses_not_yet_treated:
            clean = wide.onset > g + max(high, 0) + design.anticipation
        member = clean | (wide.onset == g)
        units = np.flatnonzero(member[wide.cohort])
        y = wide.outcomes[units]
        after = y[:, [position[p] for p in needed]].mean(axis=1)
        before = _mean_up_to(y, base) if is_mean_base else y[:, base]
        extra = wide.covariates[units, base]
        if lags:
            extra = np.hstack([extra, -np.diff(y[:, [position[p] for p in lagged]], axis=1)])
        change = after - before
        seen = np.isfinite(change) & np.isfinite(extra).all(axis=1)
        treated = wide.onset[wide.cohort[units]] == g
        if (treated & seen).any() and (~treated & seen).any():
            parts.append((units[seen], base, change[seen], treated[seen], extra[seen]))
    if not parts:
        return None
    period = np.concatenate([np.full(p[0].size, k) for k, p in enumerate(parts)])
    unit = np.concatenate([p[0] for p in parts])
    base_of = np.concatenate([np.full(p[0].size, p[1]) for p in parts])
    return ProjectionRows(
        unit=unit,
        period=period,
        change=np.concatenate([p[2] for p in parts]),
        is_treated=np.concatenate([p[3] for p in parts]),
        covariates=np.vstack([p[4] for p in parts]),
        weights=None if wide.weights is None else wide.weights[unit, base_of],
    )


def _mean_up_to(y: FloatArray, base: int) -> FloatArray:
    """Return the mean of the observed outcomes up to the base, NaN where the base itself is not observed."""
    early = y[:, : base + 1]
    seen = ~np.isnan(early)
    mean = np.where(seen, early, 0.0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    return np.where(seen[:, -1], mean, np.nan)
