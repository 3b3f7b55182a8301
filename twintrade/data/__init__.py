"""What was observed: readers, registry, places, money, provenance."""

from twintrade.data.schema import TradeSource as TradeSource
from twintrade.data.sources.provenance import read_data_card as read_data_card
from twintrade.data.trade import TradeTable as TradeTable
from twintrade.data.trade import read_trade as read_trade
