"""Which fixed effect leaves nothing of a treatment, and in which levels of an effect everybody is treated."""

import numpy as np

from twintrade.design import Observations
from twintrade.design.fixed_effects import name_effect
from twintrade.effects import Dropped
from twintrade.numerics.arrays import BoolArray, IntArray
from twintrade.text import Listed, Text


def describe_absorbing_effect(o: Observations, rows: IntArray) -> Text:
    """Say which effect absorbs the treatment of the given rows, as the end of a sentence.

    ``rows`` (n_rows,): positions of the rows of a fit.
    """
    treated = o.is_treated[rows]
    if not treated.any():
        return Text("estimators.no-treated-row")
    if treated.all():
        return Text("estimators.every-row-treated")
    for name in o.effect_names:
        n_rows, n_treated = _counts(o.codes(name)[rows], treated)
        if ((n_treated == 0) | (n_treated == n_rows)).all():
            return Text("estimators.absorbed-by-one", effect=name_effect(name))
    effects = Listed(tuple(name_effect(name) for name in o.effect_names), "comma")
    return Text("estimators.absorbed-together", effects=effects)


def list_all_treated(o: Observations, rows: IntArray) -> tuple[Dropped, ...]:
    """List, for each effect by period, the levels of which every row is treated; the rows stay in the fit.

    ``rows`` (n_rows,): positions of the rows of a fit.
    """
    treated = o.is_treated[rows]
    out = []
    for name in o.effect_names:
        if not name.endswith("period"):
            continue
        codes = o.codes(name)[rows]
        n_rows, n_treated = _counts(codes, treated)
        full = (n_treated == n_rows) & (n_rows > 0)
        if full.any():
            present, first = np.unique(codes, return_index=True)
            sentence = Text("estimators.all-treated", effect=name_effect(name))
            out.append(Dropped("all-treated", sentence, 0, 0, _level_names(o, name, rows[first[full[present]]])))
    return tuple(out)


def find_single_rows(o: Observations, rows: IntArray) -> BoolArray:
    """Return which of the rows are their unit's only one, where units have effects: they say nothing of cells."""
    if "unit" not in o.effect_names:
        return np.zeros(rows.size, dtype=bool)
    return np.asarray(np.bincount(o.unit[rows], minlength=o.n_units)[o.unit[rows]] == 1)


def _counts(codes: IntArray, treated: BoolArray) -> tuple[IntArray, IntArray]:
    """Return rows and treated rows of each level."""
    n_levels = int(codes.max()) + 1
    return np.bincount(codes, minlength=n_levels), np.bincount(codes[treated], minlength=n_levels)


def _level_names(o: Observations, name: str, rows: IntArray) -> tuple[str, ...]:
    panel = o.panel
    periods = [panel.label(int(p)) for p in o.period[rows]]
    unit = o.unit_rows[o.unit[rows]]
    if name == "city_period":
        places = panel.cities[panel.unit_city[unit]]
    elif name == "partner_period":
        places = panel.partners[panel.unit_partner[unit]]
    else:
        return tuple(periods)
    return tuple(f"{place} {period}" for place, period in zip(places, periods, strict=True))
