"""Whether treated units moved differently already before the agreement: a joint test of the pre-period effects."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.pre_period.trend import PreEffects, compute_lever, compute_trend_regressor
from twintrade.diagnostics.variants import format_effect, simplify_inference
from twintrade.diagnostics.verdicts import LEVEL, judge_violation, read_yardstick
from twintrade.effects import Bands, CohortEffects, EventStudy, Finding, Verdict
from twintrade.errors import InferenceError, TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.base import fit as estimate
from twintrade.estimators.imputation import Imputation
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.inference.clustering import Reference, compute_joint_test, read_fewest_clusters, select_block
from twintrade.inference.jackknife import Jackknife
from twintrade.inference.multiplier import Multiplier
from twintrade.inference.reported import resolve_method
from twintrade.inference.scaled import Scaled
from twintrade.numerics.holm import adjust_holm
from twintrade.text import Listed, Text, find_fact, pack_text

CONTAMINATED = ("twfe", "ppml", "ppml_corrected")
"""Regressions whose leads over several cohorts hold effects after the agreement."""


@dataclass(frozen=True, slots=True)
class JointPre:
    """The joint test."""

    test: str  # "F", "Wald" or "randomization"
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
    """
    estimate = bands.estimate
    if not isinstance(estimate, EventStudy):
        raise InferenceError(Text("inference.no-event-study"))
    if "pretrend_p" in bands.facts:
        statistic, p = float(bands.facts["pretrend_statistic"]), float(bands.facts["pretrend_p"])
        n = int(bands.facts["pretrend_df"])
        return JointPre("randomization", statistic, n, float("nan"), p, n)
    if bands.covariance is None:
        raise InferenceError(
            Text("inference.no-joint-pre", inference=find_fact("labels.inference-", bands.inference))
        )
    pre = estimate.pre_effects()
    pre = pre[np.diag(bands.covariance)[pre] > 0]
    if pre.size == 0:
        raise InferenceError(Text("inference.no-pre-effect"))
    block, df = select_block(bands.covariance, pre), fill_missing_df(bands.df[pre[0]])
    test = compute_joint_test(estimate.effects[pre], block, df, read_fewest_clusters(bands.facts), reference)
    return JointPre(test.name, test.statistic, test.df1, test.df2, test.p, pre.size)


def fill_missing_df(df: float) -> float:
    """Return degrees of freedom, infinite where a method has none: then its covariance is taken as known."""
    return float("inf") if np.isnan(df) else float(df)


@dataclass(frozen=True, slots=True, eq=False)
class PreTested:
    """The tests of the effects before the agreement."""

    joint: JointPre
    cluster: str  # the dimension whose joint test objects least and is printed, "none" where there is one test
    # What the directional test and its power are made from; None where there is no covariance or no slope
    pre: PreEffects | None
    lever: float  # periods over which a trend would bias the headline

    @property
    def bound(self) -> float:
        """Largest bias that a straight line through the effects before could make if it went on, NaN if unknown."""
        return float("nan") if self.pre is None else self.pre.bound_slope() * self.lever


def find_clean_leads(fit: Fit) -> Fit:
    """Return a fit whose effects before the agreement hold none after it: imputation for a staggered regression.

    Leads of a two-way event study over several cohorts mix in effects after the agreement of other cohorts (Sun and
    Abraham 2021); those of imputation come from untreated rows alone. A regression of cells without leads compares
    with the same rows, so that imputation's are its own.
    """
    o = fit.design.observations
    cohorts = np.unique(o.unit_onset[o.is_ever_treated])
    is_contaminated = fit.estimator.name in CONTAMINATED and cohorts.size > 1
    if not is_contaminated and not has_no_leads(fit):
        return fit
    # On the scale of the fit, whose interval a trend's bias is held against.
    measures: dict[str, Literal["log_ratio", "difference", "percent"]] = {"percent": "percent", "level": "difference"}
    measure = measures.get(fit.estimate.scale, "log_ratio")
    clean = Imputation(family="poisson", measure=measure) if fit.estimator.is_poisson else Imputation()
    try:
        return estimate(clean, fit.design)
    except TwintradeError:
        return fit


def has_no_leads(fit: Fit) -> bool:
    """Whether a method compares with all untreated rows but estimates nothing before the agreement."""
    is_cells = isinstance(fit.estimate, CohortEffects) and fit.estimator.name == "etwfe"
    return is_cells and fit.design.comparison.uses_not_yet_treated


def run_pretests(shown: Fit, chosen: Inference, rng: np.random.Generator, reference: Reference) -> PreTested:
    """Test the effects before the agreement jointly, and in the direction of a straight line.

    Under multi-way clustering the joint test is that of the one dimension which objects least: a multi-way covariance
    is a difference, its smallest eigenvalues are too small, and a joint statistic divides by them. The largest
    p-value of the one-way tests keeps its size where the multi-way test does not.
    """
    method = resolve_method(shown, chosen)
    whole = chosen.infer(shown, "event", rng)
    names: tuple[str, ...] = ()
    if reference != "fixest" and isinstance(method, Clustered | Multiplier | Jackknife | Scaled):
        names = method.by or shown.design.clusters
    if len(names) < 2:
        joint, cluster, used = compute_joint_pretrend(whole, reference), "none", whole
    else:
        bands = {n: replace(method, by=(n,)).infer(shown, "event", rng) for n in names}  # type: ignore[type-var]
        joints = {n: compute_joint_pretrend(b, reference) for n, b in bands.items()}
        cluster = max(joints, key=lambda n: joints[n].p)
        joint, used = joints[cluster], bands[cluster]
    study = whole.estimate
    assert isinstance(study, EventStudy)
    return PreTested(joint, cluster, _collect_effects(whole, used), compute_lever(shown))


def _collect_effects(whole: Bands, used: Bands) -> PreEffects | None:
    study = whole.estimate
    assert isinstance(study, EventStudy)
    if used.covariance is None or whole.covariance is None:
        return None
    pre = study.pre_effects()
    pre = pre[np.diag(used.covariance)[pre] > 0]
    x = compute_trend_regressor(study, pre)
    if x is None or not pre.size:
        return None
    variance = float(x @ select_block(whole.covariance, pre) @ x / (x @ x) ** 2)
    df = fill_missing_df(whole.df[pre[0]])
    block, floor = select_block(used.covariance, pre), float(whole.facts.get("floor", 0.0))
    return PreEffects(study.effects[pre], block, variance, x, df, read_fewest_clusters(used.facts), floor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pretrends(Diagnostic):
    """Whether treated units moved differently before: a joint test, a directional one, and what could have been seen.

    Attributes
    ----------
    draws : int
        Under randomization, where the path has no reported bands; else the test rests on their draws.
    reference : {"hotelling", "fixest"}
        Distribution of the F statistic: F(k, G - k) after Hotelling, which keeps its size with few clusters, or
        F(k, G - 1), which fixest prints of the regression's own leads and which rejects too often unless G is large.
    """

    draws: int = 999
    reference: Reference = "hotelling"
    name: ClassVar[str] = "pretrends"
    citation: ClassVar[str] = "roth2022"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the smaller p-value of the two tests, Holm-adjusted; the table holds both."""
        shown = fit if self.reference == "fixest" else find_clean_leads(fit)
        if "event" not in shown.views:
            return self.unavailable(Text("checks.no-event-times", method=fit.estimator.title))
        try:
            tested = run_pretests(shown, simplify_inference(shown, inference, self.draws), rng, self.reference)
            yardstick = read_yardstick(inference.infer(fit, "overall", rng))
        except TwintradeError as error:
            return self.unavailable(error.text)
        joint, pre = tested.joint, tested.pre
        slope, slope_p = (pre.slope, pre.slope_p) if pre is not None else (np.nan, np.nan)
        p = adjust_holm(np.array([joint.p, slope_p]))
        verdict = judge_violation([joint.p, slope_p], tested.bound, yardstick.tolerance)
        table = pd.DataFrame(
            [
                (joint.test, joint.statistic, joint.df, joint.df2, joint.p, p[0]),
                ("slope", slope, np.nan, np.nan, slope_p, p[1]),
            ],
            columns=["test", "statistic", "df", "df2", "p", "p_holm"],
        ).assign(leads=shown.estimator.name, leads_text=pack_text(shown.estimator.title))
        table["test_text"] = [pack_text(find_fact("labels.statistic-", test)) for test in table["test"]]
        return Finding(
            diagnostic=self.name,
            verdict=verdict,
            text=_say(fit, shown, tested, verdict, yardstick.tolerance),
            value=float(np.nanmin(p)),
            unit="p",
            bound=tested.bound,
            tolerance=yardstick.tolerance,
            table=table if pre is not None else table.iloc[:1],
        )


def _say(fit: Fit, shown: Fit, tested: PreTested, verdict: Verdict, tolerance: float) -> Listed:
    joint, pre, scale = tested.joint, tested.pre, shown.estimate.scale
    texts = [
        Text(
            "checks.pretrends-joint",
            n=joint.n_effects,
            base=shown.estimate.base.replace(" ", "-"),
            differ="yes" if joint.p < LEVEL else "no",
            test=find_fact("labels.statistic-", joint.test),
            df=Listed(tuple(f"{df:.0f}" for df in (joint.df, joint.df2) if not np.isnan(df)), "comma"),
            statistic=joint.statistic,
            p=joint.p,
            cluster=tested.cluster,
        )
    ]
    if shown is not fit:
        texts.append(
            Text(
                "checks.pretrends-clean",
                method=fit.estimator.title,
                clean=shown.estimator.title,
                none="yes" if has_no_leads(fit) else "no",
            )
        )
    if pre is not None:
        texts.append(Text("checks.pretrends-slope", slope=format_effect(pre.slope, scale), p=pre.slope_p))
    texts.append(
        Text(
            "checks.pretrends-verdict",
            verdict=verdict.replace(" ", "-"),
            units=fit.design.panel.unit_kind,
            bounded="yes" if np.isfinite(tested.bound) else "no",
            bound=format_effect(tested.bound, scale),
            known="yes" if np.isfinite(tolerance) else "no",
            tolerance=format_effect(tolerance, fit.estimate.scale),
        )
    )
    return Listed(tuple(texts), "sentences")
