"""Where the names of lines stand in a picture of totals: beside their line, with nothing in the way."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from twintrade.render.figures.labels import EM, LINE, measure_label

AWAY = 6.0
"""Points from a line to its name."""
CLEAR = 4.0
"""Points around a name that stay free: markers are as large."""
EDGE = 0.05
"""Shares of the width that matplotlib leaves free at either side."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A field in points."""

    left: float
    bottom: float
    width: float
    height: float

    def reaches(self, other: "Rectangle") -> bool:
        """Whether two fields touch."""
        return (
            self.left < other.left + other.width
            and other.left < self.left + self.width
            and self.bottom < other.bottom + other.height
            and other.bottom < self.bottom + self.height
        )


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """The field of a picture, about as large as the layout leaves it."""

    x: np.ndarray  # periods
    lines: tuple[np.ndarray, ...]  # what is drawn, a value a period
    roof: float  # the upper end of the axis, which begins at zero
    # width, height: In points
    width: float
    height: float

    def across(self, x: np.ndarray) -> np.ndarray:
        """Return periods as points from the left."""
        share = (x - self.x[0]) / max(self.x[-1] - self.x[0], 1e-9)
        return np.asarray((EDGE + (1 - 2 * EDGE) * share) * self.width)

    def convert(self, box: Rectangle) -> tuple[float, float]:
        """Return the left lower corner of a field in units of the data."""
        share = (box.left / self.width - EDGE) / (1 - 2 * EDGE)
        return float(self.x[0] + share * (self.x[-1] - self.x[0])), box.bottom / self.height * self.roof

    def up(self, y: np.ndarray) -> np.ndarray:
        """Return values as points from below."""
        return np.asarray(y / self.roof * self.height)

    def read(self, line: np.ndarray, box: Rectangle) -> np.ndarray:
        """Return how high a line stands from side to side of a field and its margin."""
        at = np.arange(box.left - CLEAR, box.left + box.width + CLEAR + 1)
        return np.asarray(np.interp(at, self.across(self.x), self.up(line)))

    def is_free(self, box: Rectangle, taken: Iterable[Rectangle]) -> bool:
        """Whether a name may stand in a field."""
        inside = 0 <= box.left <= self.width - box.width and 2 <= box.bottom <= self.height - box.height
        if not inside or any(box.reaches(other) for other in taken):
            return False
        heights = [self.read(line, box) for line in self.lines]
        low, high = box.bottom - CLEAR, box.bottom + box.height + CLEAR
        return not any(((line > low) & (line < high)).any() or _steps_over(line, low, high) for line in heights)


def _steps_over(line: np.ndarray, low: float, high: float) -> bool:
    return bool((line <= low).any() and (line >= high).any())


def measure_name(text: str, size: float) -> tuple[float, float]:
    """Return width and height of a name in points."""
    lines = text.split("\n")
    return max(map(measure_label, lines)) * EM * size, len(lines) * LINE * size


def find_beside(field: Field, text: str, line: int, size: float, taken: Iterable[Rectangle]) -> Rectangle | None:
    """Return a field beside a line, where it lies farthest from the other, on the side away from it."""
    width, height = measure_name(text, size)
    values, other = field.lines[line], field.lines[1 - line]
    x, y = field.across(field.x), field.up(values)
    taken = list(taken)
    for k in np.argsort(-np.abs(values - other), kind="stable"):
        bottom = y[k] + AWAY if values[k] >= other[k] else y[k] - AWAY - height
        for left in (x[k] - width / 2, x[k] - width, x[k]):
            box = Rectangle(float(left), float(bottom), width, height)
            if field.is_free(box, taken):
                return box
    return None


def find_within(
    field: Field, text: str, band: tuple[np.ndarray, np.ndarray], size: float, taken: Iterable[Rectangle]
) -> Rectangle | None:
    """Return a field inside a band, as high as there is room, the widest part first."""
    width, height = measure_name(text, size)
    taken = list(taken)
    known = np.isfinite(band[0]) & np.isfinite(band[1])
    if known.sum() < 2:
        return None
    first, last = field.across(field.x[known][[0, -1]])
    for left in _list_starts(last - width, first):
        box = Rectangle(float(left), 0.0, width, height)
        top = min(float(field.read(np.where(known, band[1], 0.0), box).min()), field.height) - CLEAR
        floor = float(field.read(np.where(known, band[0], field.roof), box).max()) + CLEAR
        for bottom in _list_starts(top - height, floor):
            box = Rectangle(float(left), float(bottom), width, height)
            if field.is_free(box, taken):
                return box
    return None


def _list_starts(highest: float, lowest: float) -> Iterator[float]:
    while highest >= lowest:
        yield highest
        highest -= 6.0
