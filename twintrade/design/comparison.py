"""Who stands for what would have happened without the agreement, as objects that print their assumption."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

from twintrade.design.panel import name_keys
from twintrade.text import Text, Words


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
    def label(self) -> Text:
        """Short text for a table row."""

    @abstractmethod
    def describe(self, units: str) -> Words:
        """Return who is compared, for "… would have moved like …"; units are "pair" or "city"."""


@dataclass(frozen=True, slots=True)
class NeverTreated(Comparison):
    """Units without any known agreement in the sample's periods.

    Examples
    --------
    >>> tt.compare(panel, agreements, "exports_usd", comparison=tt.NeverTreated()).comparison.name
    'never_treated'
    """

    name: ClassVar[str] = "never_treated"

    @property
    def label(self) -> Text:
        """Short text for a table row."""
        return Text("design.label-never-treated")

    def describe(self, units: str) -> Words:
        """Return who is compared."""
        return Text("design.never-treated", units=units)


@dataclass(frozen=True, slots=True)
class NotYetTreated(Comparison):
    """Units without any known agreement, and treated units before their onset.

    Examples
    --------
    >>> design.comparison == tt.NotYetTreated()
    True
    """

    name: ClassVar[str] = "not_yet_treated"
    uses_not_yet_treated: ClassVar[bool] = True

    @property
    def label(self) -> Text:
        """Short text for a table row."""
        return Text("design.label-not-yet-treated")

    def describe(self, units: str) -> Words:
        """Return who is compared."""
        return Text("design.not-yet-treated", units=units)


@dataclass(frozen=True, slots=True)
class Donors(Comparison):
    """A named set of comparison units.

    Attributes
    ----------
    units : tuple of str
        Unit labels.
    description : Words
        What they have in common: "the same city's flows to other destinations".

    Examples
    --------
    >>> design.compared_with(tt.Donors(("Alder-AUS", "Alder-BRA"))).observations.n_units
    9
    """

    units: tuple[str, ...] = ()
    description: Words = field(default_factory=lambda: Text("design.donors"))
    name: ClassVar[str] = "donors"

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", tuple(name_keys(self.units)))

    @property
    def label(self) -> Text:
        """Short text for a table row."""
        return Text("design.label-donors", n=len(self.units))

    def describe(self, units: str) -> Words:
        """Return who is compared."""
        return self.description


COMPARISONS: dict[str, type[Comparison]] = {c.name: c for c in (NeverTreated, NotYetTreated)}
