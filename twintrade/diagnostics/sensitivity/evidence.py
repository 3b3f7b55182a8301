"""How strong the evidence is, against pairs as large and as fast-growing, and what effects data could have shown."""

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.diagnostics.base import Diagnostic, Judgment, Yardstick
from twintrade.diagnostics.variants import build_quantities, format_effects, measure_headline
from twintrade.effects import Finding, Topic
from twintrade.errors import DesignError, TwintradeError
from twintrade.estimators.base import Fit
from twintrade.fanout import Arrays, run_jobs, split_succeeded
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.inference.clustering import compute_t_quantile
from twintrade.inference.evidence import STATISTICS, GradedEvidence, weigh_evidence
from twintrade.inference.refits import estimate_one_step, estimate_overall, find_units_with_trade
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.holm import adjust_holm, count_tests
from twintrade.text import Text, Words
from twintrade.text.numbers import convert_log_to_percent

ALPHA = 0.05
LEVEL = 0.95
P_ALONE: Mapping[str, Any] = dict.fromkeys(("seeks_interval", "seeks_gamma", "seeks_detectable"), False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceOfChange(Diagnostic):
    """How strong the evidence is that trade of the treated pairs changed, and in which direction.

    The agreements are dealt to other pairs by how likely these were to sign, given size and own growth, and among all
    pairs alike; see docs/inference.md, "The verdict". The change printed is the total less what the deals do without
    an effect.

    Attributes
    ----------
    draws : int
        Deals of each kind; more where another seed could give another grade.
    matters : float
        The smallest change, in percent, that matters, declared before the results; zero where nothing is declared.
    others : list of str
        Further outcomes of the same question, columns of the panel: page 1 grades each, p and intervals by Holm over
        all of them, and the size and growth of each also say who signs.
    """

    draws: int = 1999
    matters: float = 0.0
    others: tuple[str, ...] = ()
    name: ClassVar[str] = "evidence"
    topic: ClassVar[Topic] = "sensitivity"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the grade in a row an outcome; payloads ``evidence`` and, by statistic and deal, ``evidence_tests``.

        The finding objects where trade had moved already before the agreements.
        """
        if not self.grades(fit):
            return self.unavailable(Text("checks.evidence-no-total"))
        weighed = self._weigh(fit, rng)
        evidence, _ = next(iter(weighed.values()))
        table = pd.DataFrame([self._describe(name, *one) for name, one in weighed.items()])
        table["p"] = adjust_holm(table["p"].to_numpy(dtype=np.float64))
        row = table.iloc[0]
        text = Text(
            "checks.evidence",
            grade=str(row["grade"]),
            direction=evidence.direction,
            percent=float(row["percent"]),
            total=float(row["total"]),
            ordinary=float(row["ordinary"]),
            p=float(row["p"]),
            objects="yes" if any(check.objects for check in evidence.checks) else "no",
        )
        rows: list[tuple[str, str, float, float]] = []
        for by, values in evidence.p.items():
            logs = (*evidence.centered[by], math.nan)
            tests = zip(STATISTICS, values, logs, strict=True)
            rows += [(name, by, float(p), convert_log_to_percent(float(log))) for name, p, log in tests]
        rows += [(one.name, "before", one.p, math.nan) for one in evidence.checks]
        return self.conclude(
            text,
            table,
            _judge(evidence),
            {"evidence": table, "evidence_tests": pd.DataFrame(rows, columns=["statistic", "dealt", "p", "percent"])},
            value=float(row["p"]),
            unit="p",
            direction="higher" if evidence.direction == "rise" else "lower",
        )

    def grades(self, fit: Fit) -> bool:
        """Whether the headline is a change of a total."""
        return fit.estimator.is_poisson and fit.view("overall").scale in ("percent", "log points")

    def _weigh(self, fit: Fit, rng: np.random.Generator) -> dict[str, tuple[GradedEvidence, float]]:
        """Return the evidence of each outcome, the headline's first, and what Holm multiplies its p by."""
        design = fit.design
        if len(names := tuple(dict.fromkeys((design.outcome, *self.others)))) == 1:
            return {design.outcome: (weigh_evidence(fit, rng, draws=self.draws), 1.0)}
        seed = int(rng.integers(2**31))
        others = {name: fit.refit(design.with_outcome(name, design.transform)) for name in names[1:]}
        fits = {design.outcome: fit} | others

        def weigh(name: str, tests: float, draws: int, **asked: Any) -> GradedEvidence:
            others, fresh = tuple(one for one in names if one != name), np.random.default_rng(seed)
            return weigh_evidence(fits[name], fresh, draws=draws, others=others, tests=tests, **asked)

        factors, draws = np.ones(len(names)), [self.draws] * len(names)
        for _ in range(2):  # p that is close to the level by Holm takes more deals, which may change the factors
            weighed = [weigh(*one, **P_ALONE) for one in zip(names, factors, draws, strict=True)]
            factors = count_tests(np.array([find_largest_p(one) for one in weighed]))
            draws = [one.draws for one in weighed]
        each = zip(names, factors, draws, strict=True)
        return {name: (weigh(name, tests, n, most_draws=n), tests) for name, tests, n in each}

    def _describe(self, outcome: str, evidence: GradedEvidence, tests: float) -> dict[str, object]:
        given, side = self._grade(evidence, tests)
        logs = {
            "percent": evidence.tau,
            "low": evidence.low,
            "high": evidence.high,
            "total": evidence.total,
            "ordinary": evidence.total - evidence.tau,
            "without_largest": evidence.without_largest,
            "rise_found": evidence.detectable_rise,
            "fall_found": -evidence.detectable_fall,
            "ruled_out": evidence.ruled_out,
        }
        percents = {name: convert_log_to_percent(value) if value < 50 else math.inf for name, value in logs.items()}
        return {
            "outcome": outcome,
            "grade": given,
            "side": side,
            "reasons": " ".join(evidence.reasons),
            **percents,
            "low_error": 100 * math.exp(evidence.low) * evidence.low_error,
            "high_error": 100 * math.exp(min(evidence.high, 50)) * evidence.high_error,
            "level": LEVEL,
            "p": find_largest_p(evidence),
            "tests": tests,
            "share": evidence.largest,
            "n_effective": evidence.n_effective,
            "n_signers": evidence.n_signers,
            "n_at_risk": evidence.n_at_risk,
            "matters": self.matters or math.nan,
            "gamma": evidence.gamma,
            "gamma_worst": evidence.gamma_worst,
            "overlap": evidence.overlap,
            "carried": convert_log_to_percent(evidence.carried),
            "slope_size": evidence.slopes[0],
            "slope_growth": evidence.slopes[1],
            "draws": evidence.draws,
            "inference": "randomization",
        }

    def _grade(self, evidence: GradedEvidence, tests: float = 1.0) -> tuple[str, str]:
        """Return grade and direction, by the file's own measure of what matters too; no grade stays none."""
        p = find_largest_p(evidence) * tests
        if evidence.grade == "none":
            return "cannot", "neither"
        if self.matters and not evidence.matters(self.matters / 100):
            return ("small", evidence.direction) if p <= ALPHA else ("nothing", "neither")
        if evidence.grade in ("strong", "some"):
            return evidence.grade, evidence.direction
        return "cannot", "neither"


def find_largest_p(evidence: GradedEvidence) -> float:
    """Return p of the total, the largest over the dealings."""
    return max(float(by[0]) for by in evidence.p.values())


def _judge(evidence: GradedEvidence) -> Judgment:
    """Return what the periods before the agreements say."""
    known = [check for check in evidence.checks if math.isfinite(check.p)]
    if any(check.objects for check in known):
        return Judgment("objects", p=min(check.p for check in known))
    could_see = len(known) == len(evidence.checks) and known[0].far < abs(evidence.total)
    return Judgment("does not object" if could_see else "cannot tell")


REFITTED = 39  # placebos that are refitted where the others are estimated in one step


@dataclass(frozen=True, slots=True, kw_only=True)
class Power(Diagnostic):
    """The minimum detectable effect, from the user's own untreated units.

    Placebo onsets with the real cohort sizes are dealt to units that are never treated, those of one city (or of
    one partner, if agreements fall into fewer of these) together; the spread of the placebo estimates is the noise
    of this design. A test that rejects beyond the critical value of that spread, or beyond half the headline's
    interval where that is more, finds an effect with the probability that the spread leaves above it. Where every
    placebo has a clustered error, the share of placebos that these errors reject is shown as well: it should be one
    minus the level. Linear methods whose placebos take the fast path have no such errors; where placebos are
    estimated in one step, the first 39 are refitted for them.

    Of a headline that the check ``evidence`` grades it has the verdict's own number instead.

    Attributes
    ----------
    power : float
        Probability with which the minimum detectable effect is found.
    sizes : tuple of float
        Effects at which the power is printed, on the scale of the estimate; empty for multiples of the spread.
    """

    draws: int = 199
    power: float = 0.8
    level: float = 0.95
    sizes: tuple[float, ...] = ()
    name: ClassVar[str] = "power"
    citation: ClassVar[str] = "bloom1995"
    payload_kinds: ClassVar = {"power": "power"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the minimum detectable effect; payload ``power`` has the rejection rate by size of effect."""
        placebos = self._draw_placebos(fit, rng)
        drawn = placebos.effects
        if drawn.size < 20:
            reason = next(iter(placebos.reasons), Text("checks.no-reason"))
            return self.unavailable(Text("checks.power-few", n=int(drawn.size), reason=reason))
        scale = fit.estimate.scale
        critical = compute_critical_value(drawn, self.level, measure_headline(fit, inference, rng), scale)
        mde = compute_detectable_effect(drawn, critical, self.power)
        half = compute_detectable_effect(drawn, critical, 0.5)
        sizes = np.array(self.sizes) if self.sizes else np.linspace(0, 2 * mde, 21)
        rates = np.array([(np.abs(drawn + size) > critical).mean() for size in sizes])
        frame = pd.DataFrame({"effect": sizes, "rejection_rate": rates})
        table = [(Text("checks.power-mde"), mde), (Text("checks.power-half"), half)]
        table += [(Text("checks.power-spread"), float(drawn.std())), (Text("checks.power-draws"), float(drawn.size))]
        table += self._judge_errors(placebos.refitted)
        text = Text(
            "checks.power",
            missed=1 - self.power,
            n=int(drawn.size),
            units=fit.design.panel.unit_kind,
            **format_effects(scale, half=half, mde=mde),
        )
        return self.conclude(
            text, build_quantities(table), payloads={"power": frame}, value=mde, unit=scale, detectable=mde
        )

    def read_verdict(self, graded: Finding) -> Finding:
        """Return the rise that the verdict finds in four cases of five: with a grade it is the test of the page."""
        rise = float(graded.table["rise_found"].iloc[0])
        return self.conclude(Text("checks.power-graded"), value=rise, unit="percent", detectable=rise)

    def _judge_errors(self, refitted: FloatArray) -> list[tuple[Text, float]]:
        """Return how often clustered errors reject placebos that were refitted, none where one has no error."""
        if not refitted.size or not np.isfinite(refitted).all():
            return []
        effects, se = refitted.T
        width = compute_t_quantile((1 + self.level) / 2, np.inf)
        rows = [
            (Text("checks.power-rejected"), float((np.abs(effects) > width * se).mean())),
            (Text("checks.power-analytic"), (width + compute_t_quantile(self.power, np.inf)) * float(np.median(se))),
        ]
        few = [(Text("checks.power-refitted"), float(se.size))] if se.size < self.draws else []
        return rows + few

    def _draw_placebos(self, fit: Fit, rng: np.random.Generator) -> "_Placebos":
        """Return the placebo estimates, some of them with clustered errors, and why other draws failed."""
        (design, onsets), together = build_placebo_design(fit), find_shared_places(fit.design)
        first = design.reassigned(deal(design, onsets, rng, *together))
        null = fit.estimator.linear_null(first, first.observations.y[:, None], ["overall"])
        dealt = [deal(design, onsets, rng, *together) for _ in range(self.draws)]
        model = fit.estimator.one_step(first)
        if model is not None:
            effects = estimate_one_step(model, fit.view("overall"), dealt)
            known = np.isfinite(effects)
            lost: list[Words] = [Text("inference.other-rows")] * int((~known).sum())
            return _Placebos(effects[known], _refit(fit, design, dealt[:REFITTED])[0], lost)
        if null is not None:
            effects, lost = estimate_overall(fit, null, len(dealt), lambda k: design.reassigned(dealt[k]), "power")
            return _Placebos(effects[~np.isnan(effects)], np.empty((0, 2)), lost)
        refitted, reasons = _refit(fit, design, dealt)
        return _Placebos(refitted[:, 0], refitted, reasons)


@dataclass(frozen=True, slots=True, eq=False)
class _Placebos:
    """Estimates of placebo agreements."""

    effects: FloatArray  # (n_placebos,)
    refitted: FloatArray  # (n_refitted, 2): estimate and clustered error of placebos that were refitted
    reasons: list[Words]  # why other draws failed


def _refit(fit: Fit, design: Design, dealt: list[FloatArray]) -> tuple[FloatArray, list[Words]]:
    jobs = {str(k): onset for k, onset in enumerate(dealt)}
    done, bad = split_succeeded(run_jobs("power", _placebo, jobs, shared=(fit, design)))
    estimates = np.array([[one.values["effect"], one.values["se"]] for one in done if one.values is not None])
    return estimates.reshape(-1, 2), [reason for _, reason in bad]


def _placebo(shared: tuple[Fit, Design], onset: FloatArray, rng: np.random.Generator) -> Arrays:
    fit, design = shared
    again = fit.refit(design.reassigned(onset), "overall")
    overall, se = again.view("overall"), np.nan
    with suppress(TwintradeError):
        se = Clustered().sandwich(again, overall).se[0]
    return {"effect": overall.effects[0], "se": np.float64(se)}


def build_placebo_design(fit: Fit) -> tuple[Design, FloatArray]:
    """Return the design on never-treated units with trade alone, and the real onsets to be dealt among them."""
    design, o = fit.design, fit.design.observations
    onsets, pool = o.unit_onset[o.is_ever_treated], find_units_with_trade(fit)
    untreated = o.unit_rows[pool[~o.is_ever_treated[pool]]]
    if untreated.size < 2 * onsets.size:
        raise DesignError(f"{untreated.size} untreated units are too few to play {onsets.size} treated ones")
    return design.restricted(np.isin(design.panel.unit, untreated)), onsets


def find_shared_places(design: Design) -> tuple[IntArray, IntArray]:
    """Return the city, or the partner if these are fewer, of units and treated ones: they share its shocks."""
    o, panel = design.observations, design.panel
    treated = o.unit_rows[o.is_ever_treated]
    place = min(
        (panel.unit_city, panel.unit_partner),
        key=lambda side: (np.unique(side).size < 2, np.unique(side[treated]).size),
    )
    return place, place[treated]


def deal(
    design: Design,
    onsets: FloatArray,
    rng: np.random.Generator,
    place: IntArray | None = None,
    groups: IntArray | None = None,
) -> FloatArray:
    """Deal onsets to randomly chosen units that are observed before and after them, shape (panel.n_units,).

    ``onsets`` (n_treated,); ``place`` (panel.n_units,): onsets of one group go to units of one place, of as many as
    they need where none has enough; no place takes two groups unless all have been used; ``groups`` (n_treated,).
    """
    panel = design.panel
    place = np.zeros(panel.n_units, dtype=np.int64) if place is None else place
    groups = np.zeros(onsets.size, dtype=np.int64) if groups is None else groups
    out = np.full(panel.n_units, np.inf)
    kept = np.ones(panel.n_rows, dtype=bool) if design.kept is None else design.kept
    unit, period = panel.unit[kept], panel.period[kept]
    first, last = np.full(panel.n_units, np.iinfo(np.int64).max), np.full(panel.n_units, np.iinfo(np.int64).min)
    np.minimum.at(first, unit, period)
    np.maximum.at(last, unit, period)

    def fill(units: IntArray, waiting: FloatArray) -> FloatArray:
        """Give onsets to units that they fit, and return those that none is left for."""
        left = []
        for onset in waiting:
            fitting = units[(first[units] < onset - design.anticipation) & (last[units] >= onset)]
            if fitting.size:
                out[fitting[0]] = onset
                units = units[units != fitting[0]]
            else:
                left.append(onset)
        return np.array(left)

    free = every = rng.permutation(np.unique(unit))
    for group in sorted(np.unique(groups), key=lambda g: -int((groups == g).sum())):
        waiting = onsets[groups == group]
        while waiting.size and free.size:
            counts = np.bincount(place[free])
            chosen = rng.choice(np.flatnonzero(counts >= min(waiting.size, counts.max())))
            waiting = fill(free[place[free] == chosen], waiting)
            free = free[place[free] != chosen]
        fill(every[np.isinf(out[every])], waiting)
    return out


def compute_critical_value(drawn: FloatArray, level: float, headline: Yardstick, scale: str) -> float:
    """Return the estimate beyond which a test rejects: the placebos' quantile, or half the interval if that is more.

    Half an interval in percent is half of the one in log points: estimates of one noise have ends that are uneven.
    """
    half = headline.half_width
    if scale == "percent" and headline.low > -100:
        half = 100 * float(np.expm1((np.log1p(headline.high / 100) - np.log1p(headline.low / 100)) / 2))
    quantile = float(np.quantile(np.abs(drawn), level))
    return max(quantile, half) if np.isfinite(half) else quantile


def compute_detectable_effect(drawn: FloatArray, critical: float, power: float) -> float:
    """Return the effect that is found with the given probability, whichever its sign."""
    return critical - float(np.quantile(np.concatenate([drawn, -drawn]), 1 - power))
