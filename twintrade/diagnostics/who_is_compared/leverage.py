"""Untreated rows on which an effect rests alone: their noise enters the estimate and no standard error sees it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.diagnostics.base import Diagnostic, Judged
from twintrade.diagnostics.variants import (
    NUMBERS,
    Variant,
    compare_variants,
    describe_judged,
    format_effect,
    judge_table,
    measure_headline,
    simplify_inference,
)
from twintrade.effects import Finding, Message
from twintrade.errors import DesignError
from twintrade.estimators.base import Fit
from twintrade.estimators.imputing import TreatedTotals, build_leverage_report, impute_treated_totals
from twintrade.inference.base import Inference
from twintrade.text import Listed, Text

# How many treated units a percent change of a total really rests on.

COLUMNS = ("unit", "observed", "imputed", "share", "percent", "percent_without")
LEFT_OUT = 2


@dataclass(frozen=True, slots=True)
class Concentration(Diagnostic):
    """The largest units' shares of the imputed total, their effective number, and the change without each of two."""

    name: ClassVar[str] = "concentration"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a treated unit, the largest imputed total first; imputed values are not fitted anew."""
        if fit.estimator.imputes_by is None or fit.estimate.scale != "percent":
            return self.unavailable(Text("checks.concentration-none"))
        totals = impute_treated_totals(fit.design)
        table = _tabled(totals)
        return self.conclude(
            _say_shares(totals, fit.design.panel.unit_kind), table, value=totals.n_effective, unit="units"
        )


def _tabled(totals: TreatedTotals) -> pd.DataFrame:
    n = len(totals.units)
    without = [totals.percent(k) if n > 1 else np.nan for k in range(n)]
    effects = 100 * (totals.observed / totals.imputed - 1)
    values = (totals.units, totals.observed, totals.imputed, totals.shares, effects, without)
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))


def _say_shares(totals: TreatedTotals, units: str) -> Text:
    n = len(totals.units)
    if n == 1:
        return Text("checks.concentration-one", change=totals.percent(), name=totals.units[0])
    first, second = totals.units[:LEFT_OUT]
    return Text(
        "checks.concentration",
        n=n,
        units=units,
        change=totals.percent(),
        effective=totals.n_effective,
        first=first,
        first_share=totals.shares[0],
        without_first=totals.percent(0),
        second=second,
        second_share=totals.shares[1],
        without_second=totals.percent(1),
    )


NAMED = 12
"""Rows that a sentence names at most."""


@dataclass(frozen=True, slots=True)
class Leverage(Diagnostic):
    """Rows of leverage one, and the treated cells that depend on them."""

    name: ClassVar[str] = "leverage"
    citation: ClassVar[str] = "mackinnon2023"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Count and name the rows; payload ``leverage`` has one row per pair of untreated and dependent row."""
        report = build_leverage_report(fit.design)
        others = report.dropna(subset=["treated_period"]) if len(report) else report
        others = others[others["unit"] != others["treated_unit"]] if len(report) else report
        yardstick = measure_headline(fit, inference, rng)
        if others.empty:
            n_rows = len(report[["unit", "period"]].drop_duplicates()) if len(report) else 0
            return self.conclude(
                Text("checks.leverage-none", n=n_rows),
                judged=Judged("does not object", 0.0, yardstick.tolerance),
                payloads={"leverage": report} if n_rows else {},
                value=float(n_rows),
                unit="rows",
            )
        rows = report[["unit", "period"]].drop_duplicates()
        cells = others[["treated_unit", "treated_period"]].drop_duplicates()
        label = fit.design.panel.label
        names = [f"{unit} {label(int(at))}" for unit, at in zip(rows["unit"], rows["period"], strict=True)]
        table = compare_variants(fit, [_leave_out(fit.design, others)], simplify_inference(fit, inference), rng)
        # Errors that do not see these rows' noise cannot test what it does.
        judged, scale = judge_table(table.assign(**dict.fromkeys(NUMBERS[5:], np.nan)), yardstick), fit.estimate.scale
        without = float(table["effect"].iloc[0])
        text = Text(
            "checks.leverage",
            n=len(rows),
            rows=Listed(tuple(names[:NAMED]), "comma"),
            more="yes" if len(names) > NAMED else "no",
            cells=len(cells),
            of=int(fit.design.observations.is_treated.sum()),
            named=Listed(tuple(sorted(set(cells["treated_unit"]))), "comma"),
            known="no" if np.isnan(without) else "yes",
            without=format_effect(without, scale),
            effect=format_effect(yardstick.effect, scale),
            verdict=describe_judged(judged, scale),
        )
        return self.conclude(
            text,
            _summary(others),
            judged,
            payloads={"leverage": report},
            value=float(len(rows)),
            unit="rows",
            messages=(Message("warning", "leverage-one", text),),
        )


def _leave_out(design: Design, others: pd.DataFrame) -> Variant:
    """Return the design without the lone rows and the treated rows that rest on them."""
    panel = design.panel
    place = pd.MultiIndex.from_arrays([panel.unit, panel.period])
    gone = np.zeros(panel.n_rows, dtype=bool)
    for unit, period in (("unit", "period"), ("treated_unit", "treated_period")):
        codes = pd.Index(panel.units).get_indexer(pd.Index(others[unit]))
        gone |= place.isin(pd.MultiIndex.from_arrays([codes, others[period].astype(np.int64)]))
    label = Text("checks.leverage-label")
    try:
        return Variant(label, "rows", design.restricted(~gone))
    except DesignError as error:
        return Variant(label, "rows", None, error.text)


def _summary(others: pd.DataFrame) -> pd.DataFrame:
    """Return one line an untreated row: how many treated rows rest on it, and of which units."""
    grouped = others.groupby(["unit", "period"], sort=True)["treated_unit"]
    table = grouped.agg(n_treated_rows="size", treated_units=lambda names: ", ".join(sorted(set(names))))
    return table.reset_index()
