"""A run as the tidy frames of a result set."""

import json
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from twintrade.data.figures import build_conversions_frame
from twintrade.design import Design
from twintrade.design.register import NO_UNIT, OF_STATUS
from twintrade.design.selection import REMAINDER
from twintrade.diagnostics.base import DIAGNOSTICS
from twintrade.diagnostics.who_is_compared import format_dated_event
from twintrade.effects import Money, ResultSet, build_findings_frame
from twintrade.effects.bands import BAND_COLUMNS
from twintrade.effects.estimate import EFFECT_COLUMNS
from twintrade.effects.messages import build_messages_frame
from twintrade.effects.payload_kinds import PayloadKind
from twintrade.study.claims.ledger import add_ledger, list_own_claims
from twintrade.study.claims.money import PAYLOAD as MONEY
from twintrade.study.claims.money import compute_money
from twintrade.study.page.sections import build_sections
from twintrade.study.page.specifications import build_specifications
from twintrade.study.page.treated_totals import build_treated_totals
from twintrade.study.plan.jobs import LadderColumn
from twintrade.study.run.columns import Run
from twintrade.study.run.results import Concluded, Ladder
from twintrade.study.store.system import is_device_name

_KEYS = ("estimator", "specification")
Named = dict[str, tuple[pd.DataFrame, PayloadKind]]
_MOST_LETTERS, _MOST_BYTES = 120, 240
"""Of a file's name; file systems take 255 bytes with its ending."""
_ROLES: Mapping[str, str] = {"always treated": "always-treated", "after the sample": "comparison"}


def assemble_results(run: Run, manifest: Mapping[str, Any]) -> ResultSet:
    """Return the result set of a run.

    ``manifest``: machine facts known before anything is written.
    """
    named = _named(run.ladder.concluded)
    results = ResultSet(
        name=run.plan.name,
        title=run.plan.spec.title,
        data=build_data_frame(run.design),
        twinnings=_register(run),
        specifications=build_specifications(run.ladder),
        effects=build_effects_frame(run.ladder),
        bands=build_bands_frame(run.ladder),
        findings=_findings(run, named),
        messages=build_messages_frame(run.messages),
        payloads=_payloads(run, named, compute_money(run)),
        payload_kinds={name: kind for payloads in named for name, (_, kind) in payloads.items()},
        manifest=manifest,
        is_simulated=run.observed.is_simulated,
        sections=build_sections(run),
    )
    return add_ledger(results, list_own_claims(run.plan.spec))


def build_data_frame(design: Design) -> pd.DataFrame:
    """Return the panel with onset, part in the comparison and event time, one row a unit and period."""
    panel, onset = design.panel, design.onset
    role = list_unit_roles(design)
    labels = {int(p): panel.label(int(p)) for p in np.unique(panel.period)}
    start = onset[panel.unit]
    starts = pd.Series(np.where(np.isfinite(start), start, np.nan)).astype("Int64")
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
            "event_time": pd.Series(panel.period) - starts,
        }
    )


def list_unit_roles(design: Design) -> np.ndarray[Any, Any]:
    """Return each unit's part in the comparison, shape (panel.n_units,)."""
    panel, onset = design.panel, design.onset
    role = np.full(panel.n_units, "comparison", dtype=object)
    role[onset <= panel.last_period] = "treated"
    role[onset <= panel.first_period] = "always-treated"
    role[np.isin(panel.partners, design.totals_only)[panel.unit_partner]] = REMAINDER
    for unit, reason in design.treatment.excluded.items():
        role[panel.units == unit] = reason
    return role


def _register(run: Run) -> pd.DataFrame:
    register = run.design.treatment.register
    if register.empty:
        return register
    inside = register[register["unit"] != ""].reset_index(drop=True)
    case = run.plan.spec.case
    if case is not None:
        of_case = (inside["city"] == case.city) | (inside["partner"] == case.partner)
        inside = inside[of_case].reset_index(drop=True)
    label = run.design.panel.label
    return inside.assign(
        candidates=[_readable(text) for text in inside["candidates"]],
        onset_label=["" if pd.isna(onset) else label(int(onset)) for onset in inside["onset"]],
    )


def _readable(candidates: str) -> str:
    """Candidate dates as a reader wants them: "memorandum 2000-06; signed 2004-09"."""
    return "; ".join(format_dated_event(event, date) for event, date, _ in json.loads(candidates))


def build_effects_frame(ladder: Ladder) -> pd.DataFrame:
    """Return every effect of a ladder, as effects.csv has them."""
    frames = [_keyed(view.to_frame(), e.column) for e in ladder.estimated for view in e.views]
    return _joined(frames, (*_KEYS, *EFFECT_COLUMNS))


def build_bands_frame(ladder: Ladder) -> pd.DataFrame:
    """Return every interval of a ladder, as bands.csv has them."""
    frames = [_keyed(bands.to_frame(), e.column) for e in ladder.estimated for bands in e.bands]
    return _joined(frames, (*_KEYS, *BAND_COLUMNS))


def _findings(run: Run, named: Sequence[Named]) -> pd.DataFrame:
    return build_findings_frame(
        (replace(c.finding, topic=c.finding.topic or DIAGNOSTICS[c.finding.diagnostic].topic), c.keys, list(payloads))
        for c, payloads in zip(run.ladder.concluded, named, strict=True)
    )


def _named(concluded: Sequence[Concluded]) -> list[Named]:
    """Data and kind of each finding's payloads by a file's name; one that repeats has its column after a mark."""
    named: list[Named] = []
    taken: set[str] = set()
    for c in concluded:
        payloads = dict(c.finding.payloads)
        if not payloads and not c.finding.table.empty:
            payloads[c.finding.diagnostic] = c.finding.table
        named.append({})
        for name, frame in payloads.items():
            kind = DIAGNOSTICS[c.finding.diagnostic].payload_kinds.get(name.partition(".")[0], "table")
            key = _free(name, c.keys, taken)
            named[-1][key] = frame, kind
            taken.add(key.casefold())
    return named


def _payloads(run: Run, named: Sequence[Named], money: Money | None) -> dict[str, pd.DataFrame]:
    payloads = {name: frame for frames in named for name, (frame, _) in frames.items()}
    if money is not None:
        payloads[MONEY] = money.to_frame()
    payloads |= build_treated_totals(run)
    if run.observed.conversions:
        payloads["conversions"] = build_conversions_frame(run.observed.conversions)
    register = run.design.treatment.register
    outside = register[register["status"] == NO_UNIT] if "status" in register else register
    if not outside.empty:
        payloads["agreements_outside_panel"] = outside.drop(columns=["unit", *OF_STATUS]).reset_index(drop=True)
    return payloads


def _free(name: str, keys: Sequence[str], taken: Collection[str]) -> str:
    """Return the first of a payload's names that is not taken: plain, with its column, with a count."""
    long = "-".join((name, *keys))
    wanted = (
        clean_file_name(name),
        clean_file_name(long),
        *(clean_file_name(f"{long}-{i}") for i in range(2, len(taken) + 3)),
    )
    return next(key for key in wanted if key.casefold() not in taken)


def clean_file_name(name: str) -> str:
    """Return a name of letters and digits of any script, points and dashes: no name in the data becomes a path."""
    composed = unicodedata.normalize("NFC", name)
    spaced = "".join(c if c in "_.-" or unicodedata.category(c)[0] in "LMN" else " " for c in composed)
    short = re.sub(" +", "-", spaced).strip(".-")[:_MOST_LETTERS].encode()[:_MOST_BYTES].decode(errors="ignore")
    cleaned = short.rstrip(".") or "x"
    return f"x-{cleaned}" if is_device_name(cleaned) else cleaned


def _keyed(frame: pd.DataFrame, column: LadderColumn) -> pd.DataFrame:
    frame.insert(0, "estimator", column.estimator.name)
    frame.insert(1, "specification", column.key)
    return frame


def _joined(frames: Sequence[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    present = [f for f in frames if not f.empty]
    return pd.concat(present, ignore_index=True) if present else pd.DataFrame(columns=list(columns))
