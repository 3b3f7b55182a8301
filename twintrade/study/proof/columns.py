"""Columns of a stored ladder with the rows behind each, from data.csv and what is stored beside it alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from twintrade.design.fixed_effects import SETS
from twintrade.design.transforms import are_aggregates
from twintrade.effects import ResultSet
from twintrade.text import Text, Words, parse_text

LEAST_POSITIVE = 0.8  # share of the treated pair's periods in which a donor is observed and positive
OF_THE_ENTRY = ("name", "label", "key", "exclude_flagged", "donors", "headline", "inference")
PLAIN = (
    "transform", "fixed_effects", "comparison", "window", "reference", "cluster", "without", "always_treated",
)  # fmt: skip
"""What a column may have of its own and still be found in data.csv."""

Memory = dict[tuple[object, ...], Any]


@dataclass(frozen=True, slots=True, eq=False)
class StoredColumn:
    """A column of a stored ladder."""

    estimator: str
    specification: str
    label: Words
    options: Mapping[str, Any]  # of the method
    rows: pd.DataFrame  # unit, city, partner, period, onset (inf for never), outcome, y (transformed), is_treated
    effects: tuple[str, ...]
    clusters: tuple[str, ...]
    transform: str
    comparison: str
    reference: int
    estimate: float  # estimate, error: The stored overall effect, and its clustered error where one is stored
    error: float
    inference: str  # the one reported
    scale: str
    is_headline: bool
    obstacle: Text | None  # why data.csv does not tell the rows
    # Of all columns: regressions that several of them share
    memory: Memory = field(default_factory=dict, repr=False)

    @property
    def is_two_way(self) -> bool:
        """Whether the fixed effects are those of unit and period."""
        return set(self.effects) == {"unit", "period"}

    @property
    def is_case(self) -> bool:
        """Whether one unit is treated."""
        return bool(self.rows.loc[self.rows["is_treated"], "unit"].nunique() == 1)

    def factor(self, name: str) -> pd.Series:
        """Return the level of an effect or a cluster for each row, as text."""
        if name == "undirected_pair":
            ends = np.sort(self.rows[["city", "partner"]].astype(str).to_numpy(), axis=1)
            return pd.Series(ends[:, 0] + " " + ends[:, 1], index=self.rows.index)
        columns = [self.rows[part].astype(str) for part in (name.split("_") if name.endswith("_period") else [name])]
        return columns[0] if len(columns) == 1 else columns[0] + " " + columns[1]


def read_columns(results: ResultSet) -> list[StoredColumn]:
    """Return the columns of a stored ladder that were estimated, in its order."""
    spec = results.manifest.get("spec", {})
    entries = spec.get("estimator", [])
    rows = results.specifications.to_dict("records")
    if len(entries) != len(rows):
        return []
    pairs = zip(entries, rows, strict=True)
    memory: Memory = {}
    return [_read(results, spec, *pair, memory) for pair in pairs if str(pair[1]["is_skipped"]) != "True"]


def _read(
    results: ResultSet, spec: Mapping[str, Any], entry: Mapping[str, Any], row: Mapping[Any, Any], memory: Memory
) -> StoredColumn:
    design = {**spec["design"], **{k: v for k, v in entry.items() if k in spec["design"]}}
    changed = [k for k in entry if k in spec["design"] and entry[k] != spec["design"][k]]
    options = {k: v for k, v in entry.items() if k not in (*spec["design"], *OF_THE_ENTRY)}
    names = design["fixed_effects"]
    effect, error, inference = _find_numbers(results, row)
    obstacle = _find_obstacle(design, changed)
    frame = pd.DataFrame() if obstacle else _select_rows(results, spec, entry, design)
    packed = row.get("label_text")
    of_row = {name: str(row[name]) for name in ("estimator", "specification", "scale")}
    of_design = {name: str(design[name]) for name in ("transform", "comparison")}
    return StoredColumn(
        **of_row,
        **of_design,
        label=(parse_text(str(packed)) if isinstance(packed, str) and packed else None) or str(row["label"]),
        options=options,
        rows=frame,
        effects=SETS[names] if isinstance(names, str) else tuple(names),
        clusters=tuple("unit" if c == "dyad" else c for c in design["cluster"]),
        reference=int(design["reference"]),
        estimate=effect,
        error=error,
        inference=inference,
        is_headline=str(row["is_headline"]) == "True",
        obstacle=obstacle or (None if len(frame) else Text("proof.no-rows")),
        memory=memory,
    )


def _find_numbers(results: ResultSet, row: Mapping[Any, Any]) -> tuple[float, float, str]:
    def mine(frame: pd.DataFrame) -> pd.DataFrame:
        same = (frame["estimator"] == row["estimator"]) & (frame["specification"] == row["specification"])
        overall: pd.DataFrame = frame[same & (frame["kind"] == "overall")]
        return overall

    effects, bands = mine(results.effects), mine(results.bands)
    clustered = bands[bands["inference"].isin(["clustered", "hac"])]
    effect = float(effects["effect"].iloc[0]) if len(effects) else float("nan")
    error = float(clustered["se"].iloc[0]) if len(clustered) else float("nan")
    return effect, error, str(bands["inference"].iloc[0]) if len(bands) else ""


def _find_obstacle(design: Mapping[str, Any], changed: list[str]) -> Text | None:
    """Return why the rows of a column do not follow from data.csv."""
    if design["covariates"] or design.get("weights"):
        return Text("proof.not-in-data", what="covariates")
    if others := [key for key in changed if key not in PLAIN]:
        return Text("proof.own-design", key=others[0])
    if design["transform"] not in ("level", "log"):
        return Text("proof.not-in-data", what="transform")
    if design["anticipation"] or design["treatment"]["rule"] in ("dose", "levels"):
        return Text("proof.not-in-data", what="anticipation" if design["anticipation"] else "dose")
    return None


def _select_rows(
    results: ResultSet, spec: Mapping[str, Any], entry: Mapping[str, Any], design: Mapping[str, Any]
) -> pd.DataFrame:
    rows = results.data.assign(onset=results.data["onset"].astype("Float64").to_numpy(np.float64, na_value=np.inf))
    always = design["always_treated"]
    wanted = ("treated", "comparison") if always == "exclude" else ("treated", "comparison", "always-treated")
    rows = rows[rows["status"].isin(wanted) & ~rows["unit"].isin(design["without"])]
    if always == "compare":
        rows = rows.assign(onset=rows["onset"].where(rows["status"] != "always-treated", np.inf))
    if entry.get("exclude_flagged"):
        register = results.twinnings
        rows = rows[~rows["unit"].isin(register.loc[register["has_undated_link"].astype(str) == "True", "unit"])]
    if case := spec.get("case"):
        rows = _select_case(rows, f"{case['city']}-{case['partner']}", str(entry.get("donors", "all")))
    outcome = rows["outcome"].to_numpy(np.float64)
    kept = np.isfinite(outcome) & ((outcome > 0) | (design["transform"] != "log"))
    rows, outcome = rows[kept], outcome[kept]
    known = (rows["onset"] > rows.groupby("unit")["period"].transform("min")) | (always == "keep")
    rows, outcome = rows[known], outcome[known.to_numpy()]
    compared: pd.DataFrame = rows.assign(
        y=np.log(outcome) if design["transform"] == "log" else outcome,
        is_treated=(rows["period"] >= rows["onset"]).to_numpy(),
    )
    return compared.reset_index(drop=True)


def _select_case(rows: pd.DataFrame, unit: str, donors: str) -> pd.DataFrame:
    """Return the rows of one treated pair and of those that may stand for it."""
    case = rows[rows["unit"] == unit]
    if case.empty:
        return case
    share = rows[rows["period"].isin(case["period"]) & (rows["outcome"] > 0)].groupby("unit").size() / len(case)
    fit = (
        rows["unit"].map(share).fillna(0.0).ge(LEAST_POSITIVE)
        & np.isinf(rows["onset"])
        & (rows["status"] == "comparison")
        & ~are_aggregates(np.asarray(rows["partner"].to_numpy(), dtype=object))
    )
    if donors == "A":
        fit &= rows["city"] == case["city"].iloc[0]
    if donors == "B":
        fit &= rows["partner"] == case["partner"].iloc[0]
    whole: pd.DataFrame = pd.concat([case, rows[fit]])
    return whole
