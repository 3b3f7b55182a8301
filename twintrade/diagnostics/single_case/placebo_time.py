"""A false date before the real one: the method should find nothing there."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.design.case import Case
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.pre_period.placebo_dates import describe_placebo
from twintrade.diagnostics.single_case.case_placebos import PlaceboPaths, estimate_placebo_paths, get_single_case
from twintrade.diagnostics.variants import format_effect, measure_headline
from twintrade.diagnostics.verdicts import LEVEL, judge_violation
from twintrade.effects import Finding, Topic
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.numerics.holm import adjust_holm
from twintrade.text import Text

NUMBERS = ("effect", "bound", "p", "floor")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceboTime(Diagnostic):
    """Placebo in time of a single case, on the periods before the real onset alone.

    Attributes
    ----------
    min_before, min_after : int
        Fewest periods around a false date.
    """

    min_before: int = 4
    min_after: int = 2
    name: ClassVar[str] = "placebo_time"
    citation: ClassVar[str] = "abadie2021"
    topic: ClassVar[Topic] = "single_case"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a false date; payload ``placebo_time`` has the gaps: onset, period, value.

        Payload ``placebo_time_table`` has the dates: onset, onset_label, effect, bound, p, floor, reason.
        """
        single = get_single_case(fit)
        if single is None:
            return self.unavailable(Text("checks.no-case", method=fit.estimator.title))
        estimator, case = single
        early = case.during(case.is_before)
        rows: list[dict[str, object]] = []
        gaps = []
        for onset in self._dates(early):
            false = early.dated(onset)
            try:
                paths = estimate_placebo_paths(estimator, false)
            except TwintradeError as error:
                rows.append({"onset": onset} | dict.fromkeys(NUMBERS, np.nan) | {"reason": str(error)})
                continue
            rank = paths.rank()
            numbers = paths.effect, _bound_gap(paths), rank.p, rank.floor
            rows.append({"onset": onset} | dict(zip(NUMBERS, numbers, strict=True)) | {"reason": ""})
            gaps.append(pd.DataFrame({"onset": onset, "period": false.periods, "value": paths.gaps[0]}))
        if not gaps:
            few = Text("checks.placebo-time-few", n=int(early.periods.size))
            return self.unavailable(Text("checks.placebo-time-none", reason=str(rows[0]["reason"]) if rows else few))
        table = pd.DataFrame(rows)
        table.insert(1, "onset_label", [fit.design.panel.label(int(p)) for p in table["onset"]])
        tolerance = measure_headline(fit, inference, rng).tolerance
        return self._finding(fit, table, pd.concat(gaps, ignore_index=True), tolerance)

    def _dates(self, early: Case) -> list[int]:
        periods = early.periods
        return [int(p) for k, p in enumerate(periods) if k >= self.min_before and periods.size - k >= self.min_after]

    def _finding(self, fit: Fit, table: pd.DataFrame, gaps: pd.DataFrame, tolerance: float) -> Finding:
        known, scale = table.dropna(subset=["p"]), fit.estimate.scale
        p = known["p"].to_numpy(dtype=np.float64)
        worst, adjusted = known.iloc[int(p.argmin())], float(adjust_holm(p).min())
        bound = float(known["bound"].max())
        verdict = judge_violation(p, bound, tolerance)
        return Finding(
            diagnostic=self.name,
            verdict=verdict,
            text=Text(
                "checks.placebo-time",
                n=len(known),
                date=fit.design.panel.label(int(worst["onset"])),
                effect=format_effect(float(worst["effect"]), scale),
                p=float(worst["p"]),
                floor=float(worst["floor"]),
                adjusted=adjusted,
                verdict=describe_placebo(verdict, bound, tolerance, scale),
            ),
            value=adjusted,
            unit="p",
            bound=bound,
            tolerance=tolerance,
            table=table,
            payloads={"placebo_time": gaps, "placebo_time_table": table},
        )


def _bound_gap(paths: PlaceboPaths) -> float:
    """Return the largest mean gap after the false date that placebos as far off as 95 in 100 would leave."""
    shifts = paths.placebo_moves
    shifts = shifts[np.isfinite(shifts)]
    return abs(paths.effect) + float(np.quantile(shifts, 1 - LEVEL)) if shifts.size else np.nan
