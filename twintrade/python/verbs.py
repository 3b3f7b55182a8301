"""The same steps as an analysis file, for a notebook: a table becomes a panel, a design, a fit, bands, a picture."""

import difflib
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, Literal

import pandas as pd

from twintrade.design import COMPARISONS, Comparison, Design, Panel
from twintrade.design.fixed_effects import EFFECTS, SETS, TOGETHER
from twintrade.design.panel import FrequencyName, require_word
from twintrade.design.rules import TreatmentRule
from twintrade.diagnostics.base import DIAGNOSTICS, Diagnostic
from twintrade.effects import Finding
from twintrade.errors import DesignError, SpecError
from twintrade.estimators.base import ESTIMATORS, Estimator, Fit, View
from twintrade.estimators.base import fit as fit_
from twintrade.fanout import limit_threads
from twintrade.inference.base import INFERENCES, Inference
from twintrade.methods import find_name
from twintrade.python.fitted import FitResult
from twintrade.python.summary import Intervals
from twintrade.python.treated import build_treatment_from_agreements, build_treatment_from_column, to_pandas
from twintrade.study.by_name import build_generator, build_method
from twintrade.study.scaffold import build_simulated_tables

# What other software calls the methods, for who has its words in the fingers.

SYNONYMS: dict[str, str] = {
    "feols": "twfe", "reghdfe": "twfe", "xtreg": "twfe", "xtevent": "twfe", "fepois": "ppml", "ppmlhdfe": "ppml",
    "sunab": "sun_abraham", "eventstudyinteract": "sun_abraham", "csdid": "callaway_santanna",
    "att_gt": "callaway_santanna", "did2s": "two_stage", "did_imputation": "imputation",
    "didimputation": "imputation", "jwdid": "etwfe", "wooldid": "etwfe",
    "did_multiplegt_dyn": "chaisemartin_dhaultfoeuille", "lpdid": "local_projections", "sdid": "synthetic_did",
    "synthdid": "synthetic_did", "synth": "synthetic_control", "augsynth": "augmented_synthetic_control",
    "gsynth": "interactive_effects",
}  # fmt: skip
REGRESSIONS = ("feols", "reghdfe", "xtreg", "fepois", "ppmlhdfe")
"""Commands that estimate the columns of a formula: the treatment's own, or covariates alone."""


def find_estimator(word: str) -> str:
    """Return the name of an estimator, also where the word is another software's."""
    if word in ESTIMATORS:
        return word
    if word in SYNONYMS:
        return SYNONYMS[word]
    near = difflib.get_close_matches(word, [*ESTIMATORS, *SYNONYMS], n=1)
    if not near:
        raise SpecError(f"no estimator is called {word!r}; known: {', '.join(sorted([*ESTIMATORS, *SYNONYMS]))}")
    meant = f"{near[0]!r} ({SYNONYMS[near[0]]})" if near[0] in SYNONYMS else repr(near[0])
    raise SpecError(f"no estimator is called {word!r}; did you mean {meant}?")


def choose_shape(word: str, design: Design) -> dict[str, str]:
    """Return the shape that a regression command has without being asked; none for other words."""
    if word not in REGRESSIONS:
        return {}
    if design.treatment.name:
        return {"shape": "dose"}
    is_untreated = not (design.onset <= design.panel.last_period).any()
    return {"shape": "covariates"} if is_untreated and design.covariates else {}


# Effects, clusters and covariates as users name them: by the columns of their own table.

EffectNames = str | Sequence[str | Sequence[str]]
OTHER_NAMES = {"dyad": "unit", "pair": "unit", "id": "unit", "time": "period"}
_COMBINED = {frozenset(("city", "period")): "city_period", frozenset(("partner", "period")): "partner_period"}


def read_effects(panel: Panel, effects: EffectNames) -> str | tuple[str, ...]:
    """Return fixed effects in the design's words: a named set, or the name of each effect."""
    if isinstance(effects, str):
        return effects if effects in SETS else (_translate_effect(panel, [effects]),)
    return tuple(_translate_effect(panel, [e] if isinstance(e, str) else list(e)) for e in effects)


def _translate_effect(panel: Panel, columns: Sequence[str]) -> str:
    parts = [_translate(panel, part) for column in columns for part in str(column).split(TOGETHER)]
    combined = _COMBINED.get(frozenset(parts))
    if combined is None and panel.is_dyadic and set(parts) == {"city", "partner"}:
        return TOGETHER.join(parts) if "unit" in panel.key_columns.values() else "unit"
    return combined or TOGETHER.join(parts)


def _translate(panel: Panel, name: str) -> str:
    """Return the design's word for a column: its own names stand before those of the table."""
    if name in EFFECTS or name in panel.columns:
        return name
    return panel.key_columns.get(name) or OTHER_NAMES.get(name, name)


def list_names(names: Any) -> tuple[str, ...]:
    """Return one name, or several, as a tuple."""
    return (names,) if isinstance(names, str) else tuple(names)


def example() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a small simulated table of trade, and the agreements that raise it by 20 log points.

    Examples
    --------
    >>> trade, agreements = tt.example()
    >>> trade.columns.tolist()
    ['city', 'partner', 'year', 'exports_usd']
    """
    return build_simulated_tables()


def panel(
    frame: Any,
    *,
    city: str | None = None,
    partner: str | None = None,
    unit: str | None = None,
    period: str = "year",
    frequency: FrequencyName | None = None,
    units_of_measure: Mapping[str, str] | None = None,
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

    Raises
    ------
    DesignError
        A column is missing, a period cannot be read, or two rows share unit and period.

    Examples
    --------
    >>> tt.panel(trade, city="city", partner="partner", period="year")
    Panel: 80 pairs of city and partner, 2003–2018, 1,280 rows; columns exports_usd, x
    """
    frame = to_pandas(frame, "panel", (city, partner, unit, period))
    return Panel.from_frame(
        frame,
        city=city,
        partner=partner,
        unit=unit,
        period=period,
        frequency=frequency,
        units_of_measure=units_of_measure,
    )


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
        Columns beside the treatment: other policies, and their lags (``panel.lagged``).
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
    UserWarning
        Rows of a table of agreements concern no unit of the panel. Where a city of nearly that name is in the panel,
        its unit is excluded.

    Examples
    --------
    >>> tt.compare(panel, agreements, "exports_usd", fixed_effects=[("city", "year"), ("partner", "year"), "dyad"])
    Design: exports_usd in levels; 79 pairs compared, 7 treated; ...
    """
    if not outcome or outcome not in panel.columns:
        raise DesignError(f"the panel has no column {outcome!r}; it has {', '.join(sorted(panel.columns))}")
    require_word("undated", undated, ("error", "exclude"))
    given = {"agreements": agreements, "treated": treated, "dose": dose}
    named = [name for name, value in given.items() if value is not None]
    if len(named) > 1:
        raise DesignError(f"{' and '.join(named)} are given; give one of agreements, treated and dose")
    if clusters is not None and cluster is not None:
        raise DesignError("clusters and cluster are given; they are the same, give one")
    column = treated or dose
    if column is not None:
        treatment = build_treatment_from_column(panel, column, is_dose=dose is not None)
    else:
        treatment = build_treatment_from_agreements(panel, {} if agreements is None else agreements, rule, undated)
    if isinstance(comparison, str):
        require_word("comparison", comparison, list(COMPARISONS))
        comparison = COMPARISONS[comparison]()
    chosen = list_names(clusters or cluster or (("city", "partner") if panel.is_dyadic else ("unit",)))
    return Design(
        panel=panel,
        treatment=treatment,
        outcome=outcome,
        comparison=comparison,
        fixed_effects=read_effects(panel, fixed_effects),
        covariates=list_names(covariates),
        clusters=tuple(_translate_effect(panel, [name]) for name in chosen),
        **options,
    )


def fit(estimator: str | Estimator | type[Estimator] | ModuleType, design: Design, **options: Any) -> FitResult:
    """Estimate.

    Parameters
    ----------
    estimator : str, module, class or Estimator
        Name from ``twintrade list estimators``, with its options as keywords; what other software calls it (feols,
        fepois, ppmlhdfe, sunab, csdid, did2s, did_imputation, jwdid, sdid, synth, xtevent); ``tt.estimators.ppml``;
        or one made already. feols and fepois estimate the column that the design names as treated, or its covariates.
    design : Design

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
    method = estimator
    if not isinstance(method, Estimator):
        word = find_name("estimators", method)
        method = build_method(ESTIMATORS, find_estimator(word), choose_shape(word, design) | options, "fit")
    with limit_threads():
        return FitResult.of(fit_(method, design))


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

    Raises
    ------
    SpecError, InferenceError

    Examples
    --------
    >>> bands = tt.infer(fit, "clustered", view="overall", by=("city",))
    >>> bands.inference, bands.level
    ('clustered', 0.95)
    """
    result = fit if isinstance(fit, FitResult) else FitResult.of(fit)
    return result.infer(inference, view=view, seed=seed, **options)


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
    method = (
        diagnostic
        if isinstance(diagnostic, Diagnostic)
        else build_method(DIAGNOSTICS, find_name("diagnostics", diagnostic), options, "check")
    )
    how = inference if isinstance(inference, Inference) else build_method(INFERENCES, inference, {}, "check")
    with limit_threads():
        return method.check(fit, how, build_generator(seed, f"{method.name}/{fit.estimator.name}"))
