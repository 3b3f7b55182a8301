"""Inference and diagnostics beside R: ``python -m benchmarks.inference_replication ../shared`` prints the table.

Every case of summclust, clubSandwich, fwildclusterboot, bacondecomp, TwoWayFEWeights, HonestDiD and pretrends that
the shared reference folder holds. Each row has the number printed by R, ours, and the largest relative difference
over all numbers of the case; for intervals the difference is a share of R's length.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.pretests import PreTest
from benchmarks.replication import list_available
from twintrade.design import Design, NeverTreated, Panel, Treatment
from twintrade.diagnostics.pre_period.honest import Honest, build_event_path
from twintrade.diagnostics.who_is_compared.twfe_weights import Bacon, compute_cell_weights
from twintrade.estimators.base import Fit, fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.inference.crv2 import BiasReduced, Jackknife
from twintrade.inference.wild import Wild
from twintrade.numerics.honest.intervals import EventPath, Violation, compute_fixed_length, compute_robust_interval

Row = tuple[str, str, float, float, float]
"""Case, what, R's number, ours, largest relative difference over the case."""

PANELS = {
    "castle": ("sid", "year", "effyear", "l_homicide"),
    "math_reform": ("state", "class", "reformyr_math", "incearn_ln"),
    "mpdta": ("countyreal", "year", "first.treat", "lemp"),
    "sim_balanced": ("id", "t", "g", "y"),
}
HONEST = {
    "BC_sd_flci": ("smoothness", "fixed_length", {}),
    "BC_sd_flci_avg_post": ("smoothness", "fixed_length", {}),
    "LW_sd_flci_female_l15": ("smoothness", "fixed_length", {}),
    "BC_sd_conditional": ("smoothness", "conditional", {}),
    "BC_sd_clf": ("smoothness", "least_favorable", {}),
    "BC_sd_cf": ("smoothness", "conditional_fixed_length", {}),
    "BC_sdpb_clf": ("smoothness", "least_favorable", {"bias": "positive"}),
    "BC_sdmon_clf": ("smoothness", "least_favorable", {"monotone": "increasing"}),
    "BC_rm_clf": ("relative_magnitudes", "least_favorable", {}),
    "BC_rm_conditional": ("relative_magnitudes", "conditional", {}),
    "BC_sdrm_clf": ("relative_smoothness", "least_favorable", {}),
}
TRUNCATED = 0.379457737286147
"""The end of R's own grid: an end equal to it is no end of the set."""

SMOKE = (("{shared}",),)


BUNDLED = Path(__file__).resolve().parents[1] / "tests" / "golden" / "data"


class Shared:
    """The bundled results, and the data sets that lie beside them or in a named folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "golden" / "data"

    def find(self, file: str) -> Path:
        return BUNDLED / file if (BUNDLED / file).is_file() else self.folder / file

    def cases(self, name: str) -> dict[str, dict]:
        held = json.loads((BUNDLED / f"{name}.json").read_text())["cases"]
        return {case["id"]: case["results"] for case in held}

    def panel(self, name: str, **options: object) -> Design:
        unit, period, onset, outcome = PANELS[name]
        frame = pd.read_csv(self.find(f"{name}.csv"))
        start = frame.groupby(unit)[onset].first().replace(0, np.inf)
        if name == "math_reform":
            start = frame[frame["reform_math"] == 1].groupby(unit)["class"].min().reindex(start.index)
        panel = Panel.from_frame(frame, unit=unit, period=period)
        given = {"always_treated": "keep", "window": (-30, 30)} | options
        return Design(panel=panel, treatment=Treatment.from_series(start), outcome=outcome, **given)

    def path(self, name: str, target: np.ndarray | None = None) -> EventPath:
        held = json.loads(self.find(f"{name}.json").read_text())
        n_pre, n_post = len(held["prePeriodIndices"]), len(held["postPeriodIndices"])
        weights = np.eye(n_post)[0] if target is None else target
        return EventPath(np.ravel(held["betahat"]), np.array(held["sigma"]), n_pre, weights)


def relative(ours: object, theirs: object) -> float:
    a, b = np.atleast_1d(np.asarray(ours, dtype=float)), np.atleast_1d(np.asarray(theirs, dtype=float))
    return float((np.abs(a - b) / np.maximum(np.abs(b), 1e-12)).max())


def row(case: str, what: str, theirs: float, ours: float) -> Row:
    return case, what, float(theirs), float(ours), relative(ours, theirs)


def few_clusters(shared: Shared) -> Fit:
    frame = pd.read_csv(shared.find("sim_fewclusters.csv"))
    frame["unit"] = frame["cl"].astype(str) + "." + frame["id"].astype(str)
    panel = Panel.from_frame(frame, unit="unit", city="cl", period="t")
    onset = frame.groupby("unit")["D"].max().map({0: np.inf, 1: 4})
    design = Design(
        panel=panel,
        treatment=Treatment.from_series(onset),
        outcome="y",
        fixed_effects=("city", "period"),
        covariates=("x",),
        clusters=("city",),
    )
    return fit(TWFE(shape="static"), design)


def clustered(shared: Shared) -> Iterator[Row]:
    few, rng = few_clusters(shared), np.random.default_rng(1)
    for case, centre in (("fewclusters_CRV3", "estimate"), ("fewclusters_CRV3J", "mean")):
        ours = Jackknife(centre=centre).infer(few, "overall", rng).se[0]
        yield row(f"summclust {case}", "error", shared.cases("crv3_summclust")[case]["se"][0], ours)
    castle, cases = fit(TWFE(shape="static"), shared.panel("castle")), shared.cases("crv3_clubsandwich")
    plain = {
        c: Clustered(correction=r).infer(castle, "overall", rng) for c, r in (("CR0", "none"), ("CR1", "ppmlhdfe"))
    }
    for case, bands in plain.items():
        yield row(f"clubSandwich castle {case}", "error", cases[f"castle_static_{case}"]["se"], bands.se[0])
    two = BiasReduced().infer(castle, "overall", rng)
    expected = cases["castle_static_CR2_satterthwaite"]
    yield row("clubSandwich castle CR2", "error", expected["se"], two.se[0])
    yield row("clubSandwich castle CR2", "Satterthwaite df", expected["df"], two.df[0])
    yield row("clubSandwich castle CR2", "p", expected["p"], two.p[0])
    three = Jackknife().infer(castle, "overall", rng).se[0] * (50 / 49) ** 0.5
    yield row("clubSandwich castle CR3", "error, times √(G/(G−1))", cases["castle_within_CR3"]["se"], three)


def wild(shared: Shared) -> Iterator[Row]:
    few, cases = few_clusters(shared), shared.cases("wild_bootstrap")
    castle = fit(TWFE(shape="static"), shared.panel("castle"))
    methods = {
        "fewclusters_enum_11": (few, Wild(draws=99_999)),
        "fewclusters_enum_31": (few, Wild(draws=99_999, scores="jackknife")),
        "fewclusters_enum_33": (few, Wild(draws=99_999, scores="jackknife", variance="cv3")),
        "fewclusters_enum_fnw11": (few, Wild(draws=99_999)),
        "fewclusters_webb": (few, Wild(draws=99_999, weights="webb")),
        "castle_rademacher": (castle, Wild(draws=99_999)),
    }
    for case, (fitted, method) in methods.items():
        bands, theirs = method.infer(fitted, "overall", np.random.default_rng(1)), cases[case]
        yield row(f"fwildclusterboot {case}", "p", theirs["p"], bands.p[0])
        if theirs["ci_low"] is not None:
            length = theirs["ci_high"] - theirs["ci_low"]
            gap = max(abs(bands.low[0] - theirs["ci_low"]), abs(bands.high[0] - theirs["ci_high"])) / length
            yield f"fwildclusterboot {case}", "lower end", theirs["ci_low"], float(bands.low[0]), gap


def decompositions(shared: Shared) -> Iterator[Row]:
    rng, names = np.random.default_rng(1), {"castle_homicide": "castle", "castle_homicide_controls": "castle"}
    for case, theirs in shared.cases("bacon").items():
        controls = ("l_income", "poverty") if "beta_hat_w" in theirs else ()
        fitted = fit(TWFE(shape="static"), shared.panel(names.get(case, case), covariates=controls))
        found = Bacon().check(fitted, Clustered(), rng).payloads["bacon"]
        between = found.iloc[:-1] if controls else found
        held = pd.DataFrame({k: theirs[k] for k in ("treated", "untreated", "estimate", "weight")})
        held["untreated"] = held["untreated"].astype(float).fillna(np.inf)
        both = held.merge(between, on=["treated", "untreated"], suffixes=("_r", ""))
        share = 1 - theirs.get("Omega", 0.0)
        gap = max(relative(both["estimate"], both["estimate_r"]), relative(both["weight"] / share, both["weight_r"]))
        k = int(both["weight_r"].argmax())
        what = f"heaviest of {len(both)} comparisons"
        yield f"bacondecomp {case}", what, both["estimate_r"][k], both["estimate"][k], gap
    for case in ("castle_feTR", "mpdta_feTR"):
        theirs = shared.cases("twowayfeweights")[case]
        found = compute_cell_weights(shared.panel(case.split("_")[0]).observations)
        yield row(f"TwoWayFEWeights {case}", "beta", theirs["beta"], found.beta)
        yield row(f"TwoWayFEWeights {case}", "robustness", theirs["sensibility"], found.robustness())
        if "sensibility2" in theirs:
            yield row(f"TwoWayFEWeights {case}", "sum of negative weights", theirs["sum_minus"], found.sum_negative)
            yield row(
                f"TwoWayFEWeights {case}", "robustness of sign", theirs["sensibility2"], found.sign_robustness()
            )


def honest(shared: Shared) -> Iterator[Row]:
    cases = shared.cases("honestdid")
    usual, path = cases["BC_original"], shared.path("BCdata_EventStudy")
    half = 1.959963984540054 * path.standard_error
    yield row("HonestDiD BC_original", "lower end", usual["lb"][0][0], path.center - half)
    best = cases["BC_findOptimalFLCI"]
    own = compute_fixed_length(path.covariance, path.n_pre, path.target, best["M"], 0.95)
    yield row("HonestDiD BC_findOptimalFLCI", "half length", best["optimalHalfLength"][0][0], own.half_length)
    for case, (kind, method, options) in HONEST.items():
        theirs = cases[case]
        target = {"BC_sd_flci_avg_post": np.full(4, 0.25), "LW_sd_flci_female_l15": np.eye(23)[16]}.get(case)
        path = shared.path(f"{case[:2]}data_EventStudy", target)
        gaps, shown = [], (0.0, 0.0)
        for size, low, high in zip(*(np.atleast_1d(theirs[k]) for k in ("M", "lb", "ub")), strict=True):
            violation = Violation(kind, size, **options)
            found = compute_robust_interval(path, violation, method, 0.95, np.random.default_rng(0))
            ends = [abs(found.low - low)] + [abs(found.high - high)] * int(abs(high - TRUNCATED) > 1e-9)
            gaps.append(max(ends) / (high - low))
            shown = (low, found.low)
        yield f"HonestDiD {case}", "lower end, largest bound", *shown, max(gaps)


def chain(shared: Shared) -> Iterator[Row]:
    theirs = shared.cases("honestdid_from_did")["mpdta_dr_lpop_universal"]
    frame = pd.read_csv(shared.find("mpdta.csv"))
    panel = Panel.from_frame(frame, unit="countyreal", period="year")
    onset = frame.groupby("countyreal")["first.treat"].first().reindex(panel.given_keys["unit"]).replace(0, np.nan)
    design = Design(
        panel=panel,
        treatment=Treatment.from_series(onset),
        outcome="lemp",
        comparison=NeverTreated(),
        covariates=("lpop",),
    )
    bands = Clustered(correction="none").infer(fit(CallawaySantAnna(), design), "event", np.random.default_rng(0))
    path = build_event_path(bands.estimate, bands.covariance, "first")
    yield (
        "HonestDiD from did",
        "first effect",
        theirs["betahat"][3],
        path.estimates[3],
        relative(path.estimates, theirs["betahat"]),
    )
    for key, restriction, sizes in (("sd", "smoothness", "M"), ("rm", "relative_magnitudes", "Mbar")):
        gaps, shown = [], (0.0, 0.0)
        held = theirs[key]
        for size, low, high in zip(held[sizes], held["lb"], held["ub"], strict=True):
            found = Honest(restriction=restriction, target="first").interval(path, size, seed=0)
            gaps.append(max(abs(found.low - low), abs(found.high - high)) / (high - low))
            shown = (low, found.low)
        yield f"HonestDiD from did, {restriction}", "lower end, largest bound", *shown, max(gaps)


def pretrends(shared: Shared) -> Iterator[Row]:
    cases = shared.cases("pretrends")
    for case, name, reference, slope in (
        ("HW_pretrends_linear", "HeAndWangResults", -1, 0.05),
        ("BC_pretrends_linear", "BCdata_EventStudy", 2008, 0.01),
    ):
        held = json.loads(shared.find(f"{name}.json").read_text())
        times = np.ravel(held["tVec" if "tVec" in held else "timeVec"]).astype(float)
        times = times[times != reference]
        test = PreTest(np.array(held["sigma"]), np.flatnonzero(times < reference))
        if name == "HeAndWangResults":
            for power in (0.5, 0.8):
                found = test.slope_for(power, times - reference)
                yield row(
                    f"pretrends slope, power {power}", "slope", cases[f"HW_slope_power_{power}"]["slope"], found
                )
        yield row(f"pretrends {case}", "power", cases[case]["power"], test.power(slope * (times - reference)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path)
    shared, parts = Shared(parser.parse_args().shared), (clustered, wild, decompositions, honest, chain, pretrends)
    print("| software and case | number | R | ours | largest difference |\n|---|---|---|---|---|")
    for case, what, theirs, ours, gap in list_available(parts, shared):
        print(f"| {case} | {what} | {theirs:.7g} | {ours:.7g} | {gap:.0e} |", flush=True)


if __name__ == "__main__":
    main()
