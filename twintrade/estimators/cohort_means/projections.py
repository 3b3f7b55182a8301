"""One local projection on rows: least squares, or comparison rows fitted and treated rows predicted."""

from dataclasses import dataclass

import numpy as np

from twintrade.design import Design
from twintrade.estimators.cohort_means.group_time import PanelMeans
from twintrade.estimators.cohort_means.wide import Wide
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.linear import Collinear, compute_projection_weights, fit_least_squares
from twintrade.text import Text, Words

# The rows of one local projection: newly treated and clean unit-periods with their change since the base.


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


@dataclass(frozen=True, slots=True, eq=False)
class Projected:
    """One effect."""

    effect: float
    # By unit, of shape (n_units,); or coefficients (n_groups, n_periods) and constants (n_groups,) by group
    influence: tuple[FloatArray, ...]
    n_treated: int
    treated_weight: float  # sum of the sampling weights of the treated rows: their number, where rows carry none
    cohorts: IntArray  # (n_treated_cohorts,): cohorts of the treated units
    collinear: tuple[Collinear, ...] = ()  # covariates that the period effects or others determine, and how


def estimate_projection(
    rows: ProjectionRows, cohort: IntArray, weighting: str, names: tuple[Words, ...]
) -> Projected | None:
    """Return the effect of one set of rows; None where it is not identified."""
    weights = rows.row_weights
    by_row = _variance_weighted if weighting == "variance" else _equally_weighted
    projection = by_row(rows, weights, names)
    if projection is None:
        return None
    effect, influence, collinear = projection
    by_unit = np.asarray(np.bincount(rows.unit, influence, cohort.size), dtype=np.float64)
    treated = rows.unit[rows.is_treated]
    weight = float(weights[rows.is_treated].sum())
    return Projected(effect, (by_unit,), treated.size, weight, np.unique(cohort[treated]), collinear)


def _variance_weighted(
    rows: ProjectionRows, weights: FloatArray, names: tuple[Words, ...]
) -> tuple[float, FloatArray, tuple[Collinear, ...]] | None:
    if not rows.covariates.shape[1]:
        return (*_closed_form(rows, weights), ())
    effects = build_absorber([rows.period], rows.weights)
    fit = fit_least_squares(
        rows.change,
        np.column_stack([rows.is_treated.astype(np.float64), rows.covariates]),
        effects,
        names=(Text("estimators.the-agreement"), *names),
    )
    if not fit.kept.size or fit.kept[0] != 0:
        return None
    scores = (fit.x_tilde * (weights * fit.residuals)[:, None]) @ fit.bread[:, 0]
    return float(fit.coefficients[0]), np.asarray(scores), fit.collinear


def _closed_form(rows: ProjectionRows, weights: FloatArray) -> tuple[float, FloatArray]:
    """Without covariates period effects are period means: one pass instead of a regression."""
    total = np.bincount(rows.period, weights)
    treated = rows.is_treated.astype(np.float64)
    x = treated - (np.bincount(rows.period, weights * treated) / total)[rows.period]
    y = rows.change - (np.bincount(rows.period, weights * rows.change) / total)[rows.period]
    spread = weights * x
    bread = 1.0 / float(spread @ x)
    effect = bread * float(spread @ y)
    return effect, spread * (y - effect * x) * bread


def _equally_weighted(
    rows: ProjectionRows, weights: FloatArray, names: tuple[Words, ...]
) -> tuple[float, FloatArray, tuple[Collinear, ...]]:
    treated, others = np.flatnonzero(rows.is_treated), np.flatnonzero(~rows.is_treated)
    share = weights[treated] / weights[treated].sum()
    influence = np.zeros(rows.unit.size)
    collinear: tuple[Collinear, ...] = ()
    if not rows.covariates.shape[1]:
        total = np.bincount(rows.period[others], weights[others])
        mean = np.bincount(rows.period[others], weights[others] * rows.change[others]) / total
        gap = rows.change[treated] - mean[rows.period[treated]]
        moved = np.bincount(rows.period[treated], share, mean.size) / total
        residual = rows.change[others] - mean[rows.period[others]]
        influence[others] = -weights[others] * moved[rows.period[others]] * residual
    else:
        other_weights = None if rows.weights is None else weights[others]
        effects = build_absorber([rows.period[others]], other_weights)
        x = rows.covariates
        fit = fit_least_squares(rows.change[others], x[others], effects, names=names)
        collinear = fit.collinear
        slopes = np.zeros(x.shape[1])
        slopes[fit.kept] = fit.coefficients
        level = effects.effect_coefficients(rows.change[others] - x[others] @ slopes)[0]
        gap = rows.change[treated] - x[treated] @ slopes - level[rows.period[treated]]
        omega = compute_projection_weights(
            [rows.period[others]],
            [rows.period[treated]],
            share[:, None],
            x[others],
            x[treated],
            weights=other_weights,
        )
        influence[others] = -omega[:, 0] * fit.residuals
    effect = float(share @ gap)
    influence[treated] = share * (gap - effect)
    return effect, influence, collinear


# One local projection from means of cohorts, or of their units that miss the same periods.


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Newly treated and clean groups of one period; a change is the outcomes of a unit times its group's contrast."""

    cohort: int
    groups: IntArray
    contrast: FloatArray
    is_treated: BoolArray
    size: FloatArray
    change: FloatArray


def project_means(
    means: PanelMeans, design: Design, horizons: tuple[int, int], is_mean_base: bool, weighting: str
) -> Projected | None:
    """Return what ``estimate_projection`` gives on rows of the same horizons; None without a period of both sides."""
    parts = _parts(means, design, horizons, is_mean_base)
    if not parts:
        return None
    effect, loads = (_variance_weighted_means if weighting == "variance" else _equally_weighted_means)(parts)
    coefficients, constants = np.zeros(means.observed.shape), np.zeros(means.observed.shape[0])
    for part, (loading, residual) in zip(parts, loads, strict=True):
        coefficients[part.groups] += loading[:, None] * part.contrast
        constants[part.groups] += loading * residual
    n_treated = float(sum(p.size[p.is_treated].sum() for p in parts))
    cohorts = np.array([p.cohort for p in parts])
    return Projected(effect, (coefficients, constants), int(n_treated), n_treated, cohorts)


def _parts(means: PanelMeans, design: Design, horizons: tuple[int, int], is_mean_base: bool) -> list[_Part]:
    low, high = horizons
    m, observed = means.moments, means.observed
    position = {int(p): k for k, p in enumerate(m.periods)}
    parts = []
    for cohort, g in enumerate(np.unique(m.onset[np.isfinite(m.onset)]).astype(int)):
        needed = [position.get(g + h, -1) for h in range(low, high + 1, design.panel.step)]
        base = position.get(g - design.panel.step - design.anticipation, -1)
        if min(*needed, base) < 0:
            continue
        clean = np.isinf(m.onset)
        if design.comparison.uses_not_yet_treated:
            clean = m.onset > g + max(high, 0) + design.anticipation
        groups = np.flatnonzero((clean | (m.onset == g)) & observed[:, [*needed, base]].all(axis=1))
        before = np.zeros((groups.size, m.periods.size))
        before[:, base] = 1.0
        if is_mean_base:
            before[:, : base + 1] = observed[groups, : base + 1]
        contrast = -before / before.sum(axis=1, keepdims=True)
        contrast[:, needed] += 1.0 / len(needed)
        treated = m.onset[groups] == g
        if treated.any() and not treated.all():
            change = (contrast * m.means[groups]).sum(axis=1)
            parts.append(_Part(cohort, groups, contrast, treated, m.counts[groups], change))
    return parts


def _variance_weighted_means(parts: list[_Part]) -> tuple[float, list[tuple[FloatArray, FloatArray]]]:
    """Least squares with period effects: loading and residual of a unit of every group, by part."""
    x = [p.is_treated - p.size @ p.is_treated / p.size.sum() for p in parts]
    y = [p.change - p.size @ p.change / p.size.sum() for p in parts]
    bread = 1.0 / sum(float(p.size @ d**2) for p, d in zip(parts, x, strict=True))
    effect = bread * sum(float((p.size * d) @ v) for p, d, v in zip(parts, x, y, strict=True))
    return effect, [(d * bread, v - effect * d) for d, v in zip(x, y, strict=True)]


def _equally_weighted_means(parts: list[_Part]) -> tuple[float, list[tuple[FloatArray, FloatArray]]]:
    """Treated units against the clean mean of their period, all the same."""
    total = sum(float(p.size[p.is_treated].sum()) for p in parts)
    gaps = [p.change - p.size[~p.is_treated] @ p.change[~p.is_treated] / p.size[~p.is_treated].sum() for p in parts]
    effect = sum(float(p.size[p.is_treated] @ gap[p.is_treated]) for p, gap in zip(parts, gaps, strict=True)) / total
    loads = []
    for p, gap in zip(parts, gaps, strict=True):
        moved = p.size[p.is_treated].sum() / p.size[~p.is_treated].sum()
        loads.append((np.where(p.is_treated, 1.0, -moved) / total, np.where(p.is_treated, gap - effect, gap)))
    return effect, loads
