"""The same steps as an analysis file, for a notebook: a table becomes a panel, a design, a fit, bands, a picture."""

import warnings
from collections.abc import Mapping
from typing import Any, Literal

import pandas as pd

from twintrade.data.calendar import parse_date
from twintrade.design import COMPARISONS, NEVER, Comparison, Design, Panel, Treatment
from twintrade.design.panel import FrequencyName
from twintrade.design.register import Agreements, CandidateDate
from twintrade.design.rules import TreatmentRule, build_treatment
from twintrade.design.words import require_word
from twintrade.diagnostics.base import DIAGNOSTICS, Diagnostic
from twintrade.effects import Bands, Finding
from twintrade.errors import DesignError
from twintrade.estimators.base import ESTIMATORS, Estimator, Fit, View
from twintrade.estimators.base import fit as fit_
from twintrade.inference.base import INFERENCES, Inference
from twintrade.study.run.seeds import build_generator
from twintrade.study.spec.methods import build_method
from twintrade.text import Text

_AGREEMENT_TEXT = ("twinning", "signatory", "partner_city", "kind", "source", "note")


def panel(
    frame: pd.DataFrame,
    *,
    city: str,
    partner: str | None = None,
    period: str = "year",
    frequency: FrequencyName = "year",
    units_of_measure: Mapping[str, str] | None = None,
) -> Panel:
    """Return a long table as a panel; the table is left untouched.

    Parameters
    ----------
    frame : DataFrame
        One row a city (and partner) and period.
    city, partner, period : str
        Columns. Without a partner the units are cities.
    frequency : {"year", "quarter", "month"}
        Periods are integers: the year, year * 4 + quarter - 1, or year * 12 + month - 1.
    units_of_measure : mapping, optional
        By column, for captions: ``{"exports": "US dollars"}``.

    Raises
    ------
    DesignError
        A column is missing, or two rows share unit and period.
    """
    return Panel.from_frame(
        frame, city=city, partner=partner, period=period, frequency=frequency, units_of_measure=units_of_measure
    )


def compare(
    panel: Panel,
    agreements: pd.DataFrame | pd.Series | Mapping[str, float] | Treatment,
    outcome: str,
    *,
    rule: TreatmentRule | None = None,
    undated: Literal["error", "exclude"] = "error",
    comparison: str | Comparison = "not_yet_treated",
    **options: Any,
) -> Design:
    """Return who is compared with whom.

    Parameters
    ----------
    panel : Panel
    agreements : DataFrame, Series, mapping or Treatment
        A table of agreements (city, partner, date, and more columns if you have them; dates as 2004-09-13, 2004-09 or
        2004); or the first treated period by unit label, units that are not listed never being treated. An empty
        onset also means never, except beside ``inf``, where it is an error.
    outcome : str
        Column of the panel.
    rule : TreatmentRule, optional
        How a table of agreements becomes onsets: the first agreement, by default.
    undated : {"error", "exclude"}
        What to do with units whose agreement has no date; they are never a comparison.
    comparison : str or Comparison
        "not_yet_treated" or "never_treated".
    **options
        Further fields of Design: transform, fixed_effects, window, reference, anticipation, clusters, covariates.

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
    """
    if outcome not in panel.columns:
        raise DesignError(f"the panel has no column {outcome!r}; it has {', '.join(sorted(panel.columns))}")
    require_word("undated", undated, ("error", "exclude"))
    if not isinstance(agreements, Treatment | pd.DataFrame | pd.Series | Mapping):
        raise DesignError(f"agreements is a table, not {agreements!r}; read the file with pandas.read_csv")
    if not isinstance(agreements, Treatment):
        agreements = (
            build_treatment_from_table(panel, agreements, rule, undated)
            if isinstance(agreements, pd.DataFrame)
            else _from_onsets(panel, agreements)
        )
    if isinstance(comparison, str):
        require_word("comparison", comparison, list(COMPARISONS))
        comparison = COMPARISONS[comparison]()
    if "clusters" not in options and panel.is_dyadic:
        options["clusters"] = ("city", "partner")
    return Design(panel=panel, treatment=agreements, outcome=outcome, comparison=comparison, **options)


def fit(estimator: str | Estimator, design: Design, **options: Any) -> Fit:
    """Estimate.

    Parameters
    ----------
    estimator : str or Estimator
        Name from ``twintrade list estimators``, with its options as keywords; or one made already.
    design : Design

    Raises
    ------
    SpecError
        No such estimator or option.
    DesignError, EstimationError
        The design does not suit the method, or the effect is not identified.
    """
    method = estimator if isinstance(estimator, Estimator) else build_method(ESTIMATORS, estimator, options, "fit")
    return fit_(method, design)


def infer(
    fit: Fit, inference: str | Inference = "auto", *, view: View = "event", seed: int = 1, **options: Any
) -> Bands:
    """Say how sure an estimate is.

    Parameters
    ----------
    fit : Fit
    inference : str or Inference
        Name from ``twintrade list inferences``, with its options as keywords; or one made already.
    view : {"event", "overall", "path", "cohort", "calendar", "cell"}
    seed : int
        Of everything random.

    Raises
    ------
    SpecError, InferenceError
    """
    method = inference if isinstance(inference, Inference) else build_method(INFERENCES, inference, options, "infer")
    return method.infer(fit, view, build_generator(seed, f"{method.name}/{fit.estimator.name}/{view}"))


def check(
    fit: Fit, diagnostic: str | Diagnostic, inference: str | Inference = "auto", *, seed: int = 1, **options: Any
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
    """
    method = (
        diagnostic if isinstance(diagnostic, Diagnostic) else build_method(DIAGNOSTICS, diagnostic, options, "check")
    )
    how = inference if isinstance(inference, Inference) else build_method(INFERENCES, inference, {}, "check")
    return method.check(fit, how, build_generator(seed, f"{method.name}/{fit.estimator.name}"))


def _from_onsets(panel: Panel, onsets: pd.Series | Mapping[str, float]) -> Treatment:
    known = Treatment.from_series(pd.Series(onsets))
    unknown = sorted(set(known.units) - set(panel.units))
    if unknown:
        raise DesignError(
            f"{unknown[0]!r} has an onset but is no unit of the panel; units are like {panel.units[0]!r}"
        )
    listed = pd.Series(known.onset, index=known.units)
    return Treatment.from_series(listed.reindex(pd.Index(panel.units), fill_value=NEVER))


def build_treatment_from_table(
    panel: Panel, table: pd.DataFrame, rule: TreatmentRule | None, undated: Literal["error", "exclude"]
) -> Treatment:
    """Return the onsets that a table of agreements gives the units of a panel."""
    needed = ["city", "partner", "date"] if panel.is_dyadic else ["city", "date"]
    lacking = [name for name in needed if name not in table]
    if lacking:
        raise DesignError(f"the table of agreements has no column {lacking[0]!r}; it needs {', '.join(needed)}")
    registry = pd.DataFrame({name: _text(table, name) for name in ("city", "partner", *_AGREEMENT_TEXT)})
    numbered = pd.Series([str(Text("study.agreement", n=i + 1)) for i in range(len(table))], index=table.index)
    registry["twinning"] = registry["twinning"].where(registry["twinning"] != "", numbered)
    dates = pd.Series(
        [_dates(cell, i) for i, cell in enumerate(_text(table, "date"))], index=table.index, dtype=object
    )
    registry = registry.assign(dates=dates, ended=None)
    treatment = build_treatment(Agreements(registry, undated_policy=undated), panel, rule)
    for message in treatment.messages:
        if message.code in ("unmatched-city", "unknown-city", "agreement-outside-panel"):
            warnings.warn(message.message, UserWarning, stacklevel=3)
    return treatment


def _text(table: pd.DataFrame, name: str) -> pd.Series:
    if name not in table:
        return pd.Series("", index=table.index, dtype=object)
    return table[name].map(lambda cell: "" if pd.isna(cell) else _whole(cell)).astype(object)


def _whole(cell: object) -> str:
    """A cell as text; years that pandas holds as floats lose their point, timestamps their time."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.date().isoformat() if isinstance(cell, pd.Timestamp) else str(cell).strip()


def _dates(cell: str, position: int) -> tuple[CandidateDate, ...]:
    if not cell:
        return ()
    try:
        return (CandidateDate("signed", parse_date(cell), "signed"),)
    except ValueError as error:
        raise DesignError(f"row {position} of the table of agreements: the date {cell!r} {error}") from None
