"""One local projection from means of cohorts, or of their units that miss the same periods."""

from dataclasses import dataclass

import numpy as np

from twintrade.design import Design
from twintrade.estimators.cohort_means.missing_patterns import PanelMeans
from twintrade.estimators.cohort_means.projections import Projected
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray


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
    effect, loads = (_variance_weighted if weighting == "variance" else _equally_weighted)(parts)
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


def _variance_weighted(parts: list[_Part]) -> tuple[float, list[tuple[FloatArray, FloatArray]]]:
    """Least squares with period effects: loading and residual of a unit of every group, by part."""
    x = [p.is_treated - p.size @ p.is_treated / p.size.sum() for p in parts]
    y = [p.change - p.size @ p.change / p.size.sum() for p in parts]
    bread = 1.0 / sum(float(p.size @ d**2) for p, d in zip(parts, x, strict=True))
    effect = bread * sum(float((p.size * d) @ v) for p, d, v in zip(parts, x, y, strict=True))
    return effect, [(d * bread, v - effect * d) for d, v in zip(x, y, strict=True)]


def _equally_weighted(parts: list[_Part]) -> tuple[float, list[tuple[FloatArray, FloatArray]]]:
    """Treated units against the clean mean of their period, all the same."""
    total = sum(float(p.size[p.is_treated].sum()) for p in parts)
    gaps = [p.change - p.size[~p.is_treated] @ p.change[~p.is_treated] / p.size[~p.is_treated].sum() for p in parts]
    effect = sum(float(p.size[p.is_treated] @ gap[p.is_treated]) for p, gap in zip(parts, gaps, strict=True)) / total
    loads = []
    for p, gap in zip(parts, gaps, strict=True):
        moved = p.size[p.is_treated].sum() / p.size[~p.is_treated].sum()
        loads.append((np.where(p.is_treated, 1.0, -moved) / total, np.where(p.is_treated, gap - effect, gap)))
    return effect, loads
