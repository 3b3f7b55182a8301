"""What each point of a figure says: its name, its value and its interval, for pages on which a reader can ask."""

import math
from collections.abc import Callable, Iterable, Sequence
from weakref import WeakKeyDictionary

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from twintrade.render.images import Point
from twintrade.render.reading import read_number, take_text
from twintrade.text import Text, Words, numbers

MOST_POINTS = 1000
"""Points of one figure beyond which none is named: nobody walks through them."""
Write = Callable[[float], str]
_named: WeakKeyDictionary[Axes, list[tuple[float, float, str]]] = WeakKeyDictionary()


def name_point(
    axes: Axes,
    place: tuple[float, float],
    name: Words,
    values: Sequence[float],
    write: Write = numbers.format_fixed,
) -> None:
    """Say what stands at a place of the axes.

    ``place``: in units of the data; beyond the frame it is moved to its edge; ``values``: the value alone, or with
    both ends of its interval; a missing one says nothing; ``write``: how values are written.
    """
    value, *ends = values
    if math.isnan(value):
        return
    if len(ends) == 2 and not any(map(math.isnan, ends)):
        low, high = map(write, ends)
        text = Text("figures.point-interval", name=name, value=write(value), low=low, high=high)
    else:
        text = Text("figures.point", name=name, value=write(value))
    _named.setdefault(axes, []).append((*place, str(text)))


def name_line(
    axes: Axes, places: Iterable[tuple[float, float]], series: str, times: Iterable[str], write: Write
) -> None:
    """Say what each point of a line is: the series, the time, and its value."""
    for place, time in zip(places, times, strict=True):
        name = Text("figures.point-at", series=series, at=time) if series else time
        name_point(axes, place, name, place[1:], write)


def name_times(line: pd.DataFrame) -> list[str]:
    """Return what the times of a line are called: its labels, else event times or periods by their numbers."""
    if "event_time" in line and "period" not in line:
        names = (numbers.format_event_time(int(read_number(time))) for time in line["event_time"])
        return [str(Text("figures.event-time", time=name)) for name in names]
    return list(line["period_label" if "period_label" in line else "period"].map(take_text))


def write_change(log_points: float) -> str:
    """Write an effect in log points as the change in percent that it is."""
    return numbers.format_log_percent(log_points)


def locate_points(figure: Figure) -> tuple[Point, ...]:
    """Return the named points of a figure whose layout is settled, in the order in which they were named."""
    width, height = figure.bbox.size
    points = []
    for axes in figure.axes:
        frame = axes.bbox
        named = _named.get(axes, [])
        places = axes.transData.transform([place for *place, _ in named]) if named else ()
        for (x, y), (*_, text) in zip(places, named, strict=True):
            left = min(max(float(x), frame.x0), frame.x1) / width
            top = 1 - min(max(float(y), frame.y0), frame.y1) / height
            points.append(Point(left, top, text))
    return tuple(points) if len(points) <= MOST_POINTS else ()
