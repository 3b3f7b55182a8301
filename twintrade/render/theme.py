"""Typefaces, colours and sizes of a report, and which of them are installed here."""

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

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

OWN_FONTS = Path(__file__).parent / "fonts"


@dataclass(frozen=True, slots=True)
class Theme:
    """Fonts, palette and sizes of figures and pages."""

    # Typeface of figures, tables and headings; another one than the package's own also sets the text of the PDF and
    # the HTML page. A Chinese one stands behind it where the machine has one.
    family: str = TEXT_SANS
    size: float = 9.0  # type size in points; small type is nine tenths of it
    width: float = 6.5  # width of a figure in inches
    # before, after: Colours of periods before and from onset: 3.4:1 against each other, 3:1 against white
    before: str = "#F46A25"
    after: str = "#12436D"
    # ink, pale, muted: Colours of text and axes, of grid lines, and of small print
    ink: str = "#0B0C0C"
    pale: str = "#D5D8DB"
    muted: str = "#505A5F"
    # Colours of several series
    palette: tuple[str, ...] = ("#12436D", "#F46A25", "#28A197", "#801650", "#3D3D3D", "#A285D1")
    text_scale: float = 1.0  # size of the pages' text as a multiple of their own: 12 points in HTML, 10 in PDF

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
        if self.family != TEXT_SANS and not _list_installed((self.family,)):
            faults.append(str(Text("style.no-typeface", family=repr(self.family), default=TEXT_SANS)))
        return faults


@cache
def find_cjk_family() -> str | None:
    """Return the first Chinese typeface installed here, None where there is none."""
    return _find_first((*CJK_FAMILIES, *CJK_SERIF_FAMILIES))


@cache
def find_cjk_serif_family() -> str | None:
    """Return the first Chinese typeface for running text installed here, None where there is none."""
    return _find_first(CJK_SERIF_FAMILIES)


def _find_first(families: tuple[str, ...]) -> str | None:
    return next(iter(_list_installed(families)), None)


def _list_installed(families: tuple[str, ...]) -> list[str]:
    """Return which of some typefaces are installed; matplotlib's list may have been stored before any of them was."""
    from matplotlib.font_manager import findSystemFonts, fontManager  # importing it takes longer than explaining

    entries = fontManager.ttflist
    if not any(entry.name in families for entry in entries):
        n_stored, files = len(entries), {entry.fname for entry in entries}
        for file in (name for name in findSystemFonts() if name not in files):
            with suppress(OSError, RuntimeError):  # no typeface that can be read
                fontManager.addfont(file)
        entries[n_stored:] = [entry for entry in entries[n_stored:] if entry.name in families]
    installed = {entry.name for entry in entries}
    return [family for family in families if family in installed]


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
