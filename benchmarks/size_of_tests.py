"""How often each inference rejects a true null and its interval holds a known effect, by treated clusters.

Treatment is given to whole cities; errors share a city-period shock that persists, and larger cities are noisier.
``python -m benchmarks.size_of_tests`` prints the rows of docs/lab/size_of_tests_all.csv.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from twintrade.design import Design, Panel, Treatment
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit, fit
from twintrade.estimators.twfe import TWFE
from twintrade.inference.auto import Auto
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.inference.conley_taber import ConleyTaber
from twintrade.inference.crv2 import BiasReduced, Jackknife
from twintrade.inference.randomization import Randomization
from twintrade.inference.wild import Multiplier, Wild

CASES = [(10, n) for n in (1, 2, 3)] + [(30, n) for n in (1, 2, 3, 10)] + [(100, n) for n in (1, 2, 3, 10, 30)]
"""Cities, and treated cities among them."""

SMOKE = (("--repetitions", "1", "--cases", "10:2"),)

EFFECT = 0.5
METHODS: dict[str, Inference] = {
    "clustered": Clustered(draws=1),
    "CRV2": BiasReduced(draws=1),
    "jackknife": Jackknife(draws=1),
    "multiplier": Multiplier(draws=399),
    "wild": Wild(draws=399),
    "randomization": Randomization(across="cities", draws=99),
    "Conley-Taber": ConleyTaber(group="city", draws=399),
    "auto": Auto(draws=1, permutations=99),
}


def simulated(n_cities: int, n_treated: int, rng: np.random.Generator) -> Design:
    """One panel of cities x 4 partners x 8 periods with a constant effect on treated cities."""
    shape = (n_cities, 4, 8)
    index = pd.MultiIndex.from_product([range(n) for n in shape], names=["city", "partner", "period"])
    shock = np.zeros((n_cities, 8))
    for t in range(8):
        shock[:, t] = (0.7 * shock[:, t - 1] if t else 0.0) + rng.normal(size=n_cities)
    noise = rng.normal(size=shape) + shock[:, None, :] * rng.uniform(0.5, 1.5, n_cities)[:, None, None]
    onset = np.full(n_cities, np.inf)
    onset[rng.choice(n_cities, n_treated, replace=False)] = rng.integers(3, 6, n_treated)
    y = noise + EFFECT * (np.arange(8) >= onset[:, None])[:, None, :]
    frame = index.to_frame(index=False).assign(y=y.ravel())
    frame["city"] = "c" + frame["city"].astype(str).str.zfill(3)
    frame["partner"] = frame["city"] + "p" + frame["partner"].astype(str)
    panel = Panel.from_frame(frame, city="city", partner="partner")
    starts = onset[panel.unit_city]
    return Design(panel=panel, treatment=Treatment(panel.units, starts), outcome="y", clusters=("city",))


def outcome(made: Fit, null: Fit, method: Inference, seed: int) -> tuple[float, float, float]:
    """Return whether the true null is rejected, whether the interval holds the effect, and its length."""
    try:
        tested = method.infer(null, "overall", np.random.default_rng(seed))
        bands = method.infer(made, "overall", np.random.default_rng(seed))
    except TwintradeError:
        return np.nan, np.nan, np.nan
    low, high = float(bands.low[0]), float(bands.high[0])
    p = float(tested.p[0])
    held = np.nan if np.isnan(low) else float(low <= EFFECT <= high)
    return np.nan if np.isnan(p) else float(p <= 0.05), held, high - low


def case(n_cities: int, n_treated: int, repetitions: int, names: list[str], say: Callable[[str], None]) -> None:
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in names}
    for seed in range(repetitions):
        design = simulated(n_cities, n_treated, np.random.default_rng([n_cities, n_treated, seed]))
        made = fit(TWFE(shape="static"), design)
        column = design.panel.columns["y"] - EFFECT * (design.panel.period >= design.onset[design.panel.unit])
        columns = {**design.panel.columns, "null": column}
        bare = replace(design, panel=replace(design.panel, columns=columns), outcome="null")
        null = fit(TWFE(shape="static"), bare)
        for name in names:
            found[name].append(outcome(made, null, METHODS[name], seed))
    for name, rows in found.items():
        values = np.array(rows)
        n = int(np.isfinite(values[:, 0]).sum())
        if n == 0:
            say(f"| {n_cities} | {n_treated} | {name} | none | none | none | 0 |")
            continue
        size = np.nanmean(values[:, 0])
        held = "none" if np.isnan(values[:, 1]).all() else f"{100 * np.nanmean(values[:, 1]):.1f}"
        length = values[:, 2]
        middle = "none" if np.isnan(length).all() else f"{np.nanmedian(length):.2f}"
        say(f"| {n_cities} | {n_treated} | {name} | {100 * size:.1f} | {held} | {middle} | {n} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=300)
    parser.add_argument("--cases", nargs="*", metavar="CITIES:TREATED", help="all of the table by default")
    parser.add_argument("--methods", nargs="*", choices=list(METHODS), default=list(METHODS))
    options = parser.parse_args()
    cases = [tuple(int(n) for n in case.split(":")) for case in options.cases or ()] or CASES
    started = time.process_time()
    error = 100 * (0.05 * 0.95 / options.repetitions) ** 0.5
    print("# How often each test rejects a true null, and how often its interval holds the effect\n")
    print(
        f"Made by `python -m benchmarks.size_of_tests --repetitions {options.repetitions}`: two-way regression,\n"
        "treatment given to whole cities, errors with a persistent city-period shock, 4 units a city, 8 periods.\n"
        f"A test of 5 % has a simulation error of {error:.1f} points. 'none': the method gives no number there.\n"
    )
    print("| cities | treated | inference | rejects, % | interval holds, % | median length | panels |")
    print("|---|---|---|---|---|---|---|")
    for n_cities, n_treated in cases:
        case(n_cities, n_treated, options.repetitions, options.methods, lambda line: print(line, flush=True))
    print(f"{time.process_time() - started:.0f} CPU seconds", file=sys.stderr)


if __name__ == "__main__":
    main()
