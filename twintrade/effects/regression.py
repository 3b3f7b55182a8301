"""The regression behind an influence, row by row."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Protocol

import numpy as np

from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.text import Text, Words

# How event times and cells are named, wherever they are printed.

POOLED = np.iinfo(np.int64).min // 2
"""Cohort of an effect that is estimated over all cohorts at once: the leads of imputation."""


def label_event_times(times: IntArray) -> tuple[str, ...]:
    """Name event times: "-1", "+0"."""
    return tuple(f"{e:+d}" for e in times)


def label_cells(cohorts: IntArray, times: IntArray) -> tuple[Text, ...]:
    """Name cells: "cohort 2005, event time +1"."""
    return tuple(map(_name_cell, cohorts.tolist(), times.tolist()))


@cache
def _name_cell(cohort: int, time: int) -> Text:
    return Text("estimators.effect-cell", cohort="all" if cohort == POOLED else str(cohort), time=f"{time:+d}")


# Which rows an estimate rests on, and which were left out for what reason.


@dataclass(frozen=True, slots=True)
class Dropped:
    """Rows or units left out of an estimate."""

    reason: str  # stable kebab-case key ("always-treated", "undated", "separated", "singleton", "zero-under-log" ...)
    text: Words  # the same for a reader
    n_rows: int  # n_rows, n_units: How many rows went, and how many units lost every row
    n_units: int = 0
    labels: tuple[Words, ...] = ()  # the units or rows concerned, all of them; renderers shorten

    @property
    def sentence(self) -> str:
        """The text in words."""
        return str(self.text)

    @property
    def names(self) -> tuple[str, ...]:
        """The labels in words."""
        return tuple(map(str, self.labels))


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The estimation sample."""

    rows: IntArray  # (n_rows,): positions, in the design's observations, of the rows that entered the fit
    n_units: int  # n_units, n_periods, n_treated_units: Counts inside the sample
    n_periods: int
    n_treated_units: int
    n_slopes: int = 0  # regressors estimated beside the absorbed effects (0 where the method has none)
    effects: tuple[str, ...] = ()  # names of the absorbed effects, as in the design
    n_zeros: int = 0  # rows with a zero outcome inside the sample
    dropped: tuple[Dropped, ...] = ()  # everything left out, each with its reason
    # Fit statistics worth a table row: "within_r2", "pseudo_r2", "deviance", "iterations"
    statistics: Mapping[str, float] = field(default_factory=dict)
    # Rows of the data behind `rows`, where these are sums made elsewhere; 0 where they are the data's own
    n_summed: int = 0

    @property
    def n_rows(self) -> int:
        """Number of rows that entered the fit."""
        return self.n_summed or int(self.rows.size)

    def n_dropped(self, reason: str) -> int:
        """Return how many rows were dropped for one reason."""
        return sum(d.n_rows for d in self.dropped if d.reason == reason)


# With which weight each row's outcome enters each effect, and columns of rows that are made when asked for.


class LaterColumns(Protocol):
    """Regressors net of the absorbed effects, made when asked for; whatever this holds can be pickled."""

    def dense(self) -> FloatArray:
        """Return the columns, shape (n_rows, n_slopes); kept where making them takes long."""

    def along(self, directions: FloatArray) -> FloatArray:
        """Return ``dense() @ directions`` without making the columns, shape (n_rows, n_directions)."""


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeWeights:
    """Weights v with ``effects = v'y``; for a Poisson method with working residuals (y - mu) / mu, linearized, for y.

    Estimated weights of an average are taken for fixed, which changes nothing where the averaged effects are alike.
    """

    rows: IntArray  # (n_rows,): positions in the design's observations
    columns: FloatArray | LaterColumns  # (n_rows, n_columns)
    selector: FloatArray  # (n_columns, n_effects)
    scale: FloatArray | None = None  # (n_rows,): multiplies the rows of `columns @ selector`; None for one

    def matrix(self) -> FloatArray:
        """Return the weights, shape (n_rows, n_effects)."""
        c = self.columns
        values = c @ self.selector if isinstance(c, np.ndarray) else c.along(self.selector)
        return np.asarray(values if self.scale is None else values * self.scale[:, None], dtype=np.float64)

    def choose(self, effects: slice) -> "OutcomeWeights":
        """Return the weights of some effects."""
        return replace(self, selector=self.selector[:, effects])

    def combined(self, weights: FloatArray) -> "OutcomeWeights":
        """Return the weights of ``effects @ weights``."""
        return replace(self, selector=self.selector @ weights)


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """The regression behind an influence, row by row, for whatever needs scores finer than a unit.

    The influence of one row on the coefficients is ``weights * residuals * design @ bread``.
    """

    rows: IntArray  # (n_rows,): positions in the design's observations
    # (n_rows, n_slopes): regressors net of the absorbed effects, at hand or made when asked for
    columns: FloatArray | LaterColumns
    residuals: FloatArray  # (n_rows,): working residuals: for Poisson `(y - mu) / mu` with `weights = mu`
    weights: FloatArray  # (n_rows,): estimation weights
    bread: FloatArray  # (n_slopes, n_slopes): inverse of `design' W design`
    selector: FloatArray  # (n_slopes, n_effects): `effects = slopes @ selector`
    slopes: FloatArray | None = None  # (n_slopes,): the coefficients, where the method keeps them
    names: tuple[Words, ...] = ()  # what each coefficient belongs to, where the method keeps it

    @property
    def design(self) -> FloatArray:
        """Regressors net of the absorbed effects, shape (n_rows, n_slopes)."""
        return self.columns if isinstance(self.columns, np.ndarray) else self.columns.dense()

    def along(self, directions: FloatArray) -> FloatArray:
        """Return ``design @ directions``, shape (n_rows, n_directions)."""
        if isinstance(self.columns, np.ndarray):
            return np.asarray(self.columns @ directions, dtype=np.float64)
        return self.columns.along(directions)

    def row_influence(self) -> FloatArray:
        """Return the influence of each row on each effect, shape (n_rows, n_effects)."""
        out = self.along(self.bread @ self.selector)
        out *= (self.weights * self.residuals)[:, None]
        return out

    def outcome_weights(self) -> OutcomeWeights:
        """Return the weight of each row's outcome (for Poisson, of its working residual) in each effect."""
        return OutcomeWeights(self.rows, self.columns, self.bread @ self.selector, self.weights)
