"""How rows of single shipments become cells of city, partner and period: which engine, and what it counts."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

EngineName: TypeAlias = Literal["duckdb", "spark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Microdata:
    """Rows of single shipments, declarations, or firms and products, added up by a database.

    Attributes
    ----------
    engine : {"duckdb", "spark"}
        DuckDB on this machine (extra microdata), or Spark on any master (extra spark); the numbers are the same.
    master : str
        Of Spark: "local[4]", "spark://host:7077".
    memory : str
        What the engine may hold, as "1GB"; what is more goes to the spill folder.
    spill : str
        Folder for what does not fit, relative to the project; emptied afterwards.
    table : str
        Of a DuckDB file.
    decimals : int
        Of the smallest unit of money; a value with more of them is an error.
    weight, firm, product : str or None
        Columns of the weight, the firm and the product code. Firms and products are counted.
    product_digits : int or None
        Cells by product group, the first digits of the code; None adds all products up.
    margins : bool
        Also count firm-products, and firms that enter and exit, by city, partner and period.
    answer_within : int
        Seconds that a Spark master may take to answer and to give a worker.
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
