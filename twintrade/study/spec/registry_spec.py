"""An analysis of a registry alone: who has how many twins, since when, and how complete the record is."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationError

from twintrade.data.geography import CitiesSource, SharesSource
from twintrade.data.schema import TwinningSource
from twintrade.errors import SpecError
from twintrade.study.spec.page_spec import ClaimEntry, ReportSection, Section
from twintrade.study.spec.spec_faults import format_faults
from twintrade.study.spec.spec_text import parse_tables

RECIPE = "registry"


class RegistrySection(Section):
    """The registry, and the sizes of its cities where they are known."""

    twinnings: list[TwinningSource] = Field(min_length=1)
    cities: CitiesSource | None = None
    shares: SharesSource | None = None
    close_up: list[str] = Field(default=[], description="countries of the second figure of size and twins")


class RegistrySpec(Section):
    """A whole analysis file with recipe = "registry"."""

    title: str
    question: str = ""
    recipe: Literal["registry"]
    limits: list[str] = Field(default=[])
    registry: RegistrySection
    report: ReportSection = ReportSection(appendix="registry")
    claim: list[ClaimEntry] = Field(default=[])


def is_registry(raw: Mapping[str, Any]) -> bool:
    """Whether an analysis file is about a registry alone."""
    return raw.get("recipe") == RECIPE


def parse_registry(text: str, file: str) -> tuple[RegistrySpec, dict[str, Any]]:
    """Read an analysis file with recipe = "registry"."""
    raw = parse_tables(text, file)
    try:
        return RegistrySpec.model_validate(raw), raw
    except ValidationError as error:
        raise SpecError(format_faults(error.errors(), text, file, RegistrySpec.model_json_schema())) from None
