"""The words of one language: messages in Fluent, a file for each room of the house, read when first needed."""

import re
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from copy import copy
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from babel import Locale
from babel.lists import format_list
from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax import ast
from fluent.syntax.serializer import serialize_expression

from twintrade.text.numbers import list_functions

LOCALES: Mapping[str, str] = {"en-GB": "en", "en-US": "en", "zh-CN": "zh-CN"}
"""The folder with the texts of each language that a page can be in."""

DEFAULT = "en-GB"
_SPELLINGS = {"en-US": "american.csv"}
"""Words that one language writes otherwise than its folder does, in a table beside the messages."""

MARK = "[en] "  # before a message that a language has not yet, and that is said in English
_GRAMMAR = ("lists", "numbers")
"""Files whose messages are no sentences: those a language has not are English, without the mark."""

_SPELLED = re.compile("(?:by|check|date|dimension|field|inference|method|scale|series|statistic|status|verdict)-")
"""Labels that English has only where they are no words of their key."""

_STYLES = {"and": "standard", "or": "or"}
_NAMED = re.compile(r"^(-?[\w-]+) *=\s*")
_ENTRY = re.compile(r"^(-?[a-zA-Z][\w-]*) *=.*\n(?:(?!-?[a-zA-Z]|#).*\n)*", re.MULTILINE)
_REFERENCE = re.compile(r"[{(,]\s*(-?[a-z][\w-]*)")
_SEPARATORS = {"comma": "comma", "semicolon": "semicolon", "sentences": "between-sentences"}


class Catalogue:
    """Messages of one language by file and key; those it has not are English, behind a mark.

    ``language``: as in "en-GB"; ``transform``: from the source of a Fluent file to the one that is used instead;
    ``names``: what data and users call something, and what it is called in this language.
    """

    def __init__(
        self,
        language: str = DEFAULT,
        transform: Callable[[str], str] | None = None,
        names: Mapping[str, str] | None = None,
    ) -> None:
        if language not in LOCALES:
            raise ValueError(f"there are no texts in {language!r}; there are {', '.join(LOCALES)}")
        self.language = language
        self._folder = LOCALES[language]
        self._locale = Locale.parse(language, sep="-")
        spelling = _SPELLINGS.get(language)
        self.names: Mapping[str, str] = dict(_read_pairs(self._folder, "names.csv")) | dict(names or {})
        self._transform = transform or (_build_spelling(_read_pairs(self._folder, spelling)) if spelling else None)
        self._english = None if self._folder == LOCALES[DEFAULT] else load_catalogue(DEFAULT)
        self.borrowed: set[str] = set()  # keys that were said in English so far
        self._bundles: dict[str, FluentBundle] = {}
        self._entries: dict[str, dict[str, str]] = {}
        self._translated: dict[str, frozenset[str]] = {}
        self._messages: dict[str, dict[str, ast.Message]] = {}

    def put(self, key: str, values: Mapping[str, Any]) -> str:
        """Return the message under a key with its values put in."""
        file, _, name = key.partition(".")
        if not self.has(key):
            raise KeyError(f"{LOCALES[self.language]}/{file}.ftl has no message {name!r}")
        if self._english is not None and name not in self._translated[file]:
            self.borrowed.add(key)
            return ("" if file in _GRAMMAR else MARK) + self._english.put(key, values)
        return _format(self._open(file, name), name, values)

    def has(self, key: str) -> bool:
        """Whether there is a message under a key."""
        file, _, name = key.partition(".")
        return name in self._list_entries(file) and not name.startswith("-")

    def list_keys(self, file: str) -> list[str]:
        """Return the messages of one file in their order in English, the language that has all."""
        return list((self._english or self)._parse(file))

    def parse(self, file: str) -> Mapping[str, ast.Message]:
        """Return the messages that one file can use, by name, as Fluent reads them."""
        english = dict(self._english.parse(file)) if self._english else {}
        return ChainMap(self._parse(file), self._parse("common"), english)

    def _parse(self, file: str) -> dict[str, ast.Message]:
        if file not in self._messages:
            entries = FluentResource(self._source(file)).body
            self._messages[file] = {entry.id.name: entry for entry in entries if isinstance(entry, ast.Message)}
        return self._messages[file]

    def read(self, document: str) -> str:
        """Return a document of its own, by its file: what a new analysis file says."""
        text = _read_file(self._folder, f"documents/{document}")
        return self._english.read(document) if self._english and not text else text

    def list_characters(self, sources: Sequence[str]) -> set[str]:
        """Return the characters of the messages of some files, and of all names."""
        return {character for text in (*map(self._source, sources), *self.names.values()) for character in text}

    def write(self, pattern: str, values: Mapping[str, Any]) -> str:
        """Return a sentence of someone's own, given as a Fluent pattern, with its values put in."""
        bundle = self._start()
        bundle.add_resource(FluentResource(f"own = {pattern}"))
        return _format(bundle, "own", values)

    def knowing(self, names: Mapping[str, str]) -> "Catalogue":
        """Return the same language with more names."""
        other = copy(self)
        other.names = {**self.names, **names}
        return other

    def name(self, given: str) -> str:
        """Return what something is called in this language; a name that is not known stands as it is."""
        return self.names.get(given, given)

    def join(self, items: Sequence[str], how: str) -> str:
        """Return items as one list of the language."""
        if how in _SEPARATORS:
            return self.put(f"lists.{_SEPARATORS[how]}", {}).join(items)
        return format_list(items, style=_STYLES[how], locale=self._locale)  # type: ignore[arg-type]

    def _open(self, file: str, name: str) -> FluentBundle:
        """Return the bundle of a file with a message in it and all that this one names: parsing all files is slow."""
        if file not in self._bundles:
            self._bundles[file] = self._start()
        bundle, entries = self._bundles[file], self._list_entries(file)
        waiting, needed = [name], {}
        while waiting:
            entry = waiting.pop()
            if entry in entries and entry not in needed and not bundle.has_message(entry):
                needed[entry] = entries[entry]
                waiting += _REFERENCE.findall(entries[entry])
        if needed:
            bundle.add_resource(FluentResource("".join(needed.values())))
        return bundle

    def _list_entries(self, file: str) -> dict[str, str]:
        """Return the source of each entry that a file can use, common ones first; English ones where it has none."""
        if file not in self._entries:
            sources = [self._source(name) for name in dict.fromkeys((file, "common"))]
            entries = {part[1]: part[0] for source in sources for part in _ENTRY.finditer(source + "\n")}
            english = self._english._list_entries(file) if self._english else {}
            mark = "" if file in _GRAMMAR else f'{{ "{MARK}" }}'
            self._translated[file] = frozenset(entries)
            self._entries[file] = {n: _NAMED.sub(rf"\1 = {mark}", entry) for n, entry in english.items()} | entries
        return self._entries[file]

    def _start(self) -> FluentBundle:
        return FluentBundle([self.language], use_isolating=False, functions=dict(list_functions(self.put)))

    def _source(self, name: str) -> str:
        source = _read_file(self._folder, f"{name}.ftl")
        if name == "labels" and self._folder == LOCALES[DEFAULT]:
            source = _spell_labels() + source
        return self._transform(source) if self._transform else source


def _format(bundle: FluentBundle, name: str, values: Mapping[str, Any]) -> str:
    pattern = bundle.get_message(name).value
    if pattern is None:
        raise KeyError(f"the message {name} says nothing")
    written, faults = bundle.format_pattern(pattern, dict(values))
    if faults:
        raise KeyError(f"{name}: {'; '.join(str(fault) for fault in faults)}")
    return str(written)


def _read_file(folder: str, name: str) -> str:
    """Return the text of a file of a language, empty where there is none."""
    if not (files("twintrade.text") / folder / name).is_file():
        return ""
    return (files("twintrade.text") / folder / name).read_text(encoding="utf-8")


@cache
def _spell_labels() -> str:
    """Return messages for facts whose English name is their key in words; only other languages have them."""
    others = "\n".join(_read_file(folder, "labels.ftl") for folder in {*LOCALES.values()} - {LOCALES[DEFAULT]})
    keys = [entry[1] for entry in _ENTRY.finditer(others + "\n") if _SPELLED.match(entry[1])]
    words = {key: re.sub("[_-]", " ", key.partition("-")[2]) for key in keys}
    named = {key: name[:1].upper() + name[1:] if key.startswith("check-") else name for key, name in words.items()}
    return "".join(f"{key} = {name}\n" for key, name in named.items())


def _read_pairs(folder: str, table: str) -> list[tuple[str, str]]:
    """Return a table of words of a language and what stands for them, empty where it has none."""
    lines = _read_file(folder, table).splitlines()
    return [(given, shown) for given, _, shown in (line.partition(",") for line in lines)]


def _build_spelling(pairs: Sequence[tuple[str, str]]) -> Callable[[str], str]:
    """Return a change of words in what messages say, not in names of keys, values and choices."""
    words = dict(pairs)
    known = re.compile(rf"(?<![$\w\[.-])(?:{'|'.join(words)})(?![\w\]-]| *=)")
    return lambda source: known.sub(lambda match: words[match.group()], source)


load_catalogue = cache(Catalogue)
_in_use: ContextVar[Catalogue | None] = ContextVar("catalogue", default=None)
_chosen: ContextVar[str] = ContextVar("language", default="")


def find_catalogue() -> Catalogue:
    """Return the catalogue in use, British English where none was chosen."""
    return _in_use.get() or load_catalogue(DEFAULT)


def find_choice() -> str:
    """Return the language that somebody chose for pages, whatever their files say; empty where nobody did."""
    return _chosen.get()


@contextmanager
def use_catalogue(catalogue: Catalogue) -> Iterator[None]:
    """Put texts into the words of a catalogue for as long as the block lasts."""
    before = _in_use.set(catalogue)
    try:
        yield
    finally:
        _in_use.reset(before)


def use_language(language: str) -> AbstractContextManager[None]:
    """Put texts into the words of a language for as long as the block lasts; where it is empty, nothing changes."""
    return use_catalogue(load_catalogue(language)) if language else nullcontext()


@contextmanager
def choose_language(language: str) -> Iterator[None]:
    """Use a language for as long as the block lasts, also for pages whose files name another one."""
    before = _chosen.set(language)
    try:
        with use_language(language):
            yield
    finally:
        _chosen.reset(before)


# A message as the author of another sentence for it sees it: plain text with places in braces.

_PLACE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Template:
    """What a sentence says and what it can put in."""

    sentence: str  # with its places in braces, in the form for many where there are several
    places: Mapping[str, str]  # how Fluent writes each place: a number as the message formats it

    def adopt(self, sentence: str) -> str:
        """Return another sentence with the same places as a pattern of Fluent; all else in it is plain text."""
        parts = enumerate(_PLACE.split(sentence))
        return "".join(f"{{ {self.places[p]} }}" if i % 2 else f'{{ "{_quote(p)}" }}' for i, p in parts)


def read_template(key: str) -> Template:
    """Return the message under a key of the catalogue in use as a template."""
    file, _, name = key.partition(".")
    entries = find_catalogue().parse(file)
    places: dict[str, str] = {}
    return Template(_write(entries[name].value, entries, places), places)


def _quote(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\u000A")


def _write(pattern: ast.Pattern | None, entries: Mapping[str, ast.Message], places: dict[str, str]) -> str:
    parts = pattern.elements if pattern is not None else []
    return "".join(
        part.value if isinstance(part, ast.TextElement) else _put(part.expression, entries, places) for part in parts
    )


def _put(expression: object, entries: Mapping[str, ast.Message], places: dict[str, str]) -> str:
    """Return what stands for an expression, and note the places in it."""
    match expression:
        case ast.VariableReference():
            return _note(expression.id.name, expression, places)
        case ast.FunctionReference():
            named = next(a for a in expression.arguments.positional if isinstance(a, ast.VariableReference))
            return _note(named.id.name, expression, places)
        case ast.MessageReference():
            return _write(entries[expression.id.name].value, entries, places)
        case ast.SelectExpression():
            _put(expression.selector, entries, places)
            written = {variant.default: _write(variant.value, entries, places) for variant in expression.variants}
            return written[True] or written.get(False, "")
        case ast.StringLiteral():
            return str(expression.value)
    return ""


def _note(name: str, expression: ast.InlineExpression, places: dict[str, str]) -> str:
    if isinstance(expression, ast.FunctionReference) or name not in places:
        places[name] = serialize_expression(expression)
    return f"{{{name}}}"
