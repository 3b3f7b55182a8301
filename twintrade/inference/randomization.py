"""Randomization inference: how often onsets that were assigned otherwise produce an effect this large."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, Literal

import numpy as np

from twintrade.effects import Bands, Estimate
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.inference.base import Refits, SharedInference
from twintrade.inference.refits import comparing, studentizing
from twintrade.inference.refits.comparing import DrawRecord
from twintrade.inference.refits.dealing import FEWEST, deal_onsets
from twintrade.inference.refits.paired import KnownDraws, keep_draws
from twintrade.inference.refits.permutation import is_linear, permute
from twintrade.inference.refits.reassignment import Across, Dealing
from twintrade.inference.refits.studentizing import OneStepDraws
from twintrade.text import Text

Statistic = Literal["default", "coefficient", "t", "score"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Randomization(SharedInference):
    """Exact tests of no effect on anybody: valid with few treated units, if onsets could have been dealt otherwise.

    Attributes
    ----------
    across : {"assigned", "labels", "strata", "units", "cities", "partners", "dates", "hazard"}
        How onsets are re-assigned; cohort sizes are kept. "assigned": with the labels of cities and partners permuted
        at once, so that agreements stay clustered as they are, or within strata where that leaves fewer than 20
        assignments; where all leave fewer there is no p-value. "hazard": as likely as a hazard of signing says, and
        effects are compared less their mean over the assignments (Borusyak and Hull 2023).
    draws : int
        All assignments are used instead where there are no more than this.
    statistic : {"default", "coefficient", "t", "score"}
        What is compared: the effect (every draw estimated anew); the effect over its clustered standard error; or the
        one-step estimate from the model without treatment, which needs no refit. By default the score for methods
        that are not linear and offer it, else the effect.
    noise : {"by_size", "by_row", "equal"}
        "by_size": effects and scores are compared over the standard error that they have if small units are noisier
        than large ones, as residuals and each unit's own past say; "by_row": the same, and for headlines with
        the noise of comparison rows, which single rows can carry; "equal": as they are.
    intervals : bool
        Collect the constant effects that the test does not reject (a proportional effect for Poisson methods).
    strata : tuple of str
        For "strata": "size" (thirds) or columns of the panel, such as a region.
    signers : tuple of str
        Units, cities or partners that could have signed; all by default.
    hazard : tuple of str
        What the log hazard depends on: "size" (log flow before the first agreement), "growth" (own log growth over
        the two years before each date), "city_size", "partner_size", columns of the panel as they were before each
        date; "size:imports" and "growth:imports" are those of another column.
    """

    across: Across | Literal["assigned"] = "assigned"
    draws: int = 999
    statistic: Statistic = "default"
    noise: Literal["by_size", "by_row", "equal"] = "by_size"
    intervals: bool = True
    strata: tuple[str, ...] = ("size",)
    signers: tuple[str, ...] = ()
    hazard: tuple[str, ...] = ("size", "growth")
    level: float = 0.95
    name: ClassVar[str] = "randomization"
    citation: ClassVar[str] = "mackinnon2020"

    def infer_views(self, fit: Fit, views: Sequence[View], rng: np.random.Generator) -> dict[View, Bands]:
        """Return bands for several views from the same draws."""
        seed = int(rng.integers(2**31))
        dealing = self.deal(fit, self.draws, np.random.default_rng(seed))
        is_refused = self._is_refused(dealing)
        is_t, dealt = self.statistic == "t", self._deal_one_step(fit, views, dealing)
        if dealt is None:
            drawn, near = permute(fit, views, dealing.onsets, self.intervals, is_t), None
        else:
            after, shown = comparing.find_effect_after(fit), {view: fit.view(view) for view in views}
            drawn, near = studentizing.permute_one_step(dealt, shown, len(dealing.onsets), after, self.intervals)
        if "overall" in views:
            keep_draws(fit, KnownDraws(asdict(self), seed, dealing, drawn.kept, drawn.views["overall"]))
        studentizer, kept = None, [dealing.onsets[k] for k in drawn.kept]
        if not is_t and self.noise != "equal":
            studentizer = studentizing.build_studentizer(
                fit, views, kept, by_row=self.noise == "by_row", one_step=dealt
            )
            if near is not None:
                studentizer.learn(near, after)
            if dealt is not None:
                studentizer.learn(dealt.model.under_none)
        if self.across == "hazard":
            drawn = comparing.take_off_means(drawn)
        noise = None if studentizer is None else studentizer.facts()
        statistic = "t" if is_t else "coefficient" if dealt is None else "score"
        scheme, n_draws, is_complete = dealing.scheme, drawn.n_draws, dealing.is_complete
        is_by_row = studentizer is not None and self.noise == "by_row"
        options = statistic, noise, is_by_row, is_refused, self.level
        how = DrawRecord(scheme, n_draws, drawn.failures, seed, is_complete, *options)
        inverts = self.intervals and not is_refused
        ends = (
            comparing.invert_views(fit, drawn, kept, studentizer, self.level, is_t, dealt) if inverts else None
        ) or {}
        return {
            view: how.bands(
                comparing.compare_refits(fit, view, drawn.views[view], studentizer, ends.get(view), is_t),
                view in ends,
                asked=self.intervals,
            )
            for view in views
        }

    def plan_refits(self, fit: Fit, views: Sequence[View]) -> Refits:
        """Return the number of assignments that are compared, counted once; from too few there is no p-value."""
        asked = "refits", self.across, self.draws, self.statistic, self.strata, self.signers, self.hazard
        known: tuple[Estimate, Refits] | None = fit.design.workings.get(asked)
        if known is None or known[0] is not fit.estimate:
            dealing = self.deal(fit, self.draws, np.random.default_rng(0))
            known = fit.estimate, Refits(len(dealing.onsets), self._is_refused(dealing))
            fit.design.workings[asked] = known
        return known[1]

    def _is_refused(self, dealing: Dealing) -> bool:
        return self.across == "assigned" and dealing.scheme.n_assignments < FEWEST

    def deal(self, fit: Fit, draws: int, rng: np.random.Generator) -> Dealing:
        """Return so many assignments, or all there are."""
        if self.across == "hazard" and self.statistic == "t":
            raise InferenceError(Text("inference.hazard-t"))
        how = {"strata": self.strata, "signers": self.signers, "hazard": self.hazard}
        return deal_onsets(fit, self.across, draws, rng, **how)

    def _deal_one_step(self, fit: Fit, views: Sequence[View], dealing: Dealing) -> OneStepDraws | None:
        """Return the draws to be estimated in one step from the model without treatment; None for refits."""
        wanted = self.statistic == "score" or (self.statistic == "default" and not is_linear(fit))
        model = fit.estimator.one_step(fit.design) if wanted else None
        if model is None and self.statistic == "score":
            raise InferenceError(
                f"{fit.estimator.name} offers no score test on this panel; use statistic = 'coefficient'"
            )
        if model is None:
            return None
        dealt = studentizing.build_draws(studentizing.keep_shown(model, views), dealing.onsets)
        return dealt.take_out_undetermined() if self.noise == "by_row" and "overall" in views else dealt
