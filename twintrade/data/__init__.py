"""What was observed: readers, registry, places, money, provenance."""

from twintrade.data.column_look import look_at_trade, look_at_twinnings
from twintrade.data.complete import complete
from twintrade.data.conversions import Conversion, conversions_frame
from twintrade.data.data_report import data_report
from twintrade.data.dates import TwinningDate, parse_date
from twintrade.data.faults import AbsentInputError, InvalidDataError
from twintrade.data.file_look import Guess
from twintrade.data.locations import DATA_VARIABLE, locate
from twintrade.data.money_schema import Deflator, ExchangeRates
from twintrade.data.periods import Frequency, labels
from twintrade.data.places import Place, places, resolve
from twintrade.data.provenance import DataCard, InputRecord, provenance_frame, read_data_card
from twintrade.data.reconcile import Reconciliation, reconcile
from twintrade.data.registry import Registry, UndatedTies, read_twinnings, read_undated
from twintrade.data.schema import (
    EVENT_KINDS,
    TWINNING_KINDS,
    CityName,
    Constant,
    RevisionColumn,
    TradeSource,
    TwinningSource,
    UndatedSource,
    UnitColumn,
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
    "Registry",
    "RevisionColumn",
    "TradeSource",
    "TradeTable",
    "TwinningDate",
    "TwinningSource",
    "UndatedSource",
    "UndatedTies",
    "UnitColumn",
    "complete",
    "conversions_frame",
    "data_report",
    "labels",
    "locate",
    "look_at_trade",
    "look_at_twinnings",
    "parse_date",
    "places",
    "provenance_frame",
    "read_data_card",
    "read_trade",
    "read_twinnings",
    "read_undated",
    "reconcile",
    "resolve",
]
