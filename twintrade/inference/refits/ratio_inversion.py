"""Intervals of ratios: the proportional effects around the estimate that randomization does not reject.

An effect is taken out of the real treated rows and every assignment is estimated on what is left. Estimates are
smooth in the effect: they are made for all draws at few effects and interpolated between these. Where the test then
begins to reject they are made anew.
"""

from collections.abc import Sequence

import numpy as np
from scipy.interpolate import CubicSpline

from twintrade.estimators.base import Fit, View
from twintrade.inference.refits.inversion import TIE
from twintrade.inference.refits.one_step_draws import OneStepDraws
from twintrade.inference.refits.ratio_statistics import RatioStatistics, build_ratio_statistics
from twintrade.inference.refits.studentizing import Studentizer
from twintrade.numerics.arrays import FloatArray, IntArray

LARGEST = 8.0
"""Effect, in log points, that counts as any effect however large: three thousand times the flow."""

FAR = 1e6
"""What a draw counts as that an effect leaves without estimate: it never speaks against the effect."""

NODES, WIDER, FINE = 3, 1.1, 40
ROUNDS, SETTLED = 10, 2e-3
FARTHER = (0.15, 0.45, 1.0)
HALVINGS = 12

Ends = tuple[FloatArray, FloatArray]


def invert_ratios(
    fit: Fit,
    views: Sequence[View],
    onsets: Sequence[FloatArray],
    studentizer: Studentizer | None,
    level: float,
    dealt: OneStepDraws | None = None,
) -> dict[View, Ends]:
    """Return the ends of the intervals of averages, on the scale of the estimate.

    Parameters
    ----------
    views : sequence of View
        Of one effect each.
    onsets : sequence of FloatArray, each of shape (panel.n_units,)
        Of the draws that gave an estimate.
    studentizer : Studentizer or None
        Of the same draws.
    dealt : OneStepDraws or None
        The same draws, where they are estimated in one step.
    """
    statistics = build_ratio_statistics(fit, views, onsets, studentizer, dealt)
    out = {}
    for view, pair in zip(views, _Search(statistics, level).find_ends(), strict=True):
        is_percent = fit.view(view).scale == "percent"
        low, high = (100 * np.expm1(end) if is_percent and np.isfinite(end) else end for end in pair)
        out[view] = np.array([low]), np.array([high])
    return out


class _Search:
    """The ends of the intervals of several effects, from estimates at shared effects.

    Attributes
    ----------
    statistics : RatioStatistics
    level : float
    known, noise : dict of float to FloatArray, each of shape (n_draws + 1, n_columns)
        Estimates by effect taken out, and what they are divided by.
    """

    def __init__(self, statistics: RatioStatistics, level: float) -> None:
        self.statistics, self.level = statistics, level
        self.known: dict[float, FloatArray] = {}
        self.noise: dict[float, FloatArray] = {}
        self.grid: FloatArray = np.zeros(1)

    def find_ends(self) -> list[tuple[float, float]]:
        """Return the lower and the upper end of each column, in log points."""
        self.learn(0.0)
        columns = [_Column(self, j) for j in range(len(self.statistics.views))]
        guesses = [column.guess() for column in columns if column.present.size > 1]
        guesses = [guess for guess in guesses if np.isfinite(guess).all()]
        if not guesses:
            return [(np.nan, np.nan) for _ in columns]
        low, high = (float(end) for end in (min(g[0] for g in guesses), max(g[1] for g in guesses)))
        for node in np.linspace(low, high, NODES):
            self.learn(float(node))
        self.statistics = self.statistics.between(sorted(self.known))
        self.grid = np.union1d(list(self.known), np.linspace(low, high, FINE))
        for effect in self.grid.tolist():
            if effect not in self.noise:
                self.noise[effect] = self.statistics.scales(effect)
        ends = [column.find_ends() for column in columns]
        for _ in range(ROUNDS):
            settled = {end for pair in ends for end in pair if np.isfinite(end)}
            for end in settled:
                self.learn(end)
            ends = [column.find_ends() for column in columns]
            if all(
                min((abs(end - old) for old in settled), default=np.inf) < SETTLED
                for pair in ends
                for end in pair
                if np.isfinite(end)
            ):
                break
        return ends

    def learn(self, effect: float) -> None:
        """Estimate every draw where an effect is taken out."""
        if effect not in self.known:
            self.known[effect] = self.statistics.at(effect)
            self.noise[effect] = self.statistics.scales(effect)

    def scales(self, effect: float) -> FloatArray:
        """Return the noise where an effect is taken out: between those it is known for, on a line."""
        if effect in self.noise:
            return self.noise[effect]
        known = np.array(sorted(self.noise))
        k = int(np.clip(np.searchsorted(known, effect), 1, max(known.size - 1, 1)))
        if known.size < 2 or not known[k - 1] <= effect <= known[k]:
            self.noise[effect] = self.statistics.scales(effect)
            return self.noise[effect]
        share = (effect - known[k - 1]) / (known[k] - known[k - 1])
        below, above = self.noise[float(known[k - 1])], self.noise[float(known[k])]
        return np.asarray((1 - share) * below + share * above)


class _Column:
    """One effect: draws that have it, and last the real assignment.

    Attributes
    ----------
    search : _Search
    j : int
    present : IntArray
    needed : int
        Draws at least as large as the real one that leave an effect unrejected.
    """

    def __init__(self, search: _Search, j: int) -> None:
        self.search, self.j = search, j
        here = ~np.isnan(search.known[0.0][:, j])
        self.present: IntArray = np.flatnonzero(here) if here[-1] else np.empty(0, dtype=np.int64)
        self.needed = int(np.floor((1 - search.level) * self.present.size + TIE))
        self._line: tuple[int, CubicSpline] | None = None

    def guess(self) -> tuple[float, float]:
        """Return the ends as if the real estimate alone moved, one for one, and noise stayed as it is."""
        values, scales = self._values(0.0), self.search.scales(0.0)[self.present, self.j]
        critical = np.sort(np.abs(values[:-1] / scales[:-1]))[-max(self.needed, 1)]
        start, half = float(values[-1]), float(critical * scales[-1])
        if self.search.statistics.is_in_percent(self.j):
            start, half = float(np.log1p(max(start, -99.0) / 100)), half / 100
        half = min(WIDER * half, LARGEST / 4)
        return start - half, start + half

    def find_ends(self) -> tuple[float, float]:
        """Return the first effects below and above the estimate that are rejected; infinite where none is."""
        centre = self._find_centre()
        if not np.isfinite(centre):
            return np.nan, np.nan
        return self._find_end(centre, -1), self._find_end(centre, 1)

    def _find_centre(self) -> float:
        """Return the effect whose removal leaves none, NaN where the real estimate does not move with it."""
        if self.present.size < 2:
            return float("nan")
        at = np.array(sorted(self.search.known))
        real = np.array([self._values(effect)[-1] for effect in at])
        if np.ptp(real) <= TIE * max(1.0, np.abs(real).max()):
            return float("nan")
        crossed = np.flatnonzero(real[:-1] * real[1:] <= 0)
        if not crossed.size:
            return float(at[np.abs(real).argmin()])
        k = crossed[0]
        return float(at[k] - real[k] * (at[k + 1] - at[k]) / (real[k + 1] - real[k]))

    def _find_end(self, centre: float, side: int) -> float:
        if self.needed == 0:
            return side * np.inf
        inside = 0.0 if side * centre < 0 and self._margin(0.0) >= 0 else centre
        tried = np.union1d(self.search.grid, list(self.search.known))[::side]
        tried = tried[side * (tried - inside) > 0]
        end = self._first_rejected(inside, tried)
        if end is not None:
            return end
        inside = start = float(tried[-1]) if tried.size else inside
        for share in FARTHER:
            effect = start + share * (side * LARGEST - start)
            self.search.learn(effect)
            end = self._first_rejected(inside, np.linspace(inside, effect, FINE)[1:])
            if end is not None:
                return end
            inside = effect
        return side * np.inf

    def _first_rejected(self, inside: float, tried: FloatArray) -> float | None:
        """Return where the test begins to reject on the way along some effects; None where it does not."""
        for effect in (float(one) for one in tried):
            if self._margin(effect) < 0:
                outside = effect
                for _ in range(HALVINGS):
                    middle = (inside + outside) / 2
                    inside, outside = (inside, middle) if self._margin(middle) < 0 else (middle, outside)
                return (inside + outside) / 2
            inside = effect
        return None

    def _values(self, effect: float) -> FloatArray:
        """Return estimates where an effect is taken out, between known ones by a cubic line."""
        known = self.search.known
        if effect not in known and (self._line is None or self._line[0] != len(known)):
            at = sorted(known)
            self._line = len(known), CubicSpline(at, np.stack([self._values(e) for e in at]))
        if effect not in known and self._line is not None:
            return np.asarray(self._line[1](effect))
        values = known[effect][self.present, self.j]
        return np.asarray(np.clip(np.where(np.isnan(values), FAR, values), -FAR, FAR))

    def _margin(self, effect: float) -> float:
        """Return by how much the deciding draw exceeds the real assignment, negative where an effect is rejected."""
        sizes = np.abs(self._values(effect) / self.search.scales(effect)[self.present, self.j])
        critical = np.partition(sizes[:-1], -self.needed)[-self.needed]
        return float(critical - sizes[-1] + TIE * max(1.0, sizes[-1]))
