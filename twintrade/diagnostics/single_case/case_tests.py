"""Every p-value and interval that one treated unit can have, by method and donor set, with its floor."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.single_case import placebo_space
from twintrade.diagnostics.single_case.placebo_space import CaseEffect, PlaceboPaths
from twintrade.effects import Finding, Topic
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.cases import WeightedCase
from twintrade.inference.base import Inference
from twintrade.inference.conformal import ENOUGH_BEFORE, Conformal, PredictionIntervals
from twintrade.text import Listed, Text

COLUMNS = (
    "method", "donor_set", "n_donors", "n_before", "n_after", "effect", "percent", "pre_rmspe", "p", "p_rmspe_ratio",
    "floor", "p_conformal", "conformal_floor", "conformal_low", "conformal_high", "prediction_low", "prediction_high",
    "reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTests(Diagnostic):
    """Placebo ranks, conformal p-values and prediction intervals of a single case, side by side.

    Attributes
    ----------
    min_before : int
        Fewest periods before the onset for any p-value.
    level : float
        Of the intervals.
    draws : int
        Refits behind a prediction interval.
    """

    min_before: int = 4
    level: float = 0.9
    draws: int = 200
    name: ClassVar[str] = "case_tests"
    citation: ClassVar[str] = "abadie2021"
    topic: ClassVar[Topic] = "single_case"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a method and donor set; payload ``case_tests``."""
        placebo_space.get_single_case(fit)
        effects = list(placebo_space.measure_case(fit))
        table = pd.DataFrame(_merged([self._row(fit, one, rng) for one in effects]), columns=list(COLUMNS))
        if table["effect"].isna().all():
            return self.unavailable(str(table["reason"].iloc[0]))
        return self.conclude(
            Listed((_sentence(table, self.min_before), *_exact_fits(effects)), "sentences"),
            table,
            value=float(table["p"].min()),
            unit="p",
        )

    def _row(self, fit: Fit, one: CaseEffect, rng: np.random.Generator) -> dict[str, object]:
        row: dict[str, object] = {"method": one.method.label, "donor_set": one.donor_set, "reason": one.reason}
        if one.paths is None:
            return row
        case = one.paths.case
        n_before = int(case.is_before.sum())
        row |= {"n_donors": case.n_donors, "n_before": n_before, "n_after": int(case.is_after.sum())}
        row |= {"effect": one.paths.effect, "pre_rmspe": float(one.paths.pre_rmspe[0])}
        if fit.estimate.scale == "log points":
            row["percent"] = float(100 * np.expm1(one.paths.effect))
        if n_before < self.min_before:
            return row | {"reason": str(Text("checks.case-tests-short", n=n_before, needed=self.min_before))}
        return row | _ranks(one.paths) | self._conformal(one) | self._prediction(one, rng)

    def _conformal(self, one: CaseEffect) -> dict[str, object]:
        """Return the p-value over shifts, with the interval only where the periods before the onset are enough."""
        if not one.method.estimator.fits_whole_path:
            return {}
        try:
            bands = Conformal(level=self.level).infer(one.fitted(), "overall", np.random.default_rng(0))
        except TwintradeError as error:
            return {"reason": str(error)}
        row: dict[str, object] = {"p_conformal": float(bands.p[0]), "conformal_floor": bands.facts["floor"]}
        if int(str(bands.facts["n_before"])) < ENOUGH_BEFORE:
            return row
        return row | {"conformal_low": float(bands.low[0]), "conformal_high": float(bands.high[0])}

    def _prediction(self, one: CaseEffect, rng: np.random.Generator) -> dict[str, object]:
        if one.case is None or not isinstance(one.method.estimator, WeightedCase):
            return {}
        if int(one.case.is_before.sum()) < ENOUGH_BEFORE:
            return {}
        try:
            bands = PredictionIntervals(level=self.level, draws=self.draws).infer(one.fitted(), "overall", rng)
        except TwintradeError as error:
            return {"reason": str(error)}
        return {"prediction_low": float(bands.low[0]), "prediction_high": float(bands.high[0])}


def _merged(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return the rows with one for all donor sets of a method that fail for the same reason."""
    kept: list[dict[str, object]] = []
    failed: dict[tuple[object, object], dict[str, object]] = {}
    for row in rows:
        key = row["method"], row["reason"]
        if "effect" in row or key not in failed:
            kept.append(row)
            if "effect" not in row:
                failed[key] = row
        else:
            failed[key]["donor_set"] = f"{failed[key]['donor_set']}, {row['donor_set']}"
    return kept


def _ranks(paths: PlaceboPaths) -> dict[str, object]:
    rank, ratio = paths.rank(), paths.rmspe_rank()
    if rank.n_placebos == 0:
        return {"reason": str(Text("checks.no-placebo"))}
    return {"p": rank.p, "p_rmspe_ratio": ratio.p, "floor": rank.floor}


def _exact_fits(effects: list[CaseEffect]) -> tuple[Text, ...]:
    """Name the methods whose donors reproduce the path before the agreement without any misfit."""
    named = tuple(
        Text("checks.case-method", method=m.method.named, set=m.donor_set)
        for m in effects
        if m.paths is not None and m.paths.fits_exactly
    )
    return (Text("checks.case-tests-exact", methods=Listed(named, "comma")),) if named else ()


def _sentence(table: pd.DataFrame, min_before: int) -> Text | Listed:
    known = table.dropna(subset=["p"])
    n_before = int(table["n_before"].dropna().iloc[0])
    if known.empty:
        return Text("checks.case-tests-none", n=n_before, needed=min_before)
    ranks, floors = known["p"], known["floor"]
    sentence = Text(
        "checks.case-tests",
        n=len(known),
        low=float(ranks.min()),
        high=float(ranks.max()),
        median=float(ranks.median()),
        floor=float(floors.min()),
        highest_floor=float(floors.max()),
    )
    if table["p_conformal"].isna().all():
        return sentence
    is_short = "yes" if n_before < ENOUGH_BEFORE else "no"
    conformal = Text("checks.case-tests-conformal", n=n_before, short=is_short, needed=ENOUGH_BEFORE)
    return Listed((sentence, conformal), "sentences")
