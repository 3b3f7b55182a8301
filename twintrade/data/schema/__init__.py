"""What an analysis file declares about its sources."""

from twintrade.data.schema.covariates import CovariateSource as CovariateSource
from twintrade.data.schema.file_format import FileFormat as FileFormat
from twintrade.data.schema.microdata import Microdata as Microdata
from twintrade.data.schema.source import CityName as CityName
from twintrade.data.schema.source import Constant as Constant
from twintrade.data.schema.source import TradeSource as TradeSource
from twintrade.data.schema.source import TwinningSource as TwinningSource
from twintrade.data.schema.source import UndatedSource as UndatedSource
from twintrade.data.schema.source import UnitColumn as UnitColumn
