"""Whether trade after an agreement comes from elsewhere: the city's other destinations, the partner's cities."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics import variants
from twintrade.diagnostics.base import Diagnostic, require
from twintrade.diagnostics.variants import Variant, list_words
from twintrade.effects import Finding, Topic
from twintrade.errors import DesignError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.inference.dependence import compute_great_circle
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, ObjectArray
from twintrade.text import Listed, Text, Words

# Untreated dyads in rings of distance to the nearest agreement, each ring against the dyads beyond the last one.

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
        """Return nearest distance and first onset within a limit of other agreements, (n_units,), ``inf`` if none."""
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
    """Return what dyads see through a common end, by latitude and longitude columns of the end that differs."""
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
    grouped = pd.DataFrame({column: panel.values(column) for column in columns}).groupby(place[panel.unit])
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
    """Return designs of the direct effect, each ring and all, against dyads beyond; rows exposed otherwise leave."""
    nearest, exposed_from = exposure.seen(edges[-1])
    ring = np.searchsorted(edges, nearest)
    is_near = ring < edges.size
    touched = exposure.is_treated | is_near
    if touched.all():
        raise DesignError(f"no dyad lies beyond the last ring, which ends at {format_kilometres(edges[-1])}")
    _, in_ring = exposure.seen(edges[np.minimum(ring, edges.size - 1)])
    starts: list[tuple[Words, BoolArray, FloatArray]] = [(DIRECT, exposure.is_treated, exposure.onset)]
    for k, (low, high) in enumerate(zip([0.0, *edges[:-1]], edges, strict=True)):
        ends = {"low": format_kilometres(low).removesuffix(" km"), "high": format_kilometres(high)}
        starts.append((Text("checks.rings-label", **ends), ~exposure.is_treated & (ring == k), in_ring))
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


SAME_CITY = Text("labels.series-same-city-other-destinations")
SAME_PARTNER = Text("labels.series-other-cities-same-destination")
EFFECTS = {"city": ("unit", "partner_period"), "partner": ("unit", "city_period")}


def mark_exposed_treated(design: Design, through: str) -> Design:
    """Return the design in which untreated dyads count as treated once exposed to an agreement through an end.

    Effects are dyad and the other end x period, so that the shared end's own movement is looked at. Treated dyads,
    and dyads exposed throughout, leave the sample; dyads never exposed are the comparison.
    """
    panel = design.panel
    place = panel.unit_city if through == "city" else panel.unit_partner
    inside = np.where(design.onset <= panel.last_period, design.onset, np.inf)
    first = np.full(int(place.max()) + 1, np.inf)
    np.minimum.at(first, place, inside)
    onset: FloatArray = first[place]
    throughout = np.flatnonzero(onset <= panel.first_period)
    always, itself = str(Text("checks.spillovers-throughout")), str(Text("checks.spillovers-treated"))
    excluded = dict.fromkeys(panel.units[throughout].tolist(), always) | {**design.treatment.excluded}
    excluded |= {str(panel.units[k]): itself for k in np.flatnonzero(np.isfinite(inside))}
    left = ~np.isin(panel.units, list(excluded))
    counts = {"exposed": int((left & np.isfinite(onset)).sum()), "never": int((left & np.isinf(onset)).sum())}
    if not all(counts.values()):
        raise DesignError(Text("checks.spillovers-none", through=through, throughout=throughout.size, **counts))
    treatment = Treatment(
        panel.units, onset, excluded=excluded, rule=str(Text("checks.spillovers-rule", through=through))
    )
    return replace(design, treatment=treatment, fixed_effects=EFFECTS[through])


@dataclass(frozen=True, slots=True, kw_only=True)
class Spillovers(Diagnostic):
    """Direct effect, diversion within the city and diversion at the destination; then by distance.

    Each comes from a regression of its own, so that a net amount of money would have no interval, and none is given.
    Rings keep the design's own fixed effects, since distance differs within a city and within a destination. Their
    net is the effect with treated and exposed dyads treated alike.

    Attributes
    ----------
    edges : tuple of float
        Kilometres at which rings of distance to the nearest agreement end; the comparison lies beyond the last. Empty
        for quantiles of the untreated dyads' distances.
    rings : int
        How many, where they come from quantiles.
    city_columns, partner_columns : (str, str)
        Columns of the panel with latitude and longitude, in degrees, of cities and of partners.
    """

    edges: tuple[float, ...] = ()
    rings: int = 3
    city_columns: tuple[str, str] = ("latitude", "longitude")
    partner_columns: tuple[str, str] = ("partner_latitude", "partner_longitude")
    name: ClassVar[str] = "spillovers"
    citation: ClassVar[str] = "butts2021"
    payload_kinds: ClassVar = {"spillovers": "forest", "spillover_rings": "forest"}
    topic: ClassVar[Topic] = "spillovers"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return direct and spillover effects; payloads ``spillovers`` and, by distance, ``spillover_rings``."""
        design = fit.design
        require(design.panel.is_dyadic, Text("checks.spillovers-dyads"))
        chosen = variants.simplify_inference(fit, inference, has_intervals=True)
        alternatives = [Variant(Text("checks.spillovers-direct"), "direct", design)]
        alternatives += [
            Variant.attempt(label, "spillover", partial(mark_exposed_treated, design, through))
            for label, through in ((SAME_CITY, "city"), (SAME_PARTNER, "partner"))
        ]
        table = variants.compare_variants(fit, alternatives, chosen, rng, is_same_target=False)
        rings, sentences = self._by_distance(fit, chosen, rng)
        payloads = {} if rings.empty else {"spillover_rings": rings}
        messages = (*variants.list_failures(self.name, table), *variants.list_failures(self.name, rings))
        if table["effect"].iloc[1:].isna().all():
            reasons = Listed(tuple(dict.fromkeys(list_words(table.iloc[1:], "reason"))), "semicolon")
            lacking = self.unavailable(Text("checks.spillovers-failed", reasons=reasons))
            return replace(
                lacking, text=Listed((lacking.text, *sentences), "sentences"), payloads=payloads, messages=messages
            )
        parts, scale = table.iloc[1:], fit.estimate.scale
        # No bound if one channel has no interval: nobody looked into it, and that there is none is not said then.
        judged = variants.judge_effects(parts, variants.measure_headline(fit, chosen, rng))
        effects = Text("checks.spillovers", effects=_list_effects(table, scale))
        failed = variants.list_failed(parts)
        refused = [Text("checks.spillovers-refused", label=label, reason=reason) for label, reason, _ in failed]
        verdict = Text("checks.spillovers-verdict", **variants.name_judged(judged, scale))
        return self.conclude(
            Listed((effects, *refused, verdict, Text("checks.spillovers-net"), *sentences), "sentences"),
            table,
            judged,
            payloads={"spillovers": table, **payloads},
            messages=messages,
        )

    def _by_distance(
        self, fit: Fit, inference: Inference, rng: np.random.Generator
    ) -> tuple[pd.DataFrame, list[Text]]:
        """Return the rings through both ends, and what is said of them."""
        tables: list[pd.DataFrame] = []
        sentences: list[Text] = []
        for label, through, columns in (
            (SAME_PARTNER, "partner", self.city_columns),
            (SAME_CITY, "city", self.partner_columns),
        ):
            try:
                exposure = compute_exposure(fit.design, through, columns)
                edges = choose_edges(exposure, self.edges, self.rings)
                group = str(Text("checks.rings-net", label=label))
                alternatives = build_ring_variants(fit.design, exposure, edges, group)
                table = variants.compare_variants(fit, alternatives, inference, rng, is_same_target=False)
                tables.append(_with_comparison(table, alternatives[-1].design, edges))
            except DesignError as error:
                sentences.append(Text("checks.rings-none", label=label, reason=error.text))
                continue
            effects, beyond = _list_effects(table, fit.estimate.scale), format_kilometres(edges[-1])
            given = bool(self.edges)
            sentences.append(Text("checks.rings", label=label, beyond=beyond, given=given, effects=effects))
        empty = pd.DataFrame(columns=list(variants.COLUMNS))
        return pd.concat(tables, ignore_index=True) if tables else empty, sentences


def _list_effects(table: pd.DataFrame, scale: str) -> Words:
    known = table[np.isfinite(table["effect"])]
    rows = zip(list_words(known, "label"), *(known[name] for name in variants.NUMBERS[:4]), strict=True)
    lines = tuple(
        Text(
            "checks.spillovers-effect",
            label=label,
            known="yes" if np.isfinite([low, high]).all() else "no",
            p=p,
            **variants.format_effects(scale, effect=effect, low=low, high=high),
        )
        for label, effect, low, high, p in rows
    )
    return Listed(lines, "semicolon") if lines else Text("checks.spillovers-lacking")


def _with_comparison(table: pd.DataFrame, net: Design | None, edges: FloatArray) -> pd.DataFrame:
    """Return rings with their edges, the row of those that everything is compared with, and the net effect."""
    parts, total = table.iloc[:-1], table.iloc[-1:]
    last, label = float(edges[-1]), str(Text("checks.rings-beyond", last=format_kilometres(edges[-1])))
    parts = parts.assign(from_km=[np.nan, 0.0, *edges[:-1]], to_km=[np.nan, *edges])
    total = total.assign(from_km=np.nan, to_km=np.nan)
    beyond = parts.iloc[:1].assign(label=label, from_km=last, to_km=np.inf, reason="")
    beyond = beyond.assign(**dict.fromkeys(variants.NUMBERS, np.nan))
    if net is not None:
        o = net.observations
        untouched = ~o.is_ever_treated
        beyond = beyond.assign(n_rows=int(untouched[o.unit].sum()), n_units=int(untouched.sum()), n_treated_units=0)
    return pd.concat([parts, beyond, total], ignore_index=True)
