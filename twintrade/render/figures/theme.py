"""How every figure looks: type, sizes and colours that hold in grey and for colour-blind readers."""

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias
from unicodedata import east_asian_width

import matplotlib as mpl
from cycler import cycler
from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from twintrade.render.style import DEFAULT_FAMILY, OWN_FONTS, TEXT_SANS, Theme, find_cjk_family
from twintrade.text import Text

# Labels broken into lines by the room that their letters take: a Chinese character takes that of two.

Box: TypeAlias = tuple[float, float, float, float]
Bounds: TypeAlias = tuple[float, float]  # where an axis ends
NO_BOUNDS: Bounds = (-math.inf, math.inf)

_PIECES = re.compile(r"\s+|[\u2e80-\uffef]|[^\s\u2e80-\uffef]+")
EM = 0.52  # width of a Latin letter in sizes of its type
LEGEND_LETTERS = 84  # letters of a name on a line of a legend
LEGEND_LINE = 1.4  # height of a line of a legend in sizes of the figure's type
LINE = 1.25  # height of a line of text in sizes of its type


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
    """Write names next to their points in order, each only if it touches nothing."""
    figure = axes.get_figure(root=True)
    engine = figure.get_layout_engine() if figure is not None else None
    if figure is None or engine is None:
        return
    engine.execute(figure)
    scale = 72 / figure.dpi
    frame = [bound * scale for bound in axes.bbox.extents]
    places = (place for line in axes.get_lines() for place in axes.transData.transform(line.get_xydata()))
    marks = [(x * scale, y * scale) for x, y in places]
    taken: list[Box] = []
    for x, y, name in points:
        px, py = axes.transData.transform((x, y)) * scale
        width, height = (measure_label(name) + 1) * 1.08 * EM * size, LINE * size
        for dx, dy in ((5, 2), (-5 - width, 2), (5, -2 - height), (-5 - width, -2 - height), (-width / 2, 6)):
            box = (px + dx, py + dy, px + dx + width, py + dy + height)
            inside = box[0] > frame[0] and box[1] > frame[1] and box[2] < frame[2] and box[3] < frame[3]
            near = any(box[0] - 4 < mx < box[2] + 4 and box[1] - 4 < my < box[3] + 4 for mx, my in marks)
            if inside and not near and not any(has_overlap(box, other) for other in taken):
                taken.append(box)
                style: dict[str, Any] = {"xytext": (dx, dy), "fontsize": size, "color": colour}
                axes.annotate(name, (x, y), textcoords="offset points", **style).set_in_layout(False)
                break


def has_overlap(one: Box, other: Box) -> bool:
    """Whether two fields, each from its left lower to its right upper corner, touch."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


PAPER_SCALE = 0.8
TICKS = {"major.width": 1.25, "minor.width": 1, "major.size": 6, "minor.size": 4}
PAPER: dict[str, Any] = {
    "axes.axisbelow": True,
    "lines.solid_capstyle": "round",
    "patch.edgecolor": "w",
    "patch.force_edgecolor": True,
    "axes.linewidth": 1.25 * PAPER_SCALE,
    "lines.linewidth": 1.5 * PAPER_SCALE,
    "lines.markersize": 6 * PAPER_SCALE,
    "patch.linewidth": PAPER_SCALE,
    "legend.title_fontsize": 12 * PAPER_SCALE,
    **{f"{axis}tick.{name}": value * PAPER_SCALE for axis in "xy" for name, value in TICKS.items()},
}
"""Seaborn's style "ticks" in its context "paper"; seaborn itself takes longer to import than a figure to draw."""

IN_INK = ("axes.edgecolor", "axes.labelcolor", "text.color", "xtick.color", "ytick.color")
MARKERS = ("s", "o", "^", "D", "v", "P", "X")
DASHES: tuple[Any, ...] = (
    "-", (0, (6, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)), (0, (3, 1)), (0, (8, 3, 1, 3, 1, 3)),
)  # fmt: skip


@cache
def load_own_fonts() -> None:
    """Make the typefaces of this package known to matplotlib, the semibold one as the bold of its family."""
    known = font_manager.fontManager
    for file in sorted(OWN_FONTS.glob("*.otf")):
        known.addfont(file)
    ours = [entry for entry in known.ttflist if Path(entry.fname).parent == OWN_FONTS]
    bold = [replace(entry, weight=700) if entry.fname.endswith("Semibold.otf") else entry for entry in ours]
    # Another release of the typeface on this machine must not be taken in its place.
    known.ttflist[:] = [*(entry for entry in known.ttflist if not entry.name.startswith(TEXT_SANS)), *bold]


@contextmanager
def apply_theme(theme: Theme) -> Iterator[None]:
    """Apply the theme: every figure is drawn and encoded inside."""
    load_own_fonts()
    families = list(dict.fromkeys([theme.family, DEFAULT_FAMILY, *filter(None, [find_cjk_family()])]))
    sizes = {"axes.titlesize": 1.0, "axes.labelsize": 1.0, "xtick.labelsize": 0.9, "ytick.labelsize": 0.9}
    settings: Any = {
        **PAPER,
        "axes.prop_cycle": cycler(color=theme.palette),
        "font.family": families,
        "font.size": theme.size,
        **{name: theme.size * scale for name, scale in sizes.items()},
        **dict.fromkeys(IN_INK, theme.ink),
        "legend.fontsize": theme.size * 0.85,
        "legend.frameon": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "grid.color": theme.pale,
        "grid.linewidth": 0.5,
        "text.parse_math": False,
        "axes.formatter.use_mathtext": False,
        "savefig.facecolor": "white",
        "svg.fonttype": "path",
        "svg.hashsalt": "twintrade",
        "pdf.fonttype": 42,
        "path.simplify": False,
    }
    untouched = {name: value for name, value in mpl.rcParamsDefault.items() if not name.startswith("backend")}
    with mpl.rc_context():
        mpl.rcParams.update(untouched)  # a user's own style file must not reach the report
        mpl.rcParams.update(settings)
        yield


@contextmanager
def open_figure(theme: Theme, height: float) -> Iterator[Figure]:
    """Open an empty figure of the theme's width that lays itself out."""
    with apply_theme(theme):
        yield Figure(figsize=(theme.width, height), layout="constrained")


def mark_simulated(figure: Figure, theme: Theme) -> None:
    """Say across the top of a drawn figure that its data are simulated; it grows by that line."""
    with apply_theme(theme):
        text = str(Text("figures.simulated-data"))
        figure.suptitle(text, x=0.99, ha="right", fontsize=theme.size, fontweight="bold", color="#A01818")
        figure.set_figheight(figure.get_figheight() + 1.6 * theme.size / 72)


def draw_zero_line(axes: Axes, theme: Theme, *, is_upright: bool = False) -> None:
    """Draw the line at zero."""
    (axes.axvline if is_upright else axes.axhline)(0.0, color=theme.ink, linewidth=0.8, zorder=1.5)


def draw_onset_line(axes: Axes, theme: Theme) -> None:
    """Draw the line between the last period without an agreement and the first with one."""
    axes.axvline(-0.5, color=theme.ink, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1.4)
