"""Covariates of switchers: outcomes less what covariates move among units of the same dose that have not changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twintrade.effects import Dropped
from twintrade.estimators.switching.switchers import Switchers
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import FloatArray, IntArray, compact
from twintrade.numerics.linear import LeastSquares, fit_least_squares
from twintrade.text import Text


@dataclass(frozen=True, slots=True, eq=False)
class DoseSlopes:
    """Slopes of one first dose."""

    # start, stop: Where its units lie in the sorted order
    start: int
    stop: int
    influence: FloatArray  # (stop - start, n_covariates): of each unit on the slopes; zero for covariates left out


def adjust_for_covariates(
    layout: Switchers, names: Sequence[str]
) -> tuple[Switchers, tuple[DoseSlopes, ...], tuple[Dropped, ...]]:
    """Regress changes of outcomes on changes of covariates and periods, and take the covariates' part out.

    One regression per first dose, on the changes between neighboring periods of units that have not changed theirs
    by the later one. A first dose without such changes has no slopes, so its outcomes are left out.

    Returns with adjusted outcomes; covariates that say nothing, and first doses left out.
    """
    assert layout.covariates is not None
    outcomes = layout.outcomes.copy()
    adjusted, dropped = [], []
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
        by_row = (fit.x_tilde * _scores(layout, fit, unit)[:, None]) @ fit.bread
        for k, column in zip(fit.kept, by_row.T, strict=True):
            influence[:, k] = np.bincount(unit.columns - start, column, stop - start)
        adjusted.append(DoseSlopes(start, stop, influence))
        for c in fit.collinear:
            sentence = Text("estimators.changes-determined", name=c.name, by=c.explained_by, dose=label)
            dropped.append(Dropped("collinear", sentence, 0, 0, (c.name,)))
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
    period = compact(at)
    fit = fit_least_squares(
        y[at + 1, unit] - y[at, unit],
        x[at + 1, unit] - x[at, unit],
        build_absorber([period], weights),
        names=tuple(names),
    )
    return fit, rows


def _scores(layout: Switchers, fit: LeastSquares, rows: _Rows) -> FloatArray:
    return layout.weights_at(rows.at, rows.columns) * fit.residuals
