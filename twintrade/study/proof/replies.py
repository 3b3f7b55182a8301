"""What other software is asked and what it answers, and the rows it is given as dummies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy

from twintrade.effects.cross_check import Estimand
from twintrade.errors import TwintradeError
from twintrade.study.proof.columns import StoredColumn
from twintrade.text import Text, Words

Array = np.ndarray[Any, Any]
RANK = 1e-9
LARGEST = 2e10
"""Rows times squared dummies up to which a regression on dummies is made."""


class NotComparedError(TwintradeError):
    """A column that a piece of software cannot estimate again, with the reason."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What other software says of a column."""

    software: str  # with the function
    estimate: float
    error: float = float("nan")
    estimand: Estimand = "same"
    note: Words = ""


def count_dummies(column: StoredColumn) -> int:
    """Return how many dummies the fixed effects of a column take."""
    return sum(column.factor(name).nunique() for name in column.effects)


def measure_work(column: StoredColumn) -> float:
    """Return how much one regression on dummies costs: rows times squared dummies."""
    return float(len(column.rows)) * count_dummies(column) ** 2


def build_dummies(column: StoredColumn) -> Array:
    """Return a dummy for every level of every fixed effect, shape (n_rows, n_dummies)."""
    if measure_work(column) > LARGEST:
        raise NotComparedError(Text("proof.too-large", rows=len(column.rows), dummies=count_dummies(column)))
    return np.hstack([pd.get_dummies(column.factor(name), dtype=float).to_numpy() for name in column.effects])


def find_separated(column: StoredColumn, rows: Array, further: Sequence[Array] = ()) -> Array:
    """Return the rows, among those given, in a level of an effect where every outcome is zero."""
    y = column.rows["y"].to_numpy()
    levels = [pd.factorize(column.factor(name))[0] for name in column.effects] + list(further)
    kept = rows.copy()
    for _ in range(len(y)):
        lost = np.zeros(len(y), dtype=bool)
        for level in levels:
            lost |= kept & (np.bincount(level[kept], y[kept], level.max() + 1)[level] == 0)
        if not lost.any():
            break
        kept &= ~lost
    return np.asarray(rows & ~kept)


def choose_columns(x: Array) -> tuple[Array, Array]:
    """Return columns that span all, and the others as combinations of them, shape (n_kept, n_others)."""
    r, order = scipy.linalg.qr(x, mode="r", pivoting=True)
    diagonal = np.abs(np.diag(r))
    rank = int((diagonal > RANK * diagonal[0]).sum())
    return order, scipy.linalg.solve_triangular(r[:rank, :rank], r[:rank, rank:])


def find_known(x: Array, new: Array) -> tuple[Array, Array]:
    """Return which columns of a fit to keep, and which new rows its rows determine."""
    order, combined = choose_columns(x)
    kept, others = order[: combined.shape[0]], order[combined.shape[0] :]
    missed = np.abs(new[:, others] - new[:, kept] @ combined).max(axis=1, initial=0.0)
    return np.sort(kept), np.asarray(missed < 1e-6)


def build_clusters(column: StoredColumn, kept: Array | None = None) -> tuple[Array, float]:
    """Return cluster codes, shape (n_rows, n_dimensions), and the factor of the results' convention on errors."""
    if len(column.clusters) > 2:
        raise NotComparedError(Text("proof.no-convention"))
    codes = np.column_stack([pd.factorize(column.factor(name))[0] for name in column.clusters])
    codes = codes if kept is None else np.column_stack([pd.factorize(code)[0] for code in codes[kept].T])
    fewest = int(codes.max(axis=0).min()) + 1
    return codes, float(np.sqrt(fewest / (fewest - 1)))
