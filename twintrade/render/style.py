"""A department's own style: changed sentences, theme and table options, from one declared mapping."""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_args

from twintrade.errors import SpecError
from twintrade.render.appendix import AppendixOptions
from twintrade.render.figures.theme import Theme
from twintrade.render.page import Detail
from twintrade.render.presets import EXHIBIT_NAMES, PRESETS
from twintrade.render.tables.estimates import TableOptions, Under
from twintrade.render.wording import Wording

_TABLES = (
    "wording",
    "spelling",
    "language",
    "romanized",
    "theme",
    "tables",
    "exhibits",
    "appendix",
    "detail",
    "authors",
    "date",
)
MOST_COLUMNS = 12
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")


def build_options(style: Mapping[str, Any]) -> AppendixOptions:
    """Return the options that a parsed style file, or the ``[report]`` table of an analysis, asks for.

    Parameters
    ----------
    style : mapping
        ``appendix`` (a preset) or ``exhibits`` (a list of names), ``detail``, ``authors``, ``date``,
        ``wording`` (sentence by key), ``spelling`` (replacement by word), ``language`` (as in "en-GB"),
        ``romanized`` (name in Latin letters by name), ``theme`` and ``tables`` (option by name).

    Raises
    ------
    SpecError
        If a key, preset, exhibit, sentence or option does not exist.
    """
    for key in style:
        if key not in _TABLES:
            raise SpecError(f"the report style has no {key!r}; known: {', '.join(_TABLES)}")
    theme: Theme = _build_options(Theme, style.get("theme", {}), "theme")
    faults = theme.faults()
    if faults:
        raise SpecError(f"[theme] of the report style: {'; '.join(faults)}")
    return AppendixOptions(
        exhibits=_exhibits(style),
        detail=_detail(style),
        authors=_authors(style.get("authors", ())),
        date=str(style.get("date", "")),
        wording=Wording().changed(_texts(style.get("wording", {}))),
        theme=theme,
        tables=_tables(style.get("tables", {})),
        spelling=_spelling(style.get("spelling", {})),
        language=_language(style.get("language", "en-GB")),
        romanized=_romanized(style.get("romanized", {})),
    )


def _exhibits(style: Mapping[str, Any]) -> tuple[str, ...]:
    if "exhibits" in style:
        unknown = [name for name in style["exhibits"] if name not in EXHIBIT_NAMES]
        if unknown:
            raise SpecError(f"no exhibit is called {unknown[0]!r}; known: {', '.join(EXHIBIT_NAMES)}")
        return tuple(style["exhibits"])
    preset = style.get("appendix", "full")
    if preset not in PRESETS:
        raise SpecError(f"no appendix is called {preset!r}; known: {', '.join(PRESETS)}")
    return PRESETS[preset]


def _detail(style: Mapping[str, Any]) -> Detail:
    detail = style.get("detail", "short")
    if detail not in get_args(Detail):
        raise SpecError(f"the detail of the report is {detail!r}; it is one of {', '.join(get_args(Detail))}")
    return detail  # type: ignore[no-any-return]


def _authors(names: Any) -> tuple[str, ...]:
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) and name.strip() for name in names):
        raise SpecError(f'the authors of the report are {names!r}; write them as ["First Author", "Second Author"]')
    return tuple(names)


def _texts(sentences: Mapping[str, Any]) -> dict[str, str]:
    wrong = [key for key, sentence in sentences.items() if not isinstance(sentence, str)]
    if wrong:
        raise SpecError(f"the sentence {wrong[0]!r} in the report style is no text")
    return dict(sentences)


def _spelling(words: Mapping[str, Any]) -> dict[str, str]:
    for word, new in words.items():
        if not word.replace(" ", "").replace("-", "").isalpha() or not isinstance(new, str) or not new:
            raise SpecError(f"[spelling] of the report style: {word!r} = {new!r} is no word with another for it")
    return dict(words)


def _romanized(names: Mapping[str, Any]) -> dict[str, str]:
    wrong = [name for name, latin in names.items() if not isinstance(latin, str) or not latin.isascii() or not latin]
    if wrong:
        raise SpecError(f"[romanized] of the report style: {wrong[0]!r} has no name in plain Latin letters")
    return dict(names)


def _language(tag: Any) -> str:
    if not isinstance(tag, str) or _LANGUAGE.fullmatch(tag) is None:
        raise SpecError(f'the language of the report style is {tag!r}; write it as "en-GB"')
    return tag


def _tables(options: Mapping[str, Any]) -> TableOptions:
    table_options: TableOptions = _build_options(TableOptions, options, "tables")
    if table_options.under not in get_args(Under):
        raise SpecError(f"[tables] of the report style: under is one of {', '.join(get_args(Under))}")
    n_columns = table_options.columns_per_table
    if n_columns is not None and (not isinstance(n_columns, int) or not 1 <= n_columns <= MOST_COLUMNS):
        raise SpecError(f"[tables] of the report style: columns_per_table is a number from 1 to {MOST_COLUMNS}")
    return table_options


def _build_options(kind: type[Any], options: Mapping[str, Any], where: str) -> Any:
    known = {field.name for field in fields(kind)}
    unknown = [name for name in options if name not in known]
    if unknown:
        raise SpecError(f"[{where}] of the report style has no {unknown[0]!r}; known: {', '.join(sorted(known))}")
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in options.items()})
