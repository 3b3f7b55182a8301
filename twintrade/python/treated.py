"""What a user has at hand as onsets of units (agreements, onsets), or as statistics of cohorts."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from twintrade.data import TradeSource, TradeTable, read_trade
from twintrade.data.calendar import DateSpan, TwinningDate, parse_date
from twintrade.data.geography import check_spellings, find_code, is_aggregate, is_remainder, is_total_word
from twintrade.data.microdata import build_cohort_tables
from twintrade.data.overlaps import find_totals
from twintrade.data.registry import PolicyDates, is_ended_before
from twintrade.data.sources import Faults
from twintrade.design import NEVER, CohortStatistics, Design, Panel, Treatment
from twintrade.design.panel import label_ends
from twintrade.design.period_column import read_period_column, to_pandas
from twintrade.design.register import Agreements, CandidateDate, build_policies
from twintrade.design.rules import TreatmentRule, build_treatment, find_misspelt_agreements
from twintrade.effects import Remedy
from twintrade.errors import DataError, DesignError, TwintradeWarning
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.study.by_name import explain_methods
from twintrade.text import Listed, Text, list_some

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@explain_methods
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ComparedDesign(Design):
    """A design with a first look at it, and the analysis file that asks the same.

    Examples
    --------
    >>> design.plot().get_title(loc="left")
    'Mean exports_usd in levels; before the first agreement = 100'
    """

    @classmethod
    def of(cls, design: Design) -> "ComparedDesign":
        """Return a design with its accessors."""
        return cls(**{f.name: getattr(design, f.name) for f in fields(Design)})

    def plot(self) -> "Axes":
        """Draw the mean outcome of the comparison and of cohorts, their onsets as dots, and how many are treated."""
        from twintrade.python.pictures import draw_design

        return draw_design(self)

    def to_toml(self, *, name: str = "mine", money_unit: str = "USD", flow: str = "exports") -> str:
        """Return the analysis file that asks what the design asks, as ``tt.run`` writes it.

        Examples
        --------
        >>> "[design]" in design.to_toml()
        True
        """
        from twintrade.study.stored import build_analysis

        return build_analysis(self, name, money_unit, flow)[f"analyses/{name}.toml"]


MOST_ROWS = 300_000  # rows in which sums of cities and of partners, and names alike, are looked for
MOST_NAMES = 6  # names that a line writes anew
_AGREEMENT_TEXT = ("twinning", "signatory", "partner_city", "kind", "source", "note")


def build_treatment_from_agreements(
    panel: Panel, agreements: Any, rule: TreatmentRule | None, undated: Literal["error", "exclude"]
) -> Treatment:
    """Return the treatment from a table of agreements, a mapping of onsets, or a Treatment."""
    if isinstance(agreements, Treatment):
        return agreements
    if isinstance(agreements, pd.Series | Mapping):
        known = Treatment.from_series(_read_onsets(pd.Series(agreements), panel))
        if unknown := sorted(set(known.units) - set(panel.units)):
            raise DesignError(
                f"{unknown[0]!r} has an onset but is no unit of the panel; units are like {panel.units[0]!r}"
            )
        listed = pd.Series(known.onset, index=known.units)
        return Treatment.from_series(listed.reindex(pd.Index(panel.units), fill_value=NEVER))
    return build_treatment_from_table(panel, to_pandas(agreements, "agreements"), rule, undated)


def _read_onsets(onsets: pd.Series, panel: Panel) -> pd.Series:
    """Return onsets as ordinals of the panel; dates, pandas periods and text are read as a panel's are."""
    dated = onsets[onsets.notna()]
    if pd.api.types.is_numeric_dtype(onsets) or all(isinstance(value, int | float) for value in dated):
        return pd.Series(panel.number_years(onsets.to_numpy(dtype=float)), onsets.index) if panel.waves else onsets
    frequency = "year" if panel.frequency == "wave" else panel.frequency
    read = read_period_column(dated, "onset", frequency)[0] if len(dated) else np.empty(0)
    return pd.Series(panel.number_years(read), index=dated.index, dtype=float).reindex(onsets.index)


def build_treatment_from_column(panel: Panel, column: str, *, is_dose: bool) -> Treatment:
    """Return the treatment that a column of the panel says by row: 0/1, or a dose; it may end."""
    values = panel.values(column)
    if is_dose:
        return replace(Treatment.from_dose(panel, values), name=column)
    wrong = np.flatnonzero(~np.isin(values, (0.0, 1.0)))
    if wrong.size:
        k = int(wrong[0])
        first = f"{panel.units[panel.unit[k]]} {panel.label(int(panel.period[k]))}, {values[k]:g}"
        raise DesignError(
            f"treated = {column!r}: {wrong.size} rows are neither 0 nor 1 (first: {first}); set dose for a treatment "
            "of other sizes, or leave out rows where it is not known"
        )
    ends = (np.diff(values) < 0) & (panel.unit[1:] == panel.unit[:-1])
    if ends.any():
        return replace(Treatment.from_dose(panel, values), name=column)
    onset = np.full(panel.n_units, NEVER)
    is_on = values == 1
    np.minimum.at(onset, panel.unit[is_on], panel.period[is_on].astype(np.float64))
    return Treatment(units=panel.units, onset=onset, rule=Text("design.onset-by-column", name=column), name=column)


def build_treatment_from_table(
    panel: Panel, table: pd.DataFrame, rule: TreatmentRule | None, undated: Literal["error", "exclude"]
) -> Treatment:
    """Return the onsets that a table of agreements gives the units of a panel."""
    needed = ["city", "partner", "date"] if panel.is_dyadic else ["city", "date"]
    if lacking := [name for name in needed if name not in table]:
        raise DesignError(f"the table of agreements has no column {lacking[0]!r}; it needs {', '.join(needed)}")
    registry = pd.DataFrame({name: _text(table, name) for name in ("city", "partner", *_AGREEMENT_TEXT)})
    numbered = pd.Series([str(Text("study.agreement", n=i + 1)) for i in range(len(table))], index=table.index)
    registry["partner"] = _match_partners(registry["partner"], panel)
    # Warn of agreements that are listed twice: whole rows, or two rows of one pair and one partner city.
    keys = ["city", "partner", "partner_city", "twinning"]
    is_again = table.astype(str).duplicated() | (registry.duplicated(keys) & (registry["partner_city"] != ""))
    if is_again.any():
        city, partner = registry.loc[is_again, ["city", "partner"]].iloc[0]
        first = Text("data.pair", city=city, partner=partner)
        text = Text("python.agreements-repeated", n=int(is_again.sum()), first=first)
        given = [name for name in keys if name in table]
        warnings.warn(f"{text}: agreements = agreements.drop_duplicates({given})", TwintradeWarning, stacklevel=5)
    registry["twinning"] = registry["twinning"].where(registry["twinning"] != "", numbered)
    columns = {name: enumerate(_text(table, name)) for name in ("date", "not_before", "not_after")}
    signed, *ends = [[_read_date(cell, i, name) for i, cell in cells] for name, cells in columns.items()]
    dates = [() if date is None else (CandidateDate("signed", date, "signed"),) for date in signed]
    spans = [DateSpan(*pair) if any(pair) else None for pair in zip(*ends, strict=True)]
    read = {"dates": dates, "ended": None, "span": spans}
    registry = registry.assign(**pd.DataFrame(read, index=table.index, dtype=object))
    treatment = build_treatment(Agreements(registry, undated_policy=undated), panel, rule)
    misspelt = find_misspelt_agreements(treatment.register, panel)
    meant = {
        "city": {m.city: m.near_city for m in misspelt if m.near_city},
        "partner": {m.partner: m.near_partner for m in misspelt if m.near_partner},
    }
    lines = [_write_replace("agreements", end, names) for end, names in meant.items() if names]
    is_all_said = len(misspelt) == int((treatment.register["unit"] == "").sum())
    for message in treatment.messages:
        if message.code == "unmatched-city":
            warnings.warn(f"{message.message}: {'; '.join(lines)}", TwintradeWarning, stacklevel=5)
        elif message.code == "unknown-city" or (message.code == "agreement-outside-panel" and not is_all_said):
            warnings.warn(message.message, TwintradeWarning, stacklevel=5)
    return treatment


def add_policies(panel: Panel, policies: Mapping[str, Any]) -> Panel:
    """Return the panel with other policies, each from a table with city, partner or both, date and ended."""
    if not isinstance(policies, Mapping):
        raise DesignError(Text("python.policies-no-mapping"))
    dated = []
    for name, given in sorted((str(name), given) for name, given in policies.items()):
        table = to_pandas(given, name)
        keys = tuple(key for key in ("city", "partner") if key in table)
        if not keys or "date" not in table or "level" in table:
            raise DesignError(Text("python.policy-columns", name=name, leveled="level" in table))
        columns = {column: _text(table, column) for column in (*keys, "date", "ended")}
        if "partner" in columns:
            columns["partner"] = _match_partners(columns["partner"], panel, name)
        dates: dict[tuple[str, ...], tuple[TwinningDate, TwinningDate | None]] = {}
        for place, (*ends, begun, ended) in enumerate(zip(*columns.values(), strict=True)):
            start, end = _read_date(begun, place, "date", name), _read_date(ended, place, "ended", name)
            is_repeated, is_before = tuple(ends) in dates, is_ended_before(start, end)
            if start is None or is_repeated or is_before:
                fault = "repeated" if is_repeated else "ends-before" if is_before else "undated"
                raise DesignError(Text(f"data.policy-{fault}", name=name, what=Listed(tuple(ends), "comma")))
            dates[tuple(ends)] = start, end
        dated.append(PolicyDates(name, keys, dates))
    panel, messages = build_policies(dated, panel)
    for message in messages:
        if message.level == "warning":
            warnings.warn(str(message.message), TwintradeWarning, stacklevel=4)
    return panel


def _write_replace(table: str, column: str, names: Mapping[str, str]) -> str:
    """Return the line that writes some names of a column as others."""
    return f'{table}["{column}"] = {table}["{column}"].replace({dict(list(names.items())[:MOST_NAMES])})'


def _match_partners(names: pd.Series, panel: Panel, table: str = "agreements") -> pd.Series:
    """Return partners as the panel names them: by their name or code, in whichever of the two the panel has them."""
    strange = sorted(set(names) - set(map(str, panel.partners)) - {""})
    known = {code: str(p) for p in panel.partners if strange and (code := find_code(str(p)))}
    matched = {name: known[code] for name in strange if (code := find_code(name)) in known}
    if matched:
        some = list_some(map(" = ".join, matched.items()), MOST_NAMES)
        text = Text("python.partners-matched", n=len(matched), table=table, names=some)
        warnings.warn(f"{text}: {_write_replace(table, 'partner', matched)}", TwintradeWarning, stacklevel=6)
    return names.replace(matched)


def warn_of_totals(panel: Panel, outcome: str) -> None:
    """Warn of cities and of partners that are the sum of others: each would count as a unit of its own."""
    values = panel.values(outcome)
    if not panel.is_dyadic or panel.n_rows > MOST_ROWS:
        return
    ends = {"city": (panel.cities, panel.unit_city), "partner": (panel.partners, panel.unit_partner)}
    rows = np.flatnonzero(np.isfinite(values))
    columns = {key: column for column, key in panel.key_columns.items()}
    for end, other in (("city", "partner"), ("partner", "city")):
        names, code = ends[end]
        cell = ends[other][1][panel.unit[rows]] * (panel.last_period + 1) + panel.period[rows]
        sums = find_totals(names[code[panel.unit[rows]]], cell.astype(np.int64), values[rows])
        by_name = [name for name in names if is_total_word(str(name)) or _is_group(str(name))]
        for name in dict.fromkeys([*sums, *by_name]):
            how = "sum" if name in sums else "word"
            text = Text("python.total", name=str(name), end=end, outcome=outcome, how=how)
            line = f"frame = frame[frame[{columns.get(end, end)!r}] != {name!r}]"
            warnings.warn(f"{text}: {line}", TwintradeWarning, stacklevel=4)
    _warn_of_alike_names(panel, values, columns)


def _is_group(name: str) -> bool:
    """Whether a name is that of a group of countries, or of the world."""
    return bool(is_aggregate(np.array([find_code(name)], dtype=object))[0]) and not is_remainder([name])[0]


def _warn_of_alike_names(panel: Panel, values: FloatArray, columns: Mapping[str, str]) -> None:
    """Warn of cities whose names differ only as spellings do, and of partners that are one country."""
    cities, partners = (np.array([str(name) for name in names]) for names in (panel.cities, panel.partners))
    ends = {"city": cities[panel.unit_city], "partner": partners[panel.unit_partner]}
    frame = pd.DataFrame({end: names[panel.unit] for end, names in ends.items()})
    faults = Faults()
    check_spellings(frame.assign(period=panel.period, value=values), (), (), faults)
    pairs = [("city", m.remedy.values) for m in faults.messages if isinstance(m.remedy, Remedy)]
    codes = pd.Series([find_code(name) for name in partners], index=partners)
    for _, names in codes[codes != ""].groupby(codes):
        pairs += [("partner", (str(name), str(names.index[0]))) for name in names.index[1:]]
    for end, alike in pairs:
        name, other = sorted(alike, key=frame[end].tolist().count)
        text = Text("python.alike", end=end, name=name, other=other)
        line = _write_replace("frame", columns.get(end, end), {name: other})
        warnings.warn(f"{text}: {line}", TwintradeWarning, stacklevel=5)


def warn_of_none_treated(panel: Panel, treatment: Treatment, is_kept: bool) -> None:
    """Warn where no unit's treatment begins within the panel."""
    onset = treatment.aligned(panel.units)
    begun = int((onset <= panel.first_period).sum())
    later = int(((onset > panel.last_period) & (onset < NEVER)).sum())
    if ((onset > panel.first_period) & (onset <= panel.last_period)).any() or (begun and is_kept):
        return
    text = Text("python.none-treated", begun=begun, later=later, **label_ends(panel))
    warnings.warn(str(text), TwintradeWarning, stacklevel=4)


def _text(table: pd.DataFrame, name: str) -> pd.Series:
    if name not in table:
        return pd.Series("", index=table.index, dtype=object)
    return table[name].map(lambda cell: "" if pd.isna(cell) else _whole(cell)).astype(object)


def _whole(cell: object) -> str:
    """A cell as text; years that pandas holds as floats lose their point, timestamps their time."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.date().isoformat() if isinstance(cell, pd.Timestamp) else str(cell).strip()


def _read_date(cell: str, position: int, name: str, table: str = "agreements") -> TwinningDate | None:
    try:
        return parse_date(cell) if cell else None
    except ValueError as error:
        raise DesignError(f"row {position} of the table of {table}: the {name} {cell!r} {error}") from None


# Cohort statistics straight from microdata: an event study of any number of rows from a few kilobytes.

LARGEST = 2.0**53  # up to here every whole number of the smallest unit of money has a float of its own


def cohort_statistics(
    source: TradeSource,
    agreements: pd.DataFrame,
    *,
    root: str | Path = ".",
    rule: TreatmentRule | None = None,
    undated: Literal["error", "exclude"] = "error",
    clusters: Sequence[str] = ("city", "partner"),
) -> CohortStatistics:
    """Add microdata up to what event studies without covariates need: counts, sums and second moments by cohort.

    The units are all pairs of a city and a partner of the files. ``Design.from_statistics`` makes a design of
    the result; effects and clustered errors are those of the whole panel.

    Parameters
    ----------
    source : TradeSource
        With ``microdata`` and ``absent="zero"``.
    agreements : DataFrame
        Columns city, partner, date, as for ``compare``.
    root : str or Path
        Project folder, below which the files stand.
    rule : TreatmentRule, optional
        How agreements become onsets: the first agreement, by default.
    undated : {"error", "exclude"}
    clusters : sequence of {"city", "partner"}
        Above the unit; fewer make fewer sums.

    Raises
    ------
    DataError
        The source is none of microdata, cells have no figure, or money is converted.
    DesignError
        An agreement has no date.

    Examples
    --------
    >>> statistics = tt.cohort_statistics(source, agreements)  # doctest: +SKIP
    >>> design = tt.Design.from_statistics(statistics, clusters=("city",))  # doctest: +SKIP
    >>> tt.infer(tt.fit("imputation", design), "clustered").plot()  # doctest: +SKIP
    """
    if source.microdata is None:
        raise DataError(f"{source.file}: cohort statistics are made from microdata; declare microdata")
    if source.exchange is not None or source.deflator is not None:
        raise DataError(f"{source.file}: converted money is no whole number of the smallest unit; convert it first")
    table = read_trade([source], Path(root))
    if table.absent != "zero":
        raise DataError(f'{source.file}: cohort statistics need absent = "zero": a panel without gaps')
    cells = table.frame[["city", "partner", "period"]]
    cells = cells.assign(units=_whole_units(table, source.microdata.decimals, source.file))
    # Every pair in every period, without an outcome: what a rule of treatment looks at.
    keys, periods = ["city", "partner", "period"], range(table.first, table.last + 1)
    frame = pd.MultiIndex.from_product([table.cities, table.partners, periods], names=keys).to_frame(index=False)
    panel = Panel.from_frame(frame.assign(cells=0.0), city="city", partner="partner", frequency=table.frequency.value)
    treatment = build_treatment_from_table(panel, agreements, rule, undated)
    pairs = panel.to_frame().drop_duplicates("unit").set_index("unit")[["city", "partner"]]
    onsets = pairs.assign(onset=pd.Series(treatment.onset, index=treatment.units).reindex(pairs.index))
    known = onsets[np.isfinite(onsets["onset"])]
    excluded = pairs.loc[[unit for unit in treatment.excluded if unit in pairs.index]]
    t = build_cohort_tables(cells, known, source.microdata, Path(root), clusters=clusters, excluded=excluded)
    sums = (t.sums, t.products, t.clusters)
    return CohortStatistics.from_tables(*sums, center=t.center, frequency=table.frequency.value)


def _whole_units(table: TradeTable, decimals: int, file: str) -> IntArray:
    """Return values as whole numbers of the smallest unit of money."""
    values = table.frame["value"].to_numpy(dtype=np.float64) * 10.0**decimals
    if n_missing := int(np.isnan(values).sum()):
        raise DataError(
            f'{file}: {n_missing:,} cells have no figure, and cohort statistics need all: declare blank = "zero" if '
            "that is what they mean, or run an analysis on the panel"
        )
    if values.max(initial=0.0) >= LARGEST:
        raise DataError(f"{file}: a cell is larger than 9e15 of the smallest unit of money: declare a larger one")
    return np.rint(values).astype(np.int64)
