"""Untreated dyads in rings of distance to the nearest agreement, each ring against the dyads beyond the last one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.variants import Variant
from twintrade.errors import DesignError
from twintrade.inference.dependence import compute_great_circle
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, ObjectArray
from twintrade.text import Listed, Text, Words

DIRECT = "direct"
NET = "net"


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """Agreements that dyads see through one of their ends, with the distance between the other ends."""

    # shared, place: (n_units,): code of the end that a dyad has in common with the agreements it sees, and of the end
    # that differs
    shared: IntArray
    place: IntArray
    between: FloatArray  # (n_places, n_places): distances between places, in any unit
    onset: FloatArray  # (n_units,): `inf` for dyads that are not treated within the panel

    @property
    def is_treated(self) -> BoolArray:
        """Whether a dyad is treated itself, shape (n_units,)."""
        return np.isfinite(self.onset)

    def seen(self, limit: float | FloatArray = np.inf) -> tuple[FloatArray, FloatArray]:
        """Return distance to another dyad's nearest agreement and the first onset within a limit, ``inf`` if none.

        ``limit`` (n_units,): farthest distance at which an agreement counts for the onset. Returns ``nearest, first``
        (n_units,).
        """
        limits = np.broadcast_to(np.asarray(limit, dtype=np.float64), self.onset.shape)
        nearest, first = np.full(self.onset.size, np.inf), np.full(self.onset.size, np.inf)
        for shared in np.unique(self.shared[self.is_treated]):
            units = np.flatnonzero(self.shared == shared)
            treated = units[self.is_treated[units]]
            between = self.between[np.ix_(self.place[units], self.place[treated])]
            distance = np.where(units[:, None] == treated[None, :], np.inf, between)
            nearest[units] = distance.min(axis=1)
            first[units] = np.where(distance <= limits[units, None], self.onset[treated], np.inf).min(axis=1)
        return nearest, first


def compute_exposure(design: Design, through: str, columns: tuple[str, str]) -> Exposure:
    """Return what dyads see through an end, by the coordinates of the other end.

    ``through``: the end in common: with "partner", other cities that have an agreement with it; ``columns``: columns
    of the panel with latitude and longitude of the end that differs, in degrees.
    """
    panel = design.panel
    shared, place, names = panel.unit_partner, panel.unit_city, panel.cities
    if through == "city":
        shared, place, names = panel.unit_city, panel.unit_partner, panel.partners
    points = np.radians(_degrees(panel, place, names, columns))
    onset = np.where(design.onset <= panel.last_period, design.onset, np.inf)
    return Exposure(shared, place, compute_great_circle(points, points), onset)


def _degrees(panel: Panel, place: IntArray, names: ObjectArray, columns: tuple[str, str]) -> FloatArray:
    """Return latitude and longitude of each place, shape (n_places, 2)."""
    lacking = [column for column in columns if column not in panel.columns]
    if lacking:
        raise DesignError(Text("checks.rings-no-column", columns=Listed(tuple(lacking))))
    values = pd.DataFrame({column: panel.values(column) for column in columns})
    grouped = values.groupby(place[panel.unit])
    low, high = (extreme.reindex(range(names.size)).to_numpy() for extreme in (grouped.min(), grouped.max()))
    bounds = np.array([90.0, 360.0])
    for wrong, what in (
        (np.isnan(low), "none"),
        (low != high, "several"),
        ((np.abs(low) > bounds) | (np.abs(high) > bounds), "impossible"),
    ):
        rows, sides = np.nonzero(wrong)
        if rows.size:
            n = np.unique(rows).size
            place_name, column = str(names[rows[0]]), columns[sides[0]]
            raise DesignError(Text("checks.rings-degrees", place=place_name, has=what, column=column, n=n))
    return low


def choose_edges(exposure: Exposure, edges: Sequence[float], n_rings: int) -> FloatArray:
    """Return where rings end, ascending: as given, or quantiles of untreated dyads' distances to an agreement."""
    nearest, _ = exposure.seen()
    distances = nearest[~exposure.is_treated & np.isfinite(nearest)]
    if not distances.size:
        raise DesignError("no untreated dyad sees an agreement")
    if not edges:
        if n_rings < 1:
            raise DesignError(f"the number of rings is {n_rings}; give one or more")
        return np.unique(np.quantile(distances, np.arange(1, n_rings + 1) / (n_rings + 1)))
    ends = np.asarray(edges, dtype=np.float64)
    if not (np.isfinite(ends).all() and ends[0] > 0 and (np.diff(ends) > 0).all()):
        raise DesignError(f"the edges {list(edges)} do not ascend from above zero")
    return ends


def format_kilometres(distance: float) -> str:
    """Return a distance to four digits."""
    return f"{float(f'{distance:.4g}'):,.10g} km"


def build_ring_variants(design: Design, exposure: Exposure, edges: FloatArray, group: str) -> list[Variant]:
    """Return the designs of the direct effect, of each ring, and of all of them treated alike.

    A dyad belongs to the ring of its nearest agreement and is exposed from the first agreement in that ring on. In
    every design the comparison is dyads that see no agreement up to the last edge; dyads of other rings leave the
    sample, and so do rows already exposed to agreements from farther away, or from elsewhere before an agreement of
    their own.
    """
    nearest, exposed_from = exposure.seen(edges[-1])
    ring = np.searchsorted(edges, nearest)
    is_near = ring < edges.size
    touched = exposure.is_treated | is_near
    if touched.all():
        raise DesignError(f"no dyad lies beyond the last ring, which ends at {format_kilometres(edges[-1])}")
    _, in_ring = exposure.seen(edges[np.minimum(ring, edges.size - 1)])
    starts: list[tuple[Words, BoolArray, FloatArray]] = [(DIRECT, exposure.is_treated, exposure.onset)]
    for k, (low, high) in enumerate(zip([0.0, *edges[:-1]], edges, strict=True)):
        starts.append(
            (
                Text(
                    "checks.rings-label", low=format_kilometres(low).removesuffix(" km"), high=format_kilometres(high)
                ),
                ~exposure.is_treated & (ring == k),
                in_ring,
            )
        )
    starts.append((NET, touched, np.minimum(exposure.onset, exposed_from)))
    return [
        Variant(label, group, _of_members(design, members, onset, touched, exposed_from))
        for label, members, onset in starts
    ]


def _of_members(
    design: Design, members: BoolArray, onset: FloatArray, touched: BoolArray, exposed_from: FloatArray
) -> Design:
    """Return the design in which the members are treated from their onset on and no row is exposed otherwise."""
    panel = design.panel
    starts = np.where(members, onset, np.inf)
    gone = {str(u): str(Text("checks.rings-otherwise")) for u in panel.units[touched & ~members]}
    treatment = Treatment(
        panel.units, starts, excluded={**design.treatment.excluded, **gone}, rule=str(Text("checks.rings-rule"))
    )
    ahead = panel.period + design.anticipation
    earlier = (ahead >= exposed_from[panel.unit]) & (ahead < starts[panel.unit])
    return replace(design, treatment=treatment).restricted(~earlier)
