"""Whether the series breaks where the agreement is dated, or somewhere else."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.design.panel import PERIODS_PER_YEAR
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import format_p
from twintrade.diagnostics.who_is_compared.raw_series import list_candidate_dates
from twintrade.effects import Finding, Topic
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.numerics.series import Break, find_unknown_break


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownBreak(Diagnostic):
    """The largest F over all dates (Andrews 1993) and the interval of the break's date.

    Attributes
    ----------
    trim : float
        Share of periods on either side where no break is sought.
    min_periods : int
        Fewest periods of the series.
    draws : int
    level : float
    """

    trim: float = 0.15
    min_periods: int = 12
    draws: int = 499
    level: float = 0.95
    name: ClassVar[str] = "unknown_break"
    citation: ClassVar[str] = "andrews1993"
    topic: ClassVar[Topic] = "single_case"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the F statistic of every date, payload ``break_dates``: period, statistic, is_candidate."""
        design, o = fit.design, fit.design.observations
        treated = np.flatnonzero(o.is_ever_treated)
        if treated.size != 1:
            return self.unavailable(f"it needs one treated unit and there are {treated.size}")
        mine = o.unit == treated[0]
        y, periods = o.y[mine], o.period[mine]
        if periods.size < self.min_periods:
            return self.unavailable(f"the series has {periods.size} periods and {self.min_periods} are needed")
        if (np.diff(periods) != 1).any():
            return self.unavailable("the series has gaps")
        try:
            found = find_unknown_break(
                y,
                periods,
                rng,
                trim=self.trim,
                seasons=PERIODS_PER_YEAR[design.panel.frequency],
                draws=self.draws,
                level=self.level,
            )
        except TwintradeError as error:
            return self.unavailable(str(error))
        candidates = sorted(set(list_candidate_dates(design, str(o.unit_ids[treated[0]]))["period"].astype(int)))
        return self._finding(fit, found, candidates)

    def _finding(self, fit: Fit, found: Break, candidates: list[int]) -> Finding:
        label = fit.design.panel.label
        table = pd.DataFrame({"period": found.dates, "statistic": found.statistics})
        table["is_candidate"] = table["period"].isin(candidates)
        inside = [d for d in candidates if found.low <= d <= found.high]
        has_break = found.p < 1 - self.level
        if not has_break:
            tail = "there is no clear break anywhere, so none at the agreement either"
        elif inside:
            tail = f"{len(inside)} of {len(candidates)} candidate dates of the agreement lie in it"
        else:
            tail = (
                f"none of {len(candidates)} candidate dates of the agreement lies in it: the series breaks at "
                "another time"
            )
        return Finding(
            diagnostic=self.name,
            verdict="does not object" if has_break and inside else "objects",
            text=(
                f"The largest break of the series' own trend is at {label(found.date)} (sup-F {found.statistic:.1f}, "
                f"{format_p(found.p)}), its {100 * self.level:g} % interval {label(found.low)} to "
                f"{label(found.high)}; "
                f"{tail}."
            ),
            value=found.p,
            unit="p",
            table=table,
            payloads={"break_dates": table},
        )
