"""The verdict of page 1: how strong the evidence is, against pairs as large and as fast-growing."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic, Judged
from twintrade.effects import Finding, Topic
from twintrade.errors import DesignError, InferenceError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.inference.evidence import STATISTICS, Evidence, grade
from twintrade.text import Text
from twintrade.text.numbers import convert_log_to_percent

ALPHA = 0.05
LEVEL = 0.95


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
        Columns of the panel with other flows whose size and growth also say who signs.
    """

    draws: int = 1999
    matters: float = 0.0
    others: tuple[str, ...] = ()
    name: ClassVar[str] = "evidence"
    topic: ClassVar[Topic] = "sensitivity"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the grade in one row; payloads ``evidence`` and, by statistic and kind of deal, ``evidence_tests``.

        The finding objects where trade had moved already before the agreements.
        """
        if not fit.estimator.is_poisson or fit.view("overall").scale not in ("percent", "log points"):
            return self.unavailable(Text("checks.evidence-no-total"))
        try:
            found = grade(fit, rng, draws=self.draws, others=self.others)
        except (DesignError, InferenceError) as error:
            return self.unavailable(error.text)
        table = pd.DataFrame([self._describe(found)])
        row = table.iloc[0]
        text = Text(
            "checks.evidence",
            grade=str(row["grade"]),
            direction=found.direction,
            percent=float(row["percent"]),
            total=float(row["total"]),
            ordinary=float(row["ordinary"]),
            p=float(row["p"]),
            objects="yes" if any(check.objects for check in found.checks) else "no",
        )
        return self.conclude(
            text,
            table,
            _judge(found),
            {"evidence": table, "evidence_tests": list_tests(found)},
            value=float(row["p"]),
            unit="p",
            direction="higher" if found.direction == "rise" else "lower",
        )

    def _describe(self, found: Evidence) -> dict[str, object]:
        given, side = self._grade(found)
        p = max(float(by[0]) for by in found.p.values())
        logs = {
            "percent": found.tau,
            "low": found.low,
            "high": found.high,
            "total": found.total,
            "ordinary": found.total - found.tau,
            "without_largest": found.without_largest,
            "rise_found": found.detectable_rise,
            "fall_found": -found.detectable_fall,
            "ruled_out": found.ruled_out,
        }
        percents = {name: convert_log_to_percent(value) if value < 50 else math.inf for name, value in logs.items()}
        return {
            "grade": given,
            "side": side,
            "reasons": " ".join(found.reasons),
            **percents,
            "level": LEVEL,
            "p": p,
            "share": found.largest,
            "n_effective": found.n_effective,
            "n_signers": found.n_signers,
            "n_at_risk": found.n_at_risk,
            "matters": self.matters or math.nan,
            "gamma": found.gamma,
            "gamma_worst": found.gamma_worst,
            "overlap": found.overlap,
            "carried": convert_log_to_percent(found.carried),
            "slope_size": found.slopes[0],
            "slope_growth": found.slopes[1],
            "draws": found.draws,
        }

    def _grade(self, found: Evidence) -> tuple[str, str]:
        """Return grade and direction with what matters by the file's own measure."""
        p = max(float(by[0]) for by in found.p.values())
        if self.matters and not found.matters(self.matters / 100):
            return ("small", found.direction) if p <= ALPHA else ("nothing", "neither")
        if found.grade in ("strong", "some"):
            return found.grade, found.direction
        return "cannot", "neither"


def _judge(found: Evidence) -> Judged:
    """Return what the periods before the agreements say."""
    known = [check for check in found.checks if math.isfinite(check.p)]
    if any(check.objects for check in known):
        return Judged("objects", p=min(check.p for check in known))
    could_see = len(known) == len(found.checks) and known[0].far < abs(found.total)
    return Judged("does not object" if could_see else "cannot tell")


def list_tests(found: Evidence) -> pd.DataFrame:
    """Return one row a statistic and kind of deal: p, and the statistic less its mean over the deals in percent."""
    rows = [
        {
            "statistic": name,
            "dealt": by,
            "p": float(p),
            "percent": convert_log_to_percent(float(found.centered[by][i]))
            if i < len(found.centered[by])
            else math.nan,
        }
        for by, values in found.p.items()
        for i, (name, p) in enumerate(zip(STATISTICS, values, strict=True))
    ]
    rows += [{"statistic": c.name, "dealt": "before", "p": c.p, "percent": math.nan} for c in found.checks]
    return pd.DataFrame(rows)
