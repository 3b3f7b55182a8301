"""How every figure looks: type, sizes and colours that hold in grey and for colour-blind readers."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from twintrade.text import Listed, Text

CJK_FAMILIES = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Microsoft YaHei",
    "SimHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Arial Unicode MS",
)

CJK_SERIF_FAMILIES = (
    "Noto Serif CJK SC",
    "Noto Serif SC",
    "Source Han Serif SC",
    "Source Han Serif CN",
    "SimSun",
    "Songti SC",
)


DEFAULT_FAMILY = "DejaVu Sans"
"""The typeface that comes with matplotlib: it has the characters that others lack."""

TEXT_SANS = "Source Sans 3"
"""The typeface of figures, tables and headings, which comes with this package."""

OWN_FONTS = Path(__file__).parents[1] / "fonts"


@dataclass(frozen=True, slots=True)
class Theme:
    """Fonts, palette and sizes of figures and pages.

    Attributes
    ----------
    family : str
        Typeface of figures, tables and headings; another one than the package's own also sets the text of the PDF and
        the HTML page. A Chinese one stands behind it where the machine has one.
    size : float
        Type size in points; small type is nine tenths of it.
    width : float
        Width of a figure in inches.
    before, after : str
        Colours of periods before and from onset: 3.4:1 against each other, 3:1 against white.
    palette : tuple of str
        Colours of several series.
    ink, pale, muted : str
        Colours of text and axes, of grid lines, and of small print.
    text_scale : float
        Size of the pages' text as a multiple of their own: 12 points in HTML, 10 in PDF.
    """

    family: str = TEXT_SANS
    size: float = 9.0
    width: float = 6.5
    before: str = "#F46A25"
    after: str = "#12436D"
    ink: str = "#0B0C0C"
    pale: str = "#D5D8DB"
    muted: str = "#505A5F"
    palette: tuple[str, ...] = ("#12436D", "#F46A25", "#28A197", "#801650", "#3D3D3D", "#A285D1")
    text_scale: float = 1.0

    def faults(self) -> list[str]:
        """Return what is wrong with the values, in words: a number out of range, no colour, no such typeface here."""
        faults = [
            str(Text("style.no-number", name=name, value=repr(value), low=low, high=high))
            for name, low, high in (("size", 5, 24), ("width", 2, 12), ("text_scale", 0.5, 3))
            for value in (getattr(self, name),)
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high
        ]
        colours = [(n, getattr(self, n)) for n in ("before", "after", "ink", "pale", "muted")]
        if not isinstance(self.palette, tuple) or not self.palette:
            faults.append(str(Text("style.no-palette")))
        else:
            colours += [("palette", colour) for colour in self.palette]
        faults += [
            str(Text("style.no-colour", name=name, value=repr(value)))
            for name, value in colours
            if not isinstance(value, str) or re.fullmatch(r"#[0-9A-Fa-f]{6}", value) is None
        ]
        load_own_fonts()
        if self.family not in {entry.name for entry in font_manager.fontManager.ttflist}:
            faults.append(str(Text("style.no-typeface", family=repr(self.family), default=TEXT_SANS)))
        return faults


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
def find_cjk_family() -> str | None:
    """Return the first Chinese typeface installed here, None where there is none."""
    return _find_first((*CJK_FAMILIES, *CJK_SERIF_FAMILIES))


@cache
def find_cjk_serif_family() -> str | None:
    """Return the first Chinese typeface for running text installed here, None where there is none."""
    return _find_first(CJK_SERIF_FAMILIES)


def _find_first(families: tuple[str, ...]) -> str | None:
    installed = {entry.name for entry in font_manager.fontManager.ttflist}
    return next((family for family in families if family in installed), None)


def find_missing_typeface(language: str) -> Text | None:
    """Return what to install before pages in a language can be drawn, None where everything is there."""
    if not language.startswith("zh") or find_cjk_family() is not None:
        return None
    return Text("style.no-chinese", families=Listed(CJK_FAMILIES, "comma"))


def list_families(family: str, language: str, chinese: list[str | None]) -> list[str | dict[str, str]]:
    """Return typefaces in the order in which they are asked for a character; Chinese pages take marks from theirs."""
    families = [name for name in (*chinese, find_cjk_family()) if name]
    if language != "zh":
        return [*dict.fromkeys([family, DEFAULT_FAMILY]), *families[-1:]]
    return [{"name": family, "covers": "latin-in-cjk"}, *families, DEFAULT_FAMILY]


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
