"""A fit in words and as one row: what was estimated, on what, with which errors."""

from dataclasses import dataclass, fields
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.special

from twintrade.effects import Bands, CohortEffects, Estimate, EventStudy
from twintrade.effects.regression import POOLED
from twintrade.estimators.base import Fit
from twintrade.inference.clustering import count_all
from twintrade.numerics.arrays import BoolArray, compact
from twintrade.text import Text, Value, Words, find_fact, list_some, numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes


# Coefficient tables with the columns that economists expect: one row a term.

TIDY_COLUMNS = ("term", "estimate", "std.error", "statistic", "p.value", "conf.low", "conf.high")
OVERALL, PATH = "treated", "path"


def list_terms(fit: Fit, estimate: Estimate) -> list[str]:
    """Return a name for each effect of an estimate, as code writes it."""
    label = fit.design.panel.label
    if isinstance(estimate, CohortEffects):
        pairs = zip(estimate.cohorts, estimate.event_times, strict=True)
        return [f"cohort::{label(int(g))}:event_time::{e}" if g != POOLED else f"event_time::{e}" for g, e in pairs]
    if isinstance(estimate, EventStudy):
        return [f"event_time::{e}" for e in estimate.event_times]
    if estimate.labels is not None:
        word = "cohort" if estimate.kind == "cohort" else "period"
        return [f"{word}::{label(int(k))}" for k in estimate.labels]
    if estimate.n_effects == 1 and estimate.kind != "coefficient":
        return [PATH if estimate.kind == "path" else fit.design.treatment.name or OVERALL]
    return [str(name) for name in estimate.names]


def find_coefficients(estimate: Estimate) -> BoolArray:
    """Return which effects are estimated: all but the exact zero of a reference, shape (n_effects,)."""
    if isinstance(estimate, EventStudy | CohortEffects) and estimate.reference is not None:
        return np.asarray(estimate.event_times != estimate.reference)
    return np.ones(estimate.n_effects, dtype=bool)


def build_tidy(terms: list[str], bands: Bands) -> pd.DataFrame:
    """Return the terms with their estimates, errors, tests and intervals, ``TIDY_COLUMNS``."""
    se = np.where(bands.se > 0, bands.se, np.nan)
    columns = (terms, bands.estimate.effects, se, bands.estimate.effects / se, bands.p, bands.low, bands.high)
    return pd.DataFrame(dict(zip(TIDY_COLUMNS, columns, strict=True)))


def compute_percent(frame: pd.DataFrame, scale: str) -> pd.Series:
    """Return estimates in log points as percent, and nothing for other scales."""
    if scale != "log points":
        return pd.Series(np.nan, index=frame.index)
    return frame["estimate"].map(numbers.convert_log_to_percent).astype(float)


# Intervals as a user handles them: a table, a picture, and a view in a notebook.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Intervals(Bands):
    """Intervals for every effect of a view of a fit, with the name of each.

    Attributes
    ----------
    terms : tuple of str
        What each effect is called in a coefficient table.
    period_name : str
        "year", "quarter" or "month".

    Examples
    --------
    >>> bands = tt.infer(fit, "clustered", view="overall")
    >>> bands.tidy()["term"].tolist()
    ['treated']
    """

    terms: tuple[str, ...] = ()
    period_name: str = "period"

    @classmethod
    def of(cls, bands: Bands, terms: list[str], period_name: str) -> "Intervals":
        """Return bands with the names of their effects."""
        given = {f.name: getattr(bands, f.name) for f in fields(Bands)}
        return cls(**given, terms=tuple(terms), period_name=period_name)

    def tidy(self) -> pd.DataFrame:
        """Return one row a term: term, estimate, std.error, statistic, p.value, conf.low, conf.high."""
        return build_tidy(list(self.terms), self)

    def vcov(self) -> pd.DataFrame:
        """Return the covariance of the effects, NaN where this inference gives none."""
        empty = np.full((len(self.terms), len(self.terms)), np.nan)
        values = empty if self.covariance is None else self.covariance
        return pd.DataFrame(values, index=list(self.terms), columns=list(self.terms))

    @property
    def no_errors(self) -> Words:
        """What this inference gives in the place of standard errors, empty where it gives them."""
        has_p, has_interval = bool(np.isfinite(self.p).any()), bool(np.isfinite(self.low).any())
        if (self.se > 0).any() or not (has_p or has_interval):
            return ""
        given = "both" if has_p and has_interval else "p" if has_p else "interval"
        return Text("python.no-errors", inference=find_fact("labels.inference-", self.inference), given=given)

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the effects with their intervals, an event study by event time, others as lines."""
        from twintrade.python.pictures import draw_coefficients, draw_studies

        if self.estimate.kind == "event":
            return draw_studies({"": self}, self.period_name, ax)
        return draw_coefficients({"": self.tidy()}, [self.estimate.scale], ax)

    def _repr_html_(self) -> str:
        frame = self.tidy()
        percent = compute_percent(frame, self.estimate.scale)
        if percent.notna().any():
            frame.insert(2, "percent", percent)
        table = frame.to_html(index=False, na_rep="", float_format=lambda v: f"{v:.4g}")
        notes = "<br>".join(filter(None, (str(self.no_errors), str(self.note))))
        return f"{table}<p>{notes}</p>"


def explain_scale(fit: Fit) -> Words:
    """Return what an effect in the outcome's own unit is counted in, and how it becomes percent; else nothing."""
    if fit.estimate.scale != "level" or (fit.design.observations.y < 0).any():
        return ""
    method, has_family = fit.estimator.name, "family" in fit.estimator.options()
    return Text("python.scale-level", outcome=fit.design.outcome, method=method, has_family=has_family)


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
    """Return a fit as a page of text: one view's bands and coefficients, with ``others``, the covariates' errors."""
    design, sample, scale = fit.design, fit.estimate.sample, fit.estimate.scale
    table, percent = tidy.copy(), compute_percent(tidy, scale)
    if percent.notna().any():
        percent[tidy["term"].isin(design.covariates).to_numpy()] = np.nan
        table["percent"] = percent
    comparison, has_treatment = fit.estimator.name_comparison(design), fit.estimate.kind != "coefficient"
    compared: dict[str, Value] = {"comparison": comparison, "has_treatment": has_treatment}
    effects = Text("python.summary-effects", n=len(sample.effects), effects=design.effects_label, **compared)
    ends = {end: design.panel.label(int(design.observations.periods[k])) for end, k in (("first", 0), ("last", -1))}
    counts = {"n_rows": sample.n_rows, "n": sample.n_units, "n_treated": sample.n_treated_units}
    counted = Text("python.summary-sample", units=design.panel.unit_kind, **counts, **ends)
    lines = [effects, counted]
    for dropped in sample.dropped:
        names = list_some(dropped.labels, MOST_NAMED) if dropped.labels else ""
        left_out = {"what": dropped.text, "names": names, "has": bool(names)}
        lines.append(Text("python.summary-left-out", n=dropped.n_rows, **left_out))
    method, measure = fit.estimator.title or fit.estimator.name, design.transform_label
    title = Text("python.summary-head", method=method, outcome=design.outcome, measure=measure, scale=scale)
    covariates = Text("python.covariate-errors", note=others) if others else ""
    warnings = (m.message for m in bands.messages if m.level == "warning")
    notes = map(str, (explain_scale(fit), bands.no_errors, bands.note, covariates, *warnings))
    return Summary(str(title), tuple(map(str, lines)), table, tuple(filter(None, notes)))


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
    return pd.DataFrame([row | compute_likelihood(fit)])


def compute_likelihood(fit: Fit) -> dict[str, float]:
    """Return log-likelihood and information criteria of a single regression, normal or Poisson; nothing of others.

    Parameters are slopes plus effect levels, less one for each effect after the first.
    """
    source = getattr(fit.estimate.uncertainty, "regression", None)
    if source is None or fit.design.statistics is not None:
        return {}
    o, rows = fit.design.observations, source.rows
    y, w = o.y[rows], o.row_weights[rows]
    if fit.estimator.is_poisson:
        mu = source.weights / w
        fitted = float((w * (scipy.special.xlogy(y, mu) - mu - scipy.special.gammaln(y + 1))).sum())
    else:
        variance = float((w * source.residuals**2).sum()) / rows.size
        fitted = -rows.size / 2 * (np.log(2 * np.pi * variance) + 1) + float(np.log(w).sum()) / 2
    codes = [compact(code[rows]) for code in o.effect_codes()]
    n = count_all(source.bread.shape[0], codes)
    return {"log.lik": fitted, "aic": 2 * n - 2 * fitted, "bic": n * float(np.log(rows.size)) - 2 * fitted}
