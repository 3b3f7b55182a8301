"""Finished refits of a run that may be cut short: one line each, taken up again by the next run."""

import base64
import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import IO, Any

import numpy as np
from threadpoolctl import threadpool_info

from twintrade.data.sources import InputRecord
from twintrade.effects import Dropped
from twintrade.fanout import Arrays
from twintrade.files import read_file
from twintrade.methods import list_packages
from twintrade.study.observing.observe import list_simulated_names
from twintrade.study.run.columns import Ladder, Run, compute_entropy
from twintrade.study.spec.analysis import resolve_spec
from twintrade.study.store.fingerprint import hash_bytes, hash_page, hash_source, hash_spec, list_versions
from twintrade.text import Listed, Words, pack_both, pack_text, parse_text
from twintrade.version import __version__

# The machine facts of a run: what it was made from, with what, and what it wrote.

_GIT_SECONDS = 5
COMMIT = "commit.json"
OPTIONAL = ("CurrencyConverter", "duckdb", "numba", "pyarrow", "pyreadstat", "pyspark", "rdata")
"""Libraries of extras that can move a number: finished refits are taken up by a run that has the same of them."""


def build_manifest(run: Run, raw: Mapping[str, Any], root: Path, used: Collection[str] = ()) -> dict[str, Any]:
    """Return what is known before anything is written; ``used`` are libraries beyond those of every install."""
    seed = run.plan.spec.inference.seed
    return collect_origins(run.plan.name, run.plan.spec.title, raw, root, used) | {
        "is_simulated": run.observed.is_simulated,
        "spec": resolve_spec(run.plan.spec),
        "inputs": _inputs(run.observed.inputs, list_simulated_names(run.plan.name, run.plan.spec)),
        **_list_dropped(run.ladder),
        "seeds": {job: compute_entropy(seed, job) for job in run.plan.jobs if not job.startswith("estimate/")},
        "warnings": sorted({m.code for m in run.messages if m.level == "warning"}),
    }


def describe_design(run: Run) -> dict[str, str]:
    """Return hashes of the question that a run asks and of the design that it asks it by; empty without a headline.

    The question is the rows of the trade table, the flow and the pair of a single case; the design is outcome,
    onsets, pairs set aside, comparison and headline estimator: a date found after a result makes another design.
    """
    headline = run.ladder.headline
    if headline is None or headline.fit is None:
        return {}
    design, panel = headline.fit.design, run.observed.panel
    onset = design.treatment.onset
    case = run.plan.spec.case
    of_case = [] if case is None else [case.city, case.partner]
    keys = sorted(zip(map(str, panel.units[panel.unit]), map(int, panel.period), strict=True))
    flows = sorted({str(source.flow) for source in run.plan.spec.data.trade})
    options = {name: str(value) for name, value in headline.fit.estimator.options().items()}
    asked_by = [
        design.outcome,
        sorted(zip(map(str, design.treatment.units), map(str, onset), strict=True)),
        sorted(design.treatment.excluded.items()),
        design.comparison,
        headline.column.donors,
        [headline.fit.estimator.name, options, design.transform, str(design.fixed_effects)],
    ]
    return {"question": _hash([keys, of_case, flows]), "design": _hash(asked_by)}


def _hash(facts: Any) -> str:
    return hash_bytes(json.dumps(facts, ensure_ascii=False, default=str).encode("utf-8"))[:16]


def _list_dropped(ladder: Ladder) -> dict[str, list[dict[str, Any]]]:
    """Return what the headline leaves out, and what other columns leave out beside it, with their labels."""
    headline = ladder.headline
    by_headline = headline.fit.estimate.sample.dropped if headline is not None and headline.fit is not None else ()
    labels: dict[Dropped, list[Words]] = {}
    for one in ladder.estimated:
        for d in one.fit.estimate.sample.dropped if one.fit is not None else ():
            labels.setdefault(d, []).append(one.column.label)
    others = {d: Listed(tuple(dict.fromkeys(of)), "semicolon") for d, of in labels.items() if d not in by_headline}
    elsewhere = [describe_dropped(d) | pack_both("columns", of) for d, of in others.items()]
    return {"dropped": [describe_dropped(d) for d in by_headline], "dropped_elsewhere": elsewhere}


def describe_dropped(dropped: Dropped) -> dict[str, Any]:
    """Return rows or units left out, in words and as texts."""
    return {
        "reason": dropped.reason,
        "sentence": dropped.sentence,
        "text": pack_text(dropped.text),
        "n_rows": dropped.n_rows,
        "n_units": dropped.n_units,
        "names": list(dropped.names),
    }


def collect_origins(
    name: str, title: str, raw: Mapping[str, Any], root: Path, used: Collection[str] = ()
) -> dict[str, Any]:
    """Return what names a result set and what it was made with."""
    return {
        "analysis": name,
        "title": title,
        "tool": {"name": "twintrade", "version": __version__},
        "git": read_git_state(root),
        "spec_sha256": hash_spec(raw),
        "page_sha256": hash_page(root, name, raw),
        "source_sha256": hash_source(),
        "versions": list_versions(used),
    }


def build_registry_manifest(
    name: str, title: str, raw: Mapping[str, Any], inputs: Sequence[InputRecord], root: Path, *drawn: str
) -> dict[str, Any]:
    """Return the manifest of an analysis that estimates nothing; ``drawn``: inputs that are simulated."""
    no_verdicts = {"objects": 0, "does_not_object": 0, "cannot_tell": 0, "objecting": []}
    facts = {"is_simulated": False, "inputs": _inputs(inputs, drawn), "headline": no_verdicts}
    return collect_origins(name, title, raw, root) | facts


def hash_origins(raw: Mapping[str, Any], inputs: Sequence[InputRecord]) -> str:
    """Return the hash of all that the numbers of a run follow from."""
    versions = list_versions((*OPTIONAL, *list_packages()))
    facts = [hash_spec(raw), hash_source(), versions, sorted((i.path, i.sha256) for i in inputs)]
    return hash_bytes(json.dumps(facts, sort_keys=True).encode("utf-8"))


def read_git_state(root: Path) -> dict[str, Any]:
    """Return the project's commit and whether tracked files differ; a deposit has its commit in ``commit.json``."""
    with suppress(OSError, ValueError):
        recorded = json.loads(read_file(root / COMMIT, COMMIT))
        return recorded if isinstance(recorded, dict) else {}
    if (commit := _git(root, ["rev-parse", "HEAD"])) is None:
        return {}
    return {"commit": commit, "is_dirty": bool(_git(root, ["status", "--porcelain", "--untracked-files=no"]))}


def collect_surroundings() -> dict[str, Any]:
    """Return what a reader of run times asks for and no number depends on: system, linear algebra, threads."""
    pools = [(i, " ".join(filter(None, (i["internal_api"], i.get("version"))))) for i in threadpool_info()]
    threads = {f"{i['user_api']}: {name}, {i['num_threads']} threads" for i, name in pools}
    system = f"{platform.system()} {platform.machine()}"
    return {"system": system, "processors": os.cpu_count() or 1, "threads": sorted(threads)}


def _git(root: Path, words: Sequence[str]) -> str | None:
    git = ["git", "-C", str(root), *words]
    try:
        output = subprocess.run(git, capture_output=True, timeout=_GIT_SECONDS, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return output.decode("utf-8", "replace").strip()


def _inputs(records: Sequence[InputRecord], drawn: Collection[str]) -> list[dict[str, Any]]:
    """Return one entry a file, also where several tables are read from it."""
    entries: dict[str, dict[str, Any]] = {}
    names = [f.name for f in fields(InputRecord) if f.name not in ("dropped", "unread", "alike_sheets")]
    for record in records:
        given = ((name, getattr(record, name)) for name in names)
        entry: dict[str, Any] = {k: v if isinstance(v, int) else str(v) for k, v in given if v not in ("", (), None)}
        if packed := pack_text(record.unit):
            entry["unit_text"] = packed
        if record.dropped:
            entry["dropped"] = "; ".join(f"{rule}: {n}" for rule, n in record.dropped)
        if record.path in drawn:
            entry["is_simulated"] = True
        known = entries.setdefault(record.path, entry)
        if known is not entry and "dropped" in entry:
            known["dropped"] = "; ".join(filter(None, (known.get("dropped"), entry["dropped"])))
    return list(entries.values())


_KINDS = "fiubU"


class FileLedger:
    """A line with a checksum per finished job (a torn one is none), begun anew when ``made_from`` has changed."""

    def __init__(self, path: Path, made_from: str) -> None:
        self._path, self._made_from = path, made_from
        self._kept = _read(path, made_from)
        self._stream: IO[bytes] | None = None
        self._is_broken = False

    def get(self, key: str) -> tuple[Arrays | None, Words] | None:
        """Return the arrays of a finished job, or its reason for failing; None where it is not finished."""
        return self._kept.get(key)

    def put(self, key: str, values: Arrays | None, reason: Words) -> None:
        """Add one line; a disk that takes no more lines costs the resumption and not the run."""
        if self._is_broken:
            return
        record = {"key": key, "reason": str(reason), "text": pack_text(reason), "values": values and _written(values)}
        try:
            if self._stream is None:
                self._stream = self._opened()
            self._stream.write(_line(record))
            self._stream.flush()
        except OSError:
            self._is_broken = True

    def close(self, *, remove: bool = False) -> None:
        """Let go of the file, and remove it where its results are stored."""
        with suppress(OSError):
            if self._stream is not None:
                self._stream.close()
            if remove:
                self._path.unlink(missing_ok=True)

    def _opened(self) -> IO[bytes]:
        if self._kept:
            stream = self._path.open("ab")
            stream.write(b"\n")  # ends a line that a kill tore
            return stream
        self._path.unlink(missing_ok=True)
        stream = self._path.open("xb")
        stream.write(_line({"made_from": self._made_from}))
        return stream


def _read(path: Path, made_from: str) -> dict[str, tuple[Arrays | None, Words]]:
    try:
        records = [record for line in read_file(path).split(b"\n") if (record := _record(line)) is not None]
    except OSError:
        return {}
    if not records or records[0].get("made_from") != made_from:
        return {}
    kept: dict[str, tuple[Arrays | None, Words]] = {}
    for one in records[1:]:
        values = None if one["values"] is None else _arrays(one["values"])
        kept[one["key"]] = values, (parse_text(one["text"]) if one["text"] else None) or one["reason"]
    return kept


def _line(record: dict[str, Any]) -> bytes:
    text = json.dumps(record, separators=(",", ":")).encode("utf-8")
    return hashlib.sha256(text).hexdigest()[:16].encode() + b" " + text + b"\n"


def _record(line: bytes) -> dict[str, Any] | None:
    checksum, _, text = line.partition(b" ")
    if not text or hashlib.sha256(text).hexdigest()[:16].encode() != checksum:
        return None
    return dict(json.loads(text))


def _written(values: Arrays) -> dict[str, list[Any]]:
    written = {}
    for name, value in values.items():
        array = np.asarray(value)
        if array.dtype.kind not in _KINDS:
            raise TypeError(f"a job returns numbers, truth values or text, and {name} is of dtype {array.dtype}")
        written[name] = [array.dtype.str, list(array.shape), base64.b64encode(array.tobytes()).decode()]
    return written


def _arrays(written: dict[str, list[Any]]) -> Arrays:
    return {
        name: np.frombuffer(base64.b64decode(content), dtype=np.dtype(kind)).reshape(shape).copy()
        for name, (kind, shape, content) in written.items()
    }
