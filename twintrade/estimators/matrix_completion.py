"""Counterfactual by matrix completion: low rank by a penalty on singular values (Athey et al. 2021)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from twintrade.design import Design, Observations
from twintrade.effects import CohortEffects, Dropped, RefitOnly
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import Catalogued, Estimator, Requires
from twintrade.estimators.cohort_means.wide import Wide, widen
from twintrade.estimators.regression.cell_fit import list_determined
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, compact
from twintrade.numerics.factor_model import FactorFit, fit_factor_model
from twintrade.numerics.linear import fit_least_squares
from twintrade.text import Text

# Untreated outcomes of treated cells from a factor model of the untreated ones, its size chosen by hold-outs.

# What methods share that predict untreated outcomes by factors.


@dataclass(frozen=True, slots=True)
class FactorMethod(Estimator):
    """Factors whose number, or size, is chosen by hold-outs of untreated rows.

    Attributes
    ----------
    seed : int
        Of the hold-outs.
    """

    seed: int = 20240501

    requires: ClassVar[Requires] = Requires(
        absorbing=False, fixed_effects=("two_way",), weights=False, has_influence=False
    )


BLOCK = 3  # consecutive untreated cells of a unit that are held out together: neighbors in time resemble each other
FOLDS = 5
CLOSE = 1.01  # the simplest size whose held-out error is within one per cent of the smallest is taken
ROUGH = 1e-5
"""Relative change at which a hold-out fit stops; what overfits converges slowly, and shows its error long before."""

BEARABLE = 0.9  # share of units that must keep enough untreated rows for a number of factors to be tried
STEPS = 300  # steps after which it stops in any case


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeGrid:
    """Outcomes unit by period, and which cells the model is fitted on."""

    wide: Wide
    untreated: BoolArray  # (n_units, n_periods): observed and unaffected
    # (n_units, n_periods): first period of the agreement that the cell belongs to or that comes next; NaN where there
    # is none
    spell: FloatArray
    dropped: tuple[Dropped, ...] = ()  # covariates that unit and period effects or others determine, left out


def build_cells(design: Design) -> OutcomeGrid:
    """Lay out the cells; with a dose a cell is treated while the dose is not zero, and each spell has an onset."""
    o = design.observations
    wide = widen(o)
    seen = ~np.isnan(wide.outcomes)
    onset = wide.onset[wide.cohort][:, None]
    spell = np.broadcast_to(np.where(np.isfinite(onset), onset, np.nan), seen.shape)
    affected = wide.periods >= onset - design.anticipation
    if design.treatment.dose is not None and not design.treatment.is_absorbing:
        treated = np.zeros(seen.shape, dtype=bool)
        treated[o.unit, np.searchsorted(wide.periods, o.period)] = design.treatment.dose[o.rows] != 0
        spell = _spells(treated, wide.periods)
        affected = treated | (wide.periods >= np.where(np.isnan(spell), np.inf, spell) - design.anticipation)
    untreated = seen & ~affected
    dropped: tuple[Dropped, ...] = ()
    if o.covariate_names:
        effects = build_absorber([compact(code) for code in np.nonzero(untreated)])
        given = wide.outcomes[untreated], wide.covariates[untreated], effects
        fit = fit_least_squares(*given, names=o.covariate_names)
        wide = replace(wide, covariates=wide.covariates[:, :, fit.kept])
        dropped = list_determined("estimators.determined-untreated", fit.collinear)
    return OutcomeGrid(wide, untreated, np.asarray(spell), dropped)


def _spells(treated: BoolArray, periods: IntArray) -> FloatArray:
    """Return the onset of each cell's own or next spell."""
    starts = treated & ~np.hstack([np.zeros((treated.shape[0], 1), dtype=bool), treated[:, :-1]])
    start = np.where(starts, periods, -np.inf)
    start = np.maximum.accumulate(start, axis=1)
    following = np.minimum.accumulate(np.where(starts, periods, np.inf)[:, ::-1], axis=1)[:, ::-1]
    spell = np.where(treated, start, following)
    return np.asarray(np.where(np.isfinite(spell), spell, np.nan))


def fit_untreated(cells: OutcomeGrid, rank: int, penalty: float) -> tuple[FactorFit, BoolArray, BoolArray]:
    """Fit the untreated cells, without units and periods that have too few of them; return those kept."""
    least = rank + 1 if penalty == 0 else 1
    units, periods = find_usable(cells.untreated, least)
    if units.sum() <= least or periods.sum() <= least:
        raise EstimationError(
            f"too few untreated rows for {rank} factors: ask for fewer, or start the sample earlier"
        )
    inside = np.ix_(units, periods)
    x = cells.wide.covariates[inside]
    start = fit_factor_model(cells.wide.outcomes[inside], cells.untreated[inside], x, 0)
    fit = start
    if rank:
        fit = fit_factor_model(cells.wide.outcomes[inside], cells.untreated[inside], x, rank, penalty, start)
    return fit, units, periods


def find_usable(untreated: BoolArray, least: int) -> tuple[BoolArray, BoolArray]:
    """Return units and periods that have enough untreated cells among each other."""
    units, periods = np.ones(untreated.shape[0], dtype=bool), np.ones(untreated.shape[1], dtype=bool)
    while True:
        few_units = units & (untreated[:, periods].sum(axis=1) < least)
        units &= ~few_units
        few_periods = periods & (untreated[units].sum(axis=0) < least)
        periods &= ~few_periods
        if not few_units.any() and not few_periods.any():
            return units, periods


def compute_held_out_errors(cells: OutcomeGrid, sizes: Sequence[tuple[int, float]], seed: int) -> FloatArray:
    """Return the mean squared error of each (rank, penalty share) on held-out blocks of untreated cells."""
    most = max(rank for rank, penalty in sizes if penalty == 0 or rank == 0) if sizes else 0
    units, periods = find_usable(cells.untreated, most + 1 + BLOCK)
    if units.sum() < FOLDS or periods.sum() < 2:
        raise EstimationError("too few untreated rows to choose the model by hold-outs; set its size yourself")
    y, x = cells.wide.outcomes[np.ix_(units, periods)], cells.wide.covariates[np.ix_(units, periods)]
    untreated = cells.untreated[np.ix_(units, periods)]
    rng = np.random.default_rng(seed)
    position = np.cumsum(untreated, axis=1) - 1
    drawn = rng.integers(0, FOLDS, (untreated.shape[0], int(position.max()) // BLOCK + 1))
    fold = np.take_along_axis(drawn, np.maximum(position, 0) // BLOCK, axis=1)
    total = np.zeros(len(sizes))
    for k in range(FOLDS):
        test = untreated & (fold == k)
        train = untreated & ~test
        rich = train.any(axis=0)
        short = train.sum(axis=1) <= most
        train[short], test[short] = untreated[short], False
        test[:, ~rich], train[:, ~rich] = False, untreated[:, ~rich]
        additive = fit_factor_model(y, train, x, 0)
        top = compute_largest_singular(y, train, x, additive)
        for j, (rank, penalty) in enumerate(sizes):
            fit = additive
            if rank:
                fit = fit_factor_model(y, train, x, rank, penalty * top, additive, ROUGH, STEPS)
            gap = (y - x @ fit.slopes - fit.effects)[test]
            total[j] += float(gap @ gap)
    return total / max(int(untreated.sum()), 1)


def choose_size(
    cells: OutcomeGrid, sizes: Mapping[str, tuple[int, float]], seed: int
) -> tuple[int, dict[str, float]]:
    """Return which (rank, penalty) hold-outs choose, the simplest first, and the held-out error of each by name."""
    errors = compute_held_out_errors(cells, list(sizes.values()), seed)
    close = errors <= CLOSE * errors.min() + 1e-12 * float(np.nanvar(cells.wide.outcomes))
    named = {f"held_out_error_{name}": float(e) for name, e in zip(sizes, errors, strict=True)}
    return int(np.flatnonzero(close)[0]), named


def find_largest_rank(cells: OutcomeGrid, most: int) -> int:
    """Return the largest number of factors up to ``most`` that hold-outs can try and nearly every unit can bear."""
    rows = cells.untreated.sum(axis=1)
    for rank in range(most, 0, -1):
        units, periods = find_usable(cells.untreated, rank + 1 + BLOCK)
        if units.sum() >= FOLDS and periods.sum() > rank and (rows >= rank + 1).mean() >= BEARABLE:
            return rank
    return 0


def compute_largest_singular(y: FloatArray, observed: BoolArray, x: FloatArray, additive: FactorFit) -> float:
    """Return the largest singular value of what unit and period effects leave of the observed cells."""
    rest = np.where(observed, y - np.where(observed[:, :, None], x, 0.0) @ additive.slopes - additive.effects, 0.0)
    return float(np.linalg.norm(rest, 2))


def compute_cohort_effects(
    design: Design, cells: OutcomeGrid, fitted: tuple[FactorFit, BoolArray, BoolArray], statistics: dict[str, float]
) -> CohortEffects:
    """Return mean gaps between outcomes and fit by onset and event time, treated cells and residuals before them."""
    fit, units, periods = fitted
    o, wide = design.observations, cells.wide
    inside = np.zeros(wide.outcomes.shape, dtype=bool)
    inside[np.ix_(units, periods)] = True
    seen = ~np.isnan(wide.outcomes)
    gap = np.full(wide.outcomes.shape, np.nan)
    x = np.nan_to_num(wide.covariates[np.ix_(units, periods)])
    gap[np.ix_(units, periods)] = wide.outcomes[np.ix_(units, periods)] - x @ fit.slopes - fit.effects
    counted = seen & inside & ~np.isnan(cells.spell)
    unit, at = np.nonzero(counted)
    cohort = cells.spell[counted].astype(np.int64)
    labels, code = np.unique(np.stack([cohort, wide.periods[at] - cohort]), axis=1, return_inverse=True)
    code = code.ravel()
    if not (labels[1] >= 0).any():
        raise EstimationError("no treated row is left whose untreated outcome the factors identify")
    n_cells, lost = np.bincount(code), {name for d in cells.dropped for name in d.labels}
    kept = [name for name in design.covariates if name not in lost]
    slopes = {f"slope:{name}": float(b) for name, b in zip(kept, fit.slopes, strict=True)}
    return CohortEffects.of(
        design,
        (labels[0], labels[1]),
        np.bincount(code, gap[counted]) / n_cells,
        RefitOnly(Text("estimators.factors-together")),
        sample=o.sample(
            effects=design.effect_names,
            dropped=(*cells.dropped, *_lost(o, cells, seen & ~inside)),
            statistics=statistics | slopes | {"rmse": float(np.sqrt(np.mean(gap[cells.untreated & inside] ** 2)))},
        ),
        n_units=np.bincount(np.unique(np.stack([code, unit]), axis=1)[0], minlength=n_cells.size),
        n_cells=n_cells,
        base="first-stage residuals",
    )


def _lost(o: Observations, cells: OutcomeGrid, gone: BoolArray) -> tuple[Dropped, ...]:
    if not gone.any():
        return ()
    unit, at = np.nonzero(gone)
    names = tuple(
        f"{cells.wide.unit_ids[u]} {o.panel.label(int(cells.wide.periods[t]))}" for u, t in zip(unit, at, strict=True)
    )
    whole = int((gone.sum(axis=1) == (~np.isnan(cells.wide.outcomes)).sum(axis=1)).sum())
    return (Dropped("too-few-untreated", Text("estimators.too-few-untreated"), int(gone.sum()), whole, names),)


# Counterfactual by interactive fixed effects: common shocks that hit units with different force (Xu 2017).


@dataclass(frozen=True, slots=True)
class InteractiveEffects(Catalogued, FactorMethod):
    """Unit and period effects and factors with unit loadings, fitted on untreated rows, predict treated ones.

    Pre-period effects are averages of residuals of rows in the fit: they are small by construction and no test of
    the assumption. Agreements may end: rows after an end count as untreated.

    Attributes
    ----------
    rank : int or None
        Number of factors; None chooses it by hold-outs.
    max_rank : int
        Most factors tried; fewer where one unit in ten has too few untreated rows for them.
    """

    rank: int | None = None
    max_rank: int = 4

    name: ClassVar[str] = "interactive_effects"
    citation: ClassVar[str] = "xu2017"
    says: ClassVar[str] = "estimators.interactive-effects-"
    formula: ClassVar = Text(
        "estimators.imputation-equation", effect="y − ŷ(0)", model="y(0) = α_i + λ_t + Σ_r f_tr·l_ir + γ′x + ε"
    )

    def estimate(self, design: Design) -> CohortEffects:
        """Return effects by onset and event time; "rank" and the held-out errors are among the statistics."""
        if (self.rank is not None and self.rank < 0) or self.max_rank < 0:
            raise DesignError("rank and max_rank are numbers of factors, from 0 on")
        cells = build_cells(design)
        statistics: dict[str, float] = {}
        rank = self.rank
        if rank is None:
            sizes = {f"rank_{r}": (r, 0.0) for r in range(find_largest_rank(cells, self.max_rank) + 1)}
            rank, statistics = choose_size(cells, sizes, self.seed)
        fitted = fit_untreated(cells, rank, 0.0)
        return compute_cohort_effects(design, cells, fitted, {"rank": float(rank), **statistics})


SHARES = (1.0, 0.6, 0.4, 0.25, 0.15, 0.1, 0.06, 0.03)
"""Penalties tried, as shares of the largest singular value: at one no factor is left."""


@dataclass(frozen=True, slots=True)
class MatrixCompletion(Catalogued, FactorMethod):
    """Unit and period effects and a matrix of small nuclear norm, fitted on untreated rows, predict treated ones.

    Pre-period effects are averages of residuals of rows in the fit: they are small by construction and no test of
    the assumption. Agreements may end: rows after an end count as untreated.

    Attributes
    ----------
    penalty : float or None
        Amount taken off every singular value, as a share of the largest one of what unit and period effects leave of
        the untreated rows, so that the unit of measure does not matter. None chooses it by hold-outs.
    """

    penalty: float | None = None

    name: ClassVar[str] = "matrix_completion"
    citation: ClassVar[str] = "athey2021"
    says: ClassVar[str] = "estimators.matrix-completion-"
    formula: ClassVar = Text("estimators.matrix-completion-equation")

    def estimate(self, design: Design) -> CohortEffects:
        """Return effects by onset and event time; "penalty" and the held-out errors are among the statistics."""
        if self.penalty is not None and not 0 < self.penalty <= 1:
            raise DesignError(
                f"penalty is a share of the largest singular value, above 0 up to 1, not {self.penalty}"
            )
        cells = build_cells(design)
        most = min(cells.untreated.shape)
        statistics: dict[str, float] = {}
        share = self.penalty
        if share is None:
            sizes = {f"penalty_{s:g}": (most if s < 1 else 0, s) for s in SHARES}
            place, statistics = choose_size(cells, sizes, self.seed)
            share = SHARES[place]
        units, periods = find_usable(cells.untreated, 1)
        inside = np.ix_(units, periods)
        y, x, untreated = cells.wide.outcomes[inside], cells.wide.covariates[inside], cells.untreated[inside]
        top = compute_largest_singular(y, untreated, x, fit_factor_model(y, untreated, x, 0))
        fitted = fit_untreated(cells, most if share < 1 else 0, share * top)
        rank = float(fitted[0].singular_values.size)
        return compute_cohort_effects(design, cells, fitted, {"penalty": float(share), "rank": rank, **statistics})
