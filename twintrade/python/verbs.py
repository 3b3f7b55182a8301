"""The same steps as an analysis file, for a notebook: a table becomes a panel, a design, a fit, bands, a picture."""

import inspect
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, Literal

import numpy as np
import pandas as pd

from twintrade.design import COMPARISONS, Comparison, Design, Panel
from twintrade.design.fixed_effects import SETS
from twintrade.design.panel import FrequencyName, PeriodsName, require_word
from twintrade.design.period_column import to_pandas
from twintrade.design.rules import TreatmentRule
from twintrade.diagnostics import translated
from twintrade.diagnostics.base import DIAGNOSTICS, Diagnostic
from twintrade.effects import Finding
from twintrade.errors import DesignError
from twintrade.estimators.base import ESTIMATORS, Estimator, Fit, View
from twintrade.estimators.base import fit as fit_
from twintrade.fanout import limit_threads
from twintrade.inference.base import INFERENCES, Inference
from twintrade.methods import find_name
from twintrade.python import treated as tables
from twintrade.python.fitted import FitResult
from twintrade.python.summary import Intervals
from twintrade.python.treated import ComparedDesign
from twintrade.study import by_name
from twintrade.study.scaffold import build_simulated_tables
from twintrade.text import Text

EffectNames = str | Sequence[str | Sequence[str]]


def read_effects(panel: Panel, effects: EffectNames) -> str | tuple[str, ...]:
    """Return fixed effects in the design's words: a named set, or the name of each effect."""
    if isinstance(effects, str):
        return effects if effects in SETS else (by_name.read_effect(panel, [effects]),)
    return tuple(by_name.read_effect(panel, list(by_name.list_names(e))) for e in by_name.list_names(effects))


World, translate = translated.World, by_name.explain_call(translated.translate)
for name in ("from_frame",):
    setattr(World, name, staticmethod(by_name.explain_call(getattr(World, name))))


def example() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a small simulated table of trade, and the agreements that raise it by 20 log points.

    Examples
    --------
    >>> trade, agreements = tt.example()
    >>> trade.columns.tolist()
    ['city', 'partner', 'year', 'exports_usd']
    """
    return build_simulated_tables()


@by_name.explain_call
def panel(
    frame: Any,
    *,
    city: str | None = None,
    partner: str | None = None,
    unit: str | None = None,
    period: str = "year",
    frequency: FrequencyName | None = None,
    units_of_measure: Mapping[str, str] | None = None,
    periods: PeriodsName | None = None,
    policies: Mapping[str, Any] | None = None,
) -> Panel:
    """Return a long table as a panel; the table is left untouched.

    Parameters
    ----------
    frame : DataFrame
        One row a city (and partner) and period. Of pandas, polars, Arrow, DuckDB or any library that narwhals reads.
    city, partner, unit : str
        Columns. With city and partner the units are pairs; a city alone, or a unit alone, is a unit.
        Text, numbers or tuples: a unit is named by its key, or by that as text.
    period : str
        Years as numbers, text ("2004", "2004Q3", "2004-07", "2004-07-01"), dates, or pandas periods.
    frequency : {"year", "quarter", "month"}, optional
        Found where it is not given. With it numbers are ordinals: the year, year * 4 + quarter - 1, or
        year * 12 + month - 1.
    units_of_measure : mapping, optional
        By column, for captions: ``{"exports": "US dollars"}``.
    periods : {"waves", "calendar"}, optional
        Years at unequal steps, no two of them neighbors, are waves (2000, 2005, 2010, 2014): event times count waves,
        and an agreement between two counts from the later one. "calendar" counts years, "waves" is for other years.
    policies : mapping of str to DataFrame, optional
        Other policies than the agreement, for ``check(fit, "policies")``: by name a table with city, partner or both,
        date, and ended where they end.

    Raises
    ------
    DesignError
        A column is missing, a period cannot be read, or two rows share unit and period.

    Examples
    --------
    >>> tt.panel(trade, city="city", partner="partner", period="year")
    Panel: 80 pairs of city and partner, 2003–2018, 1,280 rows; columns exports_usd, x
    """
    ends = {"city": city, "partner": partner, "unit": unit}
    frame = to_pandas(frame, "panel", (*ends.values(), period))
    bare = Panel.from_frame(
        frame, **ends, period=period, periods=periods, frequency=frequency, units_of_measure=units_of_measure
    )
    return tables.add_policies(bare, policies) if policies else bare


@by_name.explain_call
def compare(
    panel: Panel,
    agreements: Any = None,
    outcome: str = "",
    *,
    treated: str | None = None,
    dose: str | None = None,
    rule: TreatmentRule | None = None,
    undated: Literal["error", "exclude"] = "error",
    comparison: str | Comparison = "not_yet_treated",
    fixed_effects: EffectNames = "two_way",
    covariates: str | Sequence[str] = (),
    clusters: str | Sequence[str] | None = None,
    cluster: str | Sequence[str] | None = None,
    **options: Any,
) -> Design:
    """Return who is compared with whom.

    Parameters
    ----------
    panel : Panel
    agreements : DataFrame, Series, mapping or Treatment, optional
        A table of agreements (city, partner, date, and more columns if you have them; dates as 2004-09-13, 2004-09 or
        2004); or the first treated period by unit label, units that are not listed never being treated. An empty
        onset also means never, except beside ``inf``, where it is an error.
    outcome : str
        Column of the panel.
    treated, dose : str, optional
        In place of agreements, a column of the panel: 0/1 by row, or the size of the treatment. It may end. Without
        agreements, treated and dose nothing is treated: ``fit(..., shape="covariates")``.
    rule : TreatmentRule, optional
        How a table of agreements becomes onsets: the first agreement, by default.
    undated : {"error", "exclude"}
        What to do with units whose agreement has no date; they are never a comparison.
    comparison : str or Comparison
        "not_yet_treated" or "never_treated".
    fixed_effects : str, or sequence of str or of column sets
        "two_way", "gravity" ...; or effects: "unit", "exporter^year", ("importer", "year"), "undirected_pair".
    covariates : str or sequence of str
        Covariates: other policies, and their lags (``panel.lagged``).
    clusters, cluster : str or sequence of str, optional
        "unit" (or "dyad"), "city", "partner", "period", "undirected_pair", or the table's own names of these. City
        and partner where units are pairs, else the unit.
    **options
        Further fields of Design: transform, window, reference, anticipation, weights, always_treated, totals_only.

    Raises
    ------
    DesignError
        A unit with an onset is not in the panel, agreements have no date, the panel has no such outcome, or an option
        contradicts another.

    Warns
    -----
    TwintradeWarning
        Rows of a table of agreements concern no unit of the panel, or name its partners otherwise; a city or partner
        is the sum of the others; no unit is treated within the panel. The message ends with the line that answers it.
        Where a city of nearly an agreement's name is in the panel, its unit is excluded.

    Examples
    --------
    >>> tt.compare(panel, agreements, "exports_usd", fixed_effects=[("city", "year"), ("partner", "year"), "dyad"])
    Design: exports_usd in levels; 79 pairs compared, 7 treated; ...
    """
    panel, agreements = by_name.sort_arguments(panel, agreements, Panel)
    by_name.require(panel, Panel, "a panel", "tt.panel")
    _require_options(panel, outcome, by_name.list_names(covariates), options)
    tables.warn_of_totals(panel, outcome)
    by_name.require(rule or TreatmentRule(), TreatmentRule, "a rule", "tt.TreatmentRule")
    require_word("undated", undated, ("error", "exclude"))
    given = {"agreements": agreements, "treated": treated, "dose": dose}
    named = [name for name, value in given.items() if value is not None]
    if len(named) > 1:
        raise DesignError(f"{' and '.join(named)} are given; give one of agreements, treated and dose")
    if clusters is not None and cluster is not None:
        raise DesignError("clusters and cluster are given; they are the same, give one")
    if (column := treated or dose) is not None:
        treatment = tables.build_treatment_from_column(panel, column, is_dose=dose is not None)
    else:
        listed = {} if agreements is None else agreements
        treatment = tables.build_treatment_from_agreements(panel, listed, rule, undated)
    if column is not None or agreements is not None:
        tables.warn_of_none_treated(panel, treatment, is_kept=options.get("always_treated", "exclude") != "exclude")
    if isinstance(comparison, str):
        require_word("comparison", comparison, list(COMPARISONS))
        comparison = COMPARISONS[comparison]()
    chosen = by_name.list_names(clusters or cluster or (("city", "partner") if panel.is_dyadic else ("unit",)))
    return ComparedDesign(
        panel=panel,
        treatment=treatment,
        outcome=outcome,
        comparison=comparison,
        fixed_effects=read_effects(panel, fixed_effects),
        covariates=by_name.list_names(covariates),
        clusters=tuple(by_name.read_effect(panel, [name]) for name in chosen),
        **options,
    )


def _require_options(panel: Panel, outcome: Any, covariates: Sequence[str], options: Mapping[str, Any]) -> None:
    """Refuse an outcome, columns and fields of a design that are none, before anything is made of them."""
    columns = ", ".join(sorted(panel.columns))
    if outcome and not isinstance(outcome, str):
        raise DesignError(
            f"outcome is one column of the panel, not {outcome!r}; for several: design.for_outcomes([…])"
        )
    if not outcome:
        raise DesignError(f"compare needs an outcome, the name of a column of the panel; it has {columns}")
    for name in (outcome, *covariates, *filter(None, [options.get("weights")])):
        if name not in list(panel.columns):
            raise DesignError(f"the panel has no column {name!r}; it has {columns}")
    known = [*inspect.signature(compare).parameters, *by_name.list_option_names(Design)]
    for key in options:
        if key not in known:
            hint = by_name.explain_option(key, known, "compare")
            raise DesignError(Text("python.no-argument", verb="compare", key=key, hint=hint))
    for key in ("reference", "anticipation", "index_base"):
        value = options.get(key, 0)
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise DesignError(f"{key} is a whole number of periods, not {value!r}")


@by_name.explain_call
def fit(estimator: Any, design: Any, **options: Any) -> Any:
    """Estimate.

    Parameters
    ----------
    estimator : str, module, class or Estimator
        Name from ``twintrade list estimators``, with its options as keywords; what other software calls it (feols,
        fepois, ppmlhdfe, sunab, csdid, did2s, did_imputation, jwdid, sdid, synth, xtevent); ``tt.estimators.ppml``;
        or one made already. feols and fepois estimate the column that the design names as treated, or its covariates.
    design : Design, or mapping to Design
        Of several, as ``design.split("region")`` or ``design.for_outcomes(["exports", "imports"])``, the fits by
        their names, as ``etable`` takes them.

    Raises
    ------
    SpecError
        No such estimator or option.
    DesignError, EstimationError
        The design does not suit the method, or the effect is not identified.

    Examples
    --------
    >>> fit = tt.fit("ppml", design)
    >>> fit.views
    ('event', 'overall', 'path')
    """
    design, method = by_name.sort_arguments(design, estimator, Design | Mapping)
    if isinstance(design, Mapping):
        return {name: fit(method, one, **options) for name, one in design.items()}
    word = "" if isinstance(method, Estimator) else find_name("estimators", method)
    name = "" if isinstance(method, Estimator) else by_name.find_estimator(word)
    by_name.require(design, Design, "a design", "tt.compare")
    if name:
        method = by_name.build_method(ESTIMATORS, name, by_name.choose_shape(word, design) | options, "fit")
    with limit_threads():
        return FitResult.of(fit_(method, design))


@by_name.explain_call
def infer(
    fit: Fit, inference: str | Inference | None = None, *, view: View | None = None, seed: int = 1, **options: Any
) -> Intervals:
    """Say how sure an estimate is.

    Parameters
    ----------
    fit : Fit
    inference : str or Inference
        Name from ``twintrade list inferences``, with its options as keywords; or one made already. "auto" where
        none is given, which says in its messages what it took and why.
    view : {"event", "overall", "path", "cohort", "calendar", "cell"}, optional
        The first that the fit has, where none is given.
    seed : int
        Of everything random.

    Examples
    --------
    >>> bands = tt.infer(fit, "clustered", view="overall", by=("city",))
    >>> bands.inference, bands.level
    ('clustered', 0.95)
    """
    fit, inference = by_name.sort_arguments(fit, inference, Fit)
    fit = by_name.require_fit(fit)
    result = fit if isinstance(fit, FitResult) else FitResult.of(fit)
    return result.infer(inference, view=view, seed=seed, **options)


@by_name.explain_call
def check(
    fit: Fit,
    diagnostic: str | Diagnostic | type[Diagnostic] | ModuleType,
    inference: str | Inference = "auto",
    *,
    seed: int = 1,
    **options: Any,
) -> Finding:
    """Ask whether to believe an estimate.

    Parameters
    ----------
    fit : Fit
    diagnostic : str or Diagnostic
        Name from ``twintrade list diagnostics``, with its options as keywords; or one made already.
    inference : str or Inference
        Under which the check looks at variants.
    seed : int

    Examples
    --------
    >>> tt.check(fit, "adoption").verdict
    'informs'
    """
    fit, diagnostic = by_name.sort_arguments(fit, diagnostic, Fit)
    fit, method = by_name.require_fit(fit), diagnostic
    if not isinstance(method, Diagnostic):
        method = by_name.build_method(DIAGNOSTICS, find_name("diagnostics", method), options, "check")
    named, asked = by_name.read_inference(inference, {}, fit.design.panel)
    how = named if isinstance(named, Inference) else by_name.build_method(INFERENCES, named or "auto", asked, "check")
    with limit_threads():
        return method.check(fit, how, by_name.build_generator(seed, f"{method.name}/{fit.estimator.name}"))
