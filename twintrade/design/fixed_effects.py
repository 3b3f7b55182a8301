"""The named sets of fixed effects, and the codes of each."""

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from twintrade.design.panel import Panel, find_near_words, suggest_word
from twintrade.errors import DesignError
from twintrade.numerics.arrays import IntArray, compact, intersect_codes
from twintrade.text import Text

SETS: dict[str, tuple[str, ...]] = {
    "two_way": ("unit", "period"),
    "gravity": ("unit", "city_period", "partner_period"),
    "gravity_border": ("unit", "city_period", "partner_period", "border_period"),
    "city_gravity": ("unit", "city_period"),
    "partner_gravity": ("unit", "partner_period"),
    "unit": ("unit",),
}

EFFECTS = (
    "unit", "period", "city", "partner", "city_period", "partner_period", "border_period", "size_period",
    "growth_period", "cohort", "undirected_pair",
)  # fmt: skip

STRATA = {"size_period": "size_stratum", "growth_period": "growth_stratum"}
"""Columns of the panel that hold the strata of effects by stratum and period."""


TOGETHER = "^"  # stands between the columns of an effect with a level for each of their combinations


def list_effect_names(fixed_effects: str | tuple[str, ...], columns: Collection[str] = ()) -> tuple[str, ...]:
    """Return the effects of a named set, or check a list of them, which may name columns ("sector^period")."""
    if isinstance(fixed_effects, str):
        if fixed_effects not in SETS:
            hint = suggest_word(fixed_effects, list(SETS))
            raise DesignError(f"no set of fixed effects is called {fixed_effects!r}; {hint}")
        return SETS[fixed_effects]
    for name in fixed_effects:
        if name not in EFFECTS and not all(part in EFFECTS or part in columns for part in str(name).split(TOGETHER)):
            raise DesignError(f"no fixed effect is called {name!r}; {suggest_word(str(name), list(EFFECTS))}")
    return fixed_effects


def list_effect_columns(fixed_effects: str | Sequence[str]) -> list[str]:
    """Return the parts of effects that are no effect and not nearly one: columns of the data ("sector^period")."""
    names = [] if isinstance(fixed_effects, str) else fixed_effects
    parts = dict.fromkeys(part for name in names for part in str(name).split(TOGETHER))
    return [part for part in parts if part not in EFFECTS and not find_near_words(part, EFFECTS)]


def name_effect(name: str, *, is_dyadic: bool = False, period: str = "period") -> Text:
    """Return what an effect is called in a sentence: "dyad", "city × year"."""
    if name not in EFFECTS:
        return Text("design.effect-columns", names=" × ".join(name.split(TOGETHER)))
    kind = "dyad" if name == "unit" and is_dyadic else name.replace("_", "-")
    return Text(f"design.effect-{kind}", period_name=period)


def encode_effect(panel: Panel, name: str, rows: IntArray) -> IntArray:
    """Return the level of one effect for each row, as codes without gaps, (n_rows,); a panel knows no cohorts."""
    if name == "cohort":
        raise DesignError("cohort effects need a treatment; take their codes from the design's observations")
    if TOGETHER in name:
        return intersect_codes([encode_effect(panel, part, rows) for part in name.split(TOGETHER)])
    if name not in EFFECTS:
        codes = pd.factorize(np.asarray(panel.columns[name])[rows])[0].astype(np.int64)
        if n_empty := int((codes < 0).sum()):
            raise DesignError(f"column {name!r} is empty in {n_empty} rows; a fixed effect needs its value")
        return compact(codes)
    unit = panel.unit[rows]
    period = panel.period[rows] - panel.first_period
    n_periods = panel.last_period - panel.first_period + 1
    if name == "unit":
        return compact(unit)
    if name == "period":
        return compact(period)
    if name == "border_period":
        crosses = panel.cities[panel.unit_city] != panel.partners[panel.unit_partner]
        return compact(crosses[unit] * n_periods + period)
    if name in STRATA:
        if STRATA[name] not in panel.columns:
            raise DesignError(Text("design.no-strata", effect=name))
        return compact(panel.columns[STRATA[name]][rows].astype(np.int64) * n_periods + period)
    if name == "undirected_pair":
        if not panel.is_dyadic:
            raise DesignError("effects of undirected pairs need units of city and partner; remove undirected_pair")
        ends = np.concatenate([panel.cities[panel.unit_city], panel.partners[panel.unit_partner]]).astype(str)
        names, code = np.unique(ends, return_inverse=True)
        first, second = code.reshape(2, -1).astype(np.int64)
        return compact(np.asarray(np.minimum(first, second) * names.size + np.maximum(first, second))[unit])
    place = (panel.unit_city if name.startswith("city") else panel.unit_partner)[unit]
    return compact(place * n_periods + period if name.endswith("_period") else place)
