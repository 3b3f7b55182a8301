"""What the rule for verdicts says of placebo agreements, dealt to a table's own pairs without one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twintrade.errors import InferenceError
from twintrade.fanout import Arrays, run_jobs, split_succeeded
from twintrade.inference.evidence import FEWEST_AT_RISK, POWER, SOME, Weighing
from twintrade.inference.refits import CaseReading, DealtCase
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.text import Text

SIZES = np.log1p(np.array([10, 15, 20, 25, 30, 40, 50, 60, 75, 100, 125, 150, 200, 300, 400]) / 100)
"""Effects that are planted, as rises and as falls, in logs."""
FEWEST = 10  # placebo registers below which nothing is said
GRADES = ("some", "strong")


@dataclass(frozen=True, slots=True)
class Laboratory:
    """Flows that no known agreement moved, and who of their pairs may get a placebo."""

    # The headline's outcome and dates first, then the file's others. Rows from real agreements on are not observed,
    # and their pairs are not at risk
    cases: tuple[DealtCase, ...]
    # Of each case, the place of the first period of every agreement of the first case; -1 where it has no date
    starts: tuple[IntArray, ...]
    logs: FloatArray  # (n_pairs, n_dates): log hazard of signing
    draws: int  # deals of each kind behind a verdict
    matters: float = 0.0  # the smallest change that matters, in logs; zero where none is declared

    def place(self, rng: np.random.Generator) -> tuple[DealtCase, ...]:
        """Return the cases with the agreements of pairs without one, the same pairs in each."""
        dealt = self.cases[0].deal(self.logs, 1, int(rng.integers(2**31)))
        if not len(dealt):
            raise InferenceError(Text("inference.calibration-none"))
        pairs, placed = dealt[0], []
        for case, starts in zip(self.cases, self.starts, strict=True):
            order = np.argsort(starts, kind="stable")  # of their dates
            order = order[(starts[order] >= 0) & case.at_risk[pairs[order]]]
            placed.append(replace(case, pairs=pairs[order], starts=starts[order]))
        return tuple(placed)


def build_laboratory(cases: Sequence[DealtCase], draws: int, matters: float = 0.0) -> Laboratory:
    """Return the pairs without an agreement of some cases that have the same cities, partners and periods."""
    main = cases[0]
    is_signer = np.zeros(main.at_risk.size, dtype=bool)
    for case in cases:
        is_signer[case.pairs] = True
    n, n_free = main.pairs.size, int((main.at_risk & ~is_signer).sum())
    if n_free < FEWEST_AT_RISK * n:
        raise InferenceError(Text("inference.calibration-few", n=n, free=n_free, times=FEWEST_AT_RISK))
    starts = []
    for case in cases:
        of_pair = np.full(case.at_risk.size, -1)
        of_pair[case.pairs] = case.starts
        starts.append(of_pair[main.pairs])
    logs = CaseReading(main, 0.0, 1, 0).fit_hazard().logs
    return Laboratory(tuple(_free(case, is_signer) for case in cases), tuple(starts), logs, draws, matters)


def _free(case: DealtCase, is_signer: BoolArray) -> DealtCase:
    """Return a case whose real agreements are not observed."""
    table = case.table
    is_observed = table.is_observed & ~case.is_affected.reshape(table.shape)
    table = replace(table, y=np.where(is_observed, table.y, 0.0), is_observed=is_observed)
    return replace(case, table=table, at_risk=case.at_risk & ~is_signer)


def add_effect(case: DealtCase, effect: float) -> DealtCase:
    """Return the case with an effect, in logs, on the pairs with agreements."""
    return replace(case, table=CaseReading(case, -effect, 1, 0).table)


def judge_placement(laboratory: Laboratory, number: int, rng: np.random.Generator) -> Arrays:
    """Return what the rule says of one placebo register: without an effect, and from which effects on it finds one.

    A larger effect is taken to be found where a smaller one is. ``number``: of the register, for its name alone.
    """
    case, *others = laboratory.place(rng)
    seed = int(rng.integers(2**31))
    null = Weighing(case, laboratory.draws, seed)
    grade = null.judge()[0]
    is_elsewhere = [
        one.pairs.size > 1 and Weighing(one, laboratory.draws, seed).judge()[0] in GRADES for one in others
    ]
    first, covered = [], []
    for sign in (1, -1):
        low, high = -1, SIZES.size
        while high - low > 1:
            middle = (low + high) // 2
            effect = sign * float(SIZES[middle])
            planted = Weighing(add_effect(case, effect), laboratory.draws, seed)
            if (low, high) == (-1, SIZES.size):
                covered.append(planted.find_p(effect) > SOME[0])
            is_found = planted.judge()[0] in GRADES and planted.total * sign > 0
            low, high = (low, middle) if is_found else (middle, high)
        first.append(high)
    return {
        "grade": np.array([grade == name for name in GRADES]),
        "any": np.array(grade in GRADES or any(is_elsewhere)),
        "slight": np.array([_is_slight(null, laboratory.matters, effect) for effect in (0.0, laboratory.matters)]),
        "tau": np.array(null.tau),
        "first": np.array(first),
        "covered": np.array(covered),
    }


def _is_slight(null: Weighing, matters: float, effect: float) -> bool:
    """Whether the 90 % interval, which moves with an effect, would leave no room for a change that matters."""
    sides = (side * matters - effect for side in (-1, 1))
    return matters > 0 and null.judge()[0] != "none" and all(null.find_p(one) <= SOME[1] for one in sides)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Rates over placebo registers; effects in logs, falls as negative ones."""

    times: int
    draws: int
    some: float  # some, strong: shares called so although there was no effect
    strong: float
    # Share called evidence for any of the file's outcomes and dates, of which there are so many; NaN for one of each
    family: float
    n_designs: int
    # Share called no change that matters, or too small to: without an effect, and with one just large enough to; NaN
    # where none was declared
    slight: tuple[float, float]
    coverage: float  # share of intervals that contain an effect that was planted
    detectable: tuple[float, float]  # rise, and fall, called evidence four times in five; infinite where none is
    overstated: tuple[float, float]  # median printed change over the true one, in percent, where these are found
    effects: FloatArray  # those planted, ascending
    shares: FloatArray  # of each that is called evidence


def measure_rates(laboratory: Laboratory, times: int, rng: np.random.Generator) -> Calibration:
    """Return the rates of the rule over so many placebo registers."""
    jobs = {str(k): k for k in range(1, times + 1)}
    done, lost = split_succeeded(run_jobs("calibrate", judge_placement, jobs, shared=laboratory, rng=rng))
    if len(done) < FEWEST:
        reason = lost[0][1] if lost else ""
        raise InferenceError(Text("inference.calibration-lost", n=len(done), of=times, reason=reason))
    values = [one.values for one in done if one.values is not None]
    grade, is_any, slight, tau, first, covered = (
        np.stack([one[name] for one in values]) for name in ("grade", "any", "slight", "tau", "first", "covered")
    )
    base = float(grade.any(axis=1).mean())
    rates = [(first[:, side][:, None] <= np.arange(SIZES.size)).mean(axis=0) for side in (0, 1)]
    detectable = [_find_detectable(base, one) for one in rates]
    return Calibration(
        times=len(done),
        draws=laboratory.draws,
        some=float(grade[:, 0].mean()),
        strong=float(grade[:, 1].mean()),
        family=float(is_any.mean()) if len(laboratory.cases) > 1 else np.nan,
        n_designs=len(laboratory.cases),
        slight=tuple(slight.mean(axis=0)) if laboratory.matters else (np.nan, np.nan),
        coverage=float(covered.mean()),
        detectable=(detectable[0], -detectable[1]),
        overstated=(_overstate(1, detectable[0], tau, first[:, 0]), _overstate(-1, detectable[1], tau, first[:, 1])),
        effects=np.concatenate([-SIZES[::-1], [0.0], SIZES]),
        shares=np.concatenate([rates[1][::-1], [base], rates[0]]),
    )


def _find_detectable(base: float, rates: FloatArray) -> float:
    """Return the size found four times in five, between those that were planted."""
    if rates[-1] < POWER:
        return np.inf
    sizes, rates = np.append(0.0, SIZES), np.append(min(base, rates[0]), rates)
    k = int((rates >= POWER).argmax())
    if not k:
        return 0.0
    return float(sizes[k - 1] + (sizes[k] - sizes[k - 1]) * (POWER - rates[k - 1]) / (rates[k] - rates[k - 1]))


def _overstate(sign: int, size: float, tau: FloatArray, first: IntArray) -> float:
    """Return the median printed change over the true one where an effect of a size is called evidence.

    With the effect planted, the printed number is that without it, in logs, and the effect.
    """
    if not np.isfinite(size):
        return np.nan
    k = min(int(np.searchsorted(SIZES, size - 1e-9)), SIZES.size - 1)
    printed = np.expm1(tau[first <= k] + sign * SIZES[k])
    return float(np.median(printed) / np.expm1(sign * SIZES[k]))
