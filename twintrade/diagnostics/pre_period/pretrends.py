"""Whether treated units moved differently already before the agreement: a joint test of the pre-period effects."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
import scipy

from twintrade.diagnostics import variants
from twintrade.diagnostics.base import LEVEL as VERDICT_LEVEL
from twintrade.diagnostics.base import Diagnostic, Judgment, judge_bound, read_yardstick, require
from twintrade.effects import Bands, CohortEffects, EventStudy, Finding, TimedEffects
from twintrade.errors import InferenceError, TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.base import fit as estimate
from twintrade.estimators.imputation import Imputation
from twintrade.inference import clustering
from twintrade.inference.auto import resolve_method
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.inference.crv2 import Jackknife, Scaled
from twintrade.inference.wild import Multiplier
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.holm import adjust_holm
from twintrade.text import Listed, Text, find_fact, pack_text

# A straight line through the effects before the agreement: its test, and the bias it would make if it went on.

LEVEL = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class PreEffects:
    """Effects before the agreement as they are tested."""

    effects: FloatArray  # (k,)
    covariance: FloatArray  # (k, k): that the joint test uses
    # Of the slope, under the inference of the page: with several dimensions of clusters not that of one of them
    slope_variance: float
    # (k,): what a trend of one a period adds to each effect: the distance from the reference, or from the mean of the
    # times where effects are centred; one step where each is measured against the period before
    regressor: FloatArray
    # df, fewest: Of the t distribution of one effect; treated clusters where they are fewest, infinite where there
    # are none
    df: float
    fewest: float
    floor: float = 0.0  # smallest p-value that the inference can give, where it compares with draws

    @property
    def slope(self) -> float:
        """Least-squares slope a period."""
        return float(self._slopes(self.effects[None, :])[0])

    @property
    def slope_p(self) -> float:
        """Two-sided p-value of no slope, NaN where it has no error."""
        return float(self._slope_p(self.effects[None, :])[0])

    def bound_slope(self) -> float:
        """Return the larger end of the slope's 95 % interval in size, NaN where it has no error."""
        if not self.slope_variance > 0:
            return float("nan")
        width = clustering.compute_t_quantile(1 - LEVEL / 2, self.df) * float(np.sqrt(self.slope_variance))
        return abs(self.slope) + width

    def compute_power(self, slope: float, normal: FloatArray) -> float:
        """Return how often Holm over both tests objects to a trend, by standard normal draws (n_draws, k)."""
        return float(self._objects(self._draw(slope, normal)).mean())

    def average_passed(self, slope: float, normal: FloatArray) -> FloatArray:
        """Return the expected effects under a trend where neither test objects, shape (k,)."""
        drawn = self._draw(slope, normal)
        passed = ~self._objects(drawn)
        return np.asarray(drawn[passed].mean(axis=0)) if passed.any() else np.full(self.effects.size, np.nan)

    def _draw(self, slope: float, normal: FloatArray) -> FloatArray:
        values, vectors = np.linalg.eigh(self.covariance)
        return np.asarray(slope * self.regressor + normal @ (vectors * np.sqrt(np.clip(values, 0.0, None))).T)

    def _objects(self, effects: FloatArray) -> BoolArray:
        p = np.column_stack([self.compute_joint_p(effects), self._slope_p(effects)])
        return np.asarray(np.nanmin(p, axis=1) * (~np.isnan(p)).sum(axis=1) < LEVEL)

    def find_slope(self, power: float, normal: FloatArray) -> float:
        """Return the slope that is found with a given power, by bisection; infinite where none is."""
        high = np.sqrt(self.slope_variance) if self.slope_variance > 0 else np.sqrt(np.diag(self.covariance).max())
        low, steps = 0.0, 0
        while self.compute_power(high, normal) < power:
            low, high, steps = high, 2 * high, steps + 1
            if steps > 60:
                return float("inf")
        for _ in range(30):
            middle = (low + high) / 2
            low, high = (middle, high) if self.compute_power(middle, normal) < power else (low, middle)
        return float(high)

    def _slopes(self, effects: FloatArray) -> FloatArray:
        x = self.regressor
        return np.asarray(effects @ x / (x @ x))

    def _slope_p(self, effects: FloatArray) -> FloatArray:
        if not self.slope_variance > 0:
            return np.full(effects.shape[0], np.nan)
        t = np.abs(self._slopes(effects)) / np.sqrt(self.slope_variance)
        tail = scipy.special.ndtr(-t) if np.isinf(self.df) else scipy.special.stdtr(self.df, -t)
        return np.asarray(np.maximum(2 * tail, self.floor))

    def compute_joint_p(self, effects: FloatArray) -> FloatArray:
        """Return the p-value of all effects being zero, Hotelling's, by draw of the effects (n_draws, k)."""
        k = self.effects.size
        quadratic = np.einsum("ij,ij->i", effects @ np.linalg.inv(self.covariance), effects)
        if np.isinf(self.fewest):
            if np.isinf(self.df):
                return np.asarray(scipy.special.chdtrc(k, quadratic))
            return np.asarray(scipy.special.fdtrc(k, self.df, quadratic / k))
        scaled = quadratic / k * (self.fewest - k) / (self.fewest - 1)
        return np.asarray(scipy.special.fdtrc(k, self.fewest - k, scaled))


def compute_trend_regressor(study: EventStudy, pre: IntArray) -> FloatArray | None:
    """Return what a trend of one a period adds to each pre-period effect, None where the effects cannot show one."""
    times = study.event_times[pre].astype(np.float64)
    if study.base == "varying":
        return np.full(times.size, np.diff(study.event_times).min() if study.event_times.size > 1 else 1.0)
    if study.reference is not None and study.base == "universal":
        return np.asarray(times - study.reference)
    return times - times.mean() if times.size > 1 else None


def compute_lever(fit: Fit) -> float:
    """Return the periods over which a trend would bias the overall effect, NaN where nothing stands before and after.

    From a unit's reference, or the middle of its rows before where all are the base, to the mean time of its treated
    rows, whatever the window shows.
    """
    estimate, overall, o = fit.estimate, fit.view("overall"), fit.design.observations
    times, chosen = o.event_time, o.is_ever_treated[o.unit]
    assert isinstance(estimate, TimedEffects)
    if estimate.base == "universal" and overall.n_cells[0] < o.is_treated.sum():
        chosen &= (times >= estimate.event_times.min()) & (times <= estimate.event_times.max())
    after, before = chosen & (times >= 0), chosen & (times < -estimate.anticipation)
    later, weight = (np.bincount(o.unit, o.row_weights * after * x, o.n_units) for x in (times, np.ones(times.size)))
    if not (after.any() and before.any()):
        return np.nan
    if overall.against in ("reference", "last before"):
        reference = times[before].max() if estimate.reference is None else estimate.reference
        return float(later.sum() / weight.sum() - reference)
    early, rows = (np.bincount(o.unit, o.row_weights * before * x, o.n_units) for x in (times, np.ones(times.size)))
    known = (weight > 0) & (rows > 0)
    lever = later[known].sum() - (weight[known] * early[known] / rows[known]).sum()
    return float(lever / weight[known].sum()) if known.any() else np.nan


@dataclass(frozen=True, slots=True)
class JointPre:
    """The joint test."""

    test: str  # "F", "Wald" or "randomization"
    statistic: float
    df: float
    df2: float
    p: float
    n_effects: int


def compute_joint_pretrend(bands: Bands, reference: clustering.Reference = "hotelling") -> JointPre:
    """Test that all pre-period effects of an event study are zero.

    F with the degrees of freedom of the fewest treated clusters, Wald without clusters; under randomization the
    largest effect, each over its spread across the draws, against the same of every draw.
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
    require(pre.size > 0, Text("inference.no-pre-effect"))
    block, df = clustering.select_block(bands.covariance, pre), fill_missing_df(bands.df[pre[0]])
    fewest = clustering.read_fewest_clusters(bands.facts)
    test = clustering.compute_joint_test(estimate.effects[pre], block, df, fewest, reference)
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
    """Return a fit whose leads hold no effect after (Sun and Abraham 2021): by imputation if there are others."""
    o = fit.design.observations
    is_contaminated = fit.estimator.takes_treated and np.unique(o.unit_onset[o.is_ever_treated]).size > 1
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
    is_cells = isinstance(fit.estimate, CohortEffects) and not fit.estimator.has_leads
    return is_cells and fit.design.comparison.uses_not_yet_treated


def run_pretests(
    shown: Fit, chosen: Inference, rng: np.random.Generator, reference: clustering.Reference
) -> PreTested:
    """Test the effects before the agreement jointly, and in the direction of a straight line.

    The largest p-value of the one-way tests keeps its size, where a joint test divides by the smallest eigenvalues of
    a multi-way covariance, which is a difference.
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
    variance = float(x @ clustering.select_block(whole.covariance, pre) @ x / (x @ x) ** 2)
    df = fill_missing_df(whole.df[pre[0]])
    block, floor = clustering.select_block(used.covariance, pre), float(whole.facts.get("floor", 0.0))
    return PreEffects(study.effects[pre], block, variance, x, df, clustering.read_fewest_clusters(used.facts), floor)


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
    reference: clustering.Reference = "hotelling"
    name: ClassVar[str] = "pretrends"
    citation: ClassVar[str] = "roth2022"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the smaller p-value of the two tests, Holm-adjusted; the table holds both."""
        shown = fit if self.reference == "fixest" else find_clean_leads(fit)
        require("event" in shown.views, Text("checks.no-event-times", method=fit.estimator.title))
        tested = run_pretests(shown, variants.simplify_inference(shown, inference, self.draws), rng, self.reference)
        yardstick = read_yardstick(inference.infer(fit, "overall", rng))
        joint, pre = tested.joint, tested.pre
        slope, slope_p = (pre.slope, pre.slope_p) if pre is not None else (np.nan, np.nan)
        p = adjust_holm(np.array([joint.p, slope_p]))
        unsure = tested.bound - abs(slope * tested.lever)
        judged = judge_bound([joint.p, slope_p], tested.bound, yardstick, unsure)
        table = pd.DataFrame(
            [
                (joint.test, joint.statistic, joint.df, joint.df2, joint.p, p[0]),
                ("slope", slope, np.nan, np.nan, slope_p, p[1]),
            ],
            columns=["test", "statistic", "df", "df2", "p", "p_holm"],
        ).assign(leads=shown.estimator.name, leads_text=pack_text(shown.estimator.title))
        table["test_text"] = [pack_text(find_fact("labels.statistic-", test)) for test in table["test"]]
        text, shown_table = (
            _say(fit, shown, tested, float(p[0]), judged),
            table if pre is not None else table.iloc[:1],
        )
        return self.conclude(text, shown_table, judged, payloads={}, value=float(np.nanmin(p)), unit="p")


def _say(fit: Fit, shown: Fit, tested: PreTested, adjusted: float, judged: Judgment) -> Listed:
    joint, pre, scale = tested.joint, tested.pre, shown.estimate.scale
    texts = [
        Text(
            "checks.pretrends-joint",
            n=joint.n_effects,
            base=shown.estimate.base.replace(" ", "-"),
            differ="yes" if adjusted < VERDICT_LEVEL else "no",
            holm="yes" if joint.p < VERDICT_LEVEL <= adjusted else "no",
            adjusted=adjusted,
            test=find_fact("labels.statistic-", joint.test),
            df=Listed(tuple(f"{df:.0f}" for df in (joint.df, joint.df2) if not np.isnan(df)), "comma"),
            statistic=joint.statistic,
            p=joint.p,
            cluster=tested.cluster,
        )
    ]
    if shown is not fit:
        methods = {"method": fit.estimator.title, "clean": shown.estimator.title}
        texts.append(Text("checks.pretrends-clean", none="yes" if has_no_leads(fit) else "no", **methods))
    if pre is not None:
        texts.append(Text("checks.pretrends-slope", slope=variants.format_effect(pre.slope, scale), p=pre.slope_p))
    named = variants.name_judged(judged, scale) | variants.name_tolerance(judged.tolerance, fit.estimate.scale)
    texts.append(Text("checks.pretrends-verdict", units=fit.design.panel.unit_kind, **named))
    return Listed(tuple(texts), "sentences")


# How large a trend the test of the effects before the agreement would have missed (Roth 2022).


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrendPower(Diagnostic):
    """What a passed test of the effects before the agreement is worth: the power of the very test of ``pretrends``.

    Attributes
    ----------
    draws : int
        Normal draws from which power is counted.
    level : float
        Of the equivalence bound.
    """

    powers: tuple[float, ...] = (0.5, 0.8)
    draws: int = 4_000
    level: float = 0.95
    name: ClassVar[str] = "pretrend_power"
    citation: ClassVar[str] = "roth2022"
    payload_kinds: ClassVar = {"pretrend_power": "path"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the slopes found with given power; payload ``pretrend_power`` draws them beside the effects."""
        shown = find_clean_leads(fit)
        require("event" in shown.views, Text("checks.no-event-times", method=fit.estimator.title))
        tested = run_pretests(shown, variants.simplify_inference(shown, inference), rng, "hotelling")
        bands, covariance = variants.compute_event_bands(shown, inference, rng)
        study, pre, scale = bands.estimate, tested.pre, shown.estimate.scale
        if pre is None:
            return self.unavailable(Text("checks.pretrend-power-none"))
        assert isinstance(study, EventStudy)
        normal = rng.standard_normal((self.draws, pre.effects.size))
        used = np.flatnonzero(np.diag(covariance) > 0)
        times, rows = study.event_times[used], []
        distance: FloatArray = (times - (-1 if study.reference is None else study.reference)).astype(np.float64)
        drawn: dict[str, FloatArray] = {"estimate": study.effects[used]}
        for power in self.powers:
            slope = pre.find_slope(power, normal)
            passed = float(pre.average_passed(slope, normal) @ pre.regressor / (pre.regressor @ pre.regressor))
            rows.append((power, slope, slope * tested.lever, passed))
            label = str(Text("checks.pretrend-power-label", power=power))
            drawn[label] = slope * distance
        parts = [pd.DataFrame({"event_time": times, "series": k, "value": values}) for k, values in drawn.items()]
        if study.reference is not None and study.reference not in times:
            parts.append(pd.DataFrame({"event_time": study.reference, "series": list(drawn), "value": 0.0}))
        power, slope, bias, _ = rows[0]
        bound = compute_equivalence_bound(pre.effects, np.diag(pre.covariance), self.level)
        ends = variants.format_effects(scale, slope=slope, bias=bias, bound=bound)
        return self.conclude(
            Text("checks.pretrend-power", power=power, level=self.level, **ends),
            pd.DataFrame(rows, columns=["power", "slope", "bias_of_headline", "slope_seen_after_passing"]),
            payloads={"pretrend_power": pd.concat(parts, ignore_index=True).assign(unit=scale)},
            value=slope,
            unit=f"{scale} a period",
        )


def compute_equivalence_bound(effects: FloatArray, variances: FloatArray, level: float) -> float:
    """Return the smallest bound within which two one-sided tests put every effect (intersection-union test)."""
    return float((np.abs(effects) + clustering.compute_t_quantile(level, np.inf) * np.sqrt(variances)).max())
