"""Which inference a design can bear: one table of thresholds, printed with the results."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from twintrade.estimators.base import Fit
from twintrade.inference.choosing.situation import ENOUGH_EFFECTIVE, Situation, assess_situation
from twintrade.inference.clustered import Facts

ENOUGH_CLUSTERS = 20
ENOUGH_TREATED = 5
MOST_ON_LEVERAGE_ONE = 0.05
"""Share of the headline's weight that may rest on rows of leverage one under clustered errors; docs/inference.md."""
Method = Literal["clustered", "jackknife", "randomization", "placebo"]


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
        f"treated rows with more than {MOST_ON_LEVERAGE_ONE:.0%} of the headline's weight rest on comparison rows "
        "that alone determine an effect (leverage one)",
        lambda s: s.leverage_one_share > MOST_ON_LEVERAGE_ONE,
        "randomization",
        lambda s: (
            f"treated rows with {s.leverage_one_share:.1%} of the headline's weight rest on {s.n_leverage_one} "
            "comparison rows of leverage one, and clustered errors do not see their noise"
        ),
    ),
    Rule(
        "uneven",
        f"few or uneven clusters carry the estimate: they count as fewer than {ENOUGH_EFFECTIVE:g} equal ones",
        lambda s: bool(_uneven(s)),
        "jackknife",
        lambda s: f"few clusters carry the estimate: {' and '.join(_uneven(s))}",
    ),
    Rule(
        "enough",
        "otherwise",
        lambda s: True,
        "clustered",
        lambda s: (
            "there are enough clusters, treated and untreated, none carries too much, and "
            + (
                f"only {s.leverage_one_share:.1%} of the headline's weight rests on comparison rows of leverage one"
                if s.n_leverage_one
                else "no treated row rests on a comparison row of leverage one"
            )
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
            **({"leverage_one_share": round(s.leverage_one_share, 4)} if s.n_leverage_one else {}),
            **counts,
        }

    def to_frame(self) -> pd.DataFrame:
        """Return the decision table: condition, method, whether it applies, whether it decided."""
        rows = [(r.text, r.method, r.applies(self.situation), r.code == self.code) for r in TABLE]
        return pd.DataFrame(rows, columns=["condition", "method", "applies", "decided"])


def decide(fit: Fit) -> Decision:
    """Choose the inference for a fit."""
    return decide_for(assess_situation(fit))


def decide_for(situation: Situation) -> Decision:
    """Go down the table; the first row that applies decides."""
    against = [rule for rule in TABLE[:-1] if rule.applies(situation)]
    first = against[0] if against else TABLE[-1]
    reasons = tuple(rule.reason(situation) for rule in against if rule.method == first.method) or (
        first.reason(situation),
    )
    return Decision(first.method, first.code, reasons, situation)
