"""The estimate under every date an agreement may count from."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.data.sources import format_counted
from twintrade.design import Design
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.sensitivity.date_bounds import compute_date_bounds
from twintrade.diagnostics.variants import (
    COLUMNS,
    Variant,
    compare_variants,
    find_extremes,
    format_effect,
    list_failures,
    simplify_inference,
)
from twintrade.effects import Finding
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.numerics.arrays import BoolArray, FloatArray

CHOSEN = "date as chosen"


def iterate_date_variants(design: Design) -> Iterator[Variant]:
    """Yield the design under its chosen dates and under each alternative that changes some onset.

    Alternatives: each kind of candidate date, where an agreement has it; the earliest and the latest candidate; one
    period later for agreements known by their year only; the onset period left out (donut).
    """
    yield Variant(CHOSEN, "dates", design)
    onset = design.onset
    alternatives = _by_kind(design)
    seen = [onset]
    for label, changed in alternatives.items():
        if not any(np.array_equal(changed, other) for other in seen):
            seen.append(changed)
            yield Variant(label, "dates", design.reassigned(changed))
    vague = _vague(design)
    if vague.any():
        n = int(vague.sum())
        label = f"one period later where only the year is known ({format_counted(n, 'unit')})"
        yield Variant(label, "precision", design.reassigned(np.where(vague, onset + 1, onset)))
    panel = design.panel
    yield Variant("onset period left out", "donut", design.restricted(panel.period != onset[panel.unit]))


def _by_kind(design: Design) -> dict[str, FloatArray]:
    """Return onsets by kind of candidate date, first and last candidate included."""
    onset = design.onset
    register = design.treatment.register
    if "candidates" not in register:
        return {}
    place = {str(u): k for k, u in enumerate(design.panel.units)}
    found: dict[str, dict[int, list[float]]] = {}
    for tie in register.to_dict("records"):
        code = place.get(tie["unit"])
        if code is None or not np.isfinite(onset[code]):
            continue
        for label, _, ordinal in json.loads(tie["candidates"] or "[]"):
            if ordinal is not None:
                for kind in (label, "earliest candidate date", "latest candidate date"):
                    found.setdefault(kind, {}).setdefault(code, []).append(float(ordinal))
    out = {}
    for kind, dates in found.items():
        changed = onset.copy()
        for code, ordinals in dates.items():
            changed[code] = max(ordinals) if kind.startswith("latest") else min(ordinals)
        out[kind] = changed
    return out


def _vague(design: Design) -> BoolArray:
    """Return which units have an onset that rests on a date of year precision, shape (panel.n_units,)."""
    register, onset = design.treatment.register, design.onset
    vague = np.zeros(onset.size, dtype=bool)
    if "precision" not in register:
        return vague
    place = {str(u): k for k, u in enumerate(design.panel.units)}
    for unit, start, precision in zip(register["unit"], register["onset"], register["precision"], strict=True):
        code = place.get(unit)
        if code is not None and precision == "year" and start == onset[code]:
            vague[code] = True
    return vague


def compute_onset_range(design: Design) -> tuple[FloatArray, FloatArray]:
    """Return the earliest and the latest onset that a unit's candidate dates and their precision allow."""
    onset = design.onset
    kinds = [*_by_kind(design).values(), np.where(_vague(design), onset + 1, onset)]
    return np.minimum.reduce([onset, *kinds]), np.maximum.reduce([onset, *kinds])


def has_vague_date(design: Design, unit: str) -> bool:
    """Whether a unit's onset rests on a date that is known only by its year."""
    return bool(_vague(design)[design.panel.units == unit].any())


@dataclass(frozen=True, slots=True)
class Dates(Diagnostic):
    """Every candidate date, the year rule, and the donut, side by side; the largest is never picked.

    Where dates are ambiguous, bounds over every onset between an agreement's first and last candidate stand below.
    """

    name: ClassVar[str] = "dates"
    citation: ClassVar[str] = "denteh2022"
    payload_kinds: ClassVar = {"dates": "forest"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a date definition, and one for the bounds; payload ``dates``."""
        if not np.isfinite(fit.design.onset).any():
            return self.unavailable("no unit has a dated agreement")
        table = compare_variants(fit, iterate_date_variants(fit.design), simplify_inference(fit, inference), rng)
        known = table.dropna(subset=["effect"])
        if known.empty:
            return self.unavailable("no date definition could be estimated: " + str(table["reason"].iloc[0]))
        low, high, same = find_extremes(known)
        scale = fit.estimate.scale
        row, said = _bounds(fit)
        return Finding(
            diagnostic=self.name,
            verdict="informs" if low * high > 0 else "objects",
            text=(
                f"Under {len(known)} definitions of the date the effect runs from {format_effect(low, scale)} to "
                f"{format_effect(high, scale)}; the estimates {same}.{said}"
            ),
            value=high - low,
            unit=scale,
            table=pd.concat([table, pd.DataFrame(row, columns=list(COLUMNS))], ignore_index=True) if row else table,
            payloads={"dates": table},
            messages=list_failures(self.name, table),
        )


def _bounds(fit: Fit) -> tuple[list[tuple[object, ...]], str]:
    """Return the row of the bounds and their sentence; a row with its reason where there are none."""
    label = "bounds over every onset between first and last candidate"
    nothing = (np.nan, np.nan, np.nan, 0, 0, 0)
    try:
        found = compute_date_bounds(fit, *compute_onset_range(fit.design))
    except TwintradeError as error:
        return [(label, "bounds", np.nan, *nothing, str(error))], ""
    if found is None:
        return [], ""
    numbers = (np.nan, found.low, found.high, np.nan, found.n_rows, found.n_units, found.n_units)
    scale = fit.estimate.scale
    said = (
        f" Agreements with more than one possible date: {found.n_units}. If each may have begun at any time from its "
        f"first candidate to its last, the effect lies between {format_effect(found.low, scale)} and "
        f"{format_effect(found.high, scale)}, "
        "sampling error aside."
    )
    return [(label, "bounds", *numbers, "")], said
