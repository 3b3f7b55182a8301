"""What does a twinning agreement do to trade? Panels, event studies, difference-in-differences, and the report."""

from importlib import import_module
from typing import Any

from twintrade.version import __version__ as __version__

# Type checkers and editors read __init__.pyi.
_NAMES = {
    "python.verbs": ("example", "panel", "compare", "fit", "infer", "check", "World", "translate"),
    "python.showing": ("etable", "eventplot", "coefplot", "run", "read", "load", "watch"),
    "python.treated": ("cohort_statistics", "Design"),
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
