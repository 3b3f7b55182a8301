"""Published single-case numbers beside ours: ``python -m benchmarks.replication_single_case ../shared``.

Targets: synthdid on California, Synth on the Basque Country, augsynth on Kansas, fect on its own simulated panel.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.replication import list_available
from twintrade.design import Design, Panel, Treatment
from twintrade.estimators.base import Estimator, fit
from twintrade.estimators.matrix_completion import InteractiveEffects
from twintrade.estimators.synthetic_control import AugmentedSyntheticControl, SyntheticControl, SyntheticDid
from twintrade.inference.conformal import SyntheticDidVariance
from twintrade.numerics.simplex.predictor_weights import fit_predictor_weights, standardize_predictors, weigh

BUNDLED = Path(__file__).resolve().parents[1] / "tests" / "golden" / "data"

Row = tuple[str, float, float]
"""What, target, ours."""

SMOKE = (("{shared}",),)


def results(name: str) -> dict[str, dict]:
    cases = json.loads((BUNDLED / f"{name}.json").read_text())["cases"]
    return {case["id"]: case["results"] for case in cases}


def design(frame: pd.DataFrame, unit: str, period: str, outcome: str, treated: str) -> Design:
    panel = Panel.from_frame(frame, unit=unit, period=period)
    onset = frame[frame[treated] == 1].groupby(unit)[period].min()
    return Design(
        panel=panel, treatment=Treatment.from_series(onset.reindex(panel.given_keys["unit"])), outcome=outcome
    )


def overall(estimator: Estimator, made: Design) -> float:
    return float(fit(estimator, made).view("overall").effects[0])


def california(shared: Path) -> Iterator[Row]:
    golden = results("synthdid")
    frame = pd.read_csv(shared / "golden" / "data" / "california_prop99.csv")
    made = design(frame, "State", "Year", "PacksPerCapita", "treated")
    for kind, key, printed in (("sdid", "synthdid", -15.60), ("did", "did", -27.35), ("sc", "sc", -19.6)):
        exact, published = SyntheticDid(kind=kind), SyntheticDid(kind=kind, solver="published")
        yield f"California, {kind}, as the paper prints it", printed, overall(exact, made)
        yield (
            f"California, {kind}, stopping where synthdid stops",
            golden[f"prop99_{key}"]["estimate"],
            overall(published, made),
        )
    yield "California, synthetic control by itself", -19.6, overall(SyntheticControl(), made)


def block(shared: Path) -> Iterator[Row]:
    golden = results("synthdid")
    frame = pd.read_csv(BUNDLED / "sim_balanced.csv").query("g in [0, 8]")
    frame = frame.assign(id=frame["id"].astype(str), d=((frame["g"] == 8) & (frame["t"] >= 8)).astype(int))
    made = design(frame, "id", "t", "y", "d")
    for kind, key in (("sdid", "synthdid"), ("did", "did")):
        fitted = fit(SyntheticDid(kind=kind, solver="published"), made)
        reference = golden[f"sim_balanced_block_{key}_jackknife"]
        bands = SyntheticDidVariance(method="jackknife").infer(fitted, "overall", np.random.default_rng(1))
        yield f"several treated units, {kind}", reference["estimate"], float(bands.estimate.effects[0])
        yield f"several treated units, {kind}, jackknife error", reference["jackknife_se"], float(bands.se[0])


def basque(shared: Path) -> Iterator[Row]:
    golden = results("synth")
    wide = pd.read_csv(shared / "golden" / "data" / "basque.csv").pivot(
        index="regionno", columns="year", values="gdpcap"
    )
    for case, label in (("basque_nested_bfgs", "nested V"), ("basque_equal_v", "equal V")):
        reference = golden[case]
        units = [17, *(int(u) for u in reference["weights"]["unit"])]
        predictors = standardize_predictors(np.vstack([reference["X1"], np.asarray(reference["X0"], dtype=float).T]))
        outcomes = wide.loc[units, 1960:1969].to_numpy()
        given = weigh(predictors, outcomes, np.asarray(reference["v"])).weights
        theirs = np.asarray(reference["weights"]["w"])
        for place in np.argsort(theirs)[::-1][:2]:
            yield f"Basque, V of Synth ({label}), region {units[1 + place]}", theirs[place], float(given[place])
        if case == "basque_nested_bfgs":
            found = fit_predictor_weights(predictors, outcomes)
            for target, ours in zip((0.851, 0.149), np.sort(found.weights)[::-1], strict=False):
                yield "Basque, V found here, weight", target, float(ours)
            yield "Basque, V found here, loss before 1970", reference["loss_v"], found.loss


def kansas(shared: Path) -> Iterator[Row]:
    golden = results("augsynth")
    frame = pd.read_csv(shared / "golden" / "data" / "kansas.csv.gz")
    frame = frame.assign(quarter=(frame["year_qtr"] * 4).astype(int), fips=frame["fips"].astype(str))
    made = design(frame, "fips", "quarter", "lngdpcapita", "treated")
    yield "Kansas, synthetic control", golden["kansas_sc"]["average_att"], overall(SyntheticControl(), made)
    ridge = golden["kansas_ridge_fixed_lambda"]["average_att"]
    yield "Kansas, ridge-augmented, penalty 0.1", ridge, overall(AugmentedSyntheticControl(penalty=0.1), made)


def simulated(shared: Path) -> Iterator[Row]:
    golden = results("fect")
    panel = Panel.from_frame(
        pd.read_csv(shared / "golden" / "data" / "fect_simdata.csv.gz"), unit="id", period="time"
    )
    treatment = Treatment.from_dose(panel, panel.values("D"))
    made = Design(
        panel=panel,
        treatment=treatment,
        outcome="Y",
        covariates=("X1", "X2"),
        always_treated="keep",
        window=(-99, 99),
    )
    for name, rank in (("simdata_fe", 0), ("simdata_ife", 2)):
        ours = fit(InteractiveEffects(rank=rank), made).estimate.average().effects[0]
        yield f"fect, {rank} factors, average effect", golden[name]["att_avg"], float(ours)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path, help="folder that holds golden/data")
    shared = parser.parse_args().shared
    print("| number | target | ours | relative difference |\n|---|---|---|---|")
    for name, target, ours in list_available((california, block, basque, kansas, simulated), shared):
        print(f"| {name} | {target:.8g} | {ours:.8g} | {abs(ours - target) / abs(target):.0e} |", flush=True)


if __name__ == "__main__":
    main()
