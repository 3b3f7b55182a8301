"""Errors under independent rows of one variance: what older papers print, for comparison with them."""

from dataclasses import dataclass
from typing import ClassVar

from twintrade.effects import Estimate
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit
from twintrade.inference.clustering.conventions import TWINTRADE, correct, describe_correction, get_convention
from twintrade.inference.dependence import Dependence, UnscaledCovariance
from twintrade.inference.refits.leave_out import get_regression
from twintrade.numerics.arrays import compact
from twintrade.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualVariances(Dependence):
    """Rows independent, with one variance; for Poisson regression a variance proportional to the mean.

    The proportion is estimated (Pearson's chi-squared over the rows), so that errors are the same in any unit of
    money. A variance equal to the mean is right for counts alone.
    Trade of one pair is dependent over time, so these errors are too small as a rule: no method of ``auto``.

    Attributes
    ----------
    correction : str
        "twintrade": N/(N−K) and t with N−K degrees of freedom. "fixest": for Poisson a variance equal to the mean,
        (N−1)/(N−K) and the normal, else the same. "none": no factor, and the normal. K counts slopes and all effects.
    """

    correction: str = TWINTRADE
    name: ClassVar[str] = "iid"
    citation: ClassVar[str] = "wooldridge2010"
    remedy: ClassVar[str] = "unit-or-city"

    def covariance(self, fit: Fit, estimate: Estimate) -> UnscaledCovariance:
        """Return the inverse information of the regression, times the variance of its residuals."""
        source = get_regression(estimate)
        if source is None:
            raise InferenceError(
                f"{self.name} needs the regression behind the estimate, and {fit.estimator.name} has none; "
                "cluster by unit or city"
            )
        rule, sample, o = get_convention(self.correction), estimate.sample, fit.design.observations
        effects = [compact(o.codes(name)[sample.rows]) for name in sample.effects]
        rows = compact(sample.rows)
        is_known = fit.estimator.is_poisson and self.correction == "fixest"
        correction = correct(rule, sample.n_rows, sample.n_slopes, effects, [rows], not is_known)
        spread = float(source.weights @ source.residuals**2) / sample.n_rows
        if is_known:
            # fixest takes the variance for known, and then one degree of freedom off the rows.
            spread = 1.0 - 1.0 / sample.n_rows
        covariance = source.selector.T @ source.bread @ source.selector * spread
        note = Text(
            "inference.independent",
            variance="mean" if is_known else "proportional" if fit.estimator.is_poisson else "one",
            dispersion=spread * correction.factor,
            correction=describe_correction(rule, correction),
        )
        return UnscaledCovariance(covariance, correction.factor, correction.df, sample.n_rows, note)
