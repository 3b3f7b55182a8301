"""Ten regressions of one table, as pyfixest writes them and as twintrade does; what pyfixest 0.60 says is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

import twintrade as tt

GRAVITY = [("city", "year"), ("partner", "year"), "pair"]


@dataclass(frozen=True)
class PeerModel:
    """One regression in both languages.

    Attributes
    ----------
    command, formula, vcov
        As pyfixest takes them.
    compare, infer
        Options of ``tt.compare`` and of ``tidy``.
    weights : str or None
    counts_parameters : bool
        Whether errors have the factor (N - 1) / (N - K); pyfixest counts K of effects that overlap unlike fixest.
    """

    command: str
    formula: str
    vcov: Any
    compare: Mapping[str, Any]
    infer: Mapping[str, Any] = field(default_factory=dict)
    weights: str | None = None
    counts_parameters: bool = True


def crv(by: str) -> dict[str, str]:
    return {"CRV1": by}


LOG = {"transform": "log", "treated": "treated"}
LEVEL = {"treated": "treated"}
MODELS = {
    "feols, two-way": PeerModel("feols", "ly ~ treated | pair + year", crv("pair"), LOG, {"by": ("unit",)}),
    "feols, two clusters": PeerModel(
        "feols", "ly ~ treated + x | pair + year", crv("city + partner"), {**LOG, "covariates": "x"},
        {"by": ("city", "partner")},
    ),
    "feols, hetero": PeerModel(
        "feols", "ly ~ treated + x | pair + year", "hetero", {**LOG, "covariates": "x"}, {"by": ("row",)}
    ),
    "feols, gravity": PeerModel(
        "feols", "ly ~ treated | city^year + partner^year + pair", crv("pair"), {**LOG, "fixed_effects": GRAVITY},
        {"by": ("unit",)}, counts_parameters=False,
    ),
    "feols, weights": PeerModel(
        "feols", "ly ~ treated + x | pair + year", crv("city"), {**LOG, "covariates": ["x"], "weights": "w"},
        {"by": ("city",)}, "w",
    ),
    "feols, event study": PeerModel(
        "feols", "ly ~ e_m3 + e_m2 + e0 + e1 + e2 | pair + year", crv("pair"), {"transform": "log", "onsets": "yes"},
        {"by": ("unit",)},
    ),
    "fepois, two-way": PeerModel("fepois", "y ~ treated | pair + year", crv("pair"), LEVEL, {"by": ("unit",)}),
    "fepois, gravity": PeerModel(
        "fepois", "y ~ treated + x | city^year + partner^year + pair", crv("city"),
        {**LEVEL, "covariates": "x", "fixed_effects": GRAVITY}, {"by": ("city",)},
        counts_parameters=False,
    ),
    "fepois, a treatment that ends": PeerModel(
        "fepois", "y ~ ending | pair + year", crv("pair"), {"treated": "ending"}, {"by": ("unit",)}
    ),
    "fepois, no treatment": PeerModel(
        "fepois", "y ~ x + z | city^year + partner", crv("partner"),
        {"covariates": ["x", "z"], "fixed_effects": [("city", "year"), "partner"]}, {"by": ("partner",)},
    ),
}  # fmt: skip


def build_table() -> pd.DataFrame:
    """Six cities and eight partners over ten years, with onsets of a third of the pairs."""
    rng = np.random.default_rng(60)
    rows = [(f"C{c}", f"P{p}", y) for c in range(6) for p in range(8) for y in range(2000, 2010)]
    d = pd.DataFrame(rows, columns=["city", "partner", "year"])
    d["pair"] = d["city"] + "-" + d["partner"]
    pairs = d["pair"].unique()
    onset = dict(zip(pairs, np.where(rng.random(pairs.size) < 0.4, 2007, 3000), strict=True))
    d["event"] = d["year"] - d["pair"].map(onset)
    d = d[(d["event"] >= -3) | (d["event"] < -100)].reset_index(drop=True)
    d["treated"] = (d["event"] >= 0).astype(int)
    d["ending"] = d["event"].isin([0, 1]).astype(int)
    for e in (-3, -2, 0, 1, 2):
        d[f"e{e}".replace("-", "_m")] = (d["event"] == e).astype(int)
    d["x"], d["z"] = rng.normal(size=len(d)).round(3), rng.normal(size=len(d)).round(3)
    d["w"] = rng.integers(1, 5, len(d)).astype(float)
    mean = np.exp(3 + 0.3 * d["treated"] - 0.2 * d["x"] + 0.3 * rng.normal(size=len(d)))
    d["y"] = rng.poisson(mean) + 1.0
    return d.assign(ly=np.log(d["y"]))


def fit_here(model: PeerModel, table: pd.DataFrame) -> Any:
    """Estimate a model with twintrade, by pyfixest's name of the command."""
    panel = tt.panel(table.drop(columns="pair"), city="city", partner="partner", period="year")
    options = dict(model.compare)
    onsets = None
    if options.pop("onsets", None):
        dated = table[table["event"] == 0]
        onsets = pd.Series(dated["year"].to_numpy(), index=dated["pair"].to_numpy())
    design = tt.compare(panel, onsets, "y", always_treated="keep", window=(-3, 2), **options)
    return tt.fit(model.command, design)


def fit_there(model: PeerModel, table: pd.DataFrame) -> pd.DataFrame:
    """Return what pyfixest says, in broom's columns; needs pyfixest."""
    import pyfixest

    command = getattr(pyfixest, model.command)
    more: dict[str, Any] = {"weights": model.weights} if model.weights else {}
    if not model.counts_parameters:
        more["ssc"] = pyfixest.ssc(k_adj=False)
    found = command(model.formula, data=table, vcov=model.vcov, **more)
    tidy = found.tidy().reset_index()
    names = {"Coefficient": "term", "Estimate": "estimate", "Std. Error": "std.error", "t value": "statistic",
             "Pr(>|t|)": "p.value", "2.5%": "conf.low", "97.5%": "conf.high"}  # fmt: skip
    return tidy.rename(columns=names)[list(names.values())]


def tidy_here(model: PeerModel, table: pd.DataFrame) -> pd.DataFrame:
    """Return the coefficient table of the same model, with errors as pyfixest has them."""
    fit = fit_here(model, table)
    plain = "ppmlhdfe" if model.command == "fepois" else "twintrade"
    correction = "fixest" if model.counts_parameters else plain
    return fit.tidy("clustered", view=fit.views[0], correction=correction, **model.infer)


PREDICTED = [name for name, model in MODELS.items() if "^" not in model.formula]
"""Of effects of several columns pyfixest predicts nothing."""


def choose_new_rows(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return every seventh row, treated where it was not, and a row of a pair that no fit knows."""
    new = table.iloc[::7].copy()
    if "event" not in name:
        new["treated"], new["ending"] = 1 - new["treated"], 1 - new["ending"]
    return pd.concat([new, new.tail(1).assign(city="C9", pair="C9-P0")], ignore_index=True)


def predict_there(name: str, table: pd.DataFrame) -> dict[str, list[float]]:
    """Return pyfixest's predictions of new rows and its fixed effects, each less its first; needs pyfixest."""
    import pyfixest

    model = MODELS[name]
    more: dict[str, Any] = {"weights": model.weights} if model.weights else {}
    found = getattr(pyfixest, model.command)(model.formula, data=table, vcov=model.vcov, **more)
    kind = {"type": "response"} if model.command == "fepois" else {}
    predicted = found.predict(newdata=choose_new_rows(name, table), **kind)
    pairs, years = found.fixef().values()
    pairs, years = list(pairs.values()), [0.0, *years.values()]
    return {
        "predicted": [None if np.isnan(value) else float(value) for value in predicted],
        "pair": [float(value - pairs[0]) for value in pairs],
        "year": [float(value) for value in years],
    }


if __name__ == "__main__":
    import json
    import sys

    data = build_table()
    numbers = {name: fit_there(model, data).to_dict("list") for name, model in MODELS.items()}
    numbers["predictions"] = {name: predict_there(name, data) for name in PREDICTED}
    json.dump(numbers, sys.stdout, indent=1)
