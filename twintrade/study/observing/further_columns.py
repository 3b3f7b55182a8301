"""What stands beside the trade of a design: covariates and weights, and trade among all places of a world."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twintrade.data.calendar import Frequency
from twintrade.data.covariates import CovariateTable, join_covariates, read_covariates, read_flows
from twintrade.data.doubts import Jump
from twintrade.data.geography import find_code, load_places
from twintrade.data.schema import Constant, CovariateSource, TradeSource, WorldSource
from twintrade.data.sources import Faults, InputRecord
from twintrade.design import Design, Panel
from twintrade.design.fixed_effects import list_effect_columns
from twintrade.diagnostics.translated import World
from twintrade.effects import Message
from twintrade.errors import DesignError, SpecError
from twintrade.numerics.arrays import BoolArray
from twintrade.study.spec.analysis import Spec
from twintrade.text import Listed, Text, list_some

# Treated pairs that need a look: jumps, only zeros after the agreement, a partner that is no country any more, or a
# world of a year in which they already had it.

_MAX_NAMED = 6


def list_treated_warnings(jumps: Sequence[Jump], design: Design, world: WorldSource | None) -> list[Message]:
    """Return warnings about units that are treated."""
    messages = [*_warn_of_jumps(jumps, design), *_warn_of_no_trade_after(design), *_warn_of_former_countries(design)]
    return messages if world is None else [*messages, *_warn_of_late_world(world, design)]


def _warn_of_late_world(source: WorldSource, design: Design) -> Iterator[Message]:
    """Doubt trade among all places that the agreements have changed already."""
    panel, onset, year = design.panel, design.onset, source.find_year()
    begun = onset[(onset > panel.first_period) & (onset <= panel.last_period)]
    years = np.array([int(panel.label(int(one))[:4]) for one in begun])
    if year is not None and (years <= year).any():
        counts = {"n": int((years <= year).sum()), "n_treated": years.size, "first": int(years.min())}
        yield Message("warning", "late-world", Text("data.late-world", year=year, **counts), source.file)


def _warn_of_jumps(jumps: Sequence[Jump], design: Design) -> Iterator[Message]:
    panel, onset = design.panel, design.onset
    if panel.waves:
        return
    inside = (onset > panel.first_period) & (onset <= panel.last_period)
    cities, partners = panel.cities[panel.unit_city], panel.partners[panel.unit_partner]
    ends = [(str(c), str(p)) for c, p in zip(cities[inside], partners[inside], strict=True)]
    treated = dict(zip(ends, onset[inside], strict=True))
    of_cities = {city for city, _ in treated}
    is_any = not panel.is_dyadic
    mine = [
        jump
        for jump in jumps
        if panel.first_period <= jump.period <= panel.last_period
        and (not jump.is_small or treated.get((jump.city, jump.partner)) == jump.period)
        and ((jump.city, jump.partner) in treated or (jump.city in of_cities and (is_any or not jump.partner)))
    ]
    frequency = Frequency(panel.frequency)
    if named := [jump.describe(frequency) for jump in sorted(mine, key=lambda jump: -jump.factor)]:
        text = Text("data.treated-jump", n=len(mine), jumps=list_some(named, _MAX_NAMED, "semicolon"))
        yield Message("warning", "treated-jump", text)


def _warn_of_no_trade_after(design: Design) -> Iterator[Message]:
    """Name units that traded before their onset and have nothing but zeros from it on."""
    panel, onset = design.panel, design.onset
    values = panel.values(design.outcome)
    is_known, is_after = np.isfinite(values), panel.period >= onset[panel.unit]

    def have(rows: BoolArray) -> BoolArray:
        return np.bincount(panel.unit[rows], minlength=panel.n_units) > 0

    is_traded = is_known & (values != 0)
    is_inside = (onset > panel.first_period) & (onset <= panel.last_period)
    silent = is_inside & have(is_known & is_after) & ~have(is_traded & is_after) & have(is_traded & ~is_after)
    if names := [str(name) for name in panel.units[silent]]:
        text = Text("data.no-trade-after", n=len(names), units=panel.unit_kind, names=list_some(names, _MAX_NAMED))
        yield Message("warning", "no-trade-after", text)


def _warn_of_former_countries(design: Design) -> Iterator[Message]:
    """Name agreements in force when their country went out of the sample: those who follow it count as untreated."""
    register, places = design.treatment.register, load_places()
    if register.empty or not {"city", "partner", "ended"} <= set(register.columns):
        return
    last_year = design.panel.last_year
    ended = (
        f"{row['city']}-{row['partner']}"
        for row in register[register["unit"] != ""].to_dict("records")
        if (place := places.get(str(row["partner"]))) is not None
        and place.kind == "former"
        and place.valid_to is not None
        and place.valid_to < last_year
        and (pd.isna(row["ended"]) or not row["ended"])
    )
    if names := list(dict.fromkeys(ended)):
        text = Text("data.former-country", n=len(names), names=list_some(names, _MAX_NAMED))
        yield Message("warning", "former-country", text)


_KEYS = ("city", "partner", "period")


def add_further_columns(
    spec: Spec, sources: Sequence[TradeSource], frame: pd.DataFrame, frequency: Frequency, root: Path
) -> tuple[pd.DataFrame, tuple[InputRecord, ...], tuple[Message, ...]]:
    """Return a panel's frame with covariates and weights that the analysis names, the files read, what was noted."""
    faults = Faults()
    declared = spec.data.covariates
    _check_tables(declared, frame)
    tables = [read_covariates(source, root, frequency, faults) for source in declared]
    given = {name for source in declared for name in source.named}
    if wanted := [name for name in dict.fromkeys(list_wanted(spec)) if name not in given and name not in frame]:
        shared = {field.name for field in fields(CovariateSource)} & {field.name for field in fields(TradeSource)}
        of_trade = []
        for source in sources:
            if source.microdata is not None:
                raise SpecError(Text("data.covariate-of-microdata", names=Listed(tuple(wanted), "comma")))
            parts: dict[str, Any] = {name: getattr(source, name) for name in shared}
            parts |= {part: None for part in _KEYS if part not in frame or isinstance(parts[part], Constant)}
            as_table = CovariateSource(**parts, columns=tuple(wanted))
            of_trade.append(read_covariates(as_table, root, frequency, faults))
        faults.raise_if_any()
        tables.append(_find_fewest_keys(of_trade, wanted, frequency))
        text = Text("data.covariate-by", names=Listed(tuple(wanted)), n=len(wanted), keys=Listed(tables[-1].keys))
        faults.inform("covariate", text, sources[0].file)
    faults.raise_if_any()
    joined = join_covariates(frame, tables, frequency)
    for name in [*given, *wanted]:
        _warn_of_absent(joined, name, frequency, faults)
    return joined, tuple(table.record for table in tables[: len(declared)]), faults.messages


def list_wanted(spec: Spec) -> Iterator[str]:
    """Yield the treatment, the covariates, columns as fixed effects, and the weights of the design or a column."""
    if spec.design.treatment.column:
        yield spec.design.treatment.column
    for options in (
        spec.design.model_dump(include={"covariates", "weights", "fixed_effects"}),
        *(entry.options for entry in spec.estimator),
    ):
        yield from options.get("covariates") or ()
        yield from list_effect_columns(options.get("fixed_effects") or ())
        if weights := options.get("weights"):
            yield weights


def _check_tables(declared: Sequence[CovariateSource], frame: pd.DataFrame) -> None:
    taken = dict.fromkeys(map(str, frame.columns), "")
    for source in declared:
        if not source.keys:
            raise SpecError(Text("data.covariates-about-nothing", file=source.file))
        if "partner" in source.keys and "partner" not in frame:
            raise SpecError(Text("data.covariates-by-partner", file=source.file))
        for name in source.named:
            if name in taken or name in _KEYS:
                raise SpecError(Text("data.covariate-taken", name=name, file=source.file))
            taken[name] = source.file


def _find_fewest_keys(tables: Sequence[CovariateTable], wanted: list[str], frequency: Frequency) -> CovariateTable:
    """Return columns of the trade files, by the fewest keys within which none of them differs."""
    keys = tables[0].keys
    rows = pd.concat([table.frame for table in tables], ignore_index=True).dropna(subset=wanted, how="all")
    for fewest in chain.from_iterable(combinations(keys, n) for n in range(1, len(keys) + 1)):
        if (rows.groupby(list(fewest))[wanted].nunique() <= 1).all(axis=None):
            break
    unique = rows.groupby(list(fewest), as_index=False)[wanted].first()
    return CovariateTable(unique, fewest, frequency, tables[0].record)


def _warn_of_absent(frame: pd.DataFrame, name: str, frequency: Frequency, faults: Faults) -> None:
    is_absent = frame[name].isna().to_numpy()
    if not is_absent.any():
        return
    row = frame[is_absent].iloc[0]
    first = [frequency.label(int(row[key])) if key == "period" else str(row[key]) for key in _KEYS if key in frame]
    named, counts = Listed(tuple(first), "comma"), {"n": int(is_absent.sum()), "n_rows": len(frame)}
    faults.warn("covariate-absent", Text("data.covariate-absent", name=name, first=named, **counts))


# Trade among all places of a world, in the names of the panel.


def read_world(source: WorldSource, panel: Panel, root: Path) -> tuple[World, tuple[InputRecord, ...]]:
    """Return trade among places, countries by the codes of the panel where it has them, and what was read."""
    frame, record = read_flows(source, root)
    known = {str(place) for place in (*panel.cities, *panel.partners)}
    ends = ["origin", "destination"]
    names = {cell: source.names.get(cell, cell) for cell in pd.unique(frame[ends].to_numpy().ravel())}
    codes = {cell: find_code(name) for cell, name in names.items() if name not in known}
    named = names | {cell: code for cell, code in codes.items() if code in known}
    frame = frame.assign(**{end: frame[end].map(named) for end in ends})
    outputs = frame.groupby("origin")["output"]
    try:
        if (outputs.nunique() > 1).any():
            place = str(outputs.nunique().idxmax())
            raise DesignError(Text("data.world-output", place=place, column=source.output or ""))
        return World.from_frame(frame, value="trade", output=outputs.first().dropna()), (record,)
    except DesignError as error:
        raise DesignError(Text("common.headed", head=source.file, said=error.text)) from None
