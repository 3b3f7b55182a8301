"""Other policies beside the agreement: what a regression on all of them mixes into the agreement's coefficient."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from twintrade.design import Design, Observations
from twintrade.diagnostics import variants
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.who_is_compared.estimators import judge_regression
from twintrade.diagnostics.who_is_compared.twfe_weights import name_unit
from twintrade.effects import Finding
from twintrade.errors import EstimationError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, find_distinct
from twintrade.numerics.contamination import Contamination, decompose_coefficient, estimate_alone, mark_absorbed
from twintrade.text import Listed, Text

# What is left of a coefficient without the effects of other policies is the agreement's own.

RESOLUTIONS = ("start-and-time", "time", "start")
"""Within which a policy's effect is one number: the first of these at which rows tell all policies' effects apart."""
MOST_NUMBERS = 30_000_000  # of the dummies of such cells, above which a coarser resolution is tried


@dataclass(frozen=True, slots=True, eq=False)
class OtherPolicies:
    """The policies beside the agreement in the compared rows, and what else is controlled for."""

    names: tuple[str, ...]
    in_force: FloatArray  # (n_rows, K)
    controls: FloatArray  # (n_rows, n_controls)

    def take(self, which: BoolArray) -> "OtherPolicies":
        """Return some of the policies, (K,)."""
        names = tuple(name for name, one in zip(self.names, which, strict=True) if one)
        return OtherPolicies(names, self.in_force[:, which], self.controls)


def find_policies(design: Design) -> OtherPolicies:
    """Return the declared policies of the panel, and covariates that are zero in some rows and one in all others."""
    o = design.observations
    unit = o.unit_rows[o.unit]
    columns = {p.name: p.is_in_force(unit, o.period).astype(np.float64) for p in design.panel.policies}
    is_control = np.ones(len(o.covariate_names), dtype=bool)
    for k, (name, x) in enumerate(zip(o.covariate_names, o.covariates.T, strict=True)):
        if np.isin(x, (0.0, 1.0)).all():
            columns.setdefault(name, x)
            is_control[k] = False
    columns = {name: x for name, x in columns.items() if 0 < x.sum() < x.size}
    return OtherPolicies(
        tuple(columns), np.array([*columns.values()]).reshape(-1, o.n_rows).T, o.covariates[:, is_control]
    )


def find_starts(o: Observations, policies: FloatArray) -> IntArray:
    """Return the period in which each policy (n_rows, K) of ones last began in a row's unit, (n_rows, K)."""
    is_first = np.diff(o.unit, prepend=-1) != 0
    starts = np.zeros(policies.shape, dtype=np.int64)
    for k in range(policies.shape[1]):
        begins = (policies[:, k] > 0) & (is_first | (np.roll(policies[:, k], 1) == 0))
        starts[:, k] = o.period[np.maximum.accumulate(np.where(begins, np.arange(begins.size), 0))]
    return starts


def list_cells(o: Observations, starts: IntArray, resolution: str) -> IntArray:
    """Return the cell of each row and policy, (n_rows, K)."""
    since = o.period[:, None] - starts
    if resolution == "start":
        return starts
    return since if resolution == "time" else starts * (int(np.ptp(o.periods)) + 1) + since


@dataclass(frozen=True, slots=True)
class ContaminationCheck(Diagnostic):
    """How much of a static regression's coefficient of the agreement are effects of the other policies in it.

    Other policies are declared ones and covariates of zeros and ones. Their effects enter with weights that sum to
    zero, and cancel if they are all the same. Those that the fixed effects absorb need no control and are named.
    """

    name: ClassVar[str] = "contamination"
    citation: ClassVar[str] = "goldsmithpinkham2024"

    def concerns(self, design: Design) -> bool:
        """Whether there is a policy beside the agreement."""
        return bool(find_policies(design).names)

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the coefficient's parts; the payload has one row each."""
        o, policies = fit.design.observations, find_policies(fit.design)
        if not policies.names:
            return self.unavailable(Text("checks.contamination-none"))
        is_absorbed = mark_absorbed(policies.in_force, o.effect_codes(), o.weights)
        absorbed, others = policies.take(is_absorbed).names, policies.take(~is_absorbed)
        no_control = Text("checks.contamination-absorbed", n=len(absorbed), policies=Listed(absorbed, "and"))
        if not others.names:
            return self.conclude(no_control, value=0.0, unit=name_unit(fit)[0])
        try:
            parts, resolution, alone = _decompose(fit, o, others)
        except EstimationError as error:
            return self.unavailable(error.text)
        if np.isnan(parts.own_part):
            return self.unavailable(Text("checks.contamination-apart", policies=Listed(others.names, "and")))
        finding = self._tell(fit, parts, alone, Listed(others.names, "and"), resolution)
        if absorbed:
            finding = replace(finding, text=Listed((finding.text, no_control), "sentences"))
        return judge_regression(finding, fit, inference, rng)

    def _tell(self, fit: Fit, parts: Contamination, alone: float, others: Listed, resolution: str) -> Finding:
        scale, unit = name_unit(fit)
        bias = parts.coefficient - parts.own_part
        rows = [
            (Text("checks.weights-coefficient", **unit), parts.coefficient),
            (Text("checks.contamination-own", **unit), parts.own_part),
            (Text("checks.contamination-alone", **unit), alone),
        ]
        for name, its, weight in zip(others.items, parts.bias, parts.absolute, strict=True):
            rows.append((Text("checks.contamination-bias", policy=name, **unit), float(its)))
            rows.append((Text("checks.contamination-weights", policy=name), float(weight)))
        text = Text(
            "checks.contamination",
            family="poisson" if fit.estimator.is_poisson else "linear",
            effects=fit.design.effects_label,
            policies=others,
            coefficient=Text("common.effect", value=parts.coefficient, scale=scale),
            own=Text("common.effect", value=parts.own_part, scale=scale),
            bias=Text("common.effect", value=bias, scale=scale),
            weights=float(parts.absolute.sum()),
            cells=resolution,
        )
        return self.conclude(text, variants.build_quantities(rows), value=bias, unit=scale)


def _decompose(fit: Fit, o: Observations, others: OtherPolicies) -> tuple[Contamination, str, float]:
    """Decompose at the finest resolution that tells policies apart; and the coefficient without their rows."""
    y, controls, is_poisson = o.y, others.controls, fit.estimator.is_poisson
    policies = np.column_stack([o.is_treated, others.in_force]).astype(np.float64)
    starts, codes = find_starts(o, policies), o.effect_codes()
    # An agreement that began before the rows do is dated all the same.
    starts[o.is_treated, 0] = o.onset[o.is_treated].astype(np.int64)
    for resolution in RESOLUTIONS:
        cells = list_cells(o, starts, resolution)
        n_cells = sum(find_distinct(cells[policies[:, k] > 0, k]).size for k in range(policies.shape[1]))
        if n_cells * o.n_rows > MOST_NUMBERS and resolution != RESOLUTIONS[-1]:
            continue
        parts = decompose_coefficient(y, policies, cells, codes, controls, o.weights, is_poisson=is_poisson)
        if np.isfinite(parts.own_part):
            break
    return parts, resolution, estimate_alone(y, policies, codes, controls, o.weights, is_poisson=is_poisson)
