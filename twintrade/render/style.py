"""A department's own style: changed sentences, theme and table options, from one declared mapping."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from twintrade.errors import SpecError
from twintrade.render.appendix import EXHIBITS, PRESETS, AppendixOptions
from twintrade.render.figures.theme import Theme
from twintrade.render.tables.estimates import TableOptions
from twintrade.render.wording import Wording

_TABLES = ("wording", "theme", "tables", "exhibits", "appendix")


def options_from(style: Mapping[str, Any]) -> AppendixOptions:
    """Return the options that a parsed style file, or the ``[report]`` table of an analysis, asks for.

    Parameters
    ----------
    style : mapping
        ``appendix`` (a preset) or ``exhibits`` (a list of names), ``wording`` (sentence by key), ``theme`` and
        ``tables`` (option by name).

    Raises
    ------
    SpecError
        If a key, preset, exhibit, sentence or option does not exist.
    """
    for key in style:
        if key not in _TABLES:
            raise SpecError(f"the report style has no {key!r}; known: {', '.join(_TABLES)}")
    return AppendixOptions(
        exhibits=_exhibits(style),
        wording=Wording().changed(_texts(style.get("wording", {}))),
        theme=_built(Theme, style.get("theme", {}), "theme"),
        tables=_built(TableOptions, style.get("tables", {}), "tables"),
    )


def _exhibits(style: Mapping[str, Any]) -> tuple[str, ...]:
    if "exhibits" in style:
        known = [name for name, _ in EXHIBITS]
        unknown = [name for name in style["exhibits"] if name not in known]
        if unknown:
            raise SpecError(f"no exhibit is called {unknown[0]!r}; known: {', '.join(known)}")
        return tuple(style["exhibits"])
    preset = style.get("appendix", "full")
    if preset not in PRESETS:
        raise SpecError(f"no appendix is called {preset!r}; known: {', '.join(PRESETS)}")
    return PRESETS[preset]


def _texts(sentences: Mapping[str, Any]) -> dict[str, str]:
    wrong = [key for key, sentence in sentences.items() if not isinstance(sentence, str)]
    if wrong:
        raise SpecError(f"the sentence {wrong[0]!r} in the report style is no text")
    return dict(sentences)


def _built(kind: type[Any], options: Mapping[str, Any], where: str) -> Any:
    known = {field.name for field in fields(kind)}
    unknown = [name for name in options if name not in known]
    if unknown:
        raise SpecError(f"[{where}] of the report style has no {unknown[0]!r}; known: {', '.join(sorted(known))}")
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in options.items()})
