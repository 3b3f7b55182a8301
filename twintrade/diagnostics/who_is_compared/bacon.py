"""What a static two-way estimate is made of: clean comparisons, and comparisons with units treated already."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import format_effect
from twintrade.diagnostics.who_is_compared.regressions import judge_regression
from twintrade.effects import Finding
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.numerics.comparisons import (
    BOTH_TREATED,
    LATER_ALWAYS,
    LATER_EARLIER,
    Given,
    TwoByTwo,
    decompose,
    decompose_given,
)
from twintrade.text import Listed, Text

WITHIN = "within-cohorts"
COLUMNS = ("treated", "untreated", "type", "estimate", "weight")


@dataclass(frozen=True, slots=True)
class Bacon(Diagnostic):
    """The Goodman-Bacon decomposition of the static two-way estimate on this design's outcome.

    It needs a balanced panel, unit and period effects, and no weights. With covariates, what their variation within
    cohorts and periods contributes is a row of its own, and two treated cohorts are one comparison.
    """

    name: ClassVar[str] = "bacon"
    citation: ClassVar[str] = "goodmanbacon2021"
    payload_kinds: ClassVar = {"bacon": "bacon"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the share of forbidden comparisons; payload ``bacon`` has one row a comparison."""
        design = fit.design
        o = design.observations
        if design.effect_names != ("unit", "period"):
            return self.unavailable(Text("checks.bacon-effects", effects=design.effects_label))
        if design.weights is not None:
            return self.unavailable(Text("checks.bacon-weights"))
        if not o.is_complete:
            return self.unavailable(Text("checks.not-balanced"))
        onset = np.where(o.unit_onset > o.periods[-1], np.inf, o.unit_onset)
        labels, cohort = np.unique(onset, return_inverse=True)
        shape = (o.n_units, o.periods.size)
        y = o.y.reshape(shape)
        if design.covariates:
            given = decompose_given(y, o.covariates.reshape(*shape, -1), cohort, labels, o.periods)
            return judge_regression(self._given(fit, given), fit, inference, rng)
        counts = np.bincount(cohort).astype(np.float64)
        means = np.zeros((labels.size, o.periods.size))
        np.add.at(means, cohort, y)
        comparisons = decompose(means / counts[:, None], labels, counts, o.periods)
        if not comparisons:
            return self.unavailable(Text("checks.bacon-none"))
        frame = _frame(comparisons)
        total = float((frame["estimate"] * frame["weight"]).sum())
        forbidden = float(frame.loc[frame["type"].isin([LATER_EARLIER, LATER_ALWAYS]), "weight"].sum())
        text = Text(
            "checks.bacon",
            effect=format_effect(total, design.scale),
            n=len(frame),
            share=forbidden,
            units=design.panel.unit_kind,
        )
        finding = Finding(
            diagnostic=self.name,
            verdict="informs",
            text=text,
            value=forbidden,
            unit="share",
            table=_by_kind(frame),
            payloads={"bacon": frame},
        )
        return judge_regression(finding, fit, inference, rng)

    def _given(self, fit: Fit, given: Given) -> Finding:
        design = fit.design
        if not given.comparisons:
            return self.unavailable(Text("checks.bacon-none"))
        frame = _frame(given.comparisons)
        frame["weight"] *= 1 - given.within_weight
        both = float(frame.loc[frame["type"] == BOTH_TREATED, "weight"].sum())
        rest = pd.DataFrame([(np.nan, np.nan, WITHIN, given.within, given.within_weight)], columns=list(COLUMNS))
        frame = pd.concat([frame, rest], ignore_index=True)
        return Finding(
            diagnostic=self.name,
            verdict="informs",
            text=Text(
                "checks.bacon-given",
                covariates=Listed(tuple(design.covariates)),
                effect=format_effect(given.total, design.scale),
                n=len(frame) - 1,
                share=both,
                within=given.within_weight,
                units=design.panel.unit_kind,
            ),
            value=both,
            unit="share",
            table=_by_kind(frame),
            payloads={"bacon": frame},
        )


def _frame(comparisons: Sequence[TwoByTwo]) -> pd.DataFrame:
    rows = [(c.treated, c.untreated, c.kind, c.estimate, c.weight) for c in comparisons]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _by_kind(frame: pd.DataFrame) -> pd.DataFrame:
    """Return weight and weighted mean estimate of each kind of comparison."""
    rows = []
    for kind, part in frame.groupby("type", sort=True):
        weight = float(part["weight"].sum())
        rows.append((kind, weight, float((part["estimate"] * part["weight"]).sum()) / weight, len(part)))
    return pd.DataFrame(rows, columns=["type", "weight", "estimate", "n_comparisons"])
