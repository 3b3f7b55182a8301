"""Intervals of ratios: the proportional effects around the estimate that randomization does not reject.

An effect is taken out of the real treated rows and every assignment is estimated on what is left. Estimates are
smooth in the effect: those of all draws where none and where one near the estimate is taken out foresee them
elsewhere. Where the test begins to reject they are made anew, for the draws that can decide.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import scipy

from twintrade.effects import Estimate, EventStudy
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit, View
from twintrade.estimators.repeating import Null
from twintrade.inference.refits.few_treated import TIE, DrawnEnds
from twintrade.inference.refits.few_treated import find_ends as measure_ends
from twintrade.inference.refits.permutation import permute, replace_outcome
from twintrade.inference.refits.studentizing import OneStepDraws, Studentizer
from twintrade.numerics.arrays import FloatArray, IntArray

# Statistics of ratios under assignments, of the outcome that a proportional effect leaves when it is taken out.


def is_ratio(fit: Fit) -> bool:
    """Whether effects are ratios of flows: a constant effect then multiplies them."""
    return is_proportional(fit) and fit.design.transform == "level"


def is_proportional(fit: Fit) -> bool:
    """Whether a constant effect multiplies flows, or adds to their logs."""
    return fit.estimate.scale in ("log points", "percent")


def take_logs(estimate: Estimate, effects: FloatArray) -> FloatArray:
    """Return changes in percent as logs of ratios, in which noise that multiplies is even; others as they are."""
    if estimate.scale != "percent":
        return effects
    with np.errstate(divide="ignore"):
        return np.log1p(np.maximum(effects, -100.0) / 100)


def compute_average_after(estimate: Estimate) -> float:
    """Return the average of the effects after onset of an event study, else zero."""
    if isinstance(estimate, EventStudy) and (estimate.event_times >= 0).any():
        return float(estimate.average().effects[0])
    return 0.0


def take_off_mean(estimate: Estimate, effects: FloatArray) -> FloatArray:
    """Return effects, a row a draw, less the mean of those known; of changes in percent, as logs of ratios."""
    logs = take_logs(estimate, effects)
    known = np.isfinite(logs)
    logs = logs - np.where(known, logs, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.asarray(100 * np.expm1(logs) if estimate.scale == "percent" else logs)


@dataclass(frozen=True, slots=True, eq=False)
class RatioStatistics:
    """What is compared for one average, under every effect that may be taken out."""

    fit: Fit
    onsets: tuple[FloatArray, ...]  # the draws', and last the real one
    view: View  # of one effect
    studentizer: Studentizer | None
    dealt: OneStepDraws | None = None  # where draws are estimated in one step, not refitted
    is_recentered: bool = False  # whether effects are compared less their mean over all draws
    nulls: dict[float, Null] = field(default_factory=dict)  # the model of the effect that was taken out last

    def at(self, effect: float, draws: IntArray) -> FloatArray:
        """Return effects of some draws where one in log points is taken out, not yet over their noise, (n_draws,).

        NaN where a draw gives no effect.
        """
        factor = np.exp(effect * self.fit.design.observations.is_treated)
        try:
            effects = self._refit(factor, draws) if self.dealt is None else self._step(effect, factor, draws)
        except TwintradeError:
            return np.full(draws.size, np.nan)
        return self.measure(take_off_mean(self.fit.view(self.view), effects) if self.is_recentered else effects)

    def measure(self, effects: FloatArray) -> FloatArray:
        """Return effects as they are compared: logs of ratios over noise, changes in percent as they are without."""
        return effects if self.studentizer is None else take_logs(self.fit.view(self.view), effects)

    def _step(self, effect: float, factor: FloatArray, draws: IntArray) -> FloatArray:
        assert self.dealt is not None
        if effect not in self.nulls:
            self.nulls.clear()
            null = self.nulls[effect] = self.dealt.model.under(factor)
            if self.studentizer is not None:
                self.studentizer.learn(null, effect)
        return self.dealt.estimate(self.nulls[effect], {self.view: self.fit.view(self.view)}, draws)[self.view][:, 0]

    def _refit(self, factor: FloatArray, draws: IntArray) -> FloatArray:
        y, is_log = self.fit.design.observations.y, self.fit.design.transform == "log"
        without = y - np.log(factor) if is_log else y / factor
        again = replace(self.fit, design=replace_outcome(self.fit.design, without))
        permuted = permute(again, [self.view], [self.onsets[k] for k in draws], False, False)
        out = np.full(draws.size, np.nan)
        out[permuted.kept] = permuted.views[self.view].effects[:, 0]
        return out

    def scales(self, effect: float) -> FloatArray:
        """Return what noise makes of the effects then, shape (n_onsets,); one where it is not asked for."""
        if self.studentizer is not None:
            try:
                return self.studentizer.scale(self.view, 0, effect, 0.0)
            except TwintradeError:
                # No estimate exists there either, so that nothing speaks against the effect.
                pass
        return np.ones(len(self.onsets))


LARGEST = 8.0  # effect, in log points, that counts as any effect however large: three thousand times the flow
FAR = 1e6  # what a draw counts as that an effect leaves without estimate: it never speaks against the effect
WIDER, FINE = 1.1, 40
ROUNDS, SETTLED = 10, 5e-4
FARTHER, SHORTEST = 1.5, 0.05
"""Steps outward, in distances from the estimate so far; and a distance that is one step at least."""
HALVINGS = 12
NEAREST, SAFETY = 30, 4.0
"""Draws made anew at an end at least, and how many times the largest error seen in these the others are away."""


def invert_ratio(statistics: RatioStatistics, effects: Mapping[float, FloatArray], level: float) -> DrawnEnds:
    """Return the ends of the interval of an average, on the scale of the estimate.

    ``effects`` (n_draws + 1,): of the draws and last of the real assignment, by the effect in log points taken out:
    none, and any others.
    """
    search = _Search(statistics, {effect: statistics.measure(values) for effect, values in effects.items()}, level)
    low, high = search.find_ends()
    is_percent = statistics.fit.view(statistics.view).scale == "percent"

    def find(shift: int) -> tuple[float, float]:
        ends = np.array(search.shift_ends(low, high, shift) if shift else (low, high))
        first, last = np.where(np.isfinite(ends), 100 * np.expm1(ends), ends) if is_percent else ends
        return float(first), float(last)

    ends = DrawnEnds.absent(1)
    ends.put(0, measure_ends(find, search.present.size - 1, level))
    return ends


class _Search:
    """The interval of one effect, over draws that have it and, last, the real assignment.

    ``present``: which these are; ``needed``: draws at least as large as the real one that leave an effect unrejected;
    ``known, noise``: (n_present,): estimates by effect taken out, some of them predicted, and what they are divided
    by.
    """

    def __init__(self, statistics: RatioStatistics, known: Mapping[float, FloatArray], level: float) -> None:
        self.statistics = statistics
        here = ~np.isnan(known[0.0])
        self.present: IntArray = np.flatnonzero(here) if here[-1] else np.empty(0, dtype=np.int64)
        self.needed = int(np.floor((1 - level) * self.present.size + TIE))
        self.known = {
            effect: _clip(values[self.present])
            for effect, values in known.items()
            if effect == 0 or abs(effect) >= SETTLED
        }
        self.noise = {effect: statistics.scales(effect)[self.present] for effect in self.known}
        self._line: tuple[int, Callable[[float], FloatArray]] | None = None

    def find_ends(self) -> tuple[float, float]:
        """Return the lower and the upper end, in log points; infinite where none is rejected, NaN without test."""
        guess = self._guess() if self.present.size > 1 else (np.nan, np.nan)
        if not np.isfinite(guess).all():
            return np.nan, np.nan
        for node in guess:
            self._confirm(node)
        ends = self._find_ends()
        for _ in range(ROUNDS):
            before = ends
            for end in before:
                if np.isfinite(end):
                    self._confirm(end)
            ends = self._find_ends()
            if all(new == old or abs(new - old) < SETTLED for new, old in zip(ends, before, strict=True)):
                break
        return ends

    def shift_ends(self, low: float, high: float, shift: int) -> tuple[float, float]:
        """Return where the ends would be if so many more draws decided, from estimates known and predicted."""
        centre = self._find_centre()
        shifted = [
            self._first_rejected(centre, np.linspace(centre, 2 * end - centre, 2 * FINE)[1:], shift)
            if np.isfinite(end - centre)
            else None
            for end in (low, high)
        ]
        return -np.inf if shifted[0] is None else shifted[0], np.inf if shifted[1] is None else shifted[1]

    def _guess(self) -> tuple[float, float]:
        """Return the ends as if the real estimate alone moved, one for one, and noise stayed as it is."""
        values, scales = self.known[0.0], self.noise[0.0]
        critical = np.sort(np.abs(values[:-1] / scales[:-1]))[-max(self.needed, 1)]
        start, half = float(values[-1]), float(critical * scales[-1])
        if self.statistics.studentizer is None and self.statistics.fit.view(self.statistics.view).scale == "percent":
            start, half = float(np.log1p(max(start, -99.0) / 100)), half / 100
        half = min(WIDER * half, LARGEST / 4)
        return start - half, start + half

    def _confirm(self, effect: float) -> None:
        """Estimate the real assignment, and the draws whose predicted size is not clear of the deciding one's."""
        if min(abs(effect - one) for one in self.known) < SETTLED:
            return
        predicted, is_open = self._values(effect), np.ones(self.present.size, dtype=bool)
        values, is_lost = predicted.copy(), np.any([np.abs(v) >= FAR for v in self.known.values()], axis=0)
        distance = np.append(self._measure_distances(predicted, self._scales(effect)), 0.0)
        wanted = (distance <= np.sort(distance)[min(NEAREST, distance.size - 1)]) | is_lost
        wanted |= self.statistics.is_recentered  # the mean is one of all draws
        farthest = 0.0
        while wanted.any():
            values[wanted] = self._estimate(effect, np.flatnonzero(wanted))
            scales = self.noise[effect] = self.statistics.scales(effect)[self.present]
            is_open &= ~wanted
            errors = (np.abs(values - predicted) / scales)[:-1][~(is_open | is_lost)[:-1]]
            farthest = float(errors.max(initial=0.0))
            distance[:-1] = self._measure_distances(values, scales)
            wanted = is_open & (distance <= SAFETY * farthest)
        self.known[effect] = values

    def _estimate(self, effect: float, places: IntArray) -> FloatArray:
        return _clip(self.statistics.at(effect, self.present[places]))

    def _measure_distances(self, values: FloatArray, scales: FloatArray) -> FloatArray:
        """Return how far the draws' sizes lie from the deciding one."""
        sizes = np.abs(values / scales)[:-1]
        return np.abs(sizes - np.partition(sizes, -self.needed)[-self.needed]) if self.needed else sizes

    def _find_ends(self) -> tuple[float, float]:
        """Return the first effects below and above the estimate that are rejected; infinite where none is."""
        centre = self._find_centre()
        if not np.isfinite(centre):
            return np.nan, np.nan
        return self._find_end(centre, -1), self._find_end(centre, 1)

    def _find_centre(self) -> float:
        """Return the effect whose removal leaves none, NaN where the real estimate does not move with it."""
        at = np.array(sorted(self.known))
        real = np.array([self.known[effect][-1] for effect in at])
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
        tried = np.union1d(list(self.known), np.linspace(min(self.known), max(self.known), FINE))[::side]
        tried = tried[side * (tried - inside) > 0]
        end = self._first_rejected(inside, tried)
        if end is not None:
            return end
        inside = float(tried[-1]) if tried.size else inside
        while side * inside < LARGEST:
            reach = side * min(side * inside + max(FARTHER * abs(inside - centre), SHORTEST), LARGEST)
            tried = np.linspace(inside, reach, FINE)[1:]
            foreseen = self._first_rejected(inside, tried)
            nearest = reach if foreseen is None else foreseen
            self._confirm(nearest)
            end = self._first_rejected(inside, tried)
            if end is not None:
                return end
            inside = nearest
        return side * np.inf

    def _first_rejected(self, inside: float, tried: FloatArray, shift: int = 0) -> float | None:
        """Return where the test begins to reject on the way along some effects; None where it does not."""
        for effect in (float(one) for one in tried):
            if self._margin(effect, shift) < 0:
                outside = effect
                for _ in range(HALVINGS):
                    middle = (inside + outside) / 2
                    inside, outside = (inside, middle) if self._margin(middle, shift) < 0 else (middle, outside)
                return (inside + outside) / 2
            inside = effect
        return None

    def _values(self, effect: float) -> FloatArray:
        """Return estimates where an effect is taken out, between known ones by a cubic line."""
        if effect in self.known:
            return self.known[effect]
        if len(self.known) == 1:
            return self.known[0.0]
        if self._line is None or self._line[0] != len(self.known):
            at = sorted(self.known)
            self._line = len(at), scipy.interpolate.CubicSpline(at, np.stack([self.known[one] for one in at]))
        return np.clip(self._line[1](effect), -FAR, FAR)

    def _scales(self, effect: float) -> FloatArray:
        """Return the noise where an effect is taken out, its logs on a line through two known ones."""
        if effect not in self.noise and len(self.noise) == 1:
            self.noise[effect] = self.statistics.scales(effect)[self.present]
        if effect in self.noise:
            return self.noise[effect]
        known = sorted(self.noise)
        k = int(np.clip(np.searchsorted(known, effect), 1, len(known) - 1))
        share = float(np.clip((effect - known[k - 1]) / (known[k] - known[k - 1]), -1.0, 2.0))
        return np.asarray(self.noise[known[k - 1]] ** (1 - share) * self.noise[known[k]] ** share)

    def _margin(self, effect: float, shift: int = 0) -> float:
        """Return by how much the deciding draw exceeds the real assignment, negative where an effect is rejected."""
        needed = min(self.needed + shift, self.present.size - 1)
        if needed <= 0:
            return np.inf
        sizes = np.abs(self._values(effect) / self._scales(effect))
        critical = np.partition(sizes[:-1], -needed)[-needed]
        return float(critical - sizes[-1] + TIE * max(1.0, sizes[-1]))


def _clip(values: FloatArray) -> FloatArray:
    """Return estimates within bounds, the upper one where there is none."""
    return np.clip(np.where(np.isnan(values), FAR, values), -FAR, FAR)
