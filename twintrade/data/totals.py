"""Members of a table that are the sum of others: "All States" among the states, TOTAL among the products."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from twintrade.data.geography.cities import is_total_word
from twintrade.data.sources.faults import Faults, TextColumn, build_text_array, clean_name, quote_cell
from twintrade.effects import Remedy
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, ObjectArray
from twintrade.text import Text, list_some

# Members of a table that are the sum of some of the others: a region beside its cities, Belgium-Luxembourg.

MOST_MEMBERS = 400
MOST_FIGURES = 4_000_000
"""Members of a dimension, and figures of its cells, that are looked at: of more cells those with most trade."""

LEAST_CELLS = 8  # cells in which a member has to equal the sum of two or more parts
DEPENDENT = 1e-4
"""Smallest eigenvalue of the members' correlations, not centered, from which none is a sum of the others."""

NOTHING_NEW = 1e-10  # share of a member's squares below which it adds nothing to the space of those before it


def find_subtotals(
    summed: pd.DataFrame, totals: Sequence[int], tolerance: float, nearly_all: float
) -> Iterator[tuple[int, list[int]]]:
    """Yield each member that equals the sum of two or more smaller ones in nearly every cell, with these."""
    import scipy  # pages are drawn without it

    kept = summed[~summed["member"].isin(totals)]
    figures, members = _spread(kept)
    norms = np.sqrt((figures**2).sum(axis=0))
    if members.size < 3 or not (norms > 0).all():
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
        if len(of_k) > 1 and _is_sum(figures[:, k], figures[:, of_k], tolerance, nearly_all):
            yield int(members[k]), sorted(int(members[i]) for i in of_k)
            continue
        if left > NOTHING_NEW:
            root[len(space), : len(space)], root[len(space), len(space)] = known, np.sqrt(left)
            space.append(int(k))


def _spread(summed: pd.DataFrame) -> tuple[FloatArray, IntArray]:
    """Return figures by cell and member, of the cells with most trade where there are many."""
    cells, cell = np.unique(summed["cell"].to_numpy(), return_inverse=True)
    members, member = np.unique(summed["member"].to_numpy(), return_inverse=True)
    value = summed["value"].to_numpy(dtype=np.float64)
    if not 3 <= members.size <= MOST_MEMBERS:
        return np.empty((0, members.size)), members.astype(np.int64)
    most = max(1, MOST_FIGURES // members.size)
    if cells.size > most:
        largest = np.argsort(-np.bincount(cell, weights=value), kind="stable")[:most]
        place = np.full(cells.size, -1)
        place[largest] = np.arange(largest.size)
        is_kept = place[cell] >= 0
        cell, member, value = place[cell][is_kept], member[is_kept], value[is_kept]
    figures = np.zeros((min(cells.size, most), members.size))
    figures[cell, member] = value
    has_trade = (figures != 0).any(axis=0)
    return figures[:, has_trade], members[has_trade].astype(np.int64)


def _is_sum(figure: FloatArray, of_parts: FloatArray, tolerance: float, nearly_all: float) -> bool:
    total = of_parts.sum(axis=1)
    is_told = (of_parts > 0).sum(axis=1) > 1
    is_sum = is_told & (np.abs(figure - total) <= tolerance * total)
    return int(is_told.sum()) >= LEAST_CELLS and int(is_sum.sum()) >= nearly_all * int(is_told.sum())


LEAST_TOTAL_CELLS = 4
"""Cells in which a member has to equal the sum of at least two others: by chance it does in one of thousands."""

TOLERANCE = 2e-3  # relative distance from the sum of the parts that their rounding may make
NEARLY_ALL = 0.95  # share of a member's cells in which it has to equal the sum; some parts may be suppressed
_MAX_NAMED = 6
MOST_TOTALS = 3  # groupings of the same parts that may stand beside them, each adding up to the same sum


def note_totals(frame: pd.DataFrame, parts: Mapping[str, TextColumn], faults: Faults) -> None:
    """Note an error for every member of a dimension that equals the sum of the others, cell by cell."""
    keys = [name for name in ("city", "partner", "product", "period") if name in frame]
    for dimension, column in parts.items():
        cell = frame.groupby([name for name in keys if name != dimension]).ngroup().to_numpy().astype(np.int64)
        cleaned = {cell: clean_name(cell) for cell in set(column.cells)}
        members = build_text_array(map(cleaned.__getitem__, column.cells))
        for name, of in find_totals(members, cell, frame["value"].to_numpy()).items():
            first = int(column.rows[np.flatnonzero(members == name)[0]])
            text = describe_total(name, dimension, of)
            faults.error("total", text, column.file, first, column.name, Remedy("drop", (column.name, name)))


def describe_total(name: str, dimension: str, of: Sequence[str]) -> Text:
    """Return what is wrong with a member that is the sum of these, or of all others."""
    shown = list_some(map(quote_cell, of), _MAX_NAMED, "and")
    return Text("data.member-is-total", name=quote_cell(name), dimension=dimension, n=len(of), parts=shown)


def find_totals(members: ObjectArray, cell: IntArray, values: FloatArray) -> dict[str, list[str]]:
    """Return members that are the sum of others, with these: all (then none), longer codes, or by regression."""
    codes, names = pd.factorize(members, sort=True)
    if len(names) < 2:
        return {}
    rows = pd.DataFrame({"member": codes, "cell": cell, "value": np.nan_to_num(values)})
    summed = rows.groupby(["cell", "member"])["value"].sum().reset_index()
    sums = _find_sums(summed, 2)
    if len(names) > 2:
        sums |= {i for i, name in enumerate(names) if is_total_word(name)} & set(summed["member"])
    for parent, children in _list_families(names):
        if parent in _find_sums(summed[summed["member"].isin([parent, *children])], 1):
            sums.add(parent)
    of = dict.fromkeys(sums, ()) | dict(find_subtotals(summed, sorted(sums), TOLERANCE, NEARLY_ALL))
    return {str(names[i]): [str(names[k]) for k in of[i]] for i in sorted(of)}


def _find_sums(summed: pd.DataFrame, least_others: int) -> set[int]:
    """Return the members that equal the sum of the others in nearly every cell with so many others or more."""
    by_cell = summed.groupby("cell")["value"]
    value = summed["value"].to_numpy()
    rest = by_cell.transform("sum").to_numpy() - value
    n_others = summed["value"].gt(0).groupby(summed["cell"]).transform("sum").to_numpy() - (value > 0)
    is_told: BoolArray = (n_others >= least_others) & (rest > 0)
    member = summed["member"].to_numpy()
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
