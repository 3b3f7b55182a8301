"""A fit in words and as one row: what was estimated, on what, with which errors."""

from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from twintrade.effects import Dropped
from twintrade.estimators.base import Fit
from twintrade.python.bands import Intervals
from twintrade.python.terms import compute_percent
from twintrade.text import Text, Words, list_some

MOST_NAMED = 5
_STATISTICS = (("within_r2", "within.r.squared"), ("pseudo_r2", "pseudo.r.squared"), ("deviance", "deviance"))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Summary:
    """A fit as a page of text, which prints itself, also in a notebook."""

    title: str
    lines: tuple[str, ...]  # effects, sample, what is left out
    table: pd.DataFrame  # the coefficients, in percent beside log points
    notes: tuple[str, ...]

    def __str__(self) -> str:
        table = self.table.to_string(index=False, na_rep="", float_format=_format_number)
        return "\n".join([self.title, *self.lines, "", table, "", *self.notes])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        head = "".join(f"<br>{escape(line)}" for line in self.lines)
        table = self.table.to_html(index=False, na_rep="", float_format=_format_number)
        return f"<p><b>{escape(self.title)}</b>{head}</p>{table}<p>{'<br>'.join(map(escape, self.notes))}</p>"


def _format_number(value: float) -> str:
    return f"{value:.4g}" if abs(value) < 1e5 else f"{value:,.0f}"


def build_summary(fit: Fit, bands: Intervals, tidy: pd.DataFrame, others: Words = "") -> Summary:
    """Return a fit as a page of text.

    Parameters
    ----------
    fit : Fit
    bands : Intervals
        Of the view shown.
    tidy : DataFrame
        The coefficients of that view, covariates among them.
    others : Words
        What the errors of covariates are, where they differ from those of the effects.
    """
    design, sample, scale = fit.design, fit.estimate.sample, fit.estimate.scale
    table, percent = tidy.copy(), compute_percent(tidy, scale)
    if percent.notna().any():
        percent[tidy["term"].isin(design.covariates).to_numpy()] = np.nan
        table["percent"] = percent
    lines: list[Words] = [
        Text(
            "python.summary-effects",
            n=len(sample.effects),
            effects=design.effects_label,
            comparison=fit.estimator.name_comparison(design),
            has_treatment="no" if fit.estimate.kind == "coefficient" else "yes",
        ),
        Text(
            "python.summary-sample",
            n_rows=sample.n_rows,
            n=sample.n_units,
            n_treated=sample.n_treated_units,
            units=design.panel.unit_kind,
            first=design.panel.label(int(design.observations.periods[0])),
            last=design.panel.label(int(design.observations.periods[-1])),
        ),
        *(_describe_left_out(d) for d in sample.dropped),
    ]
    title = Text(
        "python.summary-head",
        method=fit.estimator.title or fit.estimator.name,
        outcome=design.outcome,
        measure=design.transform_label,
        scale=scale,
    )
    covariates = Text("python.covariate-errors", note=others) if others else ""
    warnings = (m.message for m in bands.messages if m.level == "warning")
    notes = map(str, (bands.no_errors, bands.note, covariates, *warnings))
    return Summary(str(title), tuple(map(str, lines)), table, tuple(filter(None, notes)))


def _describe_left_out(dropped: Dropped) -> Text:
    names = list_some(dropped.labels, MOST_NAMED) if dropped.labels else ""
    return Text(
        "python.summary-left-out", n=dropped.n_rows, what=dropped.text, names=names, has="yes" if names else "no"
    )


def build_glance(fit: Fit, bands: Intervals) -> pd.DataFrame:
    """Return one row about a whole fit."""
    sample, design = fit.estimate.sample, fit.design
    row: dict[str, object] = {
        "estimator": fit.estimator.name,
        "outcome": design.outcome,
        "nobs": sample.n_rows,
        "n.units": sample.n_units,
        "n.treated": sample.n_treated_units,
        "n.periods": sample.n_periods,
        "scale": fit.estimate.scale,
        "fixed.effects": " + ".join(sample.effects),
        "clusters": " + ".join(design.clusters),
        "inference": bands.inference,
    }
    row |= {name: sample.statistics[key] for key, name in _STATISTICS if key in sample.statistics}
    return pd.DataFrame([row])
