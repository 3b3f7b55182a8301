"""What every diagnostic is: options as fields, and one method from a fit and an inference to a finding."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from twintrade.design import Design
from twintrade.effects import Finding, Topic
from twintrade.effects.payload_kinds import PayloadKind
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.methods import Registry
from twintrade.text import Text, Words


class Diagnostic(ABC):
    """A question whether to believe a fit: a frozen dataclass whose fields are its options.

    Attributes
    ----------
    name : str
        Key in TOML and tables.
    citation : str
        Key in references.bib; empty where it is plain description.
    payload_kinds : mapping of str to str
        What draws each payload, by the payload's name before any point; what is not named is a table.
    topic : Topic
        Exhibit of the page that prints its findings and payloads.
    """

    name: ClassVar[str] = ""
    citation: ClassVar[str] = ""
    payload_kinds: ClassVar[Mapping[str, PayloadKind]] = {}
    topic: ClassVar[Topic] = "sensitivity"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__dict__.get("name"):
            DIAGNOSTICS.add(cls.name, cls)

    @abstractmethod
    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return what was found.

        A diagnostic whose fit cannot provide what it needs returns a finding that says "not available because ..."
        (``unavailable``), and never raises for it.
        """

    def concerns(self, design: Design) -> bool:
        """Whether a design has what this check is about; a recipe's check that is not asked is left out."""
        return True

    def unavailable(self, because: Words) -> Finding:
        """Return the finding that says why this check could not be made."""
        return Finding(
            diagnostic=self.name,
            verdict="cannot tell",
            text=Text("checks.unavailable", because=because),
            reason=because,
        )


DIAGNOSTICS: Registry[Diagnostic] = Registry("diagnostics", "diagnostic")
