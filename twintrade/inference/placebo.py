"""Placebo in space: every donor takes the treated unit's onset in turn; the real effect is ranked among them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from twintrade.effects import Bands, Estimate, EventStudy, Message
from twintrade.effects.bands import absent
from twintrade.errors import InferenceError, TwintradeError
from twintrade.estimators.base import Fit, View
from twintrade.estimators.single_case import SingleCase
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Facts, is_reference
from twintrade.inference.inversion import inverted, two_sided_share
from twintrade.inference.permutation import aligned
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.placebo_rank import placebo_rank, rmspe_ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Placebo(Inference):
    """Inference for one treated unit: its rank among the donors, and nothing finer than 1 / (donors + 1).

    Attributes
    ----------
    keeps_treated : bool
        Whether the treated unit serves as a donor of the placebos; by default it is taken out, so that a real effect
        does not move them.
    level : float
    """

    keeps_treated: bool = False
    level: float = 0.95
    name: ClassVar[str] = "placebo"
    citation: ClassVar[str] = "abadie2010"
    works_on: ClassVar[Literal["influence", "draws", "refit", "any"]] = "refit"

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return rank p-values, and intervals of the constant effects that the rank does not reject."""
        return self.infer_views(fit, [view], rng)[view]

    def infer_views(self, fit: Fit, views: Sequence[View], rng: np.random.Generator) -> dict[View, Bands]:
        """Return bands for several views from the same placebos.

        Raises
        ------
        InferenceError
            Not exactly one treated unit, or no donor's placebo could be estimated.
        """
        placebos = donor_fits(fit, self.keeps_treated)
        return {view: self._bands(fit, view, placebos) for view in views}

    def _bands(self, fit: Fit, view: View, placebos: "DonorFits") -> Bands:
        estimate = fit.view(view)
        drawn = np.stack([aligned(estimate, f.view(view)) for f in placebos.fits])
        reference = is_reference(estimate)
        p, low, high = (absent(estimate.n_effects) for _ in range(3))
        for k in np.flatnonzero(~reference):
            others, own = drawn[~np.isnan(drawn[:, k]), k], float(estimate.effects[k])
            if others.size:
                p[k] = two_sided_share(own, others)
                low[k], high[k] = inverted(own, 1.0, others, np.zeros(others.size), self.level)
        low[reference] = high[reference] = 0.0
        facts = placebos.facts()
        if isinstance(estimate, EventStudy):
            facts |= _ratio(estimate, drawn)
        return Bands(
            estimate=estimate,
            inference=self.name,
            level=self.level,
            se=absent(estimate.n_effects),
            low=np.where(np.isinf(low), np.nan, low),
            high=np.where(np.isinf(high), np.nan, high),
            p=p,
            df=absent(estimate.n_effects),
            simultaneous_low=absent(estimate.n_effects),
            simultaneous_high=absent(estimate.n_effects),
            note=(
                f"Placebo in space: rank among {len(placebos.fits)} donors that take {placebos.treated}'s onset "
                "in turn, "
                f"{'which stays a donor' if self.keeps_treated else 'itself left out'}; "
                f"smallest attainable p {placebos.floor:.3g}"
            ),
            facts=facts,
            messages=placebos.messages(self.level),
        )


@dataclass(frozen=True, slots=True, eq=False)
class DonorFits:
    """The method refitted with each donor in the treated unit's place.

    Attributes
    ----------
    treated : str
    donors : tuple of str
        Those whose placebo was estimated, in the order of ``fits``.
    fits : tuple of Fit
    failures : tuple of (str, str)
        Donor and reason.
    """

    treated: str
    donors: tuple[str, ...]
    fits: tuple[Fit, ...]
    failures: tuple[tuple[str, str], ...]

    @property
    def floor(self) -> float:
        """Smallest p-value a rank among these donors can have."""
        return 1 / (len(self.fits) + 1)

    def facts(self) -> Facts:
        """Return what the report prints."""
        return {"n_donors": len(self.fits), "floor": self.floor, "failed_refits": len(self.failures)}

    def messages(self, level: float) -> tuple[Message, ...]:
        """Return failures, and the absence of an interval where the floor is too high for one."""
        found = [
            Message("warning", "refit-failed", f"the placebo of donor {donor} failed: {reason}")
            for donor, reason in self.failures
        ]
        if self.floor > 1 - level:
            n, percent = len(self.fits), f"{100 * level:g}"
            text = f"with {n} donors no p-value is below {self.floor:.3g}: there is no {percent} % interval"
            found.append(Message("warning", "no-interval", text))
        return tuple(found)


def donor_fits(fit: Fit, keeps_treated: bool = False) -> DonorFits:
    """Refit with every comparison unit in the treated unit's place.

    Raises
    ------
    InferenceError
        Not exactly one treated unit, or no placebo could be estimated.
    """
    o = fit.design.observations
    treated = np.flatnonzero(o.is_ever_treated)
    if treated.size != 1:
        raise InferenceError(f"placebo in space needs exactly one treated unit and there are {treated.size}")
    unit = str(o.unit_ids[treated[0]])
    if isinstance(fit.estimator, SingleCase) and not keeps_treated:
        return _found(unit, _by_arrays(fit, fit.estimator))
    onset = float(o.unit_onset[treated[0]])
    design = fit.design if keeps_treated else fit.design.without([unit])
    tried: list[tuple[str, Fit | str]] = []
    for place in np.setdiff1d(np.arange(o.n_units), treated):
        other = fit.design.onset.copy()
        other[o.unit_rows[treated[0]]] = np.inf
        other[o.unit_rows[place]] = onset
        donor = str(o.unit_ids[place])
        try:
            tried.append((donor, fit.refit(design.reassigned(other))))
        except TwintradeError as error:
            tried.append((donor, str(error)))
    return _found(unit, tried)


def _by_arrays(fit: Fit, estimator: SingleCase) -> Iterator[tuple[str, Fit | str]]:
    """Yield the same refits without building a design for each donor."""
    for placebo in estimator.case(fit.design).placebos():
        try:
            study = estimator.placebo_study(fit.design, placebo, fit.estimate.sample)
            yield str(placebo.units[0]), Fit(estimator, fit.design, study)
        except TwintradeError as error:
            yield str(placebo.units[0]), str(error)


def _found(unit: str, tried: Iterable[tuple[str, Fit | str]]) -> DonorFits:
    outcomes = list(tried)
    done = [(donor, found) for donor, found in outcomes if isinstance(found, Fit)]
    failures = tuple((donor, found) for donor, found in outcomes if isinstance(found, str))
    if not done:
        reason = failures[0][1] if failures else "there is no comparison unit"
        raise InferenceError(f"no placebo in space could be estimated: {reason}")
    return DonorFits(unit, tuple(d for d, _ in done), tuple(f for _, f in done), failures)


def _ratio(estimate: Estimate, drawn: FloatArray) -> Facts:
    """Rank the ratio of the root mean squared effects after and before the onset."""
    assert isinstance(estimate, EventStudy)
    pre, after = estimate.pre_effects(), estimate.event_times >= 0
    before = np.zeros(after.size, dtype=bool)
    before[pre] = True
    if not before.any() or not after.any():
        return {}
    ratios = rmspe_ratio(np.vstack([estimate.effects, drawn]), before, after)
    if not np.isfinite(ratios[0]):
        return {}
    return {"rmspe_ratio": float(ratios[0]), "rmspe_ratio_p": placebo_rank(float(ratios[0]), ratios[1:]).p}
