"""What the program offers, read from its registries: the only list there is."""

import shutil
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import partial
from pathlib import Path

from twintrade.errors import DataError, SpecError
from twintrade.files import read_file
from twintrade.methods import BUILT_IN, find_methods, load_method
from twintrade.render.names import EXHIBIT_NAMES, PRESETS, list_sentences
from twintrade.study.answers import Entry, ListAnswer
from twintrade.study.spec.recipes import RECIPES, format_citation
from twintrade.study.spec.spec_text import parse_tables, to_toml
from twintrade.study.store.locating import FOLDER, find_project_root
from twintrade.text import Text

_WIDTH, _NARROWEST = 100, 40
_INDENT = "      "


def format_lists(what: str, here: Path) -> str:
    """Return one list, or all of them, as text."""
    if what == "sentences":
        return to_toml({"wording": list_sentences()}).rstrip()
    lists = collect_lists(what, here)
    return "\n\n".join("\n".join([f"{name}:", *_lines(name, entries, here)]) for name, entries in lists.items())


def collect_lists(what: str, here: Path) -> ListAnswer:
    """Return one list, or all of them, by name."""
    lists: Mapping[str, Callable[[], Iterator[Entry]]] = {
        "analyses": lambda: (
            Entry(p.stem, _title(p)) for p in sorted((find_project_root(here) / FOLDER).glob("*.toml"))
        ),
        "recipes": lambda: (Entry(name, f"{r.equation}. {r.sentence}") for name, r in RECIPES.items()),
        **{f"{room.removesuffix('s')}s": partial(_methods, room) for room in BUILT_IN},
        "exhibits": _exhibits,
    }
    if what != "all" and what not in lists:
        from twintrade.design.panel import suggest_word

        raise SpecError(f"there is no list of {what!r}; {suggest_word(what, [*lists, 'sentences', 'all'])}")
    return {name: [*entries_of()] for name, entries_of in lists.items() if what in ("all", name)}


def _lines(name: str, entries: Sequence[Entry], here: Path) -> Iterator[str]:
    if name == "analyses" and not (find_project_root(here) / FOLDER).is_dir():
        yield f"  {Text('study.no-folder', folder=FOLDER)}"
    for entry in entries:
        yield f"  {entry.name}"
        yield from _wrapped(entry.description)
        if entry.options:
            yield from _wrapped(str(Text("study.options", options=", ".join(entry.options))))


def _title(path: Path) -> str:
    """Return an analysis's title, or why it has none."""
    try:
        title = parse_tables(read_file(path).decode("utf-8"), path.name).get("title", "")
    except (OSError, UnicodeDecodeError, DataError, SpecError):
        return str(Text("study.unreadable"))
    return str(title)


def _methods(room: str) -> Iterator[Entry]:
    for name, entry in sorted(find_methods(room).items()):
        method = load_method(entry)
        text = method.__doc__.splitlines()[0].replace("`", "")
        cited = format_citation(getattr(method, "citation", ""))
        description = text if not cited or cited.split()[0].rstrip(",") in text else f"{text} {cited}."
        options = fields(method) if is_dataclass(method) else ()
        yield Entry(name, description, tuple(option.name for option in options if option.init))


def _exhibits() -> Iterator[Entry]:
    """The exhibits of an appendix by the name that [report] uses, and the presets that show them."""
    sentences = list_sentences()
    for name in EXHIBIT_NAMES:
        presets = ", ".join(preset for preset, shown in PRESETS.items() if name in shown)
        yield Entry(name, str(Text("study.presets", exhibit=sentences[name], presets=presets)))


def _wrapped(text: str) -> Iterator[str]:
    width = max(_NARROWEST, shutil.get_terminal_size((_WIDTH, 0)).columns)
    yield from textwrap.wrap(text, width, initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False)
