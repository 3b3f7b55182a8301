"""Fixed effects as integer codes: their levels, singletons, nesting, components and exact number of parameters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from twintrade.errors import EstimationError
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray

LARGEST_CODE = 50_000_000  # codes up to which levels are counted; beyond, they are sorted


@dataclass(frozen=True, slots=True)
class Levels:
    """Fixed effects recoded without gaps."""

    codes: tuple[IntArray, ...]  # one (n,) array per effect with values 0 .. size - 1.
    sizes: tuple[int, ...]  # number of levels of each effect
    labels: tuple[IntArray, ...]  # the caller's code of each level, (size,)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.codes[0].size)


def recode_levels(codes: Sequence[IntArray]) -> Levels:
    """Recode each effect (n,) to 0 .. size - 1, keeping the order of the caller's codes."""
    if not len(codes):
        raise EstimationError(
            "No fixed effects were given. Pass at least one array of codes (a constant for one mean)."
        )
    recoded = [_recode(np.asarray(code), place) for place, code in enumerate(codes)]
    lengths = {code.size for code, _ in recoded}
    if len(lengths) > 1:
        raise EstimationError(f"The fixed effects have different numbers of rows: {sorted(lengths)}.")
    return Levels(
        codes=tuple(code for code, _ in recoded),
        sizes=tuple(int(label.size) for _, label in recoded),
        labels=tuple(label for _, label in recoded),
    )


def _recode(code: IntArray, place: int) -> tuple[IntArray, IntArray]:
    if code.ndim != 1 or code.dtype.kind not in "iu":
        raise EstimationError(
            f"Fixed effect {place} must be a vector of integer codes, not {code.dtype} {code.shape}."
        )
    code = code.astype(np.int64, copy=False)
    if code.size == 0:
        return code, code
    if int(code.min()) < 0:
        raise EstimationError(
            f"Fixed effect {place} has codes from {code.min()} to {code.max()}; number the levels from 0 "
            "(numpy.unique with return_inverse) so that none is negative."
        )
    if int(code.max()) > LARGEST_CODE:
        labels, code = np.unique(code, return_inverse=True)
        return code, labels
    present = np.bincount(code) > 0
    labels = np.flatnonzero(present)
    if labels.size == present.size:
        return code, labels
    return (np.cumsum(present) - 1)[code], labels


def sort_rows_by_level(code: IntArray, size: int) -> tuple[IntArray, IntArray]:
    """Return (order, pointer): level l has the rows ``order[pointer[l]:pointer[l + 1]]``, in row order."""
    n = code.size
    if n and bool(np.all(code[1:] >= code[:-1])):
        return np.arange(n), np.concatenate([[0], np.cumsum(np.bincount(code, minlength=size))])
    index = np.int32 if n < 2**31 - 1 else np.int64
    matrix = scipy.sparse.csr_array(
        (np.ones(n, dtype=np.int8), code.astype(index), np.arange(n + 1, dtype=index)), shape=(n, size)
    )
    grouped = matrix.tocsc()
    return grouped.indices.astype(np.int64), grouped.indptr.astype(np.int64)


def find_singletons(codes: Sequence[IntArray]) -> BoolArray:
    """Mark rows (n,) alone in a level of some effect, again and again until none is left (Correia 2015)."""
    known = recode_levels(codes)
    return find_singletons_among(known, np.ones(known.n_rows, dtype=np.bool_))


def find_singletons_among(known: Levels, among: BoolArray) -> BoolArray:
    """The same among the rows marked: which of them are alone in a level, again and again, (n,)."""
    kept = among.copy()
    while True:
        alone = np.zeros_like(kept)
        for code, size in zip(known.codes, known.sizes, strict=True):
            count = count_rows_in_level(code, size, kept)
            if bool((count == 1).any()):
                alone |= (count == 1)[code]
        alone &= kept
        if not alone.any():
            return among & ~kept
        kept &= ~alone


def count_rows_in_level(code: IntArray, size: int, kept: BoolArray) -> IntArray:
    """Number of rows marked in each level, (size,)."""
    return np.asarray(np.bincount(code, minlength=size) - np.bincount(code[~kept], minlength=size), dtype=np.int64)


def label_components(first: IntArray, second: IntArray) -> IntArray:
    """Number for each row (n,) the connected component of the graph of rows between two effects' levels."""
    known = recode_levels([first, second])
    return label_levels(known.codes[0], known.sizes[0], known.codes[1], known.sizes[1])[0][known.codes[0]]


def label_levels(first: IntArray, n_first: int, second: IntArray, n_second: int) -> tuple[IntArray, IntArray]:
    """Number the connected component of each level of two effects."""
    total = n_first + n_second
    ones = np.ones(first.size, dtype=np.int8)
    graph = scipy.sparse.coo_array((ones, (first, second + n_first)), shape=(total, total)).tocsr()
    label = np.asarray(scipy.sparse.csgraph.connected_components(graph, directed=False)[1], dtype=np.int64)
    return label[:n_first], label[n_first:]


def is_nested(inner: IntArray, outer: IntArray) -> bool:
    """Say whether every level of ``inner`` lies inside one level of ``outer`` (then outer is absorbed by inner)."""
    known = recode_levels([inner, outer])
    parent = np.empty(known.sizes[0], dtype=np.int64)
    parent[known.codes[0]] = known.codes[1]
    return bool(np.array_equal(parent[known.codes[0]], known.codes[1]))


def drop_nested(known: Levels) -> list[int]:
    """Return the positions of the effects that are not absorbed by another one."""
    kept = list(range(len(known.codes)))
    for place in sorted(kept, key=lambda k: known.sizes[k]):
        finer = [k for k in kept if k != place and known.sizes[k] >= known.sizes[place]]
        if any(is_nested(known.codes[k], known.codes[place]) for k in finer):
            kept.remove(place)
    return kept


def compute_pivoted_cholesky(matrix: FloatArray, scale: FloatArray) -> tuple[FloatArray, IntArray, int]:
    """Factor a semi-definite matrix scaled by ``scale**-0.5`` on both sides; return (upper factor, pivots, rank)."""
    root = np.where(scale > 0, 1.0 / np.sqrt(np.where(scale > 0, scale, 1.0)), 0.0)
    tolerance = max(1e-11, matrix.shape[0] * 4 * np.finfo(np.float64).eps)
    factor, pivots, rank, _ = scipy.linalg.lapack.dpstrf(matrix * root[:, None] * root, tol=tolerance)
    return np.triu(factor[:rank, :rank]), np.asarray(pivots, dtype=np.int64) - 1, int(rank)
