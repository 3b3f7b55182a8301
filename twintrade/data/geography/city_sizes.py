"""Cities with their size, and the number of their twins where a source counts them."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from twintrade.data.formats.tables import open_table
from twintrade.data.schema.file_format import FileFormat
from twintrade.data.sources.cells import clean_text
from twintrade.data.sources.faults import Faults
from twintrade.data.sources.provenance import InputRecord
from twintrade.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class CitiesSource(FileFormat):
    """A table of cities.

    Attributes
    ----------
    file : str
    city, country, population : str
        Columns; the city as the registry names it.
    twins : str or None
        Column of a count of twins from elsewhere, taken in place of the registry's.
    """

    file: str
    city: str = "city"
    country: str = "country"
    population: str = "population"
    twins: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SharesSource(FileFormat):
    """A table of shares that a source prints, such as of cities with a strategy."""

    file: str
    # label, percent: Columns
    label: str = "label"
    percent: str = "percent"


def read_shares(source: SharesSource, root: Path) -> tuple[pd.DataFrame, InputRecord]:
    """Return label and percent of a table of shares, and where they came from."""
    faults = Faults()
    table = open_table(root, source.file, source, [source.label, source.percent], faults)
    faults.raise_if_any()
    labels = [clean_text(cell) for cell in table.columns[source.label]]
    values = pd.to_numeric(pd.Series([clean_text(c) for c in table.columns[source.percent]]), errors="coerce")
    if not values.between(0, 100).all():
        faults.error("number", Text("data.share-percent", name=source.percent), source.file)
    faults.raise_if_any()
    return pd.DataFrame({"label": labels, "percent": values}), table.record


def read_cities(source: CitiesSource, root: Path) -> tuple[pd.DataFrame, InputRecord]:
    """Return city, country, population and, where declared, twins; and where they came from."""
    faults = Faults()
    columns = {"city": source.city, "country": source.country, "population": source.population}
    if source.twins is not None:
        columns["twins"] = source.twins
    table = open_table(root, source.file, source, list(columns.values()), faults)
    faults.raise_if_any()
    frame = pd.DataFrame({name: [clean_text(c) for c in table.columns[column]] for name, column in columns.items()})
    for name in ("population", "twins"):
        if name not in frame:
            continue
        values = pd.to_numeric(frame[name].str.replace(",", ""), errors="coerce")
        least = 1 if name == "population" else 0
        if ((frame[name] != "") & ~(values >= least)).any():
            faults.error("number", Text("data.city-size", name=name, least=least), source.file)
        frame[name] = values
    faults.raise_if_any()
    return frame, table.record
