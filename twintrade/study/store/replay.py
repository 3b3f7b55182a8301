"""A result set as files and back, so that redrawing costs no estimation."""

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twintrade.effects import ResultSet
from twintrade.effects.result_set import FINDING_COLUMNS, PAYLOAD_COLUMNS, read_payload_kinds
from twintrade.errors import StoreError
from twintrade.files import read_file
from twintrade.render import reading
from twintrade.study.store.fingerprint import get_calibration_path, hash_bytes, hash_json
from twintrade.study.store.freshness import read_manifest
from twintrade.version import __version__

# Frames as CSV bytes and back: the same bytes for the same numbers, every digit kept, no live formula.

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"-?(?:\d+\.?\d*(?:e[+-]?\d+)?|inf)", re.IGNORECASE)
_INTEGER = re.compile(r"-?\d{1,18}")
_WHOLE = {
    *("cohort", "event_time", "onset", "row", "reference", "n_units", "n_cells", "n_rows", "n_treated_units"),
    *("n_zeros", "n_separated", "n_singletons", "n_without_outcome_before", "n_treated_rows"),
    *("n_treated_rows_left_out", "earliest", "latest"),
}
_TEXT = {
    *("unit", "city", "partner", "partner_city", "signatory", "twinning", "name", "dyad", "series"),
    *("label", "period_label", "onset_label", "signed", "ended", "source", "note", "message", "sentence", "dropped"),
}


def to_bytes(frame: pd.DataFrame) -> bytes:
    """Return a frame as UTF-8 CSV with line feeds and exact floats; an apostrophe leads text like a formula."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([_neutral(str(name)) for name in frame.columns])
    writer.writerows(zip(*(_write_cells(cells) for _, cells in frame.items()), strict=True))
    return stream.getvalue().encode("utf-8")


def from_bytes(content: bytes) -> pd.DataFrame:
    """Return what ``to_bytes`` wrote; only empty cells are missing, so that NA stays Namibia."""
    if not content.strip():
        return pd.DataFrame()
    text = pd.read_csv(
        io.BytesIO(content), header=None, dtype=object, na_filter=False, skip_blank_lines=False, encoding="utf-8"
    )
    columns = {}
    for cells in text.to_numpy().T:
        name = _plain(str(cells[0]))
        # Each different cell is read once.
        places, different = pd.factorize(cells[1:])
        column = _column(name, different.tolist())
        columns[name] = pd.Series(column.array.take(places), dtype=column.dtype, copy=False)
    return pd.DataFrame(columns, columns=list(columns))


def _column(name: str, cells: list[str]) -> pd.Series:
    present = [cell for cell in cells if cell]
    if present and name not in _TEXT:
        if all(cell in ("True", "False") for cell in cells):
            return pd.Series([cell == "True" for cell in cells], dtype=bool)
        if name in _WHOLE and all(_INTEGER.fullmatch(cell) for cell in present):
            return pd.Series([int(cell) if cell else pd.NA for cell in cells], dtype="Int64")
        if all(_INTEGER.fullmatch(cell) for cell in cells):
            return pd.Series([int(cell) for cell in cells], dtype=np.int64)
        if all(_NUMBER.fullmatch(cell) for cell in present):
            return pd.Series([float(cell) if cell else np.nan for cell in cells], dtype=np.float64)
    return pd.Series([_plain(cell) if cell else np.nan for cell in cells], dtype=object)


def _write_cells(column: pd.Series) -> list[object]:
    """Return the cells of a column as they are written: nothing for what is missing, no minus zero, no formula."""
    missing = column.isna().tolist()
    cells = (column + 0.0 if pd.api.types.is_float_dtype(column.dtype) else column).tolist()
    # Each different text is looked at once.
    texts = {text: _neutral(text) for text in {cell for cell in cells if isinstance(cell, str)}}
    pairs = zip(cells, missing, strict=True)
    return ["" if gone else texts[cell] if isinstance(cell, str) else cell for cell, gone in pairs]


def _neutral(cell: str) -> str:
    is_formula = cell.lstrip("'").startswith(_FORMULA) and not _NUMBER.fullmatch(cell)
    return "'" + cell if is_formula else cell


def _plain(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'").startswith(_FORMULA) else cell


# The manifest as it is written: with the hash of every output.


def seal_manifest(manifest: Mapping[str, Any], files: Mapping[str, bytes], volatile: Mapping[str, Any]) -> bytes:
    """Return the manifest with the hash of every output, as JSON; ``volatile`` differs from run to run."""
    outputs = {path: hash_bytes(files[path]) for path in sorted(files)}
    whole = {**manifest, "outputs": outputs, "volatile": dict(volatile)}
    return (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


TABLES = ("data", "twinnings", "specifications", "effects", "bands", "findings", "messages")
SECTIONS = "sections.json"
PAYLOADS = "payloads.csv"


def build_tidy_files(results: ResultSet) -> dict[str, bytes]:
    """Return the tables of a result set as files by path."""
    files = {f"{name}.csv": to_bytes(getattr(results, name)) for name in TABLES}
    files |= {f"payloads/{name}.csv": to_bytes(frame) for name, frame in sorted(results.payloads.items())}
    kinds = {name: results.payload_kinds.get(name, "table") for name in results.payloads}
    files[PAYLOADS] = to_bytes(pd.DataFrame(sorted(kinds.items()), columns=list(PAYLOAD_COLUMNS)))
    sections = json.dumps(dict(results.sections), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    return files | {SECTIONS: sections.encode("utf-8")}


def read_results(folder: Path) -> ResultSet:
    """Return the result set that a folder holds."""
    if (manifest := read_manifest(folder)) is None:
        raise StoreError(f"results/{folder.name} holds no complete result set: run the analysis first")
    try:
        files = {path: read_file(folder / path, path) for path in manifest["outputs"] if is_tidy(path)}
        # Pages drawn again would seal a changed number as if the run had found it.
        edited = [path for path, content in files.items() if hash_bytes(content) != manifest["outputs"][path]]
        if edited:
            raise StoreError(
                f"results/{folder.name}/{edited[0]} is not as the run wrote it, so no page is drawn from it: "
                f"run the analysis again"
            )
        return replay_results(files, manifest)
    except (OSError, ValueError, KeyError) as error:
        raise StoreError(f"results/{folder.name} cannot be read back ({error}): run the analysis again") from None


def is_tidy(path: str) -> bool:
    """Whether a file of a result set holds its numbers, from which the others are drawn."""
    return path in (SECTIONS, PAYLOADS) or path.startswith("payloads/") or path in {f"{name}.csv" for name in TABLES}


def replay_results(files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> ResultSet:
    """Return the result set that tidy files and a manifest hold; pages are drawn from this and nothing else."""
    tables = {name: from_bytes(files[f"{name}.csv"]) for name in TABLES}
    if lacking := [name for name in FINDING_COLUMNS if name not in tables["findings"]]:
        raise ValueError(f"findings.csv has no column {lacking[0]}")
    of_payloads = {path: content for path, content in files.items() if path.startswith("payloads/")}
    payloads = {path[len("payloads/") :].removesuffix(".csv"): from_bytes(c) for path, c in of_payloads.items()}
    return ResultSet(
        name=str(manifest["analysis"]),
        title=str(manifest["title"]),
        payloads=payloads,
        payload_kinds=read_payload_kinds(from_bytes(files[PAYLOADS])),
        manifest={key: value for key, value in manifest.items() if key not in ("outputs", "volatile")},
        is_simulated=bool(manifest.get("is_simulated")),
        sections=json.loads(files[SECTIONS]),
        **tables,
    )


# Calibrations of verdicts: a table an analysis, which no run removes, and what its page quotes of it.

OF_DESIGN = ("data", "design", "case", "estimator")  # tables of an analysis file that a verdict follows from
MADE_FROM = "made_from"
POWER = "power"  # the check that repeats the smallest rise of a verdict


def hash_verdict(spec: Mapping[str, Any], inputs: Iterable[tuple[str, str]]) -> str:
    """Return the hash of what a verdict follows from: data, design, the check's options, and this program."""
    design = {key: spec[key] for key in OF_DESIGN if key in spec}
    graded = [check for check in spec.get("diagnostic", ()) if check["name"] == reading.GRADED]
    return hash_json([design, graded, sorted(set(inputs)), __version__])[:16]


def add_calibration(results: ResultSet, root: Path) -> ResultSet:
    """Return results with the calibration on file, and whether it is one of their data and design."""
    if reading.GRADED not in results.payloads:
        return results
    path, findings = get_calibration_path(root, results.name), results.findings
    payloads = {name: frame for name, frame in results.payloads.items() if name not in reading.CALIBRATED}
    sections = {key: text for key, text in results.sections.items() if key != reading.CALIBRATION}
    is_graded = findings["diagnostic"] == reading.GRADED
    listed = str(findings.loc[is_graded, "payloads"].max()).split()
    names = [name for name in listed if name not in reading.CALIBRATED]
    if path.is_file():
        table = from_bytes(read_file(path))
        inputs = ((one["path"], one["sha256"]) for one in results.manifest.get("inputs", ()))
        made_from = hash_verdict(results.manifest.get("spec", {}), inputs)
        sections[reading.CALIBRATION] = "fits" if set(table.get(MADE_FROM, ())) == {made_from} else "stale"
    if sections.get(reading.CALIBRATION) == "fits":
        is_curve = table["effect"].notna()
        curve = pd.DataFrame({"effect": table["effect"], "rejection_rate": table["value"] / 100})[is_curve]
        rates = table.loc[~is_curve, ["quantity", "quantity_text", "value"]]
        added = (frame.reset_index(drop=True) for frame in (rates, curve.assign(scale="percent")))
        payloads |= dict(zip(reading.CALIBRATED, added, strict=True))
        names += reading.CALIBRATED
    findings = findings.assign(payloads=findings["payloads"].where(~is_graded, " ".join(names)))
    kinds = {**results.payload_kinds, reading.CALIBRATED[1]: "power"}
    results = replace(results, payloads=payloads, payload_kinds=kinds, sections=sections, findings=findings)
    return _name_smallest(results)


def _name_smallest(results: ResultSet) -> ResultSet:
    """Return results whose power and money name the smallest rise that page 1 does, of a calibration on file too."""
    graded, headline = reading.find_graded(results), reading.find_headline(results)
    findings, payloads = results.findings, dict(results.payloads)
    if graded is None or headline is None:
        return results
    rise = reading.read_number(graded["rise_found"])
    keys = [POWER, *reading.read_column(headline)]
    is_power = (findings[["diagnostic", "estimator", "specification"]] == keys).all(axis=1)
    findings = findings.assign(**{name: findings[name].mask(is_power, rise) for name in ("value", "detectable")})
    if (money := reading.find_payload(results, "money")) is not None and "observed" in money:
        share = -math.expm1(-math.log1p(rise / 100)) if math.isfinite(rise) else math.nan
        is_graded = money["observed"].notna()
        payloads["money"] = money.assign(detectable=money["detectable"].mask(is_graded, money["observed"] * share))
    return replace(results, findings=findings, payloads=payloads)
