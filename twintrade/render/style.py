"""A department's own style: changed sentences, theme and table options, from one declared mapping."""

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from twintrade.errors import SpecError
from twintrade.render.names import EXHIBIT_NAMES, PRESETS, Wording
from twintrade.text import (
    DEFAULT,
    LOCALES,
    Listed,
    Text,
    find_catalogue,
    find_choice,
    load_catalogue,
    use_catalogue,
    use_language,
)

# Typefaces, colours and sizes of a report, and which of them are installed here.

CJK_FAMILIES = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei", "Droid Sans Fallback", "Microsoft YaHei", "SimHei", "PingFang SC", "Hiragino Sans GB",
    "Arial Unicode MS",
)  # fmt: skip

CJK_SERIF_FAMILIES = (
    "Noto Serif CJK SC", "Noto Serif SC", "Source Han Serif SC", "Source Han Serif CN", "SimSun", "Songti SC",
)  # fmt: skip

DEFAULT_FAMILY = "DejaVu Sans"  # the typeface that comes with matplotlib: it has the characters that others lack
TEXT_SANS = "Source Sans 3"  # the typeface of figures, tables and headings, which comes with this package
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
    return next(iter(_list_installed((*CJK_FAMILIES, *CJK_SERIF_FAMILIES))), None)


@cache
def find_cjk_serif_family() -> str | None:
    """Return the first Chinese typeface for running text installed here, None where there is none."""
    return next(iter(_list_installed(CJK_SERIF_FAMILIES)), None)


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


DEFAULT_THEME = Theme()


# How an appendix is made, as its writer chose it.

Detail = Literal["short", "full"]
Under = Literal["se", "interval", "t", "p"]
USUAL_COLUMNS = 8  # columns that a page has room for


@dataclass(frozen=True, slots=True)
class TableOptions:
    """What a table of estimates shows."""

    under: Under = "se"  # what stands below the estimate
    has_stars: bool = False  # whether significance stars are printed, with their levels in the note
    columns_per_table: int | None = None  # a wider ladder is continued in another table

    def count_columns(self) -> int:
        """Return how many columns a ladder takes."""
        return self.columns_per_table or USUAL_COLUMNS


@dataclass(frozen=True, slots=True)
class AppendixOptions:
    """How the appendix is made."""

    exhibits: tuple[str, ...] = EXHIBIT_NAMES  # names from `EXHIBIT_NAMES`, in any order; the appendix keeps its own
    detail: Detail = "short"  # what a reader needs to judge the estimate, or everything that was computed
    authors: tuple[str, ...] = ()
    date: str = ""  # of the report, as it is printed
    wording: Wording = field(default_factory=Wording)
    theme: Theme = field(default_factory=Theme)
    tables: TableOptions = field(default_factory=TableOptions)
    spelling: Mapping[str, str] = field(default_factory=dict)  # words of the prose and what stands in their place
    language: str = ""  # of the document; the one in use where it is empty
    # What data and the analysis call something, and what it is called in that language
    names: Mapping[str, str] = field(default_factory=dict)
    # Names in Latin letters by name, for typefaces that cannot print them
    romanized: Mapping[str, str] = field(default_factory=dict)

    def speak(self) -> AbstractContextManager[None]:
        """Put texts into the words of the document for as long as the block lasts."""
        catalogue = load_catalogue(self.language) if self.language else find_catalogue()
        return use_catalogue(catalogue.knowing(self.names))


_TABLES = (
    "wording", "spelling", "language", "translated", "romanized", "theme", "tables", "exhibits", "appendix", "detail",
    "authors", "date",
)  # fmt: skip
MOST_COLUMNS = 12
OF_ONE_LANGUAGE = ("wording", "spelling")  # sentences and words of the first language of a report alone


def list_languages(style: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the languages of a report, the one of its own folder first: the one that was chosen, else the file's."""
    given = find_choice() or style.get("language", DEFAULT)
    languages = tuple(dict.fromkeys(map(str, given if isinstance(given, list | tuple) else [given])))
    unknown = [tag for tag in languages if tag not in LOCALES]
    if unknown or not languages:
        raise SpecError(f"the report style has no texts in the language {unknown[:1]}: write {', '.join(LOCALES)}")
    return languages


def build_all_options(style: Mapping[str, Any]) -> tuple[AppendixOptions, ...]:
    """Return the options of a report in each language; own words hold in the first, and in others if translated."""
    first, *others = list_languages(style)
    if (missing := find_missing_typeface(first)) is not None:
        raise SpecError(missing)
    shared = {key: value for key, value in style.items() if key not in OF_ONE_LANGUAGE}
    options = [build_options({**style, "language": first})]
    for tag in others:
        known = style.get("translated", {}).get(tag, {})
        worded = {key: words for key, words in style.get("wording", {}).items() if words in known}
        options.append(build_options({**shared, "language": tag, "wording": worded}))
    return tuple(options)


def build_options(style: Mapping[str, Any]) -> AppendixOptions:
    """Return the options that a parsed style file, or the ``[report]`` table of an analysis, asks for.

    ``style``: ``appendix`` (a preset) or ``exhibits`` (a list of names), ``detail``, ``authors``, ``date``,
    ``wording`` (sentence by key), ``spelling`` (replacement by word), ``language`` (as in "en-GB"), ``translated``
    (by language, what the analysis says and what it is in that language), ``romanized`` (name in Latin letters by
    name), ``theme`` and ``tables`` (option by name).
    """
    for key in style:
        if key not in _TABLES:
            raise SpecError(f"the report style has no {key!r}; known: {', '.join(_TABLES)}")
    language = list_languages(style)[0]
    with use_language(language):
        return _read_options(style, language)


def _read_options(style: Mapping[str, Any], language: str) -> AppendixOptions:
    theme: Theme = _build_options(Theme, style.get("theme", {}), "theme")
    if faults := theme.faults():
        raise SpecError(f"[theme] of the report style: {'; '.join(faults)}")
    tables: TableOptions = _build_options(TableOptions, style.get("tables", {}), "tables")
    if tables.under not in get_args(Under):
        raise SpecError(f"[tables] of the report style: under is one of {', '.join(get_args(Under))}")
    n_columns = tables.columns_per_table
    if n_columns is not None and (not isinstance(n_columns, int) or not 1 <= n_columns <= MOST_COLUMNS):
        raise SpecError(f"[tables] of the report style: columns_per_table is a number from 1 to {MOST_COLUMNS}")
    detail, authors = style.get("detail", "short"), style.get("authors", ())
    if detail not in get_args(Detail):
        raise SpecError(f"the detail of the report is {detail!r}; it is one of {', '.join(get_args(Detail))}")
    if not isinstance(authors, list | tuple) or not all(isinstance(name, str) and name.strip() for name in authors):
        raise SpecError(f'the authors of the report are {authors!r}; write them as ["First Author", "Second Author"]')
    words = style.get("spelling", {})
    for word, new in words.items():
        if not word.replace(" ", "").replace("-", "").isalpha() or not isinstance(new, str) or not new:
            raise SpecError(f"[spelling] of the report style: {word!r} = {new!r} is no word with another for it")
    names = style.get("romanized", {})
    for name, latin in names.items():
        if not isinstance(latin, str) or not latin.isascii() or not latin:
            raise SpecError(f"[romanized] of the report style: {name!r} has no name in plain Latin letters")
    translated = style.get("translated", {})
    for tag, texts in translated.items():
        is_table = isinstance(texts, Mapping) and all(isinstance(text, str) and text for text in texts.values())
        if tag not in LOCALES or not is_table:
            raise SpecError(f"[translated] of the report style: {tag!r} is no language with a text for each text")
    known = dict(translated.get(language, {}))
    sentences = style.get("wording", {})
    if not_texts := [key for key, sentence in sentences.items() if not isinstance(sentence, str)]:
        raise SpecError(f"the sentence {not_texts[0]!r} in the report style is no text")
    wording = {key: known.get(sentence, sentence) for key, sentence in sentences.items()}
    return AppendixOptions(
        exhibits=_exhibits(style),
        detail=detail,
        authors=tuple(authors),
        date=str(style.get("date", "")),
        wording=Wording().changed(wording),
        theme=theme,
        tables=tables,
        spelling=dict(words),
        language=language,
        names=known,
        romanized=dict(names),
    )


def _exhibits(style: Mapping[str, Any]) -> tuple[str, ...]:
    if "exhibits" in style:
        if unknown := [name for name in style["exhibits"] if name not in EXHIBIT_NAMES]:
            raise SpecError(f"no exhibit is called {unknown[0]!r}; known: {', '.join(EXHIBIT_NAMES)}")
        return tuple(style["exhibits"])
    preset = style.get("appendix", "full")
    if preset not in PRESETS:
        raise SpecError(f"no appendix is called {preset!r}; known: {', '.join(PRESETS)}")
    return PRESETS[preset]


def _build_options(kind: type[Any], options: Mapping[str, Any], where: str) -> Any:
    known = {field.name for field in fields(kind)}
    if unknown := [name for name in options if name not in known]:
        raise SpecError(f"[{where}] of the report style has no {unknown[0]!r}; known: {', '.join(sorted(known))}")
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in options.items()})
