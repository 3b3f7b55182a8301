"""An analysis file as checked values: every key known, every error reported at once, with its line."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from twintrade.data import schema
from twintrade.data.calendar import Frequency
from twintrade.data.figures import parse_money_unit
from twintrade.design.fixed_effects import list_effect_columns, list_effect_names
from twintrade.design.panel import PeriodsName
from twintrade.design.transforms import TransformName
from twintrade.errors import DataError, DesignError, SpecError
from twintrade.renamed import replace_old_keys
from twintrade.study.spec.page_spec import ClaimEntry, ReportSection, Section
from twintrade.study.spec.recipes import expand_recipe
from twintrade.study.spec.spec_faults import format_faults
from twintrade.study.spec.spec_text import parse_tables

# A trade table drawn by a committed seed, for as long as the real series is not at hand.


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedEffect:
    """Log points planted on some dyads from a year on."""

    effect: float
    effect_on: tuple[str, ...]
    effect_from: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedTrade:
    """What to draw in place of a file; everything made from it says SIMULATED.

    A flow is the product of a city's size, a partner's size, how well the two fit, what happens to the city and to
    the partner over time, and a yearly shock. No twinning moves it unless an effect is planted.

    cities, partners: As the registry names them; partners as codes. first, last: Years. level: A typical flow in the
    first year, in the money unit of the table. growth: Log points a year, common to all flows. noise: Standard
    deviation of a flow's shock, in log points. effect: Log points planted on ``effect_on`` from
    ``effect_from`` on, a year. effect_on: Dyads, as city-partner. also: Further effects, with the same three keys.
    by: Length of a period; months have seasons.
    """

    seed: int
    cities: tuple[str, ...]
    partners: tuple[str, ...]
    first: int
    last: int
    level: float = 50e6
    growth: float = 0.06
    noise: float = 0.12
    effect: float = 0.0
    effect_on: tuple[str, ...] = ()
    effect_from: int | None = None
    also: tuple[PlantedEffect, ...] = ()
    by: Literal["year", "month"] = "year"

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError("a seed is a whole number from 0")
        if not self.cities or not self.partners or self.last <= self.first:
            raise ValueError("a simulated table needs cities, partners and at least two years")
        if self.level <= 0 or self.noise < 0:
            raise ValueError("level must be positive and noise not negative")
        if self.effect and (not self.effect_on or self.effect_from is None):
            raise ValueError("an effect needs effect_on (dyads) and effect_from (a year)")
        known = {f"{c}-{p}" for c in self.cities for p in self.partners}
        named = {dyad for planted in self.also for dyad in planted.effect_on} | set(self.effect_on)
        if unknown := sorted(named - known):
            raise ValueError(f"effect_on names {unknown[0]}, which is no dyad of this table")


def simulate_trade(options: SimulatedTrade, city: str, partner: str, period: str, value: str) -> pd.DataFrame:
    """Return a long table with the named columns, one row a dyad and year, values in whole money units."""
    rng = np.random.default_rng(options.seed)
    per_year = 12 if options.by == "month" else 1
    times = np.arange(options.first * per_year, (options.last + 1) * per_year)
    shape = (len(options.cities), len(options.partners), times.size)
    size = rng.normal(0.0, 0.6, shape[0])[:, None, None] + rng.normal(0.0, 0.7, shape[1])[None, :, None]
    fit = rng.normal(0.0, 0.4, shape[:2])[:, :, None]
    step = 0.08 / np.sqrt(per_year)
    city_path = rng.normal(0.0, step, (shape[0], 1, shape[2])).cumsum(axis=2)
    partner_path = rng.normal(0.0, step, (1, shape[1], shape[2])).cumsum(axis=2)
    shock = rng.normal(0.0, options.noise, shape)
    if per_year > 1:
        shock += rng.normal(0.0, 0.15, (*shape[:2], per_year))[:, :, times % per_year]
    trend = options.growth * (times / per_year - options.first)
    log_flow = np.log(options.level) + size + fit + city_path + partner_path + shock + trend
    labels = times if per_year == 1 else [Frequency.MONTH.label(int(month)) for month in times]
    frame = pd.MultiIndex.from_product([options.cities, options.partners, labels], names=[city, partner, period])
    table = frame.to_frame(index=False)
    dyad = table[city].astype(str) + "-" + table[partner].astype(str)
    start = options.effect_from or options.last + 1
    first = PlantedEffect(effect=options.effect, effect_on=options.effect_on, effect_from=start)
    raised = log_flow.ravel()
    for planted in (first, *options.also):
        is_after = np.tile(times >= planted.effect_from * per_year, shape[0] * shape[1])
        raised = raised + planted.effect * (dyad.isin(planted.effect_on).to_numpy() & is_after)
    table[value] = np.rint(np.exp(raised)).astype(np.int64)
    return table


# A trade table as an analysis file declares it.


def _check_unit(unit: str | schema.UnitColumn) -> str | schema.UnitColumn:
    try:
        if isinstance(unit, str):
            parse_money_unit(unit)
    except DataError as error:
        raise ValueError(str(error)) from None
    return unit


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeEntry(schema.TradeSource):
    """A trade table: a file, or in its place a simulated one with the same columns.

    simulate: In place of file: a table drawn by a committed seed.
    """

    file: str = ""
    money_unit: Annotated[str | schema.UnitColumn, AfterValidator(_check_unit)]
    simulate: SimulatedTrade | None = None

    def __post_init__(self) -> None:
        if bool(self.file) == (self.simulate is not None):
            raise ValueError("a trade table has either file or simulate")


class DataSection(Section):
    """What was observed."""

    trade: list[TradeEntry] = Field(min_length=1)
    twinnings: list[schema.TwinningSource] = Field(default=[])
    undated: list[schema.UndatedSource] = Field(default=[], description="links without a date; one table or several")
    covariates: list[schema.CovariateSource] = Field(default=[], description="tables of covariates and weights")
    policies: list[schema.PolicySource] = Field(default=[], description="dates of other policies than the agreements")
    also_linked: list[str] = Field(default=[], description="dyads known to have undated links that are in no file")
    wider_register: bool = Field(
        default=False,
        description="the registers also list cities that the trade tables leave out on purpose: a note, no warning",
    )
    other_events: dict[str, str] = Field(
        default={}, description="dyads moved by another named event, and which: in no comparison, listed with it"
    )
    places: dict[str, tuple[float, float]] = Field(
        default={},
        description="latitude and longitude, in degrees, of cities and partners, for distances between them",
    )
    simulated: bool = Field(default=False, description="the files hold simulated series: everything says SIMULATED")
    skip_when_absent: bool = Field(default=False, description="skip the analysis, and say why, if an input is absent")
    fetch: list[str] = Field(default=[], description="commands that bring absent inputs: printed, never run")

    @field_validator("undated", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return [value] if isinstance(value, Mapping) else value


class TreatmentSection(Section):
    """How dates of agreements become onsets.

    rule: What counts: the first agreement of city and partner, the n-th, the number of agreements in
        force, or the highest of their kinds as a level.
    date: Which date of an agreement: signed, first, last, or a kind of candidate date; of several the first that it
        has.
    n: For nth_agreement.
    late_from: In annual data an agreement from this month on counts from the next year; 13 never.
    kinds: Kinds of agreement that count; all when empty. Pairs with agreements of other kinds are left out of the
        comparison. For levels, the lowest first.
    vague_years_later: Years added to a date known only by its year.
    undated_link: Whether a pair that has a dated agreement within the sample and a link without a date, which may be
        older, counts as treated and is flagged, or is undated and excluded.
    column: In place of a register: a column of the trade file that is 1 from a pair's agreement on, and 0 before.
    """

    column: str | None = None
    rule: Literal["first_agreement", "nth_agreement", "dose", "levels"] = "first_agreement"
    date: str | list[str] = "signed"
    n: int = Field(default=1, ge=1)
    late_from: int = Field(default=12, ge=1, le=13)
    kinds: list[str] = Field(default=[])
    vague_years_later: Literal[0, 1] = 0
    undated_link: Literal["flag", "exclude"] = "flag"


ClusterName = Literal["unit", "dyad", "city", "partner", "period", "undirected_pair"]


class DesignSection(Section):
    """Who is compared with whom, when.

    unit: One series a pair of city and partner, or one a city.
    outcome: A flow that was read.
    transform: Of the outcome: share_of_partner and share_of_city divide it by the total, in the table and the same
        year, of the partner or the city; an index is 100 in index_base. Rows it cannot take are left out and counted.
    index_base: For an index: the year, before the first onset, in which every pair's outcome is 100.
    fixed_effects: two_way, gravity, city_gravity, partner_gravity, unit, or a list of unit, period, city, partner,
        city_period, partner_period, border_period, size_period and growth_period (thirds of pairs before the first
        agreement), cohort, undirected_pair (one level for both directions of a pair), or numeric columns: "sector",
        "sector^period".
    treatment: See below.
    comparison: The comparison group: never treated, not yet treated, or donors.
    window: Event times shown; no overall effect depends on it.
    reference: Event time set to zero, which paths are measured against.
    anticipation: Periods before onset that count as possibly affected.
    cluster: Dimensions of clustering.
    covariates: Columns conditioned on, of the trade file or of a table under [[data.covariates]].
    weights: Column of sampling weights, from the same places. Rows without a positive weight are left out.
    always_treated: Units treated from their first period on; "compare" keeps them, as if their effect no longer
        changed.
    """

    unit: Literal["dyad", "city"] = "dyad"
    outcome: str = "exports"
    transform: TransformName = "level"
    index_base: int | None = Field(default=None, validate_default=True)
    fixed_effects: str | list[str] = "gravity"
    treatment: TreatmentSection = TreatmentSection()
    comparison: Literal["not_yet_treated", "never_treated"] = "not_yet_treated"
    window: tuple[int, int] = (-5, 5)
    reference: int = -1
    anticipation: int = Field(default=0, ge=0)
    cluster: list[ClusterName] = Field(default=["city", "partner"])
    covariates: list[str] = Field(default=[])
    weights: str | None = None
    sample: tuple[int, int] | None = Field(default=None, description="first and last period used")
    periods: PeriodsName | None = Field(
        default=None, description="whether years at unequal steps count as waves; they do if no two are neighbors"
    )
    without: list[str] = Field(
        default=[], description='units left out; "domestic" for every pair of a country with itself'
    )
    always_treated: Literal["exclude", "keep", "compare"] = "exclude"

    @field_validator("index_base")
    @classmethod
    def _belongs_to_an_index(cls, value: int | None, info: ValidationInfo) -> int | None:
        if (value is None) == (info.data.get("transform") == "index"):
            raise ValueError(
                'transform = "index" needs the year, before the first onset, in which every outcome is 100; '
                "other transforms take none"
            )
        return value

    @field_validator("window")
    @classmethod
    def _reaches_onset(cls, value: tuple[int, int]) -> tuple[int, int]:
        if not value[0] <= value[1] or value[1] < 0:
            raise ValueError("a window is [first, last], in this order, and its last event time is 0 or later")
        return value

    @field_validator("fixed_effects")
    @classmethod
    def _are_known(cls, value: str | list[str]) -> str | list[str]:
        try:
            list_effect_names(value if isinstance(value, str) else tuple(value), list_effect_columns(value))
        except DesignError as error:
            raise ValueError(str(error)) from None
        return value

    @field_validator("reference")
    @classmethod
    def _is_before_onset(cls, value: int) -> int:
        if value >= 0:
            raise ValueError("the reference is an event time before the onset, -1 or earlier")
        return value

    @field_validator("anticipation")
    @classmethod
    def _leaves_the_reference(cls, value: int, info: ValidationInfo) -> int:
        reference = info.data.get("reference", -1)
        if reference >= -value:
            raise ValueError(f"reference {reference} is not before the onset less {value} periods of anticipation")
        return value


class NamedEntry(BaseModel):
    """A method by its registry name; the other keys are its options, checked against the method itself."""

    model_config = ConfigDict(extra="allow", frozen=True)
    name: str

    @property
    def options(self) -> dict[str, Any]:
        """The keys beside the name."""
        return dict(self.model_extra or {})


class InferenceSection(NamedEntry):
    """How sure: the method, its options, and the seed of everything random.

    name: See twintrade list inferences.
    level: Of intervals.
    seed: Of everything random; each check's own seed is made from it and the check's name, and an inference has one
        for all columns.
    """

    name: str = "auto"
    level: float = Field(default=0.95, gt=0.5, lt=1)
    seed: int = Field(default=1, ge=0)
    beside: list[str] = Field(default=[], description="further inferences about the overall effect, for comparison")


class CaseSection(Section):
    """The one dyad that a single-case analysis is about.

    city, partner: As the trade table has them, the partner as a code.
    country: The city's own country, by code or name: which known shocks concern it.
    """

    city: str
    partner: str
    country: str = ""


class WatchSection(Section):
    """Agreements to come, watched while they run.

    portfolio: Pairs and dates to come, as { "Jinan-GBR" = "2027-03" }.
    horizon: Years of looks.
    alpha: Probability of any alarm without an effect.
    boundary: How alpha is spent over the looks.
    alike: What controls share with a pair.
    controls: By default 199, or as many as the looks need.
    """

    portfolio: dict[str, str] = Field(min_length=1)
    looks: Literal["year", "quarter", "month"] = "year"
    horizon: int = Field(default=8, ge=1, le=30)
    alpha: float = Field(default=0.10, gt=0, lt=0.5)
    boundary: Literal["linear", "obrien_fleming", "pocock"] = "linear"
    alike: Literal["size", "partner", "nearest"] = "size"
    controls: int | None = Field(default=None, ge=9, le=4999)


class Spec(Section):
    """A whole analysis file.

    title: Of the page. question: The sentence that the page opens with. recipe: A preset under what the file says;
    see below.
    """

    title: str
    question: str = ""
    recipe: str | None = None
    limits: list[str] = Field(default=[], description="sentences about what the data cannot show")
    data: DataSection
    design: DesignSection = DesignSection()
    case: CaseSection | None = None
    watch: WatchSection | None = None
    estimator: list[NamedEntry] = Field(default=[])
    inference: InferenceSection = InferenceSection()
    diagnostic: list[NamedEntry] = Field(default=[])
    report: ReportSection = ReportSection()
    translate: schema.WorldSource | None = Field(
        default=None, description="from the treated pairs to all trade of their cities"
    )
    claim: list[ClaimEntry] = Field(default=[], description="claims of your own for the ledger")


def parse(text: str, file: str = "") -> tuple[Spec, dict[str, Any]]:
    """Read an analysis file; return it with the recipe expanded, and as written, for its hash."""
    raw = parse_tables(text, file)
    try:
        return Spec.model_validate(expand_recipe(replace_old_keys(raw))), raw
    except ValidationError as error:
        raise SpecError(format_faults(error.errors(), text, file, Spec.model_json_schema())) from None


def resolve_spec(spec: Spec) -> Mapping[str, Any]:
    """Return every value of a spec, defaults included, as plain data for the manifest."""
    return spec.model_dump(mode="json", exclude_none=True)
