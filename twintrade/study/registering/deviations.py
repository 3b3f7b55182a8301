"""What a result set has other than was registered: key by key, with the date of the first run that had it."""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import pandas as pd
from pydantic import TypeAdapter, ValidationError

from twintrade.effects import ResultSet
from twintrade.effects.result_set import Deviation, RegisteredDesign, Registration
from twintrade.errors import StoreError
from twintrade.files import read_file
from twintrade.study.store import fingerprint
from twintrade.study.store.folder import write_beside
from twintrade.study.store.replay import to_bytes
from twintrade.text import Text, pack_both

# A registration as a file: sealed with the hash of its content, and refused where this does not fit.

T = TypeVar("T")
ADAPTER = TypeAdapter(Registration)
_OF_THE_REGISTER = (
    *("unit", "twinning", "city", "signatory", "partner", "partner_city"),
    *("kind", "signed", "precision", "ended", "candidates"),
)


def seal_content(content: Any, key: str) -> bytes:
    """Return plain data as JSON under a key, with the hash of it."""
    whole = {"sha256": _hash(content), key: content}
    return (json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8")


def read_registration(root: Path, name: str) -> Registration | None:
    """Return the registration of an analysis; None where there is none."""
    path = fingerprint.get_registration_path(root, name)
    if not path.is_file():
        return None
    shown = f"{fingerprint.FOLDER}/{name}/{fingerprint.REGISTRATION}"
    registration = read_sealed(path, shown, "registration", ADAPTER)
    if registration.analysis != name:
        raise StoreError(Text("registration.of-another", file=shown, name=registration.analysis))
    return registration


def read_sealed(path: Path, shown: str, key: str, adapter: TypeAdapter[T]) -> T:
    """Return what a sealed file holds under a key, refused where its hash does not fit."""
    try:
        whole = json.loads(read_file(path, shown))
        content, recorded = whole[key], whole["sha256"]
        read = adapter.validate_python(content)
    except (OSError, ValueError, KeyError, TypeError, ValidationError):
        raise StoreError(Text("registration.unreadable", file=shown)) from None
    if _hash(content) != recorded:
        raise StoreError(Text("registration.tampered", file=shown))
    return read


def _hash(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return fingerprint.hash_bytes(text.encode("utf-8"))


def collect_registered_design(results: ResultSet) -> RegisteredDesign:
    """Return who is compared with whom, and when, from a result set's panel and register."""
    data = results.data
    labels = dict(zip(data["period"], data["period_label"].astype(str), strict=True))
    pairs = data.drop_duplicates("unit")
    treated = pairs[pairs["status"] == "treated"]
    keys = "\n".join(f"{unit} {period}" for unit, period in zip(data["unit"], data["period"], strict=True))
    register = results.twinnings[[name for name in _OF_THE_REGISTER if name in results.twinnings]]
    counts = {"rows": len(data), "pairs": len(pairs), "cities": int(pairs["city"].nunique())}
    onsets = zip(treated["unit"].astype(str), treated["onset"], strict=True)
    return RegisteredDesign(
        partners=int(pairs["partner"].nunique()),
        **counts,
        first=labels[data["period"].min()],
        last=labels[data["period"].max()],
        agreements={unit: labels.get(int(onset), str(int(onset))) for unit, onset in sorted(onsets)},
        roles={str(role): int(n) for role, n in sorted(pairs["status"].value_counts().items())},
        rows_sha256=fingerprint.hash_bytes(keys.encode("utf-8")),
        register_sha256=fingerprint.hash_bytes(to_bytes(register)),
    )


PAYLOAD = "deviations"
UNREGISTERED = ("report",)  # tables of the analysis file that only say how a page looks
_TAGS = ("name", "id", "file")
_LOG = TypeAdapter(list[Deviation])
_ABSENT = object()


def select_registered(specification: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a resolved analysis file is registered."""
    return {key: value for key, value in specification.items() if key not in UNREGISTERED}


def add_registration(results: ResultSet, root: Path, today: str) -> ResultSet:
    """Return registered results with deviations, new ones logged by date, and unregistered columns marked."""
    registration = read_registration(root, results.name)
    if registration is None or "spec" not in results.manifest:
        return results
    before, after = asdict(registration.facts), asdict(collect_registered_design(results))
    now = compare_specifications(registration.specification, results.manifest["spec"])  # the analysis file first
    now += [_tell("design", *one) for one in _compare(before, after, "")]
    listed = add_dates(root, results.name, now, today)
    registered = {(column.estimator, column.specification) for column in registration.columns}
    keys = results.specifications[["estimator", "specification"]].astype(str).itertuples(index=False, name=None)
    specifications = results.specifications.assign(is_exploratory=[key not in registered for key in keys])
    rows = pd.DataFrame(map(asdict, listed), columns=[f.name for f in fields(Deviation)])
    date, existed = registration.registered[:10], registration.results_existed
    status = Text("registration.status", date=date, n=len(now), late=bool(existed), existed=existed)
    sections = {**results.sections, **pack_both("registered", status), "registered_on": registration.registered}
    sections["registered_sha256"] = fingerprint.hash_registration(root, registration.analysis)
    payloads = {**results.payloads, PAYLOAD: rows}
    return replace(results, specifications=specifications, payloads=payloads, sections=sections)


def compare_specifications(registered: Mapping[str, Any], now: Mapping[str, Any]) -> list[Deviation]:
    """Return the keys of the analysis file that differ from what was registered."""
    return [_tell("specification", *one) for one in _compare(registered, select_registered(now), "")]


Difference = tuple[str, Any, Any]


def _tell(about: Literal["specification", "design"], key: str, before: Any, after: Any) -> Deviation:
    kind: Any = "added" if before is _ABSENT else "removed" if after is _ABSENT else "changed"
    registered, now = ("" if one is _ABSENT else json.dumps(one, ensure_ascii=False) for one in (before, after))
    return Deviation(about=about, kind=kind, key=key, registered=registered, now=now)


def _compare(before: Any, after: Any, key: str) -> Iterator[Difference]:
    """Yield the keys that differ; tables in a list are matched by name, not by place."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys((*before, *after)):
            inner = f"{key}.{name}" if key else str(name)
            yield from _compare(before.get(name, _ABSENT), after.get(name, _ABSENT), inner)
    elif _holds_tables(before) and _holds_tables(after):
        for name, one, other in _match(before, after):
            yield from _compare(one, other, f"{key}.{name}")
    elif before != after:
        yield key, before, after


def _holds_tables(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(v, Mapping) for v in value)


def _match(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> Iterator[Difference]:
    """Yield tables of both lists in pairs, those of one name in order, equal ones left out; the rest stand alone."""
    left, counts = [table for table in after if table not in before], Counter[str]()

    def show(table: Mapping[str, Any]) -> str:
        counts[name := _name_table(table)] += 1
        return name if counts[name] == 1 else f"{name}[{counts[name]}]"

    for table in before:
        shown = show(table)
        if table in after:
            continue
        other = next((one for one in left if _name_table(one) == _name_table(table)), None)
        if other is not None:
            left.remove(other)
        yield shown, table, _ABSENT if other is None else other
    yield from ((show(table), _ABSENT, table) for table in left)


def _name_table(table: Mapping[str, Any]) -> str:
    return next((str(table[tag]) for tag in _TAGS if tag in table), "table")


def add_dates(root: Path, name: str, now: Sequence[Deviation], today: str) -> list[Deviation]:
    """Return present deviations and withdrawn ones, each with the date of the first run that had it."""
    path = f"{fingerprint.FOLDER}/{name}/{fingerprint.DEVIATIONS}"
    log: list[Deviation] = []
    if (root / path).is_file():
        try:
            log = _LOG.validate_json(read_file(root / path, path))
        except (OSError, ValidationError):
            raise StoreError(Text("registration.log-unreadable", file=path)) from None
    known = {_identify(one): one for one in log}
    present = {_identify(one) for one in now}
    for one in now:
        known.setdefault(_identify(one), replace(one, since=today))
    listed = [replace(one, in_force=key in present) for key, one in known.items()]
    if len(known) > len(log):
        kept = _LOG.dump_python([replace(one, in_force=True) for one in listed], mode="json")
        write_beside(root, path, (json.dumps(kept, indent=1, ensure_ascii=False) + "\n").encode("utf-8"))
    return listed


def _identify(one: Deviation) -> tuple[str, str, str]:
    return one.about, one.key, one.now


# How many designs of one question a project has tried: a file beside the results, read when page 1 is drawn.

DESIGNS_TRIED = "designs_tried.csv"
DESIGN_COLUMNS = ("question", "design", "analysis", "first_run")


def count_designs(root: Path, name: str, design: Mapping[str, str], stated: int | None, today: str) -> int:
    """Return how many designs of its question a project has tried, or states, this one among them, and note it."""
    if stated is not None or not design:
        return stated or 1
    path = root / DESIGNS_TRIED
    rows = list(csv.DictReader(read_file(path).decode("utf-8").splitlines())) if path.is_file() else []
    tried = {row["design"] for row in rows if row["question"] == design["question"]}
    if design["design"] not in tried:
        is_new = not path.is_file()
        with path.open("a", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, DESIGN_COLUMNS, lineterminator="\n")
            if is_new:
                writer.writeheader()
            writer.writerow({**design, "analysis": name, "first_run": today})
    return len(tried | {design["design"]})
