"""What an analysis file says about its page: the appendix, its wording, and claims of its own."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from twintrade.data.geography import CitiesSource, SharesSource
from twintrade.data.schema import TwinningSource
from twintrade.errors import SpecError
from twintrade.study.spec.spec_faults import format_faults
from twintrade.study.spec.spec_text import parse_tables


class Section(BaseModel):
    """A table of the analysis file; a key that is not listed is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ReportSection(Section):
    """What the appendix shows and in which words; changing it costs no estimation.

    appendix: Which exhibits: all, a short version, or those of a single case.
    exhibits: Names of exhibits, in place of the preset.
    detail: What a reader needs to judge the estimate, or everything that was computed.
    authors: Who signs the brief and is cited.
    date: Of the report, as it is to be printed.
    style: A TOML file with the same keys, shared by several analyses; what stands here wins over it.
    word_template: A DOCX whose styles, header and footer the Word appendix takes over.
    wording: Sentences by key.
    spelling: Words of the prose and what stands in their place; names in the data stay.
    language: Of the pages: "en-GB" where nothing is said, "en-US" or "zh-CN"; of several, the first in the folder of
        the results and each other one in a folder of its own there.
    translated: By language, the texts of this file (title, question, limits, labels, claims) and what they are in it.
    places: What codes of the trade table's cities or states are called: TX = "Texas".
    romanized: Names in plain Latin letters by name, printed where a typeface lacks the name's own script.
    designs_tried: Designs of this question that were tried, this one among them; counted where nothing is said.
    theme: Fonts, sizes and colours of figures and pages.
    tables: Options of tables.
    """

    appendix: Literal["full", "brief", "single_case", "registry", "watch"] | None = None
    exhibits: list[str] | None = None
    detail: Literal["short", "full"] | None = None
    authors: list[str] | None = None
    date: str | None = None
    style: str = ""
    word_template: str = ""
    wording: dict[str, str] = {}
    spelling: dict[str, str] = {}
    language: str | list[str] | None = None
    translated: dict[str, dict[str, str]] = {}
    places: dict[str, str] = {}
    romanized: dict[str, str] = {}
    designs_tried: int | None = Field(default=None, ge=1)
    theme: dict[str, Any] = {}
    tables: dict[str, Any] = {}


class ClaimEntry(Section):
    """A claim of your own for the ledger.

    text: The claim as a sentence. id: Printed before it. about: headline, a column (estimator or estimator/key), or a
    diagnostic that passes or fails. direction: What the claim says of the effect. at_least: Smallest size that would
    bear the claim out, in percent where the effect is in logarithms.
    """

    text: str = Field(min_length=1)
    id: str = ""
    about: str = "headline"
    direction: Literal["higher", "lower", "different", "not lower"] = "higher"
    at_least: float = Field(default=0.0, ge=0)


# An analysis of a registry alone: who has how many twins, since when, and how complete the record is.

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
