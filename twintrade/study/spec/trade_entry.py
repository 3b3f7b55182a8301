"""A trade table as an analysis file declares it."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator

from twintrade.data.figures import parse_money_unit
from twintrade.data.schema import TradeSource, UnitColumn
from twintrade.errors import DataError
from twintrade.study.spec.simulated_source import SimulatedTrade


def _check_unit(unit: str | UnitColumn) -> str | UnitColumn:
    try:
        if isinstance(unit, str):
            parse_money_unit(unit)
    except DataError as error:
        raise ValueError(str(error)) from None
    return unit


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeEntry(TradeSource):
    """A trade table: a file, or in its place a simulated one with the same columns.

    Attributes
    ----------
    simulate : SimulatedTrade or None
        In place of file: a table drawn by a committed seed.
    """

    file: str = ""
    money_unit: Annotated[str | UnitColumn, AfterValidator(_check_unit)]
    simulate: SimulatedTrade | None = None

    def __post_init__(self) -> None:
        if bool(self.file) == (self.simulate is not None):
            raise ValueError("a trade table has either file or simulate")
