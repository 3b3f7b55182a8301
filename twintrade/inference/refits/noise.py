"""How noisy each unit is, by its size and its own past, and what that does to an average over some of its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from twintrade.design import Observations
from twintrade.effects import CohortEffects, Estimate, EventStudy
from twintrade.effects.regression import POOLED
from twintrade.estimators.base import Fit
from twintrade.inference.clustered import Facts
from twintrade.inference.refits.reassignment import find_units_with_trade, measure_sizes
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, sum_by_group
from twintrade.numerics.poisson import fit_poisson
from twintrade.numerics.testing import FEWEST_BEFORE, fit_by_size, measure_dependence, score_sizes

ROUNDING = 1e-12
"""Share of its squares below which a unit did not vary around its level; and of the largest variance, below which it
is one that the effects explain whole: what is left of it is rounding, and says nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Residuals:
    """What no treatment at all leaves unexplained."""

    values: FloatArray  # (n_rows,): outcome less its mean
    # (n_rows,): one in a linear model; the fitted mean in a Poisson model, where noise is proportional to it. Zero
    # where the model says nothing of a row.
    means: FloatArray
    is_ratio: bool  # whether the model is Poisson


@dataclass(frozen=True, eq=False)
class Noise:
    """Variances of units, and what they make of the variance of an effect."""

    o: Observations
    cohorts: FloatArray  # (n_cohorts,)
    size: FloatArray  # (n_units,): normal score of the size before the first agreement
    n_effects: int
    # rows, places: (n_selected,): rows that an effect would average over if their unit belonged to a cohort, and the
    # unit, cohort and effect
    rows: IntArray
    places: IntArray
    # (n_effects,): whether an effect of a Poisson model averages log ratios of rows, each counting alike, and not by
    # its mean
    counts_alike: BoolArray

    def variances(self, residuals: Residuals) -> FloatArray:
        """Return each unit's variance in each cohort, shape (n_units, n_cohorts), up to a common factor.

        What units of its size have, times the square root of how much more or less it had itself before that onset,
        where it was seen often enough to tell.
        """
        fitted = fit_by_size(self.size, *self._measure(residuals))
        r, m = residuals.values, residuals.means
        total, squares = self._sum_before(r), self._sum_before(r**2)
        level, base, product, counted = self._n_before, self._n_before, total, self._n_before
        if residuals.is_ratio:
            given = m, m**2, r * m, (m > 0).astype(np.float64)
            level, base, product, counted = (self._sum_before(values) for values in given)
        shift = np.divide(total, level, out=np.zeros_like(level), where=level > 0)
        around = squares - 2 * shift * product + shift**2 * base
        is_clear = (around > ROUNDING * squares) & (base > 0)
        past = np.divide(around, base, out=np.zeros_like(base), where=is_clear)
        is_known = (counted >= FEWEST_BEFORE) & is_clear & _is_more_than_rounding(past)
        logs = np.repeat(fitted[:, None], self.cohorts.size, axis=1)
        for c in range(self.cohorts.size):
            known = is_known[:, c]
            past_logs = np.log(np.where(known, past[:, c], 1.0))
            logs[:, c] += np.where(known, (past_logs - fit_by_size(self.size, past_logs, known)) / 2, 0.0)
        return np.asarray(np.exp(logs))

    def weigh(self, means: FloatArray) -> "Shares":
        """Return what each unit adds to the variance of an effect, and to its weight, by cohort and effect."""
        shape, ones = (self.o.n_units, self.cohorts.size, self.n_effects), (means > 0).astype(np.float64)
        sizes = np.where(self.counts_alike[self.places % self.n_effects], ones[self.rows], means[self.rows])
        squares, level, count = (
            sum_by_group(values, self.places, int(np.prod(shape))).reshape(shape)
            for values in (sizes**2, sizes, ones[self.rows])
        )
        base, base_squares = self._sum_before(means), self._sum_before(means**2)
        share = np.divide(base_squares, base**2, out=np.zeros_like(base), where=base > 0)
        squares += level**2 * share[:, :, None]
        return Shares(squares, level, count)

    def facts(self, residuals: Residuals) -> Facts:
        """Return whether noise depends on size: of small units over large ones, and the p-value of no dependence."""
        logs, is_known = self._measure(residuals)
        ratio, p = measure_dependence(self.size, logs, is_known)
        return {} if np.isnan(p) else {"noise_small_over_large": ratio, "noise_by_size_p": p}

    def _measure(self, residuals: Residuals) -> tuple[FloatArray, BoolArray]:
        """Return the log of each unit's variance, and where it is known.

        Of its residuals; in a Poisson model, where residuals are skewed, of the log ratio of outcomes to means after
        each onset over that before, squared.
        """
        r, m = residuals.values, residuals.means
        with np.errstate(divide="ignore", invalid="ignore"):
            if not residuals.is_ratio:
                spread = np.bincount(self.o.unit, r**2, self.o.n_units).astype(np.float64)
                is_known = _is_more_than_rounding(spread)
                return np.where(
                    is_known, np.log(spread / np.bincount(self.o.unit, m > 0, self.o.n_units)), 0.0
                ), is_known
            sides = [(self._sum_before(m), self._sum_before(r), self._sum_before(m**2))]
            sides.append((self._sum_after(m), self._sum_after(r), self._sum_after(m**2)))
            before, after = (1 + rest / level for level, rest, _ in sides)
            inverse = sum(squares / level**2 for level, _, squares in sides)
            moved = np.log(after / before) ** 2 / inverse
            is_known = np.isfinite(moved) & _is_more_than_rounding(moved)
            count, total = is_known.sum(axis=1), np.where(is_known, np.log(moved), 0.0).sum(axis=1)
            return np.where(count > 0, total / count, 0.0), count > 0

    def _sum_before(self, values: FloatArray) -> FloatArray:
        """Sum rows' values by unit, over those before each onset less anticipation, shape (n_units, n_cohorts)."""
        return np.cumsum(self._sum_between(self._from_effects, values), axis=1)[:, :-1]

    def _sum_after(self, values: FloatArray) -> FloatArray:
        """Return the same over the rows from each onset on."""
        return np.cumsum(self._sum_between(self._from_onsets, values)[:, ::-1], axis=1)[:, -2::-1]

    @cached_property
    def _n_before(self) -> FloatArray:
        """Number of rows by unit before each onset, shape (n_units, n_cohorts)."""
        return self._sum_before(np.ones(self.o.n_rows))

    @cached_property
    def _from_onsets(self) -> IntArray:
        """Unit of each row and the onsets that it follows, as one number, shape (n_rows,)."""
        return self._count_passed(self.cohorts)

    @cached_property
    def _from_effects(self) -> IntArray:
        """The same with onsets less anticipation."""
        return self._count_passed(self.cohorts - self.o.anticipation)

    def _count_passed(self, starts: FloatArray) -> IntArray:
        return np.asarray(self.o.unit * (starts.size + 1) + np.searchsorted(starts, self.o.period, side="right"))

    def _sum_between(self, place: IntArray, values: FloatArray) -> FloatArray:
        n = self.cohorts.size + 1
        return np.bincount(place, values, self.o.n_units * n).astype(np.float64).reshape(-1, n)


def _is_more_than_rounding(variances: FloatArray) -> BoolArray:
    return np.asarray(variances > ROUNDING * variances[np.isfinite(variances)].max(initial=0.0))


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """Sums over the rows that an effect averages over, each of shape (n_units, n_cohorts, n_effects)."""

    # Squared weights of a unit's rows and of the rows before its onset that they are compared with
    squares: FloatArray
    # level, count: Sum of the means, and number of rows
    level: FloatArray
    count: FloatArray

    def scale(self, variances: FloatArray, dealt: "TreatedDraws", k: int | slice, *, is_ratio: bool) -> FloatArray:
        """Return the standard error that independent noise gives effects in each draw, (n_draws, n_effects).

        ``variances`` (n_units, n_cohorts); ``k``: the effects wanted; ``is_ratio``: whether effects are over the sum
        of means, else over the number of rows.
        """
        variance = dealt.sum(variances[:, :, None] * self.squares[:, :, k])
        weight = dealt.sum((self.level if is_ratio else self.count)[:, :, k])
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where((weight > 0) & (variance > 0), np.sqrt(variance) / weight, np.nan))


@dataclass(frozen=True, slots=True, eq=False)
class TreatedDraws:
    """Units and cohorts that are treated in each draw, each of shape (n_draws, n_treated)."""

    units: IntArray
    cohorts: IntArray

    def sum(self, values: FloatArray) -> FloatArray:
        """Sum values by unit, cohort and effect over the treated units of each draw, (n_draws, n_effects)."""
        return np.asarray(values[self.units, self.cohorts].sum(axis=1))


def find_treated(o: Observations, cohorts: FloatArray, onsets: Sequence[FloatArray]) -> TreatedDraws:
    """Return who is treated from when in each of several assignments, each of shape (panel.n_units,)."""
    by_draw = np.stack([onset[o.unit_rows] for onset in onsets])
    last = o.period[np.flatnonzero(np.diff(o.unit, append=-1))]
    draw, units = np.nonzero(by_draw <= last)
    n_treated = np.bincount(draw, minlength=len(onsets))
    assert (n_treated == n_treated[0]).all()
    shape = len(onsets), int(n_treated[0])
    return TreatedDraws(units.reshape(shape), np.searchsorted(cohorts, by_draw[draw, units]).reshape(shape))


def build_noise(fit: Fit, estimates: Sequence[Estimate]) -> Noise:
    """Return the noise of the effects of some estimates, one after the other."""
    o, pool = fit.design.observations, find_units_with_trade(fit)
    cohorts = np.unique(o.unit_onset[o.is_ever_treated])
    rows, places, n_effects = [], [], sum(one.n_effects for one in estimates)
    for c, g in enumerate(cohorts):
        effect, row = np.nonzero(np.concatenate([_select_rows(o, one, float(g)) for one in estimates]))
        rows.append(row)
        places.append((o.unit[row] * cohorts.size + c) * n_effects + effect)
    size = np.zeros(o.n_units)
    size[pool] = score_sizes(measure_sizes(fit.design)[pool])
    average = fit.estimate.overall if isinstance(fit.estimate, CohortEffects) else None
    counts_alike = np.repeat([one is average for one in estimates], [one.n_effects for one in estimates])
    return Noise(o, cohorts, size, n_effects, np.concatenate(rows), np.concatenate(places), counts_alike)


def _select_rows(o: Observations, estimate: Estimate, onset: float) -> BoolArray:
    """Return the rows that each effect averages over if their unit's onset were this, (n_effects, n_rows)."""
    time = o.period - onset
    after = (time >= 0)[None]
    if isinstance(estimate, EventStudy):
        low, high = estimate.binned
        times = estimate.event_times
        clipped = np.clip(time, times.min() if low else -np.inf, times.max() if high else np.inf)
        return np.asarray(clipped == times[:, None])
    if isinstance(estimate, CohortEffects):
        is_own = (estimate.cohorts == onset) | (estimate.cohorts == POOLED)
        return np.asarray(is_own[:, None] & (time == estimate.event_times[:, None]))
    if estimate.kind == "cohort" and estimate.labels is not None:
        return np.asarray(after & (estimate.labels == onset)[:, None])
    if estimate.kind == "calendar" and estimate.labels is not None:
        return np.asarray(after & (o.period == estimate.labels[:, None]))
    return np.repeat(after, estimate.n_effects, axis=0)


def compute_linear_residuals(o: Observations, columns: FloatArray) -> FloatArray:
    """Return columns less what effects and covariates explain, shape (n_rows, n_columns)."""
    residualized = build_absorber(o.effect_codes(), o.weights).residualize(np.column_stack([columns, o.covariates]))
    values, covariates = residualized[:, : columns.shape[1]], residualized[:, columns.shape[1] :]
    if not covariates.shape[1]:
        return values
    root = np.sqrt(o.row_weights)[:, None]
    slopes = np.linalg.lstsq(root * covariates, root * values, rcond=None)[0]
    return np.asarray(values - covariates @ slopes)


def compute_poisson_residuals(o: Observations, factor: FloatArray) -> Residuals:
    """Return what the effects leave of outcomes over a factor, in a Poisson model without treatment."""
    y = o.y / factor
    fitted = fit_poisson(y, o.covariates, o.effect_codes(), o.weights)
    means = np.zeros(o.n_rows)
    means[fitted.rows] = fitted.mu
    return Residuals(np.where(means > 0, y - means, 0.0), means, True)
