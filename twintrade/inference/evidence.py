"""How strong the evidence is that trade of pairs rose, or fell, after their agreements: the rule behind a verdict."""

from bisect import bisect_left
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np

from twintrade.estimators.base import Fit
from twintrade.inference import refits
from twintrade.inference.refits import CaseReading, Checked, DealtBy, DealtCase, PairTotals, Placements, SharedFits
from twintrade.numerics.arrays import BoolArray, FloatArray

Grade = Literal["strong", "some", "cannot tell", "none"]
Statistic = Literal["total", "row-average", "largest", "one-pair"]
Reason = (
    Statistic
    | Literal["sign", "before", "trend", "carried", "undated", "equivalence", "few-pairs", "at-risk", "deals"]
)
STATISTICS: tuple[Statistic, ...] = ("total", "row-average", "largest", "one-pair")
CHECKED_BY: tuple[DealtBy, ...] = ("size", "naive")
"""Deals for checks of the periods before; those that know growth are blind to it."""
SOME, STRONG = (0.05, 0.10), (0.01, 0.05)  # largest p of the total, and of the other statistics
OBJECTS = 0.05
FEWEST_AT_RISK = 5  # fewest pairs at risk a signer
FEWEST_DEALS = 200
FEWEST_SIGNERS = 5  # signers below which evidence is never strong
EARLY_SHARE = 0.8
"""Share of expected trade whose pairs have enough earlier periods below which the check before cannot tell."""
STEPS = 3
FARTHEST = 6.0  # logs beyond which an interval has no end
CLOSE = 0.04  # how closely ends are found, as a share of their distance from the estimate
MOST_DRAWS = 7999
FACTORS = (1.1, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0)
POWER = 0.8
LARGEST_EFFECT = 3.0
FEW_DRAWS = 499  # most deals from which it is counted how often an effect is found, and that first decide a factor


@dataclass(frozen=True, slots=True)
class EarlierCheck:
    """A check of the periods before the agreements."""

    name: Literal["before", "trend"]
    p: float  # the smaller one of deals by size alone and among all pairs; NaN where too few have earlier periods
    far: float  # the farther end of its 90 % intervals, as a size in logs; of a trend a period

    @property
    def objects(self) -> bool:
        """Whether what came before differs from that of pairs without an agreement."""
        return self.p < OBJECTS


@dataclass(frozen=True, slots=True)
class GradedEvidence:
    """What a set of agreements is evidence of, by how their pairs compare with pairs that were as likely to sign."""

    grade: Grade  # "none" where no grade can be given: too few pairs at risk, or too few different deals
    direction: Literal["rise", "fall"]  # of the total; evidence of it only where the grade is "some" or "strong"
    reasons: tuple[Reason, ...]  # what keeps the grade from the next one up
    total: float  # in logs, as all that follows: the actual over the imputed total
    tau: float  # the same less its mean over the deals made on data without the effect
    low: float  # low, high: all effects whose largest p is above .05
    high: float
    # low_error, high_error: Monte Carlo errors of the ends: how far another set of deals would move them
    low_error: float
    high_error: float
    low_90: float  # low_90, high_90: where the largest p is above .10; changes beyond them are ruled out
    high_90: float
    # Of total, row average, total without the pair of largest expected trade, and without the one pair that leaves it
    # nearest zero, by dealing; and the first three, less their mean over the deals of each
    p: dict[DealtBy, FloatArray]
    centered: dict[DealtBy, FloatArray]
    checks: tuple[EarlierCheck, ...]
    carried: float  # by how much the trend before, going on, would have moved the total
    # Log hazard ratios of signing by size and growth (and those of other flows), per standard deviation
    slopes: tuple[float, ...]
    overlap: float  # share of the signers' expected trade that the mean deal has as well
    largest: float  # share of the pair with the largest expected trade
    n_effective: float  # number of equal pairs with the same concentration
    without_largest: float  # the total without the largest pair
    # Largest factor by which pairs whose trade later moved this way may have been likelier to sign with p <= .05, and
    # the same for the pairs that move the total most; NaN where p is larger as it is or they were not asked
    gamma: float
    gamma_worst: float
    # Effects that the rule, checks included, calls "some" or "strong" in four of five cases; infinite where none
    # does, NaN where they were not asked
    detectable_rise: float
    detectable_fall: float
    n_signers: int
    n_at_risk: int
    draws: int  # of each dealing, for the p-values; intervals, gamma and tau are from as many as were asked for
    seed: int

    def matters(self, share: float) -> bool:
        """Return whether the 90 % interval leaves room for a change of so much, such as 0.1 for 10 %."""
        bound = float(np.log1p(share))
        return not (-bound < self.low_90 and self.high_90 < bound)

    @property
    def ruled_out(self) -> float:
        """Size of the change, in logs, that the 90 % interval leaves no room for in either direction."""
        return max(abs(self.low_90), abs(self.high_90))


def weigh_evidence(
    fit: Fit,
    rng: np.random.Generator,
    *,
    draws: int = 1999,
    most_draws: int | None = None,
    others: tuple[str, ...] = (),
    tests: float = 1.0,
    seeks_interval: bool = True,
    seeks_gamma: bool = True,
    seeks_detectable: bool = True,
) -> GradedEvidence:
    """Return the evidence of a fit's design: its flows in levels, its effects, its agreements.

    Agreements are dealt date by date among the pairs at risk in proportion to a hazard of signing on size and own
    growth, also of the columns ``others``, among all pairs alike, and with the labels of cities and partners permuted
    where signers share these. The largest p counts. Every number comes from a Poisson imputation by the design's
    effects, whatever the fit's method. ``draws``: of each dealing; more while a p is within two errors of a bound
    that decides the grade, which needs none of what is sought. ``tests``: by how much Holm's adjustment multiplies p
    of the total; intervals are at that level. Refused are weights, covariates, effects other than of pairs by city-
    period and partner-period or of units and periods, and fewer than two pairs with an agreement that traded before
    it.
    """
    return weigh_case(
        replace(refits.build_case(fit, others), tests=tests),
        rng,
        beside=refits.build_case_with_undated(fit),
        draws=draws,
        most_draws=most_draws,
        seeks_interval=seeks_interval,
        seeks_gamma=seeks_gamma,
        seeks_detectable=seeks_detectable,
    )


def weigh_case(
    case: DealtCase,
    rng: np.random.Generator,
    *,
    beside: DealtCase | None = None,
    draws: int = 1999,
    most_draws: int | None = None,
    seeks_interval: bool = True,
    seeks_gamma: bool = True,
    seeks_detectable: bool = True,
) -> GradedEvidence:
    """Return the evidence of a case; see ``weigh_evidence``. ``beside``: another whose total must have its sign."""
    most_draws = MOST_DRAWS if most_draws is None else most_draws
    first = weighing = Weighing(case, draws, int(rng.integers(2**31)), beside)
    while weighing.is_close and 2 * weighing.draws + 1 <= most_draws:
        weighing = Weighing(case, 2 * weighing.draws + 1, weighing.seed, beside, weighing)
    (verdict, reasons), real, at_zero = weighing.judge(), weighing.real, first.read(0.0)
    share = real.expected[0] / real.expected[0].sum()
    asks_gamma = seeks_gamma and weighing.p[0] <= SOME[0]
    gamma = first.find_gamma(False) if asks_gamma else np.nan
    gamma_worst = first.find_gamma(True, gamma) if asks_gamma else np.nan
    few = Weighing(case, min(draws, FEW_DRAWS), weighing.seed, fewer=first)
    rise, fall = find_detectable(few) if seeks_detectable else (np.nan, np.nan)
    asked = [(side, level / case.tests) for level in (0.05, 0.10) for side in (-1, 1)]
    ends = [first.find_end(*one, weighing) if seeks_interval else (np.nan, np.nan) for one in asked]
    weight = np.zeros(case.at_risk.size)
    weight[case.pairs] = share
    return GradedEvidence(
        grade=verdict,
        direction="rise" if weighing.total > 0 else "fall",
        reasons=reasons,
        total=weighing.total,
        tau=weighing.tau,
        low=ends[0][0],
        high=ends[1][0],
        low_error=ends[0][1],
        high_error=ends[1][1],
        low_90=ends[2][0],
        high_90=ends[3][0],
        p={by: one.p for by, one in weighing.compared.items()},
        centered={by: one.centered for by, one in weighing.compared.items()},
        checks=weighing.checks,
        carried=weighing.carried,
        slopes=tuple(map(float, at_zero.fit_hazard().slopes)),
        overlap=float(weight[at_zero.deal("hazard")].sum(axis=1).mean()),
        largest=float(share.max()),
        n_effective=float(1 / (share**2).sum()),
        without_largest=float(real.without_largest[0]),
        gamma=gamma,
        gamma_worst=gamma_worst,
        detectable_rise=rise,
        detectable_fall=fall,
        n_signers=case.pairs.size,
        n_at_risk=int(case.at_risk.sum()),
        draws=weighing.draws,
        seed=weighing.seed,
    )


class Weighing:
    """A case read under several effects, from the same random numbers.

    ``fewer``: the same case with other deals, whose estimate is taken over, and p where it is clear.
    """

    def __init__(
        self, case: DealtCase, draws: int, seed: int, beside: DealtCase | None = None, fewer: "Weighing | None" = None
    ) -> None:
        self.case, self.draws, self.seed, self.beside, self.fewer = case, draws, seed, beside, fewer
        self._readings, self._shared = dict[float, CaseReading](), SharedFits()
        self._tried: dict[int, set[float]] = {-1: set(), 1: set()}  # distances of ends that were tried, by side
        self.dealings: tuple[DealtBy, ...] = ("hazard", "naive", *(("labels",) if case.are_crowded else ()))

    def read(self, tau: float) -> CaseReading:
        """Return the case with an effect taken out."""
        if tau not in self._readings:
            self._readings[tau] = CaseReading(self.case, tau, self.draws, self.seed, self._shared)
        return self._readings[tau]

    @cached_property
    def real(self) -> PairTotals:
        """Totals of the real agreements, fitted exactly."""
        return self.read(0.0).measure(self.case.pairs[None], is_exact=True)

    @property
    def total(self) -> float:
        """Log of the actual over the imputed total."""
        return float(self.real.total[0])

    @cached_property
    def compared(self) -> dict[DealtBy, refits.DealsCompared]:
        """The real agreements beside deals of each dealing."""
        return {by: self.read(0.0).compare(by) for by in self.dealings}

    @cached_property
    def p(self) -> FloatArray:
        """The largest p of each statistic over the dealings, (4,), the total's adjusted for several outcomes."""
        p = np.max([one.p for one in self.compared.values()], axis=0)
        return np.asarray(np.minimum(p * self.case.multipliers, 1.0))

    @property
    def is_close(self) -> bool:
        """Whether p-values two simulation errors away would give another grade."""
        met, tests = [], self.case.multipliers
        for most in (np.repeat(bounds, (1, 3)) for bounds in (SOME, STRONG)):
            error = 2 * refits.compute_simulation_error(most, tests, self.draws)
            met.append(bool((self.p + error <= most).all()))
            if met[-1] != (self.p - error <= most).all():
                return True
        if not met[0]:
            return False
        of_total = [self.carried * np.sign(self.total), *(self.farthest_before if met[1] else ())]
        decisive = np.array([*(check.p for check in self.checks), *map(self._find_p_of, of_total)])
        of_each = np.repeat(tests[1::-1], (len(self.checks), len(of_total)))
        error = 2 * refits.compute_simulation_error(OBJECTS, of_each, self.draws)
        return bool((np.abs(decisive - OBJECTS) < error).any())

    @cached_property
    def tau(self) -> float:
        """The total less its mean over deals on data without this very effect."""
        if self.fewer is not None:
            return self.fewer.tau
        tau = self.total
        for _ in range(STEPS):
            tau = self.total - float(self.read(tau).totals("hazard").total.mean())
        return tau

    @cached_property
    def has_before(self) -> bool:
        """Whether enough of the expected trade is of pairs with enough earlier periods."""
        is_compared, weight = self.case.timing.moved_before(refits.WINDOW).is_compared, self.real.expected[0]
        return bool(weight[is_compared].sum() >= EARLY_SHARE * weight.sum())

    @cached_property
    def checks(self) -> tuple[EarlierCheck, ...]:
        """Checks of the periods before, under deals by size alone and among all pairs."""
        reading = self.read(0.0)
        before = [reading.check_before(one) for one in CHECKED_BY] if self.has_before else []
        return _summarize("before", before), _summarize("trend", [reading.check_slope(one) for one in CHECKED_BY])

    @cached_property
    def trend(self) -> tuple[float, float]:
        """Common trend of the pairs before, in logs a period, and the share of one that a single step finds."""
        return refits.fit_trend(self.case)

    @cached_property
    def carried(self) -> float:
        """By how much that trend, going on, would have moved the total, in logs."""
        return float(self.trend[0] * self.read(0.0).totals(None).reach[0])

    @property
    def farthest_before(self) -> tuple[float, float]:
        """What was under way at most (90 %) in the total's direction, by two periods before and by the trend."""
        reading, real = self.read(0.0), self.read(0.0).totals(None)
        critical = max(refits.find_critical(reading.check_slope(by).z, 0.20) for by in CHECKED_BY)
        error = critical * real.slope_error[0] * real.reach[0] / self.trend[1]
        return self.checks[0].far, float(np.sign(self.total) * self.carried + error)

    def find_p(self, tau: float) -> float:
        """Return the largest p of an effect, adjusted for several outcomes.

        One of fewer deals stands where it is farther from the level than four simulation errors.
        """
        if self.fewer is not None:
            p, tests = self.fewer.find_p(tau), self.case.multipliers[:1]
            if abs(p - OBJECTS) > 4 * refits.compute_simulation_error(OBJECTS, tests, self.fewer.draws)[0]:
                return p
        return min(max(float(self.read(tau).compare(by).p[0]) for by in self.dealings) * self.case.tests, 1.0)

    def _find_p_of(self, size: float) -> float:
        """Return the same of a size in the total's direction: one if beyond the total, NaN if in the other one."""
        if not 0 < size < abs(self.total):
            return 1.0 if size > 0 else np.nan
        return self.find_p(float(np.sign(self.total)) * size)

    def judge(self) -> tuple[Grade, tuple[Reason, ...]]:
        """Return the grade, and what stands between it and the next one up."""
        case, n = self.case, self.case.pairs.size
        if case.at_risk.sum() < FEWEST_AT_RISK * n:
            return "none", ("at-risk",)
        deals = self.read(0.0).deal("hazard").copy()
        for start in case.dates:
            deals[:, case.starts == start] = np.sort(deals[:, case.starts == start], axis=1)
        if not len(deals) or refits.count_assignments(list(deals))[0] < FEWEST_DEALS:
            return "none", ("deals",)
        reasons = self._list_reasons(*SOME)
        if reasons:
            return "cannot tell", reasons
        reasons = self._list_reasons(*STRONG)
        if any(self._find_p_of(far) > SOME[0] for far in self.farthest_before):
            reasons = (*reasons, "equivalence")
        if n < FEWEST_SIGNERS:
            reasons = (*reasons, "few-pairs")
        return ("some", reasons) if reasons else ("strong", ())

    def _list_reasons(self, bound: float, others: float) -> tuple[Reason, ...]:
        """Return what a grade lacks."""
        sign = np.sign(self.total)
        bounds = (bound, others, others, others)
        reasons: list[Reason] = [name for name, p, most in zip(STATISTICS, self.p, bounds, strict=True) if p > most]
        if not all((np.sign(one.centered) == sign).all() for one in self.compared.values()):
            reasons.append("sign")
        if reasons:  # checks cost deals of their own
            return tuple(reasons)
        if np.sign(self.tau) != sign:
            reasons.append("sign")
        if self.beside is not None and np.sign(Weighing(self.beside, 1, self.seed).total) != sign:
            reasons.append("undated")
        reasons += [check.name for check in self.checks if check.objects]
        if self._find_p_of(self.carried * sign) > SOME[0]:
            reasons.append("carried")
        return tuple(reasons)

    def find_end(self, side: int, level: float, judged: "Weighing") -> tuple[float, float]:
        """Return the end of the effects whose largest p is above a level, on one side of the estimate, and its error.

        The error is how far another set of as many deals would move it: its distance, by the share that its critical
        value would change. Zero is tried first, on the deals that ``judged`` it, so that it lies outside exactly if
        its p is no larger than the level; then what was tried for other levels. Ends are those effects at which the
        total is as large as a share of the deals, found by interpolation.
        """
        zero = -side * self.tau
        before, inside, outside, known = (0.0, -1.0), (0.0, -1.0), (np.inf, np.inf), sorted(self._tried[side])
        tried = zero if zero > 0 else known[0] if known else min(self._reach(level), FARTHEST)
        while tried <= FARTHEST or tried == zero or np.isfinite(outside[0]):
            self._tried[side].add(tried)
            weighing, tau = (judged, 0.0) if tried == zero else (self, self.tau + side * tried)
            excess = weighing._measure_excess(tau, level)
            if excess > 0:
                outside = tried, excess
            else:
                before, inside = inside, (tried, excess)
            # The end is where the line is zero that goes through the nearest two distances around it, or short of it.
            is_between = bool(np.isfinite(outside[0]))
            (start, low), (end, high) = (inside, outside) if is_between else (before, inside)
            least, most = (0.01, 0.99) if is_between else (1.01, 2.0)
            distance = start + (end - start) * min(max(-low / max(high - low, 1e-9), least), most)
            if (is_between or start > 0) and 2 * abs(distance - tried) <= CLOSE * max(distance, CLOSE):
                tau = 0.0 if end == zero else self.tau + side * end
                return float(self.tau + side * distance), distance * self._measure_spread(tau, level)
            known = [one for one in known if inside[0] < one < outside[0]]
            if not (start or is_between):
                distance = max(distance, min(self._reach(level), FARTHEST))
            tried = min(known, key=lambda one: abs(one - distance)) if known else distance
        return side * np.inf, np.nan

    def _measure_spread(self, tau: float, level: float) -> float:
        """Return how far another set of deals would move the share by which the total exceeds what is refused."""
        error = np.sqrt(level * (1 - level) / self.draws)
        compared = [self.read(tau).compare(by) for by in self.dealings]
        return max(one.ratio(level + error) - one.ratio(level - error) for one in compared) / 2

    def _measure_excess(self, tau: float, level: float) -> float:
        """Return by what share the total exceeds what is refused; one dealing that accepts it by far is enough."""
        excess = np.inf
        for by in self.dealings:
            compared = self.read(tau).compare(by)
            is_refused = compared.p[0] <= level
            size = compared.ratio(level) - 1
            excess = min(excess, max(size, 1e-9) if is_refused else min(size, 0.0))
            if excess < -CLOSE:
                break
        return float(excess)

    def _reach(self, level: float) -> float:
        error = float(self.read(0.0).totals(None).errors[0, 0])
        return 0.9 * error * max(refits.find_critical(one.z[:-1, 0], level) for one in self.compared.values())

    def find_gamma(self, is_worst: bool, near: float | None = None) -> float:
        """Return the largest factor by which some pairs may have been likelier to sign with p still at most .05.

        It is found by halving, as p grows with it, or next to where it may be ``near``. Fewer deals decide beyond
        three errors of what all of them would say.
        """
        reading, tests = self.read(0.0), self.case.multipliers[:1]
        logs, tilts = reading.fit_hazard().logs, reading.list_tilts(float(np.sign(self.total)), is_worst)
        stages = [n for n in (FEW_DRAWS, 2 * FEW_DRAWS + 1) if n < self.draws] + [self.draws]

        def is_refused(factor: float, tilt: BoolArray) -> bool:
            pairs = self.case.deal(logs + np.log(factor) * tilt, self.draws, self.seed)
            parts: list[PairTotals] = []
            for first, end in pairwise((0, *stages)):
                parts.append(reading.measure(pairs[first:end]))
                compared = refits.compare_totals(reading.totals(None), PairTotals.join(parts))
                error = refits.compute_simulation_error(SOME[0], tests, end)[0] * np.sqrt(1 - end / self.draws)
                if abs(compared.p[0] * tests[0] - SOME[0]) > 3 * error:
                    break
            return bool(compared.p[0] * tests[0] > SOME[0] or compared.centered[0] * self.total <= 0)

        def is_beyond(factor: float) -> bool:
            return any(is_refused(factor, tilt) for tilt in tilts)

        low, high = 0, len(FACTORS)
        if near is not None:
            n_kept = (1.0, *FACTORS).index(near)
            if n_kept < high and not is_beyond(FACTORS[n_kept]):
                low = n_kept + 1
            elif n_kept and is_beyond(FACTORS[n_kept - 1]):
                high = n_kept - 1
            else:
                low = high = n_kept
        return (1.0, *FACTORS)[bisect_left(FACTORS, True, low, high, key=is_beyond)]


def _summarize(name: Literal["before", "trend"], checked: list[Checked]) -> EarlierCheck:
    p, far = [one.p for one in checked], [one.far for one in checked]
    return EarlierCheck(name, min(p, default=np.nan), max(far, default=np.inf))


# The smallest effects that the rule would have found.


def find_detectable(weighing: Weighing) -> tuple[float, float]:
    """Return the effects, in logs, that the rule finds in four of five placements: a rise, and a fall.

    An effect makes deals noisier, as pairs that have it are dealt agreements and compared with, so that noise and
    deals are made anew on data with the effect found before.
    """
    # Deals are placed on data without the estimated effect, those that checks of the periods before let pass.
    reading = weighing.read(weighing.tau)
    totals, before = reading.totals("hazard"), reading.totals("hazard", is_before=True)
    is_fine = np.ones(len(totals.expected), dtype=bool)
    for by in CHECKED_BY:
        for checked, values, errors in (
            (reading.check_before(by), before.total, before.errors[:, 0]),
            (reading.check_slope(by), totals.slope, totals.slope_error),
        ):
            if checked.p == checked.p and (weighing.has_before or values is not before.total):
                is_fine &= refits.compute_tail_shares(checked.z, (values - checked.center) / errors) >= OBJECTS
    trend = totals.slope * totals.reach / weighing.trend[1]
    placements = Placements(reading.deal("hazard"), totals, trend, is_fine)
    bounds = SOME[0] / weighing.case.tests, SOME[1]

    def find(sign: int) -> float:
        effect = 0.0
        for _ in range(STEPS):
            planted = weighing.read(weighing.tau - sign * effect)

            def measure(size: float, planted: CaseReading = planted) -> float:
                return placements.measure_power(sign * size, planted, weighing.dealings, bounds)

            low, high = 0.0, LARGEST_EFFECT
            if measure(high) < POWER:
                return np.inf
            while high - low > 0.005:
                middle = (low + high) / 2
                low, high = (low, middle) if measure(middle) >= POWER else (middle, high)
            effect = high
        return effect

    return find(1), find(-1)
