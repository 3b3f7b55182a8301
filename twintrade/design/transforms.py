"""What is done to the outcome before effects are measured: one row a transform, with its scale and its words."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from twintrade.data.geography import is_aggregate, is_remainder
from twintrade.design.panel import Panel, label_ends
from twintrade.errors import DesignError
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, ObjectArray, take_rows
from twintrade.text import Text, Words

# Partners that are several countries, and are no donor: totals of others, or a remainder without rows of its own.

AGGREGATES = frozenset(
    {
        "wld", "world", "total", "eu", "eu15", "eu25", "eu27", "eu28", "euu", "european_union", "asean", "oecd",
        "mercosur", "nafta", "usmca", "opec", "gcc", "cis", "brics", "africa", "asia", "europe", "oceania",
    }
)  # fmt: skip
"""Partner labels that name more than one country, compared in lower case with blanks and dashes as underscores."""


def are_aggregates(partners: ObjectArray) -> BoolArray:
    """Return which partners are totals of others or remainders, by the reviewed table of codes or by name."""
    return are_totals(partners) | is_remainder(partners)


def are_totals(partners: ObjectArray) -> BoolArray:
    """Return which partners are totals of others, whose trade a total of their city already has."""
    names = (str(p).strip().lower().replace(" ", "_").replace("-", "_") for p in partners)
    is_total = np.array([name in AGGREGATES for name in names], dtype=bool) | is_aggregate(partners)
    return np.asarray(is_total & ~is_remainder(partners))


def find_remainders(panel: Panel, totals_only: Collection[str] = ()) -> tuple[str, ...]:
    """Return the partners that are remainders: by the table of codes and names, or as for totals only."""
    is_rest = is_remainder(panel.partners) | np.isin(panel.partners, list(totals_only))
    return tuple(map(str, panel.partners[is_rest])) if panel.is_dyadic else ()


TransformName = Literal["level", "log", "share_of_partner", "share_of_city", "index"]
Loss = tuple[BoolArray, str, Text]  # rows of the panel that a transform cannot take, a key, and the reason as a text


@dataclass(frozen=True, eq=False)
class Outcome:
    """A column of a panel before its transform."""

    panel: Panel
    name: str
    affected: FloatArray  # (panel.n_units,): first period of each unit that an agreement may affect; `inf` for never
    index_base: int | None = None  # period in which an index is 100

    @cached_property
    def figures(self) -> FloatArray:
        """The column, shape (panel.n_rows,)."""
        return self.panel.values(self.name)

    @property
    def is_total(self) -> BoolArray:
        """Which rows have a group of countries as partner, shape (panel.n_rows,)."""
        panel = self.panel
        return np.asarray(are_totals(panel.partners)[panel.unit_partner][panel.unit])

    @property
    def base(self) -> int:
        """The period in which an index is 100."""
        assert self.index_base is not None  # a design in index form is not made without
        panel, base = self.panel, int(self.index_base)
        if base not in panel.periods:
            raise DesignError(Text("design.no-index-base", base=panel.label(base), **label_ends(panel)))
        return base


@dataclass(frozen=True, slots=True)
class OutcomeTransform:
    """A transform of the outcome, as functions of the column before it."""

    scale: Literal["level", "log points", "share", "index"]  # of a linear effect on the transformed outcome
    values: Callable[[Outcome, IntArray], FloatArray]  # the transformed outcome of the given rows of the panel
    label: Callable[[Outcome], Words]  # what the outcome is measured in: "logs", "shares of the partner's total"
    # The unit of a linear effect, as text after the number; empty for log points
    unit: Callable[[Outcome], Words] = lambda _: ""
    # The rows that have no transformed outcome; the mask marks the rows still in
    losses: Callable[[Outcome, BoolArray], Iterable[Loss]] = lambda _, keep: ()


def _list_without_logarithm(outcome: Outcome, keep: BoolArray) -> Iterator[Loss]:
    yield outcome.figures < 0, "negative-under-log", Text("design.dropped-negative-under-log")
    yield outcome.figures == 0, "zero-under-log", Text("design.dropped-zero-under-log")


def _build_share(of: Literal["partner", "city"]) -> OutcomeTransform:
    """Return the outcome over the total of its partner, or of its city, in the same period.

    The total counts every figure of the panel, of units that are excluded from the comparison too: it is the same
    whoever is left out. Groups of countries are in no total of a city, and have no share; a remainder is in it.
    """

    def sum_totals(outcome: Outcome) -> FloatArray:
        """Return the total that each row's outcome is part of, shape (panel.n_rows,)."""
        panel, raw = outcome.panel, outcome.figures
        if of == "city" and not panel.is_dyadic:
            raise DesignError("share_of_city needs city-partner pairs: a panel of cities holds each city's total")
        place = (panel.unit_partner if of == "partner" else panel.unit_city)[panel.unit]
        cell = place * (panel.last_period - panel.first_period + 1) + panel.period - panel.first_period
        counts = np.isfinite(raw) & (raw > 0)
        if of == "city":
            counts &= ~outcome.is_total
        return np.asarray(np.bincount(cell, np.where(counts, raw, 0.0))[cell], dtype=np.float64)

    def list_without_share(outcome: Outcome, keep: BoolArray) -> Iterator[Loss]:
        yield outcome.is_total & (of == "city"), "aggregate", Text("design.dropped-aggregate")
        yield outcome.figures < 0, "negative-share", Text("design.dropped-negative-share")
        yield ~(sum_totals(outcome) > 0), "no-total", Text("design.dropped-no-total", of=of)

    return OutcomeTransform(
        "share",
        values=lambda outcome, rows: np.asarray(outcome.figures[rows] / sum_totals(outcome)[rows], dtype=np.float64),
        label=lambda _: Text("design.shares-of-total", of=of),
        unit=lambda _: Text("design.of-total", of=of),
        losses=list_without_share,
    )


def _find_bases(outcome: Outcome) -> FloatArray:
    """Return each unit's outcome in the base period, shape (panel.n_units,); NaN where it is not observed."""
    panel, raw = outcome.panel, outcome.figures
    at = np.flatnonzero((panel.period == outcome.base) & np.isfinite(raw))
    bases = np.full(panel.n_units, np.nan)
    bases[panel.unit[at]] = raw[at]
    return bases


def _list_without_base(outcome: Outcome, keep: BoolArray) -> Iterator[Loss]:
    panel, base = outcome.panel, outcome.base
    treated = np.unique(panel.unit[keep & (outcome.affected <= base)[panel.unit]])
    if treated.size:
        raise DesignError(
            f"{treated.size} units are treated by {panel.label(base)}, the base of the index (first: "
            f"{panel.units[treated[0]]}): their index would start from a treated figure. "
            "Set index_base to a period before the first onset"
        )
    text = Text("design.dropped-no-base", base=panel.label(base))
    yield ~(_find_bases(outcome) > 0)[panel.unit], "no-base", text


TRANSFORMS: dict[str, OutcomeTransform] = {
    "level": OutcomeTransform(
        "level",
        values=lambda outcome, rows: take_rows(outcome.figures, rows),
        label=lambda _: "levels",
        unit=lambda outcome: outcome.panel.units_of_measure.get(outcome.name, ""),
    ),
    "log": OutcomeTransform(
        "log points",
        values=lambda outcome, rows: np.log(take_rows(outcome.figures, rows)),
        label=lambda _: "logs",
        losses=_list_without_logarithm,
    ),
    "share_of_partner": _build_share("partner"),
    "share_of_city": _build_share("city"),
    # In percent of the same unit's outcome in the base period: 100 there
    "index": OutcomeTransform(
        "index",
        values=lambda o, rows: np.asarray(100 * o.figures[rows] / _find_bases(o)[o.panel.unit[rows]]),
        label=lambda outcome: Text("design.index", base=outcome.panel.label(outcome.base)),
        unit=lambda outcome: Text("design.index-points", base=outcome.panel.label(outcome.base)),
        losses=_list_without_base,
    ),
}
"""Every transform by its name in analysis files and in ``Design``."""

NOT_LOG = tuple(name for name in TRANSFORMS if name != "log")
"""The transforms that methods take which put the logarithm in themselves."""
