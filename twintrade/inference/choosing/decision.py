"""Which inference a design can bear: one table of thresholds, printed with the results."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from twintrade.estimators.base import Fit
from twintrade.inference.choosing.situation import Situation, assess_situation
from twintrade.inference.clustered import Facts
from twintrade.text import Listed, Text, Words

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


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the decision table."""

    code: str
    text: Text  # the condition, for the report
    applies: Callable[[Situation], bool]  # from a situation to whether the row decides
    method: Method  # what is taken then
    reason: Callable[[Situation], Words]  # from a situation to the reason with its numbers


def _count(s: Situation) -> Text:
    name, n = s.fewest_effective
    if not name:
        return Text("inference.no-cluster-counts")
    treated = s.effective_treated.get(name)
    return Text(
        "inference.equal-clusters",
        n=s.n_clusters[name],
        name=name,
        equal=n,
        has_treated="no" if treated is None else "yes",
        treated=treated or 0.0,
    )


def _is_below(limit: float, *, has_weights: bool) -> Callable[[Situation], bool]:
    return lambda s: s.has_weights == has_weights and s.fewest_effective[1] < limit


_WITHOUT_INFLUENCE = (
    Rule(
        "one-treated-refit",
        Text("inference.if-one-treated-refit"),
        lambda s: not s.has_influence and s.n_treated == 1,
        "placebo",
        lambda s: Text("inference.because-one-treated-refit"),
    ),
    Rule(
        "no-influence",
        Text("inference.if-no-influence"),
        lambda s: not s.has_influence,
        "randomization",
        lambda s: Text("inference.because-no-influence"),
    ),
)
_LEVERAGE_ONE = Rule(
    "leverage-one",
    Text("inference.if-leverage-one", share=MOST_ON_LEVERAGE_ONE),
    lambda s: s.leverage_one_share > MOST_ON_LEVERAGE_ONE,
    "randomization",
    lambda s: Text("inference.because-leverage-one", share=s.leverage_one_share, rows=s.n_leverage_one),
)
_WITHOUT_WEIGHTS = (
    Rule(
        "few-influential",
        Text("inference.if-few-influential", limit=JACKKNIFE_FROM),
        _is_below(JACKKNIFE_FROM, has_weights=False),
        "randomization",
        lambda s: Text("inference.because-few-influential", clusters=_count(s), limit=JACKKNIFE_FROM),
    ),
    Rule(
        "uneven-influence",
        Text("inference.if-few-influential", limit=CLUSTERED_FROM),
        _is_below(CLUSTERED_FROM, has_weights=False),
        "jackknife",
        lambda s: Text("inference.because-uneven-influence", clusters=_count(s), limit=CLUSTERED_FROM),
    ),
    Rule(
        "enough-influence",
        Text("inference.if-enough-influence"),
        lambda s: not s.has_weights,
        "clustered",
        lambda s: Text("inference.because-enough-influence", clusters=_count(s)),
    ),
)


def _state_few(limit: float) -> Rule:
    return Rule(
        "concentrated",
        Text("inference.if-few", limit=limit),
        _is_below(limit, has_weights=True),
        "randomization",
        lambda s: Text("inference.because-concentrated", clusters=_count(s), limit=limit),
    )


def _state_enough(limit: float) -> Rule:
    def reason(s: Situation) -> Words:
        enough = Text("inference.because-enough", clusters=_count(s), limit=limit)
        if not s.n_leverage_one:
            return enough
        return Listed((enough, Text("inference.because-little-rests", share=s.leverage_one_share)), "semicolon")

    return Rule("enough", Text("inference.if-enough"), lambda s: True, "scaled", reason)


TABLE: tuple[Rule, ...] = (
    *_WITHOUT_INFLUENCE,
    _LEVERAGE_ONE,
    *_WITHOUT_WEIGHTS,
    _state_few(SCALED_FROM),
    _state_enough(SCALED_FROM),
)
"""For the effect of these very agreements."""

TABLE_LIKE: tuple[Rule, ...] = (
    Rule(
        "few-like",
        Text("inference.if-few-like", limit=FEWEST_LIKE),
        lambda s: s.n_treated < FEWEST_LIKE,
        "none",
        lambda s: Text("inference.because-few-like", treated=s.n_treated, limit=FEWEST_LIKE),
    ),
    *_WITHOUT_INFLUENCE,
    _LEVERAGE_ONE,
    *_WITHOUT_WEIGHTS,
    _state_few(SCALED_LIKE_FROM),
    _state_enough(SCALED_LIKE_FROM),
)
"""For the effect of agreements like these: randomization then compares two-way t statistics."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was taken and why."""

    method: Method
    code: str  # of the row that decided
    # Of every row that speaks for this method against scaled errors, or the one that speaks for these
    reasons: tuple[Words, ...]
    situation: Situation
    about: About = "these"  # the agreements of which the p-value speaks

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
        rows = [(str(r.text), r.method, r.applies(self.situation), r.code == self.code) for r in self.table]
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
