"""How every figure looks: type, sizes and colours that hold in grey and for colour-blind readers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from twintrade.render.theme import DEFAULT_FAMILY, OWN_FONTS, TEXT_SANS, Theme, find_cjk_family
from twintrade.text import Text

PAPER_SCALE = 0.8
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
    **{
        f"{axis}tick.{name}": value * PAPER_SCALE
        for axis in "xy"
        for name, value in (("major.width", 1.25), ("minor.width", 1), ("major.size", 6), ("minor.size", 4))
    },
}
"""Seaborn's style "ticks" in its context "paper"; seaborn itself takes longer to import than a figure to draw."""

MARKERS = ("s", "o", "^", "D", "v", "P", "X")
DASHES: tuple[Any, ...] = (
    "-",
    (0, (6, 2)),
    (0, (1.5, 1.5)),
    (0, (6, 2, 1.5, 2)),
    (0, (3, 1)),
    (0, (8, 3, 1, 3, 1, 3)),
)


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
        "legend.fontsize": theme.size * 0.85,
        "legend.frameon": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": theme.ink,
        "axes.labelcolor": theme.ink,
        "text.color": theme.ink,
        "xtick.color": theme.ink,
        "ytick.color": theme.ink,
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
def open_figure(theme: Theme, height: float, *, is_simulated: bool = False) -> Iterator[Figure]:
    """Open an empty figure of the theme's width that lays itself out; what is simulated says so across its top."""
    with apply_theme(theme):
        figure = Figure(figsize=(theme.width, height), layout="constrained")
        yield figure
        if is_simulated:
            text = str(Text("figures.simulated-data"))
            figure.suptitle(text, x=0.99, ha="right", fontsize=theme.size, fontweight="bold", color="#A01818")


def draw_zero_line(axes: Axes, theme: Theme) -> None:
    """Draw the line at zero."""
    axes.axhline(0.0, color=theme.ink, linewidth=0.8, zorder=1.5)
