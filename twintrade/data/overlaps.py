"""One figure for each city, partner and period: products summed, files ranked, duplicates refused."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from twintrade.data.calendar import Frequency, find_waves
from twintrade.data.geography.cities import is_total_word
from twintrade.data.geography.countries import list_own_codes
from twintrade.data.schema import Absent, TradeSource
from twintrade.data.sources.faults import Faults, Fix, TextColumn, build_text_array, clean_name, fold_name, quote_cell
from twintrade.effects import Remedy
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, ObjectArray, find_step, intersect_codes
from twintrade.text import Listed, Text, Value, list_some

# What looks wrong in a table of trade though every cell of it is well formed.

_MAX_NAMED = 12
_PART, _NEARLY_ALL, _LEAST_PERIODS = 0.75, 0.9, 2
_LEAST_CONSTANT = 4


def check_trade(frame: pd.DataFrame, frequency: Frequency, absent: Absent, faults: Faults) -> None:
    """Warn of holes, of cities that enter or leave, and of periods that are parts, in a frame sorted by its keys."""
    seen = np.unique(frame["period"].to_numpy())
    step, waves = find_step(seen), find_waves(seen) if frequency is Frequency.YEAR else ()
    named = list_some(map(frequency.label, seen), _MAX_NAMED)
    if waves:
        faults.inform("waves", Text("data.waves", n=len(waves), periods=named))
    elif step > 1:
        text = Text("data.period-step", step=step, period_name=frequency.value, periods=named)
        faults.inform("period-step", text)
    unseen = () if waves else np.setdiff1d(np.arange(seen[0], seen[-1] + 1, step), seen)
    if len(unseen):
        named = list_some(map(frequency.label, unseen), _MAX_NAMED)
        faults.warn("period-gap", Text("data.period-gap", n=len(unseen), periods=named))
    ends, period, values = (frame[name].to_numpy() for name in (KEY[:2], "period", "value"))
    is_first = np.append(True, (ends[1:] != ends[:-1]).any(axis=1))
    pairs, starts, of_pair = ends[is_first], np.flatnonzero(is_first), np.cumsum(is_first) - 1
    _cities_that_come_and_go(pairs[:, 0], period, starts, frequency, absent, faults)
    numbered, step = (np.searchsorted(waves, period), 1) if waves else (period, step)
    first, last = np.minimum.reduceat(numbered, starts), np.maximum.reduceat(numbered, starts)
    holes = (last - first) // step + 1 - np.bincount(of_pair)
    if n_periods := int(holes.sum()):
        faults.inform("gaps", Text("data.gaps", n_pairs=int((holes > 0).sum()), n_periods=n_periods, absent=absent))
    _parts_at_the_ends(pairs[:, 0], period, values, of_pair, frequency, faults)
    # One figure, not zero, in every period may be filled in, or carried forward.
    least, most = np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)
    n_known = np.bincount(of_pair, ~np.isnan(values))
    if len(constant := pairs[(n_known >= _LEAST_CONSTANT) & (least == most) & (most > 0)]):
        named = list_some([f"{city}-{partner}" for city, partner in constant], _MAX_NAMED)
        faults.warn("constant-series", Text("data.constant-series", n=len(constant), pairs=named))
    _countries_and_themselves(pairs, faults)


def _cities_that_come_and_go(
    cities: ObjectArray, period: IntArray, starts: IntArray, frequency: Frequency, absent: Absent, faults: Faults
) -> None:
    """Warn of cities, given by pair, whose rows begin after the first period or end before the last."""
    is_first = np.append(True, cities[1:] != cities[:-1])
    ends = [of.reduceat(period, starts[is_first]) for of in (np.minimum, np.maximum)]
    first, last = int(ends[0].min()), int(ends[1].max())
    partial = (ends[0] > first) | (ends[1] < last)
    if n := int(partial.sum()):
        spans = zip(cities[is_first][partial], *(end[partial] for end in ends), strict=True)
        named = list_some(_name_spans(spans, frequency), _MAX_NAMED, "semicolon")
        faults.warn("city-enters-or-leaves", Text("data.city-span", n=n, cities=named, absent=absent))


def _name_spans(spans: Iterable[tuple[object, int, int]], frequency: Frequency) -> list[Text]:
    """Return names with the first and the last period of each."""
    rows = ((str(name), *(frequency.label(int(end)) for end in ends)) for name, *ends in spans)
    return [Text("data.span", name=name, first=first, last=last) for name, first, last in rows]


def _parts_at_the_ends(
    cities: ObjectArray, period: IntArray, values: FloatArray, of_pair: IntArray, frequency: Frequency, faults: Faults
) -> None:
    """Warn where nearly every city's first or last period is far below its neighbor, as a part of a period is."""
    first, last = int(period.min()), int(period.max())
    if last - first < _LEAST_PERIODS:
        return
    for end, neighbor in ((first, first + 1), (last, last - 1)):
        sums = np.full((2, cities.size), np.nan)
        for of_period, sum_of in zip((end, neighbor), sums, strict=True):
            sum_of[of_pair[period == of_period]] = values[period == of_period]
        is_known = ~np.isnan(sums).any(axis=0)
        totals = pd.DataFrame(sums[:, is_known].T).groupby(cities[is_known]).sum().to_numpy()
        totals = totals[totals[:, 1] > 0]
        ratio = totals[:, 0] / totals[:, 1]
        if len(ratio) and float((ratio < _PART).mean()) >= _NEARLY_ALL:
            text = Text(
                "data.part-period",
                period=frequency.label(end),
                share=float(np.median(ratio)),
                neighbor=frequency.label(neighbor),
                n=int((ratio < _PART).sum()),
                n_cities=len(ratio),
                period_name=frequency.value,
            )
            faults.warn("part-period", text)


def _countries_and_themselves(pairs: ObjectArray, faults: Faults) -> None:
    """Warn of pairs of a country with itself: what is sold at home is no export, unless a design compares with it."""
    cities = sorted(set(pairs[:, 0]))
    country = dict(zip(cities, list_own_codes(cities), strict=True))
    domestic = [f"{city}-{partner}" for city, partner in pairs if country[city] == partner]
    if domestic:
        named = list_some(domestic, _MAX_NAMED)
        faults.warn("own-partner", Text("data.own-partner", n=len(domestic), pairs=named))


# Rows of one figure under different names: which they are, and what their sum is where it is declared.

KEY = ["city", "partner", "period"]
ENDS = {"city": "city_name", "partner": "partner_name"}
"""Each end of a flow, and the column with its name as the file writes it."""
_SHARED_NAMES_MAX_NAMED = 8


def find_other_names(row: Mapping[Hashable, Any], other: Mapping[Hashable, Any]) -> tuple[Listed, Listed] | None:
    """Return the names by which two rows of one figure differ, None where they have the same."""
    pairs = [(str(row.get(name, "")), str(other.get(name, ""))) for name in ENDS.values()]
    differing = [pair for pair in pairs if fold_name(pair[0]) != fold_name(pair[1])]
    if not differing:
        return None
    mine, theirs = zip(*differing, strict=True)
    return Listed(tuple(map(quote_cell, mine))), Listed(tuple(map(quote_cell, theirs)))


def complete_sums(summed: pd.DataFrame, frame: pd.DataFrame, source: TradeSource, faults: Faults) -> pd.DataFrame:
    """Return sums over names, missing where a row of a name is absent between others of it and that is no zero."""
    figures = frame.groupby([*KEY, "written"], sort=False)
    names = figures.agg({"value": "sum", "row": "first", **dict.fromkeys(ENDS.values(), "first")}).reset_index()
    several = names[names.duplicated(KEY, keep=False)]
    _report(several, source, faults)
    _refuse_totals(several, source, faults)
    if source.absent == "zero":
        return summed
    # Which figures lack the row of a name that has rows before and after.
    pair = KEY[:2]
    spans = names.groupby([*pair, "written"])["period"].agg(["min", "max"]).reset_index()
    spans = spans[spans.duplicated(pair, keep=False)]
    covered = summed[KEY].merge(spans, on=pair)
    covered = covered[covered["period"].between(covered["min"], covered["max"])]
    n_expected, n_names = covered.groupby(KEY).size(), names.groupby(KEY).size()
    short = n_expected.index[(n_expected > n_names.reindex(n_expected.index)).to_numpy()]
    is_short = pd.MultiIndex.from_frame(summed[KEY]).isin(short)
    if source.absent == "error" and is_short.any():
        first = summed[is_short].iloc[0]
        text = Text("data.absent-name", what=_name_cell(first.to_dict(), source.frequency), n=int(is_short.sum()))
        faults.error("absent-row", text, source.file, int(first["row"]))
    return summed.assign(value=summed["value"].mask(is_short), flag=summed["flag"].mask(is_short, "missing"))


def _report(several: pd.DataFrame, source: TradeSource, faults: Faults) -> None:
    """Say how many figures are sums of rows with different names, and warn where the parts of some are equal."""
    n = several.drop_duplicates(KEY).shape[0]
    faults.inform("names-added-up", Text("data.names-added-up", n=n, names=_list_names(several)), source.file)
    values = several.groupby(KEY)["value"]
    alike = several[((values.transform("min") == values.transform("max")) & (several["value"] > 0)).to_numpy()]
    if len(alike):
        text = Text("data.names-alike", n=alike.drop_duplicates(KEY).shape[0], names=_list_names(alike))
        faults.warn("names-alike", text, source.file)


def _list_names(several: pd.DataFrame) -> Text | Listed:
    """Return every city and partner that rows write in several ways, with these."""
    shared = []
    for end, name in ENDS.items():
        for one, written in several.groupby(end, sort=True)[name]:
            if written.map(fold_name).nunique() > 1:
                shared.append(Text("data.names-of", name=str(one), names=Listed(tuple(sorted(set(written))))))
    return list_some(shared, _SHARED_NAMES_MAX_NAMED, "semicolon")


def _refuse_totals(several: pd.DataFrame, source: TradeSource, faults: Faults) -> None:
    """Note an error for a name that equals the sum of the others of its city or partner."""
    several = several.assign(cell=several.groupby(KEY).ngroup())
    for end, name in ENDS.items():
        column = getattr(source, end)
        for _, rows in several.groupby(end, sort=True):
            cell, values = rows["cell"].to_numpy().astype(np.int64), rows["value"].to_numpy(dtype=np.float64)
            for total, of in find_totals(rows[name].to_numpy(dtype=object), cell, values).items():
                text = describe_total(total, end, of)
                row = int(rows["row"][rows[name] == total].iloc[0])
                faults.error("total", text, source.file, row, column, Remedy("drop", (column, total)))


_AGREEMENT = 1e-9

Advise: TypeAlias = Callable[[str, pd.DataFrame, list[str]], Fix]
"""From a file, rows and the key that they should be unique on to the line that tells its rows apart."""


def sum_parts(frame: pd.DataFrame, source: TradeSource, faults: Faults, advise: Advise) -> pd.DataFrame:
    """Add up products, and names with ``add_up``; a part twice is an error, a missing part makes a sum missing."""
    further = ["product", "revision"] if source.product is not None else []
    if not (further or source.add_up) or frame.empty:
        return frame
    frame = note_repeats(frame, source, faults, advise)
    if further:
        _refuse_mixed(frame, source, faults)
    grouped = frame.groupby(KEY, sort=False)
    summed = grouped.agg({"value": "sum", "flag": "max", **dict.fromkeys(["file", "row", *further[1:]], "first")})
    summed["value"] = summed["value"].mask(grouped["value"].count() < grouped.size())
    if source.added_columns:
        columns = Listed(tuple(map(quote_cell, source.added_columns)))
        text = Text("data.rows-added-up", n_rows=len(frame), columns=columns, n=len(summed))
        faults.inform("rows-added-up", text, source.file)
    if further:
        revisions = Listed(tuple(sorted(set(frame["revision"]))))
        text = Text("data.products-summed", n_rows=len(frame), revisions=revisions, n=len(summed))
        faults.inform("products-summed", text, source.file)
    summed = summed.reset_index()
    return complete_sums(summed, frame, source, faults) if source.added_ends else summed


def note_repeats(frame: pd.DataFrame, source: TradeSource, faults: Faults, advise: Advise) -> pd.DataFrame:
    """Note an error for rows of one file that repeat each other; return them with the names that are added up."""
    parts = [*(["product"] if source.product is not None else []), *(["added"] if source.added_columns else [])]
    if source.added_ends:
        # Both names of a row, without case, accents and punctuation.
        names = [ENDS[end] for end in source.added_ends]
        ends = [frame[name].map({cell: fold_name(cell) for cell in frame[name].unique()}) for name in names]
        frame = frame.assign(written=ends[0] if len(ends) == 1 else ends[0] + "/" + ends[1])
        parts.append("written")
    note_duplicates(frame, source.frequency, faults, [*KEY, *parts], advise)
    return frame


def _refuse_mixed(frame: pd.DataFrame, source: TradeSource, faults: Faults) -> None:
    """Note an error where products of two revisions would be added up, or follow each other against the rule."""
    names = list(dict.fromkeys(frame["revision"]))
    if len(names) < 2:
        return
    if source.mixed_revisions == "error":
        first = frame[~frame["revision"].duplicated()].iloc[1:]
        for name, row in zip(first["revision"], first["row"], strict=True):
            text = Text("data.revision-changes", here=quote_cell(name), before=quote_cell(names[0]))
            faults.error("revision", text, source.file, int(row))
        return
    mixed = frame.groupby(KEY, sort=False)["revision"].transform("nunique") > 1
    for row in frame[mixed].drop_duplicates(KEY).to_dict("records"):
        text = Text("data.revisions-mixed", what=_name_cell(row, source.frequency))
        faults.error("revision", text, source.file, int(row["row"]))


def _name_cell(row: Mapping[Hashable, Any], frequency: Frequency) -> Text:
    period = frequency.label(int(row["period"]))
    return Text("data.pair-period", city=row["city"], partner=row["partner"], period=period)


def warn_of_revisions(frames: Sequence[pd.DataFrame], frequency: Frequency, faults: Faults) -> None:
    """Say in which periods each revision is used, where products follow more than one."""
    joined = pd.concat([f[["revision", "period"]] for f in frames if "revision" in f] or [pd.DataFrame()])
    if joined.empty or joined["revision"].nunique() < 2:
        return
    spans = joined.groupby("revision")["period"].agg(["min", "max"]).sort_values(["min", "max"])
    named = Listed(tuple(_name_spans(spans.itertuples(), frequency)), "semicolon")
    faults.warn("revision-change", Text("data.revision-change", revisions=named))


def note_duplicates(
    frame: pd.DataFrame, frequency: Frequency, faults: Faults, key: list[str], advise: Advise
) -> None:
    """Note an error for every row that repeats the key of an earlier one, naming both rows."""
    again = frame.duplicated(key, keep="first").to_numpy()
    if not again.any():
        return
    first = frame.drop_duplicates(key).set_index(key)
    advise_on = cache(lambda file: advise(file, frame, key))
    for row in frame[again].to_dict("records"):
        other = first.loc[tuple(row[name] for name in key)]
        is_here, is_same = other["file"] == row["file"], other["value"] == row["value"]
        facts: dict[str, Value] = {
            "what": _name_cell(row, frequency),
            "row": other["row"],
            "same": bool(is_same),
            "one": f"{other['value']:,.15g}",
            "two": f"{row['value']:,.15g}",
        }
        names = find_other_names(row, dict(other)) if is_here else None
        if names is not None:
            text = Text("data.duplicate-names", name=names[0], other=names[1], **facts)
            remedy = None if is_same else Remedy("add_up")
        elif is_here:
            text = Text("data.duplicate-here", file=other["file"], **facts)
            remedy = advise_on(row["file"]) or (None if is_same else Remedy("product"))
        else:
            text, remedy = Text("data.duplicate-elsewhere", file=other["file"], **facts), Remedy("precedence")
        faults.error("duplicate", text, row["file"], int(row["row"]), remedy=remedy)


def join_by_precedence(
    parts: Sequence[pd.DataFrame], sources: Sequence[TradeSource], faults: Faults, advise: Advise
) -> tuple[pd.DataFrame, list[int]]:
    """Join files, the higher precedence counting, and count superseded rows; equal precedence is an error."""
    ranks = np.concatenate([np.full(len(p), s.precedence) for p, s in zip(parts, sources, strict=True)])
    which = np.concatenate([np.full(len(p), i) for i, p in enumerate(parts)])
    joined = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    best = ranks
    if len({s.precedence for s in sources}) > 1:
        best = joined.assign(rank=ranks).groupby(KEY, sort=False)["rank"].transform("max").to_numpy()
    is_kept = np.asarray(ranks == best)
    if not is_kept.all():
        # Say how far superseded figures lie from those that count.
        pairs = joined[~is_kept].merge(joined[is_kept], on=KEY, suffixes=("_old", ""))
        gap = (pairs["value_old"] - pairs["value"]).abs() > _AGREEMENT * pairs["value"].abs()
        differ = int((gap | (pairs["value_old"].isna() != pairs["value"].isna())).sum())
        files = ", ".join(sorted(set(pairs["file_old"])))
        faults.warn("superseded", Text("data.superseded", n=len(pairs), n_differ=differ), files)
    note_duplicates(joined[is_kept], sources[0].frequency, faults, KEY, advise)
    superseded = [int((~is_kept & (which == i)).sum()) for i in range(len(parts))]
    return joined[is_kept].reset_index(drop=True), superseded


# Members of a table that are the sum of some of the others: a region beside its cities, Belgium-Luxembourg.

MOST_MEMBERS = 400
MOST_FIGURES = 4_000_000
"""Members of a dimension, and figures of its cells, that are looked at: of more cells those with most trade."""

LEAST_CELLS = 8  # cells in which a member has to equal the sum of two or more parts
DEPENDENT = 1e-4
"""Smallest eigenvalue of the members' correlations, not centered, from which none is a sum of the others."""

NOTHING_NEW = 1e-10  # share of a member's squares below which it adds nothing to the space of those before it
LEAST_TOTAL_CELLS = 4
"""Cells in which a member has to equal the sum of at least two others: by chance it does in one of thousands."""

TOLERANCE = 2e-3  # relative distance from the sum of the parts that their rounding may make
NEARLY_ALL = 0.95  # share of a member's cells in which it has to equal the sum; some parts may be suppressed
_PARTS_NAMED = 6
MOST_TOTALS = 3  # groupings of the same parts that may stand beside them, each adding up to the same sum


class MemberSums(NamedTuple):
    """Figures of the members of a dimension in the cells of the others, summed: sorted by cell, then by member."""

    cell: IntArray
    member: IntArray
    value: FloatArray

    def take(self, rows: BoolArray) -> "MemberSums":
        """Return some of the sums."""
        return MemberSums(self.cell[rows], self.member[rows], self.value[rows])


def _find_subtotals(summed: MemberSums) -> Iterator[tuple[int, list[int]]]:
    """Yield each member that equals the sum of two or more smaller ones in nearly every cell, with these."""
    import scipy  # pages are drawn without it

    n_members = np.unique(summed.member).size
    if not 3 <= n_members <= MOST_MEMBERS:
        return
    most, (cells, cell) = max(1, MOST_FIGURES // n_members), np.unique(summed.cell, return_inverse=True)
    if cells.size > most:
        largest = cells[np.argsort(-np.bincount(cell, summed.value), kind="stable")[:most]]
        summed = summed.take(np.isin(summed.cell, largest))
    keys = [np.unique(key, return_inverse=True) for key in (summed.cell, summed.member)]
    figures = np.zeros([key.size for key, _ in keys])
    figures[keys[0][1], keys[1][1]] = summed.value
    is_traded = (figures != 0).any(axis=0)
    figures, members = figures[:, is_traded], keys[1][0][is_traded]
    norms = np.sqrt((figures**2).sum(axis=0))
    if members.size < 3 or not norms.all():
        return
    gram = (figures / norms).T @ (figures / norms)
    if float(np.linalg.eigvalsh(gram)[0]) > DEPENDENT:
        return
    space: list[int] = []
    root = np.zeros_like(gram)
    for k in np.argsort(figures.sum(axis=0), kind="stable"):
        known = share = np.empty(0)
        if space:
            factor = root[: len(space), : len(space)]
            known = scipy.linalg.solve_triangular(factor, gram[space, k], lower=True)
            share = scipy.linalg.solve_triangular(factor, known, lower=True, trans="T")
        left = float(gram[k, k] - known @ known)
        of_k = [i for i, c in zip(space, share * norms[k] / norms[space], strict=True) if c > 0.5]
        parts = figures[:, of_k]
        is_told = (parts > 0).sum(axis=1) > 1
        is_sum = is_told & (np.abs(figures[:, k] - parts.sum(axis=1)) <= TOLERANCE * parts.sum(axis=1))
        if is_told.sum() >= LEAST_CELLS and is_sum.sum() >= NEARLY_ALL * is_told.sum():
            yield int(members[k]), sorted(int(members[i]) for i in of_k)
            continue
        if left > NOTHING_NEW:
            root[len(space), : len(space)], root[len(space), len(space)] = known, np.sqrt(left)
            space.append(int(k))


def note_totals(frame: pd.DataFrame, parts: Mapping[str, TextColumn], faults: Faults) -> None:
    """Note an error for every member of a dimension that equals the sum of the others, cell by cell."""
    if frame.empty:
        return
    keys = [name for name in ("city", "partner", "product", "period") if name in frame]
    codes = {name: pd.factorize(frame[name].to_numpy(), sort=True)[0] for name in keys}
    for dimension, column in parts.items():
        cell = intersect_codes([codes[name] for name in keys if name != dimension])
        cleaned = {cell: clean_name(cell) for cell in set(column.cells)}
        members = build_text_array(map(cleaned.__getitem__, column.cells))
        for name, of in find_totals(members, cell, frame["value"].to_numpy()).items():
            first = int(column.rows[np.flatnonzero(members == name)[0]])
            text = describe_total(name, dimension, of)
            faults.error("total", text, column.file, first, column.name, Remedy("drop", (column.name, name)))


def describe_total(name: str, dimension: str, of: Sequence[str]) -> Text:
    """Return what is wrong with a member that is the sum of these, or of all others."""
    shown = list_some(map(quote_cell, of), _PARTS_NAMED, "and")
    return Text("data.member-is-total", name=quote_cell(name), dimension=dimension, n=len(of), parts=shown)


def find_totals(members: ObjectArray, cell: IntArray, values: FloatArray) -> dict[str, list[str]]:
    """Return members that are the sum of others, with these: all (then none), longer codes, or by regression."""
    codes, names = pd.factorize(members, sort=True)
    if len(names) < 2:
        return {}
    keys, place = np.unique(cell * len(names) + codes, return_inverse=True)
    summed = MemberSums(
        keys // len(names), keys % len(names), np.bincount(place, np.nan_to_num(values)).astype(float)
    )
    sums = _find_sums(summed, 2)
    if len(names) > 2:
        sums |= {i for i, name in enumerate(names) if is_total_word(name)}
    for parent, children in _list_families(names):
        if parent in _find_sums(summed.take(np.isin(summed.member, [parent, *children])), 1):
            sums.add(parent)
    of = dict.fromkeys(sums, ()) | dict(_find_subtotals(summed.take(~np.isin(summed.member, list(sums)))))
    return {str(names[i]): [str(names[k]) for k in of[i]] for i in sorted(of)}


def _find_sums(summed: MemberSums, least_others: int) -> set[int]:
    """Return the members that equal the sum of the others in nearly every cell with so many others or more."""
    _, member, value = summed
    cell = np.unique(summed.cell, return_inverse=True)[1]
    rest = np.bincount(cell, value)[cell] - value
    n_others = np.bincount(cell, value > 0)[cell] - (value > 0)
    is_told: BoolArray = (n_others >= least_others) & (rest > 0)
    size = int(member.max(initial=0)) + 1
    n_told = np.bincount(member[is_told], minlength=size)
    sums: set[int] = set()
    for n_totals in range(1, MOST_TOTALS + 1 if least_others > 1 else 2):
        is_sum = is_told & (np.abs(value * n_totals - rest) <= TOLERANCE * rest)
        n_sums = np.bincount(member[is_sum], minlength=size)
        equal = np.flatnonzero((n_told >= LEAST_TOTAL_CELLS) & (n_sums >= NEARLY_ALL * n_told)).tolist()
        # Three cities that trade alike are each half of the other two: totals are as many as they count the parts.
        if len(equal) == n_totals or least_others == 1:
            sums |= set(equal)
    return sums


def _list_families(names: Iterable[object]) -> Iterator[tuple[int, list[int]]]:
    """Yield each code of digits with the next longer ones that begin with it."""
    digits = {name: i for i, name in enumerate(map(str, names)) if name.isdigit()}
    for short, long in pairwise(sorted({len(name) for name in digits})):
        children: dict[str, list[int]] = {}
        for name, i in digits.items():
            if len(name) == long:
                children.setdefault(name[:short], []).append(i)
        yield from ((digits[name], children[name]) for name in children if name in digits)
