"""Lists of agreements for the command line: merged into a register with a card, checked, and compared."""

import json
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twintrade.data import registers
from twintrade.data.geography import load_places
from twintrade.design import Design
from twintrade.errors import SpecError
from twintrade.simulate import simulate
from twintrade.study.observing.observe import observe
from twintrade.study.plan.designs import Designs
from twintrade.study.plan.jobs import plan_analysis
from twintrade.study.store import find_analyses
from twintrade.study.store.folder import write_new
from twintrade.study.store.locating import check_analysis_name
from twintrade.study.store.replay import to_bytes
from twintrade.text import Listed, Text, Words, describe_bounds, find_catalogue

# A trade table whose effect of an agreement is known, as files: for power, practice and teaching.

_FIRST_YEAR = 2000


def simulate_known_effect(seed: int, cities: int, partners: int, periods: int, effect: float) -> dict[str, bytes]:
    """Return trade.csv, twinnings.csv and truth.csv with an effect in log points from the onset on."""
    shape: dict[str, Any] = {"n_cities": cities, "n_partners": partners, "n_periods": periods, "effect": effect}
    shape |= {"cohorts": {_FIRST_YEAR + periods // 3: 0.1, _FIRST_YEAR + periods // 2: 0.1}, "family": "poisson"}
    rng = np.random.default_rng(seed)
    drawn = simulate(rng, first_period=_FIRST_YEAR, mean=1e6, noise=0.2, place_spread=0.3, **shape)
    frame = drawn.panel.to_frame()
    codes = sorted(code for code, place in load_places().items() if (place.kind, place.valid_to) == ("country", None))
    if partners > len(codes):
        raise SpecError(f"there are {len(codes)} countries and {partners} partners were asked for")
    codes_by_name = dict(zip(drawn.panel.partners, codes[:: max(1, len(codes) // partners)], strict=False))
    frame["partner"] = frame["partner"].map(codes_by_name)
    trade = frame[["city", "partner", "period", "exports"]].rename(columns={"period": "year"})
    onset = pd.DataFrame({"unit": drawn.treatment.units, "date": drawn.treatment.onset})
    ends = frame.drop_duplicates("unit")[["unit", "city", "partner"]]
    signed = onset[np.isfinite(onset["date"])].merge(ends, on="unit")
    signed["date"] = signed["date"].astype(int)
    signed = signed.assign(partner_city=signed["partner"] + " town", kind="sister city")
    # The truth under the names of the trade table: its city, partner and year.
    named = drawn.truth.merge(ends, on="unit", how="left").rename(columns={"period": "year"})
    named["unit"] = named["city"] + "-" + named["partner"]
    return {
        "trade.csv": to_bytes(trade),
        "twinnings.csv": to_bytes(signed[["city", "partner_city", "partner", "date", "kind"]]),
        "truth.csv": to_bytes(named[["unit", "city", "partner", "year", "cohort", "event_time", "effect"]]),
    }


FOLDER = "data/raw"


def merge_registers(root: Path, files: Sequence[str], name: str) -> list[Text]:
    """Merge lists of agreements into ``data/raw/NAME.csv`` with a card; return what was done, conflicts last."""
    check_analysis_name(name)
    merged = registers.merge_listings([registers.read_listing(root, file) for file in files])
    undated = int((merged.frame["date"] == "").sum())
    card = find_catalogue().read("merged_card.md")
    conflicts = [Text("common.headed", head=pair, said=why) for pair, why in merged.conflicts]
    counts = {"n": len(merged.frame), "rows": merged.n_rows, "undated": undated, "n_conflicts": len(conflicts)}
    listed = "\n".join(f"  - {conflict}" for conflict in conflicts) or "  -"
    text = card.format(name=name, files=Listed(tuple(files), "comma"), conflicts=listed, **counts)
    contents = {"csv": to_bytes(merged.frame), "md": text.encode("utf-8")}
    paths = write_new(root, {f"{FOLDER}/{name}.{ending}": content for ending, content in contents.items()})
    summary = Text("study.merged", rows=merged.n_rows, files=len(files), n=len(merged.frame), undated=undated)
    return [*(Text("study.wrote", path=path) for path in paths), summary, *conflicts]


def check_register(root: Path, file: str) -> list[Text]:
    """Return what cannot be right in a list of agreements, one line a fault; empty where nothing is found."""
    faults = registers.check_listing(registers.read_listing(root, file))
    return [Text("study.listed-fault", row=row, fault=fault) for row, fault in faults]


def list_undated_by_trade(design: Design) -> pd.DataFrame:
    """Return pairs of unknown date by expected trade a period before the first agreement of the data, most first.

    Expected is the city's trade times the partner's over all trade, each without the pairs listed: blind to their own
    figures. Columns unit, expected, known (Words: each link, with what the register says of its date).
    """
    panel, treatment = design.panel, design.treatment
    listed = [str(u) for u in panel.units if treatment.excluded.get(str(u)) == "undated"]
    inside = design.onset[(design.onset > panel.first_period) & (design.onset <= panel.last_period)]
    start = inside.min() if inside.size else panel.last_period + 1
    is_listed = np.isin(panel.units, listed)
    value = np.nan_to_num(panel.values(design.outcome)) * (panel.period < start) * ~is_listed[panel.unit]
    n_periods = np.unique(panel.period[panel.period < start]).size
    by_city = np.bincount(panel.unit_city[panel.unit], value, panel.cities.size)
    by_partner = np.bincount(panel.unit_partner[panel.unit], value, panel.partners.size)
    total = value.sum() * n_periods
    expected = by_city[panel.unit_city] * by_partner[panel.unit_partner] / total if total else np.zeros(panel.n_units)
    links = {
        str(unit): Listed(tuple(_describe_link(row) for row in group.to_dict("records")), "semicolon")
        for unit, group in treatment.register.groupby("unit")
    }
    rows = [(unit, expected[k], links.get(unit, "")) for k, unit in enumerate(panel.units) if is_listed[k]]
    frame = pd.DataFrame(rows, columns=["unit", "expected", "known"])
    return frame.sort_values(["expected", "unit"], ascending=[False, True], ignore_index=True)


def _describe_link(row: Mapping[Hashable, Any]) -> Words:
    ends = f"{row['signatory'] or row['city']}–{row['partner_city'] or row['partner']}"
    first, last = row["not_before"], row["not_after"]
    dates = [f"{label} {date}" for label, date, _ in json.loads(row["candidates"])]
    parts = [str(describe_bounds(first, last)) if first or last else "", *dates, row["note"]]
    known = tuple(dict.fromkeys(part for part in parts if part))
    return Text("common.headed", head=ends, said=Listed(known, "comma")) if known else ends


def list_dates_to_find(root: Path, name: str) -> list[Text]:
    """Return the pairs of an analysis whose agreement has no date, those with the most expected trade first."""
    analysis = find_analyses(root, [name])[0]
    plan, _ = plan_analysis(analysis.root, analysis.name, analysis.text)
    design = Designs(observe(analysis.name, plan.spec, analysis.root), plan.spec.case).base(plan.spec.design)
    ranked = list_undated_by_trade(design)
    lines = [Text("study.dates-to-find", n=len(ranked), name=name)]
    money = design.panel.units_of_measure.get(design.outcome, "")
    for place, (unit, expected, known) in enumerate(ranked.itertuples(index=False), 1):
        values = {"unit": unit, "known": known, "money": money, "period_name": design.panel.frequency}
        lines.append(Text("study.date-to-find", place=place, expected=float(expected), **values))
    return lines


def compare_registers(root: Path, files: Sequence[str], n_comparison: int | None = None) -> list[Text]:
    """Return how many agreements neither of two lists has, and the share of comparison pairs that this makes."""
    if len(files) != 2:
        raise SpecError("registry coverage compares two lists: name two files")
    first, second = (registers.read_listing(root, file) for file in files)
    overlap = registers.compare_listings(first, second)
    if not overlap.n_cities:
        raise SpecError("the two lists have no city in common, so that nothing can be said of what both lack")
    lines = [Text("study.coverage-frame", n=overlap.n_cities)]
    lines += [_describe(overlap.agreements, "agreements"), _describe(overlap.pairs, "pairs")]
    lines.append(Text("study.coverage-assumption"))
    bound = "shared" if overlap.is_lower_bound else "unknown"
    lines.append(Text("study.coverage-bound", bound=bound, n=overlap.n_same_page, shared=overlap.agreements.n_both))
    if n_comparison is not None:
        if n_comparison < 1:
            raise SpecError("--pairs is the number of comparison pairs, at least 1")
        share, low, high = registers.estimate_hidden_share(overlap.pairs, n_comparison)
        lines.append(Text("study.coverage-share", share=share, low=low, high=high, n=n_comparison))
    return lines


def _describe(coverage: registers.Coverage, units: str) -> Text:
    counts = {name: getattr(coverage, f"n_{name}") for name in ("first", "second", "both")}
    estimates = {name: round(getattr(coverage, name)) for name in ("total", "low", "high", "unseen")}
    return Text("study.coverage", units=units, seen=coverage.n_seen / coverage.total, **counts, **estimates)
