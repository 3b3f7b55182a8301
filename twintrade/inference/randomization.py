"""Randomization inference: how often onsets that were assigned otherwise produce an effect this large."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from twintrade.effects import Bands
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Facts
from twintrade.inference.refits.comparing import compare_refits, invert_views
from twintrade.inference.refits.dealing import FEWEST, deal_onsets
from twintrade.inference.refits.permutation import is_linear, permute
from twintrade.inference.refits.randomization_bands import Dealt
from twintrade.inference.refits.reassignment import Dealing
from twintrade.inference.refits.scheme import Across
from twintrade.inference.refits.score_randomization import Scored, compare_one_step_estimates, select_view
from twintrade.inference.refits.studentizing import build_studentizer
from twintrade.text import Text, Words

Statistic = Literal["default", "coefficient", "t", "score"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Randomization(Inference):
    """Exact tests of no effect on anybody: valid with few treated units, if onsets could have been dealt otherwise.

    Attributes
    ----------
    across : {"assigned", "labels", "strata", "units", "cities", "partners", "dates"}
        How onsets are re-assigned; cohort sizes are kept. "assigned": with the labels of cities and partners permuted
        at once, so that agreements stay clustered as they are, or within strata where that leaves fewer than 20
        assignments; where all leave fewer there is no p-value.
    draws : int
        All assignments are used instead where there are no more than this.
    statistic : {"default", "coefficient", "t", "score"}
        What is compared: the effect (every draw estimated anew); the effect over its clustered standard error; or the
        one-step estimate from the model without treatment, which needs no refit. By default the score for methods
        that are not linear and offer it, else the effect.
    noise : {"by_size", "equal"}
        "by_size": effects and scores are compared over the standard error that they have if small units are noisier
        than large ones, as residuals and each unit's own past say; "equal": as they are.
    intervals : bool
        Collect the constant effects that the test does not reject (a proportional effect for Poisson methods).
    strata : tuple of str
        For "strata": "size" (thirds) or columns of the panel, such as a region.
    signers : tuple of str
        Units, cities or partners that could have signed; all by default.
    level : float
    """

    across: Across | Literal["assigned"] = "assigned"
    draws: int = 999
    statistic: Statistic = "default"
    noise: Literal["by_size", "equal"] = "by_size"
    intervals: bool = True
    strata: tuple[str, ...] = ("size",)
    signers: tuple[str, ...] = ()
    level: float = 0.95
    name: ClassVar[str] = "randomization"
    citation: ClassVar[str] = "mackinnon2020"

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return p-values, and intervals by inversion."""
        return self.infer_views(fit, [view], rng)[view]

    def infer_views(self, fit: Fit, views: Sequence[View], rng: np.random.Generator) -> dict[View, Bands]:
        """Return bands for several views from the same draws.

        Raises
        ------
        InferenceError
            Only one assignment exists, no draw could be estimated, or the score was asked for and does not exist.
        """
        seed = int(rng.integers(2**31))
        dealing = deal_onsets(
            fit, self.across, self.draws, np.random.default_rng(seed), strata=self.strata, signers=self.signers
        )
        is_refused = self.across == "assigned" and dealing.scheme.n_assignments < FEWEST
        inverts_scores = self.intervals and fit.estimate.scale == "log points"
        # Scores are in log points: of an effect in another measure they give a p-value and no interval.
        by_score = self._scored(fit, dealing, inverts_scores)
        if by_score is not None:
            failures: dict[Words, int] = {}
            if by_score.n_lost:
                failures = {Text("inference.other-rows"): by_score.n_lost}
            how = self._how(dealing, len(dealing.onsets), failures, seed, "score", by_score.noise, is_refused)
            return {
                view: how.bands(select_view(fit, view, by_score), inverts_scores, asked=self.intervals)
                for view in views
            }
        is_t = self.statistic == "t"
        drawn = permute(fit, views, dealing.onsets, self.intervals, is_t)
        studentizer, kept = None, [dealing.onsets[k] for k in drawn.kept]
        if not is_t and self.noise == "by_size":
            studentizer = build_studentizer(fit, views, kept)
        noise = None if studentizer is None else studentizer.facts()
        statistic = "t" if is_t else "coefficient"
        how = self._how(dealing, drawn.n_draws, drawn.failures, seed, statistic, noise, is_refused)
        inverts = self.intervals and not is_refused
        ends = (invert_views(fit, drawn, kept, studentizer, self.level, is_t) if inverts else None) or {}
        return {
            view: how.bands(
                compare_refits(fit, view, drawn.views[view], studentizer, ends.get(view), is_t),
                view in ends,
                asked=self.intervals,
            )
            for view in views
        }

    def _how(
        self,
        dealing: Dealing,
        n_draws: int,
        failures: dict[Words, int],
        seed: int,
        statistic: str,
        noise: Facts | None,
        is_refused: bool,
    ) -> Dealt:
        scheme, is_complete = dealing.scheme, dealing.is_complete
        return Dealt(scheme, n_draws, failures, seed, is_complete, statistic, noise, is_refused, self.level)

    def _scored(self, fit: Fit, dealing: Dealing, has_intervals: bool) -> Scored | None:
        wanted = self.statistic == "score" or (self.statistic == "default" and not is_linear(fit))
        test = fit.estimator.score_test(fit.design) if wanted else None
        scored = None
        if test is not None:
            scored = compare_one_step_estimates(
                fit, test, dealing.onsets, has_intervals, self.level, self.noise == "by_size"
            )
        if scored is None and self.statistic == "score":
            raise InferenceError(
                f"{fit.estimator.name} offers no score test on this panel; use statistic = 'coefficient'"
            )
        return scored
