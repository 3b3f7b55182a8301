"""Stored results as a panel and a script that repeats them in R, Stata or Python."""

import inspect
import io
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from twintrade.effects import ResultSet
from twintrade.errors import SpecError
from twintrade.study.proof.columns import StoredColumn, read_columns
from twintrade.study.proof.twins import TWINS
from twintrade.study.store.locating import quote, write_comment
from twintrade.study.store.replay import to_bytes
from twintrade.text import Text

TARGETS = ("r", "stata", "python")
FILES = {"r": "repeat.R", "stata": "repeat.do", "python": "repeat.py"}
HEADS = FILES | {"python": "repeat.py.txt"}
MARKS = {"r": "#", "stata": "*", "python": "#"}
LABELS = {
    "unit": "proof.label-unit", "period": "labels.column-period_label", "outcome": "proof.label-outcome",
    "onset": "proof.label-onset", "treated": "proof.label-treated",
}  # fmt: skip
Write = Callable[[StoredColumn, str, str], str]


def export_results(results: ResultSet, target: str) -> dict[str, bytes]:
    """Return the panel as CSV and for Stata, and the script, by file."""
    if target not in TARGETS:
        raise SpecError(Text("proof.no-target", target=target))
    columns = read_columns(results)
    if not columns:
        raise SpecError(Text("proof.nothing-to-export", name=results.name))
    panel = build_panel(results, columns)
    lines = [write_line(column, f"s{i}", target) for i, column in enumerate(columns, 1)]
    script = _read_script(HEADS[target]) + _write_twins(target) + "\n".join(lines) + "\n"
    stream = io.BytesIO()
    labels = {name: str(Text(key)) for name, key in LABELS.items()}
    texts = {name: panel[name].astype(str) for name in ("unit", "city", "partner", "status")}
    stamp = pd.Timestamp("2000-01-01").to_pydatetime()
    panel.assign(**texts).to_stata(stream, write_index=False, variable_labels=labels, version=118, time_stamp=stamp)
    return {"panel.csv": to_bytes(panel), "panel.dta": stream.getvalue(), FILES[target]: script.encode("utf-8")}


def build_panel(results: ResultSet, columns: Sequence[StoredColumn]) -> pd.DataFrame:
    """Return the panel with an onset of zero for never, codes of its ends, and which rows each column takes."""
    data = results.data
    onset = data["onset"].astype("Float64").to_numpy(np.float64, na_value=np.inf)
    frame = data[["unit", "city", "partner", "period", "outcome", "status"]].assign(
        onset=np.where(np.isfinite(onset), onset, 0).astype(np.int64),
        treated=(data["period"].to_numpy() >= onset).astype(np.int64),
    )
    for name in ("unit", "city", "partner"):
        frame[f"{name}_id"] = pd.factorize(frame[name], sort=True)[0] + 1
    keys = pd.MultiIndex.from_frame(frame[["unit", "period"]])
    for i, column in enumerate(columns, 1):
        taken = pd.MultiIndex.from_frame(column.rows[["unit", "period"]]) if len(column.rows) else keys[:0]
        frame[f"s{i}"] = keys.isin(taken).astype(np.int64)
    return frame


def _write_twins(target: str) -> str:
    if target != "python":
        return ""
    source = "\n\n".join(inspect.getsource(twin) for twin in TWINS.values())
    return re.sub(r": (?:Array|bool|Sequence\[Array\])(?=[,)])| -> Array", "", source) + "\n\n"


@cache
def read_commands() -> dict[str, dict[str, str]]:
    """Return the commands of Stata by method."""
    commands: dict[str, dict[str, str]] = tomllib.loads(_read_script("stata.toml"))
    return commands


def _read_script(name: str) -> str:
    return resources.files("twintrade.study.proof").joinpath("scripts", name).read_text(encoding="utf-8")


def write_line(column: StoredColumn, sample: str, target: str) -> str:
    """Return the line of a script that repeats a column, or a comment that nothing does."""
    write = WRITERS[target].get(column.estimator)
    name = f"{column.estimator}/{column.specification}"
    line = "" if column.obstacle or write is None else write(column, name, sample)
    reason = column.obstacle or Text("proof.no-counterpart")
    return line or write_comment(f"{MARKS[target]} {name}: {reason}")


def _list(names: Sequence[str], target: str) -> str:
    named = ", ".join(quote(name.replace("_period", "^period"), target) for name in names)
    return f"c({named})" if target == "r" else f"[{named}]"


def _truth(value: bool, target: str) -> str:
    return str(value).upper() if target == "r" else str(value)


def _number(value: float, target: str) -> str:
    return repr(value) if np.isfinite(value) else ("NA" if target == "r" else "np.nan")


def _write_call(target: str, function: str) -> Write:
    """Return what writes a call of a function that the heads of the scripts for R and Python share."""

    def write(column: StoredColumn, name: str, sample: str) -> str:
        is_poisson = column.estimator == "ppml" or column.options.get("family") == "poisson"
        measure = str(column.options.get("measure", "coefficient"))
        if function == "impute":
            measure = column.options.get("measure") or ("log_ratio" if is_poisson else "difference")
        values = {
            "transform": quote(column.transform, target),
            "effects": _list(column.effects, target),
            "clusters": _list(column.clusters, target),
            "poisson": _truth(is_poisson, target),
            "measure": quote(measure, target),
            "demeaned": _truth(bool(column.options.get("demeaned")), target),
            "comparison": quote(column.comparison, target),
            "stored": _number(column.estimate, target),
            "error": _number(column.error, target),
            "reference": str(column.reference),
        }
        further = ["bounds"] if function == "static" and target == "r" and column.transform == "log" else []
        given = [quote(name, target), quote(sample, target)]
        calls = {one: ", ".join([*given, *(values[key] for key in ARGUMENTS[one])]) for one in (function, *further)}
        return "\n".join(f"{one}({arguments})" for one, arguments in calls.items())

    return write


ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "static": ("transform", "effects", "clusters", "poisson", "stored", "error"),
    "impute": ("transform", "effects", "poisson", "measure", "stored"),
    "cells": ("transform", "effects", "clusters", "poisson", "measure", "stored", "error"),
    "groups": ("transform", "comparison", "stored"), "ratio": ("stored",),
    "control": ("transform", "demeaned", "stored"), "synthetic": ("transform", "stored"),
    "bounds": ("transform", "effects", "clusters", "reference"),
}  # fmt: skip
FUNCTIONS = {"twfe": "static", "ppml": "static", "imputation": "impute", "etwfe": "cells", "double_ratio": "ratio"}


def _write_stata(column: StoredColumn, name: str, sample: str) -> str:
    """Return the commands of Stata that repeat a column; empty where there are none."""
    is_poisson = column.options.get("family") == "poisson"
    if (is_poisson and column.estimator == "imputation") or (column.estimator == "etwfe" and not column.is_two_way):
        return ""
    command = read_commands()[column.estimator]
    ids = {"unit": "unit_id", "city": "city_id", "partner": "partner_id"}
    parts = ((effect.removesuffix("_period"), effect.endswith("_period")) for effect in column.effects)
    crossed = (ids.get(part, part) + "#period" * is_crossed for part, is_crossed in parts)
    words = {"effects": " ".join(crossed), "clusters": " ".join(ids.get(name, name) for name in column.clusters)}
    words |= {"group": "" if column.comparison == "never_treated" else " notyet"}
    filled = command["lines"].strip().format(method=" method(poisson)" if is_poisson else "", **words)
    tell = ("tell", quote(name, "stata"), command["software"], repr(column.estimate), command["number"])
    return "\n".join([" ".join(("take", sample, column.transform)), filled, " ".join(tell)])


WRITERS: Mapping[str, Mapping[str, Write]] = {
    "r": {name: _write_call("r", function) for name, function in FUNCTIONS.items()}
    | {"callaway_santanna": _write_call("r", "groups"), "synthetic_did": _write_call("r", "synthetic")},
    "python": {name: _write_call("python", function) for name, function in FUNCTIONS.items()}
    | {"synthetic_control": _write_call("python", "control")},
    "stata": dict.fromkeys(read_commands(), _write_stata),
}
