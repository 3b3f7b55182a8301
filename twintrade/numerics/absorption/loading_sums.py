"""Sums of values times loadings by group: with them, groups' products through a projection are small matrices."""

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from twintrade.numerics.absorption.annihilators import Annihilator
from twintrade.numerics.absorption.elimination import Elimination, fill_out, weigh_rows
from twintrade.numerics.absorption.elimination_order import list_places
from twintrade.numerics.arrays import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class LoadingSums:
    """Loadings times values summed by group, S: ``S S'`` are the values' products through H = Z (Z'WZ)^- Z'.

    Attributes
    ----------
    near : array, sparse or not, shape (n_groups, n_first + rank)
        What the largest effect and those inside blocks have of them.
    rest : FloatArray, shape (n_groups, n_across)
        D'M times values; products are of one side's with the other's times (D'MD)^-.
    """

    near: sp.csr_array | FloatArray
    rest: FloatArray

    def multiply(self, other: "LoadingSums") -> FloatArray:
        """Return the products of these groups with the others, shape (n_groups, n_others)."""
        near = self.near @ other.near.T
        return np.asarray((near.toarray() if sp.issparse(near) else near) + self.rest @ other.rest.T)

    def compute_trace(self, other: "LoadingSums") -> float:
        """Return the products of each group with the same group of the other, added up."""
        return float(_add_products(self.near, other.near) + np.vdot(self.rest, other.rest))

    def less(self, other: "LoadingSums") -> "LoadingSums":
        """Return the difference of both."""
        near = self.near - other.near
        return LoadingSums(near if isinstance(near, np.ndarray) else sp.csr_array(near), self.rest - other.rest)

    def solved(self, inverse: FloatArray) -> "LoadingSums":
        """Return the sums with the rest times (D'MD)^-: one side of a product."""
        return LoadingSums(self.near, self.rest @ inverse)

    def halved(self) -> "LoadingSums":
        """Return half of these sums."""
        return LoadingSums(self.near * 0.5, self.rest * 0.5)

    def groups(self, part: slice) -> "LoadingSums":
        """Return the sums of some groups."""
        return LoadingSums(self.near[part], self.rest[part])


def _add_products(one: sp.csr_array | FloatArray, other: sp.csr_array | FloatArray) -> float:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return float(np.vdot(one, other))
    return float(sp.csr_array(sp.csr_array(one).multiply(other)).sum())


def sum_by_loading(q: Annihilator, values: sp.csr_array) -> LoadingSums:
    """Return the sums for values by group, shape (n_groups, n_rows)."""
    first, inside, rest = q.combine_loadings(values)
    return LoadingSums(fill_out(sp.csr_array(sp.hstack([first, inside], format="csr"))), rest)


@dataclass(frozen=True, slots=True, eq=False)
class LoadingSquares:
    """Products of all rows' loadings weighted by squared weights, K: ``S K S'`` are products through HWWH.

    Attributes
    ----------
    q : Annihilator
    squared : Elimination
        That of the annihilator, with sums of squared weights by level in place of weights.
    near : sparse array, shape (n_first + rank, n_first + rank)
    rest : FloatArray, shape (n_across, n_across)
    """

    q: Annihilator
    squared: Elimination
    near: sp.csr_array
    rest: FloatArray

    def halve(self, sums: LoadingSums) -> LoadingSums:
        """Return Y with ``Y S' + S Y' = S K S'`` for sums that are solved."""
        near = sums.near @ self.near
        crossed = self.squared.multiply_near(sums.near) - self.q.elimination.multiply_near(near)
        return LoadingSums(near * 0.5, crossed + sums.rest @ (0.5 * self.rest))


def compute_loading_squares(q: Annihilator) -> LoadingSquares:
    """Return the products of loadings, weighted by the rows' squared weights."""
    e = q.elimination
    nested, by_first = e.layout.nested, q.first_dummies()
    weighted = weigh_rows(q.weights**2, sp.csr_array(sp.hstack([by_first, nested, e.across], format="csr")))
    by_level, by_nested = sp.csr_array(by_first.T @ weighted), sp.csr_array(nested.T @ weighted)
    n_near = e.share.size + nested.shape[1]
    squared = replace(e, sums=sp.csr_array(by_level[:, n_near:]), cross=sp.csr_array(by_nested[:, n_near:]))
    # B = (E - AP) R, in columns of A and E.
    turn = sp.block_array([[sp.diags_array(np.sqrt(e.share)), -e.means @ e.root], [None, e.root]], format="csr")
    inner = sp.vstack([by_level, by_nested], format="csr")[:, :n_near]
    near = sp.csr_array(turn.T @ inner @ turn)
    return LoadingSquares(q, squared, near, _square_rest(e, squared, near, weighted[:, n_near:]))


def _square_rest(e: Elimination, squared: Elimination, near: sp.csr_array, weighted: sp.csr_array) -> FloatArray:
    """Return products of what A and B leave of D, weighted by squared weights, shape (n_across, n_across)."""
    n, roots = e.share.size, sp.diags_array(np.sqrt(e.share))
    first, both = roots @ e.sums, roots @ squared.sums
    mixed = (first.T @ (near[:n, :n] @ first * 0.5 - both)).toarray()
    for blocks in e.list_blocks():
        places = n + list_places(e.ends, blocks)
        of_run, inner = e.explain(blocks), near[places]
        half = 0.5 * (inner[:, places] @ of_run) + (inner[:, :n] @ first).toarray() - squared.explain(blocks)
        mixed += of_run.T @ half
    return np.asarray((weighted.T @ e.across).toarray() + mixed + mixed.T)
