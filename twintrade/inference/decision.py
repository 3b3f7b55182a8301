"""Which inference a design can bear: one table of thresholds, printed with the results."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypedDict

import numpy as np
import pandas as pd

from twintrade.effects import Influence
from twintrade.estimators.base import Fit
from twintrade.inference.clustered import Facts
from twintrade.inference.clusters import NESTING, recode, treated_clusters
from twintrade.inference.leave_out import (
    effective_clusters,
    effects_projection,
    partial_shares,
    regression_of,
    row_clusters,
)
from twintrade.numerics.prediction import leverage_one

ENOUGH_CLUSTERS = 20
ENOUGH_TREATED = 5
ENOUGH_EFFECTIVE = 15.0
"""Equally informative clusters below which the jackknife takes the place of the sandwich; docs/size_of_tests.md."""
Method = Literal["clustered", "jackknife", "randomization", "placebo"]


@dataclass(frozen=True, slots=True)
class Situation:
    """What the decision turns on.

    Attributes
    ----------
    has_influence : bool
    n_clusters : dict of str to int
        Clusters per clustering dimension.
    n_treated_clusters : dict of str to int
        Of these, clusters with a treated unit, for the dimensions that nest units.
    assigned_by : str
        Coarsest dimension within which all units share one onset: "city", "partner" or "unit".
    n_treated, n_untreated : int
        Clusters of that dimension with and without a treated unit.
    n_leverage_one : int
        Comparison rows that alone determine an effect.
    effective : dict of str to float
        Equally informative clusters that those of each dimension amount to, by partial leverage; empty where the
        estimate has no regression behind it.
    can_leave_out : bool
        Whether estimates without each cluster come from the regression, without refits.
    """

    has_influence: bool
    n_clusters: dict[str, int]
    n_treated_clusters: dict[str, int]
    assigned_by: str
    n_treated: int
    n_untreated: int
    n_leverage_one: int
    effective: dict[str, float] = field(default_factory=dict)
    can_leave_out: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the decision table.

    Attributes
    ----------
    code : str
    text : str
        The condition, for the report.
    applies : callable
        From a situation to whether the row decides.
    method : str
        What is taken then.
    reason : callable
        From a situation to the reason with its numbers.
    """

    code: str
    text: str
    applies: Callable[[Situation], bool]
    method: Method
    reason: Callable[[Situation], str]


def _few(s: Situation) -> list[str]:
    return [f"{n} {name} clusters" for name, n in s.n_clusters.items() if n < ENOUGH_CLUSTERS]


def _few_treated(s: Situation) -> list[str]:
    return [f"{n} treated {name} clusters" for name, n in s.n_treated_clusters.items() if n < ENOUGH_TREATED]


def _uneven(s: Situation) -> list[str]:
    return [
        f"{s.n_clusters[name]} {name} clusters count as {n:.1f}"
        for name, n in s.effective.items()
        if n < ENOUGH_EFFECTIVE
    ]


UNEVEN = f"few or uneven clusters carry the estimate: they count as fewer than {ENOUGH_EFFECTIVE:g} equal ones"

TABLE: tuple[Rule, ...] = (
    Rule(
        "one-treated-refit",
        "no influence function and one treated unit",
        lambda s: not s.has_influence and s.n_treated == 1,
        "placebo",
        lambda s: "the method has no influence function and one unit is treated",
    ),
    Rule(
        "no-influence",
        "no influence function",
        lambda s: not s.has_influence,
        "randomization",
        lambda s: "the method has no influence function",
    ),
    Rule(
        "few-clusters",
        f"some clustering dimension has fewer than {ENOUGH_CLUSTERS} clusters",
        lambda s: bool(_few(s)),
        "randomization",
        lambda s: (
            f"clustered errors need {ENOUGH_CLUSTERS} clusters in every dimension and there are "
            + " and ".join(_few(s))
        ),
    ),
    Rule(
        "few-treated",
        f"fewer than {ENOUGH_TREATED} treated clusters in the dimension in which treatment is assigned",
        lambda s: s.n_treated < ENOUGH_TREATED,
        "randomization",
        lambda s: f"treatment is assigned by {s.assigned_by} and only {s.n_treated} are treated",
    ),
    Rule(
        "few-untreated",
        f"fewer than {ENOUGH_TREATED} untreated clusters in the dimension in which treatment is assigned",
        lambda s: s.n_untreated < ENOUGH_TREATED,
        "randomization",
        lambda s: f"treatment is assigned by {s.assigned_by} and only {s.n_untreated} are untreated",
    ),
    Rule(
        "few-treated-clusters",
        f"fewer than {ENOUGH_TREATED} clusters of some clustering dimension hold a treated unit",
        lambda s: bool(_few_treated(s)),
        "randomization",
        lambda s: f"the treated units fall into {' and '.join(_few_treated(s))} only",
    ),
    Rule(
        "leverage-one",
        "some comparison row alone determines an effect (leverage one)",
        lambda s: s.n_leverage_one > 0,
        "randomization",
        lambda s: (
            f"{s.n_leverage_one} comparison rows have leverage one, and clustered errors do not see their noise"
        ),
    ),
    Rule(
        "uneven",
        f"{UNEVEN}, and leaving clusters out needs no refits",
        lambda s: bool(_uneven(s)) and s.can_leave_out,
        "jackknife",
        lambda s: f"few clusters carry the estimate: {' and '.join(_uneven(s))}",
    ),
    Rule(
        "uneven-large",
        f"{UNEVEN}, on a panel too large for the jackknife",
        lambda s: bool(_uneven(s)) and not s.can_leave_out,
        "randomization",
        lambda s: f"few clusters carry the estimate: {' and '.join(_uneven(s))}",
    ),
    Rule(
        "enough",
        "otherwise",
        lambda s: True,
        "clustered",
        lambda s: (
            "there are enough clusters, treated and untreated, none carries too much, and no comparison row has "
            "leverage one"
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What was taken and why.

    Attributes
    ----------
    method : {"clustered", "jackknife", "randomization", "placebo"}
    code : str
        Of the row that decided.
    reasons : tuple of str
        Of every row that speaks against clustered errors, or the one that speaks for them.
    situation : Situation
    """

    method: Method
    code: str
    reasons: tuple[str, ...]
    situation: Situation

    @property
    def facts(self) -> Facts:
        """What the report prints."""
        s = self.situation
        counts: Facts = {f"clusters_{name}": n for name, n in s.n_clusters.items()}
        counts |= {f"effective_{name}": round(n, 2) for name, n in s.effective.items()}
        return {
            "decided_by": self.code,
            "assigned_by": s.assigned_by,
            "treated_assigned": s.n_treated,
            "untreated_assigned": s.n_untreated,
            "leverage_one": s.n_leverage_one,
            **counts,
        }

    def to_frame(self) -> pd.DataFrame:
        """Return the decision table: condition, method, whether it applies, whether it decided."""
        rows = [(r.text, r.method, r.applies(self.situation), r.code == self.code) for r in TABLE]
        return pd.DataFrame(rows, columns=["condition", "method", "applies", "decided"])


def decide(fit: Fit) -> Decision:
    """Choose the inference for a fit."""
    return decide_for(situation(fit))


def decide_for(found: Situation) -> Decision:
    """Go down the table; the first row that applies decides."""
    against = [rule for rule in TABLE[:-1] if rule.applies(found)]
    first = against[0] if against else TABLE[-1]
    reasons = tuple(rule.reason(found) for rule in against if rule.method == first.method) or (first.reason(found),)
    return Decision(first.method, first.code, reasons, found)


def situation(fit: Fit) -> Situation:
    """Count what the decision turns on."""
    o, sample = fit.design.observations, fit.estimate.sample
    names = fit.design.clusters
    assigned_by = _assigned_by(fit)
    treated, untreated = treated_clusters(fit, fit.estimate, assigned_by)
    return Situation(
        has_influence=isinstance(fit.estimate.uncertainty, Influence),
        n_clusters={name: int(recode(o.codes(name)[sample.rows]).max()) + 1 for name in names},
        n_treated_clusters={n: treated_clusters(fit, fit.estimate, n)[0] for n in names if n in NESTING},
        assigned_by=assigned_by,
        n_treated=treated,
        n_untreated=untreated,
        n_leverage_one=count_leverage_one(fit),
        **_unevenness(fit),
    )


class _Unevenness(TypedDict):
    effective: dict[str, float]
    can_leave_out: bool


def _unevenness(fit: Fit) -> _Unevenness:
    """Return effective clusters by dimension; the projection that the jackknife needs is tried only if it matters."""
    estimate = fit.view("overall")
    source = regression_of(estimate)
    if source is None:
        return {"effective": {}, "can_leave_out": True}
    shares = {name: partial_shares(source, row_clusters(fit, name, source.rows)) for name in fit.design.clusters}
    effective = {name: effective_clusters(share) for name, share in shares.items()}
    is_uneven = any(n < ENOUGH_EFFECTIVE for n in effective.values())
    can = not is_uneven or effects_projection(fit, estimate, source) is not None
    return {"effective": effective, "can_leave_out": can}


def _assigned_by(fit: Fit) -> str:
    o = fit.design.observations
    for name in ("city", "partner"):
        codes = recode(o.unit_clusters(name))
        if codes.max() + 1 == o.n_units or codes.max() == 0:
            continue
        onset = np.where(o.is_ever_treated, o.unit_onset, np.inf)
        first = np.full(int(codes.max()) + 1, np.nan)
        first[codes] = onset
        if (first[codes] == onset).all():
            return name
    return "unit"


def count_leverage_one(fit: Fit) -> int:
    """Count untreated rows that alone determine an effect other than their own unit's.

    A unit's only untreated row determines that unit's effect and nothing else: its noise shows in the unit's own
    treated rows. A row that alone determines a period's effect moves the treated rows of other units, unseen.
    """
    o = fit.design.observations
    rows = np.flatnonzero(~o.is_affected)
    codes = o.effect_codes()
    while rows.size:
        n_own = np.bincount(o.unit[rows], minlength=o.n_units)
        several = rows[n_own[o.unit[rows]] > 1]
        if several.size == rows.size:
            break
        rows = several
    if rows.size == 0:
        return 0
    return int(leverage_one([recode(c[rows]) for c in codes]).sum())
