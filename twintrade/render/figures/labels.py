"""Labels broken into lines by the room that their letters take: a Chinese character takes that of two."""

import math
import re
from collections.abc import Sequence
from typing import TypeAlias
from unicodedata import east_asian_width

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from twintrade.render.theme import Theme

Box: TypeAlias = tuple[float, float, float, float]

_PIECES = re.compile(r"\s+|[\u2e80-\uffef]|[^\s\u2e80-\uffef]+")
EM = 0.52
"""Width of a Latin letter in sizes of its type."""
LEGEND_LETTERS = 84
"""Letters of a name on a line of a legend."""
LEGEND_LINE = 1.4
"""Height of a line of a legend in sizes of the figure's type."""
LINE = 1.25
"""Height of a line of text in sizes of its type."""


def measure_label(text: str) -> int:
    """Return the room of a text in Latin letters."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def split_label(text: str, most: int) -> str:
    """Return a text in lines of so many Latin letters at most, a longer word excepted."""
    lines = [""]
    for piece in _PIECES.findall(text):
        if lines[-1].strip() and measure_label((lines[-1] + piece).rstrip()) > most:
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return "\n".join(line.rstrip() for line in lines)


def choose_step(labels: Sequence[str], inches: float, size: float) -> int:
    """Return every how manieth label of an axis so many inches long can be printed without touching the next."""
    widest = max((measure_label(line) for label in labels for line in label.split("\n")), default=0)
    needed = (widest + 2) * EM * size / 72
    return max(1, math.ceil(needed * len(labels) / inches))


def add_legend_below(figure: Figure, handles: Sequence[Artist], theme: Theme, most_columns: int = 2) -> None:
    """Name what is drawn below the picture, which grows by what many or long names take."""
    names = [split_label(str(handle.get_label()), LEGEND_LETTERS) for handle in handles]
    longest = max((measure_label(line) for name in names for line in name.split("\n")), default=1)
    room = int(theme.width * 72 / (EM * 0.85 * theme.size)) - 6
    columns = max(1, min(most_columns, room // (longest + 9)))
    figure.legend(list(handles), names, loc="outside lower center", ncols=columns, columnspacing=1.5)
    n_lines = sum(name.count("\n") + 1 for name in names) / columns
    figure.set_figheight(figure.get_figheight() + max(0.0, n_lines - 2) * LEGEND_LINE * theme.size / 72)


def place_names(axes: Axes, points: Sequence[tuple[float, float, str]], size: float, colour: str) -> None:
    """Write names beside their points, the first ones first, each where it touches nothing, else not."""
    figure = axes.get_figure(root=True)
    engine = figure.get_layout_engine() if figure is not None else None
    if figure is None or engine is None:
        return
    engine.execute(figure)
    scale = 72 / figure.dpi
    frame = [bound * scale for bound in axes.bbox.extents]
    marks = [
        (x * scale, y * scale) for line in axes.get_lines() for x, y in axes.transData.transform(line.get_xydata())
    ]
    taken: list[Box] = []
    for x, y, name in points:
        px, py = axes.transData.transform((x, y)) * scale
        width, height = (measure_label(name) + 1) * 1.08 * EM * size, LINE * size
        for dx, dy in ((5, 2), (-5 - width, 2), (5, -2 - height), (-5 - width, -2 - height), (-width / 2, 6)):
            box = (px + dx, py + dy, px + dx + width, py + dy + height)
            inside = box[0] > frame[0] and box[1] > frame[1] and box[2] < frame[2] and box[3] < frame[3]
            near = any(box[0] - 4 < mx < box[2] + 4 and box[1] - 4 < my < box[3] + 4 for mx, my in marks)
            if inside and not near and not any(_touches(box, other) for other in taken):
                taken.append(box)
                label = axes.annotate(
                    name, (x, y), xytext=(dx, dy), textcoords="offset points", fontsize=size, color=colour
                )
                label.set_in_layout(False)
                break


def _touches(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
