"""What was observed: readers, registry, places, money, provenance."""

from twintrade.data.calendar import Frequency, TwinningDate, format_periods, parse_date
from twintrade.data.covariates import complete
from twintrade.data.figures.conversions import Conversion, build_conversions_frame
from twintrade.data.fixes import format_data_report
from twintrade.data.geography.countries import Place, load_places, resolve
from twintrade.data.looks.column_look import look_at_trade
from twintrade.data.looks.file_look import Guess
from twintrade.data.looks.twinning_look import look_at_twinnings
from twintrade.data.registry.matching import Reconciliation, reconcile
from twintrade.data.registry.reading import TwinningRegistry, UndatedAgreements, read_twinnings, read_undated
from twintrade.data.schema import (
    EVENT_KINDS,
    TWINNING_KINDS,
    CityName,
    Constant,
    Deflator,
    ExchangeRates,
    RevisionColumn,
    TradeSource,
    TwinningSource,
    UndatedSource,
    UnitColumn,
)
from twintrade.data.sources.faults import AbsentInputError, InvalidDataError
from twintrade.data.sources.provenance import (
    DATA_VARIABLE,
    DataCard,
    InputRecord,
    build_provenance_frame,
    locate,
    read_data_card,
)
from twintrade.data.trade import TradeTable, read_trade

__all__ = [
    "DATA_VARIABLE",
    "EVENT_KINDS",
    "TWINNING_KINDS",
    "AbsentInputError",
    "CityName",
    "Constant",
    "Conversion",
    "DataCard",
    "Deflator",
    "ExchangeRates",
    "Frequency",
    "Guess",
    "InputRecord",
    "InvalidDataError",
    "Place",
    "Reconciliation",
    "RevisionColumn",
    "TradeSource",
    "TradeTable",
    "TwinningDate",
    "TwinningRegistry",
    "TwinningSource",
    "UndatedAgreements",
    "UndatedSource",
    "UnitColumn",
    "build_conversions_frame",
    "build_provenance_frame",
    "complete",
    "format_data_report",
    "format_periods",
    "load_places",
    "locate",
    "look_at_trade",
    "look_at_twinnings",
    "parse_date",
    "read_data_card",
    "read_trade",
    "read_twinnings",
    "read_undated",
    "reconcile",
    "resolve",
]
