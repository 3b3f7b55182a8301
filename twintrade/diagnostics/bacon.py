"""What a static two-way estimate is made of: clean comparisons, and comparisons with units treated already."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import quoted
from twintrade.effects import Finding
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.numerics.bacon import LATER_ALWAYS, LATER_EARLIER, decompose

COLUMNS = ("treated", "untreated", "type", "estimate", "weight")


@dataclass(frozen=True, slots=True)
class Bacon(Diagnostic):
    """The Goodman-Bacon decomposition of the static two-way estimate on this design's outcome.

    It needs a balanced panel, unit and period effects, no covariates and no weights.
    """

    name: ClassVar[str] = "bacon"
    citation: ClassVar[str] = "goodmanbacon2021"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the share of forbidden comparisons; payload ``bacon`` has one row a comparison."""
        design = fit.design
        o = design.observations
        if design.effect_names != ("unit", "period"):
            return self.unavailable(f"it decomposes unit and period effects, not {design.effects_label}")
        if design.covariates or design.weights is not None:
            return self.unavailable("it is made for a regression without covariates and weights")
        if not o.is_complete:
            return self.unavailable("the panel is not balanced")
        onset = np.where(o.unit_onset > o.periods[-1], np.inf, o.unit_onset)
        labels, cohort = np.unique(onset, return_inverse=True)
        counts = np.bincount(cohort).astype(np.float64)
        means = np.zeros((labels.size, o.periods.size))
        np.add.at(means, cohort, o.y.reshape(o.n_units, o.periods.size))
        found = decompose(means / counts[:, None], labels, counts, o.periods)
        if not found:
            return self.unavailable("no two cohorts can be compared")
        rows = [(c.treated, c.untreated, c.kind, c.estimate, c.weight) for c in found]
        frame = pd.DataFrame(rows, columns=list(COLUMNS))
        total = float((frame["estimate"] * frame["weight"]).sum())
        kinds = _by_kind(frame)
        forbidden = float(frame.loc[frame["type"].isin([LATER_EARLIER, LATER_ALWAYS]), "weight"].sum())
        return Finding(
            diagnostic=self.name,
            verdict="none",
            sentence=(
                f"The static two-way estimate {quoted(total, design.scale)} averages {len(frame)} two-by-two "
                f"comparisons; {100 * forbidden:.1f} % of its weight lies on comparisons with units treated already."
            ),
            value=forbidden,
            unit="share",
            table=kinds,
            payloads={"bacon": frame},
        )


def _by_kind(frame: pd.DataFrame) -> pd.DataFrame:
    """Return weight and weighted mean estimate of each kind of comparison."""
    rows = []
    for kind, part in frame.groupby("type", sort=True):
        weight = float(part["weight"].sum())
        rows.append((kind, weight, float((part["estimate"] * part["weight"]).sum()) / weight, len(part)))
    return pd.DataFrame(rows, columns=["type", "weight", "estimate", "n_comparisons"])
