"""Tables of any library as pandas: polars, Arrow, DuckDB and whatever else narwhals reads."""

from collections.abc import Collection
from typing import Any

import pandas as pd

from twintrade.errors import DesignError


def to_pandas(table: Any, what: str, keys: Collection[str | None] = ()) -> pd.DataFrame:
    """Return a table as a pandas frame, which is the table itself where it is one.

    Parameters
    ----------
    table : DataFrame
        Of pandas, polars, Arrow, DuckDB ..., eager or lazy.
    what : str
        What the table is, for messages.
    keys : collection of str
        Columns that may be levels of a pandas index.

    Raises
    ------
    DesignError
        It is no table.
    """
    if not isinstance(table, pd.DataFrame):
        import narwhals

        try:
            native = narwhals.from_native(table)
        except TypeError:
            raise DesignError(f"{what} is a table, not {table!r}; read the file with pandas.read_csv") from None
        return (native.collect() if isinstance(native, narwhals.LazyFrame) else native).to_pandas()
    levels = [key for key in keys if key and key in table.index.names and key not in table.columns]
    return table.reset_index(levels) if levels else table
