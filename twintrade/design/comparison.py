"""Who stands for what would have happened without the agreement, as objects that print their assumption."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from twintrade.data.sources import format_counted


@dataclass(frozen=True, slots=True)
class Comparison(ABC):
    """The untreated side of a design.

    Attributes
    ----------
    name : str
        Key in the spec.
    """

    name: ClassVar[str] = ""
    uses_not_yet_treated: ClassVar[bool] = False

    @property
    @abstractmethod
    def label(self) -> str:
        """Short text for a table row."""

    @property
    @abstractmethod
    def sentence(self) -> str:
        """Who is compared, for the identifying assumption: "… would have moved like <sentence>"."""


@dataclass(frozen=True, slots=True)
class NeverTreated(Comparison):
    """Units without any known agreement in the sample's periods."""

    name: ClassVar[str] = "never_treated"

    @property
    def label(self) -> str:
        """Short text for a table row."""
        return "never treated"

    @property
    def sentence(self) -> str:
        """Who is compared."""
        return "units that are never treated"


@dataclass(frozen=True, slots=True)
class NotYetTreated(Comparison):
    """Units without any known agreement, and treated units before their onset."""

    name: ClassVar[str] = "not_yet_treated"
    uses_not_yet_treated: ClassVar[bool] = True

    @property
    def label(self) -> str:
        """Short text for a table row."""
        return "not yet treated"

    @property
    def sentence(self) -> str:
        """Who is compared."""
        return "units not yet treated at that time"


@dataclass(frozen=True, slots=True)
class Donors(Comparison):
    """A named set of comparison units.

    Attributes
    ----------
    units : tuple of str
        Unit labels.
    description : str
        What they have in common: "the same city's flows to other destinations".
    """

    units: tuple[str, ...] = ()
    description: str = "the donor units"
    name: ClassVar[str] = "donors"

    @property
    def label(self) -> str:
        """Short text for a table row."""
        return format_counted(len(self.units), "donor")

    @property
    def sentence(self) -> str:
        """Who is compared."""
        return self.description


COMPARISONS: dict[str, type[Comparison]] = {c.name: c for c in (NeverTreated, NotYetTreated)}
