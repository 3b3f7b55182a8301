"""A registration as a file: sealed with the hash of its content, and refused where this does not fit."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from twintrade.effects import ResultSet
from twintrade.effects.registration import RegisteredDesign, Registration
from twintrade.errors import StoreError
from twintrade.study.store.fingerprint import hash_bytes
from twintrade.study.store.frames import to_bytes
from twintrade.study.store.registered import FOLDER, REGISTRATION, get_registration_path
from twintrade.text import Text

_ADAPTER = TypeAdapter(Registration)
_OF_THE_REGISTER = (
    *("unit", "twinning", "city", "signatory", "partner", "partner_city"),
    *("kind", "signed", "precision", "ended", "candidates"),
)


def seal_registration(registration: Registration) -> bytes:
    """Return a registration as JSON with the hash of its content."""
    content = _ADAPTER.dump_python(registration, mode="json")
    whole = {"sha256": _hash(content), "registration": content}
    return (json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8")


def read_registration(root: Path, name: str) -> Registration | None:
    """Return the registration of an analysis; None where there is none."""
    path = get_registration_path(root, name)
    if not path.is_file():
        return None
    shown = f"{FOLDER}/{name}/{REGISTRATION}"
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        content, recorded = whole["registration"], whole["sha256"]
        registration = _ADAPTER.validate_python(content)
    except (OSError, ValueError, KeyError, TypeError, ValidationError):
        raise StoreError(Text("registration.unreadable", file=shown)) from None
    if _hash(content) != recorded:
        raise StoreError(Text("registration.tampered", file=shown))
    if registration.analysis != name:
        raise StoreError(Text("registration.of-another", file=shown, name=registration.analysis))
    return registration


def _hash(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hash_bytes(text.encode("utf-8"))


def collect_registered_design(results: ResultSet) -> RegisteredDesign:
    """Return who is compared with whom, and when, from a result set's panel and register."""
    data = results.data
    labels = dict(zip(data["period"], data["period_label"].astype(str), strict=True))
    pairs = data.drop_duplicates("unit")
    treated = pairs[pairs["status"] == "treated"]
    keys = "\n".join(f"{unit} {period}" for unit, period in zip(data["unit"], data["period"], strict=True))
    register = results.twinnings
    columns = [name for name in _OF_THE_REGISTER if name in register]
    onsets = zip(treated["unit"].astype(str), treated["onset"], strict=True)
    return RegisteredDesign(
        rows=len(data),
        pairs=len(pairs),
        cities=int(pairs["city"].nunique()),
        partners=int(pairs["partner"].nunique()),
        first=labels[data["period"].min()],
        last=labels[data["period"].max()],
        agreements={unit: labels.get(int(onset), str(int(onset))) for unit, onset in sorted(onsets)},
        roles={str(role): int(n) for role, n in sorted(pairs["status"].value_counts().items())},
        rows_sha256=hash_bytes(keys.encode("utf-8")),
        register_sha256=hash_bytes(to_bytes(register[columns])),
    )
