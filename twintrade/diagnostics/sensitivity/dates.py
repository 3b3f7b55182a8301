"""The estimate under every date an agreement may count from."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.sensitivity.date_bounds import compute_date_bounds
from twintrade.diagnostics.variants import (
    COLUMNS,
    COUNTS,
    Variant,
    compare_variants,
    describe_judged,
    find_extremes,
    format_effect,
    format_range,
    judge_table,
    list_failures,
    measure_headline,
    simplify_inference,
)
from twintrade.effects import Finding
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.imputation import Imputation
from twintrade.inference.base import Inference
from twintrade.numerics.arrays import BoolArray, FloatArray
from twintrade.text import Listed, Text

EARLIEST, LATEST = "checks.dates-earliest", "checks.dates-latest"


def iterate_date_variants(design: Design) -> Iterator[Variant]:
    """Yield the design under its chosen dates and under each alternative that changes some onset.

    Alternatives: each kind of candidate date, where an agreement has it; the earliest and the latest candidate; one
    period later for agreements known by their year only; the onset period left out (donut).
    """
    panel = design.panel
    yield Variant(Text("checks.dates-chosen"), "dates", design)
    onset = design.onset
    alternatives = _by_kind(design)
    seen = [onset]
    for label, changed in alternatives.items():
        if not any(np.array_equal(changed, other) for other in seen):
            seen.append(changed)
            named = Text(label) if label in (EARLIEST, LATEST) else label
            yield Variant(named, "dates", design.reassigned(changed))
    vague = _vague(design)
    if vague.any():
        moved = vague & (onset + 1 > panel.period.min())
        later = Text("checks.dates-later", n=int(moved.sum()), units=panel.unit_kind)
        yield Variant(later, "precision", design.reassigned(np.where(vague, onset + 1, onset)))
    yield Variant(Text("checks.dates-donut"), "donut", design.restricted(panel.period != onset[panel.unit]))


def _by_kind(design: Design) -> dict[str, FloatArray]:
    """Return onsets by kind of candidate date, first and last candidate included.

    Candidates belong to one agreement, and a unit is treated from the first of its agreements on: its onset is the
    earliest that any of them has under a kind, as recorded where an agreement has no date of that kind.
    """
    onset = design.onset
    register = design.treatment.register
    if "candidates" not in register:
        return {}
    place = {str(u): k for k, u in enumerate(design.panel.units)}
    agreements = [
        (place[a["unit"]], a["onset"], _read_candidates(a["candidates"]))
        for a in register.to_dict("records")
        if a["unit"] in place and np.isfinite(onset[place[a["unit"]]])
    ]
    kinds = dict.fromkeys(kind for _, _, dates in agreements for kind in dates)
    out = {}
    for kind in kinds:
        changed = np.full(onset.size, np.inf)
        for code, start, dates in agreements:
            recorded = float(start) if pd.notna(start) else np.inf
            changed[code] = min(changed[code], dates.get(kind, recorded))
        out[kind] = np.where(np.isfinite(changed) & np.isfinite(onset), changed, onset)
    return out


def _read_candidates(packed: str | None) -> dict[str, float]:
    """Return one agreement's dates by kind, its earliest and its latest among them."""
    dates: dict[str, list[float]] = {}
    for label, _, ordinal in json.loads(packed or "[]"):
        if ordinal is not None:
            dates.setdefault(label, []).append(float(ordinal))
    if not dates:
        return {}
    every = [date for several in dates.values() for date in several]
    first = {label: min(several) for label, several in dates.items()}
    return first | {EARLIEST: min(every), LATEST: max(every)}


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
    payload_kinds: ClassVar = {"dates": "variants"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a date definition, and one for the bounds; payload ``dates``."""
        if not np.isfinite(fit.design.onset).any():
            return self.unavailable(Text("checks.dates-none"))
        table = compare_variants(fit, iterate_date_variants(fit.design), simplify_inference(fit, inference), rng)
        known = table.dropna(subset=["effect"])
        if known.empty:
            return self.unavailable(Text("checks.dates-not-estimated", reason=str(table["reason"].iloc[0])))
        low, high, signs = find_extremes(known)
        scale = fit.estimate.scale
        judged = judge_table(table, measure_headline(fit, inference, rng))
        rows, bounds = _bounds(fit)
        sentence = Text(
            "checks.dates",
            n=len(known),
            low=format_effect(low, scale),
            high=format_effect(high, scale),
            signs=signs,
            verdict=describe_judged(judged, scale),
        )
        return Finding(
            diagnostic=self.name,
            verdict=judged.verdict,
            text=sentence if bounds is None else Listed((sentence, bounds), "sentences"),
            bound=judged.bound,
            tolerance=judged.tolerance,
            value=high - low,
            unit=scale,
            table=pd.concat([table, pd.DataFrame(rows, columns=list(COLUMNS))], ignore_index=True) if rows else table,
            payloads={"dates": table},
            messages=list_failures(self.name, table),
        )


def _bounds(fit: Fit) -> tuple[list[dict[str, object]], Text | None]:
    """Return the row of the bounds and their sentence; a row with its reason where there are none."""
    row: dict[str, object] = {"label": str(Text("checks.dates-bounds-label")), "group": "bounds", "reason": ""}
    if not isinstance(fit.estimator, Imputation):
        return [], Text("checks.dates-no-bounds", method=fit.estimator.title)
    try:
        bounds = compute_date_bounds(fit, *compute_onset_range(fit.design))
    except TwintradeError as error:
        return [row | dict.fromkeys(COUNTS, 0) | {"reason": str(error)}], None
    if bounds is None:
        return [], None
    counts = dict(zip(COUNTS, (bounds.n_rows, bounds.n_units, bounds.n_units), strict=True))
    scale = fit.estimate.scale
    sentence = Text(
        "checks.dates-bounds",
        n=bounds.n_units,
        units=fit.design.panel.unit_kind,
        range=format_range(bounds.low, bounds.high, scale),
    )
    return [row | {"low": bounds.low, "high": bounds.high} | counts], sentence
