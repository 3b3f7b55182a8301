"""What a source is: which file, which column plays which part, and every convention that no file can tell."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from twintrade.data.calendar import Frequency

# How rows of single shipments become cells of city, partner and period: which engine, and what it counts.

EngineName: TypeAlias = Literal["duckdb", "spark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Microdata:
    """Rows of single shipments, declarations, or firms and products, added up by a database.

    engine: DuckDB on this machine (extra microdata), or Spark on any master (extra spark); the numbers are the same.
    master: Of Spark: "local[4]", "spark://host:7077". memory: What the engine may hold, as "1GB"; what is more goes
    to the spill folder. spill: Folder for what does not fit, relative to the project; emptied afterwards. table: Of a
    DuckDB file. decimals: Of the smallest unit of money; a value with more of them is an error. weight, firm,
    product: Columns of the weight, the firm and the product code. Firms and products are counted. product_digits:
    Cells by product group, the first digits of the code; None adds all products up. margins: Also count
    firm-products, and firms that enter and exit, by city, partner and period. answer_within: Seconds that a Spark
    master may take to answer and to give a worker.
    """

    engine: EngineName = "duckdb"
    master: str = "local[2]"
    memory: str = "1GB"
    spill: str = "data/processed/.spill"
    table: str = ""
    decimals: int = 2
    weight: str | None = None
    firm: str | None = None
    product: str | None = None
    product_digits: int | None = None
    margins: bool = False
    answer_within: int = 60

    def __post_init__(self) -> None:
        if not 0 <= self.decimals <= 4:
            raise ValueError("decimals is a whole number from 0 to 4")
        if self.margins and self.firm is None:
            raise ValueError("margins needs the column of the firm")
        if self.product_digits is not None and (self.product is None or self.product_digits < 1):
            raise ValueError("product_digits is 1 or more and needs the column of the product")


# How a file is written: encoding, separator, sheet, header, and which of its rows are read.


@dataclass(frozen=True, slots=True)
class RowRule:
    """Which rows of a file count, by one column."""

    column: str
    values: tuple[str, ...]
    is_kept: bool  # whether rows with these values are read, or all others


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """How a file is written.

    encoding, separator: None accepts UTF-8 (and UTF-16 with its mark) and the one separator under which the declared
        columns exist.
    sheet: Sheet of a workbook; needed when it has several.
    member: Table inside a zip file, or data frame inside an R file; needed when it holds several.
    header: Row number of the column names, of the last one where they take several rows.
    header_rows: How many rows the column names take; a cell of an upper row counts for the empty ones to its right.
    repeated: Which of the columns of one name is read, counted from the left: 2 where each year has weight and value.
    group_rows: Names of the levels of a text in which a row with its first cell alone opens a group, the outermost
        first; the last name is that of the first column: ("year", "state", "country").
    last_row: Last row of the table; what follows is not read.
    where: Only rows whose column equals a value, or one of several, are read; the others are counted.
    drop: Rows whose column equals a value, or one of several, are left out and counted.
    """

    encoding: str | None = None
    separator: str | None = None
    sheet: str | None = None
    member: str | None = None
    header: int = 1
    header_rows: int = 1
    repeated: int | None = None
    group_rows: tuple[str, ...] = ()
    last_row: int | None = None
    where: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    drop: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)

    @property
    def row_rules(self) -> tuple[RowRule, ...]:
        """The rules of ``where`` and ``drop``, in their order."""
        declared = ((self.where, True), (self.drop, False))
        return tuple(
            RowRule(column, (values,) if isinstance(values, str) else tuple(values), is_kept)
            for rules, is_kept in declared
            for column, values in rules.items()
        )


# How money is to be converted: exchange rates and deflators, each from a series that the analysis names.

Quotation: TypeAlias = Literal["currency_per_target", "target_per_currency"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRates(FileFormat):
    """Average exchange rates by period."""

    target: str  # currency code to convert to
    # The user's own table; empty takes the reference rates of the European Central Bank (from 1999) that come with
    # the optional package for exchange rates
    file: str = ""
    # currency, period, rate: Columns of the table
    currency: str = "currency"
    period: str = "year"
    rate: str = "rate"
    quoted: Quotation = "currency_per_target"  # 7.1 yuan a dollar, or 0.141 dollars a yuan
    frequency: Frequency = Frequency.YEAR  # of the rates; those of a year serve all its months, which is said


@dataclass(frozen=True, slots=True, kw_only=True)
class Deflator(FileFormat):
    """A price index that turns money of the day into money of a base period."""

    # file, period, index: Table and columns
    file: str
    period: str
    index: str
    base: str  # period in whose prices values are expressed, as "2015"
    frequency: Frequency = Frequency.YEAR  # of the index: the one of the panel


Flow: TypeAlias = Literal["exports", "imports"]
Reporter: TypeAlias = Literal["city", "partner"]
Absent: TypeAlias = Literal["zero", "missing", "error"]
Layout: TypeAlias = Literal["long", "wide"]
Valuation: TypeAlias = Literal["fob", "cif", "fas"]
TwinningKind: TypeAlias = Literal["sister city", "friendship", "memorandum", "sister state"]
KindAnswer: TypeAlias = Literal["sister city", "friendship", "memorandum", "sister state", "none"]
EventKind: TypeAlias = Literal["first_contact", "memorandum", "signed", "ratified", "activated", "other", "none"]

KIND_ANSWERS: tuple[KindAnswer, ...] = get_args(KindAnswer)
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)


@dataclass(frozen=True, slots=True)
class Constant:
    """A part that no column plays because the whole file has one value: ``city = { constant = "Qingdao" }``."""

    constant: str


UNNAMED = "NAME OF THE CITY"
"""Stands for the city of a file about one, which somebody has still to write; no table with it is read."""


@dataclass(frozen=True, slots=True)
class UnitColumn:
    """A money unit given row by row in a column: ``money_unit = { column = "unit" }``."""

    column: str


@dataclass(frozen=True, slots=True)
class RevisionColumn:
    """A classification given row by row in a column: ``product_revision = { column = "revision" }``."""

    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CityName:
    """One line of a city crosswalk: a name in the file, the city it counts as, and the years in which it does.

    With a code, of the column ``city_code``, the line is about the rows with it alone: two cities of one name.
    """

    name: str
    city: str
    code: str | None = None
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeSource(FileFormat):
    """A file of trade values.

    file: Path relative to the project, or ``TWINTRADE_DATA/...``. A folder, or a path with ``*``, stands for each of
        its files, which all have the same columns.
    city, partner: Columns of the two ends. Partners are codes or names of countries; cities are taken as they are
        written.
    period: Column of the period; None in a wide layout, where every column that is not declared is a period.
    subperiod: Column of the month or quarter, when ``period`` has the year alone.
    value: Column of the value; None in a wide layout.
    flow: As the reporter sees it, never inferred.
    reporter: Goods run from city to partner for exports of the city and imports of the partner.
    money_unit: "USD", "1,000 USD", "万美元" ...
    absent: What an absent row means inside the rectangle of cities, partners and periods.
    blank: What a blank or dash in the value column means. Marks such as ".", "…", ":", "x", and ``missing_tokens``,
        are missing in any case.
    frequency: Of the file.
    to_frequency: Add months up to quarters or years, quarters to years.
    coverage: Share of the short periods that must have a figure for the long one to count.
    cumulated: Whether figures run on from January (year to date) and are to be taken apart. None: they are not, and a
        file whose figures look it is refused.
    add_up: Add up rows whose different names are one city or one partner in a period, as ``city_names`` and
        ``partner_names`` say. The same name twice stays an error. Or a list of "city",
        "partner" and columns that tell such rows apart, a column called city where ``city`` is another one.
    newest: Column of the release; of rows that repeat each other the latest counts.
    exchange: Convert to another currency.
    deflator: Express in the prices of a base period.
    ignore: Columns of a wide file that are neither a part nor a period.
    decimal: None lets the column prove its decimal mark.
    flags: Footnote marks beside numbers, and what they mean.
    missing_tokens: Further ways of writing "no figure"; always missing, also a dash that is listed here.
    city_names: Names in the file and the cities they count as: as `name = city`, or a list with codes and years.
    partner_names: Further partner names with their codes, or "leave out"; of those that stand for all partners
        without rows of their own, "remainder, in the comparison" or "remainder, for totals only".
    city_code: Column of the cities' own codes, to tell two cities with one romanization apart.
    country_codes: Whose codes of countries stand in the columns of both ends: with "un" numbers are those of the
        United Nations.
    product: Column over whose products values are summed.
    product_revision: Classification and revision of the products, "HS2012"; or the column that has it row by row.
    mixed_revisions: Whether revisions may follow each other in time; within one city, partner and period they never
        mix.
    valuation: Files of different valuation are never joined.
    precedence: Where files overlap, the higher one counts.
    microdata: The file, or every file of the folder, holds single shipments or declarations: a database adds them up
        first.
    confirmed: What is doubtful about the table stops no run any more; page 1 says it.
    """

    file: str
    city: str | Constant
    partner: str | Constant
    period: str | None = None
    subperiod: str | None = None
    value: str | None = None
    flow: Flow
    reporter: Reporter
    money_unit: str | UnitColumn
    absent: Absent
    blank: Literal["missing", "zero"] = "missing"
    frequency: Frequency = Frequency.YEAR
    to_frequency: Frequency | None = None
    coverage: float = 1.0
    cumulated: bool | None = None
    add_up: bool | tuple[str, ...] = False
    newest: str | None = None
    exchange: ExchangeRates | None = None
    deflator: Deflator | None = None
    layout: Layout = "long"
    ignore: tuple[str, ...] = ()
    decimal: Literal[".", ","] | None = None
    flags: Mapping[str, str] = field(default_factory=dict)
    missing_tokens: tuple[str, ...] = ()
    city_names: tuple[CityName, ...] = ()
    partner_names: Mapping[str, str] = field(default_factory=dict)
    city_code: str | None = None
    country_codes: Literal["iso", "un"] = "iso"
    product: str | None = None
    product_revision: str | RevisionColumn = ""
    mixed_revisions: Literal["error", "by_period"] = "error"
    valuation: Valuation | None = None
    precedence: int = 0
    microdata: Microdata | None = None
    confirmed: bool = False

    @property
    def added_ends(self) -> tuple[str, ...]:
        """The ends of which rows under different names are added up."""
        wanted = ("city", "partner") if self.add_up is True else self.add_up or ()
        return tuple(end for end in ("city", "partner") if end in wanted and end not in self.added_columns)

    @property
    def added_columns(self) -> tuple[str, ...]:
        """The columns whose values tell apart the rows that are added up."""
        # Where cities are in another column and have no further names, "city" is a column as others.
        is_column = isinstance(self.city, str) and self.city != "city" and not (self.city_names or self.city_code)
        ends = ("partner",) if is_column else ("city", "partner")
        return tuple(n for n in self.add_up if n not in ends) if isinstance(self.add_up, tuple) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinningSource(FileFormat):
    """A registry of dated twinnings.

    city, partner, partner_city: The twinned side as the trade file names it, the partner's country, and the partner
        city.
    date: Column of the date; blank means undated.
    kind: Column of the kind of agreement.
    precision, id, signatory, ended, source, note: Further columns: declared precision, identifier, who signed (when a
        city's agreement counts for its state), date of the end, page it was read from, remark.
    kinds: What the file calls each kind; a kind that is not listed is an error. "none" says that it is no agreement.
    event: Column that says what happened on the date. Rows of one twinning are then its candidate dates.
    events: What each event is. "other" is shown but never an onset; "none" says that no agreement exists. An event
        that is not listed is an error. Without an event column every date is a signature.
    day_first: What 03/09/2004 means; None refuses it.
    as_of: When the registry was read; later dates are faults.
    not_before, not_after: Columns of dates between which an agreement without a date began ("listed in 2009" is
        not_after 2009); blank where nothing is known.
    undated: Whether agreements without a date stop the analysis or their units are left out and counted.
    """

    file: str
    city: str | Constant
    partner: str | Constant
    partner_city: str | Constant
    date: str
    kind: str | Constant
    precision: str | None = None
    id: str | None = None
    signatory: str | None = None
    ended: str | None = None
    source: str | None = None
    note: str | None = None
    kinds: Mapping[str, KindAnswer] = field(default_factory=dict)
    event: str | None = None
    events: Mapping[str, EventKind] = field(default_factory=dict)
    day_first: bool | None = None
    as_of: str | None = None
    not_before: str | None = None
    not_after: str | None = None
    undated: Literal["error", "exclude"] = "error"
    city_names: tuple[CityName, ...] = ()
    partner_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UndatedSource(FileFormat):
    """A list of agreements whose date is not known: they are never a comparison.

    not_before, not_after: Columns of dates between which an agreement began.
    policy: Whether undated agreements stop the analysis or their dyads are left out and counted.
    """

    file: str
    city: str | Constant
    partner: str | Constant
    partner_city: str | None = None
    signatory: str | None = None
    note: str | None = None
    not_before: str | None = None
    not_after: str | None = None
    policy: Literal["error", "exclude"] = "error"
    city_names: tuple[CityName, ...] = ()
    partner_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySource(FileFormat):
    """Another policy than the agreements: a consulate, an office abroad, a flight, a trade agreement.

    name: What tables call it.
    city, partner: What a row is about: the columns that are there decide. City and partner together are a pair.
    date, ended: Columns of the first day and, where it ended, of the last; blank where it still lasts.
    level: Column of its level; not read yet.
    day_first: What 03/09/2004 means; None refuses it.
    office: Whether it is an office abroad: the claim that offices make twinning work is judged by it.
    """

    name: str
    file: str
    city: str | Constant | None = None
    partner: str | Constant | None = None
    date: str
    ended: str | None = None
    level: str | None = None
    office: bool = False
    day_first: bool | None = None
    city_names: tuple[CityName, ...] = ()
    partner_names: Mapping[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...]:
        """What a row is about, of city and partner."""
        return tuple(name for name in ("city", "partner") if getattr(self, name) is not None)


# What a table of covariates or weights is: which columns are wanted, and what a row is about.


@dataclass(frozen=True, slots=True, kw_only=True)
class CovariateSource(FileFormat):
    """A table of what cities, partners, pairs or periods are like, beside their trade.

    columns: The columns wanted; a table gives each the name by which the design calls it:
        { gdp = "GDP, current USD" }.
    city, partner, period: What a row is about: the columns that are there decide. City and partner together are a
        pair.
    subperiod: Column of the month or quarter, when ``period`` has the year alone.
    frequency: Of the file. A value of a year holds for each of its months.
    decimal: None lets each column prove its decimal mark.
    """

    file: str
    columns: tuple[str, ...] | Mapping[str, str]
    city: str | None = None
    partner: str | None = None
    period: str | None = None
    subperiod: str | None = None
    frequency: Frequency = Frequency.YEAR
    decimal: Literal[".", ","] | None = None
    missing_tokens: tuple[str, ...] = ()
    city_names: tuple[CityName, ...] = ()
    partner_names: Mapping[str, str] = field(default_factory=dict)

    @property
    def named(self) -> Mapping[str, str]:
        """Columns of the file by the names of the design."""
        return self.columns if isinstance(self.columns, Mapping) else {name: name for name in self.columns}

    @property
    def keys(self) -> tuple[str, ...]:
        """What a row is about, of city, partner and period."""
        parts = {"city": self.city, "partner": self.partner, "period": self.period}
        return tuple(part for part, column in parts.items() if column is not None)


# What trade among all places of a world is: what the change of some pairs means for their cities follows from it.


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldSource(FileFormat):
    """Trade of one year among cities, the rest of their country, partners and the rest of the world.

    file: One row for each origin and destination, best of a year before the agreements; `where` picks one of several.
    origin, destination, value: Its columns. A row with the same place at both ends is what a place sells at home.
    output: Column of what the origin produces, in the unit of the values: home trade is output less exports.
    names: Names of places in the file, and the cities and partners they are in the trade table.
    elasticity: Trade elasticities, each a model of its own.
    supply: Elasticities of a place's labor to its real wage.
    home_share: Shares of output sold at home, tried for places whose home trade is unknown, as [0.3, 0.6, 0.9].
    deficits: Whether trade deficits are fixed amounts or shares of output.
    year: Year of the trade, where no value of `where` is one.
    decimal: None lets the column prove its decimal mark.
    """

    file: str
    origin: str = "origin"
    destination: str = "destination"
    value: str = "trade"
    output: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    elasticity: tuple[float, ...] = (2.5, 4.0, 8.0)
    supply: tuple[float, ...] = (0.0, 5.0)
    home_share: tuple[float, ...] = ()
    deficits: Literal["fixed", "proportional"] = "fixed"
    year: int | None = None
    decimal: Literal[".", ","] | None = None
    missing_tokens: tuple[str, ...] = ()

    def find_year(self) -> int | None:
        """Return the last year of the trade, None where nothing names it."""
        values = [value for rule in self.row_rules if rule.is_kept for value in rule.values]
        years = [int(value) for value in values if re.fullmatch(r"(1[89]|20)\d\d", value)]
        return max(years) if self.year is None and years else self.year
