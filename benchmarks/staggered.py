"""Staggered estimators beside other packages: CPU seconds, peak memory and agreement in one table.

``python -m benchmarks.staggered`` runs 1,000 and 10,000 units over 20 periods in eight cohorts; ``--units 100000``
others. Every package runs in its own process on the same simulated panel, with the interpreter of ``--peers`` where
they live in an environment of their own; packages that are not installed there are left out. The first call is not
counted. Ours starts from a Panel, with ``--frame`` from the data frame that theirs start from. The gap is the largest
difference of an event-time effect from onset on, and ratios count only where it is small; standard errors follow each
package's own small-sample factor, so their range of ratios is shown and not judged.
"""

import argparse
import json
import os
import sys

import numpy as np
import pandas as pd

from benchmarks.measured import LONG, Estimates, find_installed, in_own_process, measured
from benchmarks.staggered_peers import PEERS

SEED = 20261124
AGREE = 1e-8
REPEATS = 5
N_PERIODS = 20
COHORTS = np.arange(4, 20, 2)

CASES = {
    "Callaway-Sant'Anna": ("callaway_santanna", {}),
    "  with a covariate": ("callaway_santanna", {"covariates": ("x",)}),
    "  999 draws": ("callaway_santanna", {}),
    "Sun-Abraham": ("sun_abraham", {}),
    "two-stage": ("two_stage", {}),
    "imputation": ("imputation", {}),
    "ETWFE": ("etwfe", {}),
    "TWFE": ("twfe", {}),
    "dCDH, 5 + 2": ("chaisemartin_dhaultfoeuille", {"window": (-3, 4)}),
    "stacked": ("stacked", {"window": (-3, 4)}),
    "LP-DiD": ("local_projections", {"window": (-3, 4)}),
    "Roth-Sant'Anna": ("staggered_efficient", {}),
}
SMOKE = (
    *(("--one", case, "twintrade", "150", "--repeats", "1") for case in CASES),
    ("--cases", "imputation", "--units", "150", "--repeats", "1"),
)


def panel(n_units: int) -> pd.DataFrame:
    """Simulate units of which 30 % are never treated, with effects that differ by cohort and grow."""
    rng = np.random.default_rng(SEED)
    onset = np.where(rng.random(n_units) < 0.3, 0, rng.choice(COHORTS, n_units))
    x, level = rng.normal(size=n_units), rng.normal(size=n_units) + 0.1 * onset
    shocks = np.cumsum(0.3 * rng.normal(size=N_PERIODS))
    unit, t = np.repeat(np.arange(n_units), N_PERIODS), np.tile(np.arange(1, N_PERIODS + 1), n_units)
    g = onset[unit]
    d = ((g > 0) & (t >= g)).astype(np.int64)
    effect = d * (0.5 + 0.05 * (g - 4)) * (1 + 0.15 * (t - g))
    y = level[unit] + shocks[t - 1] + 0.05 * x[unit] * t + effect + rng.normal(size=unit.size)
    rel = np.where(g > 0, t - g, -1).astype(np.int64)
    return pd.DataFrame({"unit": unit, "t": t, "g": g.astype(np.int64), "d": d, "y": y, "x": x[unit], "rel": rel})


def with_twintrade(case: str, data: pd.DataFrame, from_frame: bool) -> object:
    """Return a call that estimates from a Panel already built, or builds it from the frame."""
    from twintrade.design import Design, NeverTreated, NotYetTreated, Panel, Treatment
    from twintrade.estimators.base import ESTIMATORS, fit
    from twintrade.inference.wild import Multiplier

    name, options = CASES[case]

    def build() -> tuple[Panel, Treatment]:
        panel = Panel.from_frame(data, unit="unit", period="t")
        onset = panel.columns["g"][panel.starts]
        return panel, Treatment.from_series(pd.Series(np.where(onset > 0, onset, np.nan), panel.units))

    later = name in ("chaisemartin_dhaultfoeuille", "local_projections", "imputation", "etwfe")
    given = {"window": (-17, 16), "comparison": NotYetTreated() if later else NeverTreated()} | options

    built = build()

    def call() -> Estimates:
        panel, treatment = build() if from_frame else built
        result = fit(ESTIMATORS[name](), Design(panel=panel, treatment=treatment, outcome="y", **given))
        study = result.view("event")
        if "draws" in case:
            errors = Multiplier(draws=999).infer(result, "event", np.random.default_rng(1)).se
        else:
            clusters = np.arange(study.uncertainty.units.size)
            errors = np.sqrt(np.maximum(np.diag(study.uncertainty.cross_product(clusters)), 0.0))
        return {
            str(e): (float(b), float(s)) for e, b, s in zip(study.event_times, study.effects, errors, strict=True)
        }

    return call


def one(
    case: str, package: str, n_units: int, repeats: int, long: float, from_frame: bool = False
) -> dict[str, object]:
    data = panel(n_units)
    call = with_twintrade(case, data, from_frame) if package == "twintrade" else lambda: PEERS[case][package](data)
    return measured(call, float(data.memory_usage(index=False).sum() / 2**20), repeats, long)


def row(case: str, n_units: int, package: str, found: dict, own: dict) -> str:
    head = f"{case:<22}{n_units:>9,}  {package:<12}"
    if "failed" in found:
        return f"{head}failed: {found['failed']}"
    theirs, ours = found["estimates"], own["estimates"]
    shared = [e for e in ours if int(e) >= 0 and e in theirs]
    gap = max((abs(theirs[e][0] - ours[e][0]) for e in shared), default=np.nan)
    ratios = [theirs[e][1] / ours[e][1] for e in shared if ours[e][1]]
    speed = f"{found['cpu']:>9.3f}{found['cpu'] / own['cpu']:>9.1f}"
    memory = f"{found['extra_mb']:>9.0f}{found['extra_mb'] / found['data_mb']:>7.1f}"
    errors = f"{min(ratios):.5f}..{max(ratios):.5f}" if ratios else "-"
    verdict = "" if gap <= AGREE else "  DIFFERS"
    return f"{head}{speed}{memory}  {gap:>8.0e}  {errors}{verdict}"


def installed(python: str) -> set[str]:
    """Packages of the table that the peers' interpreter finds."""
    modules = {p: p.replace("-", "_") for peers in PEERS.values() for p in peers}
    found = find_installed(python, modules.values())
    return {package for package, module in modules.items() if module in found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", nargs="*", type=int, default=[1_000, 10_000])
    parser.add_argument("--cases", nargs="*", default=list(CASES), help="heads of the table's rows")
    parser.add_argument("--peers", default=os.environ.get("BENCH_PYTHON", sys.executable), help="their interpreter")
    parser.add_argument("--packages", nargs="*", help="of the others, these only")
    parser.add_argument("--alone", action="store_true", help="without other packages")
    parser.add_argument("--frame", action="store_true", help="build our panel in the call too")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--long", type=float, default=LONG, help="CPU seconds after which a call is not repeated")
    parser.add_argument("--timeout", type=float, default=300)
    parser.add_argument("--gigabytes", type=float, default=6)
    parser.add_argument("--one", nargs=3, metavar=("CASE", "PACKAGE", "UNITS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        case, package, units = options.one
        print(json.dumps(one(case, package, int(units), options.repeats, options.long, options.frame)))
        return
    present = set() if options.alone else installed(options.peers)
    if options.packages is not None:
        present &= set(options.packages)
    columns = f"{'cpu s':>9}{'ratio':>9}{'peak MB':>9}{'x data':>7}  {'gap':>8}  s.e. theirs / ours"
    print(f"{'case':<22}{'units':>9}  {'package':<12}{columns}")
    for case in options.cases:
        for units in options.units:
            own = {}
            for package in ("twintrade", *(p for p in PEERS.get(case, {}) if p in present)):
                python = sys.executable if package == "twintrade" else options.peers
                command = [python, "-m", "benchmarks.staggered", "--repeats", str(options.repeats)]
                command += ["--long", str(options.long)]
                command += ["--frame"] * options.frame + ["--one", case, package, str(units)]
                found = in_own_process(command, options.timeout, options.gigabytes)
                own = own or found
                if "failed" in own:
                    print(f"{case:<22}{units:>9,}  {package:<12}failed: {own['failed']}", flush=True)
                    break
                print(row(case, units, package, found, own), flush=True)


if __name__ == "__main__":
    main()
