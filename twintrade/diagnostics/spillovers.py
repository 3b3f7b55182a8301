"""Whether the trade of a tie comes from elsewhere: other destinations of the city, other cities of the partner."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from twintrade.design import Design, Treatment
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import COLUMNS, Variant, compared, failures, quick, quoted
from twintrade.effects import Finding
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.numerics.arrays import FloatArray

SAME_CITY = "same city, other destinations"
SAME_PARTNER = "other cities, same destination"
EFFECTS = {"city": ("unit", "partner_period"), "partner": ("unit", "city_period")}


def exposed(design: Design, through: str) -> Design:
    """Return the design in which untied dyads count as treated once they are exposed to a tie.

    Through the city: another dyad of the same city is tied; fixed effects are then dyad and partner x period, so that
    the city's own movement is what is looked at. Through the partner: another city is tied with the same partner, and
    the effects are dyad and city x period. Tied dyads leave the sample; dyads never exposed are the comparison.

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
    excluded |= {str(panel.units[k]): "tied itself" for k in np.flatnonzero(np.isfinite(inside))}
    treatment = Treatment(panel.units, onset, excluded=excluded, rule=f"first tie of another dyad of the {through}")
    return replace(design, treatment=treatment, fixed_effects=EFFECTS[through])


@dataclass(frozen=True, slots=True)
class Spillovers(Diagnostic):
    """Direct effect, diversion within the city, diversion at the destination, and the net of them.

    The net adds the effects times the trade they act on, in the periods after a tie, on the scale of the outcome.
    """

    name: ClassVar[str] = "spillovers"
    citation: ClassVar[str] = "butts2021"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return direct, spillover and net effect; payload ``spillovers``."""
        design = fit.design
        if not design.panel.is_dyadic:
            return self.unavailable("spillovers need city-partner dyads")
        variants = [Variant("direct", "direct", design)]
        variants += [
            Variant(label, "spillover", exposed(design, through))
            for label, through in ((SAME_CITY, "city"), (SAME_PARTNER, "partner"))
        ]
        table = compared(fit, variants, quick(fit, inference), rng)
        if table["effect"].iloc[1:].isna().all():
            reasons = "; ".join(dict.fromkeys(str(r) for r in table["reason"].iloc[1:]))
            return self.unavailable(f"no spillover could be estimated: {reasons}")
        table["trade"] = [_exposed_trade(v.design) for v in variants if v.design is not None]
        scale = fit.estimate.scale
        table["amount"] = [_amount(e, t, scale) for e, t in zip(table["effect"], table["trade"], strict=True)]
        net, direct = float(table["amount"].sum(min_count=1)), float(table["amount"].iloc[0])
        listed = "; ".join(
            f"{label} {quoted(float(effect), scale)}"
            for label, effect in zip(table["label"], table["effect"], strict=True)
            if np.isfinite(effect)
        )
        verb = "adds up to more than" if net > direct else "leaves less than"
        return Finding(
            diagnostic=self.name,
            verdict="none",
            sentence=(
                f"{listed}. Valued at the trade they act on, spillovers turn {direct:,.3g} of direct effect into "
                f"{net:,.3g} net: the total {verb} the direct effect."
            ),
            value=net,
            unit="outcome",
            table=table[[*COLUMNS, "trade", "amount"]],
            payloads={"spillovers": table},
            messages=failures(self.name, table),
        )


def _exposed_trade(design: Design) -> float:
    """Return the outcome, untransformed, summed over rows at or after exposure."""
    o = design.observations
    return float(np.nansum(design.panel.values(design.outcome)[o.rows[o.is_treated]]))


def _amount(effect: float, trade: float, scale: str) -> float:
    """Return what an effect amounts to in the outcome's unit: the share of observed trade that is due to it."""
    if scale == "log points":
        return float(trade * -np.expm1(-effect))
    if scale == "percent":
        return float(trade * effect / (100 + effect))
    return float("nan")
