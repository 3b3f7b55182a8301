"""Units grouped by first dose and moment of its change: who switches, and who could stand for the switchers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from twintrade.design import Observations
from twintrade.effects import Dropped
from twintrade.errors import EstimationError
from twintrade.estimators.regression.cell_fit import list_determined
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, compact
from twintrade.numerics.linear import LeastSquares, fit_least_squares
from twintrade.text import Text


@dataclass(frozen=True, slots=True, eq=False)
class Switchers:
    """A panel on the full calendar grid, units ordered by first dose, then by time, sign and size of its change."""

    order: IntArray  # (n_units,): position of each sorted unit in the observations
    periods: IntArray  # (n_periods,): every period from first to last
    outcomes: FloatArray  # (n_periods, n_units): naN where not observed or not usable
    doses: FloatArray  # (n_periods, n_units): carried forward over gaps
    weights: FloatArray | None  # (n_periods, n_units)
    covariates: FloatArray | None  # (n_periods, n_units, n_covariates)
    # (n_units,): position of the first changed period (less anticipation); `n_periods` where there is none
    first: IntArray
    sign: IntArray  # (n_units,): 1 for a rise, -1 for a fall, 0 for no change
    baseline: FloatArray  # (n_units,): first dose
    kind: FloatArray  # (n_units,): dose at the first change
    is_full: bool  # no outcome is missing

    def weights_at(self, at: int | IntArray, units: slice | IntArray) -> FloatArray:
        """Return the sampling weights of units in a period each, one where there are none."""
        return np.ones(self.order.size)[units] if self.weights is None else self.weights[at, units]

    def baselines(self) -> list[tuple[int, int]]:
        """Return where the units of each first dose lie: start and stop."""
        starts = np.flatnonzero(np.append(True, np.diff(self.baseline) != 0))
        return [(int(a), int(b)) for a, b in zip(starts, np.append(starts[1:], self.baseline.size), strict=True)]

    def blocks(self) -> Iterator["SwitcherBlock"]:
        """Yield, for every baseline, moment and sign of change, the switchers and the end of their comparison."""
        n_periods = self.outcomes.shape[0]
        for start, stop in self.baselines():
            first = self.first[start:stop]
            for f in np.unique(first[first < n_periods]):
                low, high = start + np.searchsorted(first, [f, f + 1])
                middle = low + int((self.sign[low:high] < 0).sum())
                for sign, a, b in ((-1, low, middle), (1, middle, high)):
                    if a < b:
                        yield SwitcherBlock(int(f), sign, slice(a, b), first, start, stop)


@dataclass(frozen=True, slots=True, eq=False)
class SwitcherBlock:
    """Switchers of one baseline, moment and sign."""

    first: int
    sign: int
    units: slice  # the switchers, as positions in the sorted order
    moments: IntArray  # first change of every unit of the baseline, ascending
    start: int  # start, stop: Where the units of the baseline lie
    stop: int

    def comparison(self, at: int) -> slice:
        """Return the units of the same baseline that have not changed by a period."""
        return slice(self.start + int(np.searchsorted(self.moments, at, side="right")), self.stop)


def build_switchers(o: Observations) -> Switchers:
    """Lay out outcomes and doses, and find each unit's first change, across no gap and to one side alone."""
    panel = o.panel
    periods = np.arange(o.period.min(), o.period.max() + 1)
    shape = (periods.size, o.n_units)
    outcomes = _grid(shape, o.period - periods[0], o.unit, o.y)
    weights = None if o.weights is None else _grid(shape, o.period - periods[0], o.unit, o.weights)
    covariates = None
    if o.covariate_names:
        covariates = np.stack([_grid(shape, o.period - periods[0], o.unit, x) for x in o.covariates.T], axis=2)
    if o.dose is None:
        doses = (periods[:, None] >= o.unit_onset).astype(np.float64)
    else:
        code = np.full(panel.n_units, -1)
        code[o.unit_rows] = np.arange(o.n_units)
        rows = (code[panel.unit] >= 0) & (panel.period >= periods[0]) & (panel.period <= periods[-1])
        doses = _grid(shape, panel.period[rows] - periods[0], code[panel.unit[rows]], o.dose[rows])
    known = ~np.isnan(doses)
    if not known.all():
        last = np.maximum.accumulate(np.where(known, np.arange(doses.shape[0])[:, None], -1), axis=0)
        last = np.where(last < 0, known.argmax(axis=0), last)
        doses = np.take_along_axis(doses, last, axis=0)
    changed = doses != doses[0]
    first = np.where(changed.any(axis=0), changed.argmax(axis=0), periods.size)
    if o.dose is not None:
        _refuse_contradiction(o, periods, first, known)
    first, outcomes = _without_ambiguous(first, outcomes, known)
    units = np.arange(o.n_units)
    at = np.minimum(first, periods.size - 1)
    sign = np.where(first < periods.size, np.sign(doses[at, units] - doses[0]), 0).astype(np.int64)
    if o.dose is not None:
        other_side = np.logical_or.accumulate((doses - doses[0]) * sign < 0, axis=0)
        outcomes[other_side] = np.nan
    early = np.where(first < periods.size, np.maximum(first - o.anticipation, 0), first)
    order = np.lexsort((doses[at, units], sign, early, doses[0]))
    return Switchers(
        order=order,
        periods=periods,
        outcomes=np.ascontiguousarray(outcomes[:, order]),
        doses=doses[:, order],
        weights=None if weights is None else weights[:, order],
        covariates=None if covariates is None else covariates[:, order],
        first=early[order],
        sign=sign[order],
        baseline=doses[0][order],
        kind=doses[at, units][order],
        is_full=not bool(np.isnan(outcomes).any()),
    )


def _grid(shape: tuple[int, int], period: IntArray, unit: IntArray, values: FloatArray) -> FloatArray:
    if values.size == shape[0] * shape[1]:
        return values.reshape(shape[1], shape[0]).T.copy()
    out = np.full(shape, np.nan)
    out[period, unit] = values
    return out


def _without_ambiguous(first: IntArray, outcomes: FloatArray, known: BoolArray) -> tuple[IntArray, FloatArray]:
    n_periods = outcomes.shape[0]
    if known.all():
        return first, outcomes
    units = np.arange(first.size)
    before = np.minimum(np.maximum(first - 1, 0), n_periods - 1)
    ambiguous = (first < n_periods) & ~known[before, units]
    steps = np.arange(n_periods)[:, None]
    last = np.where(known & (steps < first), steps, -1).max(axis=0)
    outcomes[ambiguous & (steps > last)] = np.nan
    return np.where(ambiguous, n_periods, first), outcomes


def _refuse_contradiction(o: Observations, periods: IntArray, first: IntArray, known: BoolArray) -> None:
    """Onsets inside the sample must be changes of the dose; otherwise they were re-assigned without it."""
    position = np.where(np.isfinite(o.unit_onset), o.unit_onset - periods[0], -1).astype(np.int64)
    inside = (position > 0) & (position < periods.size)
    seen = inside & known[np.clip(position, 0, periods.size - 1), np.arange(first.size)]
    wrong = seen & (first != position)
    if wrong.any():
        unit = o.unit_ids[np.flatnonzero(wrong)[0]]
        raise EstimationError(
            f"the onset of {unit} is no change of its dose. Where a treatment has doses, onsets cannot be moved or "
            "re-assigned alone: give new doses with Treatment.from_dose"
        )


# Covariates of switchers: outcomes less what covariates move among units of the same dose that have not changed.


@dataclass(frozen=True, slots=True, eq=False)
class DoseSlopes:
    """Slopes of one first dose."""

    start: int  # start, stop: Where its units lie in the sorted order
    stop: int
    influence: FloatArray  # (stop - start, n_covariates): of each unit on the slopes; zero for covariates left out


def adjust_for_covariates(
    layout: Switchers, names: Sequence[str]
) -> tuple[Switchers, tuple[DoseSlopes, ...], tuple[Dropped, ...]]:
    """Take out covariates by regressions of changes by first dose; return slopes and the doses left out."""
    assert layout.covariates is not None
    outcomes = layout.outcomes.copy()
    adjusted, dropped = [], list[Dropped]()
    for start, stop in layout.baselines():
        label = Text("estimators.first-dose", dose=f"{layout.baseline[start]:g}")
        fit, unit = _changes_fitted(layout, start, stop, names)
        if fit is None:
            outcomes[:, start:stop] = np.nan
            sentence = Text("estimators.doses-without-slopes")
            dropped.append(Dropped("not-identified", sentence, 0, 0, (label,)))
            continue
        slopes = np.zeros(len(names))
        slopes[fit.kept] = fit.coefficients
        outcomes[:, start:stop] -= layout.covariates[:, start:stop] @ slopes
        influence = np.zeros((stop - start, len(names)))
        by_row = (fit.x_tilde * (layout.weights_at(unit.at, unit.columns) * fit.residuals)[:, None]) @ fit.bread
        for k, column in zip(fit.kept, by_row.T, strict=True):
            influence[:, k] = np.bincount(unit.columns - start, column, stop - start)
        adjusted.append(DoseSlopes(start, stop, influence))
        dropped += list_determined("estimators.changes-determined", fit.collinear, dose=label)
    return (
        replace(layout, outcomes=outcomes, is_full=not bool(np.isnan(outcomes).any())),
        tuple(adjusted),
        tuple(dropped),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Positions of the later period and of the unit of each change."""

    at: IntArray
    columns: IntArray


def _changes_fitted(
    layout: Switchers, start: int, stop: int, names: Sequence[str]
) -> tuple[LeastSquares | None, _Rows]:
    assert layout.covariates is not None
    y, x = layout.outcomes[:, start:stop], layout.covariates[:, start:stop]
    later = np.arange(1, layout.periods.size)[:, None]
    usable = (later < layout.first[start:stop]) & ~np.isnan(y[1:] - y[:-1])
    at, unit = np.nonzero(usable)
    rows = _Rows(at + 1, unit + start)
    weights = None if layout.weights is None else layout.weights[rows.at, rows.columns]
    if at.size <= len(names) + np.unique(at).size:
        return None, rows
    changes = y[at + 1, unit] - y[at, unit], x[at + 1, unit] - x[at, unit]
    return fit_least_squares(*changes, build_absorber([compact(at)], weights), names=tuple(names)), rows
