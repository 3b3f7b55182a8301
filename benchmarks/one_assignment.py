"""What ``auto`` takes, and what it says, on many draws of errors for one assignment of agreements."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from benchmarks.agreement_panels import Assigned, Cell, assign, compute_spread, draw_flows
from benchmarks.many_draws import test_randomized, test_scaled, weigh_rows
from twintrade.errors import EstimationError, TwintradeError
from twintrade.estimators.base import Estimator, Fit, fit
from twintrade.inference.auto import Auto, list_steps
from twintrade.inference.base import Inference
from twintrade.inference.choosing.decision import Decision
from twintrade.inference.clustered import Clustered
from twintrade.inference.crv2 import Scaled
from twintrade.inference.randomization import Randomization
from twintrade.numerics.arrays import FloatArray

TOGETHER, ONE_BY_ONE = 20, 10
"""Error draws of an assignment; where all are tried together an effect is added to each of them."""

PLANTED = 4
"""Draws to which an effect is added where they are tried one by one."""

SPREAD = 10
"""Further draws for the true spread of an estimate, where it has no closed form."""

EFFECT = 2.8
"""Effect added, in standard deviations of the estimate: a normal test that knows them finds it in 80 %."""

PERMUTATIONS = 39
"""With 39 draws a test of 5 % has its exact size, as with 999, and somewhat less power."""

AUTO = Auto(draws=1, permutations=PERMUTATIONS)
BESIDE: dict[str, Inference] = {
    "clustered": Clustered(draws=1),
    "scaled": Scaled(draws=1),
    "randomization": Randomization(draws=PERMUTATIONS, intervals=False),
}
N_BESIDE = 3
"""Draws on which these are tried one by one."""

AT_LEVEL = 0.05 + 1e-9
REFUSED = "refused"
"""Stands where a row of the decision table would, for panels without an estimate: no matter of inference."""

COUNTS = (
    *("draws", "none", "rejects", "covers", "unbounded", "no_interval", "planted", "finds", "covers_effect"),
    REFUSED,
)
FACTS = ("effective_city", "effective_partner", "resting", "spread", "beside")
Answer = tuple[float, float, float]


@dataclass(slots=True)
class Counted:
    """What happened to the draws that one row of the decision table decided."""

    decision: Decision
    method: str
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    beside: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    def add(self, found: Answer | None, effect: float) -> None:
        """Count one panel: p, and the ends of the interval; None where there was no answer."""
        self.counts["planted" if effect else "draws"] += 1
        if found is None:
            self.counts["none"] += 1
            return
        p, low, high = found
        self.counts["finds" if effect else "rejects"] += p <= AT_LEVEL
        self.counts["covers_effect" if effect else "covers"] += low <= effect <= high
        self.counts["unbounded"] += bool(np.isinf(low) or np.isinf(high))
        self.counts["no_interval"] += bool(np.isnan(low) or np.isnan(high))

    def add_together(self, p: FloatArray, n_null: int) -> None:
        """Count panels, those without an effect first, whose intervals hold what the test does not reject."""
        null, planted = p[:n_null] <= AT_LEVEL, p[n_null:] <= AT_LEVEL
        self.counts["draws"], self.counts["planted"] = null.size, planted.size
        self.counts["rejects"], self.counts["finds"] = int(null.sum()), int(planted.sum())
        self.counts["covers"] = self.counts["covers_effect"] = int((~null).sum())

    def compare(self, name: str, rejected: int, n: int) -> None:
        self.beside[name][0] += rejected
        self.beside[name][1] += n

    def row(self, spread: float) -> tuple[object, ...]:
        s = self.decision.situation
        effective = [round(s.effective.get(name, np.nan), 1) for name in ("city", "partner")]
        beside = "; ".join(f"{name} {rejects}/{n}" for name, (rejects, n) in self.beside.items())
        counts = (int(n) for n in self.counts.values())
        facts = (*effective, round(s.leverage_one_share, 3), round(spread, 4), beside)
        return (self.decision.code, self.method, *counts, *facts)


@dataclass(frozen=True, slots=True)
class Study:
    """One assignment of agreements in a cell under one estimator."""

    cell: Cell
    estimator: Estimator
    assignment: int
    seed: int = 0

    @property
    def is_together(self) -> bool:
        """Whether all draws have the same rows and weights."""
        return not (self.estimator.is_poisson or self.cell.noise == "heavy, zeros")

    @property
    def n_draws(self) -> int:
        return TOGETHER if self.is_together else ONE_BY_ONE

    def rows(self) -> list[tuple[object, ...]]:
        made = assign(self.cell, self.cell.seed(self.seed, self.assignment))
        found = self._together(made) if self.is_together else None
        return self._one_by_one(made) if found is None else found

    def _together(self, made: Assigned) -> list[tuple[object, ...]] | None:
        """Count all draws at once; None where ``auto`` takes something that cannot be, or decides by the draw."""
        n = TOGETHER
        flows = [draw_flows(made, self._rng(k)) for k in range(n)]
        one, second = (self._fit(made, flow) for flow in flows[:2])
        if one is None or second is None:
            return None
        decision = AUTO.decided(one)
        is_same = AUTO.decided(second).situation == decision.situation and decision.situation.has_weights
        if not is_same or decision.method not in ("scaled", "randomization"):
            return None
        weights = np.zeros(made.is_treated.size)
        weights[one.design.observations.rows] = weigh_rows(one)
        spread = compute_spread(made, weights.reshape(made.is_treated.shape))
        planted = [flow * np.exp(EFFECT * spread * made.is_treated) for flow in flows]
        designs = [made.design(flow, "log") for flow in (*flows, *planted)]
        by_row = decision.code == "leverage-one"
        p = {"randomization": test_randomized(one, designs, PERMUTATIONS, self._rng(0, 1), by_row=by_row)}
        if decision.method == "scaled" or self.cell.cities < 100:
            p["scaled"] = test_scaled(one, designs)
        taken = p.pop(decision.method)
        if np.isnan(taken).any():
            return None
        last = fit(self.estimator, designs[-1])
        for k, each in ((0, one), (-1, last)):
            own = take(each, decision, self._rng(0, 1))
            if own is None or own[0] != decision.method or abs(own[1][0] - taken[k]) > 1e-6:
                raise AssertionError(f"{decision.method} says {own}, all draws together {taken[k]}: {self}")
        counted = Counted(decision, decision.method)
        counted.add_together(taken, n)
        for name, values in p.items():
            counted.compare(name, int((values[:n] <= AT_LEVEL).sum()), n)
        for draw, each in enumerate((one, second)):
            self._try_beside(counted, each, draw, ("clustered",))
        return [counted.row(spread)]

    def _one_by_one(self, made: Assigned) -> list[tuple[object, ...]]:
        n = self.n_draws
        flows = [draw_flows(made, self._rng(k)) for k in range(n + SPREAD)]
        fits = [self._fit(made, flow) for flow in flows]
        spread = float(np.std([_in_logs(one) for one in fits if one is not None] or 0.0))
        effect = EFFECT * spread
        planted = [self._fit(made, flow * np.exp(effect * made.is_treated)) for flow in flows[:PLANTED]]
        found: dict[tuple[str, str], Counted] = {}
        panels = [*((0.0, k, one) for k, one in enumerate(fits[:n]))]
        panels += [*((effect, k, one) for k, one in enumerate(planted))]
        for truth, draw, one in panels:
            if one is None:
                continue
            decision = AUTO.decided(one)
            own = take(one, decision, self._rng(draw, 1))
            method = decision.method if own is None else own[0]
            counted = found.setdefault((decision.code, method), Counted(decision, method))
            is_percent = one.view("overall").scale == "percent"
            counted.add(None if own is None else own[1], 100 * np.expm1(truth) if is_percent else truth)
            if not truth and draw < N_BESIDE:
                self._try_beside(counted, one, draw, tuple(name for name in BESIDE if name != method))
        rows = [counted.row(spread) for counted in found.values()]
        n_refused = sum(one is None for one in fits[:n])
        return [*rows, describe_refused(n_refused)] if n_refused else rows

    def _try_beside(self, counted: Counted, one: Fit, draw: int, names: tuple[str, ...]) -> None:
        for name in names:
            other = answer(BESIDE[name], one, self._rng(draw, 1))
            if other is not None:
                counted.compare(name, int(other[0] <= AT_LEVEL), 1)

    def _rng(self, *more: int) -> np.random.Generator:
        return self.cell.seed(self.seed, self.assignment, *more, 7)

    def _fit(self, made: Assigned, flows: FloatArray) -> Fit | None:
        """Return the fit; None where the estimator refuses the panel."""
        try:
            return fit(self.estimator, made.design(flows, "level" if self.estimator.is_poisson else "log"))
        except EstimationError:
            return None


def describe_refused(n: int) -> tuple[object, ...]:
    """Return the row of an assignment's panels that have no estimate."""
    counts = (n if name == REFUSED else 0 for name in COUNTS)
    return (REFUSED, "", *counts, np.nan, np.nan, np.nan, np.nan, "")


def _in_logs(one: Fit) -> float:
    overall = one.view("overall")
    return float(overall.effects[0]) / (100 if overall.scale == "percent" else 1)


def take(one: Fit, decision: Decision, rng: np.random.Generator) -> tuple[str, Answer] | None:
    """Go down the ladder as ``auto`` does, for the headline alone and without what it prints beside."""
    for name in list_steps(decision):
        found = answer(AUTO.chosen(decision, name), one, np.random.default_rng(rng.bit_generator.seed_seq))
        if found is not None:
            return name, found
    return None


def answer(method: Inference, one: Fit, rng: np.random.Generator) -> Answer | None:
    """Return p and the interval of the headline; None where the method refuses or p is no number."""
    try:
        bands = method.infer(one, "overall", rng)
    except TwintradeError:
        return None
    p = float(bands.p[0])
    return None if np.isnan(p) else (p, float(bands.low[0]), float(bands.high[0]))
