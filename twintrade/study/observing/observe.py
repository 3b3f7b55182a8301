"""What an analysis observes: trade as a panel, agreements for the treatment rules, and where both came from."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from twintrade.data.calendar import Frequency, TwinningDate, find_waves, parse_date
from twintrade.data.covariates import complete
from twintrade.data.doubts import Jump
from twintrade.data.figures import Conversion
from twintrade.data.geography import find_totals_only
from twintrade.data.registry import (
    Reconciliation,
    TwinningRegistry,
    UndatedAgreements,
    read_policies,
    read_twinnings,
    read_undated,
    reconcile,
)
from twintrade.data.schema import CityName, Constant, PolicySource, TradeSource, TwinningSource, UndatedSource
from twintrade.data.sources import AbsentInputError, InputRecord, hold_collection, list_files, locate
from twintrade.data.trade import TradeTable, list_cities_left_out, read_trade
from twintrade.design import Panel
from twintrade.design.panel import PERIODS_PER_YEAR
from twintrade.design.register import Agreements, CandidateDate, build_policies
from twintrade.diagnostics.translated import World
from twintrade.effects import Message
from twintrade.errors import DataError, SpecError
from twintrade.study.observing.further_columns import add_further_columns, list_wanted, read_world
from twintrade.study.spec.analysis import Spec, TradeEntry, simulate_trade
from twintrade.study.store.replay import to_bytes
from twintrade.text import Listed, Text, list_some

# Reads registries into what the treatment rules need: agreements with every candidate date, links without one.

COLUMNS = (
    "twinning",
    "city",
    "signatory",
    "partner",
    "partner_city",
    "kind",
    "dates",
    "ended",
    "span",
    "source",
    "note",
)


def read_agreements(
    spec: Spec, root: Path, panel: Panel | None = None
) -> tuple[Agreements, TwinningRegistry, UndatedAgreements]:
    """Return agreements as treatment rules take them, those of a column of the panel among them, and both lists."""
    registry = read_twinnings([replace(s, city_names=_join_names(spec, s)) for s in spec.data.twinnings], root)
    undated = read_undated([replace(s, city_names=_join_names(spec, s)) for s in spec.data.undated], root)
    links, data = undated.frame[["city", "signatory", "partner", "partner_city", "note", "span"]], spec.data
    policies = [{source.undated for source in data.twinnings}, {source.policy for source in data.undated}]
    policy: Literal["error", "exclude"] = "exclude" if {"exclude"} in policies else "error"
    frame, linked = build_agreements_frame(registry), tuple(data.also_linked)
    if panel is not None and spec.design.treatment.column:
        frame = pd.concat([frame, build_column_agreements(panel, spec.design.treatment.column)], ignore_index=True)
    lists: list[TwinningSource | UndatedSource] = [*data.twinnings, *data.undated]
    decided = tuple(line.city for source in lists for line in source.city_names)
    agreements = Agreements(frame, links, linked, policy, data.other_events, decided, data.wider_register)
    return agreements, registry, undated


def _join_names(spec: Spec, source: TwinningSource | UndatedSource | PolicySource) -> tuple[CityName, ...]:
    """Return the names of a list of agreements, and those that every trade table declares for a city in all years."""
    known = {line.name for line in source.city_names}
    declared = [n for n in spec.data.trade[0].city_names if (n.code, n.first, n.last) == (None, None, None)]
    of_all = (n for n in declared if all(n in other.city_names for other in spec.data.trade))
    return (*source.city_names, *(n for n in of_all if n.name not in known))


def build_column_agreements(panel: Panel, column: str) -> pd.DataFrame:
    """Return one agreement a unit whose column turns to 1, dated to the first period in which it does."""
    values, unit, per_year = panel.values(column), panel.unit, PERIODS_PER_YEAR[panel.frequency]
    known = np.flatnonzero(np.isfinite(values))
    wrong = known[~np.isin(values[known], (0.0, 1.0))]
    ends = known[1:][(np.diff(values[known]) < 0) & (np.diff(unit[known]) == 0)]
    for key, rows in (("design.column-no-dummy", wrong), ("design.column-ends", ends)):
        if rows.size:
            first = f"{panel.units[unit[rows[0]]]}, {panel.label(int(panel.period[rows[0]]))}"
            raise DataError(Text(key, column=column, n=rows.size, first=first))
    on = known[values[known] == 1]
    on = on[np.unique(unit[on], return_index=True)[1]]
    rows = pd.DataFrame(dict.fromkeys(COLUMNS, ""), index=range(on.size)).astype(object)
    starts = np.array(panel.waves)[panel.period[on] - 1] if panel.waves else panel.period[on]
    year, part = np.divmod(starts, per_year)
    months = [None] * on.size if per_year == 1 else (part * 12 // per_year + 1).tolist()
    dates = [TwinningDate(y, m, None) for y, m in zip(year.tolist(), months, strict=True)]
    return rows.assign(
        twinning=panel.units[unit[on]],
        city=panel.cities[panel.unit_city[unit[on]]],
        partner=panel.partners[panel.unit_partner[unit[on]]],
        dates=pd.Series([(CandidateDate("signed", date, "signed"),) for date in dates], dtype=object),
        ended=None,
        source=column,
    )


def _add_policies(spec: Spec, root: Path, panel: Panel) -> tuple[Panel, tuple[InputRecord, ...], tuple[Message, ...]]:
    """Return the panel with the other policies of an analysis, their files, and what was noted."""
    if not spec.data.policies:
        return panel, (), ()
    sources = [replace(source, city_names=_join_names(spec, source)) for source in spec.data.policies]
    policies, noted = read_policies(sources, root)
    panel, of_panel = build_policies(policies, panel, spec.design.treatment.late_from)
    return panel, tuple(policy.record for policy in policies if policy.record), (*noted, *of_panel)


def build_agreements_frame(registry: TwinningRegistry) -> pd.DataFrame:
    """Return one row a twinning with its candidate dates in one column, as ``Agreements`` wants them."""
    dates: dict[str, list[CandidateDate]] = {}
    for row in registry.candidates.to_dict("records"):
        month, day = (None if pd.isna(row[part]) else int(row[part]) for part in ("month", "day"))
        date = TwinningDate(int(row["year"]), month, day)
        event = CandidateDate(str(row["event_kind"]), date, str(row["event_text"] or row["event_kind"]))
        dates.setdefault(str(row["twinning_id"]), []).append(event)
    frame = registry.frame.rename(columns={"id": "twinning"})
    known = [tuple(dates.get(str(name), ())) for name in frame["twinning"]]
    ends = [parse_date(text) if text else None for text in frame["ended"]]
    read = pd.DataFrame({"dates": known, "ended": ends}, index=frame.index, dtype=object)
    return frame.assign(**read)[list(COLUMNS)]


Currency = Literal[
    "US dollars", "yuan", "euros", "pounds sterling", "Australian dollars", "yen", "Hong Kong dollars", "reais"
]
CURRENCIES: Mapping[str, Currency] = {
    "USD": "US dollars", "CNY": "yuan", "EUR": "euros", "GBP": "pounds sterling", "AUD": "Australian dollars",
    "JPY": "yen", "HKD": "Hong Kong dollars", "BRL": "reais",
}  # fmt: skip

_MOST_COLUMNS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """The observed side of an analysis."""

    panel: Panel  # one column an outcome, named by its flow
    agreements: Agreements
    inputs: tuple[InputRecord, ...]
    messages: tuple[Message, ...]
    is_simulated: bool
    conversions: tuple[Conversion, ...] = ()  # every factor that values were multiplied by
    reconciliation: Reconciliation | None = None  # the registry held against the trade tables
    jumps: tuple[Jump, ...] = ()  # changes of the outcome that nothing in their series explains
    totals_only: tuple[str, ...] = ()  # partners that the analysis file keeps for totals only
    world: World | None = None  # trade among all places, where the analysis asks what it means for cities


def format_currency(money_unit: str) -> str:
    """Return a money unit as a caption has it: "US dollars", "US dollars of 2015"."""
    code, of, base = money_unit.partition(" of ")
    return f"{CURRENCIES.get(code, code)}{of}{base}"


def name_simulated_file(name: str, position: int) -> str:
    """Return where the simulated table of an analysis stands, relative to the project."""
    return f"data/processed/{name}-simulated{'' if position == 0 else f'-{position + 1}'}.csv"


def list_simulated_names(name: str, spec: Spec) -> list[str]:
    """Return where the simulated tables of an analysis stand."""
    return [name_simulated_file(name, i) for i, entry in enumerate(spec.data.trade) if entry.simulate is not None]


def build_simulated_files(name: str, spec: Spec) -> dict[str, bytes]:
    """Return the simulated tables of an analysis as CSV files."""
    drawn = ((i, entry) for i, entry in enumerate(spec.data.trade) if entry.simulate is not None)
    return {name_simulated_file(name, i): to_bytes(_drawn(entry)) for i, entry in drawn}


@hold_collection()
def observe(name: str, spec: Spec, root: Path) -> Observed:
    """Read every input of an analysis; simulated tables stand in the project already."""
    sources = [source for i, entry in enumerate(spec.data.trade) for source in _list_sources(name, i, entry, root)]
    flows = dict.fromkeys(source.flow for source in sources)
    read_tables = [read_trade([s for s in sources if s.flow == flow], root) for flow in flows]
    years = np.concatenate([table.frame["period"].to_numpy(dtype=np.int64) for table in read_tables])
    is_yearly = all(table.frequency is Frequency.YEAR for table in read_tables)
    periods = spec.design.periods
    is_waves = is_yearly and (periods == "waves" or (periods is None and bool(find_waves(years))))
    tables = [complete(table, is_waves=is_waves) for table in read_tables]
    panel, of_columns, column_notes = _panel(spec, sources, tables, root, is_waves)
    _check_outcomes(spec, panel)
    panel, of_policies, policy_notes = _add_policies(spec, root, panel)
    agreements, registry, undated = read_agreements(spec, root, panel)
    absent = set(agreements.registry["city"]) - {str(city) for city in panel.cities}
    left_out = [city for source in sources for city in list_cities_left_out(source, root, absent)]
    decided = (*agreements.decided_cities, *left_out)
    kept = {code for source in sources for code in find_totals_only(source.partner_names)}
    world, of_world = read_world(spec.translate, panel, root) if spec.translate else (None, ())
    inputs = *(record for table in tables for record in table.provenance), *of_columns
    inputs += *registry.provenance, *undated.provenance, *of_policies, *of_world
    messages = *(m for table in tables for m in table.messages), *column_notes
    messages += *registry.messages, *undated.messages, *policy_notes
    ends = (panel.waves[0], panel.waves[-1]) if panel.waves else (panel.first_period, panel.last_period)
    late = spec.design.treatment.late_from
    of_table = {c for table in tables for c in table.cities}, {p for table in tables for p in table.partners}
    return Observed(
        panel=panel,
        agreements=replace(agreements, decided_cities=decided),
        inputs=inputs,
        messages=(*messages, *_list_unread(inputs, frozenset(list_wanted(spec))), *_list_other_sheets(inputs)),
        is_simulated=spec.data.simulated or any(entry.simulate is not None for entry in spec.data.trade),
        conversions=tuple(dict.fromkeys(c for table in tables for c in table.conversions)),
        reconciliation=reconcile(registry, undated, *of_table, *ends, tables[0].frequency, late),
        jumps=next((table.jumps for table in tables if table.flow == spec.design.outcome), ()),
        totals_only=tuple(sorted(kept & set(map(str, panel.partners)))),
        world=world,
    )


def _check_outcomes(spec: Spec, panel: Panel) -> None:
    """Refuse a check that grades an outcome which no table holds: the page would lose its grade without a word."""
    for entry in spec.diagnostic:
        for name in entry.options.get("others", ()) if entry.name == "evidence" else ():
            if name not in panel.columns:
                known = Listed(tuple(sorted(panel.columns)))
                raise SpecError(Text("design.no-further-outcome", check=entry.name, outcome=str(name), known=known))


def _list_other_sheets(records: Sequence[InputRecord]) -> Iterator[Message]:
    """Yield a warning for each workbook of which sheets like the ones that are read are not read."""
    for path in dict.fromkeys(record.path for record in records):
        tables = [record for record in records if record.path == path]
        read = tuple(dict.fromkeys(record.sheet for record in tables))
        alike = dict.fromkeys(name for record in tables for name in record.alike_sheets)
        if others := [name for name in alike if name not in read]:
            names = list_some(others, _MOST_COLUMNS)
            text = Text("data.other-sheets", n_read=len(read), read=Listed(read), n=len(others), names=names)
            yield Message("warning", "other-sheets", text, path)


def _list_unread(records: Sequence[InputRecord], wanted: Collection[str]) -> Iterator[Message]:
    """Yield a note on the columns of each file that no table of the analysis names, nor its design."""
    for path in dict.fromkeys(record.path for record in records):
        by_table = [[n for n in r.unread if n not in wanted] for r in records if r.path == path]
        if unread := [name for name in by_table[0] if all(name in of_table for of_table in by_table)]:
            columns = list_some(unread, _MOST_COLUMNS)
            yield Message("info", "unread-columns", Text("data.look-unread", columns=columns), path)


def list_absent_inputs(spec: Spec, root: Path) -> list[str]:
    """Return the declared inputs that are not there, as the reader would complain about them."""
    absent = []
    folders = {entry.file for entry in spec.data.trade if entry.microdata is not None}
    for file in list_declared_files(spec):
        try:
            for path in [file] if file in folders else list_files(root, file):
                locate(root, path, folder_too=file in folders)
        except AbsentInputError as error:
            absent.append(str(error))
    return absent


def list_declared_files(spec: Spec) -> list[str]:
    """Return every input file an analysis names, rates and price indices included."""
    data = spec.data
    money: list[Any] = [part for entry in data.trade for part in (entry.exchange, entry.deflator)]
    sources = [*data.trade, *money, *data.covariates, *data.twinnings, *data.undated, *data.policies, spec.translate]
    return list(dict.fromkeys(source.file for source in sources if source is not None and source.file))


def _list_sources(name: str, position: int, entry: TradeEntry, root: Path) -> list[TradeSource]:
    """Return a table of an analysis as one source for each of its files."""
    values = {f.name: getattr(entry, f.name) for f in fields(TradeSource)}
    if entry.simulate is not None:
        values["file"] = name_simulated_file(name, position)
    is_one = entry.simulate is not None or entry.microdata is not None
    files = [values["file"]] if is_one else list_files(root, entry.file)
    return [TradeSource(**{**values, "file": file}) for file in files]


def _drawn(entry: TradeEntry) -> pd.DataFrame:
    assert entry.simulate is not None
    names = {"city": entry.city, "partner": entry.partner, "period": entry.period, "value": entry.value}
    for part, column in names.items():
        if not isinstance(column, str):
            raise SpecError(
                f"a simulated table needs a column for {part}, which is "
                f"{'a constant' if isinstance(column, Constant) else 'not given'}"
            )
    return simulate_trade(entry.simulate, **{part: str(column) for part, column in names.items()})


def _panel(
    spec: Spec, sources: Sequence[TradeSource], tables: Sequence[TradeTable], root: Path, is_waves: bool
) -> tuple[Panel, tuple[InputRecord, ...], tuple[Message, ...]]:
    if len({table.frequency for table in tables}) > 1:
        raise DataError("exports and imports have different frequencies; bring them to one")
    flows = [table.flow for table in tables]
    if spec.design.outcome not in flows:
        raise SpecError(f"design.outcome is {spec.design.outcome!r}, but the trade tables hold {' and '.join(flows)}")
    frames = [_with_counts(table, spec) for table in tables]
    frame = pd.concat(frames, axis=1).reset_index() if len(frames) > 1 else frames[0].reset_index()
    frame = _sampled(spec, frame, tables[0].frequency)
    if spec.design.unit == "city":
        frame = frame.groupby(["city", "period"], as_index=False)[flows].sum(min_count=1)
    frame = frame.assign(**_coordinates(spec.data.places, frame))
    of_outcome = [source for source in sources if source.flow == spec.design.outcome]
    frame, inputs, messages = add_further_columns(spec, of_outcome, frame, tables[0].frequency, root)
    panel = Panel.from_frame(
        frame,
        city="city",
        partner=None if spec.design.unit == "city" else "partner",
        frequency=str(tables[0].frequency),  # type: ignore[arg-type]
        units_of_measure={t.flow: format_currency(t.money_unit) for t in tables},
        periods="waves" if is_waves else "calendar",
    )
    return panel, inputs, messages


def _coordinates(places: Mapping[str, tuple[float, float]], frame: pd.DataFrame) -> dict[str, pd.Series]:
    """Return columns of degrees for each end of which any place is given."""
    columns = {}
    unknown = set(places)
    for end, before in (("city", ""), ("partner", "partner_")):
        if end not in frame or not frame[end].isin(places.keys()).any():
            continue
        unknown -= set(frame[end])
        for side, name in enumerate(("latitude", "longitude")):
            columns[before + name] = frame[end].map({place: degrees[side] for place, degrees in places.items()})
    if unknown:
        listed = ", ".join(sorted(unknown)[:8])
        raise SpecError(
            f"data.places names {listed}: neither a city nor a partner of the trade tables, as they write it"
        )
    return columns


def _with_counts(table: TradeTable, spec: Spec) -> pd.DataFrame:
    """Return a completed flow by its keys, that of the outcome with what microdata count beside it.

    Where an absent row is a zero, nobody traded.
    """
    keys = ["city", "partner", "period"]
    frame = table.frame.rename(columns={"value": table.flow})
    if table.counts is None or table.flow != spec.design.outcome or spec.design.unit == "city":
        return frame.set_index(keys)[[table.flow]]
    names = [name for name in table.counts if name not in keys]
    joined = frame.merge(table.counts, on=keys, how="left")
    if table.absent == "zero":
        joined.loc[joined["is_filled"], names] = joined.loc[joined["is_filled"], names].fillna(0.0)
    return joined.set_index(keys)[[table.flow, *names]]


def _sampled(spec: Spec, frame: pd.DataFrame, frequency: Frequency) -> pd.DataFrame:
    if spec.design.sample is None:
        return frame
    first, last = spec.design.sample
    if frequency is not Frequency.YEAR:
        first, last = frequency.ordinal(first, 1), frequency.ordinal(last, 12)
    kept = frame[frame["period"].between(first, last)]
    if kept.empty:
        raise SpecError(f"design.sample {list(spec.design.sample)} holds no period of the data")
    return kept
