"""Effects, clusters and covariates as users name them: by the columns of their own table."""

from collections.abc import Iterable, Sequence
from typing import Any

from twintrade.design import Panel
from twintrade.design.fixed_effects import EFFECTS, SETS, TOGETHER

EffectNames = str | Sequence[str | Sequence[str]]
OTHER_NAMES = {"dyad": "unit", "pair": "unit", "id": "unit", "time": "period"}
_COMBINED = {
    frozenset(("city", "period")): "city_period",
    frozenset(("partner", "period")): "partner_period",
}


def read_effects(panel: Panel, effects: EffectNames) -> str | tuple[str, ...]:
    """Return fixed effects in the design's words: a named set, or the name of each effect.

    Parameters
    ----------
    panel : Panel
    effects : str or sequence of str or of column sets
        "gravity"; or names such as "unit", "exporter^year"; or sets of columns such as ("exporter", "year").
    """
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


def read_clusters(panel: Panel, clusters: str | Iterable[str]) -> tuple[str, ...]:
    """Return dimensions of clustering in the design's words."""
    names = [clusters] if isinstance(clusters, str) else list(clusters)
    return tuple(_translate_effect(panel, [name]) for name in names)


def list_names(names: Any) -> tuple[str, ...]:
    """Return one name, or several, as a tuple."""
    return (names,) if isinstance(names, str) else tuple(names)
