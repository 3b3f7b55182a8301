"""What a figure drew, read back from its marks: to hold a picture against its numbers."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.colors import to_hex
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D

DRAWN = ("panel", "form", "series", "marker", "x", "y", "low", "high", "outer_low", "outer_high", "value")
ARROWS = {"v": "y", "^": "y", "<": "x", ">": "x"}
"""Markers that end an interval which runs on, by the direction in which they point."""


def read_points(figure: Figure) -> pd.DataFrame:
    """Return what a figure drew in units of the data: a row a point, vertex of a line, arrow, bar or cell of a map.

    ``low`` and ``high`` are the ends of the narrowest interval through a point, ``outer_low`` and ``outer_high`` of
    the widest; a bar runs from ``low`` to ``high``; ``series`` is the label in the legend, else the colour.
    """
    rows = [{"panel": k, **row} for k, axes in enumerate(figure.axes) for row in _read_marks(axes, _read_key(figure))]
    return pd.DataFrame(rows, columns=DRAWN)


def _read_key(figure: Figure) -> dict[tuple[str, str], str]:
    """Return the labels of all legends by the marker and the colour that they stand for."""
    legends = [legend for part in (figure, *figure.axes) for legend in part.findobj(Legend)]
    pairs = [pair for one in legends for pair in zip(one.legend_handles, one.get_texts(), strict=True)]
    return {_describe_line(line): text.get_text() for line, text in pairs if isinstance(line, Line2D)}


def _describe_line(line: Line2D) -> tuple[str, str]:
    marker = str(line.get_marker())
    is_bare = marker in ("None", "", " ")
    return "" if is_bare else marker, to_hex(line.get_color() if is_bare else line.get_markerfacecolor())


def _read_marks(axes: Axes, key: Mapping[tuple[str, str], str]) -> list[dict[str, object]]:
    if axes.get_label() == "<colorbar>":
        return []
    marks: list[dict[str, object]] = []
    pieces = []
    for many in (many for many in axes.collections if isinstance(many, LineCollection)):
        if all(many.get_transform().contains_branch_seperately(axes.transData)):
            pieces += many.get_segments()
        else:  # ticks along the edge
            marks += [{"form": "point", "marker": "|", "x": x, "y": 0.0} for (x, _), _ in many.get_segments()]
    for line in axes.get_lines():
        if not all(line.get_transform().contains_branch_seperately(axes.transData)):
            continue  # a line at a value, from edge to edge
        (marker, colour), places = _describe_line(line), np.asarray(line.get_xydata(), dtype=float)
        if not marker and len(places) == 2 and (places[0] == places[1]).any():
            pieces.append(places)
            continue
        label = str(line.get_label())
        series = key.get((marker, colour), colour) if label.startswith("_") else label
        form = "point" if line.get_linestyle() == "None" or len(places) == 1 else "line"
        marks += [{"form": form, "series": series, "marker": marker, "x": x, "y": y} for x, y in places]
    _add_intervals(marks, [piece for piece in pieces if len(piece) == 2])
    return [*marks, *_read_bars(axes), *_read_cells(axes)]


def _add_intervals(marks: list[dict[str, object]], pieces: list[np.ndarray]) -> None:
    """Give each point the ends of upright lines at its x, else of level ones at its y."""
    ends: dict[tuple[str, object], list[list[float]]] = {}
    for (x0, y0), (x1, y1) in pieces:
        if x0 == x1:
            ends.setdefault(("x", x0), []).append(sorted((y0, y1)))
        elif y0 == y1:
            ends.setdefault(("y", y0), []).append(sorted((x0, x1)))
    for mark in (mark for mark in marks if mark["form"] == "point"):
        ranges = ends.get(("x", mark["x"])) or ends.get(("y", mark["y"])) or []
        for name, choose in (("outer_", max), ("", min)) if ranges else ():
            mark[f"{name}low"], mark[f"{name}high"] = choose(ranges, key=np.ptp)
        if str(mark["marker"]) in ARROWS and any(mark[ARROWS[str(mark["marker"])]] in piece for piece in ranges):
            mark["form"] = "arrow"


def _read_bars(axes: Axes) -> Iterator[dict[str, object]]:
    for bars in (bars for bars in axes.containers if isinstance(bars, BarContainer)):
        for bar in bars.patches:
            (x0, y0), (x1, y1) = bar.get_bbox().get_points()
            is_level = bars.orientation == "horizontal"
            x, y, low, high = (x1, (y0 + y1) / 2, x0, x1) if is_level else ((x0 + x1) / 2, y1, y0, y1)
            yield {"form": "bar", "series": to_hex(bar.get_facecolor()), "x": x, "y": y, "low": low, "high": high}


def _read_cells(axes: Axes) -> Iterator[dict[str, object]]:
    for mesh in (mesh for mesh in axes.collections if isinstance(mesh, QuadMesh)):
        corners = np.asarray(mesh.get_coordinates())
        values: np.ndarray = np.ma.filled(np.ma.asarray(mesh.get_array(), float), np.nan)
        for (row, column), value in np.ndenumerate(values):
            x, y = corners[row : row + 2, column : column + 2].mean(axis=(0, 1))
            yield {"form": "cell", "x": x, "y": y, "value": value}
