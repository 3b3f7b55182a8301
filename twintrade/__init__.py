"""What does a twinning agreement do to trade? Panels, event studies, difference-in-differences, and the report."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from twintrade.version import __version__ as __version__

if TYPE_CHECKING:
    from twintrade.design import CohortStatistics as CohortStatistics
    from twintrade.design import Donors as Donors
    from twintrade.design import NeverTreated as NeverTreated
    from twintrade.design import NotYetTreated as NotYetTreated
    from twintrade.design import Panel as Panel
    from twintrade.design import Treatment as Treatment
    from twintrade.design.rules import TreatmentRule as TreatmentRule
    from twintrade.diagnostics.base import DIAGNOSTICS as DIAGNOSTICS
    from twintrade.effects import CohortEffects as CohortEffects
    from twintrade.effects import Estimate as Estimate
    from twintrade.effects import EventStudy as EventStudy
    from twintrade.effects import Finding as Finding
    from twintrade.errors import TwintradeError as TwintradeError
    from twintrade.errors import TwintradeWarning as TwintradeWarning
    from twintrade.estimators.base import ESTIMATORS as ESTIMATORS
    from twintrade.inference.base import INFERENCES as INFERENCES
    from twintrade.python.fitted import FitResult
    from twintrade.python.showing import coefplot as coefplot
    from twintrade.python.showing import etable as etable
    from twintrade.python.showing import eventplot as eventplot
    from twintrade.python.showing import load as load
    from twintrade.python.showing import read as read
    from twintrade.python.showing import run as run
    from twintrade.python.summary import Intervals
    from twintrade.python.translated import World as World
    from twintrade.python.translated import translate as translate
    from twintrade.python.treated import ComparedDesign
    from twintrade.python.treated import cohort_statistics as cohort_statistics
    from twintrade.python.verbs import check as check
    from twintrade.python.verbs import compare as compare
    from twintrade.python.verbs import example as example
    from twintrade.python.verbs import fit as fit
    from twintrade.python.verbs import infer as infer
    from twintrade.python.verbs import panel as panel

    Bands = Intervals
    Design = ComparedDesign
    Fit = FitResult

_NAMES = {
    "python.verbs": ("example", "panel", "compare", "fit", "infer", "check"),
    "python.showing": ("etable", "eventplot", "coefplot", "run", "read", "load"),
    "python.treated": ("cohort_statistics", "Design"),
    "python.translated": ("World", "translate"),
    "design": ("Panel", "Treatment", "CohortStatistics", "NeverTreated", "NotYetTreated", "Donors"),
    "design.rules": ("TreatmentRule",),
    "effects": ("Estimate", "EventStudy", "CohortEffects", "Finding"),
    "python.summary": ("Bands",),
    "python.fitted": ("Fit",),
    "estimators.base": ("ESTIMATORS",),
    "inference.base": ("INFERENCES",),
    "diagnostics.base": ("DIAGNOSTICS",),
    "errors": ("TwintradeError", "TwintradeWarning"),
}
_HOMES = {name: f"twintrade.{module}" for module, names in _NAMES.items() for name in names}
_ELSEWHERE = {"Bands": "Intervals", "Design": "ComparedDesign", "Fit": "FitResult"}
"""What a name is called where it is at home; elsewhere that name is the plain type."""

_ROOMS = ("estimators", "inference", "diagnostics")
"""Packages whose attributes are their methods, for completion: ``tt.estimators.ppml``."""

__all__ = ["__version__", *_HOMES, *_ROOMS]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that the command line starts without numpy and pandas."""
    if name in _ROOMS:
        return import_module(f"twintrade.{name}")
    from twintrade.renamed import find_renamed

    if (renamed := find_renamed("name", "twintrade").get(name)) is not None:
        renamed.warn()
        return __getattr__(renamed.new)
    if name not in _HOMES:
        raise AttributeError(f"module 'twintrade' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), _ELSEWHERE.get(name, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
