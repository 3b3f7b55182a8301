"""How one flow moved against its city's other flows and its destination's other flows at once."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from twintrade.design import Design
from twintrade.design.case import Case, remove_seasons
from twintrade.effects.estimate import Scale
from twintrade.errors import EstimationError
from twintrade.estimators.base import Requires
from twintrade.estimators.cases.single_case import SingleCase
from twintrade.estimators.sentences import describe_design
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.text import Text

LARGEST = 600.0
"""Largest effect taken out of a flow, in log points: beyond it the flow would no longer be a number."""


@dataclass(frozen=True, slots=True)
class DoubleRatio(SingleCase):
    """The log double ratio of one treated dyad, before and after.

    With X of city c, partner j, period t, and every sum over the design's untreated dyads that leave the dyad out,

        d_t = ln X_cjt - ln sum_k≠j X_ckt - ln sum_i≠c X_ijt + ln sum_i≠c,k≠j X_ikt.

    Where the design holds donors of one margin only (donor set A or B), the other margin drops out and d_t is a
    single log ratio. In quarters and months its seasonal means before the onset are taken out. Nothing is
    estimated, so nothing but placebo refits can say how unusual a move is.

    Attributes
    ----------
    relative_to : {"pre_mean", "reference"}
        What the path is measured from: its mean before the onset, or a single period.
    base_period : int
        Event time of that period.
    """

    relative_to: Literal["pre_mean", "reference"] = "pre_mean"
    base_period: int = -1
    fits_before = False
    name = "double_ratio"
    title = Text("labels.estimator-double-ratio")
    citation = "balassa1965"
    requires = Requires(
        single_treated_unit=True,
        nonnegative=True,
        transforms=("level",),
        dyadic=True,
        covariates=False,
        weights=False,
        has_influence=False,
    )

    def gaps(self, case: Case) -> FloatArray:
        """Return the log double ratio less its base, in log points; NaN where a part of it is not positive."""
        ratio = compute_log_double_ratio(case.values, case.city, case.partner)
        is_whole = bool(np.isfinite(ratio[case.is_before]).all())
        if case.seasons > 1 and is_whole and int(case.is_before.sum()) >= 2 * case.seasons:
            ratio = remove_seasons(ratio[None], case.periods % case.seasons, case.is_before)[0]
        base = case.is_before if self.relative_to == "pre_mean" else case.event_times == self.base_period
        if not np.isfinite(ratio[base]).any():
            raise EstimationError(f"{case.units[0]} has no positive flow in the period it is measured from")
        return ratio - np.nanmean(ratio[base])

    def removed(self, case: Case, periods: BoolArray, effect: float) -> Case:
        """Return the case with the flow divided by the effect, which is in log points."""
        values = case.values.copy()
        values[0, periods] *= np.exp(-np.clip(effect, -LARGEST, LARGEST))
        return replace(case, values=values)

    def reference(self, design: Design) -> int | None:
        """Return the event time the path is measured from, if it is a single one."""
        return None if self.relative_to == "pre_mean" else self.base_period

    def effect_scale(self, design: Design) -> Scale:
        """Return the scale: a ratio is taken in logarithms whatever the outcome's transform."""
        return "log points"

    def assumption(self, design: Design) -> Text:
        """Return the identifying assumption."""
        return Text("estimators.double-ratio-assumes", **describe_design(design))

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        return Text("estimators.double-ratio-averages", **describe_design(design))

    def equation(self, design: Design) -> Text:
        """Return the statistic."""
        return Text("estimators.double-ratio-equation")


def compute_log_double_ratio(values: FloatArray, city: IntArray, partner: IntArray) -> FloatArray:
    """Return the log double ratio of the first flow by period; NaN where a part of it is not positive.

    ``values`` (n_units, n_periods): flows in levels; ``city``, ``partner`` (n_units,).
    """
    others = np.arange(city.size) > 0
    same_city, same_partner = others & (city == city[0]), others & (partner == partner[0])
    rest = (city != city[0]) & (partner != partner[0])
    less, plus = [same_city, same_partner], [rest]
    if not rest.any() and same_city.any() != same_partner.any():
        less, plus = [same_city if same_city.any() else same_partner], []
    elif not (same_city.any() and same_partner.any() and rest.any()):
        raise EstimationError(
            Text(
                "estimators.margins",
                city=int(same_city.sum()),
                partner=int(same_partner.sum()),
                neither=int(rest.sum()),
            )
        )
    ratio = _log(values[0])
    for members in less:
        ratio = ratio - _log(values[members].sum(axis=0))
    for members in plus:
        ratio = ratio + _log(values[members].sum(axis=0))
    return ratio


def _log(values: FloatArray) -> FloatArray:
    """Return the logarithm, NaN where it does not exist."""
    return np.log(np.where(values > 0, values, np.nan))
