"""A department's own style: changed sentences, theme and table options, from one declared mapping."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_args

from twintrade.errors import SpecError
from twintrade.render.options import AppendixOptions, Detail
from twintrade.render.presets import EXHIBIT_NAMES, PRESETS
from twintrade.render.tables.estimates import TableOptions, Under
from twintrade.render.theme import Theme, find_missing_typeface
from twintrade.render.wording import Wording
from twintrade.text import DEFAULT, LOCALES, find_choice, use_language

_TABLES = (
    "wording",
    "spelling",
    "language",
    "translated",
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
OF_ONE_LANGUAGE = ("wording", "spelling")
"""Sentences and words of the first language of a report alone."""


def list_languages(style: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the languages of a report, the one of its own folder first: the one that was chosen, else the file's."""
    given = find_choice() or style.get("language", DEFAULT)
    languages = tuple(dict.fromkeys(map(str, given if isinstance(given, list | tuple) else [given])))
    unknown = [tag for tag in languages if tag not in LOCALES]
    if unknown or not languages:
        raise SpecError(f"the report style has no texts in the language {unknown[:1]}: write {', '.join(LOCALES)}")
    return languages


def build_all_options(style: Mapping[str, Any]) -> tuple[AppendixOptions, ...]:
    """Return the options of a report in each of its languages; a department's own words are those of the first."""
    first, *others = list_languages(style)
    missing = find_missing_typeface(first)
    if missing is not None:
        raise SpecError(missing)
    shared = {key: value for key, value in style.items() if key not in OF_ONE_LANGUAGE}
    return (
        build_options({**style, "language": first}),
        *(build_options(shared | {"language": language}) for language in others),
    )


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
        language=language,
        names=_names(style.get("translated", {}), language),
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


def _names(translated: Mapping[str, Any], language: str) -> dict[str, str]:
    for tag, names in translated.items():
        is_table = isinstance(names, Mapping) and all(isinstance(v, str) and v for v in names.values())
        if tag not in LOCALES or not is_table:
            raise SpecError(f"[translated] of the report style: {tag!r} is no language with a text for each text")
    return dict(translated.get(language, {}))


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
