"""Dyad-clustered errors whose residuals are freed of their leverage (Weidner and Zylkin 2021)."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, get_args

import numpy as np

from twintrade.effects import Bands
from twintrade.effects.cohort_influence import CorrectedInfluence, join_counts
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Facts, build_bands
from twintrade.inference.clustering.constant_effect import compute_sup_t, repair_covariance
from twintrade.inference.clustering.conventions import has_variance, list_variance_messages
from twintrade.text import Listed, Text

Adjusted = Literal["one_side", "both_sides"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeidnerZylkin(Inference):
    """Sandwich by dyad with the leverage-adjusted meat, times n/(n - 1), and t with n - 1 degrees of freedom.

    Residuals are freed of their leverage on both sides of the meat, as a jackknife does, or on one, as the authors do
    and as is right for counts; docs/lab/coverage.md compares them.

    Attributes
    ----------
    adjusted : {"both_sides", "one_side"}
        Residuals freed of their leverage twice in each product of the meat, or once, as the authors do.
    level : float
    draws : int
        Of the joint normal for the sup-t critical value.
    """

    adjusted: Adjusted = "both_sides"
    level: float = 0.95
    draws: int = 19_999
    name: ClassVar[str] = "weidner_zylkin"
    citation: ClassVar[str] = "weidner2021"

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return bands of a bias-corrected PPML estimate."""
        if self.adjusted not in get_args(Adjusted):
            raise InferenceError(f"adjusted is one of {', '.join(get_args(Adjusted))}, not {self.adjusted!r}")
        estimate = fit.view(view)
        influence = estimate.uncertainty
        if not isinstance(influence, CorrectedInfluence):
            raise InferenceError(f"weidner_zylkin needs the estimator ppml_corrected, not {fit.estimator.name}")
        n = influence.values.shape[0]
        if n < 2:
            raise InferenceError("there is one dyad only and no variance without a second")
        once = influence.adjusted.T @ influence.values
        once = 0.5 * (once + once.T) * n / (n - 1)
        twice = influence.adjusted.T @ influence.adjusted * n / (n - 1)
        covariance, negative = repair_covariance(once if self.adjusted == "one_side" else twice)
        usable = has_variance(estimate, np.sqrt(np.clip(np.diag(covariance), 0.0, None)))
        critical = compute_sup_t(covariance, usable, self.level, n - 1, rng, self.draws)
        note = Text(
            "inference.weidner-zylkin",
            n=n,
            adjusted=self.adjusted,
            is_repaired="yes" if negative.any() else "no",
            df=n - 1,
        )
        facts: Facts = {
            "clusters": join_counts({"dyad": n}),
            "critical_value": critical,
            "draws": self.draws,
            "fewest_clusters": n,
        }
        if self.adjusted == "both_sides":
            authors = np.sqrt(np.clip(np.diag(once)[usable], 0.0, None))
            names = [name for name, has in zip(estimate.names, usable, strict=True) if has]
            facts |= {f"one_side_se_{name}": float(se) for name, se in zip(names, authors, strict=True)}
            listed = Listed(tuple(Text("inference.error", value=float(se)) for se in authors), "comma")
            note = Text("inference.weidner-zylkin-beside", errors=note, authors=listed)
        bands = build_bands(estimate, self.name, self.level, covariance, usable, n - 1, critical, note, facts)
        messages = list_variance_messages(estimate, negative, usable, "leverage-adjusted", "both-sides")
        return replace(bands, messages=messages)
