"""Tables of the data: input files with their fingerprints, rows left out, the treatment register."""

from typing import Any

import pandas as pd

from twintrade.effects import ResultSet
from twintrade.render import numbers
from twintrade.render.blocks import Table
from twintrade.render.reading import text
from twintrade.render.tables.plain import plain_table
from twintrade.render.wording import Wording

SHOWN_DIGITS = 16
SHOWN_NAMES = 12
_REGISTER_FIRST = ("city", "unit", "partner_city", "partner", "partner_country", "kind", "status", "onset")


def _listed(manifest: Any, key: str) -> list[dict[str, Any]]:
    """Return a manifest's list of mappings; a mapping of mappings is read as such a list, named by path."""
    entries = manifest.get(key) or []
    if isinstance(entries, dict):
        entries = [{"path": k, **v} if isinstance(v, dict) else {"path": k, "value": v} for k, v in entries.items()]
    return [dict(e) for e in entries if isinstance(e, dict)]


def inputs_table(results: ResultSet, wording: Wording) -> Table | None:
    """Return the input files as the manifest lists them; None where it lists none."""
    entries = _listed(results.manifest, "inputs")
    if not entries:
        return None
    frame = pd.DataFrame(entries)
    first = [c for c in ("path", "file", "rows", "bytes", "sha256") if c in frame]
    frame = frame[[*first, *(c for c in frame.columns if c not in first)]]
    return plain_table(
        frame,
        "inputs",
        wording.say("inputs_caption"),
        heads={"path": "File", "sha256": "SHA-256"},
        formats={"sha256": lambda value: text(value)[:SHOWN_DIGITS]},
        weights={"path": 2.4, "file": 2.4, "sha256": 1.7},
        notes=[wording.say("inputs_note")],
    )


def dropped_table(results: ResultSet, wording: Wording) -> Table | None:
    """Return rows left out by rule, from the manifest; None where nothing was."""
    entries = _listed(results.manifest, "dropped")
    if not entries:
        return None
    frame = pd.DataFrame(
        {
            "rule": [text(e.get("reason") or e.get("rule") or e.get("path")) for e in entries],
            "why": [text(e.get("sentence")) for e in entries],
            "rows": [e.get("n_rows", e.get("value")) for e in entries],
            "units": [e.get("n_units") for e in entries],
            "which": [_shortened(e.get("names") or ()) for e in entries],
        }
    )
    weights = {"rule": 1.2, "why": 2.6, "which": 3.0}
    formats = {"rows": numbers.count, "units": numbers.count}
    return plain_table(frame, "dropped", wording.say("dropped_caption"), weights=weights, formats=formats)


def _shortened(names: Any) -> str:
    names = [names] if isinstance(names, str) else list(names)
    shown = ", ".join(str(n) for n in names[:SHOWN_NAMES])
    return f"{shown} and {len(names) - SHOWN_NAMES:,} more" if len(names) > SHOWN_NAMES else shown


def status_table(results: ResultSet, wording: Wording) -> Table | None:
    """Return how many units and rows play which part, counted from the panel; None where it has no status."""
    data = results.data
    if data.empty or "status" not in data:
        return None
    grouped = data.groupby("status", sort=False, observed=True)["unit"].agg(["nunique", "size"])
    frame = grouped.reset_index().set_axis(["part", "units", "rows"], axis=1)
    return plain_table(frame, "status", wording.say("status_caption"))


def register_table(results: ResultSet, wording: Wording) -> Table | None:
    """Return the treatment register, one row an agreement; None where there is none."""
    frame = results.twinnings
    if frame.empty:
        return None
    first = [c for c in _REGISTER_FIRST if c in frame]
    frame = frame[[*first, *(c for c in frame.columns if c not in first)]]
    frame = frame.loc[:, [c for c in frame.columns if frame[c].map(text).ne("").any()]]
    return plain_table(frame, "register", wording.say("register_caption"), is_wrapping=True)
