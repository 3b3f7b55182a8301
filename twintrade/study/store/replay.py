"""A result set as files and back, so that redrawing costs no estimation."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from twintrade.effects import ResultSet
from twintrade.effects.finding import FINDING_COLUMNS
from twintrade.effects.payload_kinds import build_payload_kinds_frame, read_payload_kinds
from twintrade.errors import StoreError
from twintrade.study.store.fingerprint import hash_bytes
from twintrade.study.store.frames import from_bytes, to_bytes
from twintrade.study.store.freshness import read_manifest

TABLES = ("data", "twinnings", "specifications", "effects", "bands", "findings", "messages")
SECTIONS = "sections.json"
PAYLOADS = "payloads.csv"


def build_tidy_files(results: ResultSet) -> dict[str, bytes]:
    """Return the tables of a result set as files by path."""
    files = {f"{name}.csv": to_bytes(getattr(results, name)) for name in TABLES}
    files |= {f"payloads/{name}.csv": to_bytes(frame) for name, frame in sorted(results.payloads.items())}
    kinds = {name: results.payload_kinds.get(name, "table") for name in results.payloads}
    files[PAYLOADS] = to_bytes(build_payload_kinds_frame(kinds))
    sections = json.dumps(dict(results.sections), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    return files | {SECTIONS: sections.encode("utf-8")}


def read_results(folder: Path) -> ResultSet:
    """Return the result set that a folder holds."""
    manifest = read_manifest(folder)
    if manifest is None:
        raise StoreError(f"results/{folder.name} holds no complete result set: run the analysis first")
    try:
        files = {path: (folder / path).read_bytes() for path in manifest["outputs"] if is_tidy(path)}
        _refuse_edited(folder, files, manifest)
        return replay_results(files, manifest)
    except (OSError, ValueError, KeyError) as error:
        raise StoreError(f"results/{folder.name} cannot be read back ({error}): run the analysis again") from None


def _refuse_edited(folder: Path, files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> None:
    """Pages drawn again would seal a changed number as if the run had found it."""
    edited = [path for path, content in files.items() if hash_bytes(content) != manifest["outputs"][path]]
    if edited:
        raise StoreError(
            f"results/{folder.name}/{edited[0]} is not as the run wrote it, so no page is drawn from it: "
            f"run the analysis again"
        )


def is_tidy(path: str) -> bool:
    """Whether a file of a result set holds its numbers, from which the others are drawn."""
    return path in (SECTIONS, PAYLOADS) or path.startswith("payloads/") or path in {f"{name}.csv" for name in TABLES}


def replay_results(files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> ResultSet:
    """Return the result set that tidy files and a manifest hold; pages are drawn from this and nothing else."""
    tables = {name: from_bytes(files[f"{name}.csv"]) for name in TABLES}
    lacking = [name for name in FINDING_COLUMNS if name not in tables["findings"]]
    if lacking:
        raise ValueError(f"findings.csv has no column {lacking[0]}")
    payloads = {
        path.removeprefix("payloads/").removesuffix(".csv"): from_bytes(content)
        for path, content in files.items()
        if path.startswith("payloads/")
    }
    return ResultSet(
        name=str(manifest["analysis"]),
        title=str(manifest["title"]),
        payloads=payloads,
        payload_kinds=read_payload_kinds(from_bytes(files[PAYLOADS])),
        manifest=select_printable(manifest),
        is_simulated=bool(manifest.get("is_simulated")),
        sections=json.loads(files[SECTIONS]),
        **tables,
    )


def select_printable(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a manifest that pages may print: what is the same in every repetition."""
    return {key: value for key, value in manifest.items() if key not in ("outputs", "volatile")}
