"""Which fixed effect leaves nothing of a treatment, and in which levels of an effect everybody is treated."""

import numpy as np

from twintrade.design import Observations
from twintrade.effects import Dropped
from twintrade.numerics.arrays import IntArray


def absorbed_by(o: Observations, rows: IntArray) -> str:
    """Say which effect absorbs the treatment of the given rows, as the end of a sentence.

    Parameters
    ----------
    o : Observations
    rows : IntArray, shape (n_rows,)
        Positions of the rows of a fit.
    """
    treated = o.is_treated[rows]
    if not treated.any():
        return "no treated row is left in the fit"
    if treated.all():
        return "every row is treated"
    for name in o.design.effect_names:
        codes = o.codes(name)[rows]
        totals, ones = np.bincount(codes), np.bincount(codes, treated)
        if ((ones == 0) | (ones == totals)).all():
            return f"it does not vary within the levels of the {_label(name)} effect, which absorbs it"
    return f"the effects {', '.join(map(_label, o.design.effect_names))} together absorb it"


def all_treated(o: Observations, rows: IntArray) -> tuple[Dropped, ...]:
    """List, for each effect by period, the levels of which every row is treated; the rows stay in the fit.

    Parameters
    ----------
    o : Observations
    rows : IntArray, shape (n_rows,)
        Positions of the rows of a fit.
    """
    treated = o.is_treated[rows]
    out = []
    for name in o.design.effect_names:
        if not name.endswith("period"):
            continue
        codes = o.codes(name)[rows]
        totals, ones = np.bincount(codes), np.bincount(codes, treated)
        full = (ones == totals) & (totals > 0)
        if full.any():
            first = rows[np.unique(codes, return_index=True)[1][full[np.unique(codes)]]]
            sentence = (
                f"levels of {_label(name)} of which every row is treated: no untreated row stands beside these, and "
                "what they say of the effect rests on its being the same elsewhere"
            )
            out.append(Dropped("all-treated", sentence, 0, 0, _level_names(o, name, first)))
    return tuple(out)


def _label(name: str) -> str:
    return name.replace("_", " × ")


def _level_names(o: Observations, name: str, rows: IntArray) -> tuple[str, ...]:
    panel = o.design.panel
    periods = [panel.label(int(p)) for p in o.period[rows]]
    unit = o.unit_rows[o.unit[rows]]
    if name == "city_period":
        places = panel.cities[panel.unit_city[unit]]
    elif name == "partner_period":
        places = panel.partners[panel.unit_partner[unit]]
    else:
        return tuple(periods)
    return tuple(f"{place} {period}" for place, period in zip(places, periods, strict=True))
