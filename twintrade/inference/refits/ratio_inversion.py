"""Intervals of ratios: the proportional effects around the estimate that randomization does not reject.

An effect is taken out of the real treated rows and every assignment is estimated on what is left. Estimates are
smooth in the effect: they are made for all draws at few effects and interpolated between these. The noise they are
compared over is no smooth function and is computed wherever it is needed. Between the two neighbours among which the
test begins to reject, the draws that decide it are estimated anew.
"""

from collections.abc import Sequence

import numpy as np
from scipy.interpolate import PchipInterpolator

from twintrade.effects.bands import fill_absent
from twintrade.estimators.base import Fit, View
from twintrade.inference.refits.inversion import TIE
from twintrade.inference.refits.ratio_statistics import RatioStatistics, list_ratio_statistics
from twintrade.inference.refits.studentizing import Studentizer
from twintrade.numerics.arrays import FloatArray, IntArray

LARGEST = 8.0
"""Effect, in log points, that counts as any effect however large: three thousand times the flow."""

FAR = 1e6
"""What a draw counts as that an effect leaves without estimate: it never speaks against the effect."""

NODES, WIDER, FINE = 5, 1.25, 40
FARTHER = (0.15, 0.45, 1.0)
MOST_SECANTS = 8
CENTRED = 1e-3
NEAREST = 12
HALVINGS = 12

Ends = tuple[FloatArray, FloatArray]


def invert_ratios(
    fit: Fit,
    views: Sequence[View],
    onsets: Sequence[FloatArray],
    studentizer: Studentizer | None,
    level: float,
) -> dict[View, Ends]:
    """Return the ends of each view's intervals, on the scale of the estimate.

    Parameters
    ----------
    onsets : sequence of FloatArray, each of shape (panel.n_units,)
        Of the draws that gave an estimate.
    studentizer : Studentizer or None
        Of the same draws.
    """
    out = {view: (fill_absent(fit.view(view).n_effects), fill_absent(fit.view(view).n_effects)) for view in views}
    for statistics in list_ratio_statistics(fit, views, onsets, studentizer):
        by_column = _Search(statistics, level).find_ends()
        for (view, k), ends in zip(statistics.columns, by_column, strict=True):
            is_percent = fit.view(view).scale == "percent"
            for side, end in enumerate(ends):
                out[view][side][k] = 100 * np.expm1(end) if is_percent and np.isfinite(end) else end
    return out


class _Search:
    """The ends of the intervals of several effects, from estimates at shared effects.

    Attributes
    ----------
    statistics : RatioStatistics
    level : float
    known : dict of float to FloatArray, each of shape (n_draws + 1, n_columns)
        Estimates by effect taken out.
    noise : dict of float to FloatArray, each of shape (n_draws + 1, n_columns)
        What they are divided by.
    tried : list of float
        Effects among which the first rejected one is sought.
    """

    def __init__(self, statistics: RatioStatistics, level: float) -> None:
        self.statistics, self.level = statistics, level
        self.known: dict[float, FloatArray] = {}
        self.noise: dict[float, FloatArray] = {}
        self.tried: list[float] = []

    def find_ends(self) -> list[tuple[float, float]]:
        """Return the lower and the upper end of each column, in log points."""
        self.learn(0.0)
        columns = [_Column(self, j) for j in range(len(self.statistics.columns))]
        centres = [column.find_centre() for column in columns]
        guesses = [
            column.guess(centre) for column, centre in zip(columns, centres, strict=True) if np.isfinite(centre)
        ]
        if not guesses:
            return [(np.nan, np.nan) for _ in columns]
        low, high = min(g[0] for g in guesses), max(g[1] for g in guesses)
        for node in (low + high) / 2 - (high - low) / 2 * np.cos(np.pi * np.arange(NODES) / (NODES - 1)):
            self.learn(float(node))
        self.statistics = self.statistics.between(low, high)
        self.tried = sorted({*self.known, *np.linspace(low, high, FINE).tolist()})
        return [(c.find_end(at, -1), c.find_end(at, 1)) for c, at in zip(columns, centres, strict=True)]

    def learn(self, effect: float) -> None:
        """Estimate every draw where an effect is taken out."""
        if effect not in self.known:
            self.known[effect] = self.statistics.at(effect)

    def scales(self, effect: float) -> FloatArray:
        """Return the noise where an effect is taken out."""
        if effect not in self.noise:
            self.noise[effect] = self.statistics.scales(effect)
        return self.noise[effect]


class _Column:
    """One effect: draws that have it, and last the real assignment.

    Attributes
    ----------
    search : _Search
    j : int
    present : IntArray
    needed : int
        Draws at least as large as the real one that leave an effect unrejected.
    exact : dict of float to FloatArray
        Estimates by effect, of which those that decide whether it is rejected are exact.
    """

    def __init__(self, search: _Search, j: int) -> None:
        self.search, self.j = search, j
        self.exact: dict[float, FloatArray] = {}
        self.present: IntArray = np.flatnonzero(~np.isnan(search.known[0.0][:, j]))
        self.needed = int(np.floor((1 - search.level) * self.present.size + TIE))

    def find_centre(self) -> float:
        """Return the effect whose removal leaves none, NaN where the real estimate does not move with it."""
        statistics, real = self.search.statistics, len(self.search.statistics.onsets) - 1
        if self.present.size < 2 or self.present[-1] != real:
            return float("nan")
        view, k = statistics.columns[self.j]
        estimate = statistics.fit.view(view)
        start = float(np.log1p(estimate.effects[k] / 100) if estimate.scale == "percent" else estimate.effects[k])
        values = self.search.known[0.0][self.present, self.j]
        small = CENTRED * float(np.median(np.abs(values[:-1])))
        near, at, following = 0.0, float(values[-1]), start if abs(start) > TIE else TIE
        for _ in range(MOST_SECANTS):
            if abs(at) <= small:
                return near
            value = float(statistics.at(following, np.array([real]))[0, self.j])
            slope = (value - at) / (following - near)
            if not abs(slope) * LARGEST > abs(at):
                break
            near, at, following = following, value, following - value / slope
        return float("nan")

    def guess(self, centre: float) -> tuple[float, float]:
        """Return the ends as if the real estimate alone moved, one for one, and noise stayed as it is."""
        sizes = np.abs(self._divided(self._filled(0.0), 0.0))
        scale = float(self.search.scales(0.0)[-1, self.j])
        critical = np.sort(sizes[:-1])[-max(self.needed, 1)]
        percent = 100.0 if self.search.statistics.is_in_percent(self.j) else 1.0
        half = min(WIDER * float(critical) * scale / percent, LARGEST / 4)
        return centre - half, centre + half

    def find_end(self, centre: float, side: int) -> float:
        """Return the first effect on a side of the centre that is rejected; infinite where none is."""
        if not np.isfinite(centre):
            return float("nan")
        if self.needed == 0:
            return side * np.inf
        inside = 0.0 if side * centre < 0 and self._margin(0.0, self._filled(0.0)) >= 0 else centre
        tried = [effect for effect in self.search.tried[::side] if side * (effect - inside) > 0]
        return self._seek(inside, tried, side)

    def _seek(self, inside: float, tried: Sequence[float], side: int) -> float:
        neighbours = self._find_rejected(inside, tried)
        if neighbours is not None:
            return self._settle(*neighbours)
        self.search.learn(side * LARGEST)
        if self._margin(side * LARGEST, self._filled(side * LARGEST)) >= 0:
            return side * np.inf
        inside = start = tried[-1] if tried else inside
        for share in FARTHER:
            effect = start + share * (side * LARGEST - start)
            self.search.learn(effect)
            neighbours = self._find_rejected(inside, np.linspace(inside, effect, FINE)[1:].tolist())
            if neighbours is not None:
                return self._settle(*neighbours)
            inside = effect
        return side * np.inf

    def _find_rejected(self, inside: float, tried: Sequence[float]) -> tuple[float, float] | None:
        """Return the first effect that exact estimates reject, after the one before it; None where none is."""
        line = self._interpolate()
        exact = self.exact
        place = 0
        points = [inside, *tried]
        while place < len(points):
            effect = points[place]
            is_rejected = place > 0 and self._margin(effect, exact.get(effect, line(effect))) < 0
            unsure = [at for at in points[max(place - 1, 0) : place + 1] if at not in exact] if is_rejected else []
            if is_rejected and not unsure:
                return points[place - 1], effect
            for at in unsure:
                exact[at] = self._estimate_near(at, line(at))
            # A neighbour that turns out to be rejected is looked at next.
            place = max(place - 1, 1) if is_rejected else place + 1
        return None

    def _settle(self, inside: float, outside: float) -> float:
        """Return the end between two effects of which one is rejected, from exact estimates of what decides it."""
        line = self._interpolate()
        off = {at: self.exact[at] - line(at) for at in (inside, outside)}
        for _ in range(HALVINGS):
            middle = (inside + outside) / 2
            is_rejected = self._margin(middle, line(middle) + _blend(off, middle)) < 0
            inside, outside = (inside, middle) if is_rejected else (middle, outside)
        return (inside + outside) / 2

    def _estimate_near(self, effect: float, values: FloatArray) -> FloatArray:
        """Return estimates, exact for the draws that decide: those nearest to the real one, and more if needed."""
        values = values.copy()
        sizes = np.abs(self._divided(values, effect))
        order = np.argsort(np.abs(sizes[:-1] - sizes[-1]))
        for first in range(0, order.size, NEAREST):
            places = np.append(order[first : first + NEAREST], self.present.size - 1)
            before = self._divided(values, effect)
            exact = self.search.statistics.at(effect, self.present[places])[:, self.j]
            values[places] = _fill(exact)
            after = self._divided(values, effect)
            error = float(np.abs(after - before)[places].max())
            rest = np.abs(np.abs(after[order[first + NEAREST :]]) - abs(after[-1]))
            if rest.size == 0 or rest.min() > 2 * error:
                break
        return values

    def _interpolate(self) -> PchipInterpolator:
        effects = sorted(self.search.known)
        return PchipInterpolator(effects, np.stack([self._filled(effect) for effect in effects]))

    def _filled(self, effect: float) -> FloatArray:
        return _fill(self.search.known[effect][self.present, self.j])

    def _divided(self, values: FloatArray, effect: float) -> FloatArray:
        return np.asarray(values / self.search.scales(effect)[self.present, self.j])

    def _margin(self, effect: float, values: FloatArray) -> float:
        """Return by how much the deciding draw exceeds the real assignment, negative where an effect is rejected."""
        sizes = np.abs(self._divided(values, effect))
        critical = np.partition(sizes[:-1], -self.needed)[-self.needed]
        return float(critical - sizes[-1] + TIE * max(1.0, sizes[-1]))


def _fill(values: FloatArray) -> FloatArray:
    return np.asarray(np.clip(np.where(np.isnan(values), FAR, values), -FAR, FAR))


def _blend(off: dict[float, FloatArray], effect: float) -> FloatArray:
    """Return what lies between two corrections."""
    (one, first), (other, second) = off.items()
    share = (effect - one) / (other - one) if other != one else 0.0
    return np.asarray((1 - share) * first + share * second)
