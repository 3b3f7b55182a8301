"""What was observed: readers, registry, places, money, provenance."""

from twintrade.data.calendar import Frequency as Frequency
from twintrade.data.calendar import TwinningDate as TwinningDate
from twintrade.data.calendar import parse_date as parse_date
from twintrade.data.covariates import complete as complete
from twintrade.data.geography.countries import load_places as load_places
from twintrade.data.geography.countries import resolve as resolve
from twintrade.data.looks.column_look import look_at_trade as look_at_trade
from twintrade.data.registry.matching import reconcile as reconcile
from twintrade.data.registry.reading import read_twinnings as read_twinnings
from twintrade.data.registry.reading import read_undated as read_undated
from twintrade.data.schema import CityName as CityName
from twintrade.data.schema import Constant as Constant
from twintrade.data.schema import Deflator as Deflator
from twintrade.data.schema import ExchangeRates as ExchangeRates
from twintrade.data.schema import RevisionColumn as RevisionColumn
from twintrade.data.schema import TradeSource as TradeSource
from twintrade.data.schema import TwinningSource as TwinningSource
from twintrade.data.schema import UndatedSource as UndatedSource
from twintrade.data.schema import UnitColumn as UnitColumn
from twintrade.data.sources.faults import AbsentInputError as AbsentInputError
from twintrade.data.sources.faults import InvalidDataError as InvalidDataError
from twintrade.data.sources.provenance import locate as locate
from twintrade.data.sources.provenance import read_data_card as read_data_card
from twintrade.data.trade import TradeTable as TradeTable
from twintrade.data.trade import read_trade as read_trade
