"""A false date before the real one: the method should find nothing there."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.design.case import Case
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.single_case.case_placebos import estimate_placebo_paths, get_single_case
from twintrade.effects import Finding, Topic
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceboTime(Diagnostic):
    """Placebo in time of a single case, on the periods before the real onset alone.

    Attributes
    ----------
    min_before, min_after : int
        Fewest periods around a false date.
    level : float
        The smallest p-value, times the number of false dates, below this is an objection.
    """

    min_before: int = 4
    min_after: int = 2
    level: float = 0.1
    name: ClassVar[str] = "placebo_time"
    citation: ClassVar[str] = "abadie2021"
    topic: ClassVar[Topic] = "single_case"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a false date; payload ``placebo_time`` has the gaps: onset, period, value.

        Payload ``placebo_time_table`` has the dates: onset, onset_label, effect, p, floor, reason.
        """
        found = get_single_case(fit)
        if found is None:
            return self.unavailable(f"{fit.estimator.name} does not treat one unit as a case")
        estimator, case = found
        early = case.during(case.is_before)
        rows, gaps = [], []
        for onset in self._dates(early):
            false = early.dated(onset)
            try:
                paths = estimate_placebo_paths(estimator, false)
            except TwintradeError as error:
                rows.append({"onset": onset, "effect": np.nan, "p": np.nan, "floor": np.nan, "reason": str(error)})
                continue
            rank = paths.rank()
            rows.append({"onset": onset, "effect": paths.effect, "p": rank.p, "floor": rank.floor, "reason": ""})
            gaps.append(pd.DataFrame({"onset": onset, "period": false.periods, "value": paths.gaps[0]}))
        if not gaps:
            why = rows[0]["reason"] if rows else f"there are only {early.periods.size} periods before the onset"
            return self.unavailable(f"no false date could be tested: {why}")
        table = pd.DataFrame(rows)
        table.insert(1, "onset_label", [fit.design.panel.label(int(p)) for p in table["onset"]])
        return self._finding(fit, table, pd.concat(gaps, ignore_index=True))

    def _dates(self, early: Case) -> list[int]:
        periods = early.periods
        return [int(p) for k, p in enumerate(periods) if k >= self.min_before and periods.size - k >= self.min_after]

    def _finding(self, fit: Fit, table: pd.DataFrame, gaps: pd.DataFrame) -> Finding:
        known = table.dropna(subset=["p"])
        worst = known.iloc[int(known["p"].argmin())]
        adjusted = min(1.0, float(worst["p"]) * len(known))
        label = fit.design.panel.label(int(worst["onset"]))
        found = f"mean gap {worst['effect']:+.3g}, rank p = {worst['p']:.3f} (floor {worst['floor']:.3f})"
        sentence = f"The only false date that can be tried before the agreement is {label}: {found}."
        if len(known) > 1:
            sentence = (
                f"Of {len(known)} false dates before the agreement the largest objection is {label}: {found}, "
                f"{adjusted:.3f} after allowing for the number of dates."
            )
        return Finding(
            diagnostic=self.name,
            verdict="objects" if adjusted < self.level else "does not object",
            text=sentence,
            value=adjusted,
            unit="p",
            table=table,
            payloads={"placebo_time": gaps, "placebo_time_table": table},
        )
