"""Calibrations of verdicts: a table an analysis, which no run removes, and what its page quotes of it."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from twintrade.effects import ResultSet
from twintrade.files import read_file
from twintrade.render.reading import (
    CALIBRATED,
    CALIBRATION,
    GRADED,
    find_graded,
    find_headline,
    find_payload,
    read_column,
    read_number,
)
from twintrade.study.store.fingerprint import get_calibration_path, hash_json
from twintrade.study.store.replay import from_bytes
from twintrade.version import __version__

OF_DESIGN = ("data", "design", "case", "estimator")  # tables of an analysis file that a verdict follows from
MADE_FROM = "made_from"
POWER = "power"  # the check that repeats the smallest rise of a verdict


def hash_verdict(spec: Mapping[str, Any], inputs: Iterable[tuple[str, str]]) -> str:
    """Return the hash of what a verdict follows from: data, design, the check's options, and this program.

    ``spec``: as ``resolve_spec`` gives it; ``inputs``: path and sha256 of each.
    """
    design = {key: spec[key] for key in OF_DESIGN if key in spec}
    graded = [check for check in spec.get("diagnostic", ()) if check["name"] == GRADED]
    return hash_json([design, graded, sorted(set(inputs)), __version__])[:16]


def add_calibration(results: ResultSet, root: Path) -> ResultSet:
    """Return results with the calibration on file, and whether it is one of their data and design."""
    if GRADED not in results.payloads:
        return results
    path, findings = get_calibration_path(root, results.name), results.findings
    payloads = {name: frame for name, frame in results.payloads.items() if name not in CALIBRATED}
    sections = {key: text for key, text in results.sections.items() if key != CALIBRATION}
    is_graded = findings["diagnostic"] == GRADED
    names = [name for name in str(findings.loc[is_graded, "payloads"].max()).split() if name not in CALIBRATED]
    if path.is_file():
        table = from_bytes(read_file(path))
        inputs = ((one["path"], one["sha256"]) for one in results.manifest.get("inputs", ()))
        made_from = hash_verdict(results.manifest.get("spec", {}), inputs)
        sections[CALIBRATION] = "fits" if set(table.get(MADE_FROM, ())) == {made_from} else "stale"
    if sections.get(CALIBRATION) == "fits":
        is_curve = table["effect"].notna()
        curve = pd.DataFrame({"effect": table["effect"], "rejection_rate": table["value"] / 100})[is_curve]
        rates = table.loc[~is_curve, ["quantity", "quantity_text", "value"]]
        added = (rates, curve.assign(scale="percent"))
        payloads |= {name: frame.reset_index(drop=True) for name, frame in zip(CALIBRATED, added, strict=True)}
        names += CALIBRATED
    findings = findings.assign(payloads=findings["payloads"].where(~is_graded, " ".join(names)))
    kinds = {**results.payload_kinds, CALIBRATED[1]: "power"}
    return _name_smallest(
        replace(results, payloads=payloads, payload_kinds=kinds, sections=sections, findings=findings)
    )


def _name_smallest(results: ResultSet) -> ResultSet:
    """Return results whose power and money name the smallest rise that page 1 does, of a calibration on file too."""
    graded, headline = find_graded(results), find_headline(results)
    findings, payloads = results.findings, dict(results.payloads)
    if graded is None or headline is None:
        return results
    rise = read_number(graded["rise_found"])
    keys = [POWER, *read_column(headline)]
    is_power = (findings[["diagnostic", "estimator", "specification"]] == keys).all(axis=1)
    findings = findings.assign(**{name: findings[name].mask(is_power, rise) for name in ("value", "detectable")})
    if (money := find_payload(results, "money")) is not None and "observed" in money:
        share = -math.expm1(-math.log1p(rise / 100)) if math.isfinite(rise) else math.nan
        is_graded = money["observed"].notna()
        payloads["money"] = money.assign(detectable=money["detectable"].mask(is_graded, money["observed"] * share))
    return replace(results, findings=findings, payloads=payloads)
