"""What the program offers, read from its registries: the only list there is."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from twintrade.effects import Registry
from twintrade.errors import SpecError
from twintrade.study.citations import citation_text
from twintrade.study.locating import FOLDER, project_root
from twintrade.study.methods import option_names
from twintrade.study.recipes import RECIPES
from twintrade.study.spec_faults import nearest


def listed(what: str, here: Path) -> str:
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
        "inferences": lambda: _methods("inferences"),
        "diagnostics": lambda: _methods("diagnostics"),
    }
    if what != "all" and what not in lists:
        raise SpecError(f"there is no list of {what!r}; {nearest(what, [*lists, 'all'])}")
    chosen = lists if what == "all" else {what: lists[what]}
    return "\n\n".join("\n".join([f"{name}:", *made()]) for name, made in chosen.items())


def registries() -> dict[str, Registry[Any]]:
    """Return the three registries by name."""
    from twintrade.diagnostics.base import DIAGNOSTICS
    from twintrade.estimators.base import ESTIMATORS
    from twintrade.inference.base import INFERENCES

    return {"estimators": ESTIMATORS, "inferences": INFERENCES, "diagnostics": DIAGNOSTICS}


def _analyses(here: Path) -> Iterator[str]:
    for path in sorted((project_root(here) / FOLDER).glob("*.toml")):
        yield f"  {path.stem}"


def _recipes() -> Iterator[str]:
    for name, recipe in RECIPES.items():
        yield f"  {name:<14} {recipe.equation}. {recipe.sentence}"


def _methods(room: str) -> Iterator[str]:
    registry = registries()[room]
    for name in registry:
        method = registry[name]
        cited = citation_text(method.citation)
        options = ", ".join(option_names(method))
        yield f"  {name:<28} {(method.__doc__ or '').strip().splitlines()[0]}" + (f" {cited}." if cited else "")
        if options:
            yield f"  {'':<28} options: {options}"
