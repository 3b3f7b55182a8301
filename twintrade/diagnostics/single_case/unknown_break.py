"""Whether the series breaks where the agreement is dated, or somewhere else."""

from dataclasses import dataclass, replace
from typing import ClassVar, TypeAlias

import numpy as np
import pandas as pd

from twintrade.design.panel import PERIODS_PER_YEAR
from twintrade.diagnostics.base import LEVEL, Diagnostic, Judged, Yardstick, judge_choices
from twintrade.diagnostics.variants import format_effect
from twintrade.diagnostics.who_is_compared.raw_series import list_candidate_dates
from twintrade.effects import Finding, Topic, Verdict
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.interrupted_series import StructuralSeries
from twintrade.inference.base import Inference
from twintrade.inference.placebo import Posterior
from twintrade.numerics.series import Break, compute_break_power, find_unknown_break
from twintrade.text import Text, pack_text

# How far a structural series' answer depends on what was assumed about its level.

COLUMNS = ("variant", "variant_text", "effect", "low", "high", "reason")
Row: TypeAlias = tuple[str, str, float, float, float, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuralSensitivity(Diagnostic):
    """The structural series with a stiffer and a freer level, other trends, and other numbers of donor components.

    Attributes
    ----------
    factors : tuple of float
        Multiples of the level's innovation variance.
    components : tuple of int
    """

    factors: tuple[float, ...] = (0.01, 0.1, 10.0, 100.0)
    components: tuple[int, ...] = (0, 1, 2)
    name: ClassVar[str] = "structural_sensitivity"
    citation: ClassVar[str] = "brodersen2015"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a variant with its interval; payload ``structural_sensitivity``."""
        if not isinstance(fit.estimator, StructuralSeries):
            return self.unavailable(Text("checks.structural-methods", method=fit.estimator.title))
        rows = [self._row(fit, label, variant) for label, variant in self._variants(fit.estimator)]
        table = pd.DataFrame(rows, columns=list(COLUMNS))
        known = table.dropna(subset=["effect"])
        if known.empty:
            return self.unavailable(Text("checks.structural-none"))
        excludes = (known["low"] > 0) | (known["high"] < 0)
        chosen = table.iloc[0]
        yardstick = Yardstick(*(float(chosen[name]) for name in ("effect", "low", "high")))
        moves = (known["effect"] - yardstick.effect).to_numpy(dtype=np.float64)
        verdict, bound = judge_choices(moves, yardstick), float(np.abs(moves).max())
        text = Text(
            "checks.structural",
            n=len(known),
            low=float(known["effect"].min()),
            high=float(known["effect"].max()),
            excluding=int(excludes.sum()),
            verdict=verdict.replace(" ", "-"),
            bound=bound,
            known="yes" if np.isfinite(yardstick.tolerance) else "no",
            tolerance=yardstick.tolerance,
        )
        return self.conclude(
            text, table, Judged(verdict, bound, yardstick.tolerance), value=float(excludes.mean()), unit="share"
        )

    def _variants(self, estimator: StructuralSeries) -> list[tuple[Text, StructuralSeries]]:
        out = [(Text("checks.structural-chosen"), estimator)]
        out += [
            (Text("checks.structural-variance", factor=f), replace(estimator, variance_factor=f))
            for f in self.factors
        ]
        out += [
            (Text("checks.structural-level", level=level.replace(" ", "-")), replace(estimator, level=level))
            for level in ("local level", "local linear trend", "random walk with drift")
            if level != estimator.level
        ]
        out += [
            (Text("checks.structural-components", n=n), replace(estimator, n_components=n))
            for n in self.components
            if n != estimator.n_components
        ]
        return out

    def _row(self, fit: Fit, label: Text, variant: StructuralSeries) -> Row:
        try:
            refit = Fit(variant, fit.design, variant.estimate(fit.design))
            bands = Posterior().infer(refit, "overall", np.random.default_rng(variant.seed))
        except TwintradeError as error:
            return str(label), pack_text(label), np.nan, np.nan, np.nan, str(error)
        return (
            str(label),
            pack_text(label),
            float(bands.estimate.effects[0]),
            float(bands.low[0]),
            float(bands.high[0]),
            "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownBreak(Diagnostic):
    """The largest F over all dates in logs (Andrews 1993), the interval of the date, and what would have been found.

    Attributes
    ----------
    trim : float
        Share of periods on either side where no break is sought.
    min_periods : int
        Fewest periods of the series.
    draws : int
    level : float
        Of the interval of the date.
    shift : float
        Move of the level in log points at the agreement's date whose power is printed where no break is clear.
    """

    trim: float = 0.15
    min_periods: int = 12
    draws: int = 499
    level: float = 0.95
    shift: float = 0.5
    name: ClassVar[str] = "unknown_break"
    citation: ClassVar[str] = "andrews1993"
    topic: ClassVar[Topic] = "single_case"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the F statistic of every date, the analysis's own dates marked, as payload ``break_dates``."""
        design, o = fit.design, fit.design.observations
        treated = np.flatnonzero(o.is_ever_treated)
        if treated.size != 1:
            return self.unavailable(Text("checks.break-units", n=int(treated.size)))
        mine = o.unit == treated[0]
        flow, periods = design.panel.values(design.outcome)[o.rows[mine]], o.period[mine]
        if periods.size < self.min_periods:
            return self.unavailable(Text("checks.break-short", n=int(periods.size), least=self.min_periods))
        if (np.diff(periods) != 1).any():
            return self.unavailable(Text("checks.break-gaps"))
        if not (flow > 0).all():
            return self.unavailable(Text("checks.break-zeros"))
        listed = list_candidate_dates(design, str(o.unit_ids[treated[0]]))
        dates = sorted(set(listed.loc[listed["is_chosen"], "period"].astype(int)))
        y, seasons = np.log(flow), PERIODS_PER_YEAR[design.panel.frequency]
        try:
            test = find_unknown_break(
                y, periods, rng, trim=self.trim, seasons=seasons, draws=self.draws, level=self.level
            )
            verdict: Verdict = "does not object" if any(test.low <= d <= test.high for d in dates) else "objects"
            power = np.nan
            if not test.p < LEVEL:
                verdict = "cannot tell"
                power = compute_break_power(
                    y, periods, dates[0], self.shift, rng, trim=self.trim, seasons=seasons, level=LEVEL
                )
        except TwintradeError as error:
            return self.unavailable(error.text)
        return self._finding(fit, test, dates, verdict, power)

    def _finding(self, fit: Fit, test: Break, dates: list[int], verdict: Verdict, power: float) -> Finding:
        label = fit.design.panel.label
        table = pd.DataFrame({"period": test.dates, "statistic": test.statistics})
        table["is_candidate"] = table["period"].isin(dates)
        text = Text(
            "checks.break",
            date=label(test.date),
            statistic=test.statistic,
            p=test.p,
            level=self.level,
            low=label(test.low),
            high=label(test.high),
            verdict=verdict.replace(" ", "-"),
            agreement=label(dates[0]),
            shift=format_effect(self.shift, "log points"),
            power=power,
        )
        return self.conclude(text, table, Judged(verdict), payloads={"break_dates": table}, value=test.p, unit="p")
