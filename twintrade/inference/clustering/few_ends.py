"""Whether pairs as clusters are too few to trust under three-way Poisson effects (Weidner and Zylkin 2021)."""

import numpy as np

from twintrade.effects import Estimate, Message
from twintrade.estimators.base import Fit
from twintrade.text import Text

ENOUGH = 40
"""Cities, and as many partners, with which intervals of agreements cover nearly as they say in docs/lab/coverage.md.

The bias is of order 1/cities + 1/partners, so unequal numbers count by their harmonic mean."""

_THREE_WAY = frozenset(("unit", "city_period", "partner_period"))


def warn_of_few_ends(fit: Fit, estimate: Estimate, names: tuple[str, ...]) -> list[Message]:
    """Return a warning where intervals clustered by pair are too short.

    ``names``: dimensions of the clusters.
    """
    if names != ("unit",) or not fit.estimator.is_poisson or not _THREE_WAY.issubset(fit.design.effect_names):
        return []
    o = fit.design.observations
    units = o.unit_rows[np.unique(o.unit[estimate.sample.rows])]
    cities, partners = (np.unique(side[units]).size for side in (o.panel.unit_city, o.panel.unit_partner))
    equal = 2 / (1 / cities + 1 / partners)
    if equal >= ENOUGH:
        return []
    text = Text("inference.short-coverage", cities=cities, partners=partners, equal=equal, enough=ENOUGH)
    return [Message("warning", "short-coverage", text)]
