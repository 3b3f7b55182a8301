"""Sums of values times loadings by group: with them, groups' products through a projection are small matrices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
import scipy

from twintrade.numerics.absorption.annihilators import Annihilator
from twintrade.numerics.absorption.elimination import Elimination, weigh_rows
from twintrade.numerics.absorption.elimination_order import list_places
from twintrade.numerics.arrays import FloatArray, IntArray

Matrix: TypeAlias = "scipy.sparse.csr_array | FloatArray"


@dataclass(frozen=True, slots=True, eq=False)
class LoadingSums:
    """Loadings times values summed by group, S: ``S S'`` are the values' products through H = Z (Z'WZ)^- Z'."""

    first: scipy.sparse.csr_array  # (n_groups, n_first): what the largest effect has of them
    inside: Matrix  # (n_groups, rank): what those inside blocks have
    # (n_groups, n_across): D'M times values; products are of one side's with the other's times (D'MD)^-
    rest: FloatArray

    def multiply(self, other: LoadingSums) -> FloatArray:
        """Return the products of these groups with the others, shape (n_groups, n_others)."""
        inside = self.inside @ other.inside.T
        near = (self.first @ other.first.T).toarray() + (
            inside.toarray() if scipy.sparse.issparse(inside) else inside
        )
        return np.asarray(near + self.rest @ other.rest.T)

    def less(self, other: LoadingSums) -> LoadingSums:
        """Return the difference of both."""
        return LoadingSums(
            scipy.sparse.csr_array(self.first - other.first), self.inside - other.inside, self.rest - other.rest
        )

    def solved(self, inverse: FloatArray) -> LoadingSums:
        """Return the sums with the rest times (D'MD)^-: one side of a product."""
        return LoadingSums(self.first, self.inside, self.rest @ inverse)

    def halved(self) -> LoadingSums:
        """Return half of these sums."""
        return LoadingSums(self.first * 0.5, self.inside * 0.5, self.rest * 0.5)

    def groups(self, part: slice) -> LoadingSums:
        """Return the sums of some groups."""
        return LoadingSums(self.first[part], self.inside[part], self.rest[part])


def sum_by_loading(q: Annihilator, values: scipy.sparse.csr_array) -> LoadingSums:
    """Return the sums for values by group, shape (n_groups, n_rows)."""
    return LoadingSums(*q.combine_loadings(values))


@dataclass(frozen=True, eq=False)
class LoadingSquares:
    """Products of all rows' loadings weighted by squared weights, K: ``S K S'`` are products through HWWH."""

    q: Annihilator
    squared: Elimination  # that of the annihilator, with sums of squared weights by level in place of weights
    near: scipy.sparse.csr_array  # (n_first + rank, n_first + rank)
    rest: FloatArray  # (n_across, n_across)

    @cached_property
    def first(self) -> scipy.sparse.csr_array:
        """A'WD times (A'WA)^-1/2, shape (n_first, n_across)."""
        e = self.q.elimination
        return scipy.sparse.csr_array(scipy.sparse.diags_array(np.sqrt(e.share)) @ e.sums)

    @cached_property
    def parts(self) -> tuple[scipy.sparse.csr_array, scipy.sparse.csr_array, scipy.sparse.csr_array]:
        """K of the largest effect (diagonal) and of those inside blocks, and between: with them, and among these."""
        n = self.q.elimination.share.size
        inside = self.near[n:]
        return (
            scipy.sparse.csr_array(self.near[:n, :n]),
            scipy.sparse.csr_array(inside[:, :n]),
            scipy.sparse.csr_array(inside[:, n:]),
        )

    def explain(self, blocks: IntArray) -> FloatArray:
        """Return products of B with D net of the largest effect, for some blocks, shape (n_columns, n_across)."""
        inner = self.parts[1][list_places(self.q.elimination.ends, blocks)]
        return np.asarray(self.squared.explain(blocks) - (inner @ self.first).toarray())

    @cached_property
    def explained(self) -> FloatArray | None:
        """The same of all blocks, None where that is large."""
        if self.q.elimination.explained is None:
            return None
        return np.vstack([self.explain(blocks) for blocks in self.q.elimination.list_blocks()])

    def halve(self, sums: LoadingSums) -> LoadingSums:
        """Return Y with ``Y S' + S Y' = S K S'`` for sums that are solved."""
        e, (diagonal, with_first, among) = self.q.elimination, self.parts
        along, across = sums.first @ with_first.T, sums.inside @ among
        first = scipy.sparse.csr_array(sums.first @ diagonal)
        rest = (
            sums.first @ scipy.sparse.diags_array(np.sqrt(e.share)) @ self.squared.sums - first @ self.first
        ).toarray()
        rest += self._multiply_explained(sums.inside) - e.multiply_explained(along + across)
        return LoadingSums(first * 0.5, along + across * 0.5, rest + sums.rest @ (0.5 * self.rest))

    def _multiply_explained(self, inside: Matrix) -> FloatArray:
        if self.explained is not None:
            return np.asarray(inside @ self.explained)
        near = inside @ self.parts[1] @ self.first
        return self.squared.multiply_explained(inside) - (near if isinstance(near, np.ndarray) else near.toarray())


def compute_loading_squares(q: Annihilator) -> LoadingSquares:
    """Return the products of loadings, weighted by the rows' squared weights."""
    e = q.elimination
    nested, by_first = e.layout.nested, q.first_dummies()
    weighted = weigh_rows(
        q.weights**2, scipy.sparse.csr_array(scipy.sparse.hstack([by_first, nested, e.across], format="csr"))
    )
    by_level, by_nested = scipy.sparse.csr_array(by_first.T @ weighted), scipy.sparse.csr_array(nested.T @ weighted)
    n_near = e.share.size + nested.shape[1]
    squared = replace(
        e, sums=scipy.sparse.csr_array(by_level[:, n_near:]), cross=scipy.sparse.csr_array(by_nested[:, n_near:])
    )
    # B = (E - AP) R, in columns of A and E.
    turn = scipy.sparse.block_array(
        [[scipy.sparse.diags_array(np.sqrt(e.share)), -e.means @ e.root], [None, e.root]], format="csr"
    )
    inner = scipy.sparse.vstack([by_level, by_nested], format="csr")[:, :n_near]
    near = scipy.sparse.csr_array(turn.T @ inner @ turn)
    some = LoadingSquares(q, squared, near, np.empty((0, 0)))
    return replace(some, rest=_square_rest(some, weighted[:, n_near:]))


def _square_rest(some: LoadingSquares, weighted: scipy.sparse.csr_array) -> FloatArray:
    """Return products of what A and B leave of D, weighted by squared weights, shape (n_across, n_across)."""
    e, (diagonal, _, among) = some.q.elimination, some.parts
    both = scipy.sparse.csr_array(scipy.sparse.diags_array(np.sqrt(e.share)) @ some.squared.sums)
    mixed = (some.first.T @ (diagonal @ some.first * 0.5 - both)).toarray()
    for blocks in e.list_blocks():
        places = list_places(e.ends, blocks)
        of_run = e.explain(blocks)
        mixed += of_run.T @ (0.5 * (among[places][:, places] @ of_run) - some.explain(blocks))
    return np.asarray((weighted.T @ e.across).toarray() + mixed + mixed.T)
