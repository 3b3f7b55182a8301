"""Where the kept rows of a Poisson regression stand while it is fitted: by themselves, or as cells of a cube."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twintrade.numerics.absorption.absorb import Absorber, build_absorber
from twintrade.numerics.absorption.cube import move_to_front
from twintrade.numerics.absorption.levels import count_rows_in_level
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The kept rows and their places."""

    rows: IntArray  # (n_kept,): positions of the kept rows among the caller's
    n: int  # number of places
    places: IntArray | None  # (n_kept,): place of each kept row; None if the kept rows, in order, are the places
    is_ordered: bool  # whether the places increase
    effects: Absorber  # the effects on the places
    labels: Absorber  # the effects as the caller coded them
    absent: tuple[BoolArray, ...]  # for each effect the levels without any kept row

    def spread(self, values: FloatArray, out: FloatArray | None = None) -> FloatArray:
        """Copy one value per caller's row to the places, zero where no row stands."""
        out = np.empty(self.n) if out is None else out
        is_all = self.rows.size == values.size
        if self.places is None:
            if is_all:
                out[:] = values
            else:
                np.take(values, self.rows, out=out, mode="clip")
            return out
        out[:] = 0.0
        out[self.places] = values if is_all else values[self.rows]
        return out

    def weights(self, weights: FloatArray | None) -> FloatArray | None:
        """Weights by place; None if all are one."""
        if weights is not None:
            return self.spread(np.asarray(weights, dtype=np.float64))
        if self.places is None or self.rows.size == self.n:
            return None
        out = np.zeros(self.n)
        out[self.places] = 1.0
        return out

    def gathered(self, values: FloatArray) -> FloatArray:
        """Return values by place (n,) or (n, k) for the kept rows, which may be a view of them; they are used up."""
        if self.places is None:
            return values
        if self.is_ordered:
            return move_to_front(values, self.places)
        if values.ndim == 1:
            return np.take(values, self.places, mode="clip")
        out = np.empty((self.places.size, values.shape[1]), order="F")
        for j in range(values.shape[1]):
            np.take(values[:, j], self.places, out=out[:, j], mode="clip")
        return out

    def by_code(self, coefficients: Sequence[FloatArray]) -> tuple[FloatArray, ...]:
        """Coefficients per effect by the caller's code, NaN where no row is left."""
        out = []
        for values, absent in zip(coefficients, self.absent, strict=True):
            values = values.copy()
            values[absent] = np.nan
            out.append(values)
        return tuple(self.labels.by_code(out))


def lay_out(effects: Absorber, kept: BoolArray) -> Layout:
    """Choose the places for the kept rows: the cells of the cube where the effects have one."""
    rows = np.flatnonzero(kept)
    is_all, cube = rows.size == kept.size, effects.cube
    if cube is None:
        inside = effects if is_all else build_absorber([code[rows] for code in effects.levels.codes])
        absent = tuple(np.zeros(size, dtype=np.bool_) for size in inside.levels.sizes)
        labels = effects if is_all else _relabeled(inside, effects)
        return Layout(rows, rows.size, None, True, inside, labels, absent)
    places = rows if cube.position is None else cube.position if is_all else cube.position[rows]
    positions = None if is_all and cube.position is None else places
    known = effects.levels
    absent = tuple(
        count_rows_in_level(code, size, kept) == 0 for code, size in zip(known.codes, known.sizes, strict=True)
    )
    return Layout(rows, cube.n_cells, positions, cube.is_ordered, effects.on_cells(), effects, absent)


def _relabeled(inside: Absorber, outside: Absorber) -> Absorber:
    """The effects of the kept rows under the caller's own codes."""
    return inside.with_labels(
        tuple(labels[inner] for labels, inner in zip(outside.levels.labels, inside.levels.labels, strict=True))
    )
