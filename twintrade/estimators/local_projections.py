"""Changes since the last untreated period, one regression a horizon, on newly treated and clean comparison rows."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from twintrade.design import Design
from twintrade.effects import Dropped, Estimate, EventStudy, Influence, Sample, UnitInfluence
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import Catalogued, Requires, describe_design
from twintrade.estimators.cohort_means.group_time import PanelMeans, compute_panel_means
from twintrade.estimators.cohort_means.wide import Wide, widen
from twintrade.estimators.regression.cell_fit import list_determined
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.linear import Collinear, compute_projection_weights, fit_least_squares
from twintrade.text import Listed, Text, Value, Words

# The rows of one local projection: newly treated and clean unit-periods with their change since the base.


@dataclass(frozen=True, slots=True, eq=False)
class ProjectionRows:
    """Stacked over periods; a clean unit has a row in every period in which it is clean."""

    unit: IntArray  # unit, period: (n_rows,): positions
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
        units = np.flatnonzero((clean | (wide.onset == g))[wide.cohort])
        y = wide.outcomes[units]
        after = y[:, [position[p] for p in needed]].mean(axis=1)
        before = y[:, base]
        if is_mean_base:
            # Of the observed outcomes up to the base, NaN where the base itself is not observed.
            early = y[:, : base + 1]
            seen = ~np.isnan(early)
            mean = np.where(seen, early, 0.0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
            before = np.where(seen[:, -1], mean, np.nan)
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
        # Period effects are period means: one pass instead of a regression.
        total = np.bincount(rows.period, weights)
        treated = rows.is_treated.astype(np.float64)
        x = treated - (np.bincount(rows.period, weights * treated) / total)[rows.period]
        y = rows.change - (np.bincount(rows.period, weights * rows.change) / total)[rows.period]
        spread = weights * x
        bread = 1.0 / float(spread @ x)
        effect = bread * float(spread @ y)
        return effect, spread * (y - effect * x) * bread, ()
    fit = fit_least_squares(
        rows.change,
        np.column_stack([rows.is_treated.astype(np.float64), rows.covariates]),
        build_absorber([rows.period], rows.weights),
        names=(Text("estimators.the-agreement"), *names),
    )
    if not fit.kept.size or fit.kept[0] != 0:
        return None
    scores = (fit.x_tilde * (weights * fit.residuals)[:, None]) @ fit.bread[:, 0]
    return float(fit.coefficients[0]), np.asarray(scores), fit.collinear


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
        periods = [rows.period[others]], [rows.period[treated]]
        omega = compute_projection_weights(*periods, share[:, None], x[others], x[treated], weights=other_weights)
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


Weighting = Literal["variance", "equal"]


@dataclass(frozen=True, slots=True)
class LocalProjections(Catalogued):
    """Local-projections difference-in-differences: rows of units first treated at t against rows of units clean at t.

    At horizon h the outcome is y(t+h) less the base, with period effects. A clean row belongs to a unit that is not
    treated by t+h (for leads: by t); under never treated comparison it belongs to a unit that never is. Periods in
    which nobody is newly treated are left out. Without covariates, lags and weights everything comes from means of
    cohorts, in a panel with gaps from those of units of a cohort that miss the same periods.

    Attributes
    ----------
    weighting : {"variance", "equal"}
        Ordinary least squares, whose weights on cohorts are n·p·(1 − p); or every treated unit the same, by fitting
        the comparison rows and predicting the treated ones (regression adjustment).
    base : {"last", "mean"}
        The last period before onset less anticipation, or the mean of all periods up to it.
    lags : int
        Number of lagged one-period changes of the outcome, up to the base period, that are conditioned on.
    pooled : int or None
        Last horizon of the authors' pooled effect, reported as the overall one in place of averages of the path: the
        outcome averaged over the horizons from onset on, against the base, on rows that have them all.
    """

    weighting: Weighting = "variance"
    base: Literal["last", "mean"] = "last"
    lags: int = 0
    pooled: int | None = None

    name: ClassVar[str] = "local_projections"
    citation: ClassVar[str] = "dube2023"
    requires: ClassVar[Requires] = Requires(fixed_effects=("two_way",), isolates_cohorts=False)

    def estimate(self, design: Design) -> EventStudy:
        """Return the event study over every horizon that is observed."""
        self._check(design)
        wide = widen(design.observations)
        is_plain = wide.weights is None and not design.covariates and not self.lags
        source = (compute_panel_means(wide) if is_plain else None) or wide
        horizons = np.unique(wide.periods[:, None] - wide.onset[wide.onset <= wide.periods[-1]].astype(np.int64))
        results = {int(h): self._at(source, design, (int(h), int(h))) for h in horizons}
        projections = [(h, result) for h, result in results.items() if result is not None]
        lost = [
            Text("estimators.effect-event-time", time=f"{h:+d}") for h, result in results.items() if result is None
        ]
        if not any(h >= 0 for h, _ in projections):
            raise EstimationError("no event time from onset on has treated rows and clean comparison rows")
        # The reference is an exact zero and counts the rows measured from it.
        at_reference = results.get(design.reference)
        nothing = tuple(np.zeros_like(part) for part in projections[0][1].influence)
        counted = (0, 0.0) if at_reference is None else (at_reference.n_treated, at_reference.treated_weight)
        zero = Projected(0.0, nothing, *counted, np.zeros(0, dtype=np.int64))
        every = {**dict(projections), design.reference: zero}
        shown = [every[h] for h in sorted(every)]
        study = EventStudy.of(
            design,
            np.array(sorted(every), dtype=np.int64),
            np.array([r.effect for r in shown]),
            _influence(source, shown),
            sample=design.observations.sample(
                n_slopes=len(every) - 1, effects=("period",), dropped=_dropped(wide, projections, lost)
            ),
            n_units=np.array([r.n_treated for r in shown], dtype=np.int64),
            against="reference" if self.base == "last" else "all before",
            reference=design.reference,
            row_weights=np.array([r.treated_weight for r in shown]),
        )
        return study if self.pooled is None else replace(study, overall=self._pooled(source, design, study.sample))

    def assumption(self, design: Design) -> Text:
        """Return the identifying assumption."""
        lags = [Text("estimators.local-projections-lags", n=self.lags)] if self.lags else []
        given = Listed((*design.covariates, *lags))
        values = describe_design(design) | {"given": len(given.items), "covariates": given}
        return Text("estimators.local-projections-assumes", **values)

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        how: dict[str, Value] = {"base": self.base, "weighting": self.weighting}
        if self.pooled is not None:
            return Text("estimators.local-projections-pooled", pooled=self.pooled, **how)
        return Text("estimators.local-projections-averages", **how, **describe_design(design))

    def equation(self, design: Design) -> Text:
        """Return the estimating equation."""
        return Text("estimators.local-projections-equation", base=self.base)

    def _check(self, design: Design) -> None:
        last = -design.panel.step - design.anticipation
        if design.reference != last:
            raise DesignError(
                f"{self.name} measures from the last period before onset less anticipation; set reference = {last}"
            )
        if self.lags < 0:
            raise DesignError(f"lags is a number of periods, not {self.lags}")
        if self.pooled is not None and self.pooled < 0:
            raise DesignError(f"pooled is the last horizon that is averaged, 0 or later, not {self.pooled}")

    def _at(self, source: Wide | PanelMeans, design: Design, horizons: tuple[int, int]) -> Projected | None:
        if isinstance(source, PanelMeans):
            return project_means(source, design, horizons, self.base == "mean", self.weighting)
        rows = build_projection_rows(source, design, horizons, self.base == "mean", self.lags)
        if rows is None:
            return None
        lags = (Text("estimators.lag", n=k + 1) for k in range(self.lags))
        names: tuple[Words, ...] = (*design.covariates, *lags)
        return estimate_projection(rows, source.cohort, self.weighting, names)

    def _pooled(self, source: Wide | PanelMeans, design: Design, sample: Sample) -> Estimate:
        assert self.pooled is not None
        pooled = self._at(source, design, (0, self.pooled))
        if pooled is None:
            raise EstimationError(
                f"nobody newly treated is observed at every horizon from 0 to {self.pooled} beside clean comparison "
                "rows; set pooled lower"
            )
        return Estimate(
            effects=np.array([pooled.effect]),
            uncertainty=_influence(source, [pooled]),
            scale=design.scale,
            sample=sample,
            names=(Text("estimators.effect-pooled"),),
            n_units=np.array([pooled.n_treated]),
            n_cells=np.array([pooled.n_treated]) * (self.pooled + 1),
            against="last before" if self.base == "last" else "all before",
        )


def _influence(source: Wide | PanelMeans, projections: list[Projected]) -> Influence:
    parts = [np.stack(same, axis=-1) for same in zip(*(r.influence for r in projections), strict=True)]
    if isinstance(source, PanelMeans):
        return source.influence(*parts)
    return UnitInfluence(source.unit_ids, parts[0])


def _dropped(wide: Wide, projections: list[tuple[int, Projected]], lost: list[Text]) -> tuple[Dropped, ...]:
    """List event times without an effect, cohorts in none from onset on, and covariates that are determined."""
    out: list[Dropped] = []
    if lost:
        out.append(Dropped("no-comparison", Text("estimators.no-clean-rows"), 0, 0, tuple(lost)))
    used = np.concatenate([r.cohorts for h, r in projections if h >= 0])
    missing = np.setdiff1d(np.flatnonzero(np.isfinite(wide.onset)), used)
    if missing.size:
        names = tuple(Text("estimators.effect-cohort", cohort=f"{g:.0f}") for g in wide.onset[missing])
        out.append(Dropped("no-comparison", Text("estimators.cohorts-in-none"), 0, 0, names))
    for h, r in projections:
        out += list_determined("estimators.determined-at", r.collinear, time=f"{h:+d}")
    return tuple(out)
