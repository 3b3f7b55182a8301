"""Named presets of an analysis file: one row a recipe; whatever the file says itself wins. Also, citations by key."""

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from twintrade.errors import SpecError
from twintrade.text import Listed, Text


@dataclass(frozen=True, slots=True)
class Recipe:
    """A preset."""

    equation: Text  # one line for lists
    sentence: Text  # what it is good for
    preset: Mapping[str, Any]  # tables of the analysis file


Label = Literal[
    "Augmented, donors A", "Augmented, donors B", "Double ratio", "ETWFE-Poisson, total",
    "Log, two-way effects (legacy)", "Own trend alone, descriptive", "Poisson imputation, row average of log ratios",
    "Poisson imputation, total", "Ratio to donors A, same city", "Ratio to donors B, same destination",
    "Synthetic DiD, logs", "Synthetic control, donors A", "Synthetic control, donors B", "Synthetic control, logs",
]  # fmt: skip
"""What presets call columns, in a file too; a page says ``labels.column-named-`` for each."""

_CHECKS = [
    {"name": "pretrends"}, {"name": "leverage"}, {"name": "raw_series"}, {"name": "adoption"}, {"name": "balance"},
    {"name": "selection", "if_any": True}, {"name": "conditional_trends"}, {"name": "hidden_agreements"},
    {"name": "anticipation"}, {"name": "placebo_dates"},
    {"name": "always_treated", "if_any": True}, {"name": "undated_agreements", "if_any": True},
    {"name": "policies", "if_any": True},
    {"name": "level_changes", "if_any": True}, {"name": "reference_year", "on": "all"},
]  # fmt: skip
# Whether treated rows that serve as comparison move a regression.
_WEIGHTS = {"name": "twfe_weights", "on": "twfe"}
# Whether effects of other policies move its coefficient.
_CONTAMINATION: dict[str, Any] = {"name": "contamination", "on": "twfe", "if_any": True}
_TWO_WAY = [
    _WEIGHTS,
    _CONTAMINATION,
    {"name": "bacon", "on": "twfe"},
    {"name": "estimators", "on": "twfe", "names": ["imputation", "callaway_santanna", "sun_abraham"]},
]
_OTHERS = {"name": "estimators", "on": "twfe", "names": ["imputation", "etwfe", "sun_abraham"]}
_PPML = [{"name": "estimators", "on": "ppml", "names": ["imputation", "etwfe"]}, _CONTAMINATION | {"on": "ppml"}]
_TOTALS = [{"name": "evidence"}, {"name": "concentration"}, {"name": "percent_effects"}, {"name": "honest"}]
_POISSON: dict[str, Any] = {"name": "imputation", "family": "poisson"}
_LEVELS: list[dict[str, Any]] = [
    _POISSON | {"measure": "percent", "label": "Poisson imputation, total", "key": "total", "headline": True},
    {"name": "etwfe", "family": "poisson", "measure": "percent", "label": "ETWFE-Poisson, total", "key": "total"},
    _POISSON
    | {"measure": "log_ratio", "label": "Poisson imputation, row average of log ratios", "key": "average-pair"},
]
"""The headline in levels, the same target by cells, and the row average as another target."""

# A flow far larger than its donors is outside their hull; its movements need not be.
_CONTROL: dict[str, Any] = {"name": "synthetic_control", "transform": "log", "demeaned": True}
_AUGMENTED: dict[str, Any] = {"name": "augmented_synthetic_control", "transform": "log", "demeaned": True}
_DID: dict[str, Any] = {"name": "synthetic_did", "transform": "log", "min_before": 4}
# One series has no placebos of its own kind: it is held against its own serial correlation.
_ALONE: dict[str, Any] = {"name": "interrupted_series", "transform": "log", "inference": "autoregressive"}


def _build_preset(
    transform: str, effects: str, estimators: list[dict[str, Any]], checks: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the preset of many pairs: a ladder on one design, with the usual checks and further ones."""
    design = {"transform": transform, "fixed_effects": effects, "cluster": ["city", "partner"]}
    return {"design": design, "estimator": estimators, "diagnostic": [*_CHECKS, *checks]}


_PRESETS: Mapping[str, Mapping[str, Any]] = {
    "chart": {"design": {"fixed_effects": "two_way"}, "estimator": [], "diagnostic": [{"name": "raw_series"}]},
    "double_ratio": {
        "design": {"transform": "level", "fixed_effects": "two_way"},
        "estimator": [{"name": "double_ratio"}],
        "inference": {"name": "placebo"},
        "diagnostic": [{"name": "raw_series"}],
    },
    "log_two_way": _build_preset(
        "log", "two_way",
        [{"name": "twfe", "label": "Log, two-way effects (legacy)"}, {"name": "imputation", "headline": True}],
        _TWO_WAY,
    ),
    "log_gravity": _build_preset(
        "log", "gravity", [{"name": "twfe"}, {"name": "imputation", "headline": True}],
        [_WEIGHTS, _CONTAMINATION, _OTHERS],
    ),
    "ppml_gravity": _build_preset("level", "gravity", [{"name": "ppml"}, *_LEVELS], [*_PPML, *_TOTALS]),
    "ppml_border": _build_preset("level", "gravity_border", [{"name": "ppml"}, *_LEVELS], [*_PPML, *_TOTALS]),
    "staggered": _build_preset(
        "log", "two_way",
        [
            {"name": "imputation", "headline": True},
            {"name": "imputation", "fixed_effects": "gravity"},
            {"name": "callaway_santanna"},
            {"name": "twfe"},
        ],
        _TWO_WAY,
    ),
    "staggered_levels": _build_preset(
        "level", "gravity",
        [
            *_LEVELS,
            {"name": "ppml", "label": "PPML"},
            {"name": "ppml_corrected", "label": "PPML, bias-corrected", "inference": "weidner_zylkin"},
        ],
        [*_PPML, *_TOTALS],
    ),
    "watch": {"estimator": [], "diagnostic": [], "report": {"appendix": "watch"}},
    "single_case": {
        "design": {"transform": "level", "fixed_effects": "two_way"},
        "estimator": [
            {"name": "double_ratio", "label": "Double ratio"},
            {"name": "double_ratio", "donors": "A", "label": "Ratio to donors A, same city"},
            {"name": "double_ratio", "donors": "B", "label": "Ratio to donors B, same destination"},
            _CONTROL | {"label": "Synthetic control, logs", "key": "log"},
            _CONTROL | {"donors": "A", "label": "Synthetic control, donors A", "key": "log-a"},
            _CONTROL | {"donors": "B", "label": "Synthetic control, donors B", "key": "log-b"},
            _AUGMENTED | {"donors": "A", "label": "Augmented, donors A", "key": "log-a"},
            _AUGMENTED | {"donors": "B", "label": "Augmented, donors B", "key": "log-b"},
            _DID | {"label": "Synthetic DiD, logs", "key": "log-donors-all"},
            _ALONE | {"label": "Own trend alone, descriptive", "key": "log-donors-all"},
        ],
        "inference": {"name": "placebo"},
        "report": {"appendix": "single_case"},
        "diagnostic": [
            {"name": "raw_series"}, {"name": "donor_sets"}, {"name": "paths"}, {"name": "case_verdict"},
            {"name": "case_tests"}, {"name": "placebo_time"},
            {"name": "leave_one_donor_out", "on": "synthetic_control/log"},
            {"name": "donor_weights", "on": "synthetic_control/log"}, {"name": "known_shocks"}, {"name": "date_sets"},
            {"name": "unknown_break"},
        ],
    },
}  # fmt: skip
RECIPES: Mapping[str, Recipe] = {
    name: Recipe(Text(f"spec.equation-{name}"), Text(f"spec.recipe-{name}"), preset)
    for name, preset in _PRESETS.items()
}


def expand_recipe(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return an analysis file with its preset merged under it by key, without checks of methods it leaves out."""
    if (name := raw.get("recipe")) is None:
        return deepcopy(dict(raw))
    if not isinstance(name, str) or name not in RECIPES:
        from twintrade.design.panel import suggest_word

        raise SpecError(f"recipe: no recipe is called {name!r}; {suggest_word(str(name), list(RECIPES))}")
    merged = _merged(RECIPES[name].preset, raw)
    if "estimator" in raw and "diagnostic" not in raw:
        methods = {str(e.get("name")) for e in merged["estimator"] if isinstance(e, Mapping)} | {"all", "headline"}
        checks = merged["diagnostic"]
        merged["diagnostic"] = [c for c in checks if c.get("on", "headline").partition("/")[0] in methods]
    return merged


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = deepcopy(dict(under))
    for key, value in over.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merged(merged[key], value) if both else deepcopy(value)
    return merged


# From a key of the bibliography to a citation as a text prints it.

_ENTRY = re.compile(r"^@\w+\{([^,\s]+),\n(.*?)^\}$", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^  (\w+) = \{(.*)\},$", re.MULTILINE)


def format_citation(key: str) -> str:
    """Return "Borusyak, Jaravel and Spiess (2024)" for a key; empty for an empty or unknown one."""
    if (fields := _entries().get(key)) is None:
        return ""
    names = [author.split(",")[0].strip().strip("{}") for author in fields.get("author", "").split(" and ")]
    shown = Text("study.and-others", name=names[0]) if len(names) > 3 else Listed(tuple(names))
    year = fields.get("year", "")
    return f"{shown} ({year})" if year else str(shown)


@cache
def _entries() -> dict[str, dict[str, str]]:
    text = resources.files("twintrade").joinpath("references.bib").read_text(encoding="utf-8")
    return {key: dict(_FIELD.findall(body)) for key, body in _ENTRY.findall(text)}
