"""How an appendix is made, as its writer chose it."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Literal

from twintrade.render.presets import EXHIBIT_NAMES
from twintrade.render.tables.estimates import TableOptions
from twintrade.render.theme import Theme
from twintrade.render.wording import Wording
from twintrade.text import find_catalogue, load_catalogue, use_catalogue

Detail = Literal["short", "full"]


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
