"""How often randomization rejects a true null, by scheme and statistic, or finds an effect that is there.

Panels of ``agreement_panels`` in which agreements fall into few cities, or on small or large pairs, a twentieth of
the rows is missing, and some pairs are excluded. ``python -m benchmarks.size_of_randomization`` prints a table of
docs/lab/size_of_tests.md, with ``--columns N`` the rows of size_of_tests_columns.csv: columns that recipes print and
no other study has, N panels each.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from benchmarks.agreement_panels import PARTNERS, Assigned, Cell, assign, draw_flows
from twintrade.design import Design
from twintrade.errors import InferenceError, TwintradeError
from twintrade.estimators.base import Estimator, fit
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.synthetic_control import SyntheticDid
from twintrade.inference.randomization import Randomization
from twintrade.numerics.arrays import FloatArray

CITIES = 16
MISSING, EXCLUDED = 0.05, 0.04
LEVEL = 0.05
ESTIMATORS: dict[str, tuple[Estimator, str]] = {
    "imputation, logs": (Imputation(), "log"),
    "Poisson imputation, total": (Imputation(family="poisson", measure="percent"), "level"),
    "ETWFE-Poisson, total": (ETWFE(family="poisson", measure="percent"), "level"),
    "PPML": (PPML(), "level"),
    "synthetic DiD, logs": (SyntheticDid(), "log"),
}


@dataclass(frozen=True, slots=True)
class Case:
    """Where agreements fall: a placement, or pairs of one third by size.

    With effects of borders the cities are the partners, and nobody signs with itself. Noise by row is what ``auto``
    takes where few rows decide.
    """

    agreements: int
    where: str
    noise: str
    effects: str = "two_way"
    ar: float = 0.6
    missing: float = MISSING
    cities: int = CITIES
    scaled: Literal["by_size", "by_row"] = "by_size"
    earlier: int = 0
    effect: float = 0.6

    @property
    def has_domestic(self) -> bool:
        return self.effects == "gravity_border"

    @property
    def cell(self) -> Cell:
        placement = self.where if self.where.startswith("few") else "scattered"
        cities = PARTNERS if self.has_domestic else self.cities
        return Cell(self.agreements, placement, self.noise, self.ar, cities, self.effects)

    def assign(self, rng: np.random.Generator) -> Assigned:
        made = assign(self.cell, rng)
        while self.has_domestic and np.isfinite(np.diagonal(made.onset)).any():
            made = assign(self.cell, rng)
        onset = made.onset
        if self.where in ("small", "large"):
            rank = np.argsort(np.argsort(made.size.ravel())) * 3 // made.size.size
            pool = np.flatnonzero(rank == (0 if self.where == "small" else 2))
            onset = np.full(made.size.shape, np.inf)
            onset.flat[rng.choice(pool, self.agreements, replace=False)] = made.onset[np.isfinite(made.onset)]
        kept = rng.random(made.kept.shape) >= self.missing
        return replace(made, onset=onset - self.earlier, kept=kept)


CASES = {
    f"{n} {where}, {noise}": Case(n, where, noise)
    for noise in ("by size", "heavy, zeros")
    for n, where in ((1, "small"), (1, "large"), (5, "small"), (15, "few cities"), (15, "large"), (40, "few cities"))
}
METHODS = {
    "pairs, as they are": Randomization(across="units", noise="equal", draws=39, intervals=False),
    "strata, as they are": Randomization(across="strata", noise="equal", draws=39, intervals=False),
    "labels, as they are": Randomization(across="labels", noise="equal", draws=39, intervals=False),
    "strata, by size": Randomization(across="strata", draws=39, intervals=False),
    "labels, by size": Randomization(draws=39, intervals=False),
    "labels, t": Randomization(statistic="t", draws=39, intervals=False),
}


COLUMNS = (
    *(
        ("synthetic DiD, logs", Case(n, where, "by size", "two_way", ar, 0.0, 7))
        for n, where, ar in ((2, "scattered", 0.8), (5, "few cities", 0.6))
    ),
    *(
        (name, Case(n, where, noise, "gravity_border"))
        for n, where, noise in ((5, "scattered", "by size"), (15, "few cities", "heavy, zeros"))
        for name in ("PPML", "Poisson imputation, total", "ETWFE-Poisson, total")
    ),
    *(
        ("Poisson imputation, total", Case(n, where, "heavy, zeros", "gravity", 0.6, 0.5, 10, "by_row"))
        for n, where in ((5, "scattered"), (15, "few cities"))
    ),
    *(
        (name, Case(60, "scattered", "heavy, zeros", "gravity", 0.6, 0.25, 10, earlier=3, effect=1.2))
        for name in ("Poisson imputation, total", "ETWFE-Poisson, total")
    ),
)
SMOKE = (
    *(
        (
            "--panels",
            "1",
            "--cases",
            "5 small, by size",
            "--estimators",
            name,
            "--methods",
            "strata, by size",
            "labels, t",
        )
        for name in ("imputation, logs", "synthetic DiD, logs")
    ),
    ("--columns", "1", "--which", "0"),
)
DOMESTIC = 3.0
"""Log points by which flows of a city with itself exceed others."""


def build_design(made: Assigned, flows: FloatArray, transform: str, rng: np.random.Generator) -> Design:
    """Return the design, some untreated pairs excluded."""
    if made.cell.effects == "gravity_border":
        flows = flows * np.exp(DOMESTIC * np.eye(PARTNERS))[..., None]
    design = made.design(flows, transform)
    if made.cell.effects == "gravity_border":
        design = replace(design, panel=replace(design.panel, partners=design.panel.cities))
    open_ends = np.flatnonzero(np.isinf(made.onset.ravel()) & (rng.random(made.onset.size) < EXCLUDED))
    excluded = {str(design.panel.units[k]): "undated" for k in open_ends}
    return replace(design, treatment=replace(design.treatment, excluded=excluded))


def study_column(case: Case, estimator: str, n: int) -> tuple[int, float, float, float]:
    """Return how many panels answer, the share that rejects no effect, and of a third that hold and find one."""
    method, transform = ESTIMATORS[estimator]
    found: list[tuple[float, float, float]] = []
    for panel in range(n):
        rng = case.cell.seed(23, panel)
        made = case.assign(rng)
        flows, design_seed = draw_flows(made, rng), int(rng.integers(2**31))
        numbers = [np.nan] * 3
        try:
            for k, size in enumerate((0.0, case.effect) if panel % 3 == 0 else (0.0,)):
                moved = flows * np.exp(size * made.is_treated)
                fitted = fit(method, build_design(made, moved, transform, np.random.default_rng(design_seed)))
                how = Randomization(draws=39, noise=case.scaled, intervals=size > 0)
                bands = how.infer(fitted, "overall", case.cell.seed(panel))
                truth = size if bands.estimate.scale == "log points" else 100 * np.expm1(size)
                numbers[2 * k] = float(bands.p[0] <= LEVEL)
                numbers[1] = float(bands.low[0] <= truth <= bands.high[0]) if k else np.nan
        except TwintradeError:
            continue
        found.append((numbers[0], numbers[1], numbers[2]))
    return (len(found), *(float(share) for share in np.nanmean(found, axis=0)))  # type: ignore[return-value]


def measure(case: Case, estimator: str, methods: Sequence[str], n: int, effect: float = 0.0) -> dict[str, float]:
    """Return the share of panels in which each method rejects no effect at 5 %, NaN where a method does not fit."""
    method, transform = ESTIMATORS[estimator]
    rejected = dict.fromkeys(methods, 0.0)
    for panel in range(n):
        rng = case.cell.seed(len(case.where), panel)
        made = case.assign(rng)
        flows = draw_flows(made, rng) * np.exp(effect * made.is_treated)
        fitted = fit(method, build_design(made, flows, transform, rng))
        for name in methods:
            try:
                p = METHODS[name].infer(fitted, "overall", case.cell.seed(panel)).p[0]
            except InferenceError:
                p = np.nan
            rejected[name] += np.nan if np.isnan(p) else float(p <= LEVEL)
    return {name: count / n for name, count in rejected.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--panels", type=int, default=200)
    parser.add_argument("--effect", type=float, default=0.0, help="in log points, of every agreement")
    parser.add_argument("--cases", nargs="*", choices=list(CASES), default=list(CASES))
    parser.add_argument("--estimators", nargs="*", choices=list(ESTIMATORS), default=list(ESTIMATORS))
    parser.add_argument("--methods", nargs="*", choices=list(METHODS), default=list(METHODS))
    parser.add_argument("--columns", type=int, default=0, metavar="N", help="study columns of recipes instead")
    parser.add_argument("--which", nargs="*", type=int, default=range(len(COLUMNS)), help="positions in COLUMNS")
    options = parser.parse_args()
    if options.columns:
        print("| agreements, noise, AR | column | effects | panels | rejects, % | holds, % | finds, % |")
        for estimator, case in (COLUMNS[k] for k in options.which):
            n, *shares = study_column(case, estimator, options.columns)
            cell = f"{case.agreements} {case.where}, {case.noise}, {case.ar}"
            rates = " | ".join(f"{100 * share:.1f}" for share in shares)
            print(f"| {cell} | {estimator} | {case.effects} | {n} | {rates} |", flush=True)
        return
    started = time.process_time()
    print(f"| agreements, noise | estimator | {' | '.join(options.methods)} |")
    print("|---" * (2 + len(options.methods)) + "|")
    for name in options.cases:
        for estimator in options.estimators:
            found = measure(CASES[name], estimator, options.methods, options.panels, options.effect)
            rates = " | ".join(f"{100 * rate:.1f}" for rate in found.values())
            print(f"| {name} | {estimator} | {rates} |", flush=True)
    print(f"{time.process_time() - started:.0f} CPU seconds", file=sys.stderr)


if __name__ == "__main__":
    main()
