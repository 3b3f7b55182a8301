"""Untreated outcomes of treated rows: a model of untreated rows alone, predicted where those rows identify it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twintrade.design import Design, Observations
from twintrade.design.fixed_effects import name_effect
from twintrade.effects import Dropped
from twintrade.errors import EstimationError
from twintrade.estimators.regression.cell_fit import Family, fit_slopes, list_determined, list_separated_rows
from twintrade.numerics import linear
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, sum_by_group
from twintrade.text import Listed, Text, Words

REACH = 1e-7  # relative distance at which a covariate is another than untreated rows determine it to be


@dataclass(frozen=True, slots=True, eq=False)
class Counterfactual:
    """Untreated outcomes of treated rows, with what their influence needs. Rows are positions in the observations."""

    o: Observations
    fit_rows: IntArray  # (n_fit,): untreated rows in the fit
    rows: IntArray  # (n_new,): affected rows whose untreated outcome is identified
    unknown: IntArray  # (n_unknown,): affected rows that are not identified
    predicted: FloatArray  # (n_new,): untreated outcome (for Poisson the mean, not its logarithm)
    residuals: FloatArray  # (n_fit,): residuals; for Poisson working residuals (y - mu) / mu
    codes: tuple[IntArray, ...]  # (n_rows,)
    slopes: FloatArray  # (n_covariates,): zero for those that untreated rows determine
    effects: Sequence[FloatArray]  # by effect, the value of each level; only their sums are identified
    weights: FloatArray | None  # (n_fit,): weights of the projection; for Poisson they include the mean
    statistics: dict[str, float]
    dropped: tuple[Dropped, ...]

    @property
    def codes_fit(self) -> list[IntArray]:
        """Levels of the effects in the fit's rows."""
        return [c[self.fit_rows] for c in self.codes]

    @property
    def codes_new(self) -> list[IntArray]:
        """Levels of the effects in the predicted rows."""
        return [c[self.rows] for c in self.codes]

    def projection_weights(self, v: FloatArray) -> FloatArray:
        """Return the weight of each fit row in sums of the linear predictor weighted by ``v``, (n_fit, k)."""
        x = self.o.covariates
        return linear.compute_projection_weights(
            self.codes_fit, self.codes_new, v, x[self.fit_rows], x[self.rows], weights=self.weights
        )

    def prediction_influence(self, v: FloatArray) -> FloatArray:
        """Return the influence of each fit row on the same sums, shape (n_fit, k)."""
        return self.projection_weights(v) * self.residuals[:, None]


def fit_counterfactual(
    o: Observations, family: Family, *, is_refit: bool = False, held_out: BoolArray | None = None
) -> Counterfactual:
    """Fit effects and covariates on untreated rows and predict the affected ones, or untreated ``held_out`` ones."""
    is_new = o.is_affected if held_out is None else held_out
    untreated = np.flatnonzero(~(o.is_affected | is_new))
    if untreated.size == 0:
        raise EstimationError("no untreated row is left to fit the effects on; start the sample earlier")
    codes = tuple(o.effect_codes())
    x = o.covariates[untreated]
    fitted = fit_slopes(o, family, x, [c[untreated] for c in codes], o.covariate_names, untreated)
    slopes, effects = fitted.spread(x.shape[1]), fitted.solve_effects(o.y[untreated], x)
    affected, fit_rows = np.flatnonzero(is_new), fitted.rows
    codes_fit = [c[fit_rows] for c in codes]
    known = linear.find_identified(codes_fit, [c[affected] for c in codes])
    unknown = list_unidentified(o, affected[~known], codes, fit_rows)
    no_slope = np.zeros_like(known)
    no_slope[known] = ~_within_reach(o, fit_rows, fitted.fit.kept, codes, affected[known])
    if no_slope.any():
        names = [o.covariate_names[j] for j in np.setdiff1d(np.arange(x.shape[1]), fitted.fit.kept)]
        sentence = Text("estimators.no-slope-imputed", covariates=Listed(tuple(names)))
        unknown += (_listed(o, "unidentified-covariate", sentence, affected[no_slope]),)
    known &= ~no_slope
    rows = affected[known]
    if not (o.is_treated if held_out is None else held_out)[rows].any():
        listed = Listed(tuple(Text("design.rows-left-out", n=d.n_rows, what=d.text) for d in unknown), "semicolon")
        raise EstimationError(Text("estimators.nothing-imputed", why=listed))
    eta = o.covariates[rows] @ slopes
    for spread, code in zip(effects, codes, strict=True):
        eta = eta + spread[code[rows]]
    separated = list_separated_rows(o, fitted.separated, untreated)
    absorbed = list_determined("estimators.covariate-determined", fitted.fit.collinear)
    statistics = fitted.statistics if family == "poisson" or x.shape[1] else {}
    if family == "poisson":
        statistics["n_without_outcome_before"] = _n_without_outcome_before(o)
    return Counterfactual(
        o=o,
        fit_rows=fit_rows,
        rows=rows,
        unknown=affected[~known],
        predicted=np.exp(eta) if family == "poisson" else eta,
        residuals=fitted.fit.residuals,
        codes=codes,
        slopes=slopes,
        effects=effects,
        weights=o.weights_of(fit_rows) if family == "linear" else fitted.weights,
        statistics={
            **statistics,
            "n_untreated_rows": float(fit_rows.size),
            "n_unidentified": float((~known).sum()),
            **({} if is_refit else {"n_leverage_one": float(linear.find_leverage_one(codes_fit).sum())}),
        },
        dropped=(*separated, *absorbed, *unknown),
    )


def _n_without_outcome_before(o: Observations) -> float:
    """Return how many treated units have untreated rows, all of them zero: a ratio to what they had is none."""
    is_before = ~o.is_affected
    rows = np.bincount(o.unit[is_before], minlength=o.n_units)
    sums = np.bincount(o.unit[is_before], np.abs(o.y[is_before]), o.n_units)
    return float((o.is_ever_treated & (rows > 0) & (sums == 0)).sum())


def _within_reach(
    o: Observations, fit_rows: IntArray, kept: IntArray, codes: tuple[IntArray, ...], rows: IntArray
) -> BoolArray:
    """Whether covariates without a slope are, in each row, what they are determined to be among untreated rows."""
    x = o.covariates
    inside = np.ones(rows.size, dtype=bool)
    lost = np.setdiff1d(np.arange(x.shape[1]), kept)
    if not lost.size:
        return inside
    effects = build_absorber([c[fit_rows] for c in codes])
    for j in lost:
        fitted_values = x[fit_rows, j]
        slopes = linear.fit_least_squares(fitted_values, x[np.ix_(fit_rows, kept)], effects).coefficients
        implied = x[np.ix_(rows, kept)] @ slopes
        spread = effects.effect_coefficients(fitted_values - x[np.ix_(fit_rows, kept)] @ slopes)
        for one, code in zip(spread, codes, strict=True):
            implied = implied + one[code[rows]]
        inside &= np.abs(x[rows, j] - implied) <= REACH * np.abs(x[:, j]).max()
    return inside


def list_unidentified(
    o: Observations, rows: IntArray, codes: tuple[IntArray, ...], fit_rows: IntArray
) -> tuple[Dropped, ...]:
    """List treated rows that cannot be imputed, each under the first effect that has no untreated row for it."""
    out = []
    left = np.ones(rows.size, dtype=bool)
    for name, code in zip(o.effect_names, codes, strict=True):
        lacking: BoolArray = left & ~np.isin(code[rows], code[fit_rows])
        if lacking.any():
            sentence = Text("estimators.level-not-imputed", effect=name_effect(name))
            out.append(_listed(o, f"unidentified-{name.replace('_', '-')}", sentence, rows[lacking]))
        left &= ~lacking
    if left.any():
        sentence = Text("estimators.unconnected-not-imputed")
        out.append(_listed(o, "unidentified-unconnected", sentence, rows[left]))
    return tuple(out)


def _listed(o: Observations, reason: str, sentence: Words, rows: IntArray) -> Dropped:
    has_treated_row = np.bincount(o.unit[o.is_affected], minlength=o.n_units)
    lost = np.bincount(o.unit[rows], minlength=o.n_units)
    n_lost = int(((lost > 0) & (lost == has_treated_row)).sum())
    return Dropped(reason, sentence, int(rows.size), n_lost, o.labels(rows))


# Outcomes of treated units in total, beside what they are imputed to have been without the agreement.


@dataclass(frozen=True, slots=True, eq=False)
class TreatedTotals:
    """Sums over the treated rows of each unit that can be imputed, by sampling weight where rows have one."""

    units: tuple[str, ...]  # largest imputed total first
    observed: FloatArray  # observed, imputed: (n_units,)
    imputed: FloatArray

    @property
    def shares(self) -> FloatArray:
        """Share of each unit in the imputed total."""
        return np.asarray(self.imputed / self.imputed.sum())

    @property
    def n_effective(self) -> float:
        """One over the sum of squared shares: how many units of equal size would weigh as these do."""
        return float(1 / (self.shares**2).sum())

    def percent(self, left_out: int | None = None) -> float:
        """Return the percent change of the total, of all units or without one of them."""
        used = np.arange(self.imputed.size) != (-1 if left_out is None else left_out)
        return float(100 * (self.observed[used].sum() / self.imputed[used].sum() - 1))


@dataclass(frozen=True, slots=True, eq=False)
class TreatedRows:
    """Treated rows that Poisson can impute from untreated ones; outcomes by sampling weight, if there is one."""

    design: Design
    rows: IntArray  # (n_rows,): positions in the observations
    observed: FloatArray  # observed, imputed: (n_rows,)
    imputed: FloatArray

    def sum_by(self, codes: IntArray, n: int) -> tuple[FloatArray, FloatArray]:
        """Return observed and imputed outcomes by a code of the observations, each of shape (n,)."""
        at = codes[self.rows]
        return sum_by_group(self.observed, at, n), sum_by_group(self.imputed, at, n)


def impute_treated_rows(design: Design) -> TreatedRows:
    """Impute treated rows by Poisson from untreated ones."""
    o = design.observations
    c = fit_counterfactual(o, "poisson")
    is_after = o.is_treated[c.rows]
    rows = c.rows[is_after]
    weights = o.row_weights[rows]
    return TreatedRows(design, rows, weights * o.y[rows], weights * c.predicted[is_after])


def impute_treated_totals(design: Design) -> TreatedTotals:
    """Sum treated rows, and what they are imputed to have been, within units."""
    o, imputed_rows = design.observations, impute_treated_rows(design)
    observed, imputed = imputed_rows.sum_by(o.unit, o.n_units)
    present = np.unique(o.unit[imputed_rows.rows])
    order = present[np.argsort(-imputed[present], kind="stable")]
    return TreatedTotals(tuple(str(u) for u in o.unit_ids[order]), observed[order], imputed[order])
