"""The unit of a file of trade values: as declared, against what the file's own words say, and as a factor."""

from twintrade.data.figures.conversions import Conversion
from twintrade.data.figures.header_units import read_header
from twintrade.data.figures.money import MoneyUnit, parse_money_unit, read_unit_powers, suggest_unit
from twintrade.data.formats.tables import TextTable
from twintrade.data.schema.source import TradeSource, UnitColumn
from twintrade.data.sources.cells import quote_cell
from twintrade.data.sources.faults import Faults
from twintrade.errors import DataError
from twintrade.numerics.arrays import IntArray
from twintrade.text import Text


def read_unit(source: TradeSource, table: TextTable, faults: Faults) -> tuple[int | IntArray, str]:
    """Return the power of ten of the values, of the file or of every row, and their currency."""
    if isinstance(source.money_unit, UnitColumn):
        return read_unit_powers(table.column(source.money_unit.column), faults)
    try:
        unit = parse_money_unit(source.money_unit)
    except DataError as error:
        raise DataError(f"{source.file}: {error}") from None
    _compare_with_header(unit, source, table, faults)
    return unit.power, unit.currency


def _compare_with_header(unit: MoneyUnit, source: TradeSource, table: TextTable, faults: Faults) -> None:
    """Warn where the column's name, or the title above the header, speaks of another unit than the declared one."""
    for text, row in ((source.value or "", source.header), (table.title, 1)):
        named = read_header(text)
        is_other_currency = named.is_whole and named.currency != unit.currency
        if is_other_currency or (named.power is not None and named.power != unit.power):
            names = {"shown": quote_cell(text), "unit": quote_cell(str(source.money_unit))}
            words = Text("data.unit-in-title" if text == table.title else "data.unit-in-header", **names)
            faults.warn("unit-in-header", words, source.file, row, source.value or "", suggest_unit(text))


def list_scalings(source: TradeSource, long: TextTable) -> tuple[Conversion, ...]:
    """Return the power of ten behind each unit of the file that is not one of its currency."""
    is_one = isinstance(source.money_unit, str)
    units = [source.money_unit] if is_one else sorted(set(long.columns[source.money_unit.column]))  # type: ignore[union-attr]
    conversions = []
    for text in map(str, units):
        try:
            unit = parse_money_unit(text)
        except DataError:
            continue  # noted as an error already
        if unit.power:
            conversions.append(Conversion("unit", text.strip(), unit.currency, "all", 10.0**unit.power, source.file))
    return tuple(conversions)
