"""Split-panel jackknife: estimates from half the cities and half the partners show the bias of the whole.

With three-way effects the bias of a Poisson estimate falls with the numbers of cities and of partners (Weidner and
Zylkin 2021), so that it doubles in a panel of half the cities and half the partners: twice the estimate less the mean
of those from the four quarters is free of it to first order. For staggered gravity: Nagengast and Yotov (2025).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from twintrade.design import Design
from twintrade.effects import CohortEffects, Dropped, EventStudy
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import Catalogued, Fit, Target, fit
from twintrade.numerics.arrays import BoolArray
from twintrade.text import Text, Words

# An event study and the static effect of the same rows, each as a fit of its own.


@dataclass(frozen=True, slots=True)
class EventAndStatic:
    """The event study and the one static effect of the same regression sample."""

    event: Fit
    static: Fit


class EventRegression(Catalogued):
    """A regression whose option ``shape`` is a path over event time, one effect, or another."""

    shape: str

    def both(self, design: Design) -> EventAndStatic:
        """Return the event study, with the static effect as its overall effect, and that effect of the same rows."""
        event, static = (replace(self, shape=shape) for shape in ("event", "static"))  # type: ignore[type-var]
        study = fit(event, design)
        assert isinstance(study.estimate, EventStudy)
        return EventAndStatic(study, Fit(static, design, study.estimate.average()))

    @property
    def target(self) -> Target:
        """For Poisson the total: by the score of the treatment dummy the fitted totals are the observed ones."""
        return "total" if self.is_poisson else "average unit"

    def unmet(self, design: Design) -> list[Words]:
        """Return why the design cannot be estimated; a dose and covariates need no onset."""
        return self.requires.adapted(self.shape).unmet(design)


def correct_by_split_panel(
    design: Design, estimate: CohortEffects, refit: Callable[[Design], CohortEffects], n_splits: int, seed: int
) -> CohortEffects:
    """Return effects less their split-panel bias, averaged over random splits; the influence stays."""
    panel = design.panel
    if min(panel.cities.size, panel.partners.size) < 4:
        raise DesignError(
            "a split-panel jackknife halves cities and partners: it needs four of each, and there are "
            f"{panel.cities.size} cities and {panel.partners.size} partners"
        )
    rng = np.random.default_rng(seed)
    keys = zip(estimate.cohorts.tolist(), estimate.event_times.tolist(), strict=True)
    place = {key: k for k, key in enumerate(keys)}
    total, weight = np.zeros(estimate.n_effects), np.zeros(estimate.n_effects)
    for _ in range(n_splits):
        for rows in _quarters(design, rng):
            try:
                part = refit(design.restricted(rows))
            except (EstimationError, DesignError):
                continue
            effects, sizes = np.zeros(estimate.n_effects), np.zeros(estimate.n_effects)
            for k, key in enumerate(zip(part.cohorts.tolist(), part.event_times.tolist(), strict=True)):
                if key in place:
                    effects[place[key]], sizes[place[key]] = part.effects[k], part.cell_weights[k]
            total += effects * sizes
            weight += sizes
    has_quarter = weight > 0
    mean = np.where(has_quarter, total / np.where(has_quarter, weight, 1.0), estimate.effects)
    left = tuple(estimate.names[k] for k in np.flatnonzero(~has_quarter & (estimate.effects != 0)))
    dropped = estimate.sample.dropped
    if left:
        dropped = (*dropped, Dropped("not-corrected", Text("estimators.no-quarter"), 0, 0, left))
    statistics = {**estimate.sample.statistics, "n_splits": float(n_splits)}
    sample = replace(estimate.sample, dropped=dropped, statistics=statistics)
    return replace(estimate, effects=2 * estimate.effects - mean, sample=sample)


def _quarters(design: Design, rng: np.random.Generator) -> list[BoolArray]:
    """Return the rows of the four combinations of a half of the cities with a half of the partners."""
    panel = design.panel
    city = _half(panel.cities.size, rng)[panel.unit_city]
    partner = _half(panel.partners.size, rng)[panel.unit_partner]
    return [((city == a) & (partner == b))[panel.unit] for a in (False, True) for b in (False, True)]


def _half(n: int, rng: np.random.Generator) -> BoolArray:
    out = np.zeros(n, dtype=bool)
    out[rng.permutation(n)[: n // 2]] = True
    return out
