"""Which inference a design can bear: one table of thresholds, printed with the results."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from twintrade.estimators.base import Fit
from twintrade.inference.choosing.situation import Situation, assess_situation
from twintrade.inference.clustered import Facts

SCALED_FROM = 12.0
"""Equally informative clusters from which scaled errors keep their size: 6.2 % at 13 (docs/lab/size_of_auto.md)."""
SCALED_LIKE_FROM = 5.0
"""The same where the p-value is to speak of agreements like these: 4.7 % on average there, and power .63."""
CLUSTERED_FROM = 18.0
"""The same for plain clustered errors, which come in where rows' weights are not known: 6.5 % from there on."""
JACKKNIFE_FROM = 8.0
"""The same for the cluster jackknife: 5 % there, 7 % from 5 and 12 % from 2 to 3."""
FEWEST_LIKE = 5
"""Treated pairs below which nothing is said about agreements like these: no study has been made of fewer."""
MOST_ON_LEVERAGE_ONE = 0.05
"""Share of the headline's weight that may rest on rows of leverage one under clustered errors; docs/inference.md."""
Method = Literal["scaled", "clustered", "jackknife", "wild", "randomization", "placebo", "none"]
LADDER: tuple[Method, ...] = ("scaled", "clustered", "jackknife", "wild", "randomization", "placebo", "none")
"""From a method that cannot be computed to the next; never because its interval is long or its refits are dear."""
About = Literal["these", "like these"]
QUESTIONS: dict[About, str] = {
    "these": "the effect of these agreements",
    "like these": "the effect of agreements like these",
}


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


def _count(s: Situation) -> str:
    name, n = s.fewest_effective
    treated = s.effective_treated.get(name)
    side = "" if treated is None else f" (treated ones as {treated:.1f})"
    return f"{s.n_clusters[name]} {name} clusters count as {n:.1f} equal ones{side}" if name else "no cluster counts"


def _is_below(limit: float, *, has_weights: bool) -> Callable[[Situation], bool]:
    return lambda s: s.has_weights == has_weights and s.fewest_effective[1] < limit


_WITHOUT_INFLUENCE = (
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
)
_LEVERAGE_ONE = Rule(
    "leverage-one",
    f"treated rows with more than {MOST_ON_LEVERAGE_ONE:.0%} of the headline's weight rest on comparison rows "
    "that alone determine an effect (leverage one)",
    lambda s: s.leverage_one_share > MOST_ON_LEVERAGE_ONE,
    "randomization",
    lambda s: (
        f"treated rows with {s.leverage_one_share:.1%} of the headline's weight rest on {s.n_leverage_one} "
        "comparison rows of leverage one, and clustered errors do not see their noise"
    ),
)
_FEW = "clusters of some dimension count as fewer than {:g} equal ones, by their shares of the headline's variance"
_UNKNOWN = "the weights of rows are not known, and "
_WITHOUT_WEIGHTS = (
    Rule(
        "few-influential",
        _UNKNOWN + _FEW.format(JACKKNIFE_FROM),
        _is_below(JACKKNIFE_FROM, has_weights=False),
        "randomization",
        lambda s: f"few clusters carry the estimate: {_count(s)}, and errors need {JACKKNIFE_FROM:g}",
    ),
    Rule(
        "uneven-influence",
        _UNKNOWN + _FEW.format(CLUSTERED_FROM),
        _is_below(CLUSTERED_FROM, has_weights=False),
        "jackknife",
        lambda s: f"few clusters carry the estimate: {_count(s)}, and clustered errors need {CLUSTERED_FROM:g}",
    ),
    Rule(
        "enough-influence",
        "the weights of rows are not known, otherwise",
        lambda s: not s.has_weights,
        "clustered",
        lambda s: f"enough clusters carry the estimate: {_count(s)}",
    ),
)


def _state_enough(limit: float) -> Rule:
    def reason(s: Situation) -> str:
        enough = f"enough clusters carry the estimate: {_count(s)}, and {limit:g} are needed"
        resting = f"only {s.leverage_one_share:.1%} of its weight rests on comparison rows of leverage one"
        return f"{enough}; {resting}" if s.n_leverage_one else enough

    return Rule("enough", "otherwise", lambda s: True, "scaled", reason)


TABLE: tuple[Rule, ...] = (
    *_WITHOUT_INFLUENCE,
    _LEVERAGE_ONE,
    *_WITHOUT_WEIGHTS,
    Rule(
        "concentrated",
        _FEW.format(SCALED_FROM),
        _is_below(SCALED_FROM, has_weights=True),
        "randomization",
        lambda s: f"few clusters carry the estimate: {_count(s)}, and scaled errors need {SCALED_FROM:g}",
    ),
    _state_enough(SCALED_FROM),
)
"""For the effect of these very agreements."""

TABLE_LIKE: tuple[Rule, ...] = (
    Rule(
        "few-like",
        f"fewer than {FEWEST_LIKE} treated units",
        lambda s: s.n_treated < FEWEST_LIKE,
        "none",
        lambda s: f"{s.n_treated} agreements say nothing about others: {FEWEST_LIKE} are needed",
    ),
    *_WITHOUT_INFLUENCE,
    _LEVERAGE_ONE,
    *_WITHOUT_WEIGHTS,
    Rule(
        "concentrated",
        _FEW.format(SCALED_LIKE_FROM),
        _is_below(SCALED_LIKE_FROM, has_weights=True),
        "randomization",
        lambda s: f"few clusters carry the estimate: {_count(s)}, and scaled errors need {SCALED_LIKE_FROM:g}",
    ),
    _state_enough(SCALED_LIKE_FROM),
)
"""For the effect of agreements like these: randomization then compares two-way t statistics."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was taken and why.

    Attributes
    ----------
    method : {"scaled", "clustered", "jackknife", "wild", "randomization", "placebo", "none"}
    code : str
        Of the row that decided.
    reasons : tuple of str
        Of every row that speaks for this method against scaled errors, or the one that speaks for these.
    situation : Situation
    about : {"these", "like these"}
        The agreements of which the p-value speaks.
    """

    method: Method
    code: str
    reasons: tuple[str, ...]
    situation: Situation
    about: About = "these"

    @property
    def table(self) -> tuple[Rule, ...]:
        """The table that was gone down."""
        return TABLE if self.about == "these" else TABLE_LIKE

    @property
    def facts(self) -> Facts:
        """What the report prints."""
        s = self.situation
        counts: Facts = {f"clusters_{name}": n for name, n in s.n_clusters.items()}
        counts |= {f"effective_{name}": round(n, 2) for name, n in s.effective.items()}
        counts |= {f"effective_treated_{name}": round(n, 2) for name, n in s.effective_treated.items()}
        return {
            "decided_by": self.code,
            "assigned_by": s.assigned_by,
            "treated_assigned": s.n_treated,
            "untreated_assigned": s.n_untreated,
            "leverage_one": s.n_leverage_one,
            **({"leverage_one_share": round(s.leverage_one_share, 4)} if s.n_leverage_one else {}),
            **counts,
        }

    def to_frame(self) -> pd.DataFrame:
        """Return the decision table: condition, method, whether it applies, whether it decided."""
        rows = [(r.text, r.method, r.applies(self.situation), r.code == self.code) for r in self.table]
        return pd.DataFrame(rows, columns=["condition", "method", "applies", "decided"])


def decide(fit: Fit, about: About = "these") -> Decision:
    """Choose the inference for a fit."""
    return decide_for(assess_situation(fit), about)


def decide_for(situation: Situation, about: About = "these") -> Decision:
    """Go down the table; the first row that applies decides."""
    table = TABLE if about == "these" else TABLE_LIKE
    speaking = [rule for rule in table if rule.applies(situation)]
    first = speaking[0]
    against = [rule for rule in speaking[:-1] if rule.method == first.method] or [first]
    return Decision(first.method, first.code, tuple(rule.reason(situation) for rule in against), situation, about)
