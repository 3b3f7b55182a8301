"""Gravity regressions beside other packages: CPU seconds, peak memory and agreement in one table.

``python -m benchmarks.gravity`` runs the cases of a few hundred thousand rows; ``--large`` adds ten million rows.
Each package runs in its own process on the same simulated flows; packages that are not installed are left out. The
first call, on a small panel, is not counted (imports and compilation); then medians of CPU
seconds, all threads together. Ratios are theirs to ours and count only where the numbers agree. Peak memory is what
the calls add to the process that holds the data. fixest of R is not run.
"""

import argparse
import contextlib
import importlib.util
import io
import json
import resource
import shutil
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

SEED = 20261124
AGREE = 1e-8
REPEATS = 5

Estimates = dict[str, tuple[float, float]]
# cities, partners, periods, share of rows kept, Poisson or log-linear
CASES = {
    "PPML 390k": (200, 130, 15, 1.0, True),
    "OLS balanced 900k": (300, 150, 20, 1.0, False),
    "OLS unbalanced 630k": (300, 150, 20, 0.7, False),
}
LARGE = {
    "PPML 10M": (1000, 400, 25, 1.0, True),
    "OLS unbalanced 10M": (1100, 500, 26, 0.7, False),
}


def flows(n_cities: int, n_partners: int, n_periods: int, share: float, is_poisson: bool) -> pd.DataFrame:
    """Simulate flows with about 42 % zeros (Poisson), a twinning and a continuous regressor."""
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
    onset = np.where(
        rng.random(n_cities * n_partners) < 0.08, rng.integers(3, n_periods - 2, n_cities * n_partners), 10**6
    )
    twin, z = (period >= onset[dyad]).astype(float), rng.normal(size=city.size)
    effects = rng.normal(0, 1.3, n_cities * n_partners)[dyad] + rng.normal(0, 0.5, n_cities * n_periods)[city_period]
    effects += rng.normal(0, 0.5, n_partners * n_periods)[partner_period] + 0.25 * twin + 0.1 * z
    if is_poisson:
        v = rng.poisson(np.exp(0.15 + effects) * rng.gamma(2, 0.5, city.size)).astype(float)
    else:
        v = effects + rng.normal(size=city.size)
    return pd.DataFrame({"v": v, "twin": twin, "z": z, "od": dyad, "oy": city_period, "dy": partner_period})


def with_twintrade(data: pd.DataFrame, is_poisson: bool) -> Estimates:
    from twintrade.numerics.absorb import absorber
    from twintrade.numerics.least_squares import least_squares
    from twintrade.numerics.poisson import poisson

    y, X = data.v.to_numpy(), data[["twin", "z"]].to_numpy()
    codes = [data[name].to_numpy() for name in ("od", "oy", "dy")]
    if is_poisson:
        fit = poisson(y, X, codes)
        scores, dyads = fit.x_tilde * (fit.mu * fit.residuals)[:, None], codes[0][fit.rows]
    else:
        fit = least_squares(y, X, absorber(codes))
        scores, dyads = fit.x_tilde * fit.residuals[:, None], codes[0]
    sums = np.column_stack([np.bincount(dyads, column) for column in scores.T])
    errors = np.sqrt(np.diag(fit.bread @ (sums.T @ sums) @ fit.bread))
    return {name: (float(b), float(s)) for name, b, s in zip(("twin", "z"), fit.coefficients, errors, strict=True)}


def with_formula(module: str) -> Callable[[pd.DataFrame, bool], Estimates]:
    def run(data: pd.DataFrame, is_poisson: bool) -> Estimates:
        package = importlib.import_module(module)
        fit = (package.fepois if is_poisson else package.feols)(
            "v ~ twin + z | od + oy + dy", data, vcov={"CRV1": "od"}
        )
        return {name: (float(fit.coef()[name]), float(fit.se()[name])) for name in ("twin", "z")}

    return run


def with_statspai(data: pd.DataFrame, is_poisson: bool) -> Estimates:
    import statspai

    if is_poisson:
        fit = statspai.ppmlhdfe(data=data, y="v", x=["twin", "z"], absorb="od + oy + dy", cluster="od")
    else:
        fit = statspai.feols("v ~ twin + z | od + oy + dy", data, vcov={"CRV1": "od"})
    return {name: (float(fit.params[name]), float(fit.std_errors[name])) for name in ("twin", "z")}


PACKAGES: dict[str, Callable[[pd.DataFrame, bool], Estimates]] = {
    "twintrade": with_twintrade,
    "fereg": with_formula("fereg"),
    "pyfixest": with_formula("pyfixest"),
    "statspai": with_statspai,
}


def cpu_seconds() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def quietly(package: str, data: pd.DataFrame, is_poisson: bool) -> Estimates:
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return PACKAGES[package](data, is_poisson)


def measure(case: str, package: str, repeats: int) -> dict[str, object]:
    """Run one package on one case in this process."""
    *shape, share, is_poisson = (CASES | LARGE)[case]
    quietly(package, flows(40, 30, 12, share, is_poisson), is_poisson)
    data = flows(*shape, share, is_poisson)
    before, seconds, walls = peak_megabytes(), [], []
    for _ in range(repeats):
        cpu, wall = cpu_seconds(), time.perf_counter()
        estimates = quietly(package, data, is_poisson)
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


def in_own_process(case: str, package: str, repeats: int) -> dict[str, object]:
    command = [sys.executable, "-m", "benchmarks.gravity", "--one", case, package, "--repeats", str(repeats)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        return {"failed": (done.stderr.strip().splitlines() or ["no output"])[-1][:90]}
    return dict(json.loads(lines[-1]))


def row(case: str, package: str, found: dict[str, object], own: dict[str, object]) -> str:
    if "failed" in found:
        return f"{case:<22}{package:<11}failed: {found['failed']}"
    theirs, ours = found["estimates"], own["estimates"]
    gap = max(abs(theirs[name][0] - ours[name][0]) for name in ours)
    speed = f"{found['cpu']:>8.2f}{found['wall']:>8.2f}{found['cpu'] / own['cpu']:>8.2f}"
    memory = f"{found['extra_mb']:>9.0f}{found['extra_mb'] / found['data_mb']:>8.1f}"
    agreement = f"  {theirs['twin'][0]:.9f}  {gap:.0e}{'' if gap <= AGREE else '  DIFFERS'}"
    return f"{case:<22}{package:<11}{speed}{memory}{agreement}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="add ten million rows, one call each")
    parser.add_argument("--only", nargs="*", default=list(PACKAGES), help="packages to run")
    parser.add_argument("--cases", nargs="*", help="cases to run")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--one", nargs=2, metavar=("CASE", "PACKAGE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(*options.one, options.repeats)))
        return
    present = [name for name in PACKAGES if name in options.only and importlib.util.find_spec(name)]
    absent = [name for name in PACKAGES if name not in present]
    if absent:
        print("not installed, left out: " + ", ".join(absent))
    print(
        "fixest: " + ("R is here, but this table has no call for it" if shutil.which("Rscript") else "R is not here")
    )
    headings = f"{'cpu s':>8}{'wall s':>8}{'ratio':>8}{'peak MB':>9}{'x data':>8}  {'twin':<11}  gap"
    print(f"{'case':<22}{'package':<11}{headings}")
    for case in options.cases or [*CASES, *(LARGE if options.large else {})]:
        repeats = 1 if case in LARGE else options.repeats
        own = in_own_process(case, "twintrade", repeats)
        for package in present:
            found = own if package == "twintrade" else in_own_process(case, package, repeats)
            print(row(case, package, found, own), flush=True)


if __name__ == "__main__":
    main()
