"""Whether treated units moved differently already before the agreement: a joint test of the pre-period effects."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import compute_event_bands, simplify_inference
from twintrade.effects import Bands, EventStudy, Finding
from twintrade.effects.labels import label_event_times
from twintrade.errors import InferenceError, TwintradeError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.inference.clustering import Reference, compute_joint_test, read_fewest_clusters, select_block
from twintrade.inference.jackknife import Jackknife
from twintrade.inference.multiplier import Multiplier
from twintrade.inference.reported import resolve_method
from twintrade.text import Listed, Text


@dataclass(frozen=True, slots=True)
class JointPre:
    """The joint test.

    Attributes
    ----------
    test : str
        "F", "Wald" or "randomization".
    statistic, df, df2, p : float
    n_effects : int
    """

    test: str
    statistic: float
    df: float
    df2: float
    p: float
    n_effects: int


def compute_joint_pretrend(bands: Bands, reference: Reference = "hotelling") -> JointPre:
    """Test that all pre-period effects of an event study are zero.

    With a covariance: F, with the degrees of freedom of the dimension with the fewest treated clusters (Wald where
    the covariance does not come from clusters). Under randomization: the largest pre-period effect, each over its
    spread across the draws, against the same of every draw.

    Raises
    ------
    InferenceError
        There is no pre-period effect with a variance, or the covariance cannot tell so many effects apart.
    """
    estimate = bands.estimate
    if not isinstance(estimate, EventStudy):
        raise InferenceError("the estimate is no event study")
    if "pretrend_p" in bands.facts:
        statistic, p = float(bands.facts["pretrend_statistic"]), float(bands.facts["pretrend_p"])
        n = int(bands.facts["pretrend_df"])
        return JointPre("randomization", statistic, n, float("nan"), p, n)
    if bands.covariance is None:
        raise InferenceError(f"{bands.inference} gives no joint covariance of the pre-period effects")
    pre = estimate.pre_effects()
    pre = pre[np.diag(bands.covariance)[pre] > 0]
    if pre.size == 0:
        raise InferenceError("the window holds no pre-period effect that could be tested")
    block, df = select_block(bands.covariance, pre), fill_missing_df(bands.df[pre[0]])
    found = compute_joint_test(estimate.effects[pre], block, df, read_fewest_clusters(bands.facts), reference)
    return JointPre(found.name, found.statistic, found.df1, found.df2, found.p, pre.size)


def fill_missing_df(df: float) -> float:
    """Return degrees of freedom, infinite where a method has none: then its covariance is taken as known."""
    return float("inf") if np.isnan(df) else float(df)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pretrends(Diagnostic):
    """The joint pre-period test; passing it is weak evidence, failing it is an objection.

    Attributes
    ----------
    level : float
        The test objects below 1 - level.
    draws : int
        Under randomization, where the path has no reported bands; else the test rests on their draws.
    reference : {"hotelling", "fixest"}
        Distribution of the F statistic: F(k, G - k) after Hotelling, which keeps its size with few clusters, or
        F(k, G - 1), which fixest prints and which rejects too often unless G is large.
    """

    level: float = 0.95
    draws: int = 999
    reference: Reference = "hotelling"
    name: ClassVar[str] = "pretrends"
    citation: ClassVar[str] = "roth2022"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the joint test's p-value; the table holds test, statistic, degrees of freedom."""
        if "event" not in fit.views:
            return self.unavailable(Text("checks.no-event-times", method=fit.estimator.title))
        try:
            found, cluster = self._tested(fit, simplify_inference(fit, inference, self.draws), rng)
        except TwintradeError as error:
            return self.unavailable(error.text)
        is_failed = found.p < 1 - self.level
        text = Text(
            "checks.pretrends-objects" if is_failed else "checks.pretrends",
            n=found.n_effects,
            base=fit.estimate.base.replace(" ", "-"),
            test=found.test,
            df=Listed(tuple(f"{df:.0f}" for df in (found.df, found.df2) if not np.isnan(df)), "comma"),
            statistic=found.statistic,
            p=found.p,
            cluster=cluster,
            units=fit.design.panel.unit_kind,
        )
        table = pd.DataFrame(
            [(found.test, found.statistic, found.df, found.df2, found.p)],
            columns=["test", "statistic", "df", "df2", "p"],
        )
        return Finding(
            diagnostic=self.name,
            verdict="objects" if is_failed else "does not object",
            text=text,
            value=found.p,
            unit="p",
            table=table,
        )

    def _tested(self, fit: Fit, chosen: Inference, rng: np.random.Generator) -> tuple[JointPre, str]:
        """Return the joint test; under multi-way clustering that of the one dimension which objects least.

        A multi-way covariance is a difference: its smallest eigenvalues are too small, and a joint statistic divides
        by them. The largest p-value of the one-way tests keeps its size where the multi-way test does not.
        """
        method = resolve_method(fit, chosen)
        if self.reference == "fixest" or not isinstance(method, Clustered | Multiplier | Jackknife):
            return compute_joint_pretrend(chosen.infer(fit, "event", rng), self.reference), "none"
        names = method.by or fit.design.clusters
        if len(names) < 2:
            return compute_joint_pretrend(chosen.infer(fit, "event", rng), self.reference), "none"
        found = {
            n: compute_joint_pretrend(replace(method, by=(n,)).infer(fit, "event", rng), self.reference)
            for n in names
        }
        name = max(found, key=lambda n: found[n].p)
        return found[name], name


@dataclass(frozen=True, slots=True, kw_only=True)
class LevellingOff(Diagnostic):
    """Whether the effect has settled at the end of the window: equality of the last effects.

    Attributes
    ----------
    n_last : int
        How many of the last effects are compared.
    """

    n_last: int = 2
    level: float = 0.95
    name: ClassVar[str] = "levelling_off"
    citation: ClassVar[str] = "freyaldenhoven2021"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the p-value of equality of the last effects."""
        if "event" not in fit.views:
            return self.unavailable(Text("checks.no-event-times", method=fit.estimator.title))
        estimate = fit.view("event")
        assert isinstance(estimate, EventStudy)
        after = np.flatnonzero(estimate.event_times >= 0)
        if after.size < self.n_last or self.n_last < 2:
            return self.unavailable(Text("checks.levelling-off-few", n=after.size, compared=self.n_last))
        last = after[-self.n_last :]
        try:
            bands, covariance = compute_event_bands(fit, inference, rng)
        except TwintradeError as error:
            return self.unavailable(error.text)
        contrast = np.diff(np.eye(last.size), axis=0)
        block = contrast @ select_block(covariance, last) @ contrast.T
        df, fewest = fill_missing_df(bands.df[last[0]]), read_fewest_clusters(bands.facts)
        try:
            found = compute_joint_test(contrast @ estimate.effects[last], block, df, fewest)
        except TwintradeError as error:
            return self.unavailable(error.text)
        moves = found.p < 1 - self.level
        return Finding(
            diagnostic=self.name,
            verdict="informs",
            text=Text(
                "checks.levelling-off",
                times=Listed(label_event_times(estimate.event_times[last]), "comma"),
                moves="yes" if moves else "no",
                test=found.name,
                p=found.p,
            ),
            value=found.p,
            unit="p",
        )
