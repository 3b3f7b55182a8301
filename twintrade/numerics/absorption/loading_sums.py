"""Sums of values times loadings by group: with them, groups' products through a projection are small matrices."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from twintrade.numerics.absorption.annihilators import Annihilator
from twintrade.numerics.absorption.elimination import fill_out, weigh_rows
from twintrade.numerics.arrays import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class LoadingSums:
    """Loadings times values summed by group, S: ``S S'`` are the values' products through H = Z (Z'WZ)^- Z'.

    Attributes
    ----------
    near : array, sparse or not, shape (n_groups, n_first + rank)
        What the largest effect and those inside blocks have of them.
    rest : FloatArray, shape (n_groups, n_kept)
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


def sum_near(q: Annihilator, values: sp.csr_array) -> LoadingSums:
    """Return the sums without what is left after the largest effect and those inside blocks."""
    near = sp.csr_array(sp.hstack(q.combine_near(values), format="csr"))
    return LoadingSums(near, np.empty((near.shape[0], 0)))


def sum_by_loading(q: Annihilator, values: sp.csr_array, mix: FloatArray | None = None) -> LoadingSums:
    """Return the sums for values by group.

    Parameters
    ----------
    q : Annihilator
    values : sparse array, shape (n_groups, n_rows)
    mix : FloatArray or None, shape (n_groups, n_mixed)
        Combinations of groups that take their place.
    """
    if mix is None:
        first, inside, rest = q.combine_loadings(values)
        return LoadingSums(fill_out(sp.csr_array(sp.hstack([first, inside], format="csr"))), rest)
    e = q.elimination
    by_first, nested, across = (
        np.asarray(sp.csr_array(values @ part).T @ mix) for part in (q.first_dummies(), e.layout.nested, e.across)
    )
    turned = np.asarray(e.root.T @ (nested - e.means.T @ by_first))
    left = e.compute_rest(by_first, turned, across)
    return LoadingSums(np.vstack([np.sqrt(e.share)[:, None] * by_first, turned]).T, left.T @ q.root)


@dataclass(frozen=True, slots=True, eq=False)
class LoadingSquares:
    """Products of all rows' loadings weighted by squared weights, K: ``S K S'`` are products through HWWH.

    Attributes
    ----------
    near : sparse array, shape (n_first + rank, n_first + rank)
    cross : FloatArray, shape (n_first + rank, n_kept)
    rest : FloatArray, shape (n_kept, n_kept)
    """

    near: sp.csr_array
    cross: FloatArray
    rest: FloatArray

    def halve(self, sums: LoadingSums) -> LoadingSums:
        """Return Y with ``Y S' + S Y' = S K S'``; its near part alone for sums without the rest."""
        near = sums.near @ self.near * 0.5
        if not sums.rest.shape[1]:
            return LoadingSums(near, sums.rest)
        return LoadingSums(near, np.asarray(sums.near @ self.cross + sums.rest @ (0.5 * self.rest)))


def compute_loading_squares(q: Annihilator) -> LoadingSquares:
    """Return the products of loadings, weighted by the rows' squared weights."""
    e = q.elimination
    by_first = q.first_dummies()
    inside = sp.csr_array((e.layout.nested - by_first @ e.means) @ e.root)
    roots = np.sqrt(e.share)
    near = sp.csr_array(sp.hstack([by_first @ sp.diags_array(roots), inside], format="csr"))
    nested = [e.explain(blocks) for blocks in e.list_blocks()] if e.explained is None else [e.explained]
    explained = np.vstack([roots[:, None] * e.sums.toarray(), *nested])
    weighted, across = weigh_rows(q.weights**2, near), weigh_rows(q.weights**2, e.across)
    squares, both = sp.csr_array(weighted.T @ near), (weighted.T @ e.across).toarray()
    cross = both - squares @ explained
    rest = (across.T @ e.across).toarray() - both.T @ explained - explained.T @ cross
    return LoadingSquares(squares, cross @ q.root, q.root.T @ rest @ q.root)
