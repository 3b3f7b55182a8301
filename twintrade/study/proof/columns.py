"""Columns of a stored ladder with the rows behind each, from data.csv and what is stored beside it alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from twintrade.design.fixed_effects import SETS
from twintrade.design.transforms import are_aggregates
from twintrade.effects import ResultSet
from twintrade.text import Text, Words, parse_text

# Three methods again, each in a dozen lines of numpy, as the technical note prints them.

Array = np.ndarray[Any, Any]
# To import scipy.optimize takes a quarter of a second: the one twin that needs it does.


def repeat_double_ratio(flows: Array, city: Array, partner: Array, before: Array) -> Array:
    """Return the log double ratio of the first flow, less its mean before the agreement."""
    same_city, same_partner = city == city[0], partner == partner[0]
    other = np.arange(len(city)) > 0
    ratio = np.log(flows[0])
    for members, sign in ((other & same_city, -1), (other & same_partner, -1), (~same_city & ~same_partner, 1)):
        if members.any():
            ratio = ratio + sign * np.log(flows[members].sum(axis=0))
    return np.asarray(ratio - ratio[before].mean())


def repeat_imputation(y: Array, treated: Array, effects: Sequence[Array], poisson: bool) -> Array:
    """Return what treated rows would be by effects fitted on the others, one effect after another until all hold."""
    levels = [np.unique(effect, return_inverse=True)[1] for effect in effects]
    fitted = np.full(len(y), 1.0 if poisson else 0.0)
    for _ in range(200_000):
        last = fitted.copy()
        for level in levels:
            total, rows = (np.bincount(level, v * ~treated) for v in (y, fitted if poisson else np.ones(len(y))))
            if poisson:
                fitted = fitted * np.divide(total, rows, np.ones(len(rows)), where=rows > 0)[level]
            else:
                missing = total - np.bincount(level, fitted * ~treated)
                fitted = fitted + np.divide(missing, rows, np.zeros(len(rows)), where=rows > 0)[level]
        if np.abs(fitted - last).max() <= 1e-14 * np.abs(fitted).max():
            break
    return fitted[treated]


def repeat_synthetic_control(series: Array, before: Array, demeaned: bool) -> Array:
    """Return the gap of the first series to the mix of the others, weights from 0 to 1, closest before."""
    from scipy.optimize import nnls

    if demeaned:
        series = series - series[:, before].mean(axis=1, keepdims=True)
    gaps = (series[1:, before] - series[0, before]).T
    scale = np.abs(gaps).max()
    weights, _ = nnls(np.vstack([gaps / scale, np.ones(gaps.shape[1])]), np.append(np.zeros(gaps.shape[0]), 1.0))
    return np.asarray(series[0] - weights / weights.sum() @ series[1:])


TWINS: dict[str, Callable[..., Array]] = {
    "double_ratio": repeat_double_ratio,
    "imputation": repeat_imputation,
    "synthetic_control": repeat_synthetic_control,
}
"""By the name of the method."""


LEAST_POSITIVE = 0.8
"""Share of the treated pair's periods in which a donor is observed and positive."""

OF_THE_ENTRY = ("name", "label", "key", "exclude_flagged", "donors", "headline", "inference")
PLAIN = (
    "transform", "fixed_effects", "comparison", "window", "reference", "cluster", "without", "always_treated",
)  # fmt: skip
"""What a column may have of its own and still be found in data.csv."""


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
    # estimate, error: The stored overall effect, and its clustered error where one is stored
    estimate: float
    error: float
    inference: str  # the one reported
    scale: str
    is_headline: bool
    obstacle: Text | None  # why data.csv does not tell the rows
    # Of all columns: regressions that several of them share
    memory: dict[tuple[object, ...], Any] = field(default_factory=dict, repr=False)

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
        parts = name.split("_") if name.endswith("_period") else [name]
        columns = [self.rows[part].astype(str) for part in parts]
        return columns[0] if len(columns) == 1 else columns[0] + " " + columns[1]


def read_columns(results: ResultSet) -> list[StoredColumn]:
    """Return the columns of a stored ladder that were estimated, in its order."""
    spec = results.manifest.get("spec", {})
    entries = spec.get("estimator", [])
    rows = results.specifications.to_dict("records")
    if len(entries) != len(rows):
        return []
    pairs = zip(entries, rows, strict=True)
    memory: dict[tuple[object, ...], Any] = {}
    return [_read(results, spec, *pair, memory) for pair in pairs if str(pair[1]["is_skipped"]) != "True"]


def _read(
    results: ResultSet,
    spec: Mapping[str, Any],
    entry: Mapping[str, Any],
    row: Mapping[Any, Any],
    memory: dict[tuple[object, ...], Any],
) -> StoredColumn:
    design = {**spec["design"], **{k: v for k, v in entry.items() if k in spec["design"]}}
    changed = [k for k in entry if k in spec["design"] and entry[k] != spec["design"][k]]
    options = {k: v for k, v in entry.items() if k not in (*spec["design"], *OF_THE_ENTRY)}
    names = design["fixed_effects"]
    effect, error, inference = _find_numbers(results, row)
    obstacle = _find_obstacle(design, changed)
    frame = pd.DataFrame() if obstacle else _select_rows(results, spec, entry, design)
    packed = row.get("label_text")
    return StoredColumn(
        estimator=str(row["estimator"]),
        specification=str(row["specification"]),
        label=(parse_text(str(packed)) if isinstance(packed, str) and packed else None) or str(row["label"]),
        options=options,
        rows=frame,
        effects=SETS[names] if isinstance(names, str) else tuple(names),
        clusters=tuple("unit" if c == "dyad" else c for c in design["cluster"]),
        transform=str(design["transform"]),
        comparison=str(design["comparison"]),
        reference=int(design["reference"]),
        estimate=effect,
        error=error,
        inference=inference,
        scale=str(row["scale"]),
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
    if design["anticipation"] or design["treatment"]["rule"] == "dose":
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
    if spec.get("case"):
        rows = _select_case(
            rows, f"{spec['case']['city']}-{spec['case']['partner']}", str(entry.get("donors", "all"))
        )
    outcome = rows["outcome"].to_numpy(np.float64)
    kept = np.isfinite(outcome) & ((outcome > 0) | (design["transform"] != "log"))
    rows, outcome = rows[kept], outcome[kept]
    first = rows.groupby("unit")["period"].transform("min")
    known = (rows["onset"] > first) | (always == "keep")
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
    seen = rows[rows["period"].isin(case["period"]) & (rows["outcome"] > 0)]
    share = seen.groupby("unit").size() / len(case)
    partners = np.asarray(rows["partner"].to_numpy(), dtype=object)
    fit = (
        rows["unit"].map(share).fillna(0.0).ge(LEAST_POSITIVE)
        & np.isinf(rows["onset"])
        & (rows["status"] == "comparison")
        & ~are_aggregates(partners)
    )
    if donors == "A":
        fit &= rows["city"] == case["city"].iloc[0]
    if donors == "B":
        fit &= rows["partner"] == case["partner"].iloc[0]
    whole: pd.DataFrame = pd.concat([case, rows[fit]])
    return whole
