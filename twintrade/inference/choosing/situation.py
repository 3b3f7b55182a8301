"""What the choice of an inference turns on, counted from a fit."""

from dataclasses import dataclass, field

import numpy as np

from twintrade.effects import Influence
from twintrade.estimators.base import Fit
from twintrade.inference.choosing.cluster_shares import measure_cluster_shares
from twintrade.inference.choosing.leverage_one import measure_leverage_one
from twintrade.inference.clustering.clusters import NESTING, count_treated_clusters
from twintrade.numerics.arrays import compact


@dataclass(frozen=True, slots=True)
class Situation:
    """What the decision turns on."""

    has_influence: bool
    has_weights: bool  # whether the weight of every row in the headline is known
    n_clusters: dict[str, int]  # clusters per clustering dimension
    n_treated_clusters: dict[str, int]  # of these, clusters with a treated unit, for the dimensions that nest units
    assigned_by: str  # coarsest dimension within which all units share one onset: "city", "partner" or "unit"
    # n_treated, n_untreated: Clusters of that dimension with and without a treated unit
    n_treated: int
    n_untreated: int
    n_leverage_one: int  # comparison rows that alone determine an effect on which treated rows rest
    leverage_one_share: float  # of the headline's weight, that of the treated rows that rest on them
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
    treated, untreated = count_treated_clusters(fit, fit.estimate, assigned_by)
    cluster_shares = measure_cluster_shares(fit, overall, names)
    return Situation(
        has_influence=isinstance(fit.estimate.uncertainty, Influence),
        has_weights=cluster_shares.has_weights,
        n_clusters={name: int(compact(o.codes(name)[sample.rows]).max()) + 1 for name in names},
        n_treated_clusters={n: count_treated_clusters(fit, fit.estimate, n)[0] for n in names if n in NESTING},
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
