"""Gravity regressions beside other packages: CPU seconds, peak memory and agreement in one table.

``python -m benchmarks.gravity --peers PYTHON`` runs the cases of a few hundred thousand rows, ours here and the other
packages in their interpreter; ``--large`` adds ten million rows. Each package runs in its own process on the same
simulated flows; packages that are not installed are left out. The first call, on a small panel, is not counted
(imports and compilation); then medians of CPU seconds, all threads together. Ratios are theirs to ours and count only
where the numbers agree. Peak memory is what the calls add to the process that holds the data. fixest of R is not run.
"""

import argparse
import contextlib
import gc
import importlib
import io
import json
import shutil
import statistics
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

from benchmarks.measured import Estimates, cpu_seconds, find_installed, forget_peak, in_own_process, peak_megabytes

SEED = 20261124
AGREE = 1e-8
REPEATS = 5
NEVER = 10**6

LIMIT_SECONDS, LIMIT_GIGABYTES = 1200.0, 14.0

# cities, partners, periods, share of rows kept, what is fitted
CASES = {
    "PPML 390k": (200, 130, 15, 1.0, "poisson"),
    "OLS balanced 900k": (300, 150, 20, 1.0, "linear"),
    "OLS unbalanced 630k": (300, 150, 20, 0.7, "linear"),
    "ETWFE-Poisson 100k": (76, 57, 23, 1.0, "cells"),
}
LARGE = {"PPML 10M": (1000, 400, 25, 1.0, "poisson"), "OLS unbalanced 10M": (1100, 500, 26, 0.7, "linear")}
SMALL = {
    "PPML 1k": (12, 9, 10, 1.0, "poisson"),
    "OLS unbalanced 1k": (12, 9, 10, 0.7, "linear"),
    "ETWFE-Poisson 28k": (40, 30, 23, 1.0, "cells"),
}
SMOKE = (
    *(("--one", case, "twintrade", "--repeats", "1") for case in list(SMALL)[1:]),
    ("--cases", "PPML 1k", "--repeats", "1"),
)
N_CELLS = 160


def flows(n_cities: int, n_partners: int, n_periods: int, share: float, kind: str) -> pd.DataFrame:
    """Simulate flows with about 42 % zeros (unless linear), a twinning and a continuous regressor."""
    rng = np.random.default_rng(SEED)
    city, partner, period = (axis.ravel() for axis in np.indices((n_cities, n_partners, n_periods)))
    if share < 1:
        kept = rng.random(city.size) < share
        city, partner, period = city[kept], partner[kept], period[kept]
    dyad, city_period, partner_period = (
        city * n_partners + partner,
        city * n_periods + period,
        partner * n_periods + period,
    )
    n_dyads = n_cities * n_partners
    latest = cohorts(n_periods) if kind == "cells" else n_periods - 2
    onset = np.where(rng.random(n_dyads) < 0.08, rng.integers(3, latest, n_dyads), NEVER)
    twin, z = (period >= onset[dyad]).astype(float), rng.normal(size=city.size)
    effects = rng.normal(0, 1.3, n_dyads)[dyad] + rng.normal(0, 0.5, n_cities * n_periods)[city_period]
    effects += rng.normal(0, 0.5, n_partners * n_periods)[partner_period] + 0.25 * twin + 0.1 * z
    if kind == "linear":
        v = effects + rng.normal(size=city.size)
    else:
        v = rng.poisson(np.exp(0.15 + effects) * rng.gamma(2, 0.5, city.size)).astype(float)
    columns = {"v": v, "twin": twin, "z": z, "od": dyad, "oy": city_period, "dy": partner_period}
    if kind == "cells":
        columns |= {"t": period, "g": onset[dyad], "cell": np.where(twin > 0, n_periods * onset[dyad] + period, 0)}
    return pd.DataFrame(columns)


def cohorts(n_periods: int) -> int:
    """Return the onset at which cohorts from period 3 on have made up the cells asked for."""
    sizes = np.cumsum(n_periods - np.arange(3, n_periods))
    return 4 + int(np.searchsorted(sizes, N_CELLS))


def with_twintrade(data: pd.DataFrame, kind: str) -> Estimates:
    from twintrade.numerics.absorption.absorb import build_absorber
    from twintrade.numerics.linear.regression import fit_least_squares
    from twintrade.numerics.poisson.fit import fit_poisson

    if kind == "cells":
        return cells_with_twintrade(data)
    y, X = data.v.to_numpy(), data[["twin", "z"]].to_numpy()
    codes = [data[name].to_numpy() for name in ("od", "oy", "dy")]
    if kind == "poisson":
        fit = fit_poisson(y, X, codes)
        scores, dyads = fit.x_tilde * (fit.mu * fit.residuals)[:, None], codes[0][fit.rows]
    else:
        fit = fit_least_squares(y, X, build_absorber(codes))
        scores, dyads = fit.x_tilde * fit.residuals[:, None], codes[0]
    sums = np.column_stack([np.bincount(dyads, column) for column in scores.T])
    errors = np.sqrt(np.diag(fit.bread @ (sums.T @ sums) @ fit.bread))
    return {name: (float(b), float(s)) for name, b, s in zip(("twin", "z"), fit.coefficients, errors, strict=True)}


def cells_with_twintrade(data: pd.DataFrame) -> Estimates:
    """Fit one effect a cohort and period; the plain mean of them, and its error by dyad."""
    from twintrade.design import Design, Panel, Treatment
    from twintrade.estimators.base import fit
    from twintrade.estimators.etwfe import ETWFE

    n_periods = int(data.t.max()) + 1
    frame = pd.DataFrame(
        {"city": data.oy // n_periods, "partner": data.dy // n_periods, "period": data.t, "v": data.v}
    )
    panel = Panel.from_frame(frame.astype({"city": str, "partner": str}), city="city", partner="partner")
    onset = data.g.where(data.g < NEVER).groupby(frame.city.astype(str) + "-" + frame.partner.astype(str)).first()
    treatment = Treatment.from_series(onset.reindex(panel.given_keys["unit"]))
    design = Design(panel=panel, treatment=treatment, outcome="v", fixed_effects="gravity")
    found = fit(ETWFE(family="poisson"), design)
    assert found.estimate.n_effects >= N_CELLS
    estimate = found.estimate
    mean = estimate.uncertainty.matrix().mean(axis=1)
    return {"twin": (float(estimate.effects.mean()), float(np.sqrt((mean**2).sum())))}


def with_formula(module: str) -> Callable[[pd.DataFrame, str], Estimates]:
    def run(data: pd.DataFrame, kind: str) -> Estimates:
        package = importlib.import_module(module)
        if kind == "cells":
            return cells_with_formula(package, data)
        regression = package.fepois if kind == "poisson" else package.feols
        fit = regression("v ~ twin + z | od + oy + dy", data, vcov={"CRV1": "od"})
        return {name: (float(fit.coef()[name]), float(fit.se()[name])) for name in ("twin", "z")}

    return run


def cells_with_formula(package: object, data: pd.DataFrame) -> Estimates:
    fit = package.fepois("v ~ i(cell, ref=0) | od + oy + dy", data, vcov={"CRV1": "od"})
    return {"twin": (float(fit.coef().mean()), float("nan"))}


def with_statspai(data: pd.DataFrame, kind: str) -> Estimates:
    import statspai

    if kind == "cells":
        raise NotImplementedError("no Poisson regression with cells by formula")
    if kind == "poisson":
        fit = statspai.ppmlhdfe(data=data, y="v", x=["twin", "z"], absorb="od + oy + dy", cluster="od")
    else:
        fit = statspai.feols("v ~ twin + z | od + oy + dy", data, vcov={"CRV1": "od"})
    return {name: (float(fit.params[name]), float(fit.std_errors[name])) for name in ("twin", "z")}


PACKAGES: dict[str, Callable[[pd.DataFrame, str], Estimates]] = {
    "twintrade": with_twintrade,
    "fereg": with_formula("fereg"),
    "pyfixest": with_formula("pyfixest"),
    "statspai": with_statspai,
}


def quietly(package: str, data: pd.DataFrame, kind: str) -> Estimates:
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return PACKAGES[package](data, kind)


def measure(case: str, package: str, repeats: int) -> dict[str, object]:
    """Run one package on one case in this process."""
    *shape, share, kind = (CASES | LARGE | SMALL)[case]
    first = (40, 30, 23) if kind == "cells" else (100, 70, 12)
    if case not in SMALL:
        quietly(package, flows(*first, share, kind), kind)
    data = flows(*shape, share, kind)
    before, seconds, walls = forget_peak(), [], []
    for _ in range(repeats):
        gc.collect()
        cpu, wall = cpu_seconds(), time.perf_counter()
        estimates = quietly(package, data, kind)
        seconds.append(cpu_seconds() - cpu)
        walls.append(time.perf_counter() - wall)
    size = data.memory_usage(index=False).sum() / 2**20
    return {
        "cpu": statistics.median(seconds),
        "wall": statistics.median(walls),
        "extra_mb": peak_megabytes() - before,
        "data_mb": float(size),
        "estimates": estimates,
    }


def row(case: str, package: str, found: dict[str, object], own: dict[str, object]) -> str:
    if "failed" in found or "failed" in own:
        return f"{case:<22}{package:<11}failed: {found.get('failed', 'ours, so no ratio')}"
    theirs, ours = found["estimates"], own["estimates"]
    gap = max(abs(theirs[name][0] - ours[name][0]) for name in ours)
    speed = f"{found['cpu']:>8.2f}{found['wall']:>8.2f}{found['cpu'] / own['cpu']:>8.2f}"
    memory = f"{found['extra_mb']:>9.0f}{found['extra_mb'] / found['data_mb']:>8.1f}"
    agreement = f"  {theirs['twin'][0]:.9f}  {gap:.0e}{'' if gap <= AGREE else '  DIFFERS'}"
    return f"{case:<22}{package:<11}{speed}{memory}{agreement}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", default=sys.executable, help="the other packages' interpreter")
    parser.add_argument("--large", action="store_true", help="add ten million rows, one call each")
    parser.add_argument("--only", nargs="*", default=list(PACKAGES), help="packages to run")
    parser.add_argument("--cases", nargs="*", help="cases to run")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--one", nargs=2, metavar=("CASE", "PACKAGE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(*options.one, options.repeats)))
        return
    python = {name: sys.executable if name == "twintrade" else options.peers for name in PACKAGES}
    found = find_installed(options.peers, PACKAGES) | {"twintrade"}
    present = [name for name in PACKAGES if name in options.only and name in found]
    absent = [name for name in PACKAGES if name not in present]
    if absent:
        print("not installed, left out: " + ", ".join(absent))
    print(
        "fixest: " + ("R is here, but this table has no call for it" if shutil.which("Rscript") else "R is not here")
    )
    headings = f"{'cpu s':>8}{'wall s':>8}{'ratio':>8}{'peak MB':>9}{'x data':>8}  {'twin':<11}  gap"
    print(f"{'case':<22}{'package':<11}{headings}")

    def run(case: str, package: str) -> dict[str, object]:
        repeats = str(1 if case in LARGE else options.repeats)
        command = [python[package], "-m", "benchmarks.gravity", "--one", case, package, "--repeats", repeats]
        return in_own_process(command, LIMIT_SECONDS, LIMIT_GIGABYTES)

    for case in options.cases or [*CASES, *(LARGE if options.large else {})]:
        own = run(case, "twintrade")
        for package in present:
            found = own if package == "twintrade" else run(case, package)
            print(row(case, package, found, own), flush=True)


if __name__ == "__main__":
    main()
