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
    """Rows independent, with one variance; for Poisson regression a variance equal to the mean, as in a likelihood.

    Trade of one pair is dependent over time, so these errors are too small as a rule: no method of ``auto``.

    Attributes
    ----------
    correction : str
        "twintrade": N/(N−K) and t with N−K degrees of freedom. "fixest": for Poisson (N−1)/(N−K) and the normal,
        else the same. "none": no factor, and the normal. K counts slopes and every effect.
    """

    correction: str = TWINTRADE
    name: ClassVar[str] = "iid"
    citation: ClassVar[str] = "wooldridge2010"
    remedy: ClassVar[str] = "unit-or-city"

    def covariance(self, fit: Fit, estimate: Estimate) -> UnscaledCovariance:
        """Return the inverse information of the regression, times the residual variance of a linear one.

        Raises
        ------
        InferenceError
            No regression behind the estimate, or no degree of freedom.
        """
        source = get_regression(estimate)
        if source is None:
            raise InferenceError(
                f"{self.name} needs the regression behind the estimate, and {fit.estimator.name} has none; "
                "cluster by unit or city"
            )
        rule, sample, o = get_convention(self.correction), estimate.sample, fit.design.observations
        effects = [compact(o.codes(name)[sample.rows]) for name in sample.effects]
        rows = compact(sample.rows)
        correction = correct(rule, sample.n_rows, sample.n_slopes, effects, [rows], not fit.estimator.is_poisson)
        spread = float(source.weights @ source.residuals**2) / sample.n_rows
        if fit.estimator.is_poisson:
            # fixest takes the variance for known, and then one degree of freedom off the rows.
            spread = 1.0 - (self.correction == "fixest") / sample.n_rows
        covariance = source.selector.T @ source.bread @ source.selector * spread
        note = Text(
            "inference.independent",
            is_poisson="yes" if fit.estimator.is_poisson else "no",
            correction=describe_correction(rule, correction),
        )
        return UnscaledCovariance(covariance, correction.factor, correction.df, sample.n_rows, note)
