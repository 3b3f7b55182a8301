"""The verdict of page 1: how strong the evidence is, against pairs as large and as fast-growing."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic, Judged
from twintrade.effects import Finding, Topic
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.inference.evidence import STATISTICS, GradedEvidence, weigh_evidence
from twintrade.numerics.holm import adjust_holm, count_tests
from twintrade.text import Text
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


def _judge(evidence: GradedEvidence) -> Judged:
    """Return what the periods before the agreements say."""
    known = [check for check in evidence.checks if math.isfinite(check.p)]
    if any(check.objects for check in known):
        return Judged("objects", p=min(check.p for check in known))
    could_see = len(known) == len(evidence.checks) and known[0].far < abs(evidence.total)
    return Judged("does not object" if could_see else "cannot tell")
