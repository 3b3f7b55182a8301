"""Which inference a design can bear: one table of thresholds, printed with the results."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from twintrade.design import Observations
from twintrade.effects import Bands, CohortEffects, Estimate, Influence
from twintrade.effects.cohort_influence import CohortInfluence
from twintrade.estimators.base import Fit
from twintrade.inference.clustered import Facts
from twintrade.inference.clustering import clusters
from twintrade.inference.refits.leave_out import count_effective_clusters, get_regression
from twintrade.numerics.absorption import find_singletons
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, compact
from twintrade.numerics.linear import find_leverage_one, find_resting
from twintrade.text import Listed, Text, Words

# How many clusters an estimate amounts to, by each cluster's share of its variance, whatever method made it.

# How much of a headline rests on comparison rows of leverage one, whose noise clustered errors do not see.


@dataclass(frozen=True, slots=True)
class LeverageOne:
    """Comparison rows that alone determine an effect on which treated rows rest."""

    n_rows: int
    share: float  # of the headline's weight, that of the treated rows that rest on them


def measure_leverage_one(fit: Fit, overall: Estimate) -> LeverageOne:
    """Count untreated rows of leverage one on which treated rows rest, and weigh the treated rows that do.

    Rows alone in a level of the whole sample are dropped first: nothing rests on them. A unit's only untreated row
    determines that unit's effect and nothing else, and its noise shows in the unit's own treated rows; so it is not
    counted. A row that alone determines another effect moves treated rows unseen.
    """
    o, workings = fit.design.observations, fit.design.workings
    known: tuple[IntArray, BoolArray, int] | None = workings.get(("resting",))
    if known is None:  # the same for every method and view of a design
        known = workings["resting",] = _find_resting_rows(o)
    treated, resting, n_carrying = known
    if not resting.any():
        return LeverageOne(0, 0.0)
    weight = _weigh_rows(o, fit.estimate, overall)
    if not weight[o.is_treated].sum() > 0:
        weight = np.ones(o.n_rows)
    return LeverageOne(n_carrying, float(weight[treated[resting]].sum() / weight[o.is_treated].sum()))


def _find_resting_rows(o: Observations) -> tuple[IntArray, BoolArray, int]:
    """Return treated rows, which of them rest on rows of leverage one, and on how many."""
    codes = o.effect_codes()
    usable = ~find_singletons(codes)
    rows, treated = np.flatnonzero(usable & ~o.is_affected), np.flatnonzero(usable & o.is_treated)
    if not rows.size or not treated.size:
        return treated, np.zeros(treated.size, dtype=bool), 0
    codes_fit = [c[rows] for c in codes]
    n_own = np.bincount(o.unit[rows], minlength=o.n_units)
    alone = find_leverage_one(codes_fit) & (n_own[o.unit[rows]] > 1)
    resting, carrying = find_resting(codes_fit, [c[treated] for c in codes], alone)
    return treated, resting, int(carrying.sum())


def _weigh_rows(o: Observations, estimate: Estimate, overall: Estimate) -> FloatArray:
    """Return the size of each row's weight in the headline, (n_rows,).

    Behind a regression it is the row's loading. Cells share their weight among their rows; elsewhere rows count by
    their sampling weights.
    """
    out = np.zeros(o.n_rows)
    source = get_regression(overall)
    if source is not None:
        out[source.rows] = np.abs(source.weights * source.along(source.bread @ source.selector[:, :1])[:, 0])
        return out
    used = estimate.sample.rows
    out[used] = o.row_weights[used]
    if isinstance(estimate, CohortEffects):
        cells = [o.onset, o.event_time]
        size = pd.Series(out).groupby(cells).transform("sum").to_numpy()
        known = pd.Series(estimate.cell_weights, index=[estimate.cohorts.astype(np.float64), estimate.event_times])
        weight = known.reindex(pd.MultiIndex.from_arrays(cells)).fillna(0.0).to_numpy()
        out = np.divide(out * weight, size, out=np.zeros_like(out), where=size > 0)
    return out


@dataclass(frozen=True, slots=True, eq=False)
class ClusterShares:
    """Clusters' shares of the variance of an estimate, by clustering dimension.

    A cluster's share is its sum of squared row weights, v^2 in the estimate v'y: its part of the variance where rows
    are independent with one variance. One over the sum of squared shares is G* of Carter, Schnepel and Steigerwald
    (2017) for that model. Their other model, one common shock in all rows of a cluster, has no share to compute here:
    weights add up to zero within a unit, whose effect the estimate removes.
    """

    # shares, treated_shares: (n_clusters,): of all rows, and of the rows of units that are ever treated among theirs
    shares: dict[str, FloatArray]
    treated_shares: dict[str, FloatArray]
    has_weights: bool  # whether rows' weights are known; else shares are those of the units' squared influence

    @property
    def effective(self) -> dict[str, float]:
        """Equally informative clusters that those of each dimension amount to."""
        return {name: count_effective_clusters(share) for name, share in self.shares.items()}

    @property
    def effective_treated(self) -> dict[str, float]:
        """The same of the treated side."""
        return {name: count_effective_clusters(share) for name, share in self.treated_shares.items()}


def measure_cluster_shares(fit: Fit, estimate: Estimate, names: Sequence[str]) -> ClusterShares:
    """Return clusters' shares of the variance of the (first) effect; none where there is no influence."""
    influence, o = estimate.uncertainty, fit.design.observations
    if not isinstance(influence, Influence):
        return ClusterShares({}, {}, False)
    weights = clusters.find_row_weights(fit, estimate, slice(1))
    if weights is not None:
        size, unit = weights.values[:, 0] ** 2, o.unit[weights.rows]
        codes = {n: np.arange(unit.size) if n == "row" else compact(o.codes(n)[weights.rows]) for n in names}
    elif isinstance(influence, CohortInfluence) and not influence.has_units:
        # Each unit of a cohort has the same share, where only cohort statistics are at hand.
        q = (influence.unit_loadings[:, :, 0] ** 2).sum(axis=1)
        members = {n: influence.given_clusters[n].counts for n in names if n in influence.given_clusters}
        if "unit" in names:
            members["unit"] = np.repeat(np.eye(q.size), influence.moments.counts.astype(np.int64), axis=0)
        of_treated = np.where(np.isfinite(influence.moments.onset), q, 0.0)
        shares, treated = ({n: _share(m @ by) for n, m in members.items()} for by in (q, of_treated))
        return ClusterShares(shares, treated, False)
    else:
        unit, size = clusters.find_unit_positions(o, influence), influence.matrix()[:, 0] ** 2
        codes = {n: compact(o.unit_clusters(n)[unit]) for n in names if n in clusters.NESTING}
    is_treated = o.is_ever_treated[unit]
    shares = {n: _share(np.bincount(c, size)) for n, c in codes.items()}
    treated = {n: _share(np.bincount(c, np.where(is_treated, size, 0.0))) for n, c in codes.items()}
    return ClusterShares(shares, treated, weights is not None)


def _share(size: np.ndarray) -> FloatArray:
    total = size.sum()
    return np.asarray(size / total if total > 0 else np.full(size.size, np.nan))


# What the choice of an inference turns on, counted from a fit.


@dataclass(frozen=True, slots=True)
class Situation:
    """What the decision turns on."""

    has_influence: bool
    has_weights: bool  # whether the weight of every row in the headline is known
    n_clusters: dict[str, int] = field(default_factory=dict)  # clusters per clustering dimension
    assigned_by: str = "unit"  # coarsest dimension within which all units share one onset: "city", "partner", "unit"
    # n_treated, n_untreated: Clusters of that dimension with and without a treated unit
    n_treated: int = 0
    n_untreated: int = 0
    n_leverage_one: int = 0  # comparison rows that alone determine an effect on which treated rows rest
    leverage_one_share: float = 0.0  # of the headline's weight, that of the treated rows that rest on them
    # effective, effective_treated: Equally informative clusters that those of each dimension amount to, by their
    # shares of the headline's variance: of all, and of the treated units' part of it. Empty without influence.
    effective: dict[str, float] = field(default_factory=dict)
    effective_treated: dict[str, float] = field(default_factory=dict)

    @property
    def fewest_effective(self) -> tuple[str, float]:
        """The dimension whose clusters amount to the fewest equal ones, and to how many; NaN counts as none."""
        known = {name: 0.0 if np.isnan(n) else n for name, n in self.effective.items()}
        name = min(known, key=lambda k: known[k], default="")
        return name, known.get(name, 0.0)


def assess_situation(fit: Fit) -> Situation:
    """Count what the decision turns on."""
    o, sample = fit.design.observations, fit.estimate.sample
    overall = fit.view("overall")
    leverage_one = measure_leverage_one(fit, overall)
    names = fit.design.clusters
    assigned_by = _assigned_by(fit)
    treated, untreated = clusters.count_treated_clusters(fit, fit.estimate, assigned_by)
    cluster_shares = measure_cluster_shares(fit, overall, names)
    return Situation(
        has_influence=isinstance(fit.estimate.uncertainty, Influence),
        has_weights=cluster_shares.has_weights,
        n_clusters={name: int(compact(o.codes(name)[sample.rows]).max()) + 1 for name in names},
        assigned_by=assigned_by,
        n_treated=treated,
        n_untreated=untreated,
        n_leverage_one=leverage_one.n_rows,
        leverage_one_share=leverage_one.share,
        effective=cluster_shares.effective,
        effective_treated=cluster_shares.effective_treated,
    )


def _assigned_by(fit: Fit) -> str:
    o = fit.design.observations
    for name in ("city", "partner"):
        codes = compact(o.unit_clusters(name))
        if codes.max() + 1 == o.n_units or codes.max() == 0:
            continue
        onset = np.where(o.is_ever_treated, o.unit_onset, np.inf)
        first = np.full(int(codes.max()) + 1, np.nan)
        first[codes] = onset
        if (first[codes] == onset).all():
            return name
    return "unit"


SCALED_FROM = 12.0
"""Equally informative clusters from which scaled errors keep their size: 6.2 % at 13 (docs/lab/size_of_auto.md)."""
SCALED_LIKE_FROM = 5.0
"""The same where the p-value is to speak of agreements like these: 4.7 % on average there, and power .63."""
CLUSTERED_FROM = 18.0
"""The same for plain clustered errors, which come in where rows' weights are not known: 6.5 % from there on."""
JACKKNIFE_FROM = 8.0  # the same for the cluster jackknife: 5 % there, 7 % from 5 and 12 % from 2 to 3
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

    code: str  # of its reason, "inference.because-..."
    method: Method  # what is taken where it applies
    applies: Callable[[Situation], bool]  # from a situation to whether the row decides
    explain: Callable[["Rule", Situation], Words]  # from itself and a situation to the reason with its numbers
    limit: float = 0.0  # below which it applies, or from which on it does
    condition: str = ""  # of its text, "inference.if-...", where that is not the code

    @property
    def text(self) -> Text:
        """The condition, for the report."""
        return Text(f"inference.if-{self.condition or self.code}", limit=self.limit, share=MOST_ON_LEVERAGE_ONE)

    def reason(self, s: Situation) -> Words:
        """Return why its method is taken, with the numbers of a situation."""
        return self.explain(self, s)


def _say_plain(rule: Rule, s: Situation) -> Text:
    return Text(f"inference.because-{rule.code}")


def _say_counts(rule: Rule, s: Situation) -> Text:
    limit = {"limit": rule.limit} if rule.limit else {}
    return Text(f"inference.because-{rule.code}", clusters=_count(s), **limit)


def _say_rows(rule: Rule, s: Situation) -> Text:
    return Text("inference.because-leverage-one", share=s.leverage_one_share, rows=s.n_leverage_one)


def _say_enough(rule: Rule, s: Situation) -> Words:
    enough, rests = _say_counts(rule, s), Text("inference.because-little-rests", share=s.leverage_one_share)
    return Listed((enough, rests), "semicolon") if s.n_leverage_one else enough


def _say_treated(rule: Rule, s: Situation) -> Text:
    return Text("inference.because-few-like", treated=s.n_treated, limit=rule.limit)


def _count(s: Situation) -> Text:
    name, n = s.fewest_effective
    if not name:
        return Text("inference.no-cluster-counts")
    treated = s.effective_treated.get(name)
    counted = {"equal": n, "has_treated": treated is not None, "treated": treated or 0.0}
    return Text("inference.equal-clusters", n=s.n_clusters[name], name=name, **counted)


def _is_below(limit: float, *, has_weights: bool) -> Callable[[Situation], bool]:
    return lambda s: s.has_weights == has_weights and s.fewest_effective[1] < limit


def _list_rules(scaled_from: float) -> tuple[Rule, ...]:
    """Return the rows that both tables have, by the clusters from which scaled errors keep their size."""
    is_few, is_uneven = (_is_below(limit, has_weights=False) for limit in (JACKKNIFE_FROM, CLUSTERED_FROM))
    influential, few = "few-influential", _is_below(scaled_from, has_weights=True)
    return (
        Rule("one-treated-refit", "placebo", lambda s: not s.has_influence and s.n_treated == 1, _say_plain),
        Rule("no-influence", "randomization", lambda s: not s.has_influence, _say_plain),
        Rule("leverage-one", "randomization", lambda s: s.leverage_one_share > MOST_ON_LEVERAGE_ONE, _say_rows),
        Rule(influential, "randomization", is_few, _say_counts, JACKKNIFE_FROM),
        Rule("uneven-influence", "jackknife", is_uneven, _say_counts, CLUSTERED_FROM, influential),
        Rule("enough-influence", "clustered", lambda s: not s.has_weights, _say_counts),
        Rule("concentrated", "randomization", few, _say_counts, scaled_from, "few"),
        Rule("enough", "scaled", lambda s: True, _say_enough, scaled_from),
    )


TABLE = _list_rules(SCALED_FROM)
"""For the effect of these very agreements."""

TABLE_LIKE = (
    Rule("few-like", "none", lambda s: s.n_treated < FEWEST_LIKE, _say_treated, FEWEST_LIKE),
    *_list_rules(SCALED_LIKE_FROM),
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
    speaking = [rule for rule in (TABLE if about == "these" else TABLE_LIKE) if rule.applies(situation)]
    first = speaking[0]
    against = [rule for rule in speaking[:-1] if rule.method == first.method] or [first]
    return Decision(first.method, first.code, tuple(rule.reason(situation) for rule in against), situation, about)


# Which combinations of estimator, inference and fixed effects have had their size studied by simulation.

STUDIED = {
    ("augmented_synthetic_control", "placebo", "two_way"), ("callaway_santanna", "randomization", "two_way"),
    ("callaway_santanna", "scaled", "two_way"), ("chaisemartin_dhaultfoeuille", "randomization", "two_way"),
    ("double_ratio", "placebo", "two_way"), ("imputation", "clustered", "gravity"),
    ("imputation", "randomization", "gravity"), ("imputation", "randomization", "two_way"),
    ("imputation", "scaled", "gravity"), ("imputation", "scaled", "two_way"),
    ("interrupted_series", "autoregressive", "two_way"), ("local_projections", "randomization", "two_way"),
    ("partially_pooled_synthetic_control", "randomization", "two_way"), ("poisson_etwfe", "randomization", "gravity"),
    ("poisson_etwfe", "randomization", "gravity_border"), ("poisson_etwfe", "randomization", "two_way"),
    ("poisson_etwfe", "scaled", "gravity"), ("poisson_imputation", "randomization", "gravity"),
    ("poisson_imputation", "randomization", "gravity_border"), ("poisson_imputation", "randomization", "two_way"),
    ("poisson_imputation", "scaled", "gravity"), ("ppml", "randomization", "gravity"),
    ("ppml", "randomization", "gravity_border"), ("ppml", "randomization", "two_way"), ("ppml", "scaled", "gravity"),
    ("ppml_corrected", "weidner_zylkin", "gravity"), ("stacked", "randomization", "two_way"),
    ("staggered_efficient", "randomization", "two_way"), ("sun_abraham", "randomization", "gravity"),
    ("sun_abraham", "randomization", "two_way"), ("synthetic_control", "placebo", "two_way"),
    ("synthetic_did", "placebo", "two_way"), ("synthetic_did", "randomization", "two_way"),
    ("twfe", "clustered", "gravity"), ("twfe", "clustered", "two_way"), ("twfe", "conley_taber", "two_way"),
    ("twfe", "crv2", "two_way"), ("twfe", "jackknife", "two_way"), ("twfe", "multiplier", "two_way"),
    ("twfe", "randomization", "gravity"), ("twfe", "randomization", "two_way"), ("twfe", "scaled", "gravity"),
    ("twfe", "scaled", "two_way"), ("twfe", "wild", "two_way"), ("two_stage", "randomization", "gravity"),
    ("two_stage", "randomization", "two_way"),
}  # fmt: skip
"""Combinations of which the studies of size and coverage in docs/lab hold fifty panels or more."""

HOLDS_FROM = {"clustered": 12.0, "multiplier": 12.0, "jackknife": 8.0}
"""Equal clusters, as they count in the estimate, from which these errors keep their size; below, they do not."""


def is_size_studied(fit: Fit, bands: Bands) -> bool:
    """Whether a simulation shows that a test keeps its size in a design like this one.

    ``bands``: what gave the p-value.
    """
    family = fit.estimator.options().get("family", "linear")
    name = fit.estimator.name if family == "linear" else f"{family}_{fit.estimator.name}"
    if (name, bands.inference, fit.design.fixed_effects) not in STUDIED:
        return False
    if bands.inference == "randomization":
        return _holds_noise(fit, bands)
    if bands.inference not in HOLDS_FROM:
        return True
    counts = measure_cluster_shares(fit, fit.view("overall"), fit.design.clusters).effective
    return min(counts.values(), default=0.0) >= HOLDS_FROM[bands.inference]


def _holds_noise(fit: Fit, bands: Bands) -> bool:
    """Whether effects were compared over a noise that was studied, which `auto` sees to by itself.

    Effects as they are reject too often where small pairs are noisier, and so do those over the noise of treated
    pairs alone where single comparison rows decide.
    """
    if "decided_by" in bands.facts or bands.facts.get("noise") == "by_row" or bands.facts.get("statistic") == "t":
        return True
    overall = fit.view("overall")
    is_by_size = bands.facts.get("noise") == "by_size"
    return is_by_size and measure_leverage_one(fit, overall).share <= MOST_ON_LEVERAGE_ONE
