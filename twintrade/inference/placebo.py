"""Placebo in space: every donor takes the treated unit's onset in turn; the real effect is ranked among them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.design.case import Case
from twintrade.effects import Bands, Draws, Estimate, EventStudy, Message
from twintrade.effects.estimate import fill_absent
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.estimators.cases import SingleCase
from twintrade.fanout import Arrays, run_jobs, split_succeeded
from twintrade.inference.base import Inference, Refits, SharedInference
from twintrade.inference.clustered import Facts
from twintrade.inference.clustering.conventions import is_reference
from twintrade.inference.refits.few_treated import compute_two_sided_share, invert_randomization
from twintrade.inference.refits.permutation import align_values
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.testing import GapNoise, compute_placebo_rank, compute_rmspe_ratio
from twintrade.text import Text, Words

# Intervals of an estimate that comes as draws: quantiles, and a simultaneous band of the same shape.


@dataclass(frozen=True, slots=True)
class Posterior(Inference):
    """Equal-tailed intervals from draws."""

    level: float = 0.95
    name: ClassVar[str] = "posterior"
    citation: ClassVar[str] = "brodersen2015"

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return quantile intervals; p is twice the smaller tail probability of zero, at least 2 / (draws + 1)."""
        estimate = fit.view(view)
        if not isinstance(estimate.uncertainty, Draws):
            raise InferenceError(f"posterior needs draws and {fit.estimator.name} gives none; take placebo or hac")
        values = estimate.uncertainty.values
        n_draws = values.shape[0]
        tail = (1 - self.level) / 2
        low, high = np.quantile(values, [tail, 1 - tail], axis=0)
        se = values.std(axis=0, ddof=1)
        below = (values <= 0).sum(axis=0)
        p = np.minimum(1.0, 2 * (1 + np.minimum(below, n_draws - below)) / (n_draws + 1))
        moves = se > 1e-14 * np.maximum(np.abs(estimate.effects), 1e-300)
        widest = np.abs((values[:, moves] - estimate.effects[moves]) / se[moves]).max(axis=1, initial=0.0)
        critical = float(np.quantile(widest, self.level)) if moves.any() else 0.0
        p, low, high = np.where(moves, p, np.nan), np.where(moves, low, np.nan), np.where(moves, high, np.nan)
        return Bands(
            estimate=estimate,
            inference=self.name,
            level=self.level,
            se=np.where(moves, se, np.nan),
            low=low,
            high=high,
            p=p,
            df=fill_absent(estimate.n_effects),
            simultaneous_low=np.where(moves, estimate.effects - critical * se, np.nan),
            simultaneous_high=np.where(moves, estimate.effects + critical * se, np.nan),
            covariance=np.atleast_2d(np.cov(values, rowvar=False)),
            note=Text("inference.posterior", draws=n_draws),
            facts={"draws": n_draws, "critical_value": critical},
        )


FEWEST_BEFORE = 4  # fewest periods before the onset at which a single case is given a p-value


@dataclass(frozen=True, slots=True, kw_only=True)
class Placebo(SharedInference):
    """Inference for one treated unit: its rank among the donors, and nothing finer than 1 / (donors + 1).

    Attributes
    ----------
    keeps_treated : bool
        Whether the treated unit serves as a donor of the placebos; by default it is taken out, so that a real effect
        does not move them.
    noise : {"by_size", "equal"}
        "by_size": gaps are compared over the error that each case's size and its own past before the onset give it,
        since small pairs are noisier; "equal": as they are. Methods that are not made for one case compare as
        "equal" does.
    """

    keeps_treated: bool = False
    noise: Literal["by_size", "equal"] = "by_size"
    level: float = 0.95
    name: ClassVar[str] = "placebo"
    citation: ClassVar[str] = "abadie2010"

    def infer_views(self, fit: Fit, views: Sequence[View], rng: np.random.Generator) -> dict[View, Bands]:
        """Return bands for several views from the same placebos; bare ones with fewer than four periods before."""
        message = _too_few_before(fit)
        if message is not None:
            bare = {"note": message.text, "messages": (message,)}
            return {view: Bands.build(fit.view(view), self.name, self.level, **bare) for view in views}
        placebos = refit_donor_placebos(fit, views, self.keeps_treated)
        return {view: self._bands(fit, view, placebos) for view in views}

    def plan_refits(self, fit: Fit, views: Sequence[View]) -> Refits:
        """Return the number of donors; a single case with too few periods before the onset has no p-value."""
        _require_one_treated(fit)
        return Refits(is_silent=True) if _too_few_before(fit) else Refits(len(_list_places(fit, self.keeps_treated)))

    def _bands(self, fit: Fit, view: View, placebos: "DonorPlacebos") -> Bands:
        estimate, drawn = fit.view(view), placebos.effects[view]
        noise = placebos.noise if self.noise == "by_size" else GapNoise(np.ones(1 + len(placebos.donors)))
        reference = is_reference(estimate)
        p, low, high = (fill_absent(estimate.n_effects) for _ in range(3))
        for k in np.flatnonzero(~reference):
            others, effect = drawn[~np.isnan(drawn[:, k]), k], float(estimate.effects[k])
            if others.size:
                scale = noise.scales[0]
                moves = others * scale / noise.scales[1:][~np.isnan(drawn[:, k])]
                p[k] = compute_two_sided_share(effect, moves)
                low[k], high[k] = invert_randomization(effect, 1.0, moves, np.zeros(others.size), self.level)
        low[reference] = high[reference] = 0.0
        facts: Facts = {"n_donors": len(placebos.donors), "floor": placebos.floor}
        facts["failed_refits"] = len(placebos.failures)
        if np.isfinite(noise.p):
            facts |= {"noise_small_over_large": noise.small_over_large, "noise_by_size_p": noise.p}
        if isinstance(estimate, EventStudy):
            facts |= _ratio(estimate, drawn, _rivals(fit, estimate, placebos) if not self.keeps_treated else None)
        return Bands.build(
            estimate,
            self.name,
            self.level,
            low=np.where(np.isinf(low), np.nan, low),
            high=np.where(np.isinf(high), np.nan, high),
            p=p,
            note=Text(
                "inference.placebo",
                n=len(placebos.donors),
                treated=placebos.treated,
                keeps_treated=self.keeps_treated,
                floor=placebos.floor,
                noise="equal" if np.ptp(noise.scales) == 0 else "known" if np.isfinite(noise.p) else "unknown",
                ratio=noise.small_over_large,
                p=noise.p,
            ),
            facts=facts,
            messages=placebos.messages(self.level),
        )


@dataclass(frozen=True, slots=True, eq=False)
class DonorPlacebos:
    """Effects of the method with each donor in the treated unit's place."""

    treated: str
    donors: tuple[str, ...]  # those whose placebo was estimated, in the order of rows of `effects`
    # (n_donors, n_effects): in the order of the real estimate's effects, NaN where a placebo has none
    effects: Mapping[View, FloatArray]
    failures: tuple[tuple[str, Words], ...]  # donor and reason
    noise: GapNoise  # of the treated unit and the donors, in that order

    @property
    def floor(self) -> float:
        """Smallest p-value a rank among these donors can have."""
        return 1 / (len(self.donors) + 1)

    def messages(self, level: float) -> tuple[Message, ...]:
        """Return failures, and the absence of an interval where the floor is too high for one."""
        warnings = [
            Message("warning", "refit-failed", Text("inference.placebo-failed", donor=donor, reason=reason))
            for donor, reason in self.failures
        ]
        if self.floor > 1 - level:
            text = Text("inference.no-interval-donors", n=len(self.donors), floor=self.floor, level=level)
            warnings.append(Message("warning", "no-interval", text))
        return tuple(warnings)


def _too_few_before(fit: Fit) -> Message | None:
    """Return why a single case is given no p-value, None where it is."""
    if not isinstance(fit.estimator, SingleCase):
        return None
    n_before = int(fit.estimator.case(fit.design).is_before.sum())
    if n_before >= FEWEST_BEFORE:
        return None
    text = Text("inference.too-few-before", n=n_before, needed=FEWEST_BEFORE)
    return Message("warning", "few-periods-before", text)


def _require_one_treated(fit: Fit) -> int:
    treated = np.flatnonzero(fit.design.observations.is_ever_treated)
    if treated.size != 1:
        raise InferenceError(f"placebo in space needs exactly one treated unit and there are {treated.size}")
    return int(treated[0])


def _list_places(fit: Fit, keeps_treated: bool) -> dict[str, int]:
    """Return the donors that take the treated unit's place, with their positions."""
    o = fit.design.observations
    if isinstance(fit.estimator, SingleCase) and not keeps_treated:
        return {str(unit): j for j, unit in enumerate(fit.estimator.case(fit.design).units[1:])}
    return {str(o.unit_ids[j]): int(j) for j in np.flatnonzero(~o.is_ever_treated)}


def refit_donor_placebos(fit: Fit, views: Sequence[View], keeps_treated: bool = False) -> DonorPlacebos:
    """Refit with every comparison unit in the treated unit's place."""
    o, treated, places = fit.design.observations, _require_one_treated(fit), _list_places(fit, keeps_treated)
    real = {view: fit.view(view) for view in views}
    if isinstance(fit.estimator, SingleCase) and not keeps_treated:
        refits = run_jobs("placebo", _by_arrays, places, shared=(fit, fit.estimator.case(fit.design), real))
    else:
        design = fit.design if keeps_treated else fit.design.without([str(o.unit_ids[treated])])
        refits = run_jobs("placebo", _by_refit, places, shared=(fit, design, treated, real))
    done, failures = split_succeeded(refits)
    if not done:
        reason = failures[0][1] if failures else Text("inference.no-comparison")
        raise InferenceError(Text("inference.no-placebo", reason=reason))
    effects = {view: np.stack([one.values[view] for one in done if one.values is not None]) for view in views}
    donors = tuple(one.job for one in done)
    noise = GapNoise(np.ones(1 + len(donors)))
    if isinstance(fit.estimator, SingleCase) and not keeps_treated:
        case = fit.estimator.case(fit.design)
        cases = pd.Index(case.units.astype(str)).get_indexer(pd.Index([str(case.units[0]), *donors]))
        gaps = np.empty((cases.size, 0))
        if not fit.estimator.fits_before:
            before = [one.values["before"] for one in done if one.values is not None]
            gaps = np.vstack([fit.estimator.gaps(case)[case.is_before], *before])
        noise = fit.estimator.measure_noise(case, cases.astype(np.int64), gaps)
    return DonorPlacebos(str(o.unit_ids[treated]), donors, effects, tuple(failures), noise)


def _by_arrays(shared: tuple[Fit, Case, Mapping[View, Estimate]], place: int, rng: np.random.Generator) -> Arrays:
    """Return what a refit would return without building a design for the donor."""
    fit, case, real = shared
    assert isinstance(fit.estimator, SingleCase)
    placebo = case.placebo(place)
    study = fit.estimator.placebo_study(fit.design, placebo, fit.estimate.sample)
    effects = _in_order(real, Fit(fit.estimator, fit.design, study))
    if fit.estimator.fits_before:
        return effects
    return {**effects, "before": fit.estimator.gaps(placebo)[placebo.is_before]}


def _by_refit(
    shared: tuple[Fit, Design, int, Mapping[View, Estimate]], place: int, rng: np.random.Generator
) -> Arrays:
    fit, design, treated, real = shared
    o = fit.design.observations
    onset = fit.design.onset.copy()
    onset[o.unit_rows[treated]] = np.inf
    onset[o.unit_rows[place]] = o.unit_onset[treated]
    return _in_order(real, fit.refit(design.reassigned(onset)))


def _in_order(real: Mapping[View, Estimate], placebo: Fit) -> Arrays:
    return {view: align_values(estimate, placebo.view(view)) for view, estimate in real.items()}


def _rivals(fit: Fit, estimate: EventStudy, placebos: "DonorPlacebos") -> FloatArray | None:
    """Return the treated unit's effects without each donor, shape (n_donors, n_effects), None where not a case."""
    if not isinstance(fit.estimator, SingleCase):
        return None
    case = fit.estimator.case(fit.design)
    gaps = fit.estimator.rival_gaps(case)[np.flatnonzero(np.isin(case.units[1:], placebos.donors))]
    return np.asarray(gaps[:, np.searchsorted(case.event_times, estimate.event_times)])


def _ratio(estimate: EventStudy, drawn: FloatArray, rivals: FloatArray | None) -> Facts:
    """Rank the ratio after over before, each placebo against the treated unit without that donor if known."""
    pre, after = estimate.pre_effects(), estimate.event_times >= 0
    before = np.zeros(after.size, dtype=bool)
    before[pre] = True
    if not before.any() or not after.any():
        return {}
    ratios = compute_rmspe_ratio(np.vstack([estimate.effects, drawn]), before, after)
    if not np.isfinite(ratios[0]):
        return {}
    treated_ratio = ratios[0] if rivals is None else compute_rmspe_ratio(rivals, before, after)
    return {"rmspe_ratio": float(ratios[0]), "rmspe_ratio_p": compute_placebo_rank(treated_ratio, ratios[1:]).p}
