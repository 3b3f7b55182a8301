"""A run as the tidy frames of a result set."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.design.register import NO_UNIT
from twintrade.effects import ResultSet
from twintrade.effects.bands import BAND_COLUMNS
from twintrade.effects.estimate import EFFECT_COLUMNS
from twintrade.effects.finding import FINDING_COLUMNS
from twintrade.effects.messages import messages_frame
from twintrade.study.run import Run
from twintrade.study.sections import sections
from twintrade.study.specifications import specifications

_KEYS = ("estimator", "specification")
_ROLES: Mapping[str, str] = {"always treated": "always-treated", "after the sample": "comparison"}


def assembled(run: Run, manifest: Mapping[str, Any]) -> ResultSet:
    """Return the result set of a run.

    Parameters
    ----------
    run : Run
    manifest : mapping
        Machine facts known before anything is written.
    """
    return ResultSet(
        name=run.plan.name,
        title=run.plan.spec.title,
        data=data_frame(run.design),
        twinnings=_register(run),
        specifications=specifications(run.ladder),
        effects=_effects(run),
        bands=_bands(run),
        findings=_findings(run),
        messages=messages_frame(run.messages),
        payloads=_payloads(run),
        manifest=manifest,
        is_simulated=run.observed.is_simulated,
        sections=sections(run),
    )


def data_frame(design: Design) -> pd.DataFrame:
    """Return the panel with onset, part in the comparison and event time, one row a unit and period."""
    panel, onset = design.panel, design.onset
    role = unit_roles(design)
    labels = {int(p): panel.label(int(p)) for p in np.unique(panel.period)}
    start = onset[panel.unit]
    finite = np.isfinite(start)
    event_time = pd.array(
        np.where(finite, panel.period - np.where(finite, start, 0.0), 0).astype(np.int64), dtype="Int64"
    )
    event_time[~finite] = pd.NA
    starts = pd.array(np.where(finite, start, 0).astype(np.int64), dtype="Int64")
    starts[~finite] = pd.NA
    return pd.DataFrame(
        {
            "unit": panel.units[panel.unit],
            "city": panel.cities[panel.unit_city[panel.unit]],
            "partner": panel.partners[panel.unit_partner[panel.unit]],
            "period": panel.period,
            "period_label": [labels[int(p)] for p in panel.period],
            "outcome": panel.values(design.outcome),
            "onset": starts,
            "status": role[panel.unit],
            "event_time": event_time,
        }
    )


def unit_roles(design: Design) -> np.ndarray[Any, Any]:
    """Return each unit's part in the comparison, shape (panel.n_units,)."""
    panel, onset = design.panel, design.onset
    role = np.full(panel.n_units, "comparison", dtype=object)
    role[onset <= panel.last_period] = "treated"
    role[onset <= panel.first_period] = "always-treated"
    for unit, reason in design.treatment.excluded.items():
        role[panel.units == unit] = reason
    return role


def _register(run: Run) -> pd.DataFrame:
    register = run.design.treatment.register
    if register.empty:
        return register
    inside = register[register["unit"] != ""].reset_index(drop=True)
    return inside.assign(candidates=[_readable(text) for text in inside["candidates"]])


def _readable(candidates: str) -> str:
    """Candidate dates as a reader wants them: "memorandum 2000-06; signed 2004-09"."""
    return "; ".join(f"{event} {date}" for event, date, _ in json.loads(candidates))


def _effects(run: Run) -> pd.DataFrame:
    frames = [
        _keyed(view.to_frame(), e.column.estimator.name, e.column.key)
        for e in run.ladder.estimated
        for view in e.views
    ]
    return _joined(frames, (*_KEYS, *EFFECT_COLUMNS))


def _bands(run: Run) -> pd.DataFrame:
    frames = [
        _keyed(bands.to_frame(), e.column.estimator.name, e.column.key)
        for e in run.ladder.estimated
        for bands in e.bands
    ]
    return _joined(frames, (*_KEYS, *BAND_COLUMNS))


def _findings(run: Run) -> pd.DataFrame:
    rows = [
        (
            c.finding.diagnostic,
            c.estimated.column.estimator.name,
            c.estimated.column.key,
            c.finding.verdict,
            c.finding.sentence,
            c.finding.value,
            c.finding.unit,
        )
        for c in run.ladder.concluded
    ]
    return pd.DataFrame(rows, columns=list(FINDING_COLUMNS))


def _payloads(run: Run) -> dict[str, pd.DataFrame]:
    """Data of figures and tables; those of further columns carry the column's name after a mark."""
    payloads: dict[str, pd.DataFrame] = {}
    for c in run.ladder.concluded:
        for name, frame in c.finding.payloads.items():
            column = c.estimated.column
            suffix = f"-{column.estimator.name}-{column.key}"
            payloads[name if name not in payloads else f"{name}{suffix}"] = frame
        if not c.finding.table.empty:
            key = c.finding.diagnostic
            column = c.estimated.column
            payloads[
                f"{key}_table"
                if f"{key}_table" not in payloads
                else f"{key}_table-{column.estimator.name}-{column.key}"
            ] = c.finding.table
    register = run.design.treatment.register
    if not register.empty and (register["status"] == NO_UNIT).any():
        outside = register[register["status"] == NO_UNIT]
        payloads["ties_outside_panel"] = outside.drop(columns=["unit", "flag", "status"]).reset_index(drop=True)
    return payloads


def _keyed(frame: pd.DataFrame, estimator: str, specification: str) -> pd.DataFrame:
    frame.insert(0, "estimator", estimator)
    frame.insert(1, "specification", specification)
    return frame


def _joined(frames: Sequence[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    present = [f for f in frames if not f.empty]
    return pd.concat(present, ignore_index=True) if present else pd.DataFrame(columns=list(columns))
