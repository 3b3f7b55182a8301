"""How treated and comparison units differed just before the agreement."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import list_words
from twintrade.effects import Finding, Topic
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.text import Listed, Text, Words, pack_text

LARGE = 0.25
COLUMNS = ("variable", "variable_text", "treated", "comparison", "difference", "standardized", "n_treated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance(Diagnostic):
    """Means in the last period before each onset, comparison units in the same periods, of the rows in the estimate.

    Attributes
    ----------
    lags : int
        Observed periods over which growth of the outcome is measured.
    variables : tuple of str
        Further columns of the panel; the design's covariates are always among them.
    """

    lags: int = 2
    variables: tuple[str, ...] = ()
    name: ClassVar[str] = "balance"
    citation: ClassVar[str] = "imbens2016"
    topic: ClassVar[Topic] = "descriptives"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a variable; standardized differences above a quarter are named."""
        design = fit.design
        names = tuple(dict.fromkeys((*design.covariates, *self.variables)))
        unknown = [n for n in names if n not in design.panel.columns]
        if unknown:
            return self.unavailable(Text("checks.balance-no-column", column=unknown[0]))
        grids = _grids(design, fit.estimate.sample.rows, names, self.lags)
        rows = [row for row in (_compared(design, label, grid) for label, grid in grids) if row]
        if not rows:
            return self.unavailable(Text("checks.balance-none"))
        table = pd.DataFrame(rows, columns=list(COLUMNS))
        large = table[table["standardized"].abs() > LARGE]
        listed = tuple(
            Text("checks.balance-variable", variable=v, gap=s)
            for v, s in zip(list_words(large, "variable"), large["standardized"], strict=True)
        )
        return Finding(
            diagnostic=self.name,
            verdict="informs",
            text=Text("checks.balance", n=len(listed), large=LARGE, listed=Listed(listed, "comma")),
            value=float(table["standardized"].abs().max()),
            unit="deviations",
            table=table,
            payloads={"balance": table},
        )


def _grids(design: Design, used: IntArray, names: tuple[str, ...], lags: int) -> Iterator[tuple[Words, FloatArray]]:
    """Yield each variable as units x periods, NaN where a row is not in the estimate."""
    for label, values, is_grown in _list_outcomes(design):
        outcome = _grid(design, used, values)
        yield label, outcome
        if is_grown:
            growth = np.full(outcome.shape, np.nan)
            growth[:, lags:] = outcome[:, lags:] - outcome[:, :-lags]
            yield Text("checks.balance-change", label=label, lags=lags), growth
    for name in names:
        yield name, _grid(design, used, design.panel.values(name))


def _list_outcomes(design: Design) -> Iterator[tuple[Words, FloatArray, bool]]:
    """Yield the outcome in levels and in logs, or in the design's own transform, and whether growth is that of it.

    Each of shape (panel.n_rows,).

    In levels the largest units decide, in logs all count alike: pairs that are balanced in one need not be in the
    other.
    """
    flow = design.panel.values(design.outcome)
    if design.transform not in ("level", "log"):
        transformed = np.full(design.panel.n_rows, np.nan)
        transformed[design.observations.rows] = design.observations.y
        label = Text("checks.balance-transformed", outcome=design.outcome, transform=design.transform_label)
        yield label, transformed, True
    is_positive = bool((flow[design.observations.rows] >= 0).all())
    yield design.outcome, flow, not is_positive
    if is_positive:
        logs = np.log(np.where(flow > 0, flow, np.nan))
        yield Text("checks.balance-log", outcome=design.outcome), logs, True


def _grid(design: Design, used: IntArray, values: FloatArray) -> FloatArray:
    rows, panel = design.observations.rows[used], design.panel
    out = np.full((panel.n_units, (panel.last_period - panel.first_period) // panel.step + 1), np.nan)
    out[panel.unit[rows], (panel.period[rows] - panel.first_period) // panel.step] = values[rows]
    return out


def _compared(design: Design, label: Words, grid: FloatArray) -> tuple[str | float | int, ...] | None:
    """Average treated units at their last period before onset, and untreated units in the same periods."""
    o = design.observations
    never = o.unit_rows[~o.is_ever_treated]
    treated, beside, spread = [], [], []
    for unit in np.flatnonzero(o.is_ever_treated):
        begun = int(o.unit_onset[unit]) - design.anticipation - design.panel.first_period
        at = -(-begun // design.panel.step) - 1
        if at < 0:
            continue
        value, others = grid[o.unit_rows[unit], at], grid[never, at]
        others = others[np.isfinite(others)]
        if np.isfinite(value) and others.size > 1:
            treated.append(value)
            beside.append(others.mean())
            spread.append(others.var(ddof=1))
    if not treated:
        return None
    variance = float(np.mean(spread)) + (float(np.var(treated, ddof=1)) if len(treated) > 1 else 0.0)
    gap = float(np.mean(treated) - np.mean(beside))
    standardized = gap / (variance / 2) ** 0.5 if variance > 0 else 0.0
    means = float(np.mean(treated)), float(np.mean(beside))
    return str(label), pack_text(label), *means, gap, standardized, len(treated)
