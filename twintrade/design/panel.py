"""A validated panel: one row per unit and period, where a unit is a city or a city-partner dyad."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from twintrade.data.calendar import Frequency, find_waves
from twintrade.data.registry import Policy
from twintrade.design.period_column import FREQUENCIES, read_period_column
from twintrade.design.period_column import FrequencyName as FrequencyName
from twintrade.errors import DesignError
from twintrade.numerics import arrays
from twintrade.numerics.arrays import FloatArray, IntArray, ObjectArray
from twintrade.text import Listed, Text, list_some

# Words that an option takes: any other is refused, with the right one that was probably meant.

MEANT = {
    "ln": "log", "logarithm": "log", "raw": "level", "none": "level", "drop": "exclude", "remove": "exclude",
    "omit": "exclude", "include": "keep", "dyad": "unit", "pair": "unit", "country": "partner", "time": "period",
    "annual": "year", "yearly": "year", "quarterly": "quarter", "monthly": "month", "never": "never_treated",
}  # fmt: skip
"""Words of other packages and of plain speech, and the word that is taken here."""


def find_near_words(word: str, known: Sequence[str]) -> tuple[str, ...]:
    """Return the words that were probably meant."""
    lower = word.strip().lower()
    if MEANT.get(lower) in known:
        return (MEANT[lower],)
    beginning = [k for k in known if len(lower) > 2 and k.startswith(lower)]
    return tuple(beginning or difflib.get_close_matches(lower, known, n=1))


def suggest_word(word: str, known: Sequence[str]) -> str:
    """Return a hint: the word that was probably meant, or all of them; empty where none is known."""
    if near := find_near_words(word, known):
        return str(Text("design.word-meant", words=Listed(near, "or")))
    return str(Text("design.words-known", words=Listed(tuple(sorted(known)), "comma"))) if known else ""


def require_word(option: str, given: object, known: Sequence[str]) -> None:
    """Refuse a value of an option that is none of its words."""
    if isinstance(given, str) and given in known:
        return
    near = find_near_words(given, known) if isinstance(given, str) else ()
    hint = (Text("design.word-meant", words=Listed(near, "or")),) if near else ()
    text = Text("design.word-refused", option=option, known=Listed(tuple(known), "or"), given=repr(given))
    raise DesignError(Listed((text, *hint), "semicolon"))


# The keys of a long frame as codes: units, cities, partners and periods, and the order of its rows by them.


class Coded(NamedTuple):
    """Code of each row, the labels of the codes, and the keys of the frame that they were made from."""

    codes: IntArray
    labels: ObjectArray
    keys: ObjectArray


def name_key(key: object) -> str:
    """Return the label of a key: "7" of 7 and of 7.0; the parts of a tuple are joined as a city and a partner are."""
    if isinstance(key, tuple):
        return "-".join(map(name_key, key))
    return str(int(key)) if isinstance(key, float) and key.is_integer() else str(key)


def name_keys(keys: Iterable[object]) -> ObjectArray:
    """Return the labels of keys, shape (n,); text is its own label, and most keys are text or whole numbers."""
    given = list(keys.to_numpy(dtype=object) if isinstance(keys, pd.Index) else keys)
    return np.array([*map(str if set(map(type, given)) in ({str}, {int}) else name_key, given)], dtype=object)


def number_keys(
    frame: pd.DataFrame, unit: str | None, city: str | None, partner: str | None
) -> tuple[Coded, Coded, Coded]:
    """Return code and labels of units, cities and partners; cities or units that are not named are the others."""
    cities = _code_column(frame[city or unit])
    nowhere = np.array([""], object)
    everywhere = Coded(np.zeros(len(frame), dtype=np.int64), nowhere, nowhere)
    partners = _code_column(frame[partner]) if partner else everywhere
    if unit is None:
        return _code_dyads(cities, partners), cities, partners
    return cities if city is None else _code_column(frame[unit]), cities, partners


def _code_column(column: pd.Series) -> Coded:
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "i":
        keys = column.to_numpy().astype(np.int64, copy=False)
        if arrays.is_countable(arrays.measure_range(keys)[1], keys):
            numbers, distinct = arrays.number_values(keys)
            return _label(numbers, distinct.astype(object))
    try:
        codes, distinct_keys = pd.factorize(column, sort=True)
    except TypeError as error:
        raise DesignError(f"column {column.name!r} ({column.dtype}) cannot name units: {error}; use text") from None
    if (codes < 0).any():
        at = int(np.flatnonzero(codes < 0)[0])
        raise DesignError(f"column {column.name!r} ({column.dtype}) has an empty key at row {at}")
    return _label(codes.astype(np.int64), np.asarray(distinct_keys, dtype=object))


def _code_dyads(city: Coded, partner: Coded) -> Coded:
    cities, partners = city.labels, partner.labels
    if partners.size == 1 and partners[0] == "":
        return city
    codes, present = arrays.number_values(city.codes * partners.size + partner.codes)
    ends = np.empty(present.size, dtype=object)
    ends[:] = [(cities[k // partners.size], partners[k % partners.size]) for k in present]
    dyads = _label(codes, ends)
    return dyads._replace(keys=dyads.labels)


def _label(codes: IntArray, keys: ObjectArray) -> Coded:
    """Name each key, and refuse two that are written alike: inside, a label is all that tells units apart."""
    labels = name_keys(keys)
    if len(set(labels)) < labels.size:
        alike = pd.Series(labels).duplicated(keep=False).to_numpy()
        first = labels == labels[alike][0]
        one, other = keys[first][:2]
        raise DesignError(f"{one!r} and {other!r} are both written {labels[first][0]!r}; rename one")
    return Coded(codes, labels, keys)


def is_ascending(unit: IntArray, period: IntArray) -> bool:
    """Say whether each row comes after the one before it by unit and period, so that none is there twice."""
    later = period[1:] > period[:-1]
    later &= unit[1:] == unit[:-1]
    later |= unit[1:] > unit[:-1]
    return bool(later.all())


def sort_rows(unit: IntArray, period: IntArray) -> IntArray:
    """Return the order of the rows by unit and period."""
    first, n_periods = arrays.measure_range(period)
    order = arrays.sort_distinct((unit, period - first), (int(unit.max()) + 1, n_periods))
    return np.lexsort((period, unit)).astype(np.int64) if order is None else order


_MOST_COLUMNS = 6
_KEYS = ("unit", "city", "partner")
PERIODS_PER_YEAR: Mapping[str, int] = {"year": 1, "quarter": 4, "month": 12, "wave": 1}
PeriodsName = Literal["waves", "calendar"]


@dataclass(frozen=True, eq=False, repr=False)
class Panel:
    """Rows sorted by unit and period, unique on both.

    Attributes
    ----------
    units : ObjectArray, shape (n_units,)
        Unit labels, always text: a unit numbered 7 is "7", and dyads are "city-partner".
    unit : IntArray, shape (n_rows,)
        Code of each row's unit.
    period : IntArray, shape (n_rows,)
        Ordinal: the year, year * 4 + quarter - 1, year * 12 + month - 1, or the number of the wave, from 1.
    unit_city, unit_partner : IntArray, shape (n_units,)
        Codes into ``cities`` and ``partners``. Panels of single cities have one partner, "".
    cities, partners : ObjectArray
    columns : mapping of str to array, each of shape (n_rows,)
        Everything else that was observed.
    frequency : {"year", "quarter", "month", "wave"}
    waves : tuple of int
        The years of the waves, where frequency is "wave".
    key_columns : mapping of str to str
        What each key column of the frame it was read from holds: "period", "unit", "city" or "partner".
    given_keys : mapping of str to array
        By "unit", "city" and "partner": the keys of that frame, in the order of the labels made from them.
    policies : tuple of Policy

    Examples
    --------
    >>> panel.units[0], panel.frequency, panel.n_rows
    ('Alder-AUS', 'year', 1280)
    """

    units: ObjectArray
    unit: IntArray
    period: IntArray
    unit_city: IntArray
    unit_partner: IntArray
    cities: ObjectArray
    partners: ObjectArray
    columns: Mapping[str, Any]
    frequency: FrequencyName | Literal["wave"] = "year"
    waves: tuple[int, ...] = ()
    units_of_measure: Mapping[str, str] = field(default_factory=dict)
    key_columns: Mapping[str, str] = field(default_factory=dict)
    given_keys: Mapping[str, ObjectArray] = field(default_factory=dict)
    policies: tuple[Policy, ...] = ()

    def __post_init__(self) -> None:
        require_word("frequency", self.frequency, list(PERIODS_PER_YEAR))

    @property
    def unit_kind(self) -> Literal["pair", "city"]:
        """What a unit is, as texts call it."""
        return "pair" if self.is_dyadic else "city"

    def __repr__(self) -> str:
        if not self.n_rows:
            return str(Text("design.panel-empty"))
        counts = {"n": self.n_units, "n_rows": self.n_rows, "waves": len(self.waves)}
        columns = list_some(self.columns, _MOST_COLUMNS)
        return str(Text("design.panel-shown", units=self.unit_kind, columns=columns, **counts, **label_ends(self)))

    def _repr_html_(self) -> str:
        table = self.to_frame().head().to_html(index=False, na_rep="", float_format=lambda v: f"{v:.4g}")
        return f"<p>{escape(repr(self))}</p>{table}"

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        period: str = "period",
        unit: str | None = None,
        city: str | None = None,
        partner: str | None = None,
        frequency: FrequencyName | None = None,
        units_of_measure: Mapping[str, str] | None = None,
        periods: PeriodsName | None = None,
    ) -> "Panel":
        """Build a panel from a long frame, which is left untouched.

        Parameters
        ----------
        frame : DataFrame
            One row per unit and period.
        period : str
            Column of numbers, text, dates or pandas periods.
        unit : str, optional
            Column that names the unit; without it the unit is the dyad of ``city`` and ``partner``, or the city.
        city, partner : str, optional
            Columns of the two ends of a flow.
        frequency : {"year", "quarter", "month"}, optional
            Found where it is not given; numbers are years then, and ordinals of the frequency where it is.
        units_of_measure : mapping, optional
            Unit of measure by column, for captions ("US dollars").
        periods : {"waves", "calendar"}, optional
            Whether years at unequal steps are waves, counted from 1 and shown as years. Where nothing is said they
            are if no two are neighbors.

        Raises
        ------
        DesignError
            A key column is missing, a period is no integer, two rows share unit and period, or two keys are written
            alike.
        """
        named = {"period": period, "unit": unit, "city": city, "partner": partner}
        _require_columns(frame, named.values())
        if period is None or (unit is None and city is None):
            raise DesignError("name the column of the period, and that of the unit, or the city (and partner)")
        if frequency is not None:
            require_word("frequency", frequency, list(FREQUENCIES))
        if periods is not None:
            require_word("periods", periods, get_args(PeriodsName))
        ordinals, frequency = read_period_column(frame[period], period, frequency)
        waves = _choose_waves(ordinals, frequency, periods)
        ordinals = 1 + np.searchsorted(waves, ordinals) if waves else ordinals
        coded = dict(zip(_KEYS, number_keys(frame, unit, city, partner), strict=True))
        (unit_codes, units, _), (city_codes, cities, _), (partner_codes, partners, _) = coded.values()
        order = None if is_ascending(unit_codes, ordinals) else sort_rows(unit_codes, ordinals)
        if order is not None:
            unit_codes, ordinals = unit_codes[order], ordinals[order]
            city_codes, partner_codes = city_codes[order], partner_codes[order]
            _refuse_duplicates(unit_codes, ordinals, units)
        first = arrays.find_starts(unit_codes)
        for codes, name in ((city_codes, city), (partner_codes, partner)):
            if unit is not None and name is not None:
                _refuse_two_ends(unit_codes, codes, first, units, name)
        panel = cls(
            units=units,
            unit=unit_codes,
            period=ordinals,
            unit_city=city_codes[first],
            unit_partner=partner_codes[first],
            cities=cities,
            partners=partners,
            columns=_columns(frame, set(named.values()), order),
            frequency="wave" if waves else frequency,
            waves=waves,
            units_of_measure=dict(units_of_measure or {}),
            key_columns={column: key for key, column in named.items() if column is not None},
            given_keys={key: column.keys for key, column in coded.items()},
        )
        # Found once, while building: every design on the panel asks.
        _ = panel.starts, panel.periods, panel.every_row
        return panel

    @cached_property
    def starts(self) -> IntArray:
        """First row of each unit, shape (n_units,)."""
        return arrays.find_starts(self.unit)

    @cached_property
    def periods(self) -> IntArray:
        """The periods observed, ascending, shape (n_periods,)."""
        return arrays.find_distinct(self.period)

    @cached_property
    def step(self) -> int:
        """Periods from one observed period to the next: 4 where every fourth year is observed."""
        return arrays.find_step(self.periods)

    @cached_property
    def every_row(self) -> IntArray:
        """The positions of all rows, shape (n_rows,)."""
        rows = np.arange(self.n_rows)
        rows.flags.writeable = False
        return rows

    def number_years(self, years: Sequence[float] | FloatArray | IntArray) -> FloatArray:
        """Return the wave of years, the next one between two waves; years themselves where there are no waves."""
        values = np.asarray(years, dtype=np.float64)
        if not self.waves:
            return values
        return np.where(np.isfinite(values), 1.0 + np.searchsorted(self.waves, values), values)

    @property
    def last_year(self) -> int:
        """Year of the last period observed."""
        return self.waves[-1] if self.waves else self.last_period // PERIODS_PER_YEAR[self.frequency]

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.unit.size)

    @property
    def n_units(self) -> int:
        """Number of units."""
        return int(self.units.size)

    @property
    def is_dyadic(self) -> bool:
        """Whether units are city-partner dyads."""
        return bool(self.partners.size > 1 or (self.partners.size == 1 and self.partners[0] != ""))

    @property
    def first_period(self) -> int:
        """First period observed."""
        return int(self.periods[0])

    @property
    def last_period(self) -> int:
        """Last period observed."""
        return int(self.periods[-1])

    @cached_property
    def _places(self) -> pd.Index:
        return pd.Index(self.units, dtype=object)

    def locate(self, units: Iterable[object]) -> IntArray:
        """Return the codes of units that are named by their labels, or by the keys of the frame.

        Raises
        ------
        DesignError
            A name is no unit of the panel.

        Examples
        --------
        >>> panel.locate(["Alder-BRA"])
        array([1])
        """
        labels = name_keys(units)
        codes = self._places.get_indexer(pd.Index(labels, dtype=object)).astype(np.int64)
        if (codes < 0).any():
            unknown, example = labels[codes < 0][0], self.units[0] if self.n_units else ""
            raise DesignError(f"{unknown!r} is no unit of the panel; units are like {example!r}")
        return codes

    def values(self, column: str) -> FloatArray:
        """Return a numeric column as float, shape (n_rows,).

        Raises
        ------
        DesignError
            No such column, or it is not numeric.
        """
        if column not in list(self.columns):
            raise DesignError(f"the panel has no column {column!r}; it has {', '.join(sorted(self.columns))}")
        column_values = self.columns[column]
        if isinstance(column_values, np.ndarray) and column_values.dtype == np.float64:
            return column_values
        try:
            return np.asarray(pd.to_numeric(pd.Series(column_values)), dtype=np.float64)
        except (TypeError, ValueError) as error:
            dtype = getattr(column_values, "dtype", type(column_values).__name__)
            text = Text("design.not-numeric", column=column, dtype=str(dtype), error=str(error))
            raise DesignError(text) from None

    def lagged(self, column: str, *lags: int) -> "Panel":
        """Return the panel with a numeric column's value some periods before, or after where a lag is negative.

        The new columns, ``column_lag4`` and ``column_lead1``, are missing where that period is not observed.

        Examples
        --------
        >>> panel.lagged("exports_usd", 1, 2).values("exports_usd_lag1")[:2].tolist()
        [nan, 82339121.0]
        """
        values, span, columns = self.values(column), self.last_period - self.first_period + 1, dict(self.columns)
        at = self.unit * span + self.period - self.first_period
        for lag in lags:
            if not isinstance(lag, int | np.integer):
                raise DesignError(f"a lag is a whole number of periods, not {lag!r}")
            place = self.period - self.first_period - lag
            wanted = self.unit * span + place
            row = np.minimum(np.searchsorted(at, wanted), at.size - 1)
            is_there = (at[row] == wanted) & (place >= 0) & (place < span)
            name = f"{column}_lag{lag}" if lag >= 0 else f"{column}_lead{-lag}"
            columns[name] = np.where(is_there, values[row], np.nan)
        return replace(self, columns=columns)

    def interacted(self, column: str, by: str) -> "Panel":
        """Return the panel with the product of two numeric columns, called ``column:by``.

        Examples
        --------
        >>> "exports_usd:x" in panel.interacted("exports_usd", "x").columns
        True
        """
        return replace(self, columns=dict(self.columns) | {f"{column}:{by}": self.values(column) * self.values(by)})

    def label(self, period: int) -> str:
        """Return a period as a reader writes it: 2004, 2004Q3, 2004-07."""
        if self.waves:
            return str(self.waves[min(max(period, 1), len(self.waves)) - 1]) + "+" * (period > len(self.waves))
        return Frequency(self.frequency).label(period)

    def to_frame(self) -> pd.DataFrame:
        """Return the panel as a long frame with every column; unit, city and partner as they were given."""
        keys = {"unit": self.units, "city": self.cities, "partner": self.partners} | dict(self.given_keys)
        head = {
            "unit": keys["unit"][self.unit], "city": keys["city"][self.unit_city[self.unit]],
            "partner": keys["partner"][self.unit_partner[self.unit]], "period": self.period,
        }  # fmt: skip
        return pd.DataFrame(head | {k: v for k, v in self.columns.items() if k not in head})


def label_ends(panel: Panel) -> dict[str, str]:
    """Return the first and the last period of a panel as texts name them."""
    return {"first": panel.label(panel.first_period), "last": panel.label(panel.last_period)}


def _choose_waves(ordinals: IntArray, frequency: str, periods: PeriodsName | None) -> tuple[int, ...]:
    if frequency != "year" or periods == "calendar":
        if periods == "waves":
            raise DesignError(Text("design.waves-of-years", period_name=frequency))
        return ()
    return tuple(np.unique(ordinals).tolist()) if periods == "waves" else find_waves(ordinals)


def _require_columns(frame: pd.DataFrame, names: Iterable[str | None]) -> None:
    for name in names:
        if name is not None and name not in list(frame.columns):
            present = ", ".join(map(str, frame.columns))
            raise DesignError(f"the panel has no column {name!r}; columns are {present}")
    if (twice := frame.columns[frame.columns.duplicated()]).size:
        raise DesignError(f"two columns of the panel are called {twice[0]!r}; rename one")


def _columns(frame: pd.DataFrame, taken: set[str | None], order: IntArray | None) -> dict[str, Any]:
    columns = {str(name): frame[name].to_numpy() for name in frame.columns if name not in taken}
    return columns if order is None else {name: values[order] for name, values in columns.items()}


def _refuse_two_ends(unit: IntArray, codes: IntArray, first: IntArray, units: ObjectArray, name: str) -> None:
    wrong = np.flatnonzero(codes != codes[first][unit])
    if wrong.size:
        raise DesignError(f"unit {units[unit[wrong[0]]]!r} has more than one {name}; a unit belongs to one {name}")


def _refuse_duplicates(unit: IntArray, period: IntArray, units: ObjectArray) -> None:
    same = np.flatnonzero((np.diff(unit) == 0) & (np.diff(period) == 0))
    if same.size:
        n, first = same.size, f"{units[unit[same[0]]]}, {period[same[0]]}"
        raise DesignError(
            f"{n} pairs of rows share unit and period (first: {first}). Aggregate them or declare a finer unit."
        )
