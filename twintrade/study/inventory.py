"""What the program offers, read from its registries: the only list there is."""

import shutil
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from twintrade.errors import SpecError
from twintrade.methods import read_method_sources
from twintrade.render.presets import EXHIBIT_NAMES, PRESETS
from twintrade.render.wording import list_sentences
from twintrade.study.page.citations import format_citation
from twintrade.study.spec.recipes import RECIPES
from twintrade.study.spec.spec_text import parse_tables
from twintrade.study.spec.toml_text import to_toml
from twintrade.study.store.locating import FOLDER, find_project_root
from twintrade.text import Text

_WIDTH, _NARROWEST = 100, 40
_INDENT = "      "


def format_lists(what: str, here: Path) -> str:
    """Return one list, or all of them, as text.

    Raises
    ------
    SpecError
        No such list.
    """
    lists: Mapping[str, Callable[[], Iterator[str]]] = {
        "analyses": lambda: _analyses(here),
        "recipes": _recipes,
        "estimators": lambda: _methods("estimators"),
        "inferences": lambda: _methods("inference"),
        "diagnostics": lambda: _methods("diagnostics"),
        "sources": lambda: _methods("sources"),
        "exhibits": _exhibits,
    }
    if what == "sentences":
        return _sentences()
    if what != "all" and what not in lists:
        from twintrade.design.words import suggest_word

        raise SpecError(f"there is no list of {what!r}; {suggest_word(what, [*lists, 'sentences', 'all'])}")
    chosen = lists if what == "all" else {what: lists[what]}
    return "\n\n".join("\n".join([f"{name}:", *lines_of()]) for name, lines_of in chosen.items())


def _analyses(here: Path) -> Iterator[str]:
    root = find_project_root(here)
    if not (root / FOLDER).is_dir():
        yield f"  {Text('study.no-folder', folder=FOLDER)}"
        return
    for path in sorted((root / FOLDER).glob("*.toml")):
        yield from _entry(path.stem, _title(path))


def _title(path: Path) -> str:
    """Return an analysis's title, or why it has none."""
    try:
        title = parse_tables(path.read_text(encoding="utf-8"), path.name).get("title", "")
    except (OSError, UnicodeDecodeError, SpecError):
        return str(Text("study.unreadable"))
    return str(title)


def _recipes() -> Iterator[str]:
    for name, recipe in RECIPES.items():
        yield from _entry(name, f"{recipe.equation}. {recipe.sentence}")


def _methods(room: str) -> Iterator[str]:
    for name, method in sorted(read_method_sources(room).items()):
        text = method.description.replace("`", "")
        cited = format_citation(method.citation)
        yield from _entry(name, text if not cited or cited.split()[0].rstrip(",") in text else f"{text} {cited}.")
        if method.options:
            yield from _wrapped(str(Text("study.options", options=", ".join(method.options))))


def _exhibits() -> Iterator[str]:
    """The exhibits of an appendix by the name that [report] uses, and the presets that show them."""
    sentences = list_sentences()
    for name in EXHIBIT_NAMES:
        presets = ", ".join(preset for preset, shown in PRESETS.items() if name in shown)
        yield from _entry(name, str(Text("study.presets", exhibit=sentences[name], presets=presets)))


def _sentences() -> str:
    """Every sentence of the report as a style file has it, so that one can be begun by copying."""
    return to_toml({"wording": list_sentences()}).rstrip()


def _entry(name: str, text: str) -> Iterator[str]:
    """A name on a line of its own, and under it what it is."""
    yield f"  {name}"
    yield from _wrapped(text)


def _wrapped(text: str) -> Iterator[str]:
    width = max(_NARROWEST, shutil.get_terminal_size((_WIDTH, 0)).columns)
    yield from textwrap.wrap(text, width, initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False)
