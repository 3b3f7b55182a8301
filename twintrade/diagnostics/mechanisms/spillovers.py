"""Whether trade after an agreement comes from elsewhere: the city's other destinations, the partner's cities."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.design import Design, Treatment
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.mechanisms.exposure_rings import (
    build_ring_variants,
    choose_edges,
    compute_exposure,
    format_kilometres,
)
from twintrade.diagnostics.variants import (
    COLUMNS,
    NUMBERS,
    Variant,
    compare_variants,
    format_effect,
    list_failures,
    simplify_inference,
)
from twintrade.effects import Finding, Topic
from twintrade.errors import DesignError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.numerics.arrays import FloatArray
from twintrade.text import Listed

SAME_CITY = "same city, other destinations"
SAME_PARTNER = "other cities, same destination"
NO_NET = "No net amount is given: the effects come from separate regressions, so their sum has no interval."
EFFECTS = {"city": ("unit", "partner_period"), "partner": ("unit", "city_period")}


def mark_exposed_treated(design: Design, through: str) -> Design:
    """Return the design in which untreated dyads count as treated once they are exposed to an agreement.

    Through the city: another dyad of the same city is treated; fixed effects are then dyad and partner x period, so
    that the city's own movement is what is looked at. Through the partner: another city has an agreement with the
    same partner, and the effects are dyad and city x period. Treated dyads leave the sample; dyads never exposed are
    the comparison.

    Parameters
    ----------
    through : {"city", "partner"}
    """
    panel = design.panel
    place = panel.unit_city if through == "city" else panel.unit_partner
    inside = np.where(design.onset <= panel.last_period, design.onset, np.inf)
    first = np.full(int(place.max()) + 1, np.inf)
    np.minimum.at(first, place, inside)
    onset: FloatArray = first[place]
    excluded = {**design.treatment.excluded}
    excluded |= {str(panel.units[k]): "treated itself" for k in np.flatnonzero(np.isfinite(inside))}
    treatment = Treatment(
        panel.units, onset, excluded=excluded, rule=f"first agreement of another dyad of the {through}"
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
        if not design.panel.is_dyadic:
            return self.unavailable("spillovers need city-partner dyads")
        chosen = simplify_inference(fit, inference)
        variants = [Variant("direct", "direct", design)]
        variants += [
            Variant(label, "spillover", mark_exposed_treated(design, through))
            for label, through in ((SAME_CITY, "city"), (SAME_PARTNER, "partner"))
        ]
        table = compare_variants(fit, variants, chosen, rng)
        rings, said = self._by_distance(fit, chosen, rng)
        payloads = {} if rings.empty else {"spillover_rings": rings}
        messages = (*list_failures(self.name, table), *list_failures(f"{self.name} by distance", rings))
        if table["effect"].iloc[1:].isna().all():
            reasons = "; ".join(dict.fromkeys(str(r) for r in table["reason"].iloc[1:]))
            lacking = self.unavailable(f"no spillover could be estimated: {reasons}")
            return replace(
                lacking, text=Listed((str(lacking.text), said), "sentences"), payloads=payloads, messages=messages
            )
        return Finding(
            diagnostic=self.name,
            verdict="informs",
            text=f"{_listed(table, fit.estimate.scale)}. {NO_NET} {said}".rstrip(),
            table=table,
            payloads={"spillovers": table, **payloads},
            messages=messages,
        )

    def _by_distance(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> tuple[pd.DataFrame, str]:
        """Return the rings through both ends, and what is said of them."""
        tables, said = [], []
        for label, through, columns in (
            (SAME_PARTNER, "partner", self.city_columns),
            (SAME_CITY, "city", self.partner_columns),
        ):
            try:
                found = compute_exposure(fit.design, through, columns)
                edges = choose_edges(found, self.edges, self.rings)
                variants = build_ring_variants(fit.design, found, edges, f"by distance: {label}")
                table = compare_variants(fit, variants, inference, rng)
                tables.append(_with_comparison(table, variants[-1].design, edges))
            except DesignError as error:
                said.append(f"Rings of distance, {label}: not available because {error}.")
                continue
            origin = (
                "as given" if self.edges else "quantiles of the untreated dyads' distances to the nearest agreement"
            )
            said.append(
                f"Rings of distance, {label}, against dyads beyond {format_kilometres(edges[-1])} (edges: {origin}): "
                f"{_listed(table, fit.estimate.scale)}."
            )
        empty = pd.DataFrame(columns=list(COLUMNS))
        return pd.concat(tables, ignore_index=True) if tables else empty, " ".join(said)


def _listed(table: pd.DataFrame, scale: str) -> str:
    known = table[np.isfinite(table["effect"])]
    rows = zip(known["label"], known["effect"], known["low"], known["high"], strict=True)
    lines = (
        f"{label} {format_effect(effect, scale)}{_interval(low, high, scale)}" for label, effect, low, high in rows
    )
    return "; ".join(lines) or "none could be estimated"


def _interval(low: float, high: float, scale: str) -> str:
    is_known = np.isfinite([low, high]).all()
    return f", interval {format_effect(low, scale)} to {format_effect(high, scale)}" if is_known else ""


def _with_comparison(table: pd.DataFrame, net: Design | None, edges: FloatArray) -> pd.DataFrame:
    """Return rings with their edges, the row of those that everything is compared with, and the net effect."""
    parts, total = table.iloc[:-1], table.iloc[-1:]
    last = float(edges[-1])
    parts = parts.assign(from_km=[np.nan, 0.0, *edges[:-1]], to_km=[np.nan, *edges])
    total = total.assign(from_km=np.nan, to_km=np.nan)
    beyond = parts.iloc[:1].assign(
        label=f"beyond {format_kilometres(last)}: the comparison", from_km=last, to_km=np.inf
    )
    beyond = beyond.assign(**dict.fromkeys(NUMBERS, np.nan), reason="")
    if net is not None:
        o = net.observations
        untouched = ~o.is_ever_treated
        n_rows = int(untouched[o.unit].sum())
        beyond = beyond.assign(n_rows=n_rows, n_units=int(untouched.sum()), n_treated_units=0)
    return pd.concat([parts, beyond, total], ignore_index=True)
