"""What does a twinning agreement do to trade? Panels, event studies, difference-in-differences, and the report."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from twintrade.design import CohortStatistics as CohortStatistics
    from twintrade.design import Design as Design
    from twintrade.design import Donors as Donors
    from twintrade.design import NeverTreated as NeverTreated
    from twintrade.design import NotYetTreated as NotYetTreated
    from twintrade.design import Panel as Panel
    from twintrade.design import Treatment as Treatment
    from twintrade.design.rules import TreatmentRule as TreatmentRule
    from twintrade.effects import Bands as Bands
    from twintrade.effects import CohortEffects as CohortEffects
    from twintrade.effects import Estimate as Estimate
    from twintrade.effects import EventStudy as EventStudy
    from twintrade.effects import Finding as Finding
    from twintrade.errors import TwintradeError as TwintradeError
    from twintrade.estimators.base import ESTIMATORS as ESTIMATORS
    from twintrade.estimators.base import Fit as Fit
    from twintrade.inference.base import INFERENCES as INFERENCES
    from twintrade.study.cohorts import cohort_statistics as cohort_statistics
    from twintrade.study.notebook import check as check
    from twintrade.study.notebook import compare as compare
    from twintrade.study.notebook import fit as fit
    from twintrade.study.notebook import infer as infer
    from twintrade.study.notebook import panel as panel

__version__ = "0.1.0"

_HOMES = {
    "panel": "twintrade.study.notebook",
    "compare": "twintrade.study.notebook",
    "fit": "twintrade.study.notebook",
    "infer": "twintrade.study.notebook",
    "check": "twintrade.study.notebook",
    "cohort_statistics": "twintrade.study.cohorts",
    "Panel": "twintrade.design",
    "Treatment": "twintrade.design",
    "TreatmentRule": "twintrade.design.rules",
    "Design": "twintrade.design",
    "CohortStatistics": "twintrade.design",
    "NeverTreated": "twintrade.design",
    "NotYetTreated": "twintrade.design",
    "Donors": "twintrade.design",
    "Estimate": "twintrade.effects",
    "EventStudy": "twintrade.effects",
    "CohortEffects": "twintrade.effects",
    "Bands": "twintrade.effects",
    "Finding": "twintrade.effects",
    "Fit": "twintrade.estimators.base",
    "ESTIMATORS": "twintrade.estimators.base",
    "INFERENCES": "twintrade.inference.base",
    "DIAGNOSTICS": "twintrade.diagnostics.base",
    "TwintradeError": "twintrade.errors",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that the command line starts without numpy and pandas."""
    if name not in _HOMES:
        raise AttributeError(f"module 'twintrade' has no attribute {name!r}")
    _attach_pictures()
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def _attach_pictures() -> None:
    """Give results their picture and their notebook view, which live to the right of the results' own room."""
    effects = import_module("twintrade.effects")
    if hasattr(effects.Bands, "plot"):
        return
    effects.Bands.plot = _plot_bands
    effects.EventStudy.plot = _plot_event_study
    for result in (effects.Bands, effects.Estimate):
        result._repr_html_ = _table


def _plot_bands(bands: Any, label: str = "estimate") -> "Figure":
    """Draw an event study with its intervals."""
    from twintrade.render.figures import draw_bands

    return draw_bands(bands, label)


def _plot_event_study(study: Any, label: str = "estimate") -> "Figure":
    """Draw an event study without intervals."""
    from twintrade.effects.bands import build_unknown_bands
    from twintrade.render.figures import draw_bands

    return draw_bands(build_unknown_bands(study), label)


def _table(result: Any) -> str:
    """Return the result as a notebook shows it."""
    return str(result.to_frame().to_html(index=False, na_rep="", float_format=lambda v: f"{v:.4g}"))
