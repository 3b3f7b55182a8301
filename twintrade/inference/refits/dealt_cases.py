"""Agreements of pairs dealt anew, under a constant effect taken out of the real ones, and how these compare."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np

from twintrade.design.panel import PERIODS_PER_YEAR
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit
from twintrade.estimators.base import fit as estimate
from twintrade.inference.refits.dealing import PRIOR, YEARS, choose_pool, measure_size, score_growth, score_size
from twintrade.inference.refits.pair_totals import PairNoise, PairTotals, Timing, is_average_of_rows, measure_totals
from twintrade.inference.refits.permutation import build_labels
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.poisson import FlowTable, MarginFactors
from twintrade.numerics.testing import Hazard, Waits, count_expected_groups, draw_signers, fit_hazard, score_sizes
from twintrade.text import Text

DealtBy = Literal["hazard", "naive", "labels", "size"]
WINDOW = 2  # periods before the agreements that a check compares with what came earlier
TILTS = (0.5, 0.75, 0.9)
"""Shares of pairs, by what they later add to a total, above which the worst case makes signing likelier."""
FARTHEST = 2.0  # how many times as far as two effects are apart their fits are extended to a third one
CROWDED = 1.5
"""How many times as many agreements a city, or partner, as in deals among all pairs call for deals of labels."""


@dataclass(frozen=True, eq=False)
class DealtCase:
    """Flows, and agreements that pairs at risk could have had at the same dates."""

    table: FlowTable
    # pairs, starts: (n,): who has an agreement, and the place of its first period; starts ascending
    pairs: IntArray
    starts: IntArray
    at_risk: BoolArray  # (n_pairs,): whether a pair could sign and be dated: flows before the first agreement
    anticipation: int = 0
    lag: int = 2  # periods over which growth is taken
    # (n_pairs, n_periods) each: other flows whose size and growth also say who signs
    others: tuple[FloatArray, ...] = ()
    tests: float = 1.0  # by how much Holm's adjustment for several outcomes multiplies p of the total
    _waits: dict[tuple[int, int], list[Waits]] = field(
        default_factory=dict, init=False
    )  # by number of draws and seed

    @property
    def multipliers(self) -> FloatArray:
        """By what p of each statistic is multiplied, (4,)."""
        return np.array([self.tests, 1.0, 1.0, 1.0])

    @cached_property
    def dates(self) -> IntArray:
        """Distinct first periods, (n_dates,)."""
        return np.unique(self.starts)

    @cached_property
    def timing(self) -> Timing:
        """Rows left out and rows compared."""
        return Timing(self.starts - self.anticipation, self.starts, np.full(self.starts.size, self.table.shape[2]))

    @cached_property
    def can_begin(self) -> BoolArray:
        """Whether a pair is at risk at a date: with rows before it and from it on, (n_pairs, n_dates)."""
        seen = self.table.is_observed.reshape(self.at_risk.size, -1)
        first, last = seen.argmax(axis=1), seen.shape[1] - 1 - seen[:, ::-1].argmax(axis=1)
        inside = (first[:, None] < self.dates - self.anticipation) & (last[:, None] >= self.dates)
        return np.asarray(inside & self.at_risk[:, None])

    @cached_property
    def begins(self) -> IntArray:
        """Position of the date at which each pair signs; the number of dates for those that never do, (n_pairs,)."""
        out = np.full(self.at_risk.size, self.dates.size)
        out[self.pairs] = np.searchsorted(self.dates, self.starts)
        return out

    @cached_property
    def is_affected(self) -> BoolArray:
        """Rows from each real agreement on, (n_pairs, n_periods)."""
        out = np.zeros(self.table.by_pair.shape, dtype=bool)
        out[self.pairs] = np.arange(self.table.shape[2]) >= self.starts[:, None]
        return out

    @cached_property
    def by_row(self) -> bool:
        """Whether the row average is one of rows."""
        seen = self.table.is_observed.reshape(self.is_affected.shape)
        return is_average_of_rows(self.table.by_pair, self.is_affected & seen)

    @cached_property
    def size(self) -> FloatArray:
        """Standard scores of log flows before the first agreement; zero for pairs not at risk, (n_pairs,)."""
        return self._score(self.table.by_pair)

    @cached_property
    def noise_score(self) -> FloatArray:
        """Normal scores of the same flows, (n_pairs,)."""
        out = np.zeros(self.at_risk.size)
        out[self.at_risk] = score_sizes(self._measure(self.table.by_pair))
        return out

    def _measure(self, flows: FloatArray) -> FloatArray:
        flows = np.where(self.table.is_observed.reshape(flows.shape), flows, np.nan)[self.at_risk]
        return measure_size(flows, int((self.starts - self.anticipation).min()))

    def _score(self, flows: FloatArray) -> FloatArray:
        out = np.zeros(self.at_risk.size)
        out[self.at_risk] = score_size(self._measure(flows))
        return out

    def _grow(self, flows: FloatArray) -> FloatArray:
        """Return scores of growth before each date, (n_pairs, n_dates)."""
        seen = np.where(self.table.is_observed.reshape(flows.shape), flows, np.nan)[self.at_risk]
        out = np.zeros((self.at_risk.size, self.dates.size))
        out[self.at_risk] = score_growth(seen, self.dates - self.anticipation, self.lag)
        return out

    def describe_signing(self, flows: FloatArray) -> FloatArray:
        """Return what the hazard knows, (n_pairs, n_dates, n_variables): size first, then growth; those of others."""
        sizes = [
            np.repeat(one[:, None], self.dates.size, axis=1) for one in (self.size, *map(self._score, self.others))
        ]
        growths = [self._grow(one) for one in (flows, *self.others)]
        return np.stack([variable for pair in zip(sizes, growths, strict=True) for variable in pair], axis=2)

    @cached_property
    def are_crowded(self) -> bool:
        """Whether signers share cities, or partners, half as often again as if dealt among all pairs at risk."""
        sides = np.divmod(np.arange(self.at_risk.size), self.table.shape[1])
        expected = (count_expected_groups(side, self._signed, self.can_begin) for side in sides)
        return any(
            CROWDED * np.unique(side[self.pairs]).size <= mean for side, mean in zip(sides, expected, strict=True)
        )

    @property
    def _signed(self) -> IntArray:
        return np.unique(self.starts, return_counts=True)[1].astype(np.int64)

    def deal(self, logs: FloatArray, draws: int, seed: int) -> IntArray:
        """Return who has the agreements in each deal, (n_draws, n); ``logs``: (n_pairs,) or (n_pairs, n_dates)."""
        waits, rng = self._waits.setdefault((draws, seed), []), np.random.default_rng(seed)
        return draw_signers(logs, self._signed, self.can_begin, draws, rng, waits)

    def relabel(self, draws: int, seed: int) -> IntArray:
        """Return the same with labels of cities and partners permuted, so that agreements stay as clustered."""
        pool = np.flatnonzero(self.at_risk)
        city, partner = np.divmod(pool, self.table.shape[1])
        onset = np.full(self.at_risk.size, np.inf)
        onset[self.pairs] = self.starts
        labels = build_labels(city, partner, onset[pool], self.can_begin[pool], self.dates.astype(np.float64))
        places = labels.collect(draws, np.random.default_rng(seed))
        return pool[places[:, np.argsort(onset[pool][np.isfinite(onset[pool])], kind="stable")]]


@dataclass(frozen=True, slots=True, eq=False)
class DealsCompared:
    """Statistics of the real agreements beside those of deals: total, row average, without the largest pair."""

    p: FloatArray  # (4,): of these three and of the total without one pair that is nearest zero
    centered: FloatArray  # (3,): less their mean over all deals, the real one among them
    center: FloatArray  # (3,)
    z: FloatArray  # (n_draws + 1, 3): over their errors, the real ones last
    nearest: FloatArray  # (n_draws + 1,): the fourth statistic over the error of the total

    def ratio(self, level: float) -> float:
        """Return the size of the real total over that which a share of the deals exceeds."""
        return float(abs(self.z[-1, 0]) / find_critical(self.z[:-1, 0], level))


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """A statistic of the periods before the agreements beside those of deals."""

    p: float
    value: float  # less its mean over the deals
    far: float  # end of its 90 % interval that is farther from zero, as a size
    z: FloatArray  # (n_draws,): of the deals
    center: float


def find_critical(z: FloatArray, level: float) -> float:
    """Return the size that makes p smaller than a level: so many of the deals are as large."""
    sizes = np.sort(np.abs(z))
    n = int(np.floor(level * (sizes.size + 1) + 1e-9))
    return float(sizes[-n]) if n else np.inf


def compute_tail_shares(z: FloatArray, at: FloatArray | float) -> FloatArray:
    """Return two-sided p-values: one, and the deals at least as large, of one and all deals."""
    sizes = np.sort(np.abs(z))
    smaller = np.searchsorted(sizes, np.abs(at) - 1e-9 * (1 + np.abs(at)))
    return np.asarray((1 + sizes.size - smaller) / (sizes.size + 1))


def compute_simulation_error(most: FloatArray | float, tests: FloatArray, draws: int) -> FloatArray:
    """Return the errors of p-values from so many deals at bounds that they meet once multiplied."""
    return np.asarray(np.sqrt(most * (tests - most) / (draws + 1)))


@dataclass(frozen=True, slots=True, eq=False)
class SharedFits:
    """What readings of a case under several effects share, if they take as many draws of one seed."""

    dealt: dict[DealtBy, IntArray] = field(default_factory=dict)  # deals that no effect changes
    # By dealing, and whether before the agreements: where fits of deals ended under two effects
    ends: dict[tuple[DealtBy, bool], list[tuple[float, MarginFactors]]] = field(default_factory=dict)

    def predict(self, by: tuple[DealtBy, bool], tau: float, n_draws: int) -> MarginFactors | None:
        """Return where fits of as many deals may end under an effect, from those under others."""
        known = [one for one in self.ends.get(by, ()) if len(one[1].city) == n_draws]
        if len(known) < 2:
            return known[0][1] if known else None
        (first, start), (second, end) = known
        return start.extend(end, float(np.clip((tau - first) / (second - first), -FARTHEST, 1 + FARTHEST)))

    def keep(self, by: tuple[DealtBy, bool], tau: float, ends: MarginFactors) -> None:
        """Keep where fits ended, and of those kept before the ones under the nearest other effect."""
        others = [one for one in self.ends.get(by, ()) if one[0] != tau]
        self.ends[by] = [(tau, ends), *sorted(others, key=lambda one: abs(one[0] - tau))[:1]]


@dataclass(frozen=True, eq=False)
class CaseReading:
    """A case with a constant effect divided out of the real agreements' rows: fit, noise, hazard and deals anew."""

    case: DealtCase
    tau: float  # in logs
    draws: int
    seed: int
    shared: SharedFits = field(default_factory=SharedFits)
    _dealt: dict[DealtBy, IntArray] = field(default_factory=dict)
    _totals: dict[tuple[DealtBy | None, bool], PairTotals] = field(default_factory=dict)

    @cached_property
    def table(self) -> FlowTable:
        """The flows that the effect leaves."""
        flows = self.case.table.by_pair
        return self.case.table.replace_flows(np.where(self.case.is_affected, flows * np.exp(-self.tau), flows))

    @cached_property
    def noise(self) -> PairNoise:
        """Noise of pairs."""
        return PairNoise.of(self.table, self.case.noise_score)

    @cached_property
    def signing(self) -> FloatArray:
        """What the hazard knows, (n_pairs, n_dates, n_variables)."""
        return self.case.describe_signing(self.table.by_pair)

    def fit_hazard(self, variables: Sequence[int] | slice = slice(None)) -> Hazard:
        """Return the hazard of signing on some variables among the pairs at risk; logs are (n_pairs, n_dates)."""
        x, pool = self.signing[:, :, variables], self.case.at_risk
        hazard = fit_hazard(x[pool], self.case.begins[pool], self.case.can_begin[pool], PRIOR)
        return Hazard(hazard.slopes, x @ hazard.slopes)

    def deal(self, by: DealtBy) -> IntArray:
        """Return who has the agreements in each deal, (n_draws, n)."""
        case, dealt = self.case, self._dealt if by in ("hazard", "size") else self.shared.dealt
        if by not in dealt:
            if by == "labels":
                dealt[by] = case.relabel(self.draws, self.seed)
            elif by == "naive":
                dealt[by] = case.deal(np.zeros(case.at_risk.size), self.draws, self.seed)
            else:
                logs = self.fit_hazard([0] if by == "size" else slice(None)).logs
                dealt[by] = case.deal(logs, self.draws, self.seed)
        return dealt[by]

    def measure(self, pairs: IntArray, *, is_before: bool = False, is_exact: bool = False) -> PairTotals:
        """Return totals of some deals; ``is_before``: over the two periods before, fitted to what came earlier."""
        return self._fit(pairs, is_before, is_exact, None)[0]

    def _fit(
        self, pairs: IntArray, is_before: bool, is_exact: bool, near: MarginFactors | None
    ) -> tuple[PairTotals, MarginFactors]:
        case, timing = self.case, self.case.timing.moved_before(WINDOW) if is_before else self.case.timing
        how = {"by_row": case.by_row, "is_exact": is_exact}
        return measure_totals(self.table, self.noise, pairs, timing, **how, near=near)

    def totals(self, by: DealtBy | None, *, is_before: bool = False) -> PairTotals:
        """Return totals of the deals, or of the real agreements.

        Fits of deals begin where those under other effects point to.
        """
        kept = by, is_before
        if kept not in self._totals:
            if by is None:
                self._totals[kept] = self.measure(self.case.pairs[None], is_before=is_before)
            else:
                pairs, shared = self.deal(by), self.shared
                near = shared.predict((by, is_before), self.tau, len(pairs))
                self._totals[kept], ends = self._fit(pairs, is_before, False, near)
                if by != "size" and not is_before:  # of these one effect alone is asked for, and ends are large
                    shared.keep((by, is_before), self.tau, ends)
        return self._totals[kept]

    def compare(self, by: DealtBy) -> DealsCompared:
        """Return how the real agreements compare with deals."""
        return compare_totals(self.totals(None), self.totals(by))

    def check_before(self, by: DealtBy) -> Checked:
        """Return how the two periods before the agreements compare with those before deals."""
        real, dealt = (self.totals(one, is_before=True) for one in (None, by))
        return _check(real.total[0], real.errors[0, 0], dealt.total, dealt.errors[:, 0])

    def check_slope(self, by: DealtBy) -> Checked:
        """Return how the trend before the agreements compares with that before deals."""
        real, dealt = self.totals(None), self.totals(by)
        return _check(real.slope[0], real.slope_error[0], dealt.slope, dealt.slope_error)

    def list_tilts(self, sign: float, is_worst: bool) -> list[BoolArray]:
        """Return who may have been likelier to sign, (n_pairs, n_dates) each: pairs whose trade later moved one way.

        In the worst case those that later add most to the total, by several shares of the pairs.
        """
        y, mean = self.table.by_pair, self.table.means.of_all()
        later = np.stack([(y[:, k:].sum(axis=1), mean[:, k:].sum(axis=1)) for k in self.case.dates])
        with np.errstate(divide="ignore", invalid="ignore"):
            moved = later[:, 0] - later[:, 1] if is_worst else np.log(later[:, 0] / later[:, 1])
        values, shares = np.nan_to_num(sign * moved.T), TILTS if is_worst else TILTS[:1]
        return [values > np.quantile(values[self.case.at_risk], share, axis=0) for share in shares]


def compare_totals(real: PairTotals, dealt: PairTotals) -> DealsCompared:
    """Return how real agreements compare with deals, each statistic less its mean over all of them."""
    values = [np.column_stack([one.total, one.row_average, one.without_largest]) for one in (dealt, real)]
    both, scale = np.concatenate(values), np.concatenate([dealt.errors, real.errors])
    center = both.mean(axis=0)
    z = (both - center) / scale
    nearest = [one.nearest_zero(float(center[0])) for one in (dealt, real)]
    w = np.concatenate(nearest) / scale[:, 0]
    p = np.array([compute_tail_shares(column[:-1], float(column[-1])) for column in (*z.T, w)])
    return DealsCompared(p, both[-1] - center, center, z, w)


def _check(value: float, error: float, dealt: FloatArray, errors: FloatArray) -> Checked:
    center = float((dealt.sum() + value) / (dealt.size + 1))
    z = (dealt - center) / errors
    apart = float(value - center)
    far = abs(apart) + find_critical(z, 0.10) * float(error)
    return Checked(float(compute_tail_shares(z, apart / error)), apart, float(far), z, center)


# The case of a fitted design.


def build_case_with_undated(fit: Fit) -> DealtCase | None:
    """Return the same with pairs that are left out for an undated link as comparison; None where there are none."""
    treatment, known = fit.design.treatment, set(fit.design.panel.units)
    undated = {unit for unit, reason in treatment.excluded.items() if reason == "undated" and unit in known}
    if not undated:
        return None
    excluded = {unit: reason for unit, reason in treatment.excluded.items() if unit not in undated}
    return build_case(estimate(fit.estimator, replace(fit.design, treatment=replace(treatment, excluded=excluded))))


def build_case(fit: Fit, others: Sequence[str] = ()) -> DealtCase:
    """Return the agreements of a fit's design and the flows of its pairs, in levels; see ``weigh_evidence``."""
    design, o = fit.design, fit.design.observations
    effects = set(o.effect_names) - {"unit"}
    is_table = effects and (effects == {"period"} or effects <= {"city_period", "partner_period"})
    if not is_table or o.weights is not None or o.covariates.shape[1] or design.statistics is not None:
        raise InferenceError(Text("inference.evidence-needs"))
    if effects == {"period"} or not design.panel.is_dyadic:
        city, partner, sides = np.arange(o.n_units), np.zeros(o.n_units, dtype=np.int64), (False, True)
    else:
        city, partner = o.unit_clusters("city"), o.unit_clusters("partner")
        sides = "city_period" in effects, "partner_period" in effects
    pair, n_partners, periods = city * (partner.max() + 1) + partner, int(partner.max()) + 1, o.periods
    place = np.searchsorted(periods, o.period)

    def spread(column: str) -> FloatArray:
        flows = np.zeros(((int(city.max()) + 1) * n_partners, periods.size))
        flows[pair[o.unit], place] = np.nan_to_num(design.panel.values(column)[o.rows])
        return flows

    flows = spread(design.outcome)
    seen = np.zeros(flows.shape, dtype=bool)
    seen[pair[o.unit], place] = True
    start = np.where(
        o.is_ever_treated, np.searchsorted(periods, np.where(np.isfinite(o.unit_onset), o.unit_onset, 0)), -1
    )
    first = int(start[o.is_ever_treated].min(initial=periods.size)) - design.anticipation
    pool = np.zeros(o.n_units, dtype=bool)
    pool[choose_pool(fit, ())] = True
    has_traded = (flows[pair] * (np.arange(periods.size) < first)).sum(axis=1) > 0
    at_risk = np.zeros(flows.shape[0], dtype=bool)
    at_risk[pair[pool & has_traded]] = True
    signers = np.flatnonzero(o.is_ever_treated & pool & has_traded & (start - design.anticipation > 0))
    signers = signers[np.argsort(start[signers], kind="stable")]
    if signers.size < 2:
        raise InferenceError(Text("inference.evidence-few", n=int(signers.size)))
    # Agreements of pairs that did not trade before have no counterfactual: their rows are left out for all deals.
    for unit in np.setdiff1d(np.flatnonzero(o.is_ever_treated), signers):
        seen[pair[unit], max(start[unit] - design.anticipation, 0) :] = False
        at_risk[pair[unit]] = False
    shape = int(city.max()) + 1, n_partners, periods.size
    table = FlowTable(np.where(seen, flows, 0.0).reshape(shape), seen.reshape(shape), *sides)
    lag = YEARS * PERIODS_PER_YEAR[design.panel.frequency]
    some = pair[signers], start[signers].astype(np.int64)
    return DealtCase(table, *some, at_risk, design.anticipation, lag, tuple(map(spread, others)))
